// The other end for adapter tests: a plain non-blocking socket, driven by the test's own thread between turns.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
  static client unix_socket(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    return to(AF_UNIX, &at, sizeof(at), 0);
  }

  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  int error() const { return error_; }  // of the last call
  /// How many bytes the kernel took.
  std::size_t send(std::string_view text) {
    const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    error_ = n < 0 ? errno : 0;
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  /// What is there now, at most `most` bytes. ended() tells that there will be no more.
  std::string receive(std::size_t most = 1 << 16) {
    std::string into(most, '\0');
    const ssize_t n = ::read(fd_, into.data(), into.size());
    error_ = n < 0 ? errno : 0;
    ended_ = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    into.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return into;
  }
  bool ended() const { return ended_; }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  template <class Address>
  static client to(int family, Address* at, socklen_t size, int receive_buffer) {
    client c{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (c.fd_ < 0) return c;
    if (receive_buffer != 0)
      ::setsockopt(c.fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    if (::connect(c.fd_, reinterpret_cast<sockaddr*>(at), size) != 0) {
      c.error_ = errno;
      c.close();
      return c;
    }
    ::fcntl(c.fd_, F_SETFL, ::fcntl(c.fd_, F_GETFL) | O_NONBLOCK);
    return c;
  }

  int fd_ = -1;
  int error_ = 0;
  bool ended_ = false;
};
