// The rig of rigs.hpp for libuv: the loop is run by the test, a few milliseconds a turn.
#pragma once

#include <siokit/adapters/uv.hpp>

#include "adapters/rigs.hpp"
#include "adapters/uv_context.hpp"

struct uv_rig {
  static constexpr std::size_t bytes_at_rest = 400;  // libuv's handle has 264
  static constexpr bool nested_turns_are_caught = false;
  echo_driver io;
  uv_context ctx;
  siokit::uv_host host;

  explicit uv_rig(const siokit::host_options& options = {}) : host(ctx.get(), io, options) {}
  void turn() {
    ctx.turn(5, [&] { host.run(UV_RUN_ONCE); });
  }
  void run() { host.run(); }
};
