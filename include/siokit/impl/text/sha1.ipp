// Bodies of text/sha1.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

using sha1_state = std::array<std::uint32_t, 5>;

/// Takes in one block of 64 bytes. Inlined where the length is known, g++ 12 -O3 warns of blocks that are never read.
SIOKIT_NEVER_INLINE SIOKIT_INLINE void sha1_block(sha1_state& state, const std::byte* block) noexcept {
  std::array<std::uint32_t, 80> w;
  for (std::size_t i = 0; i < 16; ++i) {
    const std::byte* const at = block + 4 * i;
    w[i] = as_number(at[0]) << 24 | as_number(at[1]) << 16 | as_number(at[2]) << 8 | as_number(at[3]);
  }
  for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t f = 0;
    std::uint32_t k = 0;
    switch (i / 20) {
      case 0: f = (b & c) | (~b & d), k = 0x5a827999; break;
      case 1: f = b ^ c ^ d, k = 0x6ed9eba1; break;
      case 2: f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc; break;
      default: f = b ^ c ^ d, k = 0xca62c1d6; break;
    }
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = std::exchange(d, std::exchange(c, std::rotl(std::exchange(b, std::exchange(a, next)), 30)));
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
}

SIOKIT_INLINE std::array<std::byte, 20> sha1(bytes_view in) noexcept {
  sha1_state state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::size_t at = 0;
  for (; in.size() - at >= 64; at += 64) sha1_block(state, in.data() + at);
  // What is left, a 1 bit, zeros, and the length in bits, in one block or two.
  std::array<std::byte, 128> tail{};
  const std::size_t left = in.size() - at;
  if (left != 0) std::memcpy(tail.data(), in.data() + at, left);
  tail[left] = std::byte{0x80};
  const std::size_t whole = left < 56 ? 64 : 128;
  const std::uint64_t bits = std::uint64_t{in.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) tail[whole - 1 - i] = static_cast<std::byte>(bits >> (8 * i) & 255);
  for (std::size_t i = 0; i < whole; i += 64) sha1_block(state, tail.data() + i);
  std::array<std::byte, 20> digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::byte>(state[i / 4] >> (24 - 8 * (i % 4)) & 255);
  return digest;
}

SIOKIT_NAMESPACE_END
#endif
