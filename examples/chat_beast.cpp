// The chat of chat.cpp below Boost.Beast: the same function, and HTTP and WebSocket that are Beast's (beast_host.hpp).
#define CHAT_NO_MAIN
#include "chat.cpp"

#include "beast_host.hpp"

int main(int argc, char** argv) {
  const int port = wanted_port(argc, argv, "beast");
  if (port < 0) return 2;
  siokit::server io;
  io.on_error(siokit::to_stderr);
  chat(io);

  boost::asio::io_context ctx{1};
  example::beast_host host{ctx, io.messages()};
  if (!announce(host.listen(static_cast<std::uint16_t>(port)))) return 1;
  ctx.run();
}
