// Writes response heads, and knows which status answers which error. Heads follow what Node writes for the reference,
// but for Date, which needs a clock (RFC 9110 6.6.1 lets a server without one leave it out).
// Field names and values that come from users go through put_field(), which refuses what would break a line.
#pragma once

#include <siokit/core/frame.hpp>
#include <siokit/core/time.hpp>
#include <siokit/http/fields.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// The status to answer an error of a request with; 500 for errors that are not the request's.
constexpr std::uint16_t status(errc e) noexcept;
/// The phrase behind a status, as Node has it.
constexpr std::string_view reason(std::uint16_t status) noexcept;

/// Answers an Expect: 100-continue; the response follows later.
inline constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

/// Whether a response carries a body: not to HEAD, not 1xx, 204 or 304 (RFC 9112 6.3).
constexpr bool has_body(std::string_view method, std::uint16_t status) noexcept {
  return method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

/// What a head says.
struct response_head {
  std::uint16_t status = 200;
  std::string_view fields{};    // header lines, each ended by CRLF, none of which is_reserved()
  std::size_t length = 0;       // of the body (for HEAD: of the body that is not sent)
  bool keep_alive = true;       // false: Connection: close
  milliseconds idle{0};         // how long an idle link stays open, told to the peer in whole seconds; 0: not told
};

/// Writes the whole head, the empty line included. Failure is the builder's.
void write_head(frame_builder& out, const response_head& head) noexcept;

/// Whether a header line may be made of these: a token, and a value without control characters.
bool valid_field(std::string_view name, std::string_view value) noexcept;
/// Whether write_head() writes lines of this name itself: Content-Length, Transfer-Encoding, Connection, Keep-Alive.
bool is_reserved(std::string_view name) noexcept;
/// Adds a header line. False, and nothing written, when it is not valid or its name is reserved.
bool put_field(frame_builder& out, std::string_view name, std::string_view value) noexcept;
/// Adds a number in decimal.
void put_number(frame_builder& out, std::uint64_t number) noexcept;

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/response_writer.ipp>
