// timers, pool, arena, function, result, errc, time.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <siokit/core/arena.hpp>
#include <siokit/core/function.hpp>
#include <siokit/core/result.hpp>
#include <siokit/core/timers.hpp>

#include "core/memory_loop.hpp"

using core_tests::each_failure;
using core_tests::failing_memory;
using siokit::errc;
using siokit::milliseconds;
using siokit::pool;
using siokit::time_point;
using siokit::timer;

TEST_CASE("timers against a model: lanes and heap together, stopped and restarted", "[core]") {
  pool p;
  siokit::timers t(p);
  std::vector<siokit::timer_node> nodes(60);
  std::map<std::size_t, time_point> model;
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i].owner = static_cast<std::uint32_t>(i);
  time_point now{std::chrono::hours(1)};
  std::uint32_t x = 3;
  const auto luck = [&](std::uint32_t n) { return (x = x * 1664525u + 1013904223u) / 65536 % n; };
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = luck(60);
    switch (luck(4)) {
      case 0: {
        const milliseconds length(10 * luck(40));  // more lengths than lanes
        REQUIRE(t.start(nodes[i], timer::ping, length, now));
        model[i] = now + length;
        break;
      }
      case 1: {
        const milliseconds length(luck(1000));
        REQUIRE(t.start_alone(nodes[i], timer::ack, length, now));
        model[i] = now + length;
        break;
      }
      case 2:
        t.stop(nodes[i]);
        model.erase(i);
        break;
      default: {
        now += milliseconds(luck(20));
        timer what = timer::none;
        time_point last{};
        while (siokit::timer_node* const due = t.due(now, what)) {
          CHECK((what == timer::ping || what == timer::ack));
          CHECK_FALSE(due->running());
          REQUIRE(model.count(due->owner) == 1);
          CHECK(model[due->owner] <= now);
          CHECK(model[due->owner] >= last);
          last = model[due->owner];
          model.erase(due->owner);
        }
      }
    }
    time_point soonest = siokit::never;
    for (const auto& [k, at] : model) soonest = std::min(soonest, at);
    REQUIRE(t.deadline() == soonest);
    CHECK((t.why() == timer::none) == model.empty());
  }
  for (auto& n : nodes) t.stop(n);
  CHECK(t.deadline() == siokit::never);
  CHECK(t.why() == timer::none);
}

TEST_CASE("timers: one that cannot be started is not running", "[core]") {
  each_failure([](pool& p) {
    siokit::timers t(p);
    std::vector<siokit::timer_node> nodes(20);
    for (auto& n : nodes) {
      const bool started = t.start_alone(n, timer::ack, milliseconds(5), time_point{});
      CHECK(started == n.running());
      CHECK(t.start(n, timer::ping, milliseconds(7), time_point{}));  // a lane needs no memory
    }
    for (auto& n : nodes) t.stop(n);
  });
}

TEST_CASE("wait_ms is ready for poll(2)", "[core]") {
  const time_point now{std::chrono::hours(1)};
  CHECK(siokit::wait_ms(siokit::never, now) == -1);
  CHECK(siokit::wait_ms(now, now) == 0);
  CHECK(siokit::wait_ms(time_point::min(), now) == 0);
  CHECK(siokit::wait_ms(now + std::chrono::nanoseconds(1), now) == 1);
  CHECK(siokit::wait_ms(now + milliseconds(5), now) == 5);
  CHECK(siokit::wait_ms(now + milliseconds(5) + std::chrono::nanoseconds(1), now) == 6);
  CHECK(siokit::wait_ms(now + std::chrono::hours(24 * 365), now) == 0x7fffffff);
}

TEST_CASE("pool: capacities, live bytes, free lists, exact blocks", "[core]") {
  CHECK(pool::capacity(64) == 64);
  CHECK(pool::capacity(33) == 64);
  CHECK(pool::capacity(131072) == 131072);
  CHECK(pool::capacity(131073) == 131073);
  failing_memory m;
  {
    pool p(m.hooks(), 1000);
    const pool other = p;
    void* const a = p.alloc(40);
    CHECK(reinterpret_cast<std::uintptr_t>(a) % alignof(std::max_align_t) == 0);
    CHECK(p.live() == 64);
    CHECK(other.live() == 64);
    p.free(a, 40);
    p.free(nullptr, 40);
    CHECK(p.live() == 0);
    const std::size_t asked = m.asked;
    p.free(p.alloc(64), 64);
    if (!siokit::address_sanitizer) CHECK(m.asked == asked);  // handed out again
    p.free(p.alloc(2000), 2000);
    CHECK(m.live < 3000);  // more than it may keep goes back
    void* const exact = p.alloc_exact(7);
    CHECK(p.live() == 7);
    p.free_exact(exact, 7);
    p.destroy(p.make<std::string>(std::size_t{100}, 'x'));
    p.destroy(static_cast<std::string*>(nullptr));
    (void)asked;
  }
  CHECK(m.live == 0);
  failing_memory none;
  none.fail_at = 0;
  none.for_ever = true;
  pool p(none.hooks());
  CHECK(p.alloc(1) == nullptr);
  CHECK(p.alloc_exact(1) == nullptr);
  CHECK(p.make<int>(1) == nullptr);
  CHECK(p.live() == 0);
}

TEST_CASE("arena: aligned, large and small, given back", "[core]") {
  each_failure([](pool& p) {
    siokit::arena a(p);
    for (int round = 0; round < 3; ++round) {
      std::set<void*> seen;
      for (const std::size_t n : {1u, 16u, 17u, 4000u, 100'000u, 5u, 0u, 300u}) {
        void* const at = a.alloc(n);
        if (at == nullptr) continue;
        CHECK(reinterpret_cast<std::uintptr_t>(at) % alignof(std::max_align_t) == 0);
        std::memset(at, 1, n);
        if (n != 0) CHECK(seen.insert(at).second);
      }
      a.reset();
      CHECK(p.live() <= 4096);  // at most one small chunk is kept
    }
    if (int* const many = a.array<int>(10)) many[9] = 1;
  });
}

TEST_CASE("function: small and large targets, moved, not copied", "[core]") {
  const auto alive = std::make_shared<int>(5);
  using f = siokit::function<int(int)>;
  CHECK_FALSE(f());
  {
    f small = [alive](int x) { return x + *alive; };
    f large = [alive, padding = std::array<char, 100>{}](int x) { return x * *alive + padding[0]; };
    f unique = [owned = std::make_unique<int>(1)](int x) mutable { return x + ++*owned; };
    CHECK(alive.use_count() == 3);
    CHECK((small(1) == 6 && large(2) == 10 && unique(0) == 2 && unique(0) == 3));
    f moved = std::move(small);
    CHECK_FALSE(small);
    CHECK(moved(1) == 6);
    moved = std::move(large);
    CHECK(alive.use_count() == 2);
    CHECK(moved(2) == 10);
    std::swap(moved, unique);
    CHECK((moved(0) == 4 && unique(2) == 10));
    moved = f();
    CHECK_FALSE(moved);
  }
  CHECK(alive.use_count() == 1);
  const siokit::function<std::unique_ptr<int>(std::unique_ptr<int>)> pass = [](std::unique_ptr<int> p) { return p; };
  CHECK(*pass(std::make_unique<int>(3)) == 3);
  const siokit::function<int(int)> pointer = +[](int x) { return x - 1; };
  CHECK(pointer(1) == 0);
}

TEST_CASE("result: a value or an error", "[core]") {
  siokit::result<std::string> good = std::string("x");
  CHECK(good);
  CHECK(*good == "x");
  CHECK(good->size() == 1);
  CHECK(good.error() == errc::none);
  const siokit::result<std::string> bad = errc::ack_timeout;
  CHECK_FALSE(bad);
  CHECK(bad.error() == errc::ack_timeout);
  siokit::result<void> done;
  CHECK(done);
  done = errc::refused;
  CHECK_FALSE(done);
  CHECK(done.error() == errc::refused);
}

TEST_CASE("every error has a text of its own and somebody to blame", "[core]") {
  std::set<std::string_view> texts;
  for (int i = 0; i < 256; ++i) {
    const auto e = static_cast<errc>(i);
    if (siokit::text(e).empty()) {
      CHECK(siokit::who(e) == siokit::blame::nobody);
      continue;
    }
    INFO(siokit::text(e));
    CHECK(texts.insert(siokit::text(e)).second);
    CHECK((siokit::who(e) == siokit::blame::nobody) == (e == errc::none));
  }
  CHECK(texts.size() > 100);
  CHECK(siokit::text(errc::ack_timeout) == "operation has timed out");  // as in JavaScript
  CHECK(siokit::who(errc::ws_unmasked) == siokit::blame::peer);
  CHECK(siokit::who(errc::out_of_memory) == siokit::blame::limit);
  CHECK(siokit::who(errc::reserved_event) == siokit::blame::caller);
  CHECK(siokit::who(errc::ack_disconnected) == siokit::blame::transport);
}
