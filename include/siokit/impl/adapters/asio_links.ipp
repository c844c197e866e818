// Bodies of adapters/asio_links.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

struct asio_links::peer {
  explicit peer(asio_socket&& s) : socket(std::move(s)) {}

  asio_socket socket;
  std::unique_ptr<secure_stream> tls;           // none: the bytes are the socket's
  std::unique_ptr<net::steady_timer> patience;  // while it is being closed, or shaking
  link_id link{};                               // none: the driver is done with it, or does not know it yet
  static constexpr std::size_t removed = ~std::size_t{0};
  std::size_t place = removed;                  // in peers_
  bool waiting = false;                         // for readability
  bool writing = false;
  bool muted = false;    // it has input the driver does not want; action `read` ends that
  bool closing = false;  // action `close` came: to be closed once all is sent
  bool ended = false;    // its peer sends no more: likewise
  bool shaking = false;  // the handshake is not done
  bool moving = false;   // while closing: bytes have left since it was last looked at

  bool gone() const noexcept { return link == link_id{}; }
};

// A send that is under way: the batch keeps its bytes alive, whoever else dies.
struct asio_links::writing {
  batch out;
  std::array<net::const_buffer, batch::capacity> parts;

  std::span<const net::const_buffer> buffers() {
    for (std::size_t i = 0; i < out.size(); ++i) parts[i] = {out.views()[i].data(), out.views()[i].size()};
    return {parts.data(), out.size()};
  }
};

inline asio_links::asio_links(const net::any_io_executor& on, driver& io, const host_options& options)
    : driver_(&io), options_(options), strand_(on), buffer_(options.read_buffer) {
  SIOKIT_ASSERT(options.read_buffer != 0, "a host needs a buffer to read into");
}

inline void asio_links::pump_later() {
  if (driver_ == nullptr) return;
  net::post(*strand_, [self = own()] { self->turn([] {}); });
}

inline void asio_links::admit(asio_socket&& s, const asio_protocol::endpoint& from, const secure_server& tls) {
  net_error e;
  s.non_blocking(true, e);
  if (e) return;
#if defined(_WIN32)
  s.set_option(net::ip::tcp::no_delay(true), e);  // elsewhere the listener's is inherited
#endif
  std::uint16_t port = 0;
  const std::string address = describe(from, port);
  if (tls.how) return greet(add(std::move(s), {}), tls, address);
  const link_id link = driver_->accept({address, port, false}, now());
  if (link != link_id{}) wait_read(add(std::move(s), link));
}

inline asio_links::peer_ptr asio_links::add(asio_socket&& s, link_id link) {
  const auto p = std::make_shared<peer>(std::move(s));
  p->place = peers_.size();
  peers_.push_back(p);
  if (link != link_id{}) attach(p, link);
  return p;
}

inline void asio_links::attach(const peer_ptr& p, link_id link) {
  const auto at = static_cast<std::uint32_t>(link);
  if (by_link_.size() <= at) by_link_.resize(std::size_t{at} + 1);
  by_link_[at] = p.get();
  p->link = link;
}

// --- input -----------------------------------------------------------------------------------------------------------

// Waits without a buffer: all links are read into one.
inline void asio_links::wait_read(const peer_ptr& p) {
  if (p->waiting || p->muted || p->ended || p->shaking || !p->socket.is_open()) return;
  p->waiting = true;
  auto ready = [self = own(), p](net_error e) {
    p->waiting = false;
    // A wait that secure() cancelled may have kept the one behind the handshake from being begun.
    if (e == net::error::operation_aborted) return self->wait_read(p);
    self->readable(p, e);
  };
  using when = secure_stream::when;
  const when readable = p->tls ? p->tls->readable() : when::input;
  if (readable == when::now) return net::post(*strand_, [ready = std::move(ready)] { ready({}); });
  p->socket.async_wait(readable == when::input ? asio_socket::wait_read : asio_socket::wait_write, std::move(ready));
}

// On Windows the wait itself fails when the peer resets: it is a read of nothing there.
inline void asio_links::readable(const peer_ptr& p, net_error e) {
  turn([&] {
    const scope_exit again{[&] { wait_read(p); }};
    if (!p->socket.is_open()) return;
    if (e && !p->shaking) return failed_read(p, e);
    take(p);
  });
}

inline void asio_links::take(const peer_ptr& p) {
  if (p->shaking) return;
  if (!p->gone() && !driver_->wants_read(p->link)) return decline(p);
  std::span<std::byte> into;
  if (!p->gone()) into = driver_->space(p->link);
  if (into.empty()) into = buffer_;
  net_error e;
  const std::size_t n = read_some(*p, into, e);
  if (e) return failed_read(p, e);
  if (!p->gone()) driver_->receive(p->link, into.first(n), now());
}

inline void asio_links::read(const peer_ptr& p) {
  p->muted = false;
  wait_read(p);
}

// Input that is not wanted now stays in the kernel, where it holds the peer back. An end with nothing before it is news
// even so: a parked request whose client left must not wait for its answer.
inline void asio_links::decline(const peer_ptr& p) {
  net_error e;
  look(*p, e);
  if (e) return failed_read(p, e);
  p->muted = true;
}

// Relies on the driver to say at once what is still to be sent: after closed(eof) it has output, or an action `close`
// or `abort`, or is done with the link, which is then closed from here.
inline void asio_links::failed_read(const peer_ptr& p, net_error e) {
  if (e == net::error::would_block || e == net::error::try_again || e == net::error::interrupted) return;
  if (p->gone()) return remove(p);
  if (e != net::error::eof) return end(p, is_errno(e.value()) ? link_end::reset : link_end::tls, as_errno(e));
  p->ended = true;
  const scope_exit last{[&] {
    if (driver_ != nullptr) net::post(*strand_, [self = own(), p] { self->turn([&] { self->write_last(p); }); });
  }};
  driver_->closed(p->link, link_end::eof, 0, now());
}

inline void asio_links::write_last(const peer_ptr& p) {
  if (p->gone() || !p->socket.is_open()) return;
  batch pending;
  if (!driver_->gather(p->link, pending)) return part(p);  // ends a send that the driver no longer cares for
  wait_for_progress(p);
  write(p);
}

// --- output ----------------------------------------------------------------------------------------------------------

inline void asio_links::write(const peer_ptr& p) {
  if (p->writing || p->gone() || p->shaking || !p->socket.is_open()) return;
  if (spare_.empty()) spare_.push_back(std::make_unique<writing>());
  std::unique_ptr<writing>& w = spare_.back();
  if (!driver_->gather(p->link, w->out)) {
    if (p->closing || p->ended) part(p);
    return;
  }
  p->writing = true;
  write_some(p, std::move(w));
  spare_.pop_back();
}

inline void asio_links::write_later(const peer_ptr& p) {
  if (driver_ == nullptr) return;
  net::post(*strand_, [self = own(), p] { self->turn([&] { self->write(p); }); });
}

inline void asio_links::wrote(const peer_ptr& p, std::unique_ptr<writing> w, net_error e, std::size_t n) {
  constexpr std::size_t kept = 16;  // sends under way at one moment, in a quiet server
  p->writing = false;
  w->out.clear();
  if (spare_.size() < kept) spare_.push_back(std::move(w));
  turn([&] {
    if (p->gone() || !p->socket.is_open()) return;
    if (e) return end(p, is_errno(e.value()) ? link_end::reset : link_end::tls, as_errno(e));
    p->moving = true;
    scope_exit thrown{[&] { write_later(p); }};
    driver_->sent(p->link, n, now());
    thrown.cancel();
    if (driver_ == nullptr) return;
    if (p->shaking) shake(p);  // it was asked for while this was under way
    else write(p);
  });
}

// --- the end ---------------------------------------------------------------------------------------------------------

inline void asio_links::shut(const peer_ptr& p) {
  if (p->shaking) return drop(p);  // nothing can be sent
  if (std::exchange(p->closing, true)) return;
  p->moving = false;
  write(p);
  if (!p->gone()) wait_for_progress(p);
}

// A peer that takes nothing for close_time is dropped.
inline void asio_links::wait_for_progress(const peer_ptr& p) {
  p->patience = std::make_unique<net::steady_timer>(p->socket.get_executor(), options_.close_time);
  p->patience->async_wait([self = own(), p](net_error e) {
    if (e || p->gone()) return;
    self->turn([&] { std::exchange(p->moving, false) ? self->wait_for_progress(p) : self->drop(p); });
  });
}

// All is sent. The peer must be able to read it, so input is discarded for a while: closing with input unread resets.
inline void asio_links::part(const peer_ptr& p) {
  const link_id link = p->link;
  if (p->tls && !finish(p)) return;
  unlink(*p);
  linger(p);
  driver_->closed(link, link_end::eof, 0, now());
}

inline void asio_links::linger(const peer_ptr& p) {
  net_error e;
  p->socket.shutdown(asio_socket::shutdown_send, e);
  if (e || p->ended) return remove(p);
  read(p);
  p->patience = std::make_unique<net::steady_timer>(p->socket.get_executor(), options_.discard_time);
  p->patience->async_wait([self = own(), p](net_error over) {
    if (!over) self->turn([&] { self->remove(p); });
  });
}

inline void asio_links::drop(const peer_ptr& p) {
  net_error ignored;
  p->socket.set_option(net::socket_base::linger(true, 0), ignored);  // a reset
  end(p, link_end::cancelled, 0);
}

inline void asio_links::drop_all() {
  while (driver_ != nullptr && !peers_.empty()) {
    const peer_ptr p = peers_.back();
    p->gone() ? remove(p) : drop(p);
  }
}

inline void asio_links::end(const peer_ptr& p, link_end why, int error) {
  const link_id link = p->link;
  remove(p);
  driver_->closed(link, why, error, now());
}

// --- finding ---------------------------------------------------------------------------------------------------------

inline asio_links::peer_ptr asio_links::find(link_id link) const {
  const auto at = static_cast<std::uint32_t>(link);
  peer* const p = at < by_link_.size() ? by_link_[at] : nullptr;
  return p != nullptr && p->link == link ? peers_[p->place] : nullptr;
}

inline void asio_links::unlink(peer& p) noexcept {
  const auto at = static_cast<std::uint32_t>(p.link);
  if (!p.gone() && by_link_[at] == &p) by_link_[at] = nullptr;
  p.link = {};
}

inline void asio_links::remove(const peer_ptr& p) noexcept {
  if (p->place == peer::removed) return;
  net_error ignored;
  unlink(*p);
  p->patience.reset();
  p->socket.close(ignored);  // where the context dies it may be closed already: Asio does so on Windows
  const peer_ptr last = peers_.back();
  last->place = p->place;
  peers_[p->place] = last;
  p->place = peer::removed;
  peers_.pop_back();
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
