// The loop that poll_host and epoll_host share: everything but the waiting, which is theirs. Not a host by itself.
// It is level-triggered throughout: what a turn leaves undone, also because a handler threw, is reported again.
// One thread at a time may use it (asserted); post() and stop() may be called from any.
// The driver must outlive the last turn. Host and driver may then die in either order.
#pragma once

#include <atomic>
#include <vector>

#include <siokit/adapters/peer_table.hpp>
#include <siokit/adapters/posix_net.hpp>
#include <siokit/adapters/post_queue.hpp>

SIOKIT_NAMESPACE_BEGIN

class posix_loop {
 public:
  posix_loop(const posix_loop&) = delete;
  posix_loop& operator=(const posix_loop&) = delete;

  /// Accepts links from now on; may be called again, for more addresses, also from a handler.
  listening listen(std::uint16_t port) { return listen(listen_options{.address = {}, .port = port}); }
  listening listen(const listen_options&);
  void close_listeners();
  /// Stops accepting and lets the driver finish: run() returns when no link is left, or when `drain` is over and those
  /// that are left were dropped. Whether links close by themselves is the driver's decision; call its close() as well.
  void close(milliseconds drain = milliseconds{5'000});

  /// Turns until stop(), or until nothing is left after close().
  void run();
  /// One turn that waits at most `max`, for a loop of one's own. False when run() would return.
  bool step(milliseconds max);
  /// Makes run() return after its turn. Links stay; another run() goes on with them. Any thread, and signal handlers.
  void stop() noexcept;
  /// Runs f on the loop's thread, in the turn it wakes or the next. Any thread. Dropped when the host dies first.
  template <class F>
  void post(F&& f) {
    if (posted_.push(std::forward<F>(f))) bell_.ring();
  }

  /// Links that are open, those that are being closed included.
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
  ~posix_loop();
  /// Called last by constructors.
  void start(int error);

  /// Waits for `wants` instead of `was`, each a set of interest bits, perhaps empty. False and errno when it cannot.
  virtual bool watch(int fd, std::uint64_t token, std::uint8_t was, std::uint8_t wants) noexcept = 0;
  /// What is ready, after at most so many milliseconds (-1: no limit). Valid until the next call.
  virtual std::span<const ready> wait(int milliseconds) noexcept = 0;

 private:
  using peer = posix::peer;
  static constexpr int accepts_per_turn = 32;  // a storm of connections does not starve the connected

  // The turn.
  void act();
  int sleep_ms(milliseconds max) const;
  void serve(const ready&);
  void expire();
  bool going() const noexcept;

  // One link.
  void take(peer&);
  void read(peer&);
  void decline(peer&);
  void hear_end(peer&);
  void write(peer&);
  void shut(peer&);
  void part(peer&);
  void drop(peer&);
  void end(peer&, link_end, int error);
  void discard(peer&);

  // Its registration.
  void update(peer&) noexcept;
  void remove(peer&) noexcept;

  void accept_all(peer& listener);
  void admit(posix::accepted&);
  void pause_accepting(milliseconds length) noexcept;
  void resume_accepting() noexcept;
  void drop_all();

  struct listening_peer {
    peer* at;
    posix::socket_file file;
  };

  driver& driver_;
  host_options options_;
  time_point now_{};
  posix::peer_table peers_;
  std::vector<listening_peer> listeners_;
  posix::bell bell_;
  posix::post_queue posted_;
  std::vector<std::byte> buffer_;
  batch out_;  // what is being sent; empty between sends
  std::span<const ready> events_;
  std::size_t served_ = 0;  // of events_; less than all after a handler threw
  std::size_t connections_ = 0;
  posix::waiting_line closing_;
  posix::waiting_line parting_;
  time_point accept_again_ = never;  // never: accepting
  milliseconds accept_pause_{0};
  time_point drain_until_ = never;
  bool finishing_ = false;
  int error_ = 0;
  std::atomic<bool> stopping_{false};
  one_thread thread_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/posix_loop.ipp>
