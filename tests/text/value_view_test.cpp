// Views: kinds, scalars, walking, finding, attachments, the path, and memory that runs out.
#include <algorithm>

#include "catch.hpp"

#include "block.hpp"

namespace {

using namespace text_test;

template <class T, class F>
std::string read_as(std::string_view text, F&& f) {
  message m(text);
  REQUIRE(m.error == errc::none);
  T x{};
  const errc e = f(m.root(), x);
  if (e != errc::none) return std::string(siokit::text(e));
  if constexpr (std::same_as<T, bool>)
    return x ? "true" : "false";
  else if constexpr (std::same_as<T, std::string_view>)
    return std::string(x);
  else
    return std::to_string(x);
}

std::string as_string(std::string_view text) {
  return read_as<std::string_view>(text, [](value_view v, std::string_view& x) { return v.as_string(x); });
}

std::string walk(value_view v) {
  std::string log;
  for (const value_view e : v.elements()) log += std::string(e.json()) + ";";
  for (const auto [key, value] : v.members()) {
    std::string_view name;
    REQUIRE(key.as_string(name) == errc::none);
    log += std::string(name) + "=" + std::string(value.json()) + ";";
  }
  return log;
}

}  // namespace

TEST_CASE("value_view: kinds") {
  const std::pair<const char*, value_kind> rows[] = {
      {"null", value_kind::null},   {"true", value_kind::boolean}, {"false", value_kind::boolean}, {"0",
      value_kind::number},
      {"-1", value_kind::number},   {"\"\"", value_kind::string},  {"[]", value_kind::array},      {"{}",
      value_kind::object},
      {" [1] ", value_kind::array}, {R"({"_placeholder":true,"num":0})", value_kind::object}};
  for (const auto& [text, kind] : rows) {
    INFO(text);
    message m(text);
    CHECK(m.root().kind() == kind);
    CHECK(value_view(m.block, nullptr).kind() == kind);
    CHECK(m.root().exists());
    CHECK(m.root().is_null() == (kind == value_kind::null));
    CHECK(m.root().is_array() == (kind == value_kind::array));
    CHECK(m.root().is_object() == (kind == value_kind::object));
  }
}

TEST_CASE("value_view: what is not there is a null that does not exist") {
  const value_view v;
  CHECK(v.kind() == value_kind::null);
  CHECK_FALSE(v.exists());
  CHECK(v.json() == "null");
  CHECK(v.size() == 0);
  bool b = true;
  std::int64_t i = 7;
  std::string_view s;
  bytes_view bin;
  CHECK(v.as_bool(b) == errc::expected_boolean);
  CHECK(v.as_int64(i) == errc::expected_integer);
  CHECK(v.as_string(s) == errc::expected_string);
  CHECK(v.as_binary(bin) == errc::expected_binary);
  CHECK(v.failed_at(errc::wrong_length, v, 3) == errc::wrong_length);
  CHECK_FALSE(v.find("a").exists());
  message m("[1]");
  CHECK(m.root().element(0).exists());
  CHECK_FALSE(m.root().element(1).exists());
  CHECK_FALSE(m.root().find("a").exists());
  CHECK(value_view("", nullptr).is_null());
}

TEST_CASE("value_view: scalars") {
  const auto boolean = [](value_view v, bool& x) { return v.as_bool(x); };
  const auto int64 = [](value_view v, std::int64_t& x) { return v.as_int64(x); };
  const auto uint64 = [](value_view v, std::uint64_t& x) { return v.as_uint64(x); };
  const auto number = [](value_view v, double& x) { return v.as_double(x); };
  CHECK(read_as<bool>("true", boolean) == "true");
  CHECK(read_as<bool>("false", boolean) == "false");
  CHECK(read_as<bool>("1", boolean) == text(errc::expected_boolean));
  CHECK(read_as<bool>("null", boolean) == text(errc::expected_boolean));
  CHECK(read_as<std::int64_t>("-5", int64) == "-5");
  CHECK(read_as<std::int64_t>("5.0", int64) == "5");
  CHECK(read_as<std::int64_t>("5.5", int64) == text(errc::expected_integer));
  CHECK(read_as<std::int64_t>("\"5\"", int64) == text(errc::expected_integer));
  CHECK(read_as<std::uint64_t>("-5", uint64) == text(errc::out_of_range));
  CHECK(read_as<std::uint64_t>("18446744073709551615", uint64) == "18446744073709551615");
  CHECK(read_as<double>("2.5", number) == "2.500000");
  CHECK(read_as<double>("[2.5]", number) == text(errc::expected_number));
  CHECK(read_as<double>("1e400", number) == text(errc::out_of_range));
}

TEST_CASE("value_view: strings are lent, or decoded into the scratch memory") {
  CHECK(as_string("\"\"") == "");
  CHECK(as_string("\"abc\"") == "abc");
  CHECK(as_string(R"("a\n\u00e9\ud83d\ude00\ud800")") == "a\n\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd");
  CHECK(as_string("1") == text(errc::expected_string));
  for (std::size_t n = 0; n < 40; ++n) {
    const std::string s(n, 'x');
    CHECK(as_string("\"" + s + "\"") == s);
    CHECK(as_string("\"" + s + "\\\"" + s + "\"") == s + "\"" + s);
    CHECK(as_string("\"" + s + "\\\\\"") == s + "\\");
  }
  message m(R"(["plain","esc\u0061ped"])");
  std::string_view plain;
  std::string_view escaped;
  REQUIRE(m.root().element(0).as_string(plain) == errc::none);
  REQUIRE(m.root().element(1).as_string(escaped) == errc::none);
  CHECK(plain.data() == m.block.view().data() + 2);
  CHECK(escaped == "escaped");
  CHECK(m.root().element(1).equals("escaped"));
  CHECK_FALSE(m.root().element(1).equals("esc"));
  // Without memory only strings with escapes cannot be lent.
  m.context.scratch = nullptr;
  CHECK(m.root().element(0).as_string(plain) == errc::none);
  CHECK(m.root().element(1).as_string(escaped) == errc::out_of_memory);
  CHECK(m.root().element(1).equals("escaped"));
  CHECK(value_view(m.block, nullptr).element(1).as_string(escaped) == errc::out_of_memory);
}

TEST_CASE("value_view: walking") {
  const std::pair<const char*, const char*> rows[] = {
      {"[]", ""},
      {"{}", ""},
      {"[ ]", ""},
      {"{ }", ""},
      {"1", ""},
      {"[1,\"a,]\",[2,[3]],{\"x\":[4]},null,true]", "1;\"a,]\";[2,[3]];{\"x\":[4]};null;true;"},
      {" [ 1 , 2 ] ", "1;2;"},
      {"{\"a\":1,\"b\\u0063\":{\"d\":\"}\"},\"\":[]}", "a=1;bc={\"d\":\"}\"};=[];"},
      {" { \"a\" : 1 , \"b\" : 2 } ", "a=1;b=2;"}};
  for (const auto& [text, log] : rows) {
    INFO(text);
    message m(text);
    CHECK(walk(m.root()) == log);
    CHECK(m.root().size() == static_cast<std::size_t>(std::count(log, log + std::strlen(log), ';')));
    // Without a context there is nothing to remember ends in.
    std::string again;
    for (const value_view e : value_view(m.block, nullptr).elements()) again += std::string(e.json()) + ";";
    if (*log != 0 && m.root().is_array()) CHECK(again == log);
  }
}

TEST_CASE("value_view: walking on after parts were read in any way") {
  message m(R"([[1,[2,3],"x\n"],{"a":[1,2],"b":{"c":"d"}},"s",4.5,[[]],9])");
  const auto look = [](value_view v, int how) {
    std::string_view s;
    std::int64_t i = 0;
    double d = 0;
    value owned;
    std::vector<value_view> all;
    switch (how) {
      case 0: break;
      case 1: static_cast<void>(v.json()); break;
      case 2: static_cast<void>(v.as_string(s)); break;
      case 3: static_cast<void>(v.as_int64(i)); break;
      case 4: static_cast<void>(v.as_double(d)); break;
      case 5: static_cast<void>(v.read(owned)); break;
      case 6: static_cast<void>(v.read(all)); break;
      case 7: static_cast<void>(v.element(1).element(0).as_int64(i)); break;
      case 8: static_cast<void>(v.find("b").find("c").as_string(s)); break;
      case 9:
        for (const value_view e : v.elements()) {
          static_cast<void>(e.as_string(s));
          break;
        }
        break;
      default: static_cast<void>(v.size()); break;
    }
  };
  for (int how = 0; how < 11; ++how)
    for (int then = 0; then < 11; ++then) {
      std::string log;
      for (const value_view e : m.root().elements()) {
        look(e, how);
        look(e, then);
        log += std::to_string(static_cast<int>(e.kind()));
      }
      CHECK(log == "453242");
    }
}

TEST_CASE("value_view: finding takes the last of several, and decodes keys") {
  message m(R"({"a":1,"b":2,"a":3,"\u0061":4,"x\n":5,"_":{"a":6}})");
  std::int64_t i = 0;
  CHECK(m.root().find("a").as_int64(i) == errc::none);
  CHECK(i == 4);
  CHECK(m.root().find("b").as_int64(i) == errc::none);
  CHECK(i == 2);
  CHECK(m.root().find("x\n").as_int64(i) == errc::none);
  CHECK(i == 5);
  CHECK(m.root().find("_").find("a").as_int64(i) == errc::none);
  CHECK(i == 6);
  CHECK_FALSE(m.root().find("c").exists());
  CHECK_FALSE(m.root().find("").exists());
  CHECK(m.root().size() == 6);
}

TEST_CASE("value_view: binary") {
  const bytes first = make_bytes("one");
  const bytes second;
  const bytes_view attachments[] = {first, second};
  message m(R"(["e",{"_placeholder":true,"num":0},{"num":1,"_placeholder":true},{"_placeholder":true,"num":2},)"
            R"({"_placeholder":true,"num":-1},{"_placeholder":false,"num":0}])");
  bytes_view got;
  CHECK(m.root().element(1).kind() == value_kind::object);
  CHECK(m.root().element(1).as_binary(got) == errc::expected_binary);
  m.context.attachments = attachments;
  const value_view v = m.root();
  CHECK(v.element(1).kind() == value_kind::binary);
  CHECK_FALSE(v.element(1).is_object());
  CHECK(v.element(1).size() == 0);
  REQUIRE(v.element(1).as_binary(got) == errc::none);
  CHECK(as_text(got) == "one");
  REQUIRE(v.element(2).as_binary(got) == errc::none);
  CHECK(got.empty());
  for (std::size_t i = 3; i < 6; ++i) {
    CHECK(v.element(i).kind() == value_kind::object);
    CHECK(v.element(i).as_binary(got) == errc::expected_binary);
    CHECK(v.element(i).size() == 2);
  }
  CHECK(v.element(0).as_binary(got) == errc::expected_binary);
}

TEST_CASE("value_view: the next message in the same memory is looked at afresh") {
  pool p;
  arena scratch(p);
  value_context context{{}, &scratch};
  char buffer[] = "[\"aaaaaaaa\",1]";
  std::string_view s;
  value_view v(buffer, &context);
  REQUIRE(v.element(0).as_string(s) == errc::none);
  std::memcpy(buffer, "[\"a\",[\"b\"],33]", 14);
  v = value_view(buffer, &context);
  CHECK(walk(v) == "\"a\";[\"b\"];33;");
}

TEST_CASE("value_view: what check() found out is not looked for again") {
  for (const char* text : {"[1]", " [ \"a\" , [ 1 , 2 ]\n]\n ", "[1,2.5e3 ]", "[{\"a\":\"]\"},\"b]\"]", "[[],[[3]]]", "[true,null\t]",
                           "[{\"_placeholder\":true,\"num\":0}]", "[1,{\"_placeholder\":1}]", "[]", " [ ] ", "{\"a\":[1,2]}", "7"}) {
    INFO(text);
    const exact block(text);
    json::shape known;
    REQUIRE(json::check(block, {}, known) == errc::none);
    value_context context;
    const value_view v(block, known, context);
    const value_view plain(block, nullptr);
    const bool has_last = plain.is_array() && plain.size() != 0;
    CHECK(known.array == plain.is_array());
    CHECK(context.placeholders == (std::string_view(text).find("_placeholder") != std::string_view::npos));
    REQUIRE((context.last_begin != nullptr) == has_last);
    if (has_last) {
      const value_view last = plain.element(plain.size() - 1);
      CHECK(context.last_begin == last.position());
      CHECK(context.last_end == last.position() + last.json().size());
    }
    CHECK(walk(v) == walk(plain));
    // Without what is known, nothing of it is left.
    (void)value_view(block, &context);
    CHECK(context.last_begin == nullptr);
    CHECK(context.placeholders);
  }
}

TEST_CASE("value_view: the path keeps its innermost steps") {
  message m("[1]");
  decode_path path;
  const char a = 0, b = 0, c = 0, d = 0;
  CHECK(path.text(&a).empty());
  path.prepend(&b, &a, "age");
  path.prepend(&c, &b, "user");
  CHECK(path.text(&b).empty());
  path.prepend(&d, &c, 2);
  CHECK(path.text(&d) == "[2].user.age");
  path.prepend(&d, &a, "x");  // of another value: starts anew
  CHECK(path.text(&d) == ".x");
  path.prepend(&a, &d, std::string_view("ctrl\n\x1e!"));
  CHECK(path.text(&a) == ".ctrl?" "?!.x");
  path.clear();
  CHECK(path.text(&a).empty());
  path.prepend(&a, &b, std::string(47, 'k') + "\xc3\xa4 and more");
  CHECK(path.text(&a) == "." + std::string(47, 'k'));
  const char* inner = &a;
  const char* outer = &b;
  for (int i = 0; i < 100; ++i) {
    path.prepend(outer, inner, std::size_t{1000});
    std::swap(inner, outer);
  }
  CHECK(path.text(inner).size() <= 160);
  CHECK(path.text(inner).starts_with("...[1000]"));
  CHECK(path.text(inner).ends_with(std::string(47, 'k')));
}

TEST_CASE("value_view: the n-th allocation fails") {
  const std::string text = "[" + repeat(R"("a\n0123456789012345678901234567890123456789",)", 200) + "1]";
  bool done = false;
  for (std::size_t n = 0; !done; ++n) {
    failing_memory hooks;
    {
      hooks.left = n;
      pool p(hooks.hooks());
      arena scratch(p);
      message m(text);
      m.context.scratch = &scratch;
      errc e = errc::none;
      std::string_view s;
      for (const value_view v : m.root().elements())
        if (v.kind() == value_kind::string && e == errc::none) e = v.as_string(s);
      CHECK((e == errc::none || e == errc::out_of_memory));
      done = e == errc::none;
      if (n == 0) CHECK_FALSE(done);
    }
    CHECK(hooks.live == 0);
    REQUIRE(n < 100);
  }
}
