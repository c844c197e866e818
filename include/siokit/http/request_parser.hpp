// The head of a request, HTTP/1.1 or 1.0 (RFC 9112), read strictly: what two parsers could read differently is refused,
// at the first wrong byte. Not the body: that is body_reader's, which the same link uses after the head is consumed.
// Incremental over the unread bytes of a link: linear work even when they come one by one, and nothing is copied.
//
//   begin ──> method ──> target ──> version ──> fields ──> (done) ──> begin
#pragma once

#include <array>

#include <siokit/core/limits.hpp>
#include <siokit/http/head_scanner.hpp>
#include <siokit/http/target.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// A request head. Its views lie in the bytes it was read from.
struct request_view {
  std::string_view method;
  std::string_view target;  // as sent; split_target() takes it apart
  std::string_view fields;  // the header lines, each ended by CRLF
  std::uint8_t minor = 1;   // of the version: 1 or 0
  bool keep_alive = true;   // the link may carry another request after this one
  bool expect_continue = false;  // the peer may wait for "100 Continue" before it sends the body
  bool upgrade = false;     // asks for WebSocket; ws::check_request() tells whether it may have it
  framing body = framing::none;
  std::uint64_t length = 0;  // of a body with framing::length
  std::size_t size = 0;      // bytes of the head: consume them, the body follows
};

/// Whether this is a method, or (not `whole`) what one begins with. The methods are Node's: an unknown word is more
/// likely a byte left over from the request before it than a method that somebody invented.
bool is_method(std::string_view text, bool whole) noexcept;

class request_parser {
 public:
  /// Looks at what came since the last call: `unread` begins where the head begins, every time. `done` fills `out`, and
  /// the parser is ready for the next head. `failed` stays.
  step next(std::string_view unread, const limits& limit, request_view& out) noexcept;
  /// Why it failed; status() has the answer to send.
  errc error() const noexcept { return error_; }
  /// Whether a head has begun: an empty line before it does not count.
  bool begun() const noexcept { return state_ > state::method || (state_ == state::method && here_.at != 0); }

 private:
  enum class state : std::uint8_t {
    begin, begin_lf, method, target, origin, asterisk, scheme, absolute, version, line_lf, fields, done, failed
  };
  // What was seen, of the lines that must stand alone or that decide something.
  enum class seen : std::uint16_t {
    host = 1, length = 2, transfer = 4, origin_field = 8, key = 16, version_field = 32, type = 64, authorization = 128,
    close = 256, keep_alive = 512, upgrade_option = 1024, websocket = 2048, expect = 4096, minor_zero = 8192
  };
  errc request_line(std::string_view in, const limits& limit) noexcept;
  errc request_line_byte(std::string_view line, char c) noexcept;
  errc target_byte(std::string_view line, char c) noexcept;
  errc version_byte(std::string_view line, char c) noexcept;
  errc field_lines(std::string_view in, const limits& limit) noexcept;
  errc look_at(const field& line) noexcept;
  errc look_at_connection(std::string_view options) noexcept;
  errc once(seen what, errc otherwise) noexcept;
  errc finish(std::string_view in, request_view& out) noexcept;
  bool saw(seen what) const noexcept { return (seen_ & static_cast<unsigned>(what)) != 0; }
  void mark(seen what) noexcept { seen_ = static_cast<std::uint16_t>(seen_ | static_cast<unsigned>(what)); }

  head_position here_;
  std::uint16_t seen_ = 0;
  state state_ = state::begin;
  errc error_ = errc::none;
};

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/request_parser.ipp>
