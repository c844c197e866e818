// Counts what comes from the ordinary heap and from the hooks that a server or client is given, while it is told to.
// One per program: it replaces operator new.
// Not for sanitizer builds: there nothing is cached on purpose.
#pragma once

#include "direct.hpp"

#include <new>

namespace {
std::size_t heap = 0;
std::size_t hooks = 0;
bool counting = false;
}  // namespace

void* operator new(std::size_t n) {
  heap += counting;
  if (void* at = std::malloc(n)) return at;
  std::abort();
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }

namespace {

void* counted_alloc(void*, std::size_t n) {
  hooks += counting;
  return std::malloc(n);
}

/// Does something a hundred times until caches are full, then a thousand times, which must not allocate.
template <class F>
void count(const char* what, F&& one) {
  for (int i = 0; i < 100; ++i) one();
  heap = hooks = 0;
  counting = true;
  for (int i = 0; i < 1000; ++i) one();
  counting = false;
  std::printf("%-52s %zu from the heap, %zu from the hooks in 1000 events\n", what, heap, hooks);
  direct::expect(heap == 0 && hooks == 0, what);
}

}  // namespace
