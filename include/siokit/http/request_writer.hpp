// Writes request heads, for clients: plain requests and the CONNECT to a proxy, and the parts of a target that come
// from users. A link stays open after a request unless it says otherwise (RFC 9112 9.3), so nothing is said about it.
// Not for the request that becomes a WebSocket: that is ws::write_request(), which takes the same field lines.
#pragma once

#include <siokit/core/frame.hpp>
#include <siokit/http/response_writer.hpp>
#include <siokit/http/url.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// What a request head says.
struct request_head {
  std::string_view method = "GET";
  std::string_view host{};      // the value of the Host line: put_host()
  std::string_view target{};    // is_target()
  std::string_view fields{};    // header lines, each ended by CRLF, written by put_request_field() or as safe
  std::optional<std::size_t> length{};  // of the body; none: no Content-Length line
  bool keep_alive = true;       // false: Connection: close
};

/// Writes the whole head, the empty line included. Failure is the builder's.
void write_request(frame_builder& out, const request_head& head) noexcept;

/// Writes the whole head that asks a proxy for a tunnel. `user_info` is "user:password", percent-encoded as in a URL;
/// when it is not empty, it is decoded and sent as Proxy-Authorization: Basic (RFC 7617). Failure is the builder's.
void write_connect(frame_builder& out, std::string_view host, std::uint16_t port,
                   std::string_view user_info = {}) noexcept;

/// Whether it can be sent as a target: '/' first, then visible ASCII without '#'.
bool is_target(std::string_view text) noexcept;
/// Whether a client writes lines of this name itself: those of is_reserved(), Host, Upgrade, Expect, TE, Trailer, and
/// Sec-WebSocket-*.
bool is_reserved_in_request(std::string_view name) noexcept;
/// Adds a header line. False, and nothing written, when it is not valid_field() or its name is reserved in requests.
bool put_request_field(frame_builder& out, std::string_view name, std::string_view value) noexcept;

/// Writes text as a name or value of a query: encodeURIComponent() of JavaScript (ECMA-262 19.2.6.4), so that only
/// A-Z a-z 0-9 - _ . ! ~ * ' ( ) stay as they are. What is not UTF-8 becomes U+FFFD; JavaScript throws.
void put_component(frame_builder& out, std::string_view text) noexcept;

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/request_writer.ipp>
