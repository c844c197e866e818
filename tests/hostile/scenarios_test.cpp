// The rows of rows.jsonl that are stories: things that take time, several links, or a peer that reads badly. Each test
// case names the rows it plays; the last one sees that no row was forgotten.
#include <algorithm>
#include <set>

#include "catch.hpp"
#include "hostile/row.hpp"
#include "sim/client.hpp"
#include "sim/counting_memory.hpp"
#include "transcripts/setups.hpp"

namespace {

using namespace siokit;
using namespace std::chrono_literals;
using sim_client::way;

/// The server of the transcripts, a host, and what a story needs at hand.
class stage {
 public:
  explicit stage(transcripts::settings s = {}) : settings_(std::move(s)) {
    settings_.memory = memory.hooks();
    settings_.limits["cached_blocks"] = "0";
    server = transcripts::make_setup("events", settings_);
    REQUIRE(server != nullptr);
    host = std::make_unique<sim::host>(net, server->driver());
  }
  stage(const stage&) = delete;
  ~stage() {
    host.reset();
    server.reset();
    CHECK(memory.live == 0);
  }

  sim::peer open(sim::link_options o = {}) {
    sim::peer p = host->connect(o);
    net.settle();
    return p;
  }
  /// Sends, and gives what has come back by then.
  std::string ask(sim::peer p, const std::string& bytes) {
    p.send(bytes);
    net.settle();
    return p.take();
  }
  std::string get(const std::string& query) { return "GET /socket.io/?EIO=4&transport=polling" + query +
      " HTTP/1.1\r\nHost: a\r\n\r\n"; }
  std::string post(const std::string& body) {
    return "POST /socket.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  std::string poll() { return get("&sid=" + sid); }
  std::string upgrade(bool known = true) {
    return "GET /socket.io/?EIO=4&transport=websocket" + (known ? "&sid=" + sid : "") + " HTTP/1.1\r\nHost: a\r\n" +
           std::string(peer_wire::ws_headers) + "\r\n";
  }
  static std::string text(const std::string& s) { return peer_wire::ws_frame(peer_wire::text, s); }
  /// A session on polling, connected to "/".
  sim::peer polling() {
    sim::peer p = open();
    const std::string hello = ask(p, get(""));
    sid = hello.substr(hello.find("\"sid\":\"") + 7, 20);
    (void)ask(p, post("40"));
    (void)ask(p, poll());
    server->events.clear();
    return p;
  }
  /// A session on WebSocket, connected to "/".
  sim::peer websocket(sim::link_options o = {}) {
    sim::peer p = open(o);
    const std::string hello = ask(p, upgrade(false));
    sid = hello.substr(hello.find("\"sid\":\"") + 7, 20);
    (void)ask(p, text("40"));
    server->events.clear();
    return p;
  }
  bool saw(const std::string& event) const {
    return std::find(server->events.begin(), server->events.end(), event) != server->events.end();
  }
  /// A peer that answers pings while time passes.
  void pass_answering(sim::peer p, milliseconds length, milliseconds each = milliseconds(1000)) {
    for (milliseconds t{0}; t < length; t += each) {
      net.run_for(each);
      std::string in = p.received();
      peer_wire::frame f;
      bool ping = false;
      while (peer_wire::take_frame(in, f)) ping = ping || f.payload == "2";
      p.consume(p.received().size() - in.size());
      if (ping) p.send(text("3"));
    }
  }

  sim_client::counting_memory memory;
  sim::network net{11};
  std::unique_ptr<transcripts::setup> server;
  std::unique_ptr<sim::host> host;
  std::string sid;

 private:
  transcripts::settings settings_;
};

std::set<std::string>& played() {
  static std::set<std::string> rows;
  return rows;
}
void plays(std::initializer_list<const char*> rows) {
  for (const char* const id : rows) played().insert(id);
}

const std::string timeout = "disconnect \"ping timeout\" ()";

}  // namespace

TEST_CASE("http-headers-077: a header that drips is cut off at the head time") {
  plays({"http-headers-077"});
  stage s;
  sim::peer p = s.open();
  p.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n");
  for (int i = 0; i < 11 && !p.ended(); ++i) {
    p.send("X");
    s.net.run_for(1s);
  }
  CHECK(p.received().find("HTTP/1.1 408 ") == 0);
  CHECK(p.ended());
}

TEST_CASE("http-headers-078: pipelined requests are answered in turn, and read only so far ahead") {
  plays({"http-headers-078"});
  stage s;
  sim::link_options o;
  o.out.window = 2000;
  sim::peer p = s.open(o);
  p.pause();
  std::string all;
  for (int i = 0; i < 10'000; ++i) all += "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::size_t before = s.memory.most;
  p.send(all);
  s.net.run_for(1s);
  CHECK(s.memory.most < before + 700'000);
  p.resume();
  s.net.run_for(1s);
  std::string in = p.take();
  std::size_t answers = 0;
  for (peer_wire::response r; peer_wire::take_response(in, r); ++answers) CHECK(r.status == 404);
  CHECK(answers == 10'000);
}

TEST_CASE("http-body-005: a body that does not come is a 408, and what came of it is freed") {
  plays({"http-body-005"});
  stage s;
  s.polling();
  sim::peer p = s.open();
  p.send("POST /socket.io/?EIO=4&transport=polling&sid=" + s.sid +
      " HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n4012345678");
  s.net.run_for(29s);
  CHECK(p.received().empty());
  s.net.run_for(2s);
  CHECK(p.received().find("HTTP/1.1 408 ") == 0);
  CHECK(p.ended());
}

TEST_CASE("ws-frame-087: a peer that never answers our Close is dropped") {
  plays({"ws-frame-087"});
  stage s;
  sim::peer p = s.websocket();
  CHECK(s.ask(p, s.text("42[\"close_me\"]")).find("\x88") != std::string::npos);
  CHECK(s.host->links() == 1);
  s.net.run_for(4900ms);
  CHECK(s.host->links() == 1);
  s.net.run_for(200ms);
  CHECK(s.host->links() == 0);
}

TEST_CASE("eio-polling-001, -002: two polls or two posts at once end the session") {
  plays({"eio-polling-001", "eio-polling-002"});
  stage s;
  sim::peer first = s.polling();
  first.send(s.poll());
  CHECK(s.ask(s.open(), s.poll()).find("HTTP/1.1 400 ") == 0);
  CHECK(s.saw("disconnect \"transport error\" ()"));
  first = s.polling();
  first.send("POST /socket.io/?EIO=4&transport=polling&sid=" + s.sid +
      " HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4");
  CHECK(s.ask(s.open(), s.post("42[\"a\"]")).find("HTTP/1.1 400 ") == 0);
  CHECK(s.saw("disconnect \"transport error\" ()"));
}

TEST_CASE("eio-polling-013: sids are unpredictable") {
  plays({"eio-polling-013"});
  stage s;
  std::set<std::string> seen;
  std::size_t same_place[20] = {};
  std::string before;
  sim::peer p = s.open();
  for (int i = 0; i < 2000; ++i) {
    const std::string hello = s.ask(p, s.get(""));
    const std::string sid = hello.substr(hello.find("\"sid\":\"") + 7, 20);
    for (std::size_t k = 0; k < before.size(); ++k) same_place[k] += before[k] == sid[k] ? 1 : 0;
    CHECK(seen.insert(sid).second);
    before = sid;
  }
  for (const std::size_t n : same_place) CHECK(n < 90);  // 2000/64 = 31 on average
}

TEST_CASE("eio-polling-014: a client that never polls times out") {
  plays({"eio-polling-014", "fault-005"});
  stage s;
  s.polling();
  s.net.run_for(44s);
  CHECK_FALSE(s.saw(timeout));
  s.net.run_for(2s);
  CHECK(s.saw(timeout));
}

TEST_CASE("eio-polling-015: a client that never connects is closed at the connect timeout") {
  plays({"eio-polling-015"});
  stage s;
  sim::peer p = s.open();
  (void)s.ask(p, s.upgrade(false));
  s.pass_answering(p, 44s);
  CHECK(p.received().empty());
  s.net.run_for(2s);
  CHECK(p.received().find("\x88") != std::string::npos);
}

TEST_CASE("eio-polling-016, fault-007: a polling client that does not poll fills its queue, and no more") {
  plays({"eio-polling-016", "fault-007"});
  transcripts::settings o;
  o.limits["max_queued"] = "100000";
  stage s(o);
  s.polling();
  sim::peer other = s.websocket();
  const std::size_t before = s.memory.live;
  for (int i = 0; i < 20'000; ++i) (void)s.server->command("emit an_event_with_a_name_that_takes_some_room");
  CHECK(s.memory.live < before + 5'000'000);
  s.net.settle();
  CHECK(s.saw("disconnect \"slow consumer\" ()"));
  CHECK(std::count(s.server->events.begin(), s.server->events.end(), "disconnect \"slow consumer\" ()") <= 2);
}

TEST_CASE("eio-polling-017: a backlog leaves in responses of at most max_payload") {
  plays({"eio-polling-017"});
  transcripts::settings o;
  o.options["max_payload"] = "1000";
  stage s(o);
  sim::peer p = s.polling();
  for (int i = 0; i < 200; ++i) (void)s.server->command("emit numbered" + std::to_string(i));
  std::size_t got = 0;
  for (int i = 0; i < 100 && got < 200; ++i) {
    std::string in = s.ask(p, s.poll());
    peer_wire::response r;
    REQUIRE(peer_wire::take_response(in, r));
    CHECK(r.body.size() <= 1000);
    got += static_cast<std::size_t>(std::count(r.body.begin(), r.body.end(), '\x1e')) + 1;
  }
  CHECK(got == 200);
}

TEST_CASE("eio-upgrade-009, -010, -011: a second or late WebSocket for a session is closed") {
  plays({"eio-upgrade-009", "eio-upgrade-010", "eio-upgrade-011"});
  stage s;
  sim::peer p = s.polling();
  sim::peer first = s.open(), second = s.open(), third = s.open(), fourth = s.open();
  (void)s.ask(first, s.upgrade());
  CHECK(s.ask(second, s.upgrade()).find("\x88") != std::string::npos);
  CHECK(s.ask(first, s.text("2probe")) == "\x81\x06" "3probe");
  (void)s.ask(first, s.text("5"));
  CHECK(s.ask(third, s.upgrade()).find("\x88") != std::string::npos);
  CHECK(s.ask(first, s.text("420[\"a\"]")).find("430[\"ok\"]") != std::string::npos);
  first.close();
  CHECK(s.ask(fourth, s.upgrade()).find("HTTP/1.1 400 ") == 0);
}

TEST_CASE("eio-upgrade-013: what is sent during an upgrade arrives once and in order") {
  plays({"eio-upgrade-013"});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    siokit::server io;
    sim::network net(seed);
    sim::host host(net, io.driver(), {sim::pieces::random, true, 1ms, true});
    sim::link_options o;
    o.in.pieces = sim::pieces::random;
    o.in.latency = o.out.latency = milliseconds(net.below(30));
    o.in.jitter = o.out.jitter = milliseconds(net.below(30));
    sim_client::client c(net, host, way::upgrade, o);
    long long last = 0;
    bool wrong = false;
    c.on_packet = [&](sim_client::client&, const std::string& p, const std::vector<std::string>&) {
      wrong = wrong || p != "2[\"n\"," + std::to_string(++last) + "]";
    };
    c.start();
    REQUIRE(net.run_until([&] { return c.connected; }));
    for (int i = 1; i <= 1000; ++i) {
      io.emit("n", i);
      if (net.chance(300)) (void)net.step();
    }
    CHECK(net.run_until([&] { return last == 1000; }, 10s));
    CHECK_FALSE(wrong);
    CHECK(c.upgraded);
  }
}

TEST_CASE("eio-upgrade-014, -016: a candidate that breaks or ends leaves the session alone") {
  plays({"eio-upgrade-014", "eio-upgrade-016"});
  stage s;
  sim::peer p = s.polling();
  sim::peer w = s.open();
  (void)s.ask(w, s.upgrade());
  CHECK(s.ask(w, s.text("2probe")) == "\x81\x06" "3probe");
  w.reset();
  s.net.run_for(1s);
  CHECK(s.ask(p, s.post("42[\"a\"]")).find("HTTP/1.1 200 ") == 0);
  w = s.open();
  w.send(s.upgrade());
  w.finish();
  s.net.run_for(2s);
  CHECK(w.ended());
  CHECK(s.ask(p, s.post("42[\"a\"]")).find("HTTP/1.1 200 ") == 0);
  CHECK(s.server->events.size() == 2);
}

TEST_CASE("eio-upgrade-015, -017: the parked poll is released, and polling is over after the upgrade") {
  plays({"eio-upgrade-015", "eio-upgrade-017"});
  stage s;
  sim::peer p = s.polling();
  p.send(s.poll());
  sim::peer w = s.open();
  (void)s.ask(w, s.upgrade());
  (void)s.ask(w, s.text("2probe"));
  s.net.run_for(100ms);
  CHECK(p.take().find("\r\n\r\n6") != std::string::npos);
  (void)s.ask(w, s.text("5"));
  CHECK(s.ask(p, s.poll()).find("{\"code\":3,") != std::string::npos);
}

TEST_CASE("sio-packet-022: refused CONNECTs are counted") {
  plays({"sio-packet-022"});
  stage s;
  sim::peer p = s.websocket();
  std::size_t refused = 0;
  for (int i = 0; i < 200 && !p.ended(); ++i) {
    const std::string answer = s.ask(p, s.text("40/nope" + std::to_string(i)));
    if (answer.find("44/nope") != std::string::npos) ++refused;
    if (answer.find("\x88") != std::string::npos) break;
  }
  CHECK(refused == 101);  // limits.refused_connects, and the one that is too many
  CHECK(s.saw("disconnect \"forced close\" ()"));
}

TEST_CASE("sio-packet-053: an acknowledgement that comes twice is heard once") {
  plays({"sio-packet-053"});
  stage s;
  sim::peer p = s.websocket();
  (void)s.server->command("ask question");
  s.net.settle();
  (void)s.ask(p, s.text("430[\"x\"]") + s.text("430[\"x\"]") + s.text("430[\"y\"]"));
  CHECK(s.server->events == std::vector<std::string>{"ack [\"x\"]"});
}

TEST_CASE("sio-packet-073: many small events are served; there is no rate limit yet") {
  plays({"sio-packet-073"});
  stage s;
  sim::peer p = s.websocket();
  std::string all;
  for (int i = 0; i < 20'000; ++i) all += s.text("42[\"a\"]");
  (void)s.ask(p, all);
  CHECK(s.server->events.size() == 20'000);
  CHECK(p.open());
}

TEST_CASE("sio-binary-031: attachments of one packet are counted together") {
  plays({"sio-binary-031"});
  transcripts::settings o;
  o.limits["attachment_bytes"] = "1000000";
  stage s(o);
  sim::peer p = s.websocket();
  const std::size_t before = s.memory.live;
  std::string head = "4510-[\"x\"";
  for (int i = 0; i < 10; ++i) head += ",{\"_placeholder\":true,\"num\":" + std::to_string(i) + "}";
  (void)s.ask(p, s.text(head + "]"));
  const std::string part(333'000, 'x');
  for (int i = 0; i < 3; ++i) CHECK(s.ask(p, peer_wire::ws_frame(peer_wire::binary, part)).empty());
  CHECK(s.ask(p, peer_wire::ws_frame(peer_wire::binary, part)).find("\x88") != std::string::npos);
  CHECK(s.saw("disconnect \"forced close\" ()"));
  CHECK(s.memory.live < before + 20'000);
}

TEST_CASE("sio-binary-032: a packet waits 60 s for its attachments") {
  plays({"sio-binary-032"});
  stage s;
  sim::peer p = s.websocket();
  (void)s.ask(p, s.text("451-[\"a\",{\"_placeholder\":true,\"num\":0}]"));
  s.pass_answering(p, 59s);
  CHECK_FALSE(s.saw("disconnect \"forced close\" ()"));
  s.pass_answering(p, 2s);
  CHECK(s.saw("disconnect \"forced close\" ()"));
}

TEST_CASE("sio-binary-033, fault-002: a peer that dies in the middle leaves nothing behind") {
  plays({"sio-binary-033", "fault-002"});
  stage s;
  sim::peer p = s.websocket();
  (void)s.ask(p, s.text("452-[\"a\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]") +
                     peer_wire::ws_frame(peer_wire::binary, std::string(5000, 'x')));
  p.reset();
  s.net.settle();
  p = s.websocket();
  (void)s.ask(p, peer_wire::ws_frame(peer_wire::text, "42[\"a", 0, false));
  p.reset();
  s.net.settle();
  CHECK(s.server->events == std::vector<std::string>{"disconnecting \"transport close\" (own)",
      "disconnect \"transport close\" ()"});
  CHECK(s.host->links() == 0);
}

TEST_CASE("cookie_cors-016, -018: options that cannot work are refused") {
  plays({"cookie_cors-016", "cookie_cors-018"});
  server_options o;
  CHECK(eio::check(o) == errc::none);
  o.cors.origins = {"*"};
  CHECK(eio::check(o) == errc::none);
  o.cors.credentials = true;
  CHECK(eio::check(o) == errc::bad_option);
  for (const auto& change : {+[](cookie_options& c) { c.name = "a\r\nX: y"; }, +[](cookie_options& c) {
    c.path = "/; Domain=x";
  },
                             +[](cookie_options& c) { c.domain = "x\ny"; }}) {
    server_options cookie;
    cookie.cookie.name = "io";
    CHECK(eio::check(cookie) == errc::none);
    change(cookie.cookie);
    CHECK(eio::check(cookie) == errc::bad_option);
  }
}

TEST_CASE("fault-006, fault-008: a slow reader is closed at the cap or when it reads nothing; nobody else notices") {
  plays({"fault-006", "fault-008"});
  transcripts::settings o;
  o.limits["high_water"] = "20000";
  o.limits["low_water"] = "5000";
  o.limits["max_queued"] = "60000";
  stage s(o);
  sim::link_options slow;
  slow.out.window = 4096;
  sim::peer p = s.websocket(slow), trickle = s.websocket(slow), other = s.websocket();
  p.pause();
  trickle.out().bytes_per_second = 1;
  const auto closed = [&] { return std::count(s.server->events.begin(), s.server->events.end(),
      "disconnect \"slow consumer\" ()"); };
  for (int i = 0; i < 700; ++i) {
    (void)s.server->command("emit an_event_with_a_name_that_takes_room");
    s.net.run_for(1ms);
  }
  CHECK(closed() == 0);
  s.pass_answering(other, 21s);
  CHECK(closed() == 2);
  CHECK(other.open());
  p = s.websocket(slow);
  p.pause();
  for (int i = 0; i < 3000; ++i) {
    (void)s.server->command("emit an_event_with_a_name_that_takes_room");
    s.net.run_for(1ms);
  }
  CHECK(closed() == 1);
  CHECK(other.open());
}

TEST_CASE("fault-009: one byte at a time, and at every split, the log is the same") {
  plays({"fault-009"});
  std::vector<std::string> whole;
  const std::string talk = stage::text("40") + stage::text("42[\"hello\",{\"a\":[1,2,\"\xe2\x82\xac\"]}]") +
                           stage::text("451-[\"back\",{\"_placeholder\":true,\"num\":0}]") +
                           peer_wire::ws_frame(peer_wire::binary, "bytes") + stage::text("41");
  for (std::size_t cut = 0; cut <= talk.size() + 1; ++cut) {
    stage s;
    sim::link_options o;
    sim::peer p = s.open(o);
    const std::string all = s.upgrade(false) + talk;
    if (cut == talk.size() + 1) p.in().pieces = sim::pieces::one;
    const std::size_t at = all.size() - talk.size() + std::min(cut, talk.size());
    (void)s.ask(p, all.substr(0, at));
    (void)s.ask(p, all.substr(at));
    if (cut == 0) whole = s.server->events;
    CHECK(s.server->events == whole);
  }
  CHECK(whole.size() == 5);
}

TEST_CASE("fault-011: a reset at every step of an upgrade") {
  plays({"fault-011"});
  for (int step = 0; step < 7; ++step) {
    stage s;
    sim::peer p = s.polling();
    sim::peer w = s.open();
    if (step == 1) w.send(s.upgrade().substr(0, 30));
    if (step >= 2) w.send(s.upgrade());
    if (step == 3) w.send(s.text("2probe"));
    s.net.settle();
    if (step >= 4) (void)s.ask(w, s.text("2probe"));
    if (step >= 5) p.send(s.poll());
    if (step == 6) (void)s.ask(w, s.text("5"));
    if (step == 5) s.net.run_for(100ms);
    w.reset();
    s.net.settle();
    CHECK(s.saw("disconnect \"transport close\" ()") == (step == 6));
    if (step != 6) CHECK(s.ask(s.open(), s.post("42[\"a\"]")).find("HTTP/1.1 200 ") == 0);
  }
}

TEST_CASE("fault-012: a reset right behind the upgrade, with packets waiting") {
  plays({"fault-012"});
  stage s;
  s.polling();
  sim::peer w = s.open();
  (void)s.ask(w, s.upgrade());
  (void)s.ask(w, s.text("2probe"));
  for (int i = 0; i < 100; ++i) (void)s.server->command("ask question");
  w.pause();
  w.send(s.text("5"));
  w.reset();
  s.net.run_for(1min);
  CHECK(std::count(s.server->events.begin(), s.server->events.end(),
      "ack error \"socket has been disconnected\"") == 100);
}

TEST_CASE("fault-013: a poll that is aborted as it is answered") {
  plays({"fault-013"});
  for (const bool first : {true, false}) {
    stage s;
    sim::peer p = s.polling();
    p.send(s.poll());
    s.net.settle();
    if (first) p.reset();
    (void)s.server->command("emit news");
    if (!first) p.reset();
    s.net.run_for(1s);
    CHECK(s.saw("disconnect \"transport error\" ()"));
    CHECK(s.host->links() == 0);
  }
}

TEST_CASE("fault-016: a clock that stands still or goes back does no harm") {
  plays({"fault-016"});
  siokit::server io;
  host_services services;
  services.entropy = [](void*, std::span<std::byte> out) { return std::memset(out.data(), 7, out.size()), true; };
  io.driver().bind(services);
  time_point now{1h};
  const link_id id = io.driver().accept({"192.0.2.1", 1, false}, now);
  std::string request = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto bytes = std::as_writable_bytes(std::span(request));
  io.driver().receive(id, bytes, now - 1ms);
  action a;
  std::size_t writes = 0;
  while (io.driver().next(a)) writes += a.what == action::kind::write ? 1 : 0;
  CHECK(writes == 1);
  io.driver().advance(now - 2ms);
  io.driver().advance(now - 2ms);
  io.driver().advance(now);
  while (io.driver().next(a)) {
  }
  CHECK(io.session_count() == 1);
}

TEST_CASE("fault-032: links that send nothing are closed, and cost little") {
  plays({"fault-032"});
  stage s;
  const std::size_t before = s.memory.live;
  std::vector<sim::peer> idle;
  for (int i = 0; i < 2000; ++i) {
    idle.push_back(s.host->connect());
    s.net.run_for(1ms);
  }
  CHECK((s.memory.live - before) / 2000 < 2048);
  sim::peer real = s.websocket();
  CHECK(s.ask(real, s.text("420[\"a\"]")).find("430[\"ok\"]") != std::string::npos);
  s.net.run_for(12s);
  CHECK(s.host->links() == 1);
}

TEST_CASE("fault-034: every byte of a conversation, changed or cut off") {
  plays({"fault-034"});
  const std::string talk = stage::text("40") + stage::text("42[\"hello\",{\"a\":[1]}]") +
                           stage::text("451-[\"back\",{\"_placeholder\":true,\"num\":0}]") +
                               peer_wire::ws_frame(peer_wire::binary, "bytes");
  stage s;
  sim_client::client other(s.net, *s.host, way::websocket);
  other.start();
  s.net.run_for(1s);
  const std::string all = s.upgrade(false) + talk;
  for (std::size_t at = 0; at < all.size(); ++at)
    for (const unsigned flip : {0x01u, 0x20u, 0x80u, 0x100u}) {
      std::string bad = all.substr(0, flip == 0x100 ? at : all.size());
      if (flip != 0x100) bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ flip);
      sim::peer p = s.open();
      (void)s.ask(p, bad);
      p.reset();
      s.net.settle();
    }
  s.net.run_for(2min);
  CHECK(s.host->links() == 1);
  CHECK(other.connected);
}

TEST_CASE("no story is forgotten") {
  // Played elsewhere: tests/sim (015, 022, 035) and the re-entrancy tests (024).
  plays({"fault-015", "fault-022", "fault-024", "fault-035"});
  for (const hostile::row& r : hostile::read_rows(std::string(SIOKIT_TESTS_DIR) + "/hostile/rows.jsonl"))
    if (r.is("scenario") && r.all["layer"].get_or<std::string>("") != "client") {
      INFO(r.id());
      CHECK(played().count(r.id()) == 1);
    }
}
