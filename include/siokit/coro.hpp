// Coroutines: what a client or a server's socket tells later can be awaited, and handlers and middleware may be coroutines.
//   siokit::start([&]() -> siokit::task<> {
//     if (const auto up = co_await siokit::connected(io); !up) co_return;
//     const siokit::result<int> sum = co_await io.emit_with_ack<int>(5s, "add", 2, 3);
//   });
//   io.on("load", [](std::string name) -> siokit::task<std::string> { co_return co_await db.load(name); });
// Works with any coroutine type, siokit::task (sio/task.hpp) among them. With Asio's: adapters/asio_coro.hpp.
#pragma once

#include <siokit/sio/task.hpp>

#if __has_include(<coroutine>) && defined(__cpp_impl_coroutine)
#include <siokit/sio/connector.hpp>
#include <siokit/sio/nsp.hpp>

SIOKIT_NAMESPACE_BEGIN

/// As the timeout of emit_with_ack(): waits until the answer comes or the socket is disconnected.
inline constexpr milliseconds no_timeout = (milliseconds::max)();

namespace sio {

/// What is waited for, shared by who waits and who brings it. Counted plainly: it belongs to the loop's thread.
template <class T>
class awaited_result {
 public:
  awaited_result() = default;
  awaited_result(const awaited_result&) = delete;
  awaited_result& operator=(const awaited_result&) = delete;
  virtual ~awaited_result() = default;

  bool done() const noexcept { return done_; }
  result<T> take() { return std::move(value_); }
  /// A coroutine waits; `link` when it is a task, which ends when the result will not come.
  void suspend(std::coroutine_handle<> who, task_link* link) noexcept {
    who_ = who;
    link_ = link;
  }
  /// Somebody who is no coroutine waits.
  void then(function<void(result<T>)> f) noexcept { then_ = std::move(f); }

  /// The result is here.
  void finish(result<T> value) {
    if (!settle()) return;
    if (then_) return call(std::move(value));
    value_ = std::move(value);
    if (const std::coroutine_handle<> who = std::exchange(who_, {})) who.resume();
  }
  /// It will not come: the client or server was destroyed, and nothing may run that could use it.
  void abandon() {
    if (std::exchange(done_, true)) return;
    if (then_) return call(errc::ack_cancelled);
    if (task_link* const link = std::exchange(link_, nullptr)) link->end();
  }
  /// Nobody waits any more; who waits by then() is told so.
  void cancel() {
    if (settle() && then_) call(errc::ack_cancelled);
  }

 protected:
  /// No result is wanted any more.
  virtual void withdraw() noexcept = 0;

 private:
  template <class>
  friend class result_ref;
  bool settle() noexcept {
    if (std::exchange(done_, true)) return false;
    withdraw();
    return true;
  }
  void call(result<T> value) {
    const function<void(result<T>)> f = std::move(then_);
    f(std::move(value));
  }

  result<T> value_ = errc::ack_cancelled;
  std::coroutine_handle<> who_;
  task_link* link_ = nullptr;
  function<void(result<T>)> then_;
  std::size_t count_ = 0;
  bool done_ = false;
};

/// Keeps an awaited_result.
template <class T>
class result_ref {
 public:
  explicit result_ref(awaited_result<T>* of) noexcept : of_(of) { ++of_->count_; }
  result_ref(const result_ref& other) noexcept : of_(other.of_) {
    if (of_ != nullptr) ++of_->count_;
  }
  result_ref(result_ref&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
  result_ref& operator=(result_ref other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  ~result_ref() {
    if (of_ != nullptr && --of_->count_ == 0) delete of_;
  }
  explicit operator bool() const noexcept { return of_ != nullptr; }
  awaited_result<T>* operator->() const noexcept { return of_; }

 private:
  awaited_result<T>* of_;
};

/// The end that brings the result: where it is dropped, the result will not come.
template <class T>
class result_bearer {
 public:
  explicit result_bearer(result_ref<T> to) noexcept : to_(std::move(to)) {}
  result_bearer(result_bearer&&) noexcept = default;
  result_bearer& operator=(result_bearer&&) = delete;
  ~result_bearer() {
    if (to_) to_->abandon();
  }
  void operator()(result<T> value) const { to_->finish(std::move(value)); }

 private:
  result_ref<T> to_;
};

}  // namespace sio

/// What emit_with_ack() and connected() return, to be awaited once by a coroutine of any type: gives a result<T>. When it is
/// destroyed first, nobody is told anything any more, and an event that was not sent yet is not sent.
template <class T>
class [[nodiscard]] awaiter {
 public:
  explicit awaiter(sio::result_ref<T> of) noexcept : of_(std::move(of)) {}
  awaiter(awaiter&&) noexcept = default;
  awaiter& operator=(awaiter&&) = delete;
  ~awaiter() {
    if (of_) of_->cancel();
  }

  bool await_ready() const noexcept { return of_->done(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> who) noexcept {
    if constexpr (std::derived_from<Promise, sio::task_link>)
      of_->suspend(who, &who.promise());
    else
      of_->suspend(who, nullptr);
  }
  result<T> await_resume() { return of_->take(); }

  /// co_await io.emit_with_ack<int>(5s, "add", 2, 3)(asio::use_awaitable), or any other completion token for
  /// void(result<T>). Needs adapters/asio_coro.hpp.
  template <class Token>
  auto operator()(Token&& token) && -> decltype(await_with(std::declval<sio::result_ref<T>>(), std::forward<Token>(token))) {
    return await_with(std::move(of_), std::forward<Token>(token));
  }

 private:
  sio::result_ref<T> of_;
};

namespace sio {

template <class T>
class ack_wait final : public awaited_result<T> {
 public:
  ack_ref pending;

 private:
  void withdraw() noexcept override { pending.cancel(); }
};

/// Emits, and gives what waits for the acknowledgement.
template <class T, class Sender, class... A>
awaiter<T> emit_and_await(const Sender& by, A&&... a) {
  static_assert(!borrowing<T> && !std::same_as<T, arguments>,
                "what emit_with_ack<T>() gives is kept by a coroutine: T owns what it holds (std::string, siokit::bytes, "
                "siokit::value)");
  auto* const made = new ack_wait<T>;
  result_ref<T> of(made);
  // emit_event: Qt makes `emit` a macro.
  (void)by.emit_event(std::forward<A>(a)..., on_ack(result_bearer<T>(of)).into(made->pending));
  return awaiter<T>(std::move(of));
}

/// Until a client's socket is connected, or will not be.
class connect_wait final : public awaited_result<void> {
 public:
  static awaiter<void> begin(client_socket&);

 private:
  connect_wait(client_socket& io, connector& home) noexcept : io_(io), home_(home) {}
  void listen(const result_ref<void>& self);
  void withdraw() noexcept override;

  client_socket& io_;
  connector& home_;
  listener_id connect_{};
  listener_id error_{};
  listener_id failed_{};
  errc last_ = errc::not_connected;  // why the last attempt failed
};

}  // namespace sio

template <class T, class Event, class... A>
auto client_socket::emit_with_ack(milliseconds timeout, const Event& event, A&&... a) {
  // To a client, a length below zero is none.
  const milliseconds length = timeout == no_timeout ? milliseconds(-1) : timeout;
  return sio::emit_and_await<T>(client_sender(*this).timeout(length), event, std::forward<A>(a)...);
}

template <class T, class Event, class... A>
auto socket::emit_with_ack(milliseconds timeout, const Event& event, A&&... a) {
  const sender plain(*this);
  return sio::emit_and_await<T>(timeout == no_timeout ? plain : plain.timeout(timeout), event, std::forward<A>(a)...);
}

/// co_await siokit::connected(io): a result<void>. An error when CONNECT is refused (sio_connect_refused), when there will
/// be no further attempt (why the last one failed), or when nobody called connect() (not_connected).
inline awaiter<void> connected(client_socket& io) { return sio::connect_wait::begin(io); }

namespace sio {

/// Handlers and middleware that return a task.
template <class T>
struct launch<task<T>> {
  static constexpr bool later = true;
  using value = T;
  template <class Done>
  static void start(std::shared_ptr<const void> handler, task<T> body, Done done) {
    run_task(std::move(handler), std::move(body), std::move(done)).body.resume();
  }
};

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/coro.ipp>
#endif
