// Bodies of sio/switchboard.hpp: requests outside our paths, handshakes that the program judges, Engine.IO alone; and what
// tickets, sockets and namespaces do, which ends in the switchboard.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE engine_path& switchboard::open_path(const eio::options& o) {
  auto* const made = new opened_path;
  made->endpoint = engine_.add_endpoint(o);
  made->next = std::exchange(paths_, made);
  return *made;
}

// Null for Socket.IO.
SIOKIT_INLINE engine_path* switchboard::path_of(std::uint8_t endpoint) const noexcept {
  opened_path* at = paths_;
  while (at != nullptr && at->endpoint != endpoint) at = at->next;
  return at;
}

SIOKIT_INLINE void switchboard::update_asks() noexcept { engine_.set_asks(0, static_cast<bool>(allow_request)); }

SIOKIT_INLINE void switchboard::take_request(const eio::event& e) {
  promise_id id{};
  promise* const p = on_http ? make_promise(promise::kind::request, id) : nullptr;
  if (p == nullptr) return engine_.respond(e.link, on_http ? 503 : 404, {}, {});
  p->link = e.link;
  time_point now;
  if (engine_.time(now)) (void)timers_.start(p->timer, timer::middleware, options_.limits.answer_timeout, now);
  const http::request r(e.method, e.head->target(), e.head->fields(), e.data, e.head->address(), scratch_);
  struct reset {
    switchboard& board;
    ~reset() { board.scratch_.reset(); }
  } const after{*this};
  on_http(r, http::reply(here(), id));
}

SIOKIT_INLINE void switchboard::take_handshake(const eio::event& e) {
  promise_id id{};
  if (!allow_request) return engine_.admit(e.link, {});
  promise* const p = make_promise(promise::kind::handshake, id);
  if (p == nullptr) return engine_.refuse(e.link, {});
  p->link = e.link;
  time_point now;
  if (engine_.time(now)) (void)timers_.start(p->timer, timer::middleware, options_.limits.answer_timeout, now);
  const http::request r("GET", e.head->target(), e.head->fields(), {}, e.head->address(), scratch_);
  struct reset {
    switchboard& board;
    ~reset() { board.scratch_.reset(); }
  } const after{*this};
  allow_request(r, admission(here(), id));
}

/// Header lines that came from the program, without those that would break a head.
SIOKIT_INLINE void put_fields(frame_builder& out, std::string_view fields) noexcept {
  while (const auto f = http::next_field(fields)) (void)http::put_field(out, f->name, f->value);
}

}  // namespace sio

namespace http {

SIOKIT_INLINE bool reply::pending() const noexcept {
  sio::switchboard* const board = sio::server_of(home_);
  return board != nullptr && board->find(which_) != nullptr;
}

SIOKIT_INLINE void reply::send(unsigned status, std::string_view type, bytes_view body, std::string_view fields) const {
  sio::switchboard* const board = sio::server_of(home_);
  sio::promise taken;
  if (board == nullptr || !board->redeem(which_, taken)) return;
  pool& from = board->engine().frames();
  frame_builder head(from);
  if (!type.empty()) (void)put_field(head, "Content-Type", type);
  sio::put_fields(head, fields);
  frame fields_out = head.finish(frame_kind::raw);
  frame body_out = body.empty() ? frame{} : frame::copy(from, frame_kind::raw, body);
  if (!fields_out || (!body.empty() && !body_out)) return board->engine().respond(taken.link, 503, {}, {});
  board->engine().respond(taken.link, status, std::move(fields_out), std::move(body_out));
}

SIOKIT_INLINE void reply::send(unsigned status, std::string_view type, std::string_view body,
                               std::string_view fields) const {
  send(status, type, as_bytes(body), fields);
}

}  // namespace http

SIOKIT_INLINE void admission::allow(std::string_view fields) const {
  sio::switchboard* const board = sio::server_of(home_);
  sio::promise taken;
  if (board == nullptr || !board->redeem(which_, taken)) return;
  if (fields.empty()) return board->engine().admit(taken.link, {});
  frame_builder head(board->engine().frames(), fields.size());
  sio::put_fields(head, fields);
  board->engine().admit(taken.link, head.finish(frame_kind::raw));
}

SIOKIT_INLINE void admission::refuse(std::string_view message) const {
  sio::switchboard* const board = sio::server_of(home_);
  sio::promise taken;
  if (board != nullptr && board->redeem(which_, taken)) board->engine().refuse(taken.link, message);
}

SIOKIT_INLINE void next_fn::operator()() const {
  if (sio::switchboard* const board = sio::server_of(home_)) board->answer(which_, sio::promise::answer::passed, {});
}

SIOKIT_INLINE void next_fn::operator()(refusal why) const {
  if (sio::switchboard* const board = sio::server_of(home_)) board->answer(which_, sio::promise::answer::refused, std::move(why));
}

SIOKIT_INLINE siokit::socket* next_fn::socket() const noexcept { 
  sio::switchboard* const board = sio::server_of(home_);
  return board == nullptr ? nullptr : board->promise_socket(which_);
}

// ---- engine_path.hpp -------------------------------------------------------------------------------------------------

SIOKIT_INLINE std::string_view engine_session::sid() const noexcept {
  sio::switchboard* const board = sio::server_of(home_);
  const eio::session* const s = board == nullptr ? nullptr : board->engine().find(id_);
  return s == nullptr ? std::string_view{} : s->sid.view();
}

SIOKIT_INLINE delivery engine_session::send(frame_kind kind, std::string_view prefix, bytes_view in) const noexcept {
  sio::switchboard* const board = sio::server_of(home_);
  if (board == nullptr) return delivery::refused;
  frame_builder out(board->engine().frames(), prefix.size() + in.size());
  out.put(prefix);
  out.put(as_text(in));
  const frame made = out.finish(kind);
  return made ? board->engine().send(id_, {&made, 1}) : delivery::refused;
}

SIOKIT_INLINE delivery engine_session::send(std::string_view text) const noexcept {
  // A separator inside would split the packet in a polling body, and invalid UTF-8 would end the session at the peer.
  if (!utf8::valid(text) || text.find(eio::separator) != std::string_view::npos) return delivery::refused;
  return send(frame_kind::text, "4", as_bytes(text));
}

SIOKIT_INLINE delivery engine_session::send(bytes_view binary) const noexcept {
  return send(frame_kind::binary, {}, binary);
}

SIOKIT_INLINE void engine_session::close() const noexcept {
  if (sio::switchboard* const board = sio::server_of(home_))
    (void)board->engine().close(id_, close_reason::forced_close, errc::none, true);
}

SIOKIT_NAMESPACE_END
#endif
