// on_adapters.hpp on Asio.
#if defined(__SANITIZE_THREAD__)
#define ASIO_DISABLE_FENCED_BLOCK  // g++ refuses Asio's fences there; they only add to the scheduler's mutex
#endif
#include <asio/io_context.hpp>
#include <siokit/adapters/asio.hpp>

#include <memory>
#include <tuple>

#include <siokit/server.hpp>

namespace on_adapters {

struct asio_server {
  static constexpr int orders = 6;
  static constexpr bool goes_on = false;
  std::unique_ptr<asio::io_context> ctx = std::make_unique<asio::io_context>();
  std::unique_ptr<siokit::server> io = std::make_unique<siokit::server>();
  std::unique_ptr<siokit::asio_host> host = std::make_unique<siokit::asio_host>(ctx->get_executor(), io->driver());
  std::uint16_t port = host->listen(0).port;
  void turn() {
    ctx->restart();
    ctx->run_one_for(std::chrono::milliseconds{2});
    ctx->poll();
  }
  void run() {
    ctx->restart();
    ctx->run();
  }
  template <class F>
  void die(int order, F&& between) {
    constexpr int permutations[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (const int who : permutations[order]) {
      if (who == 0) host.reset();
      if (who == 1) io.reset();
      if (who == 2) ctx.reset();
      between();
      if (ctx && (io || !host)) {  // no turn of a host whose driver is gone: a deadline may be due
        ctx->restart();
        ctx->poll();
      }
    }
  }
};

}  // namespace on_adapters

#define SERVERS asio_servers
using asio_servers = std::tuple<on_adapters::asio_server>;
#include "sio/on_adapters.hpp"
