// Typed handlers: every kind of parameter, what happens when an argument does not decode, acknowledgements by return value
// and by ack<>, catch-all listeners, and what may be sent.
#include <map>
#include <set>
#include <tuple>
#include <variant>

#include "sio/host.hpp"

using namespace rules;
using siokit::errc;
using siokit::socket;

namespace {

struct point {
  int x = 0, y = 0;
};
enum class color { red, green };

/// A server, one client, and what on_error heard.
struct room {
  siokit::server io;
  host h{io};
  client c{h};
  std::string errors;
  room() {
    io.on_error([this](socket&, std::string_view event, errc e, std::string_view where) {
      errors += std::string(event) + ": " + std::string(siokit::text(e)) + " at " + std::string(where) + "; ";
    });
  }
  /// Sends an event that wants an acknowledgement, and gives what came back.
  std::string ask(std::string_view args) {
    if (c.id.empty()) joined(c);
    c.send("27" + std::string(args));
    return c.packets();
  }
};

int plain_function(int a, int b) { return a * b; }

}  // namespace

template <>
struct siokit::codec<point> {
  static errc read(value_view v, point& out) { return fields(v, "x", out.x, "y", out.y); }
  static void write(value_writer& w, const point& in) { fields(w, "x", in.x, "y", in.y); }
};
template <>
struct siokit::codec<color> {
  static errc read(value_view v, color& out) { return choice(v, out, {{"red", color::red}, {"green", color::green}}); }
  static void write(value_writer& w, const color& in) { choice(w, in, {{"red", color::red}, {"green", color::green}}); }
};

TEST_CASE("parameters of every kind", "[sio]") {
  room r;
  r.io.on("none", [] { return "none"; });
  r.io.on("function", plain_function);
  r.io.on("pointer", &plain_function);
  r.io.on("numbers", [](int a, unsigned b, double c, bool d, std::int64_t e, std::uint8_t f) {
    CHECK((a == -1 && b == 2u && c == 2.5 && d && e == 9007199254740991 && f == 255));
    return 1;
  });
  r.io.on("texts", [](std::string_view a, std::string b, const std::string& c) {
    CHECK(a == "a\"\xe2\x82\xac");
    CHECK(b == "b");
    CHECK(c == "c");
    return 1;
  });
  r.io.on("containers", [](std::vector<int> a, std::map<std::string, int> b, std::array<int, 2> d, std::tuple<int, std::string> e,
                           std::optional<int> f, std::pair<int, bool> g) {
    CHECK((a == std::vector<int>{1, 2, 3} && b.at("k") == 4 && d[1] == 6 && std::get<1>(e) == "t" && !f && g.second));
    return 1;
  });
  // Codecs that tell where their value ends stand beside others that do not.
  r.io.on("between", [](int a, std::vector<int> b, std::optional<bool> c, point p, std::string d) {
    CHECK((a == 1 && b == std::vector<int>{2} && !c && p.y == 4));
    return d;
  });
  r.io.on("own", [](point p, color c, siokit::value v, siokit::value_view w) {
    CHECK((p.x == 1 && p.y == 2 && c == color::green));
    CHECK(w.json() == "{\"a\":[1]}");
    return std::tuple(p, c, v, w);
  });
  r.io.on("mixed", [](int a, socket& s, std::string_view b, socket& again) {
    CHECK(&s == &again);
    return std::string(b) + std::to_string(a);
  });
  r.io.on("all", [](siokit::arguments args, socket&) {
    CHECK(args.size() == 3);
    CHECK(args[1].json() == "\"two\"");
    CHECK_FALSE(args[3].exists());
    return args.size();
  });
  r.io.on("both", [](int first, siokit::arguments args) { return first + static_cast<int>(args.size()); });
  r.io.on("maybe", [](siokit::result<int> a, siokit::result<int> b, siokit::result<std::string> c) {
    CHECK((a && *a == 5));
    CHECK((!b && b.error() == errc::expected_integer));
    CHECK((!c && c.error() == errc::missing_argument));
    return 1;
  });
  r.io.on("missing", [](int a, std::optional<int> b, std::optional<std::string> c, siokit::value_view d) {
    CHECK((a == 1 && !b && !c && !d.exists()));
    return 1;
  });
  r.io.on("mutable", [n = 0]() mutable { return ++n; });
  CHECK(r.ask("[\"none\"]") == "37[\"none\"]");
  CHECK(r.ask("[\"none\",\"more\",\"than\",\"wanted\"]") == "37[\"none\"]");
  CHECK(r.ask("[\"function\",6,7]") == "37[42]");
  CHECK(r.ask("[\"pointer\",6,7]") == "37[42]");
  CHECK(r.ask("[\"numbers\",-1,2,2.5,true,9007199254740991,255]") == "37[1]");
  CHECK(r.ask("[\"texts\",\"a\\\"\\u20ac\",\"b\",\"c\"]") == "37[1]");
  CHECK(r.ask("[\"containers\",[1,2,3],{\"k\":4},[5,6],[7,\"t\"],null,[1,true]]") == "37[1]");
  CHECK(r.ask("[\"between\", 1 ,[2], null ,{\"x\":3,\"y\":4},\"d\"]") == "37[\"d\"]");
  CHECK(r.ask("[\"own\",{\"y\":2,\"x\":1},\"green\",[null],{\"a\":[1]}]") == "37[[{\"x\":1,\"y\":2},\"green\",[null],{\"a\":[1]}]]");
  CHECK(r.ask("[\"mixed\",1,\"b\"]") == "37[\"b1\"]");
  CHECK(r.ask("[\"all\",1,\"two\",{}]") == "37[3]");
  CHECK(r.ask("[\"both\",1,2]") == "37[3]");
  CHECK(r.ask("[\"maybe\",5,\"x\"]") == "37[1]");
  CHECK(r.ask("[\"missing\",1]") == "37[1]");
  CHECK(r.ask("[\"mutable\"]") == "37[1]");
  CHECK(r.ask("[\"mutable\"]") == "37[2]");
  CHECK(r.errors.empty());
}

TEST_CASE("binary arguments, both ways", "[sio]") {
  room r;
  std::string seen;
  r.io.on("blob", [&](siokit::bytes_view a, std::string_view text, siokit::bytes b) {
    seen = std::string(siokit::as_text(a)) + "," + std::string(text) + "," + std::string(siokit::as_text(b));
    return b;
  });
  r.io.on("nested", [&](siokit::value_view v) {
    CHECK(v.exists());
    return siokit::value(siokit::obj("again", v, "n", 1));
  });
  joined(r.c);
  r.c.send("52-7[\"blob\",{\"_placeholder\":true,\"num\":0},\"t\",{\"num\":1,\"_placeholder\":true}]");
  CHECK(seen.empty());
  r.c.send_binary("one");
  CHECK(seen.empty());
  r.c.send_binary(std::string("t\0o", 3));
  CHECK(seen == std::string("one,t,t\0o", 9));
  CHECK(r.c.packets() == std::string("61-7[{\"_placeholder\":true,\"num\":0}] <t\0o>", 41));
  r.c.send("51-8[\"nested\",{\"in\":[{\"_placeholder\":true,\"num\":0}]}]");
  r.c.send_binary("deep");
  CHECK(r.c.packets() == "61-8[{\"again\":{\"in\":[{\"_placeholder\":true,\"num\":0}]},\"n\":1}] <deep>");
  CHECK(r.errors.empty());
}

TEST_CASE("an argument that does not decode: nobody is called but on_error, with the path", "[sio]") {
  room r;
  int called = 0;
  r.io.on("n", [&](int) { ++called; });
  r.io.on("second", [&](int, std::string_view) { ++called; });
  r.io.on("deep", [&](std::vector<std::map<std::string, point>>) { ++called; });
  r.io.on("point", [&](point) { ++called; });
  r.io.on("two", [&](int) { ++called; });
  r.io.on("two", [&](std::string) { called += 10; });
  r.io.on("small", [&](std::uint8_t) { ++called; });
  r.io.on("bytes", [&](siokit::bytes) { ++called; });
  r.io.on("color", [&](color) { ++called; });
  const auto error = [&](std::string_view packet) {
    r.errors.clear();
    CHECK(r.ask(packet).empty());
    CHECK(r.io.size() == 1);
    return r.errors;
  };
  CHECK(error("[\"n\",\"x\"]") == "n: expected integer at args[0]; ");
  CHECK(error("[\"n\"]") == "n: missing argument at args[0]; ");
  CHECK(error("[\"n\",1.5]") == "n: expected integer at args[0]; ");
  CHECK(error("[\"second\",1,2]") == "second: expected string at args[1]; ");
  CHECK(error("[\"deep\",[{},{\"k\":{\"x\":1,\"y\":\"q\"}}]]") == "deep: expected integer at args[0][1].k.y; ");
  CHECK(error("[\"point\",{\"x\":1}]") == "point: missing field at args[0].y; ");
  CHECK(error("[\"point\",7]") == "point: expected object at args[0]; ");
  CHECK(error("[\"small\",256]") == "small: number out of range at args[0]; ");
  CHECK(error("[\"small\",-1]") == "small: number out of range at args[0]; ");
  CHECK(error("[\"bytes\",\"text\"]") == "bytes: expected binary at args[0]; ");
  CHECK(error("[\"color\",\"blue\"]") == "color: not one of the known names at args[0]; ");
  CHECK(called == 0);
  CHECK(error("[\"two\",\"text\"]") == "two: expected integer at args[0]; ");
  CHECK(called == 10);  // each listener decodes for itself
}

TEST_CASE("at most one handler acknowledges, void ones never do", "[sio]") {
  room r;
  r.io.on("e", [](int) {});
  r.io.on("e", [](std::string_view) { return "not this one: it does not decode"; });
  r.io.on("e", [](int x) { return x + 1; });
  r.io.on("e", [](int x) { return x + 2; });
  r.io.on("void", [] {});
  CHECK(r.ask("[\"e\",1]") == "37[2]");
  CHECK(r.ask("[\"void\"]").empty());
  r.c.send("2[\"e\",1]");  // nobody asked
  CHECK(r.c.packets().empty());
}

TEST_CASE("a deferred acknowledgement comes later, once, with several values", "[sio]") {
  room r;
  siokit::ack<std::string, int> kept;
  r.io.on("later", [&](siokit::ack<std::string, int> reply) { kept = reply; });
  r.io.on("now", [](siokit::ack<> done, int) { done(); });
  r.io.on("two", [](siokit::ack<int> first) { first(1); });
  r.io.on("two", [](siokit::ack<int> second) { second(2); });
  CHECK(r.ask("[\"later\"]").empty());
  CHECK(kept.socket() == r.io.find(r.c.id));
  kept("x", 2);
  kept("y", 3);
  r.h.settle();
  CHECK(r.c.packets() == "37[\"x\",2]");
  CHECK(kept.socket() == nullptr);
  CHECK(r.ask("[\"now\",1]") == "37[]");
  CHECK(r.ask("[\"two\"]") == "37[1]");
}

TEST_CASE("on, once and off, of the namespace and of a socket", "[sio]") {
  room r;
  std::string order;
  const auto id = r.io.on("e", [&] { order += "n"; });
  r.io.once("e", [&] { order += "1"; });
  joined(r.c);
  socket& s = *r.io.find(r.c.id);
  const auto own = s.on("e", [&] { order += "s"; });
  s.once("e", [&] { order += "o"; });
  client other(r.h);
  joined(other);
  r.c.send("2[\"e\"]");
  CHECK(std::exchange(order, {}) == "n1so");
  r.c.send("2[\"e\"]");
  other.send("2[\"e\"]");
  CHECK(std::exchange(order, {}) == "nsn");
  s.off("e", own);
  r.io.off("e", own);  // not its own: nothing happens
  r.c.send("2[\"e\"]");
  CHECK(std::exchange(order, {}) == "n");
  r.io.off("e", id);
  r.c.send("2[\"e\"]");
  CHECK(order.empty());
  r.io.on("e", [&] { order += "a"; });
  r.io.on("e", [&] { order += "b"; });
  r.io.off("e");
  s.on("f", [&] { order += "f"; });
  s.on("g", [&] { order += "g"; });
  s.off();
  r.c.send_all({"2[\"e\"]", "2[\"f\"]", "2[\"g\"]"});
  CHECK(order.empty());
}

TEST_CASE("event names: numbers match their text, escapes are undone, reserved ones are refused", "[sio]") {
  room r;
  std::string order;
  r.io.on("5", [&] { order += "5"; });
  r.io.on("-1.5e3", [&] { order += "e"; });
  r.io.on("a\"b\n\xe2\x82\xac", [&] { order += "x"; });
  r.io.on("", [&] { order += "0"; });
  r.io.on("error", [&] { order += "E"; });
  joined(r.c);
  r.c.send_all({"2[5]", "2[\"5\"]", "2[-1.5e3]", "2[\"a\\\"b\\n\\u20ac\"]", "2[\"\"]", "2[\"error\"]"});
  CHECK(order == "55ex0E");
  for (const char* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "\\u0063onnect"}) {
    client c(r.h);
    joined(c);
    c.send("2[\"" + std::string(name) + "\"]");
    c.read();
    CHECK(c.close_code == 1005);
    CHECK(r.io.size() == 1);
  }
}

TEST_CASE("on_any sees every event first, on_unhandled those of nobody", "[sio]") {
  room r;
  std::string order;
  const auto any = r.io.on_any([&](socket&, std::string_view e, const siokit::arguments& a) {
    order += "any:" + std::string(e) + std::to_string(a.size()) + " ";
  });
  r.io.on_unhandled([&](socket&, std::string_view e, const siokit::arguments&) { order += "none:" + std::string(e) + " "; });
  r.io.on("e", [&](std::string_view t) { order += "e:" + std::string(t) + " "; });
  joined(r.c);
  r.io.find(r.c.id)->on_any([&](socket&, std::string_view, const siokit::arguments&) { order += "own "; });
  r.c.send_all({"2[\"e\",\"t\\n\"]", "2[\"f\",1,2]"});
  CHECK(order == "any:e1 own e:t\n any:f2 own none:f ");
  order.clear();
  r.io.off_any(any);
  r.c.send("2[\"f\"]");
  CHECK(order == "own none:f ");
}

TEST_CASE("on_any_outgoing sees what is sent to each socket, in any namespace", "[sio]") {
  room r;
  std::string order;
  auto& weird = r.io.of("/we[i]rd");
  const auto hear = [&](socket& s, std::string_view e, const siokit::arguments& a) {
    order += s.nsp().name() + ":" + std::string(e) + "(" + (a.empty() ? "" : std::string(a[0].json())) + ") ";
  };
  const auto id = r.io.on_any_outgoing(hear);
  weird.on_any_outgoing(hear);
  client d(r.h);
  joined(r.c).join("/we[i]rd");
  joined(d);
  (void)r.io.find(d.id)->emit("one", 1);
  r.io.emit("all", "x");
  weird.emit("w", siokit::bytes(3));
  (void)r.io.find(d.id)->emit("asks", "y", siokit::on_ack([](siokit::result<int>) {}));
  r.h.settle();
  CHECK(order == "/:one(1) /:all(\"x\") /:all(\"x\") /we[i]rd:w({\"_placeholder\":true,\"num\":0}) /:asks(\"y\") ");
  order.clear();
  r.io.off_any_outgoing(id);
  r.io.emit("all", 1);
  r.h.settle();
  CHECK(order.empty());
}

TEST_CASE("what is sent: literals, containers, safe text", "[sio]") {
  room r;
  joined(r.c);
  socket& s = *r.io.find(r.c.id);
  const auto sent = [&](auto&&... a) {
    (void)s.emit("e", a...);
    r.h.settle();
    return r.c.packets();
  };
  CHECK(sent() == "2[\"e\"]");
  CHECK(sent(1, -2.5, true, nullptr, "text", std::string("own"), std::string_view("view")) ==
        "2[\"e\",1,-2.5,true,null,\"text\",\"own\",\"view\"]");
  CHECK(sent(siokit::obj("id", 3, "tags", siokit::arr("a", true), "n", nullptr)) == "2[\"e\",{\"id\":3,\"tags\":[\"a\",true],\"n\":null}]");
  CHECK(sent(std::vector<int>{1, 2}, std::map<std::string, double>{{"k", 0.5}}, std::optional<int>{}, std::tuple(1, "x")) ==
        "2[\"e\",[1,2],{\"k\":0.5},null,[1,\"x\"]]");
  CHECK(sent(point{1, 2}, color::red) == "2[\"e\",{\"x\":1,\"y\":2},\"red\"]");
  CHECK(sent(s.id()) == "2[\"e\",\"" + r.c.id + "\"]");
  CHECK(sent("bad \xff", std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()) ==
        "2[\"e\",\"bad \xef\xbf\xbd\",null,null]");
  CHECK(sent("\x1e\n\"\\") == "2[\"e\",\"\\u001e\\n\\\"\\\\\"]");
  const siokit::bytes b(2, std::byte{'z'});
  CHECK(sent(siokit::obj("a", b, "c", siokit::arr(b))) ==
        "52-[\"e\",{\"a\":{\"_placeholder\":true,\"num\":0},\"c\":[{\"_placeholder\":true,\"num\":1}]}] <zz> <zz>");
  s.send("hi", 1);
  s.emit_event("other", 2);
  r.io.emit_event("third");
  r.io.send(4);
  r.h.settle();
  CHECK(r.c.packets() == "2[\"message\",\"hi\",1] 2[\"other\",2] 2[\"third\"] 2[\"message\",4]");
}

TEST_CASE("arguments are sent on without being encoded again", "[sio]") {
  room r;
  joined(r.c);
  client d(r.h);
  joined(d);
  r.io.on("relay", [&](socket& s, siokit::arguments args) {
    s.broadcast().emit("relayed", s.id(), args, "tail");
    return args;
  });
  r.c.send("27[\"relay\",1.50, {\"k\" : \"\\u20ac\"},1e2]");
  CHECK(d.packets() == "2[\"relayed\",\"" + r.c.id + "\",1.50,{\"k\" : \"\\u20ac\"},1e2,\"tail\"]");
  CHECK(r.c.packets() == "37[1.50,{\"k\" : \"\\u20ac\"},1e2]");
  r.c.send("52-8[\"relay\",{\"_placeholder\":true,\"num\":1},{\"deep\":{\"num\":0,\"_placeholder\":true}}]");
  r.c.send_binary("zero");
  r.c.send_binary("one");
  // Placeholders are numbered anew, in the order in which they stand.
  CHECK(d.packets() == "52-[\"relayed\",\"" + r.c.id +
                           "\",{\"_placeholder\":true,\"num\":0},{\"deep\":{\"_placeholder\":true,\"num\":1}},\"tail\"] <one> <zero>");
  (void)r.c.packets();
  // A placeholder that is only a look-alike stays what it was.
  r.c.send("29[\"relay\",{\"_placeholder\":true,\"num\":0}]");
  CHECK(d.packets() == "2[\"relayed\",\"" + r.c.id + "\",{\"_placeholder\":true,\"num\":0},\"tail\"]");
}

namespace shared {
inline constexpr siokit::event<int(int, int)> add{"add"};
inline constexpr siokit::event<void(std::string_view)> say{"say"};
inline constexpr siokit::event<std::string()> name{"name"};
}  // namespace shared

TEST_CASE("declared events", "[sio]") {
  room r;
  std::string said;
  r.io.on(shared::add, [](int a, int b) { return a + b; });
  r.io.on(shared::say, [&](socket&, std::string_view t) { said += t; });
  joined(r.c);
  socket& s = *r.io.find(r.c.id);
  s.on(shared::say, [&](std::string t) { said += "!" + t; });
  CHECK(r.ask("[\"add\",2,3]") == "37[5]");
  r.c.send("2[\"say\",\"x\"]");
  CHECK(said == "x!x");
  int sum = 0;
  std::string who;
  (void)s.emit(shared::add, 2, 3, siokit::on_ack([&](siokit::result<int> got) { sum = got ? *got : -1; }));
  (void)s.emit(shared::say, "text");
  (void)s.timeout(1s).emit(shared::name, siokit::on_ack([&](siokit::result<std::string> got) { who = got ? *got : "?"; }));
  r.io.emit(shared::say, std::string("all"));
  r.io.to(std::string_view(s.id())).emit(shared::say, "room");
  r.h.settle();
  CHECK(r.c.packets() == "20[\"add\",2,3] 2[\"say\",\"text\"] 21[\"name\"] 2[\"say\",\"all\"] 2[\"say\",\"room\"]");
  r.c.send("30[5]");
  r.c.send("31[\"me\"]");
  CHECK(sum == 5);
  CHECK(who == "me");
}
