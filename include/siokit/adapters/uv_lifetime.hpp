// What lets host, driver and loop of a uv_host die in any order, and what keeps exceptions out of libuv's C code.
//
//   the host dies     its handles are closed; libuv gives their memory back in the next turn of the loop
//   the loop dies     uv_loop_close() refuses while the host lives. A program that closes every handle of the loop by
//                     uv_walk() closes ours too: from then on the host does nothing
//   the driver dies   must be after the last turn; then in any order with the two others
#pragma once

#include <uv.h>

#include <exception>
#include <memory>
#include <vector>

#include <siokit/adapters/host.hpp>
#include <siokit/adapters/host_names.hpp>

SIOKIT_NAMESPACE_BEGIN

/// The state of a host. Every open handle counts as one that needs it.
class uv_state : public std::enable_shared_from_this<uv_state> {
 public:
  uv_state(const uv_state&) = delete;
  uv_state& operator=(const uv_state&) = delete;

  /// Does what the driver wants, in the loop's next turn.
  virtual void pump_later() = 0;
  /// Passes on the oldest exception that a handler threw and nobody has taken.
  void rethrow();
  bool threw() const noexcept { return !thrown_.empty(); }
  /// uv_run() is about to return, for an exception or because somebody called uv_stop().
  bool stopping() const noexcept { return loop_->stop_flag != 0; }

 protected:
  explicit uv_state(uv_loop_t* loop) noexcept : loop_(loop) {}
  ~uv_state() = default;

  /// A handle was made, and holds this until it is closed. The first call needs a shared_ptr to exist.
  void hold();
  /// Its closing is over.
  void release() noexcept;
  /// Closes a handle. False when somebody else has: its memory must stay, because nothing tells when libuv is done.
  bool close_handle(uv_handle_t*, uv_close_cb) noexcept;
  static bool closing(const void* handle) noexcept {
    return uv_is_closing(static_cast<const uv_handle_t*>(handle)) != 0;
  }
  /// The end of close_handle() for handles that are part of the state.
  static void released(uv_handle_t*);
  /// Runs f. What it throws is kept for rethrow(), and the loop stopped so that somebody may call that; without a host
  /// nobody can, and the program ends as it does when an exception is not caught.
  template <class F>
  void guard(F&& f, const bool& host_lives) noexcept {
#if defined(__cpp_exceptions)
    try {
      f();
    } catch (...) {
      if (!host_lives) std::terminate();
      thrown_.push_back(std::current_exception());
      uv_stop(loop_);
    }
#else
    static_cast<void>(host_lives);
    f();
#endif
  }

  uv_loop_t* loop_;

 private:
  std::vector<std::exception_ptr> thrown_;
  std::shared_ptr<uv_state> self_;
  std::size_t handles_ = 0;
};

using uv_hosts = host_names<uv_state>;

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/uv_lifetime.ipp>
