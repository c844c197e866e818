// nlohmann/json with siokit: include it, and nlohmann::json (ordered_json, any basic_json) is a parameter of handlers, an
// argument, a reply, and a member of structs:
//   io.on("order", [](const nlohmann::json& order) { return order["items"].size(); });
// The text is checked and read by siokit, so that nothing a peer sends can throw here, and it needs no exceptions. What a
// handler does with a document may throw: operator[] of a const document, get<T>().
// For nlohmann/json 3.8 and later. Types that only have to_json() and from_json() have no codec by this.
#pragma once

#include <nlohmann/json.hpp>

#include <siokit/text/value.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Any nlohmann::basic_json.
template <class T>
concept nlohmann_json = requires {
  typename T::object_t;
  typename T::array_t;
  typename T::binary_t;
  requires std::same_as<typename T::value_t, nlohmann::json::value_t>;
};

/// Owns all it holds. An attachment is nlohmann's binary and the other way round; a subtype of it is not sent. Of several
/// members with one name the last one counts. Text is made safe when it is written, where dump() throws.
template <class T>
struct nlohmann_codec {
  static errc read(value_view v, T& out);
  static void write(value_writer& w, const T& in);

 private:
  static errc read_number(value_view v, T& out);
  static errc read_text(value_view v, typename T::string_t& out);
  static errc read_binary(value_view v, T& out);
  static errc read_array(value_view v, T& out);
  static errc read_object(value_view v, T& out);
  template <class Add>
  static errc read_members(value_view v, Add add);
};
template <nlohmann_json T>
struct codec<T> : nlohmann_codec<T> {};

SIOKIT_NAMESPACE_END

#include <siokit/impl/interop/nlohmann.ipp>
