// The interop server on siokit's adapters. Run by tests/interop/run: interop_server --port N --adapter poll|epoll|asio
#include "server_application.hpp"

#include "../../examples/run.hpp"

int main(int argc, char** argv) {
  siokit::server io{interop::settings()};
  interop::application(io);
  return run(io, argc, argv);
}
