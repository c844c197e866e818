// A loop of libuv for tests: run for some milliseconds at most, and torn down in the way that is common in programs.
// The host of a test may be alive when that happens.
#pragma once

#include <uv.h>

#include <siokit/adapters/host.hpp>

#include "catch.hpp"

/// A loop that ends as libuv wants it: every handle closed, then uv_loop_close(), which must agree.
class uv_context {
 public:
  uv_context() {
    uv_loop_init(&loop_);
    uv_timer_init(&loop_, &bound_);
    auto* const first = new uv_tcp_t;  // has libuv open what it keeps for itself: descriptors are counted
    uv_tcp_init(&loop_, first);
    uv_close(reinterpret_cast<uv_handle_t*>(first), [](uv_handle_t* h) { delete reinterpret_cast<uv_tcp_t*>(h); });
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
  uv_context(const uv_context&) = delete;
  uv_context& operator=(const uv_context&) = delete;
  ~uv_context() {
    uv_walk(
        &loop_,
        [](uv_handle_t* h, void*) {
          if (uv_is_closing(h) == 0) uv_close(h, nullptr);
        },
        nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop_) == 0);
  }

  uv_loop_t* get() { return &loop_; }
  /// Runs it once, by `run`, for at most so many milliseconds.
  template <class F>
  void turn(std::uint64_t ms, F&& run) {
    uv_update_time(&loop_);
    // Repeated, since a turn that begins late runs the timer before it waits.
    uv_timer_start(&bound_, [](uv_timer_t*) {}, ms, ms);
    const siokit::scope_exit unbound{[&] { uv_timer_stop(&bound_); }};
    run();
  }

 private:
  uv_loop_t loop_;
  uv_timer_t bound_;
};
