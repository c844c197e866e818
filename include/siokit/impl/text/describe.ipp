// Bodies of text/describe.hpp: what a described type borrows.
#pragma once

SIOKIT_NAMESPACE_BEGIN

/// T is described, or made of types one of which is.
template <class T>
inline constexpr bool holds_described = described<T>;
template <class T, std::size_t N>
inline constexpr bool holds_described<std::array<T, N>> = holds_described<T>;
template <template <class...> class C, class... A>
inline constexpr bool holds_described<C<A...>> = described<C<A...>> || (holds_described<A> || ...);

/// Takes names and members, and looks at the types of the members alone.
template <class... Seen>
struct borrows_among {
  template <class... A>
  constexpr auto operator()(A&&...) const {
    return std::bool_constant<(borrows_within<std::remove_cvref_t<A>, Seen...>::value || ...)>{};
  }
};

template <class T, class... Seen>
struct borrows_within : std::bool_constant<borrowing<T>> {};

template <described T, class... Seen>
  requires(!(std::same_as<T, Seen> || ...))
struct borrows_within<T, Seen...>
    : decltype(siokit_fields(description<T>{}, std::declval<T&>(), borrows_among<T, Seen...>{})) {};
template <described T, class... Seen>
  requires(std::same_as<T, Seen> || ...)
struct borrows_within<T, Seen...> : std::false_type {};

template <class T, class... Seen>
struct borrows_within<defaulted<T>, Seen...> : borrows_within<std::remove_const_t<T>, Seen...> {};
template <class T, std::size_t N, class... Seen>
  requires holds_described<T>
struct borrows_within<std::array<T, N>, Seen...> : borrows_within<T, Seen...> {};
template <template <class...> class C, class... A, class... Seen>
  requires(!described<C<A...>> && holds_described<C<A...>>)
struct borrows_within<C<A...>, Seen...> : std::bool_constant<(borrows_within<A, Seen...>::value || ...)> {};

SIOKIT_NAMESPACE_END
