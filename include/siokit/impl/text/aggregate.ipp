// Bodies of text/aggregate.hpp.
#pragma once

#if SIOKIT_MEMBER_NAMES
#include <source_location>
#endif

SIOKIT_NAMESPACE_BEGIN

struct any_member {
  template <class T>
  operator T() const noexcept;
};

template <class T, std::size_t... I>
constexpr bool takes_members(std::index_sequence<I...>) {
  return requires { T{(void(I), any_member{})...}; };
}

/// How many members an aggregate has.
template <class T, std::size_t Most = 17>
constexpr std::size_t count_members() {
  if constexpr (Most == 0)
    return 0;
  else if constexpr (takes_members<T>(std::make_index_sequence<Most>{}))
    return Most;
  else
    return count_members<T, Most - 1>();
}

/// References to all members.
template <class T>
constexpr auto tie_members(T& x) {
  static_assert(std::is_aggregate_v<std::remove_const_t<T>>, "this type is no aggregate: SIOKIT_FIELDS names its members");
  constexpr std::size_t count = count_members<std::remove_const_t<T>>();
  static_assert(count >= 1 && count <= 16, "an aggregate of 1 to 16 members; SIOKIT_FIELDS takes up to 64");
  if constexpr (count == 1) {
    auto& [a] = x;
    return std::tie(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = x;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = x;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = x;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = x;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = x;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = x;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = x;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = x;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (count == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (count == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (count == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (count == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (count == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (count == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  } else if constexpr (count == 16) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = x;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  }
}

#if SIOKIT_MEMBER_NAMES
/// Never defined: only addresses inside of it are looked at.
template <class T>
struct somewhere {
  T it;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T>
extern const somewhere<T> nowhere;

template <class T, std::size_t I>
constexpr auto member_address() {
  return &std::get<I>(tie_members(nowhere<T>.it));
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <auto Member>
constexpr const char* member_said() {
  return std::source_location::current().function_name();
}

/// The identifier at the end of what the compiler says of a pointer: [with auto Member = (& nowhere<point>.it.point::x)].
template <auto Member>
constexpr std::string_view member_name() {
  std::string_view said = member_said<Member>();
  while (!said.empty() && (said.back() == ']' || said.back() == ')')) said.remove_suffix(1);
  std::size_t begin = said.size();
  const auto in_name = [](char c) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;  // char may have a sign or not
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || !ascii || c == '$';
  };
  while (begin != 0 && in_name(said[begin - 1])) --begin;
  return said.substr(begin);
}

struct member_name_sample {
  int first;
  std::optional<int> Second_2;
};
static_assert(member_name<member_address<member_name_sample, 0>()>() == "first" &&
                  member_name<member_address<member_name_sample, 1>()>() == "Second_2",
              "this compiler names members in a way that siokit does not know: use SIOKIT_FIELDS, and report it");
#endif

/// A name, of a type of its own: a std::string_view among the members would mean that the struct borrows.
struct found_name {
  std::string_view text;
  constexpr operator std::string_view() const noexcept { return text; }  // NOLINT
};

template <bool MayBeMissing, class T, class Visit>
constexpr auto visit_aggregate([[maybe_unused]] T& x, [[maybe_unused]] Visit&& visit) {
  static_assert(SIOKIT_MEMBER_NAMES == 1 || std::is_void_v<T>,
                "this compiler cannot name the members of an aggregate (g++ and clang 18 can): use SIOKIT_FIELDS");
#if SIOKIT_MEMBER_NAMES
  const auto members = tie_members(x);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto part = []<class M>(M& member) {
      if constexpr (MayBeMissing)
        return std::tuple<defaulted<M>>(or_default(member));
      else
        return std::tuple<M&>(member);
    };
    auto parts = std::tuple_cat(std::tuple_cat(
        std::tuple(found_name{member_name<member_address<std::remove_const_t<T>, I>()>()}), part(std::get<I>(members)))...);
    return std::apply([&](auto&... all) { return visit(all...); }, parts);
  }(std::make_index_sequence<std::tuple_size_v<decltype(members)>>{});
#endif
}

template <class T>
inline errc aggregate_array<T>::read(value_view v, T& out) {
  auto members = tie_members(out);
  return decltype(codec_of_members(members))::read(v, members);
}

template <class T>
inline void aggregate_array<T>::write(value_writer& w, const T& in) {
  const auto members = tie_members(in);
  w.begin_array();
  std::apply([&](const auto&... x) { (encode(w, x), ...); }, members);
  w.end_array();
}

SIOKIT_NAMESPACE_END
