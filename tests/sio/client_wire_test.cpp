// A client in virtual time: what it puts on the wire. Queries, headers, cookies, base64, payloads of polling, upgrades that
// fail, transports that give way, protocol 3.
// What handlers are told is in client_lifecycle_test.cpp and client_events_test.cpp.
#include "sio/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace scripted;
using siokit::eio::transport;

namespace {

siokit::client_options both() { return {}; }
strings targets(const rig& r) {
  strings out;
  for (const request& q : r.there.requests) out.push_back(q.method + " " + q.target);
  return out;
}

}  // namespace

TEST_CASE("path, query and headers go with each request") {
  siokit::client_options o = both();
  o.path = "/my.io/";
  o.query = {{"token", "a b&c"}};
  o.extra_headers = {{"X-A", "1"}, {"Bad\r\nName", "x"}, {"X-B", "a\r\nInjected: 1"}};
  o.timestamp_requests = false;
  rig r(o, "http://server/chat?x=%20y");
  r.there.upgrades = "\"websocket\"";
  r.run(1s);
  r.there.say("6");
  r.run(1s);
  REQUIRE(r.there.requests.size() >= 3);
  for (const request& q : r.there.requests) {
    CHECK(q.has("\r\nX-A: 1\r\n"));
    CHECK_FALSE(q.has("\r\nInjected"));
    CHECK(q.has("\r\nHost: server\r\n"));
    CHECK(q.target.find("x=%20y") != std::string::npos);
    CHECK(q.target.find("token=a%20b%26c") != std::string::npos);
  }
  CHECK(targets(r)[0].find("GET /my.io/?") == 0);
  CHECK(r.there.was_told("40/chat,"));
  CHECK(r.count("upgrade") == 1);
  CHECK(r.io->transport() == transport::websocket);
}

TEST_CASE("a sid cannot inject anything") {
  rig r(rig::polling_only());
  r.there.on_request = [&](const request& q) {
    if (q.target.find("sid=") != std::string::npos) return false;
    r.there.respond(q.link, "0{\"sid\":\"a\\r\\nX: y&transport=z\",\"upgrades\":[\"websocket\",\"__proto__\",7],\"pingInterval\":25000,\"pingTimeout\":20000}");
    return true;
  };
  r.run(1s);
  CHECK(r.io->connected());
  for (std::size_t i = 1; i < r.there.requests.size(); ++i)
    CHECK(r.there.requests[i].target.find("sid=a%0D%0AX%3A%20y%26transport%3Dz") != std::string::npos);
}

TEST_CASE("cookies are kept only with with_credentials, and deleted when they end") {
  siokit::client_options o = rig::polling_only();
  o.with_credentials = GENERATE(true, false);
  rig r(o);
  std::string fields = "Set-Cookie: a=b; Path=/; HttpOnly\r\nSet-Cookie: c=d; Max-Age=3600\r\n";
  r.there.on_request = [&](const request& q) {
    if (q.target.find("sid=") != std::string::npos) return false;
    r.there.respond(q.link, r.there.open_packet(), "200 OK", fields);
    return true;
  };
  r.run(1s);
  const bool kept = o.with_credentials;
  CHECK(r.there.requests.back().field("Cookie") == (kept ? "a=b; c=d" : ""));
  fields = "Set-Cookie: a=x; Max-Age=0\r\nSet-Cookie: e=f; Expires=garbage\r\n";
  r.there.say("1");
  r.run(10s);
  CHECK(r.io->connected());
  CHECK(r.there.requests.back().field("Cookie").find("a=") == std::string::npos);
  CHECK((r.there.requests.back().field("Cookie").find("c=d") != std::string::npos) == kept);
  r.net.set_unix_ms(r.net.unix_ms() + 7'200'000);
  (void)r.io->emit("later");
  r.run(1s);
  CHECK(r.there.requests.back().field("Cookie").find("c=d") == std::string::npos);
}

TEST_CASE("force_base64 asks for text and sends text") {
  siokit::client_options o = rig::websocket_only();
  o.force_base64 = true;
  rig r(o);
  r.run(1s);
  (void)r.io->emit("e", siokit::as_bytes("abc"));
  siokit::bytes got;
  r.io->on("back", [&](siokit::bytes b) { got = b; });
  r.there.say("451-[\"back\",{\"_placeholder\":true,\"num\":0}]");
  r.there.say("bYWJj");
  r.run(1s);
  CHECK(r.there.requests[0].target.find("b64=1") != std::string::npos);
  CHECK(r.there.was_told("bYWJj"));
  CHECK(r.there.binaries.empty());
  CHECK(siokit::as_text(got) == "abc");
}

TEST_CASE("a payload stays below maxPayload, one large packet goes alone") {
  rig r(rig::polling_only());
  r.there.extra = ",\"maxPayload\":100";
  r.run(1s);
  const std::size_t before = r.there.requests.size();
  for (int i = 0; i < 20; ++i) (void)r.io->emit("e", std::string(30, 'x'));
  (void)r.io->emit("large", std::string(300, 'x'));
  (void)r.io->emit("last");
  r.run(1s);
  std::size_t posts = 0, large = 0;
  for (std::size_t i = before; i < r.there.requests.size(); ++i) {
    const request& q = r.there.requests[i];
    if (q.method != "POST") continue;
    ++posts;
    if (q.body.size() <= 100) continue;
    ++large;
    CHECK(q.body.find('\x1e') == std::string::npos);
  }
  CHECK(posts >= 11);
  CHECK(large == 1);
  CHECK(r.there.messages.back() == "42[\"last\"]");
  CHECK(r.there.count("42[\"e\",\"" + std::string(30, 'x') + "\"]") == 20);
}

TEST_CASE("one post and one poll at a time") {
  rig r(rig::polling_only());
  r.run(1s);
  std::vector<link_id> posts;
  r.there.on_request = [&](const request& q) {
    if (q.method == "POST") posts.push_back(q.link);
    return q.method == "POST";
  };
  for (int i = 0; i < 5; ++i) {
    (void)r.io->emit("e", i);
    r.run(10ms);
  }
  CHECK(posts.size() == 1);
  CHECK(r.there.open_links() == 2);
  CHECK(r.io->link_count() == 2);
  r.there.respond(posts[0], "ok");
  r.run(10ms);
  CHECK(posts.size() == 2);
  CHECK(r.there.requests.back().body == "42[\"e\",1]\x1e" "42[\"e\",2]\x1e" "42[\"e\",3]\x1e" "42[\"e\",4]");
  r.there.respond(posts[1], "no", "413 Payload Too Large");
  r.run(10ms);
  CHECK(r.count("disconnect transport error") == 1);
}

TEST_CASE("an upgrade that fails leaves polling as it was") {
  rig r(both());
  r.there.upgrades = "\"websocket\"";
  int candidates = 0;
  SECTION("refused") {
    r.there.on_request = [&](const request& q) { return q.upgrades() && (++candidates, r.there.respond(q.link, "no", "400 Bad Request"), true); };
  }
  SECTION("never answered") {
    r.there.on_request = [&](const request& q) { return q.upgrades() && ++candidates; };
  }
  SECTION("a wrong answer to the probe") {
    r.there.on_message = [&](link_id id, const std::string& m) { return m == "2probe" && (++candidates, r.there.send(id, server::frame(peer_wire::text, "3wrong")), true); };
  }
  SECTION("data instead of an answer") {
    r.there.on_message = [&](link_id id, const std::string& m) { return m == "2probe" && (++candidates, r.there.send(id, server::frame(peer_wire::text, "42[\"e\"]")), true); };
  }
  SECTION("the candidate dies behind its answer, before polling is at rest") {
    r.there.on_message = [&](link_id id, const std::string& m) {
      if (m != "2probe") return false;
      ++candidates;
      r.there.send(id, server::frame(peer_wire::text, "3probe"));
      r.net.after(50ms, [&r, id] { r.there.abort(id); });
      return true;
    };
  }
  SECTION("polling is never released") {
    r.there.on_message = [&](link_id id, const std::string& m) {
      if (m != "2probe") return false;
      ++candidates;
      r.there.send(id, server::frame(peer_wire::text, "3probe"));
      return true;
    };
  }
  r.io->on("news", [&](int n) { r.note("news " + std::to_string(n)); });
  r.run(15s);
  CHECK(r.take() == strings{"open", "connect"});
  CHECK(candidates == 1);
  CHECK(r.io->transport() == transport::polling);
  r.there.say("42[\"news\",1]");
  (void)r.io->emit("hello");
  r.run(100ms);
  r.there.say("42[\"news\",2]");
  r.run(100ms);
  CHECK(r.take() == strings{"news 1", "news 2"});
  CHECK(r.there.was_told("42[\"hello\"]"));
  CHECK(r.io->link_count() <= 2);
}

TEST_CASE("an upgrade waits until polling is at rest, then what waited goes over it") {
  rig r(both());
  r.there.upgrades = "\"websocket\"";
  r.run(50ms);
  CHECK(r.io->transport() == transport::polling);  // the poll is parked
  (void)r.io->emit("waits");
  r.run(50ms);
  CHECK_FALSE(r.there.was_told("42[\"waits\"]"));
  r.there.say("6");
  r.run(50ms);
  CHECK(r.io->transport() == transport::websocket);
  CHECK(r.count("upgrade") == 1);
  CHECK(strings(r.there.messages.end() - 2, r.there.messages.end()) == strings{"5", "42[\"waits\"]"});
}

TEST_CASE("a poll is asked again when its kept link ended in order, and never when its answer may be lost") {
  rig r(rig::polling_only());
  r.run(100ms);
  REQUIRE(r.there.parked != link_id{});
  REQUIRE(r.io->connected());
  (void)r.take();
  const std::size_t asked = r.there.requests.size();
  SECTION("in order") {
    r.there.close(r.there.parked);
    r.run(1s);
    CHECK(r.take().empty());
    CHECK(r.there.requests.size() == asked + 1);
    CHECK(r.there.parked != link_id{});
    CHECK(r.io->connected());
  }
  SECTION("reset") {
    r.there.abort(r.there.parked);
    r.run(100ms);
    CHECK(r.there.requests.size() == asked);
    CHECK(r.count("disconnect transport error") == 1);
  }
  SECTION("in order, within its answer") {
    r.there.send(r.there.parked, "HTTP/1.1 200 OK\r\nContent-Le");
    r.there.close(r.there.parked);
    r.run(100ms);
    CHECK(r.there.requests.size() == asked);
    CHECK(r.count("disconnect transport error") == 1);
  }
}

TEST_CASE("no upgrade without an offer, or against the options") {
  siokit::client_options o = both();
  rig quiet(o);
  o.upgrade = false;
  rig off(o);
  off.there.upgrades = "\"websocket\"";
  for (rig* const r : {&quiet, &off}) {
    r->run(1s);
    for (const request& q : r->there.requests) CHECK_FALSE(q.upgrades());
    CHECK(r->io->connected());
  }
}

TEST_CASE("try_all_transports takes the next one, remember_upgrade begins with what worked") {
  siokit::client_options o = both();
  SECTION("all are tried") {
    o.transports = {transport::websocket, transport::polling};
    o.try_all_transports = true;
    rig r(o);
    r.there.on_request = [&](const request& q) { return q.upgrades() && (r.there.respond(q.link, "no", "400 Bad Request"), true); };
    r.run(1s);
    CHECK(r.take() == strings{"open", "connect"});
    CHECK(r.io->transport() == transport::polling);
  }
  SECTION("otherwise only the first") {
    o.transports = {transport::websocket, transport::polling};
    rig r(o);
    r.there.on_request = [&](const request& q) { return q.upgrades() && (r.there.respond(q.link, "no", "400 Bad Request"), true); };
    r.run(100ms);
    CHECK(r.log[0] == "connect_error no");
  }
  SECTION("what worked is remembered until it fails") {
    o.remember_upgrade = true;
    rig r(o);
    r.there.upgrades = "\"websocket\"";
    r.run(50ms);
    r.there.say("6");
    r.run(50ms);
    REQUIRE(r.io->transport() == transport::websocket);
    std::size_t at = r.there.requests.size();
    r.there.abort(r.there.websocket);
    r.run(5s);
    REQUIRE(r.there.requests.size() > at);
    CHECK(r.there.requests[at].upgrades());
    CHECK(r.io->connected());
    bool refusing = true;
    r.there.on_request = [&](const request& q) { return refusing && q.upgrades() && (r.there.respond(q.link, "no", "400 Bad Request"), true); };
    at = r.there.requests.size();
    r.there.abort(r.there.websocket);
    r.run(10s);
    CHECK(r.there.requests[at].upgrades());
    CHECK_FALSE(r.there.requests[at + 1].upgrades());
    CHECK(r.io->connected());
  }
}

TEST_CASE("what the server says of an HTTP error is the message") {
  rig r(rig::polling_only());
  int status = 0;
  r.io->on_connect_error([&](const siokit::connect_error& e) { status = e.status; });
  r.there.on_request = [&](const request& q) { return r.there.respond(q.link, "{\"code\":4,\"message\":\"Forbidden by us\"}", "403 Forbidden"), true; };
  r.run(100ms);
  CHECK(r.log[0] == "connect_error Forbidden by us");
  CHECK(status == 403);
}

TEST_CASE("protocol 3: the client pings, and is connected without a CONNECT") {
  siokit::client_options o = GENERATE(rig::websocket_only(), rig::polling_only());
  o.protocol = 3;
  const bool polls = o.transports[0] == transport::polling;
  rig r(o);
  r.there.joins = false;
  r.there.on_request = [&](const request& q) {
    if (!polls || q.target.find("sid=") != std::string::npos) return false;
    const std::string open = r.there.open_packet();
    r.there.respond(q.link, std::to_string(open.size()) + ":" + open + "2:40");
    return true;
  };
  if (!polls) {
    r.run(100ms);
    r.there.say("40");
  }
  r.io->on("e", [&](int n) { r.note("e " + std::to_string(n)); });
  r.run(1s);
  CHECK(r.take() == strings{"open", "connect"});
  CHECK(r.there.requests[0].target.find("EIO=3") != std::string::npos);
  CHECK(r.io->id() == "sid1");
  r.there.say(polls ? "9:42[\"e\",1]" : "42[\"e\",1]");
  (void)r.io->emit("hi");
  r.run(1s);
  CHECK(r.take() == strings{"e 1"});
  CHECK(r.there.was_told(polls ? "8:42[\"hi\"]" : "42[\"hi\"]"));
  r.run(24s);
  CHECK(r.there.was_told(polls ? "1:2" : "2"));
  r.there.say(polls ? "1:3" : "3");
  r.run(24s);
  CHECK(r.take() == strings{});
  r.run(25s);
  CHECK(r.take()[0] == "disconnect ping timeout");
}
