// Both sides of every member of `limits` and of the options that are limits: n is served, n+1 is refused as it is written,
// and nobody else notices. tools/make_limits.py sees to it that every member is named here.
#include "sio/host.hpp"

#include <siokit/http/cookie_jar.hpp>

using namespace rules;
using siokit::delivery;
using siokit::errc;
using siokit::socket;

namespace {

/// A server with one bystander, who is served before and after whatever happens.
struct place {
  siokit::server io;
  host h{io};
  client bystander{h};
  std::string log;
  std::string errors;
  std::string reasons;
  explicit place(const siokit::server_options& o) : io(o) {
    io.on_log([this](siokit::log_level, std::string_view line) { log += std::string(line) + "; "; });
    io.on_error([this](socket&, std::string_view, errc e, std::string_view) { errors += std::string(siokit::text(e)) + "; "; });
    io.on_disconnect([this](socket&, siokit::close_reason r) { reasons += std::string(siokit::text(r)) + "; "; });
    io.on("echo", [](siokit::value_view v) { return v; });
    io.on("blob", [](siokit::arguments a) { return a.size(); });
    joined(bystander);
  }
  ~place() {
    bystander.send("21[\"echo\",\"still here\"]");
    CHECK(bystander.packets() == "31[\"still here\"]");
  }
  peer_wire::response respond(std::string_view bytes, link_id* at = nullptr) {
    const link_id l = h.accept();
    if (at != nullptr) *at = l;
    h.receive(l, bytes);
    peer_wire::response r;
    if (!peer_wire::take_response(h[l].out, r)) r.status = 0;
    if (r.status >= 400 && r.status != 404) CHECK_FALSE(h.open(l));
    return r;
  }
  int status(std::string_view bytes) { return respond(bytes).status; }
  /// A client in "/", on whose session something is tried.
  std::unique_ptr<client> guest() {
    auto c = std::make_unique<client>(h);
    joined(*c);
    return c;
  }
  bool ended(client& c) {
    c.read();
    return c.close_code != 0;
  }
};

siokit::server_options with(std::size_t siokit::limits::*member, std::size_t n) {
  siokit::server_options o;
  o.limits.*member = n;
  return o;
}
siokit::server_options with(siokit::milliseconds siokit::limits::*member, siokit::milliseconds n) {
  siokit::server_options o;
  o.limits.*member = n;
  return o;
}
using L = siokit::limits;

}  // namespace

// ---- HTTP ------------------------------------------------------------------------------------------------------------

TEST_CASE("limit request_line", "[limits]") {
  place p(with(&L::request_line, 100));
  const auto line = [](std::size_t n) { return "GET /" + std::string(n - 14, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"; };
  CHECK(p.status(line(100)) == 404);
  CHECK(p.status(line(101)) == 414);
}

TEST_CASE("limit request_head", "[limits]") {
  place p(with(&L::request_head, 500));
  const auto head = [](std::size_t n) {
    std::string s = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
    return s + std::string(n - s.size() - 4, 'x') + "\r\n\r\n";
  };
  CHECK(p.status(head(500)) == 404);
  CHECK(p.status(head(501)) == 431);
}

TEST_CASE("limit headers", "[limits]") {
  place p(with(&L::headers, 20));
  const auto head = [](int n) {
    std::string s = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 1; i < n; ++i) s += "A: b\r\n";
    return s + "\r\n";
  };
  CHECK(p.status(head(20)) == 404);
  CHECK(p.status(head(21)) == 431);
}

TEST_CASE("limits chunk_line, chunk_extensions, trailers", "[limits]") {
  siokit::server_options o;
  o.limits.chunk_line = 40;
  o.limits.chunk_extensions = 100;
  o.limits.trailers = 200;
  place p(o);
  std::string got;
  p.io.on_http([&](const siokit::http::request& r, siokit::http::reply a) {
    got = r.text();
    a.send(200, "text/plain", "");
  });
  const auto post = [](std::string_view body) { return request("POST", "/x", "Transfer-Encoding: chunked\r\n") + std::string(body); };
  const auto line = [&](std::size_t n) { return post("1;" + std::string(n - 2, 'e') + "\r\na\r\n0\r\n\r\n"); };
  CHECK(p.status(line(40)) == 200);
  CHECK(p.status(line(41)) == 400);
  const auto extensions = [&](std::size_t n) {  // of 10 bytes and one of the rest, ';' included
    std::string body;
    for (; n > 10; n -= 10) body += "1;123456789\r\na\r\n";
    return post(body + "1;" + std::string(n - 1, 'e') + "\r\nb\r\n0\r\n\r\n");
  };
  CHECK(p.status(extensions(100)) == 200);
  CHECK(got == "aaaaaaaaab");
  CHECK(p.status(extensions(102)) == 413);
  const auto trailers = [&](std::size_t n) { return post("1\r\na\r\n0\r\nT: " + std::string(n - 5, 't') + "\r\n\r\n"); };
  CHECK(p.status(trailers(190)) == 200);
  CHECK(p.status(trailers(205)) == 431);
}

TEST_CASE("limit http_body", "[limits]") {
  place p(with(&L::http_body, 100));
  int served = 0;
  p.io.on_http([&](const siokit::http::request&, siokit::http::reply a) {
    ++served;
    a.send(200, "text/plain", "");
  });
  CHECK(p.status(request("POST", "/x", {}, std::string(100, 'b'))) == 200);
  CHECK(p.status(request("POST", "/x", "Content-Length: 101\r\n")) == 413);  // on its head
  CHECK(p.status(request("POST", "/x", "Transfer-Encoding: chunked\r\n") + "32\r\n" + std::string(50, 'b') + "\r\n32\r\n" + std::string(50, 'b') + "\r\n0\r\n\r\n") == 200);
  CHECK(p.status(request("POST", "/x", "Transfer-Encoding: chunked\r\n") + "32\r\n" + std::string(50, 'b') + "\r\n33\r\n") == 413);
  CHECK(served == 2);
}

TEST_CASE("limit pipelined: reading stops, and goes on", "[limits]") {
  place p(with(&L::pipelined, 200));
  std::vector<siokit::http::reply> kept;
  p.io.on_http([&](const siokit::http::request&, siokit::http::reply a) { kept.push_back(a); });
  const link_id l = p.h.accept();
  const std::string one = request("GET", "/x", "A: " + std::string(60, 'a') + "\r\n");
  p.h.receive(l, one);
  std::string more;
  while (more.size() + one.size() < 200) more += one;
  p.h.receive(l, more);
  CHECK(p.h.driver().wants_read(l));
  p.h.receive(l, one);
  CHECK_FALSE(p.h.driver().wants_read(l));
  const int reads = p.h.reads;
  std::size_t answered = 0;
  while (answered < kept.size()) {
    kept[answered++].send(200, "text/plain", "ok");
    p.h.settle();
  }
  CHECK(answered == more.size() / one.size() + 2);
  CHECK(p.h.reads > reads);
  CHECK(p.h.driver().wants_read(l));
}

TEST_CASE("limit request_head_time", "[limits]") {
  place p(with(&L::request_head_time, 3000ms));
  const link_id silent = p.h.accept(), slow = p.h.accept(), just = p.h.accept();
  p.h.receive(slow, "GET / HT");
  p.h.receive(just, "GET / HT");
  p.h.run_for(2999ms);
  CHECK(p.h.open(silent));
  p.h.receive(just, "TP/1.1\r\nHost: x\r\n\r\n");
  p.h.receive(slow, "TP/1.1\r\nHo");
  p.h.run_for(1ms);
  CHECK_FALSE(p.h.open(silent));
  CHECK(p.h[silent].out.empty());
  CHECK_FALSE(p.h.open(slow));
  CHECK(p.h[slow].out.find("408") != std::string::npos);
  CHECK(p.h.open(just));
}

TEST_CASE("limit request_body_time", "[limits]") {
  place p(with(&L::request_body_time, 3000ms));
  p.io.on_http([](const siokit::http::request&, siokit::http::reply a) { a.send(200, "text/plain", ""); });
  const link_id slow = p.h.accept(), just = p.h.accept();
  const std::string head = request("POST", "/x", "Content-Length: 2\r\n");
  p.h.receive(slow, head);
  p.h.receive(just, head);
  p.h.run_for(2999ms);
  p.h.receive(slow, "a");
  p.h.receive(just, "ab");
  CHECK(p.h[just].out.find("200") != std::string::npos);
  p.h.run_for(1ms);
  CHECK(p.h[slow].out.find("408") != std::string::npos);
  CHECK_FALSE(p.h.open(slow));
  CHECK(p.h.open(just));
}

TEST_CASE("limit keep_alive", "[limits]") {
  place p(with(&L::keep_alive, 2000ms));
  const link_id idle = p.h.accept(), busy = p.h.accept();
  p.h.receive(idle, request("GET", "/x"));
  p.h.receive(busy, request("GET", "/x"));
  p.h.run_for(1999ms);
  CHECK(p.h.open(idle));
  p.h.receive(busy, request("GET", "/x"));
  p.h.run_for(1ms);
  CHECK_FALSE(p.h.open(idle));
  CHECK(p.h.open(busy));
}

// ---- WebSocket -------------------------------------------------------------------------------------------------------

TEST_CASE("limit fragments", "[limits]") {
  place p(with(&L::fragments, 8));
  const auto message = [](int n) {
    std::string s = peer_wire::ws_frame(peer_wire::text, "42[\"echo\"", 1, false);
    for (int i = 0; i < n - 2; ++i) s += peer_wire::ws_frame(peer_wire::more, "", 1, false);
    return s + peer_wire::ws_frame(peer_wire::more, ",1]", 1);
  };
  auto c = p.guest();
  p.h.receive(c->link, message(8));
  p.h.receive(c->link, message(8));
  CHECK_FALSE(p.ended(*c));
  p.h.receive(c->link, message(9));
  CHECK(p.ended(*c));
  CHECK(c->close_code == 1008);
  CHECK(p.reasons == "transport error; ");
}

TEST_CASE("limit ws_close_time", "[limits]") {
  place p(with(&L::ws_close_time, 1500ms));
  auto a = p.guest(), b = p.guest();
  p.io.find(a->id)->disconnect(true);
  p.io.find(b->id)->disconnect(true);
  p.h.run_for(1499ms);
  CHECK(p.h.open(a->link));
  p.h.receive(b->link, peer_wire::ws_frame(peer_wire::close, "", 1));
  CHECK_FALSE(p.h.open(b->link));
  p.h.run_for(1ms);
  CHECK_FALSE(p.h.open(a->link));
}

TEST_CASE("option max_payload", "[limits]") {
  siokit::server_options o;
  o.max_payload = 1000;
  place p(o);
  const auto echo = [](std::size_t n) { return "2[\"echo\",\"" + std::string(n - 13, 'x') + "\"]"; };  // with its "4"
  auto c = p.guest();
  c->send(echo(1000));
  CHECK_FALSE(p.ended(*c));
  c->send(echo(1001));
  CHECK(c->close_code == 1009);
  client b(p.h);
  b.poll_open();
  b.send("0");
  b.post("4" + echo(1000));
  CHECK(b.posted == 200);
  b.post("4" + echo(1001));
  CHECK(b.posted == 413);
  b.post_link = {};
  b.post("4" + echo(1000));  // the session lives
  CHECK(b.posted == 200);
}

// ---- Engine.IO -------------------------------------------------------------------------------------------------------

TEST_CASE("limit payload_packets", "[limits]") {
  place p(with(&L::payload_packets, 5));
  const auto body = [](int n) {
    std::string s = "6";
    for (int i = 1; i < n; ++i) s += "\x1e" "6";
    return s;
  };
  client c(p.h);
  c.poll_open();
  c.send("0");
  c.post(body(5));
  CHECK(p.io.size() == 2);
  c.post(body(6));
  CHECK(p.io.size() == 1);
  CHECK(p.reasons == "parse error; ");
}

TEST_CASE("limit probes", "[limits]") {
  place p(with(&L::probes, 3));
  client c(p.h);
  c.poll_open();
  c.send("0");
  const auto candidate = [&] {
    const link_id l = p.h.accept();
    p.h.receive(l, request("GET", "/socket.io/?EIO=4&transport=websocket&sid=" + c.sid, peer_wire::ws_headers));
    return l;
  };
  const std::string probe = peer_wire::ws_frame(peer_wire::text, "2probe", 1);
  const link_id bad = candidate();
  for (int i = 0; i < 3; ++i) p.h.receive(bad, probe);
  CHECK(p.h[bad].out.find("\x88") == std::string::npos);
  p.h.receive(bad, probe);
  CHECK(p.h[bad].out.find("\x88") != std::string::npos);
  CHECK(p.io.size() == 2);  // the session lives, and may try again
  const link_id good = candidate();
  p.h.receive(good, probe);
  CHECK(p.h[good].out.find("3probe") != std::string::npos);
}

TEST_CASE("limit sessions", "[limits]") {
  place p(with(&L::sessions, 3));
  auto a = p.guest(), b = p.guest();
  peer_wire::response r = p.respond(request("GET", "/socket.io/?EIO=4&transport=polling"));
  CHECK(r.status == 503);
  CHECK(r.header("retry-after"));
  CHECK(p.status(request("GET", "/socket.io/?EIO=4&transport=websocket", peer_wire::ws_headers)) == 503);
  b->drop();
  CHECK(p.status(request("GET", "/socket.io/?EIO=4&transport=polling")) == 200);
}

TEST_CASE("limit pending_sessions", "[limits]") {
  place p(with(&L::pending_sessions, 2));
  client a(p.h), b(p.h);
  a.websocket();
  b.websocket();
  CHECK(p.status(request("GET", "/socket.io/?EIO=4&transport=polling")) == 503);
  a.join();
  CHECK(p.status(request("GET", "/socket.io/?EIO=4&transport=polling")) == 200);
  CHECK(p.status(request("GET", "/socket.io/?EIO=4&transport=polling")) == 503);
  b.drop();
  CHECK(p.status(request("GET", "/socket.io/?EIO=4&transport=polling")) == 200);
}

TEST_CASE("limit poll_close_time", "[limits]") {
  place p(with(&L::poll_close_time, 4000ms));
  client a(p.h), b(p.h);
  for (client* c : {&a, &b}) {
    c->poll_open();
    c->send("0");
    c->get();
    (void)c->packets();
    p.io.find(c->id)->disconnect(true);
  }
  p.h.run_for(3999ms);
  CHECK(p.io.session_count() == 3);
  a.get();
  CHECK(a.packets() == "1");
  CHECK(a.engine.back() == "1");
  CHECK(p.io.session_count() == 2);
  p.h.run_for(1ms);
  CHECK(p.io.session_count() == 1);
}

TEST_CASE("limit answer_timeout", "[limits]") {
  place p(with(&L::answer_timeout, 4000ms));
  std::vector<siokit::http::reply> kept;
  p.io.on_http([&](const siokit::http::request&, siokit::http::reply a) { kept.push_back(a); });
  const link_id a = p.h.accept(), b = p.h.accept();
  p.h.receive(a, request("GET", "/x"));
  p.h.receive(b, request("GET", "/x"));
  p.h.run_for(3999ms);
  kept[0].send(200, "text/plain", "");
  p.h.settle();
  CHECK(p.h[a].out.find("200") != std::string::npos);
  CHECK(p.h[b].out.empty());
  p.h.run_for(1ms);
  CHECK(p.h[b].out.find("503") != std::string::npos);
}

TEST_CASE("options ping_interval, ping_timeout", "[limits]") {
  siokit::server_options o;
  o.ping_interval = 10s;
  o.ping_timeout = 5s;
  siokit::server io(o);
  host h(io);
  client a(h), b(h);
  joined(a);
  joined(b);
  h.run_for(9999ms);
  a.read();
  CHECK(a.engine.size() == 1);  // the open packet
  h.run_for(1ms);
  a.read();
  CHECK(a.engine.back() == "2");
  h.run_for(4999ms);
  CHECK(io.size() == 2);
  b.send_raw("3");
  h.run_for(1ms);
  CHECK(io.size() == 1);
  CHECK(io.find(b.id) != nullptr);
  h.run_for(9999ms);
  b.read();
  CHECK(b.engine.back() == "2");  // ten seconds after the pong
}

TEST_CASE("limit stall: who is silent because nobody listened gets one turn", "[limits]") {
  siokit::server_options o;
  o.ping_interval = 10s;
  o.ping_timeout = 5s;
  o.limits.stall = 2s;
  for (const siokit::milliseconds late : {2000ms, 2001ms}) {
    siokit::server io(o);
    host h(io);
    client a(h), b(h), c(h);
    joined(a);
    joined(b);
    joined(c);
    h.run_for(10s);
    h.now += 5s + late;  // the loop was blocked until after the pong was due
    c.send_raw("3");     // one peer is heard first
    h.advance();
    const bool grace = late > 2000ms;
    CHECK(io.size() == (grace ? 3u : 1u));
    if (grace) a.send_raw("3");
    h.run_for(1999ms);
    CHECK(io.size() == (grace ? 3u : 1u));
    h.run_for(2ms);  // the grace is as long as what is called a stall
    CHECK(io.size() == (grace ? 2u : 1u));
  }
}

TEST_CASE("option upgrade_timeout", "[limits]") {
  siokit::server_options o;
  o.upgrade_timeout = 2s;
  place p(o);
  client c(p.h);
  c.poll_open();
  c.send("0");
  const auto candidate = [&] {
    const link_id l = p.h.accept();
    p.h.receive(l, request("GET", "/socket.io/?EIO=4&transport=websocket&sid=" + c.sid, peer_wire::ws_headers) + peer_wire::ws_frame(peer_wire::text, "2probe", 1));
    return l;
  };
  const link_id slow = candidate();
  p.h.run_for(1999ms);
  CHECK(p.h[slow].out.find("\x88") == std::string::npos);
  p.h.run_for(1ms);
  CHECK(p.h[slow].out.find("\x88") != std::string::npos);
  CHECK(p.io.size() == 2);
  const link_id quick = candidate();
  p.h.run_for(1999ms);
  p.h.receive(quick, peer_wire::ws_frame(peer_wire::text, "5", 1));
  p.h.run_for(1s);
  CHECK(p.io.find(c.id) == nullptr);  // polled nothing yet: its id is on the way
  CHECK(p.h[quick].out.find("40{") != std::string::npos);
}

TEST_CASE("option connect_timeout", "[limits]") {
  siokit::server_options o;
  o.connect_timeout = 3s;
  place p(o);
  client slow(p.h), quick(p.h);
  slow.websocket();
  quick.websocket();
  p.h.run_for(2999ms);
  quick.join();
  CHECK(p.io.session_count() == 3);
  p.h.run_for(1ms);
  CHECK(p.io.session_count() == 2);
  CHECK(p.log.find("no namespace was joined in time") != std::string::npos);
}

// ---- output ----------------------------------------------------------------------------------------------------------

TEST_CASE("limits high_water and low_water", "[limits]") {
  siokit::server_options o;
  o.limits.high_water = 1000;
  o.limits.low_water = 400;
  place p(o);
  auto c = p.guest();
  socket& s = *p.io.find(c->id);
  int drained = 0;
  p.io.on_drain([&](socket&) { ++drained; });
  const auto fill = [&](std::size_t n) { return s.emit("x", std::string(n - 9, 'x')); };  // 42["x",""] is 10, its "4" counts
  p.h[c->link].stuck = true;
  CHECK(fill(999) == delivery::queued);
  CHECK(s.queued_bytes() == 1000);
  CHECK(s.writable());
  CHECK(s.emit("e") == delivery::congested);
  CHECK_FALSE(s.writable());
  p.h.settle();
  siokit::batch b;
  REQUIRE(p.h.driver().gather(c->link, b));
  // A frame counts until it has left for good.
  std::size_t first = b.views()[0].size();
  b.clear();
  p.h.driver().sent(c->link, first - 1, p.h.now);
  CHECK(drained == 0);
  p.h.driver().sent(c->link, 1, p.h.now);
  CHECK(drained == 1);
  CHECK(s.writable());
}

TEST_CASE("limit max_queued: one session closes, one message of any size is allowed on an empty queue", "[limits]") {
  place p(with(&L::max_queued, 1000));
  auto c = p.guest();
  socket& s = *p.io.find(c->id);
  p.h[c->link].stuck = true;
  CHECK(s.emit("x", std::string(5000, 'x')) != delivery::refused);
  p.h.settle();
  p.h[c->link].stuck = false;
  p.h.write(c->link);
  CHECK(s.queued_bytes() == 0);
  p.h[c->link].stuck = true;
  CHECK(s.emit("x", std::string(989, 'x')) != delivery::refused);
  CHECK(s.queued_bytes() == 999);
  CHECK(s.emit("x", std::string(1, 'x')) == delivery::refused);
  p.h.settle();
  CHECK(p.reasons == "slow consumer; ");
}

TEST_CASE("limit max_queued_total: the slowest goes first", "[limits]") {
  place p(with(&L::max_queued_total, 200'000));
  auto a = p.guest(), b = p.guest();
  p.h[a->link].stuck = p.h[b->link].stuck = true;
  (void)p.io.find(a->id)->emit("x", std::string(60'000, 'x'));
  (void)p.io.find(b->id)->emit("x", std::string(30'000, 'x'));
  p.h.settle();
  CHECK(p.io.size() == 3);
  for (int i = 0; i < 5 && p.io.size() == 3; ++i) {
    (void)p.io.find(b->id)->emit("x", std::string(30'000, 'x'));
    (void)p.io.find(a->id)->emit("x", std::string(30'000, 'x'));
    p.h.settle();
  }
  CHECK(p.io.size() == 2);
  CHECK(p.io.find(a->id) == nullptr);
  CHECK(p.io.find(b->id) != nullptr);
  CHECK(p.reasons == "slow consumer; ");
}

TEST_CASE("limit no_progress, of a session and of a response", "[limits]") {
  siokit::server_options o;
  o.limits.high_water = 1000;
  o.limits.low_water = 100;
  o.limits.no_progress = 3s;
  place p(o);
  auto a = p.guest(), b = p.guest();
  const auto half = [&](client& c) {
    siokit::batch out;
    p.h.driver().gather(c.link, out);
    out.clear();
  };
  for (client* c : {a.get(), b.get()}) {
    p.h[c->link].stuck = true;
    for (int i = 0; i < 3; ++i) (void)p.io.find(c->id)->emit("x", std::string(600, 'x'));
  }
  p.h.settle();
  p.h.run_for(2999ms);
  CHECK(p.io.size() == 3);
  half(*b);
  p.h.driver().sent(b->link, 700, p.h.now);  // it reads, if slowly
  p.h.run_for(1ms);
  CHECK(p.io.find(a->id) == nullptr);
  CHECK(p.io.find(b->id) != nullptr);
  CHECK(p.reasons == "slow consumer; ");
  p.h.run_for(2999ms);
  CHECK(p.io.find(b->id) == nullptr);
  const link_id l = p.h.accept();
  p.h[l].stuck = true;
  p.h.receive(l, request("GET", "/x"));
  p.h.run_for(2999ms);
  CHECK(p.h.open(l));
  p.h.run_for(1ms);
  CHECK(p.h[l].aborted);
}

// ---- Socket.IO -------------------------------------------------------------------------------------------------------

TEST_CASE("limit attachments", "[limits]") {
  place p(with(&L::attachments, 3));
  const auto header = [](int n) {
    std::string s = "5" + std::to_string(n) + "-1[\"blob\"";
    for (int i = 0; i < n; ++i) s += ",{\"_placeholder\":true,\"num\":" + std::to_string(i) + "}";
    return s + "]";
  };
  auto c = p.guest();
  c->send(header(3));
  for (int i = 0; i < 3; ++i) c->send_binary("x");
  CHECK(c->packets() == "31[3]");
  c->send(header(4));
  CHECK(p.ended(*c));
  CHECK(p.log.find("too many attachments") != std::string::npos);
}

TEST_CASE("limit attachment_bytes", "[limits]") {
  place p(with(&L::attachment_bytes, 100));
  const std::string header = "52-1[\"blob\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]";
  auto c = p.guest();
  c->send(header);
  c->send_binary(std::string(60, 'x'));
  c->send_binary(std::string(40, 'x'));
  CHECK(c->packets() == "31[2]");
  c->send(header);
  c->send_binary(std::string(60, 'x'));
  c->send_binary(std::string(41, 'x'));
  CHECK(p.ended(*c));
  CHECK(p.log.find("attachments of one packet are too large") != std::string::npos);
}

TEST_CASE("limit attachment_time", "[limits]") {
  place p(with(&L::attachment_time, 2000ms));
  const std::string header = "51-1[\"blob\",{\"_placeholder\":true,\"num\":0}]";
  auto a = p.guest(), b = p.guest();
  a->send(header);
  b->send(header);
  p.h.run_for(1999ms);
  b->send_binary("x");
  CHECK(b->packets() == "31[1]");
  p.h.run_for(1ms);
  CHECK(p.ended(*a));
  CHECK_FALSE(p.ended(*b));
  CHECK(p.log.find("took too long") != std::string::npos);
}

TEST_CASE("limits json_depth and json_nodes", "[limits]") {
  siokit::server_options o;
  o.limits.json_depth = 10;
  o.limits.json_nodes = 50;
  place p(o);
  auto c = p.guest(), d = p.guest();
  const auto deep = [](int n) { return "2[\"echo\"," + std::string(static_cast<std::size_t>(n - 1), '[') + std::string(static_cast<std::size_t>(n - 1), ']') + "]"; };
  c->send(deep(10));
  CHECK_FALSE(p.ended(*c));
  c->send(deep(11));
  CHECK(p.ended(*c));
  CHECK(p.log.find("nested too deep") != std::string::npos);
  const auto wide = [](int n) {  // the array, the name, and numbers
    std::string s = "2[\"echo\"";
    for (int i = 0; i < n - 2; ++i) s += ",0";
    return s + "]";
  };
  d->send(wide(50));
  CHECK_FALSE(p.ended(*d));
  d->send(wide(51));
  CHECK(p.ended(*d));
  CHECK(p.log.find("too many values") != std::string::npos);
}

TEST_CASE("limit auth", "[limits]") {
  place p(with(&L::auth, 100));
  const auto auth = [](std::size_t n) { return "{\"a\":\"" + std::string(n - 8, 'x') + "\"}"; };
  client a(p.h), b(p.h);
  a.websocket().join({}, auth(100));
  CHECK(p.io.size() == 2);
  b.websocket().join({}, auth(101));
  CHECK(p.ended(b));
  CHECK(p.log.find("auth payload too large") != std::string::npos);
}

TEST_CASE("limit nsp_name", "[limits]") {
  place p(with(&L::nsp_name, 20));
  auto c = p.guest();
  c->join("/" + std::string(19, 'n'));
  CHECK(c->packets() == "4/" + std::string(19, 'n') + ",{\"message\":\"Invalid namespace\"}");
  c->join("/" + std::string(20, 'n'));
  CHECK(p.ended(*c));
  CHECK(p.log.find("namespace name too long") != std::string::npos);
}

TEST_CASE("limit event_name", "[limits]") {
  place p(with(&L::event_name, 20));
  auto c = p.guest();
  int unhandled = 0;
  p.io.on_unhandled([&](socket&, std::string_view, const siokit::arguments&) { ++unhandled; });
  c->send("2[\"" + std::string(20, 'n') + "\"]");
  CHECK(unhandled == 1);
  c->send("2[\"" + std::string(21, 'n') + "\"]");
  CHECK(unhandled == 1);
  CHECK(p.ended(*c));
  CHECK(p.log.find("event name too long") != std::string::npos);
}

TEST_CASE("limit nsps_per_session", "[limits]") {
  place p(with(&L::nsps_per_session, 2));
  (void)p.io.of("/a");
  (void)p.io.of("/b");
  auto c = p.guest();
  c->join("/a");
  CHECK(c->packets().substr(0, 5) == "0/a,{");
  c->join("/b");
  CHECK(c->packets() == "4/b,{\"message\":\"Too many namespaces\"}");
  c->send("1/a,");
  c->join("/b");
  CHECK(c->packets().substr(0, 5) == "0/b,{");
}

TEST_CASE("limit dynamic_nsps", "[limits]") {
  place p(with(&L::dynamic_nsps, 2));
  (void)p.io.of([](std::string_view, siokit::value_view) { return true; });
  auto c = p.guest();
  c->join("/1");
  c->join("/2");
  (void)c->packets();
  c->join("/3");
  CHECK(c->packets() == "4/3,{\"message\":\"Invalid namespace\"}");
  c->send("1/1,");
  c->join("/3");
  CHECK(c->packets().substr(0, 5) == "0/3,{");
}

TEST_CASE("limit refused_connects", "[limits]") {
  place p(with(&L::refused_connects, 3));
  auto c = p.guest();
  for (int i = 0; i < 3; ++i) c->join("/none");
  CHECK_FALSE(p.ended(*c));
  c->join("/none");
  CHECK(p.ended(*c));
  CHECK(p.log.find("too many refused connects") != std::string::npos);
}

TEST_CASE("limit waiting_packets", "[limits]") {
  place p(with(&L::waiting_packets, 5000));  // room for two of 2,000 and what each costs besides
  std::vector<siokit::next_fn> held;
  auto c = p.guest();
  p.io.find(c->id)->use([&](socket&, std::string_view, const siokit::arguments&, siokit::next_fn next) { held.push_back(next); });
  const auto event = [](std::size_t n) { return "2[\"echo\",\"" + std::string(n - 11, 'x') + "\"]"; };  // n of payload
  c->send(event(2000));
  c->send(event(2000));
  CHECK(p.h.driver().wants_read(c->link));
  c->send(event(2000));
  CHECK_FALSE(p.h.driver().wants_read(c->link));
  const int reads = p.h.reads;
  for (std::size_t i = 0; i < 3; ++i) {
    held[i]();
    p.h.settle();
  }
  CHECK(p.h.driver().wants_read(c->link));
  CHECK(p.h.reads == reads + 1);
}

TEST_CASE("limit middleware_timeout", "[limits]") {
  place p(with(&L::middleware_timeout, 2000ms));
  std::vector<siokit::next_fn> held;
  p.io.of("/m").use([&](socket&, siokit::next_fn next) { held.push_back(next); });
  client a(p.h), b(p.h);
  a.websocket().join("/m");
  b.websocket().join("/m");
  p.h.run_for(1999ms);
  held[0]();
  p.h.run_for(1ms);
  CHECK(a.packets().substr(0, 5) == "0/m,{");
  CHECK(b.packets() == "4/m,{\"message\":\"an answer that was promised did not come\"}");
}

// limits.owed_acks: replies_test.cpp has it on both sides.

TEST_CASE("limit pending_acks, of emits and of broadcasts", "[limits]") {
  place p(with(&L::pending_acks, 3));
  auto c = p.guest();
  socket& s = *p.io.find(c->id);
  int called = 0;
  int refused = 0;
  const auto ask = [&] {
    return s.emit("q", siokit::on_ack([&](siokit::result<int> x) { ++(x.error() == errc::too_many_acks ? refused : called); }));
  };
  for (int i = 0; i < 3; ++i) CHECK(ask() == delivery::queued);
  CHECK(ask() == delivery::refused);
  p.h.settle();
  CHECK(refused == 1);
  CHECK(p.errors == "too many acknowledgements are pending; ");
  std::size_t missing = 99;
  p.io.to(s.id()).emit("q", siokit::on_each_ack<int>([](siokit::socket_id, siokit::result<int>) {}, [&](std::size_t n) { missing = n; }));
  p.h.settle();
  CHECK(missing == 1);
  CHECK(s.awaited() == 3);
  c->send("30[1]");
  CHECK(ask() == delivery::queued);
  CHECK(called == 1);
}

TEST_CASE("limit rooms_per_socket", "[limits]") {
  place p(with(&L::rooms_per_socket, 3));
  auto c = p.guest();
  socket& s = *p.io.find(c->id);
  for (const char* r : {"a", "b", "c"}) CHECK(s.join(r) == errc::none);
  CHECK(s.join("d") == errc::too_many_rooms);
  CHECK(s.join("a") == errc::none);  // it is there already
  s.leave("b");
  CHECK(s.join("d") == errc::none);
}

// ---- client ----------------------------------------------------------------------------------------------------------

TEST_CASE("limit cookies", "[limits]") {
  siokit::pool memory;
  siokit::http::cookie_jar jar(memory);
  siokit::limits limit;
  limit.cookies = 2;
  const auto line = [&] {
    siokit::frame_builder out(memory);
    jar.put(out, 0);
    return std::string(out.written());
  };
  for (const char* cookie : {"a=1", "b=2"}) CHECK(jar.store(cookie, 0, limit) == errc::none);
  CHECK(line() == "Cookie: a=1; b=2\r\n");
  CHECK(jar.store("c=3", 0, limit) == errc::none);
  CHECK(line() == "Cookie: b=2; c=3\r\n");
}

TEST_CASE("limit cookie_bytes", "[limits]") {
  siokit::pool memory;
  siokit::http::cookie_jar jar(memory);
  siokit::limits limit;
  limit.cookie_bytes = 8;
  const auto line = [&] {
    siokit::frame_builder out(memory);
    jar.put(out, 0);
    return std::string(out.written());
  };
  CHECK(jar.store("a=123", 0, limit) == errc::none);
  CHECK(jar.store("b=123", 0, limit) == errc::none);
  CHECK(line() == "Cookie: a=123; b=123\r\n");
  CHECK(jar.store("b=1234", 0, limit) == errc::none);
  CHECK(line() == "Cookie: b=1234\r\n");
  CHECK(jar.store("b=1234567", 0, limit) == errc::none);
  CHECK(jar.store("b=12345678", 0, limit) == errc::http_cookie_too_large);
  CHECK(line() == "Cookie: b=1234567\r\n");
}

// ---- memory ----------------------------------------------------------------------------------------------------------

TEST_CASE("limit cached_blocks", "[limits]") {
  if (siokit::address_sanitizer) return;  // nothing is kept there
  static std::size_t live;
  siokit::memory counted;
  counted.alloc = [](void*, std::size_t n) {
    live += n;
    return std::malloc(n);
  };
  counted.free = [](void*, void* block, std::size_t n) {
    live -= n;
    std::free(block);
  };
  std::vector<void*> blocks(10);
  const siokit::pool kept(counted, 512);
  siokit::pool p = kept;
  live = 0;
  for (void*& b : blocks) b = p.alloc(256);
  for (void* const b : blocks) p.free(b, 256);
  CHECK(live == 512);
  siokit::server_options o;
  o.limits.cached_blocks = 0;
  place p2(o);
  auto c = p2.guest();
  c->send("21[\"echo\",1]");
  CHECK(c->packets() == "31[1]");
}
