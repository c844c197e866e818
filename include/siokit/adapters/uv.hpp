// Servers and clients on a libuv loop that the program owns and runs.
//
//   siokit::uv_host host{uv_default_loop(), io.driver()};
//   host.listen(3000);
//   host.run();                     // or uv_run(), see there
//
// Needs libuv 1.32 or later. A host that is destroyed needs one more turn of the loop, before uv_loop_close(), to give its
// handles back. Without libuv: epoll.hpp, poll.hpp.
#pragma once

#if defined(_WIN32)
#error "uv_host is for POSIX systems; poll_host and asio_host run on Windows"
#endif
#include <siokit/adapters/uv_loop.hpp>

SIOKIT_NAMESPACE_BEGIN

/// All its work, and every handler of its driver, runs in callbacks of the loop. What is not marked thread-safe is called
/// on the loop's thread, or while no thread runs the loop. It keeps the loop at work while it listens, dials, has links,
/// or its driver has a deadline.
/// libuv's writes raise SIGPIPE when a peer has gone: a host has the process ignore that signal, unless it is handled.
class uv_host {
 public:
  /// The loop must outlive the host, unless somebody has closed all its handles.
  uv_host(uv_loop_t* loop, driver& io, const host_options& options = {})
      : loop_(std::make_shared<uv_hosting>(loop, io, options)) {
    loop_->start();
  }
  uv_host(const uv_host&) = delete;
  uv_host& operator=(const uv_host&) = delete;
  /// Ends the program when a handler threw and the exception was not taken, as every exception does that is not caught.
  ~uv_host() { loop_->let_go(); }

  /// Accepts links from now on; may be called again, for more addresses, also from a handler.
  listening listen(std::uint16_t port) { return listen(listen_options{.address = {}, .port = port}); }
  listening listen(const listen_options& options) { return loop_->listen(options); }
  void close_listeners() { loop_->close_listeners(); }
  /// Stops accepting and lets the driver finish: the host has no more work for the loop when no link is left, or when
  /// `drain` is over and those that are left were dropped. Call the driver's own close() as well.
  void close(milliseconds drain = milliseconds{5'000}) { loop_->close(drain); }
  /// Drops every link and listener, so that the host has no more work for the loop. Thread-safe.
  void stop() {
    post([loop = loop_.get()] { loop->halt(); });
  }
  /// Runs f on the loop's thread. Thread-safe. Dropped when the host dies first. Does not by itself keep the loop at work.
  template <class F>
  void post(F&& f) {
    loop_->post(std::forward<F>(f));
  }

  /// uv_run(), and what a handler throws leaves it as it leaves the other hosts' run(). Exceptions must not cross libuv,
  /// which is C: the host keeps them and stops the loop.
  int run(uv_run_mode mode = UV_RUN_DEFAULT) { return loop_->run(mode); }
  /// After a uv_run() of one's own: throws what a handler threw, the oldest first; nothing when there is nothing.
  void rethrow() { loop_->rethrow(); }

  /// Links that are open, those that are being dialed or closed included.
  std::size_t connections() const noexcept { return loop_->connections(); }
  /// Why the host cannot work (errno; libuv could not make its handles), or 0.
  int error() const noexcept { return loop_->error(); }

 private:
  std::shared_ptr<uv_hosting> loop_;
};

SIOKIT_NAMESPACE_END
