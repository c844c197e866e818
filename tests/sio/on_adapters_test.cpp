// on_adapters.hpp on poll and, where there is one, epoll.
#if defined(__linux__)
#include <siokit/adapters/epoll.hpp>
#endif
#include <siokit/adapters/poll.hpp>

#include <memory>
#include <tuple>

#include <siokit/server.hpp>

namespace on_adapters {

template <class Host>
struct posix_server {
  static constexpr int orders = 2;
  static constexpr bool goes_on = true;
  std::unique_ptr<siokit::server> io = std::make_unique<siokit::server>();
  std::unique_ptr<Host> host = std::make_unique<Host>(io->driver());
  std::uint16_t port = host->listen(0).port;
  void turn() { host->step(siokit::milliseconds{2}); }
  void run() { host->run(); }
  template <class F>
  void die(int order, F&& between) {
    order == 0 ? host.reset() : io.reset();
    between();
    order == 0 ? io.reset() : host.reset();
  }
};

}  // namespace on_adapters

#define SERVERS posix_servers
#if defined(__linux__)
using posix_servers = std::tuple<on_adapters::posix_server<siokit::poll_host>, on_adapters::posix_server<siokit::epoll_host>>;
#else
using posix_servers = std::tuple<on_adapters::posix_server<siokit::poll_host>>;
#endif
#include "sio/on_adapters.hpp"
