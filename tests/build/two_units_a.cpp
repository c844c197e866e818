// One of two units of a program that both include everything. Half of what they check is that they link.
#include <siokit/siokit.hpp>

int answer_of_b();

int main() {
  siokit::server io;
  io.on("add", [](int a, int b) { return a + b; });
  return answer_of_b() == 1 ? 0 : 1;
}
