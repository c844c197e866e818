// Engine.IO protocol 4 packets: a digit and the data. What goes over the wire for a ping is here; how packets share one
// polling body is in payload.hpp.
// Protocol 3 has the same digits and other rules; it is not spoken here.
#pragma once

#include <siokit/core/frame.hpp>
#include <siokit/text/base64.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

/// eio4: packet types. Binary data is always a message; it has no digit on WebSocket, and a 'b' with base64 as text.
enum class packet_type : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6'
};

/// A packet as received: its type and what follows the digit.
struct packet {
  packet_type type = packet_type::noop;
  bool binary = false;  // a message of bytes; `data` is decoded
  mutable_bytes data;
};

/// Splits one text packet. Base64 is decoded in place, so the text must not be read twice. eio_empty_packet, eio_bad_type
/// or base64_invalid when it is none.
errc decode(mutable_bytes in, packet& out) noexcept;

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/packet.ipp>
