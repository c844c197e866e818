// Seeded simulations of siokit clients and a siokit server that share a bad network: the invariants of client_world.hpp,
// the whole time. A failure names its seed; SIOKIT_SEED=N runs that one alone. The quick tier runs 450 seeds,
// SIOKIT_LONG=1 2,500.
#include <cstdlib>

#include "catch.hpp"
#include "sim/client_world.hpp"

using namespace std::chrono_literals;

TEST_CASE("clients without faults get everything") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    sim_client::client_world w(seed, {3, 0, 20s, seed != 1});
    CHECK(w() == "");
    CHECK(w.connects() == 6);
    CHECK(w.disconnects() == 6);
    CHECK(w.answered() > 30);
    CHECK(w.repeated() == 0);
  }
}

TEST_CASE("clients come back from every fault") {
  const char* const one = std::getenv("SIOKIT_SEED");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 5000;
  const std::uint64_t count = one != nullptr ? 1 : std::getenv("SIOKIT_LONG") != nullptr ? 2500 : 450;
  std::size_t connects = 0, answered = 0, failed = 0, repeated = 0, upgrades = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    sim_client::client_world w(seed, {3, 150, 30s, true});
    const std::string error = w();
    connects += w.connects();
    answered += w.answered();
    failed += w.failed();
    repeated += w.repeated();
    upgrades += w.upgrades();
    CHECK(error == "");
    if (!error.empty()) break;
  }
  CHECK(connects > count * 10);
  CHECK(answered > count * 30);
  CHECK(failed > count);
  CHECK(upgrades > count / 4);
  if (one == nullptr) CHECK(repeated > 0);
}
