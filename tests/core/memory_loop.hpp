// A siokit::memory that counts, and fails the n-th allocation, once or from there on.
#pragma once

#include <cstdlib>

#include <siokit/core/memory.hpp>

#include "catch.hpp"

namespace core_tests {

struct failing_memory {
  std::size_t asked = 0, failed = 0, live = 0, blocks = 0;
  std::size_t fail_at = ~std::size_t{0};
  bool for_ever = false;

  siokit::memory hooks() {
    siokit::memory m;
    m.alloc = [](void* self, std::size_t n) { return static_cast<failing_memory*>(self)->take(n); };
    m.free = [](void* self, void* block, std::size_t n) {
      auto* const me = static_cast<failing_memory*>(self);
      me->live -= n;
      --me->blocks;
      std::free(block);
    };
    m.ctx = this;
    return m;
  }

 private:
  void* take(std::size_t n) {
    const std::size_t mine = asked++;
    if (for_ever ? mine >= fail_at : mine == fail_at) {
      ++failed;
      return nullptr;
    }
    live += n;
    ++blocks;
    return std::malloc(n == 0 ? 1 : n);
  }
};

/// Runs f(pool) with the n-th allocation failing, for n = 0.. until none fails, once and for ever. No byte may be left over.
template <class F>
void each_failure(F&& f) {
  for (const bool for_ever : {false, true})
    for (std::size_t n = 0;; ++n) {
      failing_memory m;
      m.fail_at = n;
      m.for_ever = for_ever;
      {
        siokit::pool p(m.hooks());
        f(p);
      }
      INFO("allocation " << n);
      REQUIRE(m.live == 0);
      REQUIRE(m.blocks == 0);
      if (m.failed == 0) break;
      REQUIRE(n < 10'000);
    }
}

}  // namespace core_tests
