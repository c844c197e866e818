// Engine.IO protocol 4 packets: a digit and the data. What goes over the wire for a ping is here; how packets share one
// polling body is in payload.hpp.
// Protocol 3 has the same digits and other rules; it is not spoken here.
#pragma once

#include <siokit/core/frame.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

/// eio4: packet types. Binary data is always a message and has no digit on WebSocket, a 'b' in polling bodies.
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

/// Splits one text packet. eio_empty_packet or eio_bad_type when it is none.
inline errc decode(mutable_bytes in, packet& out) noexcept {
  if (in.empty()) return errc::eio_empty_packet;
  const char digit = static_cast<char>(in[0]);
  if (digit < '0' || digit > '6') return errc::eio_bad_type;
  out = {static_cast<packet_type>(digit), false, in.subspan(1)};
  return errc::none;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
