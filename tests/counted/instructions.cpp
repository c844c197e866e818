// One event, many times, with few or many other connections open: run under callgrind by `run`, which compares the
// instructions of events() alone. What an event costs must not depend on who else is there.
#include "direct.hpp"

extern "C" [[gnu::noinline]] void events(direct::host& host, siokit::link_id link, int n) {
  char text[128];
  for (int i = 0; i < n; ++i)
    host.exchange(link, {text, direct::frame(text, "421[\"echo\",{\"a\":1,\"b\":\"text\"}]")});
}

int main(int argc, char** argv) {
  const int connections = argc > 1 ? std::atoi(argv[1]) : 10;
  siokit::server io;
  io.on_connect([](siokit::socket& s) { s.join("all"); });
  io.on("echo", [](siokit::value_view v) { return v; });
  static direct::host host{io.driver()};
  siokit::link_id last{};
  for (int i = 0; i < connections; ++i) last = direct::websocket(host);
  char text[128];
  host.exchange(last, {text, direct::frame(text, "421[\"echo\",1]")});
  events(host, last, 1000);
  return 0;
}
