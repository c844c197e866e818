// What a coroutine handler co_returns is checked against the declaration.
// expect: the handler does not acknowledge with what the event declares
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
  io.on(add, [](int, int) -> siokit::task<std::string> { co_return "x"; });
#else
  io.on(add, [](int a, int b) -> siokit::task<int> { co_return a + b; });
#endif
}
}  // namespace
