// Bodies of http/request_parser.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE bool is_method(std::string_view text, bool whole) noexcept {
  constexpr std::array<std::string_view, 35> known{
      "GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE", "ACL", "BIND", "CHECKOUT", "COPY",
      "LINK", "LOCK", "M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "PROPFIND",
      "PROPPATCH", "PURGE", "QUERY", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "UNBIND", "UNLINK", "UNLOCK",
      "UNSUBSCRIBE"};
  for (const std::string_view method : known)
    if (whole ? method == text : method.substr(0, text.size()) == text) return true;
  return false;
}

SIOKIT_INLINE step request_parser::next(std::string_view unread, const limits& limit, request_view& out) noexcept {
  if (state_ == state::failed) return step::failed;
  const std::string_view in = unread.substr(0, limit.request_head);
  errc e = errc::none;
  if (state_ < state::fields) e = request_line(in, limit);
  if (e == errc::none && state_ == state::fields) e = field_lines(in, limit);
  if (e == errc::none && state_ == state::done) {
    e = finish(in, out);
    if (e == errc::none) {
      *this = request_parser{};
      return step::done;
    }
  }
  if (e == errc::none && unread.size() > limit.request_head) e = errc::http_head_too_large;
  if (e == errc::none) return step::more;
  state_ = state::failed;
  error_ = e;
  return step::failed;
}

SIOKIT_INLINE errc request_parser::request_line(std::string_view in, const limits& limit) noexcept {
  while (state_ < state::fields && std::size_t{here_.line} + here_.at < in.size()) {
    const char c = in[std::size_t{here_.line} + here_.at];
    if (here_.at == limit.request_line && c != '\r' && state_ != state::line_lf) return errc::http_target_too_long;
    const errc e = request_line_byte(in.substr(here_.line, here_.at), c);
    if (e != errc::none) return e;
    ++here_.at;
    if (state_ != state::begin && state_ != state::fields) continue;
    here_.line += here_.at;  // an empty line before the request, or the request line, is behind us
    here_.at = 0;
    if (state_ == state::begin) state_ = state::method;
  }
  return errc::none;
}

// `line` is the request line up to the byte c, which is new and follows it in memory.
SIOKIT_INLINE errc request_parser::request_line_byte(std::string_view line, char c) noexcept {
  switch (state_) {
    case state::begin:
      if (c == '\r') {  // RFC 9112 2.2: one empty line, which old clients sent after a POST
        state_ = state::begin_lf;
        return errc::none;
      }
      state_ = state::method;
      [[fallthrough]];
    case state::method:
      if (c == ' ') state_ = state::target;
      if (c == ' ' ? is_method(line, true) : is_method({line.data(), line.size() + 1}, false)) return errc::none;
      return errc::http_bad_method;
    case state::begin_lf:
      if (c != '\n') return errc::http_bad_request_line;
      state_ = state::begin;
      return errc::none;
    case state::version: return version_byte(line, c);
    case state::line_lf:
      if (c != '\n') return errc::http_bad_request_line;
      state_ = state::fields;
      return errc::none;
    default: return target_byte(line, c);
  }
}

SIOKIT_INLINE errc request_parser::target_byte(std::string_view line, char c) noexcept {
  const bool printable = c > ' ' && c < 0x7f && c != '#';
  switch (state_) {
    case state::target:
      if (c == '/') state_ = state::origin;
      else if (c == '*' && line == "OPTIONS ") state_ = state::asterisk;
      else if (lower(c) == 'h') state_ = state::scheme;
      else return errc::http_bad_target;
      return errc::none;
    case state::scheme: {
      const std::string_view begun = line.substr(line.find(' ') + 1);
      const std::size_t i = begun.size();
      const bool secure = i > 4 && lower(begun[4]) == 's';
      const std::string_view wanted = secure || (i == 4 && lower(c) == 's') ? "https://" : "http://";
      if (lower(c) != wanted[i]) return errc::http_bad_target;
      if (i + 1 == wanted.size()) state_ = state::absolute;
      return errc::none;
    }
    case state::absolute:
      if (c == ' ' && !is_host(split_target(line.substr(line.find(' ') + 1)).authority)) return errc::http_bad_target;
      [[fallthrough]];
    case state::origin:
      if (c == ' ') state_ = state::version;
      return c == ' ' || printable ? errc::none : errc::http_bad_target;
    default:  // asterisk
      if (c != ' ') return errc::http_bad_target;
      state_ = state::version;
      return errc::none;
  }
}

SIOKIT_INLINE errc request_parser::version_byte(std::string_view line, char c) noexcept {
  constexpr std::string_view wanted = "HTTP/d.d\r";
  const std::string_view begun = line.substr(line.rfind(' ') + 1);
  const char w = wanted[begun.size()];
  if (w == 'd' ? !digit(c) : c != w) return errc::http_bad_request_line;
  if (c != '\r') return errc::none;
  if (begun != "HTTP/1.1" && begun != "HTTP/1.0") return errc::http_bad_version;
  if (begun.back() == '0') mark(seen::minor_zero);
  state_ = state::line_lf;
  return errc::none;
}

SIOKIT_INLINE errc request_parser::field_lines(std::string_view in, const limits& limit) noexcept {
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

SIOKIT_INLINE errc request_parser::once(seen what, errc otherwise) noexcept {
  if (saw(what)) return otherwise;
  mark(what);
  return errc::none;
}

SIOKIT_INLINE errc request_parser::look_at(const field& line) noexcept {
  constexpr errc repeated = errc::http_repeated_header;
  const errc e = check_framing(line, saw(seen::length), saw(seen::transfer), saw(seen::minor_zero));
  if (e != errc::none) return e;
  switch (line.name.size()) {
    case 4:
      if (!same(line.name, "Host")) break;
      return is_host(line.value) ? once(seen::host, errc::http_bad_host) : errc::http_bad_host;
    case 6:
      if (same(line.name, "Origin")) return once(seen::origin_field, repeated);
      if (!same(line.name, "Expect")) break;
      mark(seen::expect);
      return same(line.value, "100-continue") ? errc::none : errc::http_bad_expect;
    case 7:
      if (!same(line.name, "Upgrade")) break;
      if (list_has(line.value, "websocket")) mark(seen::websocket);
      break;
    case 10:
      if (same(line.name, "Connection")) return look_at_connection(line.value);
      break;
    case 12:
      if (same(line.name, "Content-Type")) return once(seen::type, repeated);
      break;
    case 13:
      if (same(line.name, "Authorization")) return once(seen::authorization, repeated);
      break;
    case 14:
      if (same(line.name, "Content-Length")) mark(seen::length);
      break;
    case 17:
      if (same(line.name, "Sec-WebSocket-Key")) return once(seen::key, repeated);
      if (same(line.name, "Transfer-Encoding")) mark(seen::transfer);
      break;
    case 21:
      if (same(line.name, "Sec-WebSocket-Version")) return once(seen::version_field, repeated);
      break;
    default: break;
  }
  return errc::none;
}

SIOKIT_INLINE errc request_parser::look_at_connection(std::string_view options) noexcept {
  while (const auto option = next_element(options)) {
    if (!is_token(*option)) return errc::http_bad_connection;
    if (same(*option, "close")) mark(seen::close);
    if (same(*option, "keep-alive")) mark(seen::keep_alive);
    if (same(*option, "upgrade")) mark(seen::upgrade_option);
  }
  return errc::none;
}

SIOKIT_INLINE errc request_parser::finish(std::string_view in, request_view& out) noexcept {
  out = request_view{};
  const std::size_t begin = in[0] == '\r' ? 2 : 0;
  const std::size_t end = in.find('\n', begin);
  const std::string_view line = in.substr(begin, end - 1 - begin);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  out.fields = in.substr(end + 1, here_.line - 2 - (end + 1));
  out.size = here_.line;
  out.minor = saw(seen::minor_zero) ? 0 : 1;
  if (out.minor == 1 && !saw(seen::host)) return errc::http_bad_host;
  // RFC 9112 3.2.2: both name the same place. Where they do not, nobody can tell which one a proxy looked at.
  const std::string_view authority = split_target(out.target).authority;
  if (!authority.empty() && saw(seen::host) && !same(authority, *find(out.fields, "Host"))) return errc::http_bad_host;
  out.keep_alive = !saw(seen::close) && (out.minor == 1 || saw(seen::keep_alive));
  out.upgrade = saw(seen::upgrade_option) && saw(seen::websocket);
  if (saw(seen::transfer)) out.body = framing::chunked;
  if (saw(seen::length)) {
    const errc e = read_length(*find(out.fields, "Content-Length"), out.length);
    if (e != errc::none) return e;
    if (out.length != 0) out.body = framing::length;
  }
  out.expect_continue = saw(seen::expect) && out.minor == 1 && out.body != framing::none;
  return errc::none;
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
