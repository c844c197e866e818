// Bodies of adapters/uv_dial.hpp.
#pragma once

#include <cerrno>

SIOKIT_NAMESPACE_BEGIN

inline uv_dials::uv_dials(uv_loop_t* loop, driver& io, const host_options& options, void (*answered)(void*), void* ctx)
    : uv_links(loop, io, options), delays_(options.attempt_delay), patience_(options.connect_time),
      resolver_(options, answered, ctx) {}

inline void uv_dials::dial(const action& a) {
  const auto [at, fresh] = dials_.try_emplace(a.link);
  if (!fresh) return;
  ++connections_;
  wait(a.link, at->second, patience_, options_.connect_time);
  resolver_.ask(a.link, a.host, a.port);
}

inline void uv_dials::hear_answers() {
  link_id link{};
  for (resolved found; driver_ != nullptr && resolver_.answer(link, found);) {
    const auto at = dials_.find(link);
    if (at == dials_.end()) continue;
    at->second.addresses = found.addresses;
    if (at->second.addresses.empty()) fail(link, link_end::unresolved, found.error);
    else attempt(link, at->second);
  }
}

// Each address but the last is given attempt_delay before the next is tried as well.
inline void uv_dials::attempt(link_id link, dialing& d) {
  peer* made = nullptr;
  while (made == nullptr && d.next != d.addresses.size()) made = connect(link, d.addresses[d.next++], d.error);
  if (made != nullptr) d.attempts.push_back(made);
  if (d.attempts.empty()) return fail(link, link_end::refused, d.error);
  if (d.next != d.addresses.size()) wait(link, d, delays_, options_.attempt_delay);
  else wait(link, d, patience_, options_.connect_time);
}

inline uv_dials::peer* uv_dials::connect(link_id link, const socket_address& at, int& error) {
  peer* const p = make(at.family(), link, error);
  if (p == nullptr) return nullptr;
  auto* const request = new uv_connect_t;
  int status = 0;
#if !defined(_WIN32)
  if (at.family() == AF_UNIX) {
    uv_pipe_connect(request, &p->pipe, reinterpret_cast<const sockaddr_un&>(at.storage).sun_path, on_connected);
    return p;
  }
#endif
  status = uv_tcp_connect(request, &p->tcp, at.get(), on_connected);
  if (status == 0) return p;
  delete request;
  error = as_errno(status);
  remove(*p);
  return nullptr;
}

inline void uv_dials::on_connected(uv_connect_t* request, int status) {
  auto& p = *static_cast<peer*>(request->handle->data);
  delete request;
  if (closing(&p.handle) || status == UV_ECANCELED) return;
  auto& host = static_cast<uv_dials&>(*p.host);
  host.turn([&] {
    if (p.is == peer::role::dialing) host.attempted(p, status);
  });
}

inline void uv_dials::wait(link_id link, dialing& d, posix::waiting_line& line, milliseconds length) {
  const time_point start = now();
  d.due = later(start, length);
  static_cast<void>(line.push(static_cast<std::uint64_t>(link), start));  // without memory the kernel's patience counts
}

inline void uv_dials::attempted(peer& p, int status) {
  const link_id link = p.link;
  dialing& d = dials_.find(link)->second;
  if (status == 0) return open(d, p);
  d.error = as_errno(status);
  std::erase(d.attempts, &p);
  remove(p);
  if (d.attempts.empty() || d.next != d.addresses.size()) attempt(link, d);
}

inline void uv_dials::open(dialing& d, peer& p) {
  const link_id link = p.link;
  for (peer* const other : d.attempts)
    if (other != &p) remove(*other);
  dials_.erase(link);
  become_link(p);
  driver_->opened(link, now());
}

// --- the end of a dial -----------------------------------------------------------------------------------------------

inline void uv_dials::fail(link_id link, link_end why, int error) {
  const auto at = dials_.find(link);
  if (at->second.addresses.empty()) resolver_.forget(link);
  for (peer* const p : at->second.attempts) remove(*p);
  dials_.erase(at);
  --connections_;
  driver_->closed(link, why, error, now());
}

inline void uv_dials::cancel(link_id link) {
  if (dials_.contains(link)) fail(link, link_end::cancelled, 0);
}

inline void uv_dials::cancel_all() {
  while (driver_ != nullptr && !dials_.empty()) cancel(dials_.begin()->first);
}

inline void uv_dials::expire_dials() {
  for (posix::waiting_line* const line : {&delays_, &patience_}) {
    std::uint64_t token = 0;
    while (driver_ != nullptr && line->due(now(), token)) {
      const auto link = static_cast<link_id>(token);
      const auto at = dials_.find(link);
      if (at == dials_.end() || at->second.due > now()) continue;
      if (at->second.addresses.empty()) fail(link, link_end::unresolved, ETIMEDOUT);
      else if (at->second.next != at->second.addresses.size()) attempt(link, at->second);
      else fail(link, link_end::refused, ETIMEDOUT);
    }
  }
}

inline time_point uv_dials::dial_deadline() const noexcept {
  return delays_.deadline() < patience_.deadline() ? delays_.deadline() : patience_.deadline();
}

inline void uv_dials::let_dials_go() noexcept {
  resolver_.close();
  dials_.clear();  // their attempts go with the peers
}

SIOKIT_NAMESPACE_END
