// What one siokit client costs: its own CPU time for a round trip of "echo", with 16 on their way, over a WebSocket.
//   client PORT SECONDS       prints one JSON line; compared with what the load generator spends on the same
#include <siokit/adapters/epoll.hpp>
#include <siokit/client.hpp>

#include "net.hpp"

namespace {

class echoes {
 public:
  explicit echoes(siokit::client& io) : io_(io) {}
  void ask() {
    io_.emit("echo", std::string_view("xxxxxxxxxxxxxxxxxx"), siokit::on_ack([this](siokit::result<std::string_view> got) {
               if (!got || got->size() != 18) bench::refuse("the answer is not what was sent");
               ++answered_;
               ask();
             }));
  }
  std::size_t answered() const { return answered_; }

 private:
  siokit::client& io_;
  std::size_t answered_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) bench::refuse("usage: client PORT SECONDS");
  const double seconds = std::strtod(argv[2], nullptr);
  siokit::client_options options;
  options.transports = {siokit::eio::transport::websocket};
  siokit::client io("http://127.0.0.1:" + std::string(argv[1]), options);
  siokit::epoll_host host{io.driver()};
  echoes all(io);
  io.on_connect([&] {
    for (int i = 0; i < 16; ++i) all.ask();
  });
  const auto run_for = [&](double length) {
    const std::int64_t end = bench::now() + static_cast<std::int64_t>(length * 1e9);
    while (bench::now() < end) host.step(std::chrono::milliseconds(100));
  };
  run_for(0.5);
  const std::size_t before = all.answered();
  const std::int64_t cpu = bench::own_cpu();
  run_for(seconds);
  const auto n = static_cast<double>(all.answered() - before);
  if (n == 0) bench::refuse("nothing was answered");
  std::printf("{\"mode\":\"client\",\"messages\":%.0f,\"client_ns\":%.1f}\n", n, static_cast<double>(bench::own_cpu() - cpu) / n);
}
