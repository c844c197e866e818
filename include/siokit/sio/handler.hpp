// Turns any callable into a handler of events: its parameters are read off its signature and filled from the event.
// A parameter is a socket&, a socket_ref, an ack<A...>, all arguments, or one wire argument; the return value is the
// acknowledgement, of a coroutine what it co_returns.
// Nothing here runs a handler: listeners.hpp keeps them, switchboard.hpp calls them.
#pragma once

#include <siokit/sio/ack.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// One event on its way through its handlers.
struct invocation {
  sio::home& home;
  socket* who;          // on a server
  client_socket* mine;  // on a client
  const arguments& args;
  std::uint64_t session = 0;
  const std::shared_ptr<const std::string>& nsp;
  std::string_view event;
  std::uint64_t id = 0;
  bool wants_ack = false;  // and nobody gave it yet

  /// The error of a parameter: `index` is its wire argument. The handler is not called.
  void failed(errc e, std::size_t index) noexcept {
    error = e;
    argument = index;
  }
  errc error = errc::none;
  std::size_t argument = 0;

  /// Where in its arguments it failed, as in "args[0].user.age". Lies in `room`.
  std::string_view failed_at(const value_context&, std::span<char, 192> room) const noexcept;
};

using event_handler = function<void(invocation&)>;

template <class T>
struct is_ack : std::false_type {};
template <class... A>
struct is_ack<ack<A...>> : std::true_type {};
template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<result<T>> : std::true_type {
  using value = T;
};

template <class T>
inline constexpr bool is_socket = std::same_as<T, socket> || std::same_as<T, client_socket>;
template <class T>
inline constexpr bool is_wire =
    !is_socket<T> && !std::same_as<T, socket_ref> && !is_ack<T>::value && !std::same_as<T, arguments>;

/// How a handler that returns R goes on after it returned: not at all, unless R is a coroutine. Those are in coro.hpp and
/// adapters/asio_coro.hpp, and have start(handler, R, done), which keeps the handler until it calls done(value).
template <class R>
struct launch {
  static constexpr bool later = false;
  using value = R;
};

socket_ref ref_of(socket&) noexcept;

/// Holds one parameter while the handler runs.
template <class T>
struct parameter {
  T value{};
  bool fill(invocation& in, argument_cursor& at) {
    const errc e = read_argument(at, value);
    if (e != errc::none) in.failed(e, at.index());
    return e == errc::none;
  }
  T& get(invocation&) { return value; }
};
template <>
struct parameter<socket> {
  bool fill(invocation&, argument_cursor&) { return true; }
  socket& get(invocation& in) { return *in.who; }
};
template <>
struct parameter<socket_ref> {
  socket_ref value;
  bool fill(invocation& in, argument_cursor&) {
    value = ref_of(*in.who);
    return true;
  }
  socket_ref& get(invocation&) { return value; }
};
template <>
struct parameter<client_socket> {
  bool fill(invocation&, argument_cursor&) { return true; }
  client_socket& get(invocation& in) { return *in.mine; }
};
template <>
struct parameter<arguments> {
  arguments value;
  bool fill(invocation& in, argument_cursor&) {
    value = in.args;
    return true;
  }
  arguments& get(invocation&) { return value; }
};
template <class... A>
struct parameter<ack<A...>> {
  ack<A...> value;
  bool fill(invocation&, argument_cursor&) { return true; }
  ack<A...>& get(invocation& in) {
    promise_id which{};
    const ticket home = in.home.promise_for(in, which);
    value = ack<A...>(home, which);
    return value;
  }
};
template <class T>
struct parameter<result<T>> {
  result<T> value = errc::missing_argument;
  bool fill(invocation&, argument_cursor& at) {
    T out{};
    const errc e = read_argument(at, out);
    value = e == errc::none ? result<T>(std::move(out)) : result<T>(e);
    return true;
  }
  result<T>& get(invocation&) { return value; }
};

/// Where the wire argument of parameter i stands: parameters that are not on the wire take no place.
template <class... P>
constexpr std::size_t wire_index(std::size_t i) {
  constexpr bool wire[] = {is_wire<P>..., false};
  std::size_t n = 0;
  for (std::size_t k = 0; k < i; ++k) n += wire[k] ? 1 : 0;
  return n;
}

template <class P>
inline constexpr bool is_mutable_reference =
    std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>;

/// A coroutine may have a parameter T.
template <class T>
inline constexpr bool may_keep = !std::same_as<T, arguments> && !borrowing<T>;
template <class T>
inline constexpr bool may_keep<result<T>> = may_keep<T>;

template <class R, class F, class... P>
struct handler_of {
  static_assert(((!is_mutable_reference<P> || is_socket<std::remove_cvref_t<P>>) && ...),
                "a handler takes its arguments by value or const reference; only siokit::socket& is a reference");
  static_assert(((!is_socket<std::remove_cvref_t<P>> || std::is_lvalue_reference_v<P>)&&...),
                "a handler takes the socket as siokit::socket&");
  static_assert(!launch<R>::later || (!std::same_as<std::remove_cvref_t<P>, socket> && ...),
                "a coroutine handler takes siokit::socket_ref: a siokit::socket& may be gone when it goes on");
  static_assert(!launch<R>::later || ((!std::is_reference_v<P> || is_socket<std::remove_cvref_t<P>>)&&...),
                "a coroutine handler takes its arguments by value: what a reference refers to is gone when it goes on");
  static_assert(!launch<R>::later || (may_keep<std::remove_cvref_t<P>> && ...),
                "a coroutine handler takes arguments that own what they hold (std::string, siokit::bytes, siokit::value): "
                "what others refer to is gone when it goes on");
  /// Whether T is among the parameters.
  template <class T>
  static constexpr bool takes = (std::same_as<std::remove_cvref_t<P>, T> || ...);

  static_assert(!refers_to_variables<std::remove_cvref_t<typename launch<R>::value>>,
                "obj() and arr() refer to the variables they are made of, which end with the handler: "
                "let it return siokit::value");

  /// `f` is an F, or what keeps one that returns a coroutine.
  template <class Kept>
  static void call(Kept& f, invocation& in) {
    call(f, in, std::index_sequence_for<P...>{});
  }

 private:
  template <class Kept, std::size_t... I>
  static void call(Kept& f, invocation& in, std::index_sequence<I...>) {
    std::tuple<parameter<std::remove_cvref_t<P>>...> held;
    argument_cursor at(in.args);
    if (!(std::get<I>(held).fill(in, at) && ...)) return;
    // What is taken by value is moved: each parameter was made for this one call.
    if constexpr (launch<R>::later) {
      R body = (*f)(static_cast<P&&>(std::get<I>(held).get(in))...);
      launch<R>::start(f, std::move(body), answer_of(in));
    } else if constexpr (std::is_void_v<R>) {
      f(static_cast<P&&>(std::get<I>(held).get(in))...);
    } else {
      const auto reply = f(static_cast<P&&>(std::get<I>(held).get(in))...);
      answer(in, reply);
    }
  }
  static auto answer_of([[maybe_unused]] invocation& in) {
    if constexpr (std::is_void_v<typename launch<R>::value>) {
      return [] {};
    } else {
      parameter<ack<typename launch<R>::value>> later;
      return later.get(in);
    }
  }
  template <class T>
  static void answer(invocation& in, const T& value) {
    if (!std::exchange(in.wants_ack, false)) return;
    reply_with(in.home, {in.session, in.who, in.mine, *in.nsp, in.id, in.event}, value);
  }
};

/// R and the parameters of a callable.
template <class F>
struct signature : signature<decltype(&F::operator())> {};
template <class C, class R, class... P>
struct signature<R (C::*)(P...)> {
  using result = R;
  template <class F>
  using handler = handler_of<R, F, P...>;
};
template <class C, class R, class... P>
struct signature<R (C::*)(P...) const> : signature<R (C::*)(P...)> {};
template <class C, class R, class... P>
struct signature<R (C::*)(P...) noexcept> : signature<R (C::*)(P...)> {};
template <class C, class R, class... P>
struct signature<R (C::*)(P...) const noexcept> : signature<R (C::*)(P...)> {};
template <class R, class... P>
struct signature<R (*)(P...)> {
  using result = R;
  template <class F>
  using handler = handler_of<R, F, P...>;
};
template <class R, class... P>
struct signature<R (*)(P...) noexcept> : signature<R (*)(P...)> {};

template <class F>
concept has_signature = std::is_pointer_v<std::decay_t<F>> || requires { &std::decay_t<F>::operator(); };

/// F returns a coroutine.
template <class F>
inline constexpr bool is_coroutine = false;
template <has_signature F>
inline constexpr bool is_coroutine<F> = launch<typename signature<std::decay_t<F>>::result>::later;

/// The handler made of a callable, for events of a Socket.
template <class Socket = socket, class F>
event_handler make_handler(F&& f) {
  using callable = std::decay_t<F>;
  using other = std::conditional_t<std::same_as<Socket, socket>, client_socket, socket>;
  static_assert(has_signature<F>, "a handler needs one signature to read its types from: [](auto...) has none");
  if constexpr (has_signature<F>) {
    using handler = typename signature<callable>::template handler<callable>;
    constexpr bool foreign = std::same_as<Socket, client_socket> && handler::template takes<socket_ref>;
    static_assert(!handler::template takes<other> && !foreign,
                  "handlers of a server take siokit::socket&, those of a client siokit::client_socket&");
    if constexpr (is_coroutine<callable>)
      return [f = std::make_shared<callable>(std::forward<F>(f))](invocation& in) { handler::call(f, in); };
    else
      return [f = std::forward<F>(f)](invocation& in) mutable { handler::call(f, in); };
  } else {
    return {};
  }
}

template <class A>
inline constexpr bool is_text = std::convertible_to<const A&, std::string_view>;

/// Whether a handler's parameter P may receive what an event declares as A.
template <class P, class A>
inline constexpr bool receives = std::same_as<P, A> || std::same_as<P, value> || std::same_as<P, value_view> ||
                                 std::same_as<P, std::optional<A>> || std::same_as<P, result<A>> ||
                                 (is_text<P> && is_text<A>) || (std::same_as<P, bytes> && std::same_as<A, bytes_view>) ||
                                 (std::same_as<P, bytes_view> && std::same_as<A, bytes>);

template <class Handler, class Declared>
struct matches;
template <class R, class F, class... P, class DR, class... DA>
struct matches<handler_of<R, F, P...>, event<DR(DA...)>> {
  template <std::size_t... I>
  static constexpr bool all(std::index_sequence<I...>) {
    return (match<std::remove_cvref_t<P>>(wire_index<std::remove_cvref_t<P>...>(I)) && ...);
  }
  template <class Q>
  static constexpr bool match(std::size_t index) {
    if constexpr (!is_wire<Q>) {
      return true;
    } else {
      constexpr std::size_t n = sizeof...(DA);
      const bool fits[n + 1] = {receives<Q, std::remove_cvref_t<DA>>..., false};
      return fits[index < n ? index : n];
    }
  }
  static constexpr bool arguments = all(std::index_sequence_for<P...>{});
  static constexpr bool defers = (is_ack<std::remove_cvref_t<P>>::value || ...);
  using value = typename launch<R>::value;
  static constexpr bool reply = std::is_void_v<DR> ? std::is_void_v<value> : defers || std::is_convertible_v<value, DR>;
};

/// The same, checked against the declaration of the event.
template <class Declared, class Socket = socket, class F>
event_handler make_declared_handler(F&& f) {
  if constexpr (has_signature<F>) {
    using callable = std::decay_t<F>;
    using check = matches<typename signature<callable>::template handler<callable>, Declared>;
    static_assert(check::arguments, "the handler's parameters are not those that the event declares");
    static_assert(check::reply, "the handler does not acknowledge with what the event declares");
  }
  return make_handler<Socket>(std::forward<F>(f));
}

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/handler.ipp>
