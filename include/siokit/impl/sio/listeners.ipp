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
  callables<event_handler>* list = find(event);
  if (list == nullptr) {
    forget_idle();
    auto made = std::make_unique<named>();
    made->name = event;
    list = &made->list;
    events_.insert(place(event).first, std::move(made));
  }
  return list->add(std::move(call), once);
}

template <class CatchAll>
bool listener_table<CatchAll>::remove(std::string_view event, listener_id id) {
  callables<event_handler>* const list = find(event);
  return list != nullptr && list->remove(id);
}

// Names of one use ("reply-17") must not pile up: emptied lists go, now and then, unless somebody holds them.
template <class CatchAll>
void listener_table<CatchAll>::forget_idle() {
  if (events_.size() < forget_at_) return;
  std::erase_if(events_, [](const auto& one) { return one->list.idle(); });
  forget_at_ = 2 * events_.size() + 16;
}

// The emptied list stays until forget_idle(): it may be walked right now.
template <class CatchAll>
void listener_table<CatchAll>::remove_all(std::string_view event) {
  if (callables<event_handler>* const list = find(event)) list->clear();
}

template <class CatchAll>
void listener_table<CatchAll>::clear() {
  for (const auto& one : events_) one->list.mark_all();
  for (std::size_t i = 0; i < events_.size(); ++i) events_[i]->list.sweep_idle();  // by index: what is destroyed may register
}

template <class CatchAll>
bool listener_table<CatchAll>::has(std::string_view event) const {
  const callables<event_handler>* const list = find(event);
  return list != nullptr && !list->empty();
}

}  // namespace sio

SIOKIT_NAMESPACE_END
