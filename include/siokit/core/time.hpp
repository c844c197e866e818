// Time is an argument: only driver calls take a time_point, and nothing in the library reads a clock.
// A deadline is a point; a timeout is a length.
// The wall clock is another matter: see host_services::unix_ms.
#pragma once

#include <chrono>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

using time_point = std::chrono::steady_clock::time_point;
using milliseconds = std::chrono::milliseconds;

/// The deadline of one who waits for nothing.
inline constexpr time_point never = (time_point::max)();

/// now + length; `never` for lengths that reach beyond it, such as milliseconds::max().
inline time_point later(time_point now, milliseconds length) noexcept {
  const auto room = std::chrono::floor<milliseconds>(never - now);
  return now > time_point{} && length >= room ? never : now + length;
}

/// A timeout for poll(2): -1 for `never`, 0 when due, else the milliseconds until then, rounded up and clamped to int.
inline int wait_ms(time_point deadline, time_point now) noexcept {
  if (deadline == never) return -1;
  if (deadline <= now) return 0;
  const auto ms = std::chrono::ceil<milliseconds>(deadline - now).count();
  return ms > 0x7fffffff ? 0x7fffffff : static_cast<int>(ms);
}

SIOKIT_NAMESPACE_END
