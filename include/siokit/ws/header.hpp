// The header of a WebSocket frame, masking, and frames that are made whole: control frames, and a client's data
// (RFC 6455 5.2, 5.3, 5.5). A server's data frames are not made here: core/frame.hpp writes their header once, in the
// block that all recipients share. Rules about what may follow what are stream.hpp's.
#pragma once

#include <siokit/core/frame.hpp>
#include <siokit/text/scan.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace ws {

enum class role : std::uint8_t { server, client };

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(opcode what) noexcept { return (static_cast<unsigned>(what) & 8u) != 0; }

using mask_key = std::array<std::byte, 4>;

/// One frame's header, as it is or will be on the wire.
struct header {
  opcode what = opcode::text;
  bool fin = true;
  bool masked = false;
  std::uint8_t reserved = 0;  // RSV1 to RSV3 as 4, 2, 1
  mask_key key{};             // when masked
  std::uint64_t length = 0;   // of the payload
  std::uint8_t size = 0;      // bytes on the wire; set by encode() and decode()
};

inline constexpr std::size_t longest_header = 14;
/// Longest payload of a control frame (RFC 6455 5.5).
inline constexpr std::size_t longest_control = 125;

/// Writes a header in its shortest form and returns its size. `head.size` is set to it.
std::size_t encode(header& head, std::span<std::byte, longest_header> out) noexcept;
/// Reads a header, in whatever form. False when there is more of it to come. Judges nothing.
bool decode(bytes_view in, header& out) noexcept;
/// Whether the length was in its shortest form.
constexpr bool is_minimal(const header& head) noexcept {
  const unsigned extra = head.size - 2u - (head.masked ? 4u : 0u);
  return extra == (head.length < 126 ? 0u : head.length < 65536 ? 2u : 8u);
}

/// The key for payload that begins `offset` bytes into a frame.
constexpr mask_key rotated(const mask_key& key, std::size_t offset) noexcept {
  return {key[offset & 3], key[(offset + 1) & 3], key[(offset + 2) & 3], key[(offset + 3) & 3]};
}
/// Masks or unmasks in place; the first byte is met by key[0]. Tells whether the outcome is ASCII: one pass for both. In the
/// steps of text/lanes.hpp; the portable form is for other CPUs, and the tests compare the two.
bool apply_mask(mutable_bytes data, const mask_key& key) noexcept;
bool apply_mask_portable(mutable_bytes data, const mask_key& key) noexcept;

/// Close codes with a meaning of their own (RFC 6455 7.4).
inline constexpr std::uint16_t normal_closure = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t no_code = 1005;  // never on the wire: a Close without a code
/// Whether a peer may send this code: 1000-1003, 1007-1014 (IANA), 3000-4999.
constexpr bool is_valid_close_code(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}
/// The code to send in a Close for what was wrong with the peer's frames.
constexpr std::uint16_t close_code(errc e) noexcept {
  switch (e) {
    case errc::ws_bad_utf8: return 1007;
    case errc::ws_message_too_big: return 1009;
    case errc::ws_too_many_fragments: return 1008;
    case errc::out_of_memory: return 1011;
    default: return 1002;
  }
}

/// Writes a whole frame whose payload is two pieces, masked with *key for the client role. Failure is the builder's.
void put_frame(frame_builder& out, opcode what, bytes_view first, bytes_view rest, const mask_key* key) noexcept;
/// A whole frame, ready to be sent as it is: masked with *key for the client role, unmasked without one. Null when
/// there is no memory. A control payload has at most 125 bytes.
frame whole_frame(pool& from, opcode what, bytes_view payload, const mask_key* key = nullptr) noexcept;
/// A Close. 1005 sends no code and no reason; a reason above 123 bytes is cut between two characters.
frame close_frame(pool& from, std::uint16_t code, std::string_view why = {}, const mask_key* key = nullptr) noexcept;

}  // namespace ws

SIOKIT_NAMESPACE_END

#include <siokit/impl/ws/header.ipp>
