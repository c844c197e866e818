// The server that both official protocol test suites expect: short times, and handlers that give back what they get.
// Socket.IO under /socket.io/, Engine.IO alone under /engine.io/, on one port:
//   tools/serve conformance --port 3000 --adapter epoll
#include <siokit/server.hpp>

#include "run.hpp"

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  siokit::server_options options;
  options.ping_interval = 300ms;
  options.ping_timeout = 200ms;
  options.max_payload = 1'000'000;
  options.connect_timeout = 1'000ms;
  options.cors.origins = {"*"};

  siokit::server io{options};
  io.on_connect([](siokit::socket& s) { s.emit("auth", s.handshake().auth()); });
  io.on("message", [](siokit::socket& s, siokit::arguments args) { s.emit("message-back", args); });
  io.on("message-with-ack", [](siokit::arguments args) { return args; });
  io.of("/custom").on_connect([](siokit::socket& s) { s.emit("auth", s.handshake().auth()); });

  siokit::engine_path& engine = io.engine("/engine.io", options);
  engine.on_message = [](siokit::engine_session session, siokit::message_kind kind, siokit::bytes_view data) {
    if (kind == siokit::message_kind::text)
      session.send(siokit::as_text(data));
    else
      session.send(data);
  };
  return run(io, argc, argv);
}
