// Bodies of http/body_reader.hpp.
#pragma once

#include <cstring>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE errc body_reader::start(framing how, std::uint64_t length, std::size_t largest) noexcept {
  constexpr std::uint64_t most = 0x7fffffff;  // what an in_buffer holds
  *this = body_reader{};
  switch (how) {
    case framing::none: return errc::none;
    case framing::chunked: state_ = state::size; return errc::none;
    case framing::until_close: state_ = state::until_close; return errc::none;
    case framing::length: break;
  }
  if (length > largest || length > most) {
    fail(errc::http_body_too_large);
    return error_;
  }
  left_ = static_cast<std::uint32_t>(length);
  state_ = state::length;
  return errc::none;
}

SIOKIT_INLINE step body_reader::fail(errc e) noexcept {
  state_ = state::failed;
  error_ = e;
  return step::failed;
}

SIOKIT_INLINE step body_reader::next(in_buffer& in, const limits& limit, std::size_t largest) noexcept {
  switch (state_) {
    case state::done: return step::done;
    case state::failed: return step::failed;
    case state::length:
      body_ = static_cast<std::uint32_t>(in.size() < left_ ? in.size() : left_);
      if (body_ != left_) return step::more;
      state_ = state::done;
      return step::done;
    case state::until_close:
      if (in.size() > largest) return fail(errc::http_body_too_large);
      body_ = static_cast<std::uint32_t>(in.size());
      return step::more;
    default: break;
  }
  const errc e = chunks(in, limit, largest);
  if (e != errc::none) return fail(e);
  // Moves no more bytes than framing came, so all of it together stays linear.
  if (gap_ != 0 && (gap_ >= body_ || state_ == state::done)) {
    in.cut(body_, gap_);
    gap_ = 0;
  }
  return state_ == state::done ? step::done : step::more;
}

SIOKIT_INLINE step body_reader::ended() noexcept {
  if (state_ == state::until_close) state_ = state::done;
  if (state_ == state::done) return step::done;
  return state_ == state::failed ? step::failed : fail(errc::http_body_cut);
}

SIOKIT_INLINE errc body_reader::chunks(in_buffer& in, const limits& limit, std::size_t largest) noexcept {
  const mutable_bytes all = in.unread();
  while (state_ != state::done) {
    const std::size_t at = std::size_t{body_} + gap_;
    const std::string_view rest = as_text(all.subspan(at));
    if (rest.empty()) return errc::none;
    errc e = errc::none;
    switch (state_) {
      case state::data: {
        const std::size_t n = rest.size() < left_ ? rest.size() : left_;
        if (gap_ != 0) std::memmove(all.data() + body_, all.data() + at, n);
        body_ += static_cast<std::uint32_t>(n);
        left_ -= static_cast<std::uint32_t>(n);
        if (left_ == 0) state_ = state::data_cr;
        break;
      }
      case state::data_cr:
      case state::data_lf:
        if (rest[0] != (state_ == state::data_cr ? '\r' : '\n')) return errc::http_bad_chunk;
        state_ = state_ == state::data_cr ? state::data_lf : state::size;
        ++gap_;
        break;
      case state::trailers: {
        const std::uint32_t before = gap_;
        e = trailer_lines(rest, limit);
        if (e != errc::none || (gap_ == before && state_ != state::done)) return e;
        break;
      }
      default: e = size_line(rest, limit, largest);
    }
    if (e != errc::none) return e;
  }
  return errc::none;
}

SIOKIT_INLINE errc body_reader::size_line(std::string_view in, const limits& limit, std::size_t largest) noexcept {
  for (const char c : in) {
    if (line_ >= limit.chunk_line && c != '\r' && c != '\n') return errc::http_chunk_line_too_long;
    const bool extends = state_ == state::size ? c == ';' : state_ != state::size_lf && c != '\r';
    if (extends && ++counted_ > limit.chunk_extensions) return errc::http_chunks_too_large;
    ++gap_;
    const errc e = size_byte(c, largest);
    if (e != errc::none) return e;
    ++line_;
    if (state_ == state::data || state_ == state::trailers) break;
  }
  if (state_ == state::data || state_ == state::trailers) line_ = 0;
  return errc::none;
}

SIOKIT_INLINE errc body_reader::size_byte(char c, std::size_t largest) noexcept {
  if (state_ == state::size_lf) {
    if (c != '\n') return errc::http_bad_chunk;
    state_ = left_ == 0 ? state::trailers : state::data;
    if (left_ == 0) counted_ = 0;
    return errc::none;
  }
  if (state_ != state::size) return extension_byte(c);
  const int value = hex(c);
  if (value >= 0) {
    // RFC 9112 7.1 bounds neither; 16 digits are any length there is, and 8 that count any that we could hold.
    if (line_ >= 16 || left_ > 0x0fffffff) return errc::http_bad_chunk;
    left_ = left_ * 16 + static_cast<std::uint32_t>(value);
    return errc::none;
  }
  if (line_ == 0 || (c != ';' && c != '\r')) return errc::http_bad_chunk;
  // Known to be too large: not a byte of it is kept.
  if (left_ > largest || body_ > largest - left_ || left_ > 0x7fffffff - body_) return errc::http_body_too_large;
  state_ = c == ';' ? state::extension : state::size_lf;
  return errc::none;
}

// chunk-ext (RFC 9112 7.1.1) without the white space that only broken senders put there.
SIOKIT_INLINE errc body_reader::extension_byte(char c) noexcept {
  const bool token = token_chars.has(c);
  const bool ends = c == ';' || c == '\r';
  switch (state_) {
    case state::extension:
      if (!token) return errc::http_bad_chunk;
      state_ = state::extension_name;
      return errc::none;
    case state::extension_name:
      if (token) return errc::none;
      if (c == '=') {
        state_ = state::equals;
        return errc::none;
      }
      break;
    case state::equals:
      if (!token && c != '"') return errc::http_bad_chunk;
      state_ = token ? state::extension_value : state::quoted;
      return errc::none;
    case state::extension_value:
      if (token) return errc::none;
      break;
    case state::quoted:
    case state::quoted_pair:
      if (c != '\t' && control_char::byte(static_cast<unsigned char>(c))) return errc::http_bad_chunk;
      if (state_ == state::quoted_pair) state_ = state::quoted;
      else if (c == '"') state_ = state::quoted_end;
      else if (c == '\\') state_ = state::quoted_pair;
      return errc::none;
    default: break;
  }
  if (!ends) return errc::http_bad_chunk;
  state_ = c == ';' ? state::extension : state::size_lf;
  return errc::none;
}

// One trailer line. They are read as strictly as header lines, and dropped: nothing here asks for one.
SIOKIT_INLINE errc body_reader::trailer_lines(std::string_view in, const limits& limit) noexcept {
  const std::size_t room = limit.trailers > counted_ ? limit.trailers - counted_ : 0;
  const std::string_view rest = in.substr(0, room);
  if (line_ == 0 && trailers_ >= limit.headers && in[0] != '\r') return errc::http_too_many_headers;
  const line_step found = scan_line(rest, line_, line_state_);
  if (found == line_step::failed) return errc::http_bad_header;
  if (found == line_step::more) return in.size() > room ? errc::http_head_too_large : errc::none;
  gap_ += line_;
  counted_ += line_;
  line_ = 0;
  line_state_ = line_state::start;
  if (trailers_ != 0xffff) ++trailers_;
  if (found == line_step::end) state_ = state::done;
  return errc::none;
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
