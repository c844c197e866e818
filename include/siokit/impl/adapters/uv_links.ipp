// Bodies of adapters/uv_links.hpp.
#pragma once

#include <array>
#include <cerrno>

SIOKIT_NAMESPACE_BEGIN

struct uv_links::peer {
  enum class role : std::uint8_t { dialing, link, parting, gone };
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  uv_links* host;
  sending* out = nullptr;  // under way
  link_id link{};
  std::uint32_t place = 0;   // in peers_
  std::uint32_t serial = 0;  // tells it from others that were in this place
  role is = role::dialing;
  bool full = false;     // the last read filled its buffer: libuv asks for another at once
  bool muted = false;    // it has input the driver does not want; action `read` ends that
  bool closing = false;  // action `close` came: to be closed once all is sent
  bool ended = false;    // its peer sends no more: likewise
  bool patient = false;  // it waits in closing_
  bool moving = false;   // while closing: bytes have left since it was last looked at

  std::uint64_t token() const noexcept { return std::uint64_t{serial} << 32 | place; }
  int socket() const noexcept {
    uv_os_fd_t fd{};
    return uv_fileno(&handle, &fd) == 0 ? static_cast<int>(fd) : -1;
  }
};

// A send that is under way: the batch keeps its bytes alive, whoever else dies.
struct uv_links::sending {
  uv_write_t request;
  peer* of = nullptr;
  batch out;
  std::array<uv_buf_t, batch::capacity> parts;
  std::size_t bytes = 0;  // of the batch, those that are sent now
  std::size_t left = 0;   // of these, when they were last looked at

  // libuv tells of a send when it is complete: what is offered at once is what progress is measured in, and must be less
  // than the kernel takes for a peer that does not read.
  unsigned fill() noexcept {
    constexpr std::size_t most = 64 * 1024;
    unsigned n = 0;
    for (bytes = 0; n < out.size() && bytes < most; ++n) {
      const bytes_view view = out.views()[n];
      const std::size_t size = view.size() < most - bytes ? view.size() : most - bytes;
      auto* const from = const_cast<std::byte*>(view.data());  // libuv only reads
      parts[n] = uv_buf_init(reinterpret_cast<char*>(from), static_cast<unsigned>(size));
      bytes += size;
    }
    return n;
  }
};

inline uv_links::uv_links(uv_loop_t* loop, driver& io, const host_options& options)
    : uv_state(loop), driver_(&io), options_(options), buffer_(options.read_buffer), closing_(options.close_time),
      parting_(options.discard_time) {
  SIOKIT_ASSERT(options.read_buffer != 0, "a host needs a buffer to read into");
}

inline uv_links::~uv_links() {
  for (sending* const s : spare_) delete s;
}

// --- handles ---------------------------------------------------------------------------------------------------------

inline uv_links::peer* uv_links::place(uv_handle_type type, link_id link) {
  auto* const p = new peer{};
  if (type == UV_TCP) uv_tcp_init(loop_, &p->tcp);
  else uv_pipe_init(loop_, &p->pipe, 0);
  p->handle.data = p;
  p->host = this;
  p->link = link;
  p->serial = ++serial_;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(peers_.size()));
    peers_.push_back(nullptr);
  }
  p->place = free_.back();
  free_.pop_back();
  peers_[p->place] = p;
  hold();
  return p;
}

inline uv_links::peer* uv_links::make(int family, link_id link, int& error) {
  const bool tcp = family == AF_INET || family == AF_INET6;
  peer* const p = place(tcp ? UV_TCP : UV_NAMED_PIPE, link);
  if (!tcp) return p;
  posix::unique_fd fd = posix::new_socket(family);
  error = fd ? as_errno(uv_tcp_open(&p->tcp, fd.get())) : errno;
  if (error == 0) {
    posix::tune(fd.release(), {});
    return p;
  }
  remove(*p);
  return nullptr;
}

inline void uv_links::admit(posix::accepted& from, bool local) {
  const link_id link = driver_->accept({from.address, from.port, false}, now());
  if (link == link_id{} || driver_ == nullptr) return;
  peer* const p = place(local ? UV_NAMED_PIPE : UV_TCP, link);
  const int status = local ? uv_pipe_open(&p->pipe, from.fd.get()) : uv_tcp_open(&p->tcp, from.fd.get());
  ++connections_;
  p->is = peer::role::link;
  if (status != 0) return end(*p, link_end::cancelled, as_errno(status));
  from.fd.release();
  become_link(*p);
}

inline void uv_links::become_link(peer& p) {
  const auto at = static_cast<std::uint32_t>(p.link);
  if (by_link_.size() <= at) by_link_.resize(std::size_t{at} + 1);
  by_link_[at] = &p;
  p.is = peer::role::link;
  uv_read_start(&p.stream, on_room, on_read);
}

inline uv_links::peer* uv_links::find(link_id link) const noexcept {
  const auto at = static_cast<std::uint32_t>(link);
  peer* const p = at < by_link_.size() ? by_link_[at] : nullptr;
  return p != nullptr && p->link == link ? p : nullptr;
}

inline uv_links::peer* uv_links::find_token(std::uint64_t token) const noexcept {
  peer* const p = peers_[static_cast<std::uint32_t>(token)];
  return p != nullptr && p->token() == token ? p : nullptr;
}

inline void uv_links::unlink(peer& p) noexcept {
  const auto at = static_cast<std::uint32_t>(p.link);
  if (at < by_link_.size() && by_link_[at] == &p) by_link_[at] = nullptr;
  p.link = {};
}

inline void uv_links::remove(peer& p) noexcept {
  if (p.is == peer::role::gone) return;
  if (p.is != peer::role::dialing) --connections_;
  unlink(p);
  p.is = peer::role::gone;
  peers_[p.place] = nullptr;
  free_.push_back(p.place);
  if (!close_handle(&p.handle, on_closed)) lost_.push_back(&p);
}

inline void uv_links::on_closed(uv_handle_t* h) {
  auto* const p = static_cast<peer*>(h->data);
  uv_links* const host = p->host;
  delete p;
  host->release();
}

inline void uv_links::remove_all() noexcept {
  for (peer* const p : peers_)
    if (p != nullptr) remove(*p);
}

// --- input -----------------------------------------------------------------------------------------------------------

// Where the next bytes go. Nowhere when they are not wanted now, or when others shall have their turn: libuv reads on as
// long as reads are full.
inline void uv_links::on_room(uv_handle_t* h, std::size_t, uv_buf_t* into) noexcept {
  auto& p = *static_cast<peer*>(h->data);
  uv_links& host = *p.host;
  *into = uv_buf_init(nullptr, 0);
  if (closing(h) || host.driver_ == nullptr || p.full) return;
  std::span<std::byte> room;
  if (p.is == peer::role::link) {
    if (!host.driver_->wants_read(p.link)) return;
    room = host.driver_->space(p.link);
  }
  if (room.empty()) room = host.buffer_;
  *into = uv_buf_init(reinterpret_cast<char*>(room.data()), static_cast<unsigned>(room.size()));
}

inline void uv_links::on_read(uv_stream_t* s, ssize_t n, const uv_buf_t* in) {
  auto& p = *static_cast<peer*>(s->data);
  const bool others_first = std::exchange(p.full, false) && n == UV_ENOBUFS;
  if (n == 0 || others_first || closing(s)) return;
  p.host->turn([&] { p.host->take(p, n, *in); });
}

inline void uv_links::take(peer& p, ssize_t n, const uv_buf_t& in) {
  if (p.is == peer::role::parting) {
    if (n < 0) remove(p);
    return;
  }
  if (n == UV_ENOBUFS) return decline(p);
  if (n == UV_EOF) return hear_end(p);
  if (n < 0) return end(p, link_end::reset, as_errno(static_cast<int>(n)));
  const auto size = static_cast<std::size_t>(n);
  p.full = size == in.len;
  driver_->receive(p.link, {reinterpret_cast<std::byte*>(in.base), size}, now());
}

inline void uv_links::read(peer& p) {
  p.muted = false;
  if (!p.ended) uv_read_start(&p.stream, on_room, on_read);
}

// Input that is not wanted now stays in the kernel, where it holds the peer back. An end with nothing before it is news
// even so: a parked request whose client left must not wait for its answer.
inline void uv_links::decline(peer& p) {
  const posix::moved got = posix::peek(p.socket());
  if (got.again()) return;
  if (got.error != 0) return end(p, link_end::reset, got.error);
  if (got.bytes == 0) return hear_end(p);
  p.muted = true;
  uv_read_stop(&p.stream);
}

// Relies on the driver to say at once what is still to be sent: after closed(eof) it has output, or an action `close`
// or `abort`, or is done with the link, which is then closed from here.
inline void uv_links::hear_end(peer& p) {
  p.ended = true;
  uv_read_stop(&p.stream);
  unsettled_.push_back(p.token());
  driver_->closed(p.link, link_end::eof, 0, now());
}

// --- output ----------------------------------------------------------------------------------------------------------

inline uv_links::sending* uv_links::spare() {
  if (spare_.empty()) return new sending;
  sending* const s = spare_.back();
  spare_.pop_back();
  return s;
}

inline void uv_links::recycle(sending* s) noexcept {
  constexpr std::size_t kept = 16;  // sends under way at one moment, in a quiet server
  s->out.clear();
  if (spare_.size() < kept) spare_.push_back(s);
  else delete s;
}

inline void uv_links::write(peer& p) {
  if (p.out != nullptr || p.is != peer::role::link) return;
  sending* const s = spare();
  scope_exit unused{[&] { recycle(s); }};
  if (!driver_->gather(p.link, s->out)) {
    if (p.closing || p.ended) part(p);
    return;
  }
  s->of = &p;
  s->request.data = s;
  const unsigned n = s->fill();
  const int status = uv_write(&s->request, &p.stream, s->parts.data(), n, on_sent);
  if (status != 0) return end(p, link_end::reset, as_errno(status));
  unused.cancel();
  s->left = uv_stream_get_write_queue_size(&p.stream);
  p.out = s;
}

inline void uv_links::on_sent(uv_write_t* request, int status) {
  auto* const s = static_cast<sending*>(request->data);
  peer& p = *s->of;
  uv_links& host = *p.host;
  const std::size_t n = s->bytes;
  p.out = nullptr;
  host.recycle(s);
  if (closing(&p.handle) || status == UV_ECANCELED) return;
  host.turn([&] {
    if (p.is != peer::role::link) return;
    if (status != 0) return host.end(p, link_end::reset, as_errno(status));
    p.moving = true;
    host.unsettled_.push_back(p.token());
    host.driver_->sent(p.link, n, now());
  });
}

inline void uv_links::settle_all() {
  while (driver_ != nullptr && !unsettled_.empty()) {
    peer* const p = find_token(unsettled_.back());
    unsettled_.pop_back();
    if (p != nullptr && p->is == peer::role::link) settle(*p);
  }
}

inline void uv_links::settle(peer& p) {
  if (p.ended) {
    batch pending;
    if (!driver_->gather(p.link, pending)) return part(p);  // ends a send that the driver no longer cares for
    be_patient(p);
  }
  write(p);
}

// --- the end ---------------------------------------------------------------------------------------------------------

inline void uv_links::shut(peer& p) {
  if (std::exchange(p.closing, true)) return;
  be_patient(p);
  write(p);
}

// A link that is about to end, but has not sent all, is dropped when its peer takes nothing for close_time.
inline void uv_links::be_patient(peer& p) {
  if (std::exchange(p.patient, true)) return;
  p.moving = false;
  static_cast<void>(closing_.push(p.token(), now()));
}

// All is sent. The peer must be able to read it, so input is discarded for a while: closing with input unread resets.
inline void uv_links::part(peer& p) {
  const link_id link = p.link;
  unlink(p);
  p.is = peer::role::parting;
  if (p.ended || !half_close(p) || !parting_.push(p.token(), now())) remove(p);
  else uv_read_start(&p.stream, on_room, on_read);
  driver_->closed(link, link_end::eof, 0, now());
}

inline bool uv_links::half_close(peer& p) {
  auto* const request = new uv_shutdown_t;
  const int status = uv_shutdown(request, &p.stream, [](uv_shutdown_t* done, int) { delete done; });
  if (status != 0) delete request;
  return status == 0;
}

inline void uv_links::drop(peer& p) {
  if (const int fd = p.socket(); fd >= 0) posix::reset_on_close(fd);
  end(p, link_end::cancelled, 0);
}

inline void uv_links::drop_all() {
  for (std::size_t i = 0; driver_ != nullptr && i < peers_.size(); ++i) {
    peer* const p = peers_[i];
    if (p == nullptr || p->is == peer::role::dialing) continue;
    p->is == peer::role::link ? drop(*p) : remove(*p);
  }
}

inline void uv_links::end(peer& p, link_end why, int error) {
  const link_id link = p.link;
  remove(p);
  driver_->closed(link, why, error, now());
}

inline void uv_links::expire_links() {
  std::uint64_t token = 0;
  while (parting_.due(now(), token))
    if (peer* const p = find_token(token)) remove(*p);
  while (driver_ != nullptr && closing_.due(now(), token)) {
    peer* const p = find_token(token);
    if (p == nullptr || p->is != peer::role::link) continue;
    const std::size_t left = uv_stream_get_write_queue_size(&p->stream);
    const bool moving = p->moving || (p->out != nullptr && left != p->out->left);
    if (p->out != nullptr) p->out->left = left;
    p->moving = false;
    if (!moving || !closing_.push(token, now())) drop(*p);
  }
}

inline time_point uv_links::closing_deadline() const noexcept {
  return closing_.deadline() < parting_.deadline() ? closing_.deadline() : parting_.deadline();
}

SIOKIT_NAMESPACE_END
