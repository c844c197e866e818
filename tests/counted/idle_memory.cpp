// Resident memory of an idle WebSocket connection on the epoll adapter: 10,000 connections to a server in a process of its
// own, whose growth is divided by their number. Fails above the budget. The request heads are 219 and 249 bytes.
#include <siokit/adapters/epoll.hpp>
#include <siokit/server.hpp>

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int connections = 10'000;
constexpr double budget = 1024;  // bytes, with a head under 250

void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

[[noreturn]] void serve(int report) {
  siokit::server io;
  io.on_connect([](siokit::socket& s) { s.join("all"); });
  siokit::epoll_host host{io.driver()};
  const siokit::listening l = host.listen({"127.0.0.1", 0});
  if (!l || write(report, &l.port, sizeof l.port) != sizeof l.port) std::_Exit(1);
  host.run();
  std::_Exit(0);
}

double resident(pid_t pid) {
  std::FILE* f = std::fopen(("/proc/" + std::to_string(pid) + "/statm").c_str(), "r");
  long pages = 0;
  if (f == nullptr || std::fscanf(f, "%*s %ld", &pages) != 1) die("statm");
  std::fclose(f);
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

int join(std::uint16_t port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) die("connect");
  const std::string out = request + std::string("\x81\x82\0\0\0\0" "40", 8);
  if (send(fd, out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size())) die("send");
  std::string got;
  while (got.find("40{\"sid\"") == std::string::npos) {
    char buffer[4096];
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) die("recv");
    got.append(buffer, static_cast<std::size_t>(n));
  }
  return fd;
}

double measure(std::size_t head) {
  int report[2];
  if (pipe(report) != 0) die("pipe");
  const pid_t child = fork();
  if (child == 0) serve(report[1]);
  std::uint16_t port = 0;
  if (read(report[0], &port, sizeof port) != sizeof port) die("port");
  std::string request =
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  if (request.size() + 2 < head) {
    const std::size_t pad = head - request.size() - 2 - 7;
    request += "X-P: " + std::string(pad, 'x') + "\r\n";
  }
  request += "\r\n";
  std::vector<int> open;
  for (int i = 0; i < 100; ++i) open.push_back(join(port, request));
  const double before = resident(child);
  for (int i = 0; i < connections; ++i) open.push_back(join(port, request));
  const double each = (resident(child) - before) / connections;
  std::printf("a request head of %zu bytes: %.0f bytes for each idle connection\n", request.size(), each);
  for (const int fd : open) close(fd);
  kill(child, SIGTERM);
  waitpid(child, nullptr, 0);
  close(report[0]);
  close(report[1]);
  return each;
}

}  // namespace

int main() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max < connections + 1000) {
    std::fprintf(stderr, "needs %d file descriptors, may have %lu\n", connections + 1000, static_cast<unsigned long>(files.rlim_max));
    return 1;
  }
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const double small = measure(0);
  const double full = measure(249);
  const double large = measure(1249);
  // A larger head costs its own bytes and at most 10 % more.
  const bool fits = small <= budget && full <= budget && large - full <= 1000 * 1.10;
  if (!fits) std::fprintf(stderr, "FAILED: the budget is %.0f bytes, and 1100 for 1000 bytes more of head\n", budget);
  return fits ? 0 : 1;
}
