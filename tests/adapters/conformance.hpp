// The contract of driver.hpp as every adapter must keep it. Included by one test file per family of adapters, which
// defines RIGS as the tuple of rigs to run on. Everything is over loopback, on one thread, without a sleep.
#pragma once

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <tuple>

#include "adapters/rigs.hpp"

using std::chrono::steady_clock;
using namespace std::chrono_literals;

// --- bytes -----------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("bytes come in and go out", "[adapters]", RIGS) {
  TestType rig;
  const siokit::listening at = rig.host.listen(0);
  REQUIRE(at);
  REQUIRE(at.port != 0);
  auto [c, link] = connect(rig, at.port);
  send_all(rig, c, "hello");
  CHECK(receive(rig, c, 5) == "hello");
  send_all(rig, c, "again");
  CHECK(receive(rig, c, 5) == "again");
  CHECK(rig.io.received == 10);
  CHECK(rig.io.sent_bytes == 10);
  CHECK(rig.host.connections() == 1);
  CHECK(sleeps(rig));
  CHECK(rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("eight megabytes come back through small windows, whole and in order", "[adapters]", RIGS) {
  TestType rig;
  pair_of_ends ends = connect(rig, rig.host.listen(0).port, 4096);
  client& c = ends.c;
  const std::string all = pattern(8 << 20);
  std::string got;
  std::string_view rest = all;
  REQUIRE(until(rig, [&] {
    rest.remove_prefix(c.send(rest.substr(0, 100'000)));
    for (std::string more = c.receive(); !more.empty(); more = c.receive()) got += more;
    return got.size() >= all.size();
  }));
  CHECK((got == all));
  CHECK(rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("what the driver makes in one turn leaves in one gather", "[adapters]", RIGS) {
  TestType rig;
  rig.io.echo = false;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  rig.io.on_bytes = [&](siokit::link_id id, std::string_view) {
    for (int i = 0; i < 20; ++i) rig.io.write(id, "frame ");
  };
  rig.io.gathers = 0;
  send_all(rig, c, "x");
  CHECK(receive(rig, c, 120).size() == 120);
  turns(rig);
  CHECK(rig.io.gathers == 2);  // twenty frames, and then nothing
}

TEMPLATE_LIST_TEST_CASE("bytes are read straight into the driver's space", "[adapters]", RIGS) {
  TestType rig;
  rig.io.room = 1000;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  const std::string all = pattern(5000);
  send_all(rig, c, all);
  CHECK((receive(rig, c, 5000) == all));
  CHECK(rig.io.into_space == 5000);
}

TEMPLATE_LIST_TEST_CASE("a link that floods does not starve the others", "[adapters]", RIGS) {
  TestType rig;
  rig.io.echo = false;
  const auto port = rig.host.listen(0).port;
  auto [flood, first] = connect(rig, port);
  auto [quiet, second] = connect(rig, port);
  const siokit::link_id patient = second;
  std::size_t flooded = 0;
  std::size_t flooded_before_quiet = 0;
  rig.io.on_bytes = [&](siokit::link_id id, std::string_view in) {
    if (id != patient) flooded += in.size();
    if (id == patient) flooded_before_quiet = flooded;
  };
  const std::string lots(1 << 20, 'x');
  while (flood.send(lots) != 0) {
  }
  REQUIRE(quiet.send("me") == 2);
  REQUIRE(until(rig, [&] { return flooded_before_quiet != 0 || rig.io.received > 8u << 20; }));
  CHECK(flooded_before_quiet <= 2 * 65536);
}

// --- back-pressure ---------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("a link the driver does not want to read waits until the action", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  rig.io.stop_reading(link);
  send_all(rig, c, "patience");
  CHECK(sleeps(rig));
  CHECK(rig.io.received == 0);
  rig.io.read_again(link);
  CHECK(receive(rig, c, 8) == "patience");
  rig.io.stop_reading(link);
  rig.io.read_again(link);  // before anything came
  send_all(rig, c, "once more");
  CHECK(receive(rig, c, 9) == "once more");
  CHECK(rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("a peer that sends and is not read is held back by the kernel", "[adapters]", RIGS) {
  TestType rig;
  rig.io.echo = false;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  rig.io.stop_reading(link);
  const std::string lots(1 << 20, 'x');
  std::size_t sent = 0;
  for (std::size_t n = c.send(lots); n != 0; n = c.send(lots)) {
    sent += n;
    rig.turn();
  }
  CHECK(c.error() == EAGAIN);
  CHECK(rig.io.received == 0);
  rig.io.read_again(link);
  CHECK(until(rig, [&] { return rig.io.received == sent; }));
}

TEMPLATE_LIST_TEST_CASE("an end is heard without reading, but not before the bytes", "[adapters]", RIGS) {
  TestType rig;
  rig.io.echo = false;
  const auto port = rig.host.listen(0).port;
  SECTION("nothing before it") {
    auto [c, link] = connect(rig, port);
    rig.io.stop_reading(link);
    c.close();
    CHECK(until(rig, [&] { return rig.io.endings.size() == 1; }));
  }
  SECTION("bytes before it") {
    auto [c, link] = connect(rig, port);
    rig.io.stop_reading(link);
    REQUIRE(c.send("the last words") == 14);
    c.close();
    CHECK(sleeps(rig));
    CHECK(rig.io.endings.empty());
    rig.io.read_again(link);
    CHECK(until(rig, [&] { return rig.io.endings.size() == 1; }));
    CHECK(rig.io.received == 14);
  }
  CHECK(rig.host.connections() == 0);
}

TEMPLATE_LIST_TEST_CASE("a peer that does not read costs no turns and gets everything later", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port, 65536);
  const std::string all = pattern(16 << 20);
  rig.io.write(link, all);
  std::size_t before = 1;
  REQUIRE(until(rig, [&] { return std::exchange(before, rig.io.sent_bytes) == rig.io.sent_bytes; }));
  CHECK(rig.io.sent_bytes < all.size());
  const std::size_t gathers = rig.io.gathers;
  CHECK(sleeps(rig));
  CHECK(rig.io.gathers <= gathers + 1);
  CHECK((receive(rig, c, all.size()) == all));
  CHECK(until(rig, [&] { return rig.io.sent_bytes == all.size(); }));
}

// --- ends ------------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("close sends all, half-closes, and lets the peer finish", "[adapters]", RIGS) {
  TestType rig;
  rig.io.echo = false;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  const std::string all = pattern(4 << 20);
  rig.io.write(link, all);
  rig.io.close(link);
  turns(rig, 3);
  CHECK(c.send("still talking") == 13);
  CHECK((receive(rig, c) == all));
  CHECK(c.ended());
  CHECK(c.error() == 0);  // an end, not a reset
  CHECK(c.send("and on") == 6);
  CHECK(sleeps(rig));
  CHECK(c.receive().empty());
  CHECK(c.error() == 0);
  CHECK(until(rig, [&] { return rig.io.endings.size() == 1; }));
  CHECK(rig.io.alive() == 0);
  c.close();
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
}

TEMPLATE_LIST_TEST_CASE("after close the peer has a second, then the link is gone", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  const auto start = steady_clock::now();
  rig.io.close(link);
  CHECK(receive(rig, c).empty());
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  CHECK(steady_clock::now() - start > 900ms);
  CHECK(steady_clock::now() - start < 3s);
}

TEMPLATE_LIST_TEST_CASE("a closing link whose peer takes nothing is dropped after close_time", "[adapters]", RIGS) {
  siokit::host_options options;
  options.close_time = 100ms;
  TestType rig{options};
  auto [c, link] = connect(rig, rig.host.listen(0).port, 4096);
  rig.io.write(link, pattern(16 << 20));
  rig.io.close(link);
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  REQUIRE(rig.io.endings.size() == 1);
  CHECK(rig.io.endings[0].how == siokit::link_end::cancelled);
}

TEMPLATE_LIST_TEST_CASE("a closing link whose peer takes a little now and then is not dropped", "[adapters]", RIGS) {
  siokit::host_options options;
  options.close_time = 100ms;
  TestType rig{options};
  rig.io.answer_end = true;
  auto [c, link] = connect(rig, rig.host.listen(0).port, 65536);
  const std::string all = pattern(8 << 20);
  rig.io.write(link, all);
  turns(rig, 3);
  const bool ends_first = GENERATE(false, true);
  if (ends_first) c.half_close();
  if (!ends_first) rig.io.close(link);
  std::string got;
  auto next = steady_clock::now();
  for (const auto stop = next + 20s; !c.ended() && steady_clock::now() < stop; rig.turn()) {
    if (steady_clock::now() < next) continue;  // in steps, for half a second; then as fast as it goes
    for (int i = 0; i < 8; ++i) got += c.receive();
    next += got.size() < (4u << 20) ? 40ms : 0ms;
  }
  CHECK((got == all + (ends_first ? "bye" : "")));
  CHECK(c.error() == 0);
}

TEMPLATE_LIST_TEST_CASE("abort is a reset", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  rig.io.abort(link);
  receive(rig, c);
  CHECK(c.error() == ECONNRESET);
  CHECK(rig.host.connections() == 0);
  REQUIRE(rig.io.endings.size() == 1);
  CHECK(rig.io.endings[0].how == siokit::link_end::cancelled);
}

TEMPLATE_LIST_TEST_CASE("a peer that half-closes still gets what is pending", "[adapters]", RIGS) {
  TestType rig;
  const bool answers = GENERATE(false, true);
  rig.io.answer_end = answers;
  auto [c, link] = connect(rig, rig.host.listen(0).port, 65536);
  const std::string all = pattern(8 << 20);  // more than the kernel takes at once
  rig.io.echo = false;
  rig.io.write(link, all);
  turns(rig, 3);
  c.half_close();
  CHECK(sleeps(rig));
  // A driver that forgets its links at their end sends nothing more; one that answers does, after what was pending.
  if (answers) CHECK((receive(rig, c) == all + "bye"));
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  REQUIRE(rig.io.endings.size() == 1);
  CHECK(rig.io.endings[0].how == siokit::link_end::eof);
  CHECK(rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("a reset is told once, with its error", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  SECTION("idle") { c.reset(); }
  SECTION("while output is pending") {
    rig.io.write(link, pattern(16 << 20));
    turns(rig, 3);
    c.reset();
  }
  SECTION("with the driver writing to a peer that has gone") {
    c.close();
    for (int i = 0; i < 100; ++i) rig.io.write(link, "into the void");
  }
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  turns(rig);
  CHECK(rig.io.endings.size() == 1);
  CHECK(rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("stale actions and ids of reused places do no harm", "[adapters]", RIGS) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  auto [a, first] = connect(rig, port);
  a.close();
  REQUIRE(until(rig, [&] { return rig.io.endings.size() == 1; }));
  auto [b, second] = connect(rig, port);
  CHECK(static_cast<std::uint32_t>(first) == static_cast<std::uint32_t>(second));
  rig.io.close(first);
  rig.io.abort(first);
  rig.io.write(first, "nobody");
  send_all(rig, b, "here");
  CHECK(receive(rig, b, 4) == "here");
}

TEMPLATE_LIST_TEST_CASE("links that are closed in each other's turn are not confused", "[adapters]", RIGS) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  std::vector<pair_of_ends> all;
  for (int i = 0; i < 40; ++i) all.push_back(connect(rig, port));
  // The first of them that speaks has all the others aborted, and some of those have events in the same turn.
  bool done = false;
  rig.io.on_bytes = [&](siokit::link_id id, std::string_view) {
    if (std::exchange(done, true)) return;
    for (const auto& other : all)
      if (other.link != id) rig.io.abort(other.link);
  };
  for (auto& one : all) one.c.send("x");
  CHECK(until(rig, [&] { return rig.host.connections() == 1; }));
  turns(rig);
  CHECK(rig.io.endings.size() == 39);
  CHECK(rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("a link the driver does not want is closed", "[adapters]", RIGS) {
  TestType rig;
  rig.io.welcome = false;
  const auto port = rig.host.listen(0).port;
  client c = client::tcp(port);
  receive(rig, c);
  CHECK(c.ended());
  CHECK(rig.host.connections() == 0);
}

// --- time ------------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("a deadline is kept, not before it and not long after", "[adapters]", RIGS) {
  TestType rig;
  REQUIRE(rig.host.listen(0));
  turns(rig, 2);
  steady_clock::time_point fired{};
  rig.io.on_due = [&] { fired = steady_clock::now(); };
  const auto wanted = steady_clock::now() + 50ms;
  rig.io.set_deadline(wanted + 10s);
  turns(rig, 2);
  rig.io.set_deadline(wanted);  // earlier: the host is woken
  CHECK(until(rig, [&] { return fired != steady_clock::time_point{}; }));
  CHECK(fired >= wanted);
  CHECK(fired < wanted + 1s);
  CHECK(rig.io.wakes == 2);
}

TEMPLATE_LIST_TEST_CASE("a deadline set inside a turn is kept, one after the other", "[adapters]", RIGS) {
  TestType rig;
  REQUIRE(rig.host.listen(0));
  int fired = 0;
  rig.io.on_due = [&] {
    if (++fired < 5) rig.io.set_deadline(steady_clock::now() + 1ms);
  };
  rig.io.set_deadline(steady_clock::now());
  CHECK(until(rig, [&] { return fired == 5; }));
}

TEMPLATE_LIST_TEST_CASE("what the driver does outside a turn needs no turn of the peer", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  turns(rig, 2);
  rig.io.write(link, "news");
  CHECK(rig.io.wakes == 1);
  CHECK(receive(rig, c, 4) == "news");
}

// --- handlers that throw ---------------------------------------------------------------------------------------------

#if defined(__cpp_exceptions)
TEMPLATE_LIST_TEST_CASE("an exception leaves the turn, and the host works on", "[adapters]", RIGS) {
  using call = echo_driver::call;
  TestType rig;
  const auto port = rig.host.listen(0).port;
  pair_of_ends one = connect(rig, port);
  pair_of_ends two = connect(rig, port);
  client& c = one.c;
  client& other = two.c;
  const siokit::link_id link = one.link;
  const siokit::link_id second = two.link;
  int caught = 0;
  const auto turn = [&] {
    try {
      rig.turn();
    } catch (const std::runtime_error&) {
      ++caught;
    }
  };
  const auto until_caught = [&](int n) {
    for (const auto stop = steady_clock::now() + 5s; caught < n && steady_clock::now() < stop;) turn();
    return caught == n;
  };

  SECTION("receive: read is armed again, the other link is served, the echo leaves") {
    rig.io.throw_from = call::receive;
    REQUIRE(c.send("first") == 5);
    REQUIRE(other.send("other") == 5);
    REQUIRE(until_caught(1));
    CHECK(receive(rig, c, 5) == "first");
    CHECK(receive(rig, other, 5) == "other");
    send_all(rig, c, "second");
    CHECK(receive(rig, c, 6) == "second");
  }
  SECTION("receive, every time: others still get their turn") {
    rig.io.on_bytes = [&](siokit::link_id id, std::string_view) {
      if (id == link) rig.io.throw_from = call::receive;
    };
    const std::string lots(1 << 20, 'x');
    while (c.send(lots) != 0) {
    }
    rig.io.echo = false;
    bool served = false;
    bool due = false;
    rig.io.on_due = [&] { due = true; };
    rig.io.set_deadline(steady_clock::now());
    const auto noticing = std::move(rig.io.on_bytes);
    rig.io.on_bytes = [&](siokit::link_id id, std::string_view in) {
      served |= id == second;
      noticing(id, in);
    };
    other.send("me too");
    for (int i = 0; i < 20 && !(served && due); ++i) turn();
    CHECK(served);
    CHECK(due);
    CHECK(caught > 0);
  }
  SECTION("sent: write is armed again") {
    const std::string all = pattern(8 << 20);
    rig.io.echo = false;
    rig.io.throw_from = call::sent;
    rig.io.write(link, all);
    REQUIRE(until_caught(1));
    CHECK((receive(rig, c, all.size()) == all));
  }
  SECTION("sent, with nothing more to send and a close to come") {
    rig.io.throw_from = call::sent;
    rig.io.write(link, "bye");
    rig.io.close(link);
    REQUIRE(until_caught(1));
    CHECK(receive(rig, c) == "bye");
    CHECK(c.error() == 0);
  }
  SECTION("advance: the timer is armed again") {
    rig.io.throw_from = call::advance;
    int fired = 0;
    rig.io.on_due = [&] {
      if (++fired == 1) rig.io.set_deadline(steady_clock::now() + 1ms);
    };
    rig.io.set_deadline(steady_clock::now());
    REQUIRE(until_caught(1));
    CHECK(until(rig, [&] { return fired == 2; }));
    send_all(rig, c, "alive");
    CHECK(receive(rig, c, 5) == "alive");
  }
  SECTION("closed, at the end of input: the link does not stay") {
    rig.io.throw_from = call::closed;
    c.close();
    REQUIRE(until_caught(1));
    CHECK(until(rig, [&] { return rig.host.connections() == 1; }));
    CHECK(rig.io.endings.size() == 1);
  }
  SECTION("closed, at the end of input, with an answer to it") {
    rig.io.throw_from = call::closed;
    rig.io.answer_end = true;
    c.half_close();
    REQUIRE(until_caught(1));
    CHECK(receive(rig, c) == "bye");
    CHECK(until(rig, [&] { return rig.host.connections() == 1; }));
  }
  SECTION("closed, at an abort") {
    rig.io.throw_from = call::closed;
    rig.io.abort(link);
    rig.io.write(second, "unharmed");
    REQUIRE(until_caught(1));
    CHECK(rig.host.connections() == 1);
    CHECK(receive(rig, other, 8) == "unharmed");
  }
  SECTION("accept: the connection is lost, the next one is not") {
    rig.io.throw_from = call::accept;
    client lost = client::tcp(port);
    REQUIRE(until_caught(1));
    auto [next, third] = connect(rig, port);
    send_all(rig, next, "ok");
    CHECK(receive(rig, next, 2) == "ok");
    receive(rig, lost);
    CHECK(lost.ended());
  }
  SECTION("a posted function: those behind it run") {
    int ran = 0;
    rig.host.post([&] { throw std::runtime_error("posted"); });
    rig.host.post([&] { ++ran; });
    rig.host.post([&] { ++ran; });
    REQUIRE(until_caught(1));
    CHECK(until(rig, [&] { return ran == 2; }));
  }
  SECTION("closed, while the host is being emptied") {
    rig.io.throw_from = call::closed;
    rig.host.close(0ms);
    REQUIRE(until_caught(1));
    CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
    CHECK(rig.io.endings.size() == 2);
  }
  CHECK(rig.io.faults.empty());
}
#endif

// --- threads ---------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("four threads post, each in its order", "[adapters]", RIGS) {
  constexpr int per_thread = 2000;
  TestType rig;
  pair_of_ends ends = connect(rig, rig.host.listen(0).port);
  client& c = ends.c;
  std::array<int, 4> next{};
  bool ordered = true;
  int ran = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < next.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < per_thread; ++i)
        rig.host.post([&, t, i] {
          ordered &= next[t]++ == i;
          ++ran;
          if (i % 100 == 0) rig.io.write(ends.link, "0123456789");
        });
    });
  CHECK(until(rig, [&] { return ran == 4 * per_thread; }));
  for (std::thread& t : threads) t.join();
  CHECK(ordered);
  CHECK(receive(rig, c, 800).size() == 800);
}

TEMPLATE_LIST_TEST_CASE("post reaches a sleeping loop, and stop ends it, from another thread", "[adapters]", RIGS) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  auto [c, link] = connect(rig, port);
  turns(rig, 2);
  const siokit::link_id to = link;
  std::thread loop([&] { rig.run(); });
  for (int i = 0; i < 100; ++i) rig.host.post([&] { rig.io.write(to, "tick"); });
  std::string got;
  for (pollfd p{c.fd(), POLLIN, 0}; got.size() < 400 && ::poll(&p, 1, 10'000) == 1;) got += c.receive();
  CHECK(got.size() == 400);
  rig.host.stop();
  loop.join();
}

TEMPLATE_LIST_TEST_CASE("stop before run is not lost", "[adapters]", RIGS) {
  TestType rig;
  REQUIRE(rig.host.listen(0));
  rig.host.stop();
  rig.run();
  SUCCEED();
}

TEMPLATE_LIST_TEST_CASE("posted functions that never ran die with the host", "[adapters]", RIGS) {
  auto kept = std::make_shared<int>(1);
  auto only_once = std::make_unique<int>(2);  // functions need not be copyable
  {
    TestType rig;
    rig.host.post([kept, only_once = std::move(only_once)] {});
    rig.host.post([kept] {});
    CHECK(kept.use_count() == 3);
  }
  CHECK(kept.use_count() == 1);
}

TEMPLATE_LIST_TEST_CASE("a function posted from a turn runs", "[adapters]", RIGS) {
  TestType rig;
  REQUIRE(rig.host.listen(0));
  int ran = 0;
  rig.host.post([&] {
    ++ran;
    rig.host.post([&] { ++ran; });
  });
  CHECK(until(rig, [&] { return ran == 2; }));
}

// --- listening -------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("addresses: any, IPv4, IPv6, several at once", "[adapters]", RIGS) {
  TestType rig;
  const auto connects = [&](std::uint16_t port, const char* address) {
    const std::size_t before = rig.io.accepted.size();
    client c = client::tcp(port, address);
    if (!c) return false;
    return until(rig, [&] { return rig.io.accepted.size() > before; });
  };
  const auto any = rig.host.listen(0);
  REQUIRE(any);
  CHECK(connects(any.port, "127.0.0.1"));
  CHECK(rig.io.addresses.back().substr(0, 10) == "127.0.0.1 ");
  const bool ipv6 = static_cast<bool>(client::tcp(any.port, "::1"));
  if (ipv6) {
    CHECK(connects(any.port, "::1"));
    CHECK(rig.io.addresses.back().substr(0, 4) == "::1 ");
  }
  const auto four = rig.host.listen({.address = "127.0.0.1"});
  REQUIRE(four);
  CHECK(connects(four.port, "127.0.0.1"));
  if (ipv6) CHECK_FALSE(connects(four.port, "::1"));
  if (ipv6) {
    const auto six = rig.host.listen({.address = "::1"});
    REQUIRE(six);
    CHECK(connects(six.port, "::1"));
    CHECK_FALSE(connects(six.port, "127.0.0.1"));
  }
  CHECK(rig.host.listen({.address = "localhost"}).error == EINVAL);  // names are not looked up
  CHECK(rig.host.listen({.address = "127.0.0.1", .port = four.port}).error == EADDRINUSE);
  CHECK(rig.host.listen({.address = "192.0.2.1"}).error == EADDRNOTAVAIL);
}

TEMPLATE_LIST_TEST_CASE("two hosts share a port when both ask for it", "[adapters]", RIGS) {
  TestType a;
  TestType b;
  const auto first = a.host.listen({.address = "127.0.0.1", .reuse_port = true});
  REQUIRE(first);
  CHECK(b.host.listen({.address = "127.0.0.1", .port = first.port, .reuse_port = true}));
}

TEMPLATE_LIST_TEST_CASE("unix sockets: mode, echo, a stale file, a living one, removal", "[adapters]", RIGS) {
  const std::string path = "/tmp/siokit-" + std::to_string(::getpid()) + ".sock";
  const std::string address = "unix:" + path;
  const auto exists = [&] {
    struct stat s {};
    return ::stat(path.c_str(), &s) == 0;
  };
  ::unlink(path.c_str());
  {
    TestType rig;
    REQUIRE(rig.host.listen({.address = address, .mode = 0600}));
    struct stat s {};
    REQUIRE(::stat(path.c_str(), &s) == 0);
    CHECK((s.st_mode & 0777) == 0600);
    client c = client::unix_socket(path);
    REQUIRE(c);
    REQUIRE(until(rig, [&] { return rig.io.accepted.size() == 1; }));
    const siokit::link_id link = rig.io.accepted.back();
    send_all(rig, c, "local");
    CHECK(receive(rig, c, 5) == "local");
    CHECK(rig.io.addresses.back() == "unix 0");

    TestType rival;
    CHECK(rival.host.listen({.address = address}).error == EADDRINUSE);
    CHECK(exists());
    // The peer leaves with bytes unread and unsent; a Unix socket says so at once.
    rig.io.stop_reading(link);
    send_all(rig, c, "last");
    c.close();
    CHECK(sleeps(rig));
    rig.io.read_again(link);
    CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
    CHECK(rig.io.received == 9);
  }
  CHECK_FALSE(exists());
  {
    // What a killed program leaves behind.
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    REQUIRE(::bind(dead, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
    ::close(dead);
    CHECK(exists());
    TestType rig;
    REQUIRE(rig.host.listen({.address = address}));
    REQUIRE(client::unix_socket(path));
    rig.host.close_listeners();
    CHECK_FALSE(exists());
  }
  TestType rig;
  CHECK(rig.host.listen({.address = "unix:"}).error == EINVAL);
  CHECK(rig.host.listen({.address = "unix:/" + std::string(200, 'x')}).error == ENAMETOOLONG);
}

TEMPLATE_LIST_TEST_CASE("connections above the cap are closed, and below it there is room again", "[adapters]", RIGS) {
  siokit::host_options options;
  options.max_connections = 3;
  TestType rig{options};
  const auto port = rig.host.listen(0).port;
  std::vector<pair_of_ends> three;
  for (int i = 0; i < 3; ++i) three.push_back(connect(rig, port));
  client fourth = client::tcp(port);
  REQUIRE(fourth);
  receive(rig, fourth);
  CHECK(fourth.ended());
  CHECK(rig.io.accepted.size() == 3);
  three[0].c.close();
  REQUIRE(until(rig, [&] { return rig.host.connections() == 2; }));
  auto [fifth, link] = connect(rig, port);
  send_all(rig, fifth, "in");
  CHECK(receive(rig, fifth, 2) == "in");
}

TEMPLATE_LIST_TEST_CASE("without descriptors accepting pauses, and goes on when there are some", "[adapters]", RIGS) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  auto [c, link] = connect(rig, port);
  client waiting = client::tcp(port);
  REQUIRE(waiting);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  {
    const rlimit none{static_cast<rlim_t>(waiting.fd()), before.rlim_max};  // lower than any free descriptor
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const siokit::scope_exit restore{[&] { ::setrlimit(RLIMIT_NOFILE, &before); }};
    const auto start = steady_clock::now();
    int n = 0;
    for (; steady_clock::now() - start < 300ms; ++n) rig.turn();
    CHECK(n < 200);  // it sleeps: five milliseconds a turn
    CHECK(rig.io.accepted.size() == 1);
    send_all(rig, c, "still here");
    CHECK(receive(rig, c, 10) == "still here");
  }
  CHECK(until(rig, [&] { return rig.io.accepted.size() == 2; }));
  send_all(rig, waiting, "at last");
  CHECK(receive(rig, waiting, 7) == "at last");
}

// --- the end of the host ---------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("close: no new links, the old ones finish, run returns", "[adapters]", RIGS) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  auto [c, link] = connect(rig, port);
  auto [slow, second] = connect(rig, port);
  rig.io.set_deadline(steady_clock::now() + 1h);  // a heartbeat far away must not keep it
  rig.io.write(link, "farewell");
  rig.io.close_all();
  rig.host.close(10s);
  CHECK_FALSE(client::tcp(port));
  CHECK(receive(rig, c) == "farewell");
  CHECK(receive(rig, slow).empty());
  c.close();
  slow.close();
  rig.run();
  CHECK(rig.host.connections() == 0);
  CHECK(rig.io.endings.size() == 2);
}

TEMPLATE_LIST_TEST_CASE("close: those who do not finish are dropped when the drain is over", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port, 4096);
  rig.io.write(link, pattern(16 << 20));
  rig.host.close(100ms);
  const auto start = steady_clock::now();
  rig.run();
  CHECK(steady_clock::now() - start > 90ms);
  CHECK(steady_clock::now() - start < 5s);
  REQUIRE(rig.io.endings.size() == 1);
  CHECK(rig.io.endings[0].how == siokit::link_end::cancelled);
}

TEMPLATE_LIST_TEST_CASE("close with nothing open returns at once, and a host may listen again", "[adapters]", RIGS) {
  TestType rig;
  REQUIRE(rig.host.listen(0));
  rig.host.close();
  rig.run();
  const auto again = rig.host.listen(0);
  REQUIRE(again);
  auto [c, link] = connect(rig, again.port);
  send_all(rig, c, "back");
  CHECK(receive(rig, c, 4) == "back");
}

TEMPLATE_LIST_TEST_CASE("a handler may listen and stop listening", "[adapters]", RIGS) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  auto [c, link] = connect(rig, port);
  std::uint16_t second = 0;
  rig.io.on_bytes = [&](siokit::link_id, std::string_view) {
    rig.host.close_listeners();
    second = rig.host.listen(0).port;
  };
  send_all(rig, c, "move");
  REQUIRE(until(rig, [&] { return second != 0; }));
  CHECK_FALSE(client::tcp(port));
  rig.io.on_bytes = nullptr;
  auto [d, other] = connect(rig, second);
  send_all(rig, d, "ok");
  CHECK(receive(rig, d, 2) == "ok");
}

TEMPLATE_LIST_TEST_CASE("two thousand connections come and go", "[adapters]", RIGS) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  std::vector<client> open;
  std::uint32_t random = 7;
  for (int i = 0; i < 2000; ++i) {
    open.push_back(client::tcp(port));
    REQUIRE(open.back());
    open.back().send("hello");
    random = random * 1664525u + 1013904223u;
    if (i % 10 == 0) rig.turn();
    if (open.size() > 300) {
      std::swap(open[(random >> 8) % open.size()], open.back());
      if ((random >> 4) % 2 == 0) open.back().reset();
      open.pop_back();
    }
  }
  REQUIRE(until(rig, [&] { return rig.io.accepted.size() + 0 >= 1500 && rig.host.connections() <= open.size() + 5; }));
  for (client& c : open) {
    std::string got = receive(rig, c, 5);
    CHECK(got == "hello");
  }
  open.clear();
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  CHECK(rig.io.endings.size() == rig.io.accepted.size());
  CHECK(rig.io.alive() == 0);
  CHECK(rig.io.faults.empty());
}

// --- memory ----------------------------------------------------------------------------------------------------------

inline std::size_t resident_bytes() {
  std::size_t pages = 0;
  if (std::FILE* const f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%*s %zu", &pages) != 1) pages = 0;
    std::fclose(f);
  }
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

// The clients live in a child process, so that they are not counted and descriptors suffice.
TEMPLATE_LIST_TEST_CASE("ten thousand silent connections", "[adapters]", RIGS) {
  constexpr std::size_t step = 500;
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const std::size_t all = sanitized ? 1000 : files.rlim_cur > 11'000 ? 10'000 : (files.rlim_cur - 500) / step * step;

  TestType rig;
  rig.io.keeps_list = false;
  const auto port = rig.host.listen(0).port;
  int go[2];
  REQUIRE(::pipe2(go, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::vector<client> clients;
    clients.reserve(all);
    char token = 0;
    while (::read(go[0], &token, 1) == 1 && token == 'c')
      for (std::size_t i = 0; i < step; ++i) clients.push_back(client::tcp(port));
    ::_exit(0);
  }
  std::size_t before = 0;
  for (std::size_t n = step; n <= all; n += step) {
    REQUIRE(::write(go[1], "c", 1) == 1);
    REQUIRE(until(rig, [&] { return rig.host.connections() == n; }));
    if (n != step) continue;
    ::malloc_trim(0);  // else growth hides in what earlier tests freed
    before = resident_bytes();
  }
  const std::size_t each = (resident_bytes() - before) / (all - step);
  const std::size_t ours = each > echo_driver::bytes_per_link() ? each - echo_driver::bytes_per_link() : 0;
  WARN("bytes per idle connection: " << ours << " of the host, " << echo_driver::bytes_per_link() << " of the driver");
  if (!sanitized) CHECK(ours <= TestType::bytes_at_rest);
  REQUIRE(::write(go[1], "x", 1) == 1);
  CHECK(::waitpid(child, nullptr, 0) == child);
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  ::close(go[0]);
  ::close(go[1]);
}

// --- misuse ----------------------------------------------------------------------------------------------------------

#if !defined(__SANITIZE_THREAD__)
// Whether f ends a process of its own by abort(), as assertions do.
template <class F>
bool aborts(F&& f) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(2);
    std::signal(SIGABRT, SIG_DFL);
    f();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEMPLATE_LIST_TEST_CASE("a second thread inside the host is caught", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  rig.io.on_bytes = [&](siokit::link_id, std::string_view) { std::thread([&] { rig.host.close_listeners(); }).join(); };
  REQUIRE(c.send("x") == 1);
  CHECK(aborts([&] { turns(rig); }));
  rig.io.on_bytes = [&](siokit::link_id, std::string_view) { rig.turn(); };
  REQUIRE(c.send("x") == 1);  // the child took the other
  if (TestType::nested_turns_are_caught) CHECK(aborts([&] { turns(rig); }));
}
#endif
