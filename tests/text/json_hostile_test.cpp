// The rows of layer "json" of the hostile-input catalogue, each at the end of a block of its own size. Where the
// catalogue wants more than accepted or refused, the cases below look at the value.
#include "catch.hpp"

#include <cmath>

#include "block.hpp"

namespace {

using namespace text_test;

struct row {
  const char* id;
  const char* input;
  errc expected;
};

// clang-format off
constexpr row rows[] = {
    // empty input: error
    {"json-001", R"h()h", errc::json_unexpected_end},
    // whitespace only: error
    {"json-002", R"h( )h", errc::json_unexpected_end},
    // unquoted key: error
    {"json-007", R"h({a:1})h", errc::json_unexpected_char},
    // single quotes: error
    {"json-008", R"h(['a'])h", errc::json_unexpected_char},
    // leading zero: error
    {"json-009", R"h([01])h", errc::json_bad_number},
    // no integer part: error
    {"json-012", R"h([.5])h", errc::json_unexpected_char},
    // no fraction digits: error
    {"json-013", R"h([1.])h", errc::json_bad_number},
    // no exponent digits: error
    {"json-014", R"h([1e])h", errc::json_bad_number},
    // hex: error
    {"json-015", R"h([0x1])h", errc::json_unexpected_char},
    // Infinity: error
    {"json-017", R"h([Infinity])h", errc::json_unexpected_char},
    // digit separator: error
    {"json-018", R"h([1_000])h", errc::json_unexpected_char},
    // raw TAB in string: error
    {"json-019", R"h(["\x09"])h", errc::json_control_char},
    // raw LF in string: error
    {"json-020", R"h(["\x0a"])h", errc::json_control_char},
    // raw NUL in string: error
    {"json-021", R"h(["\x00"])h", errc::json_control_char},
    // capitalised literal: error
    {"json-026", R"h([True])h", errc::json_unexpected_char},
    // unclosed string: error
    {"json-030", R"h("a)h", errc::json_unexpected_end},
    // comment: error
    {"json-031", R"h([/**/1])h", errc::json_unexpected_char},
    // UTF-8 BOM: error (BOM not accepted on the wire)
    {"json-032", R"h(\xef\xbb\xbf[])h", errc::json_unexpected_char},
    // word joiner: error
    {"json-033", R"h([\xe2\x81\xa01])h", errc::json_unexpected_char},
    // form feed whitespace: error
    {"json-034", R"h([1\x0c])h", errc::json_unexpected_char},
    // invalid UTF-8: error
    {"json-035", R"h(["\xff"])h", errc::utf8_invalid},
    // raw surrogate: error
    {"json-037", R"h(["\xed\xa0\x80"])h", errc::utf8_invalid},
    // inverted surrogates: as json-040
    {"json-041", R"h(["\\uDd1e\\uD834"])h", errc::none},
    // surrogate pair: accept U+1D11E (4 bytes)
    {"json-043", R"h(["\\uD834\\uDD1E"])h", errc::none},
    // duplicate keys: last wins (as JSON.parse), single member visible
    {"json-044", R"h({"a":1,"a":2})h", errc::none},
    // overflow: error or +inf never; policy: error
    {"json-046", R"h([1e400])h", errc::none},
    // underflow: accept 0
    {"json-047", R"h([1e-400])h", errc::none},
    // negative zero: accept -0.0; writer prints 0 or -0 (JSON.stringify prints 0), documented
    {"json-048", R"h([-0])h", errc::none},
    // beyond uint64: accept as double 1.8446744073709552e19
    {"json-050", R"h([18446744073709551616])h", errc::none},
    // int64 min: accept int64 min
    {"json-051", R"h([-9223372036854775808])h", errc::none},
    // exponent int overflow: accept 0; no UB
    {"json-053", R"h([0.1e-2147483648])h", errc::none},
    // cached power index overflow: accept ~0; no UB
    {"json-054", R"h([128.74836467836484838364836483643636483648e-336])h", errc::none},
    // 500 nested arrays.: accept only if depth limit >= 500 else error
    {"json-057", R"h(\{500|[\}\{500|]\})h", errc::json_too_deep},
    // 100 kB number of digits.: accept; linear time
    {"json-058", R"h([\{100000|9\}])h", errc::none},
    // 100k escaped characters (6 bytes in -> 1..3 out).: accept; linear time, output bounded
    {"json-059", R"h(["\{100000|\\u00e9\}"])h", errc::none},
};
// clang-format on

const row& find_row(std::string_view id) {
  for (const row& r : rows)
    if (r.id == id) return r;
  FAIL("no row " << id);
  return rows[0];
}

// The value of a row, by way of the owning type.
value value_of(std::string_view id) {
  const exact text(decode_notation(find_row(id).input));
  result<value> v = value::parse(text);
  REQUIRE(v);
  return *v;
}

}  // namespace

TEST_CASE("hostile json rows are accepted or refused") {
  for (const row& r : rows) {
    const exact text(decode_notation(r.input));
    INFO(r.id);
    json::shape shape;
    CHECK(json::check(text, {}, shape) == r.expected);
    CHECK(json::check_with<scan::portable>(text, {}, shape) == r.expected);
  }
}

TEST_CASE("hostile json: the same with blanks around, so that every path sees them") {
  for (const row& r : rows) {
    if (r.expected == errc::none || std::string_view(r.id) == "json-057") continue;
    const std::string input = decode_notation(r.input);
    INFO(r.id);
    CHECK(check(exact("                " + input)) != errc::none);
    CHECK(check(exact(input + "                ")) != errc::none);
    if (input.empty() || input == " ") continue;  // [] is not hostile
    CHECK(check(exact("[" + input + "]")) != errc::none);
    CHECK(check(exact("{\"key\":[" + input + ", 1, 2, 3]}")) != errc::none);
  }
}

TEST_CASE("hostile json: what was accepted means what the catalogue says") {
  CHECK(value_of("json-041")[0].get_or<std::string>("?") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(value_of("json-043")[0].get_or<std::string>("?") == "\xf0\x9d\x84\x9e");
  CHECK(value_of("json-044").size() == 1);
  CHECK(value_of("json-044")["a"].get_or<int>(-1) == 2);
  CHECK(value_of("json-047")[0].get_or<double>(-1) == 0.0);
  CHECK(value_of("json-048")[0].get_or<double>(-1) == 0.0);
  CHECK(std::signbit(value_of("json-048")[0].get_or<double>(1)));
  CHECK(value_of("json-048")[0].get_or<int>(-1) == 0);
  CHECK(value_of("json-048").to_json() == "[-0]");
  CHECK(value_of("json-050")[0].get_or<double>(-1) == 1.8446744073709552e19);
  CHECK(value_of("json-050")[0].get<std::uint64_t>().error() == errc::out_of_range);
  CHECK(value_of("json-051")[0].get_or<std::int64_t>(-1) == std::numeric_limits<std::int64_t>::min());
  CHECK(value_of("json-053")[0].get_or<double>(-1) == 0.0);
  CHECK(std::abs(value_of("json-054")[0].get_or<double>(1)) < 1e-290);
  CHECK(value_of("json-059")[0].size() == 200000);
}

TEST_CASE("hostile json: a number that is too large is an error when read, never an infinity") {
  for (const char* id : {"json-046", "json-058"}) {
    message m(decode_notation(find_row(id).input));
    double x = 7;
    std::int64_t i = 7;
    CHECK(m.root().element(0).as_double(x) == errc::out_of_range);
    CHECK(m.root().element(0).as_int64(i) == errc::out_of_range);
    CHECK(x == 7);
    CHECK(value::parse(m.block).error() == errc::out_of_range);
  }
}

TEST_CASE("hostile json: 500 arrays in each other are accepted when the limit allows them") {
  const exact text(decode_notation(find_row("json-057").input));
  CHECK(check(text, {500, 1000}) == errc::none);
  CHECK(check(text, {499, 1000}) == errc::json_too_deep);
  json::limits limit;
  limit.depth = 500;
  REQUIRE(value::parse(text, limit));
  CHECK(value::parse(text, limit)->to_json() == text.view());
}
