// A coroutine type for programs that bring none of their own: lazy, move-only, awaited by other coroutines.
//   siokit::task<int> sum(siokit::client& io) { const auto r = co_await io.emit_with_ack<int>(5s, "add", 2, 3); ... }
//   siokit::start([&]() -> siokit::task<> { ... });    runs one that nobody awaits
// Not for Asio's coroutines: those are asio::awaitable, see adapters/asio_coro.hpp.
#pragma once

#if __has_include(<coroutine>) && defined(__cpp_impl_coroutine)
#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

template <class T = void>
class task;

namespace sio {

/// Where a coroutine stands in the chain of those that await each other.
struct task_link {
  task_link* awaited_by = nullptr;
  std::coroutine_handle<> root;  // set in the first of a chain that start() made: nobody else owns that one

  /// The coroutine will never be resumed. Destroys its chain, unless somebody owns that.
  void end() noexcept;
};

template <class T>
struct task_promise;

/// What the promises of all tasks have in common.
struct task_promise_base : task_link {
  std::suspend_always initial_suspend() const noexcept { return {}; }
  auto final_suspend() const noexcept {
    struct go_on {
      std::coroutine_handle<> next;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<>) const noexcept { return next; }
      void await_resume() const noexcept {}
    };
    return go_on{next};
  }
  void unhandled_exception() noexcept { error = std::current_exception(); }
  /// Whoever awaits the task gets the exception that its body ended with.
  void raise() const {
    if (error) std::rethrow_exception(error);
  }

  std::coroutine_handle<> next = std::noop_coroutine();
  std::exception_ptr error;
};

template <class T>
struct task_promise : task_promise_base {
  task<T> get_return_object() noexcept;
  template <std::convertible_to<T> U = T>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() {
    raise();
    return std::move(*value);
  }
  std::optional<T> value;
};
template <>
struct task_promise<void> : task_promise_base {
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const { raise(); }
};

}  // namespace sio

/// A coroutine that runs when it is awaited, once, and ends with a T. Destroying it destroys what it waits in.
template <class T>
class [[nodiscard]] task {
 public:
  using promise_type = sio::task_promise<T>;

  task() noexcept = default;
  explicit task(std::coroutine_handle<promise_type> body) noexcept : body_(body) {}
  task(task&& other) noexcept : body_(std::exchange(other.body_, {})) {}
  task& operator=(task&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~task() {
    if (body_) body_.destroy();
  }

  auto operator co_await() && noexcept {
    SIOKIT_ASSERT(body_ && !body_.done(), "a task is awaited once");
    return transfer{body_};
  }

 private:
  struct transfer {
    std::coroutine_handle<promise_type> body;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> by) const noexcept {
      body.promise().next = by;
      if constexpr (std::derived_from<Promise, sio::task_link>) body.promise().awaited_by = &by.promise();
      return body;
    }
    T await_resume() const { return body.promise().take(); }
  };
  std::coroutine_handle<promise_type> body_;
};

namespace sio {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

/// The coroutine at the root of a chain: owns itself, and lets exceptions out of whatever resumed it.
struct started {
  struct promise_type : task_link {
    void* block = nullptr;  // of the frame

    static void* operator new(std::size_t n) { return newest() = ::operator new(n); }
    static void operator delete(void* block) noexcept { ::operator delete(block); }
    started get_return_object() noexcept {
      block = newest();
      root = std::coroutine_handle<promise_type>::from_promise(*this);
      return {root};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception();

   private:
    static void*& newest() noexcept {
      thread_local void* made = nullptr;
      return made;
    }
  };
  std::coroutine_handle<> body;
};

/// Runs a task to its end and tells done(value). `held` lives longer than the task does.
template <class T, class Done>
started run_task(std::shared_ptr<const void> held, task<T> what, Done done) {
  // All in the body: when an exception leaves it, nothing that must be destroyed is left in the frame.
  const std::shared_ptr<const void> kept = std::move(held);
  task<T> body = std::move(what);
  Done tell = std::move(done);
  if constexpr (std::is_void_v<T>) {
    co_await std::move(body);
    tell();
  } else {
    tell(co_await std::move(body));
  }
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

}  // namespace sio

/// Runs a task that nobody awaits, up to where it first waits. An exception that it ends with leaves through this call, or
/// through the driver call in which it went on.
template <class T>
void start(task<T> what) {
  sio::run_task(nullptr, std::move(what), [](const auto&...) {}).body.resume();
}

/// The same with a callable that returns a task, which is kept until then: a lambda's captures are.
template <class F>
  requires sio::is_task<std::invoke_result_t<F&>>
void start(F f) {
  auto kept = std::make_shared<F>(std::move(f));
  auto what = (*kept)();
  sio::run_task(std::move(kept), std::move(what), [](const auto&...) {}).body.resume();
}

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/task.ipp>
#endif
