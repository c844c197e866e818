// Bodies of ws/stream.hpp.
#pragma once

#include <cstring>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace ws {

// What most messages are: one frame of less than 64 KiB that lies whole in the buffer. Whatever is not right about it is left
// to the others to name, but for its text.
SIOKIT_ALWAYS_INLINE bool stream::read_whole(in_buffer& in, std::size_t largest, event& out) noexcept {
  constexpr unsigned text_frame = 0x80 | static_cast<unsigned>(opcode::text);
  constexpr unsigned binary_frame = 0x80 | static_cast<unsigned>(opcode::binary);
  constexpr std::size_t two_bytes_follow = 126;
  const mutable_bytes rest = in.unread();
  const bool masked = role_ == role::server;
  std::size_t head = masked ? 6 : 2;
  if (rest.size() < head || message_ + gap_ != 0 || state_ != state::idle || kind_ != message::none) return false;
  const unsigned first = as_number(rest[0]);
  std::size_t length = as_number(rest[1]) & 0x7f;
  if ((first != text_frame && first != binary_frame) || (as_number(rest[1]) > 0x7f) != masked) return false;
  if (length == two_bytes_follow) {
    if (rest.size() < head + 2) return false;
    length = std::size_t{as_number(rest[2])} << 8 | as_number(rest[3]);
    head += 2;
    if (length < two_bytes_follow) return false;
  } else if (length > two_bytes_follow) {
    return false;
  }
  if (length > largest || rest.size() - head < length) return false;
  const mutable_bytes payload = rest.subspan(head, length);
  bool ascii = false;
  if (masked) {
    mask_key key;
    std::memcpy(key.data(), rest.data() + head - key.size(), key.size());
    ascii = apply_mask(payload, key);
  }
  const bool text = first == text_frame;
  if (text && !ascii && !utf8::valid(as_text(payload))) out.error = errc::ws_bad_utf8;
  out.what = text ? event::kind::text : event::kind::binary;
  out.data = payload;
  in.consume(head);
  message_ = static_cast<std::uint32_t>(length);
  state_ = state::handed;
  return true;
}

SIOKIT_INLINE void stream::forget_message(in_buffer& in) noexcept {
  in.consume(std::size_t{message_} + gap_);
  message_ = gap_ = fragments_ = 0;
  kind_ = message::none;
  text_ = {};
  state_ = state::idle;
}

SIOKIT_INLINE event stream::next(in_buffer& in, const limits& limit, std::size_t largest) noexcept {
  if (state_ == state::handed) forget_message(in);
  event out;
  if (!read_whole(in, largest, out)) return read_piecemeal(in, limit, largest);
  return out.error == errc::none ? out : fail(in, out.error);
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE event stream::read_piecemeal(in_buffer& in, const limits& limit, std::size_t largest) noexcept {
  if (state_ == state::failed) return fail(in, error_);
  if (state_ == state::closed) {
    in.consume(in.size());  // RFC 6455 5.5.1: what follows a Close is nothing
    return {};
  }
  event out;
  for (;;) {
    const bool moved = state_ == state::payload ? read_payload(in, out) : read_header(in, limit, largest, out);
    if (out.what == event::kind::failed) out = fail(in, out.error);
    if (out.what != event::kind::more) return out;
    if (!moved) break;
  }
  // Closing the gap moves no more bytes than framing came, so all of it together stays linear.
  if (gap_ != 0 && gap_ >= message_) {
    in.cut(message_, gap_);
    gap_ = 0;
  }
  return out;
}

SIOKIT_INLINE event stream::fail(in_buffer& in, errc e) noexcept {
  in.consume(in.size());
  message_ = gap_ = left_ = 0;
  state_ = state::failed;
  error_ = e;
  return {.what = event::kind::failed, .error = e};
}

// What the first two bytes of a header tell, as soon as they are there.
SIOKIT_INLINE errc stream::check_start(bytes_view in) const noexcept {
  const unsigned first = as_number(in[0]);
  const auto what = static_cast<opcode>(first & 15);
  if ((first & 0x70) != 0) return errc::ws_reserved_bits;
  if (is_control(what)) {
    if (what > opcode::pong) return errc::ws_bad_opcode;
    if ((first & 0x80) == 0) return errc::ws_control_fragmented;
  } else {
    if (what > opcode::binary) return errc::ws_bad_opcode;
    if (what == opcode::continuation && kind_ == message::none) return errc::ws_unexpected_continuation;
    if (what != opcode::continuation && kind_ != message::none) return errc::ws_expected_continuation;
  }
  if (in.size() == 1) return errc::none;
  const unsigned second = as_number(in[1]);
  const bool masked = (second & 0x80) != 0;
  if (masked != (role_ == role::server)) return masked ? errc::ws_masked : errc::ws_unmasked;
  return is_control(what) && (second & 0x7f) > longest_control ? errc::ws_control_too_long : errc::none;
}

// True when it got on: a data frame begins, or `out` tells what came.
SIOKIT_INLINE bool stream::read_header(in_buffer& in, const limits& limit, std::size_t largest, event& out) noexcept {
  if (message_ == 0 && gap_ != 0) {
    in.consume(gap_);
    gap_ = 0;
  }
  const mutable_bytes rest = in.unread().subspan(std::size_t{message_} + gap_);
  if (rest.empty()) return false;
  header head;
  out.error = check_start(rest);
  if (out.error == errc::none) {
    if (!decode(rest, head)) return false;
    if (is_control(head.what)) return read_control(head, rest, out);
    out.error = begin_message_frame(head, limit, largest);
  }
  if (out.error != errc::none) {
    out.what = event::kind::failed;
    return true;
  }
  gap_ += head.size;
  if (message_ == 0) {
    in.consume(gap_);
    gap_ = 0;
  }
  return true;
}

SIOKIT_INLINE errc stream::begin_message_frame(const header& head, const limits& limit, std::size_t largest) noexcept {
  constexpr std::uint64_t most = 0x7ffffff0;  // what an in_buffer holds
  if (head.length >> 63 != 0) return errc::ws_length_invalid;
  if (!is_minimal(head)) return errc::ws_length_not_minimal;  // RFC 6455 5.2: MUST; the reference takes them
  const std::uint64_t bound = largest < most ? largest : most;
  if (head.length > bound || message_ > bound - head.length) return errc::ws_message_too_big;
  if (fragments_ >= limit.fragments) return errc::ws_too_many_fragments;
  ++fragments_;
  if (head.what != opcode::continuation) kind_ = head.what == opcode::text ? message::text : message::binary;
  left_ = static_cast<std::uint32_t>(head.length);
  key_ = head.key;
  masked_ = head.masked;
  fin_ = head.fin;
  state_ = state::payload;
  return errc::none;
}

// True when the frame is complete, or `out` tells what came.
SIOKIT_INLINE bool stream::read_payload(in_buffer& in, event& out) noexcept {
  const mutable_bytes all = in.unread();
  const std::size_t at = std::size_t{message_} + gap_;
  const std::size_t n = all.size() - at < left_ ? all.size() - at : left_;
  if (n != 0) {
    const mutable_bytes piece = all.subspan(message_, n);
    if (gap_ != 0) std::memmove(piece.data(), all.data() + at, n);
    bool ascii = false;
    if (masked_) {
      ascii = apply_mask(piece, key_);
      key_ = rotated(key_, n);
    }
    message_ += static_cast<std::uint32_t>(n);
    left_ -= static_cast<std::uint32_t>(n);
    const bool nothing_new = ascii && text_.complete();
    if (kind_ == message::text && !nothing_new && !text_.feed(as_text(piece))) out.error = errc::ws_bad_utf8;
  }
  if (left_ != 0 && out.error == errc::none) return false;
  state_ = state::idle;
  if (out.error == errc::none) {
    if (!fin_) return true;
    if (kind_ == message::text && !text_.complete()) out.error = errc::ws_bad_utf8;
  }
  if (out.error != errc::none) {
    out.what = event::kind::failed;
    return true;
  }
  out.what = kind_ == message::text ? event::kind::text : event::kind::binary;
  out.data = all.first(message_);
  state_ = state::handed;
  return true;
}

// `rest` begins with the frame's header. A control frame is read whole or not at all: it has 125 bytes at most.
SIOKIT_INLINE bool stream::read_control(const header& head, mutable_bytes rest, event& out) noexcept {
  const std::size_t length = static_cast<std::size_t>(head.length);
  if (rest.size() < head.size + length) return false;
  const mutable_bytes payload = rest.subspan(head.size, length);
  if (head.masked) (void)apply_mask(payload, head.key);
  gap_ += static_cast<std::uint32_t>(head.size + length);
  out.data = payload;
  if (head.what != opcode::close) {
    out.what = head.what == opcode::ping ? event::kind::ping : event::kind::pong;
    return true;
  }
  out.error = read_close(payload, out);
  out.what = out.error == errc::none ? event::kind::closing : event::kind::failed;
  if (out.error == errc::none) state_ = state::closed;
  return true;
}

// RFC 6455 5.5.1, 7.4
SIOKIT_INLINE errc stream::read_close(mutable_bytes payload, event& out) noexcept {
  if (payload.empty()) return errc::none;
  if (payload.size() == 1) return errc::ws_bad_close_payload;
  out.code = static_cast<std::uint16_t>(as_number(payload[0]) << 8 | as_number(payload[1]));
  out.data = payload.subspan(2);
  if (!is_valid_close_code(out.code)) return errc::ws_bad_close_code;
  return utf8::valid(as_text(out.data)) ? errc::none : errc::ws_bad_utf8;
}

}  // namespace ws

SIOKIT_NAMESPACE_END
#endif
