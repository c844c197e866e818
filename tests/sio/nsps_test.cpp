// Namespaces: joining and leaving them, middleware, dynamic ones, reasons, closing, user data, and the handshake.
#include "sio/host.hpp"

using namespace rules;
using siokit::close_reason;
using siokit::errc;
using siokit::socket;

namespace {

/// Notes how sockets came and went.
struct book {
  std::string order;
  void watch(siokit::nsp& n) {
    n.on_connect([this](socket& s) { order += "+" + s.nsp().name() + " "; });
    n.on_disconnecting([this](socket& s, close_reason) { order += "~" + s.nsp().name() + " "; });
    n.on_disconnect([this](socket& s, close_reason r) { order += "-" + s.nsp().name() + ":" + std::string(siokit::text(r)) + " "; });
  }
};

}  // namespace

TEST_CASE("joining namespaces: answers, ids, refusals", "[sio]") {
  siokit::server io;
  host h(io);
  book b;
  b.watch(io);
  b.watch(io.of("/admin"));
  b.watch(io.of("plain"));
  CHECK(&io.of("/admin") == &io.of("admin"));
  CHECK(&io.of("/") == &static_cast<siokit::nsp&>(io));
  client c(h);
  c.websocket();
  c.join();
  const std::string first = c.id;
  c.join("/admin");
  CHECK(c.id != first);
  c.join("/plain");
  c.join("/nowhere");
  const std::string got = c.packets();
  CHECK(got.find("0{\"sid\":\"" + first + "\"}") == 0);
  CHECK(got.find("0/admin,{\"sid\":\"") != std::string::npos);
  CHECK(got.find("4/nowhere,{\"message\":\"Invalid namespace\"}") != std::string::npos);
  CHECK(b.order == "+/ +/admin +/plain ");
  CHECK(first != c.opened.substr(9, 20));  // unrelated to the sid
  c.send("2/admin,[\"x\"]");
  CHECK(io.of("/admin").size() == 1);
  c.send("1/admin,");
  CHECK(b.order == "+/ +/admin +/plain ~/admin -/admin:client namespace disconnect ");
  CHECK(io.of("/admin").size() == 0);
  CHECK(c.alive());
  c.join("/admin");  // and back again
  CHECK(io.of("/admin").size() == 1);
}

TEST_CASE("reasons, in every way to leave", "[sio]") {
  siokit::server io;
  host h(io);
  book b;
  b.watch(io);
  (void)io.of("/b");
  b.watch(io.of("/b"));
  client c(h);
  joined(c).join("/b");
  b.order.clear();
  SECTION("the link breaks") {
    c.drop();
    CHECK(b.order == "~/ -/:transport close ~/b -/b:transport close ");
  }
  SECTION("a close frame") {
    h.receive(c.link, peer_wire::ws_frame(peer_wire::close, "", 1));
    CHECK(b.order == "~/ -/:transport close ~/b -/b:transport close ");
  }
  SECTION("a broken WebSocket rule") {
    h.receive(c.link, peer_wire::ws_frame(5, "", 1));
    CHECK(b.order == "~/ -/:transport error ~/b -/b:transport error ");
  }
  SECTION("an Engine.IO packet that is none") {
    c.send_raw("x");
    CHECK(b.order == "~/ -/:parse error ~/b -/b:parse error ");
  }
  SECTION("a Socket.IO packet that is none") {
    c.send("9");
    CHECK(b.order.find("-/:forced close") != std::string::npos);
  }
  SECTION("ping timeout") {
    h.run_for(45s);
    CHECK(b.order.find("-/:ping timeout") != std::string::npos);
  }
  SECTION("disconnect()") {
    io.find(c.id) == nullptr ? io.of("/b").find(c.id)->disconnect() : io.find(c.id)->disconnect();
    h.settle();
    CHECK(b.order == "~/b -/b:server namespace disconnect ");
    CHECK(c.packets().find("1/b,") != std::string::npos);
    CHECK(c.alive());
  }
  SECTION("disconnect(true) takes all namespaces") {
    io.of("/b").find(c.id)->disconnect(true);
    CHECK(io.size() == 0);
    h.settle();
    CHECK(b.order.find("-/:server namespace disconnect") != std::string::npos);
    CHECK(b.order.find("-/b:server namespace disconnect") != std::string::npos);
    c.read();
    CHECK(c.close_code == 1005);
  }
  SECTION("io.close()") {
    io.close();
    CHECK(io.size() == 0);
    h.settle();
    CHECK(b.order.find("-/:server shutting down") != std::string::npos);
    c.read();
    CHECK(c.close_code == 1005);
    CHECK(c.packets().find("1") == std::string::npos);  // clients reconnect when nobody tells them not to
    CHECK(h.accept() == link_id{});
  }
}

TEST_CASE("io.close() with everything in the air", "[sio]") {
  siokit::server io;
  host h(io);
  siokit::admission entry;
  siokit::http::reply reply;
  io.on_http([&](const siokit::http::request&, siokit::http::reply r) { reply = r; });
  client ws(h), poll(h), parked(h);
  joined(ws);
  poll.poll_open();
  poll.send("0");
  parked.poll_open();
  parked.send("0");
  parked.get();
  (void)parked.packets();
  parked.get();
  const link_id posting = h.accept(), idle = h.accept(), half = h.accept(), asking = h.accept(), page = h.accept(), probe = h.accept();
  h.receive(posting, request("POST", poll.target(), "Content-Length: 10\r\n") + "4");
  h.receive(half, "GET /socket.io/?EI");
  h.receive(page, request("GET", "/page"));
  h.receive(probe, request("GET", "/socket.io/?EIO=4&transport=websocket&sid=" + parked.sid, peer_wire::ws_headers));
  io.allow_request([&](const siokit::http::request&, siokit::admission a) { entry = a; });
  h.receive(asking, request("GET", "/socket.io/?EIO=4&transport=polling"));
  CHECK(io.session_count() == 3);
  io.close();
  CHECK(io.size() == 0);
  entry.allow();
  reply.send(200, "text/plain", "too late");
  h.settle();
  CHECK(io.session_count() == 0);
  h.run_for(1min);
  CHECK(io.session_count() == 0);
  for (const link_id l : {ws.link, poll.link, parked.link, posting, idle, half, asking, page, probe}) CHECK_FALSE(h.open(l));
  CHECK(io.link_count() == 0);
  CHECK(h[page].out.find("too late") == std::string::npos);
}

TEST_CASE("middleware of a namespace: order, refusal with data, late answers", "[sio]") {
  siokit::server io;
  host h(io);
  std::string order;
  siokit::next_fn late;
  io.use([&](socket& s, siokit::next_fn next) {
    order += "1";
    CHECK_FALSE(s.connected());
    CHECK(s.join("early") == errc::none);
    const auto name = s.handshake().auth().find("name");
    next();
    next(siokit::refusal{"too late", {}});
    (void)name;
  });
  io.use([&](socket&, siokit::next_fn next) {
    order += "2";
    late = next;
  });
  io.on_connect([&](socket& s) {
    order += "c";
    CHECK(s.in_room("early"));
  });
  client a(h);
  a.websocket().join();
  CHECK(order == "12");
  CHECK(a.packets().empty());
  CHECK(late.socket() != nullptr);
  late();
  late();
  h.settle();
  CHECK(order == "12c");
  CHECK(a.packets().substr(0, 2) == "0{");
  CHECK(late.socket() == nullptr);
  client b(h);
  b.websocket().join();
  late(siokit::refusal{"not \"you\"", siokit::value(siokit::obj("code", 401))});
  h.settle();
  CHECK(b.packets() == "4{\"message\":\"not \\\"you\\\"\",\"data\":{\"code\":401}}");
  CHECK(io.size() == 1);
  b.join();  // may try again
  CHECK(order == "12c1212");
  siokit::value deep;
  for (int i = 0; i < 600; ++i) {
    siokit::value around;
    around.push_back(std::move(deep));
    deep = std::move(around);
  }
  late(siokit::refusal{"without data", deep});
  h.settle();
  CHECK(b.packets() == "4{\"message\":\"without data\"}");
  b.join();
  CHECK(order == "12c121212");
  b.drop();
  CHECK(late.socket() == nullptr);
  late();
  h.settle();
  CHECK(io.size() == 1);
}

TEST_CASE("middleware of a socket: passes, refuses, waits; later packets queue behind", "[sio]") {
  siokit::server io;
  host h(io);
  std::string order;
  std::vector<siokit::next_fn> held;
  io.on_error([&](socket&, std::string_view e, errc why, std::string_view text) {
    CHECK(why == errc::refused);
    order += "!" + std::string(e) + ":" + std::string(text) + " ";
  });
  io.on_connect([&](socket& s) {
    s.use([&](socket&, std::string_view e, const siokit::arguments& args, siokit::next_fn next) {
      if (e == "bad") return next(siokit::refusal{"no", {}});
      if (e == "wait") return held.push_back(next);
      CHECK(args.size() <= 1);
      next();
    });
    s.use([&](socket&, std::string_view, const siokit::arguments&, siokit::next_fn next) {
      order += "2";
      next();
    });
  });
  io.on("wait", [&](std::string_view x) { order += "w" + std::string(x) + " "; });
  io.on("go", [&](siokit::bytes_view x) {
    order += "g" + std::string(siokit::as_text(x)) + " ";
    return 1;
  });
  client c(h);
  joined(c);
  c.send("2[\"bad\"]");
  CHECK(std::exchange(order, {}) == "!bad:no ");
  c.send("51-3[\"go\",{\"_placeholder\":true,\"num\":0}]");
  c.send_binary("A");
  CHECK(std::exchange(order, {}) == "2gA ");
  CHECK(c.packets() == "33[1]");
  c.send("2[\"wait\",\"1\"]");
  c.send("51-4[\"go\",{\"_placeholder\":true,\"num\":0}]");
  c.send_binary("B");
  c.send("2[\"bad\"]");
  c.send("2[\"wait\",\"2\"]");
  CHECK(order.empty());
  REQUIRE(held.size() == 1);
  held[0]();
  CHECK(order.empty());  // not inside the call
  h.settle();
  CHECK(std::exchange(order, {}) == "2w1 2gB !bad:no ");
  CHECK(c.packets() == "34[1]");
  REQUIRE(held.size() == 2);
  held[1](siokit::refusal{"late", {}});
  h.settle();
  CHECK(order == "!wait:late ");
}

TEST_CASE("a socket that leaves while its packets wait: they go with it, its session reads on", "[sio]") {
  siokit::server_options o;
  o.limits.waiting_packets = 1000;
  siokit::server io(o);
  host h(io);
  int handled = 0, other = 0;
  siokit::next_fn kept;
  io.on_connect([&](socket& s) {
    s.use([&](socket&, std::string_view, const siokit::arguments&, siokit::next_fn next) { kept = next; });
  });
  io.on("e", [&] { ++handled; });
  io.of("/b").on("e", [&] { ++other; });
  client c(h);
  joined(c);
  const std::string first = c.id;
  c.join("/b");
  c.send("2[\"e\"]");
  c.send("2[\"e\",\"" + std::string(2000, 'x') + "\"]");
  CHECK_FALSE(h.driver().wants_read(c.link));
  io.find(first)->disconnect();
  h.settle();
  CHECK(h.driver().wants_read(c.link));
  c.send("2/b,[\"e\"]");
  CHECK(other == 1);
  kept();
  h.settle();
  CHECK(handled == 0);
}

TEST_CASE("dynamic namespaces come when they are named and go with their last socket", "[sio]") {
  siokit::server io;
  host h(io);
  std::string order;
  auto& parent = io.of([&](std::string_view name, siokit::value_view auth) {
    order += "?" + std::string(name) + " ";
    return name.substr(0, 3) == "/d-" && auth.json() != "{\"no\":1}";
  });
  parent.use([&](socket&, siokit::next_fn next) {
    order += "m";
    next();
  });
  parent.on_connect([&](socket& s) { order += "+" + s.nsp().name() + " "; });
  parent.on_disconnect([&](socket& s, close_reason) { order += "-" + s.nsp().name() + " "; });
  parent.on("e", [&](socket& s, int x) { s.nsp().emit("to all", x); });
  client a(h), b(h);
  a.websocket().join("/d-1");
  b.websocket().join("/d-1").join("/d-2");
  CHECK(order == "?/d-1 m+/d-1 m+/d-1 ?/d-2 m+/d-2 ");
  (void)a.packets();
  (void)b.packets();
  a.send("2/d-1,[\"e\",4]");
  CHECK(a.packets() == "2/d-1,[\"to all\",4]");
  CHECK(b.packets() == "2/d-1,[\"to all\",4]");
  order.clear();
  a.send("1/d-1,");
  CHECK(order == "-/d-1 ");
  b.send("1/d-1,");
  order.clear();
  a.join("/d-1");
  CHECK(order == "?/d-1 m+/d-1 ");  // it was gone
  (void)a.packets();
  a.join("/e");
  a.join("/d-9", "{\"no\":1}");
  CHECK(a.packets() == "4/e,{\"message\":\"Invalid namespace\"} 4/d-9,{\"message\":\"Invalid namespace\"}");
}

TEST_CASE("a dynamic namespace whose only CONNECT is refused is gone too", "[sio]") {
  siokit::server_options o;
  o.limits.dynamic_nsps = 1;
  siokit::server io(o);
  host h(io);
  bool admit = false;
  auto& parent = io.of([](std::string_view, siokit::value_view) { return true; });
  parent.use([&](socket&, siokit::next_fn next) { admit ? next() : next(siokit::refusal{"no", {}}); });
  client c(h);
  c.websocket();
  for (int i = 0; i < 10; ++i) c.join("/n" + std::to_string(i));
  admit = true;
  c.join("/last");
  CHECK(c.packets().find("0/last,{") != std::string::npos);
}

TEST_CASE("data<T>() is one of each type per socket, and dies with it", "[sio]") {
  siokit::server io;
  host h(io);
  struct user {
    std::string name;
    std::shared_ptr<int> alive;
  };
  struct other {
    int n = 5;
  };
  client a(h), b(h);
  joined(a);
  joined(b);
  socket& s = *io.find(a.id);
  s.data<user>() = {"ann", std::make_shared<int>(1)};
  const std::weak_ptr<int> watch = s.data<user>().alive;
  CHECK(s.data<user>().name == "ann");
  CHECK(s.data<other>().n == 5);
  CHECK(s.data<int>() == 0);
  CHECK(io.find(b.id)->data<user>().name.empty());
  a.drop();
  CHECK(watch.expired());
}

TEST_CASE("the handshake: headers, query, cookies, auth, where from, when", "[sio]") {
  siokit::server io;
  host h(io);
  int seen = 0;
  io.on_connect([&](socket& s) {
    const siokit::handshake& hs = s.handshake();
    CHECK(hs.header("x-token") == "abc");
    CHECK(hs.header("X-TOKEN") == "abc");
    CHECK_FALSE(hs.header("x-none"));
    CHECK(hs.query("EIO") == "4");
    CHECK(hs.query("name") == "a b&c");
    CHECK_FALSE(hs.query("none"));
    CHECK(hs.cookie("sid") == "5");
    CHECK(hs.cookie("two") == "x");
    CHECK_FALSE(hs.cookie("one"));
    CHECK(hs.address() == "192.0.2.7");
    CHECK(hs.port() == 4711);
    CHECK(hs.time().time_since_epoch() == std::chrono::milliseconds(1'700'000'000'000));
    CHECK(hs.url() == "/socket.io/?EIO=4&transport=websocket&name=a%20b%26c");
    CHECK_FALSE(hs.secure());
    CHECK(hs.cross_origin());
    CHECK(hs.auth().json() == (seen == 0 ? "{\"token\":\"t\"}" : "{}"));
    ++seen;
  });
  const char* const fields = "X-Token: abc\r\nCookie: sid=5; two=x\r\nOrigin: http://elsewhere\r\n";
  client c(h), d(h);
  c.websocket(fields, "&name=a%20b%26c").join({}, "{\"token\":\"t\"}");
  d.websocket(fields, "&name=a%20b%26c").join();
  CHECK(seen == 2);
  socket& s = *io.find(c.id);
  s.forget_handshake();
  CHECK_FALSE(s.handshake().header("x-token"));
  CHECK_FALSE(s.handshake().query("EIO"));
  CHECK(s.handshake().fields().empty());
  CHECK(s.handshake().auth().json() == "{\"token\":\"t\"}");
}

TEST_CASE("keep_head: all, those listed, none; what the connect handlers need they have", "[sio]") {
  using keep = siokit::server_options::keep;
  for (const keep k : {keep::all, keep::listed, keep::none}) {
    siokit::server_options o;
    o.keep_head = k;
    o.kept_headers = {"Cookie", "x-b"};
    siokit::server io(o);
    host h(io);
    int seen = 0;
    io.on_connect([&](socket& s) {
      CHECK(s.handshake().header("x-a") == "1");
      ++seen;
    });
    client c(h);
    c.websocket("X-A: 1\r\nX-B: 2\r\nCookie: k=v\r\n").join();
    CHECK(seen == 1);
    const siokit::handshake& hs = io.find(c.id)->handshake();
    CHECK(hs.header("x-a").has_value() == (k == keep::all));
    CHECK(hs.header("x-b").has_value() == (k != keep::none));
    CHECK(hs.cookie("k").has_value() == (k != keep::none));
    CHECK(hs.query("EIO").has_value() == (k != keep::none));
    CHECK(hs.address() == (k == keep::none ? "" : "192.0.2.7"));
  }
}

TEST_CASE("the transport is told, also across an upgrade", "[sio]") {
  siokit::server io;
  host h(io);
  client c(h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  socket& s = *io.find(c.id);
  CHECK(s.transport() == siokit::eio::transport::polling);
  const link_id ws = h.accept();
  h.receive(ws, request("GET", "/socket.io/?EIO=4&transport=websocket&sid=" + c.sid, peer_wire::ws_headers));
  h.receive(ws, peer_wire::ws_frame(peer_wire::text, "2probe", 1));
  CHECK(h[ws].out.find("3probe") != std::string::npos);
  h.receive(ws, peer_wire::ws_frame(peer_wire::text, "5", 1));
  CHECK(s.transport() == siokit::eio::transport::websocket);
  (void)s.emit("e");
  h.settle();
  CHECK(h[ws].out.find("42[\"e\"]") != std::string::npos);
}
