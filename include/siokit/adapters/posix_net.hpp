// Sockets for poll_host, epoll_host and uv_host: listening, accepting, connecting, one read, one write.
// Every call is non-blocking, retries EINTR, raises no SIGPIPE, and reports by value. No loop, no driver.
// asio_host uses it for Unix sockets only. What Windows does otherwise is in socket_api.hpp.
#pragma once

#include <string>

#include <siokit/adapters/host.hpp>
#include <siokit/adapters/socket_api.hpp>

SIOKIT_NAMESPACE_BEGIN
namespace posix {

/// A file descriptor that is closed with its owner. -1 when there is none.
class unique_fd {
 public:
  unique_fd() noexcept = default;
  explicit unique_fd(int fd) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd();

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

#if defined(_WIN32)
struct socket_file {};  // no Unix sockets
#else
/// The file of a Unix socket, removed with its owner unless somebody else's has taken its place.
class socket_file {
 public:
  socket_file() noexcept = default;
  /// The file that a bind() has just made.
  explicit socket_file(std::string path);
  socket_file(socket_file&& other) noexcept { swap(other); }
  socket_file& operator=(socket_file other) noexcept {
    swap(other);
    return *this;
  }
  ~socket_file();

 private:
  void swap(socket_file& other) noexcept;

  std::string path_;
  dev_t device_{};
  ino_t inode_{};
};
#endif

/// A socket that listens, or the error why there is none.
struct listener {
  unique_fd fd;
  socket_file file;
  listening result;
};
listener open_listener(const listen_options&);
/// The options of a TCP socket that is to listen, whose accepted ones inherit them, or to connect.
void tune(int fd, const listen_options&) noexcept;

/// An accepted connection, with what link_info wants to know; or no fd and errno.
struct accepted {
  unique_fd fd;
  int error = 0;
  std::uint16_t port = 0;
  char address[48] = "";  // fits every IPv6 address; IPv4 that came over IPv6 is written as IPv4

  /// Nobody waits to be accepted.
  bool none() const noexcept;
  /// A connection failed before it was accepted; the next one may be good. Any other error (no descriptors, no memory)
  /// is the system's, and comes again at once.
  bool failed() const noexcept;
};
accepted accept_from(int listener) noexcept;

/// A socket that connects, or none and errno. It turns writable when that is over; connect_error() tells how.
unique_fd connect_to(const socket_address&, int& error) noexcept;
/// 0, or errno: why the socket is not connected.
int connect_error(int fd) noexcept;

/// Bytes moved, or an error. 0 bytes and no error, from read_some: the peer will send no more.
struct moved {
  std::size_t bytes = 0;
  int error = 0;

  /// Nothing is wrong, it is only too early.
  bool again() const noexcept;
};
moved read_some(int fd, std::span<std::byte> into) noexcept;
/// Looks for one byte, or for the end, without taking it.
moved peek(int fd) noexcept;
moved write_some(int fd, std::span<const bytes_view> views) noexcept;
/// Tells the peer that nothing more comes. False when it is gone already.
bool half_close(int fd) noexcept;
/// Makes the coming close() a reset.
void reset_on_close(int fd) noexcept;

/// Wakes a loop that waits for fd() to become readable; ring() may be called from any thread and from signal handlers.
class bell {
 public:
  bell() noexcept;
  int fd() const noexcept { return in_.get(); }
  void ring() const noexcept;
  void silence() const noexcept;

 private:
  unique_fd in_;
  unique_fd out_;  // only where it is a pipe
};

}  // namespace posix
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/posix_net.ipp>
