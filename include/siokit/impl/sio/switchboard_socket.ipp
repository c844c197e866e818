// Bodies of sio/socket.hpp and sio/nsp.hpp that need the switchboard.
#pragma once

SIOKIT_NAMESPACE_BEGIN

template <class Visit>
void nsp::each_socket(Visit&& visit) {
  board_.each_socket(*this, visit);
}

template <class Visit>
void socket::each_room(Visit&& visit) const {
  // A copy of the names: the visitor may join and leave.
  std::size_t size = socket_id::length;
  for (const sio::joined_room& r : rooms_) size += nsp_.rooms_[r.room].name.size();
  std::string names;
  std::vector<std::size_t> ends;
  names.reserve(size);
  const auto add = [&](std::string_view name) {
    names += name;
    ends.push_back(names.size());
  };
  if (in_own_room()) add(id_.view());
  for (const sio::joined_room& r : rooms_) add(nsp_.rooms_[r.room].name);
  std::size_t at = 0;
  for (const std::size_t end : ends) {
    const std::size_t begin = std::exchange(at, end);
    visit(std::string_view(names).substr(begin, end - begin));
  }
}

#if SIOKIT_BODIES
SIOKIT_INLINE sio::socket_extras& socket::extras() {
  if (extras_ == nullptr) extras_ = new sio::socket_extras;
  return *extras_;
}

SIOKIT_INLINE void socket::forget_handshake() noexcept { nsp_.board().forget_handshake(*this); }

SIOKIT_INLINE socket_ref socket::ref() const noexcept { return {nsp_.board().here(), handle_}; }

SIOKIT_INLINE bool socket::writable() const noexcept {
  const eio::session* const s = nsp_.board().engine().find(session_);
  return s != nullptr && connected() && (s->flags & eio::congested) == 0;
}

SIOKIT_INLINE std::size_t socket::queued_bytes() const noexcept {
  const eio::session* const s = nsp_.board().engine().find(session_);
  return s == nullptr ? 0 : s->queued_bytes();
}

SIOKIT_INLINE eio::transport socket::transport() const noexcept {
  const eio::session* const s = nsp_.board().engine().find(session_);
  return s == nullptr ? eio::transport::polling : s->transport;
}

SIOKIT_INLINE soft_errc socket::join(std::string_view room) noexcept {
  if (state_ == state::disconnected) return errc::not_connected;
  if (rooms_.size() >= nsp_.board().options().limits.rooms_per_socket && !in_room(room)) return errc::too_many_rooms;
  return nsp_.rooms_.join(static_cast<std::uint32_t>(handle_), room);
}

SIOKIT_INLINE void socket::leave(std::string_view room) noexcept { nsp_.rooms_.leave(static_cast<std::uint32_t>(handle_), room); }

SIOKIT_INLINE bool socket::in_room(std::string_view room) const noexcept {
  return (in_own_room() && room == id_.view()) || nsp_.rooms_.contains(static_cast<std::uint32_t>(handle_), room);
}

SIOKIT_INLINE listener_id socket::on_any_outgoing(sio::socket_listeners::catch_all f) {
  return extras().listeners.any_outgoing.add(std::move(f));
}

SIOKIT_INLINE void socket::disconnect(bool close_session) noexcept {
  nsp_.board().disconnect(*this, close_reason::server_namespace_disconnect, close_session);
}

SIOKIT_INLINE nsp::nsp(sio::switchboard& board, std::string name, std::shared_ptr<sio::registrations> shared)
    : board_(board),
      name_(new std::string(std::move(name))),
      shared_(std::move(shared)),
      rooms_(board.blocks(), board.seed(), [](void* b, std::uint32_t i) -> vec<sio::joined_room>& {
        return static_cast<sio::switchboard*>(b)->socket_at(i).rooms_;
      }, &board) {}

SIOKIT_INLINE nsp::~nsp() { sockets_.reset(board_.blocks()); }

SIOKIT_INLINE socket* nsp::find(std::string_view id) noexcept { return board_.find_by_id(*this, id); }
#endif

SIOKIT_NAMESPACE_END
