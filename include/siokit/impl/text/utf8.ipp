// Bodies of text/utf8.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

namespace utf8 {

template <class Width>
inline bool valid(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    at = Width::template find<scan::not_ascii>(at, end);
    if (at == end) return true;
    do {
      const std::size_t n = sequence(at, end);
      if (n == 0) return false;
      at += n;
    } while (at != end && scan::not_ascii::byte(static_cast<unsigned char>(*at)));
  }
}

#if SIOKIT_BODIES
inline constexpr bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

SIOKIT_INLINE std::size_t sequence(const char* at, const char* end) noexcept {
  const auto first = static_cast<unsigned char>(*at);
  const auto left = end - at;
  if (first < 0xe0) return first >= 0xc2 && left >= 2 && is_continuation(at[1]) ? 2 : 0;
  if (left < 3 || !is_continuation(at[1]) || !is_continuation(at[2])) return 0;
  const auto second = static_cast<unsigned char>(at[1]);
  if (first < 0xf0) {
    if (first == 0xe0 && second < 0xa0) return 0;   // overlong
    if (first == 0xed && second >= 0xa0) return 0;  // surrogate
    return 3;
  }
  if (first > 0xf4 || left < 4 || !is_continuation(at[3])) return 0;
  if (first == 0xf0 && second < 0x90) return 0;   // overlong
  if (first == 0xf4 && second >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

SIOKIT_INLINE bool checker::take(unsigned char c) noexcept {
  if (needed_ != 0) {
    if (c < low_ || c > high_) return false;
    --needed_;
    low_ = 0x80;
    high_ = 0xbf;
    return true;
  }
  if (c < 0x80) return true;
  if (c < 0xc2 || c > 0xf4) return false;
  needed_ = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
  low_ = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
  high_ = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
  return true;
}

SIOKIT_INLINE std::size_t ill_formed(const char* at, const char* end) noexcept {
  const char* const begin = at;
  const auto first = static_cast<unsigned char>(*at++);
  if (first < 0xc2 || first > 0xf4) return 1;
  unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned top = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  const int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  for (int i = 0; i < more && at != end; ++i, ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c < low || c > top) break;
    low = 0x80;
    top = 0xbf;
  }
  return static_cast<std::size_t>(at - begin);
}

SIOKIT_INLINE bool checker::feed(std::string_view piece) noexcept {
  if (failed_) return false;
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    if (needed_ == 0) {
      at = scan::native::find<scan::not_ascii>(at, end);
      if (at == end) break;
      const std::size_t n = sequence(at, end);
      at += n;
      if (n != 0) continue;
    }
    // Inside a character that began in an earlier piece, or at one that is cut here or invalid.
    failed_ = !take(static_cast<unsigned char>(*at++));
    if (failed_) return false;
  }
  return true;
}

SIOKIT_INLINE std::size_t repaired_size(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t size = text.size();
  while ((at = scan::native::find<scan::not_ascii>(at, end)) != end) {
    std::size_t n = sequence(at, end);
    if (n == 0) {
      n = ill_formed(at, end);
      size += replacement.size() - n;
    }
    at += n;
  }
  return size;
}

SIOKIT_INLINE char* repair(std::string_view text, char* out) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* stop = scan::native::find<scan::not_ascii>(at, end);
    std::size_t n = 0;
    while (stop != end && scan::not_ascii::byte(static_cast<unsigned char>(*stop)) && (n = sequence(stop, end)) != 0)
      stop += n;
    const auto sound = static_cast<std::size_t>(stop - at);
    if (sound != 0) std::memcpy(out, at, sound);
    out += sound;
    at = stop;
    if (at == end || n != 0 || !scan::not_ascii::byte(static_cast<unsigned char>(*at))) continue;
    std::memcpy(out, replacement.data(), replacement.size());
    out += replacement.size();
    at += ill_formed(at, end);
  }
  return out;
}

SIOKIT_INLINE char* put(std::uint32_t code_point, char* out) noexcept {
  const auto byte = [](std::uint32_t x) { return static_cast<char>(static_cast<unsigned char>(x)); };
  const auto more = [&](unsigned shift) { return byte(0x80 | ((code_point >> shift) & 0x3f)); };
  if (code_point < 0x80) {
    *out++ = byte(code_point);
    return out;
  }
  if (code_point < 0x800) {
    *out++ = byte(0xc0 | (code_point >> 6));
  } else if (code_point < 0x10000) {
    *out++ = byte(0xe0 | (code_point >> 12));
    *out++ = more(6);
  } else {
    *out++ = byte(0xf0 | (code_point >> 18));
    *out++ = more(12);
    *out++ = more(6);
  }
  *out++ = more(0);
  return out;
}
#endif

}  // namespace utf8

SIOKIT_NAMESPACE_END
