// Structs described in one line: what travels under which name, what may be missing, and where errors are.
#include <siokit/server.hpp>

#include <deque>
#include <map>

#include "catch.hpp"

namespace shapes {

struct point {
  double x = 0;
  double y = 0;
};
SIOKIT_FIELDS(point, x, y)

struct user {
  std::string name;
  int age = 0;
  std::optional<std::string> mail;
};
SIOKIT_FIELDS(user, name, age, mail)

struct settings {
  std::string host = "localhost";
  int port = 3000;
  std::optional<int> retries = 5;
  point origin{1, 2};
};
SIOKIT_FIELDS_OR_DEFAULT(settings, host, port, retries, origin)

// One required, one with a default, one with a name that is not a C++ name: by hand.
struct mixed {
  int id = 0;
  int level = 7;
  std::string first_name;
};

struct comment {
  std::string text;
  std::vector<comment> replies;
};
SIOKIT_FIELDS(comment, text, replies)

struct label {
  std::string_view text;
};
SIOKIT_FIELDS(label, text)
struct labels {
  std::map<std::string, std::vector<label>> all;
};
SIOKIT_FIELDS_OR_DEFAULT(labels, all)

struct lent_or_not {
  std::optional<std::string_view> text;
  int number = 0;
};
SIOKIT_FIELDS_OR_DEFAULT(lent_or_not, text, number)

struct base {
  int a = 0;
};
SIOKIT_FIELDS(base, a)
struct derived : base {
  int b = 0;
};
SIOKIT_FIELDS(derived, a, b)
struct undescribed : base {};

class account {
 public:
  explicit account(int balance = 0) : balance_(balance) {}
  int balance() const { return balance_; }

 private:
  int balance_;
  SIOKIT_FRIEND_FIELDS(account, balance_)
};

template <class T>
struct page {
  std::vector<T> items;
  int total = -1;
  SIOKIT_FRIEND_FIELDS_OR_DEFAULT(page, items, total)
};

struct outer {
  struct inner {
    int value = 0;
  };
  inner in;
};
SIOKIT_FIELDS(outer::inner, value)
SIOKIT_FIELDS(outer, in)

struct wide {
  int a0 = 0, a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5, a6 = 6, a7 = 7, a8 = 8, a9 = 9, a10 = 10, a11 = 11, a12 = 12, a13 = 13,
      a14 = 14, a15 = 15, b0 = 16, b1 = 17, b2 = 18, b3 = 19, b4 = 20, b5 = 21, b6 = 22, b7 = 23, b8 = 24, b9 = 25, b10 = 26,
      b11 = 27, b12 = 28, b13 = 29, b14 = 30, b15 = 31, c0 = 32, c1 = 33, c2 = 34, c3 = 35, c4 = 36, c5 = 37, c6 = 38, c7 = 39,
      c8 = 40, c9 = 41, c10 = 42, c11 = 43, c12 = 44, c13 = 45, c14 = 46, c15 = 47, d0 = 48, d1 = 49, d2 = 50, d3 = 51, d4 = 52,
      d5 = 53, d6 = 54, d7 = 55, d8 = 56, d9 = 57, d10 = 58, d11 = 59, d12 = 60, d13 = 61, d14 = 62, d15 = 63;
};
SIOKIT_FIELDS(wide, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, b0, b1, b2, b3, b4, b5, b6, b7, b8,
              b9, b10, b11, b12, b13, b14, b15, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, d0, d1,
              d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15)

}  // namespace shapes

namespace {

struct local {
  bool on = false;
};
SIOKIT_FIELDS(local, on)

template <class T>
std::string written(const T& x) {
  siokit::pool blocks;
  siokit::frame_builder out(blocks);
  siokit::value_writer w(out);
  siokit::encode(w, x);
  REQUIRE(w.error() == siokit::errc::none);
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
  if (e == siokit::errc::none) return "";
  return std::string(context.path.text(v.position())) + ": " + std::string(siokit::text(e));
}

}  // namespace

template <>
struct siokit::codec<shapes::mixed> {
  static errc read(value_view v, shapes::mixed& out) {
    return fields(v, "id", out.id, "level", or_default(out.level), "first-name", out.first_name);
  }
  static void write(value_writer& w, const shapes::mixed& in) {
    fields(w, "id", in.id, "level", or_default(in.level), "first-name", in.first_name);
  }
};

using namespace shapes;

TEST_CASE("a described struct is an object with its names", "[text]") {
  CHECK(written(point{1.5, -2}) == R"({"x":1.5,"y":-2})");
  CHECK(written(local{true}) == R"({"on":true})");
  CHECK(written(outer{{4}}) == R"({"in":{"value":4}})");
  CHECK(written(account(12)) == R"({"balance_":12})");
  CHECK(written(page<point>{{{1, 2}}, 1}) == R"({"items":[{"x":1,"y":2}],"total":1})");
  CHECK(written(comment{"a", {{"b", {}}}}) == R"({"text":"a","replies":[{"text":"b","replies":[]}]})");
  derived d;
  d.a = 1;
  d.b = 2;
  CHECK(written(d) == R"({"a":1,"b":2})");
  static_assert(!siokit::encodable<undescribed> && !siokit::decodable<undescribed>);
  static_assert(!siokit::described<int> && !siokit::described<std::string>);

  account a;
  CHECK(read(R"({"balance_":3})", a).empty());
  CHECK(a.balance() == 3);
  page<point> p;
  CHECK(read(R"({"items":[{"x":1,"y":2},{"y":4,"x":3}]})", p).empty());
  REQUIRE(p.items.size() == 2);
  CHECK(p.items[1].x == 3);
  CHECK(p.total == -1);
  comment c;
  CHECK(read(R"({"text":"a","replies":[{"text":"b","replies":[{"text":"c","replies":[]}]}]})", c).empty());
  CHECK(c.replies[0].replies[0].text == "c");
}

TEST_CASE("64 members are the most, and each finds its place", "[text]") {
  const std::string text = written(wide{});
  CHECK(text.starts_with(R"({"a0":0,"a1":1,)"));
  CHECK(text.ends_with(R"("d14":62,"d15":63})"));
  wide w{};
  w.a0 = w.d15 = -1;
  CHECK(read(text, w).empty());
  CHECK(w.a0 == 0);
  CHECK(w.d15 == 63);
  std::string without = text;
  without.replace(without.find("\"d15\""), 5, "\"d16\"");
  CHECK(read(without, w) == ".d15: missing field");
}

TEST_CASE("what may be missing: optional members, and members with a default where that is said", "[text]") {
  user u{"x", 1, "y"};
  CHECK(read(R"({"name":"Ann","age":3})", u).empty());
  CHECK(!u.mail);
  CHECK(written(u) == R"({"name":"Ann","age":3})");
  CHECK(read(R"({"name":"Ann"})", u) == ".age: missing field");

  settings s;
  CHECK(read("{}", s).empty());
  CHECK(s.host == "localhost");
  CHECK(s.port == 3000);
  CHECK(s.retries == 5);
  CHECK(s.origin.y == 2);
  CHECK(read(R"({"port":80,"retries":null,"origin":{"x":5,"y":6}})", s).empty());
  CHECK(s.host == "localhost");
  CHECK(s.port == 80);
  CHECK(!s.retries);
  CHECK(s.origin.x == 5);
  CHECK(read(R"({"port":null})", s) == ".port: expected integer");
  CHECK(read(R"({"origin":{"x":5}})", s) == ".origin.y: missing field");
  CHECK(written(s) == R"({"host":"localhost","port":80,"origin":{"x":5,"y":6}})");

  mixed m;
  CHECK(read(R"({"id":1,"first-name":"Bo"})", m).empty());
  CHECK(m.level == 7);
  CHECK(m.first_name == "Bo");
  CHECK(read(R"({"id":1,"level":"high","first-name":"Bo"})", m) == ".level: expected integer");
  CHECK(read(R"({"id":1,"level":2})", m) == ".first-name: missing field");
  CHECK(written(m) == R"({"id":1,"level":2,"first-name":"Bo"})");
}

TEST_CASE("members may come in any order, written in any way, with others among them", "[text]") {
  const char* const texts[] = {R"({"name":"Ann","age":3,"mail":"a@b"})",
                               R"({"mail":"a@b","age":3,"name":"Ann"})",
                               R"({"name":"Ann","mail":"a@b","age":3})",
                               R"({"age":3,"mail":"a@b","name":"Ann"})",
                               R"({"name":"Ann","x":[{"age":9}],"age":3,"mail":"a@b"})",
                               R"({"name":"Ann","age":3,"mail":"a@b","names":"other"})",
                               R"({"nam":"other","name":"Ann","age":3,"mail":"a@b"})",
                               R"({ "name" : "Ann" , "age" : 3 , "mail" : "a@b" })",
                               R"({"name": "Ann","age": 3,"mail": "a@b"})",
                               R"({"n\u0061me":"Ann","age":3,"m\u0061il":"a@b"})",
                               R"({"name":"other","age":9,"age":3,"mail":"a@b","name":"Ann"})"};
  for (const std::string text : texts) {
    INFO(text);
    user u{"", 0, std::nullopt};
    CHECK(read(text, u).empty());
    CHECK(u.name == "Ann");
    CHECK(u.age == 3);
    CHECK(u.mail == "a@b");
    user alone{"", 0, std::nullopt};
    CHECK(read(text.substr(0, text.find(',')) + "}", alone).starts_with("."));
  }
}

TEST_CASE("of two members with one name the last one counts, with nothing left of the first", "[text]") {
  struct {
    page<int> value;
  } holder;
  const auto both = [&](std::string_view text) {
    siokit::value_context context;
    return siokit::fields(siokit::value_view(text, &context), "p", holder.value);
  };
  CHECK(both(R"({"p":{"items":[1],"total":5},"p":{"items":[2]}})") == siokit::errc::none);
  CHECK(holder.value.items == std::vector{2});
  CHECK(holder.value.total == -1);
}

TEST_CASE("the path of an error goes through structs, arrays, maps, optionals and tuples", "[text]") {
  std::map<std::string, std::vector<user>> users;
  CHECK(read(R"({"staff":[{"name":"a","age":1},{"name":"b","age":"2"}]})", users) == ".staff[1].age: expected integer");
  std::optional<std::vector<comment>> comments;
  CHECK(read(R"([{"text":"a","replies":[{"text":7,"replies":[]}]}])", comments) == "[0].replies[0].text: expected string");
  std::tuple<int, settings> pair;
  CHECK(read(R"([1,{"origin":{"x":"1","y":2}}])", pair) == "[1].origin.x: expected number");
  std::variant<int, user> either;
  CHECK(read(R"({"name":"a","age":[]})", either) == ".age: expected integer");
  std::array<point, 2> two{};
  CHECK(read(R"([{"x":1,"y":2},{"x":1,"y":false}])", two) == "[1].y: expected number");
  CHECK(read("[]", two[0]) == ": expected object");
  page<settings> pages;
  CHECK(read(R"({"items":[{},{"port":1e9}]})", pages).empty());
  CHECK(read(R"({"items":[{},{"port":1e10}]})", pages) == ".items[1].port: number out of range");
}

TEST_CASE("a described struct borrows what its members borrow", "[text]") {
  static_assert(siokit::owning<user> && siokit::owning<settings> && siokit::owning<comment> && siokit::owning<page<user>>);
  static_assert(siokit::owning<std::vector<comment>> && siokit::owning<std::optional<comment>>);
  static_assert(siokit::borrowing<label> && siokit::borrowing<lent_or_not> && siokit::borrowing<labels> && siokit::borrowing<page<labels>>);
  static_assert(siokit::borrowing<std::vector<label>>);
  label l;
  CHECK(read(R"({"text":"plain"})", l).empty());
  CHECK(l.text == "plain");
}
