// How scan.hpp and the WebSocket mask look at many bytes at once: a step of 8 bytes on every CPU (word), of 16 with SSE2 or
// NEON, and of 32 with AVX2, which only some CPUs have: those functions are compiled for it and asked for at run time.
// A step gives a mask with some bits for each byte, that of the first byte lowest, set where the byte is in the set.
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
#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__)
#include <arm_neon.h>
#define SIOKIT_NEON
#endif
// With GNU's vectors, which need no header: that of the intrinsics takes longer to read than all of siokit's text/.
#if defined(SIOKIT_SSE2) && defined(__GNUC__) && !defined(SIOKIT_NO_AVX2)
#define SIOKIT_AVX2 __attribute__((target("avx2")))
#endif

SIOKIT_NAMESPACE_BEGIN

namespace scan {

template <unsigned char...>
struct bytes {};

/// A set of bytes: those of 7 bits that are below Floor with the bits of Flip turned, with High those of 8 bits, those of Equal,
/// and those of Folded with or without the bit 0x20.
template <unsigned char Floor, bool High, class Equal = bytes<>, class Folded = bytes<>, unsigned char Flip = 0>
struct byte_set {
  static_assert(Floor < 0x80 && Flip < 0x80);
  static constexpr unsigned char floor = Floor;
  static constexpr unsigned char flip = Flip;
  static constexpr bool high = High;
  using equal = Equal;
  using folded = Folded;

  static constexpr bool byte(unsigned char c) noexcept { return table[c]; }

 private:
  template <unsigned char... E, unsigned char... F>
  static constexpr std::array<bool, 256> filled(bytes<E...>, bytes<F...>) {
    std::array<bool, 256> t{};
    for (unsigned c = 0; c < 256; ++c)
      t[c] = (c < 0x80 && (c ^ Flip) < Floor) || (High && c >= 0x80) || (false || ... || (c == E)) ||
             (false || ... || ((c | 0x20u) == F));
    return t;
  }
  static constexpr std::array<bool, 256> table = filled(Equal{}, Folded{});
};

/// 8 bytes in a word. Its mask is exact: no borrow leaks from one byte into the next.
struct word {
  static constexpr std::ptrdiff_t width = 8;
  static constexpr int bits = 8;
  using mask = std::uint64_t;

  static constexpr std::uint64_t every = 0x0101010101010101;
  static constexpr std::uint64_t high = 0x8080808080808080;

  template <class Set>
  SIOKIT_ALWAYS_INLINE static mask look(const char* at) noexcept {
    return hits<Set>(load<std::uint64_t>(at));
  }
  template <class Set>
  static mask copy(const char* from, char* to) noexcept {
    std::memcpy(to, from, 8);
    return look<Set>(from);
  }
  /// Copies two pieces, each of the size of a T.
  template <class Set, class T>
  static mask copy_two(const char* from, const char* other, char* to, char* other_to) noexcept {
    const std::uint64_t both = std::uint64_t{load<T>(from)} << 32 | load<T>(other);
    std::memcpy(to, from, sizeof(T));
    std::memcpy(other_to, other, sizeof(T));
    return hits<Set>(both);
  }

 private:
  template <class T>
  static T load(const char* at) noexcept {
    T x = 0;
    std::memcpy(&x, at, sizeof x);
    return x;
  }
  static constexpr std::uint64_t same(std::uint64_t x, unsigned char c) noexcept {
    x ^= every * c;
    return ~(((x & ~high) + ~high) | x | ~high);
  }
  template <unsigned char... C>
  static constexpr std::uint64_t any([[maybe_unused]] std::uint64_t x, bytes<C...>) noexcept {
    return (std::uint64_t{0} | ... | same(x, C));
  }
  template <class Set>
  static constexpr mask hits(std::uint64_t x) noexcept {
    if constexpr (std::endian::native == std::endian::big) x = swapped(x);
    std::uint64_t h = any(x, typename Set::equal{}) | any(x | every * 0x20, typename Set::folded{});
    if constexpr (Set::floor != 0) h |= ~((((x ^ every * Set::flip) & ~high) + every * (0x80u - Set::floor)) | x);
    if constexpr (Set::high) h |= x;
    return h & high;
  }
  static constexpr std::uint64_t swapped(std::uint64_t x) noexcept {
    std::uint64_t y = 0;
    for (int i = 0; i < 8; ++i) y = y << 8 | (x >> (8 * i) & 255);
    return y;
  }
};

#ifdef SIOKIT_SSE2
struct sse2 {
  static constexpr std::ptrdiff_t width = 16;
  static constexpr int bits = 1;
  using mask = unsigned;

  template <class Set>
  SIOKIT_ALWAYS_INLINE static mask look(const char* at) noexcept {
    return hits<Set>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  }
  template <class Set>
  static mask copy(const char* from, char* to) noexcept {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v);
    return hits<Set>(v);
  }
  template <class Set, class T>
  static mask copy_two(const char* from, const char* other, char* to, char* other_to) noexcept {
    T a = 0, b = 0;
    std::memcpy(&a, from, sizeof a);
    std::memcpy(&b, other, sizeof b);
    std::memcpy(to, &a, sizeof a);
    std::memcpy(other_to, &b, sizeof b);
    if constexpr (sizeof(T) == 4)
      return hits<Set>(_mm_set1_epi64x(static_cast<std::int64_t>(std::uint64_t{b} << 32 | a)));
    else
      return hits<Set>(_mm_set_epi64x(static_cast<std::int64_t>(b), static_cast<std::int64_t>(a)));
  }

 private:
  template <unsigned char... C>
  static __m128i any(__m128i h, [[maybe_unused]] __m128i v, bytes<C...>) noexcept {
    ((h = _mm_or_si128(h, _mm_cmpeq_epi8(v, _mm_set1_epi8(static_cast<char>(C))))), ...);
    return h;
  }
  template <class Set>
  static mask hits(__m128i v) noexcept {
    // The top bit counts. As signed numbers, bytes of 8 bits are below everything. What is below the floor is negative once the
    // floor is taken from it: g++ would turn a comparison with what it knows into two (in avx2 below as well).
    __m128i h = Set::high ? v : _mm_setzero_si128();
    if constexpr (Set::floor != 0) {
      const __m128i turned = Set::flip == 0 ? v : _mm_xor_si128(v, _mm_set1_epi8(static_cast<char>(Set::flip)));
      const __m128i below = _mm_subs_epi8(turned, _mm_set1_epi8(static_cast<char>(Set::floor)));
      h = Set::high ? below : _mm_andnot_si128(v, below);
    }
    h = any(h, v, typename Set::equal{});
    h = any(h, _mm_or_si128(v, _mm_set1_epi8(0x20)), typename Set::folded{});
    return static_cast<unsigned>(_mm_movemask_epi8(h));
  }
};
using native_lanes = sse2;
#elif defined(SIOKIT_NEON)
struct neon {
  static constexpr std::ptrdiff_t width = 16;
  static constexpr int bits = 4;
  using mask = std::uint64_t;

  template <class Set>
  SIOKIT_ALWAYS_INLINE static mask look(const char* at) noexcept {
    return hits<Set>(vld1q_u8(reinterpret_cast<const std::uint8_t*>(at)));
  }
  template <class Set>
  static mask copy(const char* from, char* to) noexcept {
    const uint8x16_t v = vld1q_u8(reinterpret_cast<const std::uint8_t*>(from));
    vst1q_u8(reinterpret_cast<std::uint8_t*>(to), v);
    return hits<Set>(v);
  }
  template <class Set, class T>
  static mask copy_two(const char* from, const char* other, char* to, char* other_to) noexcept {
    T a = 0, b = 0;
    std::memcpy(&a, from, sizeof a);
    std::memcpy(&b, other, sizeof b);
    std::memcpy(to, &a, sizeof a);
    std::memcpy(other_to, &b, sizeof b);
    constexpr bool half = sizeof(T) == 4;
    const std::uint64_t both = half ? std::uint64_t{b} << 32 | a : a;
    return hits<Set>(vcombine_u8(vcreate_u8(both), vcreate_u8(half ? both : b)));
  }

 private:
  template <unsigned char... C>
  static uint8x16_t any(uint8x16_t h, [[maybe_unused]] uint8x16_t v, bytes<C...>) noexcept {
    ((h = vorrq_u8(h, vceqq_u8(v, vdupq_n_u8(C)))), ...);
    return h;
  }
  template <class Set>
  static mask hits(uint8x16_t v) noexcept {
    uint8x16_t h = Set::high ? vcgeq_u8(v, vdupq_n_u8(0x80)) : vdupq_n_u8(0);
    if constexpr (Set::floor != 0) {
      const uint8x16_t turned = veorq_u8(v, vdupq_n_u8(Set::flip));
      // As signed numbers, bytes of 8 bits are below everything.
      h = Set::high ? vcltq_s8(vreinterpretq_s8_u8(turned), vdupq_n_s8(Set::floor)) : vcltq_u8(turned, vdupq_n_u8(Set::floor));
    }
    h = any(h, v, typename Set::equal{});
    h = any(h, vorrq_u8(v, vdupq_n_u8(0x20)), typename Set::folded{});
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(h), 4)), 0);
  }
};
using native_lanes = neon;
#else
using native_lanes = word;
#endif

#ifdef SIOKIT_AVX2
inline constexpr bool knows_wider = true;
inline bool has_wider() noexcept { return __builtin_cpu_supports("avx2") != 0; }

/// 32 bytes in GNU's vectors; the names below are as in sse2. Only where has_wider() is true.
struct avx2 {
  using vector = unsigned char __attribute__((vector_size(32)));
  using signed_vector = signed char __attribute__((vector_size(32)));
  static constexpr std::ptrdiff_t width = 32;

  SIOKIT_AVX2 static vector load(const void* at) noexcept {
    vector v;
    std::memcpy(&v, at, sizeof v);
    return v;
  }
  /// One bit for each byte: its top bit.
  SIOKIT_AVX2 static unsigned top_bits(vector v) noexcept {
    using chars = char __attribute__((vector_size(32)));
    return static_cast<unsigned>(__builtin_ia32_pmovmskb256(reinterpret_cast<chars>(v)));
  }
  template <unsigned char... C>
  SIOKIT_AVX2 static vector any(vector h, [[maybe_unused]] vector v, bytes<C...>) noexcept {
    ((h |= reinterpret_cast<vector>(v == C)), ...);
    return h;
  }
  template <class Set>
  SIOKIT_AVX2 static vector hits(vector v) noexcept {
    vector h = Set::high ? v : vector{};
    if constexpr (Set::floor != 0) {
      signed_vector floor = signed_vector{} + static_cast<signed char>(Set::floor);
      asm("" : "+x"(floor));  // g++ compares with a constant in two instructions, with what it does not know in one
      const auto below = reinterpret_cast<vector>(reinterpret_cast<signed_vector>(v ^ Set::flip) < floor);
      h = Set::high ? below : vector(below & ~v);
    }
    h = any(h, v, typename Set::equal{});
    return any(h, v | 0x20, typename Set::folded{});
  }
};

/// The first byte of the set, or where less than a step is left.
template <class Set>
SIOKIT_AVX2 SIOKIT_NEVER_INLINE inline const char* find_wide(const char* at, const char* end) noexcept {
  constexpr std::ptrdiff_t step = avx2::width;
  for (; end - at >= 2 * step; at += 2 * step) {
    const avx2::vector first = avx2::hits<Set>(avx2::load(at));
    const avx2::vector second = avx2::hits<Set>(avx2::load(at + step));
    if (avx2::top_bits(first | second) == 0) continue;
    const unsigned hits = avx2::top_bits(first);
    return hits != 0 ? at + std::countr_zero(hits) : at + step + std::countr_zero(avx2::top_bits(second));
  }
  if (end - at < step) return at;
  const unsigned hits = avx2::top_bits(avx2::hits<Set>(avx2::load(at)));
  return at + (hits != 0 ? std::countr_zero(hits) : step);
}
/// As copy_unless() of scan.hpp, for n >= avx2::width.
template <class Set>
SIOKIT_AVX2 SIOKIT_NEVER_INLINE inline bool copy_unless_wide(const char* from, std::size_t n, char* to) noexcept {
  const auto copy = [from, to](std::size_t i) SIOKIT_AVX2 {
    const avx2::vector v = avx2::load(from + i);
    std::memcpy(to + i, &v, sizeof v);
    return avx2::hits<Set>(v);
  };
  constexpr std::size_t step = avx2::width;
  avx2::vector all = copy(n - step);
  for (std::size_t i = 0; i + step < n; i += step) all |= copy(i);
  return avx2::top_bits(all) == 0;
}
#else
inline constexpr bool knows_wider = false;  // and nobody calls what follows
bool has_wider() noexcept;
template <class Set>
const char* find_wide(const char* at, const char* end) noexcept;
template <class Set>
bool copy_unless_wide(const char* from, std::size_t n, char* to) noexcept;
#endif

}  // namespace scan

SIOKIT_NAMESPACE_END
