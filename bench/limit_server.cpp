// The limit: what the kernel charges for the traffic itself. Answers with frames that were built before the first connection,
// looks at nothing but frame boundaries, and makes one recv and one send for each connection and turn.
// It is no Socket.IO server: it trusts every byte, and knows beforehand which scenario it is in.
//   limit_server [--port N] [--mode echo|broadcast] [--size BYTES] [--shape string|json] [--cpu N]
#include "net.hpp"

#include <utility>

namespace {

using namespace bench;

// The accept value belongs to the one key that the load generator sends.
constexpr std::string_view upgraded =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
constexpr std::string_view open_packet =
    R"(0{"sid":"00000000000000000000","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
constexpr std::string_view joined_packet = R"(40{"sid":"00000000000000000001"})";

std::string response(std::string_view type, std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

class limit_server {
 public:
  explicit limit_server(const flags& given) : broadcast_(given.text("--mode", "echo") == "broadcast") {
    const std::string what = argument(given.count("--size", 20), given.text("--shape", "string"));
    reply_.fill(server_frame(broadcast_ ? "42[\"msg\"," + what + "]" : "4310[" + what + "]"), 64);
    packet_ = "4310[" + what + "]";
    body_size_ = ("4210[\"echo\"," + what + "]").size();
  }

  void run(std::uint16_t port) {
    listen(port);
    for (;;) {
      poller_.wait(-1);
      for (const epoll_event& ready : poller_) {
        const int fd = static_cast<int>(ready.data.u64);
        if (fd == listener_) accept();
        else if (ready.events & EPOLLOUT) drain(fd);
        else receive(fd);
      }
      if (to_tell_ != 0) tell_members();
    }
  }

 private:
  enum class state : std::uint8_t { closed, http, joining, probing, member };
  struct connection {
    frame_walk in;
    repeater out;
    state at = state::closed;
    bool wants_out = false;
    bool told = false;            // a poll of the session has brought the namespace's answer
    std::uint16_t packets = 0;    // what waits for the next poll
    bool parked = false;
    bool probed = false;
    int session = -1;             // of a WebSocket that comes after polling
  };

  void listen(std::uint16_t port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // what is accepted inherits it
    sockaddr_in at = loopback(port);
    socklen_t size = sizeof at;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 4096) != 0) die("listen");
    getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    poller_.add(listener_, EPOLLIN, static_cast<std::uint64_t>(listener_));
    std::printf("listening %ld %u\n", static_cast<long>(getpid()), ntohs(at.sin_port));
    std::fflush(stdout);
  }

  void accept() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      if (connections_.size() <= static_cast<std::size_t>(fd)) connections_.resize(static_cast<std::size_t>(fd) + 1);
      of(fd) = connection{};
      of(fd).at = state::http;
      poller_.add(fd, EPOLLIN, static_cast<std::uint64_t>(fd));
    }
  }

  void receive(int fd) {
    const ssize_t n = recv(fd, buffer_, sizeof buffer_, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return end(fd);
    const std::string_view in(buffer_, static_cast<std::size_t>(n));
    connection& c = of(fd);
    if (c.at == state::http) return answer_http(fd, c, in);
    std::size_t messages = 0;
    c.in.feed<true>(in.data(), in.size(), [&](const char*, std::uint64_t) { ++messages; });
    if (messages == 0) return;
    if (c.at == state::joining) return join(fd, c);
    if (c.at == state::probing) return probe(fd, c);
    if (broadcast_) {
      to_tell_ += messages;
      return;
    }
    c.out.owe(reply_, messages);
    flush(fd, c);
  }

  void join(int fd, connection& c) {
    c.at = state::member;
    put(fd, joined_);
    if (broadcast_) members_.push_back(fd);
  }

  // The probe frees the parked poll, as a server does that wants the client to upgrade.
  void probe(int fd, connection& c) {
    c.at = state::member;
    put(fd, probed_);
    if (of(c.session).parked) put(c.session, noop_poll_);
    of(c.session).parked = false;
    of(c.session).probed = true;
  }

  // Knows the requests of the load generator by where their letters stand; a session's sid is the number of its socket.
  void answer_http(int fd, connection& c, std::string_view in) {
    if (in.find("transport=websocket") < 80) {
      const std::size_t sid = in.find("&sid=");
      c.at = sid < 120 ? state::probing : state::joining;
      if (c.at == state::probing) c.session = std::atoi(std::string(in.substr(sid + 5, 20)).c_str());
      return put(fd, c.at == state::joining ? opened_ : upgraded_);
    }
    const std::size_t sid = in.find("&sid=");
    if (sid > 120) {
      char digits[24];
      std::snprintf(digits, sizeof digits, "%020d", fd);
      std::string body(open_packet);
      return put(fd, response("text/plain", body.replace(9, 20, digits)));
    }
    const int whose = std::atoi(std::string(in.substr(sid + 5, 20)).c_str());
    if (in[0] == 'G') return park(whose);
    const std::string_view body = in.substr(in.find("\r\n\r\n") + 4);
    put(fd, ok_);
    connection& session = of(whose);
    session.packets = static_cast<std::uint16_t>(session.packets + (body.size() <= 2 ? 1 : (body.size() + 1) / (body_size_ + 1)));
    if (session.parked) park(whose);
  }

  // Answers a poll with what waits: first the namespace's answer, then acknowledgements.
  void park(int fd) {
    connection& c = of(fd);
    c.parked = c.packets == 0 && !c.probed;
    if (c.parked) return;
    if (c.packets == 0) return put(fd, noop_poll_);
    if (!std::exchange(c.told, true)) {
      put(fd, joined_poll_);
    } else {
      std::string body;
      for (int i = 0; i < c.packets; ++i) body.append(i == 0 ? "" : "\x1e").append(packet_);
      put(fd, response("text/plain", body));
    }
    c.packets = 0;
  }

  void tell_members() {
    for (const int fd : members_) {
      of(fd).out.owe(reply_, to_tell_);
      flush(fd, of(fd));
    }
    to_tell_ = 0;
  }

  void drain(int fd) { flush(fd, of(fd)); }
  void flush(int fd, connection& c) {
    const bool full = !c.out.flush(fd, reply_);
    if (full == c.wants_out) return;
    c.wants_out = full;
    poller_.change(fd, full ? EPOLLIN | EPOLLOUT : EPOLLIN, static_cast<std::uint64_t>(fd));
  }
  void put(int fd, std::string_view bytes) { (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void end(int fd) {
    if (of(fd).at == state::member && broadcast_) std::erase(members_, fd);
    of(fd).at = state::closed;
    close(fd);
  }
  connection& of(int fd) { return connections_[static_cast<std::size_t>(fd)]; }

  bool broadcast_;
  repeater::block reply_;
  std::string packet_;
  std::size_t body_size_ = 0;
  std::string opened_ = std::string(upgraded) + server_frame(open_packet);
  std::string upgraded_{upgraded};
  std::string joined_ = server_frame(joined_packet);
  std::string joined_poll_ = response("text/plain", joined_packet);
  std::string noop_poll_ = response("text/plain", "6");
  std::string probed_ = server_frame("3probe");
  std::string ok_ = response("text/html", "ok");
  poller poller_;
  int listener_ = -1;
  std::vector<connection> connections_;  // by file descriptor
  std::vector<int> members_;
  std::size_t to_tell_ = 0;
  char buffer_[1 << 18];
};

}  // namespace

int main(int argc, char** argv) {
  const flags given(argc, argv);
  pin(static_cast<int>(given.number("--cpu", -1)));
  raise_file_limit(20'000);
  static limit_server server(given);
  server.run(static_cast<std::uint16_t>(given.number("--port", 0)));
}
