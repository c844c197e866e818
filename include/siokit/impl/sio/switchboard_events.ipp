// Bodies of sio/switchboard.hpp: events on their way to handlers, middleware of packets, acknowledgements both ways, and
// the in-memory adapter.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

// ---- events ----------------------------------------------------------------------------------------------------------

// Everybody who judges or handles an event sees the name that it means, however it was spelled.
SIOKIT_INLINE bool switchboard::decode_name(packet& p) noexcept {
  if (!p.escaped) return true;
  char* const plain = scratch_.array<char>(p.name.size());
  if (plain == nullptr) return false;
  p.name = {plain, static_cast<std::size_t>(json::unescape(p.name, plain) - plain)};
  p.escaped = false;
  return true;
}

SIOKIT_ALWAYS_INLINE void switchboard::take_event(socket& s, const packet& raw, std::span<const bytes_view> attachments) {
  const bool judged = s.extras_ != nullptr && !s.extras_->middlewares.empty();
  judged || raw.escaped ? judge_event(s, raw, attachments, judged) : dispatch(s, raw, attachments);
}

SIOKIT_INLINE void switchboard::judge_event(socket& s, const packet& raw, std::span<const bytes_view> attachments,
                                            bool judged) {
  if (judged && s.extras_->held != nullptr) return hold(s, raw, attachments);
  packet p = raw;
  if (!decode_name(p)) return violate(*connection_of(*engine_.find(s.session_)), errc::out_of_memory);
  if (!judged) return dispatch(s, p, attachments);
  promise_id id{};
  promise* const made = make_promise(promise::kind::packet, id);
  if (made == nullptr) return violate(*connection_of(*engine_.find(s.session_)), errc::out_of_memory);
  made->who = s.handle_;
  made->end = static_cast<std::uint32_t>(s.extras_->middlewares.size());
  bool waits = false;
  const bool passed = pass_packet(s, p, attachments, id, waits);
  if (passed && s.connected()) return dispatch(s, p, attachments);
  if (!waits || !s.connected()) return drop_promise(id);
  s.gate_ = id;
  hold(s, raw, attachments);
}

// Runs the socket's middlewares from where the promise stands. True: the packet passed.
SIOKIT_INLINE bool switchboard::pass_packet(socket& s, const packet& p, std::span<const bytes_view> attachments,
                                            promise_id id, bool& waits) {
  const arguments args = arguments_of(p, attachments, context_);
  auto& chain = s.extras_->middlewares;
  promise* at = promises_.find(id);
  while (at != nullptr) {
    if (at->said == promise::answer::refused) {
      const refusal why = at->why == nullptr ? refusal{} : std::move(*at->why);
      drop_promise(id);
      report(s, p.name, errc::refused, why.message);
      return false;
    }
    if (at->step == at->end) {
      drop_promise(id);
      return true;
    }
    at->said = promise::answer::none;
    at->running = true;
    // One that throws has had its packet.
    struct drop_thrown {
      switchboard& board;
      promise_id id;
      bool thrown = true;
      ~drop_thrown() {
        if (thrown) board.drop_promise(id);
      }
    } after{*this, id};
    chain[at->step++](s, p.name, args, next_fn(here(), id));
    after.thrown = false;
    at = promises_.find(id);
    if (at != nullptr && at->said == promise::answer::none) {
      pause_chain(id);
      waits = true;
      return false;
    }
  }
  return false;
}

// Keeps a copy of a packet behind those that wait. Above limits.waiting_packets the session is not read for a while.
SIOKIT_INLINE void switchboard::hold(socket& s, const packet& p, std::span<const bytes_view> attachments) noexcept {
  held_packet* const h = pool_.make<held_packet>();
  assembler* const whole = h == nullptr ? nullptr : pool_.make<assembler>(pool_);
  errc e = whole == nullptr ? errc::out_of_memory : whole->begin(p.payload, p);
  for (std::size_t i = 0; e == errc::none && i < attachments.size(); ++i) e = whole->add(attachments[i], options_.limits);
  if (e != errc::none) {
    pool_.destroy(whole);
    pool_.destroy(h);
    if (connection* const c = connection_of(*engine_.find(s.session_))) violate(*c, e);
    return;
  }
  h->whole = whole;
  h->size = sizeof(held_packet) + sizeof(assembler) + pool::capacity(p.payload.size()) + whole->bytes();
  socket_extras& x = *s.extras_;
  (x.held == nullptr ? x.held : x.last_held->next) = h;
  x.last_held = h;
  x.held_bytes += h->size;
  if (x.held_bytes > options_.limits.waiting_packets) engine_.pause(s.session_, true);
  // One polling body may bring more than a pause can stop, but no second one.
  if (x.held_bytes > options_.limits.waiting_packets + options_.max_payload)
    violate(*connection_of(*engine_.find(s.session_)), errc::queue_full);
}

// The middleware of the first waiting packet has answered: on with it, and with those behind it.
SIOKIT_INLINE void switchboard::resume_packets(socket& s) {
  held_packet* const h = s.extras_ == nullptr ? nullptr : s.extras_->held;
  if (h == nullptr) return;
  if (!s.connected()) return drop_promise(std::exchange(s.gate_, promise_id{}));
  struct unlink {
    switchboard& board;
    socket& who;
    held_packet* h;
    bool stays = false;
    ~unlink() {
      if (stays) return;
      who.extras_->held = h->next;
      who.extras_->held_bytes -= h->size;
      board.pool_.destroy(h->whole);
      board.pool_.destroy(h);
      if (who.extras_->held != nullptr)
        board.list_task(who, socket::resume_packets);
      else
        board.engine_.pause(who.session_, false);
    }
  } after{*this, s, h};
  if (promises_.find(s.gate_) == nullptr) {  // one that waited its turn behind the first
    promise* const made = make_promise(promise::kind::packet, s.gate_);
    if (made == nullptr) return violate(*connection_of(*engine_.find(s.session_)), errc::out_of_memory);
    made->who = s.handle_;
    made->end = static_cast<std::uint32_t>(s.extras_->middlewares.size());
  }
  bool waits = false;
  packet p = h->whole->whole();
  if (!decode_name(p)) return violate(*connection_of(*engine_.find(s.session_)), errc::out_of_memory);
  const bool passed = pass_packet(s, p, h->whole->attachments(), s.gate_, waits);
  after.stays = waits;
  if (waits) return;
  s.gate_ = promise_id{};
  if (passed && s.connected()) dispatch(s, p, h->whole->attachments());
}

SIOKIT_INLINE void switchboard::dispatch(socket& s, const packet& p, std::span<const bytes_view> attachments) {
  struct reset_scratch {
    switchboard& board;
    ~reset_scratch() {
      board.context_.attachments = {};
      board.scratch_.reset();
    }
  } const after{*this};
  const std::string_view name = p.name;
  const arguments args = arguments_of(p, attachments, context_);
  registrations& all = *s.nsp().shared_;
  socket_listeners* const own = s.extras_ == nullptr ? nullptr : &s.extras_->listeners;
  const audience heard_by(all.listeners, own, all.on_unhandled, name);
  invocation in{*this, &s, nullptr, args, static_cast<std::uint64_t>(s.session_), s.nsp().name_, name, p.id, p.has_id};
  const auto run = [&](event_handler& f) {
    in.error = errc::none;
    f(in);
    char room[192];
    if (in.error != errc::none) report(s, name, in.error, in.failed_at(context_, room));
  };
  heard_by.tell(run, s, name, args);
}

SIOKIT_INLINE void switchboard::report(socket& s, std::string_view event, errc e, std::string_view where) {
  if (on_error) on_error(s, event, e, where);
}

// ---- promises --------------------------------------------------------------------------------------------------------

SIOKIT_INLINE promise* switchboard::make_promise(promise::kind what, promise_id& id) noexcept {
  promise* const p = promises_.add(id);
  if (p == nullptr) return nullptr;
  p->what = what;
  p->timer.owner = promises_.index_of(id);
  return p;
}

SIOKIT_INLINE void switchboard::drop_promise(promise_id id) noexcept {
  promise* const p = promises_.find(id);
  if (p == nullptr) return;
  timers_.stop(p->timer);
  eio::session* const session = p->what == promise::kind::ack ? engine_.find(p->session) : nullptr;
  connection* const c = session == nullptr ? nullptr : connection_of(*session);
  promise_tasks_.remove(promises_.index_of(id), promise_hooks());
  if (c != nullptr) --c->owed_count;
  promises_.remove(id);
}

SIOKIT_INLINE void switchboard::answer(promise_id id, promise::answer said, refusal&& why) {
  promise* const p = promises_.find(id);
  if (p == nullptr || p->said != promise::answer::none) return;
  if (p->what != promise::kind::connect && p->what != promise::kind::packet) return drop_promise(id);
  p->said = said;
  if (said == promise::answer::refused) p->why = std::make_unique<refusal>(std::move(why));
  timers_.stop(p->timer);
  if (p->running) return;  // the loop that called the middleware looks at it
  promise_tasks_.push(promises_.index_of(id), promise_hooks());
  engine_.wake();
}

SIOKIT_INLINE bool switchboard::redeem(promise_id id, promise& out) noexcept {
  promise* const p = promises_.find(id);
  if (p == nullptr) return false;
  out.what = p->what;
  out.who = p->who;
  out.session = p->session;
  out.nsp = std::move(p->nsp);
  out.id = p->id;
  out.link = p->link;
  drop_promise(id);
  return true;
}

SIOKIT_INLINE ticket switchboard::promise_for(invocation& in, promise_id& which) noexcept {
  if (!std::exchange(in.wants_ack, false)) return {};
  eio::session* const session = engine_.find(in.who->session_);
  connection* const c = session == nullptr ? nullptr : connection_of(*session);
  if (c == nullptr) return {};
  const bool room = c->owed_count < options_.limits.owed_acks && c->owed_count != 0xffff;
  promise* const p = room ? make_promise(promise::kind::ack, which) : nullptr;
  if (p == nullptr) {
    violate(*c, room ? errc::out_of_memory : errc::sio_too_many_owed_acks);
    return {};
  }
  ++c->owed_count;
  p->who = in.who->handle_;
  p->session = in.who->session_;
  p->nsp = in.who->nsp().name_;
  p->id = in.id;
  time_point now;
  if (engine_.time(now)) (void)timers_.start(p->timer, timer::middleware, options_.limits.answer_timeout, now);
  return here();
}

SIOKIT_INLINE bool switchboard::take_promise(promise_id which, owed_reply& out) noexcept {
  promise taken;
  if (!redeem(which, taken) || taken.what != promise::kind::ack) return false;
  out.nsp = std::move(taken.nsp);
  out.to = {static_cast<std::uint64_t>(taken.session), find(taken.who), nullptr, *out.nsp, taken.id, {}};
  return true;
}

SIOKIT_INLINE void switchboard::reply(const reply_route& to, const outgoing_arguments& arguments) {
  // A session stays until the outermost driver call returns, whatever a codec does to it.
  eio::session* const session = engine_.find(static_cast<eio::session_id>(to.session));
  if (session == nullptr) return;
  event_writer out(engine_.room_for(*session, arguments.likely_size + event_writer::around), to.nsp, to.id);
  arguments.write(arguments.all, out);
  errc e = out.close();
  if (e == errc::none && out.is_behind()) return (void)engine_.send_written(*session, out.text());
  encoded packet;
  if (e == errc::none) e = out.take(packet);
  if (e == errc::none)
    (void)engine_.send(session->id, packet.frames());
  else
    to.who == nullptr ? log(log_level::warning, "an acknowledgement could not be written: ", text(e))
                      : report_later(*to.who, to.event, e, "ack");
  if (e == errc::out_of_memory)  // the client must not wait for ever
    (void)engine_.close(session->id, close_reason::transport_error, e, false);
}

SIOKIT_INLINE socket* switchboard::promise_socket(promise_id which) noexcept {
  promise* const p = promises_.find(which);
  return p == nullptr ? nullptr : find(p->who);
}

// ---- acknowledgements of clients -------------------------------------------------------------------------------------

SIOKIT_INLINE bool switchboard::await(socket& s, std::uint64_t id, single_ack told, poll_id shared,
                                      const broadcast_options& o, errc failure) noexcept {
  ack_handle h{};
  awaited_ack* const a = acks_.add(h);
  if (a == nullptr) return false;
  if (!s.acks_.push(pool_, {id, h})) {
    acks_.remove(h);
    return false;
  }
  a->id = id;
  a->who = s.handle_;
  a->call = std::move(told.call);
  if (told.into != nullptr) *told.into = ack_ref(here(), h);
  a->shared = shared;
  a->timer.owner = acks_.index_of(h);
  if (s.state_ == socket::state::disconnected) list_task(s, socket::fail_acks);
  a->error = failure == errc::none ? errc::ack_timeout : failure;
  if (shared != poll_id{} || (!o.has_timeout && failure == errc::none)) return true;
  const milliseconds length = failure == errc::none ? o.timeout : milliseconds(0);
  time_point now;
  if (failure == errc::none && engine_.time(now) && timers_.start_alone(a->timer, timer::ack, length, now)) return true;
  a->parked = length;
  if (!parked_acks_.push(pool_, h)) list_task(s, socket::fail_acks);  // sooner than never
  engine_.wake();
  return true;
}

// The handler is told by the pump, as if time were up.
SIOKIT_INLINE void switchboard::cancel_ack(ack_handle which) noexcept {
  awaited_ack* const a = acks_.find(which);
  if (a == nullptr) return;
  a->error = errc::ack_cancelled;
  a->parked = milliseconds(0);
  timers_.stop(a->timer);
  if (!parked_acks_.push(pool_, which))
    if (socket* const s = find(a->who)) list_task(*s, socket::fail_acks);  // sooner than never
  engine_.wake();
}

SIOKIT_INLINE void switchboard::take_ack(socket& s, const packet& p, std::span<const bytes_view> attachments) {
  struct reset_scratch {
    switchboard& board;
    ~reset_scratch() {
      board.context_.attachments = {};
      board.scratch_.reset();
    }
  } const after{*this};
  for (std::size_t i = 0; i < s.acks_.size(); ++i) {
    if (s.acks_[i].id != p.id) continue;
    const ack_handle h = s.acks_[i].at;
    s.acks_.erase(i);
    return finish_ack(h, s.id(), errc::none, arguments_of(p, attachments, context_));
  }
  // Late, repeated or invented: ignored, as in the reference.
}

SIOKIT_INLINE void switchboard::finish_ack(ack_handle h, const socket_id& who, errc e, const arguments& args) {
  awaited_ack* const a = acks_.find(h);
  if (a == nullptr) return;
  timers_.stop(a->timer);
  const poll_id shared = a->shared;
  ack_handler told = std::move(a->call);
  acks_.remove(h);
  if (shared != poll_id{}) return count_ack(shared, who, e, args);
  if (told) told(e, args);
}

SIOKIT_INLINE poll_id switchboard::open_poll(each_ack&& calls, const broadcast_options& o) noexcept {
  poll_id id{};
  ack_poll* const p = polls_.add(id);
  if (p == nullptr) return poll_id{};
  p->calls = std::move(calls);
  p->timer.owner = polls_.index_of(id);
  p->parked = o.has_timeout ? o.timeout : milliseconds(-1);
  if (!parked_polls_.push(pool_, id)) {
    polls_.remove(id);
    return poll_id{};
  }
  engine_.wake();
  return id;
}

SIOKIT_INLINE void switchboard::count_sent(poll_id id, bool awaited) noexcept {
  if (ack_poll* const p = polls_.find(id)) ++(awaited ? p->left : p->missing);
}

SIOKIT_INLINE void switchboard::count_ack(poll_id id, const socket_id& who, errc e, const arguments& args) {
  ack_poll* const p = polls_.find(id);
  if (p == nullptr) return;
  if (e != errc::none) ++p->missing;
  // Whoever throws here has been called: the count goes on without it.
  struct count_down {
    switchboard& board;
    poll_id id;
    ~count_down() {
      ack_poll* const p = board.polls_.find(id);
      if (p == nullptr || --p->left != 0) return;
      board.timers_.stop(p->timer);
      if (!board.parked_polls_.push(board.pool_, id)) board.polls_.remove(id);
    }
  } const after{*this, id};
  if (p->calls.call) p->calls.call(who, e, args);
}

// Every socket answered or left, or time is up.
SIOKIT_INLINE void switchboard::finish_poll(poll_id id) {
  ack_poll* const p = polls_.find(id);
  if (p == nullptr) return;
  const std::size_t missing = p->missing + p->left;
  function<void(std::size_t)> done = std::move(p->calls.done);
  for (std::uint32_t i = 0; p->left != 0 && i < sockets_.end_index(); ++i) {
    if (!sockets_.alive(i)) continue;
    vec<pending_ack>& waiting = sockets_[i].acks_;
    for (std::size_t k = 0; k < waiting.size(); ++k) {
      awaited_ack* const a = acks_.find(waiting[k].at);
      if (a == nullptr || a->shared != id) continue;
      acks_.remove(waiting[k].at);
      waiting.erase(k);
      break;
    }
  }
  polls_.remove(id);
  if (done) done(missing);
}

// ---- what was sent, for those who listen to it -----------------------------------------------------------------------

SIOKIT_INLINE void switchboard::note_outgoing(socket& s, const encoded& packet) {
  const bool wanted = !s.nsp().shared_->listeners.any_outgoing.empty() ||
                      (s.extras_ != nullptr && !s.extras_->listeners.any_outgoing.empty());
  if (!wanted) return;
  outgoing* const o = pool_.make<outgoing>(outgoing{s.handle_, packet});
  if (o == nullptr) return;
  (outgoing_ == nullptr ? outgoing_ : last_outgoing_->next) = o;
  last_outgoing_ = o;
  engine_.wake();
}

SIOKIT_INLINE void switchboard::run_outgoing() {
  outgoing* const o = std::exchange(outgoing_, outgoing_->next);
  struct finish {
    switchboard& board;
    outgoing* o;
    ~finish() {
      board.context_.attachments = {};
      board.scratch_.reset();
      board.pool_.destroy(o);
    }
  } const after{*this, o};
  socket* const s = find(o->who);
  if (s == nullptr) return;
  std::string_view name;
  arguments args;
  if (!read_back(o->packet, s->nsp().name(), context_, name, args)) return;
  s->nsp().shared_->listeners.any_outgoing.tell(*s, name, args);
  if (s->extras_ != nullptr) s->extras_->listeners.any_outgoing.tell(*s, name, args);
}

// ---- what socket.hpp and target.hpp ask ------------------------------------------------------------------------------

SIOKIT_INLINE std::uint64_t next_ack_id(siokit::nsp& in) noexcept { return in.take_ack_id(); }
SIOKIT_INLINE pool& frame_pool(siokit::nsp& in) noexcept { return in.board().engine().frames(); }
SIOKIT_INLINE siokit::nsp& nsp_of(socket& s) noexcept { return s.nsp(); }
SIOKIT_INLINE std::string_view nsp_name(const siokit::nsp& in) noexcept { return in.name(); }
SIOKIT_INLINE bool is_dynamic(const siokit::nsp& in) noexcept { return in.is_dynamic(); }
SIOKIT_INLINE void each_child(siokit::nsp& of, function<void(siokit::nsp&)> visit) { of.board().each_child(of, visit); }

SIOKIT_INLINE delivery send_to_one(socket& to, const broadcast_options& o, encoded& packet, errc e,
                                   std::string_view event, std::uint64_t id, single_ack* reply) {
  switchboard& board = to.nsp().board();
  if (e == errc::none && reply != nullptr && to.awaited() >= board.options().limits.pending_acks) e = errc::too_many_acks;
  delivery d = delivery::refused;
  if (e != errc::none)
    board.report_later(to, event, e, "emit");
  else
    d = board.door().send(to, o, packet);
  if (d == delivery::dropped) e = errc::volatile_dropped;
  if (reply != nullptr && !board.await(to, id, std::move(*reply), poll_id{}, o, e))
    board.report_later(to, event, errc::out_of_memory, "on_ack");
  return d;
}

SIOKIT_INLINE void send_to_many(siokit::nsp& in, const broadcast_options& o, encoded& packet, errc e,
                                std::string_view event, std::uint64_t id, each_ack* replies) {
  switchboard& board = in.board();
  if (e != errc::none) board.log(log_level::warning, "a broadcast could not be written: ", text(e)), void(event);
  if (replies == nullptr) return e == errc::none ? board.door().broadcast(in, o, packet, nullptr) : void();
  const poll_id poll = board.open_poll(std::move(*replies), o);
  if (poll == poll_id{}) board.log(log_level::warning, "acknowledgements of a broadcast are lost: ", text(errc::out_of_memory));
  if (e != errc::none) return;  // nobody to wait for
  function<void(socket&)> sent_to = [&](socket& s) {
    const bool room = s.awaited() < board.options().limits.pending_acks;
    if (poll == poll_id{}) return;
    if (room && board.await(s, id, {}, poll, o, errc::none)) return board.count_sent(poll, true);
    board.count_sent(poll, false);
  };
  board.door().broadcast(in, o, packet, &sent_to);
}

}  // namespace sio

SIOKIT_INLINE void target::sockets_join(std::string_view room) const { nsp_->board().door().join(*nsp_, options_, room); }
SIOKIT_INLINE void target::sockets_leave(std::string_view room) const { nsp_->board().door().leave(*nsp_, options_, room); }
SIOKIT_INLINE void target::disconnect_sockets(bool close_session) const {
  nsp_->board().door().disconnect(*nsp_, options_, close_session);
}
SIOKIT_INLINE void target::fetch_sockets(function<void(std::span<const socket_id>)> found) const {
  nsp_->board().door().fetch_sockets(*nsp_, options_, std::move(found));
}

SIOKIT_NAMESPACE_END
#endif
