// Every timer of the library, and the deadline they add up to. A timer of a fixed length joins a list of that length,
// which is sorted by itself (O(1) to start and stop); a timer of a length the user chose joins a heap.
// Timers hold no clock: `now` comes from the driver call.
#pragma once

#include <siokit/core/time.hpp>
#include <siokit/core/vec.hpp>

SIOKIT_NAMESPACE_BEGIN

enum class timer : std::uint8_t {
  none,
  // links (eio/links.hpp)
  request_head,   // a link that has not sent a whole request head
  request_body,   // a request whose body is not complete
  keep_alive,     // an HTTP link between two requests
  ws_close,       // a WebSocket that sent Close and waits for the peer's
  // sessions (eio/engine.hpp)
  ping,           // time to send the next ping
  pong,           // a pong is due
  upgrade,        // a WebSocket candidate that did not finish its upgrade
  noop,           // a parked poll to be released during an upgrade, repeated
  poll_close,     // a closing polling session waits for a poll to say so
  no_progress,    // a congested session, or a link with a response, whose peer reads nothing
  answer,         // an allow_request or on_http handler that promised an answer
  // a client's links (eio/client_links.hpp)
  reply,          // a response that does not come
  idle,           // a link that waits to be used again
  // a client's session (eio/dialer.hpp)
  server_ping,    // the server's next ping, or pong in protocol 3, is due
  probe,          // a WebSocket candidate that did not finish its upgrade
  // a client's connection (sio/connector.hpp)
  dial,           // a session that does not open
  backoff,        // the delay before the next attempt
  join,           // a CONNECT that is not answered
  // sockets (sio/server.hpp)
  connect,        // a session that joined no namespace yet
  attachments,    // a binary packet whose attachments are not complete
  middleware,     // a middleware or a handler that promised an answer
  ack,            // an acknowledgement the user gave a timeout
  ack_poll        // the same for a broadcast
};

/// What deadline() waits for.
using deadline_reason = timer;

/// Lives inside the object it belongs to, which must not move and must stop it before it dies.
struct timer_node {
  union {
    timer_node* previous = nullptr;  // in a list
    std::size_t place;               // in the heap
  };
  timer_node* next = nullptr;
  time_point due{};
  std::uint32_t owner = 0;  // whatever lets the owner of the timers find the object
  timer what = timer::none;
  std::uint8_t lane = 0;

  bool running() const noexcept { return what != timer::none; }
};

class timers {
 public:
  explicit timers(const pool& from) noexcept : pool_(from) {
    for (timer_node& head : lanes_) head.previous = head.next = &head;
  }
  timers(const timers&) = delete;
  timers& operator=(const timers&) = delete;
  ~timers() { heap_.reset(pool_); }

  /// Starts (or restarts) a timer of a length that many timers share. False, when the table of lengths is full and the
  /// heap finds no memory; the timer is then not running.
  [[nodiscard]] bool start(timer_node& node, timer what, milliseconds length, time_point now) noexcept;
  /// The same for a length that nobody else is likely to use.
  [[nodiscard]] bool start_alone(timer_node& node, timer what, milliseconds length, time_point now) noexcept;
  void stop(timer_node& node) noexcept;

  /// A timer that is due, stopped; its kind is moved to `what`. Null when none is.
  timer_node* due(time_point now, timer& what) noexcept;
  time_point deadline() const noexcept;
  /// The kind of the soonest timer.
  timer why() const noexcept;

 private:
  static constexpr std::size_t lane_count = 24;  // more lengths than options have
  static constexpr std::uint8_t in_heap = 0xff;
  timer_node* soonest() const noexcept;
  void lift(std::size_t place) noexcept;
  void sink(std::size_t place) noexcept;

  pool pool_;
  mutable timer_node lanes_[lane_count];  // list heads
  milliseconds lengths_[lane_count] = {};
  std::size_t used_ = 0;
  vec<timer_node*> heap_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/timers.ipp>
