// Bodies of adapters/epoll.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

inline epoll_host::epoll_host(driver& io, const host_options& options)
    : posix_loop(io, options), epoll_(::epoll_create1(EPOLL_CLOEXEC)), busy_poll_(options.busy_poll) {
  start(epoll_ ? 0 : errno);
}

inline bool epoll_host::watch(int fd, std::uint64_t token, std::uint8_t was, std::uint8_t wants) noexcept {
  epoll_event e{};
  if ((wants & posix::input) != 0) e.events |= EPOLLIN;
  if ((wants & posix::output) != 0) e.events |= EPOLLOUT;
  e.data.u64 = token;
  // Who waits for nothing is taken out: errors and hang-ups cannot be masked, and would be reported without end.
  int change = EPOLL_CTL_MOD;
  if (was == posix::nothing) change = EPOLL_CTL_ADD;
  if (wants == posix::nothing) change = EPOLL_CTL_DEL;
  return ::epoll_ctl(epoll_.get(), change, fd, &e) == 0;
}

inline std::span<const posix_loop::ready> epoll_host::wait(int ms) noexcept {
  int n = ms == 0 ? 0 : spin();
  if (n <= 0) n = ::epoll_wait(epoll_.get(), reported_, capacity, ms);
  if (n <= 0) return {};  // nothing, or EINTR: the turn goes on, and the next one waits again
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const std::uint32_t events = reported_[i].events;
    std::uint8_t what = posix::nothing;
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) what |= posix::input;
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) what |= posix::output;
    ready_[i] = {reported_[i].data.u64, what};
  }
  return {ready_, static_cast<std::size_t>(n)};
}

// Looks for events without sleeping, for as long as busy_poll says.
inline int epoll_host::spin() noexcept {
  if (busy_poll_.count() == 0) return 0;
  const time_point until = std::chrono::steady_clock::now() + busy_poll_;
  int n = 0;
  do n = ::epoll_wait(epoll_.get(), reported_, capacity, 0);
  while (n == 0 && std::chrono::steady_clock::now() < until);
  return n;
}

SIOKIT_NAMESPACE_END
