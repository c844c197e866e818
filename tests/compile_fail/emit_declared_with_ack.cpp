// The arguments of a declared event are checked also when an acknowledgement follows them.
// expect: the arguments are not those that the event declares
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
  (void)s.emit(add, "x", "y", siokit::on_ack([](siokit::result<int>) {}));
#else
  (void)s.emit(add, 1, 2, siokit::on_ack([](siokit::result<int>) {}));
#endif
}
}  // namespace
