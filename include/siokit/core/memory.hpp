// Where memory that a peer can make us use comes from: the user's hooks, and a cache of freed blocks above them.
// Registrations (on, use, of) use the ordinary C++ heap and are not meant for these.
// Failure is a null pointer; whoever asked turns it into errc::out_of_memory and closes the link it was for.
#pragma once

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
/// steady state allocates nothing. A value that refers to one shared block with a plain (not atomic) count; frames hold
/// it too, so they may outlive the server. Under ASan nothing is cached, so that a use after free shows.
class pool {
 public:
  /// Keeps at most `keep` bytes of freed blocks.
  explicit pool(const memory& hooks = {}, std::size_t keep = 4u << 20);
  pool(const pool& other) noexcept : state_(other.state_) { retain(); }
  pool(pool&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  pool& operator=(pool other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~pool() { release(); }

  /// At least n bytes, aligned for every ordinary type as the hooks' blocks are, or null.
  void* alloc(std::size_t n) noexcept;
  /// Gives back a block with the n it was asked for with.
  void free(void* block, std::size_t n) noexcept;
  /// Exactly n bytes straight from the hooks, for what is kept long; free_exact gives them back.
  void* alloc_exact(std::size_t n) noexcept;
  void free_exact(void* block, std::size_t n) noexcept;
  /// How many bytes a block asked for with n really has.
  static std::size_t capacity(std::size_t n) noexcept;
  /// Bytes handed out and not given back.
  std::size_t live() const noexcept;

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
  static constexpr std::size_t smallest = 16;   // holds the link of a free list
  static constexpr std::size_t classes = 14;    // 16, 32, ... 128 KiB; larger blocks go to the hooks
  struct state;
  static std::size_t class_of(std::size_t n) noexcept;
  void retain() noexcept;
  void release() noexcept;

  state* state_ = nullptr;  // null when the first block could not be had: every alloc then fails
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/memory.ipp>
