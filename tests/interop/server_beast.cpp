// The interop server below Boost.Beast: interop_server_beast --port N --adapter beast
#include "server_application.hpp"
#include "server_arguments.hpp"

#include "../../examples/beast_host.hpp"

#include <boost/asio/signal_set.hpp>

int main(int argc, char** argv) {
  const int port = interop::wanted_port(argc, argv, "beast");
  if (port < 0) return 2;
  siokit::server io{interop::settings()};
  interop::application(io);

  boost::asio::io_context ctx{1};
  boost::asio::signal_set signals{ctx, SIGINT, SIGTERM};
  example::beast_host host{ctx, io.messages()};
  if (!interop::announce(host.listen(static_cast<std::uint16_t>(port)))) return 1;
  signals.async_wait([&](const auto& error, int) {
    if (error) return;
    io.close();
    host.close(std::chrono::seconds{2});
  });
  ctx.run();
}
