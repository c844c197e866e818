// What a server does beside Socket.IO on the same port: Engine.IO alone, other HTTP requests, and who may come in.
#include "sio/host.hpp"

using namespace rules;
using siokit::socket;

TEST_CASE("an Engine.IO path: messages both ways, on both transports", "[sio]") {
  siokit::server io;
  host h(io);
  std::string order;
  siokit::engine_session kept;
  auto& path = io.engine("/engine.io");
  path.on_open = [&](siokit::engine_session s) {
    kept = s;
    order += "open ";
    CHECK(s.sid().size() == 20);
    CHECK(s.send("welcome") == siokit::delivery::queued);
  };
  path.on_message = [&](siokit::engine_session s, siokit::message_kind kind, siokit::bytes_view in) {
    order += std::string(siokit::as_text(in)) + " ";
    if (kind == siokit::message_kind::text) (void)s.send(siokit::as_text(in));
    else (void)s.send(in);
  };
  path.on_close = [&](siokit::engine_session s, siokit::close_reason r) {
    CHECK(s == kept);
    order += "close:" + std::string(siokit::text(r)) + " ";
  };
  client c(h, "/engine.io/");
  SECTION("websocket") {
    c.websocket();
    c.send_raw("4hi");
    c.send_binary("bin");
    CHECK(c.packets() == "welcome hi <bin>");
    CHECK(kept.sid() == c.opened.substr(9, 20));
    SECTION("the client leaves") {
      c.drop();
      CHECK(order == "open hi bin close:transport close ");
    }
    SECTION("the server ends it") {
      kept.close();
      h.settle();
      CHECK(order == "open hi bin close:forced close ");
      c.read();
      CHECK(c.close_code == 1005);
    }
  }
  SECTION("polling") {
    c.poll_open();
    CHECK(c.packets() == "welcome");  // in the same response
    c.post("4hi\x1e" "bYmlu");
    c.get();
    CHECK(c.packets() == "hi <bYmlu>");
    kept.close();
    c.get();
    CHECK(order == "open hi bin close:forced close ");
    CHECK(c.engine.back() == "1");
  }
  CHECK(kept.sid().empty());
  CHECK(kept.send("late") == siokit::delivery::refused);
  kept.close();
  CHECK(io.size() == 0);
}

TEST_CASE("an Engine.IO message that would not survive the way is refused", "[sio]") {
  siokit::server io;
  host h(io);
  siokit::engine_session kept;
  io.engine("/engine.io").on_open = [&](siokit::engine_session s) { kept = s; };
  client c(h, "/engine.io/");
  c.websocket();
  CHECK(kept.send("a\x1e" "b") == siokit::delivery::refused);
  CHECK(kept.send("\xff") == siokit::delivery::refused);
  CHECK(kept.send("") == siokit::delivery::queued);
  h.settle();
  CHECK(c.alive());
  // Sessions of one path are not those of another.
  client thief(h, "/socket.io/");
  thief.link = h.accept();
  h.receive(thief.link, request("GET", "/socket.io/?EIO=4&transport=polling&sid=" + std::string(kept.sid())));
  thief.take_response();
  CHECK(thief.answer.body == "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

TEST_CASE("paths have options of their own", "[sio]") {
  siokit::server_options so;
  so.path = "/my/socket";
  so.add_trailing_slash = false;
  siokit::server io(so);
  siokit::eio::options eo;
  eo.ping_interval = 300ms;
  eo.ping_timeout = 200ms;
  eo.websocket = false;
  io.engine("/e/", eo).on_open = {};
  host h(io);
  const auto get = [&](std::string_view target, std::string_view fields = {}) {
    const link_id l = h.accept();
    h.receive(l, request("GET", target, fields));
    peer_wire::response r;
    REQUIRE(peer_wire::take_response(h[l].out, r));
    return r;
  };
  CHECK(get("/my/socket?EIO=4&transport=polling").status == 200);
  CHECK(get("/my/socket/?EIO=4&transport=polling").status == 404);
  CHECK(get("/e/?EIO=4&transport=polling").body.find("\"upgrades\":[],\"pingInterval\":300,\"pingTimeout\":200") != std::string::npos);
  CHECK(get("/e/?EIO=4&transport=websocket", peer_wire::ws_headers).status == 400);
  CHECK(get("/elsewhere").status == 404);
}

TEST_CASE("on_http: what was asked, answers at once, late, twice, never", "[sio]") {
  siokit::server_options o;
  o.limits.answer_timeout = 10s;
  siokit::server io(o);
  host h(io);
  std::vector<siokit::http::reply> kept;
  io.on_http([&](const siokit::http::request& r, siokit::http::reply reply) {
    if (r.path() == "/echo") {
      CHECK(r.method() == "POST");
      CHECK(r.query() == "a=1&b=x%20y");
      CHECK(r.query("b") == "x y");
      CHECK(r.header("X-Own") == "value");
      CHECK(r.cookie("k") == "v");
      CHECK(r.address() == "192.0.2.7");
      CHECK(reply.pending());
      reply.send(201, "text/plain", r.text(), "X-One: 1\r\nBad Name: 2\r\nX-Two: 3\r\n");
      CHECK_FALSE(reply.pending());
      reply.send(500, "text/plain", "twice");
      return;
    }
    kept.push_back(reply);
  });
  const link_id l = h.accept();
  h.receive(l, request("POST", "/echo?a=1&b=x%20y", "X-Own: value\r\nCookie: k=v\r\n", "the body"));
  peer_wire::response r;
  REQUIRE(peer_wire::take_response(h[l].out, r));
  CHECK(r.status == 201);
  CHECK(r.body == "the body");
  CHECK(r.header("x-one") == "1");
  CHECK(r.header("x-two") == "3");
  CHECK_FALSE(r.header("bad name"));
  CHECK(r.header("content-type") == "text/plain");
  h.receive(l, request("GET", "/late") + request("HEAD", "/head"));
  REQUIRE(kept.size() == 1);
  h.run_for(5s);
  CHECK(h[l].out.empty());
  kept[0].send(200, "application/json", "{}");
  h.settle();
  REQUIRE(peer_wire::take_response(h[l].out, r));
  CHECK(r.body == "{}");
  REQUIRE(kept.size() == 2);  // the pipelined one had to wait
  kept[1].send(200, "text/plain", "not for HEAD");
  h.settle();
  REQUIRE(peer_wire::take_response(h[l].out, r, true));
  CHECK(r.header("content-length") == "12");
  CHECK(h[l].out.empty());
  h.receive(l, request("GET", "/never"));
  h.run_for(10s);
  REQUIRE(peer_wire::take_response(h[l].out, r));
  CHECK(r.status == 503);
  CHECK_FALSE(kept[2].pending());
  kept[2].send(200, "text/plain", "too late");
  h.settle();
  const link_id gone = h.accept();
  h.receive(gone, request("GET", "/gone"));
  h.closed(gone);
  kept[3].send(200, "text/plain", "nobody is there");
  h.settle();
  CHECK_FALSE(kept[3].pending());
}

TEST_CASE("an answer given while the peer has already stopped sending still leaves", "[sio]") {
  siokit::server io;
  host h(io);
  siokit::http::reply kept;
  io.on_http([&](const siokit::http::request&, siokit::http::reply r) { kept = r; });
  const link_id l = h.accept();
  h.receive(l, request("GET", "/page"));
  kept.send(200, "text/plain", "here");
  h.closed(l, siokit::link_end::eof);  // before the host pulled the answer
  h.settle();
  CHECK(h[l].out.find("here") != std::string::npos);
  h.run_for(1min);
  CHECK(io.link_count() == 0);
}

TEST_CASE("without on_http everything else is 404, and a handler may be taken away", "[sio]") {
  siokit::server io;
  host h(io);
  const link_id l = h.accept();
  peer_wire::response r;
  h.receive(l, request("GET", "/"));
  REQUIRE(peer_wire::take_response(h[l].out, r));
  CHECK(r.status == 404);
  io.on_http([](const siokit::http::request&, siokit::http::reply x) { x.send(200, "text/plain", "x"); });
  h.receive(l, request("GET", "/"));
  REQUIRE(peer_wire::take_response(h[l].out, r));
  CHECK(r.status == 200);
  io.on_http({});
  h.receive(l, request("GET", "/"));
  REQUIRE(peer_wire::take_response(h[l].out, r));
  CHECK(r.status == 404);
}

TEST_CASE("allow_request: admits with headers, refuses, answers late, not at all", "[sio]") {
  siokit::server_options o;
  o.limits.answer_timeout = 10s;
  siokit::server io(o);
  host h(io);
  siokit::admission kept;
  io.allow_request([&](const siokit::http::request& r, siokit::admission a) {
    const auto token = r.query("token");
    if (token == "good") return a.allow("X-Initial: yes\r\nBad: a\x01\r\n"), a.refuse("twice");
    if (token == "bad") return a.refuse("no \"token\"");
    kept = a;
  });
  const auto ask = [&](std::string_view token, bool ws) {
    const link_id l = h.accept();
    h.receive(l, request("GET", "/socket.io/?EIO=4&transport=" + std::string(ws ? "websocket" : "polling") + "&token=" + std::string(token),
                         ws ? peer_wire::ws_headers : std::string_view{}));
    return l;
  };
  const auto answer = [&](link_id l) {
    peer_wire::response r;
    if (!peer_wire::take_response(h[l].out, r)) r.status = 0;
    return r;
  };
  for (const bool ws : {false, true}) {
    peer_wire::response r = answer(ask("good", ws));
    CHECK(r.status == (ws ? 101 : 200));
    CHECK(r.header("x-initial") == "yes");
    r = answer(ask("bad", ws));
    CHECK(r.status == (ws ? 400 : 403));
    CHECK(r.body == (ws ? "no \"token\"" : "{\"code\":4,\"message\":\"no \\\"token\\\"\"}"));
    link_id l = ask("later", ws);
    CHECK(answer(l).status == 0);
    h.run_for(3s);
    CHECK(answer(l).status == 0);
    kept.allow("X-Late: 1\r\n");
    h.settle();
    r = answer(l);
    CHECK(r.status == (ws ? 101 : 200));
    CHECK(r.header("x-late") == "1");
    l = ask("later", ws);
    kept.refuse();
    h.settle();
    CHECK(answer(l).body.find("Forbidden") != std::string::npos);
    l = ask("never", ws);
    h.run_for(10s);
    CHECK(answer(l).status == 503);
    kept.allow();
    h.settle();
    l = ask("gone", ws);
    h.closed(l);
    kept.allow();
    h.settle();
  }
  CHECK(io.session_count() <= 4);
  io.allow_request({});
  CHECK(answer(ask("bad", false)).status == 200);
}

TEST_CASE("only the handshake is asked about", "[sio]") {
  siokit::server io;
  host h(io);
  int asked = 0;
  io.allow_request([&](const siokit::http::request&, siokit::admission a) {
    ++asked;
    a.allow();
  });
  client c(h);
  c.poll_open();
  c.send("0");
  c.get();
  const link_id ws = h.accept();
  h.receive(ws, request("GET", "/socket.io/?EIO=4&transport=websocket&sid=" + c.sid, peer_wire::ws_headers));
  CHECK(asked == 1);
}

TEST_CASE("the log is silent by default and tells why sessions end", "[sio]") {
  siokit::server io;
  host h(io);
  std::string lines;
  client a(h), b(h);
  joined(a);
  a.send("9");
  io.on_log([&](siokit::log_level, std::string_view line) { lines += std::string(line) + "\n"; });
  joined(b);
  b.send("9");
  CHECK(lines.find("unknown Socket.IO packet type") != std::string::npos);
}
