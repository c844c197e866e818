// Bodies of eio/engine.hpp: what is sent, the actions that are pulled, and back-pressure.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

// ---- output ----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void engine::list(link_id id, link& l, std::uint8_t wanted) noexcept {
  l.flags |= wanted;
  actions_.push(links_.index_of(id), link_hooks());
  wake();
}

SIOKIT_INLINE void engine::mark(session& s) noexcept {
  if (link* const l = links_.find(s.link)) list(s.link, *l, want_send);
}

SIOKIT_INLINE void engine::note_turn(session& s) noexcept {
  if (s.turn == turn_) return;
  s.turn = turn_;
  s.earlier = static_cast<std::uint32_t>(s.queued_bytes() > 0xffffffff ? 0xffffffff : s.queued_bytes());
}

SIOKIT_INLINE bool engine::ready(session_id id) const noexcept {
  const session* const s = sessions_.find(id);
  if (s == nullptr || s->state == state::closed || s->state == state::closing) return false;
  if (s->link == link_id{}) return false;
  return (s->turn == turn_ ? s->earlier : s->queued_bytes()) == 0;
}

// Ping, noop and close are exempt from every limit: control output never fails.
SIOKIT_INLINE void engine::queue_control(session& s, const frame& what) noexcept {
  note_turn(s);
  if (s.out.push(blocks_, what, wire::ws4)) return mark(s);
  end_session(s, close_reason::transport_error, errc::out_of_memory, close_);
}

// Whether a session may be sent so much more: false when it is not open, or ends because its peer is too slow.
SIOKIT_INLINE bool engine::may_send(session& s, std::size_t weight) noexcept {
  if (s.state != state::open && s.state != state::probing) return false;
  note_turn(s);
  const std::size_t waiting = s.queued_bytes();
  if (waiting == 0 || waiting + weight <= limits_.max_queued) return true;
  end_session(s, close_reason::slow_consumer, errc::slow_consumer, close_);
  return false;
}

// Something was queued: is it much by now?
SIOKIT_INLINE delivery engine::queued(session& s) noexcept {
  if (s.queued_bytes() > limits_.high_water && (s.flags & congested) == 0) {
    s.flags |= congested;
    watch_progress(s);
  }
  if (frames_.live() > limits_.max_queued_total) shed();
  if (s.state == state::closed) return delivery::refused;
  return (s.flags & congested) != 0 ? delivery::congested : delivery::queued;
}

SIOKIT_INLINE delivery engine::send(session_id id, std::span<const frame> message) noexcept {
  std::size_t weight = 0;
  for (const frame& f : message) weight += out_queue::weight(f);
  session* const s = sessions_.find(id);
  if (s == nullptr || !may_send(*s, weight)) return delivery::refused;
  const bool idle = s->out.empty();  // else the link knows already, or there is none to know
  if (!s->out.reserve(blocks_, message.size())) {
    end_session(*s, close_reason::transport_error, errc::out_of_memory, close_);
    return delivery::refused;
  }
  for (const frame& f : message) {
    if ((s->flags & text_only) == 0 || f.kind() != frame_kind::binary) {
      (void)s->out.push(blocks_, f, wire::ws4);
      continue;
    }
    frame text = f;
    if (prepare_for_polling(text, frames_) != errc::none) {
      end_session(*s, close_reason::transport_error, errc::out_of_memory, close_);
      return delivery::refused;
    }
    (void)s->out.push(blocks_, text.polling(), wire::ws4);
  }
  if (idle) mark(*s);
  return queued(*s);
}

SIOKIT_ALWAYS_INLINE frame_room engine::room_for(session& s, std::size_t n) noexcept {
  // For a peer that does not read, each message takes its own size and no more.
  if (form_ != wire::ws4 || s.transport != transport::websocket || s.unsent != 0) return {frames_, {}, n};
  return {frames_, s.out.room_behind(frames_, n), n};
}

SIOKIT_INLINE delivery engine::send_written(session& s, frame_builder& what) noexcept {
  const std::size_t weight = out_queue::weight(what.written().size());
  if (!may_send(s, weight)) return delivery::refused;
  const bool here = s.out.push_written(what.in(), what.finish_behind(frame_kind::text), weight);
  SIOKIT_ASSERT(here, "a message was written behind a frame that is not queued");
  return here ? queued(s) : delivery::refused;
}

SIOKIT_INLINE void engine::watch_progress(session& s) noexcept {
  if (s.state == state::closing) return;
  if (in_call_)
    be_patient(s, timer::no_progress, limits_.no_progress);
  else if ((s.flags & late) == 0 && late_sessions_.push(blocks_, s.id)) {
    s.flags |= late;
    wake();
  }
}

// Few sessions ever wait for their peers in this way, so the timer is not part of each.
SIOKIT_INLINE void engine::be_patient(session& s, timer what, milliseconds length) noexcept {
  if (s.patience == nullptr) s.patience = blocks_.make<timer_node>();
  if (s.patience != nullptr) s.patience->owner = sessions_.index_of(s.id);
  if (s.patience == nullptr || !timers_.start(*s.patience, what, length, now_))
    end_session(s, close_reason::transport_error, errc::out_of_memory, close_);
}

SIOKIT_INLINE void engine::lose_patience(session& s) noexcept {
  if (s.patience == nullptr) return;
  timers_.stop(*s.patience);
  blocks_.destroy(std::exchange(s.patience, nullptr));
}

// All sessions together hold too much: the slowest goes first, until there is room.
SIOKIT_INLINE void engine::shed() noexcept {
  // What a link already took is freed when the host aborts it: until then nobody else is to blame.
  while (shed_turn_ != turn_ && frames_.live() > limits_.max_queued_total) {
    session* slowest = nullptr;
    for (std::uint32_t i = 0; i < sessions_.end_index(); ++i) {
      if (!sessions_.alive(i) || sessions_[i].state == state::closed) continue;
      session& s = sessions_[i];
      if (s.queued_bytes() != 0 && (slowest == nullptr || s.queued_bytes() > slowest->queued_bytes())) slowest = &s;
    }
    if (slowest == nullptr) return;
    const link_id id = slowest->link;
    if (slowest->unsent != 0) shed_turn_ = turn_;
    slowest->out.reset(blocks_);
    end_session(*slowest, close_reason::slow_consumer, errc::slow_consumer, close_);
    if (link* const l = links_.find(id)) list(id, *l, want_abort);
  }
}

SIOKIT_INLINE void engine::flush_poll(link& l, session& s, message_action& a) noexcept {
  a.what = message_action::kind::respond;
  a.status = 200;
  a.fields = l.http->fields ? std::exchange(l.http->fields, frame{}) : endpoints_[s.endpoint]->poll_fields;
  // A client reads at most max_payload at once, but a message of any size must get through.
  std::size_t room = endpoints_[s.endpoint]->options.max_payload;
  while (!s.out.empty()) {
    frame f = s.out.front();
    if (prepare_for_polling(f, frames_) != errc::none) break;
    const std::size_t size = f.as(wire::poll4_more).size();
    if (!a.body.empty() && size > room) break;
    room -= size < room ? size : room;
    if (!a.body.push(blocks_, f, wire::poll4_more)) break;
    (void)s.out.pop(blocks_);
  }
  if (a.body.empty()) {  // no memory for even one
    a.what = message_action::kind::abort;
    return;
  }
  a.body.set_form(a.body.size() - 1, wire::poll4);
  s.unsent += a.body.total_weight();
  l.unsent += static_cast<std::uint32_t>(a.body.total_weight());
  l.what = role::idle;
  s.link = link_id{};
}

// What a link owes its host first: an answer to a request, or that its body is wanted.
SIOKIT_INLINE bool engine::next_answer(link& l, message_action& a) noexcept {
  if (take(l, want_body)) {
    a.what = message_action::kind::body;
    a.limit = l.what == role::post ? endpoints_[l.endpoint]->options.max_payload : limits_.http_body;
    return true;
  }
  const bool upgrade = take(l, want_upgrade);
  if (!upgrade && !take(l, want_respond)) return false;
  a.what = upgrade ? message_action::kind::upgrade : message_action::kind::respond;
  a.limit = upgrade ? endpoints_[l.endpoint]->options.max_payload : 0;
  a.status = l.extra->status;
  a.last = l.extra->last;
  a.fields = std::move(l.extra->fields);
  a.body = std::move(l.extra->body);
  drop_extra(l);
  return true;
}

SIOKIT_INLINE bool engine::next_messages(link& l, message_action& a) noexcept {
  if (!take(l, want_send)) return false;
  a.what = message_action::kind::send;
  if (l.extra != nullptr && !l.extra->body.empty()) {  // the last words of a session that ended, or the answer to a probe
    a.body = std::move(l.extra->body);
    if (l.what == role::ending) drop_extra(l);
    return true;
  }
  session* const s = sessions_.find(l.owner);
  if (s == nullptr || s->out.empty()) return false;
  if (l.what == role::poll) {
    flush_poll(l, *s, a);
    return true;
  }
  if (l.what != role::websocket) return false;
  s->unsent += s->out.total_weight();
  l.unsent += static_cast<std::uint32_t>(s->out.total_weight());
  a.body = std::move(s->out);
  return true;
}

SIOKIT_INLINE bool engine::next(message_action& a) noexcept {
  while (!actions_.empty()) {
    const std::uint32_t index = actions_.front();
    link& l = links_[index];
    a.link = links_.id_of(index);
    a.last = false;
    if (next_answer(l, a) || next_messages(l, a)) return true;
    if (take(l, want_close)) {
      a.what = message_action::kind::close;
      a.status = 1005;  // no code, as the reference sends
      return true;
    }
    if (take(l, want_abort)) {
      a.what = message_action::kind::abort;
      return true;
    }
    if (take(l, want_read)) {
      a.what = message_action::kind::read;
      return true;
    }
    actions_.remove(index, link_hooks());
  }
  in_call_ = false;
  asleep_ = true;
  ++turn_;
  return false;
}

SIOKIT_INLINE bool engine::wants_read(link_id id) const noexcept {
  const link* const l = links_.find(id);
  if (l == nullptr) return false;
  const session* const s = sessions_.find(l->owner);
  return s == nullptr || s->wants_read();
}

SIOKIT_INLINE void engine::pause(session_id id, bool on) noexcept {
  session* const s = sessions_.find(id);
  if (s == nullptr || ((s->flags & paused) != 0) == on) return;
  s->flags = static_cast<std::uint16_t>(on ? s->flags | paused : s->flags & ~paused);
  if (on) return;
  want_input(*s);
}

// The links of a session may be read again.
SIOKIT_INLINE void engine::want_input(const session& s) noexcept {
  for (const link_id id : {s.link, s.post})
    if (link* const l = links_.find(id)) {
      list(id, *l, want_read);
      if (l->what == role::post) ask_for_body(id, *l);
    }
}

SIOKIT_INLINE void engine::sent(link_id id, std::size_t n, time_point now) noexcept {
  begin_call(now);
  link* const l = links_.find(id);
  if (l == nullptr) return;
  if (l->http != nullptr) {  // it left in the order it was taken
    const std::size_t other = n < l->http->foreign ? n : l->http->foreign;
    l->http->foreign -= static_cast<std::uint32_t>(other);
    n -= other;
  }
  const std::size_t counted = n < l->unsent ? n : l->unsent;
  l->unsent -= static_cast<std::uint32_t>(counted);
  session* const s = sessions_.find(l->owner);
  if (s == nullptr || counted == 0 || s->state == state::closed) return;
  s->unsent -= counted;
  if ((s->flags & congested) == 0 || s->state == state::closing) return;
  if (s->queued_bytes() > limits_.low_water) return watch_progress(*s);
  s->flags &= static_cast<std::uint16_t>(~congested);
  lose_patience(*s);
  tell(*s, event_drained);
  want_input(*s);
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
