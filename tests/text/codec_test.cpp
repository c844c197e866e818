// Codecs: round trips, what each refuses, paths of errors, and which types have none.
#include "catch.hpp"

#include <deque>
#include <list>
#include <map>
#include <set>
#include <unordered_map>

#include "block.hpp"

namespace codec_test {

enum class color { red, green };
struct address {
  std::string city;
  std::optional<int> zip;
};
struct user {
  std::string name;
  int age = 0;
  std::vector<address> addresses;
};
struct tree {
  int id = 0;
  std::vector<tree> children;
};
struct borrower {
  std::string_view name;
};
struct write_only {};
struct derived_text : std::string {};

}  // namespace codec_test

template <>
struct siokit::codec<codec_test::color> {
  static errc read(value_view v, codec_test::color& out) {
    return choice(v, out, {{"red", codec_test::color::red}, {"green", codec_test::color::green}});
  }
  static void write(value_writer& w, const codec_test::color& in) {
    choice(w, in, {{"red", codec_test::color::red}, {"green", codec_test::color::green}});
  }
};
template <>
struct siokit::codec<codec_test::address> {
  static errc read(value_view v, codec_test::address& out) { return fields(v, "city", out.city, "zip", out.zip); }
  static void write(value_writer& w, const codec_test::address& in) { fields(w, "city", in.city, "zip", in.zip); }
};
template <>
struct siokit::codec<codec_test::user> {
  static errc read(value_view v, codec_test::user& out) {
    return fields(v, "name", out.name, "age", out.age, "addresses", out.addresses);
  }
  static void write(value_writer& w, const codec_test::user& in) {
    fields(w, "name", in.name, "age", in.age, "addresses", in.addresses);
  }
};
template <>
struct siokit::codec<codec_test::tree> {
  static errc read(value_view v, codec_test::tree& out) { return fields(v, "id", out.id, "children", out.children); }
  static void write(value_writer& w, const codec_test::tree& in) { fields(w, "id", in.id, "children", in.children); }
};
template <>
struct siokit::codec<codec_test::borrower> {
  static constexpr bool borrows = true;
  static errc read(value_view v, codec_test::borrower& out) { return fields(v, "name", out.name); }
};
template <>
struct siokit::codec<codec_test::derived_text> : siokit::codec<std::string> {
  static errc read(value_view v, codec_test::derived_text& out) {
    out.assign("read");
    return v.kind() == value_kind::string ? errc::none : errc::expected_string;
  }
};
template <>
struct siokit::codec<codec_test::write_only> {
  static void write(value_writer& w, const codec_test::write_only&) { w.null(); }
};

namespace {

using namespace text_test;
using namespace codec_test;

// What T makes of a text, written again, or the error.
template <class T>
std::string through(std::string_view text) {
  message m(text);
  T x{};
  const errc e = m.read(x);
  return e == errc::none ? encoded(x) : "<" + std::string(siokit::text(e)) + ">";
}

std::string error(errc e) { return "<" + std::string(text(e)) + ">"; }

template <class T>
std::string complaint(std::string_view text) {
  message m(text);
  T x{};
  return m.complaint(x);
}

/// Takes the first element of an array as T, with what views share and without: take_value() tells what stands behind it.
template <class T>
void check_end(std::string_view text, T expected) {
  for (const char* space : {"", " ", "\n\t"}) {
    for (const char* rest : {"]", ",\"\\\\\",[2]]"}) {
      message m("[" + std::string(text) + space + rest);
      INFO(m.block.view());
      REQUIRE(m.error == errc::none);
      for (value_context* const context : {&m.context, static_cast<value_context*>(nullptr)}) {
        const value_view first = value_view(m.block, context).element(0);
        T x{};
        errc e = errc::none;
        const bool lent = std::same_as<T, std::string_view> && text.find('\\') != std::string_view::npos;
        if (lent && context == nullptr) {  // nowhere to put it
          CHECK(take_value(first, x, e) == nullptr);
          CHECK(e == errc::out_of_memory);
          continue;
        }
        CHECK(take_value(first, x, e) == first.position() + text.size());
        CHECK(e == errc::none);
        CHECK(x == expected);
      }
    }
  }
}

/// Takes what is no T: `before` is to stay.
template <class T>
void check_refused(std::string_view text, errc expected, T before) {
  message m(text);
  T x = before;
  errc e = errc::none;
  CHECK(take_value(m.root(), x, e) == nullptr);
  CHECK(e == expected);
  CHECK(x == before);
}

}  // namespace

// Who says where a value ends: a codec that inherits it for another type does not.
static_assert(noexcept(codec<int>::read({}, std::declval<int&>())) && noexcept(codec<bool>::read({}, std::declval<bool&>())));
static_assert(takes_value<bool> && takes_value<int> && takes_value<float> && takes_value<std::string> &&
    takes_value<std::string_view> && takes_value<std::optional<int>>);
static_assert(!takes_value<user> && !takes_value<std::vector<int>> && !takes_value<value_view> && !takes_value<derived_text>);

// Which types can be sent, be received, and be kept.
static_assert(encodable<bool> && encodable<int> && encodable<double> && encodable<std::string> &&
    encodable<const char*>);
static_assert(encodable<char*> && encodable<char[6]> && encodable<const char (&)[6]> && encodable<std::nullptr_t>);
static_assert(encodable<bytes> && encodable<bytes_view> && encodable<mutable_bytes> && encodable<std::array<std::byte,
    4>>);
static_assert(encodable<value_view> && encodable<value> && encodable<std::span<const int>> &&
    encodable<std::vector<user>>);
static_assert(encodable<signed char> && encodable<unsigned char> && encodable<long double>);
static_assert(decodable<std::map<std::string, std::vector<std::optional<user>>>>);
static_assert(decodable<std::tuple<int, std::string_view>> && decodable<std::variant<int, std::string>>);
static_assert(!decodable<const char*> && !decodable<char[6]> && !decodable<mutable_bytes> &&
    !decodable<std::span<const int>>);
static_assert(!decodable<write_only> && encodable<write_only> && encodable<std::vector<write_only>>);
static_assert(!decodable<std::vector<write_only>> && !decodable<std::optional<write_only>>);
static_assert(!encodable<borrower> && !encodable<std::vector<borrower>> && decodable<std::vector<borrower>>);
static_assert(!encodable<int*> && !encodable<void*> && !encodable<const std::string*> && !encodable<int (*)()>);
static_assert(!encodable<char> && !decodable<char> && !encodable<wchar_t> && !encodable<char8_t> &&
    !encodable<const wchar_t*>);
static_assert(encodable<color> && !encodable<value_kind> && !encodable<std::byte>);
static_assert(!encodable<std::vector<unsigned char>> && !decodable<std::vector<signed char>>);
static_assert(!encodable<std::array<unsigned char, 2>> && !encodable<std::span<const unsigned char>>);
static_assert(!encodable<std::vector<int*>> && !encodable<std::optional<char>> && !encodable<std::map<int, int>>);
static_assert(owning<int> && owning<std::string> && owning<bytes> && owning<value> && owning<std::vector<user>>);
static_assert(!owning<std::string_view> && !owning<bytes_view> && !owning<value_view> && !owning<borrower>);
static_assert(!owning<std::vector<borrower>> && !owning<std::optional<std::string_view>> && !owning<std::pair<int,
    bytes_view>>);
static_assert(!owning<std::map<std::string, value_view>> && !owning<std::variant<int, std::string_view>>);
static_assert(std::is_trivially_copyable_v<value_view>);

TEST_CASE("codec: scalars") {
  CHECK(through<bool>("true") == "true");
  CHECK(through<bool>("0") == error(errc::expected_boolean));
  CHECK(through<std::int8_t>("-128") == "-128");
  CHECK(through<std::int8_t>("-129") == error(errc::out_of_range));
  CHECK(through<std::uint8_t>("255") == "255");
  CHECK(through<std::uint8_t>("256") == error(errc::out_of_range));
  CHECK(through<std::uint8_t>("-1") == error(errc::out_of_range));
  CHECK(through<std::int16_t>("32768") == error(errc::out_of_range));
  CHECK(through<int>("1e3") == "1000");
  CHECK(through<int>("1.5") == error(errc::expected_integer));
  CHECK(through<int>("2147483648") == error(errc::out_of_range));
  CHECK(through<int>("\"1\"") == error(errc::expected_integer));
  CHECK(through<long long>("9223372036854775807") == "9223372036854775807");
  CHECK(through<unsigned long long>("18446744073709551615") == "18446744073709551615");
  CHECK(through<double>("1") == "1");
  CHECK(through<double>("-0") == "-0");
  CHECK(through<double>("null") == error(errc::expected_number));
  CHECK(through<float>("0.1") == "0.1");
  CHECK(through<float>("1e39") == error(errc::out_of_range));
  CHECK(through<float>("-1e39") == error(errc::out_of_range));
  CHECK(through<std::nullptr_t>("null") == "null");
  CHECK(through<std::nullptr_t>("0") == error(errc::expected_null));
  CHECK(through<color>("\"green\"") == "\"green\"");
  CHECK(through<color>("\"gr\\u0065en\"") == "\"green\"");
  CHECK(through<color>("\"blue\"") == error(errc::unknown_name));
  CHECK(through<color>("1") == error(errc::expected_string));
  CHECK(encoded(static_cast<color>(7)) == error(errc::bad_value));
}

TEST_CASE("codec: taking a value tells what stands behind it") {
  check_end<bool>("true", true);
  check_end<bool>("false", false);
  check_end<int>("0", 0);
  check_end<int>("-2147483648", -2147483647 - 1);
  check_end<int>("2.50e1", 25);
  check_end<unsigned>("1000000000000000000000e-20", 10);
  check_end<unsigned>("-0", 0);
  check_end<std::int64_t>("-9223372036854775808", std::numeric_limits<std::int64_t>::min());
  check_end<std::uint64_t>("18446744073709551615", ~std::uint64_t{0});
  check_end<double>("-0.5", -0.5);
  check_end<double>("1E+2", 100);
  check_end<double>("3.14159265358979323846264338327950288", 3.14159265358979323846);
  check_end<float>("0.1", 0.1f);
  check_end<std::string>("\"\"", "");
  check_end<std::string>(R"("a\"]\\")", "a\"]\\");
  check_end<std::string_view>("\"a longer one than a step, or two of them\"", "a longer one than a step, or two of them");
  check_end<std::string_view>(R"("\u0061")", "a");
  check_end<derived_text>(R"("abc")", derived_text{"read"});
  check_end<std::optional<int>>("null", std::nullopt);
  check_end<std::vector<int>>("[ 1, 2 ]", {1, 2});
  check_end<std::map<std::string, bool>>("{\"}\" :true }", {{"}", true}});

  check_refused<bool>("null", errc::expected_boolean, true);
  check_refused<int>("\"1\"", errc::expected_integer, 7);
  check_refused<int>("1.5", errc::expected_integer, 7);
  check_refused<std::int8_t>("128", errc::out_of_range, 7);
  check_refused<std::int64_t>("9223372036854775808", errc::out_of_range, 7);
  check_refused<std::uint64_t>("-1", errc::out_of_range, 7);
  check_refused<std::uint64_t>("-1.5", errc::expected_integer, 7);
  check_refused<double>("1e400", errc::out_of_range, 7);
  check_refused<float>("1e40", errc::out_of_range, 7);
  check_refused<std::string>("[]", errc::expected_string, "before");
  check_refused<std::string_view>("{}", errc::expected_string, "before");
  check_refused<std::optional<int>>("true", errc::expected_integer, std::nullopt);
}

TEST_CASE("codec: the end of a string that check() found is where take() says") {
  const exact block(R"(["x","known"])");
  json::shape known;
  REQUIRE(json::check(block, {}, known) == errc::none);
  value_context context;
  const value_view array(block, known, context);
  std::string_view text;
  errc e = errc::none;
  CHECK(array.element(1).take(text, e) == block.view().data() + block.view().size() - 1);
  CHECK(text == "known");
}

TEST_CASE("codec: strings") {
  CHECK(through<std::string>(R"("a\n\ud83d\ude00")") == "\"a\\n\xf0\x9f\x98\x80\"");
  CHECK(through<std::string_view>(R"("a\n\ud83d\ude00")") == "\"a\\n\xf0\x9f\x98\x80\"");
  CHECK(through<std::string>("\"\"") == "\"\"");
  CHECK(through<std::string>("1") == error(errc::expected_string));
  CHECK(encoded("literal") == "\"literal\"");
  CHECK(encoded(static_cast<const char*>(nullptr)) == "null");
  char buffer[16] = "short";
  CHECK(encoded(buffer) == "\"short\"");
  const char full[3] = {'a', 'b', 'c'};
  CHECK(encoded(full) == "\"abc\"");
}

TEST_CASE("codec: containers") {
  CHECK(through<std::vector<int>>("[1, 2,3]") == "[1,2,3]");
  CHECK(through<std::vector<int>>("[]") == "[]");
  CHECK(through<std::vector<int>>("{}") == error(errc::expected_array));
  CHECK(through<std::vector<bool>>("[true,false]") == "[true,false]");
  CHECK(through<std::deque<std::string>>("[\"a\",\"b\"]") == "[\"a\",\"b\"]");
  CHECK(through<std::list<double>>("[1.5]") == "[1.5]");
  CHECK(through<std::set<int>>("[3,1,3]") == "[1,3]");
  CHECK(through<std::array<int, 2>>("[1,2]") == "[1,2]");
  CHECK(through<std::array<int, 2>>("[1]") == error(errc::wrong_length));
  CHECK(through<std::array<int, 2>>("[1,2,3]") == error(errc::wrong_length));
  CHECK(through<std::pair<int, std::string>>("[1,\"a\"]") == "[1,\"a\"]");
  CHECK(through<std::tuple<int, bool, double>>("[1,true]") == error(errc::wrong_length));
  CHECK(through<std::tuple<int, bool>>("[1,true,3]") == error(errc::wrong_length));
  CHECK(through<std::tuple<int, std::optional<bool>>>("[1]") == "[1,null]");
  CHECK(through<std::tuple<>>("[]") == "[]");
  CHECK(through<std::optional<int>>("null") == "null");
  CHECK(through<std::optional<int>>("5") == "5");
  CHECK(through<std::optional<int>>("\"\"") == error(errc::expected_integer));
  CHECK(through<std::map<std::string, int>>(R"({"b":1,"a":2,"b":3})") == R"({"a":2,"b":3})");
  CHECK(through<std::unordered_map<std::string, std::vector<int>>>(R"({"a\n":[1]})") == R"({"a\n":[1]})");
  CHECK(through<std::map<std::string_view, int>>(R"({"a":2})") == R"({"a":2})");
  CHECK(through<std::map<std::string, int>>("[]") == error(errc::expected_object));
  CHECK(through<std::variant<int, std::string, std::monostate>>("\"a\"") == "\"a\"");
  CHECK(through<std::variant<int, std::string, std::monostate>>("null") == "null");
  CHECK(through<std::variant<int, std::string>>("true") == error(errc::expected_string));
  const int plain[] = {1, 2};
  CHECK(encoded(std::span<const int>(plain)) == "[1,2]");
}

TEST_CASE("codec: what is read replaces what was there") {
  message m(R"([[1],{"a":1},null])");
  std::tuple<std::vector<int>, std::map<std::string, int>, std::optional<int>> x{{7, 8, 9}, {{"z", 1}}, 5};
  REQUIRE(m.read(x) == errc::none);
  CHECK(encoded(x) == R"([[1],{"a":1},null])");
}

TEST_CASE("codec: structs") {
  const char* const text = R"({"name":"Ann","age":30,"addresses":[{"city":"Rome","zip":5},{"city":"Bonn"}]})";
  CHECK(through<user>(text) == text);
  CHECK(through<user>(R"({"x":[1,{"name":1}],"addresses":[],"\u0061ge":1,"age":2,"name":"B"})") ==
        R"({"name":"B","age":2,"addresses":[]})");
  CHECK(through<user>("[]") == error(errc::expected_object));
  CHECK(through<user>("{}") == error(errc::missing_field));
  CHECK(through<tree>(R"({"id":1,"children":[{"id":2,"children":[{"children":[],"id":3}]}]})") ==
        R"({"id":1,"children":[{"id":2,"children":[{"id":3,"children":[]}]}]})");
}

TEST_CASE("codec: an error says where it was") {
  CHECK(complaint<int>("\"x\"") == ": expected integer");
  CHECK(complaint<std::vector<int>>("[1,2,true]") == "[2]: expected integer");
  CHECK(complaint<user>(R"({"name":"A"})") == ".age: missing field");
  CHECK(complaint<user>(R"({"name":"A","age":"x","addresses":[]})") == ".age: expected integer");
  CHECK(complaint<user>(R"({"name":"A","age":1,"addresses":[{"city":"R"},{"city":"R","zip":1.5}]})") ==
        ".addresses[1].zip: expected integer");
  CHECK(complaint<std::map<std::string, user>>(R"({"x":{"name":1}})") == ".x.name: expected string");
  CHECK(complaint<std::tuple<int, user>>(R"([1,{"name":1}])") == "[1].name: expected string");
  CHECK(complaint<std::array<std::vector<int>, 1>>("[[1,[]]]") == "[0][1]: expected integer");
  CHECK(complaint<std::optional<std::vector<int>>>("[\"\"]") == "[0]: expected integer");
  // An alternative that failed deep inside leaves no trace in the path of the next.
  CHECK(complaint<std::vector<std::variant<std::vector<int>, bool>>>("[[1,\"\"]]") == "[0]: expected boolean");
  CHECK(complaint<std::vector<std::variant<std::vector<int>, bool>>>("[[1,2],true]") == "");
  CHECK(complaint<tree>(R"({"id":1,"children":[{"id":2,"children":[{"children":[]}]}]})") ==
        ".children[0].children[0].id: missing field");
  value owned;
  CHECK(complaint<value>(R"({"a":[1,1e999]})") == ".a[1]: number out of range");
}

TEST_CASE("codec: binary") {
  const bytes one = make_bytes("one");
  const bytes_view attachments[] = {one};
  message m(R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}])");
  m.context.attachments = attachments;
  std::pair<bytes, bytes_view> x;
  REQUIRE(m.read(x) == errc::none);
  CHECK(x.first == one);
  CHECK(x.second.data() == one.data());
  std::array<std::array<std::byte, 3>, 2> y{};
  REQUIRE(m.read(y) == errc::none);
  CHECK(as_text(y[1]) == "one");
  std::array<std::array<std::byte, 4>, 2> z{};
  CHECK(m.read(z) == errc::wrong_length);
  CHECK(through<bytes>("[1,2]") == error(errc::expected_binary));
  pool p;
  attachment_sink sink(p);
  CHECK(encoded(std::make_tuple(one, bytes_view(one), mutable_bytes(x.first), y), &sink) ==
        R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2},)"
        R"([{"_placeholder":true,"num":3},{"_placeholder":true,"num":4}]])");
}

TEST_CASE("codec: views are taken as they are and written as they were") {
  CHECK(through<value_view>(" {\"a\" : [1.0,\"\\u0061\"]} ") == "{\"a\" : [1.0,\"\\u0061\"]}");
  CHECK(through<std::vector<value_view>>("[1,[2],{}]") == "[1,[2],{}]");
}

TEST_CASE("codec: decoding borrowed strings when memory runs out") {
  const std::string text = "[" + repeat(R"({"name":"a\n0123456789012345678901234567890123456789"},)",
      100) + R"({"name":"x"}])";
  bool done = false;
  for (std::size_t n = 0; !done; ++n) {
    failing_memory hooks;
    hooks.left = n;
    {
      pool p(hooks.hooks());
      arena scratch(p);
      message m(text);
      m.context.scratch = &scratch;
      std::vector<borrower> x;
      const errc e = m.read(x);
      done = e == errc::none;
      if (!done) CHECK(e == errc::out_of_memory);
    }
    CHECK(hooks.live == 0);
    REQUIRE(n < 100);
  }
}

TEST_CASE("codec: a member of many levels is walked over once") {
  // Each level is read completely before the next; without remembering ends this would take 128 passes over the text.
  std::string text = "[" + repeat("[", 120) + repeat("\"0123456789\",", 20000) + "1" + repeat("]", 120) + ",2]";
  message m(text);
  value v;
  REQUIRE(m.read(v) == errc::none);
  CHECK(v[1].get_or<int>(0) == 2);
}
