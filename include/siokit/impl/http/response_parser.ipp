// Bodies of http/response_parser.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE step response_parser::next(std::string_view unread, const limits& limit, response_view& out) noexcept {
  if (state_ == state::failed) return step::failed;
  const std::string_view in = unread.substr(0, limit.request_head);
  errc e = errc::none;
  if (state_ < state::fields) e = status_line(in, limit);
  if (e == errc::none && state_ == state::fields) e = field_lines(in, limit);
  if (e == errc::none && state_ == state::done) {
    e = finish(in, out);
    if (e == errc::none) {
      *this = response_parser{};
      return step::done;
    }
  }
  if (e == errc::none && unread.size() > limit.request_head) e = errc::http_head_too_large;
  if (e == errc::none) return step::more;
  state_ = state::failed;
  error_ = e;
  return step::failed;
}

SIOKIT_INLINE errc response_parser::status_line(std::string_view in, const limits& limit) noexcept {
  while (state_ < state::fields && here_.at < in.size()) {
    const char c = in[here_.at];
    if (here_.at == limit.request_line && c != '\r' && state_ != state::line_lf) return errc::http_head_too_large;
    const errc e = status_line_byte(in.substr(0, here_.at), c);
    if (e != errc::none) return e;
    ++here_.at;
  }
  if (state_ == state::fields) {
    here_.line = here_.at;
    here_.at = 0;
  }
  return errc::none;
}

// `line` is the status line up to the byte c, which is new.
SIOKIT_INLINE errc response_parser::status_line_byte(std::string_view line, char c) noexcept {
  constexpr std::string_view wanted = "HTTP/1.v sdd";
  constexpr errc bad = errc::http_bad_status_line;
  if (state_ == state::line_lf) {
    state_ = state::fields;
    return c == '\n' ? errc::none : bad;
  }
  if (line.size() < wanted.size()) {
    const char w = wanted[line.size()];
    if (w == 'v' && c == '0') mark(seen::minor_zero);
    if (w == 'v') return c == '0' || c == '1' ? errc::none : errc::http_bad_version;
    const bool fits = w == 's' ? c >= '1' && c <= '5' : w == 'd' ? digit(c) : c == w;
    return fits ? errc::none : bad;
  }
  if (c == '\r') {
    state_ = state::line_lf;
    return errc::none;
  }
  // The space before an empty reason is often left out, though RFC 9112 4 wants it.
  if (line.size() == wanted.size()) return c == ' ' ? errc::none : bad;
  return c == '\t' || !control_char::byte(static_cast<unsigned char>(c)) ? errc::none : bad;
}

SIOKIT_INLINE errc response_parser::field_lines(std::string_view in, const limits& limit) noexcept {
  errc e = errc::none;
  field line;
  for (;;) {
    switch (here_.next(in, limit.headers, line, e)) {
      case line_step::more:
      case line_step::failed: return e;
      case line_step::end: state_ = state::done; return errc::none;
      case line_step::line: e = look_at(line);
    }
    if (e != errc::none) return e;
  }
}

SIOKIT_INLINE errc response_parser::look_at(const field& line) noexcept {
  const errc e = check_framing(line, saw(seen::length), saw(seen::transfer), saw(seen::minor_zero));
  if (e != errc::none) return e;
  if (same(line.name, "Content-Length")) mark(seen::length);
  if (same(line.name, "Transfer-Encoding")) mark(seen::transfer);
  // We ask for none, so nothing of the kind is decoded.
  if (same(line.name, "Content-Encoding") && !same(line.value, "identity")) return errc::http_bad_transfer_encoding;
  if (same(line.name, "Connection")) {
    if (list_has(line.value, "close")) mark(seen::close);
    if (list_has(line.value, "keep-alive")) mark(seen::keep_alive);
  }
  return errc::none;
}

SIOKIT_INLINE errc response_parser::finish(std::string_view in, response_view& out) const noexcept {
  out = response_view{};
  const std::size_t end = in.find('\n');
  for (const char c : in.substr(9, 3)) out.status = static_cast<std::uint16_t>(out.status * 10 + (c - '0'));
  out.fields = in.substr(end + 1, here_.line - 2 - (end + 1));
  out.size = here_.line;
  out.keep_alive = !saw(seen::close) && (!saw(seen::minor_zero) || saw(seen::keep_alive));
  out.upgrade = out.status == 101;
  if (out.status < 200 || out.status == 204 || out.status == 304) return errc::none;  // RFC 9112 6.3
  out.body = framing::until_close;
  if (saw(seen::transfer)) out.body = framing::chunked;
  if (saw(seen::length)) {
    const errc e = read_length(*find(out.fields, "Content-Length"), out.length);
    if (e != errc::none) return e;
    out.body = out.length == 0 ? framing::none : framing::length;
  }
  if (out.body == framing::until_close) out.keep_alive = false;
  return errc::none;
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
