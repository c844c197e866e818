// A loop for servers and clients on Linux's epoll: run(), or step() inside a loop of one's own. Needs nothing but libc.
//
//   siokit::epoll_host host{io.driver()};
//   host.listen(3000);
//   host.run();
//
// Its face is posix_loop's. poll_host is the same for systems without epoll.
#pragma once

#include <sys/epoll.h>

#include <siokit/adapters/posix_loop.hpp>

SIOKIT_NAMESPACE_BEGIN

/// In the steady state a link costs one recv and one sendmsg a message, and its turn one epoll_wait: what it waits for
/// does not change, so that there is no epoll_ctl.
class epoll_host final : public posix_loop {
 public:
  explicit epoll_host(driver& io, const host_options& options = {});

 private:
  static constexpr int capacity = 256;  // of one wait; more are reported by the next one

  bool watch(int fd, std::uint64_t token, std::uint8_t was, std::uint8_t wants) noexcept override;
  std::span<const ready> wait(int ms) noexcept override;
  int spin() noexcept;

  posix::unique_fd epoll_;
  std::chrono::microseconds busy_poll_;
  epoll_event reported_[capacity];
  ready ready_[capacity];
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/epoll.ipp>
