// The delays between attempts: backo2.ts, number by number.
#include "catch.hpp"

#include <siokit/sio/backoff.hpp>

#include <algorithm>
#include <cfloat>
#include <vector>

using siokit::backoff;
using siokit::milliseconds;

namespace {

/// Where the processor calculates doubles in a longer form (x87), a millisecond may be cut off or not.
bool alike(const std::vector<int>& a, const std::vector<int>& b) {
  const auto near_enough = [](int x, int y) { return x == y || (FLT_EVAL_METHOD != 0 && (x == y - 1 || x == y + 1)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), near_enough);
}

std::vector<int> delays(backoff b, double random, int n) {
  std::vector<int> out;
  for (int i = 0; i < n; ++i) out.push_back(static_cast<int>(b.next(random).count()));
  return out;
}

constexpr milliseconds third(backoff b) {
  static_cast<void>(b.next(0));
  static_cast<void>(b.next(0));
  return b.next(0);
}

}  // namespace

TEST_CASE("backoff: the same delays as socket.io-client 4.8.4 with the same luck") {
  struct row {
    double random;
    std::vector<int> delays;
  };
  // new Backoff({min: 1000, max: 5000, jitter: 0.5}) with Math.random() = random
  for (const row& r : {row{0, {1000, 2000, 4000, 5000, 5000, 5000}}, row{0.05, {975, 1950, 3900, 5000, 5000, 5000}},
                       row{0.15, {1075, 2150, 4300, 5000, 5000, 5000}}, row{0.25, {875, 1750, 3500, 5000, 5000, 5000}},
                       row{0.5, {1250, 2500, 5000, 5000, 5000, 5000}}, row{0.77, {1385, 2770, 5000, 5000, 5000, 5000}},
                       row{0.95, {1475, 2950, 5000, 5000, 5000, 5000}}, row{0.999999, {1499, 2999, 5000, 5000, 5000, 5000}}})
    CHECK(alike(delays(backoff(), r.random, 6), r.delays));
  // {min: 1, max: 60000, jitter: 1}
  for (const row& r : {row{0, {1, 2, 4, 8, 16, 32}}, row{0.05, {1, 2, 4, 8, 16, 31}}, row{0.15, {1, 2, 4, 9, 18, 36}},
                       row{0.25, {1, 2, 3, 6, 12, 24}}, row{0.5, {1, 3, 6, 12, 24, 48}}, row{0.77, {1, 3, 7, 14, 28, 56}},
                       row{0.95, {1, 3, 7, 15, 31, 62}}, row{0.999999, {1, 3, 7, 15, 31, 63}}})
    CHECK(alike(delays(backoff(milliseconds(1), milliseconds(60'000), 1), r.random, 6), r.delays));
  // {min: 333, max: 7777, jitter: 0.3}
  for (const row& r : {row{0.05, {329, 657, 1313, 2625, 5249, 7777}}, row{0.15, {347, 695, 1391, 2783, 5567, 7777}},
                       row{0.77, {409, 819, 1639, 3279, 6558, 7777}}, row{0.999999, {432, 865, 1731, 3463, 6926, 7777}}})
    CHECK(alike(delays(backoff(milliseconds(333), milliseconds(7'777), 0.3), r.random, 6), r.delays));
}

TEST_CASE("backoff: without jitter luck does nothing") {
  for (const double jitter : {0.0, -1.0, 1.5})
    for (const double random : {0.0, 0.5, 0.99})
      CHECK(delays(backoff(milliseconds(100), milliseconds(10'000), jitter), random, 8) ==
            std::vector<int>{100, 200, 400, 800, 1600, 3200, 6400, 10000});
}

TEST_CASE("backoff: counts, starts over, and is a constant expression") {
  backoff b;
  CHECK(b.attempts() == 0);
  CHECK(b.next(0) == milliseconds(1000));
  CHECK(b.next(0) == milliseconds(2000));
  CHECK(b.attempts() == 2);
  b.reset();
  CHECK(b.attempts() == 0);
  CHECK(b.next(0) == milliseconds(1000));
  static_assert(third(backoff()) == milliseconds(4000));
}

TEST_CASE("backoff: no attempt overflows, the cap holds from the first that reaches it") {
  for (const double random : {0.0, 0.25, 0.85, 0.95, 0x1.fffffffffffffp-1}) {
    backoff b(milliseconds(1000), milliseconds(5000), 1);
    for (int i = 0; i < 3000; ++i) {
      const milliseconds d = b.next(random);
      REQUIRE(d >= milliseconds(0));
      REQUIRE(d <= milliseconds(5000));
      if (i > 6) REQUIRE(d == milliseconds(5000));
    }
  }
  backoff longest(milliseconds::max(), milliseconds::max());
  for (int i = 0; i < 100; ++i) CHECK(longest.next(0.95) > milliseconds(0));
  backoff no_delay(milliseconds(0), milliseconds(5000));
  for (int i = 0; i < 100; ++i) CHECK(no_delay.next(0.95) == milliseconds(0));
  CHECK(backoff(milliseconds(9000), milliseconds(5000)).next(0) == milliseconds(5000));
}

TEST_CASE("unit_double: from 0 to just below 1") {
  CHECK(siokit::unit_double(0) == 0);
  CHECK(siokit::unit_double(~std::uint64_t{0}) < 1);
  CHECK(siokit::unit_double(~std::uint64_t{0}) == 0x1.fffffffffffffp-1);
  CHECK(siokit::unit_double(std::uint64_t{1} << 63) == 0.5);
}
