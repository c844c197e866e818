// Bodies of sio/rooms.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE room_table::~room_table() {
  for (std::uint32_t i = 0; i < rooms_.end_index(); ++i)
    if (rooms_.alive(i)) {
      rooms_[i].members.reset(pool_);
      pool_.free(const_cast<char*>(rooms_[i].name.data()), rooms_[i].name.size());
    }
}

SIOKIT_INLINE std::uint32_t room_table::find(std::string_view name, std::uint32_t hash) const noexcept {
  return index_.find(hash, [&](std::uint32_t i) { return rooms_[i].name == name; });
}

SIOKIT_INLINE const vec<room_member>* room_table::members(std::string_view name) const noexcept {
  const std::uint32_t i = find(name, hash_text(name, seed_));
  return i == hash_index::none ? nullptr : &rooms_[i].members;
}

SIOKIT_INLINE bool room_table::contains(std::uint32_t socket, std::string_view name) const noexcept {
  const std::uint32_t i = find(name, hash_text(name, seed_));
  if (i == hash_index::none) return false;
  for (const joined_room& j : rooms_of_(context_, socket))
    if (j.room == i) return true;
  return false;
}

SIOKIT_INLINE room* room_table::make(std::string_view name, std::uint32_t hash) noexcept {
  room_id id{};
  room* const r = rooms_.add(id);
  if (r == nullptr) return nullptr;
  auto* const text = static_cast<char*>(pool_.alloc(name.size()));
  if (text == nullptr || !index_.add(hash, rooms_.index_of(id))) {
    pool_.free(text, name.size());
    rooms_.remove(id);
    return nullptr;
  }
  if (!name.empty()) std::memcpy(text, name.data(), name.size());
  r->id = id;
  r->name = {text, name.size()};
  r->hash = hash;
  return r;
}

SIOKIT_INLINE void room_table::destroy(room& r) noexcept {
  index_.remove(r.hash, rooms_.index_of(r.id));
  r.members.reset(pool_);
  pool_.free(const_cast<char*>(r.name.data()), r.name.size());
  rooms_.remove(r.id);
}

SIOKIT_INLINE errc room_table::join(std::uint32_t socket, std::string_view name) noexcept {
  const std::uint32_t hash = hash_text(name, seed_);
  const std::uint32_t found = find(name, hash);
  vec<joined_room>& mine = rooms_of_(context_, socket);
  for (const joined_room& j : mine)
    if (j.room == found) return errc::none;
  room* const r = found == hash_index::none ? make(name, hash) : &rooms_[found];
  if (r == nullptr) return errc::out_of_memory;
  const auto place = static_cast<std::uint32_t>(r->members.size());
  const auto mine_at = static_cast<std::uint32_t>(mine.size());
  if (mine.push(pool_, {rooms_.index_of(r->id), place})) {
    if (r->members.push(pool_, {socket, mine_at})) return errc::none;
    mine.pop();
  }
  if (r->members.empty()) destroy(*r);
  return errc::out_of_memory;
}

// The last member takes the place, and its socket is told.
SIOKIT_INLINE void room_table::remove_from(room& r, std::uint32_t place) noexcept {
  r.members.swap_remove(place);
  if (place < r.members.size()) rooms_of_(context_, r.members[place].socket)[r.members[place].place].place = place;
  if (r.members.empty()) destroy(r);
}

SIOKIT_INLINE void room_table::leave(std::uint32_t socket, std::string_view name) noexcept {
  const std::uint32_t found = find(name, hash_text(name, seed_));
  if (found == hash_index::none) return;
  vec<joined_room>& mine = rooms_of_(context_, socket);
  for (std::uint32_t i = 0; i < mine.size(); ++i) {
    if (mine[i].room != found) continue;
    const std::uint32_t place = mine[i].place;
    mine.swap_remove(i);
    if (i < mine.size()) rooms_[mine[i].room].members[mine[i].place].place = i;
    return remove_from(rooms_[found], place);
  }
}

SIOKIT_INLINE void room_table::leave_all(std::uint32_t socket) noexcept {
  vec<joined_room>& mine = rooms_of_(context_, socket);
  while (!mine.empty()) {
    const joined_room last = mine.back();
    mine.pop();
    remove_from(rooms_[last.room], last.place);
  }
  mine.reset(pool_);
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
