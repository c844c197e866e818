// The validating pass, at the ends of exact-size blocks and with both widths, and the steps over text that passed.
#include "catch.hpp"

#include "block.hpp"

namespace {

using namespace text_test;

// A validator that is easy to see through: recursive, one character at a time, no error codes.
class plain_validator {
 public:
  explicit plain_validator(std::string_view s) : s_(s) {}
  bool whole() {
    space();
    if (!value()) return false;
    space();
    return i_ == s_.size();
  }

 private:
  bool at(char c) const { return i_ < s_.size() && s_[i_] == c; }
  bool take(char c) { return at(c) ? (++i_, true) : false; }
  void space() {
    while (at(' ') || at('\n') || at('\r') || at('\t')) ++i_;
  }
  bool word(std::string_view w) {
    if (s_.substr(i_, w.size()) != w) return false;
    i_ += w.size();
    return true;
  }
  bool digit() const { return i_ < s_.size() && s_[i_] >= '0' && s_[i_] <= '9'; }
  bool digits() {
    if (!digit()) return false;
    while (digit()) ++i_;
    return true;
  }
  bool number() {
    take('-');
    if (!digit()) return false;
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }
  bool string() {
    if (!take('"')) return false;
    const std::size_t begin = i_;
    while (i_ < s_.size() && s_[i_] != '"') {
      if (static_cast<unsigned char>(s_[i_]) < 0x20) return false;
      if (s_[i_++] != '\\') continue;
      if (i_ == s_.size()) return false;
      const char c = s_[i_++];
      if (c == 'u') {
        for (int k = 0; k < 4; ++k, ++i_)
          if (i_ == s_.size() || std::isxdigit(static_cast<unsigned char>(s_[i_])) == 0) return false;
      } else if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
        return false;
      }
    }
    return utf8::valid(s_.substr(begin, i_ - begin)) && take('"');
  }
  bool value() {
    if (at('"')) return string();
    if (at('t')) return word("true");
    if (at('f')) return word("false");
    if (at('n')) return word("null");
    if (!at('[') && !at('{')) return number();
    const bool object = take('{');
    if (!object) take('[');
    const char close = object ? '}' : ']';
    space();
    if (take(close)) return true;
    while (true) {
      space();
      if (object) {
        if (!string()) return false;
        space();
        if (!take(':')) return false;
        space();
      }
      if (!value()) return false;
      space();
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }

  std::string_view s_;
  std::size_t i_ = 0;
};

void agree(std::string_view text) {
  const exact block(text);
  json::shape a;
  json::shape b;
  const errc fast = json::check_with<scan::native>(block, {}, a);
  const errc portable = json::check_with<scan::portable>(block, {}, b);
  const bool good = plain_validator(text).whole();
  if ((fast == errc::none) != good) FAIL("check() is wrong for " << text);
  if (fast != portable || a.offset != b.offset) FAIL("the widths differ for " << text);
  if (good && (a.nodes != b.nodes || a.depth != b.depth || a.elements != b.elements ||
      a.placeholders != b.placeholders || a.array != b.array || a.object != b.object ||
      a.second != b.second || a.last != b.last || a.last_end != b.last_end))
    FAIL("the shapes differ for " << text);
  if (fast != errc::none && a.offset > text.size()) FAIL("the offset is outside of " << text);
}

}  // namespace

TEST_CASE("json: texts that are JSON and what each cut, deletion and change of them is") {
  const char* const texts[] = {
      R"(["ev",{"a":1,"b":"text"}])",
      R"({"id":12345,"name":"some name here","tags":["a","b"],"on":true,"off":false,"no":null,"x":-1.5e+3})",
      "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 and 16 more bytes\",\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\"]",
      " [ 0 , -0 , 0.1 , 1E5 , 1e-7 , 120 ] ",
      "\n{\r\"a\"\t:\n[ ]\r,\"b\":{ }\n}\n",
      "\"just a string of more than sixteen characters\"",
      "-12.5e3",
      "true",
      "[[[[[[]]]],{\"\":{\"\":[{}]}}]]",
      "{\"_placeholder\":true,\"num\":0}",
      R"(["f",{"_placeholder":true,"num":0},{"_placeholder":true,"num":10}])",
      R"([[{"id":1,"a key of 12":[],"x":2},{"id":3,"a key of 12":{"id":4},"y":5},{"idx":6,"id":7}],{"id":8}])"};
  const std::string_view others = "\"\\[]{},: \x01\x1f\x7f\xc3\x80\xff" "0a1-.eEu\n";
  for (const std::string_view text : texts) {
    INFO(text);
    CHECK(check(exact(text)) == errc::none);
    for (std::size_t i = 0; i <= text.size(); ++i) {
      agree(text.substr(0, i));
      agree(text.substr(i));
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed(text);
      agree(std::string(text).erase(i, 1));
      for (const char c : others) {
        changed[i] = c;
        agree(changed);
        agree(std::string(text).insert(i, 1, c));
      }
    }
  }
}

TEST_CASE("json: strings of all lengths around a step, ended and not") {
  for (std::size_t n = 0; n < 70; ++n) {
    const std::string s(n, 'x');
    agree("\"" + s + "\"");
    agree("\"" + s);
    agree("[\"" + s + "\"]");
    agree("[\"" + s + "]");
    agree("{\"" + s + "\":\"" + s + "\"}");
    agree("[\"" + s + "\\\"]");
    agree("[\"" + s + "\\\\\"]");
    agree("[\"" + s + "\\u12\"]");
    agree("[\"" + s + "\xc3\xa4" + s + "\"]");
    agree("[\"" + s + "\xc3\"]");
    agree("[\"" + s + "\x1f\"]");
    agree("[" + std::string(n, '1') + "]");
    agree("[" + std::string(n, ' ') + "]");
    agree(std::string(n, ' ') + "[1]" + std::string(n, ' '));
  }
}

TEST_CASE("json: seeded mixtures of tokens") {
  const char* const tokens[] = {"[", "]", "{", "}", ",", ":", "\"a\"", "\"\"", "1", "-0", "1.5", "true", "null", " ",
      "\"_placeholder\":",
                                "\"k\":", "{}", "[]", "\"\\n\"", "\"\xc3\xa4\""};
  std::uint64_t seed = 42;
  const auto random = [&](std::uint64_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((seed >> 33) % n);
  };
  for (int round = 0; round < 100000; ++round) {
    std::string text;
    for (std::size_t k = 1 + random(9); k != 0; --k) text += tokens[random(std::size(tokens))];
    agree(text);
    agree("[1,{\"key\":" + text + "}]");
  }
}

TEST_CASE("json: which error, and where") {
  struct row {
    const char* text;
    errc error;
    std::size_t offset;
  };
  const row rows[] = {{"", errc::json_unexpected_end, 0},
                      {"  ", errc::json_unexpected_end, 2},
                      {"[", errc::json_unexpected_end, 1},
                      {"[1,", errc::json_unexpected_end, 3},
                      {"[1,]", errc::json_unexpected_char, 3},
                      {"[,1]", errc::json_unexpected_char, 1},
                      {"{\"a\"}", errc::json_unexpected_char, 4},
                      {"{\"a\":}", errc::json_unexpected_char, 5},
                      {"{\"a\":1,}", errc::json_unexpected_char, 7},
                      {"{1:1}", errc::json_unexpected_char, 1},
                      {"[1}", errc::json_unexpected_char, 2},
                      {"[\"aaaaaaaaaaaaaaaaaaaaaa}", errc::json_unexpected_end, 25},
                      {"[1 2]", errc::json_unexpected_char, 3},
                      {"]", errc::json_unexpected_char, 0},
                      {"[1]]", errc::json_trailing, 3},
                      {"[1] x", errc::json_trailing, 4},
                      {"1 1", errc::json_trailing, 2},
                      {"nul", errc::json_bad_literal, 0},
                      {"nulL", errc::json_bad_literal, 0},
                      {"[tru]", errc::json_bad_literal, 1},
                      {"[TRUE]", errc::json_unexpected_char, 1},
                      {"truex", errc::json_trailing, 4},
                      {"-", errc::json_unexpected_end, 1},
                      {"[-]", errc::json_bad_number, 2},
                      {"-a", errc::json_bad_number, 1},
                      {"00", errc::json_bad_number, 1},
                      {"1.", errc::json_unexpected_end, 2},
                      {"1.e1", errc::json_bad_number, 2},
                      {"1e+", errc::json_unexpected_end, 3},
                      {"[1e+]", errc::json_bad_number, 4},
                      {"\"\\x\"", errc::json_bad_escape, 2},
                      {"\"\\u12g4\"", errc::json_bad_escape, 2},
                      {"\"\\u12", errc::json_unexpected_end, 5},
                      {"\"\\", errc::json_unexpected_end, 2},
                      {"\"a\nb\"", errc::json_control_char, 2},
                      {"\"\x1e\"", errc::json_control_char, 1},
                      {"\"a\xc3(\"", errc::utf8_invalid, 2},
                      {"\xc3\xa4", errc::json_unexpected_char, 0}};
  for (const row& r : rows) {
    INFO(r.text);
    json::shape shape;
    CHECK(json::check(exact(r.text), {}, shape) == r.error);
    CHECK(shape.offset == r.offset);
  }
  json::shape shape;
  CHECK(json::check({}, {}, shape) == errc::json_unexpected_end);
}

TEST_CASE("json: seeded rows, whose keys are those of the row before or almost") {
  const char* const keys[] = {"id",           "idx",           "",       "name",         "Name",     "a key of 13..",
                              "a key of 13.,", "a key of 14...", "a\\\"b", "_placeholder", "\xc3\xa4", "\xc3\xb6"};
  const char* const values[] = {"1", "\"x\"", "null", "[]", "[[1],[2]]", "[{\"id\":1},{\"id\":2}]", "{\"name\":{\"id\":true}}"};
  const char* const slips[] = {"\"", ":", ",", "}", "\\", " ", "\x01", "a", "{", "\xc3"};
  std::uint64_t seed = 7;
  const auto random = [&](std::size_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((seed >> 33) % n);
  };
  for (int round = 0; round < 20000; ++round) {
    const char* columns[20];
    const std::size_t n = 1 + random(random(4) == 0 ? 20 : 5);
    for (std::size_t i = 0; i < n; ++i) columns[i] = keys[random(std::size(keys))];
    std::string text = "[[";
    for (std::size_t row = 0; row < 4; ++row) {
      text += row == 0 ? "{" : ",{";
      for (std::size_t i = 0; i < n; ++i) {
        const char* const key = random(12) == 0 ? keys[random(std::size(keys))] : columns[i];
        text.append(i == 0 ? "" : ",").append(random(20) == 0 ? " \"" : "\"").append(key);
        text.append(random(20) == 0 ? "\" : " : "\":").append(values[random(std::size(values))]);
      }
      text += "}";
    }
    text += "]]";
    agree(text);
    agree(text.substr(1, text.size() - 2));
    agree(std::string_view(text).substr(0, random(text.size())));
    const std::size_t at = random(text.size());
    agree(std::string(text).erase(at, 1));
    agree(std::string(text).insert(at, slips[random(std::size(slips))]));
    agree(text.replace(at, 1, slips[random(std::size(slips))]));
  }
}

TEST_CASE("json: short texts whose brackets do not match") {
  for (const char* text : {"[\"ab}", "[\"a\",\"}", "[\"]}", "{\"a]", "{\"]", "[\"]", "[\"\\]", "[\"a\\]", "]", "[", "[[]", "[{]", "[1}"}) agree(text);
}

TEST_CASE("json: the shape") {
  struct row {
    const char* text;
    std::uint32_t nodes, depth, elements;
    bool array, object, placeholders;
  };
  const row rows[] = {{"1", 1, 0, 0, false, false, false},
                      {"\"a long string, long enough\"", 1, 0, 0, false, false, false},
                      {"[]", 1, 1, 0, true, false, false},
                      {"[ ]                 ", 1, 1, 0, true, false, false},
                      {"{}", 1, 1, 0, false, true, false},
                      {" [ 1 , [ ] ] ", 3, 2, 2, true, false, false},
                      {"[1,2,3]", 4, 1, 3, true, false, false},
                      {"[[],[[]],{}]", 5, 3, 3, true, false, false},
                      {"[[1,2],[3,4],[5,6,7]]", 11, 2, 3, true, false, false},
                      {"{\"a\":1,\"b\":[1,2]}", 5, 2, 0, false, true, false},
                      {"[\"_placeholder\",\"num\"]", 3, 1, 2, true, false, false},
                      {"[{\"_placeholder\":true}]", 3, 2, 1, true, false, true},
                      {"[{\"_placeholdes\":true}]", 3, 2, 1, true, false, false},
                      {"[{\"_pl\\u0061ceholder\":true}]", 3, 2, 1, true, false, true},
                      {"[{\"_placeholder\":true,\"num\":0}]", 4, 2, 1, true, false, true},
                      {"[[[1]],{\"_placeholder\":true,\"num\":9},{\"_placeholder\":true,\"num\":10}]", 10, 3, 3, true, false, true},
                      {"[[{\"a\":1},{\"a\":[{}]},{\"a\":1,\"b\":2}]]", 10, 5, 1, true, false, false},
                      {"[[{\"a\":1},{\"_placeholder\":1},{\"_placeholder\":1}]]", 8, 3, 1, true, false, true},
                      {"[{\"\\u005f\\u0070\":true}]", 3, 2, 1, true, false, true}};
  for (const row& r : rows) {
    INFO(r.text);
    json::shape s;
    REQUIRE(json::check(exact(r.text), {}, s) == errc::none);
    CHECK(s.nodes == r.nodes);
    CHECK(s.depth == r.depth);
    CHECK(s.elements == r.elements);
    CHECK(s.array == r.array);
    CHECK(s.object == r.object);
    CHECK(s.placeholders == r.placeholders);
  }
}

TEST_CASE("json: where the second and the last element begin, where that one ends, and whether anything is escaped") {
  struct row {
    const char* text;
    std::size_t second, last, last_end;
    bool escapes = false;
  };
  const row rows[] = {{"[1]", 0, 1, 2},
                      {"[]", 0, 0, 0},
                      {"[ ]                 ", 0, 0, 0},
                      {" [ 1 , [ ] ] ", 6, 6, 9},
                      {"[1,2,3]", 3, 5, 6},
                      {"[1,\"]\"]", 3, 3, 6},
                      {"[\"a\",\"]\" ]", 5, 5, 8},
                      {"[[],[[]],{}]", 4, 9, 11},
                      {"[[1,2],[3,4],[5,6,7]]", 7, 13, 20},
                      {"[\"a,b]\", \"]\"  ]", 9, 9, 12},
                      {"[\"\\u0041\", 1]", 11, 11, 12, true},
                      {"{\"\\n\":1,\"b\":[2,3]}", 0, 0, 0, true},
                      {"[{\"a\":[1,{\"b\":2}]},  {\"c\":[3,4],\"d\":5}]", 21, 21, 38},
                      {"[\"a string that is longer than a step of any width\",true]", 52, 52, 56}};
  for (const row& r : rows) {
    INFO(r.text);
    json::shape native, portable;
    REQUIRE(json::check_with<scan::native>(exact(r.text), {}, native) == errc::none);
    REQUIRE(json::check_with<scan::portable>(exact(r.text), {}, portable) == errc::none);
    for (const json::shape& s : {native, portable}) {
      CHECK(s.second == r.second);
      CHECK(s.last == r.last);
      CHECK(s.last_end == r.last_end);
      CHECK(s.escapes == r.escapes);
    }
  }
}

TEST_CASE("json: limits, both sides") {
  for (const char* pair : {"[]", "{}"}) {
    const std::string open(pair[0] == '[' ? "[" : "{\"k\":");
    const std::string close(1, pair[1]);
    const auto nested = [&](std::size_t n) { return repeat(open, n - 1) + pair + repeat(close, n - 1); };
    for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{127}, std::size_t{128}}) {
      json::shape s;
      CHECK(json::check(exact(nested(n)), {}, s) == errc::none);
      CHECK(s.depth == n);
    }
    CHECK(check(exact(nested(129))) == errc::json_too_deep);
    CHECK(check(exact(nested(1)), {0, 10}) == errc::json_too_deep);
    // Whatever the limit says, the pass has only so much room.
    CHECK(check(exact(nested(json::max_depth)), {100000, 100000}) == errc::none);
    CHECK(check(exact(nested(json::max_depth + 1)), {100000, 100000}) == errc::json_too_deep);
    CHECK(check(exact(nested(100000)), {100000, 1000000}) == errc::json_too_deep);
  }
  CHECK(check(exact("[1,2,3]"), {128, 4}) == errc::none);
  CHECK(check(exact("[1,2,3]"), {128, 3}) == errc::json_too_many_nodes);
  const exact placeholder(R"([{"_placeholder":true,"num":0}])");
  CHECK(check(placeholder, {1, 10}) == errc::json_too_deep);
  CHECK(check(placeholder, {2, 4}) == errc::none);
  CHECK(check(placeholder, {2, 3}) == errc::json_too_many_nodes);
  CHECK(check(exact("1"), {128, 1}) == errc::none);
  CHECK(check(exact("1"), {128, 0}) == errc::json_too_many_nodes);
  const exact million("[" + repeat("0,", 999998) + "0]");
  CHECK(check(million) == errc::none);
  CHECK(check(exact("[" + repeat("0,", 999999) + "0]")) == errc::json_too_many_nodes);
}

TEST_CASE("json: skipping values") {
  for (const char* text : {"1", "-1.5e3", "true", "\"a\"", "\"\"", "\"a\\\"b\\\\\"", "\"]}\"", "[]",
      "[[1],{\"]\":\"}\"}]", "{\"a\":[\"\\\"]\"]}",
                           "\"a string that is longer than a step, with \\\" in it\"",
                           "[\"a string that is longer than a step ]\"]"})
    for (const char* tail : {"", ",1]", "]", "}", " ,", "\n"}) {
      const exact block(std::string(text) + tail);
      const std::string_view v = block;
      CHECK(json::skip(v.data(), v.data() + v.size()) == v.data() + std::strlen(text));
    }
}

TEST_CASE("json: escapes mean what RFC 8259 7 says, and half a pair is U+FFFD") {
  const char* const rows[][2] = {{"", ""},
                                 {"abc", "abc"},
                                 {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
                                 {R"(\u0041\u00e9\u20AC\uFFFF)", "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf"},
                                 {R"(\ud83d\ude00)", "\xf0\x9f\x98\x80"},
                                 {R"(\uD83D\uDE00x)", "\xf0\x9f\x98\x80x"},
                                 {R"(\ud83d)", "\xef\xbf\xbd"},
                                 {R"(\ude00)", "\xef\xbf\xbd"},
                                 {R"(\ud83dx)", "\xef\xbf\xbdx"},
                                 {R"(\ud83d\n)", "\xef\xbf\xbd\n"},
                                 {R"(\ud83d\u0041)", "\xef\xbf\xbd" "A"},
                                 {R"(\ud83d\ud83d\ude00)", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
                                 {R"(\ude00\ud83d)", "\xef\xbf\xbd\xef\xbf\xbd"},
                                 {R"(0123456789abcdef\n0123456789abcdef\\)", "0123456789abcdef\n0123456789abcdef\\"}};
  for (const auto& [raw, plain] : rows) {
    INFO(raw);
    const exact block(raw);
    REQUIRE(check(exact("\"" + std::string(raw) + "\"")) == errc::none);
    std::string out(block.view().size(), '?');
    out.resize(static_cast<std::size_t>(json::unescape(block, out.data()) - out.data()));
    CHECK(out == plain);
    CHECK(json::equals(block, plain));
    CHECK_FALSE(json::equals(block, std::string(plain) + "x"));
    if (*plain != 0) CHECK_FALSE(json::equals(block, std::string(plain).substr(1)));
    if (*plain != 0) CHECK_FALSE(json::equals(block, std::string(plain).substr(0, out.size() - 1)));
  }
  const exact zero(R"(\u0000)");
  CHECK(json::equals(zero, std::string_view("\0", 1)));
}

TEST_CASE("json: one placeholder") {
  struct row {
    const char* text;
    int index;  // -1: not a placeholder, -2: malformed
  };
  const row rows[] = {{R"({"_placeholder":true,"num":0})", 0},
                      {R"({"num":7,"_placeholder":true})", 7},
                      {R"( { "num" : 12 , "_placeholder" : true } )", 12},
                      {R"({"_pl\u0061ceholder":true,"n\u0075m":3})", 3},
                      {R"({"_placeholder":true,"num":-1})", -2},
                      {R"({"_placeholder":true,"num":0.5})", -2},
                      {R"({"_placeholder":true,"num":1e0})", -2},
                      {R"({"_placeholder":true,"num":"splice"})", -2},
                      {R"({"_placeholder":true,"num":4294967296})", -2},
                      {R"({"_placeholder":true,"num":99999999999999999999999})", -2},
                      {R"({"_placeholder":true})", -2},
                      {R"({"_placeholder":true,"num":0,"x":1})", -2},
                      {R"({"_placeholder":true,"x":1,"num":0})", -2},
                      {R"({"_placeholder":true,"_placeholder":true})", -2},
                      {R"({"_placeholder":true,"num":[0]})", -2},
                      {R"({"_placeholder":false,"num":0})", -1},
                      {R"({"_placeholder":1,"num":0})", -1},
                      {R"({"_placeholder":"true","num":0})", -1},
                      {R"({"num":0})", -1},
                      {R"({"num":0,"x":1})", -1},
                      {R"({})", -1},
                      {R"({"a":{"_placeholder":true,"num":0}})", -1},
                      {R"([])", -1},
                      {R"("_placeholder")", -1},
                      {R"(1)", -1}};
  for (const row& r : rows) {
    INFO(r.text);
    message m(r.text);
    REQUIRE(m.error == errc::none);
    std::optional<std::uint32_t> index;
    const char* const end = m.block.view().data() + m.block.view().size();
    const char* behind = nullptr;
    const errc e = json::placeholder(m.root().position(), end, index, behind);
    CHECK(e == (r.index == -2 ? errc::sio_bad_placeholder : errc::none));
    CHECK(index.has_value() == (r.index >= 0));
    if (index) CHECK(static_cast<int>(*index) == r.index);
  }
}

TEST_CASE("json: all placeholders of a message") {
  struct row {
    const char* text;
    const char* used;  // how often each of three attachments, or "bad"
  };
  const row rows[] = {{R"(["a",{"_placeholder":true,"num":0},[{"x":{"num":2,"_placeholder":true}}]])", "101"},
                      {R"(["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":1}])", "020"},
                      {R"(["a",{"_placeholder":true,"num":3}])", "bad"},
                      {R"(["a",{"_placeholder":true,"num":0.5}])", "bad"},
                      {R"(["a",{"x":1,"_placeholder":true,"num":0}])", "bad"},
                      {R"(["a",{"num":0,"x":1,"_placeholder":true}])", "bad"},
                      {R"(["a",{"_placeholder":true},{"_placeholder":true,"num":0}])", "bad"},
                      {R"(["a",{"x":1,"y":[],"_pl\u0061ceholder" : true}])", "bad"},
                      {R"(["a",{"_placeholder":false,"num":0},"_placeholder",{"x":"_placeholder"}])", "000"},
                      {R"(["_placeholder",{"a":"\"_placeholder\":true"}])", "000"},
                      {R"(["a","b"])", "000"},
                      {R"({"_placeholder":true,"num":2})", "001"},
                      {R"("text")", "000"}};
  for (const row& r : rows) {
    INFO(r.text);
    message m(r.text);
    REQUIRE(m.error == errc::none);
    std::uint8_t used[3] = {};
    const errc e = json::count_placeholders(m.block, used);
    std::string log;
    for (const std::uint8_t n : used) log += std::to_string(n);
    CHECK((e == errc::none ? log : "bad") == r.used);
    CHECK(json::has_placeholder(m.block) == (std::string_view(r.used) != "000"));
    json::placeholder_walk walk(m.block);
    while (walk.next()) {
    }
    CHECK_FALSE(walk.next());  // nor behind an error
  }
}

TEST_CASE("json: a hundred thousand placeholders or escapes are one pass") {
  const exact block("[" + repeat(R"({"_placeholder":true,"num":0},)", 100000) + "0]");
  REQUIRE(check(block) == errc::none);
  std::uint8_t used[1] = {};
  CHECK(json::count_placeholders(block, used) == errc::none);
  CHECK(used[0] == 255);
}
