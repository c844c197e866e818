// portable.hpp on Asio.
#if defined(__SANITIZE_THREAD__)
#define ASIO_DISABLE_FENCED_BLOCK  // g++ refuses Asio's fences there; they only add to the scheduler's mutex
#endif
#include <asio/io_context.hpp>
#include <siokit/adapters/asio.hpp>

#include <tuple>

#include "adapters/echo_driver.hpp"

struct asio_alone {
  echo_driver io;
  asio::io_context ctx;
  siokit::asio_host host;

  explicit asio_alone(const siokit::host_options& options) : host(ctx.get_executor(), io, options) {}
  void turn() {
    ctx.restart();
    ctx.run_one_for(std::chrono::milliseconds{5});
    ctx.poll();
  }
  void run() {
    ctx.restart();
    ctx.run();
  }
};

#define ALONE asio_hosts
using asio_hosts = std::tuple<asio_alone>;
#include "adapters/portable.hpp"
