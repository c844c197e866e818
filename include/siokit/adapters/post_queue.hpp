// Functions that other threads hand to a loop. Any thread pushes without a lock; the loop's thread runs them in order.
// Functions that never ran are dropped with the queue. Asio has a queue of its own, this one is for the others.
// Memory is the ordinary heap's: posting is the program's own doing, no peer can make it happen.
#pragma once

#include <atomic>
#include <memory>
#include <type_traits>
#include <utility>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN
namespace posix {

class post_queue {
 public:
  post_queue() noexcept = default;
  post_queue(const post_queue&) = delete;
  post_queue& operator=(const post_queue&) = delete;
  ~post_queue();

  /// Thread-safe. True when the loop must be woken: nothing else was waiting.
  template <class F>
  [[nodiscard]] bool push(F&& f) {
    item* const made = new item_of<std::decay_t<F>>(std::forward<F>(f));
    item* newest = pushed_.load(std::memory_order_relaxed);
    do made->next = newest;
    while (!pushed_.compare_exchange_weak(newest, made, std::memory_order_release, std::memory_order_relaxed));
    return newest == nullptr;  // not made->next: the item may have run and be gone
  }
  /// Runs what was pushed before this call. When one throws, the rest stays for the next call.
  void run() {
    run_while([] { return true; });
  }
  /// The same, as long as `goes_on()`; the rest stays.
  template <class F>
  void run_while(F&& goes_on) {
    take();
    while (first_ != nullptr && goes_on()) {
      const std::unique_ptr<item> next{std::exchange(first_, first_->next)};
      next->run();
    }
  }
  /// Whether a throw left some that nobody will wake the loop for.
  bool left_over() const noexcept { return first_ != nullptr; }

 private:
  struct item {
    virtual ~item() = default;
    virtual void run() = 0;
    item* next = nullptr;
  };
  template <class F>
  struct item_of final : item {
    template <class G>
    explicit item_of(G&& g) : f(std::forward<G>(g)) {}
    void run() override { f(); }
    F f;
  };
  void take() noexcept;

  std::atomic<item*> pushed_{nullptr};  // newest first
  item* first_ = nullptr;               // oldest first, the loop's
};

}  // namespace posix
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/post_queue.ipp>
