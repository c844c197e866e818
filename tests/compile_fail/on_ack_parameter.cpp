// on_ack() reads the type of the answer off its handler.
// expect: on_ack() takes a callable with one parameter of the form siokit::result<T>
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
  (void)s.emit("e", siokit::on_ack([](int) {}));
#else
  (void)s.emit("e", siokit::on_ack([](siokit::result<int>) {}));
#endif
}
}  // namespace
