// The opening handshake of RFC 6455, both sides: what a request must say to become a WebSocket, and what a response
// must. Works on heads that http/ has parsed. Extensions and subprotocols are never agreed to: not offered by the
// client, and declined by the server, so whoever answers with one is refused.
#pragma once

#include <siokit/http/request_parser.hpp>
#include <siokit/http/response_parser.hpp>
#include <siokit/http/response_writer.hpp>
#include <siokit/text/base64.hpp>
#include <siokit/text/sha1.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace ws {

/// Subprotocols that a request may name, as far as they are looked at: more is refused, so that the check for repeated
/// ones is linear.
inline constexpr std::size_t most_protocols = 32;

// --- server ---
/// Whether a request whose head says `upgrade` may have its WebSocket: GET, HTTP/1.1, no body, a key of 16 bytes,
/// version 13. Else the error that http::status() answers; 426 goes with version_fields.
errc check_request(const http::request_view& head) noexcept;
/// The header lines of a 426.
inline constexpr std::string_view version_fields = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
/// Writes the whole 101 head for a request that passed. `fields` are further lines, each ended by CRLF.
void write_accept(frame_builder& out, std::string_view key, std::string_view fields = {}) noexcept;

// --- client ---
using key_text = std::array<char, 24>;
/// The Sec-WebSocket-Key made of 16 unguessable bytes.
key_text make_key(std::span<const std::byte, 16> random) noexcept;
/// Writes the whole request head. The target begins with '/'; `fields` are further lines, each ended by CRLF.
void write_request(frame_builder& out, std::string_view host, std::string_view target, std::string_view key,
                   std::string_view fields = {}) noexcept;
/// Whether a response grants what a request with this key asked for, and nothing else.
errc check_response(const http::response_view& head, std::string_view key) noexcept;

// --- both ---
using accept_text = std::array<char, 28>;
/// The Sec-WebSocket-Accept that answers a key.
accept_text accept_for(std::string_view key) noexcept;

}  // namespace ws

SIOKIT_NAMESPACE_END

#include <siokit/impl/ws/handshake.ipp>
