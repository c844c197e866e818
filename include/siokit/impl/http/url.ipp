// Bodies of http/url.hpp.
#pragma once

#include <siokit/http/response_writer.hpp>
#include <siokit/text/utf8.hpp>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

/// userinfo without escapes (RFC 3986 3.2.1). No '@': what lies before the last one may hide the host.
inline constexpr char_set user_info_chars{
    "-._~!$&'()*+,;=:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"};

/// Whether a text begins with a percent sign and two hexadecimal digits.
SIOKIT_INLINE bool starts_with_escape(std::string_view text) noexcept {
  return text.size() > 2 && text.front() == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0;
}

SIOKIT_INLINE bool is_user_info(std::string_view text) noexcept {
  while (!text.empty()) {
    const bool escape = starts_with_escape(text);
    if (!escape && !user_info_chars.has(text.front())) return false;
    text.remove_prefix(escape ? 3 : 1);
  }
  return true;
}

/// Whether nothing in a URL can end a line, split a word or be read as two different texts.
SIOKIT_INLINE bool is_clean(std::string_view text) noexcept {
  for (const char c : text)
    if (c == ' ' || control_char::byte(static_cast<unsigned char>(c))) return false;
  return utf8::valid(text);
}

/// Takes the scheme, if there is one, and the two slashes off a URL.
SIOKIT_INLINE errc take_scheme(std::string_view& text, url_view& out) noexcept {
  const std::size_t end = text.find_first_of(":/?#");
  if (text.starts_with("//")) {
    text.remove_prefix(2);
  } else if (end != std::string_view::npos && text.substr(end).starts_with("://")) {
    const std::string_view scheme = text.substr(0, end);
    out.secure = same(scheme, "https") || same(scheme, "wss");
    if (!out.secure && !same(scheme, "http") && !same(scheme, "ws")) return errc::bad_url;
    out.has_scheme = true;
    text.remove_prefix(end + 3);
  }
  return errc::none;
}

/// Takes [user_info "@"] host [":" port] apart.
SIOKIT_INLINE errc split_authority(std::string_view text, url_view& out) noexcept {
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    out.user_info = text.substr(0, at);
    if (!is_user_info(out.user_info)) return errc::bad_url;
    text.remove_prefix(at + 1);
  }
  // is_host() lets servers see escapes that clients of unix sockets send; there is no such host to look up.
  if (!is_host(text) || text.find('%') != std::string_view::npos) return errc::bad_url;
  const bool literal = text.front() == '[';
  const std::size_t end = literal ? text.find(']') : text.find(':');
  out.host = literal ? text.substr(1, end - 1) : text.substr(0, end);
  if (literal && !out.is_ipv6()) return errc::bad_url;
  text.remove_prefix(literal ? end + 1 : out.host.size());
  out.port = out.secure ? 443 : 80;
  if (text.empty()) return errc::none;
  std::uint64_t port = 0;  // is_host() saw to it that it is at most 65535
  if (read_length(text.substr(1), port) != errc::none || port == 0) return errc::bad_url;
  out.port = static_cast<std::uint16_t>(port);
  return errc::none;
}

SIOKIT_INLINE errc split_url(std::string_view text, url_view& out) noexcept {
  if (text.size() > longest_url || !is_clean(text)) return errc::bad_url;
  url_view found;
  if (const errc e = take_scheme(text, found); e != errc::none) return e;
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  if (const errc e = split_authority(authority, found); e != errc::none) return e;
  text.remove_prefix(authority.size());
  text = text.substr(0, text.find('#'));
  const std::size_t mark = text.find('?');
  found.path = text.substr(0, mark);
  if (found.path.empty()) found.path = "/";
  if (mark != std::string_view::npos) found.query = text.substr(mark + 1);
  out = found;
  return errc::none;
}

/// Writes a host as it stands in a URL.
SIOKIT_INLINE void put_host_name(frame_builder& out, std::string_view host) noexcept {
  const bool literal = host.find(':') != std::string_view::npos;
  if (literal) out.put('[');
  out.put(host);
  if (literal) out.put(']');
}

SIOKIT_INLINE void put_host(frame_builder& out, const url_view& url) noexcept {
  if (!url.default_port()) return put_authority(out, url.host, url.port);
  put_host_name(out, url.host);
}

SIOKIT_INLINE void put_authority(frame_builder& out, std::string_view host, std::uint16_t port) noexcept {
  put_host_name(out, host);
  out.put(':');
  put_number(out, port);
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
