// The chat of chat.cpp on libuv: the same function, another event loop.
#define CHAT_NO_MAIN
#include "chat.cpp"

#include <siokit/adapters/uv.hpp>

int main(int argc, char** argv) {
  const int port = wanted_port(argc, argv, "uv");
  if (port < 0) return 2;
  siokit::server io;
  io.on_error(siokit::to_stderr);
  chat(io);

  siokit::uv_host host{uv_default_loop(), io.driver()};
  if (!announce(host.listen(static_cast<std::uint16_t>(port)))) return 1;
  host.run();
}
