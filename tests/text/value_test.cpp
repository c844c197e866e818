// The owning value, obj() and arr().
#include "catch.hpp"

#include <map>

#include "block.hpp"

namespace {

using namespace text_test;

value parsed(std::string_view text) {
  const exact block(text);
  result<value> v = value::parse(block);
  REQUIRE(v);
  return std::move(*v);
}

}  // namespace

static_assert(sizeof(value) <= 32);
static_assert(std::is_nothrow_move_constructible_v<value>);
static_assert(!std::is_constructible_v<value, int*> && !std::is_constructible_v<value, char>);
static_assert(!std::is_constructible_v<value, value_kind>);

TEST_CASE("value: made from what it holds") {
  CHECK(value().is_null());
  CHECK(value(nullptr).is_null());
  CHECK(value(true).is_bool());
  CHECK(value(1).is_number());
  CHECK(value(1u).is_number());
  CHECK(value(1.5f).is_number());
  CHECK(value("a").is_string());
  CHECK(value(std::string("a")).is_string());
  CHECK(value(std::string_view("a")).is_string());
  CHECK(value(make_bytes("a")).is_binary());
  CHECK(value::array().is_array());
  CHECK(value::object().is_object());
  CHECK(value::of(std::vector<int>{1, 2}) == parsed("[1,2]"));
  CHECK(value::of(std::map<std::string, bytes>{{"a", make_bytes("x")}})["a"].is_binary());
  const char* text = "a pointer is no bool";
  CHECK(value(text).is_string());
}

TEST_CASE("value: obj and arr as in JavaScript") {
  const bytes picture = make_bytes("png");
  const std::string name = "Ann";
  const value v = obj("id", 3, "name", name, "tags", arr("a", true, nullptr, 1.5), "pic", picture, "none",
      std::optional<int>{},
                      "list", std::vector<int>{1, 2}, "deep", obj("x", arr(arr(), obj())));
  CHECK(v.to_json() ==
      R"({"id":3,"name":"Ann","tags":["a",true,null,1.5],"pic":{"type":"Buffer","data":[112,110,103]},)"
                       R"("list":[1,2],"deep":{"x":[[],{}]}})");
  CHECK(v["pic"].is_binary());
  pool p;
  attachment_sink sink(p);
  CHECK(encoded(obj("a", 1, "pic", picture, "v", v["pic"]), &sink) ==
        R"({"a":1,"pic":{"_placeholder":true,"num":0},"v":{"_placeholder":true,"num":1}})");
  CHECK(encoded(arr()) == "[]");
  CHECK(encoded(obj()) == "{}");
  const value moved = obj("s", std::string(100, 'x'));
  CHECK(moved["s"].size() == 100);
  CHECK(encoded(arr(v["tags"], obj("k", value(7)))) == R"([["a",true,null,1.5],{"k":7}])");
}

TEST_CASE("value: lookups never fail") {
  const value v = parsed(R"({"a":[1,{"b":"c"}],"n":null})");
  CHECK(v["a"][1]["b"].get_or<std::string>("") == "c");
  CHECK(v["a"][0].get_or(0) == 1);
  CHECK(v["a"][2].is_null());
  CHECK(v["a"][-1].is_null());
  CHECK(v["a"]["x"].is_null());
  CHECK(v["x"]["y"][3]["z"].is_null());
  CHECK(v[0].is_null());
  CHECK(v.contains("n"));
  CHECK_FALSE(v.contains("m"));
  CHECK(v.size() == 2);
  CHECK(v["a"].elements().size() == 2);
  CHECK(v.elements().empty());
  CHECK(v.members()[1].key == "n");
  CHECK(v["a"].members().empty());
}

TEST_CASE("value: get") {
  const value v = parsed(R"({"i":-5,"u":18446744073709551615,"d":2.5,"s":"te\u0078t","b":true,"l":[1,2,3],"one":1.0})");
  CHECK(*v["i"].get<int>() == -5);
  CHECK(v["i"].get<unsigned>().error() == errc::out_of_range);
  CHECK(v["i"].get<std::string>().error() == errc::expected_string);
  CHECK(*v["u"].get<std::uint64_t>() == ~std::uint64_t{0});
  CHECK(v["d"].get<int>().error() == errc::expected_integer);
  CHECK(*v["d"].get<float>() == 2.5f);
  CHECK(*v["s"].get<std::string>() == "text");
  CHECK(*v["s"].get<std::string_view>() == "text");
  CHECK(v["i"].get<std::string_view>().error() == errc::expected_string);
  CHECK(*v["b"].get<bool>());
  CHECK(*v["l"].get<std::vector<int>>() == std::vector<int>{1, 2, 3});
  CHECK(*v["one"].get<int>() == 1);
  CHECK(*v["l"].get<value>() == v["l"]);
  CHECK(v["zzz"].get<int>().error() == errc::expected_integer);
  CHECK(v["zzz"].get<std::optional<int>>()->has_value() == false);
  const value bin = make_bytes("xyz");
  CHECK(as_text(*bin.get<bytes_view>()) == "xyz");
  CHECK(*bin.get<bytes>() == make_bytes("xyz"));
  CHECK(bin.size() == 3);
  CHECK(v["i"].get<bytes_view>().error() == errc::expected_binary);
}

TEST_CASE("value: numbers keep what they are") {
  for (const char* text : {"0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
      "1.5", "1e+100"})
    CHECK(parsed(text).to_json() == text);
  CHECK(parsed("1.0").to_json() == "1");
  CHECK(parsed("18446744073709551616").to_json() == "18446744073709552000");
  CHECK(value::parse("1e400").error() == errc::out_of_range);
}

TEST_CASE("value: equality") {
  const char* const same[][2] = {{"1", "1.0"},         {"-0", "0"},        {"1e3", "1000"},
                                 {"18446744073709551615", "18446744073709551615"},
                                 {"[1,[2]]", " [1.0, [2]] "}, {R"({"a":1,"b":2})", R"({"b":2,"a":1})"}, {R"("a")",
                                 R"("\u0061")"},
                                 {"null", "null"},     {"9007199254740992", "9007199254740992.0"}};
  for (const auto& [a, b] : same) {
    CHECK(parsed(a) == parsed(b));
    CHECK(parsed(b) == parsed(a));
  }
  const char* const different[][2] = {{"1", "true"},  {"1", "\"1\""},  {"0", "null"},  {"[]", "{}"},   {"[1]", "[1,1]"},
      {"[1,2]", "[2,1]"},
                                      {"1", "1.5"},   {"9007199254740993", "9007199254740992.0"},
                                      {"18446744073709551615", "18446744073709551616"},
                                      {"9223372036854775807", "9223372036854775808"},
                                      {"-1", "18446744073709551615"}, {"-9223372036854775808", "9223372036854775808"},
                                      {R"({"a":1})", R"({"b":1})"}, {R"({"a":1,"b":2})", R"({"a":1,"b":3})"}, {"-1",
                                      "1e300"},
                                      {"true", "false"}};
  for (const auto& [a, b] : different) {
    INFO(a << " and " << b);
    CHECK(!(parsed(a) == parsed(b)));
    CHECK(!(parsed(b) == parsed(a)));
  }
  CHECK(value(make_bytes("a")) == value(make_bytes("a")));
  CHECK(!(value(make_bytes("a")) == value("a")));
}

TEST_CASE("value: changes") {
  value v;
  v.push_back(1);
  v.push_back("a").push_back(2);  // a string becomes an array
  CHECK(v.to_json() == "[1,[2]]");
  value o;
  o.insert_or_assign("a", 1);
  o.insert_or_assign("b", 2);
  o.insert_or_assign("a", arr(3));
  CHECK(o.to_json() == R"({"a":[3],"b":2})");
  const value copy = o;
  o.insert_or_assign("c", copy);
  CHECK(copy.size() == 2);
  CHECK(o["c"] == copy);
  o = o["c"]["a"];
  CHECK(o.to_json() == "[3]");
}

TEST_CASE("value: repeated keys, few and many") {
  CHECK(parsed(R"({"a":1,"b":2,"a":3})").to_json() == R"({"a":3,"b":2})");
  CHECK(parsed(R"({"a":{"x":1,"x":2},"a":{"y":1}})").to_json() == R"({"a":{"y":1}})");
  std::string text = "{";
  std::string expected = "{";
  for (int i = 0; i < 300; ++i) text += "\"k" + std::to_string(i % 97) + "\":" + std::to_string(i) + ",";
  for (int i = 0; i < 97; ++i)
    expected += "\"k" + std::to_string(i) + "\":" + std::to_string(i + (i < 9 ? 291 : 194)) + ",";
  text.back() = expected.back() = '}';
  CHECK(parsed(text).to_json() == expected);
  // A hundred thousand different keys are not compared each with each.
  text = "{";
  for (int i = 0; i < 100000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  text.back() = '}';
  CHECK(parsed(text).size() == 100000);
}

TEST_CASE("value: binary goes in and out") {
  const bytes one = make_bytes("one");
  const bytes_view attachments[] = {one};
  message m(R"([{"_placeholder":true,"num":0},{"a":{"num":0,"_placeholder":true}}])");
  value v;
  REQUIRE(m.read(v) == errc::none);
  CHECK(v[0].is_object());
  m.context.attachments = attachments;
  REQUIRE(m.read(v) == errc::none);
  CHECK(v[0].is_binary());
  pool p;
  attachment_sink sink(p);
  CHECK(encoded(v, &sink) == R"([{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}])");
  CHECK(as_text(sink.frames()[1].payload()) == "one");
}

TEST_CASE("value: what is nested too deep to be written is null in a log") {
  value v;
  for (int i = 0; i < 1000; ++i) {
    value outer;
    outer.push_back(std::move(v));
    v = std::move(outer);
  }
  CHECK(v.to_json() == "null");
}

TEST_CASE("value: text comes back, both ways") {
  for (const char* text : {"null", "true", "[]", "{}", "\"\"", "[1,2,[3,{\"a\":null}],\"x\\n\\u0001\"]",
      R"({"":{"":{"":[]}}})"}) {
    const value v = parsed(text);
    CHECK(v.to_json() == text);
    CHECK(parsed(v.to_json()) == v);
  }
  CHECK(parsed(R"("\ud800")").to_json() == "\"\xef\xbf\xbd\"");
  CHECK(value::parse("[").error() == errc::json_unexpected_end);
  CHECK(value::parse({}).error() == errc::json_unexpected_end);
  CHECK(value::parse(repeat("[", 200) + repeat("]", 200)).error() == errc::json_too_deep);
}
