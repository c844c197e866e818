// Bodies of text/number.hpp.
#pragma once

#include <cfloat>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

SIOKIT_NAMESPACE_BEGIN

namespace number {

/// What std::to_chars writes, by printf: for libc++ before 14, whose std::to_chars knows no floating point.
template <class Floating>
inline char* write_by_printf(char* out, Floating x, std::chars_format form) noexcept {
  char text[room];  // -d.ddde+ddd, with whatever the locale takes for a point
  for (int digits = 0; digits < std::numeric_limits<Floating>::max_digits10; ++digits) {
    std::snprintf(text, sizeof text, "%.*e", digits, static_cast<double>(x));
    if (static_cast<Floating>(std::strtod(text, nullptr)) == x) break;
  }
  const char* const e = std::strchr(text, 'e');
  const char* at = text;
  if (*at == '-') *out++ = *at++;
  char all[room] = {};
  int n = 0, place = std::atoi(e + 1) + 1;  // of the point, among all the digits
  for (; at != e; ++at)
    if (*at >= '0' && *at <= '9') all[n++] = *at;
  if (form == std::chars_format::scientific) {
    *out++ = all[0];
    if (n > 1) *out++ = '.';
    for (int i = 1; i < n; ++i) *out++ = all[i];
    std::memcpy(out, e, std::strlen(e));
    return out + std::strlen(e);
  }
  if (place <= 0) {
    *out++ = '0';
    *out++ = '.';
  }
  for (int i = place < 0 ? place : 0; i < n || i < place; ++i) {
    if (i > 0 && i == place) *out++ = '.';
    *out++ = i >= 0 && i < n ? all[i] : '0';
  }
  return out;
}

/// An integer of more than 53 bits: its shortest digits, then zeros. std::to_chars has its exact digits there.
template <class Floating>
inline char* write_padded(char* out, Floating x) noexcept {
  char text[room];
  char* at = text;
  if constexpr (requires { std::to_chars(text, text + room, x, std::chars_format::scientific); })
    *std::to_chars(text, text + room, x, std::chars_format::scientific).ptr = '\0';
  else
    *write_by_printf(text, x, std::chars_format::scientific) = '\0';
  if (*at == '-') *out++ = *at++;
  const char* const e = std::strchr(at, 'e');
  char* const end = out + std::atoi(e + 1) + 1;
  for (; at != e; ++at)
    if (*at != '.') *out++ = *at;
  std::memset(out, '0', static_cast<std::size_t>(end - out));
  return end;
}

/// The shortest digits that read back as x, in the notation that JavaScript chooses (ECMA-262 6.1.6.1.20).
template <class Floating>
inline char* write_shortest(char* out, Floating x) noexcept {
  const Floating size = x < 0 ? -x : x;
  if (size > Floating(9007199254740992.0) && size < Floating(1e21)) return write_padded(out, x);
  const bool plain = size == 0 || (size >= Floating(1e-6) && size < Floating(1e21));
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  char* end = out;
  if constexpr (requires { std::to_chars(out, out + room, x, form); })
    end = std::to_chars(out, out + room, x, form).ptr;
  else
    end = write_by_printf(out, x, form);
  // C++ writes two digits of an exponent at least, JavaScript one.
  const bool padded = !plain && end[-2] == '0' && (end[-3] == '-' || end[-3] == '+');
  if (padded) end[-2] = end[-1];
  return padded ? end - 1 : end;
}

#if SIOKIT_BODIES
inline constexpr unsigned digit(char c) noexcept { return static_cast<unsigned>(static_cast<unsigned char>(c - '0')); }

/// A number taken apart, without a loss: sign, digits (with a point among them or not) and exponent.
struct parts {
  bool negative = false;
  const char* digits = nullptr;
  const char* digits_end = nullptr;
  const char* end = nullptr;      // behind the number
  std::int64_t before_point = 0;  // digits in front of the point once the exponent is applied; may be below 0
};

inline parts take_apart(const char* at, const char* end) noexcept {
  constexpr std::int64_t huge = std::int64_t{1} << 60;  // far beyond the length of any text
  parts p;
  p.negative = *at == '-';
  if (p.negative) ++at;
  p.digits = at;
  while (at != end && digit(*at) < 10) ++at;
  p.before_point = at - p.digits;
  if (at != end && *at == '.')
    for (++at; at != end && digit(*at) < 10;) ++at;
  p.digits_end = p.end = at;
  if (at == end || (*at != 'e' && *at != 'E')) return p;
  ++at;
  const bool down = *at == '-';
  if (down || *at == '+') ++at;
  std::int64_t exponent = 0;
  for (; at != end && digit(*at) < 10; ++at)
    if (exponent < huge / 16) exponent = exponent * 10 + static_cast<std::int64_t>(digit(*at));
  p.before_point += down ? -exponent : exponent;
  p.end = at;
  return p;
}

/// The absolute value of a number that is an integer below 2^64.
inline errc exact(const parts& p, std::uint64_t& out) noexcept {
  out = 0;
  std::int64_t place = 0;
  for (const char* at = p.digits; at != p.digits_end; ++at) {
    if (*at == '.') continue;
    const unsigned d = digit(*at);
    if (place++ >= p.before_point) {
      if (d != 0) return errc::expected_integer;
      continue;
    }
    if (out > (~std::uint64_t{0} - d) / 10) return errc::out_of_range;
    out = out * 10 + d;
  }
  for (; out != 0 && place < p.before_point; ++place) {
    if (out > ~std::uint64_t{0} / 10) return errc::out_of_range;
    out *= 10;
  }
  return errc::none;
}

/// Whether something else than a number ends the text, as in all but those that are only a number: then no search for the
/// end of digits needs to look for the end of the text.
inline bool closed(const char* end) noexcept { return digit(end[-1]) >= 10; }

/// Passes over digits, of a closed text, and adds them to x. Of more than 19 it holds anything.
inline const char* read_digits(const char* at, std::uint64_t& x) noexcept {
  for (; digit(*at) < 10; ++at) x = x * 10 + digit(*at);
  return at;
}

/// Up to 18 digits and nothing that makes more of them than digits. Returns where it stopped, null when that is not so.
inline const char* read_short(const char* at, const char* end, std::uint64_t& out) noexcept {
  if (!closed(end)) return nullptr;
  const char* const begin = at;
  out = 0;
  at = read_digits(at, out);
  const bool more = *at == '.' || *at == 'e' || *at == 'E';
  return more || at - begin > 18 ? nullptr : at;
}

/// What is not short. `most` is the largest that its sign allows.
SIOKIT_NEVER_INLINE inline const char* read_long(const char* at, const char* end, std::uint64_t most, std::uint64_t& out,
                                                 errc& e) noexcept {
  const parts p = take_apart(at, end);
  errc wrong = exact(p, out);
  if (wrong == errc::none && out > most) wrong = errc::out_of_range;
  if (wrong == errc::none) return p.end;
  e = wrong;
  return nullptr;
}

SIOKIT_INLINE const char* read(const char* at, const char* end, std::int64_t& out, errc& e) noexcept {
  constexpr auto top = static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::max)());
  const bool negative = *at == '-';
  std::uint64_t size = 0;
  const char* stop = read_short(at + negative, end, size);
  if (stop == nullptr) stop = read_long(at, end, negative ? top + 1 : top, size, e);
  if (stop != nullptr) out = static_cast<std::int64_t>(negative ? ~size + 1 : size);
  return stop;
}

SIOKIT_INLINE const char* read(const char* at, const char* end, std::uint64_t& out, errc& e) noexcept {
  std::uint64_t size = 0;
  const char* stop = *at == '-' ? nullptr : read_short(at, end, size);
  if (stop == nullptr) stop = read_long(at, end, *at == '-' ? 0 : ~std::uint64_t{0}, size, e);
  if (stop != nullptr) out = size;
  return stop;
}

inline constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

/// Arithmetic on doubles gives doubles; with the x87 unit it may not.
inline constexpr bool exact_arithmetic = FLT_EVAL_METHOD == 0;

/// Up to 18 digits with a point among them, or as many as 2^53 has without, and no exponent. Returns where it stopped, null
/// when there is more: 19 digits still fit into 64 bits, so that the comparison with 2^53 can be trusted.
/// The digits and the power of ten are both exact, so their quotient is the nearest double (Clinger 1990).
inline const char* read_simple(const char* at, const char* end, double& out) noexcept {
  if (!closed(end) || !exact_arithmetic) return nullptr;
  const bool negative = *at == '-';
  at += negative;
  const char* const begin = at;
  std::uint64_t all = 0;
  at = read_digits(at, all);
  const char* point = at;
  if (*at == '.') {
    point = ++at;
    at = read_digits(at, all);
  }
  if (at - begin > 19 || all > std::uint64_t{1} << 53 || *at == 'e' || *at == 'E') return nullptr;
  const double x = static_cast<double>(all) / powers[at - point];
  out = negative ? -x : x;
  return at;
}

/// What std::from_chars does not tell: whether it gave up because the number is too small or because it is too large.
inline bool is_tiny(const char* at, const char* end) noexcept {
  const parts p = take_apart(at, end);
  std::int64_t place = p.before_point;
  for (at = p.digits; at != p.digits_end && (*at == '0' || *at == '.'); ++at)
    if (*at == '0') --place;
  return place < 0;
}

/// The double nearest to the number, infinite when it is too large, by strtod. Text without a point reads the same in every
/// locale.
inline double nearest_by_strtod(const char* at, const char* end) noexcept {
  constexpr std::ptrdiff_t most = 800;      // of 767 digits and more it only matters whether they are all 0
  constexpr std::int64_t extreme = 100000;  // beyond every double, whatever the digits
  char text[most + 32];
  char* out = text;
  const parts p = take_apart(at, end);
  std::int64_t place = p.before_point;
  bool more = false;
  for (at = p.digits; at != p.digits_end; ++at) {
    if (*at == '.') continue;
    if (out == text && *at == '0')
      --place;
    else if (out != text + most)
      *out++ = *at;
    else
      more = more || *at != '0';
  }
  if (out == text || more) *out++ = more ? '1' : '0';
  place -= out - text;
  *out++ = 'e';
  *write(out, place < -extreme ? -extreme : place > extreme ? extreme : place) = '\0';
  const double size = std::strtod(text, nullptr);
  return p.negative ? -size : size;
}

/// The same by std::from_chars where the standard library has it: libc++ deletes it for doubles until its version 20. `behind`
/// becomes where the number ends.
template <class Floating>
inline Floating nearest(const char* at, const char* end, const char*& behind) noexcept {
  Floating x = 0;
  if constexpr (requires { std::from_chars(at, end, x); }) {
    const auto [stop, error] = std::from_chars(at, end, x);
    behind = stop;
    if (error != std::errc::result_out_of_range) return x;
    const Floating size = is_tiny(at, end) ? Floating{} : std::numeric_limits<Floating>::infinity();
    return *at == '-' ? -size : size;
  } else {
    behind = take_apart(at, end).end;
    return nearest_by_strtod(at, end);
  }
}

SIOKIT_INLINE const char* read(const char* at, const char* end, double& out, errc& e) noexcept {
  const char* behind = read_simple(at, end, out);
  if (behind != nullptr) return behind;
  const double x = nearest<double>(at, end, behind);
  if (!is_finite(x)) {
    e = errc::out_of_range;
    return nullptr;
  }
  out = x;
  return behind;
}

inline constexpr auto digit_pairs = [] {
  struct table {
    char text[200];
  } t{};
  for (unsigned i = 0; i < 100; ++i) {
    t.text[2 * i] = static_cast<char>('0' + i / 10);
    t.text[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return t;
}();

/// How many decimal digits x has.
constexpr unsigned digits_of(std::uint64_t x) noexcept {
  unsigned n = 1;
  for (; x >= 10000; x /= 10000) n += 4;
  return n + (x >= 10) + (x >= 100) + (x >= 1000);
}

SIOKIT_INLINE char* write(char* out, std::uint64_t x) noexcept {
  if (x < 10) {
    *out = static_cast<char>('0' + x);
    return out + 1;
  }
  char* const end = out + digits_of(x);
  char* at = end;
  while (x >= 100) {
    at -= 2;
    std::memcpy(at, digit_pairs.text + 2 * (x % 100), 2);
    x /= 100;
  }
  if (x >= 10)
    std::memcpy(out, digit_pairs.text + 2 * x, 2);
  else
    *out = static_cast<char>('0' + x);
  return end;
}

SIOKIT_INLINE char* write(char* out, std::int64_t x) noexcept {
  const auto size = static_cast<std::uint64_t>(x);
  if (x >= 0) return write(out, size);
  *out++ = '-';
  return write(out, ~size + 1);
}

/// Writes millionths without the zeros at the end.
inline char* write_millionths(char* out, std::uint64_t x) noexcept {
  out = write(out, x / 1000000);
  auto rest = static_cast<std::uint32_t>(x % 1000000);
  if (rest == 0) return out;
  *out = '.';
  for (char* at = out + 6; at != out; at -= 2, rest /= 100) std::memcpy(at - 1, digit_pairs.text + 2 * (rest % 100), 2);
  out += 7;
  while (out[-1] == '0') --out;
  return out;
}

/// Most numbers that people send have few digits behind the point. When x is the double nearest to a number of at most
/// 15 digits, then no other such number is as near, so these digits without their zeros are the shortest.
template <class Floating>
inline char* write_floating(char* out, Floating x) noexcept {
  const double size = x < 0 ? -static_cast<double>(x) : static_cast<double>(x);
  if (!exact_arithmetic || size >= 1e9 || (size == 0 && has_sign(static_cast<double>(x)))) return write_shortest(out, x);
  // A float is nearest to many: fewer digits first.
  for (double scale = std::is_same_v<Floating, float> ? 1 : 1e6; scale <= 1e6; scale *= 10) {
    const auto scaled = static_cast<std::uint64_t>(size * scale + 0.5);
    if (static_cast<Floating>(static_cast<double>(scaled) / scale) != static_cast<Floating>(size)) continue;
    if (x < 0) *out++ = '-';
    return write_millionths(out, scaled * static_cast<std::uint64_t>(1e6 / scale));
  }
  return write_shortest(out, x);
}

SIOKIT_INLINE char* write(char* out, double x) noexcept {
  if (x >= 1e9 && x <= 9007199254740992.0 && static_cast<double>(static_cast<std::uint64_t>(x)) == x)
    return write(out, static_cast<std::uint64_t>(x));
  return write_floating(out, x);
}

SIOKIT_INLINE char* write(char* out, float x) noexcept { return write_floating(out, x); }
#endif

}  // namespace number

SIOKIT_NAMESPACE_END
