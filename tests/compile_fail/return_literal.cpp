// expect: let it return siokit::value
#include <siokit/server.hpp>

int main() {
  siokit::server io;
#if defined(SIOKIT_EXPECT_FAIL)
  io.on("point", [](int x, int y) { return siokit::obj("x", x, "y", y); });
#else
  io.on("point", [](int x, int y) -> siokit::value { return siokit::obj("x", x, "y", y); });
  io.on("origin", [] { return siokit::obj("x", 0, "y", 0, "name", "origin"); });
#endif
}
