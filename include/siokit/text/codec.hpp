// How a type of yours becomes a value on the wire and back: specialise codec<T>, both functions or the one you need.
//   template <> struct siokit::codec<point> {
//     static errc read(value_view v, point& out) { return fields(v, "x", out.x, "y", out.y); }
//     static void write(value_writer& w, const point& in) { fields(w, "x", in.x, "y", in.y); }
//   };
// Or in one line: SIOKIT_FIELDS(point, x, y), of text/describe.hpp.
// Here are those for the types of the language and the standard library. Pointers, characters and enums have none.
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <siokit/text/value_view.hpp>
#include <siokit/text/value_writer.hpp>

SIOKIT_NAMESPACE_BEGIN

/// T can be an argument that is sent.
template <class T>
concept encodable = requires(value_writer& w, const std::remove_cvref_t<T>& x) {
  { codec<std::remove_cvref_t<T>>::write(w, x) } -> std::same_as<void>;
};

/// T can be a parameter of a handler.
template <class T>
concept decodable = requires(value_view v, T& out) {
  { codec<T>::read(v, out) } -> std::same_as<errc>;
};

/// The codec of T has a take(): a read() that returns what stands behind the value, which it finds anyway, or null after it put
/// the error into e. A codec that only inherits one for another type is not meant.
template <class T>
concept takes_value = requires { static_cast<const char* (*)(value_view, T&, errc&)>(&codec<T>::take); };

/// T refers to bytes of the message it was read from. A codec says so with `static constexpr bool borrows = true;`.
template <class T>
inline constexpr bool borrowing = [] {
  if constexpr (requires { codec<T>::borrows; })
    return codec<T>::borrows;
  else
    return false;
}();

/// T may be kept after the handler returned, and be a parameter of a coroutine.
template <class T>
concept owning = decodable<T> && !borrowing<T>;

/// Bytes that could be meant as binary or as numbers.
template <class T>
concept plain_byte = std::same_as<std::remove_cv_t<T>, unsigned char> || std::same_as<std::remove_cv_t<T>, signed char>;

/// Writes x, or does not compile and says why.
template <class T>
void encode(value_writer& w, const T& x) {
  static_assert(!std::is_pointer_v<T> || encodable<T>,
                "siokit does not encode pointers (but const char*): dereference it, or write a codec");
  static_assert(!std::is_enum_v<T> || encodable<T>,
                "siokit encodes enums only by a siokit::codec of yours: choice()");
  static_assert(encodable<T>,
                "this type has no siokit::codec with a write function (containers of unsigned char: take siokit::bytes "
                "or std::as_bytes(std::span(x)) for binary, or wider integers for numbers)");
  if constexpr (encodable<T>) codec<T>::write(w, x);
}

/// Reads into x, or does not compile and says why.
template <class T>
errc decode(value_view v, T& x) {
  static_assert(decodable<T>,
                "this type has no siokit::codec with a read function (containers of unsigned char: take siokit::bytes "
                "for binary, or wider integers for numbers)");
  if constexpr (decodable<T>)
    return codec<T>::read(v, x);
  else
    return errc::bad_value;
}

/// Reads into x and returns what stands behind the value, or null after the error was put into e.
template <class T>
SIOKIT_ALWAYS_INLINE const char* take_value(value_view v, T& x, errc& e) {
  if constexpr (takes_value<T>) {
    return codec<T>::take(v, x, e);
  } else {
    e = decode(v, x);
    return e == errc::none ? v.behind() : nullptr;
  }
}

/// Reads an object: fields(v, "name", out.name, "age", out.age). Members that are not named are ignored; one that is
/// not there is errc::missing_field, or empty when it is a std::optional.
template <class... A>
errc fields(value_view v, A&&... names_and_members);
/// Writes an object of the same form. An empty std::optional is left out, as JSON.stringify leaves out undefined.
template <class... A>
void fields(value_writer& w, const A&... names_and_members);

/// A member that keeps what it is when the object has no such member.
template <class T>
struct defaulted {
  T& member;
};
/// For fields(): fields(v, "name", out.name, "port", or_default(out.port)). What was there before the object was read, as
/// a rule from its default member initializer, stays when the name is missing; null is not missing.
template <class T>
defaulted<T> or_default(T& member) noexcept {
  return {member};
}

/// For enums: choice(v, out, {{"red", color::red}, {"green", color::green}}). errc::unknown_name for other strings.
template <class T>
errc choice(value_view v, T& out, std::initializer_list<std::pair<std::string_view, T>> names);
template <class T>
void choice(value_writer& w, const T& in, std::initializer_list<std::pair<std::string_view, T>> names);

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/codec_scalar.ipp>
#include <siokit/impl/text/codec_fields.ipp>
#include <siokit/impl/text/codec_container.ipp>
