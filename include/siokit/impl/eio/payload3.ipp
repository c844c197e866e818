// Bodies of eio/payload3.hpp.
#pragma once

#include <siokit/http/response_writer.hpp>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE std::size_t utf16_size(std::string_view text) noexcept {
  std::size_t units = 0;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    // One unit for each first byte, and a second one for what lies beyond U+FFFF.
    units += ((u & 0xc0) != 0x80 ? 1u : 0u) + (u >= 0xf0 ? 1u : 0u);
  }
  return units;
}

/// Takes the digit at `place` of a length that must not be above `most`. False when it cannot stand there.
SIOKIT_INLINE bool add_digit(unsigned digit, std::size_t place, std::size_t most, std::size_t& length) noexcept {
  const bool zero_first = place != 0 && length == 0;
  if (digit > 9 || zero_first || length > most / 10) return false;
  length = length * 10 + digit;
  return length <= most;
}

/// How many bytes the first `units` UTF-16 code units of a text take. eio_bad_length when it has fewer, or when the
/// last is half of a pair.
SIOKIT_INLINE errc measure(std::string_view text, std::size_t units, std::size_t& bytes) noexcept {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  while (units != 0) {
    const auto left = static_cast<std::size_t>(end - at);
    const char* const stop = scan::native::find<scan::not_ascii>(at, at + (units < left ? units : left));
    units -= static_cast<std::size_t>(stop - at);
    at = stop;
    if (units == 0) break;
    if (at == end) return errc::eio_bad_length;
    const std::size_t n = utf8::sequence(at, end);
    if (n == 0) return errc::utf8_invalid;
    const std::size_t taken = n == 4 ? 2 : 1;
    if (taken > units) return errc::eio_bad_length;
    units -= taken;
    at += n;
  }
  bytes = static_cast<std::size_t>(at - begin);
  return errc::none;
}

/// One text packet, "b4" and base64 included.
SIOKIT_INLINE errc decode3(mutable_bytes in, packet& out) noexcept {
  if (in.empty()) return errc::eio_empty_packet;
  if (static_cast<char>(in[0]) != 'b') return decode(in, out);
  if (in.size() < 2 || static_cast<char>(in[1]) != '4') return errc::eio_bad_type;  // only messages are binary
  const mutable_bytes data = in.subspan(2);
  const std::size_t size = base64::decoded_size(as_text(data));  // before it is overwritten
  if (const errc e = base64::decode(as_text(data), data.data()); e != errc::none) return e;
  out = {packet_type::message, true, data.first(size)};
  return errc::none;
}

SIOKIT_INLINE errc take_text3(mutable_bytes body, packet& out, mutable_bytes& rest) noexcept {
  const std::string_view text = as_text(body);
  if (text == "0:") {
    out = {};
    rest = {};
    return errc::none;
  }
  std::size_t at = 0;
  std::size_t units = 0;
  // A character is at least a byte, so no length is more than the bytes that are left.
  for (; at < text.size() && text[at] != ':'; ++at) {
    const unsigned digit = static_cast<unsigned char>(text[at]) - unsigned{'0'};
    if (!add_digit(digit, at, text.size(), units)) return errc::eio_bad_length;
  }
  if (at == 0 || at == text.size()) return errc::eio_bad_length;
  std::size_t size = 0;
  if (const errc e = measure(text.substr(at + 1), units, size); e != errc::none) return e;
  rest = body.subspan(at + 1 + size);
  return decode3(body.subspan(at + 1, size), out);
}

SIOKIT_INLINE errc take_binary3(mutable_bytes body, packet& out, mutable_bytes& rest) noexcept {
  const unsigned kind = as_number(body[0]);
  if (kind > 1) return errc::eio_bad_type;
  std::size_t at = 1;
  std::size_t size = 0;
  for (; at < body.size() && as_number(body[at]) != 255; ++at)
    if (!add_digit(as_number(body[at]), at - 1, body.size(), size)) return errc::eio_bad_length;
  if (at == 1 || at == body.size() || size > body.size() - at - 1) return errc::eio_bad_length;
  const mutable_bytes one = body.subspan(at + 1, size);
  rest = body.subspan(at + 1 + size);
  if (kind == 0) return utf8::valid(as_text(one)) ? decode3(one, out) : errc::utf8_invalid;
  if (one.empty()) return errc::eio_empty_packet;
  if (as_number(one[0]) != 4) return errc::eio_bad_type;
  out = {packet_type::message, true, one.subspan(1)};
  return errc::none;
}

SIOKIT_INLINE errc take_packet3(mutable_bytes body, bool binary, packet& out, mutable_bytes& rest,
                                bool& last) noexcept {
  rest = {};
  last = true;
  if (body.empty()) return errc::eio_empty_packet;
  const errc e = binary ? take_binary3(body, out, rest) : take_text3(body, out, rest);
  last = rest.empty();
  return e;
}

SIOKIT_INLINE void put_packet3(frame_builder& out, const frame& what) noexcept {
  const bytes_view in = what.payload();
  if (what.kind() != frame_kind::binary) {
    http::put_number(out, utf16_size(as_text(in)));
    out.put(':');
    out.put(as_text(in));
    return;
  }
  const std::size_t size = base64::encoded_size(in.size());
  http::put_number(out, size + 2);
  out.put(":b4");
  if (char* const at = out.reserve(size)) out.commit(base64::encode(in, at));
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
