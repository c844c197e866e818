// Bodies of text/value.hpp.
#pragma once

#include <algorithm>

#include <siokit/text/repeated.hpp>

SIOKIT_NAMESPACE_BEGIN

// Not in the class: each of these needs value_member to be complete.
inline value::value() noexcept = default;
inline value::value(std::nullptr_t) noexcept {}
inline value::value(std::same_as<bool> auto x) noexcept : data_(x) {}
inline value::value(bytes binary) noexcept : data_(std::move(binary)) {}
inline value::value(data&& x) noexcept : data_(std::move(x)) {}

template <value_text T>
inline value::value(const T& text) {
  const std::string_view in = text;
  data_ = characters{{in.begin(), in.end()}};
}

template <value_number T>
inline value::value(T x) noexcept {
  if constexpr (std::floating_point<T>)
    data_ = static_cast<double>(x);
  else if constexpr (std::is_signed_v<T>)
    data_ = static_cast<std::int64_t>(x);
  else
    data_ = static_cast<std::uint64_t>(x);
}

/// A value written as JSON, its attachments beside it, and a context to look at both.
class written_value {
 public:
  template <class T>
  explicit written_value(const T& x) : out_(pool_), sink_(pool_, ~std::size_t{0}), scratch_(pool_) {
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
    if (const auto* const in = std::get_if<characters>(&data_)) return in->view();
    return errc::expected_string;
  } else if constexpr (std::same_as<T, bytes_view>) {
    if (const auto* const in = std::get_if<bytes>(&data_)) return bytes_view(*in);
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
                                             value_kind::array,  value_kind::object,  value_kind::binary};

SIOKIT_INLINE value value::array() { return value(data(std::in_place_type<std::vector<value>>)); }
SIOKIT_INLINE value value::object() { return value(data(std::in_place_type<std::vector<value_member>>)); }

/// What lookups give for what is not there.
SIOKIT_INLINE const value& value::nothing() noexcept {
  static const value null;
  return null;
}

SIOKIT_INLINE value_kind value::kind() const noexcept { return value_kinds[data_.index()]; }

SIOKIT_INLINE std::span<const value> value::elements() const noexcept {
  const auto* const all = std::get_if<std::vector<value>>(&data_);
  return all == nullptr ? std::span<const value>{} : std::span<const value>(*all);
}

SIOKIT_INLINE std::span<const value_member> value::members() const noexcept {
  const auto* const all = std::get_if<std::vector<value_member>>(&data_);
  return all == nullptr ? std::span<const value_member>{} : std::span<const value_member>(*all);
}

SIOKIT_INLINE std::size_t value::size() const noexcept {
  if (const auto* const in = std::get_if<characters>(&data_)) return in->all.size();
  if (const auto* const in = std::get_if<bytes>(&data_)) return in->size();
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
  return std::get_if<std::vector<value>>(&data_)->emplace_back(std::move(x));
}

SIOKIT_INLINE value& value::insert_or_assign(std::string_view key, value x) {
  if (!is_object()) *this = object();
  auto& all = *std::get_if<std::vector<value_member>>(&data_);
  for (value_member& m : all)
    if (m.key == key) return m.value = std::move(x);
  return all.emplace_back(value_member{std::string(key), std::move(x)}).value;
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
  const auto* const x = std::get_if<double>(&data_);
  const auto* const y = std::get_if<double>(&other.data_);
  if (x != nullptr && y != nullptr) return *x == *y;
  if (y != nullptr) return other.same_number(*this);
  const auto* const i = std::get_if<std::int64_t>(&other.data_);
  const auto* const u = std::get_if<std::uint64_t>(&other.data_);
  if (x != nullptr) {
    // Where the double is an integer of the other's range, both are compared as integers: no rounding.
    if (std::trunc(*x) != *x) return false;
    if (i != nullptr) return *x >= -0x1p63 && *x < 0x1p63 && static_cast<std::int64_t>(*x) == *i;
    return *x >= 0 && *x < 0x1p64 && static_cast<std::uint64_t>(*x) == *u;
  }
  const auto same = [&](auto mine) { return i != nullptr ? std::cmp_equal(mine, *i) : std::cmp_equal(mine, *u); };
  const auto* const mine = std::get_if<std::int64_t>(&data_);
  return mine != nullptr ? same(*mine) : same(*std::get_if<std::uint64_t>(&data_));
}

SIOKIT_INLINE bool value::equals(const value& other) const noexcept {
  const value_kind k = kind();
  if (k != other.kind() || size() != other.size()) return false;
  if (k == value_kind::number) return same_number(other);
  if (k != value_kind::object) {
    if (k == value_kind::array) return std::equal(elements().begin(), elements().end(), other.elements().begin());
    const auto same = [&]<class T>(const T* mine) { return *mine == *std::get_if<T>(&other.data_); };
    if (k == value_kind::string) return same(std::get_if<characters>(&data_));
    if (k == value_kind::binary) return same(std::get_if<bytes>(&data_));
    return k == value_kind::null || same(std::get_if<bool>(&data_));
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
    if (v.as_int64(i) == errc::none) return data_ = i, errc::none;
    if (v.as_uint64(u) == errc::none) return data_ = u, errc::none;
  }
  const errc e = v.as_double(d);
  if (e == errc::none) data_ = d;
  return e;
}

SIOKIT_INLINE errc value::read_text(value_view v) {
  std::string_view raw;
  bool escaped = false;
  const errc e = v.as_raw_string(raw, escaped);
  characters out{{raw.begin(), raw.end()}};
  if (escaped) out.all.resize(static_cast<std::size_t>(json::unescape(raw, out.all.data()) - out.all.data()));
  data_ = std::move(out);
  return e;
}

SIOKIT_INLINE errc value::read_array(value_view v) {
  std::vector<value> out;
  const errc e = codec<std::vector<value>>::read(v, out);
  data_ = std::move(out);
  return e;
}

SIOKIT_INLINE errc value::read_object(value_view v) {
  constexpr std::size_t few = 16;
  std::vector<value_member> out;
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
  data_ = std::move(out);
  return errc::none;
}

/// Keeps of the members with one key the first place and the last value.
SIOKIT_INLINE void value::drop_repeated(std::vector<value_member>& all) {
  std::vector<bool> repeated(all.size());
  for_each_repeated(
      all.size(), [&](std::size_t i) { return std::string_view(all[i].key); },
      [&](std::size_t first, std::size_t later) {
        all[first].value = std::move(all[later].value);
        repeated[later] = true;
      });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (repeated[i]) continue;
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
    case value_kind::boolean: return w.boolean(*std::get_if<bool>(&in.data_));
    case value_kind::string: return w.string(std::get_if<value::characters>(&in.data_)->view());
    case value_kind::binary: return w.binary(*std::get_if<bytes>(&in.data_));
    case value_kind::number:
      if (const auto* const i = std::get_if<std::int64_t>(&in.data_)) return w.integer(*i);
      if (const auto* const u = std::get_if<std::uint64_t>(&in.data_)) return w.unsigned_integer(*u);
      return w.number(*std::get_if<double>(&in.data_));
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
