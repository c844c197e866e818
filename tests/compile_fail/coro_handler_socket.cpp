// A coroutine handler keeps a reference that notices when the socket is gone.
// expect: a coroutine handler takes siokit::socket_ref: a siokit::socket& may be gone when it goes on
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
  io.on("e", [](siokit::socket&) -> siokit::task<int> { co_return 1; });
#else
  io.on("e", [](siokit::socket_ref) -> siokit::task<int> { co_return 1; });
#endif
}
}  // namespace
