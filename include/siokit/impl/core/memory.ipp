// Bodies of core/memory.hpp.
#pragma once

#include <bit>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

struct pool::state {
  struct free_block {
    free_block* next;
  };
  memory hooks;
  std::size_t count = 1;  // pools that refer here
  std::size_t keep = 0;
  std::size_t kept = 0;
  std::size_t live = 0;
  free_block* lists[classes] = {};
};

SIOKIT_INLINE pool::pool(const memory& hooks, std::size_t keep) {
  void* at = hooks.alloc(hooks.ctx, sizeof(state));
  if (at == nullptr) return;
  state_ = ::new (at) state{};
  state_->hooks = hooks;
  state_->keep = address_sanitizer ? 0 : keep;
}

SIOKIT_INLINE void pool::retain() noexcept {
  if (state_ != nullptr) ++state_->count;
}

SIOKIT_INLINE void pool::release() noexcept {
  if (state_ == nullptr || --state_->count != 0) return;
  for (std::size_t i = 0; i < classes; ++i)
    while (state::free_block* block = state_->lists[i]) {
      state_->lists[i] = block->next;
      state_->hooks.free(state_->hooks.ctx, block, smallest << i);
    }
  const memory hooks = state_->hooks;
  state_->~state();
  hooks.free(hooks.ctx, state_, sizeof(state));
}

SIOKIT_INLINE std::size_t pool::class_of(std::size_t n) noexcept {
  if (n <= smallest) return 0;
  return static_cast<std::size_t>(std::bit_width(n - 1)) - static_cast<std::size_t>(std::bit_width(smallest - 1));
}

SIOKIT_INLINE std::size_t pool::capacity(std::size_t n) noexcept {
  const std::size_t c = class_of(n);
  return c < classes ? smallest << c : n;
}

SIOKIT_INLINE std::size_t pool::live() const noexcept { return state_ == nullptr ? 0 : state_->live; }

SIOKIT_INLINE void* pool::alloc(std::size_t n) noexcept {
  const std::size_t c = class_of(n);
  if (state_ == nullptr || c >= classes) return alloc_exact(n);
  state::free_block*& first = state_->lists[c];
  if (first == nullptr) return alloc_exact(smallest << c);
  state_->kept -= smallest << c;
  state_->live += smallest << c;
  return std::exchange(first, first->next);
}

SIOKIT_INLINE void pool::free(void* block, std::size_t n) noexcept {
  if (block == nullptr) return;
  const std::size_t c = class_of(n);
  if (c >= classes) return free_exact(block, n);
  const std::size_t size = smallest << c;
  if (state_->kept + size > state_->keep) return free_exact(block, size);
  state_->lists[c] = ::new (block) state::free_block{state_->lists[c]};
  state_->kept += size;
  state_->live -= size;
}

SIOKIT_INLINE void* pool::alloc_exact(std::size_t n) noexcept {
  void* block = state_ == nullptr ? nullptr : state_->hooks.alloc(state_->hooks.ctx, n);
  if (block != nullptr) state_->live += n;
  return block;
}

SIOKIT_INLINE void pool::free_exact(void* block, std::size_t n) noexcept {
  if (block == nullptr) return;
  state_->live -= n;
  state_->hooks.free(state_->hooks.ctx, block, n);
}

SIOKIT_NAMESPACE_END
#endif
