// Objects with stable addresses and ids that notice when they are stale: an id is an index and a generation, so an id
// kept after its object is gone finds nothing, never somebody else. Objects lie in chunks, which are kept for reuse.
// side_table is for what belongs to the same ids in another layer.
#pragma once

#include <siokit/core/vec.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Memory in chunks that stay where they are.
class chunk_list {
 public:
  explicit chunk_list(const pool& from) noexcept : pool_(from) {}
  chunk_list(const chunk_list&) = delete;
  chunk_list& operator=(const chunk_list&) = delete;
  ~chunk_list();

  std::size_t size() const noexcept { return chunks_.size(); }
  void* operator[](std::size_t i) const noexcept { return chunks_[i]; }
  /// Adds a chunk of so many bytes, the same for each. False when there is no memory.
  bool grow(std::size_t size) noexcept;

 private:
  pool pool_;
  vec<void*> chunks_;
  std::size_t bytes_ = 0;  // of each
};

/// Id is an enum class over std::uint64_t: the generation above, the index in the low 32 bits. No id is ever 0.
template <class T, class Id>
class slot_map {
 public:
  explicit slot_map(const pool& from) noexcept : chunks_(from) {}
  slot_map(const slot_map&) = delete;
  slot_map& operator=(const slot_map&) = delete;
  ~slot_map() {
    for (std::uint32_t i = 0; i < end_; ++i)
      if (at(i).generation & 1) at(i).object()->~T();
  }

  static constexpr std::uint32_t index_of(Id id) noexcept { return static_cast<std::uint32_t>(id); }

  /// A new object, or null when there is no memory.
  template <class... A>
  T* add(Id& id, A&&... a) noexcept {
    std::uint32_t i = free_;
    if (i != none) {
      free_ = at(i).next_free;
    } else {
      if (end_ == chunks_.size() * per_chunk && !chunks_.grow(per_chunk * sizeof(slot))) return nullptr;
      i = end_++;
      ::new (static_cast<void*>(&at(i))) slot;
    }
    slot& s = at(i);
    ++s.generation;  // odd: alive
    ++size_;
    id = id_of(i);
    return ::new (static_cast<void*>(s.bytes)) T(std::forward<A>(a)...);
  }
  /// The object, or null when it is gone.
  SIOKIT_ALWAYS_INLINE T* find(Id id) noexcept {
    const std::uint32_t i = index_of(id);
    if (i >= end_) return nullptr;
    slot& s = at(i);
    const auto generation = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id) >> 32);
    return (generation & 1) != 0 && s.generation == generation ? s.object() : nullptr;
  }
  const T* find(Id id) const noexcept { return const_cast<slot_map*>(this)->find(id); }
  /// The object in a slot that is known to be alive, and its id.
  T& operator[](std::uint32_t index) noexcept { return *at(index).object(); }
  SIOKIT_ALWAYS_INLINE bool alive(std::uint32_t index) const noexcept { return index < end_ && (at(index).generation & 1) != 0; }
  Id id_of(std::uint32_t index) const noexcept {
    return static_cast<Id>(std::uint64_t{at(index).generation} << 32 | index);
  }
  void remove(Id id) noexcept {
    T* const gone = find(id);
    if (gone == nullptr) return;
    gone->~T();
    slot& s = at(index_of(id));
    ++s.generation;
    s.next_free = free_;
    free_ = index_of(id);
    --size_;
  }
  std::size_t size() const noexcept { return size_; }
  /// One past the largest index ever used: for a walk over all with alive().
  std::uint32_t end_index() const noexcept { return end_; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  static constexpr std::uint32_t per_chunk = 32;  // a chunk of typical objects is a few KiB
  struct slot {
    alignas(T) unsigned char bytes[sizeof(T)];
    std::uint32_t generation = 0;  // odd while alive
    std::uint32_t next_free = none;
    T* object() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
  };
  slot& at(std::uint32_t i) const noexcept { return static_cast<slot*>(chunks_[i / per_chunk])[i % per_chunk]; }

  chunk_list chunks_;
  std::uint32_t end_ = 0;
  std::uint32_t free_ = none;
  std::size_t size_ = 0;
};

/// Objects beside those of a slot_map, found by the index in its ids. The caller knows which indexes are in use.
template <class T>
class side_table {
 public:
  explicit side_table(const pool& from) noexcept : chunks_(from) {}
  /// Makes the object with this index; null when there is no memory.
  template <class... A>
  T* add(std::uint32_t index, A&&... a) noexcept {
    while (chunks_.size() <= index / per_chunk)
      if (!chunks_.grow(per_chunk * sizeof(T))) return nullptr;
    return ::new (static_cast<void*>(&(*this)[index])) T(std::forward<A>(a)...);
  }
  void remove(std::uint32_t index) noexcept { (*this)[index].~T(); }
  T& operator[](std::uint32_t index) noexcept { return static_cast<T*>(chunks_[index / per_chunk])[index % per_chunk]; }
  const T& operator[](std::uint32_t index) const noexcept { return (*const_cast<side_table*>(this))[index]; }
  /// Whether there is memory for this index; says nothing about its use.
  bool reaches(std::uint32_t index) const noexcept { return index / per_chunk < chunks_.size(); }

 private:
  static constexpr std::uint32_t per_chunk = 32;
  chunk_list chunks_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/slot_map.ipp>
