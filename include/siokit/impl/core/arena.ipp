// Bodies of core/arena.hpp.
#pragma once

#include <cstring>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE bool arena::grow(std::size_t n) noexcept {
  const std::size_t wanted = head + n > first ? head + n : first;
  const std::size_t size = pool::capacity(wanted);
  void* block = pool_.alloc(size);
  if (block == nullptr) return false;
  newest_ = ::new (block) chunk{newest_, size};
  at_ = static_cast<std::byte*>(block) + head;
  room_ = size - head;
  return true;
}

SIOKIT_INLINE void arena::drop(chunk* until) noexcept {
  while (newest_ != until) {
    chunk* const gone = newest_;
    newest_ = gone->older;
    pool_.free(gone, gone->size);
  }
}

SIOKIT_INLINE void arena::rewind() noexcept {
  const bool keep = !address_sanitizer && newest_->older == nullptr && newest_->size <= first;
  if (!keep) {
    drop(nullptr);
    at_ = nullptr;
    room_ = 0;
    return;
  }
  std::byte* const begin = reinterpret_cast<std::byte*>(newest_) + head;
#ifndef NDEBUG
  std::memset(begin, 0xdd, static_cast<std::size_t>(at_ - begin));
#endif
  at_ = begin;
  room_ = newest_->size - head;
}

SIOKIT_NAMESPACE_END
#endif
