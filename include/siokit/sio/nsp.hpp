// A namespace: who is in it, its rooms, and the handlers of all its sockets. server.of("/admin") makes one or finds it; the
// server itself is "/". Handlers register here once, so that a connection costs no closures.
// Lives as long as its server; a child that a dynamic namespace made goes with its last socket, unless of() named it.
#pragma once

#include <siokit/sio/socket.hpp>

#pragma push_macro("emit")
#undef emit

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// What a namespace was told to do. The children of a dynamic namespace share their parent's.
struct registrations {
  socket_listeners listeners;
  callables<connect_middleware> middlewares;
  callables<function<void(socket&)>> on_connect;
  callables<function<void(socket&, close_reason)>> on_disconnecting;
  callables<function<void(socket&, close_reason)>> on_disconnect;
  callables<function<void(socket&)>> on_drain;
  callables<socket_listeners::catch_all> on_unhandled;
};

}  // namespace sio

class nsp {
 public:
  nsp(sio::switchboard& board, std::string name, std::shared_ptr<sio::registrations> shared);
  nsp(const nsp&) = delete;
  nsp& operator=(const nsp&) = delete;
  ~nsp();

  const std::string& name() const noexcept { return *name_; }
  /// For the library's own use.
  sio::switchboard& board() const noexcept { return board_; }
  /// The next id of the counter that all sockets and broadcasts here share.
  std::uint64_t take_ack_id() noexcept { return next_ack_++; }
  /// Made by of(accepts): has no sockets of its own, and what is emitted goes to its children.
  bool is_dynamic() const noexcept { return dynamic_; }
  /// Sockets connected on this server.
  std::size_t size() const noexcept { return sockets_.size(); }
  /// A connected socket of this namespace, or null.
  socket* find(std::string_view id) noexcept;
  /// Calls visit(socket&) for each that is there now; the visitor may do whatever a handler may.
  template <class Visit>
  void each_socket(Visit&& visit);

  // --- handlers: see listeners.hpp for what on() takes ---
  template <class F>
  listener_id on(std::string_view event, F&& f) {
    return shared_->listeners.add(event, sio::make_handler(std::forward<F>(f)), false);
  }
  template <class R, class... D, class F>
  listener_id on(const event<R(D...)>& declared, F&& f) {
    return shared_->listeners.add(declared.name, sio::make_declared_handler<event<R(D...)>>(std::forward<F>(f)), false);
  }
  /// For the first such event of any socket.
  template <class F>
  listener_id once(std::string_view event, F&& f) {
    return shared_->listeners.add(event, sio::make_handler(std::forward<F>(f)), true);
  }
  template <class R, class... D, class F>
  listener_id once(const event<R(D...)>& declared, F&& f) {
    return shared_->listeners.add(declared.name, sio::make_declared_handler<event<R(D...)>>(std::forward<F>(f)), true);
  }
  void off(std::string_view event, listener_id id) { shared_->listeners.remove(event, id); }
  void off(std::string_view event) { shared_->listeners.remove_all(event); }
  listener_id on_any(sio::socket_listeners::catch_all f) { return shared_->listeners.any.add(std::move(f)); }
  void off_any(listener_id id) { shared_->listeners.any.remove(id); }
  /// Sees what is sent to each socket, broadcasts included. Runs after it is queued, not inside emit().
  listener_id on_any_outgoing(sio::socket_listeners::catch_all f) { return shared_->listeners.any_outgoing.add(std::move(f)); }
  void off_any_outgoing(listener_id id) { shared_->listeners.any_outgoing.remove(id); }

  listener_id on_connect(function<void(socket&)> f) { return shared_->on_connect.add(std::move(f)); }
  /// The rooms are still there.
  listener_id on_disconnecting(function<void(socket&, close_reason)> f) {
    return shared_->on_disconnecting.add(std::move(f));
  }
  listener_id on_disconnect(function<void(socket&, close_reason)> f) { return shared_->on_disconnect.add(std::move(f)); }
  /// A socket that was not writable() is again.
  listener_id on_drain(function<void(socket&)> f) { return shared_->on_drain.add(std::move(f)); }
  /// Events that nobody listens to.
  listener_id on_unhandled(sio::socket_listeners::catch_all f) { return shared_->on_unhandled.add(std::move(f)); }
  /// Decides who may join the namespace, in the order of registration.
  void use(sio::connect_middleware f) {
    shared_->middlewares.add(std::move(f));
  }
  /// The same with a coroutine, of a socket_ref, that co_returns std::optional<refusal>: nothing lets it pass.
  template <class F>
    requires sio::is_coroutine<F>
  void use(F f) {
    using body = typename sio::signature<F>::result;
    static_assert(std::is_invocable_v<F&, socket_ref> && std::same_as<typename sio::launch<body>::value, std::optional<refusal>>,
                  "a coroutine middleware takes siokit::socket_ref and co_returns std::optional<siokit::refusal>");
    use(sio::connect_middleware([f = std::make_shared<F>(std::move(f))](socket& s, next_fn next) {
      sio::launch<body>::start(f, (*f)(s.ref()),
                               [next](std::optional<refusal> why) { why ? next(std::move(*why)) : next(); });
    }));
  }

  // --- out: to everybody here ---
  template <class... A>
  void emit(std::string_view event, A&&... a) {
    target(*this).emit(event, std::forward<A>(a)...);
  }
  template <class R, class... D, class... A>
  void emit(const event<R(D...)>& declared, A&&... a) {
    target(*this).emit(declared, std::forward<A>(a)...);
  }
  template <class... A>
  void emit_event(A&&... a) {
    target(*this).emit(std::forward<A>(a)...);
  }
  /// The event "message".
  template <class... A>
  void send(A&&... a) {
    emit("message", std::forward<A>(a)...);
  }
  template <std::convertible_to<std::string_view> Room>
  target to(const Room& room) { return target(*this).to(room); }
  template <std::convertible_to<std::string_view> Room>
  target in(const Room& room) { return target(*this).to(room); }
  /// Several rooms at once; also to({"a", "b"}).
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target to(const Rooms& rooms) {
    return target(*this).to(rooms);
  }
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target in(const Rooms& rooms) {
    return target(*this).to(rooms);
  }
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target except(const Rooms& rooms) {
    return target(*this).except(rooms);
  }
  target to(std::initializer_list<std::string_view> rooms) { return target(*this).to(rooms); }
  target in(std::initializer_list<std::string_view> rooms) { return target(*this).to(rooms); }
  target except(std::initializer_list<std::string_view> rooms) { return target(*this).except(rooms); }
  template <std::convertible_to<std::string_view> Room>
  target except(const Room& room) { return target(*this).except(room); }
  target volatile_() { return target(*this).volatile_(); }
  target local() { return target(*this).local(); }
  target timeout(milliseconds length) { return target(*this).timeout(length); }
  void sockets_join(std::string_view room) { target(*this).sockets_join(room); }
  void sockets_leave(std::string_view room) { target(*this).sockets_leave(room); }
  void disconnect_sockets(bool close_session = false) { target(*this).disconnect_sockets(close_session); }
  void fetch_sockets(function<void(std::span<const socket_id>)> found) { target(*this).fetch_sockets(std::move(found)); }

 protected:
  sio::switchboard& board_;

 private:
  friend class sio::switchboard;
  friend class siokit::socket;

  std::shared_ptr<const std::string> name_;
  std::shared_ptr<sio::registrations> shared_;
  bool child_ = false;      // of a dynamic namespace: goes with its last socket
  bool dynamic_ = false;    // has no sockets of its own: what is emitted goes to its children
  std::size_t users_ = 0;  // sockets, connecting ones included
  vec<std::uint32_t> sockets_;
  sio::room_table rooms_;
  std::uint64_t next_ack_ = 0;
};

SIOKIT_NAMESPACE_END

#pragma pop_macro("emit")
