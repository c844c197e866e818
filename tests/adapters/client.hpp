// The other end for adapter tests: a plain non-blocking socket, driven by the test's own thread between turns. It makes other
// calls than the hosts do, whose calls a test counts.
#pragma once

#include <siokit/adapters/secure.hpp>
#include <siokit/adapters/socket_api.hpp>

#if !defined(_WIN32)
#include <fcntl.h>
#endif

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

class client {
 public:
  client() = default;
  explicit client(int fd) : fd_(fd) {}
  client(client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), error_(other.error_) {}
  client& operator=(client&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(error_, other.error_);
    return *this;
  }
  ~client() { close(); }

  /// Connected when it returns; the host need not have accepted. receive_buffer: SO_RCVBUF, set before connecting.
  static client tcp(std::uint16_t port, const char* address = "127.0.0.1", int receive_buffer = 0) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    if (::inet_pton(AF_INET, address, &four.sin_addr) == 1) return to(AF_INET, &four, sizeof(four), receive_buffer);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    ::inet_pton(AF_INET6, address, &six.sin6_addr);
    return to(AF_INET6, &six, sizeof(six), receive_buffer);
  }
#if !defined(_WIN32)
  static client unix_socket(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    return to(AF_UNIX, &at, sizeof(at), 0);
  }
#endif

  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  int error() const { return error_; }  // of the last call
  /// How many bytes the kernel took.
  std::size_t send(std::string_view text) {
#if defined(_WIN32)
    const std::ptrdiff_t n = ::send(socket(), text.data(), static_cast<int>(text.size()), 0);
#else
    // Not send(), which syscalls_test.cpp counts and lets fail.
    const std::ptrdiff_t n = ::sendto(fd_, text.data(), text.size(), MSG_NOSIGNAL, nullptr, 0);
#endif
    error_ = n < 0 ? siokit::posix::last_error() : 0;
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  /// What is there now, at most `most` bytes. ended() tells that there will be no more.
  std::string receive(std::size_t most = 1 << 16) {
    std::string into(most, '\0');
#if defined(_WIN32)
    const std::ptrdiff_t n = ::recv(socket(), into.data(), static_cast<int>(into.size()), 0);
#else
    const std::ptrdiff_t n = ::read(fd_, into.data(), into.size());
#endif
    error_ = n < 0 ? siokit::posix::last_error() : 0;
    ended_ = n == 0 || (n < 0 && error_ != EAGAIN && error_ != EWOULDBLOCK && error_ != EINTR);
    into.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return into;
  }
  bool ended() const { return ended_; }
  void half_close() { ::shutdown(socket(), siokit::posix::end_of_output); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket(), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&at_once), sizeof(at_once));
    close();
  }
  void close() {
    if (fd_ >= 0) siokit::posix::close_socket(std::exchange(fd_, -1));
  }

 private:
  template <class Address>
  static client to(int family, Address* at, socklen_t size, int receive_buffer) {
    siokit::posix::start_sockets();
#if defined(_WIN32)
    client c{static_cast<int>(::socket(family, SOCK_STREAM, 0))};
#else
    client c{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
#endif
    if (c.fd_ < 0) return c;
    if (receive_buffer != 0)
      ::setsockopt(c.socket(), SOL_SOCKET, SO_RCVBUF, reinterpret_cast<const char*>(&receive_buffer), sizeof(receive_buffer));
    if (::connect(c.socket(), reinterpret_cast<sockaddr*>(at), size) != 0) {
      c.error_ = siokit::posix::last_error();
      c.close();
      return c;
    }
#if defined(_WIN32)
    siokit::posix::make_private(c.fd_);
#else
    ::fcntl(c.fd_, F_SETFL, ::fcntl(c.fd_, F_GETFL) | O_NONBLOCK);
#endif
    return c;
  }
  siokit::native_socket socket() const { return static_cast<siokit::native_socket>(fd_); }

  int fd_ = -1;
  int error_ = 0;
  bool ended_ = false;
};
