// Events, one or several in each read, with few or many other connections open: run under callgrind by `run`, which compares
// the instructions of events() alone. What an event costs must not depend on who else is there.
//   instructions CONNECTIONS [IN_ONE_READ]     a thousand reads
#include "direct.hpp"

extern "C" [[gnu::noinline]] void events(direct::host& host, siokit::link_id link, int reads, int in_one_read) {
  static char text[4096];
  std::size_t size = 0;
  for (int i = 0; i < in_one_read; ++i) size += direct::frame(text + size, "421[\"echo\",{\"a\":1,\"b\":\"text\"}]");
  for (int i = 0; i < reads; ++i) host.exchange(link, {text, size});
}

int main(int argc, char** argv) {
  const int connections = argc > 1 ? std::atoi(argv[1]) : 10;
  const int in_one_read = argc > 2 ? std::atoi(argv[2]) : 1;
  siokit::server io;
  io.on_connect([](siokit::socket& s) { s.join("all"); });
  io.on("echo", [](siokit::value_view v) { return v; });
  static direct::host host{io.driver()};
  siokit::link_id last{};
  for (int i = 0; i < connections; ++i) last = direct::websocket(host);
  char text[128];
  host.exchange(last, {text, direct::frame(text, "421[\"echo\",1]")});
  events(host, last, 1000, in_one_read);
  return 0;
}
