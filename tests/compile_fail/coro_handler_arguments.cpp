// All arguments of an event are gone with it.
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
  client.on("e", [](siokit::arguments) -> siokit::task<> { co_return; });
#else
  client.on("e", [](siokit::client_socket&, siokit::value) -> siokit::task<> { co_return; });
#endif
}
}  // namespace
