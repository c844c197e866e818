// Bodies of http/request_writer.hpp.
#pragma once

#include <array>

#include <siokit/text/base64.hpp>
#include <siokit/text/utf8.hpp>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE void write_request(frame_builder& out, const request_head& head) noexcept {
  out.put(head.method);
  out.put(' ');
  out.put(head.target);
  out.put(" HTTP/1.1\r\nHost: ");
  out.put(head.host);
  out.put("\r\n");
  out.put(head.fields);
  if (head.length) {
    out.put("Content-Length: ");
    put_number(out, *head.length);
    out.put("\r\n");
  }
  if (!head.keep_alive) out.put("Connection: close\r\n");
  out.put("\r\n");
}

/// Writes the base64 of "user:password", percent-decoded ('+' stands for itself), three bytes at a time.
SIOKIT_INLINE void put_basic(frame_builder& out, std::string_view user_info) noexcept {
  std::array<std::byte, 3> group{};
  std::size_t n = 0;
  const auto flush = [&] {
    char coded[4];
    const char* const end = base64::encode(bytes_view(group).first(n), coded);
    out.put(std::string_view(coded, static_cast<std::size_t>(end - coded)));
    n = 0;
  };
  const auto add = [&](int byte) {
    group[n++] = static_cast<std::byte>(byte);
    if (n == group.size()) flush();
  };
  // RFC 7617 2: there is always a colon; a user without one has an empty password.
  const bool whole = user_info.find(':') != std::string_view::npos;
  while (!user_info.empty()) {
    const bool escape = starts_with_escape(user_info);
    add(escape ? hex(user_info[1]) * 16 + hex(user_info[2]) : static_cast<unsigned char>(user_info.front()));
    user_info.remove_prefix(escape ? 3 : 1);
  }
  if (!whole) add(':');
  if (n != 0) flush();
}

SIOKIT_INLINE void write_connect(frame_builder& out, std::string_view host, std::uint16_t port,
                                 std::string_view user_info) noexcept {
  out.put("CONNECT ");
  put_authority(out, host, port);
  out.put(" HTTP/1.1\r\nHost: ");
  put_authority(out, host, port);
  out.put("\r\n");
  if (!user_info.empty()) {
    out.put("Proxy-Authorization: Basic ");
    put_basic(out, user_info);
    out.put("\r\n");
  }
  out.put("\r\n");
}

SIOKIT_INLINE bool is_target(std::string_view text) noexcept {
  if (!text.starts_with('/')) return false;
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f || c == '#') return false;
  return true;
}

SIOKIT_INLINE bool is_reserved_in_request(std::string_view name) noexcept {
  constexpr std::string_view names[] = {"Host", "Upgrade", "Expect", "TE", "Trailer"};
  for (const std::string_view reserved : names)
    if (same(name, reserved)) return true;
  constexpr std::string_view prefix = "Sec-WebSocket-";
  return is_reserved(name) || same(name.substr(0, prefix.size()), prefix);
}

SIOKIT_INLINE bool put_request_field(frame_builder& out, std::string_view name, std::string_view value) noexcept {
  return !is_reserved_in_request(name) && put_field(out, name, value);
}

/// What encodeURIComponent() leaves as it is.
inline constexpr char_set component_chars{
    "-_.!~*'()0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"};

SIOKIT_INLINE void put_escaped(frame_builder& out, std::string_view text) noexcept {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const char escape[3] = {'%', digits[u >> 4], digits[u & 15]};
    out.put(std::string_view(escape, 3));
  }
}

SIOKIT_INLINE void put_component(frame_builder& out, std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    if (!scan::not_ascii::byte(static_cast<unsigned char>(*at))) {
      if (component_chars.has(*at)) out.put(*at);
      else put_escaped(out, std::string_view(at, 1));
      ++at;
      continue;
    }
    const std::size_t n = utf8::sequence(at, end);
    put_escaped(out, n != 0 ? std::string_view(at, n) : utf8::replacement);
    at += n != 0 ? n : utf8::ill_formed(at, end);
  }
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
