// on_adapters.hpp on libuv.
#include <siokit/adapters/uv.hpp>

#include <memory>
#include <tuple>

#include <siokit/server.hpp>

#include "adapters/uv_context.hpp"

namespace on_adapters {

struct uv_server {
  static constexpr int orders = 6;
  static constexpr bool goes_on = false;
  std::unique_ptr<uv_context> ctx = std::make_unique<uv_context>();
  std::unique_ptr<siokit::server> io = std::make_unique<siokit::server>();
  std::unique_ptr<siokit::uv_host> host = std::make_unique<siokit::uv_host>(ctx->get(), io->driver());
  std::uint16_t port = host->listen(0).port;
  void turn() {
    ctx->turn(2, [&] { host->run(UV_RUN_ONCE); });
  }
  void run() { host->run(); }
  template <class F>
  void die(int order, F&& between) {
    constexpr int permutations[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (const int who : permutations[order]) {
      if (who == 0) host.reset();
      if (who == 1) io.reset();
      if (who == 2) ctx.reset();
      between();
      if (ctx && (io || !host)) uv_run(ctx->get(), UV_RUN_NOWAIT);  // a host without its driver must not turn
    }
  }
};

}  // namespace on_adapters

#define SERVERS uv_servers
using uv_servers = std::tuple<on_adapters::uv_server>;
#include "sio/on_adapters.hpp"
