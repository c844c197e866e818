// Only a server's sockets come and go.
// expect: handlers of a server take siokit::socket&, those of a client siokit::client_socket&
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
  client.on("e", [](siokit::socket_ref) {});
#else
  io.on("e", [](siokit::socket_ref) {});
#endif
}
}  // namespace
