// uv_host: dialing.
#include "adapters/rigs_uv.hpp"

using uv_rigs = std::tuple<uv_rig>;
#define RIGS uv_rigs
#include "adapters/dialing.hpp"

#include <algorithm>
#include <optional>
#include <thread>

TEST_CASE("dialing over libuv, host, driver and loop die in every order", "[adapters]") {
  const silence nobody;
  enum { host, driver, loop };
  std::array<int, 3> order{host, driver, loop};
  const bool ran = GENERATE(false, true);
  const bool answered = GENERATE(false, true);  // as soon as the first of them is gone
  do {
    auto io = std::make_optional<echo_driver>();
    auto ctx = std::make_optional<uv_context>();
    auto h = std::make_optional<siokit::uv_host>(ctx->get(), *io, names::options());
    const auto port = h->listen(0).port;
    for (int i = 0; i < 6; ++i) io->dial("stuck", port);
    io->dial("127.0.0.1", nobody.port());
    io->dial("127.0.0.1", port);
    for (int i = 0; ran && i < 20; ++i) ctx->turn(1, [&] { h->run(UV_RUN_ONCE); });
    if (ran) names::wait_for(siokit::resolver::most_threads);
    for (const int next : order) {
      if (next == host) h.reset();
      if (next == driver) io.reset();
      if (next == loop) ctx.reset();
      if (answered) names::release();
      if (next == host && ctx) uv_run(ctx->get(), UV_RUN_NOWAIT);
    }
    names::release();
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a libuv loop has work as long as there is something to wait for", "[adapters]") {
  echo_driver io;
  uv_context ctx;
  siokit::uv_host host{ctx.get(), io, names::options()};
  SECTION("a name") {
    io.dial("stuck", 1);
    for (int i = 0; i < 10; ++i) CHECK(uv_run(ctx.get(), UV_RUN_NOWAIT) != 0);
    names::wait_for(1);
    names::release();
    host.run();
    CHECK(io.endings.size() == 1);
  }
  SECTION("a refusal") {
    const closed_port nobody;
    io.dial("127.0.0.1", nobody.port());
    host.run();
    CHECK(io.endings.size() == 1);
  }
  SECTION("a link, until it is closed") {
    auto listener = siokit::posix::open_listener({.address = "127.0.0.1"});
    const siokit::link_id link = io.dial("127.0.0.1", listener.result.port);
    io.on_opened = [&](siokit::link_id) { io.close(link); };
    host.run();
    CHECK(io.endings.size() == 1);
  }
  CHECK(host.connections() == 0);
}

TEST_CASE("a handler may destroy the uv_host that dialed", "[adapters]") {
  echo_driver io;
  uv_context ctx;
  auto host = std::make_unique<siokit::uv_host>(ctx.get(), io, names::options());
  auto listener = siokit::posix::open_listener({.address = "127.0.0.1"});
  const bool opened = GENERATE(false, true);
  if (opened) io.on_opened = [&](siokit::link_id) { host.reset(); };
  else io.on_closed = [&](siokit::link_id) { host.reset(); };
  io.dial(opened ? "127.0.0.1" : "nowhere", listener.result.port);
  io.dial(opened ? "127.0.0.1" : "nowhere", listener.result.port);
  CHECK(uv_run(ctx.get(), UV_RUN_DEFAULT) == 0);
  CHECK_FALSE(host);
}

TEST_CASE("an answer wakes a libuv loop that sleeps", "[adapters]") {
  uv_rig rig{names::options()};
  const closed_port nobody;
  rig.io.dial("stuck", nobody.port());
  std::thread opens_gate([] {
    names::wait_for(1);
    names::release();
  });
  rig.run();
  opens_gate.join();
  REQUIRE(rig.io.endings.size() == 1);
  CHECK(rig.io.endings[0].how == link_end::refused);  // not given up after connect_time
}
