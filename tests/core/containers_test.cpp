// vec, slot_map, side_table, hash_index, index_list: what they hold, and what is left when memory fails.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <siokit/core/hash_index.hpp>
#include <siokit/core/index_list.hpp>
#include <siokit/core/slot_map.hpp>

#include "core/memory_loop.hpp"

using core_tests::each_failure;
using siokit::pool;

TEST_CASE("vec: push, pop, erase, swap_remove, move", "[core]") {
  pool p;
  siokit::vec<std::unique_ptr<int>> v;
  CHECK(v.empty());
  for (int i = 0; i < 100; ++i) REQUIRE(v.push(p, std::make_unique<int>(i)));
  CHECK(v.size() == 100);
  CHECK(*v[99] == 99);
  CHECK(*v.back() == 99);
  v.swap_remove(0);
  CHECK(*v[0] == 99);
  v.swap_remove(98);
  CHECK(v.size() == 98);
  v.erase(0);
  CHECK(*v[0] == 1);
  CHECK(v.size() == 97);
  v.erase(96);
  v.pop();
  CHECK(v.size() == 95);
  siokit::vec<std::unique_ptr<int>> w = std::move(v);
  CHECK(v.empty());
  CHECK(w.size() == 95);
  v = std::move(w);
  CHECK(v.size() == 95);
  int sum = 0;
  for (const auto& x : v) sum += *x != 0 ? 1 : 0;
  CHECK(sum == 95);
  v.clear();
  CHECK(v.empty());
  v.reset(p);
  v.reset(p);
  CHECK(p.live() == 0);
}

TEST_CASE("vec: a failed push changes nothing", "[core]") {
  each_failure([](pool& p) {
    siokit::vec<std::string> v;
    std::size_t n = 0;
    for (int i = 0; i < 200; ++i)
      if (v.push(p, std::to_string(i))) ++n;
    CHECK(v.size() == n);
    v.reset(p);
  });
}

namespace {
enum class id : std::uint64_t {};
struct counted {
  explicit counted(int& n) : alive(n) { ++alive; }
  ~counted() { --alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  int& alive;
};
}  // namespace

TEST_CASE("slot_map: ids notice that they are stale, addresses stay, slots are used again", "[core]") {
  int alive = 0;
  {
    pool p;
    siokit::slot_map<counted, id> m(p);
    std::map<id, counted*> known;
    std::vector<id> stale;
    std::uint32_t x = 1;
    for (int step = 0; step < 5000; ++step) {
      x = x * 1664525u + 1013904223u;
      if (known.empty() || x >> 31 != 0) {
        id made{};
        counted* const c = m.add(made, alive);
        REQUIRE(c != nullptr);
        CHECK(made != id{});
        CHECK(known.emplace(made, c).second);
      } else {
        const auto gone = std::next(known.begin(), static_cast<long>((x >> 8) % known.size()));
        m.remove(gone->first);
        stale.push_back(gone->first);
        known.erase(gone);
      }
    }
    for (const auto& [i, c] : known) {
      CHECK(m.find(i) == c);
      CHECK(m.id_of(m.index_of(i)) == i);
      CHECK(m.alive(m.index_of(i)));
      CHECK(&m[m.index_of(i)] == c);
    }
    for (const id i : stale) {
      CHECK(m.find(i) == nullptr);
      m.remove(i);
    }
    CHECK(m.find(id{}) == nullptr);
    CHECK(m.find(static_cast<id>(~std::uint64_t{0})) == nullptr);
    CHECK(m.size() == known.size());
    CHECK(static_cast<std::size_t>(alive) == known.size());
    CHECK(m.end_index() < 5000);
  }
  CHECK(alive == 0);
}

TEST_CASE("slot_map: a failed add is null and harmless", "[core]") {
  each_failure([](pool& p) {
    int alive = 0;
    {
      siokit::slot_map<counted, id> m(p);
      std::size_t n = 0;
      for (int i = 0; i < 100; ++i) {
        id made{};
        if (m.add(made, alive) != nullptr) ++n;
      }
      CHECK(m.size() == n);
    }
    CHECK(alive == 0);
  });
}

TEST_CASE("side_table: objects by index", "[core]") {
  each_failure([](pool& p) {
    siokit::side_table<std::string> t(p);
    CHECK_FALSE(t.reaches(0));
    std::set<std::uint32_t> made;
    for (const std::uint32_t i : {0u, 31u, 32u, 200u, 5u})
      if (t.add(i, std::size_t{40}, 'x') != nullptr) made.insert(i);
    for (const std::uint32_t i : made) {
      CHECK(t.reaches(i));
      CHECK(t[i] == std::string(40, 'x'));
      t.remove(i);
    }
  });
}

TEST_CASE("hash_index against a map, with hashes that collide", "[core]") {
  pool p;
  siokit::hash_index index(p);
  std::vector<std::string> keys;
  std::map<std::string, std::uint32_t> model;
  for (std::uint32_t i = 0; i < 300; ++i) keys.push_back("key " + std::to_string(i));
  const auto hash = [](const std::string& k) { return siokit::hash_text(k, 5) & 0x1f; };  // many of each
  const auto find = [&](const std::string& k) { return index.find(hash(k), [&](std::uint32_t i) { return keys[i] == k; }); };
  std::uint32_t x = 9;
  for (int step = 0; step < 6000; ++step) {
    x = x * 1664525u + 1013904223u;
    const std::uint32_t i = (x >> 8) % 300;
    const std::string& k = keys[i];
    if (model.count(k) == 0) {
      CHECK(find(k) == siokit::hash_index::none);
      REQUIRE(index.add(hash(k), i));
      model[k] = i;
    } else {
      CHECK(find(k) == i);
      index.remove(hash(k), i);
      model.erase(k);
    }
    if (step % 500 == 0)
      for (const std::string& each : keys) CHECK((find(each) != siokit::hash_index::none) == (model.count(each) == 1));
  }
  CHECK(index.size() == model.size());
  index.remove(0, 12345);  // was never there
  CHECK(index.size() == model.size());
  CHECK(siokit::hash_text("a", 1) != siokit::hash_text("a", 2));
}

TEST_CASE("hash_index: a failed add changes nothing", "[core]") {
  each_failure([](pool& p) {
    siokit::hash_index index(p);
    std::size_t n = 0;
    for (std::uint32_t i = 0; i < 200; ++i)
      if (index.add(i * 2654435761u, i)) ++n;
    CHECK(index.size() == n);
  });
}

TEST_CASE("index_list: in order, left from anywhere, joined once", "[core]") {
  std::vector<siokit::list_hook> hooks(10);
  const auto hook = [&](std::uint32_t i) -> siokit::list_hook& { return hooks[i]; };
  siokit::index_list list;
  const auto drain = [&] {
    std::string out;
    while (!list.empty()) {
      out += std::to_string(list.front());
      list.remove(list.front(), hook);
    }
    return out;
  };
  CHECK(list.empty());
  for (const std::uint32_t i : {3u, 1u, 4u, 1u, 5u, 9u, 3u}) list.push(i, hook);
  CHECK(hooks[4].listed());
  CHECK_FALSE(hooks[2].listed());
  list.remove(4, hook);
  list.remove(4, hook);
  list.remove(9, hook);
  list.remove(3, hook);
  list.push(3, hook);
  CHECK(drain() == "153");
  list.push(0, hook);
  CHECK(drain() == "0");
}
