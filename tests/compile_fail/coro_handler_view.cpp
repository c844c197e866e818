// A coroutine handler has its arguments to itself, inside of containers, too.
// expect: a coroutine handler takes arguments that own what they hold (std::string, siokit::bytes, siokit::value): what others refer to is gone when it goes on
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
  io.on("e", [](std::vector<std::string_view>) -> siokit::task<> { co_return; });
#else
  io.on("e", [](std::vector<std::string>) -> siokit::task<> { co_return; });
#endif
}
}  // namespace
