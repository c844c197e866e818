// What is different on Windows, for poll_host: sockets are closed, made non-blocking, sent to and polled by other calls, errors
// come from WSAGetLastError(), there is no pipe to wake a loop with, and Unix sockets are not supported.
// Before Windows 10 2004 WSAPoll() keeps silent about connections that are refused: those dials end by connect_time.
// A SOCKET is kept as an int, as OpenSSL does: its value has 32 bits at most. Errors are told as errno.
#pragma once

#include <cerrno>
#include <span>

#include <siokit/adapters/address.hpp>
#include <siokit/core/bytes.hpp>

#if defined(_WIN32)
#if defined(_MSC_VER)
#pragma comment(lib, "ws2_32")
#endif
#else
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#endif

SIOKIT_NAMESPACE_BEGIN
namespace posix {

#if defined(_WIN32)
using poll_entry = WSAPOLLFD;
using socket_size = int;
inline constexpr int end_of_output = SD_SEND;
inline constexpr int connect_goes_on = EWOULDBLOCK;

/// An error of Winsock as errno; what Winsock has no name for stays what it is.
inline int as_errno(int e) noexcept {
  switch (e) {
    case WSAEWOULDBLOCK: return EWOULDBLOCK;
    case WSAEINTR: return EINTR;
    case WSAEINPROGRESS: return EINPROGRESS;
    case WSAEALREADY: return EALREADY;
    case WSAEINVAL: return EINVAL;
    case WSAEFAULT: return EFAULT;
    case WSAEBADF: return EBADF;
    case WSAENOTSOCK: return ENOTSOCK;
    case WSAEMFILE: return EMFILE;
    case WSAENOBUFS: return ENOBUFS;
    case WSA_NOT_ENOUGH_MEMORY: return ENOMEM;
    case WSAEMSGSIZE: return EMSGSIZE;
    case WSAEDESTADDRREQ: return EDESTADDRREQ;
    case WSAENOPROTOOPT: return ENOPROTOOPT;
    case WSAEPROTOTYPE: return EPROTOTYPE;
    case WSAEPROTONOSUPPORT:
    case WSAESOCKTNOSUPPORT: return EPROTONOSUPPORT;
    case WSAEOPNOTSUPP: return EOPNOTSUPP;
    case WSAEADDRINUSE: return EADDRINUSE;
    case WSAEACCES: return EADDRINUSE;  // the port is somebody's who does not share it
    case WSAEADDRNOTAVAIL: return EADDRNOTAVAIL;
    case WSAEPFNOSUPPORT:
    case WSAEAFNOSUPPORT: return EAFNOSUPPORT;
    case WSAECONNABORTED: return ECONNABORTED;
    case WSAECONNREFUSED: return ECONNREFUSED;
    case WSAECONNRESET: return ECONNRESET;
    case WSAENETDOWN: return ENETDOWN;
    case WSAENETRESET: return ENETRESET;
    case WSAENETUNREACH: return ENETUNREACH;
    case WSAEHOSTDOWN:  // the C library has no name for it
    case WSAEHOSTUNREACH: return EHOSTUNREACH;
    case WSAEISCONN: return EISCONN;
    case WSAENOTCONN: return ENOTCONN;
    case WSAESHUTDOWN:
    case WSAEDISCON: return EPIPE;
    case WSAEREFUSED: return ECONNREFUSED;
    case WSAECANCELLED:
    case WSA_E_CANCELLED:
    case WSA_OPERATION_ABORTED: return ECANCELED;
    case WSAETIMEDOUT: return ETIMEDOUT;
    default: return e;
  }
}
/// The last call's error, as errno.
inline int last_error() noexcept { return as_errno(::WSAGetLastError()); }

/// Before the first socket. Never undone: others may need it still.
inline void start_sockets() noexcept {
  static const int started = [] {
    WSADATA unused;
    return ::WSAStartup(MAKEWORD(2, 2), &unused);
  }();
  static_cast<void>(started);
}

inline void close_socket(int fd) noexcept { ::closesocket(static_cast<SOCKET>(fd)); }

inline void make_private(int fd) noexcept {
  u_long yes = 1;
  ::ioctlsocket(static_cast<SOCKET>(fd), FIONBIO, &yes);
  ::SetHandleInformation(reinterpret_cast<HANDLE>(static_cast<SOCKET>(fd)), HANDLE_FLAG_INHERIT, 0);
}

inline int poll_sockets(std::span<poll_entry> all, int ms) noexcept {
  return ::WSAPoll(all.data(), static_cast<ULONG>(all.size()), ms);
}

/// Bytes sent, or -1.
inline std::ptrdiff_t send_views(int fd, std::span<const bytes_view> views) noexcept {
  WSABUF parts[64];
  DWORD n = 0;
  const std::size_t count = views.size() < 64 ? views.size() : 64;
  for (std::size_t i = 0; i < count; ++i)
    parts[i] = {static_cast<ULONG>(views[i].size()), reinterpret_cast<char*>(const_cast<std::byte*>(views[i].data()))};
  const int failed = ::WSASend(static_cast<SOCKET>(fd), parts, static_cast<DWORD>(count), &n, 0, nullptr, nullptr);
  return failed != 0 ? -1 : static_cast<std::ptrdiff_t>(n);
}

inline std::ptrdiff_t send_bytes(int fd, bytes_view in) noexcept { return send_views(fd, {&in, 1}); }

/// A datagram socket that sends to itself stands in for a pipe. -1 when there is none.
inline int open_bell() noexcept {
  start_sockets();
  const int fd = static_cast<int>(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  const auto s = static_cast<SOCKET>(fd);
  if (fd < 0) return -1;
  if (::bind(s, address, size) != 0 || ::getsockname(s, address, &size) != 0 || ::connect(s, address, size) != 0) {
    close_socket(fd);
    return -1;
  }
  make_private(fd);
  return fd;
}
#else
using poll_entry = pollfd;
using socket_size = std::size_t;
inline constexpr int end_of_output = SHUT_WR;
inline constexpr int connect_goes_on = EINPROGRESS;
// MSG_NOSIGNAL is Linux's and the BSDs'; Apple has a socket option instead.
#if defined(MSG_NOSIGNAL)
inline constexpr int no_signal = MSG_NOSIGNAL;
#else
inline constexpr int no_signal = 0;
#endif

/// The last call's error, as errno.
inline int last_error() noexcept { return errno; }
constexpr int as_errno(int e) noexcept { return e; }
inline void start_sockets() noexcept {}
inline void close_socket(int fd) noexcept { ::close(fd); }  // not repeated on EINTR: Linux has closed it by then
inline int poll_sockets(std::span<poll_entry> all, int ms) noexcept {
  return ::poll(all.data(), static_cast<nfds_t>(all.size()), ms);
}
/// Bytes sent, or -1.
inline std::ptrdiff_t send_views(int fd, std::span<const bytes_view> views) noexcept {
  iovec parts[64];
  const std::size_t count = views.size() < 64 ? views.size() : 64;
  for (std::size_t i = 0; i < count; ++i)
    parts[i] = {const_cast<std::byte*>(views[i].data()), views[i].size()};  // sendmsg only reads
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
  return ::sendmsg(fd, &message, no_signal);
}
inline std::ptrdiff_t send_bytes(int fd, bytes_view in) noexcept { return ::send(fd, in.data(), in.size(), no_signal); }
#endif

}  // namespace posix
SIOKIT_NAMESPACE_END
