// Bodies of eio/packet.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_NEVER_INLINE SIOKIT_INLINE errc decode_base64(mutable_bytes data, packet& out) noexcept {
  const std::size_t size = base64::decoded_size(as_text(data));  // before it is overwritten
  if (const errc e = base64::decode(as_text(data), data.data()); e != errc::none) return e;
  out = {packet_type::message, true, data.first(size)};
  return errc::none;
}

SIOKIT_INLINE errc decode(mutable_bytes in, packet& out) noexcept {
  if (in.empty()) return errc::eio_empty_packet;
  const char digit = static_cast<char>(in[0]);
  const mutable_bytes data = in.subspan(1);
  if (digit == 'b') return decode_base64(data, out);
  if (digit < '0' || digit > '6') return errc::eio_bad_type;
  out = {static_cast<packet_type>(digit), false, data};
  return errc::none;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
