// Bodies of eio/dialer.hpp: what the server sends.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE bool dialer::next(dial_event& e) noexcept {
  while (true) {
    if (told_next(e)) return true;
    if (payload_ != link_id{}) {
      if (next_of_payload(e)) return true;
      continue;
    }
    link_event got;
    if (links_.next(got)) {
      if (take(got, e)) return true;
      continue;
    }
    if (notes_ == 0) return false;
  }
}

SIOKIT_INLINE bool dialer::take(const link_event& got, dial_event& e) noexcept {
  switch (got.what) {
    case link_event::kind::head: return take_head(got), false;
    case link_event::kind::response: return take_response(got, e);
    case link_event::kind::upgraded:
      if (options_.with_credentials) take_head(got);
      if (got.link != candidate_) return false;
      if (const bool sent = send_now(candidate_, "2probe"); !sent) drop_candidate();
      return false;
    case link_event::kind::text:
    case link_event::kind::binary: return take_message(got, e);
    case link_event::kind::lost: return take_lost(got), false;
  }
  return false;
}

SIOKIT_INLINE void dialer::take_head(const link_event& got) noexcept {
  if (got.link == poll_) {
    const auto type = http::find(got.fields, "Content-Type");
    payload_binary_ = options_.protocol == 3 && type && type->substr(0, octet_stream.size()) == octet_stream;
  }
  if (!options_.with_credentials) return;
  const std::int64_t when = host_.unix_ms == nullptr ? 0 : host_.unix_ms(host_.ctx);
  (void)cookies_.store_all(got.fields, when, limits_);
}

SIOKIT_INLINE bool dialer::take_response(const link_event& got, dial_event& e) noexcept {
  const bool good = got.status == 200;
  if (got.link == poll_) {
    poll_ = link_id{};
    if (good) {
      payload_ = got.link;
      payload_at_ = packets_ = 0;
      return next_of_payload(e);
    }
  } else if (got.link == post_) {
    post_ = link_id{};
    under_way_ = 0;
    if (good) drain();
  } else if (got.link == candidate_) {
    candidate_ = link_id{};
    links_.release(got.link);
    drop_candidate();
    return false;
  } else if (got.link != websocket_) {
    links_.release(got.link);
    return false;
  }
  if (!good) take_detail(got);
  links_.release(got.link);
  if (!good || got.link == websocket_) lose(close_reason::transport_error, errc::http_refused, got.status);
  return false;
}

// What the server says of an error: {"code":1,"message":"..."}, or a plain phrase.
SIOKIT_INLINE void dialer::take_detail(const link_event& got) noexcept {
  constexpr std::size_t longest = 200;
  const std::string_view text = as_text(got.data);
  json::shape shape;
  std::string_view phrase;
  arena scratch(blocks_);
  value_context context{{}, &scratch};
  detail_.clear();
  if (json::check(text, {8, 64}, shape) == errc::none)
    (void)value_view(text, &context).find("message").as_string(phrase);
  else if (text.size() <= longest && utf8::valid(text) && text.find('<') == std::string_view::npos)
    phrase = text;
  for (const char c : phrase.substr(0, longest))
    if (!detail_.push(blocks_, c)) return detail_.clear();
}

SIOKIT_INLINE bool dialer::take_message(const link_event& got, dial_event& e) noexcept {
  packet p;
  errc why = errc::none;
  if (got.what == link_event::kind::text)
    why = decode(got.data, p);
  else if (options_.protocol != 3)
    p = {packet_type::message, true, got.data};
  else if (got.data.empty() || as_number(got.data[0]) != 4)
    why = errc::eio_bad_type;
  else
    p = {packet_type::message, true, got.data.subspan(1)};
  if (got.link == candidate_) {
    if (why == errc::none) take_probe(p);
    else drop_candidate();
    return false;
  }
  if (got.link != websocket_) return false;
  if (why == errc::none) return take_packet(p, e);
  lose(close_reason::transport_error, why);
  return false;
}

SIOKIT_INLINE void dialer::take_lost(const link_event& got) noexcept {
  if (got.link == candidate_) {
    candidate_ = link_id{};
    return drop_candidate();
  }
  if (got.link == poll_ && got.repeatable && state_ != state::opening) {
    poll_ = link_id{};  // the server had just closed this idle link; the next flush polls again
    return;
  }
  if (got.link == websocket_)
    return lose(got.cause == errc::none ? close_reason::transport_close : close_reason::transport_error,
                got.cause == errc::none && state_ == state::opening ? errc::dial_lost : got.cause, got.status);
  if (got.link == poll_ || got.link == post_) lose(close_reason::transport_error, got.cause, got.status);
}

// ---- polling bodies --------------------------------------------------------------------------------------------------

SIOKIT_INLINE bool dialer::next_of_payload(dial_event& e) noexcept {
  const mutable_bytes whole = links_.body(payload_);
  const mutable_bytes left = whole.subspan(payload_at_ < whole.size() ? payload_at_ : whole.size());
  packet p;
  mutable_bytes rest;
  bool last = true;
  errc why = ++packets_ > limits_.payload_packets ? errc::eio_too_many_packets : errc::none;
  if (why == errc::none)
    why = options_.protocol == 3 ? take_packet3(left, payload_binary_, p, rest, last) : eio::take_packet(left, p, rest, last);
  if (why != errc::none) {
    finish_payload();
    lose(close_reason::transport_error, why);
    return false;
  }
  payload_at_ = whole.size() - rest.size();
  const link_id reading = payload_;
  const bool tells = take_packet(p, e);
  // The view in the event outlives the release: bytes stay until the next call.
  if (last && payload_ == reading) finish_payload();
  return tells;
}

SIOKIT_INLINE void dialer::finish_payload() noexcept {
  const link_id done = std::exchange(payload_, link_id{});
  if (done != link_id{}) links_.release(done);
}

// ---- packets ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE bool dialer::take_packet(packet& p, dial_event& e) noexcept {
  if (state_ == state::closed) return false;
  if (state_ == state::opening) {
    if (p.type == packet_type::open) return take_open(as_text(p.data)), false;
    return lose(close_reason::transport_error, errc::eio_bad_open), false;
  }
  switch (p.type) {
    case packet_type::message:
      e = {};
      e.what = p.binary ? dial_event::kind::binary : dial_event::kind::text;
      e.data = p.data;
      return true;
    case packet_type::ping:
      if (options_.protocol == 3) return false;
      answer("3");
      begin_heartbeat();
      tell(told::ping);
      return false;
    case packet_type::pong:
      if (options_.protocol != 3 || heartbeat_.what != timer::server_ping) return false;
      begin_heartbeat();
      tell(told::ping);
      return false;
    case packet_type::close:
      // A server that switches may release the parked poll in this way.
      if (state_ != state::pausing) lose(close_reason::transport_close, errc::none);
      return false;
    case packet_type::open: return lose(close_reason::transport_error, errc::eio_bad_open), false;
    case packet_type::upgrade:
    case packet_type::noop: return false;
  }
  return false;
}

SIOKIT_INLINE void dialer::take_open(std::string_view text) noexcept {
  constexpr std::int64_t longest = std::int64_t{1} << 31;
  json::shape shape;
  arena scratch(blocks_);
  value_context context{{}, &scratch};
  if (json::check(text, {8, 1024}, shape) != errc::none || !shape.object)
    return lose(close_reason::transport_error, errc::eio_bad_open);
  const value_view all(text, &context);
  std::string_view sid;
  std::int64_t interval = 0, timeout = 0, most = 0;
  const bool good = all.find("sid").as_string(sid) == errc::none && !sid.empty() && sid.size() <= limits_.sid &&
                    all.find("pingInterval").as_int64(interval) == errc::none && interval > 0 && interval <= longest &&
                    all.find("pingTimeout").as_int64(timeout) == errc::none && timeout > 0 && timeout <= longest;
  if (!good) return lose(close_reason::transport_error, errc::eio_bad_open);
  if (all.find("maxPayload").as_int64(most) != errc::none || most < 0) most = 0;
  sid_.clear();
  for (const char c : sid)
    if (!sid_.push(blocks_, c)) return lose(close_reason::transport_error, errc::out_of_memory);
  ping_interval_ = milliseconds(interval);
  ping_timeout_ = milliseconds(timeout);
  max_payload_ = static_cast<std::size_t>(most);
  may_upgrade_ = false;
  if (transport_ == transport::polling && options_.upgrade)
    for (const eio::transport ours : options_.transports)
      for (const value_view name : all.find("upgrades").elements())
        may_upgrade_ |= ours == transport::websocket && name.equals("websocket");
  state_ = state::open;
  websocket_worked_ = transport_ == transport::websocket;
  begin_heartbeat();
  tell(told::opened);
}

// ---- the upgrade -----------------------------------------------------------------------------------------------------

SIOKIT_INLINE void dialer::take_probe(packet& p) noexcept {
  if (state_ != state::open || p.type != packet_type::pong || as_text(p.data) != "probe") return drop_candidate();
  state_ = state::pausing;
  try_switch();
}

// Polling is at rest when neither a poll nor a post is on its way: then nothing can be lost or overtaken.
SIOKIT_INLINE void dialer::try_switch() noexcept {
  if (state_ != state::pausing || poll_ != link_id{} || post_ != link_id{} || payload_ != link_id{}) return;
  if (!send_now(candidate_, "5")) return drop_candidate();
  timers_.stop(probe_);
  websocket_ = std::exchange(candidate_, link_id{});
  transport_ = transport::websocket;
  state_ = state::open;
  websocket_worked_ = true;
  tell(told::upgraded);
}

// Polling goes on, also when it was being paused: the reference stalls there.
SIOKIT_INLINE void dialer::drop_candidate() noexcept {
  timers_.stop(probe_);
  if (const link_id gone = std::exchange(candidate_, link_id{}); gone != link_id{}) links_.leave(gone);
  if (state_ == state::pausing) state_ = state::open;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
