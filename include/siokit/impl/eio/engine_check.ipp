// Bodies of eio/engine.hpp: the invariants that simulations check after every step.
#pragma once

SIOKIT_NAMESPACE_BEGIN

namespace eio {

template <class Held>
bool engine::consistent(Held&& held) noexcept {
  std::size_t by_sessions = 0;
  std::size_t by_links = 0;
  for (std::uint32_t i = 0; i < sessions_.end_index(); ++i) {
    if (!sessions_.alive(i) || sessions_[i].state == state::closed) continue;
    const session& s = sessions_[i];
    by_sessions += s.unsent;
    const link* const l = links_.find(s.link);
    if (s.link != link_id{} && (l == nullptr || l->owner != s.id)) return false;
  }
  for (std::uint32_t i = 0; i < links_.end_index(); ++i) {
    if (!links_.alive(i)) continue;
    const link& l = links_[i];
    const session* const s = sessions_.find(l.owner);
    if (s == nullptr || s->state == state::closed) continue;
    by_links += l.unsent;
    if (held(links_.id_of(i)) < l.unsent) return false;
    if ((l.what == role::poll || l.what == role::websocket) && s->link != links_.id_of(i)) return false;
    if (l.what == role::post && s->post != links_.id_of(i) && s->transport == transport::polling) return false;
    if (l.what == role::candidate && s->candidate != links_.id_of(i)) return false;
  }
  return by_sessions == by_links;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
