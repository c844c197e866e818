// Bodies of sio/switchboard.hpp: how sockets come and go. Effects are immediate (a socket that left gets nothing more),
// telling the handlers is a task of the pump, and the socket itself lives until the end of the outermost driver call.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE void switchboard::open(eio::session& s) {
  connection_id id{};
  connection* const c = connections_.add(id);
  if (c == nullptr) {
    (void)engine_.close(s.id, close_reason::forced_close, errc::out_of_memory, false);
    return;
  }
  s.tag = connections_.index_of(id);
  c->session = s.id;
  c->connect_timer = pool_.make<timer_node>();
  time_point now;
  if (c->connect_timer == nullptr || !engine_.time(now)) return;
  c->connect_timer->owner = s.tag;
  (void)timers_.start(*c->connect_timer, timer::connect, options_.connect_timeout, now);
}

SIOKIT_INLINE siokit::nsp& switchboard::of(std::string_view name) {
  const std::string whole = name.empty() || name.front() != '/' ? "/" + std::string(name) : std::string(name);
  // A dynamic namespace that asks for a name while it judges it makes its own child.
  siokit::nsp* found = judging_ == nullptr ? nsp_for(whole, {}, false) : known_nsp(whole);
  if (found == nullptr)
    found = &add_nsp(whole, judging_ == nullptr ? std::shared_ptr<registrations>(new registrations) : judging_->parent->shared_);
  // Whoever has a reference may keep it: a child that was asked for by name stays.
  if (std::exchange(found->child_, false)) --children_;
  return *found;
}

SIOKIT_INLINE siokit::nsp& switchboard::add_nsp(const std::string& name, std::shared_ptr<registrations> shared) {
  return nsps_.insert(place_of_nsp(name), new siokit::nsp(*this, name, std::move(shared)));
}

SIOKIT_INLINE siokit::nsp& switchboard::of(function<bool(std::string_view, value_view)> accepts) {
  auto made = std::make_unique<siokit::nsp>(*this, std::string{}, std::shared_ptr<registrations>(new registrations));
  made->dynamic_ = true;
  dynamic_nsp** end = &dynamic_;
  while (*end != nullptr) end = &(*end)->next;
  *end = new dynamic_nsp{std::move(accepts), std::move(made)};
  return *(*end)->parent;
}

// Where the namespace stands, or should.
SIOKIT_INLINE std::size_t switchboard::place_of_nsp(std::string_view name) const noexcept {
  std::size_t low = 0;
  for (std::size_t high = nsps_.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    const bool before = nsps_[middle].name() < name;
    (before ? low : high) = before ? middle + 1 : middle;
  }
  return low;
}

SIOKIT_INLINE siokit::nsp* switchboard::known_nsp(std::string_view name) noexcept {
  if (name == "/") return main_;
  const std::size_t at = place_of_nsp(name);
  return at < nsps_.size() && nsps_[at].name() == name ? nsps_.pointer(at) : nullptr;
}

// The namespace of a name: "/", one that was made, or the child of a dynamic one that accepts it.
SIOKIT_INLINE siokit::nsp* switchboard::nsp_for(std::string_view name, std::string_view auth, bool limited) {
  if (siokit::nsp* const found = known_nsp(name)) return found;
  struct judge {
    dynamic_nsp*& judging;
    ~judge() { judging = nullptr; }
  } const after{judging_};
  for (dynamic_nsp* d = dynamic_; d != nullptr; d = d->next) {
    judging_ = d;
    if (!judging_->accepts(name, value_view(auth.empty() ? std::string_view("{}") : auth, &auth_context_))) continue;
    if (siokit::nsp* const found = known_nsp(name)) return found;  // accepts() asked for it by name
    if (limited && children_ >= options_.limits.dynamic_nsps) return nullptr;
    siokit::nsp& made = add_nsp(std::string(name), d->parent->shared_);
    made.child_ = true;
    ++children_;
    return &made;
  }
  return nullptr;
}

SIOKIT_INLINE void switchboard::connect(connection& c, const packet& p) {
  // One that is still joining counts: never two sockets in one namespace.
  if (find_joined(c, p.nsp) != nullptr) return violate(c, errc::sio_already_joined);
  if (c.count >= options_.limits.nsps_per_session) return refuse_connect(c, p.nsp, {"Too many namespaces", {}});
  siokit::nsp* const in = nsp_for(p.nsp, p.payload, true);
  if (in == nullptr) return refuse_connect(c, p.nsp, {"Invalid namespace", {}});
  socket* const s = make_socket(c, *in, p);
  if (s == nullptr) return release(*in), violate(c, errc::out_of_memory);
  if (in->shared_->middlewares.empty()) return connected(*s);
  promise_id id{};
  promise* const made = make_promise(promise::kind::connect, id);
  if (made == nullptr) {
    drop_connecting(*s);
    return violate(c, errc::out_of_memory);
  }
  made->who = s->handle_;
  made->end = static_cast<std::uint32_t>(in->shared_->middlewares.size());
  s->gate_ = id;
  run_connect_chain(id);
}

SIOKIT_INLINE socket* switchboard::make_socket(connection& c, siokit::nsp& in, const packet& p) noexcept {
  socket_handle h{};
  socket* const s = sockets_.add(h, in);
  if (s == nullptr) return nullptr;
  const std::uint32_t index = sockets_.index_of(h);
  s->handle_ = h;
  s->session_ = c.session;
  eio::session* const session = engine_.find(c.session);
  s->connection_ = session->tag;
  std::byte raw[15];
  auto* auth = p.payload.empty() ? nullptr : static_cast<char*>(pool_.alloc(p.payload.size()));
  const bool ready = engine_.entropy(raw) && (p.payload.empty() || auth != nullptr);
  if (ready) base64::encode_url(raw, s->id_.data());
  if (!ready || !ids_.add(hash_text(s->id_.view(), seed_), index)) {
    pool_.free(auth, p.payload.size());
    sockets_.remove(h);
    return nullptr;
  }
  ++in.users_;
  if (auth != nullptr) std::memcpy(auth, p.payload.data(), p.payload.size());
  s->handshake_ = siokit::handshake(&session->head, {auth, p.payload.size()}, &auth_context_);
  c.sockets.push(index, mates());
  ++c.count;
  return s;
}

SIOKIT_INLINE void switchboard::remove_from_connection(socket& s) noexcept {
  connection& c = connections_[s.connection_];
  c.sockets.remove(sockets_.index_of(s.handle_), mates());
  --c.count;
}

SIOKIT_INLINE void switchboard::stop_connect_timer(connection& c) noexcept {
  if (c.connect_timer != nullptr) timers_.stop(*c.connect_timer);
  pool_.destroy(std::exchange(c.connect_timer, nullptr));
}

SIOKIT_INLINE void switchboard::destroy_socket(socket& s) noexcept {
  s.nsp().rooms_.leave_all(sockets_.index_of(s.handle_));
  ids_.remove(hash_text(s.id_.view(), seed_), sockets_.index_of(s.handle_));
  socket_tasks_.remove(sockets_.index_of(s.handle_), [this](std::uint32_t i) -> list_hook& { return sockets_[i].task_hook_; });
  drop_promise(s.gate_);
  if (s.extras_ != nullptr && s.extras_->held != nullptr) engine_.pause(s.session_, false);  // the session may live on in other namespaces
  while (held_packet* const h = s.extras_ == nullptr ? nullptr : s.extras_->held) {
    s.extras_->held = h->next;
    pool_.destroy(h->whole);
    pool_.destroy(h);
  }
  for (const pending_ack& a : s.acks_)
    if (awaited_ack* const gone = acks_.find(a.at)) {
      timers_.stop(gone->timer);
      acks_.remove(a.at);
    }
  s.acks_.reset(pool_);
  s.rooms_.reset(pool_);
  const std::string_view auth = s.handshake_.auth_text();
  pool_.free(const_cast<char*>(auth.data()), auth.size());
  while (datum* const d = s.data_) {
    s.data_ = d->next;
    d->destroy(d);
  }
  delete s.extras_;
  --s.nsp().users_;
  sockets_.remove(s.handle_);
}

// ---- joining ---------------------------------------------------------------------------------------------------------

// A middleware returned without an answer: one that comes later brings the chain back to the pump.
SIOKIT_INLINE void switchboard::pause_chain(promise_id id) noexcept {
  promise* const p = promises_.find(id);
  if (p == nullptr) return;
  p->running = false;
  time_point now;
  if (p->said != promise::answer::none)
    promise_tasks_.push(promises_.index_of(id), [this](std::uint32_t i) -> list_hook& { return promises_[i].task_hook; });
  else if (engine_.time(now))
    (void)timers_.start(p->timer, timer::middleware, options_.limits.middleware_timeout, now);
}

// Runs middlewares until one does not answer at once; its answer brings us back here, from the pump.
SIOKIT_INLINE void switchboard::run_connect_chain(promise_id id) {
  promise* p = promises_.find(id);
  socket* const s = p == nullptr ? nullptr : find(p->who);
  if (s == nullptr || s->state_ != socket::state::connecting) return drop_promise(id);
  auto& chain = s->nsp().shared_->middlewares;
  while (true) {
    if (p->said == promise::answer::refused) {
      const refusal why = p->why == nullptr ? refusal{} : std::move(*p->why);
      connection* const c = connection_of(*engine_.find(s->session_));
      const std::shared_ptr<const std::string> name = s->nsp().name_;
      drop_connecting(*s);
      if (c != nullptr) refuse_connect(*c, *name, why);
      return;
    }
    if (p->step == p->end) break;
    p->said = promise::answer::none;
    p->running = true;
    // One that throws may have answered, or may still do so.
    struct stop_running {
      switchboard& board;
      promise_id id;
      bool thrown = true;
      ~stop_running() {
        if (thrown) board.pause_chain(id);
      }
    } after{*this, id};
    chain[p->step++](*s, next_fn(here(), id));
    after.thrown = false;
    p = promises_.find(id);
    if (p == nullptr) return;  // the client left meanwhile
    if (p->said == promise::answer::none) return pause_chain(id);
  }
  drop_promise(id);
  s->gate_ = promise_id{};
  connected(*s);
}

SIOKIT_INLINE void switchboard::connected(socket& s) {
  siokit::nsp& in = s.nsp();
  const std::uint32_t index = sockets_.index_of(s.handle_);
  if (!in.sockets_.push(pool_, index)) {
    connection* const c = connection_of(*engine_.find(s.session_));
    drop_connecting(s);
    return c == nullptr ? void() : violate(*c, errc::out_of_memory);
  }
  s.place_ = static_cast<std::uint32_t>(in.sockets_.size() - 1);
  s.state_ = socket::state::connected;
  connection& c = connections_[s.connection_];
  if (!std::exchange(c.joined_once, true)) {
    engine_.joined(c.session);
    stop_connect_timer(c);
  }
  put_control(s, packet_type::connect, in.name(), true);
  list_task(s, socket::tell_connected);
}

SIOKIT_INLINE void switchboard::put_control(const socket& s, packet_type type, std::string_view name, bool sid) noexcept {
  frame_builder out(engine_.frames());
  put_header(out, type, name);
  if (sid) {
    out.put("{\"sid\":\"");
    out.put(s.id_.view());
    out.put("\"}");
  }
  const frame packet = out.finish(frame_kind::text);
  if (packet) return (void)engine_.send(s.session_, {&packet, 1});
  // Control output never fails silently: a client that waits for this would wait for ever.
  (void)engine_.close(s.session_, close_reason::transport_error, errc::out_of_memory, false);
}

SIOKIT_INLINE void switchboard::refuse_connect(connection& c, std::string_view name, const refusal& why) noexcept {
  frame_builder out(engine_.frames());
  put_header(out, packet_type::connect_error, name);
  const std::size_t header = out.written().size();
  const auto write = [&](bool with_data) {
    value_writer w(out);
    w.begin_object();
    w.key("message");
    w.string(why.message);
    if (with_data) {
      w.key("data");
      encode(w, why.data);
    }
    w.end_object();
    return w.error();
  };
  if (write(!why.data.is_null()) != errc::none) {
    out.truncate(header);
    (void)write(false);  // what cannot be encoded has no place here; the refusal has
  }
  const frame packet = out.finish(frame_kind::text);
  if (!packet) return (void)engine_.close(c.session, close_reason::transport_error, errc::out_of_memory, false);
  (void)engine_.send(c.session, {&packet, 1});
  if (++c.refused > options_.limits.refused_connects) violate(c, errc::sio_too_many_refusals);
}

// A socket that never was connected goes without anybody being told.
SIOKIT_INLINE void switchboard::drop_connecting(socket& s) noexcept {
  remove_from_connection(s);
  s.state_ = socket::state::disconnected;
  drop_promise(std::exchange(s.gate_, promise_id{}));
  s.nsp().rooms_.leave_all(sockets_.index_of(s.handle_));
  list_task(s, socket::fail_acks);
}

// ---- leaving ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void switchboard::close_connection(eio::session& session, close_reason reason) {
  connection* const c = connection_of(session);
  while (!c->sockets.empty()) begin_disconnect(sockets_[c->sockets.front()], reason);
  stop_connect_timer(*c);
  if (c->parts != nullptr) timers_.stop(c->parts->timer);
  pool_.destroy(c->parts);
  connections_.remove(connections_.id_of(session.tag));
}

SIOKIT_INLINE void switchboard::remove_from_nsp(socket& s) noexcept {
  vec<std::uint32_t>& list = s.nsp().sockets_;
  list.swap_remove(s.place_);
  if (s.place_ < list.size()) sockets_[list[s.place_]].place_ = s.place_;
}

SIOKIT_INLINE void switchboard::begin_disconnect(socket& s, close_reason reason) noexcept {
  if (s.state_ == socket::state::connecting) return drop_connecting(s);
  if (s.state_ == socket::state::disconnected) return;
  remove_from_connection(s);
  remove_from_nsp(s);
  s.state_ = socket::state::disconnected;
  s.reason_ = reason;
  list_task(s, socket::tell_disconnecting | socket::tell_disconnected | socket::fail_acks);
}

SIOKIT_INLINE void switchboard::disconnect(socket& s, close_reason reason, bool close_session) noexcept {
  if (!close_session) {
    if (!s.connected()) return;
    put_control(s, packet_type::disconnect, s.nsp().name(), false);
    return begin_disconnect(s, reason);
  }
  eio::session* const session = engine_.find(s.session_);
  connection* const c = session == nullptr ? nullptr : connection_of(*session);
  if (c == nullptr || s.state_ == socket::state::disconnected) return;
  while (!c->sockets.empty()) {
    socket& each = sockets_[c->sockets.front()];
    if (each.connected()) put_control(each, packet_type::disconnect, each.nsp().name(), false);
    begin_disconnect(each, reason);
  }
  (void)engine_.close(session->id, close_reason::forced_close, errc::none, true);
}

SIOKIT_INLINE void switchboard::close() noexcept {
  closing_ = true;
  for (std::uint32_t i = 0; i < sockets_.end_index(); ++i)
    if (sockets_.alive(i)) begin_disconnect(sockets_[i], close_reason::server_shutting_down);
  engine_.close_all(close_reason::server_shutting_down);
  engine_.wake();
}

// ---- what handlers are told ------------------------------------------------------------------------------------------

SIOKIT_INLINE void switchboard::list_task(socket& s, std::uint8_t what) noexcept {
  if ((s.tasks_ & socket::told_all) != 0) return;
  s.tasks_ |= what;
  socket_tasks_.push(sockets_.index_of(s.handle_), [this](std::uint32_t i) -> list_hook& { return sockets_[i].task_hook_; });
  engine_.wake();
}

// One thing to tell about one socket. It counts as told before the handler runs, so that one that throws is not called
// again; what else there is to tell stays listed.
SIOKIT_INLINE void switchboard::run_task(socket& s) {
  const std::uint32_t index = sockets_.index_of(s.handle_);
  const auto take = [&](socket::task what) {
    if ((s.tasks_ & what) == 0) return false;
    s.tasks_ &= static_cast<std::uint8_t>(~what);
    return true;
  };
  registrations& told = *s.nsp().shared_;
  if (take(socket::tell_connected)) {
    struct retain {
      switchboard& board;
      socket& who;
      ~retain() { board.retain_head(who); }
    } const after{*this, s};
    return told.on_connect.tell(s);
  }
  if (take(socket::tell_drained)) return told.on_drain.tell(s);
  if (take(socket::resume_packets)) return resume_packets(s);
  if (take(socket::tell_disconnecting)) {
    told.on_disconnecting.tell(s, s.reason_);
    return s.extras_ == nullptr ? void() : s.extras_->on_disconnecting.tell(s, s.reason_);
  }
  if (take(socket::tell_disconnected)) {
    s.nsp().rooms_.leave_all(index);
    told.on_disconnect.tell(s, s.reason_);
    return s.extras_ == nullptr ? void() : s.extras_->on_disconnect.tell(s, s.reason_);
  }
  if (take(socket::fail_acks)) {
    if (!s.acks_.empty()) {
      const ack_handle h = s.acks_[0].at;
      s.acks_.erase(0);
      list_task(s, socket::fail_acks);
      return finish_ack(h, s.id(), errc::ack_disconnected, {});
    }
    socket_tasks_.remove(index, [this](std::uint32_t i) -> list_hook& { return sockets_[i].task_hook_; });
    if (s.state_ != socket::state::disconnected) return;
    s.tasks_ |= socket::told_all;
    if (dead_.push(pool_, index)) return;
    siokit::nsp& in = s.nsp();
    destroy_socket(s);
    return release(in);
  }
  socket_tasks_.remove(index, [this](std::uint32_t i) -> list_hook& { return sockets_[i].task_hook_; });
}

SIOKIT_INLINE void switchboard::forget_handshake(socket& s) noexcept { engine_.replace_head(s.session_, nullptr); }

// options.keep_head: what the connect handlers did not need is given back.
SIOKIT_INLINE void switchboard::retain_head(socket& s) noexcept {
  using keep = server_options::keep;
  eio::session* const session = engine_.find(s.session_);
  if (options_.keep_head == keep::all || session == nullptr || session->head == nullptr) return;
  if (options_.keep_head == keep::none) return engine_.replace_head(session->id, nullptr);
  const eio::retained_head& old = *session->head;
  frame_builder kept(pool_);
  std::string_view rest = old.fields();
  while (const auto f = http::next_field(rest))
    for (const std::string& name : options_.kept_headers)
      if (http::same(f->name, name)) (void)http::put_field(kept, f->name, f->value);
  if (kept.failed() || kept.written().size() == old.fields().size()) return;
  eio::retained_head* const made = eio::retained_head::make(
      pool_, old.target(), kept.written(), {old.address(), old.port, old.secure}, old.unix_ms);
  if (made != nullptr) engine_.replace_head(session->id, made);
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
