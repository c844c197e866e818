// Polling bodies of protocol 4: text packets with 0x1e between them; a binary message is 'b' and its base64.
// Reading goes packet by packet, so that a body of many packets allocates nothing.
// The writing side needs no code of its own: a frame's polling forms (core/frame.hpp) already carry the separator.
#pragma once

#include <siokit/eio/packet.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

inline constexpr char separator = '\x1e';

/// Takes the first packet off a body. `rest` is what follows its separator; `last` says that there was none. Base64 is
/// decoded in place, so the body must not be read twice.
errc take_packet(mutable_bytes body, packet& out, mutable_bytes& rest, bool& last) noexcept;

/// Gives a binary frame its polling form, once for all sessions that share it. out_of_memory, or none.
errc prepare_for_polling(frame& what, pool& from) noexcept;

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/payload.ipp>
