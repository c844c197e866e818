// Bodies of core/owned_list.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE void pointer_list::make_room() {
  if (size_ != room_) return;
  const std::size_t room = room_ == 0 ? 4 : 2 * room_;
  void** const more = new void*[room];
  for (std::size_t i = 0; i < size_; ++i) more[i] = all_[i];
  delete[] all_;
  all_ = more;
  room_ = room;
}

SIOKIT_INLINE void pointer_list::insert(std::size_t i, void* made) {
  make_room();
  for (std::size_t last = size_++; last > i; --last) all_[last] = all_[last - 1];
  all_[i] = made;
}

SIOKIT_INLINE void* pointer_list::remove(std::size_t i) noexcept {
  void* const gone = all_[i];
  for (--size_; i < size_; ++i) all_[i] = all_[i + 1];
  return gone;
}

SIOKIT_INLINE void pointer_list::swap(pointer_list& other) noexcept {
  std::swap(all_, other.all_);
  std::swap(size_, other.size_);
  std::swap(room_, other.room_);
}

SIOKIT_NAMESPACE_END
#endif
