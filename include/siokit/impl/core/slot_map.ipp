// Bodies of core/slot_map.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE chunk_list::~chunk_list() {
  for (void* const chunk : chunks_) pool_.free_exact(chunk, bytes_);
  chunks_.reset(pool_);
}

SIOKIT_INLINE bool chunk_list::grow(std::size_t size) noexcept {
  bytes_ = size;
  void* const chunk = pool_.alloc_exact(size);
  if (chunk == nullptr) return false;
  if (chunks_.push(pool_, chunk)) return true;
  pool_.free_exact(chunk, size);
  return false;
}

SIOKIT_NAMESPACE_END
#endif
