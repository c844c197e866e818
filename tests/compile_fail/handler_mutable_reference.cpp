// Arguments are decoded for the handler alone: there is nothing to refer to.
// expect: a handler takes its arguments by value or const reference; only siokit::socket& is a reference
#include <siokit/server.hpp>

namespace {
enum class color { red, green };
struct point {
  int x = 0;
};
inline constexpr siokit::event<int(int, int)> add{"add"};
inline constexpr siokit::event<void(std::string_view)> say{"say"};

[[maybe_unused]] void program(siokit::server& io, siokit::socket& s, point* p, color c) {
  (void)io.of("/x").name();
  (void)s.id();
  (void)p;
  (void)c;
  (void)add;
  (void)say;
#if defined(SIOKIT_EXPECT_FAIL)
  io.on("e", [](std::string&) {});
#else
  io.on("e", [](const std::string&) {});
#endif
}
}  // namespace
