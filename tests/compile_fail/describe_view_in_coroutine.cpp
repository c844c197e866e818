// A described struct borrows what its members borrow.
// expect: a coroutine handler takes arguments that own what they hold
#include <siokit/coro.hpp>
#include <siokit/server.hpp>

struct lent {
  std::vector<std::string_view> names;
};
SIOKIT_FIELDS(lent, names)
struct kept {
  std::vector<kept> children;
  std::string name;
};
SIOKIT_FIELDS(kept, children, name)

int main() {
  siokit::server io;
#if defined(SIOKIT_EXPECT_FAIL)
  io.on("x", [](lent) -> siokit::task<void> { co_return; });
#else
  io.on("x", [](kept) -> siokit::task<void> { co_return; });
#endif
}
