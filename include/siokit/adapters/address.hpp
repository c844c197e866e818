// A socket's address of any family, as the system calls want it: IPv4, IPv6, a Unix socket's path.
// No names: those are resolver.hpp's. No sockets: those are posix_net.hpp's, or Asio's.
// The same for POSIX systems and Windows.
#pragma once

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#endif

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Room for any address.
struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  int family() const noexcept { return storage.ss_family; }
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  /// The storage as an address of this type, whose size it takes on.
  template <class T>
  T& as() noexcept {
    static_assert(sizeof(T) <= sizeof(sockaddr_storage));
    size = sizeof(T);
    return reinterpret_cast<T&>(storage);
  }
};

/// Up to 16 addresses, in the order to try them; more are left out.
class address_list {
 public:
  static constexpr std::size_t most = 16;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  socket_address& operator[](std::size_t i) noexcept { return all_[i]; }
  const socket_address& operator[](std::size_t i) const noexcept { return all_[i]; }
  const socket_address* begin() const noexcept { return all_; }
  const socket_address* end() const noexcept { return all_ + size_; }
  void push_back(const socket_address& at) noexcept {
    if (size_ != most) all_[size_++] = at;
  }

 private:
  socket_address all_[most];
  std::size_t size_ = 0;
};

#if !defined(_WIN32)
/// The address of a Unix socket. 0, or errno: the path is empty or too long.
inline int unix_address(std::string_view path, socket_address& out) noexcept {
  auto& name = out.as<sockaddr_un>();
  if (path.empty()) return EINVAL;
  if (path.size() >= sizeof(name.sun_path)) return ENAMETOOLONG;
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  return 0;
}
#endif

SIOKIT_NAMESPACE_END
