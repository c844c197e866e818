// Bodies of interop/nlohmann.hpp.
#pragma once

#include <siokit/text/repeated.hpp>

SIOKIT_NAMESPACE_BEGIN

template <class T>
inline errc nlohmann_codec<T>::read(value_view v, T& out) {
  switch (v.kind()) {
    case value_kind::null: out = nullptr; return errc::none;
    case value_kind::number: return read_number(v, out);
    case value_kind::binary: return read_binary(v, out);
    case value_kind::array: return read_array(v, out);
    case value_kind::object: return read_object(v, out);
    case value_kind::boolean: {
      bool x = false;
      const errc e = v.as_bool(x);
      out = T(static_cast<typename T::boolean_t>(x));
      return e;
    }
    case value_kind::string: break;
  }
  typename T::string_t text;
  const errc e = read_text(v, text);
  out = T(std::move(text));
  return e;
}

/// As nlohmann's parser: unsigned when it can be, then signed, then a double.
template <class T>
inline errc nlohmann_codec<T>::read_number(value_view v, T& out) {
  const std::string_view digits = v.json();
  std::int64_t i = 0;
  std::uint64_t u = 0;
  double d = 0;
  if (digits != "-0" && digits.find_first_of(".eE") == std::string_view::npos) {
    if (v.as_uint64(u) == errc::none && std::in_range<typename T::number_unsigned_t>(u))
      return out = T(static_cast<typename T::number_unsigned_t>(u)), errc::none;
    if (v.as_int64(i) == errc::none && std::in_range<typename T::number_integer_t>(i))
      return out = T(static_cast<typename T::number_integer_t>(i)), errc::none;
  }
  const errc e = v.as_double(d);
  if (e == errc::none) out = T(static_cast<typename T::number_float_t>(d));
  return e;
}

template <class T>
inline errc nlohmann_codec<T>::read_text(value_view v, typename T::string_t& out) {
  std::string_view raw;
  bool escaped = false;
  const errc e = v.as_raw_string(raw, escaped);
  out = typename T::string_t(raw.data(), raw.size());
  if (escaped) out.resize(static_cast<std::size_t>(json::unescape(raw, out.data()) - out.data()));
  return e;
}

template <class T>
inline errc nlohmann_codec<T>::read_binary(value_view v, T& out) {
  bytes_view in;
  const errc e = v.as_binary(in);
  typename T::binary_t::container_type all;
  all.reserve(in.size());
  using unit = typename T::binary_t::container_type::value_type;
  for (const std::byte b : in) all.push_back(static_cast<unit>(b));
  out = T::binary(std::move(all));
  return e;
}

template <class T>
inline errc nlohmann_codec<T>::read_array(value_view v, T& out) {
  typename T::array_t all;
  std::size_t i = 0;
  for (const value_view element : v.elements()) {
    all.push_back(T());
    const errc e = read(element, all.back());
    if (e != errc::none) return v.failed_at(e, element, i);
    ++i;
  }
  out = T(std::move(all));
  return errc::none;
}

template <class T>
template <class Add>
inline errc nlohmann_codec<T>::read_members(value_view v, Add add) {
  for (const auto [name, inner] : v.members()) {
    typename T::string_t key;
    errc e = read_text(name, key);
    if (e != errc::none) return e;
    T x;
    e = read(inner, x);
    if (e != errc::none) return v.failed_at(e, inner, std::string_view(key.data(), key.size()));
    add(std::move(key), std::move(x));
  }
  return errc::none;
}

template <class T>
inline errc nlohmann_codec<T>::read_object(value_view v, T& out) {
  using string = typename T::string_t;
  typename T::object_t all;
  errc e = errc::none;
  if constexpr (requires(string key, T x) { all.insert_or_assign(std::move(key), std::move(x)); }) {
    e = read_members(v, [&](string&& key, T&& x) { all.insert_or_assign(std::move(key), std::move(x)); });
  } else {
    // nlohmann::ordered_map, which looks through all its members to add one: too long for what a peer may send.
    std::vector<std::pair<string, T>> list;
    e = read_members(v, [&](string&& key, T&& x) { list.emplace_back(std::move(key), std::move(x)); });
    std::vector<bool> repeated(list.size());
    for_each_repeated(
        list.size(), [&](std::size_t i) { return std::string_view(list[i].first.data(), list[i].first.size()); },
        [&](std::size_t first, std::size_t later) {
          list[first].second = std::move(list[later].second);
          repeated[later] = true;
        });
    all.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i)
      if (!repeated[i]) all.push_back({std::move(list[i].first), std::move(list[i].second)});
  }
  if (e == errc::none) out = T(std::move(all));
  return e;
}

template <class T>
inline void nlohmann_codec<T>::write(value_writer& w, const T& in) {
  using kind = typename T::value_t;
  switch (in.type()) {
    case kind::null: return w.null();
    case kind::boolean: return w.boolean(*in.template get_ptr<const typename T::boolean_t*>());
    case kind::number_integer: return w.integer(*in.template get_ptr<const typename T::number_integer_t*>());
    case kind::number_unsigned: return w.unsigned_integer(*in.template get_ptr<const typename T::number_unsigned_t*>());
    case kind::number_float:
      return codec<typename T::number_float_t>::write(w, *in.template get_ptr<const typename T::number_float_t*>());
    case kind::string: {
      const auto& text = *in.template get_ptr<const typename T::string_t*>();
      return w.string({text.data(), text.size()});
    }
    case kind::binary: return w.binary(std::as_bytes(std::span(*in.template get_ptr<const typename T::binary_t*>())));
    case kind::array:
      w.begin_array();
      if (w.error() != errc::none) return;  // too deep, perhaps: do not go on
      for (const T& x : *in.template get_ptr<const typename T::array_t*>()) write(w, x);
      return w.end_array();
    case kind::object:
      w.begin_object();
      if (w.error() != errc::none) return;
      for (const auto& [key, x] : *in.template get_ptr<const typename T::object_t*>()) {
        w.key({key.data(), key.size()});
        write(w, x);
      }
      return w.end_object();
    case kind::discarded: break;
  }
  w.fail(errc::bad_value);
}

SIOKIT_NAMESPACE_END
