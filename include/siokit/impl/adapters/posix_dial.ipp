// Bodies of adapters/posix_dial.hpp.
#pragma once

#include <cerrno>

SIOKIT_NAMESPACE_BEGIN

inline posix_dials::posix_dials(driver& io, const host_options& options)
    : posix_links(io, options), delays_(options.attempt_delay), patience_(options.connect_time),
      resolver_(options, [](void* bell) { static_cast<posix::bell*>(bell)->ring(); }, &bell_) {}

inline posix_dials::~posix_dials() {
  for (dialing* const d : dials_) delete d;
}

// Null when it is not being dialed.
inline posix_dials::dialing* posix_dials::dial_of(link_id link) const noexcept {
  const auto at = static_cast<std::uint32_t>(link);
  dialing* const found = at < dials_.size() ? dials_[at] : nullptr;
  return found != nullptr && found->link == link ? found : nullptr;
}

inline void posix_dials::dial(const action& a) {
  if (dial_of(a.link) != nullptr) return;
  const auto at = static_cast<std::uint32_t>(a.link);
  if (at >= dials_.size()) dials_.resize(at + std::size_t{1});
  dials_[at] = new dialing;
  dials_[at]->link = a.link;
  ++connections_;
  wait(a.link, *dials_[at], patience_, options_.connect_time);
  resolver_.ask(a.link, a.host, a.port);
}

inline void posix_dials::hear_answers() {
  scope_exit thrown{[&] { bell_.ring(); }};
  link_id link{};
  for (resolved found; resolver_.answer(link, found);) {
    dialing* const d = dial_of(link);
    if (d == nullptr) continue;
    d->addresses = found.addresses;
    if (d->addresses.empty()) fail(link, link_end::unresolved, found.error);
    else attempt(link, *d);
  }
  thrown.cancel();
}

// Each address but the last is given attempt_delay before the next is tried as well.
inline void posix_dials::attempt(link_id link, dialing& d) {
  peer* made = nullptr;
  while (made == nullptr && d.next != d.addresses.size()) {
    posix::unique_fd fd = posix::connect_to(d.addresses[d.next++], d.error);
    if (!fd) continue;
    d.error = ENOMEM;
    made = peers_.add(peer::role::dialing, fd.get(), link);
    if (made == nullptr) continue;
    fd.release();
    update(*made);
    if (made->watched != posix::nothing) continue;
    d.error = errno;
    remove(*std::exchange(made, nullptr));
  }
  if (made != nullptr) d.attempts[d.under_way++] = made;
  if (d.under_way == 0) return fail(link, link_end::refused, d.error);
  if (d.next != d.addresses.size()) wait(link, d, delays_, options_.attempt_delay);
  else wait(link, d, patience_, options_.connect_time);
}

inline void posix_dials::wait(link_id link, dialing& d, posix::waiting_line& line, milliseconds length) {
  d.due = later(now_, length);
  static_cast<void>(line.push(static_cast<std::uint64_t>(link), now_));  // without memory the kernel's patience counts
}

inline void posix_dials::attempted(peer& p) {
  const link_id link = p.link;
  dialing& d = *dial_of(link);
  const int error = posix::connect_error(p.fd);
  if (error == 0) return open(d, p);
  d.error = error;
  for (std::size_t i = 0; i < d.under_way; ++i)
    if (d.attempts[i] == &p) d.attempts[i] = d.attempts[--d.under_way];
  remove(p);
  if (d.under_way == 0 || d.next != d.addresses.size()) attempt(link, d);
}

inline void posix_dials::open(dialing& d, peer& p) {
  const link_id link = p.link;
  if (!peers_.become_link(p)) return fail(link, link_end::refused, ENOMEM);
  for (std::size_t i = 0; i < d.under_way; ++i)
    if (d.attempts[i] != &p) remove(*d.attempts[i]);
  delete std::exchange(dials_[static_cast<std::uint32_t>(link)], nullptr);
  update(p);
  driver_.opened(link, now_);
}

// --- the end of a dial -----------------------------------------------------------------------------------------------

inline void posix_dials::fail(link_id link, link_end why, int error) {
  dialing* const d = std::exchange(dials_[static_cast<std::uint32_t>(link)], nullptr);
  if (d->addresses.empty()) resolver_.forget(link);
  for (std::size_t i = 0; i < d->under_way; ++i) remove(*d->attempts[i]);
  delete d;
  --connections_;
  driver_.closed(link, why, error, now_);
}

inline void posix_dials::cancel(link_id link) {
  if (dial_of(link) != nullptr) fail(link, link_end::cancelled, 0);
}

inline void posix_dials::cancel_all() {
  for (std::size_t i = 0; i < dials_.size(); ++i)
    if (dials_[i] != nullptr) cancel(dials_[i]->link);
}

inline void posix_dials::expire_dials() {
  for (posix::waiting_line* const line : {&delays_, &patience_}) {
    std::uint64_t token = 0;
    while (line->due(now_, token)) {
      const auto link = static_cast<link_id>(token);
      dialing* const d = dial_of(link);
      if (d == nullptr || d->due > now_) continue;
      if (d->addresses.empty()) fail(link, link_end::unresolved, ETIMEDOUT);
      else if (d->next != d->addresses.size()) attempt(link, *d);
      else fail(link, link_end::refused, ETIMEDOUT);
    }
  }
}

inline time_point posix_dials::dial_deadline() const noexcept {
  return delays_.deadline() < patience_.deadline() ? delays_.deadline() : patience_.deadline();
}

SIOKIT_NAMESPACE_END
