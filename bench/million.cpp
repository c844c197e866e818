// A million idle connections on the core alone: no socket, no clock, virtual time. Each is a WebSocket that has joined "/" and
// answers heartbeats. Tells the memory of one connection and what one virtual minute costs.
//   million [CONNECTIONS]     prints one JSON line
#include <algorithm>

#include <siokit/server.hpp>

#include "net.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::string_view head =
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

class links {
 public:
  explicit links(siokit::driver& io) : io_(io) {
    siokit::host_services services;
    services.entropy = [](void* self, std::span<std::byte> out) {
      for (std::byte& b : out) b = static_cast<links*>(self)->random();
      return true;
    };
    services.ctx = this;
    io_.bind(services);
  }

  void connect() {
    const siokit::link_id link = io_.accept({"192.0.2.1", 49152, false}, now_);
    receive(link, head);
    drain([](siokit::link_id) {});
    receive(link, join_);
    drain([](siokit::link_id) {});
  }
  /// Lets time pass from deadline to deadline. Every ping is answered at once.
  void pass(std::chrono::seconds length) {
    const siokit::time_point end = now_ + length;
    for (; io_.deadline() <= end; drain([this](siokit::link_id link) { pinged_.push_back(link); })) {
      now_ = std::max(now_, io_.deadline());
      io_.advance(now_);
      for (const siokit::link_id link : pinged_) receive(link, pong_);
      pinged_.clear();
    }
    now_ = end;
  }
  void tick(std::chrono::microseconds length) { now_ += length; }
  std::size_t pings() const { return pings_; }

 private:
  std::byte random() {
    luck_ = luck_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::byte>(luck_ >> 56);
  }
  void receive(siokit::link_id link, std::string_view bytes) {
    char lent[512];
    std::memcpy(lent, bytes.data(), bytes.size());
    io_.receive(link, {reinterpret_cast<std::byte*>(lent), bytes.size()}, now_);
  }
  template <class Pinged>
  void drain(Pinged&& pinged) {
    for (siokit::action a; io_.next(a);) {
      if (a.what != siokit::action::kind::write) bench::refuse("a connection was lost");
      while (io_.gather(a.link, batch_)) {
        const std::size_t n = batch_.bytes();
        if (n == 3) ++pings_, pinged(a.link);  // nothing else is as short
        batch_.clear();
        io_.sent(a.link, n, now_);
      }
    }
  }

  siokit::driver& io_;
  siokit::batch batch_;
  siokit::time_point now_{1h};
  std::uint64_t luck_ = 42;
  std::size_t pings_ = 0;
  std::vector<siokit::link_id> pinged_;
  std::string join_ = bench::client_frame("40");
  std::string pong_ = bench::client_frame("3");
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t connections = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  siokit::server_options options;
  options.limits.sessions = connections + 100;
  static siokit::server io{options};
  io.on_connect([](siokit::socket& s) { s.join("all"); });
  links all(io.driver());
  for (std::size_t i = 0; i < 100; ++i) all.connect();
  const double before = bench::resident(getpid());
  std::int64_t cpu = bench::own_cpu();
  // They come over 25 seconds, so that heartbeats are spread over the interval as in life.
  const auto apart = std::chrono::microseconds(25'000'000 / connections);
  for (std::size_t i = 0; i < connections; ++i, all.tick(apart)) all.connect();
  const double opening = static_cast<double>(bench::own_cpu() - cpu);
  const double each = (bench::resident(getpid()) - before) / static_cast<double>(connections);
  all.pass(25s);
  const std::size_t pings = all.pings();
  cpu = bench::own_cpu();
  all.pass(60s);
  const double minute = static_cast<double>(bench::own_cpu() - cpu);
  const auto beats = static_cast<double>(all.pings() - pings);
  if (io.session_count() != connections + 100) bench::refuse("connections were lost");
  std::printf("{\"connections\":%zu,\"head\":%zu,\"bytes_each\":%.0f,\"connect_ns\":%.0f,\"minute_ms\":%.1f,\"heartbeats\":%.0f,"
              "\"heartbeat_ns\":%.0f}\n",
              connections, head.size(), each, opening / static_cast<double>(connections), minute / 1e6, beats, minute / beats);
}
