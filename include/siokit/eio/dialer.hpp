// An Engine.IO session from the client's side: opens it over polling or WebSocket, upgrades it, answers heartbeats, ends it.
// One at a time; open() begins the next. Pulled from above: after each call in, next(event) until it is false. Calls nobody.
// Its links are client_links.hpp's; when to dial again is for sio/connector.hpp. eio4, and eio3 for old servers.
//
//            open()             open packet          "3probe"                  polling is at rest: "5"
//   closed ─────────▶ opening ─────────────▶ open ───────────▶ pausing ─────────────────────────────▶ open
//     ▲                  │                     │ ▲                │ candidate failed: polling goes on
//     │                  │              close()│ └────────────────┘
//     └──────────────────┴── lost, bad input, ◀┴▶ closing: what is queued leaves first
#pragma once

#include <siokit/eio/client_links.hpp>
#include <siokit/eio/payload.hpp>
#include <siokit/eio/payload3.hpp>
#include <siokit/http/cookie_jar.hpp>
#include <siokit/text/value_view.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

/// What happened, for the layer above. Views live until the next call.
struct dial_event {
  enum class kind : std::uint8_t {
    opened,
    text,      // a text message: what follows the '4'
    binary,    // a binary message
    ping,      // the server's heartbeat, answered
    upgraded,  // the session is on a WebSocket now
    drained,   // a congested session is below limits.low_water again
    failed,    // it could not be opened: cause, status and detail() say why
    closed     // it ended
  } what = kind::opened;
  close_reason reason = close_reason::transport_close;
  errc cause = errc::none;
  std::uint16_t status = 0;  // failed: of an HTTP error
  mutable_bytes data;
};

class dialer {
 public:
  /// The options and limits must outlive it.
  dialer(const dial_options&, const limits&, const memory& = {});
  dialer(const dialer&) = delete;
  dialer& operator=(const dialer&) = delete;
  ~dialer();

  // --- from above; open() and close() inside a driver call only ---
  /// Begins a session. Only while closed.
  void open() noexcept;
  /// Ends the session; what is queued leaves first, an upgrade is given up. Told as closed, with forced_close.
  void close() noexcept;
  /// Ends it at once, and tells nothing.
  void abandon() noexcept;
  /// Ends it at once, and tells so with this reason.
  void fail(close_reason, errc cause) noexcept;
  /// Queues frames of one message, all or none. Refused when no session is open, or limits.max_queued would be passed,
  /// which does not hold for what is `control`; once there is room, drained is told.
  delivery send(std::span<const frame>, bool control = false) noexcept;
  bool next(dial_event&) noexcept;
  bool is_open() const noexcept { return state_ == state::open || state_ == state::pausing; }
  bool is_closed() const noexcept { return state_ == state::closed; }
  /// Whether a volatile message would leave at once: nothing of an earlier turn waits.
  bool ready() noexcept;
  /// The server's ping is overdue: the machine slept, and the session is surely gone.
  bool expired() const noexcept;
  bool is_congested() const noexcept { return congested_; }
  std::size_t queued_bytes() const noexcept { return queue_.total_weight() + under_way_; }
  /// The session id; empty while there is none.
  std::string_view sid() const noexcept { return {sid_.begin(), sid_.size()}; }
  eio::transport transport() const noexcept { return transport_; }
  /// What the server said of an HTTP error; until the next open().
  std::string_view detail() const noexcept { return {detail_.begin(), detail_.size()}; }
  std::size_t link_count() const noexcept { return links_.size(); }
  /// For simulations: whether links, timers and the queue fit the state. Between driver calls.
  bool consistent() const noexcept;

  // --- from the host: see driver.hpp; each between begin() and end_call() ---
  void bind(const host_services&) noexcept;
  void begin(time_point now) noexcept;
  void opened(link_id id) noexcept { links_.opened(id); }
  void receive(link_id id, mutable_bytes in) noexcept { links_.receive(id, in); }
  void sent(link_id, std::size_t n) noexcept;
  void closed(link_id id, link_end how) noexcept { links_.closed(id, how); }
  void advance() noexcept;
  bool next(action&) noexcept;
  bool gather(link_id, batch&) noexcept;
  bool wants_read(link_id id) const noexcept { return links_.wants_read(id); }
  mutable_bytes space(link_id id) noexcept { return links_.space(id); }
  time_point deadline() const noexcept;
  deadline_reason why() const noexcept { return timers_.why(); }
  /// The end of a call from the host: lent input is kept, what is queued goes to the links.
  void end_call() noexcept;
  /// The time of the driver call in progress; false outside of one.
  bool time(time_point& now) const noexcept;
  /// Something appeared to do while the host sleeps: calls its wake, once.
  void wake() noexcept;
  timers& clock() noexcept { return timers_; }
  /// A timer of clock() that is due and not this class's.
  timer_node* due(timer& what) noexcept;
  pool& blocks() noexcept { return blocks_; }
  luck& random() noexcept { return luck_; }

 private:
  enum class state : std::uint8_t { closed, opening, open, pausing, closing };
  enum class told : std::uint8_t { none, opened, ping, upgraded, drained, failed, closed };

  // dialer.ipp
  void try_transport() noexcept;
  void start_poll() noexcept;
  void start_websocket() noexcept;
  void answer(std::string_view packet) noexcept;
  bool send_now(link_id, std::string_view packet) noexcept;
  void begin_heartbeat() noexcept;
  void send_ping() noexcept;
  void lose(close_reason, errc cause, std::uint16_t status = 0) noexcept;
  void end(told, close_reason, errc cause, std::uint16_t status) noexcept;
  void tell(told what) noexcept { notes_ = static_cast<std::uint16_t>(notes_ | (1u << static_cast<unsigned>(what))); }
  bool told_next(dial_event&) noexcept;
  // dialer_input.ipp
  bool take(const link_event&, dial_event&) noexcept;
  void take_head(const link_event&) noexcept;
  bool take_response(const link_event&, dial_event&) noexcept;
  void take_detail(const link_event&) noexcept;
  bool take_message(const link_event&, dial_event&) noexcept;
  void take_lost(const link_event&) noexcept;
  bool next_of_payload(dial_event&) noexcept;
  void finish_payload() noexcept;
  bool take_packet(packet&, dial_event&) noexcept;
  void take_open(std::string_view json) noexcept;
  void take_probe(packet&) noexcept;
  void try_switch() noexcept;
  void drop_candidate() noexcept;
  // dialer_output.ipp
  void put_target(frame_builder&, eio::transport) noexcept;
  void put_fields(frame_builder&) noexcept;
  frame request_head(std::string_view method, std::size_t length) noexcept;
  void flush() noexcept;
  void flush_websocket() noexcept;
  void flush_polling() noexcept;
  bool put_masked(frame_builder&, const frame&) noexcept;
  void drain() noexcept;
  void go_on_closing() noexcept;

  const dial_options& options_;
  const limits& limits_;
  pool blocks_;
  timers timers_;
  luck luck_;
  host_services host_;
  client_links links_;
  http::cookie_jar cookies_;

  state state_ = state::closed;
  eio::transport transport_ = eio::transport::polling;
  std::uint8_t first_ = 0;         // of options.transports: the one being tried
  bool websocket_worked_ = false;  // options.remember_upgrade
  bool remembered_ = false;        // and is what is being tried
  bool congested_ = false;
  bool may_upgrade_ = false;       // the server offers a WebSocket, and it was not tried
  bool extended_ = false;          // this heartbeat got its grace turn
  bool payload_binary_ = false;    // protocol 3: an octet-stream body
  link_id poll_{};       // carries the parked GET
  link_id post_{};       // carries a POST
  link_id websocket_{};  // carries the session
  link_id candidate_{};  // a WebSocket that is probed
  vec<char> sid_;
  vec<char> detail_;
  milliseconds ping_interval_{0};
  milliseconds ping_timeout_{0};
  std::size_t max_payload_ = 0;  // 0: none was told
  timer_node heartbeat_;
  timer_node probe_;

  out_queue queue_;             // frames no link has taken
  std::size_t under_way_ = 0;   // the weight of those a link took and has not sent
  std::uint32_t turn_ = 0;
  std::uint32_t queued_turn_ = 0;  // when the first of the queue came
  frame host_name_;  // the value of the Host line

  link_id payload_{};           // a polling response that is being read
  std::size_t payload_at_ = 0;  // bytes of it so far
  std::uint32_t packets_ = 0;   // packets of it so far
  std::uint16_t notes_ = 0;   // what is to be told, one bit each
  close_reason reason_ = close_reason::transport_close;
  errc cause_ = errc::none;
  std::uint16_t status_ = 0;
  time_point now_{};
  bool in_call_ = false;
  bool asleep_ = true;
  bool stalled_ = false;
};

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/dialer.ipp>
#include <siokit/impl/eio/dialer_input.ipp>
#include <siokit/impl/eio/dialer_output.ipp>
#include <siokit/impl/eio/dialer_check.ipp>
