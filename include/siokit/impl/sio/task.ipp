// Bodies of sio/task.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

namespace sio {

inline void task_link::end() noexcept {
  task_link* first = this;
  while (first->awaited_by != nullptr) first = first->awaited_by;
  if (first->root) first->root.destroy();
}

// A coroutine cannot free its own frame from here. What was in its body is gone; the bare block goes when the next one
// fails, or with the thread. It is not destroyed as a coroutine: clang 14 would destroy the body again.
inline void started::promise_type::unhandled_exception() {
  struct failed {
    void* last = nullptr;
    ~failed() { ::operator delete(last); }
  };
  thread_local failed of_thread;
  ::operator delete(std::exchange(of_thread.last, block));
  std::rethrow_exception(std::current_exception());
}

}  // namespace sio

SIOKIT_NAMESPACE_END
