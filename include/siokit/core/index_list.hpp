// A first-in-first-out list of objects that are found by index: the hooks lie in the objects, so that joining and leaving
// allocates nothing and costs O(1). For lists such as "links with actions", which an object may leave at any time.
// The list does not know where the objects are: each call is given a function from index to hook.
#pragma once

#include <cstdint>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

struct list_hook {
  static constexpr std::uint32_t none = 0xffffffff;   // no neighbour
  static constexpr std::uint32_t apart = 0xfffffffe;  // not in a list
  std::uint32_t previous = apart;
  std::uint32_t next = none;
  bool listed() const noexcept { return previous != apart; }
};

class index_list {
 public:
  static constexpr std::uint32_t none = list_hook::none;

  bool empty() const noexcept { return first_ == none; }
  std::uint32_t front() const noexcept { return first_; }

  /// Appends index, unless it is in the list.
  template <class HookOf>
  void push(std::uint32_t index, HookOf&& hook_of) noexcept {
    list_hook& hook = hook_of(index);
    if (hook.listed()) return;
    hook = {last_, none};
    (last_ == none ? first_ : hook_of(last_).next) = index;
    last_ = index;
  }
  /// Takes index out, if it is in the list.
  template <class HookOf>
  void remove(std::uint32_t index, HookOf&& hook_of) noexcept {
    list_hook& hook = hook_of(index);
    if (!hook.listed()) return;
    (hook.previous == none ? first_ : hook_of(hook.previous).next) = hook.next;
    (hook.next == none ? last_ : hook_of(hook.next).previous) = hook.previous;
    hook = {};
  }

 private:
  std::uint32_t first_ = none;
  std::uint32_t last_ = none;
};

SIOKIT_NAMESPACE_END
