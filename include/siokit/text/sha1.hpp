// SHA-1 (FIPS 180-4 6.1), for the Sec-WebSocket-Accept header of RFC 6455 and nothing else: it is broken as a signature.
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
