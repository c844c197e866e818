// A value of any kind that owns all of itself: what a handler keeps of an argument without a type of its own, and what
// obj() and arr() make: value user = obj("id", 3, "tags", arr("a", true), "pic", picture);
// Not for speed: emit() takes obj() and arr() as they are, and a handler that only looks takes a value_view.
// Lookups give null for what is not there and never throw.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <siokit/core/bytes.hpp>
#include <siokit/core/result.hpp>
#include <siokit/text/codec.hpp>

SIOKIT_NAMESPACE_BEGIN

struct value_member;

/// What converts to a value as it is.
template <class T>
concept value_number = std::floating_point<T> || (std::integral<T> && !std::same_as<T, bool> && !character<T>);
template <class T>
concept value_text = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;

class value {
 public:
  value() noexcept {}
  value(const value& other);
  value(value&& other) noexcept;
  value& operator=(value other) noexcept;
  ~value() {
    if (form_ >= form::text) destroy();
  }
  // Values are made from what they hold, as in JavaScript.
  value(std::nullptr_t) noexcept {}  // NOLINT
  value(std::same_as<bool> auto x) noexcept : form_(form::boolean) { held_.scalar.boolean = x; }  // NOLINT
  template <value_number T>
  value(T x) noexcept;  // NOLINT
  template <value_text T>
  value(const T& text) : value(std::string_view(text), form::text) {}  // NOLINT
  value(bytes binary) noexcept;  // NOLINT
  /// Any other type that has a codec. Null when its codec fails.
  template <encodable T>
  static value of(const T& x);
  /// What a JSON text says.
  static result<value> parse(std::string_view text, const json::limits& limit = {});

  static value array();
  static value object();

  value_kind kind() const noexcept;
  bool is_null() const noexcept { return form_ == form::null; }
  bool is_bool() const noexcept { return kind() == value_kind::boolean; }
  bool is_number() const noexcept { return kind() == value_kind::number; }
  bool is_string() const noexcept { return kind() == value_kind::string; }
  bool is_array() const noexcept { return kind() == value_kind::array; }
  bool is_object() const noexcept { return kind() == value_kind::object; }
  bool is_binary() const noexcept { return kind() == value_kind::binary; }

  /// The value as T, any type with a codec, by the rules of that codec: v["age"].get<int>(). A std::string_view or
  /// bytes_view lives as long as this value is left alone.
  template <class T>
  result<T> get() const;
  template <class T>
  T get_or(T otherwise) const;

  /// Elements, members, or bytes of a string or of binary; 0 for scalars.
  std::size_t size() const noexcept;
  /// An element, or null.
  template <std::integral I>
  const value& operator[](I index) const noexcept {
    return element(static_cast<std::size_t>(index));
  }
  /// A member, or null. Looks through all members.
  const value& operator[](std::string_view key) const noexcept;
  bool contains(std::string_view key) const noexcept;
  /// Empty for other kinds. Members stand in the order they were put in.
  std::span<const value> elements() const noexcept;
  std::span<const value_member> members() const noexcept;

  /// Adds an element; what is no array becomes an empty one first.
  value& push_back(value x);
  /// Adds a member or replaces it in its place; what is no object becomes an empty one first.
  value& insert_or_assign(std::string_view key, value x);

  /// For logs. Binary looks as in node: {"type":"Buffer","data":[1,2]}.
  std::string to_json() const;
  /// Numbers are equal when they are the same number (1 == 1.0); the order of members does not matter.
  friend bool operator==(const value& a, const value& b) noexcept { return a.equals(b); }

 private:
  friend struct codec<value>;
  enum class form : std::uint8_t { null, boolean, integer, natural, real, text, binary, array, object };
  // A union by hand: std::variant of these takes longer to compile than the rest of this file.
  // Text is not a std::string, which would make a value larger than 32 bytes: the shortest value on the wire has two, and
  // 16 times the message is what we allow it to take.
  using characters = std::vector<char>;
  using element_list = std::vector<value>;
  using member_list = std::vector<value_member>;
  union contents {
    contents() noexcept : scalar{} {}
    ~contents() {}
    union {
      bool boolean;
      std::int64_t integer;
      std::uint64_t natural;
      double real;
    } scalar;
    characters text;
    bytes binary;
    element_list array;
    member_list object;
  };
  explicit value(form empty) noexcept;
  value(std::string_view text, form);
  void destroy() noexcept;
  std::string_view text() const noexcept { return {held_.text.data(), held_.text.size()}; }
  static const value& nothing() noexcept;
  const value& element(std::size_t index) const noexcept;
  const value* lookup(std::string_view key) const noexcept;
  bool equals(const value& other) const noexcept;
  bool same_number(const value& other) const noexcept;
  errc read_number(value_view v);
  errc read_text(value_view v);
  errc read_array(value_view v);
  errc read_object(value_view v);
  static void drop_repeated(member_list& all);

  contents held_;
  form form_ = form::null;
};

struct value_member {
  std::string key;
  siokit::value value;
};

/// Of several members with one name the last one counts, and stands in the place of the first.
template <>
struct codec<value> {
  static errc read(value_view v, value& out);
  static void write(value_writer& w, const value& in);
};

/// What obj() makes: names and values in turns; lvalues by reference, so keep it no longer than those (a `value` owns).
template <class... A>
class object_literal {
 public:
  explicit object_literal(A&&... parts) : parts_(std::forward<A>(parts)...) {}
  operator value() const { return value::of(*this); }  // NOLINT
  void write(value_writer& w) const;

 private:
  std::tuple<A...> parts_;
};

/// What arr() makes.
template <class... A>
class array_literal {
 public:
  explicit array_literal(A&&... parts) : parts_(std::forward<A>(parts)...) {}
  operator value() const { return value::of(*this); }  // NOLINT
  void write(value_writer& w) const;

 private:
  std::tuple<A...> parts_;
};

/// An object, as in JavaScript: obj("id", 3, "name", name).
template <class... A>
object_literal<A...> obj(A&&... names_and_values) {
  static_assert(sizeof...(A) % 2 == 0, "obj(\"name\", value, ...): each value needs its name in front");
  return object_literal<A...>(std::forward<A>(names_and_values)...);
}
/// An array of values of any types: arr(1, "a", true).
template <class... A>
array_literal<A...> arr(A&&... elements) {
  return array_literal<A...>(std::forward<A>(elements)...);
}

/// A literal that refers to variables: it must not leave the function whose variables they are.
template <class T>
inline constexpr bool refers_to_variables = false;
/// Text literals of the program live for ever.
template <class A>
inline constexpr bool refers_to_variable =
    (std::is_lvalue_reference_v<A> && !std::is_array_v<std::remove_reference_t<A>>) ||
    refers_to_variables<std::remove_cvref_t<A>>;
template <class... A>
inline constexpr bool refers_to_variables<object_literal<A...>> = (refers_to_variable<A> || ...);
template <class... A>
inline constexpr bool refers_to_variables<array_literal<A...>> = (refers_to_variable<A> || ...);

template <class... A>
struct codec<object_literal<A...>> {
  static void write(value_writer& w, const object_literal<A...>& in) { in.write(w); }
};
template <class... A>
struct codec<array_literal<A...>> {
  static void write(value_writer& w, const array_literal<A...>& in) { in.write(w); }
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/value.ipp>
