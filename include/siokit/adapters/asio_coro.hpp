// Asio's coroutines: what coro.hpp awaits, with a completion token, and handlers that return asio::awaitable.
//   const auto sum = co_await io.emit_with_ack<int>(5s, "add", 2, 3)(asio::use_awaitable);     a siokit::result<int>
//   io.on("load", siokit::spawn(host, [&](std::string name) -> asio::awaitable<int> { ... }));
// Any token works; its signature is void(result<T>). With a newer Asio than 1.22 an asio::awaitable needs none.
// Everything runs on the host's strand, and so must the coroutine: asio::co_spawn(host.get_executor(), ...).
#pragma once

#include <siokit/coro.hpp>

#if __has_include(<coroutine>) && defined(__cpp_impl_coroutine)
#include <siokit/adapters/asio.hpp>

#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <asio/system_executor.hpp>
#include <asio/use_awaitable.hpp>
#else
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#endif

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

/// A completion handler that waits. The timer that never fires keeps it in its context, with whom it may die, not in the
/// client; and brings it to its executor.
template <class T, class Handler>
struct asio_wait {
  asio_wait(const net::any_io_executor& on, Handler&& h)
      : timer(on, (net::steady_timer::time_point::max)()), handler(std::move(h)) {}
  net::steady_timer timer;
  Handler handler;
  result<T> value = errc::ack_cancelled;

  void finish(result<T> v) {
    value = std::move(v);
    timer.cancel();
  }
};

#if defined(ASIO_HAS_CO_AWAIT) || defined(BOOST_ASIO_HAS_CO_AWAIT)
/// A coroutine, and where it is to run.
template <class T, class Executor>
struct asio_coroutine {
  Executor on;
  net::awaitable<T, Executor> body;
};

template <class Handler>
class spawned;

/// A handler that gives its coroutine an executor.
template <class T, class Executor, class F, class... P>
class spawned<sio::handler_of<net::awaitable<T, Executor>, F, P...>> {
 public:
  spawned(const asio_host& host, F&& f) : host_(&host), f_(std::move(f)) {}
  asio_coroutine<T, Executor> operator()(P... p) { return {host_->get_executor(), f_(std::forward<P>(p)...)}; }

 private:
  const asio_host* host_;  // calls this, and so is there then
  F f_;
};

/// A handler, or a middleware, that returns asio::awaitable: its coroutine runs on the strand of the host, which is to be
/// that of the server or client it is given to. An exception that it ends with leaves io_context::run().
template <class F>
auto spawn(const asio_host& host, F f) {
  static_assert(sio::has_signature<F>, "a handler needs one signature to read its types from: [](auto...) has none");
  return spawned<typename sio::signature<F>::template handler<F>>(host, std::move(f));
}
#endif

}  // namespace over_asio, or over_boost_asio

namespace sio {
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

/// Calls a completion handler with what is waited for, on its executor.
template <class T, class Handler>
void await_on(const result_ref<T>& what, Handler handler) {
  auto on = net::get_associated_executor(handler);
  if constexpr (std::same_as<decltype(on), net::system_executor>) {
    // It has no place of its own: it is called like any handler of siokit's.
    auto call = [h = std::move(handler)](result<T> value) mutable { std::move(h)(std::move(value)); };
    if (what->done()) return call(what->take());
    what->then(std::move(call));
  } else {
    auto waits = std::make_shared<asio_wait<T, Handler>>(on, std::move(handler));
    if (auto slot = net::get_associated_cancellation_slot(waits->handler); slot.is_connected())
      slot.assign([what](net::cancellation_type) { what->cancel(); });
    if (what->done()) {
      waits->value = what->take();
      waits->timer.expires_at((net::steady_timer::time_point::min)());
    } else {
      what->then([w = std::weak_ptr(waits)](result<T> value) {
        if (const auto still = w.lock()) still->finish(std::move(value));
      });
    }
    net::steady_timer& timer = waits->timer;
    timer.async_wait(net::bind_executor(on, [waits = std::move(waits)](const net_error&) mutable {
      Handler h = std::move(waits->handler);
      if (auto slot = net::get_associated_cancellation_slot(h); slot.is_connected()) slot.clear();
      result<T> value = std::move(waits->value);
      waits.reset();
      std::move(h)(std::move(value));
    }));
  }
}

/// What awaiter<T>::operator() does with a completion token.
template <class T, class Token>
  requires net::completion_token_for<Token, void(result<T>)>
auto await_with(result_ref<T> what, Token&& token) {
  return net::async_initiate<Token, void(result<T>)>(
      [what = std::move(what)](auto&& handler) {
        await_on<T, std::decay_t<decltype(handler)>>(what, std::forward<decltype(handler)>(handler));
      },
      token);
}

}  // namespace over_asio, or over_boost_asio

#if defined(ASIO_HAS_CO_AWAIT) || defined(BOOST_ASIO_HAS_CO_AWAIT)
template <class T, class Executor>
struct launch<asio_coroutine<T, Executor>> {
  static constexpr bool later = true;
  using value = T;
  template <class Done>
  static void start(std::shared_ptr<const void> handler, asio_coroutine<T, Executor> what, Done done) {
    net::co_spawn(what.on, run(std::move(handler), std::move(what.body), std::move(done)), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
  }

 private:
  template <class Done>
  static net::awaitable<void, Executor> run(std::shared_ptr<const void> handler, net::awaitable<T, Executor> body, Done done) {
    const std::shared_ptr<const void> kept = std::move(handler);
    net::awaitable<T, Executor> own = std::move(body);
    if constexpr (std::is_void_v<T>) {
      co_await std::move(own);
      done();
    } else {
      done(co_await std::move(own));
    }
  }
};

template <class T, class Executor>
struct launch<net::awaitable<T, Executor>> {
  static constexpr bool later = true;
  using value = T;
  template <class Done>
  static void start(const std::shared_ptr<const void>&, net::awaitable<T, Executor>, Done) {
    static_assert(std::is_void_v<Done>,
                  "a handler that returns asio::awaitable needs a strand to run on: siokit::spawn(host, handler)");
  }
};
#endif

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
