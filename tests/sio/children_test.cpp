// Dynamic namespaces: references to their children, what their parent sends, and how children are counted.
#include "sio/host.hpp"

using namespace rules;
using siokit::close_reason;
using siokit::errc;
using siokit::socket;

namespace {

bool starts(std::string_view name, std::string_view with) { return name.substr(0, with.size()) == with; }

}  // namespace

TEST_CASE("a child of a dynamic namespace that the program holds stays when its last socket leaves", "[sio]") {
  siokit::server io;
  host h(io);
  std::string order;
  auto& parent = io.of([](std::string_view name, siokit::value_view) { return starts(name, "/room-"); });
  parent.on_connect([&](socket& s) { order += "+" + s.nsp().name(); });
  parent.on_disconnect([&](socket& s, close_reason) { order += "-" + s.nsp().name(); });
  client a(h), b(h);
  a.websocket().join("/room-1");
  auto& held = io.of("/room-1");
  CHECK(held.name() == "/room-1");
  CHECK(held.size() == 1);
  a.send("1/room-1,");
  h.settle();
  CHECK(order == "+/room-1-/room-1");
  CHECK(held.size() == 0);
  CHECK(held.name() == "/room-1");
  held.emit("to nobody");
  held.to("r").emit("to nobody");
  CHECK(&io.of("/room-1") == &held);
  b.websocket().join("/room-1");
  CHECK(held.size() == 1);
  (void)b.packets();
  held.emit("hello");
  h.settle();
  CHECK(b.packets() == "2/room-1,[\"hello\"]");
  b.drop();
  CHECK(held.size() == 0);
  CHECK(order == "+/room-1-/room-1+/room-1-/room-1");
}

TEST_CASE("the parent of dynamic namespaces sends to the sockets of all of them", "[sio]") {
  siokit::server io;
  host h(io);
  auto& parent = io.of([](std::string_view name, siokit::value_view) { return starts(name, "/d-"); });
  auto& other = io.of([](std::string_view name, siokit::value_view) { return starts(name, "/o-"); });
  parent.on_connect([&](socket& s) { s.join(s.nsp().name() == "/d-1" ? "one" : "two"); });
  parent.emit("to nobody yet");
  client a(h), b(h);
  a.websocket().join().join("/d-1").join("/d-2").join("/o-1");
  b.websocket().join("/d-2");
  const auto clear = [&] {
    h.settle();
    (void)a.packets();
    (void)b.packets();
  };
  const auto count = [](const std::string& in, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++n;
    return n;
  };
  (void)io.of("/static");
  clear();
  parent.emit("x", 1);
  h.settle();
  std::string got = a.packets();
  CHECK(count(got, "2/d-1,[\"x\",1]") == 1);
  CHECK(count(got, "2/d-2,[\"x\",1]") == 1);
  CHECK(count(got, "\"x\"") == 2);  // not "/", not the other parent's
  CHECK(b.packets() == "2/d-2,[\"x\",1]");
  parent.to("one").emit("x");
  h.settle();
  CHECK(a.packets() == "2/d-1,[\"x\"]");
  CHECK(b.packets().empty());
  parent.except("one").emit("x");
  h.settle();
  CHECK(a.packets() == "2/d-2,[\"x\"]");
  CHECK(b.packets() == "2/d-2,[\"x\"]");
  other.emit("x");
  h.settle();
  CHECK(a.packets() == "2/o-1,[\"x\"]");
  CHECK(b.packets().empty());
  b.drop();
  a.send("1/d-2,");
  clear();
  parent.emit("x");
  h.settle();
  CHECK(a.packets() == "2/d-1,[\"x\"]");
}

TEST_CASE("a matching namespace that the program names first is a child with its parent's handlers", "[sio]") {
  siokit::server io;
  host h(io);
  std::string order;
  auto& parent = io.of([](std::string_view name, siokit::value_view) { return starts(name, "/m"); });
  parent.on_connect([&](socket& s) { order += "+" + s.nsp().name() + " "; });
  auto& child = io.of("/matching");
  auto& plain = io.of("/plain");
  parent.on("e", [&](int x) { order += "e" + std::to_string(x) + " "; });
  client c(h);
  c.websocket().join("/matching").join("/plain");
  CHECK(order == "+/matching ");
  CHECK(child.size() == 1);
  CHECK(plain.size() == 1);
  (void)c.packets();
  c.send("2/matching,[\"e\",4]");
  c.send("2/plain,[\"e\",5]");
  CHECK(order == "+/matching e4 ");
  parent.emit("x");
  h.settle();
  CHECK(c.packets() == "2/matching,[\"x\"]");
}

TEST_CASE("a predicate that names the namespace itself leaks no place in dynamic_nsps", "[sio]") {
  siokit::server_options o;
  o.limits.dynamic_nsps = 2;
  siokit::server io(o);
  host h(io);
  int connected = 0;
  auto& parent = io.of([&](std::string_view name, siokit::value_view) {
    (void)io.of(name);
    return true;
  });
  parent.on_connect([&](socket&) { ++connected; });
  client c(h);
  c.websocket();
  for (const std::string name : {"/one", "/two", "/three", "/four"}) {
    c.join(name);
    CHECK(c.packets().find("0" + name + ",{") == 0);
    CHECK(io.of(name).size() == 1);
    c.send("1" + name + ",");
    h.settle();
    CHECK(io.of(name).size() == 0);
  }
  CHECK(c.alive());
  (void)connected;
}

TEST_CASE("a matching namespace that the program names is its parent's child, however many there are", "[sio]") {
  siokit::server_options o;
  o.limits.dynamic_nsps = 1;
  siokit::server io(o);
  host h(io);
  std::string order;
  auto& parent = io.of([](std::string_view name, siokit::value_view) { return starts(name, "/m"); });
  parent.on_connect([&](socket& s) { order += "+" + s.nsp().name() + " "; });
  client c(h);
  c.websocket().join("/m-1");  // the one place is taken
  (void)io.of("/m-2");
  c.join("/m-2");
  CHECK(order == "+/m-1 +/m-2 ");
  c.join("/m-3");
  CHECK(c.packets().find("4/m-3,{") != std::string::npos);
}
