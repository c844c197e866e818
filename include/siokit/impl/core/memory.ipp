// Bodies of core/memory.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE pool::pool(const memory& hooks, std::size_t keep) {
  void* at = hooks.alloc(hooks.ctx, sizeof(state));
  if (at == nullptr) return;
  state_ = ::new (at) state{};
  state_->hooks = hooks;
  state_->keep = state_->room = address_sanitizer ? 0 : keep;
}

/// The last pool is gone; blocks may still be out.
SIOKIT_INLINE void pool::release(source from) noexcept {
  for (std::size_t c = 0; c < classes; ++c)
    while (free_block* const block = from->lists[c]) {
      from->lists[c] = block->next;
      from->hooks.free(from->hooks.ctx, block, smallest << c);
    }
  from->owned -= from->keep - from->room;
  from->keep = from->room = 0;
  if (from->owned == 0) end(from);
}

SIOKIT_INLINE void pool::end(source from) noexcept {
  const memory hooks = from->hooks;
  from->~state();
  hooks.free(hooks.ctx, from, sizeof(state));
}

SIOKIT_INLINE void* pool::alloc_exact(std::size_t n) noexcept {
  void* block = state_ == nullptr ? nullptr : state_->hooks.alloc(state_->hooks.ctx, n);
  if (block != nullptr) state_->owned += n;
  return block;
}

/// Gives a block to the hooks.
SIOKIT_INLINE void pool::drop(source from, void* block, std::size_t size) noexcept {
  if (block == nullptr) return;
  from->hooks.free(from->hooks.ctx, block, size);
  from->owned -= size;
  if (from->count == 0 && from->owned == 0) end(from);
}

SIOKIT_NAMESPACE_END
#endif
