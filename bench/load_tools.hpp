// What the modes of the load generator have in common: opening connections, counting what comes in, and the meter that
// reads the clocks around the measured part.
#pragma once

#include "net.hpp"

namespace bench {

inline std::uint16_t port_of(const flags& given) { return static_cast<std::uint16_t>(given.number("--port", 3000)); }

/// A request head like a browser's shortest; the key is always the same.
inline const std::string& upgrade_request(std::string_view sid = {}) {
  static std::string out;
  out = "GET /socket.io/?EIO=4&transport=websocket";
  if (!sid.empty()) out.append("&sid=").append(sid);
  out +=
      " HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  return out;
}
inline const std::string& join_frame() {
  static const std::string out = client_frame("40");
  return out;
}
inline void put(int fd, std::string_view bytes) {
  if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) die("send");
}

/// A connection that is being made. Source addresses take turns, so that ports do not run out in TIME_WAIT.
inline int start_connect(std::uint16_t port) {
  static unsigned turn = 0;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in from = loopback(0, 1 + turn++ % 50);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) die("bind");
  const sockaddr_in to = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) die("connect");
  return fd;
}
inline int connect_now(std::uint16_t port) {
  const int fd = start_connect(port);
  pollfd wait{fd, POLLOUT, 0};
  if (poll(&wait, 1, 10'000) != 1) refuse("the server does not accept");
  return fd;
}
/// Whether the open packet is there, whole.
inline bool is_open(std::string_view in) {
  const std::size_t at = in.find("\"maxPayload\"");
  return at != std::string_view::npos && in.find('}', at) != std::string_view::npos;
}
/// Reads until the text is there; what is read, all of it.
inline std::string read_until(int fd, std::string_view text) {
  std::string in;
  char buffer[4096];
  while (in.find(text) == std::string::npos) {
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, 20'000) != 1) refuse("no answer with " + std::string(text) + " in " + in);
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) refuse("the server ended the connection: " + in);
    in.append(buffer, static_cast<std::size_t>(n));
  }
  return in;
}

/// What an echo sends and must get back. Ack ids have two digits, so that all messages are of one size.
struct echo_text {
  explicit echo_text(const flags& given)
      : size(given.count("--size", 20)),
        argument(bench::argument(size, given.text("--shape", "string"))),
        request("4210[\"echo\"," + argument + "]"),
        reply("4310[" + argument + "]") {}
  std::size_t size;
  std::string argument, request, reply;
};

/// The measured part: counts in a window of --seconds behind a warm-up, and reads the server's and our own CPU time around it.
class meter {
 public:
  explicit meter(const flags& given)
      : pid_(static_cast<pid_t>(given.number("--pid", 0))),
        length_(static_cast<std::int64_t>(given.number("--seconds", 2) * 1e9)),
        begin_(now() + static_cast<std::int64_t>(given.number("--warm", 0.5) * 1e9)) {}

  void count(std::size_t messages) { messages_ += messages; }
  std::size_t counted() const { return messages_; }
  bool measuring() const { return began_; }
  /// False when the window has ended.
  bool running() {
    const std::int64_t t = now();
    if (t < begin_) return true;
    if (!began_) {
      began_ = true;
      messages_ = 0;
      begin_ = t;
      server_ = cpu_of(pid_);
      own_ = own_cpu();
      return true;
    }
    if (t < begin_ + length_) return true;
    server_ = cpu_of(pid_) - server_;
    own_ = own_cpu() - own_;
    length_ = t - begin_;
    return false;
  }
  void print(const char* mode, const flags& given, std::size_t connections, std::size_t depth, std::size_t size,
             const std::string& more = {}) const {
    if (messages_ == 0) refuse("nothing was measured");
    const double n = static_cast<double>(messages_);
    const double seconds = static_cast<double>(length_) / 1e9;
    std::printf("{\"mode\":\"%s\",\"connections\":%zu,\"depth\":%zu,\"size\":%zu,\"shape\":\"%s\",\"messages\":%zu,"
                "\"seconds\":%.3f,\"rate\":%.0f,\"server_ns\":%.1f,\"server_busy\":%.3f,\"own_ns\":%.1f%s}\n",
                mode, connections, depth, size, std::string(given.text("--shape", "string")).c_str(), messages_, seconds,
                n / seconds, static_cast<double>(server_) / n, static_cast<double>(server_) / static_cast<double>(length_),
                static_cast<double>(own_) / n, more.c_str());
  }

 private:
  pid_t pid_;
  std::int64_t length_;
  std::int64_t begin_;
  std::int64_t server_ = 0;
  std::int64_t own_ = 0;
  std::size_t messages_ = 0;
  bool began_ = false;
};

/// WebSocket connections that have joined "/".
class websockets {
 public:
  websockets(const flags& given, std::size_t first)
      : port_(port_of(given)), timeout_(given.text("--wait", "spin") == "spin" ? 0 : 100) {
    open(first);
  }
  explicit websockets(const flags& given) : websockets(given, given.count("--connections", 1)) {}

  void open(std::size_t more) {
    for (std::size_t i = 0; i < more; ++i) {
      const int fd = connect_now(port_);
      put(fd, upgrade_request());
      std::string in = read_until(fd, "maxPayload");
      put(fd, join_frame());
      in += read_until(fd, "40{\"sid\"");
      // Some servers begin their heartbeat at once.
      if (in.find("\x81\x01" "2") != std::string::npos) put(fd, client_frame("3"));
      poller_.add(fd, EPOLLIN, all_.size());
      all_.push_back({fd, {}, {}, false, false});
    }
  }
  std::size_t size() const { return all_.size(); }
  /// From here on a message begins so and is this long, or the run is void.
  void expect(const char* start, std::size_t size) {
    std::memcpy(start_, start, 2);
    expected_ = size;
  }
  /// One exchange, compared to the letter: what is counted later is known by its size and its first letters alone.
  void check(const std::string& request, const std::string& reply) {
    const std::string out = client_frame(request);
    for (std::size_t done = 0; done != out.size();) {
      pollfd wait{all_[0].fd, POLLOUT, 0};
      poll(&wait, 1, 10'000);
      const ssize_t n = ::send(all_[0].fd, out.data() + done, out.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) die("send");
      done += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    }
    read_until(all_[0].fd, server_frame(reply));
  }
  void send(std::size_t i, const repeater::block& block, std::size_t messages) {
    all_[i].out.owe(block, messages);
    flush(i, block);
  }
  /// Receives once from whoever has something, and tells how many messages each has.
  template <class Counted>
  void turn(const repeater::block& block, Counted&& counted) {
    poller_.wait(timeout_);
    for (const epoll_event& ready : poller_) {
      const auto i = static_cast<std::size_t>(ready.data.u64);
      if (ready.events & EPOLLOUT) flush(i, block);
      if (ready.events & ~EPOLLOUT)
        if (const std::size_t messages = receive(i); messages != 0) counted(i, messages);
    }
  }

 private:
  struct connection {
    int fd;
    frame_walk in;
    repeater out;
    bool wants_out;
    bool pong_due;
  };

  std::size_t receive(std::size_t i) {
    connection& c = all_[i];
    const ssize_t n = recv(c.fd, buffer_, sizeof buffer_, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n <= 0) refuse("the server ended a connection");
    std::size_t messages = 0;
    c.in.feed<false>(buffer_, static_cast<std::size_t>(n), [&](const char* text, std::uint64_t size) {
      if (size == expected_ && text[0] == start_[0] && text[1] == start_[1]) ++messages;
      else if (size == 1 && text[0] == '2') c.pong_due = true;
      else refuse("unexpected message of " + std::to_string(size) + " bytes: " + std::string(text, 2));
    });
    if (c.pong_due && c.out.idle()) {
      static const std::string pong = client_frame("3");
      put(c.fd, pong);
      c.pong_due = false;
    }
    return messages;
  }
  void flush(std::size_t i, const repeater::block& block) {
    connection& c = all_[i];
    const bool full = !c.out.flush(c.fd, block);
    if (full == c.wants_out) return;
    c.wants_out = full;
    poller_.change(c.fd, full ? EPOLLIN | EPOLLOUT : EPOLLIN, i);
  }

  std::uint16_t port_;
  int timeout_;
  poller poller_;
  std::vector<connection> all_;
  char start_[2] = {};
  std::size_t expected_ = 0;
  char buffer_[1 << 18];
};

}  // namespace bench
