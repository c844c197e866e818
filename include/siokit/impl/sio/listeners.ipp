// Bodies of sio/listeners.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

namespace sio {

#if SIOKIT_BODIES
SIOKIT_INLINE void check_event_name(std::string_view event) noexcept {
  SIOKIT_ASSERT(event != "connection" && event != "connect", "connection has a method of its own: on_connect()");
  SIOKIT_ASSERT(event != "disconnect", "disconnect has a method of its own: on_disconnect()");
  SIOKIT_ASSERT(event != "disconnecting", "disconnecting has a method of its own: on_disconnecting()");
  SIOKIT_ASSERT(!is_reserved(event), "this event name is reserved");
}
#endif

template <class CatchAll>
listener_id listener_table<CatchAll>::add(std::string_view event, event_handler call, bool once) {
  check_event_name(event);
  auto found = by_event_.find(event);
  if (found == by_event_.end()) {
    forget_idle();
    found = by_event_.try_emplace(std::string(event)).first;
  }
  return found->second.add(std::move(call), once);
}

template <class CatchAll>
bool listener_table<CatchAll>::remove(std::string_view event, listener_id id) {
  const auto found = by_event_.find(event);
  return found != by_event_.end() && found->second.remove(id);
}

// Names of one use ("reply-17") must not pile up: emptied lists go, now and then, unless somebody holds them.
template <class CatchAll>
void listener_table<CatchAll>::forget_idle() {
  if (by_event_.size() < forget_at_) return;
  std::erase_if(by_event_, [](const auto& entry) { return entry.second.idle(); });
  forget_at_ = 2 * by_event_.size() + 16;
}

// The emptied list stays until forget_idle(): it may be walked right now.
template <class CatchAll>
void listener_table<CatchAll>::remove_all(std::string_view event) {
  const auto found = by_event_.find(event);
  if (found != by_event_.end()) found->second.clear();
}

template <class CatchAll>
void listener_table<CatchAll>::clear() {
  for (auto& [name, list] : by_event_) list.clear();
}

template <class CatchAll>
bool listener_table<CatchAll>::has(std::string_view event) const {
  const auto found = by_event_.find(event);
  return found != by_event_.end() && !found->second.empty();
}

}  // namespace sio

SIOKIT_NAMESPACE_END
