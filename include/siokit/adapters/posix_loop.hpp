// The turn that poll_host and epoll_host share, and their public face. Not a host: the waiting is theirs.
// One host listens and dials: `open` actions of its driver need no call here.
// One thread at a time may use it (asserted); post() and stop() may be called from any.
// The driver must outlive the last turn. Host and driver may then die in either order.
#pragma once

#include <atomic>

#include <siokit/adapters/posix_dial.hpp>
#include <siokit/adapters/post_queue.hpp>

SIOKIT_NAMESPACE_BEGIN

class posix_loop : private posix_dials {
 public:
  /// Accepts links from now on; may be called again, for more addresses, also from a handler.
  listening listen(std::uint16_t port) { return listen(listen_options{.address = {}, .port = port}); }
  listening listen(const listen_options&);
  void close_listeners();
  /// Stops accepting and lets the driver finish: run() returns when no link is left, or when `drain` is over and those
  /// that are left were dropped. Whether links close by themselves is the driver's decision; call its close() as well.
  void close(milliseconds drain = milliseconds{5'000});

  /// Turns until stop(), or until nothing is left after close().
  void run();
  /// One turn that waits at most `max`, for a loop of one's own. What it brought forth is sent when it returns. False
  /// when run() would return.
  bool step(milliseconds max);
  /// Makes run() return after its turn. Links stay; another run() goes on with them. Any thread, and signal handlers.
  void stop() noexcept;
  /// Runs f on the loop's thread, in the turn it wakes or the next. Any thread. Dropped when the host dies first.
  template <class F>
  void post(F&& f) {
    if (posted_.push(std::forward<F>(f))) bell_.ring();
  }

  /// Links that are open, those that are being dialed or closed included.
  std::size_t connections() const noexcept { return connections_; }
  /// Why the host cannot work (errno; out of descriptors when it was made), or 0.
  int error() const noexcept { return error_; }

 protected:
  /// What the waiting reports: for this token, of what was asked for. Errors and hang-ups count as both.
  struct ready {
    std::uint64_t token;
    std::uint8_t what;
  };

  posix_loop(driver&, const host_options&);
  ~posix_loop() { listeners_.reset(pool_); }
  /// Called last by constructors.
  void start(int error);
  /// What is ready, after at most so many milliseconds (-1: no limit). Valid until the next call.
  virtual std::span<const ready> wait(int milliseconds) noexcept = 0;

 private:
  // Answers to this many bytes of input are sent before more is read, while they are still in the cache. Small enough for
  // that, large enough for what one turn says to many to leave in one send for each.
  static constexpr std::size_t enough = 16 * 1024;
  static constexpr int accepts_per_turn = 32;  // a storm of connections does not starve the connected
  struct listening_peer {
    peer* at;
    posix::socket_file file;
  };

  void act();
  int sleep_ms(milliseconds max) const;
  void serve(const ready&);
  void expire();
  bool going() const noexcept;
  void accept_all(peer& listener);
  void pause_accepting();
  void resume_accepting();

  pool pool_{memory{}, 0};
  vec<listening_peer> listeners_;
  posix::post_queue posted_;
  std::span<const ready> events_;
  std::size_t served_ = 0;  // of events_; less than all after a handler threw
  time_point accept_again_ = never;
  milliseconds accept_pause_{0};
  time_point drain_until_ = never;
  bool finishing_ = false;
  int error_ = 0;
  std::atomic<bool> stopping_{false};
  one_thread thread_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/posix_loop.ipp>
