// Acknowledgements, both ways. A handler answers a client by returning a value, or through an ack<...> it takes and may
// keep: see handler.hpp.
// A program hears a client's answer through on_ack() (one socket) or on_each_ack() (many), the last argument of emit.
#pragma once

#include <memory>
#include <string>
#include <tuple>

#include <siokit/core/function.hpp>
#include <siokit/core/result.hpp>
#include <siokit/sio/event.hpp>
#include <siokit/sio/home.hpp>
#include <siokit/sio/socket_id.hpp>

SIOKIT_NAMESPACE_BEGIN

/// An acknowledgement that is awaited, to be cancelled before it comes. A ticket: see ticket.hpp.
class ack_ref {
 public:
  ack_ref() noexcept = default;
  ack_ref(sio::ticket home, sio::ack_handle which) noexcept : home_(home), which_(which) {}
  /// Ends the wait: on_ack() is told ack_cancelled, later, and an event that was not sent yet is not sent.
  void cancel() const noexcept {
    if (sio::home* const home = home_.home()) home->cancel_ack(which_);
  }
  /// Whether the answer is still to come.
  bool pending() const noexcept {
    sio::home* const home = home_.home();
    return home != nullptr && home->awaits(which_);
  }

 private:
  sio::ticket home_;
  sio::ack_handle which_{};
};

namespace sio {

/// An acknowledgement that a peer owes.
struct pending_ack {
  std::uint64_t id;
  ack_handle at;
};

/// What came back: an error, or the arguments of the answer.
using ack_handler = function<void(errc, const arguments&)>;
using each_ack_handler = function<void(const socket_id&, errc, const arguments&)>;

/// Decodes the next argument into T; a missing one only fills an optional.
template <class T>
errc read_argument(argument_cursor& at, T& out) {
  const value_view v = at.next();
  if constexpr (std::same_as<T, value_view> || std::same_as<T, value>) {
    return v.exists() ? decode(v, out) : errc::none;
  } else {
    if (!v.exists()) {
      out = T{};
      return requires { typename T::value_type; out.has_value(); } ? errc::none : errc::missing_argument;
    }
    // By take_value() the end of the last argument would be looked for, which nobody needs.
    if constexpr (takes_value<T>) {
      errc e = errc::none;
      at.note_end(codec<T>::take(v, out, e));
      return e;
    } else {
      return decode(v, out);
    }
  }
}

template <class T>
struct result_of {
  static result<T> read(errc e, const arguments& args) {
    if (e != errc::none) return e;
    T out{};
    argument_cursor first(args);
    e = read_argument(first, out);
    if (e != errc::none) return e;
    return result<T>(std::move(out));
  }
};
template <>
struct result_of<void> {
  static result<void> read(errc e, const arguments&) { return e; }
};
template <>
struct result_of<arguments> {
  static result<arguments> read(errc e, const arguments& args) {
    if (e != errc::none) return e;
    return result<arguments>(args);
  }
};
template <class... A>
struct result_of<std::tuple<A...>> {
  static result<std::tuple<A...>> read(errc e, const arguments& args) {
    std::tuple<A...> out{};
    if (e == errc::none) {
      argument_cursor at(args);
      std::apply([&](A&... a) { static_cast<void>((((e = read_argument(at, a)) == errc::none) && ...)); }, out);
    }
    if (e != errc::none) return e;
    return result<std::tuple<A...>>(std::move(out));
  }
};

// The T of a callable's one parameter result<T>.
template <class F>
struct result_parameter : result_parameter<decltype(&F::operator())> {};
template <class C, class R, class T>
struct result_parameter<R (C::*)(result<T>)> {
  using type = T;
};
template <class C, class R, class T>
struct result_parameter<R (C::*)(result<T>) const> : result_parameter<R (C::*)(result<T>)> {};
template <class C, class R, class T>
struct result_parameter<R (C::*)(const result<T>&) const> : result_parameter<R (C::*)(result<T>)> {};
template <class C, class R, class T>
struct result_parameter<R (C::*)(const result<T>&)> : result_parameter<R (C::*)(result<T>)> {};
template <class C, class R, class T>
struct result_parameter<R (C::*)(result<T>) noexcept> : result_parameter<R (C::*)(result<T>)> {};
template <class C, class R, class T>
struct result_parameter<R (C::*)(const result<T>&) noexcept> : result_parameter<R (C::*)(result<T>)> {};
template <class C, class R, class T>
struct result_parameter<R (C::*)(result<T>) const noexcept> : result_parameter<R (C::*)(result<T>)> {};
template <class C, class R, class T>
struct result_parameter<R (C::*)(const result<T>&) const noexcept> : result_parameter<R (C::*)(result<T>)> {};
template <class R, class T>
struct result_parameter<R (*)(result<T>)> {
  using type = T;
};

template <class F>
concept takes_result = requires { typename result_parameter<std::decay_t<F>>::type; };

struct single_ack {
  ack_handler call;
  ack_ref* into = nullptr;  // to be told what to cancel
};
/// The same with the type it decodes to, for declared events to check.
template <class T>
struct typed_ack : single_ack {
  using type = T;
  /// Fills `pending`, which must live until emit() returned, with the way to cancel it: on_ack(f).into(pending).
  typed_ack&& into(ack_ref& pending) && {
    single_ack::into = &pending;
    return std::move(*this);
  }
};
struct each_ack {
  each_ack_handler call;
  function<void(std::size_t)> done;
};
template <class T>
struct typed_each_ack : each_ack {
  using type = T;
};

}  // namespace sio

/// emit(..., on_ack([](result<int> answer) {})): called once, never inside emit(), with the answer, or with errc::ack_timeout
/// (only after timeout()), ack_disconnected, volatile_dropped, why it was not sent, or why the answer does not decode. result<std::tuple<A, B>> takes
/// several values, result<void> none, result<arguments> all of them undecoded.
template <class F>
auto on_ack(F f) {
  static_assert(sio::takes_result<F>, "on_ack() takes a callable with one parameter of the form siokit::result<T>");
  using value_type = typename sio::result_parameter<F>::type;
  sio::typed_ack<value_type> made;
  made.call = [f = std::move(f)](errc e, const arguments& args) mutable { f(sio::result_of<value_type>::read(e, args)); };
  return made;
}

/// emit(..., on_each_ack<int>([](socket_id, result<int>) {}, [](std::size_t missing) {})) for many sockets: the first for
/// each answer, the second once, with the number of those that did not answer in time or left.
template <class T, class Each, class Done>
sio::typed_each_ack<T> on_each_ack(Each each, Done done) {
  sio::typed_each_ack<T> made;
  made.call = [each = std::move(each)](const socket_id& who, errc e, const arguments& args) mutable {
    each(who, sio::result_of<T>::read(e, args));
  };
  made.done = std::move(done);
  return made;
}

/// The right to acknowledge one event, to be used once: now, later, or never (then limits.answer_timeout ends it).
/// A ticket: see ticket.hpp.
template <class... A>
class ack {
 public:
  ack() noexcept = default;
  ack(sio::ticket home, sio::promise_id which) noexcept : home_(home), which_(which) {}

  /// Sends the values. Does nothing when the client asked for no acknowledgement, left, or has it.
  void operator()(const A&... values) const {
    sio::home* const home = home_.home();
    sio::owed_reply owed;
    if (home == nullptr || !home->take_promise(which_, owed)) return;
    sio::reply_with(*home, owed.to, values...);
  }
  /// The socket that asked, or null when it is gone.
  siokit::socket* socket() const noexcept {
    sio::home* const home = home_.home();
    return home == nullptr ? nullptr : home->promise_socket(which_);
  }

 private:
  sio::ticket home_;
  sio::promise_id which_{};
};

SIOKIT_NAMESPACE_END
