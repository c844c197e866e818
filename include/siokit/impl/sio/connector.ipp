// Bodies of sio/connector.hpp: the door below, the pump, sessions and reconnection.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

// A call from the host. Whatever happens in it, a handler that throws included, it ends with lent input kept and what is
// queued on its way.
struct connector::call {
  call(connector& c, time_point now) noexcept : home(c) {
    SIOKIT_ASSERT(!c.in_call_, "a driver call from inside a handler");
    c.in_call_ = true;
    c.dialer_.begin(now);
  }
  ~call() {
    home.in_call_ = false;
    home.scratch_.reset();
    home.dialer_.end_call();
  }
  call(const call&) = delete;
  call& operator=(const call&) = delete;
  connector& home;
};

SIOKIT_INLINE connector::connector(const client_options& o)
    : options_(o),
      dialer_(options_, options_.limits, o.memory),
      pool_(dialer_.blocks()),
      scratch_(pool_),
      backoff_(o.reconnection_delay, o.reconnection_delay_max, o.randomization_factor),
      acks_(pool_),
      owed_(pool_),
      beacon_(beacon::light(this)),
      generation_(beacon_->generation) {
  context_.scratch = &scratch_;
  SIOKIT_ASSERT(http::is_target(options_.path), "options.path begins with '/' and has no spaces");
}

SIOKIT_INLINE connector::~connector() {
  SIOKIT_ASSERT(!in_call_, "a client was destroyed in one of its handlers; call close() there");
  beacon::put_out(beacon_);
  for (std::size_t i = 1; i < sockets_.size(); ++i) delete sockets_[i];
  dialer_.clock().stop(timer_);
  for (std::uint32_t i = 0; i < acks_.end_index(); ++i)
    if (acks_.alive(i)) dialer_.clock().stop(acks_[i].timer);
  for (std::uint32_t i = 0; i < owed_.end_index(); ++i)
    if (owed_.alive(i)) dialer_.clock().stop(owed_[i].timer);
  while (outgoing* const o = outgoing_) {
    outgoing_ = o->next;
    pool_.destroy(o);
  }
  drop_parts();
  parked_.reset(pool_);
  tellings_.reset(pool_);
}

// ---- driver ----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void connector::bind(const host_services& host) { dialer_.bind(host); }

SIOKIT_INLINE void connector::opened(link_id id, time_point now) {
  const call c(*this, now);
  dialer_.opened(id);
  pump();
}

SIOKIT_INLINE void connector::receive(link_id id, std::span<std::byte> in, time_point now) {
  const call c(*this, now);
  dialer_.receive(id, in);
  pump();
}

SIOKIT_INLINE void connector::sent(link_id id, std::size_t n, time_point now) {
  const call c(*this, now);
  dialer_.sent(id, n);
  pump();
}

SIOKIT_INLINE void connector::closed(link_id id, link_end how, int, time_point now) {
  const call c(*this, now);
  dialer_.closed(id, how);
  pump();
}

SIOKIT_INLINE void connector::advance(time_point now) {
  const call c(*this, now);
  dialer_.advance();
  settle_timers(now);
  timer what = timer::none;
  while (timer_node* const node = dialer_.due(what)) {
    fire(*node, what);
    pump();
  }
  pump();
}

SIOKIT_INLINE bool connector::next(action& a) {
  SIOKIT_ASSERT(!in_call_, "a driver call from inside a handler");
  return dialer_.next(a);
}

SIOKIT_INLINE bool connector::gather(link_id id, batch& out) {
  SIOKIT_ASSERT(!in_call_, "a driver call from inside a handler");
  return dialer_.gather(id, out);
}

SIOKIT_INLINE bool connector::wants_read(link_id id) const { return dialer_.wants_read(id); }

SIOKIT_INLINE std::span<std::byte> connector::space(link_id id) { return dialer_.space(id); }

SIOKIT_INLINE time_point connector::deadline() const {
  const bool work = told_ != tellings_.size() || !parked_.empty() || outgoing_ != nullptr || want_close_ ||
                    (want_open_ && dialer_.is_closed());
  if (work) return (time_point::min)();
  for (const client_socket* const s : sockets_)
    if (s->tasks_ != 0) return (time_point::min)();
  return dialer_.deadline();
}

// ---- the pump --------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void connector::pump() {
  while (work()) scratch_.reset();
}

// One thing to do; false when there is none. What was found out earlier is told before anything new is read.
SIOKIT_INLINE bool connector::work() {
  if (outgoing_ != nullptr) return run_outgoing(), true;
  for (client_socket* const s : sockets_)
    if (s->tasks_ != 0) return run_task(*s), true;
  if (told_ != tellings_.size()) return run_telling(), true;
  if (std::exchange(want_close_, false)) return stop_session(), true;
  time_point now;
  if (!parked_.empty() && dialer_.time(now)) return settle_timers(now), true;
  eio::dial_event e;
  if (dialer_.next(e)) return take(e), true;
  // Only now: the end of the session before is told first.
  if (want_open_ && dialer_.is_closed()) return go_on_opening(), true;
  return false;
}

SIOKIT_INLINE void connector::take(const eio::dial_event& e) {
  switch (e.what) {
    case eio::dial_event::kind::opened: return session_opened();
    case eio::dial_event::kind::text: return take_text(as_text(e.data));
    case eio::dial_event::kind::binary: return take_binary(e.data);
    case eio::dial_event::kind::ping:
      flush_buffers();
      return tell(telling::kind::ping);
    case eio::dial_event::kind::upgraded: return tell(telling::kind::upgrade);
    case eio::dial_event::kind::drained:
      flush_buffers();
      return tell(telling::kind::drain);
    case eio::dial_event::kind::failed: return open_failed(e.cause, e.status);
    case eio::dial_event::kind::closed: return session_closed(e.reason, e.cause);
  }
}

SIOKIT_INLINE void connector::tell(telling::kind what, telling more) noexcept {
  more.what = what;
  // Without memory for it nobody hears of it; what it is about has happened all the same.
  (void)tellings_.push(pool_, std::move(more));
  dialer_.wake();
}

SIOKIT_INLINE void connector::run_telling() {
  const telling t = tellings_[told_];
  if (++told_ == tellings_.size()) {
    tellings_.clear();
    told_ = 0;
  }
  using kind = telling::kind;
  // A program that has left hears no more of its session than its end. A URL that is none was never joined.
  if (t.what == kind::connect_error) {
    if (!sockets_[t.number]->active() && t.cause != errc::bad_url) return;
  } else if (t.what != kind::close && t.what != kind::failed_event && !anybody_active()) {
    return;
  }
  const connect_error error{t.cause, dialer_.detail().empty() ? text(t.cause) : dialer_.detail(), {}, t.status};
  switch (t.what) {
    case telling::kind::open: return on_open.tell();
    case telling::kind::close: return on_close.tell(t.reason);
    case telling::kind::open_error: return on_open_error.tell(error);
    case telling::kind::ping: return on_ping.tell();
    case telling::kind::upgrade: return on_upgrade.tell();
    case telling::kind::drain: return on_drain.tell();
    case telling::kind::attempt: return on_reconnect_attempt.tell(t.number);
    case telling::kind::reconnected: return on_reconnect.tell(t.number);
    case telling::kind::reconnect_error: return on_reconnect_error.tell(error);
    case telling::kind::reconnect_failed: return on_reconnect_failed.tell();
    case telling::kind::connect_error: return sockets_[t.number]->on_connect_error_.tell(error);
    case telling::kind::failed_event: {
      const std::string_view event = t.event ? as_text(t.event.payload()) : std::string_view{};
      return report(*sockets_[t.number], event, t.cause, "emit");
    }
  }
}

// ---- timers ----------------------------------------------------------------------------------------------------------

// Timeouts that were asked for outside of a driver call start at the first one.
SIOKIT_INLINE void connector::settle_timers(time_point now) noexcept {
  for (const ack_handle h : parked_) {
    awaited* const a = acks_.find(h);
    if (a == nullptr || a->parked.count() < 0) continue;
    (void)dialer_.clock().start_alone(a->timer, timer::ack, std::exchange(a->parked, milliseconds(-1)), now);
  }
  parked_.clear();
}

SIOKIT_INLINE void connector::fire(timer_node& node, timer what) {
  switch (what) {
    case timer::dial:
      dialer_.abandon();
      return open_failed(errc::dial_timeout, 0);
    case timer::backoff:
      want_open_ = true;
      return tell(telling::kind::attempt, {.number = backoff_.attempts()});
    case timer::join: return dialer_.fail(close_reason::transport_error, errc::sio_join_timeout);
    case timer::ack: {
      const ack_handle h = acks_.id_of(node.owner);
      client_socket& s = *sockets_[acks_[node.owner].socket];
      unbuffer(s, acks_[node.owner].id);
      return finish_ack(h, acks_[node.owner].error, {});
    }
    case timer::middleware: return drop_owed(owed_.id_of(node.owner));
    case timer::attachments: return violate(errc::sio_attachments_timeout);
    default: return;
  }
}

// ---- sessions --------------------------------------------------------------------------------------------------------

SIOKIT_INLINE bool connector::anybody_active() const noexcept {
  for (const client_socket* const s : sockets_)
    if (s->active()) return true;
  return false;
}

SIOKIT_INLINE void connector::go_on_opening() noexcept {
  want_open_ = false;
  if (!anybody_active()) return;
  state_ = state::opening;
  root_ = root::awaited;
  time_point now;
  dialer_.clock().stop(timer_);
  if (options_.timeout.count() > 0 && dialer_.time(now))
    (void)dialer_.clock().start_alone(timer_, timer::dial, options_.timeout, now);
  dialer_.open();
}

SIOKIT_INLINE void connector::session_opened() {
  state_ = state::open;
  dialer_.clock().stop(timer_);
  const std::uint32_t attempts = backoff_.attempts();
  backoff_.reset();
  tell(telling::kind::open);
  for (client_socket* const s : sockets_)
    if (s->state_ == client_socket::state::waiting) join(*s);
  if (attempts != 0) tell(telling::kind::reconnected, {.number = attempts});
}

SIOKIT_INLINE void connector::open_failed(errc cause, std::uint16_t status) {
  dialer_.clock().stop(timer_);
  state_ = state::idle;
  const telling why{.cause = cause, .status = status};
  for (std::uint32_t i = 0; i < sockets_.size(); ++i)
    if (sockets_[i]->active()) tell(telling::kind::connect_error, {.cause = cause, .status = status, .number = i});
  tell(telling::kind::open_error, why);
  const bool again = backoff_.attempts() != 0;
  wait_and_reconnect();
  if (again) tell(telling::kind::reconnect_error, why);
}

SIOKIT_INLINE void connector::session_closed(close_reason reason, errc cause) {
  dialer_.clock().stop(timer_);
  state_ = state::idle;
  drop_parts();
  for (std::uint32_t i = 0; i < owed_.end_index(); ++i)
    if (owed_.alive(i)) drop_owed(owed_.id_of(i));
  for (client_socket* const s : sockets_) {
    s->stale_ = false;
    if (s->active()) leave(*s, reason, cause, true);
  }
  tell(telling::kind::close, {.reason = reason, .cause = cause});
  backoff_.reset();
  wait_and_reconnect();
}

SIOKIT_INLINE void connector::wait_and_reconnect() noexcept {
  if (!options_.reconnection || want_open_ || !anybody_active()) return;
  if (backoff_.attempts() >= options_.reconnection_attempts) {
    backoff_.reset();
    return tell(telling::kind::reconnect_failed);
  }
  std::uint64_t bits = 0;
  std::byte raw[sizeof bits]{};
  (void)dialer_.random().take(raw);
  std::memcpy(&bits, raw, sizeof bits);
  time_point now;
  state_ = state::waiting;
  const milliseconds delay = backoff_.next(unit_double(bits));
  (void)dialer_.time(now);
  // Without memory for a timer of its own the delay is the longest, whose timer needs none: dialing at once, again and
  // again, would never end.
  timers& clock = dialer_.clock();
  if (clock.start_alone(timer_, timer::backoff, delay, now)) return;
  if (clock.start(timer_, timer::backoff, options_.reconnection_delay_max, now)) return;
  state_ = state::idle;
  backoff_.reset();
  tell(telling::kind::reconnect_failed);
}

// Nobody is active any more.
SIOKIT_INLINE void connector::stop_session() noexcept {
  dialer_.clock().stop(timer_);
  backoff_.reset();
  const state was = std::exchange(state_, state::idle);
  if (was == state::opening) return dialer_.abandon();
  if (was == state::open) {
    state_ = state::open;  // until it is closed
    dialer_.close();
  }
}

SIOKIT_INLINE void connector::connect(client_socket& s) {
  if (url_error_ != errc::none) return tell(telling::kind::connect_error, {.cause = url_error_, .number = s.place_});
  if (s.active()) {
    if (state_ == state::idle && dialer_.is_closed()) want_open_ = true;  // the attempts were used up
    return dialer_.wake();
  }
  s.state_ = client_socket::state::waiting;
  if (state_ == state::open && dialer_.is_open() && !want_close_) return join(s);
  // A session that opens, or a delay that runs, is waited for, unless the last one to leave has ended it.
  if (want_close_ || !(state_ == state::waiting || state_ == state::opening)) want_open_ = true;
  dialer_.wake();
}

SIOKIT_INLINE void connector::disconnect(client_socket& s) {
  if (!s.active()) return;
  if (s.connected()) send_disconnect(s);
  leave(s, close_reason::io_client_disconnect, errc::none, false);
}

SIOKIT_INLINE void connector::close() {
  for (client_socket* const s : sockets_) disconnect(*s);
  want_open_ = false;
  want_close_ = true;
  dialer_.wake();
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
