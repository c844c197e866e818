// Scratch memory for what one event needs while its handlers run: strings with escapes, attachment lists.
// Reset after the handlers; nothing in it is destroyed. In debug builds the memory is scribbled over at reset, and under
// ASan it is given back, so that a view kept too long shows.
#pragma once

#include <siokit/core/bytes.hpp>
#include <siokit/core/memory.hpp>

SIOKIT_NAMESPACE_BEGIN

class arena {
 public:
  explicit arena(const pool& from) noexcept : pool_(from) {}
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  ~arena() { drop(nullptr); }

  /// n bytes that live until reset(), aligned for every ordinary type, or null.
  void* alloc(std::size_t n) noexcept {
    n = (n + unit - 1) & ~(unit - 1);
    if (n > room_ && !grow(n)) return nullptr;
    room_ -= n;
    return std::exchange(at_, at_ + n);
  }
  /// An array of T without values, or null.
  template <class T>
  T* array(std::size_t n) noexcept {
    static_assert(alignof(T) <= alignof(std::max_align_t), "malloc aligns no further");
    return static_cast<T*>(alloc(n * sizeof(T)));
  }
  /// Takes everything back. The newest chunk is kept for the next event when it is small.
  void reset() noexcept {
    if (newest_ != nullptr) rewind();
  }

 private:
  struct chunk {
    chunk* older;
    std::size_t size;
  };
  static constexpr std::size_t unit = alignof(std::max_align_t);
  static constexpr std::size_t first = 4096;  // most events fit
  static constexpr std::size_t head = (sizeof(chunk) + unit - 1) & ~(unit - 1);
  bool grow(std::size_t n) noexcept;
  void rewind() noexcept;
  void drop(chunk* until) noexcept;

  pool pool_;
  chunk* newest_ = nullptr;
  std::byte* at_ = nullptr;
  std::size_t room_ = 0;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/arena.ipp>
