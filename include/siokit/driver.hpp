// The whole contract with an event loop. A server or client is a driver: it is told what happened and when, says what to
// do next, and until when it may sleep. It owns no socket, thread or clock.
//
//   driver           links carry bytes: TCP, TLS, pipes. What adapters bind to.
//   message_driver   links carry HTTP requests and WebSocket messages, for a host with a stack of its own.
//
// One thread at a time may call in; never from inside a handler (asserted).
#pragma once

#include <siokit/core/frame.hpp>
#include <siokit/core/out_queue.hpp>
#include <siokit/core/time.hpp>
#include <siokit/core/timers.hpp>

SIOKIT_NAMESPACE_BEGIN

/// One byte stream the host owns: a dense index in the low 32 bits and a generation above. Stale ids are ignored. Never 0.
enum class link_id : std::uint64_t {};

/// What a core without IO cannot know by itself. Bound once, before the first link.
struct host_services {
  /// Work appeared while the loop was asleep: schedule a pump (next(), deadline()), do nothing else here.
  void (*wake)(void* ctx) = nullptr;
  /// Fills the bytes unguessably. Without it, or when it answers false, no link is accepted or opened.
  bool (*entropy)(void* ctx, std::span<std::byte> out) = nullptr;
  /// The wall clock in milliseconds since 1970, for handshake.time and cookies only.
  std::int64_t (*unix_ms)(void* ctx) = nullptr;
  void* ctx = nullptr;
};

/// Who is at the other end. The address is copied.
struct link_info {
  std::string_view address;
  std::uint16_t port = 0;
  bool secure = false;
};

/// How a link ended.
enum class link_end : std::uint8_t { eof, reset, refused, unresolved, tls, cancelled };

/// Something for the host to do.
struct action {
  enum class kind : std::uint8_t {
    open,    // client: connect link to host:port, then call opened() or closed()
    secure,  // client: start TLS for `host` on this open link, then opened() or closed()
    write,   // link has output: gather() it
    read,    // link wants bytes again after wants_read() was false
    close,   // send all, half-close, discard input until EOF or 1 s, then close: the peer must be able to read its 4xx
    abort    // close link now
  } what = kind::write;
  link_id link{};
  std::string_view host;  // valid until the next driver call
  std::uint16_t port = 0;
};

class driver {
 public:
  virtual void bind(const host_services&) = 0;

  // --- in: what happened, and when ---
  /// A link was accepted. 0 when it is not wanted (no entropy, no memory): close it.
  virtual link_id accept(const link_info&, time_point now) = 0;
  /// A link that was asked for is connected (or, after `secure`, encrypted).
  virtual void opened(link_id, time_point now) = 0;
  /// Bytes arrived. They are lent for the call and may be changed in place.
  virtual void receive(link_id, std::span<std::byte> in, time_point now) = 0;
  /// The first n bytes of what gather() showed are written.
  virtual void sent(link_id, std::size_t n, time_point now) = 0;
  /// The link is gone, or (eof, the first time) its peer will send no more: what is still to be sent is then at hand, and
  /// once it is sent the host closes and says so again. After `close` the host says eof once all is sent. Idempotent.
  virtual void closed(link_id, link_end, int os_error, time_point now) = 0;
  /// Fires the timers that are due.
  virtual void advance(time_point now) = 0;

  // --- out: what to do, and until when to sleep ---
  /// The next action, coalesced per link; false when there is none. Drain after any input; any interleaving is legal,
  /// and not draining only delays.
  virtual bool next(action&) = 0;
  /// Adds what the link is to send next, from its first unsent byte; the batch keeps its bytes alive. False when there
  /// is nothing. Showing again what was not sent() yet shows the same bytes.
  virtual bool gather(link_id, batch&) = 0;
  /// Whether receive() is welcome. When it turns true again, an action `read` says so (but not for a link that is to be
  /// closed).
  virtual bool wants_read(link_id) const = 0;
  /// Optional: room inside an unfinished large message, to read into and then pass to receive(). Often empty.
  virtual std::span<std::byte> space(link_id) = 0;
  /// When to call advance(); `never` when there is no need. In the past: at once.
  virtual time_point deadline() const = 0;
  /// What the deadline is for, for logs and tests.
  virtual deadline_reason why() const = 0;

 protected:
  ~driver() = default;
};

/// A request as far as its head goes. All views are valid during the call.
struct request_head {
  std::string_view method;
  std::string_view target;  // as received: path and query, or absolute form
  std::string_view fields;  // the header lines, each "Name: value" ended by CRLF
  bool upgrade = false;     // a complete RFC 6455 upgrade request
  bool has_body = false;    // a body follows; when the answer comes before it was asked for, the host closes the link
};

/// Something for a host of messages to do.
struct message_action {
  enum class kind : std::uint8_t {
    body,     // read the request's body, of at most `limit` bytes (413 above, by the host), then call body(); at once, with
              // nothing, when the request has none
    respond,  // answer the request with status, fields and body, and the host's own framing; `last`: then close the link
    upgrade,  // answer 101 with fields, then call upgraded(); messages have at most `limit` bytes (1009 above)
    send,     // send the messages of `body`, in order: pop() each, its kind() and payload(); or, with wire::ws4, show() and sent()
    read,     // the link is wanted again after wants_read() was false
    close,    // WebSocket: send Close with `status` as its code (1005: without a code); then the host closes the link
    abort     // close the link now
  } what = kind::send;
  link_id link{};
  std::uint16_t status = 0;
  bool last = false;
  std::size_t limit = 0;
  /// Header lines, each ended by CRLF: one raw frame, or null for none.
  frame fields;
  /// The host empties it. For `respond`, show() and sent() give its bytes.
  out_queue body;
};

enum class message_kind : std::uint8_t { text, binary };

class message_driver {
 public:
  /// `form`: payload for a host that frames messages itself. With wire::ws4 it sends on a WebSocket what show() of the queues
  /// tells, where several messages may be one raw frame, and passes on what their sent() returns.
  virtual void bind(const host_services&, wire form = wire::payload) = 0;

  // --- in ---
  virtual link_id accept(const link_info&, time_point now) = 0;
  /// The head of a request came. The answer is an action: body, respond or upgrade, perhaps later. The next request of
  /// the link must wait for it.
  virtual void request(link_id, const request_head&, time_point now) = 0;
  /// The whole body that an action `body` asked for. Lent for the call.
  virtual void body(link_id, std::span<std::byte> in, time_point now) = 0;
  /// The 101 is queued; the link carries messages from here on.
  virtual void upgraded(link_id, time_point now) = 0;
  /// A complete, unmasked, checked message. Lent for the call. The answer is that of wants_read() after it.
  virtual bool message(link_id, message_kind, std::span<std::byte> in, time_point now) = 0;
  /// Of the frames handed out for this link, some have left: n is the sum of their out_queue::weight(), which is also what
  /// out_queue::sent() returns.
  virtual void sent(link_id, std::size_t n, time_point now) = 0;
  /// Nothing more will come: the peer stopped sending (cause is none), or broke a rule. What was handed out may still
  /// leave.
  virtual void ended(link_id, errc cause, time_point now) = 0;
  /// The link is gone, and its id with it.
  virtual void closed(link_id, time_point now) = 0;
  virtual void advance(time_point now) = 0;

  // --- out ---
  virtual bool next(message_action&) = 0;
  virtual bool wants_read(link_id) const = 0;
  virtual time_point deadline() const = 0;
  virtual deadline_reason why() const = 0;
  /// The memory of what next() hands out, to empty its queues with.
  virtual pool& blocks() = 0;

 protected:
  ~message_driver() = default;
};

SIOKIT_NAMESPACE_END
