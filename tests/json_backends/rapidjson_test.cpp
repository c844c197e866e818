// RapidJSON's documents as values: what is read and written, what is refused, and its own parser.
#include <siokit/interop/rapidjson.hpp>

#include <cmath>

#include "json_backends/values.hpp"

using namespace values;
using rapidjson::Document;
using siokit::errc;

namespace {

/// The events as text.
struct events {
  std::string seen;
  int left = 1000;
  bool add(std::string what) {
    seen += what + " ";
    return --left > 0;
  }
  bool Null() { return add("null"); }
  bool Bool(bool x) { return add(x ? "true" : "false"); }
  bool Int(int x) { return add("int:" + std::to_string(x)); }
  bool Uint(unsigned x) { return add("uint:" + std::to_string(x)); }
  bool Int64(std::int64_t x) { return add("int64:" + std::to_string(x)); }
  bool Uint64(std::uint64_t x) { return add("uint64:" + std::to_string(x)); }
  bool Double(double x) { return add(std::signbit(x) && x == 0 ? "-zero" : "double:" + std::to_string(x)); }
  bool RawNumber(const char* x, rapidjson::SizeType n, bool) { return add("raw:" + std::string(x, n)); }
  bool String(const char* x, rapidjson::SizeType n, bool) { return add("'" + std::string(x, n) + "'"); }
  bool Key(const char* x, rapidjson::SizeType n, bool) { return add(std::string(x, n) + "="); }
  bool StartObject() { return add("{"); }
  bool EndObject(rapidjson::SizeType n) { return add("}" + std::to_string(n)); }
  bool StartArray() { return add("["); }
  bool EndArray(rapidjson::SizeType n) { return add("]" + std::to_string(n)); }
};

struct order {
  int id = 0;
  Document details;
};
SIOKIT_FIELDS(order, id, details)

siokit::value_view view(std::string_view json, siokit::value_context& context) { return {json, &context}; }

}  // namespace

TEST_CASE("RapidJSON: everything is read and written again as it was", "[rapidjson]") {
  for (const std::string& json : same) {
    CAPTURE(json);
    CHECK(round<Document>(json) == json);
    CHECK(round<rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::CrtAllocator>>(json) == json);
    CHECK(round<siokit::value>(json) == json);
    siokit::rapidjson_parsed<> theirs;
    CHECK(read(json, theirs).empty());
    CHECK(written(theirs.document).json == json);
  }
  CHECK(round<Document>(" { \"b\" : [ 1 , 2 ] ,\n\"a\" : 1.0 } ") == R"({"b":[1,2],"a":1})");
  CHECK(round<Document>(R"("\ud83d\ude00 \ud83d")") == "\"\xf0\x9f\x98\x80 \xef\xbf\xbd\"");
}

TEST_CASE("RapidJSON: a document has the types that RapidJSON's own parser gives", "[rapidjson]") {
  for (const std::string& json : same) {
    CAPTURE(json);
    siokit::value_context context;
    events ours, theirs;
    CHECK(siokit::rapidjson_walk(view(json, context), ours) == errc::none);
    CHECK(siokit::rapidjson_parse<rapidjson::kParseFullPrecisionFlag>(view(json, context), theirs) == errc::none);
    CHECK(ours.seen == theirs.seen);
  }
  Document d;
  REQUIRE(read(R"({"n":-9223372036854775808,"z":-0,"s":"a\u0000b","a":[1,2,3]})", d).empty());
  CHECK(d["n"].GetInt64() == INT64_MIN);
  CHECK(std::signbit(d["z"].GetDouble()));
  CHECK(std::string_view(d["s"].GetString(), d["s"].GetStringLength()) == std::string_view("a\0b", 3));
  CHECK(d["a"].Size() == 3);
}

TEST_CASE("RapidJSON: values, arrays and objects of a document are arguments too", "[rapidjson]") {
  Document d;
  REQUIRE(read(R"({"list":[1,{"x":"y"}],"o":{"k":null}})", d).empty());
  CHECK(written(d["list"]).json == R"([1,{"x":"y"}])");
  CHECK(written(d["list"].GetArray()).json == R"([1,{"x":"y"}])");
  CHECK(written(std::as_const(d)["o"].GetObject()).json == R"({"k":null})");
  CHECK(written(rapidjson::Value(1.5f)).json == "1.5");
  CHECK(written(siokit::arr(d["o"], d)).json == R"([{"k":null},{"list":[1,{"x":"y"}],"o":{"k":null}}])");
  CHECK(written(rapidjson::Value(std::nan(""))).json == "null");
  CHECK(written(rapidjson::Value("\xff" "a", 2, d.GetAllocator())).json == "\"\xef\xbf\xbd" "a\"");
  CHECK(written(Document()).json == "null");
}

TEST_CASE("RapidJSON: what a document cannot hold is an error with its path", "[rapidjson]") {
  Document d;
  CHECK(read(R"({"a":[1,{"_placeholder":true,"num":0}]})", d, {"bytes"}) == ".a[1]: binary where the type has no place for it");
  siokit::rapidjson_parsed<> parsed;
  CHECK(read(R"({"a":[1,{"_placeholder":true,"num":0}]})", parsed, {"bytes"}) ==
        ".a[1]: binary where the type has no place for it");
  CHECK(read(R"({"a":[1,{"_placeholder":true,"num":0}]})", d).empty());  // without attachments it is an object like others
  CHECK(d["a"][1]["num"].GetInt() == 0);
  CHECK(read(R"({"a":{"b":1e999}})", d) == ".a.b: number out of range");
  CHECK(read("1e999", parsed) == ": number out of range");
  CHECK(read(R"("\ud800")", parsed) == ": JSON has a malformed escape");
  order o;
  CHECK(read(R"({"id":"x","details":{}})", o) == ".id: expected integer");
  CHECK(read(R"({"id":1,"details":[0,1e999]})", o) == ".details[1]: number out of range");
  CHECK(read(R"({"id":1,"details":[0]})", o).empty());
  CHECK(written(o).json == R"({"id":1,"details":[0]})");
}

TEST_CASE("RapidJSON: as deep as siokit lets through, and not deeper", "[rapidjson]") {
  for (const std::string& json : {nested(siokit::json::max_depth), nested_objects(siokit::json::max_depth)}) {
    CHECK(round<Document>(json) == json);
    siokit::rapidjson_parsed<> parsed;
    CHECK(read(json, parsed).empty());
  }
  Document deep;
  deep.Parse(nested(siokit::json::max_depth + 1).c_str());
  REQUIRE(!deep.HasParseError());
  CHECK(written(deep).error == errc::json_too_deep);
}

TEST_CASE("RapidJSON: of several members with one name the last one counts, in the place of the first", "[rapidjson]") {
  CHECK(round<Document>(R"({"a":1,"b":2,"a":3,"c":{"x":1,"x":[{"y":1,"y":2}]},"a":4})") ==
        R"({"a":4,"b":2,"c":{"x":[{"y":2}]}})");
  Document d;
  REQUIRE(read(crowded(1000), d).empty());
  CHECK(d.MemberCount() == 1001);
  CHECK(d["same"].GetInt() == 999);
  CHECK(d.HasMember("k999"));
  CHECK(std::string_view(d.MemberBegin()->name.GetString()) == "same");
  siokit::value_context context;
  events all;
  CHECK(siokit::rapidjson_walk(view(R"({"a":1,"a":2})", context), all) == errc::none);
  CHECK(all.seen == "{ a= uint:1 a= uint:2 }2 ");
}

TEST_CASE("RapidJSON: its own parser, with its flags, and a handler that stops it", "[rapidjson]") {
  siokit::rapidjson_parsed<rapidjson::kParseNumbersAsStringsFlag> parsed;
  REQUIRE(read(R"({"sum":1234567890.12345678901234567890})", parsed).empty());
  CHECK(std::string_view(parsed.document["sum"].GetString()) == "1234567890.12345678901234567890");
  for (const bool theirs : {false, true}) {
    siokit::value_context context;
    events few;
    few.left = 3;
    const siokit::value_view v = view(R"([1,[true,{"k":"v"}],null])", context);
    CHECK((theirs ? siokit::rapidjson_parse(v, few) : siokit::rapidjson_walk(v, few)) == errc::bad_value);
    CHECK(few.seen == "[ uint:1 [ ");
  }
}

TEST_CASE("RapidJSON: a SAX source writes into a value", "[rapidjson]") {
  siokit::pool memory;
  siokit::frame_builder out{memory};
  siokit::value_writer w(out);
  siokit::rapidjson_writer handler(w);
  rapidjson::Reader reader;
  rapidjson::StringStream in(R"({"a":[1,-2,1.50],"b":"\u0000"})");
  CHECK(!reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(in, handler).IsError());
  CHECK(out.written() == R"({"a":[1,-2,1.50],"b":"\u0000"})");
}
