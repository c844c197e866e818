// What the tests of the hosts in examples/ share: a blocking client's socket, with an end to its patience.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace doors_test {

/// A client's socket that waits at most ten seconds for anything.
class caller {
 public:
  explicit caller(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval most{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    connected = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~caller() { ::close(fd_); }
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;
  bool send(const std::string& text) { return ::send(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()); }
  /// How many bytes came; below 0 none within the time.
  ssize_t read() { return ::recv(fd_, room_, sizeof room_, 0); }
  bool connected = false;

 private:
  int fd_;
  char room_[65536];
};

}  // namespace doors_test
