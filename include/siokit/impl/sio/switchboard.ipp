// Bodies of sio/switchboard.hpp: the door below, the pump, and packets up to the point where they mean something.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_ALWAYS_INLINE connection* switchboard::connection_of(const eio::session& s) noexcept {
  if (!connections_.alive(s.tag)) return nullptr;
  connection& c = connections_[s.tag];
  return c.session == s.id ? &c : nullptr;
}

// A call from below. Whatever happens in it, a handler that throws included, it ends with lent input kept and with the
// dead buried: until then every socket& stays valid.
struct switchboard::call {
  explicit call(switchboard& b) noexcept : board(b) {
    SIOKIT_ASSERT(!b.in_call_, "a driver call from inside a handler");
    b.in_call_ = true;
  }
  SIOKIT_ALWAYS_INLINE ~call() {
    board.in_call_ = false;
    board.scratch_.reset();
    if (board.engine_.has_events() || board.engine_.has_rests() || !board.dead_.empty() || !board.retired_.empty()) board.tidy();
  }
  call(const call&) = delete;
  call& operator=(const call&) = delete;
  switchboard& board;
};

SIOKIT_NEVER_INLINE SIOKIT_INLINE void switchboard::tidy() {
  if (engine_.has_events()) engine_.keep_input();
  forget_dead();
  retired_.clear();
  // A handler that threw left somebody untold, who may still ask for what a session kept.
  if (!has_tasks()) engine_.collect();
}

// What a handler that threw left untold, or user calls outside of a driver call made, comes before what is new.
SIOKIT_ALWAYS_INLINE void switchboard::resume(time_point now) {
  if (!has_tasks() && !engine_.has_events()) return;
  engine_.begin(now);
  pump();
}

// A call that brings a fact: it counts also when a handler throws.
template <class Fact>
void switchboard::enter(time_point now, Fact&& fact) {
  const call c(*this);
  {
    struct always {
      Fact& fact;
      ~always() { fact(); }
    } const then{fact};
    resume(now);
  }
  pump();
}

SIOKIT_INLINE switchboard::switchboard(const server_options& o)
    : options_(o),
      engine_(options_.limits, o.memory),
      pool_(engine_.blocks()),
      scratch_(pool_),
      timers_(pool_),
      connections_(pool_),
      sockets_(pool_),
      promises_(pool_),
      acks_(pool_),
      polls_(pool_),
      ids_(pool_),
      beacon_(beacon::light(this)),
      generation_(beacon_->generation) {
  context_.scratch = auth_context_.scratch = &scratch_;
  engine_.add_endpoint(options_);
}

SIOKIT_INLINE void switchboard::forget_all() noexcept {
  beacon::put_out(beacon_);
  for (std::uint32_t i = 0; i < sockets_.end_index(); ++i)
    if (sockets_.alive(i)) destroy_socket(sockets_[i]);
}

SIOKIT_INLINE switchboard::~switchboard() {
  for (std::uint32_t i = 0; i < connections_.end_index(); ++i)
    if (connections_.alive(i)) {
      stop_connect_timer(connections_[i]);
      pool_.destroy(connections_[i].parts);
    }
  while (outgoing* const o = outgoing_) {
    outgoing_ = o->next;
    pool_.destroy(o);
  }
  while (fetched_ != nullptr) delete std::exchange(fetched_, fetched_->next);
  while (dynamic_ != nullptr) delete std::exchange(dynamic_, dynamic_->next);
  while (paths_ != nullptr) delete std::exchange(paths_, paths_->next);
  while (notes_ != nullptr) drop_note();
  dead_.reset(pool_);
  parked_acks_.reset(pool_);
  parked_polls_.reset(pool_);
}

// ---- message_driver --------------------------------------------------------------------------------------------------

SIOKIT_INLINE void switchboard::bind(const host_services& host, wire form) {
  engine_.bind(host, form);
  std::byte raw[sizeof seed_]{};
  if (seed_ == 0 && engine_.entropy(raw)) std::memcpy(&seed_, raw, sizeof seed_);
}

SIOKIT_INLINE link_id switchboard::accept(const link_info& peer, time_point now) {
  if (closing_) return link_id{};
  const call c(*this);
  return engine_.accept(peer, now);
}

SIOKIT_INLINE void switchboard::request(link_id id, const request_head& head, time_point now) {
  const call c(*this);
  resume(now);
  engine_.request(id, head, now);
  pump();
}

SIOKIT_INLINE void switchboard::body(link_id id, std::span<std::byte> in, time_point now) {
  const call c(*this);
  resume(now);
  engine_.body(id, in, now);
  pump();
}

SIOKIT_INLINE void switchboard::upgraded(link_id id, time_point now) {
  enter(now, [&] { engine_.upgraded(id, now); });
}

SIOKIT_INLINE bool switchboard::message(link_id id, message_kind kind, std::span<std::byte> in, time_point now) {
  const call c(*this);
  resume(now);
  eio::session* const from = engine_.message(id, kind, in, now);
  if (from != nullptr) take_message(*from, kind, in);
  if (has_work()) pump();
  const bool lives = from != nullptr && from->state != eio::state::closed;
  return lives ? from->wants_read() : engine_.wants_read(id);
}

SIOKIT_INLINE void switchboard::sent(link_id id, std::size_t n, time_point now) {
  enter(now, [&] { engine_.sent(id, n, now); });
}

SIOKIT_INLINE void switchboard::ended(link_id id, errc cause, time_point now) {
  enter(now, [&] { engine_.ended(id, cause, now); });
}

SIOKIT_INLINE void switchboard::closed(link_id id, time_point now) {
  enter(now, [&] { engine_.closed(id, now); });
}

SIOKIT_INLINE void switchboard::advance(time_point now) {
  const call c(*this);
  resume(now);
  engine_.advance(now);
  settle_timers(now);
  timer what = timer::none;
  while (timer_node* node = timers_.due(now, what)) {
    fire(*node, what);
    pump();
  }
  pump();
}

SIOKIT_INLINE bool switchboard::next(message_action& a) { return engine_.next(a); }

SIOKIT_INLINE bool switchboard::wants_read(link_id id) const { return engine_.wants_read(id); }

SIOKIT_INLINE time_point switchboard::deadline() const {
  if (has_tasks() || has_parked()) return (time_point::min)();
  const time_point mine = timers_.deadline();
  const time_point theirs = engine_.deadline();
  return mine < theirs ? mine : theirs;
}

SIOKIT_INLINE deadline_reason switchboard::why() const {
  return timers_.deadline() < engine_.deadline() ? timers_.why() : engine_.why();
}

// ---- the pump --------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void switchboard::pump() {
  eio::event e;
  while (true) {
    scratch_.reset();
    if (notes_ != nullptr) {
      run_note();
    } else if (outgoing_ != nullptr) {
      run_outgoing();
    } else if (fetched_ != nullptr) {
      run_fetched();
    } else if (!socket_tasks_.empty()) {
      run_task(sockets_[socket_tasks_.front()]);
    } else if (!promise_tasks_.empty()) {
      const std::uint32_t index = promise_tasks_.front();
      promise_tasks_.remove(index, promise_hooks());
      const promise_id id = promises_.id_of(index);
      if (promises_[index].what == promise::kind::connect)
        run_connect_chain(id);
      else if (socket* const s = find(promises_[index].who))
        resume_packets(*s);
      else
        drop_promise(id);
    } else if (engine_.has_events() && engine_.next(e)) {
      take(e);
    } else {
      time_point now;
      if (!has_parked() || !engine_.time(now)) return;
      settle_timers(now);
    }
  }
}

SIOKIT_INLINE void switchboard::take(eio::event& e) {
  switch (e.what) {
    case eio::event::kind::request: return take_request(e);
    case eio::event::kind::handshake: return take_handshake(e);
    default: break;
  }
  if (eio::session* const s = engine_.find(e.session)) take(*s, e);
}

SIOKIT_INLINE void switchboard::take(eio::session& s, eio::event& e) {
  const message_kind kind = e.what == eio::event::kind::text ? message_kind::text : message_kind::binary;
  if (kind == message_kind::text || e.what == eio::event::kind::binary) return take_message(s, kind, e.data);
  if (engine_path* const path = path_of(e.endpoint)) {
    const engine_session who(here(), e.session);
    if (e.what == eio::event::kind::opened) {
      engine_.joined(e.session);
      run_pinned(path->on_open, who);
    } else if (e.what == eio::event::kind::closed) {
      run_pinned(path->on_close, who, e.reason);
    }
    return;
  }
  if (e.what == eio::event::kind::opened) return open(s);
  connection* const c = connection_of(s);
  if (c == nullptr) return;
  switch (e.what) {
    case eio::event::kind::drained:
      for (std::uint32_t i = c->sockets.front(); i != index_list::none; i = sockets_[i].mates_.next)
        list_task(sockets_[i], socket::tell_drained);
      return;
    case eio::event::kind::closed: return close_connection(s, e.reason);
    default: return;
  }
}

SIOKIT_ALWAYS_INLINE void switchboard::take_message(eio::session& s, message_kind kind, mutable_bytes in) {
  if (engine_path* const path = path_of(s.endpoint)) return run_pinned(path->on_message, engine_session(here(), s.id), kind, in);
  connection* const c = connection_of(s);
  if (c == nullptr) return;
  kind == message_kind::text ? take_text(*c, as_text(in)) : take_binary(*c, in);
}

// The peer broke the protocol: the whole session ends, as in the reference. Nobody else notices.
SIOKIT_INLINE void switchboard::violate(connection& c, errc why) noexcept {
  log(log_level::info, "closing a session: ", text(why));
  if (engine_.close(c.session, close_reason::forced_close, why, true)) return;
  // A polling session without a poll ends later; its sockets do not wait for that.
  while (!c.sockets.empty()) begin_disconnect(sockets_[c.sockets.front()], close_reason::forced_server_close);
}

SIOKIT_ALWAYS_INLINE void switchboard::take_text(connection& c, std::string_view in) {
  if (c.parts != nullptr) return violate(c, errc::sio_unexpected_text);
  packet p;
  if (const errc e = decode(in, options_.limits, p); e != errc::none) return violate(c, e);
  p.attachments == 0 ? take_packet(c, p, {}) : await_attachments(c, in, p);
}

SIOKIT_INLINE void switchboard::await_attachments(connection& c, std::string_view in, const packet& p) {
  // What nobody may send yet is not collected either (CVE-2026-48804).
  const socket* const joined = find_joined(c, p.nsp);
  if (joined == nullptr || !joined->connected()) return violate(c, errc::sio_not_joined);
  c.parts = pool_.make<assembler>(pool_);
  const errc e = c.parts == nullptr ? errc::out_of_memory : c.parts->begin(in, p);
  if (e != errc::none) return violate(c, e);
  c.parts->timer.owner = engine_.find(c.session)->tag;
  time_point now;
  if (engine_.time(now))
    (void)timers_.start(c.parts->timer, timer::attachments, options_.limits.attachment_time, now);
}

SIOKIT_INLINE void switchboard::take_binary(connection& c, bytes_view in) {
  if (c.parts == nullptr) return violate(c, errc::sio_unexpected_binary);
  if (const errc e = c.parts->add(in, options_.limits); e != errc::none) return violate(c, e);
  if (!c.parts->complete()) return;
  timers_.stop(c.parts->timer);
  struct keeper {
    pool& from;
    assembler* whole;
    ~keeper() { from.destroy(whole); }
  } const kept{pool_, std::exchange(c.parts, nullptr)};
  take_packet(c, kept.whole->whole(), kept.whole->attachments());
}

// The connection's socket in a namespace, be it still joining. All names begin with a slash, and most are nothing else.
SIOKIT_ALWAYS_INLINE socket* switchboard::find_joined(const connection& c, std::string_view name) noexcept {
  for (std::uint32_t i = c.sockets.front(); i != index_list::none;) {
    socket& s = sockets_[i];
    const std::string& known = s.nsp().name();
    if (known.size() == name.size() && (name.size() == 1 || known == name)) return &s;
    i = s.mates_.next;
  }
  return nullptr;
}

SIOKIT_ALWAYS_INLINE void switchboard::take_packet(connection& c, const packet& p, std::span<const bytes_view> attachments) {
  if (p.type == packet_type::connect) return connect(c, p);
  socket* const s = find_joined(c, p.nsp);
  if (s == nullptr || !s->connected()) return violate(c, errc::sio_not_joined);
  switch (p.type) {
    case packet_type::event:
    case packet_type::binary_event: return take_event(*s, p, attachments);
    case packet_type::ack:
    case packet_type::binary_ack: return take_ack(*s, p, attachments);
    case packet_type::disconnect: return begin_disconnect(*s, close_reason::client_namespace_disconnect);
    case packet_type::connect:
    case packet_type::connect_error: return violate(c, errc::sio_unexpected_type);
  }
}

// ---- timers ----------------------------------------------------------------------------------------------------------

// Timeouts that were asked for outside of a driver call start at the first one.
SIOKIT_INLINE void switchboard::settle_timers(time_point now) noexcept {
  for (const ack_handle h : parked_acks_) {
    awaited_ack* const a = acks_.find(h);
    if (a == nullptr || a->parked.count() < 0) continue;
    (void)timers_.start_alone(a->timer, timer::ack, a->parked, now);
  }
  parked_acks_.clear();
  for (const poll_id h : parked_polls_) {
    ack_poll* const p = polls_.find(h);
    if (p == nullptr) continue;
    // Nobody to wait for: over at once, but not inside emit().
    if (p->left == 0) p->parked = milliseconds(0);
    if (p->parked.count() >= 0) (void)timers_.start_alone(p->timer, timer::ack_poll, p->parked, now);
  }
  parked_polls_.clear();
}

SIOKIT_INLINE void switchboard::fire(timer_node& node, timer what) {
  switch (what) {
    case timer::connect: {
      connection& c = connections_[node.owner];
      if (c.sockets.empty()) violate(c, errc::sio_connect_timeout);
      return;
    }
    case timer::attachments: return violate(connections_[node.owner], errc::sio_attachments_timeout);
    case timer::middleware: {
      const promise_id id = promises_.id_of(node.owner);
      return answer(id, promise::answer::refused, {std::string(text(errc::sio_answer_timeout)), {}});
    }
    case timer::ack: {
      const ack_handle h = acks_.id_of(node.owner);
      socket* const s = find(acks_.find(h)->who);
      if (s == nullptr) return acks_.remove(h);
      for (std::size_t i = 0; i < s->acks_.size(); ++i)
        if (s->acks_[i].at == h) {
          s->acks_.erase(i);
          break;
        }
      return finish_ack(h, s->id(), acks_.find(h)->error, {});
    }
    case timer::ack_poll: return finish_poll(polls_.id_of(node.owner));
    default: return;
  }
}

SIOKIT_INLINE void switchboard::forget_dead() noexcept {
  for (const std::uint32_t i : dead_) {
    siokit::nsp& in = sockets_[i].nsp();
    destroy_socket(sockets_[i]);
    release(in);
  }
  dead_.clear();
}

// The child of a dynamic namespace goes with its last socket.
SIOKIT_INLINE void switchboard::release(siokit::nsp& in) noexcept {
  if (!in.child_ || in.users_ != 0) return;
  --children_;
  nsps_.erase(place_of_nsp(in.name()));
}

SIOKIT_INLINE socket* switchboard::find(socket_handle h) noexcept {
  socket* const s = sockets_.find(h);
  return s == nullptr || (s->tasks_ & socket::told_all) != 0 ? nullptr : s;
}

// ---- what emit() and its like cannot tell at once: handlers never nest -----------------------------------------------

SIOKIT_INLINE void switchboard::take_note(const note& n, std::string_view what, std::string_view more) noexcept {
  const std::size_t size = sizeof(note) + what.size() + more.size();
  void* const at = pool_.alloc(size);
  if (at == nullptr) return;
  auto* const made = ::new (at) note(n);
  made->size = size;
  made->split = what.size();
  char* const text = reinterpret_cast<char*>(made + 1);
  if (!what.empty()) std::memcpy(text, what.data(), what.size());
  if (!more.empty()) std::memcpy(text + what.size(), more.data(), more.size());
  (notes_ == nullptr ? notes_ : last_note_->next) = made;
  last_note_ = made;
  engine_.wake();
}

SIOKIT_INLINE void switchboard::drop_note() noexcept {
  note* const gone = notes_;
  notes_ = gone->next;
  pool_.free(gone, gone->size);
}

SIOKIT_INLINE void switchboard::run_note() {
  const note& n = *notes_;
  struct finish {
    switchboard& board;
    ~finish() { board.drop_note(); }
  } const after{*this};
  const std::string_view all(reinterpret_cast<const char*>(notes_ + 1), n.size - sizeof(note));
  if (n.error == errc::none) {
    if (on_log) on_log(n.level, all);
  } else if (socket* const s = find(n.who)) {
    report(*s, all.substr(0, n.split), n.error, all.substr(n.split));
  }
}

SIOKIT_INLINE void switchboard::report_later(socket& s, std::string_view event, errc e, std::string_view where) noexcept {
  note n;
  n.who = s.handle_;
  n.error = e;
  if (on_error) take_note(n, event, where);
}

SIOKIT_INLINE void switchboard::log(log_level level, std::string_view what, std::string_view more) noexcept {
  note n;
  n.level = level;
  if (on_log) take_note(n, what, more);
}

}  // namespace sio

SIOKIT_INLINE socket* socket_ref::get() const noexcept {
  sio::switchboard* const board = sio::server_of(home_);
  return board == nullptr ? nullptr : board->find(who_);
}

SIOKIT_NAMESPACE_END
#endif
