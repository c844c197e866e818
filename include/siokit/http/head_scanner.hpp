// What request_parser, response_parser and the trailers of body_reader have in common: reading header lines byte by
// byte (RFC 9112 5), and judging the two that say where a body ends (RFC 9112 6.3): all of them are equally strict.
// Not for looking things up in a block that was read: that is fields.hpp.
#pragma once

#include <siokit/http/fields.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// Where in a line scan_line() is.
enum class line_state : std::uint8_t { start, name, value, lf, last_lf };
enum class line_step : std::uint8_t {
  more,    // the line is not complete
  line,    // a line is: its first `at` bytes are "Name: value" CRLF
  end,     // the empty line that ends the block is: 2 bytes
  failed   // the byte at `at` cannot stand there
};

/// Looks at the bytes of a line it has not seen: `rest` begins where the line begins, `at` and `state` are kept between
/// calls and are both zero for a new line. Strict: no folding, no white space before the colon, no bare CR or LF.
line_step scan_line(std::string_view rest, std::uint32_t& at, line_state& state) noexcept;

/// Where in a head a parser is.
struct head_position {
  std::uint32_t line = 0;   // where the current line begins
  std::uint32_t at = 0;     // the first byte of it that was not looked at
  std::uint16_t lines = 0;  // header lines so far
  line_state state = line_state::start;

  /// Goes on in a head that begins at in[0]; `most` lines are allowed. `line` gives one out, and `end` leaves `line`
  /// behind the head. `failed` says why.
  line_step next(std::string_view in, std::size_t most, field& out, errc& why) noexcept;
};

/// Whether a Content-Length or Transfer-Encoding line may stand behind those that were seen; other lines may.
/// RFC 9112 6.1 lets us refuse every coding but one chunked, and 6.3 lets us refuse both lengths together.
errc check_framing(const field& line, bool length_seen, bool transfer_seen, bool minor_zero) noexcept;

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/head_scanner.ipp>
