// Bodies of sio/connector.hpp: the invariants that simulations check after every step.
// They hold between driver calls: what the program asked for since the last one has not happened yet.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE bool connector::consistent() const noexcept {
  if (!dialer_.consistent()) return false;
  const bool delayed = timer_.running() && timer_.what == timer::backoff;
  // A session may end when the last of it leaves, behind the call: that is told in the next one.
  const bool untold = dialer_.deadline() == (time_point::min)();
  const bool fits = state_ == state::idle      ? !timer_.running() && dialer_.is_closed()
                    : state_ == state::waiting ? delayed && dialer_.is_closed()
                    : state_ == state::opening ? !delayed && (untold || !(dialer_.is_closed() || dialer_.is_open()))
                                               : !timer_.running() && (untold || !dialer_.is_closed());
  if (!fits) return false;
  std::size_t owed_now = 0;
  for (std::uint32_t i = 0; i < owed_.end_index(); ++i) owed_now += owed_.alive(i);
  if (owed_now != owed_count_) return false;
  for (const client_socket* const s : sockets_)
    if (!consistent(*s)) return false;
  return true;
}

SIOKIT_INLINE bool connector::consistent(const client_socket& s) const noexcept {
  using state_of = client_socket::state;
  if (s.state_ > state_of::waiting && state_ != state::open) return false;
  if (s.join_.running() && s.state_ != state_of::joining) return false;
  if (s.connected() == s.id_.empty()) return false;
  std::size_t buffered = 0, retried = 0;
  for (const held_event& e : s.buffer_) buffered += weight(e.packet);
  for (const auto& e : s.retried_) retried += weight(e->packet);
  for (const pending_ack& a : s.acks_)
    if (!acks_.find(a.at)) return false;
  // One at a time, and the first.
  for (const auto& e : s.retried_)
    if (e->pending && e != s.retried_.front()) return false;
  return buffered == s.buffered_bytes_ && retried == s.retried_bytes_ && (s.early_ == nullptr) == (s.early_bytes_ == 0);
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
