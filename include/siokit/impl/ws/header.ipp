// Bodies of ws/header.hpp.
#pragma once

#include <cstring>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace ws {

SIOKIT_INLINE std::size_t encode(header& head, std::span<std::byte, longest_header> out) noexcept {
  const unsigned first = (head.fin ? 0x80u : 0u) | (head.reserved & 7u) << 4 | static_cast<unsigned>(head.what);
  const unsigned extra = head.length < 126 ? 0u : head.length < 65536 ? 2u : 8u;
  const unsigned length = extra == 0 ? static_cast<unsigned>(head.length) : extra == 2 ? 126u : 127u;
  out[0] = static_cast<std::byte>(first);
  out[1] = static_cast<std::byte>((head.masked ? 0x80u : 0u) | length);
  for (unsigned i = 0; i < extra; ++i) out[2 + i] = static_cast<std::byte>(head.length >> (8 * (extra - 1 - i)) & 0xff);
  if (head.masked) std::memcpy(out.data() + 2 + extra, head.key.data(), head.key.size());
  head.size = static_cast<std::uint8_t>(2 + extra + (head.masked ? 4 : 0));
  return head.size;
}

SIOKIT_INLINE bool decode(bytes_view in, header& out) noexcept {
  if (in.size() < 2) return false;
  const unsigned first = as_number(in[0]);
  const unsigned second = as_number(in[1]);
  const unsigned length = second & 0x7f;
  const unsigned extra = length < 126 ? 0u : length == 126 ? 2u : 8u;
  const bool masked = (second & 0x80) != 0;
  const unsigned size = 2 + extra + (masked ? 4 : 0);
  if (in.size() < size) return false;
  out.what = static_cast<opcode>(first & 15);
  out.fin = (first & 0x80) != 0;
  out.reserved = static_cast<std::uint8_t>(first >> 4 & 7);
  out.masked = masked;
  out.length = extra == 0 ? length : 0;
  for (unsigned i = 0; i < extra; ++i) out.length = out.length << 8 | as_number(in[2 + i]);
  if (masked) std::memcpy(out.key.data(), in.data() + 2 + extra, 4);
  out.size = static_cast<std::uint8_t>(size);
  return true;
}

SIOKIT_INLINE bool apply_mask_portable(mutable_bytes data, const mask_key& key) noexcept {
  std::byte* at = data.data();
  std::size_t n = data.size();
  std::uint64_t k = 0;
  std::uint64_t all = 0;
  std::memcpy(&k, key.data(), 4);
  std::memcpy(reinterpret_cast<unsigned char*>(&k) + 4, key.data(), 4);
  for (; n >= 8; n -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= k;
    all |= word;
    std::memcpy(at, &word, 8);
  }
  std::byte rest{0};
  for (std::size_t i = 0; i < n; ++i) rest |= at[i] ^= key[i & 3];
  return (all & scan::word::high) == 0 && as_number(rest) < 0x80;
}

#ifdef SIOKIT_AVX2
/// Masks all whole steps, and takes them off the front of `data`.
SIOKIT_AVX2 SIOKIT_INLINE bool apply_mask_wide(mutable_bytes& data, const mask_key& key) noexcept {
  scan::avx2::vector k, all{};
  for (std::size_t i = 0; i < sizeof k; i += 4) std::memcpy(reinterpret_cast<unsigned char*>(&k) + i, key.data(), 4);
  std::byte* at = data.data();
  for (std::size_t n = data.size() / sizeof k; n != 0; --n, at += sizeof k) {
    const scan::avx2::vector plain = scan::avx2::load(at) ^ k;
    all |= plain;
    std::memcpy(at, &plain, sizeof plain);
  }
  data = data.last(data.size() % sizeof k);
  return scan::avx2::top_bits(all) == 0;
}
#endif

SIOKIT_INLINE bool apply_mask(mutable_bytes data, const mask_key& key) noexcept {
  bool ascii = true;
#ifdef SIOKIT_AVX2
  if (data.size() >= 128 && scan::has_wider()) ascii = apply_mask_wide(data, key);
#endif
#ifdef SIOKIT_SSE2
  std::int32_t word = 0;
  std::memcpy(&word, key.data(), 4);
  const __m128i k = _mm_set1_epi32(word);
  __m128i all = _mm_setzero_si128();
  std::byte* at = data.data();
  for (std::size_t n = data.size() / sizeof k; n != 0; --n, at += sizeof k) {
    auto* const lane = reinterpret_cast<__m128i*>(at);
    const __m128i plain = _mm_xor_si128(_mm_loadu_si128(lane), k);
    all = _mm_or_si128(all, plain);
    _mm_storeu_si128(lane, plain);
  }
  data = data.last(data.size() % sizeof k);
  ascii = _mm_movemask_epi8(all) == 0 && ascii;
#elif defined(SIOKIT_NEON)
  std::uint32_t word = 0;
  std::memcpy(&word, key.data(), 4);
  const uint8x16_t k = vreinterpretq_u8_u32(vdupq_n_u32(word));
  uint8x16_t all = vdupq_n_u8(0);
  auto* at = reinterpret_cast<std::uint8_t*>(data.data());
  for (std::size_t n = data.size() / sizeof k; n != 0; --n, at += sizeof k) {
    const uint8x16_t plain = veorq_u8(vld1q_u8(at), k);
    all = vorrq_u8(all, plain);
    vst1q_u8(at, plain);
  }
  data = data.last(data.size() % sizeof k);
  ascii = vmaxvq_u8(all) < 0x80;
#endif
  return apply_mask_portable(data, key) && ascii;
}

SIOKIT_INLINE void put_frame(frame_builder& out, opcode what, bytes_view first, bytes_view rest, const mask_key* key) noexcept {
  header head{.what = what, .masked = key != nullptr, .length = first.size() + rest.size()};
  if (key != nullptr) head.key = *key;
  std::array<std::byte, longest_header> start;
  const std::size_t size = encode(head, start);
  const std::size_t length = first.size() + rest.size();
  char* const at = out.reserve(size + length);
  if (at == nullptr) return;
  std::memcpy(at, start.data(), size);
  if (!first.empty()) std::memcpy(at + size, first.data(), first.size());
  if (!rest.empty()) std::memcpy(at + size + first.size(), rest.data(), rest.size());
  if (key != nullptr) (void)apply_mask({reinterpret_cast<std::byte*>(at) + size, length}, *key);
  out.commit(at + size + length);
}

SIOKIT_INLINE frame whole_frame(pool& from, opcode what, bytes_view payload, const mask_key* key) noexcept {
  SIOKIT_ASSERT(!is_control(what) || payload.size() <= longest_control, "a control frame holds 125 bytes");
  frame_builder out(from);
  put_frame(out, what, payload, {}, key);
  return out.finish(frame_kind::raw);
}

SIOKIT_INLINE frame close_frame(pool& from, std::uint16_t code, std::string_view why, const mask_key* key) noexcept {
  if (code == no_code) return whole_frame(from, opcode::close, {}, key);
  std::size_t n = why.size();
  if (n > longest_control - 2) {
    n = longest_control - 2;
    while (n != 0 && (static_cast<unsigned char>(why[n]) & 0xc0) == 0x80) --n;
  }
  std::array<std::byte, longest_control> payload;
  payload[0] = static_cast<std::byte>(code >> 8);
  payload[1] = static_cast<std::byte>(code & 0xff);
  if (n != 0) std::memcpy(payload.data() + 2, why.data(), n);
  return whole_frame(from, opcode::close, bytes_view(payload).first(2 + n), key);
}

}  // namespace ws

SIOKIT_NAMESPACE_END
#endif
