// What emit() of both sides has in common: which arguments may stand where, and how they become an encoded event.
// Who gets it is target.hpp's (a server) and client_socket.hpp's.
// Nothing here sends.
#pragma once

#include <siokit/sio/handler.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// How an event goes.
struct emit_options {
  bool is_volatile = false;  // drop it for whoever is not ready
  bool has_timeout = false;
  milliseconds timeout{0};
};

template <class T>
inline constexpr bool is_single_ack = std::is_base_of_v<single_ack, std::remove_cvref_t<T>>;
template <class T>
inline constexpr bool is_each_ack = std::is_base_of_v<each_ack, std::remove_cvref_t<T>>;

/// The last type of a list; void for none.
template <class... A>
struct last_of {
  using type = void;
};
template <class A, class... B>
struct last_of<A, B...> {
  using type = typename std::conditional_t<sizeof...(B) == 0, std::type_identity<A>, last_of<B...>>::type;
};

/// Whether values of these types may be sent for the declared event.
template <class Declared, class... A>
inline constexpr bool may_send = false;
template <class R, class... D, class... A>
  requires(sizeof...(D) == sizeof...(A))
inline constexpr bool may_send<event<R(D...)>, A...> =
    ((std::is_convertible_v<A, D> || std::same_as<std::remove_cvref_t<A>, value> ||
      std::same_as<std::remove_cvref_t<A>, std::remove_cvref_t<D>>)&&...);
/// The same without the last type, which is an acknowledgement.
template <class Declared, class Types>
inline constexpr bool may_send_front = false;
template <class Declared, class... A>
inline constexpr bool may_send_front<Declared, std::tuple<A...>> = [] {
  const auto all = []<std::size_t... I>(std::index_sequence<I...>) {
    return may_send<Declared, std::tuple_element_t<I, std::tuple<A...>>...>;
  };
  return all(std::make_index_sequence<sizeof...(A) - 1>{});
}();
/// An acknowledgement stands last or nowhere.
template <class... A>
inline constexpr bool acks_stand_last = [] {
  const bool ack[] = {(is_single_ack<A> || is_each_ack<A>)..., false};
  for (std::size_t i = 0; i + 1 < sizeof...(A); ++i)
    if (ack[i]) return false;
  return true;
}();

/// Does not compile when one peer is sent other arguments, or acknowledges with something else, than is declared.
template <class Declared, class R, class... A>
constexpr void check_declared_emit() {
  using last = typename last_of<std::remove_cvref_t<A>...>::type;
  if constexpr (is_single_ack<last>) {
    static_assert(std::is_same_v<typename last::type, R> || std::is_same_v<typename last::type, value>,
                  "on_ack() does not take what the event is acknowledged with");
    static_assert(may_send_front<Declared, std::tuple<A...>>, "the arguments are not those that the event declares");
  } else {
    static_assert(may_send<Declared, A...>, "the arguments are not those that the event declares");
  }
}

/// Encodes an event; the last argument may be an acknowledgement, which is not encoded.
template <class... A>
errc encode_event(const event_head& head, encoded& out, const A&... a) {
  const auto write = [&]([[maybe_unused]] event_writer& writer) {
    [[maybe_unused]] const auto add = [&](const auto& argument) {
      using type = std::remove_cvref_t<decltype(argument)>;
      if constexpr (!is_single_ack<type> && !is_each_ack<type>) writer.add(argument);
    };
    (add(a), ...);
  };
  return encode_outgoing({head, outgoing(write, (likely_size(a) + ... + 0))}, out);
}

template <class T, class First, class... Rest>
T* last_ack(First& first, Rest&... rest) noexcept {
  if constexpr (sizeof...(Rest) != 0)
    return last_ack<T>(rest...);
  else if constexpr (std::is_base_of_v<T, First>)
    return &first;
  else
    return nullptr;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
