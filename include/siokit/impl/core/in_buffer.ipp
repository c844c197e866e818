// Bodies of core/in_buffer.hpp.
#pragma once

#include <cstring>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

// Makes block_ hold what is unread with room for n bytes behind it.
SIOKIT_INLINE bool in_buffer::make_room(pool& from, std::size_t n) noexcept {
  const std::size_t wanted = size_ + n;
  if (wanted > 0x7fffffff) return false;
  const bool ours = block_ != nullptr && begin_ >= block_ && begin_ < block_ + room_;
  if (ours && static_cast<std::size_t>(block_ + room_ - begin_) >= wanted) return true;
  if (block_ != nullptr && room_ >= wanted) {
    if (size_ != 0) std::memmove(block_, begin_, size_);
    begin_ = block_;
    return true;
  }
  const std::size_t room = pool::capacity(wanted > 2 * std::size_t{room_} ? wanted : 2 * std::size_t{room_});
  auto* const bigger = static_cast<std::byte*>(from.alloc(room));
  if (bigger == nullptr) return false;
  if (size_ != 0) std::memcpy(bigger, begin_, size_);
  from.free(block_, room_);
  block_ = begin_ = bigger;
  room_ = static_cast<std::uint32_t>(room);
  return true;
}

SIOKIT_INLINE bool in_buffer::feed(pool& from, mutable_bytes lent) noexcept {
  if (lent.empty()) return true;
  const bool into_space = block_ != nullptr && lent.data() == begin_ + size_ && lent.data() < block_ + room_;
  if (into_space) {
    size_ += static_cast<std::uint32_t>(lent.size());
    return true;
  }
  if (size_ == 0) {
    if (lent.size() > 0x7fffffff) return false;
    begin_ = lent.data();
    size_ = static_cast<std::uint32_t>(lent.size());
    return true;
  }
  if (!make_room(from, lent.size())) return false;
  std::memcpy(begin_ + size_, lent.data(), lent.size());
  size_ += static_cast<std::uint32_t>(lent.size());
  return true;
}

SIOKIT_INLINE void in_buffer::consume(std::size_t n) noexcept {
  begin_ += n;
  size_ -= static_cast<std::uint32_t>(n);
}

SIOKIT_INLINE void in_buffer::cut(std::size_t at, std::size_t n) noexcept {
  if (at != 0) std::memmove(begin_ + n, begin_, at);
  consume(n);
}

SIOKIT_INLINE bool in_buffer::keep(pool& from) noexcept {
  if (size_ == 0) {
    reset(from);
    return true;
  }
  const bool ours = block_ != nullptr && begin_ >= block_ && begin_ < block_ + room_;
  if (ours) return true;
  if (make_room(from, 0)) return true;
  reset(from);
  return false;
}

SIOKIT_INLINE mutable_bytes in_buffer::space(pool& from, std::size_t wanted) noexcept {
  const bool ours = block_ != nullptr && begin_ >= block_ && begin_ < block_ + room_;
  if (!ours || size_ == 0) return {};
  // Grows with what arrived, not with what was announced: a length on the wire must not allocate.
  const std::size_t step = wanted < 4096 + std::size_t{size_} ? wanted : 4096 + std::size_t{size_};
  if (!make_room(from, step)) return {};
  return {begin_ + size_, static_cast<std::size_t>(block_ + room_ - begin_) - size_};
}

SIOKIT_INLINE void in_buffer::reset(pool& from) noexcept {
  from.free(block_, room_);
  block_ = begin_ = nullptr;
  size_ = room_ = 0;
}

SIOKIT_NAMESPACE_END
#endif
