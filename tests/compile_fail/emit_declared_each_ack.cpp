// on_each_ack() takes what the declared event is acknowledged with.
// expect: does not take what the event is acknowledged with
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
  io.emit(add, 1, 2, siokit::on_each_ack<std::string>([](siokit::socket_id, siokit::result<std::string>) {}, [](std::size_t) {}));
#else
  io.emit(add, 1, 2, siokit::on_each_ack<int>([](siokit::socket_id, siokit::result<int>) {}, [](std::size_t) {}));
#endif
}
}  // namespace
