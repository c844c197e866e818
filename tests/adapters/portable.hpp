// Hosts where there is no POSIX: what conformance.hpp and dialing.hpp test, as far as a host can test itself by dialing
// itself. Nothing here but standard C++ and siokit, so that it runs on Windows too. Included by one file per adapter, which
// defines ALONE as the name of a tuple of rigs: turn() is one turn of a few milliseconds, run() all until stop().
#pragma once

#include <thread>

#include "adapters/echo_driver.hpp"
#include "catch.hpp"

using siokit::link_end;
using siokit::link_id;
using std::chrono::steady_clock;

/// A host and its driver.
template <class Rig>
struct alone : Rig {
  explicit alone(const siokit::host_options& options = {}) : Rig(options) { this->io.echo = false; }
  template <class F>
  bool until(F&& holds) {
    const auto give_up = steady_clock::now() + std::chrono::seconds{20};
    while (!holds() && steady_clock::now() < give_up) this->turn();
    return holds();
  }
  /// Both ends of a connection: the dialed and the accepted.
  std::pair<link_id, link_id> connect(std::uint16_t port) {
    const link_id mine = this->io.dial("127.0.0.1", port);
    const std::size_t before = this->io.accepted.size();
    const std::size_t opened = this->io.opened_links.size();
    REQUIRE(until([&] { return this->io.accepted.size() > before && this->io.opened_links.size() > opened; }));
    return {mine, this->io.accepted.back()};
  }
};

TEMPLATE_LIST_TEST_CASE("a host of any system sends to itself, whole and in order", "[portable]", ALONE) {
  alone<TestType> a;
  const auto at = a.host.listen({.address = "127.0.0.1"});
  REQUIRE(at);
  const auto [mine, other] = a.connect(at.port);
  std::string all(8 << 20, '\0');
  std::uint32_t x = 1;
  for (char& c : all) c = static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
  std::string got;
  a.io.on_bytes = [&](link_id, std::string_view in) { got += in; };
  a.io.write(mine, all);
  REQUIRE(a.until([&] { return got.size() == all.size(); }));
  CHECK((got == all));
  a.io.stop_reading(other);
  a.io.write(mine, "patience");
  for (int i = 0; i < 5; ++i) a.turn();
  CHECK(got.size() == all.size());
  a.io.read_again(other);
  CHECK(a.until([&] { return got.size() == all.size() + 8; }));
  CHECK(a.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("ends are heard on any system", "[portable]", ALONE) {
  alone<TestType> a;
  const auto port = a.host.listen({.address = "127.0.0.1"}).port;
  const auto [mine, other] = a.connect(port);
  SECTION("close") {
    a.io.write(mine, "farewell");
    a.io.close(mine);
    REQUIRE(a.until([&] { return a.host.connections() == 0; }));
    CHECK(a.io.received == 8);
    REQUIRE(a.io.endings.size() == 2);
    CHECK(a.io.endings[0].how == link_end::eof);
    CHECK(a.io.endings[1].how == link_end::eof);
  }
  SECTION("abort") {
    a.io.abort(mine);
    REQUIRE(a.until([&] { return a.io.endings.size() == 2; }));
    CHECK(a.io.endings[0].how == link_end::cancelled);
    CHECK(a.io.endings[1].link == other);
#if !defined(_WIN32)  // Wine makes it an end of input
    CHECK(a.io.endings[1].how == link_end::reset);
#endif
  }
  CHECK(a.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("listening on any system: a port is one host's, names are refused, the cap holds", "[portable]", ALONE) {
  siokit::host_options options;
  options.max_connections = 2;
  alone<TestType> a{options};
  const auto at = a.host.listen({.address = "127.0.0.1"});
  REQUIRE(at);
  alone<TestType> rival;
  CHECK(rival.host.listen({.address = "127.0.0.1", .port = at.port}).error == EADDRINUSE);
  CHECK(rival.host.listen({.address = "localhost"}).error == EINVAL);
  CHECK(rival.host.listen(0));
  a.connect(at.port);  // two links
  const link_id third = rival.io.dial("127.0.0.1", at.port);
  CHECK(rival.until([&] {
    a.turn();
    return rival.io.endings.size() == 1;
  }));
  CHECK(rival.io.endings[0].link == third);
  CHECK(a.io.accepted.size() == 1);
}

TEMPLATE_LIST_TEST_CASE("a dial that fails says why on any system", "[portable]", ALONE) {
  siokit::host_options options;
  options.connect_time = std::chrono::seconds{3};
  alone<TestType> a{options};
  std::uint16_t closed = 0;
  {
    alone<TestType> gone;
    closed = gone.host.listen({.address = "127.0.0.1"}).port;
  }
  a.io.dial("127.0.0.1", closed);
  REQUIRE(a.until([&] { return a.io.endings.size() == 1; }));
  CHECK(a.io.endings[0].how == link_end::refused);
  a.io.dial("", 1);
  REQUIRE(a.until([&] { return a.io.endings.size() == 2; }));
  CHECK(a.io.endings[1].how == link_end::unresolved);
}

TEMPLATE_LIST_TEST_CASE("posts and stop reach a sleeping loop on any system", "[portable]", ALONE) {
  alone<TestType> a;
  REQUIRE(a.host.listen({.address = "127.0.0.1"}));
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) a.host.post([&] { ++ran; });
    a.host.post([&] { a.host.stop(); });
  });
  a.run();
  other.join();
  CHECK(ran == 1000);
}
