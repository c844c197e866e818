// Every Engine.IO session of a server, whatever its path: handshakes, polling, upgrade, heartbeat, closing.
// Speaks messages below (the methods of message_driver, without the interface) and is pulled from above: after each call
// in, take the event it gives, then those of next(event) until it is false, then actions. Calls nobody. eio4, server side.
#pragma once

#include <siokit/core/hash_index.hpp>
#include <siokit/core/in_buffer.hpp>
#include <siokit/core/index_list.hpp>
#include <siokit/core/limits.hpp>
#include <siokit/core/slot_map.hpp>
#include <siokit/eio/luck.hpp>
#include <siokit/eio/options.hpp>
#include <siokit/eio/payload.hpp>
#include <siokit/eio/retained_head.hpp>
#include <siokit/eio/session.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

/// What happened, for the layer above. Views live until the next call of the engine.
struct event {
  enum class kind : std::uint8_t {
    request,    // a request that no endpoint wants: answer with respond()
    handshake,  // an endpoint that asks first: answer with admit() or refuse()
    opened,     // a session exists
    text,       // a text message: what follows the '4'
    binary,     // a binary message
    drained,    // a congested session is below limits.low_water again
    closed      // a session ended; session() still finds it until collect()
  } what = kind::opened;
  std::uint8_t endpoint = 0;
  close_reason reason = close_reason::transport_close;
  errc cause = errc::none;  // closed: what exactly went wrong
  session_id session{};
  link_id link{};
  mutable_bytes data;                   // a message, or the body of a request
  const retained_head* head = nullptr;  // request, handshake: live until answered
  std::string_view method;              // request
};

class engine {
 public:
  explicit engine(const siokit::limits&, const memory& = {});
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  ~engine();

  /// Opens a path. `asks`: its handshakes wait for admit(). The options are copied and must pass check().
  std::uint8_t add_endpoint(const options&, bool asks = false);
  void set_asks(std::uint8_t endpoint, bool asks) noexcept;
  const options& endpoint_options(std::uint8_t endpoint) const noexcept;

  // --- from below: see message_driver in driver.hpp ---
  void bind(const host_services&, wire form) noexcept;
  link_id accept(const link_info&, time_point now) noexcept;
  void request(link_id, const request_head&, time_point now) noexcept;
  void body(link_id, mutable_bytes in, time_point now) noexcept;
  void upgraded(link_id, time_point now) noexcept;
  /// The session, when the message is for the layer above: then `kind` and `in` become what it has for it. Else null.
  session* message(link_id, message_kind& kind, mutable_bytes& in, time_point now) noexcept;
  void sent(link_id, std::size_t n, time_point now) noexcept;
  void ended(link_id, errc cause, time_point now) noexcept;
  void closed(link_id, time_point now) noexcept;
  void advance(time_point now) noexcept;
  /// A call in that brings nothing but the time.
  void begin(time_point now) noexcept { begin_call(now); }
  bool next(message_action&) noexcept;
  bool wants_read(link_id) const noexcept;
  time_point deadline() const noexcept;
  deadline_reason why() const noexcept;
  pool& blocks() noexcept { return blocks_; }

  // --- from above: pulled after each call in ---
  bool next(event&) noexcept;
  /// Whether next(event) has something to tell.
  bool has_events() const noexcept {
    return payload_ || !events_.empty() || asked_ != link_id{};
  }
  /// Keeps what next(event) has not delivered of lent input, because a handler threw. It is delivered later.
  void keep_input() noexcept;
  /// Whether there is something for collect().
  bool has_rests() const noexcept { return !dead_.empty() || !input_.at_rest(); }
  /// Frees what ended. Called when nobody refers to ended sessions any more: at the end of the outermost driver call.
  void collect() noexcept;

  /// Queues frames of one message, all or none: the text and its attachments stay together.
  delivery send(session_id, std::span<const frame>) noexcept;
  /// Where a text message of about n bytes for this session alone may be written. What lies behind another then is sent by
  /// send_written(), a frame of its own by send().
  frame_room room_for(session&, std::size_t n) noexcept;
  delivery send_written(session&, frame_builder&) noexcept;
  /// Whether a volatile message would leave at once: nothing of an earlier turn waits, and a poll is parked.
  bool ready(session_id) const noexcept;
  /// Ends a session with this reason. `flush`: once what is queued has left; false: now. The answer is whether it ended now.
  bool close(session_id, close_reason, errc cause, bool flush) noexcept;
  /// Ends every session at once, discarding what is queued, and closes every other link.
  void close_all(close_reason) noexcept;
  /// Replaces what is kept of a session's request; null: nothing is kept any more.
  void replace_head(session_id, retained_head*) noexcept;
  /// Stops (or resumes) reading the links of a session, because the layer above holds too much of its input.
  void pause(session_id, bool paused) noexcept;
  SIOKIT_ALWAYS_INLINE session* find(session_id id) noexcept { return sessions_.find(id); }
  /// Tells that a session joined a namespace: it no longer counts against limits.pending_sessions.
  void joined(session_id) noexcept;
  std::size_t session_count() const noexcept { return sessions_.size(); }

  /// Answers a `handshake` event. `fields`: further header lines for the response, or null.
  void admit(link_id, frame fields) noexcept;
  void refuse(link_id, std::string_view message) noexcept;
  /// Answers a `request` event. `fields` are header lines each ended by CRLF.
  void respond(link_id, unsigned status, frame fields, frame body) noexcept;
  /// For tests, O(n): what sessions count as unsent is what their links took, a link holds what it took (`held(link)` says
  /// how much), and no session has two polls.
  template <class Held>
  bool consistent(Held&& held) noexcept;
  /// Whether a link still waits for one of the three.
  bool waits(link_id) const noexcept;
  /// Something appeared to do while the host sleeps: calls its wake, once.
  void wake() noexcept;
  /// The time of the driver call in progress; nothing outside of one.
  bool time(time_point& now) const noexcept;
  /// Counts how often next(action) was drained: what is queued in one turn leaves together.
  std::uint32_t turn() const noexcept { return turn_; }
  /// Unguessable bytes. False when the host has none.
  bool entropy(std::span<std::byte> out) noexcept;
  std::int64_t unix_ms() const noexcept;
  /// Memory of frames, apart from other blocks so that limits.max_queued_total can be counted.
  pool& frames() noexcept { return frames_; }
  const siokit::limits& limits() const noexcept { return limits_; }

 private:
  /// What a link is to the engine.
  enum class role : std::uint8_t {
    idle,        // HTTP, between requests or while a response leaves
    asking,      // a handshake that waits for admit()
    opening,     // a handshake over WebSocket: the 101 is on its way
    poll,        // a parked GET
    post,        // a POST whose body is wanted
    request,     // somebody else's request that waits for its body or for respond()
    joining,     // an upgrade candidate whose 101 is on its way
    candidate,   // a WebSocket that is probed
    websocket,   // carries a session
    ending       // nothing more is expected of it
  };
  enum link_flag : std::uint8_t {
    want_body = 1,
    want_respond = 2,
    want_upgrade = 4,
    want_send = 8,
    want_close = 16,
    want_abort = 32,
    want_read = 64
  };
  /// What only some links need, and only for a while.
  struct errand {
    timer_node wait;  // answer, or the upgrade of a candidate
    timer_node noop;
    out_queue body;   // of a response
    frame fields;
    retained_head* head = nullptr;
    std::uint16_t status = 0;
    bool last = false;
    bool upgrade = false;   // the handshake came as an upgrade request
    bool text_only = false; // and asks for base64 instead of binary
    bool admitted = false;  // outside of a driver call
    char method[14] = {};
    std::uint8_t method_size = 0;
  };
  /// What only HTTP links need.
  struct http_side {
    link_info peer;  // its address is behind
    frame fields;    // header lines of the next polling response, when they are its own
    std::uint32_t foreign = 0;  // payload bytes it took from a session that is no longer its owner
    bool awaits_body = false;   // a POST that was not asked for its body yet
  };
  struct link {
    role what = role::idle;
    std::uint8_t flags = 0;
    std::uint8_t endpoint = 0;
    std::uint32_t unsent = 0;  // payload bytes it took from its session
    list_hook actions;
    session_id owner{};
    errand* extra = nullptr;
    http_side* http = nullptr;  // null on a WebSocket
  };
  struct endpoint {
    explicit endpoint(const eio::options& o) : options(o) {}
    eio::options options;
    bool asks = false;
    frame poll_fields;  // of every polling response when CORS does not depend on the request
  };
  /// A request of an endpoint, taken apart.
  struct inquiry;

  // engine_requests.ipp
  void judge(link_id, link&, inquiry&) noexcept;
  static bool same_origin(const inquiry&) noexcept;
  void handshake(link_id, link&, const inquiry&) noexcept;
  void poll(link_id, link&, session&, const inquiry&) noexcept;
  void post(link_id, link&, session&, const inquiry&) noexcept;
  void begin(link_id, link&, frame more) noexcept;
  void ask_for_body(link_id, link&) noexcept;
  void disown(link&) noexcept;
  session* open_session(link_id, link&, transport) noexcept;
  void stray_request(link_id, link&, const request_head&) noexcept;
  void reject(link_id, link&, errc, const inquiry&) noexcept;
  void reply(link_id, link&, unsigned status, frame fields, frame body, bool last) noexcept;
  void add_cors(frame_builder&, const eio::options&, std::string_view origin) noexcept;
  frame fields(const endpoint&, std::string_view type, std::string_view origin) noexcept;
  frame poll_fields(const endpoint&, const inquiry&) noexcept;
  void preflight(link_id, link&, const inquiry&) noexcept;
  errand* extra(link_id, link&) noexcept;
  void drop_extra(link&) noexcept;
  http_side* make_http_side(const link_info&) noexcept;
  void drop_http_side(link&) noexcept;
  bool make_sid(eio::sid&) noexcept;
  frame open_packet(const session&) noexcept;
  void add_cookie(frame_builder&, const cookie_options&, const session&) noexcept;
  void resume_late() noexcept;
  void begin_call(time_point now) noexcept {
    if (!in_call_ || now != now_) move_on(now);
  }
  // engine_sessions.ipp
  /// The time of the calls from here on, and what was put off until it is known.
  void move_on(time_point now) noexcept;
  bool take(session&, packet_type, errc) noexcept;
  void await_pong_longer(session&) noexcept;
  void take_control(session&, packet_type) noexcept;
  void end_session(session&, close_reason, errc, const frame& farewell) noexcept;
  void go_on_closing(session&) noexcept;
  bool fits_one_response(const session&) const noexcept;
  bool may_send(session&, std::size_t weight) noexcept;
  delivery queued(session&) noexcept;
  void queue_control(session&, const frame&) noexcept;
  void mark(session&) noexcept;
  void list(link_id, link&, std::uint8_t wanted) noexcept;
  auto link_hooks() noexcept {
    return [this](std::uint32_t i) -> list_hook& { return links_[i].actions; };
  }
  auto session_hooks() noexcept {
    return [this](std::uint32_t i) -> list_hook& { return sessions_[i].events; };
  }
  void tell(session&, std::uint16_t what) noexcept;
  void note_turn(session&) noexcept;
  void watch_progress(session&) noexcept;
  void be_patient(session&, timer, milliseconds) noexcept;
  void lose_patience(session&) noexcept;
  void want_input(const session&) noexcept;
  void shed() noexcept;
  bool next_answer(link&, message_action&) noexcept;
  bool next_messages(link&, message_action&) noexcept;
  static bool take(link& l, std::uint8_t flag) noexcept {
    const bool set = (l.flags & flag) != 0;
    l.flags &= static_cast<std::uint8_t>(~flag);
    return set;
  }
  void flush_poll(link&, session&, message_action&) noexcept;
  void fire(timer_node&, timer) noexcept;
  void finish_payload() noexcept;
  bool next_packet(event&) noexcept;
  // engine_upgrade.ipp
  void join(link_id, link&) noexcept;
  void candidate_message(link_id, link&, message_kind, mutable_bytes) noexcept;
  void take_over(link_id, link&, session&) noexcept;
  void drop_candidate(session&) noexcept;

  siokit::limits limits_;
  pool blocks_;
  pool frames_;
  timers timers_;
  slot_map<link, link_id> links_;
  slot_map<session, session_id> sessions_;
  hash_index sids_;
  vec<endpoint*> endpoints_;
  vec<link_id> late_links_;
  vec<session_id> late_sessions_;
  host_services host_;
  wire form_ = wire::payload;
  frame ping_, noop_, close_, probed_;  // packets that never change

  in_buffer input_;       // a body, as far as it is not told yet
  bool payload_ = false;  // it has packets of a POST
  session_id input_session_{};
  link_id input_link_{};
  std::uint32_t input_packets_ = 0;
  link_id asked_{};  // a link whose request or handshake is to be told

  index_list actions_;  // links with something to do
  index_list events_;   // sessions with something to tell
  index_list dead_;     // sessions whose end was told
  std::size_t pending_ = 0;
  time_point now_{};
  bool in_call_ = false;   // between a call in and the drained next(action): now_ is the time
  bool asleep_ = true;
  bool stalled_ = false;
  std::uint32_t turn_ = 0;
  std::uint32_t shed_turn_ = ~std::uint32_t{0};  // the turn in which somebody was condemned whose bytes a link holds
  std::uint64_t seed_ = 0;
  luck luck_;
};

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/engine_check.ipp>
#include <siokit/impl/eio/engine_requests.ipp>
#include <siokit/impl/eio/engine_output.ipp>
#include <siokit/impl/eio/engine_sessions.ipp>
#include <siokit/impl/eio/engine_upgrade.ipp>
