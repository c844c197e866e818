// Numbers of JSON text: reading them from text that json::check() accepted, and writing them as JavaScript prints them.
// No locale is involved, and nothing is slower than linear in the number of digits.
// What does not fit is errc::out_of_range, never an infinity or a truncated value.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>

#include <siokit/core/errc.hpp>
#include <siokit/text/scan.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace number {

/// The integer at `at`; 1.0 and 1e3 are integers, 1.5 is errc::expected_integer. -0 is 0. Returns what stands behind it, or
/// null after it put the error into e, which it leaves alone otherwise.
const char* read(const char* at, const char* end, std::int64_t& out, errc& e) noexcept;
const char* read(const char* at, const char* end, std::uint64_t& out, errc& e) noexcept;
/// The double nearest to the number at `at`. Too small is 0, too large is errc::out_of_range. Returns the same.
const char* read(const char* at, const char* end, double& out, errc& e) noexcept;

// Not from <cmath>, which takes longer to read than all of text/.
/// Neither an infinity nor not a number.
constexpr bool is_finite(double x) noexcept {
  return x >= -(std::numeric_limits<double>::max)() && x <= (std::numeric_limits<double>::max)();
}
/// Whether the sign bit is set, as that of -0.0 is.
inline bool has_sign(double x) noexcept {
  std::uint64_t bits = 0;  // libc++ 13 has no std::bit_cast
  std::memcpy(&bits, &x, sizeof bits);
  return bits >> 63 != 0;
}

/// Room that each of these needs at most.
inline constexpr std::size_t room = 32;
/// Writes a number and returns the end. A float is written with the digits a float needs.
char* write(char* out, std::int64_t x) noexcept;
char* write(char* out, std::uint64_t x) noexcept;
/// x must be finite. -0.0 is written as -0, which JavaScript reads as such (it writes 0).
char* write(char* out, double x) noexcept;
char* write(char* out, float x) noexcept;

}  // namespace number

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/number.ipp>
