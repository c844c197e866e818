// Bodies of core/timers.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE bool timers::start(timer_node& node, timer what, milliseconds length, time_point now) noexcept {
  std::size_t lane = 0;
  while (lane < used_ && lengths_[lane] != length) ++lane;
  if (lane == lane_count) return start_alone(node, what, length, now);
  if (lane == used_) lengths_[used_++] = length;
  stop(node);
  node.what = what;
  node.due = later(now, length);
  node.lane = static_cast<std::uint8_t>(lane);
  timer_node& head = lanes_[lane];
  node.previous = head.previous;
  node.next = &head;
  head.previous->next = &node;
  head.previous = &node;
  return true;
}

SIOKIT_INLINE bool timers::start_alone(timer_node& node, timer what, milliseconds length, time_point now) noexcept {
  stop(node);
  if (!heap_.push(pool_, &node)) return false;
  node.what = what;
  node.due = later(now, length);
  node.lane = in_heap;
  lift(heap_.size() - 1);
  return true;
}

SIOKIT_INLINE void timers::stop(timer_node& node) noexcept {
  if (!node.running()) return;
  node.what = timer::none;
  if (node.lane != in_heap) {
    node.previous->next = node.next;
    node.next->previous = node.previous;
    return;
  }
  const std::size_t place = node.place;
  timer_node* const moved = heap_.back();
  heap_.swap_remove(place);
  if (moved == &node) return;
  moved->place = place;
  lift(place);
  sink(moved->place);
}

SIOKIT_INLINE void timers::lift(std::size_t place) noexcept {
  timer_node* const node = heap_[place];
  while (place != 0) {
    const std::size_t parent = (place - 1) / 2;
    if (heap_[parent]->due <= node->due) break;
    heap_[place] = heap_[parent];
    heap_[place]->place = place;
    place = parent;
  }
  heap_[place] = node;
  node->place = place;
}

SIOKIT_INLINE void timers::sink(std::size_t place) noexcept {
  timer_node* const node = heap_[place];
  for (std::size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1]->due < heap_[child]->due) ++child;
    if (node->due <= heap_[child]->due) break;
    heap_[place] = heap_[child];
    heap_[place]->place = place;
    place = child;
  }
  heap_[place] = node;
  node->place = place;
}

SIOKIT_INLINE timer_node* timers::soonest() const noexcept {
  timer_node* best = heap_.empty() ? nullptr : heap_[0];
  for (std::size_t lane = 0; lane < used_; ++lane) {
    timer_node* const first = lanes_[lane].next;
    if (first != &lanes_[lane] && (best == nullptr || first->due < best->due)) best = first;
  }
  return best;
}

SIOKIT_INLINE timer_node* timers::due(time_point now, timer& what) noexcept {
  timer_node* const node = soonest();
  if (node == nullptr || node->due > now) return nullptr;
  what = node->what;
  stop(*node);
  return node;
}

SIOKIT_INLINE time_point timers::deadline() const noexcept {
  const timer_node* const node = soonest();
  return node == nullptr ? never : node->due;
}

SIOKIT_INLINE timer timers::why() const noexcept {
  const timer_node* const node = soonest();
  return node == nullptr ? timer::none : node->what;
}

SIOKIT_NAMESPACE_END
#endif
