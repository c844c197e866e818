// Bodies of adapters/posix_loop.hpp.
#pragma once

#include <cerrno>

SIOKIT_NAMESPACE_BEGIN

// --- the turn -----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void posix_loop::run() {
  while (step(milliseconds::max())) {
  }
  thread_.enter();
  const scope_exit out{[&] { thread_.leave(); }};
  act();  // what the last turn's handlers said still leaves
  stopping_.store(false);
}

SIOKIT_INLINE bool posix_loop::step(milliseconds max) {
  if (error_ != 0) return false;
  thread_.enter();
  const scope_exit out{[&] { thread_.leave(); }};
  act();
  if (served_ == events_.size()) {
    events_ = wait(sleep_ms(max));
    served_ = 0;
  }
  now_ = std::chrono::steady_clock::now();
  while (served_ != events_.size()) serve(events_[served_++]);
  posted_.run();
  expire();
  driver_.advance(std::chrono::steady_clock::now());
  return going();
}

SIOKIT_INLINE void posix_loop::act() {
  now_ = std::chrono::steady_clock::now();
  for (action a; driver_.next(a);) {
    peer* const p = peers_.find(a.link);
    switch (a.what) {
      case action::kind::open:
      case action::kind::secure: SIOKIT_ASSERT(false, "a server's driver never dials"); break;
      case action::kind::write: if (p != nullptr && !p->blocked) write(*p); break;
      case action::kind::read: if (p != nullptr) read(*p); break;
      case action::kind::close: if (p != nullptr) shut(*p); break;
      case action::kind::abort: if (p != nullptr) drop(*p); break;
    }
  }
}

SIOKIT_INLINE int posix_loop::sleep_ms(milliseconds max) const {
  if (posted_.left_over() || !going()) return 0;
  time_point until = driver_.deadline();
  for (const time_point other : {closing_.deadline(), parting_.deadline(), accept_again_, drain_until_})
    if (other < until) until = other;
  const time_point now = std::chrono::steady_clock::now();
  const time_point longest = later(now, max);
  return wait_ms(longest < until ? longest : until, now);
}

SIOKIT_INLINE void posix_loop::serve(const ready& r) {
  peer* const p = peers_.find(r.token);
  if (p == nullptr) return;  // closed earlier in this turn
  switch (p->is) {
    case peer::role::none: break;
    case peer::role::bell: bell_.silence(); break;
    case peer::role::listener: accept_all(*p); break;
    case peer::role::parting: discard(*p); break;
    case peer::role::link:
      if ((r.what & p->watched & posix::output) != 0) write(*p);
      if (p->is == peer::role::link && (r.what & p->watched & posix::input) != 0) take(*p);
      break;
  }
}

SIOKIT_INLINE void posix_loop::expire() {
  std::uint64_t token = 0;
  while (parting_.due(now_, token))
    if (peer* const p = peers_.find(token)) remove(*p);
  while (closing_.due(now_, token)) {
    peer* const p = peers_.find(token);
    if (p == nullptr || p->is != peer::role::link) continue;
    const bool moving = p->moving;
    p->moving = false;
    if (!moving || !closing_.push(*p, now_)) drop(*p);
  }
  if (accept_again_ <= now_) resume_accepting();
  if (drain_until_ <= now_) drop_all();
}

SIOKIT_INLINE bool posix_loop::going() const noexcept {
  return !stopping_.load() && !(finishing_ && connections_ == 0);
}

// --- one link -----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void posix_loop::take(peer& p) {
  if (!driver_.wants_read(p.link)) return decline(p);
  std::span<std::byte> into = driver_.space(p.link);
  if (into.empty()) into = buffer_;
  const posix::moved got = posix::read_some(p.fd, into);
  if (got.again()) return;
  if (got.error != 0) return end(p, link_end::reset, got.error);
  if (got.bytes == 0) return hear_end(p);
  driver_.receive(p.link, into.first(got.bytes), now_);
}

SIOKIT_INLINE void posix_loop::read(peer& p) {
  p.muted = false;
  update(p);
}

// Input that is not wanted now stays in the kernel, where it holds the peer back. An end with nothing before it is news
// even so: a parked request whose client left must not wait for its answer.
SIOKIT_INLINE void posix_loop::decline(peer& p) {
  const posix::moved got = posix::peek(p.fd);
  if (got.again()) return;
  if (got.error != 0) return end(p, link_end::reset, got.error);
  if (got.bytes == 0) return hear_end(p);
  p.muted = true;
  update(p);
}

// Relies on the driver to say what is still to be sent at once: after closed(eof) it has output, or an action `close` or
// `abort`, or is done with the link, which is then closed from here.
SIOKIT_INLINE void posix_loop::hear_end(peer& p) {
  const bool was_blocked = p.blocked;
  p.blocked = true;  // should closed() throw, writability brings us back
  p.ended = true;
  const scope_exit settle{[&] { update(p); }};
  driver_.closed(p.link, link_end::eof, 0, now_);
  if (!was_blocked) write(p);
}

SIOKIT_INLINE void posix_loop::write(peer& p) {
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

SIOKIT_INLINE void posix_loop::shut(peer& p) {
  if (p.closing) return;
  p.closing = true;
  if (!closing_.push(p, now_)) return drop(p);
  if (!p.blocked) write(p);
}

// All is sent. The peer must be able to read it, so input is discarded for a while: closing with input unread resets.
SIOKIT_INLINE void posix_loop::part(peer& p) {
  const link_id link = p.link;
  peers_.unlink(p);
  p.is = peer::role::parting;
  if (p.ended || !posix::half_close(p.fd) || !parting_.push(p, now_)) remove(p);
  update(p);
  driver_.closed(link, link_end::eof, 0, now_);
}

SIOKIT_INLINE void posix_loop::discard(peer& p) {
  const posix::moved got = posix::read_some(p.fd, buffer_);
  if (!got.again() && got.bytes == 0) remove(p);
}

SIOKIT_INLINE void posix_loop::drop(peer& p) {
  posix::reset_on_close(p.fd);
  end(p, link_end::cancelled, 0);
}

SIOKIT_INLINE void posix_loop::end(peer& p, link_end why, int error) {
  const link_id link = p.link;
  remove(p);
  driver_.closed(link, why, error, now_);
}

// Tells the kernel what a peer waits for, if that has changed.
SIOKIT_INLINE void posix_loop::update(peer& p) noexcept {
  std::uint8_t wants = posix::input;
  if (p.is == peer::role::none) return;
  if (p.is == peer::role::listener && accept_again_ != never) wants = posix::nothing;
  if (p.is == peer::role::link) {
    if (p.muted || p.ended) wants = posix::nothing;
    if (p.blocked) wants |= posix::output;
  }
  if (wants == p.watched) return;
  if (watch(p.fd, p.token(), p.watched, wants)) p.watched = wants;
  // The kernel has no memory for it. Nothing would be heard of a link any more, so it goes with those that stand still.
  else if (p.is == peer::role::link && p.watched != posix::nothing) static_cast<void>(closing_.push(p, now_));
}

SIOKIT_INLINE void posix_loop::remove(peer& p) noexcept {
  if (p.is == peer::role::link || p.is == peer::role::parting) --connections_;
  // Not left to close(): a forked child may still hold the descriptor, and it would be reported for ever.
  if (p.watched != posix::nothing) watch(p.fd, p.token(), p.watched, posix::nothing);
  const posix::unique_fd closed{p.fd};
  peers_.remove(p);
}

// --- listening ----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE listening posix_loop::listen(const listen_options& options) {
  thread_.check();
  if (error_ != 0) return {error_, 0};
  posix::listener made = posix::open_listener(options);
  if (!made.result) return made.result;
  peer* const p = peers_.add(peer::role::listener, made.fd.get());
  if (p == nullptr) return {ENOMEM, 0};
  listeners_.push_back({p, std::move(made.file)});
  made.fd.release();
  finishing_ = false;
  drain_until_ = never;
  update(*p);
  return made.result;
}

SIOKIT_INLINE void posix_loop::accept_all(peer& listener) {
  for (int i = 0; i < accepts_per_turn && listener.is == peer::role::listener; ++i) {
    posix::accepted got = posix::accept_from(listener.fd);
    if (got.none()) return;
    if (got.failed()) continue;
    if (!got.fd) return pause_accepting(options_.accept_pause);
    accept_pause_ = milliseconds{0};
    if (connections_ < options_.max_connections) admit(got);
  }
}

SIOKIT_INLINE void posix_loop::admit(posix::accepted& from) {
  const link_id link = driver_.accept({from.address, from.port, false}, now_);
  if (link == link_id{}) return;
  peer* const p = peers_.add(peer::role::link, from.fd.get(), link);
  if (p == nullptr) return driver_.closed(link, link_end::cancelled, ENOMEM, now_);
  from.fd.release();
  ++connections_;
  update(*p);
  if (p->watched == posix::nothing) end(*p, link_end::cancelled, errno);
}

SIOKIT_INLINE void posix_loop::pause_accepting(milliseconds length) noexcept {
  accept_pause_ = accept_pause_ == milliseconds{0} ? length : accept_pause_ * 2;
  if (accept_pause_ > milliseconds{1'000}) accept_pause_ = milliseconds{1'000};
  accept_again_ = now_ + accept_pause_;
  for (listening_peer& l : listeners_) update(*l.at);
}

SIOKIT_INLINE void posix_loop::resume_accepting() noexcept {
  accept_again_ = never;
  for (listening_peer& l : listeners_) update(*l.at);
}

SIOKIT_INLINE void posix_loop::close_listeners() {
  thread_.check();
  for (listening_peer& l : listeners_) remove(*l.at);
  listeners_.clear();
  accept_again_ = never;
}

SIOKIT_INLINE void posix_loop::close(milliseconds drain) {
  close_listeners();
  finishing_ = true;
  drain_until_ = later(std::chrono::steady_clock::now(), drain);
}

SIOKIT_INLINE void posix_loop::drop_all() {
  for (std::uint32_t i = 0; i < peers_.end(); ++i) {
    peer& p = peers_[i];
    if (p.is == peer::role::link) drop(p);
    if (p.is == peer::role::parting) remove(p);
  }
  drain_until_ = never;
}

// --- the host itself ----------------------------------------------------------------------------------------------------

SIOKIT_INLINE posix_loop::posix_loop(driver& io, const host_options& options)
    : driver_(io), options_(options), buffer_(options.read_buffer), closing_(options.close_time),
      parting_(options.discard_time) {
  // Nobody sleeps while the thread that may emit is here, and each turn begins with what is to be done.
  driver_.bind(system_services([](void*) {}, nullptr));
}

SIOKIT_INLINE void posix_loop::start(int error) {
  peer* const p = peers_.add(peer::role::bell, bell_.fd());
  error_ = error != 0 ? error : p == nullptr ? ENOMEM : bell_.fd() < 0 ? EMFILE : 0;
  if (error_ == 0) update(*p);
}

// Does not call the driver, which may be gone. Descriptors of a bell are its own.
SIOKIT_INLINE posix_loop::~posix_loop() {
  for (std::uint32_t i = 0; i < peers_.end(); ++i)
    if (peers_[i].is != peer::role::bell) posix::unique_fd{peers_[i].fd};
}

SIOKIT_INLINE void posix_loop::stop() noexcept {
  stopping_.store(true);
  bell_.ring();
}

SIOKIT_NAMESPACE_END
