// Bodies of eio/client_links.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE client_links::~client_links() {
  for (std::uint32_t i = 0; i < links_.end_index(); ++i)
    if (links_.alive(i)) forget(links_.id_of(i), links_[i]);
}

SIOKIT_INLINE void client_links::list(link_id id, link& l, std::uint8_t wanted) noexcept {
  if (l.gone) return;
  l.flags |= wanted;
  actions_.push(index_of(id), hooks());
}

SIOKIT_INLINE void client_links::forget(link_id id, link& l) noexcept {
  timers_.stop(l.timer);
  actions_.remove(index_of(id), hooks());
  l.in.reset(pool_);
  l.out.reset(pool_);
  l.pending.reset(pool_);
  links_.remove(id);
}

SIOKIT_INLINE void client_links::wait_for(link_id id, link& l, timer what, milliseconds length) noexcept {
  timers_.stop(l.timer);
  l.timer.owner = index_of(id);
  if (length.count() > 0 && !timers_.start(l.timer, what, length, now_)) fail(id, l, errc::out_of_memory);
}

// The link is of no more use; what it was for is told once its input is read.
SIOKIT_INLINE void client_links::fail(link_id id, link& l, errc why) noexcept {
  if (l.cause == errc::none) l.cause = why;
  list(id, l, want_abort);
  l.flags |= over;
  l.cut = true;
  l.in.reset(pool_);
  unread_ = true;
}

// ---- from above ------------------------------------------------------------------------------------------------------

SIOKIT_INLINE client_links::link* client_links::dial(link_id& id) noexcept {
  link* const l = links_.add(id);
  if (l != nullptr) list(id, *l, want_open);
  return l;
}

SIOKIT_INLINE client_links::link* client_links::idle_link(link_id& id) noexcept {
  for (std::uint32_t i = 0; i < links_.end_index(); ++i) {
    if (!links_.alive(i) || links_[i].at != state::idle || (links_[i].flags & (left | over)) != 0) continue;
    id = links_.id_of(i);
    return &links_[i];
  }
  return nullptr;
}

SIOKIT_INLINE link_id client_links::request(frame head, frame body) noexcept {
  link_id id{};
  if (!head) return id;
  link* l = idle_link(id);
  const bool fresh = l == nullptr;
  if (fresh) l = dial(id);
  if (l == nullptr) return link_id{};
  if (!l->pending.push(pool_, std::move(head), wire::payload) || (body && !l->pending.push(pool_, std::move(body), wire::payload))) {
    forget(id, *l);
    return link_id{};
  }
  l->begun = false;
  wait_for(id, *l, timer::reply, options_.request_timeout);
  if (!fresh) ready(id, *l);
  return id;
}

SIOKIT_INLINE void client_links::say(frame head, frame body) noexcept {
  const link_id id = head ? request(std::move(head), std::move(body)) : link_id{};
  link* const l = links_.find(id);
  if (l == nullptr) return;
  l->flags |= left;
  wait_for(id, *l, timer::ws_close, limits_.ws_close_time);
}

SIOKIT_INLINE link_id client_links::upgrade(frame head, const ws::key_text& key) noexcept {
  link_id id{};
  link* const l = dial(id);
  if (l == nullptr) return link_id{};
  if (!l->pending.push(pool_, std::move(head), wire::payload)) {
    forget(id, *l);
    return link_id{};
  }
  l->key = key;
  l->flags |= for_upgrade;
  return id;
}

SIOKIT_INLINE void client_links::push(link_id id, link& l, frame what) noexcept {
  if (!what || !l.out.push(pool_, std::move(what), wire::payload)) return fail(id, l, errc::out_of_memory);
  list(id, l, want_write);
}

SIOKIT_INLINE void client_links::send(link_id id, frame raw) noexcept {
  if (link* const l = links_.find(id)) push(id, *l, std::move(raw));
}

SIOKIT_INLINE bool client_links::all_sent(link_id id) noexcept {
  const link* const l = links_.find(id);
  return l == nullptr || l->out.empty();
}

SIOKIT_INLINE void client_links::drop(link_id id) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr) return;
  l->flags |= left;
  list(id, *l, want_abort);
}

// The host sends what is queued, and closes.
SIOKIT_INLINE void client_links::finish(link_id id, link& l) noexcept {
  l.at = state::closing;
  timers_.stop(l.timer);
  list(id, l, want_close);
}

SIOKIT_INLINE void client_links::send_close(link_id id, link& l, std::uint16_t code) noexcept {
  ws::mask_key key{};
  if (!luck_.take(key)) return list(id, l, want_abort);
  push(id, l, ws::close_frame(pool_, code, {}, &key));
}

SIOKIT_INLINE void client_links::leave(link_id id) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || (l->flags & left) != 0) return;
  l->flags |= left;
  switch (l->at) {
    case state::dialing:
    case state::tunnelling:
    case state::securing:
    case state::upgrading: return list(id, *l, want_abort);
    case state::asking:
    case state::body: return wait_for(id, *l, timer::ws_close, limits_.ws_close_time);
    case state::websocket:
      send_close(id, *l, ws::no_code);
      l->at = state::leaving;
      return wait_for(id, *l, timer::ws_close, limits_.ws_close_time);
    case state::answered:
    case state::idle: return finish(id, *l);
    case state::leaving:
    case state::closing: return;
  }
}

SIOKIT_INLINE void client_links::leave_all() noexcept {
  for (std::uint32_t i = 0; i < links_.end_index(); ++i)
    if (links_.alive(i)) leave(links_.id_of(i));
}

SIOKIT_INLINE mutable_bytes client_links::body(link_id id) noexcept {
  link* const l = links_.find(id);
  return l == nullptr || l->at != state::answered || l->cut ? mutable_bytes{} : l->body.body(l->in);
}

SIOKIT_INLINE void client_links::release(link_id id) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || l->at != state::answered) return;
  if (!l->cut) l->in.consume(l->body.size());
  unread_ = true;
  if (l->idle.count() == 0 || (l->flags & (left | over | for_upgrade)) != 0) return finish(id, *l);
  l->at = state::idle;
  l->used = true;
  wait_for(id, *l, timer::idle, l->idle);
}

// A server closes idle links when it says so, or as Node does after 5 s. One that it is about to close is no use.
SIOKIT_INLINE milliseconds client_links::idle_time(const http::response_view& head) noexcept {
  constexpr milliseconds margin{1'000};
  if (!head.keep_alive || head.body == http::framing::until_close) return milliseconds(0);
  milliseconds told{5'000};
  const auto field = http::find(head.fields, "Keep-Alive");
  const std::size_t at = field ? field->find("timeout=") : std::string_view::npos;
  if (at != std::string_view::npos) {
    std::string_view digits = field->substr(at + 8);
    digits = digits.substr(0, digits.find_first_not_of("0123456789"));
    std::uint64_t seconds = 0;
    if (!digits.empty() && http::read_length(digits, seconds) == errc::none && seconds < 3600)
      told = milliseconds(seconds * 1000);
  }
  return told > margin ? told - margin : milliseconds(0);
}

// ---- from the host ---------------------------------------------------------------------------------------------------

SIOKIT_INLINE void client_links::opened(link_id id) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || (l->flags & over) != 0) return;
  if (l->at == state::dialing && options_.proxy.on()) {
    frame_builder out(pool_);
    http::write_connect(out, options_.host, options_.port, options_.proxy.user_info);
    l->at = state::tunnelling;
    return push(id, *l, out.finish(frame_kind::raw));
  }
  if (l->at == state::dialing && options_.secure) {
    l->at = state::securing;
    return list(id, *l, want_secure);
  }
  ready(id, *l);
}

// The way to the server is open: what it is for goes out.
SIOKIT_INLINE void client_links::ready(link_id id, link& l) noexcept {
  l.at = (l.flags & for_upgrade) != 0 ? state::upgrading : state::asking;
  if (!l.out.append(pool_, l.pending)) return fail(id, l, errc::out_of_memory);
  list(id, l, want_write);
}

SIOKIT_INLINE void client_links::receive(link_id id, mutable_bytes in) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || l->at == state::closing || (l->flags & over) != 0) return;
  keep();
  if (!l->in.feed(pool_, in)) return fail(id, *l, errc::out_of_memory);
  lent_ = id;
  l->begun = true;
  unread_ = true;
}

SIOKIT_INLINE void client_links::keep() noexcept {
  const link_id id = std::exchange(lent_, link_id{});
  link* const l = links_.find(id);
  if (l != nullptr && !l->in.keep(pool_)) fail(id, *l, errc::out_of_memory);
}

SIOKIT_INLINE void client_links::sent(link_id id, std::size_t n) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr) return;
  (void)l->out.sent(pool_, n);
  if (!l->out.empty()) list(id, *l, want_write);
}

SIOKIT_INLINE void client_links::closed(link_id id, link_end how) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr) return;
  if (l->cause == errc::none) switch (how) {
    case link_end::eof: break;
    case link_end::reset:
    case link_end::cancelled: l->cause = errc::dial_lost; break;
    case link_end::refused: l->cause = errc::dial_refused; break;
    case link_end::unresolved: l->cause = errc::dial_unresolved; break;
    case link_end::tls: l->cause = errc::dial_tls; break;
  }
  l->flags = static_cast<std::uint8_t>((l->flags & (for_upgrade | left)) | over);
  l->gone = true;
  actions_.remove(index_of(id), hooks());
  unread_ = true;
}

SIOKIT_INLINE void client_links::fire(timer_node& node, timer what) noexcept {
  const link_id id = links_.id_of(node.owner);
  link& l = links_[node.owner];
  if (what == timer::idle) return finish(id, l);
  if (what == timer::reply) return fail(id, l, errc::dial_timeout);
  list(id, l, want_abort);  // ws_close
}

// ---- input -----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE bool client_links::next(link_event& e) noexcept {
  if (!unread_) return false;
  for (std::uint32_t i = 0; i < links_.end_index(); ++i) {
    if (!links_.alive(i)) continue;
    link& l = links_[i];
    const link_id id = links_.id_of(i);
    if (read(id, l, e)) return true;
    if ((l.flags & over) == 0 || l.at == state::answered) continue;
    if (end_of_input(id, l, e)) return true;
    const bool known = (l.flags & left) == 0 && l.at != state::closing && l.at != state::idle && l.at != state::leaving;
    e = {};
    e.link = id;
    e.status = l.status;
    e.cause = l.cause != errc::none ? l.cause : l.at == state::websocket ? errc::none : errc::dial_lost;
    // An end in order has no response before it that could be lost; a reset may.
    e.repeatable = l.at == state::asking && l.used && !l.begun && l.cause == errc::none;
    // A link that was cut from here is still the host's: it says so once more.
    const bool aborting = (l.flags & want_abort) != 0;
    l.flags |= left;
    l.at = state::closing;
    if (!aborting) forget(id, l);
    if (aborting) l.flags = static_cast<std::uint8_t>(l.flags & ~over);
    if (known) return true;
  }
  unread_ = false;
  return false;
}

// True: an event. False: nothing more until more bytes come.
SIOKIT_INLINE bool client_links::read(link_id id, link& l, link_event& e) noexcept {
  while (!l.cut) {
    const state before = l.at;
    switch (l.at) {
      case state::tunnelling:
        if (!read_tunnel(id, l)) return false;
        break;
      case state::asking:
      case state::upgrading:
        if (read_head(id, l, e)) return true;
        if (l.at == before) return false;
        break;
      case state::body: return read_body(id, l, e);
      case state::websocket:
      case state::leaving: return read_message(id, l, e);
      case state::dialing:
      case state::securing:
      case state::idle:
        // Nothing was asked. Bytes behind a response are somebody's mistake, or an attack on the next one.
        if (l.in.size() != 0) fail(id, l, errc::http_unasked);
        return false;
      case state::answered: return false;
      case state::closing: l.in.reset(pool_); return false;
    }
  }
  return false;
}

SIOKIT_INLINE bool client_links::read_tunnel(link_id id, link& l) noexcept {
  http::response_view head;
  const step s = l.in.size() == 0 ? step::more : l.parser.next(as_text(l.in.unread()), limits_, head);
  if (s == step::more) return false;
  if (s == step::failed) return fail(id, l, l.parser.error()), false;
  l.in.consume(head.size);
  if (head.status < 200) return true;
  if (head.status >= 300) {
    l.status = head.status;
    return fail(id, l, errc::dial_proxy), false;
  }
  if (!options_.secure) return ready(id, l), true;
  if (l.in.size() != 0) return fail(id, l, errc::http_unasked), false;
  l.at = state::securing;
  list(id, l, want_secure);
  return false;
}

SIOKIT_INLINE bool client_links::read_head(link_id id, link& l, link_event& e) noexcept {
  while (l.in.size() != 0) {
    http::response_view head;
    const step s = l.parser.next(as_text(l.in.unread()), limits_, head);
    if (s == step::more) return false;
    if (s == step::failed) return fail(id, l, l.parser.error()), false;
    if (head.status == 101) return take_upgrade(id, l, head, e);
    if (head.status >= 200) return take_head(id, l, head, e);
    l.in.consume(head.size);  // interim
  }
  return false;
}

SIOKIT_INLINE bool client_links::take_head(link_id id, link& l, const http::response_view& head, link_event& e) noexcept {
  l.status = head.status;
  l.idle = idle_time(head);
  if (const errc why = l.body.start(head.body, head.length, limits_.received); why != errc::none)
    return fail(id, l, why), false;
  l.at = state::body;
  e = {};
  e.what = link_event::kind::head;
  e.link = id;
  e.status = head.status;
  e.fields = head.fields;
  l.in.consume(head.size);  // its bytes stay where they are until the next call
  return (l.flags & left) == 0;
}

SIOKIT_INLINE bool client_links::take_upgrade(link_id id, link& l, const http::response_view& head, link_event& e) noexcept {
  errc why = errc::ws_bad_upgrade;
  if (l.at == state::upgrading) why = ws::check_response(head, {l.key.data(), l.key.size()});
  if (why != errc::none) return fail(id, l, why), false;
  l.at = state::websocket;
  e = {};
  e.what = link_event::kind::upgraded;
  e.link = id;
  e.fields = head.fields;
  l.in.consume(head.size);
  return (l.flags & left) == 0;
}

SIOKIT_INLINE bool client_links::read_body(link_id id, link& l, link_event& e) noexcept {
  const step s = l.body.next(l.in, limits_, limits_.received);
  if (s == step::failed) return fail(id, l, l.body.error()), false;
  return s == step::done && give_body(id, l, e);
}

SIOKIT_INLINE bool client_links::give_body(link_id id, link& l, link_event& e) noexcept {
  timers_.stop(l.timer);
  l.at = state::answered;
  if ((l.flags & left) != 0) return release(id), false;
  e = {};
  e.what = link_event::kind::response;
  e.link = id;
  e.status = l.status;
  e.data = l.body.body(l.in);
  return true;
}

// The host told of the end: a body may end with it, and an announced one is cut.
SIOKIT_INLINE bool client_links::end_of_input(link_id id, link& l, link_event& e) noexcept {
  if (l.at != state::body || l.cause != errc::none) return false;
  if (l.body.ended() == step::done) return give_body(id, l, e);
  l.cause = l.body.error();
  return false;
}

SIOKIT_INLINE bool client_links::read_message(link_id id, link& l, link_event& e) noexcept {
  const std::size_t largest = limits_.received < 0x7fffffff ? limits_.received : 0x7fffffff;
  while (true) {
    const ws::event got = l.stream.next(l.in, limits_, largest);
    switch (got.what) {
      case ws::event::kind::more: return false;
      case ws::event::kind::pong: continue;
      case ws::event::kind::ping:
        answer_ping(id, l, got.data);
        continue;
      case ws::event::kind::text:
      case ws::event::kind::binary:
        if (l.at != state::websocket) continue;
        e = {};
        e.what = got.what == ws::event::kind::text ? link_event::kind::text : link_event::kind::binary;
        e.link = id;
        e.data = got.data;
        return true;
      case ws::event::kind::closing:
      case ws::event::kind::failed: break;
    }
    const bool tell = l.at == state::websocket && (l.flags & left) == 0;
    if (l.at == state::websocket)
      send_close(id, l, got.what == ws::event::kind::closing ? got.code : ws::close_code(got.error));
    finish(id, l);
    l.flags |= left;
    e = {};
    e.link = id;
    e.cause = got.error;
    return tell;
  }
}

// Only the newest ping needs an answer (RFC 6455 5.5.3): a pong that nobody has seen yet gives way to it.
SIOKIT_INLINE void client_links::answer_ping(link_id id, link& l, bytes_view data) noexcept {
  ws::mask_key key{};
  if (l.at != state::websocket) return;
  if (!luck_.take(key)) return fail(id, l, errc::out_of_memory);
  frame answer = ws::whole_frame(pool_, ws::opcode::pong, data, &key);
  if (!answer || !l.out.push_urgent(pool_, std::move(answer))) return fail(id, l, errc::out_of_memory);
  list(id, l, want_write);
}

// ---- what the host asks ----------------------------------------------------------------------------------------------

SIOKIT_INLINE bool client_links::next(action& a) noexcept {
  while (!actions_.empty()) {
    const std::uint32_t index = actions_.front();
    link& l = links_[index];
    a = {};
    a.link = links_.id_of(index);
    const auto take = [&](std::uint8_t wanted, action::kind what) {
      if ((l.flags & wanted) == 0) return false;
      l.flags &= static_cast<std::uint8_t>(~wanted);
      a.what = what;
      return true;
    };
    if (take(want_abort, action::kind::abort)) {
      if (!take(want_open, action::kind::abort)) return true;
      forget(a.link, l);  // the host never heard of it
      continue;
    }
    const bool proxy = options_.proxy.on();
    a.host = proxy && (l.flags & want_open) != 0 ? options_.proxy.host : options_.host;
    a.port = proxy ? options_.proxy.port : options_.port;
    if (take(want_open, action::kind::open) || take(want_secure, action::kind::secure)) return true;
    a.host = {};
    a.port = 0;
    if (take(want_write, action::kind::write) || take(want_close, action::kind::close)) return true;
    actions_.remove(index, hooks());
  }
  return false;
}

SIOKIT_INLINE bool client_links::gather(link_id id, batch& out) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || l->out.empty()) return false;
  l->out.show(out);
  return true;
}

SIOKIT_INLINE bool client_links::wants_read(link_id id) const noexcept { return links_.find(id) != nullptr; }

SIOKIT_INLINE mutable_bytes client_links::space(link_id id) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr) return {};
  const std::size_t wanted = l->at == state::websocket ? l->stream.wanted() : l->at == state::body ? l->body.wanted() : 0;
  return wanted == 0 ? mutable_bytes{} : l->in.space(pool_, wanted);
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
