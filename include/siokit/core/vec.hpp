// A growing array for what a peer can make grow: its memory comes from the pool that each growing call is given, and
// failure is a return value. 16 bytes at rest.
// Not std::vector, which aborts when memory ends under -fno-exceptions.
#pragma once

#include <cstring>
#include <type_traits>

#include <siokit/core/memory.hpp>

SIOKIT_NAMESPACE_BEGIN

/// T must be movable without throwing. The owner calls reset() with the same pool before the vec dies.
template <class T>
class vec {
 public:
  vec() noexcept = default;
  vec(vec&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        room_(std::exchange(other.room_, 0)) {}
  vec& operator=(vec&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
    return *this;
  }
  ~vec() { SIOKIT_ASSERT(data_ == nullptr, "a vec died before its owner reset it"); }

  T* begin() noexcept { return data_; }
  T* end() noexcept { return data_ + size_; }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size_; }
  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T& back() noexcept { return data_[size_ - 1]; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// False, and nothing changed, when there is no memory.
  [[nodiscard]] bool push(pool& from, T value) noexcept {
    if (size_ == room_ && !grow(from)) return false;
    ::new (static_cast<void*>(data_ + size_)) T(std::move(value));
    ++size_;
    return true;
  }
  void pop() noexcept { data_[--size_].~T(); }
  /// Removes element i; the last one takes its place.
  void swap_remove(std::size_t i) noexcept {
    if (i + 1 != size_) data_[i] = std::move(data_[size_ - 1]);
    pop();
  }
  /// Removes element i and keeps the order of the others.
  void erase(std::size_t i) noexcept {
    for (; i + 1 < size_; ++i) data_[i] = std::move(data_[i + 1]);
    pop();
  }
  void clear() noexcept {
    while (size_ != 0) pop();
  }
  /// Gives the memory back.
  void reset(pool& from) noexcept {
    clear();
    if (data_ != nullptr) from.free(data_, room_ * sizeof(T));
    data_ = nullptr;
    room_ = 0;
  }

 private:
  bool grow(pool& from) noexcept {
    const std::size_t wanted = pool::capacity((room_ == 0 ? 2 : std::size_t{room_} * 2) * sizeof(T));
    const std::size_t room = wanted / sizeof(T);
    T* const bigger = static_cast<T*>(from.alloc(room * sizeof(T)));
    if (bigger == nullptr) return false;
    for (std::size_t i = 0; i < size_; ++i) {
      ::new (static_cast<void*>(bigger + i)) T(std::move(data_[i]));
      data_[i].~T();
    }
    if (data_ != nullptr) from.free(data_, room_ * sizeof(T));
    data_ = bigger;
    room_ = static_cast<std::uint32_t>(room);
    return true;
  }

  T* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t room_ = 0;
};

SIOKIT_NAMESPACE_END
