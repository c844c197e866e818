// The interop server below libwebsockets: interop_server_lws --port N --adapter lws
#include "server_application.hpp"
#include "server_arguments.hpp"

#include "../../examples/lws_host.hpp"

#include <csignal>

namespace {

example::lws_host* stopped_by_signals = nullptr;
extern "C" void stop_on_signal(int) { stopped_by_signals->stop(); }

}  // namespace

int main(int argc, char** argv) {
  const int port = interop::wanted_port(argc, argv, "lws");
  if (port < 0) return 2;
  siokit::server io{interop::settings()};
  interop::application(io);

  example::lws_host host{io.messages(), {"x-interop:"}};
  if (!interop::announce(host.listen(static_cast<std::uint16_t>(port)))) return 1;
  stopped_by_signals = &host;
  for (const int s : {SIGINT, SIGTERM}) std::signal(s, stop_on_signal);
  host.run();
  for (const int s : {SIGINT, SIGTERM}) std::signal(s, SIG_DFL);
  io.close();
  host.close(std::chrono::seconds{2});
  host.run();
}
