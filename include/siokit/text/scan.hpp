// Finding the next byte that matters in a text: 16 bytes a step with SSE2 or NEON, which need no check (x86-64 and AArch64
// always have them), else 8; behind the first step 32 at a time where the CPU turns out to have AVX2.
// What matters is a set of bytes, described once for all widths. Every width is compiled that the CPU may have, and the tests
// compare them; the library uses `native`. How a step looks at its bytes is in lanes.hpp.
#pragma once

#include <cstddef>

#include <siokit/text/lanes.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace scan {

/// Bytes of more than 7 bits.
struct not_ascii : byte_set<0, true> {};
/// What cannot be copied as it is from or into a JSON string: control characters, bytes of 8 bits, quote, backslash.
/// With 2 turned, the quote is 0x20, next to the control characters: one comparison finds both.
struct not_plain : byte_set<0x21, true, bytes<'\\'>, bytes<>, '"' ^ 0x20> {};
/// What may end a JSON string that is known to be valid: quote, or a backslash to look behind.
struct string_stop : byte_set<0, false, bytes<'"', '\\'>> {};
/// What changes the nesting of valid JSON: quotes, brackets and braces. With 0x20 set, the four are two.
struct nesting : byte_set<0, false, bytes<'"'>, bytes<'{', '}'>> {};

/// The search in steps of so many Lanes.
template <class Lanes>
struct steps {
  static constexpr std::ptrdiff_t width = Lanes::width;

  /// The first byte of the set, or `end`. Nothing behind `end` is read.
  template <class Set>
  static const char* find(const char* at, const char* end) noexcept {
    if (end - at >= width && walk<Set>(at, end - width)) return at;
    if constexpr (width > word::width) return steps<word>::find<Set>(at, end);
    while (at != end && !Set::byte(static_cast<unsigned char>(*at))) ++at;
    return at;
  }
  /// The first byte of the set, or the last byte of all, which is not in the set. At least `width` bytes stand before
  /// `end`, if not behind `at`. Most searches end in their first step.
  template <class Set>
  SIOKIT_ALWAYS_INLINE static const char* find_or_last(const char* at, const char* end) noexcept {
    if (end - at < width) return find_in_last<Set>(at, end);
    const typename Lanes::mask hits = Lanes::template look<Set>(at);
    if (hits != 0) [[likely]]
      return at + first(hits);
    return find_far_or_last<Set>(at + width, end);
  }
  /// The same where a byte of the set is known to stand before `end`, and most likely soon.
  template <class Set>
  SIOKIT_ALWAYS_INLINE static const char* find_sure(const char* at, const char* end) noexcept {
    for (; end - at >= width; at += width)
      if (const typename Lanes::mask hits = Lanes::template look<Set>(at); hits != 0) return at + first(hits);
    while (!Set::byte(static_cast<unsigned char>(*at))) ++at;
    return at;
  }
  /// Copies n bytes and tells whether none of them is in the set. To stop at the first one is for find().
  template <class Set>
  SIOKIT_ALWAYS_INLINE static bool copy_unless(const char* from, std::size_t n, char* to) noexcept {
    return n < std::size_t{width} ? copy_few<Set>(from, n, to) : copy_many<Set>(from, n, to);
  }
  /// The same for n < width: in two pieces that may overlap, without a call.
  template <class Set>
  SIOKIT_ALWAYS_INLINE static bool copy_few(const char* from, std::size_t n, char* to) noexcept {
    if constexpr (width > 8)
      if (n >= 8) return Lanes::template copy_two<Set, std::uint64_t>(from, from + n - 8, to, to + n - 8) == 0;
    typename Lanes::mask hits = 0;
    if (n >= 4) {
      hits = Lanes::template copy_two<Set, std::uint32_t>(from, from + n - 4, to, to + n - 4);
    } else {
      for (std::size_t i = 0; i < n; ++i) {
        to[i] = from[i];
        hits |= Set::byte(static_cast<unsigned char>(from[i]));
      }
    }
    return hits == 0;
  }

 private:
  static constexpr std::ptrdiff_t short_copy = 64;  // bytes; for no more it is not worth asking the CPU
  static constexpr bool wider = width > word::width && knows_wider;

  static std::ptrdiff_t first(typename Lanes::mask hits) noexcept { return std::countr_zero(hits) / Lanes::bits; }

  /// Moves on in whole steps, the last of which begins at `last` at most. True at a byte of the set.
  template <class Set>
  SIOKIT_ALWAYS_INLINE static bool walk(const char*& at, const char* last) noexcept {
    [[maybe_unused]] const char* const begin = at;
    while (at <= last) {
      const typename Lanes::mask hits = Lanes::template look<Set>(at);
      if (hits != 0) {
        at += first(hits);
        return true;
      }
      at += width;
      if constexpr (wider)
        if (at - begin == width && last - at >= width && has_wider()) at = find_wide<Set>(at, last + width);
    }
    return false;
  }
  template <class Set>
  SIOKIT_NEVER_INLINE static const char* find_far_or_last(const char* at, const char* end) noexcept {
    return walk<Set>(at, end - width) ? at : find_in_last<Set>(at, end);
  }
  /// Less than a step before the end: this one reaches back, over bytes that were seen or that stand before the first `at`.
  template <class Set>
  SIOKIT_ALWAYS_INLINE static const char* find_in_last(const char* at, const char* end) noexcept {
    if (at == end) return end - 1;
    const char* const last = end - width;
    const typename Lanes::mask hits = Lanes::template look<Set>(last) >> (at - last) * Lanes::bits;
    return hits != 0 ? at + first(hits) : end - 1;
  }
  template <class Set>
  SIOKIT_NEVER_INLINE static bool copy_many(const char* from, std::size_t n, char* to) noexcept {
    if constexpr (wider)
      if (n > std::size_t{short_copy} && has_wider()) return copy_unless_wide<Set>(from, n, to);
    typename Lanes::mask hits = 0;
    for (std::size_t i = 0; i + std::size_t{width} < n; i += std::size_t{width}) hits |= Lanes::template copy<Set>(from + i, to + i);
    return (hits | Lanes::template copy<Set>(from + n - std::size_t{width}, to + n - std::size_t{width})) == 0;
  }
};

using portable = steps<word>;
using native = steps<native_lanes>;

}  // namespace scan

SIOKIT_NAMESPACE_END
