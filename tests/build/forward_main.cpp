// The names of fwd.hpp are those of the library: this unit has both.
#include <siokit/fwd.hpp>

#include "forward_only.hpp"

#include <siokit/siokit.hpp>

int answers(siokit::server* io, siokit::client* c) { return io->size() == 0 && c == nullptr ? 0 : 1; }

int main() {
  siokit::server io;
  mentions all;
  all.room = &io;
  all.host = [](siokit::driver&, siokit::message_driver&, const siokit::host_services&, siokit::batch&) {};
  return pass_on(&io, nullptr);
}
