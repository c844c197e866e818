// Bodies of sio/listeners.hpp.
#pragma once

#include <atomic>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

// ---- a list ----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE listener_id listener_list::add(listener* made, bool once) {
  // A small processor has no atomic operation on more. There ids begin anew after four billion, and 0 is still none.
  static std::atomic<std::size_t> last{0};
  std::size_t id = ++last;
  while (id == 0) id = ++last;
  made->id = static_cast<listener_id>(id);
  made->once = once;
  return items_.push(made).id;
}

SIOKIT_INLINE bool listener_list::remove(listener_id id) {
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (items_[i].id == id && !items_[i].removed) return drop(items_[i]);
  return false;
}

SIOKIT_INLINE void listener_list::mark_all() noexcept {
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (!std::exchange(items_[i].removed, true)) ++dropped_;
}

SIOKIT_INLINE bool listener_list::drop(listener& it) {
  if (it.removed) return false;
  it.removed = true;
  ++dropped_;
  sweep_idle();
  return true;
}

SIOKIT_INLINE void listener_list::sweep() {
  owned_list<listener> gone, left;  // destroyed last, when nothing here is looked at any more
  for (std::size_t i = 0; i < items_.size(); ++i) (items_[i].removed ? gone : left).push(items_.take(i));
  items_.swap(left);
  dropped_ = 0;
}

SIOKIT_INLINE listener* listener_list::take(std::size_t i) {
  listener& it = items_[i];
  if (!it.once) return &it;
  if (std::exchange(it.called, true)) return nullptr;
  drop(it);
  return &it;
}

// ---- by name ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void check_event_name(std::string_view event) noexcept {
  SIOKIT_ASSERT(event != "connection" && event != "connect", "connection has a method of its own: on_connect()");
  SIOKIT_ASSERT(event != "disconnect", "disconnect has a method of its own: on_disconnect()");
  SIOKIT_ASSERT(event != "disconnecting", "disconnecting has a method of its own: on_disconnecting()");
  SIOKIT_ASSERT(!is_reserved(event), "this event name is reserved");
}

// Where the event stands, or should.
SIOKIT_INLINE named_listeners::position named_listeners::place(std::string_view event) const noexcept {
  std::size_t low = 0;
  for (std::size_t high = events_.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    const std::string_view name = events_[middle].name;
    const int order = name.size() != event.size() ? (name.size() < event.size() ? -1 : 1) : name.compare(event);
    if (order == 0) return {middle, true};
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return {low, false};
}

SIOKIT_INLINE callables<event_handler>* named_listeners::find(std::string_view event) const noexcept {
  const position p = place(event);
  return p.taken ? &events_[p.at].list : nullptr;
}

SIOKIT_INLINE listener_id named_listeners::add(std::string_view event, event_handler call, bool once) {
  check_event_name(event);
  callables<event_handler>* list = find(event);
  if (list == nullptr) {
    forget_idle();
    named& made = events_.insert(place(event).at, new named);
    made.name = event;
    list = &made.list;
  }
  return list->add(std::move(call), once);
}

SIOKIT_INLINE bool named_listeners::remove(std::string_view event, listener_id id) {
  callables<event_handler>* const list = find(event);
  return list != nullptr && list->remove(id);
}

// Names of one use ("reply-17") must not pile up: emptied lists go, now and then, unless somebody holds them.
SIOKIT_INLINE void named_listeners::forget_idle() {
  if (events_.size() < forget_at_) return;
  for (std::size_t i = events_.size(); i-- != 0;)
    if (events_[i].list.idle()) events_.erase(i);
  forget_at_ = 2 * events_.size() + 16;
}

// The emptied list stays until forget_idle(): it may be walked right now.
SIOKIT_INLINE void named_listeners::remove_all(std::string_view event) {
  if (callables<event_handler>* const list = find(event)) list->clear();
}

SIOKIT_INLINE void named_listeners::clear() {
  for (std::size_t i = 0; i < events_.size(); ++i) events_[i].list.mark_all();
  for (std::size_t i = 0; i < events_.size(); ++i) events_[i].list.sweep_idle();  // by index: what is destroyed may register
}

SIOKIT_INLINE bool named_listeners::has(std::string_view event) const noexcept {
  const callables<event_handler>* const list = find(event);
  return list != nullptr && !list->empty();
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
