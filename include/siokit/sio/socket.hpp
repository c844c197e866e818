// A session's membership of one namespace: what a handler talks to. Lives until its on_disconnect handlers returned; keep a
// socket_ref, not a reference. All names are those of JavaScript in snake_case.
// What is registered here is for this socket alone and owned by it; handlers for every socket belong on the namespace.
#pragma once

#include <siokit/sio/handshake.hpp>
#include <siokit/sio/listeners.hpp>
#include <siokit/sio/middleware.hpp>
#include <siokit/sio/rooms.hpp>
#include <siokit/sio/target.hpp>

#pragma push_macro("emit")
#undef emit

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// Per-socket user data, one node for each type.
struct datum {
  const void* key;
  datum* next;
  void (*destroy)(datum*);
};
template <class T>
struct typed_datum : datum {
  T value{};
};
template <class T>
inline char data_key = 0;  // its address is the key

struct held_packet;

/// What only some sockets have.
struct socket_extras {
  socket_listeners listeners;
  callables<packet_middleware> middlewares;
  callables<function<void(socket&, close_reason)>> on_disconnecting;
  callables<function<void(socket&, close_reason)>> on_disconnect;
  held_packet* held = nullptr;  // packets behind a middleware that has not answered, and their bytes
  held_packet* last_held = nullptr;
  std::size_t held_bytes = 0;
};

}  // namespace sio

class socket {
 public:
  explicit socket(siokit::nsp& in) noexcept : nsp_(in) {}
  socket(const socket&) = delete;
  socket& operator=(const socket&) = delete;

  const socket_id& id() const noexcept { return id_; }
  siokit::nsp& nsp() const noexcept { return nsp_; }
  const siokit::handshake& handshake() const noexcept { return handshake_; }
  /// Frees the retained request head; header(), query() and cookie() find nothing any more, on every socket of the session.
  void forget_handshake() noexcept;
  /// A ticket to keep instead of a reference.
  socket_ref ref() const noexcept;
  /// Acknowledgements it owes.
  std::size_t awaited() const noexcept { return acks_.size(); }
  bool connected() const noexcept { return state_ == state::connected; }
  /// False while more than limits.high_water bytes wait for the peer.
  bool writable() const noexcept;
  std::size_t queued_bytes() const noexcept;
  /// Which transport the session uses at the moment.
  eio::transport transport() const noexcept;
  /// This user's T, made on first use and kept until the socket is gone.
  template <class T>
  T& data();

  // --- out ---
  template <class... A>
  delivery emit(std::string_view event, A&&... a) {
    return sender(*this).emit(event, std::forward<A>(a)...);
  }
  template <class R, class... D, class... A>
  delivery emit(const event<R(D...)>& declared, A&&... a) {
    return sender(*this).emit(declared, std::forward<A>(a)...);
  }
  template <class... A>
  delivery emit_event(A&&... a) {
    return sender(*this).emit(std::forward<A>(a)...);
  }
  /// The event "message".
  template <class... A>
  delivery send(A&&... a) {
    return emit("message", std::forward<A>(a)...);
  }
  sender volatile_() { return sender(*this).volatile_(); }
  sender timeout(milliseconds length) { return sender(*this).timeout(length); }
  /// co_await s->emit_with_ack<int>(5s, "add", 2, 3): a result<T>. Needs <siokit/coro.hpp>.
  template <class T, class Event, class... A>
  auto emit_with_ack(milliseconds timeout, const Event& event, A&&... a);
  /// The same with what the event declares.
  template <class R, class... D, class... A>
  auto emit_with_ack(milliseconds timeout, const event<R(D...)>& declared, A&&... a) {
    return emit_with_ack<R, siokit::event<R(D...)>>(timeout, declared, std::forward<A>(a)...);
  }
  /// The others: everybody in a room, or in the namespace, but this socket.
  template <std::convertible_to<std::string_view> Room>
  target to(const Room& room) const { return broadcast().to(room); }
  template <std::convertible_to<std::string_view> Room>
  target in(const Room& room) const { return broadcast().to(room); }
  template <std::convertible_to<std::string_view> Room>
  target except(const Room& room) const { return broadcast().except(room); }
  /// Several rooms at once; also to({"a", "b"}).
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target to(const Rooms& rooms) const {
    return broadcast().to(rooms);
  }
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target in(const Rooms& rooms) const {
    return broadcast().to(rooms);
  }
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target except(const Rooms& rooms) const {
    return broadcast().except(rooms);
  }
  target to(std::initializer_list<std::string_view> rooms) const { return broadcast().to(rooms); }
  target in(std::initializer_list<std::string_view> rooms) const { return broadcast().to(rooms); }
  target except(std::initializer_list<std::string_view> rooms) const { return broadcast().except(rooms); }
  target broadcast() const { return target(nsp_, handle_); }
  target local() const { return broadcast().local(); }

  // --- rooms ---
  /// errc::none; not_connected, too_many_rooms (limits.rooms_per_socket), out_of_memory.
  soft_errc join(std::string_view room) noexcept;
  void leave(std::string_view room) noexcept;
  /// Whether it is in this room; its own id counts.
  bool in_room(std::string_view room) const noexcept;
  /// Calls visit(std::string_view) for each room it is in now, its own id first; the visitor may join and leave.
  template <class Visit>
  void each_room(Visit&& visit) const;

  // --- in: listeners of this socket alone ---
  template <class F>
  listener_id on(std::string_view event, F&& f) {
    return extras().listeners.add(event, sio::make_handler(std::forward<F>(f)), false);
  }
  template <class R, class... D, class F>
  listener_id on(const event<R(D...)>& declared, F&& f) {
    return extras().listeners.add(declared.name, sio::make_declared_handler<event<R(D...)>>(std::forward<F>(f)), false);
  }
  template <class F>
  listener_id once(std::string_view event, F&& f) {
    return extras().listeners.add(event, sio::make_handler(std::forward<F>(f)), true);
  }
  template <class R, class... D, class F>
  listener_id once(const event<R(D...)>& declared, F&& f) {
    return extras().listeners.add(declared.name, sio::make_declared_handler<event<R(D...)>>(std::forward<F>(f)), true);
  }
  void off(std::string_view event, listener_id id) { extras().listeners.remove(event, id); }
  void off(std::string_view event) { extras().listeners.remove_all(event); }
  void off() { extras().listeners.clear(); }
  listener_id on_any(sio::socket_listeners::catch_all f) { return extras().listeners.any.add(std::move(f)); }
  void off_any(listener_id id) { extras().listeners.any.remove(id); }
  /// Runs after what was emitted is queued, not inside emit().
  listener_id on_any_outgoing(sio::socket_listeners::catch_all f);
  void off_any_outgoing(listener_id id) { extras().listeners.any_outgoing.remove(id); }
  /// The rooms are still there.
  listener_id on_disconnecting(function<void(socket&, close_reason)> f) {
    return extras().on_disconnecting.add(std::move(f));
  }
  listener_id on_disconnect(function<void(socket&, close_reason)> f) { return extras().on_disconnect.add(std::move(f)); }
  /// Looks at every event of this socket before its handlers.
  void use(sio::packet_middleware f) {
    extras().middlewares.add(std::move(f));
  }

  /// Leaves the namespace; with close_session, all namespaces of the session, which then ends.
  void disconnect(bool close_session = false) noexcept;

 private:
  friend class sio::switchboard;
  friend class siokit::nsp;
  enum class state : std::uint8_t { connecting, connected, disconnected };
  enum task : std::uint8_t { tell_connected = 1, tell_disconnecting = 2, tell_disconnected = 4, fail_acks = 8,
                             tell_drained = 16, resume_packets = 32,
                             told_all = 64 /* waits for its end */ };
  sio::socket_extras& extras();
  // Until the rooms are left, which is between on_disconnecting and on_disconnect.
  bool in_own_room() const noexcept { return connected() || (tasks_ & tell_disconnected) != 0; }

  siokit::nsp& nsp_;
  socket_id id_;
  state state_ = state::connecting;
  std::uint8_t tasks_ = 0;
  close_reason reason_ = close_reason::transport_close;
  std::uint32_t connection_ = 0;
  std::uint32_t place_ = 0;  // in the namespace's list of sockets
  std::uint32_t mark_ = 0;   // of the last broadcast that met it
  sio::socket_handle handle_{};
  eio::session_id session_{};
  sio::promise_id gate_{};  // the middleware that is being waited for
  list_hook task_hook_;
  list_hook mates_;  // the sockets of its connection
  vec<sio::joined_room> rooms_;
  vec<sio::pending_ack> acks_;  // by id, ascending
  siokit::handshake handshake_;
  sio::socket_extras* extras_ = nullptr;
  sio::datum* data_ = nullptr;
};

namespace sio {

inline socket_ref ref_of(socket& s) noexcept { return s.ref(); }

}  // namespace sio

template <class T>
T& socket::data() {
  const void* const key = &sio::data_key<T>;
  for (sio::datum* d = data_; d != nullptr; d = d->next)
    if (d->key == key) return static_cast<sio::typed_datum<T>*>(d)->value;
  auto* const made = new sio::typed_datum<T>{
      {key, data_, [](sio::datum* gone) { delete static_cast<sio::typed_datum<T>*>(gone); }}, T{}};
  data_ = made;
  return made->value;
}

SIOKIT_NAMESPACE_END

#pragma pop_macro("emit")
