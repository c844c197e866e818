// A value or the reason there is none. The same type with and without exceptions; never throws.
// For values that a caller looks at once.
// Codecs do not use it: they fill an out parameter and return an errc, which inlines to nothing.
#pragma once

#include <optional>
#include <utility>

#include <siokit/core/errc.hpp>

SIOKIT_NAMESPACE_BEGIN

/// T, or an errc that is not none.
template <class T>
class [[nodiscard]] result {
 public:
  result(T v) : value_(std::move(v)) {}  // NOLINT: implicit on purpose, as in `return 3;`
  result(errc e) : error_(e) { SIOKIT_ASSERT(e != errc::none, "a result without a value needs an error"); }  // NOLINT

  explicit operator bool() const noexcept { return value_.has_value(); }
  /// errc::none when there is a value.
  errc error() const noexcept { return error_; }

  T& operator*() noexcept {
    SIOKIT_ASSERT(value_.has_value(), "a result was used that holds an error");
    return *value_;
  }
  const T& operator*() const noexcept {
    SIOKIT_ASSERT(value_.has_value(), "a result was used that holds an error");
    return *value_;
  }
  T* operator->() noexcept { return &**this; }
  const T* operator->() const noexcept { return &**this; }

 private:
  std::optional<T> value_;
  errc error_ = errc::none;
};

/// Success, or the reason of failure.
template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(errc e) : error_(e) {}  // NOLINT
  explicit operator bool() const noexcept { return error_ == errc::none; }
  errc error() const noexcept { return error_; }

 private:
  errc error_ = errc::none;
};

SIOKIT_NAMESPACE_END
