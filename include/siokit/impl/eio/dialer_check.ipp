// Bodies of eio/dialer.hpp: the invariants that simulations check after every step.
// They hold between driver calls, whatever the host has taken so far of what next(action) gives.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE bool dialer::consistent() const noexcept {
  const bool polls = poll_ != link_id{} || payload_ != link_id{};
  const bool on_websocket = transport_ == transport::websocket;
  if (probe_.running() && candidate_ == link_id{}) return false;
  switch (state_) {
    case state::closed:
      return !polls && post_ == link_id{} && websocket_ == link_id{} && candidate_ == link_id{} && !heartbeat_.running() &&
             queued_bytes() == 0 && !congested_ && sid_.empty();
    case state::opening: return (poll_ != link_id{}) != (websocket_ != link_id{}) && candidate_ == link_id{} && sid_.empty();
    case state::pausing: return !on_websocket && candidate_ != link_id{} && heartbeat_.running();
    case state::open:
      // Without a poll nothing more would come, and nobody would notice before the heartbeat ends.
      return (on_websocket ? websocket_ != link_id{} && candidate_ == link_id{} && post_ == link_id{} : polls) && heartbeat_.running();
    case state::closing: return candidate_ == link_id{} && heartbeat_.running();
  }
  return false;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
