// Bodies of sio/ticket.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE beacon* beacon::light(sio::home* at) {
  while (lock().test_and_set(std::memory_order_acquire)) {
  }
  beacon* lit = unlit();
  if (lit != nullptr)
    unlit() = lit->next;
  else
    lit = new beacon;
  lock().clear(std::memory_order_release);
  lit->at = at;
  ++lit->generation;
  return lit;
}

SIOKIT_INLINE void beacon::put_out(beacon* of) noexcept {
  of->at = nullptr;
  ++of->generation;
  while (lock().test_and_set(std::memory_order_acquire)) {
  }
  of->next = unlit();
  unlit() = of;
  lock().clear(std::memory_order_release);
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
