// A loop for servers and clients on poll(2), for every POSIX system and Windows: run(), or step() inside a loop of one's own.
//
//   siokit::poll_host host{io.driver()};
//   host.listen(3000);
//   host.run();
//
// Its face is posix_loop's. A turn costs time for every idle link; epoll_host's does not.
#pragma once

#include <siokit/adapters/posix_loop.hpp>

SIOKIT_NAMESPACE_BEGIN

class poll_host final : public posix_loop {
 public:
  explicit poll_host(driver& io, const host_options& options = {});
  ~poll_host();

 private:
  static constexpr std::uint32_t nowhere = 0xffffffff;

  bool watch(int fd, std::uint64_t token, std::uint8_t was, std::uint8_t wants) noexcept override;
  std::span<const ready> wait(int ms) noexcept override;
  bool insert(int fd, std::uint64_t token) noexcept;
  void erase(std::uint32_t place) noexcept;

  pool pool_{memory{}, 0};
  vec<posix::poll_entry> fds_;  // of those who wait for anything
  vec<std::uint64_t> tokens_; // theirs
  vec<std::uint32_t> places_; // in fds_, by the index of a token
  vec<ready> ready_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/poll.ipp>
