// Codecs of optional, arrays, tuples, maps and variants, part of text/codec.hpp.
// Containers are known by what they can do, not by name, so that no container header is included.
#pragma once

SIOKIT_NAMESPACE_BEGIN

/// null and a missing argument are the empty one.
template <class T>
  requires encodable<T> || decodable<T>
struct codec<std::optional<T>> {
  static constexpr bool borrows = borrowing<T>;
  static errc read(value_view v, std::optional<T>& out)
    requires decodable<T>
  {
    return reads_by_taking<std::optional<T>>::read(v, out);
  }
  static const char* take(value_view v, std::optional<T>& out, errc& e)
    requires decodable<T>
  {
    out.reset();
    if (v.is_null()) return v.behind();
    const char* const behind = take_value(v, out.emplace(), e);
    if (behind == nullptr) out.reset();
    return behind;
  }
  static void write(value_writer& w, const std::optional<T>& in)
    requires encodable<T>
  {
    if (in)
      codec<T>::write(w, *in);
    else
      w.null();
  }
};

/// A container whose elements are in an order of their own and can be added: vector, deque, list, set, ...
/// Documents of other JSON libraries are containers of themselves, and not meant.
template <class C>
concept sequence = requires { requires !std::same_as<typename C::value_type, C>; } && requires(C& c, typename C::value_type x) {
  c.begin();
  c.end();
  c.clear();
  c.insert(c.end(), std::move(x));
} && !requires { typename C::mapped_type; } && !requires { typename C::traits_type; } &&
    !plain_byte<typename C::value_type> && !std::same_as<typename C::value_type, std::byte>;

/// A container of pairs whose key is a string: map, unordered_map, ...
template <class C>
concept dictionary = requires(C& c, typename C::key_type key, typename C::mapped_type x) {
  c.clear();
  c.insert_or_assign(std::move(key), std::move(x));
  std::string_view(key);
};

/// Reads the element at `at`, of index `i` in v, and moves on. False after an error.
template <class T>
bool take_next(const value_view& v, element_iterator& at, T& x, std::size_t i, errc& e) {
  const value_view element = *at;
  if (const char* const behind = take_value(element, x, e); behind != nullptr) {
    at.pass(behind);
    return true;
  }
  e = v.failed_at(e, element, i);
  return false;
}

template <class Range>
void write_array(value_writer& w, const Range& in) {
  w.begin_array();
  for (const auto& x : in) codec<typename Range::value_type>::write(w, x);
  w.end_array();
}

template <sequence C>
  requires encodable<typename C::value_type> || decodable<typename C::value_type>
struct codec<C> {
  using item = typename C::value_type;
  static constexpr bool borrows = borrowing<item>;
  static errc read(value_view v, C& out)
    requires decodable<item>
  {
    out.clear();
    if (!v.is_array()) return errc::expected_array;
    std::size_t i = 0;
    errc e = errc::none;
    for (element_iterator at(v); at != std::default_sentinel; ++i) {
      item x{};
      if (!take_next(v, at, x, i, e)) break;
      out.insert(out.end(), std::move(x));
    }
    return e;
  }
  static void write(value_writer& w, const C& in)
    requires encodable<item>
  {
    write_array(w, in);
  }
};

template <dictionary C>
  requires encodable<typename C::mapped_type> || decodable<typename C::mapped_type>
struct codec<C> {
  using item = typename C::mapped_type;
  static constexpr bool borrows = borrowing<item> || borrowing<typename C::key_type>;
  static errc read(value_view v, C& out)
    requires decodable<item> && decodable<typename C::key_type>
  {
    out.clear();
    if (!v.is_object()) return errc::expected_object;
    for (member_iterator at(v); at != std::default_sentinel;) {
      const auto [name, inner] = *at;
      typename C::key_type key{};
      errc e = codec<typename C::key_type>::read(name, key);
      if (e != errc::none) return e;
      item x{};
      const char* const behind = take_value(inner, x, e);
      if (behind == nullptr) return v.failed_at(e, inner, std::string_view(key));
      out.insert_or_assign(std::move(key), std::move(x));
      at.pass(behind);
    }
    return errc::none;
  }
  static void write(value_writer& w, const C& in)
    requires encodable<item>
  {
    w.begin_object();
    for (const auto& [key, x] : in) {
      w.key(key);
      codec<item>::write(w, x);
    }
    w.end_object();
  }
};

template <class T, std::size_t N>
  requires(!plain_byte<T> && (encodable<T> || decodable<T>))
struct codec<std::array<T, N>> {
  static constexpr bool borrows = borrowing<T>;
  static errc read(value_view v, std::array<T, N>& out)
    requires decodable<T>
  {
    if (!v.is_array()) return errc::expected_array;
    std::size_t i = 0;
    errc e = errc::none;
    for (element_iterator at(v); at != std::default_sentinel; ++i) {
      if (i == N) return errc::wrong_length;
      if (!take_next(v, at, out[i], i, e)) return e;
    }
    return i == N ? errc::none : errc::wrong_length;
  }
  static void write(value_writer& w, const std::array<T, N>& in)
    requires encodable<T>
  {
    write_array(w, in);
  }
};

template <class T, std::size_t N>
  requires(!plain_byte<std::remove_cv_t<T>> && encodable<std::remove_cv_t<T>>)
struct codec<std::span<T, N>> {
  static void write(value_writer& w, std::span<T, N> in) { write_array(w, in); }
};

/// An array of exactly these. Only std::optional ones at the end may be missing.
template <class Tuple, class... T>
struct tuple_codec {
  static constexpr bool borrows = (borrowing<T> || ...);
  static errc read(value_view v, Tuple& out)
    requires(decodable<T> && ...)
  {
    if (!v.is_array()) return errc::expected_array;
    element_iterator at = v.elements().begin();
    errc e = errc::none;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      static_cast<void>((read_next(v, at, std::get<I>(out), I, e) && ...));
    }(std::index_sequence_for<T...>{});
    return e == errc::none && at != std::default_sentinel ? errc::wrong_length : e;
  }
  static void write(value_writer& w, const Tuple& in)
    requires(encodable<T> && ...)
  {
    w.begin_array();
    std::apply([&](const T&... x) { (codec<T>::write(w, x), ...); }, in);
    w.end_array();
  }

 private:
  template <class X>
  static bool read_next(value_view v, element_iterator& at, X& x, std::size_t index, errc& e) {
    if (at == std::default_sentinel) {
      if constexpr (is_optional<X>)
        x.reset();
      else
        e = errc::wrong_length;
      return e == errc::none;
    }
    return take_next(v, at, x, index, e);
  }
};

template <class... T>
  requires((encodable<T> || decodable<T>) && ...)
struct codec<std::tuple<T...>> : tuple_codec<std::tuple<T...>, T...> {};
template <class A, class B>
  requires((encodable<A> || decodable<A>) && (encodable<B> || decodable<B>))
struct codec<std::pair<A, B>> : tuple_codec<std::pair<A, B>, A, B> {};

/// The first alternative that can be read. The error, if none can, is that of the last.
template <class... T>
  requires((encodable<T> || decodable<T>) && ...)
struct codec<std::variant<T...>> {
  static constexpr bool borrows = (borrowing<T> || ...);
  static errc read(value_view v, std::variant<T...>& out)
    requires(decodable<T> && ...)
  {
    errc e = errc::none;
    static_cast<void>(((e = read_as<T>(v, out), e == errc::none) || ...));
    return e;
  }
  static void write(value_writer& w, const std::variant<T...>& in)
    requires(encodable<T> && ...)
  {
    // Not std::visit, which throws for a variant without a value.
    static_cast<void>((write_if<T>(w, std::get_if<T>(&in)) || ...));
    if (in.valueless_by_exception()) w.null();
  }

 private:
  template <class X>
  static errc read_as(value_view v, std::variant<T...>& out) {
    if (v.context() != nullptr) v.context()->path.clear();  // of the alternative before
    X x{};
    const errc e = codec<X>::read(v, x);
    if (e == errc::none) out.template emplace<X>(std::move(x));
    return e;
  }
  template <class X>
  static bool write_if(value_writer& w, const X* x) {
    if (x != nullptr) codec<X>::write(w, *x);
    return x != nullptr;
  }
};

SIOKIT_NAMESPACE_END
