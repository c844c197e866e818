// asio_host: the shared contract, strands, and destruction in every order.
#include "adapters/rigs_asio.hpp"

using asio_rigs = std::tuple<asio_rig>;
#define RIGS asio_rigs
#include "adapters/conformance.hpp"

#include <algorithm>
#include <optional>
#include <thread>

TEST_CASE("host, driver and context die in every order, with everything pending", "[adapters]") {
  const std::string path = "/tmp/siokit-orders-" + std::to_string(::getpid()) + ".sock";
  enum { host, driver, context };
  std::array<int, 3> order{host, driver, context};
  const bool ran = GENERATE(false, true);  // the context has run before
  do {
    auto posted = std::make_shared<int>(0);
    std::vector<client> clients;
    {
      auto io = std::make_optional<echo_driver>();
      auto ctx = std::make_optional<asio::io_context>();
      auto h = std::make_optional<siokit::asio_host>(ctx->get_executor(), *io);
      const auto port = h->listen(0).port;
      REQUIRE(h->listen({.address = "unix:" + path}));
      for (int i = 0; i < 5; ++i) clients.push_back(client::tcp(port, "127.0.0.1", 4096));
      const auto turns = [&] {
        for (int i = 0; i < 20; ++i) ctx->restart(), ctx->run_one_for(1ms);
      };
      if (ran) {
        turns();
        REQUIRE(io->accepted.size() == 5);
        io->write(io->accepted[0], pattern(16 << 20));  // a send under way
        io->stop_reading(io->accepted[1]);              // one that waits for nothing
        io->close(io->accepted[2]);                     // one that is parting
        clients[3].half_close();
        turns();
      }
      io->set_deadline(steady_clock::now() + 1h);
      h->post([posted] { ++*posted; });
      io->set_deadline(steady_clock::now() + 1min);
      for (const int next : order) {
        if (next == host) h.reset();
        if (next == driver) io.reset();
        if (next == context) ctx.reset();
        // What is left of the three is used where that is allowed.
        if (next == host && io) {
          for (const siokit::link_id id : io->accepted) io->write(id, "to nobody");
          io->set_deadline(steady_clock::now());
        }
        if (next == host && ctx) ctx->poll();
      }
    }
    CHECK(posted.use_count() == 1);
    CHECK(*posted == 0);
    CHECK(::access(path.c_str(), F_OK) != 0);
    for (client& c : clients) {
      for (const auto stop = steady_clock::now() + 5s; !c.ended() && steady_clock::now() < stop;) c.receive();
      CHECK(c.ended());
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a handler may destroy its asio_host", "[adapters]") {
  echo_driver io;
  asio::io_context ctx;
  auto host = std::make_unique<siokit::asio_host>(ctx.get_executor(), io);
  const auto port = host->listen(0).port;
  client c = client::tcp(port);
  client d = client::tcp(port);
  SECTION("on receive") {
    io.on_bytes = [&](siokit::link_id, std::string_view) { host.reset(); };
    c.send("x");
  }
  SECTION("on closed") {
    io.on_closed = [&](siokit::link_id) { host.reset(); };
    c.close();
  }
  SECTION("in advance") {
    io.on_due = [&] { host.reset(); };
    io.set_deadline(steady_clock::now());
  }
  SECTION("in a posted function") {
    host->post([&] { host.reset(); });
  }
  SECTION("while it drops all links") {
    io.on_closed = [&](siokit::link_id) { host.reset(); };
    ctx.run_for(20ms);
    REQUIRE(io.accepted.size() == 2);
    host->stop();
    ctx.restart();
  }
  ctx.run();  // returns: nothing is left
  CHECK_FALSE(host);
}

TEST_CASE("four threads run one context", "[adapters]") {
  constexpr std::size_t size = 300'000;
  echo_driver io;
  asio::io_context ctx;
  siokit::asio_host host{ctx.get_executor(), io};
  const auto port = host.listen(0).port;
  std::vector<client> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(client::tcp(port));
  int fired = 0;
  io.on_due = [&] {
    if (++fired < 50) io.set_deadline(steady_clock::now() + 1ms);
  };
  io.set_deadline(steady_clock::now());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { ctx.run(); });
  const std::string all = pattern(size);
  std::vector<std::string> got(clients.size());
  std::vector<std::size_t> sent(clients.size());
  int on_strand = 0;
  for (const auto stop = steady_clock::now() + 20s; steady_clock::now() < stop;) {
    bool done = true;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (sent[i] < size) sent[i] += clients[i].send(std::string_view{all}.substr(sent[i], 10'000));
      got[i] += clients[i].receive();
      done &= got[i].size() == size;
    }
    host.post([&] { on_strand += host.get_executor().running_in_this_thread() ? 1 : 1000; });
    asio::post(host.get_executor(), [&] { on_strand += 1; });
    if (done) break;
  }
  for (std::size_t i = 0; i < clients.size(); ++i) CHECK((got[i] == all));
  host.stop();
  for (std::thread& t : threads) t.join();
  CHECK(on_strand < 1'000'000);
  CHECK(io.faults.empty());
  CHECK(io.alive() == 0);
}

TEST_CASE("two asio hosts share a context, and one may go", "[adapters]") {
  asio::io_context ctx;
  echo_driver io_a;
  echo_driver io_b;
  auto a = std::make_optional<siokit::asio_host>(ctx.get_executor(), io_a);
  siokit::asio_host b{ctx.get_executor(), io_b};
  client to_a = client::tcp(a->listen(0).port);
  client to_b = client::tcp(b.listen(0).port);
  ctx.run_for(5ms);
  a.reset();
  to_b.send("b");
  ctx.restart();
  ctx.run_for(5ms);
  CHECK(to_b.receive() == "b");
  to_a.receive();
  CHECK(to_a.ended());
}
