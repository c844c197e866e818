// The load generator: many Socket.IO clients in one thread, raw bytes over WebSocket and polling, prebuilt frames, one send for
// each connection and turn. Counts frames and looks at their first letters, no more, so that it is never what is measured.
//   load MODE --port N [--pid SERVER] [--cpu N] [--seconds S] [--warm S] [--wait spin|sleep] [--connections N] ...
//     echo       [--depth D] [--size BYTES] [--shape string|json]
//     broadcast  --connections is the number of members; [--depth BROADCASTS IN FLIGHT] [--size]
//     connect    handshakes from TCP to the joined namespace; --connections is how many at once
//     upgrade    the same as a default client does it: polling first, then the upgrade
//     idle       holds connections; the server's memory for each
//     latency    echo at --rate a second, whatever the answers do; percentiles of the time from when a request was due
//     polling    echo over polling, [--depth D] packets to a body
// Prints one JSON line. Times are CPU time of the server process --pid for one message (or handshake).
#include <algorithm>

#include "load_latency.hpp"
#include "load_polling.hpp"

namespace {

using namespace bench;

void echo(const flags& given) {
  const echo_text text(given);
  websockets all(given);
  repeater::block block;
  const std::size_t depth = given.count("--depth", 1);
  block.fill(client_frame(text.request), std::max<std::size_t>(depth, 16));
  all.check(text.request, text.reply);
  all.expect("43", text.reply.size());
  meter m(given);
  for (std::size_t i = 0; i < all.size(); ++i) all.send(i, block, depth);
  while (m.running()) {
    all.turn(block, [&](std::size_t i, std::size_t messages) {
      m.count(messages);
      all.send(i, block, messages);
    });
  }
  m.print("echo", given, all.size(), depth, text.size);
}

// A burst of broadcasts is sent when every member has all of the one before, so that as many are in flight at any server.
void broadcast(const flags& given) {
  const echo_text text(given);
  websockets all(given);
  repeater::block block;
  const std::size_t depth = given.count("--depth", 1);
  block.fill(client_frame("42[\"bcast\"," + text.argument + "]"), depth);
  all.expect("42", ("42[\"msg\"," + text.argument + "]").size());
  meter m(given);
  std::size_t due = depth * all.size();
  all.send(0, block, depth);
  while (m.running()) {
    all.turn(block, [&](std::size_t, std::size_t messages) {
      m.count(messages);
      due -= std::min(due, messages);
    });
    if (due != 0) continue;
    due = depth * all.size();
    all.send(0, block, depth);
  }
  m.print("broadcast", given, all.size(), depth, text.size);
}

// Memory is compared with that at a hundred connections, when the server has everything it allocates once.
void idle(const flags& given) {
  const pid_t pid = static_cast<pid_t>(given.number("--pid", 0));
  const std::size_t wanted = given.count("--connections", 10'000);
  constexpr std::size_t first = 100;
  const auto settle = [&] { usleep(static_cast<useconds_t>(given.number("--warm", 1) * 1e6)); };
  websockets all(given, first);
  settle();
  const double before = resident(pid);
  const std::int64_t started = now();
  all.open(wanted);
  const double seconds = static_cast<double>(now() - started) / 1e9;
  settle();
  const double each = (resident(pid) - before) / static_cast<double>(wanted);
  std::printf("{\"mode\":\"idle\",\"connections\":%zu,\"head\":%zu,\"bytes_each\":%.0f,\"opened_in\":%.2f}\n", wanted,
              upgrade_request().size(), each, seconds);
}

// ---- handshakes ------------------------------------------------------------------------------------------------------

// A few connections at once, each opened anew as soon as it has joined.
class handshakes {
 public:
  explicit handshakes(const flags& given) : port_(port_of(given)), slots_(given.count("--connections", 16)) {
    for (std::size_t i = 0; i < slots_.size(); ++i) open(i);
  }
  template <class Done>
  void turn(int timeout, Done&& done) {
    poller_.wait(timeout);
    for (const epoll_event& ready : poller_) {
      const auto i = static_cast<std::size_t>(ready.data.u64);
      slot& s = slots_[i];
      if (s.at == step::connecting) {
        put(s.fd, upgrade_request());
        s.at = step::upgrading;
        poller_.change(s.fd, EPOLLIN, i);
      } else if (receive(s)) {
        done();
        open(i);
      }
    }
  }

 private:
  enum class step { connecting, upgrading, joining };
  struct slot {
    int fd = -1;
    step at = step::connecting;
    std::string in;
  };
  void open(std::size_t i) {
    slot& s = slots_[i];
    s.fd = start_connect(port_);
    s.at = step::connecting;
    s.in.clear();
    poller_.add(s.fd, EPOLLOUT, i);
  }
  // True once it has joined; it is closed then.
  bool receive(slot& s) {
    char buffer[4096];
    const ssize_t n = recv(s.fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) refuse("the server ended a handshake");
    s.in.append(buffer, static_cast<std::size_t>(n));
    if (s.at == step::upgrading && is_open(s.in)) {
      put(s.fd, join_frame());
      s.at = step::joining;
      s.in.clear();
      return false;
    }
    if (s.at != step::joining || s.in.find("40{\"sid\"") == std::string::npos) return false;
    close(s.fd);
    return true;
  }

  std::uint16_t port_;
  std::vector<slot> slots_;
  poller poller_;
};

void connect_rate(const flags& given) {
  static handshakes all(given);
  meter m(given);
  const int timeout = given.text("--wait", "spin") == "spin" ? 0 : 100;
  while (m.running()) all.turn(timeout, [&] { m.count(1); });
  m.print("connect", given, given.count("--connections", 16), 1, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) refuse("usage: see the head of load.cpp");
  const std::string_view mode = argv[1];
  const flags given(argc - 1, argv + 1);
  pin(static_cast<int>(given.number("--cpu", -1)));
  raise_file_limit(20'000);
  if (mode == "echo") echo(given);
  else if (mode == "broadcast") broadcast(given);
  else if (mode == "connect") connect_rate(given);
  else if (mode == "idle") idle(given);
  else if (mode == "latency") latency(given);
  else if (mode == "upgrade") upgrade(given);
  else if (mode == "polling") polling(given);
  else refuse("unknown mode");
}
