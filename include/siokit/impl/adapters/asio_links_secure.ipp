// Bodies of adapters/asio_links.hpp: bytes of plain and of secure links, and the handshake.
#pragma once

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

// --- bytes -----------------------------------------------------------------------------------------------------------

inline net_error as_net_error(const secured& s) {
  if (s.waits()) return net::error::would_block;
  return s.failed() ? net_error(s.error, net::error::get_system_category()) : net_error{};
}

inline std::size_t asio_links::read_some(peer& p, std::span<std::byte> into, net_error& e) {
  if (!p.tls) return p.socket.read_some(net::mutable_buffer(into.data(), into.size()), e);
  const secured got = p.tls->read(into);
  e = as_net_error(got);
  if (!e && got.bytes == 0) e = net::error::eof;
  return got.bytes;
}

inline std::size_t asio_links::look(peer& p, net_error& e) {
  std::byte one;
  if (!p.tls) return p.socket.receive(net::mutable_buffer(&one, 1), asio_socket::message_peek, e);
  const secured got = p.tls->peek();
  e = as_net_error(got);
  if (!e && got.bytes == 0) e = net::error::eof;
  return got.bytes;
}

inline void asio_links::write_some(const peer_ptr& p, std::unique_ptr<writing> w) {
  if (p->tls) return write_secured(p, std::move(w));
  const std::span<const net::const_buffer> views = w->buffers();
  p->socket.async_write_some(views, [self = own(), p, w = std::move(w)](net_error e, std::size_t n) mutable {
    self->wrote(p, std::move(w), e, n);
  });
}

// What was not written yet stays pinned until the socket is ready: TLS wants to see the same bytes again.
inline void asio_links::write_secured(const peer_ptr& p, std::unique_ptr<writing> w) {
  const secured out = p->tls->write(w->out.views());
  if (!out.waits())
    return net::post(*strand_, [self = own(), p, w = std::move(w), out]() mutable {
      self->wrote(p, std::move(w), as_net_error(out), out.bytes);
    });
  const auto on = out.what == secured::kind::wants_output ? asio_socket::wait_write : asio_socket::wait_read;
  p->socket.async_wait(on, [self = own(), p, w = std::move(w)](net_error e) mutable {
    if (e || p->gone() || !p->tls) return self->wrote(p, std::move(w), e, 0);
    self->write_secured(p, std::move(w));
  });
}

// Whether the end of a secure link has been said, or cannot be.
inline bool asio_links::finish(const peer_ptr& p) {
  if (p->tls->finish().what != secured::kind::wants_output) {
    p->tls.reset();
    return true;
  }
  p->writing = true;
  p->socket.async_wait(asio_socket::wait_write, [self = own(), p](net_error) {
    p->writing = false;
    self->turn([&] { self->write(p); });
  });
  return false;
}

// --- the handshake ---------------------------------------------------------------------------------------------------

inline void asio_links::secure(const peer_ptr& p, std::string_view host) {
  int error = static_cast<int>(std::errc::not_supported);
  std::unique_ptr<secure_stream> made;  // not one inside of another
  if (dial_tls_.how && !p->tls) made = dial_tls_.how->start(p->socket.native_handle(), host, error);
  if (!made) return refuse(p, error);
  p->tls = std::move(made);
  net_error ignored;
  if (!p->writing) p->socket.cancel(ignored);  // the wait for plain bytes
  begin(p);
}

// A connection that the driver hears of when it is secure.
inline void asio_links::greet(const peer_ptr& p, const secure_server& tls, const std::string& address) {
  int error = 0;
  p->tls = tls.how->start(p->socket.native_handle(), address, error);
  if (p->tls) begin(p);
  else remove(p);
}

inline void asio_links::begin(const peer_ptr& p) {
  p->shaking = true;
  p->patience = std::make_unique<net::steady_timer>(p->socket.get_executor(), options_.tls_handshake_time);
  p->patience->async_wait([self = own(), p](net_error e) {
    if (e || !p->shaking || !p->socket.is_open()) return;
    self->turn([&] {
      if (p->gone()) self->remove(p);
      else self->end(p, link_end::tls, static_cast<int>(std::errc::timed_out));
    });
  });
  if (!p->writing) shake(p);  // else plain bytes are still to leave
}

inline void asio_links::shake(const peer_ptr& p) {
  const secured out = p->tls->handshake();
  if (out.failed()) return refuse(p, out.error);
  if (out.waits()) {
    const auto on = out.what == secured::kind::wants_output ? asio_socket::wait_write : asio_socket::wait_read;
    return p->socket.async_wait(on, [self = own(), p](net_error e) {
      if (e == net::error::operation_aborted || !p->shaking || !p->socket.is_open()) return;
      self->turn([&] { self->shake(p); });
    });
  }
  p->shaking = false;
  p->muted = false;
  p->patience.reset();
  shaken(p);
}

inline void asio_links::shaken(const peer_ptr& p) {
  if (!p->gone()) {
    wait_read(p);
    return driver_->opened(p->link, now());
  }
  scope_exit lost{[&] { remove(p); }};
  net_error e;
  std::uint16_t port = 0;
  const asio_protocol::endpoint from = p->socket.remote_endpoint(e);
  const std::string address = e ? std::string{} : describe(from, port);
  const link_id link = e ? link_id{} : driver_->accept({address, port, true}, now());
  if (link == link_id{} || driver_ == nullptr) return;
  lost.cancel();
  attach(p, link);
  wait_read(p);
}

// Refused by either side. An alert that says so must be able to arrive, so input is discarded for a while.
inline void asio_links::refuse(const peer_ptr& p, int error) {
  const link_id link = p->link;
  p->shaking = false;
  p->tls.reset();
  p->patience.reset();
  unlink(*p);
  linger(p);
  if (link != link_id{}) driver_->closed(link, link_end::tls, error, now());
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
