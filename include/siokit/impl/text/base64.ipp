// Bodies of text/base64.hpp.
#pragma once

#include <array>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace base64 {

inline constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What each character stands for; bit 31 where it stands for nothing.
inline constexpr std::array<std::uint32_t, 256> sextets = [] {
  std::array<std::uint32_t, 256> table{};
  for (auto& x : table) x = 0x80000000;
  for (std::uint32_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(alphabet[i])] = i;
  return table;
}();

inline std::uint32_t sextet(char c) noexcept { return sextets[static_cast<unsigned char>(c)]; }

/// Whole groups and a cut one, without padding.
inline char* encode_groups(bytes_view in, char* out, const char* letters) noexcept {
  const std::byte* at = in.data();
  std::size_t left = in.size();
  for (; left >= 3; left -= 3, at += 3, out += 4) {
    const std::uint32_t x = as_number(at[0]) << 16 | as_number(at[1]) << 8 | as_number(at[2]);
    out[0] = letters[x >> 18];
    out[1] = letters[x >> 12 & 63];
    out[2] = letters[x >> 6 & 63];
    out[3] = letters[x & 63];
  }
  if (left == 0) return out;
  const std::uint32_t x = as_number(at[0]) << 16 | (left == 2 ? as_number(at[1]) << 8 : 0);
  *out++ = letters[x >> 18];
  *out++ = letters[x >> 12 & 63];
  if (left == 2) *out++ = letters[x >> 6 & 63];
  return out;
}

SIOKIT_INLINE char* encode(bytes_view in, char* out) noexcept {
  char* const end = out + encoded_size(in.size());
  out = encode_groups(in, out, alphabet);
  while (out != end) *out++ = '=';
  return out;
}

SIOKIT_INLINE char* encode_url(bytes_view in, char* out) noexcept { return encode_groups(in, out, url_alphabet); }

SIOKIT_INLINE std::size_t decoded_size(std::string_view in) noexcept {
  std::size_t padding = 0;
  if (in.ends_with("=")) padding = in.ends_with("==") ? 2 : 1;
  const std::size_t whole = in.size() / 4 * 3;
  return whole < padding ? 0 : whole - padding;
}

SIOKIT_INLINE errc decode(std::string_view in, std::byte* out) noexcept {
  if (in.size() % 4 != 0) return errc::base64_invalid;
  if (in.empty()) return errc::none;
  const std::size_t last = decoded_size(in) % 3;  // bytes in a padded last group
  const char* at = in.data();
  const char* const end = at + in.size() - (last == 0 ? 0 : 4);
  std::uint32_t all = 0;
  for (; at != end; at += 4, out += 3) {
    const std::uint32_t x = sextet(at[0]) << 18 | sextet(at[1]) << 12 | sextet(at[2]) << 6 | sextet(at[3]);
    all |= sextet(at[0]) | sextet(at[1]) | sextet(at[2]) | sextet(at[3]);
    out[0] = static_cast<std::byte>(x >> 16 & 255);
    out[1] = static_cast<std::byte>(x >> 8 & 255);
    out[2] = static_cast<std::byte>(x & 255);
  }
  if (last != 0) {
    const std::uint32_t third = last == 2 ? sextet(at[2]) : 0;
    const std::uint32_t x = sextet(at[0]) << 18 | sextet(at[1]) << 12 | third << 6;
    all |= sextet(at[0]) | sextet(at[1]) | third;
    // RFC 4648 3.5: bits that no byte takes must be zero, so that every sequence of bytes has one text.
    if ((x & (last == 2 ? 0xff : 0xffff)) != 0) return errc::base64_invalid;
    *out++ = static_cast<std::byte>(x >> 16 & 255);
    if (last == 2) *out++ = static_cast<std::byte>(x >> 8 & 255);
  }
  return (all & 0x80000000) != 0 ? errc::base64_invalid : errc::none;
}

}  // namespace base64

SIOKIT_NAMESPACE_END
#endif
