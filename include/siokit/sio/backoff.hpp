// How long a client waits before it dials again: backo2.ts of the reference, with the luck as an argument.
// A value: no clock, no timer. Whoever owns it asks next() once an attempt and reset() when one succeeded.
// The cap comes after the jitter, as in the reference, so that late delays all equal it.
#pragma once

#include <cstdint>

#include <siokit/core/time.hpp>

SIOKIT_NAMESPACE_BEGIN

/// 53 of 64 random bits as a number in [0, 1).
constexpr double unit_double(std::uint64_t bits) noexcept {
  return static_cast<double>(bits >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

class backoff {
 public:
  /// The first delay, the longest, and which share of a delay luck may add or take: 0 for none, and for values outside
  /// of 0 to 1, as in the reference. The defaults are the manager's.
  constexpr explicit backoff(milliseconds delay = milliseconds(1000), milliseconds most = milliseconds(5000),
                             double jitter = 0.5) noexcept
      : delay_(delay), most_(most), jitter_(jitter > 0 && jitter <= 1 ? jitter : 0) {}

  /// The delay before the next attempt, whole milliseconds, and counts it. `random` is in [0, 1).
  constexpr milliseconds next(double random) noexcept {
    double base = static_cast<double>(delay_.count());
    for (std::uint32_t i = 0; i < attempts_ && base < largest; ++i) base *= 2;
    if (base > largest) base = largest;
    if (attempts_ != ~std::uint32_t{0}) ++attempts_;
    const auto deviation = static_cast<double>(static_cast<std::int64_t>(random * jitter_ * base));
    const bool less = (static_cast<int>(random * 10) & 1) == 0;
    const double jittered = less ? base - deviation : base + deviation;
    const auto most = static_cast<double>(most_.count());
    return jittered < most ? milliseconds(static_cast<std::int64_t>(jittered)) : most_;
  }
  /// Calls of next() since the last reset().
  constexpr std::uint32_t attempts() const noexcept { return attempts_; }
  constexpr void reset() noexcept { attempts_ = 0; }

 private:
  // 2^53: doubles are exact up to here, and luck takes at most 90 % of a delay, so for every cap below a tenth of it
  // (28,000 years) a base this large gives the cap.
  static constexpr double largest = 9007199254740992.0;

  milliseconds delay_;
  milliseconds most_;
  double jitter_;
  std::uint32_t attempts_ = 0;
};

SIOKIT_NAMESPACE_END
