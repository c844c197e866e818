// The links of a client: every byte stream to its server, from dialing to the end. Sends HTTP requests and WebSocket
// frames, gives responses and messages. Knows nothing of sessions: those are the dialer's.
// Pulled from above: after each call in, next(event) until it is false. Links with a request are kept for the next one.
//
//   dialing ─▶ [tunnelling ─▶] [securing ─▶] ─┬─▶ asking ─▶ body ─▶ answered ─▶ idle ─▶ asking ...
//                                             └─▶ upgrading ─▶ websocket ─▶ leaving          every end: ─▶ closing
#pragma once

#include <siokit/core/in_buffer.hpp>
#include <siokit/core/index_list.hpp>
#include <siokit/core/limits.hpp>
#include <siokit/core/slot_map.hpp>
#include <siokit/eio/dial_options.hpp>
#include <siokit/eio/luck.hpp>
#include <siokit/http/body_reader.hpp>
#include <siokit/http/request_writer.hpp>
#include <siokit/http/response_parser.hpp>
#include <siokit/ws/handshake.hpp>
#include <siokit/ws/stream.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

/// What happened on a link. Views live until the next call.
struct link_event {
  enum class kind : std::uint8_t {
    head,      // of the answer to a request, or to an upgrade that was refused; its body follows
    response,  // the whole of it: release() the link when the body is read
    upgraded,  // the link carries messages from here on
    text,
    binary,
    lost       // the link is gone, and whatever was asked on it
  } what = kind::lost;
  link_id link{};
  std::uint16_t status = 0;    // head, response; lost: of a proxy that refused
  std::string_view fields;     // head, upgraded: header lines, each ended by CRLF
  mutable_bytes data;          // body or message
  errc cause = errc::none;     // lost: none when the peer closed in order
  bool repeatable = false;     // lost: a link that was used before ended in order without a byte of this response
};

class client_links {
 public:
  client_links(const dial_options& o, const limits& l, const pool& from, timers& t, luck& random) noexcept
      : options_(o), limits_(l), pool_(from), timers_(t), luck_(random), links_(from) {}
  client_links(const client_links&) = delete;
  client_links& operator=(const client_links&) = delete;
  ~client_links();

  // --- from above ---
  /// Sends a request, on an idle link or a new one. 0 when there is no memory.
  link_id request(frame head, frame body) noexcept;
  /// Sends a request whose answer nobody waits for; then its link is closed.
  void say(frame head, frame body) noexcept;
  /// Sends an upgrade request with this key on a link of its own.
  link_id upgrade(frame head, const ws::key_text& key) noexcept;
  /// Sends bytes on a WebSocket: masked frames.
  void send(link_id, frame raw) noexcept;
  /// Whether all that was given to a link has left.
  bool all_sent(link_id) noexcept;
  /// The body of a response that was told and not released.
  mutable_bytes body(link_id) noexcept;
  /// The body of a response was read.
  void release(link_id) noexcept;
  /// Lets go of a link in order: a WebSocket says Close, a request may still be answered, and nothing more is told of it.
  void leave(link_id) noexcept;
  /// The same for all links.
  void leave_all() noexcept;
  /// Drops a link at once. Nothing more is told of it.
  void drop(link_id) noexcept;
  bool next(link_event&) noexcept;
  /// Whether next(event) may have something to tell.
  bool has_input() const noexcept { return unread_; }
  std::size_t size() const noexcept { return links_.size(); }

  // --- from the host: see driver.hpp ---
  /// A call begins, at this time.
  void begin(time_point now) noexcept { now_ = now; }
  void opened(link_id) noexcept;
  void receive(link_id, mutable_bytes in) noexcept;
  void sent(link_id, std::size_t n) noexcept;
  void closed(link_id, link_end) noexcept;
  void fire(timer_node&, timer) noexcept;
  /// Ends the loan of the last receive().
  void keep() noexcept;
  bool next(action&) noexcept;
  bool gather(link_id, batch&) noexcept;
  bool wants_read(link_id) const noexcept;
  mutable_bytes space(link_id) noexcept;
  bool has_actions() const noexcept { return !actions_.empty(); }

 private:
  enum class state : std::uint8_t {
    dialing,    // the host connects
    tunnelling, // a proxy was asked to CONNECT
    securing,   // the host starts TLS
    asking,     // a request was sent
    body,       // its response's body is on the way
    answered,   // the body is being read above
    idle,       // waits for the next request
    upgrading,  // a WebSocket was asked for
    websocket,
    leaving,    // our Close was sent, the peer's is awaited
    closing     // the host sends what is left and closes
  };
  enum flag : std::uint8_t {
    want_open = 1,
    want_secure = 2,
    want_write = 4,
    want_close = 8,
    want_abort = 16,
    for_upgrade = 32,
    left = 64,   // nothing more is told of it
    over = 128   // it ended, for us or for the host
  };
  struct link {
    state at = state::dialing;
    std::uint8_t flags = 0;
    bool used = false;        // carried a response before
    bool cut = false;         // its input is gone: what the parsers know of it is no longer true
    bool begun = false;       // a byte of the response came
    bool gone = false;        // the host reported its end: it takes no action any more
    milliseconds idle{0};     // how long it may wait for another request; 0: not at all
    std::uint16_t status = 0;
    errc cause = errc::none;
    list_hook actions;
    in_buffer in;
    out_queue out;
    out_queue pending;        // what is to be sent once the link is ready
    http::response_parser parser;
    http::body_reader body;
    ws::stream stream{ws::role::client};
    ws::key_text key{};
    timer_node timer;
  };
  using step = http::step;

  auto hooks() noexcept {
    return [this](std::uint32_t i) -> list_hook& { return links_[i].actions; };
  }
  static std::uint32_t index_of(link_id id) noexcept { return static_cast<std::uint32_t>(id); }
  void list(link_id, link&, std::uint8_t wanted) noexcept;
  link* dial(link_id&) noexcept;
  link* idle_link(link_id&) noexcept;
  void ready(link_id, link&) noexcept;
  void push(link_id, link&, frame) noexcept;
  void fail(link_id, link&, errc) noexcept;
  void finish(link_id, link&) noexcept;
  void forget(link_id, link&) noexcept;
  void wait_for(link_id, link&, timer, milliseconds) noexcept;
  bool read(link_id, link&, link_event&) noexcept;
  bool read_tunnel(link_id, link&) noexcept;
  bool read_head(link_id, link&, link_event&) noexcept;
  bool take_head(link_id, link&, const http::response_view&, link_event&) noexcept;
  bool take_upgrade(link_id, link&, const http::response_view&, link_event&) noexcept;
  bool read_body(link_id, link&, link_event&) noexcept;
  bool give_body(link_id, link&, link_event&) noexcept;
  bool read_message(link_id, link&, link_event&) noexcept;
  void answer_ping(link_id, link&, bytes_view) noexcept;
  void send_close(link_id, link&, std::uint16_t code) noexcept;
  bool end_of_input(link_id, link&, link_event&) noexcept;
  static milliseconds idle_time(const http::response_view&) noexcept;

  const dial_options& options_;
  const limits& limits_;
  pool pool_;
  timers& timers_;
  luck& luck_;
  slot_map<link, link_id> links_;
  index_list actions_;
  link_id lent_{};        // whose input is borrowed from the host
  bool unread_ = false;   // a link may have something to tell
  time_point now_{};
};

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/client_links.ipp>
