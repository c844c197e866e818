// A client in virtual time: what it emits and hears. Buffers, volatile events, acknowledgements, retries, listeners,
// recovery; handlers that throw, and handlers that call back.
// Connecting and reconnecting is client_lifecycle_test.cpp's; the wire is client_wire_test.cpp's.
#include <stdexcept>

#include "sio/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace scripted;
using siokit::errc;
using siokit::on_ack;
using siokit::result;

namespace {

strings events(const rig& r) {
  strings out;
  for (const std::string& m : r.there.messages)
    if (m.compare(0, 2, "40") != 0) out.push_back(m);
  return out;
}

auto told(std::vector<errc>& to) {
  return on_ack([&to](result<int> got) { to.push_back(got ? errc::none : got.error()); });
}

#if defined(__cpp_exceptions)
/// What each adapter does: an exception goes to the loop, and the host goes on.
class catching final : public siokit::driver {
 public:
  explicit catching(siokit::driver& to) : to_(to) {}
  strings thrown;
  void bind(const siokit::host_services& s) override { to_.bind(s); }
  link_id accept(const siokit::link_info&, siokit::time_point) override { return {}; }
  void opened(link_id l, siokit::time_point now) override {
    guarded([&] { to_.opened(l, now); });
  }
  void receive(link_id l, std::span<std::byte> in, siokit::time_point now) override {
    guarded([&] { to_.receive(l, in, now); });
  }
  void sent(link_id l, std::size_t n, siokit::time_point now) override {
    guarded([&] { to_.sent(l, n, now); });
  }
  void closed(link_id l, siokit::link_end how, int e, siokit::time_point now) override {
    guarded([&] { to_.closed(l, how, e, now); });
  }
  void advance(siokit::time_point now) override {
    guarded([&] { to_.advance(now); });
  }
  bool next(siokit::action& a) override { return to_.next(a); }
  bool gather(link_id l, siokit::batch& b) override { return to_.gather(l, b); }
  bool wants_read(link_id l) const override { return to_.wants_read(l); }
  std::span<std::byte> space(link_id l) override { return to_.space(l); }
  siokit::time_point deadline() const override { return to_.deadline(); }
  siokit::deadline_reason why() const override { return to_.why(); }

 private:
  template <class F>
  void guarded(F&& f) {
    try {
      f();
    } catch (const std::runtime_error& e) {
      thrown.push_back(e.what());
    }
  }
  siokit::driver& to_;
};
#endif

}  // namespace

TEST_CASE("what is emitted before the connection goes out in order, behind what came early") {
  rig r;
  (void)r.io->emit("a", 1);
  (void)r.io->emit("b", 2, on_ack([&](result<int> got) { r.note("b " + std::to_string(got ? *got : -1)); }));
  CHECK(r.io->buffered() == 2);
  r.io->on("early", [&](int n) {
    r.note("early " + std::to_string(n) + (r.io->connected() ? " connected" : ""));
    (void)r.io->emit("in early");
  });
  r.io->on_connect([&] { (void)r.io->emit("c"); });
  r.there.on_message = [&](link_id, const std::string& m) {
    if (m != "40") return false;
    r.there.say("42[\"early\",1]");
    r.there.say("42[\"early\",2]");
    return false;
  };
  r.run(1s);
  CHECK(r.take() == strings{"open", "early 1 connected", "early 2 connected", "connect"});
  CHECK(events(r) == strings{"42[\"a\",1]", "420[\"b\",2]", "42[\"in early\"]", "42[\"in early\"]", "42[\"c\"]"});
  r.there.say("430[5]");
  r.run(1s);
  CHECK(r.take() == strings{"b 5"});
  CHECK(r.io->buffered() == 0);
  CHECK(r.io->awaited() == 0);
}

TEST_CASE("volatile events are dropped unless the transport is ready, and kept while only the namespace is not") {
  rig r;
  std::vector<errc> acks;
  CHECK(r.io->volatile_().emit("lost") == siokit::delivery::dropped);
  CHECK(r.io->volatile_().emit("lost", told(acks)) == siokit::delivery::dropped);
  r.there.joins = false;
  r.run(1s);
  CHECK(acks == std::vector<errc>{errc::volatile_dropped});
  CHECK(r.io->volatile_().emit("kept") == siokit::delivery::queued);
  CHECK(r.io->buffered() == 1);
  r.there.say("40{\"sid\":\"x\"}");
  r.run(1s);
  CHECK(r.io->volatile_().emit("sent") == siokit::delivery::queued);
  r.run(1s);
  CHECK(events(r) == strings{"42[\"kept\"]", "42[\"sent\"]"});
}

TEST_CASE("acknowledgements are answered, time out, fail or are cancelled, once") {
  rig r;
  std::vector<errc> acks;
  SECTION("timeouts begin at once, also for what waits to be connected") {
    r.there.joins = false;
    (void)r.io->timeout(2s).emit("q", told(acks));
    r.run(3s);
    CHECK(acks == std::vector<errc>{errc::ack_timeout});
    CHECK(r.io->buffered() == 0);
  }
  SECTION("late and repeated answers are nobody's") {
    r.run(1s);
    (void)r.io->timeout(2s).emit("q", told(acks));
    r.run(3s);
    r.there.say("430[1]");
    (void)r.io->emit("q", told(acks));
    r.run(1s);
    r.there.say("431[1]");
    r.there.say("431[1]");
    r.there.say("4399[1]");
    r.run(1s);
    CHECK(acks == std::vector<errc>{errc::ack_timeout, errc::none});
    CHECK(r.count("disconnect parse error") == 0);
  }
  SECTION("the connection goes: what was sent fails, what waits goes on") {
    r.run(1s);
    (void)r.io->emit("sent", told(acks));
    r.run(10ms);
    r.there.abort(r.there.websocket);
    r.io->on_disconnect([&] { (void)r.io->emit("waits", told(acks)); });
    r.run(100ms);
    CHECK(acks == std::vector<errc>{errc::ack_disconnected});
    r.run(5s);
    r.there.say("431[1]");
    r.run(1s);
    CHECK(acks == std::vector<errc>{errc::ack_disconnected, errc::none});
  }
  SECTION("cancelled") {
    siokit::ack_ref early, late;
    (void)r.io->emit("early", on_ack([&](result<int> got) { acks.push_back(got.error()); }).into(early));
    early.cancel();
    early.cancel();
    CHECK(r.io->buffered() == 0);
    r.run(1s);
    (void)r.io->emit("late", on_ack([&](result<int> got) { acks.push_back(got.error()); }).into(late));
    CHECK(late.pending());
    r.run(1s);
    late.cancel();
    r.there.say("431[1]");
    r.run(1s);
    CHECK(acks == std::vector<errc>{errc::ack_cancelled, errc::ack_cancelled});
    CHECK_FALSE(late.pending());
    CHECK(events(r) == strings{"421[\"late\"]"});
  }
  SECTION("ack_timeout of the socket") {
    siokit::client_socket_options slow;
    slow.ack_timeout = 3s;
    auto& s = r.io->of("/slow", slow);
    r.run(1s);
    (void)s.emit("q", told(acks));
    r.run(2900ms);
    CHECK(acks.empty());
    r.run(200ms);
    CHECK(acks == std::vector<errc>{errc::ack_timeout});
  }
  CHECK(r.io->awaited() == 0);
}

TEST_CASE("retries: one event at a time, again with a new id until it is acknowledged or given up") {
  siokit::client_options o = rig::websocket_only();
  o.retries = 2;
  o.ack_timeout = 1s;
  o.randomization_factor = 0;
  rig r(o);
  std::vector<errc> acks;
  SECTION("given up after the last") {
    (void)r.io->emit("a", 1, told(acks));
    (void)r.io->emit("b");
    r.run(2900ms);
    CHECK(events(r) == strings{"420[\"a\",1]", "421[\"a\",1]", "422[\"a\",1]"});
    CHECK(acks.empty());
    r.run(200ms);
    CHECK(acks == std::vector<errc>{errc::ack_timeout});
    CHECK(events(r).back() == "423[\"b\"]");
    r.there.say("433[]");
    r.run(5s);
    CHECK(events(r).size() == 4);
  }
  SECTION("across a reconnect, also while it has no timeout") {
    (void)r.io->emit("a", siokit::as_bytes("xy"), told(acks));
    (void)r.io->emit("b");
    (void)r.io->volatile_().emit("v");
    r.run(100ms);
    r.there.abort(r.there.websocket);
    r.run(1500ms);
    const strings sent = events(r);
    REQUIRE(sent.size() == 2);
    CHECK(sent[0] == "451-0[\"a\",{\"_placeholder\":true,\"num\":0}]");
    CHECK(sent.back().find("[\"a\",{\"_placeholder\":true,\"num\":0}]") != std::string::npos);
    CHECK(r.there.binaries.back() == "xy");
    r.there.say("43" + sent.back().substr(4, sent.back().find('[') - 4) + "[7]");
    r.run(10ms);
    CHECK(acks == std::vector<errc>{errc::none});
    CHECK(events(r).back().find("[\"b\"]") != std::string::npos);
  }
  SECTION("from a handler that runs before on_connect it goes once") {
    r.io->on("early", [&] { (void)r.io->emit("once", told(acks)); });
    r.there.on_message = [&](link_id, const std::string& m) {
      if (m == "40") r.there.say("42[\"early\"]");
      return false;
    };
    r.run(500ms);
    CHECK(events(r) == strings{"420[\"once\"]"});
  }
  SECTION("cancelled: what was not sent is not sent, and nobody is told of what was") {
    siokit::ack_ref a, b;
    (void)r.io->emit("a", told(acks).into(a));
    (void)r.io->emit("b", told(acks).into(b));
    (void)r.io->emit("c");
    r.run(100ms);
    CHECK((a.pending() && b.pending()));
    a.cancel();
    b.cancel();
    r.run(100ms);
    CHECK(acks == std::vector<errc>{errc::ack_cancelled, errc::ack_cancelled});
    CHECK_FALSE((a.pending() || b.pending()));
    r.there.say("430[1]");
    r.run(100ms);
    CHECK(events(r) == strings{"420[\"a\"]", "421[\"c\"]"});
    CHECK(acks.size() == 2);
  }
}

TEST_CASE("listeners: on, once, off, catch-all both ways, unhandled, and errors with their path") {
  rig r;
  const auto id = r.io->on("e", [&](int n) { r.note("on " + std::to_string(n)); });
  r.io->once("e", [&](siokit::client_socket& s, int n) { r.note("once " + s.name() + std::to_string(n)); });
  r.io->on("7", [&] { r.note("seven"); });
  r.io->on("sum", [](int a, std::optional<int> b) { return a + b.value_or(0); });
  r.io->on("late", [&](siokit::ack<std::string> reply) { reply("x"), reply("y"); });
  const auto any = r.io->on_any([&](std::string_view event, const siokit::arguments& a) { r.note("any " + std::string(event) + std::to_string(a.size())); });
  r.io->on_any_outgoing([&](std::string_view event, const siokit::arguments&) { r.note("out " + std::string(event)); });
  r.io->on_unhandled([&](std::string_view event, const siokit::arguments&) { r.note("unhandled " + std::string(event)); });
  r.run(1s);
  r.take();
  r.there.say("42[\"e\",1]");
  r.there.say("42[\"e\",2]");
  r.there.say("42[7]");
  r.there.say("42[\"x\"]");
  r.run(1s);
  CHECK(r.take() == strings{"any e1", "on 1", "once /1", "any e1", "on 2", "any 70", "seven", "any x0", "unhandled x"});
  r.io->off_any(any);
  r.there.say("425[\"sum\",1,2]");
  r.there.say("426[\"late\"]");
  r.there.say("427[\"sum\",{\"a\":1}]");
  r.run(1s);
  CHECK(events(r) == strings{"435[3]", "436[\"x\"]"});
  REQUIRE(r.log.size() == 1);
  CHECK(r.log[0].find("error / sum args[0]: ") == 0);
  r.take();
  (void)r.io->emit("hello");
  r.io->off("e", id);
  r.there.say("42[\"e\",3]");
  r.run(1s);
  CHECK(r.take() == strings{"out hello", "unhandled e"});
  (void)r.io->emit("connect");
  r.run(1s);
  REQUIRE(r.log.size() == 1);
  CHECK(r.log[0].find("error / connect emit: ") == 0);
}

TEST_CASE("an acknowledgement is not sent in another membership than the event came in") {
  const bool reconnected = GENERATE(false, true);
  rig r;
  siokit::client_socket& s = r.io->of("/a");
  siokit::ack<int> owed;
  s.on("ask", [&](siokit::ack<int> reply) { owed = reply; });
  s.connect();
  r.run(1s);
  r.there.say("42/a,7[\"ask\"]");
  r.run(1s);
  if (reconnected)
    r.there.abort(r.there.websocket);
  else
    s.disconnect(), s.connect();
  r.run(10s);
  REQUIRE(s.connected());
  r.there.messages.clear();
  owed(1);
  r.run(1s);
  CHECK(r.there.messages.empty());
}

TEST_CASE("auth is a value, or a function that answers now, later, or too late") {
  siokit::client_options o = rig::websocket_only();
  o.auth = siokit::value(siokit::obj("token", "abc"));
  rig r(o);
  SECTION("a value") {
    r.run(1s);
    CHECK(r.there.messages == strings{"40{\"token\":\"abc\"}"});
  }
  SECTION("now, and again at each connect") {
    int asked = 0;
    r.io->auth([&](siokit::auth_reply reply) { reply(siokit::value(siokit::obj("n", ++asked))); });
    r.run(1s);
    r.there.abort(r.there.websocket);
    r.run(5s);
    CHECK(r.there.messages == strings{"40{\"n\":1}", "40{\"n\":2}"});
  }
  SECTION("later, once, and too late") {
    std::vector<siokit::auth_reply> asked;
    r.io->auth([&](siokit::auth_reply reply) { asked.push_back(reply); });
    r.run(1s);
    REQUIRE(asked.size() == 1);
    CHECK(r.there.messages.empty());
    r.there.abort(r.there.websocket);
    r.run(5s);
    REQUIRE(asked.size() == 2);
    asked[0](siokit::value(siokit::obj("n", 1)));
    asked[1](siokit::value(siokit::obj("n", 2)));
    asked[1](siokit::value(siokit::obj("n", 3)));
    r.run(1s);
    CHECK(r.there.messages == strings{"40{\"n\":2}"});
    CHECK(r.io->connected());
    r.here.reset();
    r.io.reset();
    asked[1](siokit::value(siokit::obj("n", 4)));
    r.io = std::make_unique<siokit::client>("http://server", o);
    r.here = std::make_unique<siokit::sim::host>(r.net, r.io->driver());
  }
}

TEST_CASE("recovery: the pid and the last offset go with CONNECT, and what was missed comes before on_connect") {
  rig r;
  r.io->auth(siokit::value(siokit::obj("t", 1)));
  r.io->on("e", [&](std::string what) { r.note(what); });
  r.there.on_message = [&](link_id, const std::string& m) {
    if (m == "40{\"t\":1}") return r.there.say("40{\"sid\":\"me\",\"pid\":\"secret\"}"), true;
    if (m.find("40{") != 0) return false;
    r.there.say("42[\"e\",\"missed\",\"o2\"]");
    r.there.say("40{\"sid\":\"me\",\"pid\":\"secret\"}");
    return true;
  };
  r.run(1s);
  CHECK_FALSE(r.io->recovered());
  r.there.say("42[\"e\",\"first\",\"o1\"]");
  r.run(1s);
  r.there.abort(r.there.websocket);
  r.take();
  r.run(5s);
  CHECK(r.there.messages.back() == "40{\"pid\":\"secret\",\"offset\":\"o1\",\"t\":1}");
  CHECK(r.io->recovered());
  CHECK(r.io->id() == "me");
  const strings log = r.take();
  CHECK(strings(log.end() - 2, log.end()) == strings{"missed", "connect"});
  r.there.abort(r.there.websocket);
  r.run(5s);
  CHECK(r.there.messages.back() == "40{\"pid\":\"secret\",\"offset\":\"o2\",\"t\":1}");
  // A server that does not know it any more gives another pid.
  r.there.on_message = [&](link_id, const std::string&) { return r.there.say("40{\"sid\":\"new\",\"pid\":\"other\"}"), true; };
  r.there.abort(r.there.websocket);
  r.run(5s);
  CHECK_FALSE(r.io->recovered());
  r.there.abort(r.there.websocket);
  r.run(5s);
  CHECK(r.there.messages.back() == "40{\"pid\":\"other\",\"t\":1}");
}

#if defined(__cpp_exceptions)
TEST_CASE("a handler that throws leaves through the driver call, and the rest is told at the next one") {
  rig r;
  bool thrown = false;
  const auto once = [&] {
    if (!std::exchange(thrown, true)) throw std::runtime_error("handler");
  };
  r.there.intervals = "\"pingInterval\":100000,\"pingTimeout\":100000";
  catching guard(r.io->driver());
  r.here.reset();
  r.here = std::make_unique<siokit::sim::host>(r.net, guard);
  SECTION("on_connect") { r.io->on_connect(once); }
  SECTION("an event") {
    r.io->on("e", once);
    r.there.on_message = [&](link_id, const std::string& m) {
      if (m == "40") r.there.say("42[\"e\"]");
      return false;
    };
  }
  SECTION("an acknowledgement") {
    r.there.on_message = [&](link_id, const std::string& m) { return m != "40" && m != "421[\"last\"]" ? (r.there.say("430[1]"), true) : false; };
    (void)r.io->emit("q", on_ack([&](result<int>) { once(); }));
  }
  SECTION("on_open") { r.io->on_open(once); }
  SECTION("auth") {
    r.io->auth([&](siokit::auth_reply reply) {
      reply({});
      once();
    });
  }
  SECTION("outgoing") {
    (void)r.io->emit("q");
    r.io->on_any_outgoing([&](std::string_view, const siokit::arguments&) { once(); });
  }
  r.run(1min);
  CHECK(guard.thrown == strings{"handler"});
  CHECK(r.io->connected());
  r.here.reset();
}
#endif
