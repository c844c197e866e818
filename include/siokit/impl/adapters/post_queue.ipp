// Bodies of adapters/post_queue.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN
namespace posix {

// Moves what was pushed, turned round, behind what is left over.
inline void post_queue::take() noexcept {
  item* newest = pushed_.exchange(nullptr, std::memory_order_acquire);
  item* oldest = nullptr;
  while (newest != nullptr) {
    item* const older = std::exchange(newest->next, oldest);
    oldest = std::exchange(newest, older);
  }
  item** end = &first_;
  while (*end != nullptr) end = &(*end)->next;
  *end = oldest;
}

inline post_queue::~post_queue() {
  take();
  while (first_ != nullptr) delete std::exchange(first_, first_->next);
}

}  // namespace posix
SIOKIT_NAMESPACE_END
