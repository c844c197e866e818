// Bodies of adapters/poll.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

inline poll_host::poll_host(driver& io, const host_options& options) : posix_loop(io, options) { start(0); }

inline poll_host::~poll_host() {
  fds_.reset(pool_);
  tokens_.reset(pool_);
  places_.reset(pool_);
  ready_.reset(pool_);
}

inline bool poll_host::watch(int fd, std::uint64_t token, std::uint8_t was, std::uint8_t wants) noexcept {
  const auto index = static_cast<std::uint32_t>(token);
  if (was == posix::nothing && !insert(fd, token)) {
    errno = ENOMEM;
    return false;
  }
  const std::uint32_t place = places_[index];
  if (wants == posix::nothing) {
    erase(place);
    return true;
  }
  short events = 0;
  if ((wants & posix::input) != 0) events |= POLLIN;
  if ((wants & posix::output) != 0) events |= POLLOUT;
  fds_[place].events = events;
  return true;
}

inline bool poll_host::insert(int fd, std::uint64_t token) noexcept {
  const auto index = static_cast<std::uint32_t>(token);
  while (places_.size() <= index)
    if (!places_.push(pool_, nowhere)) return false;
  posix::poll_entry entry{};
  entry.fd = static_cast<decltype(entry.fd)>(fd);
  if (!fds_.push(pool_, entry)) return false;
  if (!tokens_.push(pool_, token)) {
    fds_.pop();
    return false;
  }
  places_[index] = static_cast<std::uint32_t>(fds_.size() - 1);
  return true;
}

inline void poll_host::erase(std::uint32_t place) noexcept {
  places_[static_cast<std::uint32_t>(tokens_.back())] = place;
  places_[static_cast<std::uint32_t>(tokens_[place])] = nowhere;
  fds_.swap_remove(place);
  tokens_.swap_remove(place);
}

inline std::span<const posix_loop::ready> poll_host::wait(int ms) noexcept {
  ready_.clear();
  int n = posix::poll_sockets({fds_.begin(), fds_.size()}, ms);
  for (std::size_t i = 0; n > 0 && i < fds_.size(); ++i) {
    const short events = fds_[i].revents;
    if (events == 0) continue;
    --n;
    std::uint8_t what = posix::nothing;
    if ((events & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0) what |= posix::input;
    if ((events & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) != 0) what |= posix::output;
    if (!ready_.push(pool_, {tokens_[i], what})) break;  // the rest is reported again
  }
  return {ready_.begin(), ready_.size()};
}

SIOKIT_NAMESPACE_END
