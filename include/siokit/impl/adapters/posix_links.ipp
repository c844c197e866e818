// Bodies of adapters/posix_links.hpp.
#pragma once

#include <cerrno>

SIOKIT_NAMESPACE_BEGIN

inline posix_links::posix_links(driver& io, const host_options& options)
    : driver_(io), options_(options), buffer_(options.read_buffer), closing_(options.close_time),
      parting_(options.discard_time) {
  SIOKIT_ASSERT(options.read_buffer != 0 && options.sends_per_turn != 0, "a host needs a buffer, and to send at all");
}

inline posix_links::~posix_links() {
  for (std::uint32_t i = 0; i < peers_.end(); ++i)
    if (peers_[i].is != peer::role::bell) posix::unique_fd{peers_[i].fd};  // a bell closes its own
}

inline void posix_links::admit(posix::accepted& from) {
  const link_id link = driver_.accept({from.address, from.port, false}, now_);
  if (link == link_id{}) return;
  peer* const p = peers_.add(peer::role::link, from.fd.get(), link);
  if (p == nullptr) return driver_.closed(link, link_end::cancelled, ENOMEM, now_);
  from.fd.release();
  ++connections_;
  update(*p);
  if (p->watched == posix::nothing) end(*p, link_end::cancelled, errno);
}

// --- input -----------------------------------------------------------------------------------------------------------

inline void posix_links::take(peer& p) {
  if (!driver_.wants_read(p.link)) return decline(p);
  std::span<std::byte> into = driver_.space(p.link);
  if (into.empty()) into = buffer_;
  const posix::moved got = posix::read_some(p.fd, into);
  if (got.again()) return;
  if (got.error != 0) return end(p, link_end::reset, got.error);
  if (got.bytes == 0) return hear_end(p);
  taken_ += got.bytes;
  driver_.receive(p.link, into.first(got.bytes), now_);
}

inline void posix_links::read(peer& p) {
  p.muted = false;
  update(p);
}

// Input that is not wanted now stays in the kernel, where it holds the peer back. An end with nothing before it is news
// even so: a parked request whose client left must not wait for its answer.
inline void posix_links::decline(peer& p) {
  const posix::moved got = posix::peek(p.fd);
  if (got.again()) return;
  if (got.error != 0) return end(p, link_end::reset, got.error);
  if (got.bytes == 0) return hear_end(p);
  p.muted = true;
  update(p);
}

// Relies on the driver to say at once what is still to be sent: after closed(eof) it has output, or an action `close`
// or `abort`, or is done with the link, which is then closed from here.
inline void posix_links::hear_end(peer& p) {
  p.blocked = true;  // should closed() throw, writability brings us back
  p.ended = true;
  const scope_exit patience{[&] { be_patient(p, p.closing); }};
  driver_.closed(p.link, link_end::eof, 0, now_);
  write(p);
}

// --- output ----------------------------------------------------------------------------------------------------------

inline void posix_links::write(peer& p) {
  p.blocked = true;  // whatever is left, also after a throw, waits for writability
  const scope_exit settle{[&] {
    out_.clear();
    update(p);
  }};
  for (unsigned i = 0; i < options_.sends_per_turn; ++i) {
    if (!driver_.gather(p.link, out_)) {
      p.blocked = false;
      break;
    }
    const posix::moved sent = posix::write_some(p.fd, out_.views());
    if (sent.again()) break;
    if (sent.error != 0) return end(p, link_end::reset, sent.error);
    const bool all = sent.bytes == out_.bytes();
    p.moving = true;
    out_.clear();
    driver_.sent(p.link, sent.bytes, now_);
    if (!all) break;  // the kernel's buffer is full: another send would only say so
  }
  if (!p.blocked && (p.closing || p.ended)) part(p);
}

// --- the end ---------------------------------------------------------------------------------------------------------

inline void posix_links::shut(peer& p) {
  if (p.closing) return;
  p.closing = true;
  const scope_exit patience{[&] { be_patient(p, p.ended); }};
  if (!p.blocked) write(p);
}

// A link that is about to end, but has not sent all, is dropped when its peer takes nothing for close_time.
inline void posix_links::be_patient(peer& p, bool already) noexcept {
  update(p);
  if (already || p.is != peer::role::link) return;
  p.moving = false;
  static_cast<void>(closing_.push(p.token(), now_));
}

// All is sent. The peer must be able to read it, so input is discarded for a while: closing with input unread resets.
inline void posix_links::part(peer& p) {
  const link_id link = p.link;
  peers_.unlink(p);
  p.is = peer::role::parting;
  if (p.ended || !posix::half_close(p.fd) || !parting_.push(p.token(), now_)) remove(p);
  update(p);
  driver_.closed(link, link_end::eof, 0, now_);
}

inline void posix_links::discard(peer& p) {
  const posix::moved got = posix::read_some(p.fd, buffer_);
  if (!got.again() && got.bytes == 0) remove(p);
}

inline void posix_links::drop(peer& p) {
  posix::reset_on_close(p.fd);
  end(p, link_end::cancelled, 0);
}

inline void posix_links::drop_all() {
  for (std::uint32_t i = 0; i < peers_.end(); ++i) {
    peer& p = peers_[i];
    if (p.is == peer::role::link) drop(p);
    if (p.is == peer::role::parting) remove(p);
  }
}

inline void posix_links::end(peer& p, link_end why, int error) {
  const link_id link = p.link;
  remove(p);
  driver_.closed(link, why, error, now_);
}

inline void posix_links::expire_links() {
  std::uint64_t token = 0;
  while (parting_.due(now_, token))
    if (peer* const p = peers_.find(token)) remove(*p);
  while (closing_.due(now_, token)) {
    peer* const p = peers_.find(token);
    if (p == nullptr || p->is != peer::role::link) continue;
    const bool moving = p->moving;
    p->moving = false;
    if (!moving || !closing_.push(p->token(), now_)) drop(*p);
  }
}

inline time_point posix_links::closing_deadline() const noexcept {
  return closing_.deadline() < parting_.deadline() ? closing_.deadline() : parting_.deadline();
}

// --- what the kernel is told -----------------------------------------------------------------------------------------

inline void posix_links::update(peer& p) noexcept {
  std::uint8_t wants = posix::input;
  if (p.is == peer::role::none) return;
  if (p.is == peer::role::listener && !accepting_) wants = posix::nothing;
  if (p.is == peer::role::dialing) wants = posix::output;
  if (p.is == peer::role::link) {
    if (p.muted || p.ended) wants = posix::nothing;
    if (p.blocked) wants |= posix::output;
  }
  if (wants == p.watched) return;
  if (watch(p.fd, p.token(), p.watched, wants)) p.watched = wants;
  // No memory for it in the kernel. Nothing may be heard of a link any more, so it goes with those that stand still.
  else if (p.is == peer::role::link) static_cast<void>(closing_.push(p.token(), now_));
}

inline void posix_links::remove(peer& p) noexcept {
  if (p.is == peer::role::link || p.is == peer::role::parting) --connections_;
  // Not left to close(): a forked child may still hold the descriptor, and it would be reported for ever.
  if (p.watched != posix::nothing) watch(p.fd, p.token(), p.watched, posix::nothing);
  const posix::unique_fd closed{p.fd};
  peers_.remove(p);
}

SIOKIT_NAMESPACE_END
