// The loop's side of a uv_host: the pump that ends every callback, the timer, posted functions, listening, the end.
// Links are in uv_links.hpp, dialing is in uv_dial.hpp; programs use uv_host (uv.hpp).
// The whole is the state that open handles share; it outlives the host until libuv has closed them.
#pragma once

#include <siokit/adapters/post_queue.hpp>
#include <siokit/adapters/uv_dial.hpp>

SIOKIT_NAMESPACE_BEGIN

class uv_hosting final : public uv_dials {
 public:
  uv_hosting(uv_loop_t*, driver&, const host_options&);

  /// Binds the driver. Once, after this is held by a shared_ptr.
  void start();
  void let_go() noexcept;

  // What uv_host offers.
  listening listen(const listen_options&);
  void close_listeners();
  void close(milliseconds drain);
  void halt();
  int run(uv_run_mode);
  template <class F>
  void post(F&& f) {
    if (error_ == 0 && posted_->push(std::forward<F>(f))) ring(this);
  }
  int error() const noexcept { return error_; }

 private:
  static constexpr int accepts_per_turn = 32;  // a storm of connections does not starve the connected
  struct listener;

  static void ring(void* host);
  static void on_acceptable(uv_poll_t*, int status, int events);

  void pump() override;
  void pump_later() override;
  void wake_up();
  void work();
  void expire();
  void arm(time_point due);
  time_point soonest() const;

  void watch(listener&);
  void accept_all(listener&);
  void pause_accepting();
  void resume_accepting();

  uv_timer_t timer_{};  // the deadline
  uv_idle_t soon_{};    // active: there is something to do in the next turn
  uv_async_t async_{};  // other threads' way in; does not keep the loop at work
  std::shared_ptr<posix::post_queue> posted_ = std::make_shared<posix::post_queue>();
  std::vector<listener*> listeners_;
  std::vector<listener*> lost_;  // closed by somebody else
  void* name_ = nullptr;         // what the driver knows this by
  time_point armed_ = never;
  time_point accept_again_ = never;
  milliseconds accept_pause_{0};
  time_point drain_until_ = never;
  bool finishing_ = false;
  int error_ = 0;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/uv_loop.ipp>
