// Bodies of adapters/asio_dial.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

struct asio_dials::dialing {
  dialing(link_id l, const executor& on) : link(l), due(std::in_place, on) {}

  bool gone() const noexcept { return !due.has_value(); }

  link_id link;
  address_list addresses;             // none: resolving
  std::size_t next = 0;               // of the addresses
  std::vector<attempt_ptr> attempts;  // under way
  std::optional<net::steady_timer> due;   // always pending, so that the context has work; none once it is over
  int error = 0;  // of the latest attempt that failed
};

struct asio_dials::attempt {
  explicit attempt(const executor& on) : socket(on) {}
  asio_socket socket;
};

inline asio_dials::asio_dials(const net::any_io_executor& on, driver& io, const host_options& options)
    : asio_links(on, io, options), resolver_(options, hear_answers_later, this) {}

// On any thread. The resolver is closed before the strand goes.
inline void asio_dials::hear_answers_later(void* dials) {
  auto* const me = static_cast<asio_dials*>(dials);
  net::post(*me->strand_, [self = me->own(), me] { self->turn([me] { me->hear_answers(); }); });
}

inline void asio_dials::dial(const action& a) {
  const auto [at, fresh] = dials_.try_emplace(a.link);
  if (!fresh) return;
  at->second = std::make_shared<dialing>(a.link, *strand_);
  wait(at->second, options_.connect_time);
  resolver_.ask(a.link, a.host, a.port);
}

inline void asio_dials::hear_answers() {
  link_id link{};
  scope_exit thrown{[&] {
    if (driver_ != nullptr) hear_answers_later(this);
  }};
  for (resolved found; driver_ != nullptr && resolver_.answer(link, found);) {
    const auto at = dials_.find(link);
    if (at == dials_.end()) continue;
    const dial_ptr d = at->second;
    d->addresses = found.addresses;
    if (d->addresses.empty()) fail(d, link_end::unresolved, found.error);
    else try_next(d);
  }
  thrown.cancel();
}

// Each address but the last is given attempt_delay before the next is tried as well.
inline void asio_dials::try_next(const dial_ptr& d) {
  const std::size_t before = d->attempts.size();
  while (d->attempts.size() == before && d->next != d->addresses.size()) connect(d, d->addresses[d->next++]);
  if (d->attempts.empty()) return fail(d, link_end::refused, d->error);
  wait(d, d->next != d->addresses.size() ? options_.attempt_delay : options_.connect_time);
}

inline void asio_dials::connect(const dial_ptr& d, const socket_address& at) {
  const bool tcp = at.family() == AF_INET || at.family() == AF_INET6;
  const auto a = std::make_shared<attempt>(*strand_);
  net_error e;
  a->socket.open(asio_protocol(at.family(), tcp ? IPPROTO_TCP : 0), e);
  if (e) {
    d->error = as_errno(e);
    return;
  }
#if !defined(_WIN32)
  if (tcp) posix::tune(a->socket.native_handle(), {});
#else
  a->socket.set_option(net::ip::tcp::no_delay(true), e);
#endif
  d->attempts.push_back(a);
  a->socket.async_connect(asio_protocol::endpoint(at.get(), static_cast<std::size_t>(at.size)),
                          [self = own(), this, d, a](net_error failed) {
                            if (d->gone()) return;
                            self->turn([&] { connected(d, a, failed); });
                          });
}

inline void asio_dials::connected(const dial_ptr& d, const attempt_ptr& a, net_error e) {
  if (d->gone()) return;
  // A Unix socket whose listener has no room is reported as connected.
  if (!e) static_cast<void>(a->socket.remote_endpoint(e));
  if (!e) a->socket.non_blocking(true, e);
  if (!e) return open(d, std::move(a->socket));
  d->error = as_errno(e);
  std::erase(d->attempts, a);
  if (d->attempts.empty() || d->next != d->addresses.size()) try_next(d);
}

inline void asio_dials::wait(const dial_ptr& d, milliseconds length) {
  d->due->expires_at(later(now(), length));
  d->due->async_wait([self = own(), this, d](net_error e) {
    if (!e && !d->gone()) self->turn([&] { expire(d); });
  });
}

inline void asio_dials::expire(const dial_ptr& d) {
  if (d->gone() || d->due->expiry() > now()) return;  // an answer came first
  const int timed_out = static_cast<int>(std::errc::timed_out);
  if (d->addresses.empty()) return fail(d, link_end::unresolved, timed_out);
  if (d->next != d->addresses.size()) return try_next(d);
  fail(d, link_end::refused, timed_out);
}

inline void asio_dials::open(const dial_ptr& d, asio_socket&& s) {
  const peer_ptr p = add(std::move(s), d->link);
  remove_dial(d);
  wait_read(p);
  driver_->opened(d->link, now());
}

// --- the end of a dial -----------------------------------------------------------------------------------------------

inline void asio_dials::fail(const dial_ptr& d, link_end why, int error) {
  remove_dial(d);
  driver_->closed(d->link, why, error, now());
}

inline void asio_dials::cancel(link_id link) {
  const auto at = dials_.find(link);
  if (at != dials_.end()) fail(dial_ptr{at->second}, link_end::cancelled, 0);
}

inline void asio_dials::cancel_all() {
  while (driver_ != nullptr && !dials_.empty()) cancel(dials_.begin()->first);
}

inline void asio_dials::remove_dial(const dial_ptr& d) noexcept {
  net_error ignored;
  if (d->addresses.empty()) resolver_.forget(d->link);
  for (const attempt_ptr& a : d->attempts) a->socket.close(ignored);
  d->attempts.clear();
  d->due.reset();
  dials_.erase(d->link);
}

inline void asio_dials::let_dials_go() noexcept {
  resolver_.close();
  while (!dials_.empty()) remove_dial(dial_ptr{dials_.begin()->second});
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
