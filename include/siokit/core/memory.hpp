// Where memory that a peer can make us use comes from: the user's hooks, and a cache of freed blocks above them.
// Registrations (on, use, of) use the ordinary C++ heap and are not meant for these.
// Failure is a null pointer; whoever asked turns it into errc::out_of_memory and closes the link it was for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// The allocator of a server or client. The hooks are called on its thread only and must not throw. They, and ctx, must
/// outlive every server, batch and frame made with them.
struct memory {
  /// n bytes aligned as by malloc, or null.
  void* (*alloc)(void* ctx, std::size_t n) = [](void*, std::size_t n) { return std::malloc(n); };
  /// Gives back what alloc returned, with the same n.
  void (*free)(void* ctx, void* block, std::size_t n) = [](void*, void* block, std::size_t) { std::free(block); };
  void* ctx = nullptr;
};

/// Free lists by size class above a `memory`: what is freed is handed out again without asking the hooks, so that the
/// steady state allocates nothing. A value that refers to one shared block with a plain (not atomic) count, which lives until
/// the last pool is gone and the last of its blocks came back: frames may outlive the server. Under ASan nothing is cached, so
/// that a use after free shows.
class pool {
  struct state;

 public:
  /// Where a block came from, kept by those that may outlive every pool.
  using source = state*;

  /// Keeps at most `keep` bytes of freed blocks.
  explicit pool(const memory& hooks = {}, std::size_t keep = 4u << 20);
  pool(const pool& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) ++state_->count;
  }
  pool(pool&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  pool& operator=(pool other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~pool() {
    if (state_ != nullptr && --state_->count == 0) release(state_);
  }

  /// At least n bytes, aligned for every ordinary type as the hooks' blocks are, or null.
  SIOKIT_ALWAYS_INLINE void* alloc(std::size_t n) noexcept {
    void* const block = take(n);
    return block != nullptr ? block : alloc_exact(capacity(n));
  }
  /// The same if a freed block is at hand, else null.
  SIOKIT_ALWAYS_INLINE void* take(std::size_t n) noexcept {
    const std::size_t c = class_of(n);
    if (state_ == nullptr || c >= classes || state_->lists[c] == nullptr) return nullptr;
    state_->room += smallest << c;
    return std::exchange(state_->lists[c], state_->lists[c]->next);
  }
  /// Gives back a block with the n it was asked for with.
  void free(void* block, std::size_t n) noexcept {
    if (block == nullptr) return;
    const std::size_t c = class_of(n);
    c < classes ? give_back(state_, block, smallest << c, c) : drop(state_, block, n);
  }
  /// The same for a block, not null, of which it is known how many bytes it really has: what capacity() says. The pool itself
  /// may be gone.
  SIOKIT_ALWAYS_INLINE static void give_back(source from, void* block, std::size_t size) noexcept {
    constexpr auto zeros = [](std::size_t x) { return static_cast<std::size_t>(std::countr_zero(x)); };
    size <= largest ? give_back(from, block, size, zeros(size) - zeros(smallest)) : drop(from, block, size);
  }
  source origin() const noexcept { return state_; }
  /// Exactly n bytes straight from the hooks, for what is kept long; free_exact gives them back.
  void* alloc_exact(std::size_t n) noexcept;
  void free_exact(void* block, std::size_t n) noexcept { drop(state_, block, n); }
  /// How many bytes a block asked for with n really has.
  static constexpr std::size_t capacity(std::size_t n) noexcept {
    const std::size_t c = class_of(n);
    return c < classes ? smallest << c : n;
  }
  /// Bytes handed out and not given back.
  std::size_t live() const noexcept { return state_ == nullptr ? 0 : state_->owned - (state_->keep - state_->room); }

  template <class T, class... A>
  T* make(A&&... a) noexcept {
    static_assert(alignof(T) <= alignof(std::max_align_t), "malloc aligns no further");
    void* at = alloc(sizeof(T));
    return at == nullptr ? nullptr : ::new (at) T(std::forward<A>(a)...);
  }
  template <class T>
  void destroy(T* object) noexcept {
    if (object == nullptr) return;
    object->~T();
    free(object, sizeof(T));
  }

 private:
  static constexpr std::size_t smallest = 16;  // holds the link of a free list
  static constexpr std::size_t classes = 14;   // 16, 32, ... 128 KiB; larger blocks go to the hooks
  static constexpr std::size_t largest = smallest << (classes - 1);
  struct free_block {
    free_block* next;
  };
  struct state {
    memory hooks;
    std::size_t count = 1;  // pools that refer here
    std::size_t keep = 0;   // bytes that may be in the free lists
    std::size_t room = 0;   // those of them that are not
    std::size_t owned = 0;  // bytes that the hooks gave and did not get back
    free_block* lists[classes] = {};
  };

  static constexpr std::size_t class_of(std::size_t n) noexcept {
    constexpr auto bits = [](std::size_t x) { return static_cast<std::size_t>(std::bit_width(x - 1)); };
    return n <= smallest ? 0 : bits(n) - bits(smallest);
  }
  SIOKIT_ALWAYS_INLINE static void give_back(source from, void* block, std::size_t size, std::size_t c) noexcept {
    if (size > from->room) return drop(from, block, size);
    from->lists[c] = ::new (block) free_block{from->lists[c]};
    from->room -= size;
  }
  static void drop(source, void* block, std::size_t size) noexcept;
  static void release(source) noexcept;
  static void end(source) noexcept;

  state* state_ = nullptr;  // null when the first block could not be had: every alloc then fails
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/memory.ipp>
