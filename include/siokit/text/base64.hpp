// Base64 (RFC 4648 4) for binary in polling bodies and for the WebSocket handshake, and the alphabet of RFC 4648 5 for
// ids. Decoding is strict: full padding, no other characters, no bits left over.
// differs from JS: node's decoder passes over what it does not know. No encoder writes that.
#pragma once

#include <string_view>

#include <siokit/core/bytes.hpp>
#include <siokit/core/errc.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace base64 {

/// The characters that n bytes become, padding included.
constexpr std::size_t encoded_size(std::size_t n) noexcept { return n / 3 * 4 + (n % 3 != 0 ? 4 : 0); }
/// Writes encoded_size(in.size()) characters and returns the end. The two must not overlap.
char* encode(bytes_view in, char* out) noexcept;

/// The bytes a valid text becomes. What is not valid is never more.
std::size_t decoded_size(std::string_view in) noexcept;
/// Writes decoded_size(in) bytes. `out` may be where `in` begins. base64_invalid, and then bytes may have been written.
errc decode(std::string_view in, std::byte* out) noexcept;

/// The characters that n bytes become in an id, without padding: 20 for 15 bytes.
constexpr std::size_t url_size(std::size_t n) noexcept { return n / 3 * 4 + (n % 3 != 0 ? n % 3 + 1 : 0); }
/// Writes url_size(in.size()) characters of A-Z a-z 0-9 - _ and returns the end.
char* encode_url(bytes_view in, char* out) noexcept;

}  // namespace base64

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/base64.ipp>
