// Bodies of http/head_scanner.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE line_step scan_line(std::string_view rest, std::uint32_t& at, line_state& state) noexcept {
  while (at < rest.size()) {
    const char c = rest[at];
    switch (state) {
      case line_state::start:
        if (c != '\r' && !token_chars.has(c)) return line_step::failed;
        state = c == '\r' ? line_state::last_lf : line_state::name;
        break;
      case line_state::name:
        if (c != ':' && !token_chars.has(c)) return line_step::failed;
        if (c == ':') state = line_state::value;
        break;
      case line_state::value: {
        const char* const stop = scan::native::find<control_char>(rest.data() + at, rest.data() + rest.size());
        at = static_cast<std::uint32_t>(stop - rest.data());
        if (at == rest.size()) return line_step::more;
        if (*stop != '\t' && *stop != '\r') return line_step::failed;
        if (*stop == '\r') state = line_state::lf;
        break;
      }
      case line_state::lf:
      case line_state::last_lf:
        if (c != '\n') return line_step::failed;
        ++at;
        return state == line_state::lf ? line_step::line : line_step::end;
    }
    ++at;
  }
  return line_step::more;
}

SIOKIT_INLINE line_step head_position::next(std::string_view in, std::size_t most, field& out, errc& why) noexcept {
  const std::string_view rest = in.substr(line);
  if (at == 0 && lines >= most && !rest.empty() && rest[0] != '\r') {
    why = errc::http_too_many_headers;
    return line_step::failed;
  }
  const line_step found = scan_line(rest, at, state);
  if (found == line_step::failed) why = errc::http_bad_header;
  if (found == line_step::failed || found == line_step::more) return found;
  if (found == line_step::line) {
    out = split_line(rest.substr(0, at));
    if (lines != 0xffff) ++lines;
  }
  line += at;
  at = 0;
  state = line_state::start;
  return found;
}

SIOKIT_INLINE errc check_framing(const field& line, bool length_seen, bool transfer_seen, bool minor_zero) noexcept {
  if (same(line.name, "Content-Length")) {
    std::uint64_t n = 0;
    if (transfer_seen) return errc::http_bad_transfer_encoding;
    return length_seen ? errc::http_bad_length : read_length(line.value, n);
  }
  if (!same(line.name, "Transfer-Encoding")) return errc::none;
  const bool legal = same(line.value, "chunked") && !length_seen && !transfer_seen && !minor_zero;
  return legal ? errc::none : errc::http_bad_transfer_encoding;
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
