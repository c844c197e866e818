// A coroutine handler has its arguments to itself.
// expect: a coroutine handler takes its arguments by value: what a reference refers to is gone when it goes on
#include <siokit/coro.hpp>

#include <siokit/client.hpp>
#include <siokit/server.hpp>

namespace {
inline constexpr siokit::event<int(int, int)> add{"add"};

[[maybe_unused]] void program(siokit::server& io, siokit::client& client) {
  (void)add;
  (void)io.name();
  (void)client.name();
#if defined(SIOKIT_EXPECT_FAIL)
  io.on("e", [](const std::string&) -> siokit::task<int> { co_return 1; });
#else
  io.on("e", [](std::string) -> siokit::task<int> { co_return 1; });
#endif
}
}  // namespace
