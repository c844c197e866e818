// Finds small numbers (slots of a table elsewhere) by a key that the table holds: an open-addressing table of indexes,
// 8 bytes each. The keys stay where they are; the caller brings hash and comparison.
// For names and ids that peers send; not a map of the program's own (lists sorted by name serve registrations).
#pragma once

#include <string_view>

#include <siokit/core/memory.hpp>

SIOKIT_NAMESPACE_BEGIN

/// FNV-1a with a seed, mixed. Tables whose keys a peer chooses are seeded from the host's entropy.
inline std::uint32_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t h = 0xcbf29ce484222325u ^ seed;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return static_cast<std::uint32_t>((h ^ h >> 32) * 0x9e3779b97f4a7c15u >> 32);
}

class hash_index {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit hash_index(const pool& from) noexcept : pool_(from) {}
  hash_index(const hash_index&) = delete;
  hash_index& operator=(const hash_index&) = delete;
  ~hash_index() { pool_.free_exact(cells_, room_ * sizeof(cell)); }

  /// The number added under this hash for which equal(number) holds, or none.
  template <class Equal>
  std::uint32_t find(std::uint32_t hash, Equal&& equal) const noexcept {
    if (room_ == 0) return none;
    for (std::size_t i = hash & (room_ - 1); cells_[i].value != none; i = (i + 1) & (room_ - 1))
      if (cells_[i].hash == hash && equal(cells_[i].value)) return cells_[i].value;
    return none;
  }
  /// False when there is no memory. The number must not be there yet.
  [[nodiscard]] bool add(std::uint32_t hash, std::uint32_t value) noexcept;
  void remove(std::uint32_t hash, std::uint32_t value) noexcept;
  std::size_t size() const noexcept { return size_; }

 private:
  struct cell {
    std::uint32_t hash;
    std::uint32_t value;
  };
  bool grow() noexcept;

  pool pool_;
  cell* cells_ = nullptr;
  std::size_t room_ = 0;  // a power of two, or zero
  std::size_t size_ = 0;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/hash_index.ipp>
