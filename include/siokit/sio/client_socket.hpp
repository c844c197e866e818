// A client's membership of one namespace: what a program emits on and listens to. The client itself is that of its URL's
// path; client.of("/x") is another on the same session. Lives as long as its client. Names are those of JavaScript.
//
//               connect()              session open: CONNECT          reply
//   inactive ─────────────▶ waiting ─────────────────────▶ joining ─────────▶ connected
//      ▲                      ▲ └──────── session lost ───────┴──────────────────┘ │
//      └── disconnect(), the server's DISCONNECT, a refused CONNECT ────────────────┘
#pragma once

#include <siokit/core/slot_map.hpp>
#include <siokit/sio/assembler.hpp>
#include <siokit/sio/client_options.hpp>
#include <siokit/sio/emit.hpp>
#include <siokit/sio/listeners.hpp>

#pragma push_macro("emit")
#undef emit

SIOKIT_NAMESPACE_BEGIN

/// Why a namespace, or a session, could not be opened. Lives until the handler returns.
struct connect_error {
  errc cause = errc::none;
  /// What the server said, or else text(cause).
  std::string_view message;
  /// What a middleware of the server gave with its refusal.
  value_view data;
  /// Of an HTTP error.
  std::uint16_t status = 0;
};

/// The right to answer an auth function, now or later. A ticket: see ticket.hpp. Of no use once the connection it was asked
/// for is gone.
class auth_reply {
 public:
  auth_reply() noexcept = default;
  auth_reply(sio::ticket home, std::uint32_t socket, std::uint32_t ask) noexcept
      : home_(home), socket_(socket), ask_(ask) {}
  /// Sends CONNECT with this object.
  void operator()(const value& auth) const;

 private:
  sio::ticket home_;
  std::uint32_t socket_ = 0;
  std::uint32_t ask_ = 0;
};

namespace sio {

class connect_wait;  // coro.hpp

using client_listeners = listener_table<function<void(std::string_view event, const arguments&)>>;

/// An event that waits to be connected, or for its acknowledgement before it may be sent again.
struct held_event {
  encoded packet;
  std::uint64_t id = 0;
  bool has_id = false;
};
struct retried_event {
  encoded packet;            // without id
  ack_handle reply{};        // who waits for the acknowledgement
  bool pending = false;      // it was sent, and its acknowledgement is awaited
  bool has_timeout = false;
  milliseconds timeout{0};
  std::uint32_t tries = 0;
  std::uint64_t id = 0;      // of the last try
};
struct early_packet {
  early_packet* next = nullptr;
  assembler* whole = nullptr;
};

/// What the templates of client_sender need of a client.
struct client_door {
  static pool& frames(client_socket&) noexcept;
  static bool retries(const client_socket&) noexcept;
  static std::uint64_t take_ack_id(client_socket&) noexcept;
  static delivery send_event(client_socket&, const emit_options&, encoded&, errc, std::string_view event, std::uint64_t id,
                       single_ack* reply);
};

}  // namespace sio

/// A socket with options for what is emitted next. Does not outlive its socket.
class client_sender {
 public:
  explicit client_sender(client_socket& to) noexcept : to_(&to) {}
  /// Drops the event when the transport is not ready for it.
  client_sender volatile_() const {
    client_sender s = *this;
    s.options_.is_volatile = true;
    return s;
  }
  /// How long on_ack() waits for the answer.
  client_sender timeout(milliseconds length) const {
    client_sender s = *this;
    s.options_.has_timeout = true;
    s.options_.timeout = length;
    return s;
  }

  /// Sends an event, or keeps it until the socket is connected; the last argument may be on_ack(...).
  template <class... A>
  delivery emit(std::string_view event, A&&... a) const;
  template <class R, class... D, class... A>
  delivery emit(const event<R(D...)>& declared, A&&... a) const;
  template <class... A>
  delivery emit_event(A&&... a) const {
    return emit(std::forward<A>(a)...);
  }

 private:
  client_socket* to_;
  sio::emit_options options_;
};

class client_socket {
 public:
  /// For the library's own use. `query` follows the name in CONNECT, for servers of Socket.IO 2.
  client_socket(sio::connector& home, std::uint32_t place, std::string_view name, std::string_view query,
                const client_socket_options& o);
  client_socket(const client_socket&) = delete;
  client_socket& operator=(const client_socket&) = delete;
  ~client_socket();

  /// The namespace.
  const std::string& name() const noexcept { return *name_; }
  /// What the server calls it; empty while it is not connected.
  std::string_view id() const noexcept { return {id_.begin(), id_.size()}; }
  bool connected() const noexcept { return state_ == state::connected; }
  /// Connected, or it will be once the server can be reached. False after disconnect(), a DISCONNECT of the server and a
  /// refused CONNECT: then connect() is needed.
  bool active() const noexcept { return state_ != state::inactive; }
  /// Whether this connection goes on where the last one ended: same id, nothing missed (connection state recovery).
  bool recovered() const noexcept { return recovered_; }
  /// False while more than limits.high_water bytes wait for the server.
  bool writable() const noexcept;
  /// Acknowledgements the server owes.
  std::size_t awaited() const noexcept { return acks_.size(); }
  /// Events that are kept until it is connected.
  std::size_t buffered() const noexcept { return buffer_.size(); }

  /// Connects, unless it is active.
  void connect();
  /// Leaves the namespace; the session ends with its last active socket.
  void disconnect();
  /// What each CONNECT carries from the next on: an object, or a function that is asked each time and may answer later.
  void auth(value object);
  void auth(function<void(auth_reply)> f);

  // --- out ---
  template <class... A>
  delivery emit(std::string_view event, A&&... a) {
    return client_sender(*this).emit(event, std::forward<A>(a)...);
  }
  template <class R, class... D, class... A>
  delivery emit(const event<R(D...)>& declared, A&&... a) {
    return client_sender(*this).emit(declared, std::forward<A>(a)...);
  }
  template <class... A>
  delivery emit_event(A&&... a) {
    return client_sender(*this).emit(std::forward<A>(a)...);
  }
  /// The event "message".
  template <class... A>
  delivery send(A&&... a) {
    return emit("message", std::forward<A>(a)...);
  }
  client_sender volatile_() { return client_sender(*this).volatile_(); }
  client_sender timeout(milliseconds length) { return client_sender(*this).timeout(length); }
  /// co_await io.emit_with_ack<int>(5s, "add", 2, 3): a result<T>. Needs <siokit/coro.hpp>.
  template <class T, class Event, class... A>
  auto emit_with_ack(milliseconds timeout, const Event& event, A&&... a);
  /// The same for a declared event, whose acknowledgement it is.
  template <class R, class... D, class... A>
  auto emit_with_ack(milliseconds timeout, const event<R(D...)>& declared, A&&... a) {
    return emit_with_ack<R, siokit::event<R(D...)>>(timeout, declared, std::forward<A>(a)...);
  }

  // --- in: see listeners.hpp for what on() takes ---
  template <class F>
  listener_id on(std::string_view event, F&& f) {
    return listeners_.add(event, sio::make_handler<client_socket>(std::forward<F>(f)), false);
  }
  template <class R, class... D, class F>
  listener_id on(const event<R(D...)>& declared, F&& f) {
    return listeners_.add(declared.name, sio::make_declared_handler<event<R(D...)>, client_socket>(std::forward<F>(f)), false);
  }
  template <class F>
  listener_id once(std::string_view event, F&& f) {
    return listeners_.add(event, sio::make_handler<client_socket>(std::forward<F>(f)), true);
  }
  template <class R, class... D, class F>
  listener_id once(const event<R(D...)>& declared, F&& f) {
    return listeners_.add(declared.name, sio::make_declared_handler<event<R(D...)>, client_socket>(std::forward<F>(f)), true);
  }
  void off(std::string_view event, listener_id id) { listeners_.remove(event, id); }
  void off(std::string_view event) { listeners_.remove_all(event); }
  void off() { listeners_.clear(); }
  listener_id on_any(sio::client_listeners::catch_all f) { return listeners_.any.add(std::move(f)); }
  void off_any(listener_id id) { listeners_.any.remove(id); }
  /// Sees what is sent. Runs after it is queued, not inside emit().
  listener_id on_any_outgoing(sio::client_listeners::catch_all f) { return listeners_.any_outgoing.add(std::move(f)); }
  void off_any_outgoing(listener_id id) { listeners_.any_outgoing.remove(id); }
  /// Events that nobody listens to.
  listener_id on_unhandled(sio::client_listeners::catch_all f) { return on_unhandled_.add(std::move(f)); }

  /// The server answered CONNECT, the first time or again; what was kept is on its way.
  listener_id on_connect(function<void()> f) { return on_connect_.add(std::move(f)); }
  /// CONNECT was refused (active() is false then), or the session could not be opened (it is tried again).
  listener_id on_connect_error(function<void(const connect_error&)> f) { return on_connect_error_.add(std::move(f)); }
  /// f(), f(reason) or f(reason, cause). Acknowledgements that are awaited fail behind it.
  template <class F>
  listener_id on_disconnect(F&& f) {
    if constexpr (std::is_invocable_v<std::decay_t<F>&, close_reason, errc>)
      return on_disconnect_.add(std::forward<F>(f));
    else if constexpr (std::is_invocable_v<std::decay_t<F>&, close_reason>)
      return on_disconnect_.add([f = std::forward<F>(f)](close_reason r, errc) mutable { f(r); });
    else
      return on_disconnect_.add([f = std::forward<F>(f)](close_reason, errc) mutable { f(); });
  }
  /// Takes back any of the four above.
  void off_lifecycle(listener_id id);

 private:
  friend class sio::connector;
  friend class client_sender;
  friend struct sio::client_door;
  friend class sio::connect_wait;
  enum class state : std::uint8_t { inactive, waiting, joining, connected };
  enum task : std::uint8_t { ask_auth = 1, early = 2, flush = 4, tell_connected = 8, tell_disconnected = 16, fail_acks = 32,
                             await_answer = 64 /* to CONNECT */ };

  sio::connector& home_;
  std::uint32_t place_;  // among the client's sockets
  std::shared_ptr<const std::string> name_;
  std::string query_;
  client_socket_options options_;
  std::shared_ptr<function<void(auth_reply)>> ask_auth_;
  std::uint32_t ask_ = 0;         // counts asks, so that answers to old ones are noticed
  std::uint32_t membership_ = 0;  // counts answers to CONNECT: an id of the server means nothing in another membership
  state state_ = state::inactive;
  std::uint8_t tasks_ = 0;
  bool recovered_ = false;
  bool asked_ = false;  // the auth function was called and has not answered
  bool sent_ = false;   // the answer to our CONNECT is awaited
  bool stale_ = false;  // and the program has left since: the answer is about a membership that nobody wants
  close_reason reason_ = close_reason::transport_close;
  errc cause_ = errc::none;
  vec<char> id_;
  vec<char> pid_;     // of a session that can be recovered
  vec<char> offset_;  // of the last event that came
  timer_node join_;
  std::uint64_t next_ack_ = 0;
  vec<sio::pending_ack> acks_;
  vec<sio::held_event> buffer_;
  std::size_t buffered_bytes_ = 0;
  std::vector<std::unique_ptr<sio::retried_event>> retried_;
  std::size_t retried_bytes_ = 0;
  sio::early_packet* early_ = nullptr;
  sio::early_packet* last_early_ = nullptr;
  std::size_t early_bytes_ = 0;

  sio::client_listeners listeners_;
  sio::callables<sio::client_listeners::catch_all> on_unhandled_;
  sio::callables<function<void()>> on_connect_;
  sio::callables<function<void(const connect_error&)>> on_connect_error_;
  sio::callables<function<void(close_reason, errc)>> on_disconnect_;
};

template <class... A>
delivery client_sender::emit(std::string_view event, A&&... a) const {
  using last = typename sio::last_of<std::remove_cvref_t<A>...>::type;
  using door = sio::client_door;
  static_assert(!sio::is_each_ack<last>, "one server answers once: use on_ack()");
  static_assert(sio::acks_stand_last<A...>, "on_ack() is the last argument");
  sio::single_ack* reply = nullptr;
  if constexpr (sio::is_single_ack<last>) reply = sio::last_ack<sio::single_ack>(a...);
  // What may be sent again gets a new id each time.
  const bool has_id = reply != nullptr && (options_.is_volatile || !door::retries(*to_));
  const std::uint64_t id = has_id ? door::take_ack_id(*to_) : sio::no_ack_id;
  sio::encoded out;
  const errc e = sio::encode_event({door::frames(*to_), to_->name(), event, id}, out, a...);
  return door::send_event(*to_, options_, out, e, event, id, reply);
}

template <class R, class... D, class... A>
delivery client_sender::emit(const siokit::event<R(D...)>& declared, A&&... a) const {
  sio::check_declared_emit<siokit::event<R(D...)>, R, A...>();
  return emit(declared.name, std::forward<A>(a)...);
}

SIOKIT_NAMESPACE_END

#pragma pop_macro("emit")
