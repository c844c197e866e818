// Bodies of eio/engine.hpp: sessions, their packets, heartbeat and end, and the events that are pulled.
#pragma once

#include <siokit/text/utf8.hpp>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE engine::engine(const siokit::limits& l, const memory& hooks)
    : limits_(l),
      blocks_(hooks, l.cached_blocks),
      frames_(hooks, l.cached_blocks),
      timers_(blocks_),
      links_(blocks_),
      sessions_(blocks_),
      sids_(blocks_) {
  ping_ = frame::copy(frames_, frame_kind::text, as_bytes("2"));
  noop_ = frame::copy(frames_, frame_kind::text, as_bytes("6"));
  close_ = frame::copy(frames_, frame_kind::text, as_bytes("1"));
  probed_ = frame::copy(frames_, frame_kind::text, as_bytes("3probe"));
}

SIOKIT_INLINE engine::~engine() {
  for (std::uint32_t i = 0; i < links_.end_index(); ++i) {
    if (!links_.alive(i)) continue;
    drop_extra(links_[i]);
    drop_http_side(links_[i]);
  }
  for (std::uint32_t i = 0; i < sessions_.end_index(); ++i) {
    if (!sessions_.alive(i)) continue;
    sessions_[i].out.reset(blocks_);
    lose_patience(sessions_[i]);
    retained_head::destroy(blocks_, sessions_[i].head);
  }
  for (endpoint* const e : endpoints_) delete e;
  endpoints_.reset(blocks_);
  late_links_.reset(blocks_);
  late_sessions_.reset(blocks_);
  input_.reset(blocks_);
}

SIOKIT_INLINE void engine::bind(const host_services& host, wire form) noexcept {
  host_ = host;
  form_ = form;
  luck_.bind(host);
  std::byte raw[sizeof seed_]{};
  if (seed_ == 0 && entropy(raw)) std::memcpy(&seed_, raw, sizeof seed_);  // tables are filled by it: once
}

// ---- time and turns --------------------------------------------------------------------------------------------------

SIOKIT_NEVER_INLINE SIOKIT_INLINE void engine::move_on(time_point now) noexcept {
  // A gap that the host slept through on purpose ends at the deadline; what is longer was not the peers' fault.
  // It stays known until the timers were looked at once: input of other peers may come before that.
  stalled_ |= now_ != time_point{} && now > later(now_, limits_.stall) && now > later(timers_.deadline(), limits_.stall);
  now_ = now;
  in_call_ = true;
  asleep_ = false;
  resume_late();
}

SIOKIT_INLINE bool engine::time(time_point& now) const noexcept {
  now = now_;
  return in_call_;
}

SIOKIT_INLINE void engine::wake() noexcept {
  if (!asleep_ || host_.wake == nullptr) return;
  asleep_ = false;
  host_.wake(host_.ctx);
}

SIOKIT_INLINE time_point engine::deadline() const noexcept {
  const bool work = !late_links_.empty() || !late_sessions_.empty() || has_events();
  return work ? (time_point::min)() : timers_.deadline();
}

SIOKIT_INLINE deadline_reason engine::why() const noexcept { return timers_.why(); }

SIOKIT_INLINE void engine::advance(time_point now) noexcept {
  begin_call(now);
  timer what = timer::none;
  while (timer_node* node = timers_.due(now, what)) fire(*node, what);
  stalled_ = false;
}

SIOKIT_INLINE void engine::fire(timer_node& node, timer what) noexcept {
  if (what == timer::answer || what == timer::upgrade || what == timer::noop) {
    link& l = links_[node.owner];
    const link_id id = links_.id_of(node.owner);
    if (what == timer::answer) return reply(id, l, 503, {}, {}, true);
    session* const s = sessions_.find(l.owner);
    if (what == timer::upgrade) return s == nullptr ? void() : drop_candidate(*s);
    // First the timer: without memory for the noop the session ends, and its candidate with it.
    (void)timers_.start(node, timer::noop, milliseconds(100), now_);  // the reference's period
    if (s != nullptr && s->link != link_id{} && s->out.empty()) queue_control(*s, noop_);
    return;
  }
  session& s = sessions_[node.owner];
  switch (what) {
    case timer::ping:
      s.flags &= static_cast<std::uint16_t>(~pong_extended);
      (void)timers_.start(s.heartbeat, timer::pong, endpoints_[s.endpoint]->options.ping_timeout, now_);
      return queue_control(s, ping_);
    case timer::pong:
      // Whoever is not read cannot be heard; and after a stall the pong may already lie in the socket.
      if (stalled_ || (s.flags & (congested | paused)) != 0) {
        const milliseconds grace = stalled_ ? limits_.stall : endpoints_[s.endpoint]->options.ping_timeout;
        return void(timers_.start(s.heartbeat, timer::pong, grace, now_));
      }
      return end_session(s, close_reason::ping_timeout, errc::none, close_);
    case timer::poll_close: return end_session(s, s.reason, s.cause, close_);
    case timer::no_progress: return end_session(s, close_reason::slow_consumer, errc::slow_consumer, close_);
    default: return;
  }
}

// ---- input -----------------------------------------------------------------------------------------------------------

SIOKIT_ALWAYS_INLINE session* engine::message(link_id id, message_kind& kind, mutable_bytes& in, time_point now) noexcept {
  begin_call(now);
  link* const l = links_.find(id);
  if (l == nullptr) return nullptr;
  if (l->what == role::candidate) {
    candidate_message(id, *l, kind, in);
    return nullptr;
  }
  session* const s = l->what == role::websocket ? sessions_.find(l->owner) : nullptr;
  if (s == nullptr || s->state == state::closed) return nullptr;
  packet p{packet_type::message, true, in};
  const errc bad = kind == message_kind::text ? decode(in, p) : errc::none;
  if (!take(*s, p.type, bad)) return nullptr;
  kind = p.binary ? message_kind::binary : message_kind::text;
  in = p.data;
  return s;
}

SIOKIT_INLINE void engine::keep_input() noexcept {
  if (input_.keep(blocks_)) return;
  if (link* const l = links_.find(asked_); l != nullptr && l->what == role::request) reply(asked_, *l, 503, {}, {}, true);
  if (!payload_) return;
  if (session* const s = sessions_.find(input_session_))
    end_session(*s, close_reason::transport_error, errc::out_of_memory, close_);
  finish_payload();
}

// A packet of a session, or what is wrong with it. True: it is a message for the layer above.
SIOKIT_ALWAYS_INLINE bool engine::take(session& s, packet_type what, errc bad) noexcept {
  if (bad != errc::none) {
    end_session(s, close_reason::parse_error, bad, close_);
    return false;
  }
  if (s.state == state::closing && what != packet_type::close) return false;  // who is leaving is not listened to
  if (s.heartbeat.what == timer::pong && what != packet_type::pong) await_pong_longer(s);
  if (what == packet_type::message) return true;
  take_control(s, what);
  return false;
}

// engine.io 6.6.11: the first other packet while a pong is due moves its deadline, once.
SIOKIT_NEVER_INLINE SIOKIT_INLINE void engine::await_pong_longer(session& s) noexcept {
  if ((s.flags & pong_extended) != 0) return;
  s.flags |= pong_extended;
  (void)timers_.start(s.heartbeat, timer::pong, endpoints_[s.endpoint]->options.ping_timeout, now_);
}

SIOKIT_INLINE void engine::take_control(session& s, packet_type what) noexcept {
  switch (what) {
    case packet_type::pong:
      if (s.heartbeat.what == timer::pong)
        (void)timers_.start(s.heartbeat, timer::ping, endpoints_[s.endpoint]->options.ping_interval, now_);
      return;
    case packet_type::ping:  // protocol 3 pings from the client
      return end_session(s, close_reason::transport_error, errc::eio_wrong_heartbeat, close_);
    case packet_type::close:  // WebSocket has a close of its own; the reference ignores this one there
      if (s.transport == transport::polling) end_session(s, close_reason::transport_close, errc::none, noop_);
      return;
    case packet_type::message:
    case packet_type::open:
    case packet_type::upgrade:
    case packet_type::noop: return;
  }
}

SIOKIT_INLINE bool engine::next_packet(event& e) noexcept {
  while (payload_) {
    session* const s = sessions_.find(input_session_);
    if (s == nullptr || s->state == state::closed) {
      finish_payload();
      return false;
    }
    packet p;
    mutable_bytes rest;
    bool last = false;
    const errc bad = input_packets_++ == limits_.payload_packets ? errc::eio_too_many_packets
                                                                 : take_packet(input_.unread(), p, rest, last);
    if (bad == errc::none) input_.consume(input_.size() - rest.size());
    const bool told = take(*s, p.type, bad);
    // A separator at the very end announces one more packet, which is empty: let the next turn of the loop refuse it.
    if (last || bad != errc::none) finish_payload();
    if (!told) continue;
    e.what = p.binary ? event::kind::binary : event::kind::text;
    e.session = s->id;
    e.endpoint = s->endpoint;
    e.data = p.data;
    return true;
  }
  return false;
}

// The whole POST was read, or there is nobody left to read it for: it is answered either way, as the reference does.
SIOKIT_INLINE void engine::finish_payload() noexcept {
  payload_ = false;
  input_.consume(input_.size());
  const link_id id = std::exchange(input_link_, link_id{});
  link* const l = links_.find(id);
  if (l == nullptr || l->what != role::post) return;
  if (session* const s = sessions_.find(input_session_)) s->post = link_id{};
  frame_builder body(frames_);
  body.put("ok");
  reply(id, *l, 200, l->http->fields, body.finish(frame_kind::raw), false);
}

// ---- events ----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void engine::tell(session& s, std::uint16_t what) noexcept {
  s.flags |= what;
  events_.push(sessions_.index_of(s.id), session_hooks());
  wake();
}

SIOKIT_INLINE bool engine::next(event& e) noexcept {
  link* const l = asked_ == link_id{} ? nullptr : links_.find(std::exchange(asked_, link_id{}));
  if (l != nullptr) {
    e = {};
    e.what = l->what == role::asking ? event::kind::handshake : event::kind::request;
    e.endpoint = l->endpoint;
    e.link = links_.id_of(l->extra->wait.owner);
    e.head = l->extra->head;
    e.method = {l->extra->method, l->extra->method_size};
    e.data = input_.unread();
    return true;
  }
  while (!events_.empty()) {
    session& s = sessions_[events_.front()];
    e = {};
    e.session = s.id;
    e.endpoint = s.endpoint;
    if ((s.flags & event_opened) != 0) {
      s.flags &= static_cast<std::uint16_t>(~event_opened);
      e.what = event::kind::opened;
      return true;
    }
    if ((s.flags & event_drained) != 0) {
      s.flags &= static_cast<std::uint16_t>(~event_drained);
      if (s.state != state::closed) {
        e.what = event::kind::drained;
        return true;
      }
    }
    events_.remove(sessions_.index_of(s.id), session_hooks());
    const bool closed = (s.flags & event_closed) != 0;
    s.flags &= static_cast<std::uint16_t>(~event_closed);
    if (!closed) continue;
    e.what = event::kind::closed;
    e.reason = s.reason;
    e.cause = s.cause;
    dead_.push(sessions_.index_of(s.id), session_hooks());
    return true;
  }
  if (next_packet(e)) return true;
  return !events_.empty() && next(e);  // input that ended its session
}

SIOKIT_INLINE void engine::collect() noexcept {
  while (!dead_.empty()) {
    session& s = sessions_[dead_.front()];
    dead_.remove(dead_.front(), session_hooks());
    s.out.reset(blocks_);
    retained_head::destroy(blocks_, s.head);
    sessions_.remove(s.id);
  }
  if (!payload_ && asked_ == link_id{}) input_.reset(blocks_);
}

// A link is done with its session. What it still holds of it is no longer the session's to count.
SIOKIT_INLINE void engine::disown(link& l) noexcept {
  session* const s = sessions_.find(std::exchange(l.owner, session_id{}));
  if (s != nullptr) s->unsent -= l.unsent;
  if (l.http != nullptr) l.http->foreign += l.unsent;
  l.unsent = 0;
}

// ---- the end of a session --------------------------------------------------------------------------------------------

// Ends a session now. What is queued still leaves if a link can take it; a parked poll is answered with it and the farewell.
SIOKIT_INLINE void engine::end_session(session& s, close_reason reason, errc cause, const frame& farewell) noexcept {
  if (s.state == state::closed) return;
  const bool told = s.state != state::opening;
  drop_candidate(s);
  s.state = state::closed;
  s.reason = reason;
  s.cause = cause;
  timers_.stop(s.heartbeat);
  lose_patience(s);
  sids_.remove(hash_text(s.sid.view(), seed_), sessions_.index_of(s.id));
  if ((s.flags & pending) != 0) --pending_;
  const link_id id = s.link;
  if (link* const l = links_.find(id)) {
    if (l->what == role::poll) {
      message_action a;
      if (s.out.push(blocks_, farewell, wire::ws4)) flush_poll(*l, s, a);
      errand* const x = a.body.empty() ? nullptr : extra(id, *l);
      if (x == nullptr) {
        a.body.reset(blocks_);
        list(id, *l, want_abort);
      } else {
        x->status = 200;
        x->fields = std::move(a.fields);
        x->body = std::move(a.body);
        list(id, *l, want_respond);
      }
    } else if (l->what == role::opening && (l->flags & want_upgrade) != 0) {
      l->flags &= static_cast<std::uint8_t>(~want_upgrade);
      disown(*l);
      reply(id, *l, 503, {}, {}, true);
    } else if (l->what == role::websocket || l->what == role::opening) {
      errand* const x = s.out.empty() ? nullptr : extra(id, *l);
      if (x != nullptr) x->body = std::move(s.out);
      l->what = role::ending;
      list(id, *l, static_cast<std::uint8_t>(want_send | want_close));
    }
    disown(*l);
  }
  if (told) return tell(s, event_closed);
  dead_.push(sessions_.index_of(s.id), session_hooks());  // nobody heard of it
}

// A closing session got a poll: what is queued leaves with it, and with the last of it the session.
SIOKIT_INLINE void engine::go_on_closing(session& s) noexcept {
  if (fits_one_response(s)) return end_session(s, s.reason, s.cause, close_);
  be_patient(s, timer::poll_close, limits_.poll_close_time);
  mark(s);
}

SIOKIT_INLINE bool engine::fits_one_response(const session& s) const noexcept {
  std::size_t size = 2;  // the farewell
  for (std::size_t i = 0; i < s.out.size(); ++i) size += s.out[i].size() / 3 * 4 + 6;
  return s.out.size() <= 1 || size <= endpoints_[s.endpoint]->options.max_payload;
}

SIOKIT_INLINE bool engine::close(session_id id, close_reason reason, errc cause, bool flush) noexcept {
  session* const s = sessions_.find(id);
  if (s == nullptr || s->state == state::closed) return true;
  if (s->state == state::closing && flush) return false;
  if (!flush) s->out.reset(blocks_);
  // Without a poll there is nobody to tell yet, and what one response cannot hold needs another: wait for polls, for a
  // while (the reference waits 30 s).
  if (flush && s->transport == transport::polling && (s->link == link_id{} || !fits_one_response(*s))) {
    drop_candidate(*s);
    if (s->link != link_id{}) mark(*s);
    s->state = state::closing;
    s->reason = reason;
    s->cause = cause;
    timers_.stop(s->heartbeat);
    if (in_call_)
      be_patient(*s, timer::poll_close, limits_.poll_close_time);
    else if ((s->flags & late) == 0) {
      if (!late_sessions_.push(blocks_, s->id)) return end_session(*s, reason, cause, close_), true;
      s->flags |= late;
    }
    wake();
    return false;
  }
  end_session(*s, reason, cause, close_);
  return true;
}

SIOKIT_INLINE void engine::close_all(close_reason reason) noexcept {
  for (std::uint32_t i = 0; i < sessions_.end_index(); ++i)
    if (sessions_.alive(i)) close(sessions_.id_of(i), reason, errc::none, false);
  for (std::uint32_t i = 0; i < links_.end_index(); ++i) {
    if (!links_.alive(i)) continue;
    link& l = links_[i];
    if (l.what == role::asking || l.what == role::request || l.what == role::post) {
      if (asked_ == links_.id_of(i)) asked_ = link_id{};
      drop_extra(l);  // whoever still wants to answer finds nothing
      l.what = role::ending;
    }
    if (l.what == role::idle || l.what == role::ending) list(links_.id_of(i), l, want_close);
  }
}

SIOKIT_INLINE void engine::replace_head(session_id id, retained_head* head) noexcept {
  if (session* const s = sessions_.find(id)) retained_head::destroy(blocks_, std::exchange(s->head, head));
}

SIOKIT_INLINE void engine::joined(session_id id) noexcept {
  session* const s = sessions_.find(id);
  if (s == nullptr || (s->flags & pending) == 0) return;
  s->flags &= static_cast<std::uint16_t>(~pending);
  --pending_;
}

SIOKIT_INLINE void engine::ended(link_id id, errc cause, time_point now) noexcept {
  begin_call(now);
  link* const l = links_.find(id);
  if (l == nullptr) return;
  const role was = std::exchange(l->what, role::ending);
  if (asked_ == id) asked_ = link_id{};
  session* const s = sessions_.find(std::exchange(l->owner, session_id{}));
  const std::uint32_t cut = std::exchange(l->unsent, 0);
  // An answer that the host has not pulled yet still leaves: the peer may only have stopped sending.
  l->flags &= static_cast<std::uint8_t>(want_respond | want_close | want_abort);
  if ((l->flags & want_respond) == 0) drop_extra(*l);
  if (s == nullptr || s->state == state::closed) return;
  s->unsent -= cut;
  if (s->link == id) s->link = link_id{};
  if (s->post == id) s->post = link_id{};
  switch (was) {
    case role::joining:
    case role::candidate:
      if (s->candidate == id) drop_candidate(*s);
      return;
    case role::opening:
    case role::websocket:
      return end_session(*s, cause == errc::none ? close_reason::transport_close : close_reason::transport_error, cause,
                         close_);
    case role::post:
      if (cause == errc::http_body_too_large) return;  // 413 leaves the session alive
      break;
    case role::poll: break;
    default:
      if (cut == 0 || s->transport != transport::polling) return;  // else a response was cut: its packets are lost
  }
  if (s->transport == transport::polling)
    end_session(*s, close_reason::transport_error, errc::eio_poll_aborted, close_);
}

SIOKIT_INLINE void engine::closed(link_id id, time_point now) noexcept {
  ended(id, errc::none, now);
  link* const l = links_.find(id);
  if (l == nullptr) return;
  drop_extra(*l);
  drop_http_side(*l);
  actions_.remove(links_.index_of(id), link_hooks());
  links_.remove(id);
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
