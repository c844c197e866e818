// A program of someone else's: the smallest that uses the library.
#include <siokit/server.hpp>

int main() {
  siokit::server io;
  io.on("add", [](int a, int b) { return a + b; });
}
