// Bodies of adapters/peer_table.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN
namespace posix {

inline peer_table::~peer_table() {
  for (peer* const chunk : chunks_) pool_.free_exact(chunk, per_chunk * sizeof(peer));
  chunks_.reset(pool_);
  by_link_.reset(pool_);
}

inline bool peer_table::grow() noexcept {
  auto* const chunk = static_cast<peer*>(pool_.alloc_exact(per_chunk * sizeof(peer)));
  if (chunk == nullptr) return false;
  for (std::uint32_t i = 0; i < per_chunk; ++i) ::new (static_cast<void*>(chunk + i)) peer{};
  if (chunks_.push(pool_, chunk)) return true;
  pool_.free_exact(chunk, per_chunk * sizeof(peer));
  return false;
}

inline bool peer_table::note(link_id link, std::uint32_t index) noexcept {
  const auto at = static_cast<std::uint32_t>(link);
  while (by_link_.size() <= at)
    if (!by_link_.push(pool_, nobody)) return false;
  by_link_[at] = index;
  return true;
}

inline peer* peer_table::add(peer::role is, int fd, link_id link) noexcept {
  const bool fresh = free_ == nobody;
  if (fresh && end_ == chunks_.size() * per_chunk && !grow()) return nullptr;
  const std::uint32_t index = fresh ? end_ : free_;
  if (is == peer::role::link && !note(link, index)) return nullptr;
  peer& p = (*this)[index];
  if (fresh) ++end_;
  if (!fresh) free_ = static_cast<std::uint32_t>(p.link);
  const std::uint32_t generation = p.generation;
  p = peer{};
  p.link = link;
  p.fd = fd;
  p.index = index;
  p.generation = generation;
  p.is = is;
  return &p;
}

inline bool peer_table::become_link(peer& p) noexcept {
  if (!note(p.link, p.index)) return false;
  p.is = peer::role::link;
  return true;
}

inline void peer_table::unlink(peer& p) noexcept {
  const auto at = static_cast<std::uint32_t>(p.link);
  if (p.is == peer::role::link && by_link_[at] == p.index) by_link_[at] = nobody;
  p.link = {};
}

inline void peer_table::remove(peer& p) noexcept {
  unlink(p);
  p.is = peer::role::none;
  p.fd = -1;
  ++p.generation;
  p.link = static_cast<link_id>(free_);
  free_ = p.index;
}

inline peer* peer_table::find(std::uint64_t token) noexcept {
  const auto index = static_cast<std::uint32_t>(token);
  if (index >= end_) return nullptr;
  peer& p = (*this)[index];
  return p.is != peer::role::none && p.token() == token ? &p : nullptr;
}

inline peer* peer_table::find(link_id link) noexcept {
  const auto at = static_cast<std::uint32_t>(link);
  if (at >= by_link_.size() || by_link_[at] == nobody) return nullptr;
  peer& p = (*this)[by_link_[at]];
  return p.is == peer::role::link && p.link == link ? &p : nullptr;
}

inline bool waiting_line::push(std::uint64_t token, time_point now) noexcept {
  if (first_ != 0 && first_ * 2 >= entries_.size()) {  // half of it is history
    std::size_t kept = 0;
    for (std::size_t i = first_; i < entries_.size(); ++i) entries_[kept++] = entries_[i];
    while (entries_.size() > kept) entries_.pop();
    first_ = 0;
  }
  return entries_.push(pool_, {later(now, length_), token});
}

inline bool waiting_line::due(time_point now, std::uint64_t& token) noexcept {
  if (deadline() > now) return false;
  token = entries_[first_++].token;
  if (first_ == entries_.size()) {
    entries_.reset(pool_);
    first_ = 0;
  }
  return true;
}

}  // namespace posix
SIOKIT_NAMESPACE_END
