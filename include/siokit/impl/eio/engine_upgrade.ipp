// Bodies of eio/engine.hpp: a WebSocket takes over from polling (eio4: upgrade), or opens a session of its own.
// The order of what is sent is kept by the session's one queue: whatever no poll has taken leaves on the WebSocket.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

// An upgrade request for a known sid: it is accepted first and judged as a WebSocket, as the reference does.
SIOKIT_INLINE void engine::join(link_id id, link& l) noexcept {
  errand* const x = extra(id, l);
  l.what = role::joining;
  list(id, l, x == nullptr ? want_abort : want_upgrade);
}

SIOKIT_INLINE void engine::upgraded(link_id id, time_point now) noexcept {
  begin_call(now);
  link* const l = links_.find(id);
  if (l == nullptr) return;
  session* const s = sessions_.find(l->owner);
  drop_http_side(*l);
  if (l->what == role::opening && s != nullptr) {
    l->what = role::websocket;
    s->state = state::open;
    (void)timers_.start(s->heartbeat, timer::ping, endpoints_[s->endpoint]->options.ping_interval, now);
    tell(*s, event_opened);
    return mark(*s);
  }
  // One candidate at a time, and none for a session that is no longer polling: the newcomer goes, in silence.
  errand* const x = l->what == role::joining && s != nullptr && s->state == state::open &&
                            s->transport == transport::polling
                        ? extra(id, *l)
                        : nullptr;
  if (x == nullptr) {
    l->what = role::ending;
    disown(*l);
    return list(id, *l, want_close);
  }
  l->what = role::candidate;
  s->candidate = id;
  s->state = state::probing;
  s->probes = 0;
  (void)timers_.start(x->wait, timer::upgrade, endpoints_[s->endpoint]->options.upgrade_timeout, now);
}

SIOKIT_INLINE void engine::drop_candidate(session& s) noexcept {
  const link_id id = std::exchange(s.candidate, link_id{});
  if (s.state == state::probing) s.state = state::open;
  link* const l = links_.find(id);
  if (l == nullptr || l->what == role::ending) return;
  // Probes that were answered leave before the end, however the bytes were cut.
  if (l->extra != nullptr && !l->extra->body.empty()) {
    timers_.stop(l->extra->wait);
    timers_.stop(l->extra->noop);
  } else {
    drop_extra(*l);
  }
  l->what = role::ending;
  disown(*l);
  list(id, *l, static_cast<std::uint8_t>(want_send | want_close));
}

SIOKIT_INLINE void engine::candidate_message(link_id id, link& l, message_kind kind, mutable_bytes in) noexcept {
  session* const s = sessions_.find(l.owner);
  if (s == nullptr || s->candidate != id) return;
  const std::string_view said = kind == message_kind::text ? as_text(in) : std::string_view{};
  if (said == "2probe" && s->probes < limits_.probes) {
    ++s->probes;
    if (!l.extra->body.push(blocks_, probed_, wire::ws4)) return drop_candidate(*s);
    list(id, l, want_send);
    // From here on parked polls are released, so that the client can pause polling.
    if (s->probes == 1) (void)timers_.start(l.extra->noop, timer::noop, milliseconds(100), now_);
    return;
  }
  // differs from JS: "5" needs a probe before it.
  if (said == "5" && s->probes != 0) return take_over(id, l, *s);
  drop_candidate(*s);
}

SIOKIT_INLINE void engine::take_over(link_id id, link& l, session& s) noexcept {
  // A poll that is still parked is told that polling is over; the client expects it while it upgrades.
  if (link* const old = links_.find(s.link)) {
    disown(*old);
    reply(s.link, *old, 200, old->http->fields ? old->http->fields : endpoints_[s.endpoint]->poll_fields, close_, false);
  }
  if (link* const old = links_.find(s.post); old != nullptr && input_link_ != s.post) disown(*old);
  s.post = link_id{};
  s.candidate = link_id{};
  s.state = state::open;
  s.transport = transport::websocket;
  s.link = id;
  l.what = role::websocket;
  // Probes that were answered in this turn leave first.
  if (!l.extra->body.empty()) {
    if (!l.extra->body.append(blocks_, s.out))
      return end_session(s, close_reason::transport_error, errc::out_of_memory, close_);
    std::swap(s.out, l.extra->body);
  }
  drop_extra(l);
  mark(s);
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
