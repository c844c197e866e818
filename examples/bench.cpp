// The server under load, for comparisons and for load generators: tools/serve bench [--port N] [--adapter poll|epoll|asio]
//   every socket joins the room "all"
//   "echo"   is acknowledged with its first argument, as it came
//   "bcast"  is sent on to the room, the sender included, as "msg" with the same argument
#include <siokit/server.hpp>

#include "run.hpp"

int main(int argc, char** argv) {
  siokit::server io;
  io.on_connect([](siokit::socket& s) { s.join("all"); });
  io.on("echo", [](siokit::value_view x) { return x; });
  io.on("bcast", [&io](siokit::value_view x) { io.to("all").emit("msg", x); });
  return run(io, argc, argv);
}
