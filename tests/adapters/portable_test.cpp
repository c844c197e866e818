// portable.hpp on poll.
#include <siokit/adapters/poll.hpp>

#include <tuple>

#include "adapters/echo_driver.hpp"
#include "catch.hpp"

struct poll_alone {
  echo_driver io;
  siokit::poll_host host;

  explicit poll_alone(const siokit::host_options& options) : host(io, options) { REQUIRE(host.error() == 0); }
  void turn() { host.step(siokit::milliseconds{5}); }
  void run() { host.run(); }
};

#define ALONE poll_hosts
using poll_hosts = std::tuple<poll_alone>;
#include "adapters/portable.hpp"
