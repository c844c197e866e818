// Bodies of sio/switchboard.hpp: whom a broadcast reaches, and what is done to them. The adapter of this server's own sockets.
#pragma once

SIOKIT_NAMESPACE_BEGIN

namespace sio {

template <class Visit>
void switchboard::each_recipient(siokit::nsp& in, const broadcast_options& o, Visit&& visit) {
  const std::uint32_t met = ++epoch_;
  const auto members = [&](std::string_view name, auto&& each) {
    if (socket* const s = find_by_id(in, name)) each(*s);
    if (const vec<room_member>* const list = in.rooms_.members(name))
      for (const room_member& m : *list) each(sockets_[m.socket]);
  };
  if (socket* const sender = find(o.sender)) sender->mark_ = met;
  if (o.rooms.any_excluded())
    o.rooms.each(true, [&](std::string_view name) { members(name, [&](socket& s) { s.mark_ = met; }); });
  const auto meet = [&](socket& s) {
    if (s.mark_ == met || !s.connected()) return;
    s.mark_ = met;
    visit(s);
  };
  if (o.rooms.any_included()) return o.rooms.each(false, [&](std::string_view name) { members(name, meet); });
  for (const std::uint32_t i : in.sockets_) meet(sockets_[i]);
}

template <class Visit>
void switchboard::each_socket(siokit::nsp& in, Visit&& visit) {
  for_collected(in, {}, visit);
}

// For what changes the lists that a broadcast walks.
template <class Visit>
void switchboard::for_collected(siokit::nsp& in, const broadcast_options& o, Visit&& visit) {
  vec<socket_handle> met;
  collect(in, o, met);
  for (const socket_handle h : met)
    if (socket* const s = find(h)) visit(*s);
  met.reset(pool_);
}

#if SIOKIT_BODIES
SIOKIT_INLINE void switchboard::collect(siokit::nsp& in, const broadcast_options& o, vec<socket_handle>& met) {
  each_recipient(in, o, [&](socket& s) { (void)met.push(pool_, s.handle_); });
}

SIOKIT_INLINE socket* switchboard::find_by_id(const siokit::nsp& in, std::string_view id) noexcept {
  if (id.size() != socket_id::length) return nullptr;
  const std::uint32_t found =
      ids_.find(hash_text(id, seed_), [&](std::uint32_t i) { return sockets_[i].id_.view() == id; });
  if (found == hash_index::none || &sockets_[found].nsp() != &in || !sockets_[found].connected()) return nullptr;
  return &sockets_[found];
}

SIOKIT_INLINE delivery switchboard::send(socket& s, const broadcast_options& o, const encoded& packet) {
  if (s.state_ == socket::state::disconnected) return delivery::refused;
  if (o.is_volatile && !engine_.ready(s.session_)) return delivery::dropped;
  const delivery d = engine_.send(s.session_, packet.frames());
  if (d != delivery::refused) note_outgoing(s, packet);
  return d;
}

SIOKIT_INLINE void switchboard::broadcast(siokit::nsp& in, const broadcast_options& o, const encoded& packet,
                                          function<void(socket&)>* sent_to) {
  each_recipient(in, o, [&](socket& s) {
    const delivery d = send(s, o, packet);
    // A volatile one that was dropped is not waited for (the reference does, and times out).
    if (sent_to != nullptr && (d == delivery::queued || d == delivery::congested)) (*sent_to)(s);
  });
}

SIOKIT_INLINE void switchboard::fetch_sockets(siokit::nsp& in, const broadcast_options& o,
                                              function<void(std::span<const socket_id>)> found) {
  fetched made;
  each_recipient(in, o, [&](socket& s) { made.ids.push_back(s.id()); });
  made.found = std::move(found);
  fetched*& end = fetched_ == nullptr ? fetched_ : last_fetched_->next;
  last_fetched_ = end = new fetched(std::move(made));
  engine_.wake();
}

// Another node could have answered, so the answer never comes inside the call.
SIOKIT_INLINE void switchboard::run_fetched() {
  const fetched one = std::move(*fetched_);
  delete std::exchange(fetched_, one.next);
  if (one.found) one.found({one.ids.data(), one.ids.size()});
}

SIOKIT_INLINE void switchboard::join(siokit::nsp& in, const broadcast_options& o, std::string_view room) {
  for_collected(in, o, [&](socket& s) { s.join(room); });
}

SIOKIT_INLINE void switchboard::leave(siokit::nsp& in, const broadcast_options& o, std::string_view room) {
  for_collected(in, o, [&](socket& s) { s.leave(room); });
}

SIOKIT_INLINE void switchboard::disconnect(siokit::nsp& in, const broadcast_options& o, bool close_session) {
  for_collected(in, o, [&](socket& s) { disconnect(s, close_reason::server_namespace_disconnect, close_session); });
}
#endif

}  // namespace sio

SIOKIT_NAMESPACE_END
