// Values from text and to text, attachments beside them, for tests of codecs: what an event's argument would be.
// No server and no wire; those are in backends_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <siokit/server.hpp>

#include "catch.hpp"

namespace values {

struct text {
  std::string json;
  std::vector<std::string> attachments;
  siokit::errc error = siokit::errc::none;
};

template <class T>
text written(const T& x) {
  siokit::pool memory;
  siokit::frame_builder out{memory};
  siokit::attachment_sink sink(memory);
  siokit::value_writer w(out, &sink);
  siokit::encode(w, x);
  text all;
  all.error = w.error();
  if (all.error != siokit::errc::none) return all;
  REQUIRE(w.complete());
  all.json = out.written();
  for (const siokit::frame& f : sink.frames()) all.attachments.emplace_back(siokit::as_text(f.payload()));
  return all;
}

/// "" or "path: error".
template <class T>
std::string read(std::string_view json, T& out, const std::vector<std::string>& attachments = {}) {
  siokit::json::shape shape;
  REQUIRE(siokit::json::check(json, {siokit::json::max_depth, 1'000'000}, shape) == siokit::errc::none);
  std::vector<siokit::bytes_view> lent;
  for (const std::string& a : attachments) lent.push_back(siokit::as_bytes(a));
  siokit::value_context context{lent};
  const siokit::value_view v(json, &context);
  const siokit::errc e = siokit::decode(v, out);
  if (e == siokit::errc::none) return "";
  return std::string(context.path.text(v.position())) + ": " + std::string(siokit::text(e));
}

/// Read as T and written again.
template <class T>
std::string round(std::string_view json) {
  T x;
  const std::string error = read(json, x);
  return error.empty() ? written(x).json : error;
}

/// What every backend must read and write again as it is: objects with their keys in alphabetical order.
inline const std::vector<std::string> same = {
    "null", "true", "false", "0", "-1", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295",
    "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "0.1",
    "-2.5e-300", "1.7976931348623157e+308", "5e-324", "0.30000000000000004", R"("")", R"("text")", R"("a\u0000b")",
    R"("\"\\\b\f\n\r\t\u0001")", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", "[]", "{}",
    "[[],[[]],{}]", R"({"":1,"a":[1,"2",null,{"b":false}],"c\u0000d":{}})",
};

inline std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }
inline std::string nested_objects(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) out += "{\"a\":";
  return out + "1" + std::string(depth, '}');
}

/// An object with n members of one name and n others.
inline std::string crowded(std::size_t n) {
  std::string out = "{";
  for (std::size_t i = 0; i < n; ++i) out += "\"same\":" + std::to_string(i) + ",\"k" + std::to_string(i) + "\":0,";
  out.back() = '}';
  return out;
}

}  // namespace values
