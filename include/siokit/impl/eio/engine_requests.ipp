// Bodies of eio/engine.hpp: links and their HTTP requests, up to the point where a session takes over.
#pragma once

#include <siokit/http/response_writer.hpp>
#include <siokit/http/target.hpp>
#include <siokit/text/base64.hpp>
#include <siokit/text/utf8.hpp>
#include <siokit/text/value_writer.hpp>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

struct engine::inquiry {
  const request_head& head;
  std::string_view path;
  std::string_view query;
  std::string_view origin;  // empty: none
  bool websocket = false;   // transport=websocket
};

SIOKIT_INLINE std::uint8_t engine::add_endpoint(const options& o, bool asks) {
  SIOKIT_ASSERT(check(o) == errc::none, "an endpoint has options that cannot work");
  auto* const made = new endpoint(o);
  made->asks = asks;
  if (made->options.path.size() > 1 && made->options.path.back() == '/') made->options.path.pop_back();
  if (made->options.add_trailing_slash && made->options.path.back() != '/') made->options.path += '/';
  if (!o.cors.on() || o.cors.any() || o.cors.origins.size() == 1)
    made->poll_fields = fields(*made, "text/plain; charset=UTF-8", {});
  const bool added = endpoints_.push(blocks_, made);
  SIOKIT_ASSERT(added && endpoints_.size() <= 0xff, "an endpoint could not be added");
  return static_cast<std::uint8_t>(endpoints_.size() - 1);
}

SIOKIT_INLINE void engine::set_asks(std::uint8_t e, bool asks) noexcept { endpoints_[e]->asks = asks; }

SIOKIT_INLINE const options& engine::endpoint_options(std::uint8_t e) const noexcept { return endpoints_[e]->options; }

SIOKIT_INLINE bool engine::entropy(std::span<std::byte> out) noexcept {
  return luck_.take(out);
}

SIOKIT_INLINE std::int64_t engine::unix_ms() const noexcept {
  return host_.unix_ms == nullptr ? 0 : host_.unix_ms(host_.ctx);
}

// ---- links -----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE link_id engine::accept(const link_info& peer, time_point now) noexcept {
  begin_call(now);
  if (!luck_.stock()) return link_id{};
  link_id id{};
  link* const l = links_.add(id);
  if (l == nullptr) return link_id{};
  l->http = make_http_side(peer);
  if (l->http != nullptr) return id;
  links_.remove(id);
  return link_id{};
}

SIOKIT_INLINE engine::http_side* engine::make_http_side(const link_info& peer) noexcept {
  const std::size_t size = peer.address.size() < 0xff ? peer.address.size() : 0xff;
  void* const at = blocks_.alloc(sizeof(http_side) + size);
  if (at == nullptr) return nullptr;
  auto* const made = ::new (at) http_side{peer, {}, 0, false};
  char* const text = reinterpret_cast<char*>(made + 1);
  if (size != 0) std::memcpy(text, peer.address.data(), size);
  made->peer.address = {text, size};
  return made;
}

SIOKIT_INLINE void engine::drop_http_side(link& l) noexcept {
  http_side* const gone = std::exchange(l.http, nullptr);
  if (gone == nullptr) return;
  const std::size_t size = gone->peer.address.size();
  gone->~http_side();
  blocks_.free(gone, sizeof(http_side) + size);
}

SIOKIT_INLINE engine::errand* engine::extra(link_id id, link& l) noexcept {
  if (l.extra == nullptr) l.extra = blocks_.make<errand>();
  if (l.extra != nullptr) l.extra->wait.owner = l.extra->noop.owner = links_.index_of(id);
  return l.extra;
}

SIOKIT_INLINE void engine::drop_extra(link& l) noexcept {
  errand* const gone = std::exchange(l.extra, nullptr);
  if (gone == nullptr) return;
  timers_.stop(gone->wait);
  timers_.stop(gone->noop);
  gone->body.reset(blocks_);
  retained_head::destroy(blocks_, gone->head);
  blocks_.destroy(gone);
}

SIOKIT_INLINE bool engine::waits(link_id id) const noexcept {
  const link* const l = links_.find(id);
  return l != nullptr && (l->what == role::asking || l->what == role::request) && l->extra != nullptr;
}

// ---- responses -------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void engine::reply(link_id id, link& l, unsigned status, frame head_fields, frame body, bool last) noexcept {
  errand* const x = extra(id, l);
  const bool ready = x != nullptr && (!body || x->body.push(blocks_, std::move(body), wire::payload));
  if (asked_ == id) asked_ = link_id{};
  l.what = role::idle;
  l.http->fields = frame{};
  if (!ready) return list(id, l, want_abort);
  timers_.stop(x->wait);
  x->status = static_cast<std::uint16_t>(status);
  x->fields = std::move(head_fields);
  x->last = last;
  list(id, l, want_respond);
}

SIOKIT_INLINE void engine::add_cors(frame_builder& out, const eio::options& o, std::string_view origin) noexcept {
  if (!o.cors.on()) return;
  if (o.cors.any()) {
    out.put("Access-Control-Allow-Origin: *\r\n");
  } else {
    // One fixed origin is always named; of several, the one that asks, if it is among them.
    const std::string_view named = o.cors.origins.size() == 1 ? std::string_view(o.cors.origins[0])
                                   : o.cors.allows(origin)    ? origin
                                                              : std::string_view{};
    if (!named.empty()) {
      out.put("Access-Control-Allow-Origin: ");
      out.put(named);
      out.put("\r\n");
    }
    out.put("Vary: Origin\r\n");
  }
  if (o.cors.credentials) out.put("Access-Control-Allow-Credentials: true\r\n");
  if (!o.cors.exposed_headers.empty()) {
    out.put("Access-Control-Expose-Headers: ");
    out.put(o.cors.exposed_headers);
    out.put("\r\n");
  }
}

SIOKIT_INLINE frame engine::fields(const endpoint& e, std::string_view type, std::string_view origin) noexcept {
  frame_builder out(frames_);
  out.put("Content-Type: ");
  out.put(type);
  out.put("\r\ncache-control: no-store\r\n");
  add_cors(out, e.options, origin);
  return out.finish(frame_kind::raw);
}

// The header lines of a polling response, which may leave long after its request is forgotten; null: the endpoint's own.
SIOKIT_INLINE frame engine::poll_fields(const endpoint& e, const inquiry& q) noexcept {
  return e.poll_fields ? frame{} : fields(e, "text/plain; charset=UTF-8", q.origin);
}

// The six codes of the protocol; everything finer is told as "Bad request" (3), as the reference does.
SIOKIT_INLINE void engine::reject(link_id id, link& l, errc why, const inquiry& q) noexcept {
  constexpr std::array<errc, 6> codes{errc::eio_unknown_transport, errc::eio_unknown_sid,
                                      errc::eio_bad_handshake_method, errc::eio_bad_request,
                                      errc::eio_forbidden, errc::eio_unsupported_version};
  if (why == errc::eio_origin_refused) why = errc::eio_forbidden;
  std::size_t code = 0;
  while (code < codes.size() && codes[code] != why) ++code;
  if (code == codes.size()) code = 3;
  const std::string_view message = text(codes[code]);
  frame_builder body(frames_);
  if (q.head.upgrade) {
    body.put(message);
    frame_builder out(frames_);
    out.put("Content-Type: text/html\r\n");
    return reply(id, l, 400, out.finish(frame_kind::raw), body.finish(frame_kind::raw), true);
  }
  body.put("{\"code\":");
  body.put(static_cast<char>('0' + code));
  body.put(",\"message\":\"");
  body.put(message);
  body.put("\"}");
  reply(id, l, code == 4 ? 403 : 400, fields(*endpoints_[l.endpoint], "application/json", q.origin),
        body.finish(frame_kind::raw), q.head.has_body);
}

SIOKIT_INLINE void engine::preflight(link_id id, link& l, const inquiry& q) noexcept {
  const eio::options& o = endpoints_[l.endpoint]->options;
  frame_builder out(frames_);
  add_cors(out, o, q.origin);
  out.put("Access-Control-Allow-Methods: ");
  out.put(o.cors.methods);
  out.put("\r\n");
  const auto asked = http::find(q.head.fields, "Access-Control-Request-Headers");
  if (!o.cors.allowed_headers.empty() || asked) {
    out.put("Access-Control-Allow-Headers: ");
    out.put(o.cors.allowed_headers.empty() ? *asked : std::string_view(o.cors.allowed_headers));
    out.put("\r\n");
    if (o.cors.allowed_headers.empty()) out.put("Vary: Access-Control-Request-Headers\r\n");
  }
  if (o.cors.max_age >= 0) {
    out.put("Access-Control-Max-Age: ");
    http::put_number(out, static_cast<std::uint64_t>(o.cors.max_age));
    out.put("\r\n");
  }
  reply(id, l, 204, out.finish(frame_kind::raw), {}, q.head.has_body);
}

// ---- requests --------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void engine::request(link_id id, const request_head& head, time_point now) noexcept {
  begin_call(now);
  link* const l = links_.find(id);
  if (l == nullptr || l->what != role::idle) return;
  disown(*l);
  const http::target_view target = http::split_target(head.target);
  std::size_t e = 0;
  while (e < endpoints_.size() && endpoints_[e]->options.path != target.path) ++e;
  if (e == endpoints_.size()) return stray_request(id, *l, head);
  l->endpoint = static_cast<std::uint8_t>(e);
  inquiry q{head, target.path, target.query, {}, false};
  if (const auto origin = http::find(head.fields, "Origin")) q.origin = *origin;
  judge(id, *l, q);
}

// Whether the page came from this very server: its origin names the host that was asked.
SIOKIT_INLINE bool engine::same_origin(const inquiry& q) noexcept {
  const auto host = http::find(q.head.fields, "Host");
  const std::size_t scheme = q.origin.find("://");
  return host && scheme != std::string_view::npos && http::same(q.origin.substr(scheme + 3), *host);
}

// The order of the checks is the reference's, which decides the error of a request with several faults; but the protocol
// version is looked at before the program is asked (allow_request).
SIOKIT_INLINE void engine::judge(link_id id, link& l, inquiry& q) noexcept {
  const endpoint& e = *endpoints_[l.endpoint];
  if (q.head.method == "OPTIONS" && e.options.cors.on()) return preflight(id, l, q);
  using match = http::query_match::kind;
  const http::query_match transport = http::find_parameter(q.query, "transport");
  const http::query_match revision = http::find_parameter(q.query, "EIO");
  const http::query_match sid = http::find_parameter(q.query, "sid");
  if (transport.what == match::repeated || revision.what == match::repeated || sid.what == match::repeated)
    return reject(id, l, errc::eio_repeated_parameter, q);
  const auto is = [](const http::query_match& m, std::string_view plain) {
    return m.what == match::one && http::decodes_to(m.value, plain);
  };
  q.websocket = is(transport, "websocket");
  if (!(q.websocket ? e.options.websocket : e.options.polling && is(transport, "polling")))
    return reject(id, l, errc::eio_unknown_transport, q);
  if (!utf8::valid(q.origin)) return reject(id, l, errc::eio_bad_origin, q);
  // differs from JS: a page of another origin cannot open a WebSocket either (cross-site WebSocket hijacking).
  if (q.head.upgrade && e.options.cors.on() && !q.origin.empty() && !e.options.cors.allows(q.origin) && !same_origin(q))
    return reject(id, l, errc::eio_origin_refused, q);
  const bool mismatch = q.head.upgrade != q.websocket;
  if (sid.what == match::none) {
    if (q.head.method != "GET") return reject(id, l, errc::eio_bad_handshake_method, q);
    if (mismatch) return reject(id, l, errc::eio_not_an_upgrade, q);
    if (!is(revision, "4")) return reject(id, l, errc::eio_unsupported_version, q);
    return handshake(id, l, q);
  }
  char plain[eio::sid::length + 1];
  const std::string_view wanted = sid.value.size() > 3 * eio::sid::length ? std::string_view{} : http::decode(sid.value, plain);
  const std::uint32_t found = sids_.find(hash_text(wanted, seed_), [&](std::uint32_t i) { return sessions_[i].sid.view() == wanted; });
  if (found == hash_index::none || sessions_[found].endpoint != l.endpoint || sessions_[found].state == state::opening)
    return reject(id, l, errc::eio_unknown_sid, q);
  session& s = sessions_[found];
  if (mismatch) return reject(id, l, errc::eio_not_an_upgrade, q);
  if (!q.websocket && s.transport != transport::polling) return reject(id, l, errc::eio_transport_mismatch, q);
  if (!is(revision, "4")) return reject(id, l, errc::eio_protocol_mismatch, q);
  l.owner = s.id;
  if (q.websocket) return join(id, l);
  if (q.head.method == "GET") return poll(id, l, s, q);
  if (q.head.method == "POST") return post(id, l, s, q);
  disown(l);
  reject(id, l, errc::eio_bad_handshake_method, q);
}

SIOKIT_INLINE void engine::poll(link_id id, link& l, session& s, const inquiry& q) noexcept {
  if (s.link != link_id{}) {
    disown(l);
    reply(id, l, 400, {}, {}, q.head.has_body);
    return end_session(s, close_reason::transport_error, errc::eio_overlapping_poll, close_);
  }
  l.what = role::poll;
  l.http->fields = poll_fields(*endpoints_[s.endpoint], q);
  s.link = id;
  if (s.state == state::closing) return go_on_closing(s);
  if (!s.out.empty()) mark(s);
}

SIOKIT_INLINE void engine::post(link_id id, link& l, session& s, const inquiry& q) noexcept {
  const auto refuse_with = [&](unsigned status) {
    disown(l);
    reply(id, l, status, {}, {}, true);
  };
  if (s.post != link_id{}) {
    refuse_with(400);
    return end_session(s, close_reason::transport_error, errc::eio_overlapping_post, close_);
  }
  const auto type = http::find(q.head.fields, "Content-Type");
  if (type && http::same(*type, "application/octet-stream")) {
    refuse_with(400);
    return end_session(s, close_reason::transport_error, errc::eio_binary_post, close_);
  }
  const auto length = http::find(q.head.fields, "Content-Length");
  std::uint64_t size = 0;
  // A body that is too large is refused before it is read; the session lives on, as in the reference.
  if (length && (http::read_length(*length, size) != errc::none || size > endpoints_[s.endpoint]->options.max_payload))
    return refuse_with(413);
  l.what = role::post;
  l.http->fields = fields(*endpoints_[s.endpoint], "text/html", q.origin);
  s.post = id;
  l.http->awaits_body = true;
  // Who has too much already may send more once it is less: want_input() asks for the body then.
  if ((s.flags & (congested | paused)) == 0) ask_for_body(id, l);
}

SIOKIT_INLINE void engine::ask_for_body(link_id id, link& l) noexcept {
  if (std::exchange(l.http->awaits_body, false)) list(id, l, want_body);
}

SIOKIT_INLINE void engine::body(link_id id, mutable_bytes in, time_point now) noexcept {
  begin_call(now);
  link* const l = links_.find(id);
  if (l == nullptr) return;
  if (l->what == role::request) {
    if (!input_.feed(blocks_, in)) return reply(id, *l, 503, {}, {}, true);
    asked_ = id;
    return;
  }
  if (l->what != role::post) return;
  session* const s = sessions_.find(l->owner);
  const bool alive = s != nullptr && s->state != state::closed && s->transport == transport::polling;
  if (!alive || !utf8::valid(as_text(in)) || !input_.feed(blocks_, in)) {
    if (s != nullptr) s->post = link_id{};
    reply(id, *l, 400, {}, {}, false);
    if (alive) end_session(*s, close_reason::parse_error, errc::utf8_invalid, close_);
    return;
  }
  payload_ = true;
  input_session_ = s->id;
  input_link_ = id;
  input_packets_ = 0;
}

// A request that no path of ours wants: kept until the layer above answers it.
SIOKIT_INLINE void engine::stray_request(link_id id, link& l, const request_head& head) noexcept {
  errand* const x = extra(id, l);
  if (x != nullptr)
    x->head = retained_head::make(blocks_, head.target, head.fields, l.http->peer, unix_ms());
  if (x == nullptr || x->head == nullptr) return reply(id, l, 503, {}, {}, true);
  if (head.method.size() > sizeof x->method || head.upgrade) return reply(id, l, head.upgrade ? 400 : 501, {}, {}, true);
  std::memcpy(x->method, head.method.data(), head.method.size());
  x->method_size = static_cast<std::uint8_t>(head.method.size());
  l.what = role::request;
  (void)timers_.start(x->wait, timer::answer, limits_.answer_timeout, now_);
  if (head.has_body) return list(id, l, want_body);
  asked_ = id;
}

SIOKIT_INLINE void engine::respond(link_id id, unsigned status, frame head_fields, frame body) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || l->what != role::request) return;
  reply(id, *l, status, std::move(head_fields), std::move(body), false);
}

// ---- handshakes ------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void engine::handshake(link_id id, link& l, const inquiry& q) noexcept {
  errand* const x = extra(id, l);
  if (x != nullptr)
    x->head = retained_head::make(blocks_, q.head.target, q.head.fields, l.http->peer,
                                  unix_ms());
  frame_builder busy(frames_);
  busy.put("Retry-After: 1\r\n");
  if (x == nullptr || x->head == nullptr || sessions_.size() >= limits_.sessions || pending_ >= limits_.pending_sessions)
    return reply(id, l, 503, busy.finish(frame_kind::raw), {}, true);
  l.what = role::asking;
  x->upgrade = q.websocket;
  x->text_only = http::find_parameter(q.query, "b64").what != http::query_match::kind::none;
  x->last = q.head.has_body;
  l.http->fields = q.websocket ? frame{} : poll_fields(*endpoints_[l.endpoint], q);
  if (!endpoints_[l.endpoint]->asks) return begin(id, l, {});
  (void)timers_.start(x->wait, timer::answer, limits_.answer_timeout, now_);
  asked_ = id;
}

SIOKIT_INLINE void engine::admit(link_id id, frame more) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || l->what != role::asking || l->extra->admitted) return;
  if (in_call_) return begin(id, *l, std::move(more));
  if (!late_links_.push(blocks_, id)) return reply(id, *l, 503, {}, {}, true);
  l->extra->admitted = true;
  l->extra->fields = std::move(more);
  wake();
}

SIOKIT_INLINE void engine::refuse(link_id id, std::string_view message) noexcept {
  link* const l = links_.find(id);
  if (l == nullptr || l->what != role::asking || l->extra->admitted) return;
  const bool upgrade = l->extra->upgrade;
  frame_builder out(frames_);
  frame_builder body(frames_);
  if (message.empty()) message = text(errc::eio_forbidden);
  if (upgrade) {
    out.put("Content-Type: text/html\r\n");
    body.put(message);
  } else {
    out.put("Content-Type: application/json\r\n");
    const auto origin = http::find(l->extra->head->fields(), "Origin");
    add_cors(out, endpoints_[l->endpoint]->options, origin ? *origin : std::string_view{});
    body.put("{\"code\":4,\"message\":");
    value_writer(body).string(message);
    body.put('}');
  }
  reply(id, *l, upgrade ? 400 : 403, out.finish(frame_kind::raw), body.finish(frame_kind::raw), upgrade);
}

SIOKIT_INLINE void engine::resume_late() noexcept {
  for (const link_id id : late_links_) {
    link* const l = links_.find(id);
    if (l == nullptr || l->what != role::asking || !l->extra->admitted) continue;
    begin(id, *l, std::move(l->extra->fields));
  }
  late_links_.clear();
  for (const session_id id : late_sessions_) {
    session* const s = sessions_.find(id);
    if (s == nullptr) continue;
    s->flags &= static_cast<std::uint16_t>(~late);
    if (s->state == state::closing)
      be_patient(*s, timer::poll_close, limits_.poll_close_time);
    else if ((s->flags & congested) != 0 && s->state != state::closed)
      watch_progress(*s);
  }
  late_sessions_.clear();
}

SIOKIT_INLINE bool engine::make_sid(eio::sid& out) noexcept {
  std::byte raw[15];  // 120 bits: 20 digits
  if (!entropy(raw)) return false;
  base64::encode_url(raw, out.text);
  return true;
}

SIOKIT_INLINE session* engine::open_session(link_id id, link& l, transport kind) noexcept {
  session_id made{};
  session* const s = sessions_.add(made);
  if (s == nullptr) return nullptr;
  s->id = made;
  const std::uint32_t index = sessions_.index_of(made);
  s->heartbeat.owner = index;
  if (!make_sid(s->sid) || !sids_.add(hash_text(s->sid.view(), seed_), index)) {
    sessions_.remove(made);
    return nullptr;
  }
  s->transport = kind;
  s->endpoint = l.endpoint;
  s->link = id;
  s->head = std::exchange(l.extra->head, nullptr);
  s->flags |= static_cast<std::uint16_t>(pending | (l.extra->text_only ? text_only : 0));
  ++pending_;
  l.owner = made;
  return s;
}

// The handshake is admitted: a session comes to be, and says so on its link.
SIOKIT_INLINE void engine::begin(link_id id, link& l, frame more) noexcept {
  errand& x = *l.extra;
  timers_.stop(x.wait);
  if (sessions_.size() >= limits_.sessions || pending_ >= limits_.pending_sessions)
    return reply(id, l, 503, {}, {}, true);
  session* const s = open_session(id, l, x.upgrade ? transport::websocket : transport::polling);
  frame opening = s == nullptr ? frame{} : open_packet(*s);
  if (!opening || !s->out.push(blocks_, std::move(opening), wire::ws4)) {
    if (s != nullptr) end_session(*s, close_reason::transport_error, errc::out_of_memory, close_);
    return reply(id, l, 503, {}, {}, true);
  }
  if (x.upgrade) {
    l.what = role::opening;
    x.fields = std::move(more);
    return list(id, l, want_upgrade);
  }
  const endpoint& e = *endpoints_[l.endpoint];
  const frame usual = l.http->fields ? l.http->fields : e.poll_fields;
  const bool own = more || !e.options.cookie.name.empty();
  if (usual && own) {
    frame_builder out(frames_);
    out.put(as_text(usual.payload()));
    add_cookie(out, e.options.cookie, *s);
    if (more) out.put(as_text(more.payload()));
    l.http->fields = out.finish(frame_kind::raw);
  }
  if (!usual || (own && !l.http->fields)) {
    end_session(*s, close_reason::transport_error, errc::out_of_memory, close_);
    return reply(id, l, 503, {}, {}, true);
  }
  drop_extra(l);
  l.what = role::poll;
  s->state = state::open;
  (void)timers_.start(s->heartbeat, timer::ping, e.options.ping_interval, now_);
  tell(*s, event_opened);
  mark(*s);
}

// eio4: the open packet. The keys stand in the reference's order.
SIOKIT_INLINE frame engine::open_packet(const session& s) noexcept {
  const eio::options& o = endpoints_[s.endpoint]->options;
  frame_builder out(frames_);
  out.put("0{\"sid\":\"");
  out.put(s.sid.view());
  out.put("\",\"upgrades\":[");
  if (s.transport == transport::polling && o.websocket && o.allow_upgrades) out.put("\"websocket\"");
  out.put("],\"pingInterval\":");
  http::put_number(out, static_cast<std::uint64_t>(o.ping_interval.count()));
  out.put(",\"pingTimeout\":");
  http::put_number(out, static_cast<std::uint64_t>(o.ping_timeout.count()));
  out.put(",\"maxPayload\":");
  http::put_number(out, o.max_payload);
  out.put('}');
  return out.finish(frame_kind::text);
}

SIOKIT_INLINE void engine::add_cookie(frame_builder& out, const cookie_options& c, const session& s) noexcept {
  if (c.name.empty()) return;
  out.put("Set-Cookie: ");
  out.put(c.name);
  out.put('=');
  out.put(s.sid.view());
  const auto attribute = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.put(name);
    out.put(value);
  };
  if (c.max_age >= 0) {
    out.put("; Max-Age=");
    http::put_number(out, static_cast<std::uint64_t>(c.max_age));
  }
  attribute("; Domain=", c.domain);
  attribute("; Path=", c.path);
  if (c.http_only) out.put("; HttpOnly");
  if (c.secure) out.put("; Secure");
  attribute("; SameSite=", c.same_site);
  out.put("\r\n");
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
