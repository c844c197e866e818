// Codecs of scalars, strings, binary and views, part of text/codec.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

template <>
struct codec<bool> {
  static errc read(value_view v, bool& out) noexcept { return v.as_bool(out); }
  static void write(value_writer& w, bool in) noexcept { w.boolean(in); }
};

template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <std::integral T>
  requires(!std::same_as<T, bool> && !character<T>)
struct codec<T> {
  static errc read(value_view v, T& out) noexcept {
    std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t> x = 0;
    errc e = errc::none;
    if constexpr (std::is_signed_v<T>)
      e = v.as_int64(x);
    else
      e = v.as_uint64(x);
    if (e != errc::none) return e;
    if (x < (std::numeric_limits<T>::min)() || x > (std::numeric_limits<T>::max)()) return errc::out_of_range;
    out = static_cast<T>(x);
    return errc::none;
  }
  static void write(value_writer& w, T in) noexcept {
    if constexpr (std::is_signed_v<T>)
      w.integer(in);
    else
      w.unsigned_integer(in);
  }
};

template <std::floating_point T>
struct codec<T> {
  static errc read(value_view v, T& out) noexcept {
    double x = 0;
    const errc e = v.as_double(x);
    if (e != errc::none) return e;
    if constexpr (sizeof(T) < sizeof(double)) {
      constexpr double most = (std::numeric_limits<T>::max)();
      if (x > most || x < -most) return errc::out_of_range;
    }
    out = static_cast<T>(x);
    return errc::none;
  }
  static void write(value_writer& w, T in) noexcept {
    if constexpr (std::same_as<T, float>)
      w.number(in);
    else
      w.number(static_cast<double>(in));
  }
};

template <>
struct codec<std::nullptr_t> {
  static errc read(value_view v, std::nullptr_t&) noexcept { return v.is_null() ? errc::none : errc::expected_null; }
  static void write(value_writer& w, std::nullptr_t) noexcept { w.null(); }
};

template <>
struct codec<std::monostate> {
  static errc read(value_view v, std::monostate&) noexcept { return v.is_null() ? errc::none : errc::expected_null; }
  static void write(value_writer& w, std::monostate) noexcept { w.null(); }
};

template <class Allocator>
struct codec<std::basic_string<char, std::char_traits<char>, Allocator>> {
  using string = std::basic_string<char, std::char_traits<char>, Allocator>;
  static errc read(value_view v, string& out) {
    std::string_view raw;
    bool escaped = false;
    const errc e = v.as_raw_string(raw, escaped);
    if (e != errc::none) return e;
    if (!escaped) {
      out.assign(raw);
      return e;
    }
    out.resize(raw.size());
    out.resize(static_cast<std::size_t>(json::unescape(raw, out.data()) - out.data()));
    return e;
  }
  static void write(value_writer& w, const string& in) noexcept { w.string(in); }
};

template <>
struct codec<std::string_view> {
  static constexpr bool borrows = true;
  static errc read(value_view v, std::string_view& out) noexcept { return v.as_string(out); }
  static void write(value_writer& w, std::string_view in) noexcept { w.string(in); }
};

/// A null pointer is written as null.
template <>
struct codec<const char*> {
  static void write(value_writer& w, const char* in) noexcept { in == nullptr ? w.null() : w.string(in); }
};
template <>
struct codec<char*> : codec<const char*> {};
/// A literal, or a buffer with a terminated string.
template <std::size_t N>
struct codec<char[N]> {
  static void write(value_writer& w, const char (&in)[N]) noexcept {
    const std::string_view all(in, N);
    w.string(all.substr(0, all.find('\0')));
  }
};

template <>
struct codec<bytes_view> {
  static constexpr bool borrows = true;
  static errc read(value_view v, bytes_view& out) noexcept { return v.as_binary(out); }
  static void write(value_writer& w, bytes_view in) noexcept { w.binary(in); }
};
template <>
struct codec<mutable_bytes> {
  static void write(value_writer& w, mutable_bytes in) noexcept { w.binary(in); }
};
template <class Allocator>
struct codec<std::vector<std::byte, Allocator>> {
  static errc read(value_view v, std::vector<std::byte, Allocator>& out) {
    bytes_view in;
    const errc e = v.as_binary(in);
    if (e == errc::none) out.assign(in.begin(), in.end());
    return e;
  }
  static void write(value_writer& w, const std::vector<std::byte, Allocator>& in) noexcept { w.binary(in); }
};
template <std::size_t N>
struct codec<std::array<std::byte, N>> {
  static errc read(value_view v, std::array<std::byte, N>& out) noexcept {
    bytes_view in;
    const errc e = v.as_binary(in);
    if (e != errc::none) return e;
    if (in.size() != N) return errc::wrong_length;
    for (std::size_t i = 0; i < N; ++i) out[i] = in[i];
    return errc::none;
  }
  static void write(value_writer& w, const std::array<std::byte, N>& in) noexcept { w.binary(in); }
};

/// Takes anything as it is.
template <>
struct codec<value_view> {
  static constexpr bool borrows = true;
  static errc read(value_view v, value_view& out) noexcept {
    out = v;
    return errc::none;
  }
  static void write(value_writer& w, value_view in) noexcept { w.copy(in); }
};

SIOKIT_NAMESPACE_END
