// What is awaited is kept by the coroutine.
// expect: what emit_with_ack<T>() gives is kept by a coroutine: T owns what it holds (std::string, siokit::bytes, siokit::value)
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
  (void)client.emit_with_ack<std::string_view>(siokit::no_timeout, "e");
#else
  (void)client.emit_with_ack<std::string>(siokit::no_timeout, "e");
#endif
}
}  // namespace
