// Bodies of adapters/posix_net.hpp.
#pragma once

#if !defined(_WIN32)
#include <fcntl.h>
#include <netinet/tcp.h>
#endif

#include <array>
#include <cerrno>
#include <cstring>
#if defined(__linux__)
#include <sys/eventfd.h>
#endif

SIOKIT_NAMESPACE_BEGIN
namespace posix {

inline unique_fd::~unique_fd() {
  if (fd_ >= 0) close_socket(fd_);
}

#if !defined(_WIN32)
inline socket_file::socket_file(std::string path) {
  struct stat made {};
  if (::stat(path.c_str(), &made) != 0) return;
  path_ = std::move(path);
  device_ = made.st_dev;
  inode_ = made.st_ino;
}

inline socket_file::~socket_file() {
  struct stat there {};
  if (path_.empty() || ::stat(path_.c_str(), &there) != 0) return;
  if (there.st_dev == device_ && there.st_ino == inode_) ::unlink(path_.c_str());
}

inline void socket_file::swap(socket_file& other) noexcept {
  path_.swap(other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
}

#endif

inline void set_option(int fd, int level, int name, int value) noexcept {
  ::setsockopt(fd, level, name, reinterpret_cast<const char*>(&value), sizeof(value));
}

#if !defined(_WIN32)
// Non-blocking and not inherited by child processes.
inline void make_private(int fd) noexcept {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
#if defined(SO_NOSIGPIPE)
  set_option(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
}
#endif

inline unique_fd new_socket(int family) noexcept {
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
  return unique_fd{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
#else
  start_sockets();
  unique_fd made{static_cast<int>(::socket(family, SOCK_STREAM, 0))};
  if (made) make_private(made.get());
  return made;
#endif
}

inline listener failed_listener(int error) {
  listener none;
  none.result.error = error;
  return none;
}

// Binds and listens; what follows is the same for all families.
inline listener listen_at(unique_fd fd, socket_address& at, const listen_options& options) {
  if (::bind(fd.get(), at.get(), at.size) != 0) return failed_listener(last_error());
  socket_file file;
#if !defined(_WIN32)
  if (at.storage.ss_family == AF_UNIX) {
    const std::string path = at.as<sockaddr_un>().sun_path;
    file = socket_file{path};
    // Before listen(): nobody connects with the wrong permissions.
    const auto mode = static_cast<mode_t>(options.mode);
    if (mode != 0 && ::chmod(path.c_str(), mode) != 0) return failed_listener(errno);
  }
#endif
  if (::listen(fd.get(), options.backlog) != 0) return failed_listener(last_error());
  listener made{std::move(fd), std::move(file), {}};
  socket_address bound;
  if (::getsockname(made.fd.get(), bound.get(), &bound.size) != 0) return failed_listener(last_error());
  if (bound.storage.ss_family == AF_INET) made.result.port = ntohs(bound.as<sockaddr_in>().sin_port);
  if (bound.storage.ss_family == AF_INET6) made.result.port = ntohs(bound.as<sockaddr_in6>().sin6_port);
  return made;
}

#if !defined(_WIN32)
// A file that a crashed program left behind refuses connections; a living one's accepts them.
inline bool nobody_listens(socket_address& at) noexcept {
  const unique_fd knock = new_socket(AF_UNIX);
  return knock && ::connect(knock.get(), at.get(), at.size) != 0 && errno == ECONNREFUSED;
}

inline listener open_unix_listener(std::string_view path, const listen_options& options) {
  socket_address at;
  if (const int error = unix_address(path, at)) return failed_listener(error);
  unique_fd fd = new_socket(AF_UNIX);
  if (!fd) return failed_listener(errno);
  listener made = listen_at(std::move(fd), at, options);
  if (made.result.error != EADDRINUSE || !nobody_listens(at)) return made;
  ::unlink(at.as<sockaddr_un>().sun_path);
  fd = new_socket(AF_UNIX);
  return fd ? listen_at(std::move(fd), at, options) : failed_listener(errno);
}
#endif

inline void tune(int fd, [[maybe_unused]] const listen_options& options) noexcept {
  // Linux and the BSDs hand these two on to what is accepted.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
#if defined(TCP_NOTSENT_LOWAT)
  if (options.unsent != 0) set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, options.unsent);
#endif
#if defined(SO_REUSEPORT)
  if (options.reuse_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
#endif
}

inline listener open_tcp_listener(socket_address& at, const listen_options& options) {
  const int family = at.storage.ss_family;
  unique_fd fd = new_socket(family);
  if (!fd) return failed_listener(last_error());
#if defined(_WIN32)
  set_option(fd.get(), SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);  // SO_REUSEADDR would let anybody take the port
#else
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
#endif
  if (family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.address.empty() ? 0 : 1);
  tune(fd.get(), options);
  return listen_at(std::move(fd), at, options);
}

inline listener open_listener(const listen_options& options) {
#if defined(_WIN32)
  if (options.address.starts_with("unix:")) return failed_listener(EAFNOSUPPORT);
  start_sockets();
#else
  if (options.address.starts_with("unix:")) return open_unix_listener(options.address.substr(5), options);
#endif
  const std::string text{options.address};
  socket_address at;
  auto& four = at.as<sockaddr_in>();
  if (!text.empty() && ::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(options.port);
    return open_tcp_listener(at, options);
  }
  at = {};
  auto& six = at.as<sockaddr_in6>();
  if (!text.empty() && ::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) != 1) return failed_listener(EINVAL);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(options.port);
  listener made = open_tcp_listener(at, options);
  // A machine without IPv6 still has every IPv4 address.
  const bool no_ipv6 = made.result.error == EAFNOSUPPORT || made.result.error == EADDRNOTAVAIL;
  if (!text.empty() || !no_ipv6) return made;
  listen_options all_ipv4 = options;
  all_ipv4.address = "0.0.0.0";
  return open_listener(all_ipv4);
}

inline void describe(socket_address& peer, accepted& out) noexcept {
  if (peer.storage.ss_family == AF_INET) {
    auto& four = peer.as<sockaddr_in>();
    ::inet_ntop(AF_INET, &four.sin_addr, out.address, sizeof(out.address));
    out.port = ntohs(four.sin_port);
  } else if (peer.storage.ss_family == AF_INET6) {
    auto& six = peer.as<sockaddr_in6>();
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&six.sin6_addr);  // ::ffff:1.2.3.4
    const unsigned char* const bytes = six.sin6_addr.s6_addr + (mapped ? 12 : 0);
    ::inet_ntop(mapped ? AF_INET : AF_INET6, bytes, out.address, sizeof(out.address));
    out.port = ntohs(six.sin6_port);
  } else {
    std::memcpy(out.address, "unix", 5);
  }
}

inline accepted accept_from(int listener) noexcept {
  accepted out;
  socket_address peer;
  do {
#if defined(__linux__)
    out.fd = unique_fd{::accept4(listener, peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
#else
    out.fd = unique_fd{static_cast<int>(::accept(listener, peer.get(), &peer.size))};
#endif
  } while (!out.fd && last_error() == EINTR);
  if (!out.fd) {
    out.error = last_error();
    return out;
  }
#if !defined(__linux__)
  make_private(out.fd.get());
#endif
#if defined(_WIN32)
  tune(out.fd.get(), {});
#endif
  describe(peer, out);
  return out;
}

inline bool accepted::none() const noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

// accept(2): Linux passes pending network errors of the new socket on.
inline bool accepted::failed() const noexcept {
  switch (error) {
    case ECONNABORTED:
    case ECONNRESET:  // so says Windows
#if defined(EHOSTDOWN)
    case EHOSTDOWN:
#endif
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EPERM:
    case EPROTO: return true;
    default: return false;
  }
}

inline unique_fd connect_to(const socket_address& at, int& error) noexcept {
  unique_fd made = new_socket(at.family());
  if (made && at.family() != AF_UNIX) tune(made.get(), {});
  // Interrupted, it goes on in the background all the same.
  const int failed = !made || ::connect(made.get(), at.get(), at.size) != 0 ? last_error() : 0;
  const bool begun = made && (failed == 0 || failed == EINPROGRESS || failed == connect_goes_on || failed == EINTR);
  error = begun ? 0 : failed;
  return begun ? std::move(made) : unique_fd{};
}

inline int connect_error(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  const int failed = ::getsockopt(fd, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&error), &size);
  return failed == 0 ? as_errno(error) : last_error();
}

inline bool moved::again() const noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

inline moved receive_some(int fd, std::span<std::byte> into, int flags) noexcept {
  std::ptrdiff_t n = 0;
  do n = ::recv(fd, reinterpret_cast<char*>(into.data()), static_cast<socket_size>(into.size()), flags);
  while (n < 0 && last_error() == EINTR);
  if (n < 0) return {0, last_error()};
  return {static_cast<std::size_t>(n), 0};
}

inline moved read_some(int fd, std::span<std::byte> into) noexcept { return receive_some(fd, into, 0); }

inline moved peek(int fd) noexcept {
  std::byte one;
  return receive_some(fd, {&one, 1}, MSG_PEEK);
}

/// Copies views behind each other if they are many and small enough: a copy of such costs less than what the kernel takes for
/// looking at each. Empty otherwise.
inline bytes_view together(std::span<const bytes_view> views, std::span<std::byte> room) noexcept {
  constexpr std::size_t little = 1536;
  std::size_t n = 0;
  for (const bytes_view v : views) n += v.size();
  if (views.size() < 2 || n > room.size() || n > views.size() * little) return {};
  std::byte* at = room.data();
  for (const bytes_view v : views) {
    std::memcpy(at, v.data(), v.size());
    at += v.size();
  }
  return room.first(n);
}

inline moved write_some(int fd, std::span<const bytes_view> views) noexcept {
  std::byte room[32 * 1024];
  const bytes_view whole = views.size() == 1 ? views[0] : together(views, room);
  std::ptrdiff_t n = 0;
  do n = whole.empty() ? send_views(fd, views) : send_bytes(fd, whole);
  while (n < 0 && last_error() == EINTR);
  if (n < 0) return {0, last_error()};
  return {static_cast<std::size_t>(n), 0};
}

inline bool half_close(int fd) noexcept { return ::shutdown(fd, end_of_output) == 0; }

inline void reset_on_close(int fd) noexcept {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&at_once), sizeof(at_once));
}

#if defined(_WIN32)
inline bell::bell() noexcept : in_(open_bell()) {}

inline void bell::ring() const noexcept { ::send(in_.get(), "", 1, 0); }

inline void bell::silence() const noexcept {
  char ring = 0;
  while (::recv(in_.get(), &ring, 1, 0) > 0) {
  }
}
#else
#if defined(__linux__)
inline bell::bell() noexcept : in_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

inline void bell::ring() const noexcept {
  const std::uint64_t one = 1;
  const int before = errno;  // a signal handler must leave it as it was
  while (::write(in_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
  errno = before;
}
#else
inline bell::bell() noexcept {
  int ends[2];
  if (::pipe(ends) != 0) return;
  in_ = unique_fd{ends[0]};
  out_ = unique_fd{ends[1]};
  make_private(ends[0]);
  make_private(ends[1]);
}

inline void bell::ring() const noexcept {
  const int before = errno;
  while (::write(out_.get(), "", 1) < 0 && errno == EINTR) {
  }
  errno = before;
}
#endif

inline void bell::silence() const noexcept {
  std::array<std::byte, 64> rings;
  while (::read(in_.get(), rings.data(), rings.size()) == static_cast<ssize_t>(rings.size())) {
  }
}
#endif

}  // namespace posix
SIOKIT_NAMESPACE_END
