// Bodies of eio/dialer.hpp: what is sent, and back-pressure.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

// ---- requests --------------------------------------------------------------------------------------------------------

// The order of the parameters is the reference's.
SIOKIT_INLINE void dialer::put_target(frame_builder& out, eio::transport by) noexcept {
  const bool polling = by == transport::polling;
  std::string_view path = options_.path;
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  out.put(path);
  if (options_.add_trailing_slash) out.put('/');
  char before = '?';
  const auto put = [&](std::string_view name, std::string_view value) {
    out.put(std::exchange(before, '&'));
    http::put_component(out, name);
    out.put('=');
    http::put_component(out, value);
  };
  const auto put_sid = [&] {
    if (!sid_.empty()) put("sid", sid());
  };
  for (const auto& [name, value] : options_.query) put(name, value);
  put("EIO", options_.protocol == 3 ? "3" : "4");
  put("transport", polling ? "polling" : "websocket");
  if (!polling) put_sid();
  std::byte raw[6];
  char stamp[8];
  if (options_.timestamp_requests.value_or(polling) && luck_.take(raw)) {
    base64::encode_url(raw, stamp);
    put(options_.timestamp_param, {stamp, sizeof stamp});
  }
  if (options_.force_base64) put("b64", "1");
  if (polling) put_sid();
}

SIOKIT_INLINE void dialer::put_fields(frame_builder& out) noexcept {
  for (const auto& [name, value] : options_.extra_headers) (void)http::put_request_field(out, name, value);
  if (!options_.with_credentials) return;
  cookies_.put(out, host_.unix_ms == nullptr ? 0 : host_.unix_ms(host_.ctx));
}

SIOKIT_INLINE frame dialer::request_head(std::string_view method, std::size_t length) noexcept {
  const bool post = method == "POST";
  frame_builder target(blocks_), fields(blocks_), out(blocks_);
  put_target(target, transport::polling);
  if (post) fields.put("Content-Type: text/plain;charset=UTF-8\r\n");
  put_fields(fields);
  if (target.failed() || fields.failed()) return {};
  const std::optional<std::size_t> body = post ? std::optional(length) : std::nullopt;
  const std::string_view host = as_text(host_name_.payload());
  http::write_request(out, {.method = method, .host = host, .target = target.written(), .fields = fields.written(), .length = body});
  return out.finish(frame_kind::raw);
}

// ---- sending ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE delivery dialer::send(std::span<const frame> message, bool control) noexcept {
  if (!is_open()) return delivery::refused;
  std::size_t size = 0;
  for (const frame& f : message) size += out_queue::weight(f);
  const std::size_t queued = queued_bytes();
  const bool full = !control && queued != 0 && queued + size > limits_.max_queued;
  if (full || !queue_.reserve(blocks_, message.size())) {
    congested_ = true;
    return delivery::refused;
  }
  if (queue_.empty()) queued_turn_ = turn_;
  for (const frame& f : message) (void)queue_.push(blocks_, f, wire::payload);
  congested_ |= queued + size > limits_.high_water;
  wake();
  return congested_ ? delivery::congested : delivery::queued;
}

// A packet of the protocol's own. Without memory for it the session could not live on.
SIOKIT_INLINE void dialer::answer(std::string_view text) noexcept {
  frame made = frame::copy(blocks_, frame_kind::text, as_bytes(text));
  if (queue_.empty()) queued_turn_ = turn_;
  if (!made || !queue_.push(blocks_, std::move(made), wire::payload)) lose(close_reason::transport_error, errc::out_of_memory);
}

// One masked frame, past the queue.
SIOKIT_INLINE bool dialer::send_now(link_id to, std::string_view text) noexcept {
  ws::mask_key key{};
  if (!luck_.take(key)) return false;
  frame made = ws::whole_frame(blocks_, ws::opcode::text, as_bytes(text), &key);
  if (!made) return false;
  links_.send(to, std::move(made));
  return true;
}

SIOKIT_INLINE bool dialer::ready() noexcept {
  if (!is_open()) return false;
  if (!queue_.empty() && queued_turn_ != turn_) return false;
  return transport_ == transport::websocket ? links_.all_sent(websocket_) : post_ == link_id{};
}

SIOKIT_INLINE void dialer::flush() noexcept {
  if (state_ == state::closed || state_ == state::opening) return;
  if (transport_ == transport::websocket) {
    flush_websocket();
    return go_on_closing();
  }
  if (!in_call_) return;
  try_switch();
  if (transport_ == transport::websocket) return flush_websocket();
  if (state_ != state::pausing) flush_polling();
  if (state_ == state::open && std::exchange(may_upgrade_, false)) start_websocket();
  if (state_ == state::open && poll_ == link_id{} && payload_ == link_id{}) start_poll();
  go_on_closing();
}

// All that waits becomes one block, so that one turn's messages leave in one send; what is large goes in several.
SIOKIT_INLINE void dialer::flush_websocket() noexcept {
  constexpr std::size_t enough = 64 * 1024;
  if (queue_.empty() || websocket_ == link_id{} || !links_.all_sent(websocket_)) return;
  std::size_t size = 0;
  for (std::size_t i = 0; i < queue_.size() && size < enough; ++i) size += queue_[i].size() + ws::longest_header + 1;
  frame_builder out(blocks_, size);
  bool good = !out.failed();
  for (std::size_t n = 0; good && !queue_.empty() && n < enough;) {
    const frame one = queue_.pop(blocks_);
    n += one.size() + ws::longest_header + 1;
    under_way_ += out_queue::weight(one);
    good = put_masked(out, one);
  }
  frame made = out.finish(frame_kind::raw);
  if (!good || !made) return lose(close_reason::transport_error, errc::out_of_memory);
  links_.send(websocket_, std::move(made));
}

SIOKIT_INLINE bool dialer::put_masked(frame_builder& out, const frame& one) noexcept {
  static constexpr std::byte message{4};  // eio3: the type of a binary packet is a byte in front
  ws::mask_key key{};
  if (!luck_.take(key)) return false;
  if (one.kind() != frame_kind::binary) {
    ws::put_frame(out, ws::opcode::text, one.payload(), {}, &key);
  } else if (!options_.force_base64) {
    const bytes_view first = options_.protocol == 3 ? bytes_view(&message, 1) : bytes_view{};
    ws::put_frame(out, ws::opcode::binary, first, one.payload(), &key);
  } else {
    frame text = one;
    if (prepare_for_polling(text, blocks_) != errc::none) return false;
    const bytes_view all = text.polling().payload();  // "b..."
    if (options_.protocol == 3) {
      frame_builder typed(blocks_, all.size() + 1);
      typed.put("b4");
      typed.put(as_text(all.subspan(1)));
      text = typed.finish(frame_kind::text);
      if (!text) return false;
      ws::put_frame(out, ws::opcode::text, text.payload(), {}, &key);
    } else {
      ws::put_frame(out, ws::opcode::text, all, {}, &key);
    }
  }
  return !out.failed();
}

// One POST at a time, of as much as the server takes at once, but at least one packet.
SIOKIT_INLINE void dialer::flush_polling() noexcept {
  if (queue_.empty() || post_ != link_id{}) return;
  frame_builder out(blocks_);
  bool good = true;
  while (good && !queue_.empty()) {
    frame one = queue_.front();
    const std::size_t before = out.written().size();
    if (options_.protocol == 3) {
      put_packet3(out, one);
    } else if (prepare_for_polling(one, blocks_) == errc::none) {
      if (before != 0) out.put(separator);
      out.put(as_text(one.as(wire::poll4)));
    } else {
      good = false;
    }
    good = good && !out.failed();
    if (before != 0 && max_payload_ != 0 && out.written().size() > max_payload_) {
      out.truncate(before);
      break;
    }
    under_way_ += out_queue::weight(one);
    (void)queue_.pop(blocks_);
  }
  const std::size_t size = out.written().size();
  frame body = out.finish(frame_kind::raw);
  if (good && body) post_ = links_.request(request_head("POST", size), std::move(body));
  if (post_ == link_id{}) lose(close_reason::transport_error, errc::out_of_memory);
}

SIOKIT_INLINE void dialer::drain() noexcept {
  if (!congested_ || queued_bytes() > limits_.low_water) return;
  congested_ = false;
  tell(told::drained);
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
