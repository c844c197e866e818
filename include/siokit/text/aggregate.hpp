// Structs without naming their members: the compiler is asked. For aggregates (no constructor, no private member, no base)
// of up to 16 members, none of them a C array. Behind the struct, in its namespace:
//   SIOKIT_AGGREGATE(point)                 // as SIOKIT_FIELDS(point, x, y); needs g++ or clang 18
//   SIOKIT_AGGREGATE_OR_DEFAULT(point)      // as SIOKIT_FIELDS_OR_DEFAULT(point, x, y); likewise
// Or, with any compiler, as an array, [1,2]:
//   template <> struct siokit::codec<point> : siokit::aggregate_array<point> {};
// Renaming a member changes what goes over the wire; SIOKIT_FIELDS says so in one place.
#pragma once

#include <siokit/text/describe.hpp>

#define SIOKIT_AGGREGATE(type) SIOKIT_DESCRIBE_AGGREGATE(type, false)
#define SIOKIT_AGGREGATE_OR_DEFAULT(type) SIOKIT_DESCRIBE_AGGREGATE(type, true)
#define SIOKIT_DESCRIBE_AGGREGATE(type, may_be_missing)                                                \
  template <class SiokitSelf, class SiokitVisit>                                                       \
  constexpr auto siokit_fields(::siokit::description<type>, SiokitSelf& self, SiokitVisit&& visit) {   \
    return ::siokit::visit_aggregate<may_be_missing>(self, visit);                                     \
  }

// Names are read off the name of a function whose template argument is a member's address.
#if defined(__clang__) ? __clang_major__ >= 18 : defined(__GNUC__)
#define SIOKIT_MEMBER_NAMES 1
#else
#define SIOKIT_MEMBER_NAMES 0
#endif

SIOKIT_NAMESPACE_BEGIN

/// Calls visit(name, member, ...) with all members of an aggregate.
template <bool MayBeMissing, class T, class Visit>
constexpr auto visit_aggregate(T& x, Visit&& visit);

template <class T>
constexpr auto tie_members(T& x);
template <class... A>
tuple_codec<std::tuple<A&...>, std::remove_const_t<A>...> codec_of_members(const std::tuple<A&...>&);

/// An aggregate as an array of exactly its members. Only std::optional ones at the end may be missing.
template <class T>
struct aggregate_array {
  static constexpr bool borrows = decltype(codec_of_members(tie_members(std::declval<T&>())))::borrows;
  static errc read(value_view v, T& out);
  static void write(value_writer& w, const T& in);
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/aggregate.ipp>
