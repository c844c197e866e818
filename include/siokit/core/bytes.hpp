// Bytes and text as the library passes them: views that are lent, and one owning type for users.
// A view is valid as long as the call that hands it out says; keep data by asking for an owning type.
// The casts between text and bytes stand here and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Read-only bytes that somebody else owns.
using bytes_view = std::span<const std::byte>;
/// Bytes that may be changed in place while they are lent (unmasking, de-chunking).
using mutable_bytes = std::span<std::byte>;
/// Owning bytes, on the user's side only: a binary argument to keep.
using bytes = std::vector<std::byte>;

/// The bytes of a text, without a copy.
inline bytes_view as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
/// The bytes as text, without a copy and without a check of their encoding.
inline std::string_view as_text(bytes_view in) noexcept {
  return {reinterpret_cast<const char*>(in.data()), in.size()};
}
/// One byte as a number.
inline constexpr unsigned as_number(std::byte b) noexcept { return std::to_integer<unsigned>(b); }

SIOKIT_NAMESPACE_END
