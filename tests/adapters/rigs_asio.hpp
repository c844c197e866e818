// The rig of rigs.hpp for Asio: the context is run by the test, a few milliseconds a turn.
#pragma once

// g++ refuses Asio's fences under -fsanitize=thread. They only add to the scheduler's mutex.
#if defined(__SANITIZE_THREAD__)
#define ASIO_DISABLE_FENCED_BLOCK
#endif
#include <asio/io_context.hpp>
#include <siokit/adapters/asio.hpp>

#include "adapters/rigs.hpp"

struct asio_rig {
  static constexpr std::size_t bytes_at_rest = 1000;
  static constexpr bool nested_turns_are_caught = false;  // Asio runs other completions, which is no misuse
  echo_driver io;
  asio::io_context ctx;
  siokit::asio_host host;

  explicit asio_rig(const siokit::host_options& options = {}) : host(ctx.get_executor(), io, options) {}
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
