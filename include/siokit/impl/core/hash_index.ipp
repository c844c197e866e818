// Bodies of core/hash_index.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE bool hash_index::grow() noexcept {
  const std::size_t room = room_ == 0 ? 16 : room_ * 2;
  auto* const cells = static_cast<cell*>(pool_.alloc_exact(room * sizeof(cell)));
  if (cells == nullptr) return false;
  for (std::size_t i = 0; i < room; ++i) cells[i] = {0, none};
  for (std::size_t i = 0; i < room_; ++i) {
    if (cells_[i].value == none) continue;
    std::size_t to = cells_[i].hash & (room - 1);
    while (cells[to].value != none) to = (to + 1) & (room - 1);
    cells[to] = cells_[i];
  }
  pool_.free_exact(cells_, room_ * sizeof(cell));
  cells_ = cells;
  room_ = room;
  return true;
}

SIOKIT_INLINE bool hash_index::add(std::uint32_t hash, std::uint32_t value) noexcept {
  if ((size_ + 1) * 4 > room_ * 3 && !grow()) return false;
  std::size_t i = hash & (room_ - 1);
  while (cells_[i].value != none) i = (i + 1) & (room_ - 1);
  cells_[i] = {hash, value};
  ++size_;
  return true;
}

SIOKIT_INLINE void hash_index::remove(std::uint32_t hash, std::uint32_t value) noexcept {
  if (room_ == 0) return;
  const std::size_t mask = room_ - 1;
  std::size_t hole = hash & mask;
  for (; cells_[hole].value != value; hole = (hole + 1) & mask)
    if (cells_[hole].value == none) return;
  // Closes the hole by moving back what probed past it, so that no tombstones are needed.
  for (std::size_t i = (hole + 1) & mask; cells_[i].value != none; i = (i + 1) & mask) {
    const std::size_t wanted = cells_[i].hash & mask;
    if (((i - wanted) & mask) < ((i - hole) & mask)) continue;
    cells_[hole] = cells_[i];
    hole = i;
  }
  cells_[hole].value = none;
  --size_;
}

SIOKIT_NAMESPACE_END
#endif
