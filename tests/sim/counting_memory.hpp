// A siokit::memory that counts what is out, keeps account of every block, and fails on request.
#pragma once

#include <cstdlib>
#include <unordered_map>

#include <siokit/core/memory.hpp>

namespace sim_client {

class counting_memory {
 public:
  counting_memory() = default;
  counting_memory(const counting_memory&) = delete;
  counting_memory& operator=(const counting_memory&) = delete;

  siokit::memory hooks() {
    siokit::memory m;
    m.alloc = [](void* self, std::size_t n) { return static_cast<counting_memory*>(self)->take(n); };
    m.free = [](void* self, void* block, std::size_t n) { static_cast<counting_memory*>(self)->give(block, n); };
    m.ctx = this;
    return m;
  }

  std::size_t live = 0;    // bytes
  std::size_t most = 0;    // bytes, ever
  std::size_t asked = 0;   // allocations so far
  std::size_t fail_from = ~std::size_t{0};  // the first allocation that fails
  std::size_t fail_count = 0;               // how many fail from there
  std::size_t failed = 0;
  bool mistaken = false;   // a block came back that was not out, or with another size

 private:
  void* take(std::size_t n) {
    const std::size_t mine = asked++;
    if (mine >= fail_from && mine - fail_from < fail_count) {
      ++failed;
      return nullptr;
    }
    void* const block = std::malloc(n == 0 ? 1 : n);
    blocks_[block] = n;
    live += n;
    if (live > most) most = live;
    return block;
  }
  void give(void* block, std::size_t n) {
    const auto found = blocks_.find(block);
    if (found == blocks_.end() || found->second != n) {
      mistaken = true;
      return;
    }
    live -= n;
    blocks_.erase(found);
    std::free(block);
  }

  std::unordered_map<void*, std::size_t> blocks_;
};

}  // namespace sim_client
