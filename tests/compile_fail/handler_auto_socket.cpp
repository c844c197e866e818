// The same for a handler of one socket.
// expect: a handler needs one signature to read its types from: [](auto...) has none
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
  s.on("e", [](auto) {});
#else
  s.on("e", [](int) {});
#endif
}
}  // namespace
