// A coroutine middleware co_returns why it refuses, or nothing.
// expect: a coroutine middleware takes siokit::socket_ref and co_returns std::optional<siokit::refusal>
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
  io.use([](siokit::socket&) -> siokit::task<bool> { co_return true; });
#else
  io.use([](siokit::socket_ref) -> siokit::task<std::optional<siokit::refusal>> { co_return std::nullopt; });
#endif
}
}  // namespace
