// uv_host: the shared contract, destruction in every order, and exceptions that must not cross libuv.
#include "adapters/rigs_uv.hpp"

using uv_rigs = std::tuple<uv_rig>;
#define RIGS uv_rigs
#include "adapters/conformance.hpp"

#include <algorithm>
#include <optional>

TEST_CASE("host, driver and libuv's loop die in every order, with everything pending", "[adapters]") {
  const std::string path = "/tmp/siokit-uv-orders-" + std::to_string(::getpid()) + ".sock";
  enum { host, driver, loop };
  std::array<int, 3> order{host, driver, loop};
  const bool ran = GENERATE(false, true);  // the loop has run before
  do {
    auto posted = std::make_shared<int>(0);
    std::vector<client> clients;
    {
      auto io = std::make_optional<echo_driver>();
      auto ctx = std::make_optional<uv_context>();
      auto h = std::make_optional<siokit::uv_host>(ctx->get(), *io);
      const auto port = h->listen(0).port;
      REQUIRE(h->listen({.address = "unix:" + path}));
      for (int i = 0; i < 5; ++i) clients.push_back(client::tcp(port, "127.0.0.1", 4096));
      const auto turns = [&] {
        for (int i = 0; i < 20; ++i) ctx->turn(1, [&] { h->run(UV_RUN_ONCE); });
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
        if (next == loop) ctx.reset();
        // What is left of the three is used where that is allowed.
        if (next != driver && io) {
          for (const siokit::link_id id : io->accepted) io->write(id, "to nobody");
          io->set_deadline(steady_clock::now());
        }
        if (next == host && ctx) uv_run(ctx->get(), UV_RUN_NOWAIT);
        if (next == loop && h) h->post([posted] { ++*posted; });
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

TEST_CASE("a loop is not closed under a living uv_host", "[adapters]") {
  echo_driver io;
  uv_loop_t loop;
  REQUIRE(uv_loop_init(&loop) == 0);
  {
    siokit::uv_host host{&loop, io};
    REQUIRE(host.error() == 0);
    CHECK(uv_loop_close(&loop) == UV_EBUSY);
  }
  CHECK(uv_loop_close(&loop) == UV_EBUSY);
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);
}

TEST_CASE("a handler may destroy its uv_host", "[adapters]") {
  echo_driver io;
  uv_context ctx;
  auto host = std::make_unique<siokit::uv_host>(ctx.get(), io);
  const auto port = host->listen(0).port;
  client c = client::tcp(port);
  client d = client::tcp(port);
  bool late = false;
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
    host->post([&] { late = true; });
  }
  SECTION("while it drops all links") {
    io.on_closed = [&](siokit::link_id) { host.reset(); };
    for (int i = 0; i < 20; ++i) ctx.turn(1, [&] { host->run(UV_RUN_ONCE); });
    REQUIRE(io.accepted.size() == 2);
    host->stop();
  }
  CHECK(uv_run(ctx.get(), UV_RUN_DEFAULT) == 0);  // returns: nothing is left
  CHECK_FALSE(host);
  CHECK_FALSE(late);
}

TEST_CASE("two uv hosts share a loop, and one may go", "[adapters]") {
  uv_context ctx;
  echo_driver io_a;
  echo_driver io_b;
  auto a = std::make_optional<siokit::uv_host>(ctx.get(), io_a);
  siokit::uv_host b{ctx.get(), io_b};
  client to_a = client::tcp(a->listen(0).port);
  client to_b = client::tcp(b.listen(0).port);
  const auto turns = [&] {
    for (int i = 0; i < 5; ++i) ctx.turn(1, [&] { b.run(UV_RUN_ONCE); });
  };
  turns();
  a.reset();
  to_b.send("b");
  turns();
  CHECK(to_b.receive() == "b");
  to_a.receive();
  CHECK(to_a.ended());
}

#if defined(__cpp_exceptions)
TEST_CASE("an exception stops uv_run() and waits to be taken", "[adapters]") {
  uv_rig rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  rig.host.post([] { throw std::runtime_error("first"); });
  rig.host.post([] { throw std::runtime_error("second"); });
  CHECK(uv_run(rig.ctx.get(), UV_RUN_DEFAULT) != 0);  // it would run for ever
  CHECK_THROWS_WITH(rig.host.rethrow(), "first");
  CHECK_NOTHROW(rig.host.rethrow());
  CHECK_THROWS_WITH(rig.host.run(), "second");
  send_all(rig, c, "alive");
  CHECK(receive(rig, c, 5) == "alive");
}

TEST_CASE("what one turn of libuv throws twice is told twice, and the program may go on without looking", "[adapters]") {
  uv_rig rig;
  const auto port = rig.host.listen(0).port;
  auto [c, first] = connect(rig, port);
  auto [d, second] = connect(rig, port);
  rig.io.on_bytes = [](siokit::link_id, std::string_view) { throw std::runtime_error("x"); };
  c.send("x");
  d.send("x");
  while (rig.io.received < 2) uv_run(rig.ctx.get(), UV_RUN_DEFAULT);
  CHECK_THROWS(rig.host.run());
  CHECK_THROWS(rig.host.rethrow());
  CHECK_NOTHROW(rig.host.rethrow());
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("an exception that nobody takes ends the program", "[adapters]") {
  CHECK(aborts([] {
    std::set_terminate([] { std::abort(); });
    echo_driver io;
    uv_context ctx;
    siokit::uv_host host{ctx.get(), io};
    REQUIRE(host.listen(0));
    host.post([] { throw std::runtime_error("nobody looks"); });
    uv_run(ctx.get(), UV_RUN_DEFAULT);
  }));
}
#endif
#endif
