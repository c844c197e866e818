// Polling bodies of Engine.IO protocol 3: each packet behind its length. Two forms, told apart by Content-Type:
//   text:          <length in UTF-16 code units> ':' <packet>, where binary is "b4" and base64
//   octet-stream:  0 or 1, the digits of the length in bytes as values 0 to 9, 255, then a text packet (0), or the type
//                  as a value and the bytes (1)
// Strict where JavaScript's Number() is not: a length is its decimal digits, without sign, zero before them or
// exponent. Protocol 4 is payload.hpp.
#pragma once

#include <siokit/eio/packet.hpp>
#include <siokit/text/utf8.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

inline constexpr std::string_view octet_stream = "application/octet-stream";

/// Takes the first packet off a body; `binary` says that it is an octet-stream. `rest` is what follows, and `last` says
/// that nothing does. The work is linear in the packet that is taken. Base64 is decoded in place, so the body must not
/// be read twice. The text "0:" with nothing behind it, which stands for no packet at all, gives a noop. Else
/// eio_empty_packet, eio_bad_length, eio_bad_type, base64_invalid or utf8_invalid; `out` and `rest` mean nothing then.
errc take_packet3(mutable_bytes body, bool binary, packet& out, mutable_bytes& rest, bool& last) noexcept;

/// Writes one packet of the text form: a text frame is a packet with its digit, a binary frame the bytes of a message.
/// A body is one packet after the other. Failure is the builder's.
void put_packet3(frame_builder& out, const frame& what) noexcept;

/// The UTF-16 code units of a valid text: what JavaScript calls its length.
std::size_t utf16_size(std::string_view text) noexcept;

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/payload3.ipp>
