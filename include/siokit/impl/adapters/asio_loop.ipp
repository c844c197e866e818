// Bodies of adapters/asio_loop.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

inline void asio_loop::pump() {
  for (action a; driver_ != nullptr && driver_->next(a);) {
    const peer_ptr p = find(a.link);
    switch (a.what) {
      case action::kind::open: dial(a); break;
      case action::kind::secure: if (p) secure(p, a.host); break;
      case action::kind::write: if (p) write(p); break;
      case action::kind::read: if (p) read(p); break;
      case action::kind::close: p ? shut(p) : cancel(a.link); break;
      case action::kind::abort: p ? drop(p) : cancel(a.link); break;
    }
  }
  if (driver_ == nullptr) return;  // a handler destroyed the host
  if (finishing_ && connections() == 0) return rest();
  const time_point due = driver_->deadline();
  // A later deadline needs no call: the timer fires early, nothing is due, and it is armed anew.
  if (due < armed_ || due == never) arm(due);
}

inline void asio_loop::arm(time_point due) {
  if (due == armed_) return;
  armed_ = due;
  if (due == never) {
    deadline_->cancel();
    return;
  }
  deadline_->expires_at(due);
  deadline_->async_wait([self = self()](net_error e) {
    if (e) return;
    self->armed_ = never;
    self->turn([&] { self->driver_->advance(now()); });
  });
}

// Nothing is left after close(): no timer keeps the context at work.
inline void asio_loop::rest() {
  arm(never);
  drain_->cancel();
}

// --- listening -------------------------------------------------------------------------------------------------------

inline listening asio_loop::listen(const listen_options& options, const secure_server& tls) {
  thread_.check();
  if (driver_ == nullptr) return {static_cast<int>(std::errc::operation_canceled), 0};  // the context is gone
  const auto l = std::make_shared<asio_listener>(*strand_);
  const listening made = l->open(options);
  if (!made) return made;
  l->tls = tls;
  listeners_.push_back(l);
  finishing_ = false;
  drain_->cancel();
  accept(l);
  return made;
}

inline void asio_loop::accept(const listener_ptr& l) {
  if (!l->acceptor.is_open()) return;
  l->acceptor.async_accept(l->from, [self = self(), l](net_error e, asio_socket s) {
    self->accepted(l, e, std::move(s));
  });
}

inline void asio_loop::accepted(const listener_ptr& l, net_error e, asio_socket&& s) {
  if (!l->acceptor.is_open()) return;
  // Asio retries by itself what concerns one connection only; the rest (no descriptors, no memory) comes again at once.
  if (e) return pause(l);
  turn([&] {
    const scope_exit again{[&] { accept(l); }};
    l->pause_length = milliseconds{0};
    if (connections() < options_.max_connections) admit(std::move(s), l->from, l->tls);
  });
}

inline void asio_loop::pause(const listener_ptr& l) {
  constexpr milliseconds longest{1'000};
  l->pause_length = l->pause_length == milliseconds{0} ? options_.accept_pause : l->pause_length * 2;
  if (l->pause_length > longest) l->pause_length = longest;
  l->pause.expires_after(l->pause_length);
  l->pause.async_wait([self = self(), l](net_error e) {
    if (!e) self->accept(l);
  });
}

inline void asio_loop::close_listeners() {
  thread_.check();
  for (const listener_ptr& l : listeners_) l->close();
  listeners_.clear();
}

// --- the end ---------------------------------------------------------------------------------------------------------

inline void asio_loop::close(milliseconds drain) {
  close_listeners();
  finishing_ = true;
  if (driver_ == nullptr) return;
  if (connections() == 0) return rest();
  drain_->expires_at(later(now(), drain));
  drain_->async_wait([self = self()](net_error e) {
    if (!e) self->turn([&] { self->empty(); });
  });
}

inline void asio_loop::halt() {
  close(milliseconds{0});
  empty();
}

inline void asio_loop::empty() {
  scope_exit thrown{[&] {
    if (driver_ != nullptr) net::post(*strand_, [self = self()] { self->turn([&] { self->empty(); }); });
  }};
  drop_all();
  cancel_all();
  thrown.cancel();
}

inline asio_loop::asio_loop(const net::any_io_executor& on, driver& io, const host_options& options)
    : asio_dials(on, io, options),
      farewell_(net::use_service<asio_farewell>(net::query(on, net::execution::context))), deadline_(*strand_),
      drain_(*strand_) {}

inline void asio_loop::start() {
  farewell_.add(this);
  name_ = asio_hosts::all().add(weak_from_this());
  driver_->bind(system_services(
      [](void* name) {
        if (const std::shared_ptr<asio_state> host = asio_hosts::all().find(name)) host->pump_later();
      },
      name_));
  pump_later();  // what the driver wanted before it was bound
}

inline void asio_loop::let_go(bool context_dies) noexcept {
  if (driver_ == nullptr) return;
  driver_ = nullptr;
  asio_hosts::all().remove(name_);
  if (!context_dies) farewell_.remove(this);
  let_dials_go();
  while (!peers_.empty()) remove(peer_ptr{peers_.back()});
  for (const listener_ptr& l : listeners_) l->close();
  listeners_.clear();
  deadline_.reset();
  drain_.reset();
  strand_.reset();
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
