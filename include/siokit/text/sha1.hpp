// SHA-1 (FIPS 180-4 6.1), for the Sec-WebSocket-Accept header of RFC 6455 only, which uses it as a checksum.
// Not for anything that must withstand an attack: collisions are made at will.
// There is no incremental form, because nothing longer than a header is hashed.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include <siokit/core/bytes.hpp>

SIOKIT_NAMESPACE_BEGIN

/// The digest of these bytes.
std::array<std::byte, 20> sha1(bytes_view in) noexcept;

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/sha1.ipp>
