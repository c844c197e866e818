// The chat of chat.cpp on standalone Asio: the same function, another event loop.
#define CHAT_NO_MAIN
#include "chat.cpp"

#include <siokit/adapters/asio.hpp>

int main(int argc, char** argv) {
  const int port = wanted_port(argc, argv, "asio");
  if (port < 0) return 2;
  siokit::server io;
  io.on_error(siokit::to_stderr);
  chat(io);

  asio::io_context ctx;
  siokit::asio_host host{ctx.get_executor(), io.driver()};
  if (!announce(host.listen(static_cast<std::uint16_t>(port)))) return 1;
  ctx.run();
}
