// fields() and choice(), part of text/codec.hpp.
#pragma once

#include <initializer_list>

SIOKIT_NAMESPACE_BEGIN

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_defaulted = false;
template <class T>
inline constexpr bool is_defaulted<defaulted<T>> = true;

/// What is to be read for a member.
template <class T>
constexpr auto& place_of(T& member) noexcept {
  if constexpr (is_defaulted<T>)
    return member.member;
  else
    return member;
}

/// Makes a member new that was read already: of two members with one name the last one counts.
template <class T>
void read_again(T& member) {
  if constexpr (std::default_initializable<T> && std::is_move_assignable_v<T>) member = T{};
}

/// A name as JSON has it in front of a value, as in `"name":`. Only for names that need no escapes.
template <std::size_t N>
class written_key {
 public:
  explicit constexpr written_key(const char (&text)[N]) noexcept : text_(text) {}
  constexpr std::string_view whole() const noexcept { return {text_, N - 1}; }
  constexpr operator std::string_view() const noexcept { return {text_ + 1, N - 4}; }  // NOLINT

 private:
  const char (&text_)[N];
};
template <class T>
inline constexpr bool is_written_key = false;
template <std::size_t N>
inline constexpr bool is_written_key<written_key<N>> = true;

/// A literal's length is known when compiling, and comparing with it is then no call.
template <std::size_t N>
constexpr std::string_view field_name(const char (&text)[N]) noexcept {
  return {text, N - 1};
}
constexpr std::string_view field_name(std::string_view text) noexcept { return text; }

/// Reads the value of member number N.
template <std::size_t N, class T>
SIOKIT_ALWAYS_INLINE const char* read_member(const value_view& object, const value_view& v, std::string_view name, T& member,
                                             std::uint64_t& seen, errc& e) {
  seen |= std::uint64_t{1} << N;
  const char* const behind = take_value(v, place_of(member), e);
  if (behind == nullptr) e = object.failed_at(e, v, name);
  return behind;
}

/// Reads member number N if it comes next, as it does when the sender has all members, in our order. False after an error.
template <std::size_t N, class Name, class T>
SIOKIT_ALWAYS_INLINE bool read_expected(const value_view& object, member_cursor& at, const Name& name, T& member,
                                        std::uint64_t& seen, errc& e) {
  if constexpr (is_written_key<Name>) {
    value_view v;
    if (!at.begins(name.whole(), v)) return true;
    const char* const behind = read_member<N>(object, v, name, member, seen, e);
    if (behind == nullptr) return false;
    at.pass(behind);
  }
  return true;
}

/// Reads the value at `at` if it is that of member number N. False when it is another's.
template <std::size_t N, class Name, class T>
SIOKIT_ALWAYS_INLINE bool read_field(const value_view& object, const member_iterator& at, const Name& text, T& member,
                                     std::uint64_t& seen, errc& e) {
  const std::string_view name = field_name(text);
  if (at.key_escaped() ? !json::equals(at.raw_key(), name) : at.raw_key() != name) return false;
  if ((seen >> N & 1) != 0) read_again(place_of(member));
  const value_view v = (*at).value;
  v.note_end(read_member<N>(object, v, name, member, seen, e));
  return true;
}

/// What member number N is when the object has no such member.
template <std::size_t N, class Name, class T>
SIOKIT_ALWAYS_INLINE bool field_missing(const value_view& object, const Name& text, T& member, std::uint64_t seen,
                                        errc& e) {
  if ((seen >> N & 1) != 0) return false;
  if constexpr (is_optional<T>) {
    member.reset();
    return false;
  } else if constexpr (is_defaulted<T>) {
    return false;
  } else {
    e = object.failed_at(errc::missing_field, value_view{}, field_name(text));
    return true;
  }
}

template <class List, std::size_t... I>
errc read_fields(const value_view& v, const List& list, std::index_sequence<I...>) {
  std::uint64_t seen = 0;
  errc e = errc::none;
  member_cursor expected(v);
  if (!(read_expected<I>(v, expected, std::get<2 * I>(list), std::get<2 * I + 1>(list), seen, e) && ...)) return e;
  for (member_iterator at(expected); at != std::default_sentinel; ++at) {
    static_cast<void>((read_field<I>(v, at, std::get<2 * I>(list), std::get<2 * I + 1>(list), seen, e) || ...));
    if (e != errc::none) return e;
  }
  constexpr std::uint64_t all = sizeof...(I) == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << sizeof...(I) % 64) - 1;
  if (seen != all)
    static_cast<void>((field_missing<I>(v, std::get<2 * I>(list), std::get<2 * I + 1>(list), seen, e) || ...));
  return e;
}

template <class... A>
errc fields(value_view v, A&&... names_and_members) {
  static_assert(sizeof...(A) % 2 == 0, "fields(v, \"name\", out.name, ...): each member needs its name in front");
  static_assert(sizeof...(A) <= 128, "fields() takes up to 64 members");
  if (!v.is_object()) return errc::expected_object;
  return read_fields(v, std::forward_as_tuple(names_and_members...), std::make_index_sequence<sizeof...(A) / 2>{});
}

template <class T>
void write_field(value_writer& w, std::string_view name, const T& member) {
  if constexpr (is_defaulted<T>) {
    write_field(w, name, std::as_const(member.member));
  } else {
    if constexpr (is_optional<T>) {
      if (!member) return;
    }
    w.key(name);
    encode(w, member);
  }
}

template <class... A>
void fields(value_writer& w, const A&... names_and_members) {
  static_assert(sizeof...(A) % 2 == 0, "fields(w, \"name\", in.name, ...): each member needs its name in front");
  w.begin_object();
  const auto list = std::forward_as_tuple(names_and_members...);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (write_field(w, std::get<2 * I>(list), std::get<2 * I + 1>(list)), ...);
  }(std::make_index_sequence<sizeof...(A) / 2>{});
  w.end_object();
}

template <class T>
errc choice(value_view v, T& out, std::initializer_list<std::pair<std::string_view, T>> names) {
  if (v.kind() != value_kind::string) return errc::expected_string;
  for (const auto& [name, x] : names) {
    if (!v.equals(name)) continue;
    out = x;
    return errc::none;
  }
  return errc::unknown_name;
}

template <class T>
void choice(value_writer& w, const T& in, std::initializer_list<std::pair<std::string_view, T>> names) {
  for (const auto& [name, x] : names)
    if (x == in) return w.string(name);
  w.fail(errc::bad_value);
}

SIOKIT_NAMESPACE_END
