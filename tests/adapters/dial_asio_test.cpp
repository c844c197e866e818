// asio_host: dialing.
#include "adapters/rigs_asio.hpp"

using asio_rigs = std::tuple<asio_rig>;
#define RIGS asio_rigs
#include "adapters/dialing.hpp"

#include <algorithm>
#include <optional>
#include <thread>

TEST_CASE("dialing, host, driver and context die in every order", "[adapters]") {
  const silence nobody;
  enum { host, driver, context };
  std::array<int, 3> order{host, driver, context};
  const bool ran = GENERATE(false, true);
  const bool answered = GENERATE(false, true);  // as soon as the first of them is gone
  do {
    {
      auto io = std::make_optional<echo_driver>();
      auto ctx = std::make_optional<asio::io_context>();
      auto h = std::make_optional<siokit::asio_host>(ctx->get_executor(), *io, names::options());
      const auto port = h->listen(0).port;
      for (int i = 0; i < 6; ++i) io->dial("stuck", port);
      io->dial("127.0.0.1", nobody.port());
      io->dial("127.0.0.1", port);
      for (int i = 0; ran && i < 20; ++i) ctx->restart(), ctx->run_one_for(1ms);
      if (ran) names::wait_for(siokit::resolver::most_threads);
      for (const int next : order) {
        if (next == host) h.reset();
        if (next == driver) io.reset();
        if (next == context) ctx.reset();
        if (answered) names::release();
        if (next == host && ctx) ctx->poll();
      }
    }
    names::release();
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a context has work as long as there is something to wait for", "[adapters]") {
  echo_driver io;
  asio::io_context ctx;
  siokit::asio_host host{ctx.get_executor(), io, names::options()};
  SECTION("a name") {
    io.dial("stuck", 1);
    for (int i = 0; i < 10; ++i) CHECK_FALSE((ctx.run_for(1ms), ctx.stopped()));
    names::wait_for(1);
    names::release();
    ctx.run();
    CHECK(io.endings.size() == 1);
  }
  SECTION("a refusal") {
    const closed_port nobody;
    io.dial("127.0.0.1", nobody.port());
    ctx.run();
    CHECK(io.endings.size() == 1);
  }
  SECTION("a link, until it is closed") {
    auto listener = siokit::posix::open_listener({.address = "127.0.0.1"});
    const siokit::link_id link = io.dial("127.0.0.1", listener.result.port);
    io.on_opened = [&](siokit::link_id) { io.close(link); };
    ctx.run();
    CHECK(io.endings.size() == 1);
  }
  CHECK(host.connections() == 0);
}

TEST_CASE("a handler may destroy the asio_host that dialed", "[adapters]") {
  echo_driver io;
  asio::io_context ctx;
  auto host = std::make_unique<siokit::asio_host>(ctx.get_executor(), io, names::options());
  auto listener = siokit::posix::open_listener({.address = "127.0.0.1"});
  const bool opened = GENERATE(false, true);
  if (opened) io.on_opened = [&](siokit::link_id) { host.reset(); };
  else io.on_closed = [&](siokit::link_id) { host.reset(); };
  io.dial(opened ? "127.0.0.1" : "nowhere", listener.result.port);
  io.dial(opened ? "127.0.0.1" : "nowhere", listener.result.port);
  ctx.run();
  CHECK_FALSE(host);
}

TEST_CASE("four threads run a context that dials", "[adapters]") {
  echo_driver io;
  asio::io_context ctx;
  auto options = names::options();
  siokit::asio_host host{ctx.get_executor(), io, options};
  const auto port = host.listen(0).port;
  host.post([&] {
    for (int i = 0; i < 100; ++i) io.dial(i % 2 == 0 ? "name" : "127.0.0.1", port);
  });
  io.on_opened = [&](siokit::link_id) {
    if (io.opened_links.size() == 100) host.stop();
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { ctx.run(); });
  for (std::thread& t : threads) t.join();
  CHECK(io.opened_links.size() == 100);
  CHECK(io.alive() == 0);
  CHECK(io.faults.empty());
}
