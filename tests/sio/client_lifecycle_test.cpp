// A client in virtual time: what its handlers are told, in which order, when it dials again, and what makes it stop.
// What it emits and hears is client_events_test.cpp's; the wire is client_wire_test.cpp's.
#include <algorithm>
#include <set>

#include "sio/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace scripted;
using siokit::errc;

TEST_CASE("a client connects, is disconnected, and connects again") {
  rig r;
  r.run(1s);
  CHECK(r.take() == strings{"open", "connect"});
  CHECK(r.io->connected());
  CHECK(r.io->id() == "id1");
  CHECK(r.io->session_id() == "sid1");
  r.there.abort(r.there.websocket);
  r.run(10s);
  CHECK(r.take() == strings{"disconnect transport error", "close transport error", "attempt 1", "open", "reconnect 1", "connect"});
  CHECK(r.io->id() == "id2");
  r.there.say("1");
  r.run(10s);
  CHECK(r.take() == strings{"disconnect transport close", "close transport close", "attempt 1", "open", "reconnect 1", "connect"});
}

TEST_CASE("reconnect_failed comes before the last reconnect_error, and connect() begins anew") {
  siokit::client_options o = rig::websocket_only();
  o.reconnection_attempts = 2;
  rig r(o);
  r.there.on_accept = [&](link_id id) { return r.there.abort(id), true; };
  r.run(1min);
  const std::string lost = "the link was lost";
  CHECK(r.take() == strings{"connect_error " + lost, "open_error " + lost, "attempt 1", "connect_error " + lost, "open_error " + lost,
                            "reconnect_error " + lost, "attempt 2", "connect_error " + lost, "open_error " + lost,
                            "reconnect_failed", "reconnect_error " + lost});
  CHECK(r.io->active());
  CHECK(r.io->driver().deadline() == siokit::never);
  r.there.on_accept = {};
  r.io->connect();
  r.run(1s);
  CHECK(r.take() == strings{"open", "connect"});
}

TEST_CASE("delays are between one and five seconds, double, and are not the same for everybody") {
  std::map<long long, int> firsts;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    rig r(rig::websocket_only(), "http://server", seed);
    r.there.on_accept = [&](link_id id) { return r.there.close(id), true; };
    std::vector<siokit::time_point> dialed;
    std::size_t before = 0;
    r.net.on_step([&] {
      if (r.there.accepted != before) dialed.push_back(r.net.now()), before = r.there.accepted;
    });
    r.run(80s);
    r.net.on_step({});
    REQUIRE(dialed.size() > 12);
    for (std::size_t i = 1; i < dialed.size(); ++i) {
      const double base = i >= 4 ? 5000 : 1000.0 * static_cast<double>(1u << (i - 1));
      const double wait = std::chrono::duration<double, std::milli>(dialed[i] - dialed[i - 1]).count();
      CHECK(wait >= base / 2 - 1);
      CHECK(wait <= std::min(5000.0, base * 1.5) + 1);
    }
    ++firsts[std::chrono::duration_cast<siokit::milliseconds>(dialed[1] - dialed[0]).count() / 100];
  }
  CHECK(firsts.size() >= 8);
  for (const auto& [when, n] : firsts) CHECK(n < 25);
}

TEST_CASE("a server that never answers, and one that never answers CONNECT, are given up") {
  SECTION("the whole way") {
    rig r;
    r.there.on_request = [](const request&) { return true; };
    r.run(19s);
    CHECK(r.take() == strings{});
    r.run(1s);
    CHECK(r.take() == strings{"connect_error timeout", "open_error timeout"});
    r.run(30s);
    CHECK(r.log[0] == "attempt 1");
    CHECK(r.there.open_links() <= 1);
  }
  SECTION("CONNECT") {
    rig r;
    r.there.joins = false;
    r.there.intervals = "\"pingInterval\":2500000,\"pingTimeout\":20000";
    r.run(44s);
    CHECK(r.take() == strings{"open"});
    r.run(1s);
    CHECK(r.take() == strings{"connect_error no answer to CONNECT", "close transport error"});
    r.there.joins = true;
    r.run(10s);
    CHECK(r.take() == strings{"attempt 1", "open", "reconnect 1", "connect"});
  }
}

TEST_CASE("a missing ping ends the session, other packets do not help") {
  rig r;
  r.run(1s);
  r.take();
  for (int i = 0; i < 43; ++i) {
    r.there.say("42[\"data\"]");
    r.run(1s);
  }
  CHECK(r.take() == strings{});
  r.run(2s);
  CHECK(r.log.front() == "disconnect ping timeout");
}

TEST_CASE("pings are answered and hold the session") {
  rig r;
  int pings = 0;
  r.io->on_ping([&] { ++pings; });
  r.run(1s);
  r.take();
  for (int i = 0; i < 20; ++i) {
    r.there.say("2");
    r.run(40s);
  }
  CHECK(pings == 20);
  CHECK(r.there.count("3") == 20);
  CHECK(r.take() == strings{});
}

TEST_CASE("a refused CONNECT, a DISCONNECT and disconnect() need connect()") {
  rig r;
  SECTION("refused") {
    r.there.on_message = [&](link_id, const std::string& m) {
      if (m != "40") return false;
      r.there.say("44{\"message\":\"not you\",\"data\":{\"code\":7}}");
      return true;
    };
    std::string data;
    r.io->on_connect_error([&](const siokit::connect_error& e) { data = e.cause == errc::sio_connect_refused ? e.data.json() : ""; });
    r.run(1min);
    CHECK(data == "{\"code\":7}");
    CHECK(r.take() == strings{"open", "connect_error not you", "close forced close"});
    CHECK_FALSE(r.io->active());
    r.there.on_message = {};
  }
  SECTION("by the server") {
    r.run(1s);
    r.there.say("41");
    r.run(1min);
    CHECK(r.take() == strings{"open", "connect", "disconnect io server disconnect", "close forced close"});
  }
  SECTION("by the program") {
    r.run(1s);
    r.io->disconnect();
    CHECK_FALSE(r.io->connected());
    r.run(1min);
    CHECK(r.take() == strings{"open", "connect", "disconnect io client disconnect", "close forced close"});
    CHECK(r.there.was_told("41"));
  }
  CHECK(r.io->link_count() == 0);
  CHECK(r.io->driver().deadline() == siokit::never);
  r.io->connect();
  r.run(1s);
  CHECK(r.take() == strings{"open", "connect"});
}

TEST_CASE("disconnect() and connect() at once, wherever the client is") {
  rig r;
  SECTION("before the first turn") {}
  SECTION("while it opens") {
    siokit::sim::link_options slow;
    slow.in.latency = slow.out.latency = 20ms;
    r.here->set_dial_options(slow);
    r.run(30ms);
  }
  SECTION("connected") { r.run(1s); }
  SECTION("in the delay before an attempt") {
    r.there.on_accept = [&](link_id id) { return r.there.abort(id), true; };
    r.run(100ms);
    r.there.on_accept = {};
  }
  r.io->disconnect();
  r.io->connect();
  r.run(500ms);
  CHECK(r.io->connected());
  CHECK(r.count("connect") == 1 + r.count("disconnect io client disconnect"));
}

TEST_CASE("disconnect() ends the delay before an attempt") {
  rig r;
  r.there.on_accept = [&](link_id id) { return r.there.abort(id), true; };
  r.run(100ms);
  CHECK(r.io->driver().why() == siokit::timer::backoff);
  r.io->disconnect();
  r.run(10ms);
  CHECK(r.io->driver().deadline() == siokit::never);
  r.run(1min);
  CHECK(r.there.accepted == 1);
  CHECK(r.count("attempt 1") == 0);
}

TEST_CASE("a second namespace that comes while the first opens does not spoil the delay") {
  rig r;
  siokit::sim::link_options slow;
  slow.in.latency = slow.out.latency = 50ms;
  r.here->set_dial_options(slow);
  r.run(120ms);
  auto& other = r.io->of("other");
  CHECK(other.name() == "/other");
  CHECK(&r.io->of("/other") == &other);
  r.watch(other);
  r.run(1s);
  CHECK(r.take() == strings{"open", "connect", "/other connect"});
  const siokit::time_point cut = r.net.now();
  r.there.abort(r.there.websocket);
  CHECK(r.net.run_until([&] { return r.count("attempt 1") == 1; }, 10s));
  CHECK(r.net.now() - cut >= 500ms);
  r.run(5s);
  CHECK(r.count("/other connect") == 1);
}

TEST_CASE("a namespace that is left while it joins, and joined again, is joined once on the wire") {
  siokit::client_options o = rig::websocket_only();
  rig r(o);
  auto& other = r.io->of("/other");
  r.watch(other);
  r.there.on_message = [&](link_id, const std::string& m) { return m.find("/other") != std::string::npos; };
  r.run(1s);
  other.disconnect();
  SECTION("for good") {
    r.there.say("40/other,{\"sid\":\"x\"}");
    r.run(1s);
    CHECK(r.there.messages == strings{"40", "40/other,", "41/other,"});
    CHECK(r.take() == strings{"open", "connect"});
  }
  SECTION("and joined again") {
    other.auth(siokit::value(siokit::obj("t", 2)));
    other.connect();
    r.run(1s);
    CHECK(r.there.count("40/other,") == 1);
    r.there.say("40/other,{\"sid\":\"x\"}");
    r.run(1s);
    CHECK(r.there.messages == strings{"40", "40/other,", "41/other,", "40/other,{\"t\":2}"});
    r.there.say("40/other,{\"sid\":\"y\"}");
    r.run(1s);
    CHECK(other.id() == "y");
    CHECK(r.take() == strings{"open", "connect", "/other connect"});
  }
  SECTION("refused, and joined again") {
    other.connect();
    r.there.say("44/other,{\"message\":\"no\"}");
    r.run(1s);
    CHECK(r.there.messages == strings{"40", "40/other,", "40/other,"});
  }
}

TEST_CASE("reconnection can be off, and connecting too") {
  siokit::client_options o = rig::websocket_only();
  o.reconnection = false;
  o.auto_connect = false;
  rig r(o);
  r.run(1min);
  CHECK(r.there.accepted == 0);
  CHECK_FALSE(r.io->active());
  r.io->connect();
  r.run(1s);
  r.there.abort(r.there.websocket);
  r.run(1min);
  CHECK(r.take() == strings{"open", "connect", "disconnect transport error", "close transport error"});
  CHECK(r.io->active());
  CHECK(r.io->driver().deadline() == siokit::never);
  r.io->connect();
  r.run(1s);
  CHECK(r.take() == strings{"open", "connect"});
}

TEST_CASE("names that are none, servers that refuse, and URLs that are none have their errors") {
  const auto first_error = [](rig& r) {
    r.run(1s);
    return r.log.empty() ? std::string() : r.log[0];
  };
  rig nobody(rig::websocket_only(), "http://nobody");
  CHECK(first_error(nobody) == "connect_error the host name could not be resolved");
  rig closed(rig::websocket_only(), "http://closed");
  closed.net.refuse("closed", 80);
  CHECK(first_error(closed) == "connect_error connection refused");
  rig bad(rig::websocket_only(), "ftp://server");
  CHECK(first_error(bad) == "connect_error the URL cannot be used");
  CHECK(bad.there.accepted == 0);
  CHECK(bad.io->driver().deadline() == siokit::never);
  siokit::client_options none = rig::websocket_only();
  none.transports.clear();
  rig empty(none);
  CHECK(first_error(empty) == "connect_error No transports available");
}

TEST_CASE("a host without entropy dials nothing") {
  siokit::sim::host_options how;
  how.entropy = false;
  rig r(rig::websocket_only(), "http://server", 1, how);
  r.run(10s);
  CHECK(r.there.accepted == 0);
  CHECK(r.log[0].find("connect_error") == 0);
}

TEST_CASE("off_lifecycle() takes back the handler it was given the id of, and no other") {
  siokit::client_options o = rig::websocket_only();
  o.auto_connect = false;
  siokit::client io("http://server", o);
  std::set<siokit::listener_id> ids;
  ids.insert(io.on_connect([] {}));
  ids.insert(io.on_connect_error([](const siokit::connect_error&) {}));
  ids.insert(io.on_disconnect([] {}));
  ids.insert(io.on_unhandled([](std::string_view, const siokit::arguments&) {}));
  CHECK(ids.size() == 4);
}
