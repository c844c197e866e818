// Codecs of scalars, strings, binary and views, part of text/codec.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

/// read() for codecs that have take() instead: it returns what stands behind the value, or null after it put the error into e.
template <class T>
struct reads_by_taking {
  static errc read(value_view v, T& out) noexcept(noexcept(codec<T>::take(v, out, std::declval<errc&>()))) {
    errc e = errc::none;
    v.note_end(codec<T>::take(v, out, e));
    return e;
  }
};

template <>
struct codec<bool> : reads_by_taking<bool> {
  SIOKIT_ALWAYS_INLINE static const char* take(value_view v, bool& out, errc& e) noexcept { return v.take(out, e); }
  static void write(value_writer& w, bool in) noexcept { w.boolean(in); }
};

template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <std::integral T>
  requires(!std::same_as<T, bool> && !character<T>)
struct codec<T> : reads_by_taking<T> {
  SIOKIT_ALWAYS_INLINE static const char* take(value_view v, T& out, errc& e) noexcept {
    std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t> x = 0;
    const char* const end = v.take(x, e);
    if (end == nullptr) return nullptr;
    if (x < (std::numeric_limits<T>::min)() || x > (std::numeric_limits<T>::max)()) {
      e = errc::out_of_range;
      return nullptr;
    }
    out = static_cast<T>(x);
    return end;
  }
  static void write(value_writer& w, T in) noexcept {
    if constexpr (std::is_signed_v<T>)
      w.integer(in);
    else
      w.unsigned_integer(in);
  }
};

template <std::floating_point T>
struct codec<T> : reads_by_taking<T> {
  SIOKIT_ALWAYS_INLINE static const char* take(value_view v, T& out, errc& e) noexcept {
    double x = 0;
    const char* const end = v.take(x, e);
    if (end == nullptr) return nullptr;
    if constexpr (sizeof(T) < sizeof(double)) {
      constexpr double most = (std::numeric_limits<T>::max)();
      if (x > most || x < -most) {
        e = errc::out_of_range;
        return nullptr;
      }
    }
    out = static_cast<T>(x);
    return end;
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
struct codec<std::basic_string<char, std::char_traits<char>, Allocator>>
    : reads_by_taking<std::basic_string<char, std::char_traits<char>, Allocator>> {
  using string = std::basic_string<char, std::char_traits<char>, Allocator>;
  static const char* take(value_view v, string& out, errc& e) {
    std::string_view raw;
    bool escaped = false;
    const char* const end = v.take_raw(raw, escaped, e);
    if (end == nullptr) return nullptr;
    if (!escaped) {
      out.assign(raw);
      return end;
    }
    out.resize(raw.size());
    out.resize(static_cast<std::size_t>(json::unescape(raw, out.data()) - out.data()));
    return end;
  }
  static void write(value_writer& w, const string& in) noexcept { w.string(in); }
};

template <>
struct codec<std::string_view> : reads_by_taking<std::string_view> {
  static constexpr bool borrows = true;
  SIOKIT_ALWAYS_INLINE static const char* take(value_view v, std::string_view& out, errc& e) noexcept { return v.take(out, e); }
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
