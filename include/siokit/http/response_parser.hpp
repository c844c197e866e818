// The head of a response, for clients: as strict as request_parser, made of the same parts and under the same limits.
// Not for responses to HEAD, which this library never sends; their bodies would be looked for.
// The body is body_reader's. Responses of 100 to 199 but 101 are interim: consume them and read on.
#pragma once

#include <siokit/core/limits.hpp>
#include <siokit/http/head_scanner.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// A response head. Its views lie in the bytes it was read from.
struct response_view {
  std::uint16_t status = 0;  // 100 to 599
  std::string_view fields;   // the header lines, each ended by CRLF
  bool keep_alive = true;    // the link may carry another request
  bool upgrade = false;      // 101: ws::check_response() tells whether it is right
  framing body = framing::none;
  std::uint64_t length = 0;  // of a body with framing::length
  std::size_t size = 0;      // bytes of the head: consume them, the body follows
};

class response_parser {
 public:
  /// Looks at what came since the last call: `unread` begins where the head begins, every time. `done` fills `out`, and
  /// the parser is ready for the next head. `failed` stays.
  step next(std::string_view unread, const limits& limit, response_view& out) noexcept;
  errc error() const noexcept { return error_; }

 private:
  enum class state : std::uint8_t { status_line, line_lf, fields, done, failed };
  enum class seen : std::uint16_t { length = 1, transfer = 2, close = 4, keep_alive = 8, minor_zero = 16 };
  errc status_line(std::string_view in, const limits& limit) noexcept;
  errc status_line_byte(std::string_view line, char c) noexcept;
  errc field_lines(std::string_view in, const limits& limit) noexcept;
  errc look_at(const field& line) noexcept;
  errc finish(std::string_view in, response_view& out) const noexcept;
  bool saw(seen what) const noexcept { return (seen_ & static_cast<unsigned>(what)) != 0; }
  void mark(seen what) noexcept { seen_ = static_cast<std::uint16_t>(seen_ | static_cast<unsigned>(what)); }

  head_position here_;
  std::uint16_t seen_ = 0;
  state state_ = state::status_line;
  errc error_ = errc::none;
};

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/response_parser.ipp>
