// nlohmann's documents as values: what is read and written, binary included, and what is refused.
#include <siokit/interop/nlohmann.hpp>

#include <cmath>

#include "json_backends/values.hpp"

using namespace values;
using nlohmann::json;
using nlohmann::ordered_json;
using siokit::errc;

namespace {

struct order {
  int id = 0;
  json details;
};
SIOKIT_FIELDS_OR_DEFAULT(order, id, details)

}  // namespace

TEST_CASE("nlohmann: everything is read and written again as it was", "[nlohmann]") {
  for (const std::string& text : same) {
    CAPTURE(text);
    CHECK(round<json>(text) == text);
    CHECK(round<ordered_json>(text) == text);
    json ours;
    CHECK(read(text, ours).empty());
    const json theirs = json::parse(text);
    CHECK(ours == theirs);
    CHECK(ours.type() == theirs.type());
    CHECK(written(theirs).json == text);
  }
  CHECK(round<ordered_json>(R"({"b":1,"a":2})") == R"({"b":1,"a":2})");
  CHECK(round<json>(R"("\ud83d\ude00 \ud83d")") == "\"\xf0\x9f\x98\x80 \xef\xbf\xbd\"");
  json zero;
  REQUIRE(read("-0", zero).empty());
  CHECK(std::signbit(zero.get<double>()));
}

TEST_CASE("nlohmann: binary is binary, both ways", "[nlohmann]") {
  json x;
  REQUIRE(read(R"({"pic":{"_placeholder":true,"num":1},"p":[{"num":0,"_placeholder":true}]})", x, {"one", std::string("t\0o", 3)})
              .empty());
  REQUIRE(x["pic"].is_binary());
  CHECK(x["pic"].get_binary() == json::binary_t({'t', 0, 'o'}));
  CHECK(x["p"][0].get_binary().size() == 3);
  const text out = written(x);
  CHECK(out.json == R"({"p":[{"_placeholder":true,"num":0}],"pic":{"_placeholder":true,"num":1}})");
  CHECK(out.attachments == std::vector<std::string>{"one", std::string("t\0o", 3)});
  CHECK(written(json::binary({1}, 7)).attachments == std::vector<std::string>{"\x01"});
  // Without attachments it is an object like others.
  REQUIRE(read(R"({"_placeholder":true,"num":0})", x).empty());
  CHECK(x.is_object());
}

TEST_CASE("nlohmann: text is made safe, and what is no value is refused", "[nlohmann]") {
  CHECK(written(json("\xff" "a")).json == "\"\xef\xbf\xbd" "a\"");
  CHECK(written(json(std::nan(""))).json == "null");
  CHECK(written(json(0.1f)).error == errc::none);
  CHECK(written(json(json::value_t::discarded)).error == errc::bad_value);
  json deep;
  for (std::size_t i = 0; i <= siokit::json::max_depth; ++i) deep = json::array({deep});
  CHECK(written(deep).error == errc::json_too_deep);
  // What looks like a placeholder beside a real one would be one for the peer.
  json false_one = {{"a", json::binary({1})}, {"b", {{"_placeholder", true}, {"num", 0}}}};
  CHECK(written(false_one).error == errc::bad_value);
}

TEST_CASE("nlohmann: as deep as siokit lets through", "[nlohmann]") {
  for (const std::string& text : {nested(siokit::json::max_depth), nested_objects(siokit::json::max_depth)}) {
    CHECK(round<json>(text) == text);
    CHECK(round<ordered_json>(text) == text);
  }
}

TEST_CASE("nlohmann: of several members with one name the last one counts", "[nlohmann]") {
  const std::string twice = R"({"a":1,"b":2,"a":3,"c":{"x":1,"x":[{"y":1,"y":2}]},"a":4})";
  CHECK(round<json>(twice) == R"({"a":4,"b":2,"c":{"x":[{"y":2}]}})");
  CHECK(round<ordered_json>(twice) == R"({"a":4,"b":2,"c":{"x":[{"y":2}]}})");
  ordered_json many;
  REQUIRE(read(crowded(1000), many).empty());
  CHECK(many.size() == 1001);
  CHECK(many["same"] == 999);
  CHECK(many.begin().key() == "same");
}

TEST_CASE("nlohmann: a document inside of a struct, and errors with their path", "[nlohmann]") {
  json x;
  CHECK(read(R"({"a":[0,{"b":1e999}]})", x) == ".a[1].b: number out of range");
  order o;
  CHECK(read(R"({"id":"x","details":{}})", o) == ".id: expected integer");
  CHECK(read(R"({"id":1,"details":[0,-1e999]})", o) == ".details[1]: number out of range");
  CHECK(read(R"({"id":1})", o).empty());
  CHECK(o.details.is_null());
  o.details = {1, "two", nullptr};
  CHECK(written(o).json == R"({"id":1,"details":[1,"two",null]})");
}
