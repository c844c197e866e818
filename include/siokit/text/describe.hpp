// A struct of yours in one line, written next to it, instead of a codec by hand (text/codec.hpp):
//   struct point { double x = 0, y = 0; };
//   SIOKIT_FIELDS(point, x, y)                // {"x":1,"y":2}; a name that is missing is errc::missing_field
//   SIOKIT_FIELDS_OR_DEFAULT(point, x, y)     // one that is missing keeps the value of its default member initializer
// std::optional members may be missing in both, and are left out when they are empty. Up to 64 members.
// Not for enums (choice()), nor for names that are no C++ names: a codec by hand with fields() has those.
#pragma once

#include <siokit/text/codec.hpp>

/// In the namespace of the struct, behind it. Members of base classes are named like its own.
#define SIOKIT_FIELDS(type, ...) SIOKIT_DESCRIBE(, type, SIOKIT_MEMBER, __VA_ARGS__)
#define SIOKIT_FIELDS_OR_DEFAULT(type, ...) SIOKIT_DESCRIBE(, type, SIOKIT_MEMBER_OR_DEFAULT, __VA_ARGS__)
/// The same inside the struct: for private members and for templates.
#define SIOKIT_FRIEND_FIELDS(type, ...) SIOKIT_DESCRIBE(friend, type, SIOKIT_MEMBER, __VA_ARGS__)
#define SIOKIT_FRIEND_FIELDS_OR_DEFAULT(type, ...) SIOKIT_DESCRIBE(friend, type, SIOKIT_MEMBER_OR_DEFAULT, __VA_ARGS__)

// A function that argument-dependent lookup finds: it calls `visit` with names and members in turns.
#define SIOKIT_DESCRIBE(friendly, type, member, ...)                                                   \
  template <class SiokitSelf, class SiokitVisit>                                                       \
  friendly constexpr auto siokit_fields(::siokit::description<type>, SiokitSelf& self, \
                                        SiokitVisit&& visit) {                                         \
    return visit(SIOKIT_EXPAND(SIOKIT_EACH(member, __VA_ARGS__)));                                     \
  }
#define SIOKIT_MEMBER(name) ::siokit::written_key{"\"" #name "\":"}, self.name
#define SIOKIT_MEMBER_OR_DEFAULT(name) ::siokit::written_key{"\"" #name "\":"}, ::siokit::or_default(self.name)

// member(a), member(b), ...: each pass over the text expands one more, and 256 passes are enough.
#define SIOKIT_EACH(member, name, ...) member(name) __VA_OPT__(, SIOKIT_EACH_AGAIN SIOKIT_PARENS(member, __VA_ARGS__))
#define SIOKIT_EACH_AGAIN() SIOKIT_EACH
#define SIOKIT_PARENS ()
#define SIOKIT_EXPAND(...) SIOKIT_EXPAND_64(SIOKIT_EXPAND_64(SIOKIT_EXPAND_64(SIOKIT_EXPAND_64(__VA_ARGS__))))
#define SIOKIT_EXPAND_64(...) SIOKIT_EXPAND_16(SIOKIT_EXPAND_16(SIOKIT_EXPAND_16(SIOKIT_EXPAND_16(__VA_ARGS__))))
#define SIOKIT_EXPAND_16(...) SIOKIT_EXPAND_4(SIOKIT_EXPAND_4(SIOKIT_EXPAND_4(SIOKIT_EXPAND_4(__VA_ARGS__))))
#define SIOKIT_EXPAND_4(...) SIOKIT_EXPAND_1(SIOKIT_EXPAND_1(SIOKIT_EXPAND_1(SIOKIT_EXPAND_1(__VA_ARGS__))))
#define SIOKIT_EXPAND_1(...) __VA_ARGS__

SIOKIT_NAMESPACE_BEGIN

/// Names the type to siokit_fields(), so that the description of a base class is not taken for that of a derived one.
template <class T>
struct description {};

struct any_members {
  template <class... A>
  void operator()(A&&...) const {}
};

/// T has a line of SIOKIT_FIELDS or one of its siblings.
template <class T>
concept described = std::is_class_v<T> && requires(T& x) { siokit_fields(description<T>{}, x, any_members{}); };

/// Whether T, a member of the described types Seen, refers to the message. Not borrowing<T>: a described type may hold
/// a container of itself.
template <class T, class... Seen>
struct borrows_within;

template <described T>
struct codec<T> {
  static constexpr bool borrows = borrows_within<T>::value;
  static errc read(value_view v, T& out) {
    return siokit_fields(description<T>{}, out, [&](auto&&... parts) { return fields(v, parts...); });
  }
  static void write(value_writer& w, const T& in) {
    siokit_fields(description<T>{}, in, [&](auto&&... parts) { fields(w, parts...); });
  }
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/describe.ipp>
