// Finding the next byte that matters in a text: 16 bytes a step where the CPU always can (SSE2 is part of x86-64, so no
// run-time check is needed), else 8. What matters is a set, a struct with one test for each width.
// Both widths are compiled where the CPU has both and the tests compare them; the library uses `native`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <siokit/core/config.hpp>

#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h>
#define SIOKIT_SSE2
#endif

SIOKIT_NAMESPACE_BEGIN

namespace scan {

inline constexpr std::uint64_t every = 0x0101010101010101;
inline constexpr std::uint64_t high = 0x8080808080808080;

/// High bits where x has the byte c. A bit above the lowest that is set may be wrong (a borrow); the lowest is right.
constexpr std::uint64_t equal(std::uint64_t x, unsigned char c) noexcept {
  x ^= every * c;
  return (x - every) & ~x & high;
}

/// Bytes of more than 7 bits.
struct not_ascii {
  static constexpr std::uint64_t word(std::uint64_t x) noexcept { return x & high; }
  static constexpr bool byte(unsigned char c) noexcept { return c >= 0x80; }
#ifdef SIOKIT_SSE2
  static int lanes(__m128i v) noexcept { return _mm_movemask_epi8(v); }
#endif
};

/// What cannot be copied as it is from or into a JSON string: quote, backslash, control characters, bytes of 8 bits.
struct not_plain {
  static constexpr std::uint64_t word(std::uint64_t x) noexcept {
    return (((x - every * 0x20) & ~x) | x | equal(x, '"') | equal(x, '\\')) & high;
  }
  static constexpr bool byte(unsigned char c) noexcept { return table[c]; }
  static constexpr std::array<bool, 256> table = [] {
    std::array<bool, 256> t{};
    for (unsigned c = 0; c < 256; ++c) t[c] = c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
    return t;
  }();
#ifdef SIOKIT_SSE2
  static int lanes(__m128i v) noexcept {
    const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    // The top bit: of v - 0x20 for control characters, of v for bytes of 8 bits.
    const __m128i other = _mm_or_si128(v, _mm_sub_epi8(v, _mm_set1_epi8(0x20)));
    return _mm_movemask_epi8(_mm_or_si128(other, _mm_or_si128(quote, slash)));
  }
#endif
};

/// What may end a JSON string that is known to be valid: quote, or a backslash to look behind.
struct string_stop {
  static constexpr std::uint64_t word(std::uint64_t x) noexcept { return equal(x, '"') | equal(x, '\\'); }
  static constexpr bool byte(unsigned char c) noexcept { return c == '"' || c == '\\'; }
#ifdef SIOKIT_SSE2
  static int lanes(__m128i v) noexcept {
    const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    return _mm_movemask_epi8(_mm_or_si128(quote, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
  }
#endif
};

/// What changes the nesting of valid JSON: quotes, brackets and braces. With 0x20 set, the four are two.
struct nesting {
  static constexpr std::uint64_t word(std::uint64_t x) noexcept {
    const std::uint64_t y = x | every * 0x20;
    return equal(x, '"') | equal(y, '{') | equal(y, '}');
  }
  static constexpr bool byte(unsigned char c) noexcept { return c == '"' || (c | 0x20) == '{' || (c | 0x20) == '}'; }
#ifdef SIOKIT_SSE2
  static int lanes(__m128i v) noexcept {
    const __m128i w = _mm_or_si128(v, _mm_set1_epi8(0x20));
    const __m128i braces = _mm_or_si128(_mm_cmpeq_epi8(w, _mm_set1_epi8('{')), _mm_cmpeq_epi8(w, _mm_set1_epi8('}')));
    return _mm_movemask_epi8(_mm_or_si128(braces, _mm_cmpeq_epi8(v, _mm_set1_epi8('"'))));
  }
#endif
};

/// Steps of 8 bytes, on every CPU.
struct portable {
  static constexpr std::ptrdiff_t width = 8;

  /// The first byte of the set, or `end`. Nothing behind `end` is read.
  template <class Set>
  static const char* find(const char* at, const char* end) noexcept {
    for (; end - at >= 8; at += 8) {
      const std::uint64_t hits = look<Set>(at);
      if (hits != 0) return at + first(hits);
    }
    while (at != end && !Set::byte(static_cast<unsigned char>(*at))) ++at;
    return at;
  }
  /// The first byte of the set, or the last byte of all, which is not in the set. At least `width` bytes stand before
  /// `end`, if not behind `at`.
  template <class Set>
  static const char* find_or_last(const char* at, const char* end) noexcept {
    at = find<Set>(at, end);
    return at == end ? end - 1 : at;
  }
  /// The same where a byte of the set is known to stand before `end`.
  template <class Set>
  static const char* find_sure(const char* at, const char* end) noexcept {
    for (; end - at >= 8; at += 8) {
      const std::uint64_t hits = look<Set>(at);
      if (hits != 0) return at + first(hits);
    }
    while (!Set::byte(static_cast<unsigned char>(*at))) ++at;
    return at;
  }
  /// Copies n bytes and tells whether none of them is in the set. To stop at the first one is for find().
  template <class Set>
  static bool copy_unless(const char* from, std::size_t n, char* to) noexcept {
    if (n < 8) return copy_few<Set>(from, n, to);
    std::uint64_t hits = 0;
    for (std::size_t i = 0; i + 8 < n; i += 8) hits |= copy_word<Set>(from + i, to + i);
    return (hits | copy_word<Set>(from + n - 8, to + n - 8)) == 0;
  }
  /// The same for n < 8.
  template <class Set>
  static bool copy_few(const char* from, std::size_t n, char* to) noexcept {
    if (n >= 4) {
      std::uint32_t a = 0;
      std::uint32_t b = 0;
      std::memcpy(&a, from, 4);
      std::memcpy(&b, from + n - 4, 4);
      std::memcpy(to, &a, 4);
      std::memcpy(to + n - 4, &b, 4);
      return Set::word(std::uint64_t{a} << 32 | b) == 0;
    }
    bool none = true;
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = from[i];
      none &= !Set::byte(static_cast<unsigned char>(from[i]));
    }
    return none;
  }

 private:
  template <class Set>
  static std::uint64_t copy_word(const char* from, char* to) noexcept {
    std::uint64_t x = 0;
    std::memcpy(&x, from, 8);
    std::memcpy(to, &x, 8);
    return Set::word(x);
  }
  template <class Set>
  static std::uint64_t look(const char* at) noexcept {
    std::uint64_t x = 0;
    std::memcpy(&x, at, 8);
    if constexpr (std::endian::native == std::endian::big) x = swapped(x);
    return Set::word(x);
  }
  /// Only the lowest hit is sure, and it is the first byte only where the first byte is the lowest.
  static constexpr std::uint64_t swapped(std::uint64_t x) noexcept {
    std::uint64_t y = 0;
    for (int i = 0; i < 8; ++i) y = y << 8 | (x >> (8 * i) & 255);
    return y;
  }
  static int first(std::uint64_t hits) noexcept { return std::countr_zero(hits) / 8; }
};

#ifdef SIOKIT_SSE2
/// Steps of 16 bytes.
struct sse2 {
  static constexpr std::ptrdiff_t width = 16;

  template <class Set>
  static const char* find(const char* at, const char* end) noexcept {
    for (; end - at >= 16; at += 16) {
      const unsigned hits = look<Set>(at);
      if (hits != 0) return at + first(hits);
    }
    return portable::find<Set>(at, end);
  }
  template <class Set>
  SIOKIT_ALWAYS_INLINE static const char* find_or_last(const char* at, const char* end) noexcept {
    const char* const last = end - 16;
    for (; at <= last; at += 16) {
      const unsigned hits = look<Set>(at);
      if (hits != 0) return at + first(hits);
    }
    // This step reaches back, over bytes that were seen or that stand before the first `at`.
    const unsigned hits = look<Set>(last) >> (at - last);
    return hits != 0 ? at + first(hits) : end - 1;
  }
  template <class Set>
  SIOKIT_ALWAYS_INLINE static const char* find_sure(const char* at, const char* end) noexcept {
    for (; end - at >= 16; at += 16) {
      const unsigned hits = look<Set>(at);
      if (hits != 0) return at + first(hits);
    }
    while (!Set::byte(static_cast<unsigned char>(*at))) ++at;
    return at;
  }
  template <class Set>
  static bool copy_unless(const char* from, std::size_t n, char* to) noexcept {
    if (n < 16) return portable::copy_unless<Set>(from, n, to);
    int hits = 0;
    for (std::size_t i = 0; i + 16 < n; i += 16) hits |= copy_step<Set>(from + i, to + i);
    return (hits | copy_step<Set>(from + n - 16, to + n - 16)) == 0;
  }

 private:
  template <class Set>
  SIOKIT_ALWAYS_INLINE static int copy_step(const char* from, char* to) noexcept {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v);
    return Set::lanes(v);
  }
  template <class Set>
  SIOKIT_ALWAYS_INLINE static unsigned look(const char* at) noexcept {
    return static_cast<unsigned>(Set::lanes(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))));
  }
  SIOKIT_ALWAYS_INLINE static unsigned first(unsigned hits) noexcept {
    return static_cast<unsigned>(std::countr_zero(hits));
  }
};
using native = sse2;
#else
using native = portable;
#endif

}  // namespace scan

SIOKIT_NAMESPACE_END
