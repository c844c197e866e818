// Bodies of text/value.hpp.
#pragma once

#include <siokit/text/repeated.hpp>

SIOKIT_NAMESPACE_BEGIN

template <value_number T>
inline value::value(T x) noexcept {
  if constexpr (std::floating_point<T>) {
    form_ = form::real;
    held_.scalar.real = static_cast<double>(x);
  } else if constexpr (std::is_signed_v<T>) {
    form_ = form::integer;
    held_.scalar.integer = static_cast<std::int64_t>(x);
  } else {
    form_ = form::natural;
    held_.scalar.natural = static_cast<std::uint64_t>(x);
  }
}

/// A value written as JSON, its attachments beside it, and a context to look at both.
class written_value {
 public:
  template <class T>
  explicit written_value(const T& x) : out_(pool_), sink_(pool_, ~std::uint32_t{0}), scratch_(pool_) {
    value_writer writer(out_, &sink_);
    encode(writer, x);
    error_ = writer.error();
    if (error_ == errc::none && !writer.complete()) error_ = errc::bad_value;
    for (const frame& f : sink_.frames()) attachments_.push_back(f.payload());
  }
  errc error() const noexcept { return error_; }
  template <class T>
  errc read(T& out) {
    value_context context{attachments_, &scratch_};
    return error_ == errc::none ? decode(value_view(out_.written(), &context), out) : error_;
  }

 private:
  pool pool_;
  frame_builder out_;
  attachment_sink sink_;
  arena scratch_;
  std::vector<bytes_view> attachments_;
  errc error_ = errc::none;
};

template <encodable T>
inline value value::of(const T& x) {
  value out;
  written_value written(x);
  if (written.read(out) != errc::none) return {};
  return out;
}

template <class T>
inline result<T> value::get() const {
  if constexpr (std::same_as<T, value>) {
    return *this;
  } else if constexpr (std::same_as<T, std::string_view>) {
    if (form_ == form::text) return text();
    return errc::expected_string;
  } else if constexpr (std::same_as<T, bytes_view>) {
    if (form_ == form::binary) return bytes_view(held_.binary);
    return errc::expected_binary;
  } else {
    static_assert(owning<T>, "value::get() needs a type that owns what it holds, or std::string_view or bytes_view");
    T out{};
    written_value written(*this);
    const errc e = written.read(out);
    if (e != errc::none) return e;
    return out;
  }
}

template <class T>
inline T value::get_or(T otherwise) const {
  result<T> found = get<T>();
  return found ? std::move(*found) : std::move(otherwise);
}

template <class... A>
inline void object_literal<A...>::write(value_writer& w) const {
  w.begin_object();
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (write_field(w, std::get<2 * I>(parts_), std::get<2 * I + 1>(parts_)), ...);
  }(std::make_index_sequence<sizeof...(A) / 2>{});
  w.end_object();
}

template <class... A>
inline void array_literal<A...>::write(value_writer& w) const {
  w.begin_array();
  std::apply([&](const auto&... x) { (encode(w, x), ...); }, parts_);
  w.end_array();
}

#if SIOKIT_BODIES
inline constexpr value_kind value_kinds[] = {value_kind::null,   value_kind::boolean, value_kind::number,
                                             value_kind::number, value_kind::number,  value_kind::string,
                                             value_kind::binary, value_kind::array,   value_kind::object};

// ---- what it holds ---------------------------------------------------------------------------------------------------

SIOKIT_INLINE value::value(form empty) noexcept : form_(empty) {
  switch (form_) {
    case form::text: ::new (&held_.text) characters; return;
    case form::binary: ::new (&held_.binary) bytes; return;
    case form::array: ::new (&held_.array) element_list; return;
    case form::object: ::new (&held_.object) member_list; return;
    default: return;
  }
}

SIOKIT_INLINE value::value(std::string_view text, form) : value(form::text) { held_.text.assign(text.begin(), text.end()); }

SIOKIT_INLINE value::value(bytes binary) noexcept : value(form::binary) { held_.binary.swap(binary); }

SIOKIT_INLINE value::value(const value& other) : form_(other.form_) {
  switch (form_) {
    case form::text: ::new (&held_.text) characters(other.held_.text); return;
    case form::binary: ::new (&held_.binary) bytes(other.held_.binary); return;
    case form::array: ::new (&held_.array) element_list(other.held_.array); return;
    case form::object: ::new (&held_.object) member_list(other.held_.object); return;
    default: held_.scalar = other.held_.scalar; return;
  }
}

SIOKIT_INLINE value::value(value&& other) noexcept : value(other.form_) {
  switch (form_) {
    case form::text: held_.text.swap(other.held_.text); return;
    case form::binary: held_.binary.swap(other.held_.binary); return;
    case form::array: held_.array.swap(other.held_.array); return;
    case form::object: held_.object.swap(other.held_.object); return;
    default: held_.scalar = other.held_.scalar; return;
  }
}

SIOKIT_INLINE value& value::operator=(value other) noexcept {
  destroy();
  return *::new (this) value(std::move(other));
}

SIOKIT_INLINE void value::destroy() noexcept {
  switch (form_) {
    case form::text: held_.text.~characters(); return;
    case form::binary: held_.binary.~bytes(); return;
    case form::array: held_.array.~element_list(); return;
    case form::object: held_.object.~member_list(); return;
    default: return;
  }
}

SIOKIT_INLINE value value::array() { return value(form::array); }
SIOKIT_INLINE value value::object() { return value(form::object); }

// ---- lookups ---------------------------------------------------------------------------------------------------------

/// What lookups give for what is not there.
SIOKIT_INLINE const value& value::nothing() noexcept {
  static const value null;
  return null;
}

SIOKIT_INLINE value_kind value::kind() const noexcept { return value_kinds[static_cast<std::size_t>(form_)]; }

SIOKIT_INLINE std::span<const value> value::elements() const noexcept {
  if (form_ != form::array) return {};
  return {held_.array.data(), held_.array.size()};
}

SIOKIT_INLINE std::span<const value_member> value::members() const noexcept {
  if (form_ != form::object) return {};
  return {held_.object.data(), held_.object.size()};
}

SIOKIT_INLINE std::size_t value::size() const noexcept {
  if (form_ == form::text) return held_.text.size();
  if (form_ == form::binary) return held_.binary.size();
  return elements().size() + members().size();
}

SIOKIT_INLINE const value& value::element(std::size_t index) const noexcept {
  const std::span<const value> all = elements();
  return index < all.size() ? all[index] : nothing();
}

SIOKIT_INLINE const value* value::lookup(std::string_view key) const noexcept {
  for (const value_member& m : members())
    if (m.key == key) return &m.value;
  return nullptr;
}

SIOKIT_INLINE const value& value::operator[](std::string_view key) const noexcept {
  const value* const found = lookup(key);
  return found == nullptr ? nothing() : *found;
}

SIOKIT_INLINE bool value::contains(std::string_view key) const noexcept { return lookup(key) != nullptr; }

SIOKIT_INLINE value& value::push_back(value x) {
  if (!is_array()) *this = array();
  held_.array.push_back(std::move(x));
  return held_.array.back();
}

SIOKIT_INLINE value& value::insert_or_assign(std::string_view key, value x) {
  if (!is_object()) *this = object();
  for (value_member& m : held_.object)
    if (m.key == key) return m.value = std::move(x);
  held_.object.push_back({std::string(key), std::move(x)});
  return held_.object.back().value;
}

SIOKIT_INLINE result<value> value::parse(std::string_view text, const json::limits& limit) {
  json::shape shape;
  errc e = json::check(text, limit, shape);
  if (e != errc::none) return e;
  value out;
  value_context context;
  e = codec<value>::read(value_view(text, shape, context), out);
  if (e != errc::none) return e;
  return out;
}

SIOKIT_INLINE std::string value::to_json() const {
  pool blocks;
  frame_builder out(blocks);
  value_writer writer(out);
  codec<value>::write(writer, *this);
  return writer.error() == errc::none ? std::string(out.written()) : std::string("null");
}

SIOKIT_INLINE bool value::same_number(const value& other) const noexcept {
  const auto& mine = held_.scalar;
  const auto& its = other.held_.scalar;
  const bool its_natural = other.form_ == form::natural;
  if (form_ == form::real && other.form_ == form::real) return mine.real == its.real;
  if (other.form_ == form::real) return other.same_number(*this);
  if (form_ == form::real) {
    // Where the double is an integer of the other's range, both are compared as integers: no rounding.
    const double x = mine.real;
    const auto same = [x](auto integer, auto there) { return static_cast<double>(integer) == x && integer == there; };
    if (its_natural) return x >= 0 && x < 0x1p64 && same(static_cast<std::uint64_t>(x), its.natural);
    return x >= -0x1p63 && x < 0x1p63 && same(static_cast<std::int64_t>(x), its.integer);
  }
  if (form_ == form::natural)
    return its_natural ? mine.natural == its.natural : std::cmp_equal(mine.natural, its.integer);
  return its_natural ? std::cmp_equal(mine.integer, its.natural) : mine.integer == its.integer;
}

SIOKIT_INLINE bool value::equals(const value& other) const noexcept {
  const value_kind k = kind();
  if (k != other.kind() || size() != other.size()) return false;
  switch (k) {
    case value_kind::null: return true;
    case value_kind::boolean: return held_.scalar.boolean == other.held_.scalar.boolean;
    case value_kind::number: return same_number(other);
    case value_kind::string: return text() == other.text();
    case value_kind::binary: return as_text(held_.binary) == as_text(other.held_.binary);
    case value_kind::array:
      for (std::size_t i = 0; i < size(); ++i)
        if (!held_.array[i].equals(other.held_.array[i])) return false;
      return true;
    case value_kind::object: break;
  }
  for (std::size_t i = 0; i < members().size(); ++i) {
    const value_member& mine = members()[i];
    const value_member& there = other.members()[i];  // mostly in the same order
    const value* const twin = mine.key == there.key ? &there.value : other.lookup(mine.key);
    if (twin == nullptr || !mine.value.equals(*twin)) return false;
  }
  return true;
}

SIOKIT_INLINE errc value::read_number(value_view v) {
  const std::string_view digits = v.json();
  std::int64_t i = 0;
  std::uint64_t u = 0;
  double d = 0;
  // An integer is what is written as one; -0 is not an integer that has a sign.
  if (digits != "-0" && digits.find_first_of(".eE") == std::string_view::npos) {
    if (v.as_int64(i) == errc::none) return *this = i, errc::none;
    if (v.as_uint64(u) == errc::none) return *this = u, errc::none;
  }
  const errc e = v.as_double(d);
  if (e == errc::none) *this = d;
  return e;
}

SIOKIT_INLINE errc value::read_text(value_view v) {
  std::string_view raw;
  bool escaped = false;
  const errc e = v.as_raw_string(raw, escaped);
  value out(raw);
  characters& all = out.held_.text;
  if (escaped) all.resize(static_cast<std::size_t>(json::unescape(raw, all.data()) - all.data()));
  *this = std::move(out);
  return e;
}

SIOKIT_INLINE errc value::read_array(value_view v) {
  value out(form::array);
  const errc e = codec<element_list>::read(v, out.held_.array);
  *this = std::move(out);
  return e;
}

SIOKIT_INLINE errc value::read_object(value_view v) {
  constexpr std::size_t few = 16;
  value made(form::object);
  member_list& out = made.held_.object;
  bool many = false;  // more than are worth comparing each with each
  for (const auto [key, inner] : v.members()) {
    value_member m;
    errc e = codec<std::string>::read(key, m.key);
    if (e == errc::none) e = codec<value>::read(inner, m.value);
    if (e != errc::none) return v.failed_at(e, inner, m.key);
    std::size_t same = out.size();
    if (out.size() < few)
      for (same = 0; same < out.size() && out[same].key != m.key;) ++same;
    else
      many = true;
    if (same < out.size())
      out[same].value = std::move(m.value);
    else
      out.push_back(std::move(m));
  }
  if (many) drop_repeated(out);
  *this = std::move(made);
  return errc::none;
}

/// Keeps of the members with one key the first place and the last value.
SIOKIT_INLINE void value::drop_repeated(member_list& all) {
  std::vector<char> repeated(all.size());
  for_each_repeated(
      all.size(), [&](std::size_t i) { return std::string_view(all[i].key); },
      [&](std::size_t first, std::size_t later) {
        all[first].value = std::move(all[later].value);
        repeated[later] = 1;
      });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (repeated[i] != 0) continue;
    if (kept != i) all[kept] = std::move(all[i]);
    ++kept;
  }
  all.resize(kept);
}

SIOKIT_INLINE errc codec<value>::read(value_view v, value& out) {
  switch (v.kind()) {
    case value_kind::null: out = value(); return errc::none;
    case value_kind::number: return out.read_number(v);
    case value_kind::string: return out.read_text(v);
    case value_kind::array: return out.read_array(v);
    case value_kind::object: return out.read_object(v);
    case value_kind::boolean: {
      bool x = false;
      const errc e = v.as_bool(x);
      out = x;
      return e;
    }
    case value_kind::binary: break;
  }
  bytes_view in;
  const errc e = v.as_binary(in);
  out = bytes(in.begin(), in.end());
  return e;
}

SIOKIT_INLINE void codec<value>::write(value_writer& w, const value& in) {
  switch (in.kind()) {
    case value_kind::null: return w.null();
    case value_kind::boolean: return w.boolean(in.held_.scalar.boolean);
    case value_kind::string: return w.string(in.text());
    case value_kind::binary: return w.binary(in.held_.binary);
    case value_kind::number:
      if (in.form_ == value::form::integer) return w.integer(in.held_.scalar.integer);
      if (in.form_ == value::form::natural) return w.unsigned_integer(in.held_.scalar.natural);
      return w.number(in.held_.scalar.real);
    case value_kind::array:
      w.begin_array();
      if (w.error() != errc::none) return;  // too deep, perhaps: do not go on
      for (const value& x : in.elements()) write(w, x);
      return w.end_array();
    case value_kind::object:
      w.begin_object();
      if (w.error() != errc::none) return;
      for (const value_member& m : in.members()) {
        w.key(m.key);
        write(w, m.value);
      }
      return w.end_object();
  }
}
#endif

SIOKIT_NAMESPACE_END
