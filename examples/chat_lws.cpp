// The chat of chat.cpp below libwebsockets: the same function, and HTTP, WebSocket and a loop that are lws's (lws_host.hpp).
#define CHAT_NO_MAIN
#include "chat.cpp"

#include "lws_host.hpp"

int main(int argc, char** argv) {
  const int port = wanted_port(argc, argv, "lws");
  if (port < 0) return 2;
  siokit::server io;
  io.on_error(siokit::to_stderr);
  chat(io);

  example::lws_host host{io.messages()};
  if (!announce(host.listen(static_cast<std::uint16_t>(port)))) return 1;
  host.run();
}
