// The other of two units of a program that both include everything.
#include <siokit/siokit.hpp>

int answer_of_b();

int answer_of_b() {
  siokit::server io;
  io.on("say", [](siokit::socket& s, std::string_view text) { s.broadcast().emit("said", text); });
  return 1;
}
