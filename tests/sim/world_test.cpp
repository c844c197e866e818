// Seeded simulations: many clients, faults of all kinds, and the invariants of world.hpp after every step. A failure
// names its seed; SIOKIT_SEED=N runs that one alone. The quick tier runs fewer clients, SIOKIT_LONG=1 a thousand times
// fifty.
#include <cstdlib>

#include "catch.hpp"
#include "sim/world.hpp"

using namespace std::chrono_literals;

namespace {

bool is_long() { return std::getenv("SIOKIT_LONG") != nullptr; }

}  // namespace

TEST_CASE("without faults everybody gets everything") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    sim_client::world w(seed, {10, 0, 30s, seed != 1});
    CHECK(w() == "");
    CHECK(w.lost() == 0);
    CHECK(w.delivered() > 300);
  }
}

TEST_CASE("a thousand afternoons of faults") {
  const char* const one = std::getenv("SIOKIT_SEED");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1000;
  const std::uint64_t count = one != nullptr ? 1 : is_long() ? 1000 : 200;
  const std::size_t clients = is_long() ? 50 : 20;
  std::size_t lost = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    sim_client::world w(seed, {clients, 30, is_long() ? 60s : 20s, true});
    const std::string error = w();
    lost += w.lost();
    CHECK(error == "");
    if (!error.empty()) break;
  }
  CHECK(lost > 0);
}
