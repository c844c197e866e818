// Who gets what is emitted next: options come before emit(), as in JavaScript. target is for many sockets, sender for one.
// Values: each call gives a new one and leaves the old alone. Used at once; a sender does not outlive its socket.
//   io.to("a").to("b").except("c").volatile_().emit("tick", 1);
#pragma once

#include <siokit/sio/adapter.hpp>

// Qt makes `emit` a macro that is empty; emit_event() is there for those who cannot push it away.
#pragma push_macro("emit")
#undef emit

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// The namespace-wide counter: one id for all recipients, so that a broadcast is one frame.
std::uint64_t next_ack_id(nsp&) noexcept;
pool& frame_pool(nsp&) noexcept;
nsp& nsp_of(socket&) noexcept;
std::string_view nsp_name(const nsp&) noexcept;
bool is_dynamic(const nsp&) noexcept;
void each_child(nsp&, function<void(nsp&)> visit);
delivery send_to_one(socket&, const broadcast_options&, encoded&, errc, std::string_view event, std::uint64_t id,
                     single_ack* reply);
void send_to_many(nsp&, const broadcast_options&, encoded&, errc, std::string_view event, std::uint64_t id, each_ack* replies);

}  // namespace sio

/// One socket, with options for what is emitted next.
class sender {
 public:
  explicit sender(socket& to) noexcept : to_(&to) {}
  /// Drops the event when the peer is not ready for it.
  sender volatile_() const {
    sender s = *this;
    s.options_.is_volatile = true;
    return s;
  }
  /// How long on_ack() waits for the answer.
  sender timeout(milliseconds length) const {
    sender s = *this;
    s.options_.has_timeout = true;
    s.options_.timeout = length;
    return s;
  }

  /// Sends an event; the last argument may be on_ack(...). Reserved names are refused.
  template <class... A>
  delivery emit(std::string_view event, A&&... a) const;
  template <class R, class... D, class... A>
  delivery emit(const event<R(D...)>& declared, A&&... a) const;
  template <class... A>
  delivery emit_event(A&&... a) const {
    return emit(std::forward<A>(a)...);
  }

 private:
  socket* to_;
  sio::broadcast_options options_;
};

/// Many sockets of one namespace: all, or those in the union of some rooms, without those in others.
class target {
 public:
  explicit target(nsp& of) noexcept : nsp_(&of) {}
  target(nsp& of, sio::socket_handle sender) noexcept : nsp_(&of) { options_.sender = sender; }

  template <std::convertible_to<std::string_view> Room>
  target to(const Room& room) const& { return target(*this).add(room, false); }
  template <std::convertible_to<std::string_view> Room>
  target to(const Room& room) && { return std::move(add(room, false)); }
  template <std::convertible_to<std::string_view> Room>
  target in(const Room& room) const& { return to(room); }
  template <std::convertible_to<std::string_view> Room>
  target in(const Room& room) && { return std::move(add(room, false)); }
  /// Several rooms; none of them is everybody, as in JavaScript.
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target to(const Rooms& rooms) const {
    target t = *this;
    for (const std::string_view room : rooms) t.add(room, false);
    return t;
  }
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target in(const Rooms& rooms) const {
    return to(rooms);
  }
  target to(std::initializer_list<std::string_view> rooms) const { return to<>(rooms); }
  target in(std::initializer_list<std::string_view> rooms) const { return to<>(rooms); }
  target except(std::initializer_list<std::string_view> rooms) const { return except<>(rooms); }
  template <class Rooms>
    requires(!std::convertible_to<Rooms, std::string_view>)
  target except(const Rooms& rooms) const {
    target t = *this;
    for (const std::string_view room : rooms) t.add(room, true);
    return t;
  }
  template <std::convertible_to<std::string_view> Room>
  target except(const Room& room) const& { return target(*this).add(room, true); }
  template <std::convertible_to<std::string_view> Room>
  target except(const Room& room) && { return std::move(add(room, true)); }
  target volatile_() const {
    target t = *this;
    t.options_.is_volatile = true;
    return t;
  }
  /// Not to other nodes of a cluster.
  target local() const {
    target t = *this;
    t.options_.local = true;
    return t;
  }
  /// How long on_each_ack() waits for the answers. Without it, until each socket answered or left.
  target timeout(milliseconds length) const {
    target t = *this;
    t.options_.has_timeout = true;
    t.options_.timeout = length;
    return t;
  }

  /// Sends an event, encoded once. The last argument may be on_each_ack(...). Reserved names are refused.
  template <class... A>
  void emit(std::string_view event, A&&... a) const;
  template <class R, class... D, class... A>
  void emit(const event<R(D...)>& declared, A&&... a) const;
  template <class... A>
  void emit_event(A&&... a) const {
    emit(std::forward<A>(a)...);
  }

  /// Makes all of them join or leave a room, or disconnects them.
  void sockets_join(std::string_view room) const;
  void sockets_leave(std::string_view room) const;
  void disconnect_sockets(bool close_session = false) const;
  /// Calls found(std::span<const socket_id>), once, with all of them.
  void fetch_sockets(function<void(std::span<const socket_id>)> found) const;

 private:
  target& add(std::string_view room, bool except) {
    options_.rooms.add(room, except);
    return *this;
  }
  nsp* nsp_;
  sio::broadcast_options options_;
};

template <class... A>
delivery sender::emit(std::string_view event, A&&... a) const {
  using last = typename sio::last_of<std::remove_cvref_t<A>...>::type;
  static_assert(!sio::is_each_ack<last>, "one socket answers once: use on_ack()");
  static_assert(sio::acks_stand_last<A...>, "on_ack() is the last argument");
  constexpr bool wants = sio::is_single_ack<last>;
  nsp& in = sio::nsp_of(*to_);
  const std::uint64_t id = wants ? sio::next_ack_id(in) : sio::no_ack_id;
  sio::encoded out;
  const errc e = sio::encode_event({sio::frame_pool(in), sio::nsp_name(in), event, id}, out, a...);
  sio::single_ack* reply = nullptr;
  if constexpr (wants) reply = sio::last_ack<sio::single_ack>(a...);
  return sio::send_to_one(*to_, options_, out, e, event, id, reply);
}

template <class R, class... D, class... A>
delivery sender::emit(const siokit::event<R(D...)>& declared, A&&... a) const {
  sio::check_declared_emit<siokit::event<R(D...)>, R, A...>();
  return emit(declared.name, std::forward<A>(a)...);
}

template <class... A>
void target::emit(std::string_view event, A&&... a) const {
  using last = typename sio::last_of<std::remove_cvref_t<A>...>::type;
  static_assert(!sio::is_single_ack<last>, "many sockets answer: use on_each_ack<T>(each, done)");
  static_assert(sio::acks_stand_last<A...>, "on_each_ack() is the last argument");
  if (sio::is_dynamic(*nsp_)) {
    static constexpr const char* alone = "acknowledgements are asked for in each child of a dynamic namespace";
    SIOKIT_ASSERT(!sio::is_each_ack<last>, alone);
    return sio::each_child(*nsp_, [&](nsp& child) {
      target there(child);
      there.options_ = options_;
      there.emit(event, a...);
    });
  }
  constexpr bool wants = sio::is_each_ack<last>;
  const std::uint64_t id = wants ? sio::next_ack_id(*nsp_) : sio::no_ack_id;
  sio::encoded out;
  const errc e = sio::encode_event({sio::frame_pool(*nsp_), sio::nsp_name(*nsp_), event, id}, out, a...);
  sio::each_ack* replies = nullptr;
  if constexpr (wants) replies = sio::last_ack<sio::each_ack>(a...);
  sio::send_to_many(*nsp_, options_, out, e, event, id, replies);
}

template <class R, class... D, class... A>
void target::emit(const siokit::event<R(D...)>& declared, A&&... a) const {
  using last = typename sio::last_of<std::remove_cvref_t<A>...>::type;
  if constexpr (sio::is_each_ack<last>) {
    static_assert(std::is_same_v<typename last::type, R> || std::is_same_v<typename last::type, value>,
                  "on_each_ack() does not take what the event is acknowledged with");
    static_assert(sio::may_send_front<siokit::event<R(D...)>, std::tuple<A...>>,
                  "the arguments are not those that the event declares");
  } else {
    static_assert(sio::may_send<siokit::event<R(D...)>, A...>, "the arguments are not those that the event declares");
  }
  emit(declared.name, std::forward<A>(a)...);
}

SIOKIT_NAMESPACE_END

#pragma pop_macro("emit")
