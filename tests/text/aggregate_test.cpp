// Aggregates whose members the compiler names, and aggregates as arrays.
#include <siokit/server.hpp>

#include <map>

#include "catch.hpp"

namespace reflected {

struct point {
  double x = 0;
  double y = 0;
};
struct person {
  std::string name;
  std::optional<int> age;
  std::vector<point> path;
  std::map<std::string, point> places;
  point here;
  std::vector<person> friends;
};
struct settings {
  std::string host = "localhost";
  int port = 3000;
};
struct lent {
  int n = 0;
  std::string_view text;
};
struct full {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
};
struct pair {
  int left = 0;
  std::optional<std::string> right;
};
struct lent_pair {
  int left = 0;
  std::string_view right;
};
struct lent_or_not {
  std::string_view text;
};
#if SIOKIT_MEMBER_NAMES
SIOKIT_AGGREGATE_OR_DEFAULT(lent_or_not)
SIOKIT_AGGREGATE(point)
SIOKIT_AGGREGATE(person)
SIOKIT_AGGREGATE_OR_DEFAULT(settings)
SIOKIT_AGGREGATE(lent)
SIOKIT_AGGREGATE(full)
#endif

}  // namespace reflected

template <>
struct siokit::codec<reflected::pair> : siokit::aggregate_array<reflected::pair> {};
template <>
struct siokit::codec<reflected::lent_pair> : siokit::aggregate_array<reflected::lent_pair> {};
static_assert(siokit::owning<reflected::pair> && siokit::borrowing<reflected::lent_pair>);

using namespace reflected;

namespace {

struct hidden {
  int value = 0;
};
#if SIOKIT_MEMBER_NAMES
SIOKIT_AGGREGATE(hidden)
#endif

template <class T>
std::string written(const T& x) {
  siokit::pool blocks;
  siokit::frame_builder out(blocks);
  siokit::value_writer w(out);
  siokit::encode(w, x);
  REQUIRE(w.complete());
  return std::string(out.written());
}

/// "" or "path: error".
template <class T>
std::string read(std::string_view text, T& out) {
  siokit::json::shape shape;
  REQUIRE(siokit::json::check(text, {}, shape) == siokit::errc::none);
  siokit::value_context context;
  const siokit::value_view v(text, &context);
  const siokit::errc e = siokit::decode(v, out);
  return e == siokit::errc::none ? "" : std::string(context.path.text(v.position())) + ": " + std::string(siokit::text(e));
}

}  // namespace

#if SIOKIT_MEMBER_NAMES
TEST_CASE("an aggregate travels with the names of its members", "[text]") {
  const std::string text =
      R"({"name":"a","age":3,"path":[{"x":1,"y":2}],"places":{"home":{"x":0,"y":1}},"here":{"x":5,"y":6},)"
      R"("friends":[{"name":"b","path":[],"places":{},"here":{"x":0,"y":0},"friends":[]}]})";
  person p;
  CHECK(read(text, p).empty());
  CHECK(p.friends[0].name == "b");
  CHECK(!p.friends[0].age);
  CHECK(written(p) == text);
  CHECK(written(hidden{4}) == R"({"value":4})");
  CHECK(written(full{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}) ==
        R"({"a":0,"b":1,"c":2,"d":3,"e":4,"f":5,"g":6,"h":7,"i":8,"j":9,"k":10,"l":11,"m":12,"n":13,"o":14,"p":15})");
}

TEST_CASE("an aggregate's errors have paths, and its defaults stay where that is said", "[text]") {
  person p;
  CHECK(read(R"({"name":"a","path":[{"x":1}]})", p) == ".path[0].y: missing field");
  CHECK(read(R"({"name":"a","here":{"x":1,"y":"2"}})", p) == ".here.y: expected number");
  settings s;
  CHECK(read(R"({"port":80})", s).empty());
  CHECK(s.host == "localhost");
  CHECK(s.port == 80);
  CHECK(written(s) == R"({"host":"localhost","port":80})");
  static_assert(siokit::owning<person> && siokit::owning<settings>);
  static_assert(siokit::borrowing<lent> && siokit::borrowing<lent_or_not>);
}
#endif

TEST_CASE("an aggregate as an array", "[text]") {
  pair p;
  CHECK(read(R"([1,"a"])", p).empty());
  CHECK(p.left == 1);
  CHECK(p.right == "a");
  CHECK(written(p) == R"([1,"a"])");
  CHECK(read("[2]", p).empty());
  CHECK(!p.right);
  CHECK(read("[]", p) == ": wrong number of elements");
  CHECK(read(R"([1,"a",3])", p) == ": wrong number of elements");
  CHECK(read("[1,2]", p) == "[1]: expected string");
}
