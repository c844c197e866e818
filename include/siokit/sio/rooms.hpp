// Who is in which room of a namespace. Two indexes that know each other's places, so that joining, leaving and leaving all
// cost what the socket's own rooms cost, and members lie densely for a broadcast. Empty rooms vanish.
// Names come from the server but are often a peer's choice, so the memory is counted.
#pragma once

#include <siokit/core/errc.hpp>
#include <siokit/core/hash_index.hpp>
#include <siokit/core/slot_map.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

enum class room_id : std::uint64_t {};

/// A socket's entry: the room, and where in the room's members it stands.
struct joined_room {
  std::uint32_t room;
  std::uint32_t place;
};
/// A room's entry: the socket, and where in the socket's rooms it stands.
struct room_member {
  std::uint32_t socket;
  std::uint32_t place;
};

struct room {
  room_id id{};
  std::string_view name;  // owned by the table
  std::uint32_t hash = 0;
  vec<room_member> members;
};

class room_table {
 public:
  /// `rooms_of(socket)` gives the list of a socket's rooms; it is kept by the socket.
  using rooms_of_socket = vec<joined_room>& (*)(void* context, std::uint32_t socket);

  /// The seed must not change once there are rooms.
  room_table(const pool& from, const std::uint64_t& seed, rooms_of_socket rooms_of, void* context) noexcept
      : pool_(from), seed_(seed), rooms_(from), index_(from), rooms_of_(rooms_of), context_(context) {}
  room_table(const room_table&) = delete;
  room_table& operator=(const room_table&) = delete;
  ~room_table();

  /// Adds a socket to a room, which comes to be with its first member. Joining twice is joining once.
  errc join(std::uint32_t socket, std::string_view name) noexcept;
  void leave(std::uint32_t socket, std::string_view name) noexcept;
  void leave_all(std::uint32_t socket) noexcept;
  /// The members of a room, or null when there is no such room.
  const vec<room_member>* members(std::string_view name) const noexcept;
  bool contains(std::uint32_t socket, std::string_view name) const noexcept;
  const room& operator[](std::uint32_t index) const noexcept { return const_cast<room_table*>(this)->rooms_[index]; }
  std::size_t size() const noexcept { return rooms_.size(); }

 private:
  std::uint32_t find(std::string_view name, std::uint32_t hash) const noexcept;
  room* make(std::string_view name, std::uint32_t hash) noexcept;
  void remove_from(room& r, std::uint32_t place) noexcept;
  void destroy(room& r) noexcept;

  mutable pool pool_;
  const std::uint64_t& seed_;
  mutable slot_map<room, room_id> rooms_;
  hash_index index_;
  rooms_of_socket rooms_of_;
  void* context_;
};

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/rooms.ipp>
