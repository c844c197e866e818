// Which form an enum takes on the wire is for its codec to say.
// expect: siokit encodes enums only by a siokit::codec of yours: choice()
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
  (void)s.emit("e", c);
#else
  (void)s.emit("e", static_cast<int>(c));
#endif
}
}  // namespace
