// Bodies of eio/links.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

// A call from the host: the driver must not be entered from inside a handler, and lent input ends with the call, even if a
// handler throws out of it.
struct links::call {
  call(links& l, time_point now) noexcept : owner(l), exceptions(std::uncaught_exceptions()) {
    SIOKIT_ASSERT(!l.in_call_, "a driver call from inside a handler");
    l.in_call_ = true;
    l.now_ = now;
    l.start_late();
  }
  ~call() {
    owner.in_call_ = false;
    const bool thrown = std::uncaught_exceptions() > exceptions;
    owner.left_over_ |= thrown;
    link* const l = owner.find(reading);
    if (l == nullptr) return;
    if (!l->in.keep(owner.pool_)) owner.cut(*l);
    if (thrown) owner.unblock(*l);
    if (!owner.welcome(*l)) l->flags |= blocked;
  }
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  links& owner;
  int exceptions;
  link_id reading{};
};

// Input that is passed up counts as read, also when a handler throws.
struct links::passing_up {
  in_buffer& in;
  std::size_t n;
  ~passing_up() { in.consume(n); }
};

SIOKIT_INLINE links::~links() {
  for (std::uint32_t i = 0; i < end_index_; ++i) {
    if (table_[i].at != state::free) forget(table_[i]);
    table_.remove(i);
  }
  waiting_.reset(pool_);
  late_.reset(pool_);
}

SIOKIT_INLINE links::link* links::find(link_id id) noexcept {
  const std::uint32_t index = static_cast<std::uint32_t>(id);
  if (index >= end_index_ || table_[index].id != id || table_[index].at == state::free) return nullptr;
  return &table_[index];
}

SIOKIT_INLINE void links::list(link& l, std::uint8_t wanted) noexcept {
  l.flags |= wanted;
  actions_.push(index_of(l), hooks());
}

// Input was lost for want of memory: what the parsers know of it is no longer true, so nothing more is read.
SIOKIT_INLINE void links::cut(link& l) noexcept {
  l.in.reset(pool_);
  l.at = state::closing;
  list(l, want_abort);
}

SIOKIT_INLINE void links::wait_for(link& l, timer what, milliseconds length) noexcept {
  if (l.request == nullptr) l.request = pool_.make<request_state>();
  if (l.request == nullptr) return list(l, want_abort);
  l.request->timer.owner = index_of(l);
  if (in_call_) return timers_.start(l.request->timer, what, length, now_) ? void() : list(l, want_abort);
  // Outside of a call the time is not known: the call that follows starts it.
  stop_waiting(l);
  l.request->late_what = what;
  l.request->late_length = length;
  if (!late_.push(pool_, l.id)) list(l, want_abort);
}

SIOKIT_INLINE void links::start_late() noexcept {
  for (const link_id id : late_) {
    link* const l = find(id);
    if (l == nullptr || l->request == nullptr) continue;
    const timer what = std::exchange(l->request->late_what, timer::none);
    if (what != timer::none) wait_for(*l, what, l->request->late_length);
  }
  late_.clear();
}

SIOKIT_INLINE void links::stop_waiting(link& l) noexcept {
  if (l.request == nullptr) return;
  timers_.stop(l.request->timer);
  l.request->late_what = timer::none;
}

SIOKIT_INLINE void links::push(link& l, frame what) noexcept {
  if (!what || !l.out.push(pool_, std::move(what), wire::payload)) return list(l, want_abort);
  list(l, want_write);
}

SIOKIT_INLINE void links::forget(link& l) noexcept {
  stop_waiting(l);
  l.in.reset(pool_);
  l.out.reset(pool_);
  pool_.destroy(std::exchange(l.request, nullptr));
  actions_.remove(index_of(l), hooks());
  l.at = state::free;
}

// ---- what the host tells ---------------------------------------------------------------------------------------------

SIOKIT_INLINE void links::bind(const host_services& host) { up_.bind(host, wire::ws4); }

SIOKIT_INLINE void links::opened(link_id, time_point) { SIOKIT_ASSERT(false, "a server opens no links"); }

SIOKIT_INLINE link_id links::accept(const link_info& peer, time_point now) {
  call c(*this, now);
  const link_id id = up_.accept(peer, now);
  if (id == link_id{}) return id;
  const std::uint32_t index = static_cast<std::uint32_t>(id);
  for (; end_index_ <= index; ++end_index_) {
    link* const made = table_.add(end_index_);
    if (made == nullptr) {
      up_.closed(id, now);
      return link_id{};
    }
  }
  link& l = table_[index];
  l.request = pool_.make<request_state>();
  if (l.request == nullptr) {
    up_.closed(id, now);
    return link_id{};
  }
  l.id = id;
  l.at = state::head;
  l.flags = 0;
  l.stream = ws::stream{ws::role::server};
  ++count_;
  wait_for(l, timer::request_head, limits_.request_head_time);
  read_waiting();
  return id;
}

SIOKIT_INLINE void links::receive(link_id id, std::span<std::byte> in, time_point now) {
  link* const l = find(id);
  if (l == nullptr || in.empty()) return;
  call c(*this, now);
  c.reading = id;
  if (l->at == state::closing) return;
  if (!l->in.feed(pool_, in)) return cut(*l);
  // What waits above since a handler threw comes first. Should it throw again, this waits as well.
  empty_above(id);
  read(*l);
  read_waiting();
}

SIOKIT_INLINE void links::sent(link_id id, std::size_t n, time_point now) {
  link* const l = find(id);
  if (l == nullptr) return;
  call c(*this, now);
  const std::size_t payload = l->out.sent(pool_, n);
  if (!l->out.empty()) list(*l, want_write);
  if (l->at == state::head && (!l->request->timer.running() || l->request->timer.what == timer::no_progress)) {
    l->out.empty() ? wait_for(*l, timer::keep_alive, limits_.keep_alive) : wait_for(*l, timer::no_progress, limits_.no_progress);
    if (!crowded(*l)) unblock(*l);
  }
  if (payload != 0) up_.sent(id, payload, now);
  read_waiting();
}

SIOKIT_INLINE void links::closed(link_id id, link_end how, int, time_point now) {
  link* const l = find(id);
  if (l == nullptr) return;
  call c(*this, now);
  // Half closed: what is still to be sent may be, then the host closes and tells again.
  if (how == link_end::eof && (l->flags & silent) == 0) {
    l->flags |= silent;
    if (l->at != state::closing) up_.ended(id, errc::none, now);
    settle();
    if (!l->out.empty()) {
      finish(*l);
      return list(*l, want_write);
    }
  }
  --count_;
  forget(*l);
  up_.closed(id, now);
  settle();
}

SIOKIT_INLINE void links::advance(time_point now) {
  call c(*this, now);
  timer what = timer::none;
  while (timer_node* node = timers_.due(now, what)) expire(table_[node->owner], what);
  up_.advance(now);
  read_waiting();
}

// ---- input -----------------------------------------------------------------------------------------------------------

// Responses that their reader does not read: further requests wait for him.
SIOKIT_INLINE bool links::crowded(const link& l) const noexcept {
  return l.at == state::head && l.out.wire_bytes(limits_.pipelined) >= limits_.pipelined;
}

SIOKIT_INLINE bool links::welcome(const link& l) const noexcept {
  if ((l.flags & silent) != 0 || crowded(l)) return false;
  if (l.at == state::judged || l.at == state::answering) return l.in.size() < limits_.pipelined;
  return l.at != state::websocket || up_.wants_read(l.id);
}

// Whoever was told to stop reading must be told to go on: a lost edge hangs a host that does not ask.
SIOKIT_INLINE void links::unblock(link& l) noexcept {
  if (l.in.size() != 0 && (l.flags & waiting) == 0) {
    if (!waiting_.push(pool_, l.id)) return list(l, want_abort);
    l.flags |= waiting;
  }
  if ((l.flags & blocked) == 0 || !welcome(l)) return;
  l.flags &= static_cast<std::uint8_t>(~blocked);
  list(l, want_read);
}

// What is to be told above comes before what is new: should a handler throw there, this input is not consumed yet.
SIOKIT_INLINE void links::empty_above(link_id id) {
  if (std::exchange(left_over_, false) || up_.deadline() == (time_point::min)()) up_.sent(id, 0, now_);
}

SIOKIT_INLINE void links::read_waiting() {
  settle();
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    link* const l = find(waiting_[i]);
    if (l == nullptr) continue;
    l->flags &= static_cast<std::uint8_t>(~waiting);
    const link_id id = std::exchange(waiting_[i], link_id{});
    // Should a handler throw, what is left of this link and of the list is read at the next call.
    struct again {
      links& owner;
      link_id id;
      bool thrown = true;
      ~again() {
        link* const unread = thrown ? owner.find(id) : nullptr;
        if (unread != nullptr) owner.unblock(*unread);
      }
    } after{*this, id};
    empty_above(id);
    read(*l);
    settle();
    after.thrown = false;
  }
  waiting_.clear();
}

SIOKIT_INLINE void links::read(link& l) {
  bool more = l.at != state::websocket || up_.wants_read(l.id);
  while (more) {
    switch (l.at) {
      case state::head: more = read_head(l); break;
      case state::body: more = read_body(l); break;
      case state::websocket:
      case state::leaving: read_messages(l); [[fallthrough]];
      case state::judged:
      case state::answering: more = false; break;
      case state::free:
      case state::closing:
        l.in.consume(l.in.size());
        more = false;
        break;
    }
  }
  if (l.in.size() == 0 && l.at != state::free) l.in.reset(pool_);
}

SIOKIT_INLINE bool links::read_head(link& l) {
  if (l.in.size() == 0 || crowded(l)) return false;
  request_state& r = *l.request;
  http::request_view head;
  switch (r.parser.next(as_text(l.in.unread()), limits_, head)) {
    case http::step::failed: refuse(l, r.parser.error()); return false;
    case http::step::more:
      if (r.timer.what != timer::request_head) wait_for(l, timer::request_head, limits_.request_head_time);
      return false;
    case http::step::done: break;
  }
  stop_waiting(l);
  r.keep_alive = head.keep_alive;
  r.head_method = head.method == "HEAD";
  r.expects = head.expect_continue;
  r.framing = head.body;
  r.length = head.length;
  r.upgrade = false;
  if (head.upgrade) {
    if (const errc e = ws::check_request(head); e != errc::none) {
      refuse(l, e);
      return false;
    }
    r.upgrade = true;
    const auto key = http::find(head.fields, "Sec-WebSocket-Key");
    std::memcpy(r.key.data(), key->data(), r.key.size());
  }
  l.at = state::judged;
  {
    const passing_up read{l.in, head.size};
    up_.request(l.id, {head.method, head.target, head.fields, head.upgrade, head.body != http::framing::none}, now_);
  }
  settle();
  return l.at == state::websocket ? up_.wants_read(l.id) : l.at != state::judged;
}

SIOKIT_INLINE bool links::read_body(link& l) {
  request_state& r = *l.request;
  switch (r.body.next(l.in, limits_, l.largest)) {
    case http::step::failed: {
      const errc why = r.body.error();
      refuse(l, why);
      return false;
    }
    case http::step::more: return false;
    case http::step::done: break;
  }
  stop_waiting(l);
  r.framing = http::framing::none;
  l.at = state::answering;
  {
    const passing_up read{l.in, r.body.size()};
    up_.body(l.id, r.body.body(l.in), now_);
  }
  settle();
  return l.at != state::answering;
}

// All that are there, or as many as are wanted. What a handler does to the link comes about in settle(), not in here.
SIOKIT_INLINE void links::read_messages(link& l) {
  while (true) {
    const ws::event e = l.stream.next(l.in, limits_, l.largest);
    switch (e.what) {
      case ws::event::kind::more: return;
      case ws::event::kind::text:
      case ws::event::kind::binary: {
        const message_kind kind = e.what == ws::event::kind::text ? message_kind::text : message_kind::binary;
        if (l.at == state::websocket && !up_.message(l.id, kind, e.data, now_)) return;
        break;
      }
      case ws::event::kind::ping: pong(l, e.data); break;
      case ws::event::kind::pong: break;
      case ws::event::kind::closing: return answer_close(l, e.code);
      case ws::event::kind::failed: return fail(l, e.error);
    }
  }
}

// The peer's Close is answered, unless it is the answer to ours.
SIOKIT_INLINE void links::answer_close(link& l, std::uint16_t code) {
  settle();  // what was answered before the Close leaves before it, however the bytes were cut
  const bool ours = l.at == state::websocket;
  if (ours) push(l, ws::close_frame(pool_, code));
  finish(l);
  if (ours) up_.ended(l.id, errc::none, now_);
}

// Only the newest ping needs an answer (RFC 6455 5.5.3): a pong that nobody has seen yet gives way to it.
SIOKIT_INLINE void links::pong(link& l, mutable_bytes data) noexcept {
  if (l.at != state::websocket) return;
  frame answer = ws::whole_frame(pool_, ws::opcode::pong, data);
  if (!answer || !l.out.push_urgent(pool_, std::move(answer))) return list(l, want_abort);
  list(l, want_write);
}

// ---- what is above wants ---------------------------------------------------------------------------------------------

SIOKIT_INLINE void links::settle() {
  message_action a;
  while (up_.next(a)) {
    apply(a);
    a.fields = frame{};
    a.body.reset(up_.blocks());
  }
}

SIOKIT_INLINE void links::apply(message_action& a) {
  link* const l = find(a.link);
  if (l == nullptr || l->at == state::closing) return;
  switch (a.what) {
    case message_action::kind::body: return begin_body(*l, a.limit);
    case message_action::kind::respond: return respond(*l, a);
    case message_action::kind::upgrade: return upgrade(*l, a);
    case message_action::kind::send:
      if (!l->out.append(pool_, a.body)) return list(*l, want_abort);
      return list(*l, want_write);
    case message_action::kind::read: return unblock(*l);
    case message_action::kind::close: return leave(*l, a.status);
    case message_action::kind::abort: return list(*l, want_abort);
  }
}

SIOKIT_INLINE void links::begin_body(link& l, std::size_t limit) {
  request_state& r = *l.request;
  if (const errc e = r.body.start(r.framing, r.length, limit); e != errc::none) return refuse(l, e);
  l.at = state::body;
  l.largest = largest_of(limit);
  wait_for(l, timer::request_body, limits_.request_body_time);
  if (r.expects) push(l, frame::copy(pool_, frame_kind::raw, as_bytes(http::continue_head)));
  unblock(l);  // it may have been asked for late, with bytes of it waiting here
}

SIOKIT_INLINE void links::respond(link& l, message_action& a) {
  if (l.request == nullptr) return;
  request_state& r = *l.request;
  http::response_head head;
  head.status = a.status;
  head.fields = a.fields ? as_text(a.fields.payload()) : std::string_view{};
  head.length = a.body.wire_bytes();
  head.idle = limits_.keep_alive;
  // A body that was not read stands between here and the next request.
  head.keep_alive = r.keep_alive && !a.last && r.framing == http::framing::none && (l.flags & silent) == 0;
  frame_builder out(pool_);
  http::write_head(out, head);
  push(l, out.finish(frame_kind::raw));
  const bool body = http::has_body(r.head_method ? "HEAD" : "GET", a.status);
  if (body && !l.out.append(pool_, a.body)) return list(l, want_abort);
  if (!head.keep_alive) return finish(l);
  l.at = state::head;
  wait_for(l, timer::no_progress, limits_.no_progress);
  unblock(l);
}

SIOKIT_INLINE void links::upgrade(link& l, message_action& a) {
  if (l.request == nullptr || !l.request->upgrade) return list(l, want_abort);
  frame_builder out(pool_);
  ws::write_accept(out, std::string_view(l.request->key.data(), l.request->key.size()),
                   a.fields ? as_text(a.fields.payload()) : std::string_view{});
  push(l, out.finish(frame_kind::raw));
  stop_waiting(l);
  pool_.destroy(std::exchange(l.request, nullptr));
  l.at = state::websocket;
  l.largest = largest_of(a.limit);
  // What came behind the request is read once the session knows that it has a WebSocket.
  unblock(l);
  up_.upgraded(l.id, now_);
}

// ---- ends ------------------------------------------------------------------------------------------------------------

// The host sends what is queued, and closes.
SIOKIT_INLINE void links::finish(link& l) noexcept {
  l.at = state::closing;
  stop_waiting(l);
  list(l, want_close);
}

// Bad input on an HTTP link: its status, then the end.
SIOKIT_INLINE void links::refuse(link& l, errc why) {
  frame_builder out(pool_);
  http::response_head head;
  head.status = http::status(why);
  head.fields = why == errc::ws_bad_version ? ws::version_fields : std::string_view{};
  head.keep_alive = false;
  http::write_head(out, head);
  push(l, out.finish(frame_kind::raw));
  finish(l);
  up_.ended(l.id, why, now_);  // last, here and below: a handler may throw
}

SIOKIT_INLINE void links::fail(link& l, errc why) {
  settle();
  const bool tell = l.at == state::websocket;
  if (tell) push(l, ws::close_frame(pool_, ws::close_code(why)));  // one Close is enough (RFC 6455 5.5.1)
  finish(l);
  if (tell) up_.ended(l.id, why, now_);
}

// Close goes out; the peer has a while to answer it (RFC 6455 7.1.1).
SIOKIT_INLINE void links::leave(link& l, std::uint16_t code) noexcept {
  if (l.at != state::websocket) return finish(l);
  push(l, ws::close_frame(pool_, code));
  l.at = state::leaving;
  wait_for(l, timer::ws_close, limits_.ws_close_time);
  unblock(l);
}

SIOKIT_INLINE void links::expire(link& l, timer what) {
  switch (what) {
    case timer::request_head:
      if (l.request->parser.begun()) return refuse(l, errc::http_head_timeout);
      [[fallthrough]];
    case timer::keep_alive:
      finish(l);
      return up_.ended(l.id, errc::none, now_);
    case timer::request_body: return refuse(l, errc::http_body_timeout);
    case timer::no_progress: return list(l, want_abort);
    default: return finish(l);
  }
}

// ---- what the host asks ----------------------------------------------------------------------------------------------

SIOKIT_INLINE bool links::next(action& a) {
  SIOKIT_ASSERT(!in_call_, "a driver call from inside a handler");
  settle();
  while (!actions_.empty()) {
    link& l = table_[actions_.front()];
    a = {};
    a.link = l.id;
    const auto take = [&](std::uint8_t wanted, action::kind what) {
      if ((l.flags & wanted) == 0) return false;
      l.flags &= static_cast<std::uint8_t>(~wanted);
      a.what = what;
      return true;
    };
    if (take(want_abort, action::kind::abort) || take(want_write, action::kind::write) ||
        take(want_close, action::kind::close) || take(want_read, action::kind::read))
      return true;
    actions_.remove(actions_.front(), hooks());
  }
  return false;
}

SIOKIT_INLINE bool links::gather(link_id id, batch& out) {
  SIOKIT_ASSERT(!in_call_, "a driver call from inside a handler");
  link* const l = find(id);
  if (l == nullptr || l->out.empty()) return false;
  l->out.show(out);
  return true;
}

SIOKIT_INLINE bool links::wants_read(link_id id) const {
  const link* const l = find(id);
  if (l == nullptr) return false;
  if (welcome(*l)) return true;
  l->flags |= blocked;  // the host has heard it, and waits for the edge
  return false;
}

SIOKIT_INLINE std::span<std::byte> links::space(link_id id) {
  link* const l = find(id);
  if (l == nullptr) return {};
  const std::size_t wanted = l->at == state::websocket ? l->stream.wanted()
                             : l->at == state::body    ? l->request->body.wanted()
                                                       : 0;
  return wanted == 0 ? mutable_bytes{} : l->in.space(pool_, wanted);
}

SIOKIT_INLINE time_point links::deadline() const {
  if (!waiting_.empty() || !late_.empty()) return (time_point::min)();
  const time_point mine = timers_.deadline();
  const time_point theirs = up_.deadline();
  return mine < theirs ? mine : theirs;
}

SIOKIT_INLINE deadline_reason links::why() const {
  return timers_.deadline() < up_.deadline() ? timers_.why() : up_.why();
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
