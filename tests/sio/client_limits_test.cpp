// Each member of siokit::limits that a client uses, on both sides: at the limit all is well, one beyond it the session ends,
// or the emit is refused. The server's are in limits_test.cpp.
#include <functional>

#include "sio/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace scripted;
using siokit::errc;
using siokit::on_ack;
using siokit::result;

namespace {

siokit::client_options with(const std::function<void(siokit::limits&)>& change) {
  siokit::client_options o = rig::websocket_only();
  change(o.limits);
  return o;
}
bool survives(rig& r) {
  r.run(100ms);
  return r.io->connected() && r.count("close parse error") + r.count("close transport error") == 0;
}
std::string x(std::size_t n) { return std::string(n, 'x'); }

}  // namespace

TEST_CASE("received: bytes of a message, and of a polling response") {
  const std::size_t more = GENERATE(0u, 1u);
  rig r(with([](siokit::limits& l) { l.received = 1000; }));
  r.run(1s);
  r.there.say("42[\"e\",\"" + x(1000 - 10 + more) + "\"]");
  CHECK(survives(r) == (more == 0));
  siokit::client_options o = rig::polling_only();
  o.limits.received = 1000;
  rig p(o);
  p.run(1s);
  p.there.say("42[\"e\",\"" + x(1000 - 10 + more) + "\"]");
  CHECK(survives(p) == (more == 0));
}

TEST_CASE("sid: bytes of the session id") {
  const std::size_t more = GENERATE(0u, 1u);
  rig r(with([](siokit::limits& l) { l.sid = 30; }));
  r.there.on_request = [&](const request& q) {
    r.there.accept_websocket(q);
    r.there.websocket = q.link;
    r.there.say("0{\"sid\":\"" + x(30 + more) + "\"," + r.there.intervals + "}");
    return true;
  };
  r.run(100ms);
  CHECK(r.io->connected() == (more == 0));
}

TEST_CASE("early_packets: bytes before the answer to CONNECT") {
  const bool over = GENERATE(false, true);
  rig r(with([](siokit::limits& l) { l.early_packets = 10'000; }));
  int heard = 0;
  r.io->on("e", [&] { ++heard; });
  r.there.on_message = [&](link_id, const std::string& m) {
    if (m != "40") return false;
    for (int i = 0; i < (over ? 3 : 2); ++i) r.there.say("42[\"e\",\"" + x(4000) + "\"]");
    return false;
  };
  CHECK(survives(r) == !over);
  CHECK(heard == (over ? 0 : 2));
}

TEST_CASE("recovery_text: bytes of a pid and an offset") {
  const std::size_t more = GENERATE(0u, 1u);
  rig r(with([](siokit::limits& l) { l.recovery_text = 20; }));
  r.there.on_message = [&](link_id, const std::string& m) {
    return m.find("40") == 0 && (r.there.say("40{\"sid\":\"a\",\"pid\":\"" + x(20 + more) + "\"}"), true);
  };
  r.run(1s);
  CHECK(r.io->connected());
  r.there.abort(r.there.websocket);
  r.run(10s);
  CHECK(r.io->connected());
  CHECK(r.io->recovered() == (more == 0));
  CHECK(r.there.messages.back() == (more == 0 ? "40{\"pid\":\"" + x(20) + "\"}" : "40"));
}

TEST_CASE("owed_acks: acknowledgements that handlers owe") {
  const bool over = GENERATE(false, true);
  rig r(with([](siokit::limits& l) { l.owed_acks = 3; }));
  std::vector<siokit::ack<int>> owed;
  r.io->on("ask", [&](siokit::ack<int> a) { owed.push_back(a); });
  r.run(1s);
  for (int i = 0; i < (over ? 4 : 3); ++i) r.there.say("42" + std::to_string(i) + "[\"ask\"]");
  CHECK(survives(r) == !over);
  for (const auto& a : owed) a(1);
  r.run(100ms);
  CHECK(r.there.count("432[1]") == (over ? 0 : 1));
}

TEST_CASE("answer_timeout: how long an acknowledgement may be owed") {
  rig r(with([](siokit::limits& l) { l.answer_timeout = 2s; }));
  std::vector<siokit::ack<int>> owed;
  r.io->on("ask", [&](siokit::ack<int> a) { owed.push_back(a); });
  r.run(100ms);
  r.there.say("421[\"ask\"]");
  r.run(1900ms);
  r.there.say("422[\"ask\"]");
  r.run(200ms);
  for (const auto& a : owed) a(1);
  r.run(100ms);
  CHECK(r.there.count("431[1]") == 0);
  CHECK(r.there.count("432[1]") == 1);
}

TEST_CASE("pending_acks: acknowledgements the server owes") {
  rig r(with([](siokit::limits& l) { l.pending_acks = 3; }));
  if (GENERATE(false, true)) r.run(1s);
  std::vector<errc> failed;
  for (int i = 0; i < 4; ++i)
    (void)r.io->emit("e", on_ack([&](result<int> got) { failed.push_back(got ? errc::none : got.error()); }));
  r.run(1s);
  CHECK(failed == std::vector<errc>{errc::too_many_acks});
  CHECK(r.io->awaited() == 3);
}

TEST_CASE("what was refused fails for its own reason, also when the connection goes at the same time") {
  rig r(with([](siokit::limits& l) { l.pending_acks = 1; }));
  r.run(1s);
  std::vector<errc> failed;
  for (int i = 0; i < 2; ++i)
    (void)r.io->emit("e", on_ack([&](result<int> got) { failed.push_back(got ? errc::none : got.error()); }));
  r.io->disconnect();
  r.run(1s);
  CHECK(failed == std::vector<errc>{errc::ack_disconnected, errc::too_many_acks});
}

TEST_CASE("max_queued: bytes that wait for the server, or for the connection") {
  rig r(with([](siokit::limits& l) { l.max_queued = 10'000, l.high_water = 5'000, l.low_water = 1'000; }));
  bool drained = false;
  r.io->on_drain([&] { drained = true; });
  if (GENERATE(false, true)) {
    std::vector<siokit::delivery> told;
    bool writable = true;
    r.io->on_connect([&] {
      for (int i = 0; i < 3; ++i) told.push_back(r.io->emit("e", x(4000)));
      writable = r.io->writable();
    });
    r.run(1s);
    using siokit::delivery;
    CHECK(told == std::vector<delivery>{delivery::queued, delivery::congested, delivery::refused});
    CHECK_FALSE(writable);
    CHECK(drained);
    CHECK(r.io->writable());
    CHECK(r.io->emit("e", x(40'000)) != delivery::refused);
  } else {
    CHECK(r.io->emit("e", x(4000)) == siokit::delivery::queued);
    CHECK(r.io->emit("e", x(4000)) == siokit::delivery::queued);
    CHECK(r.io->emit("e", x(4000)) == siokit::delivery::refused);
    CHECK(r.io->buffered() == 2);
  }
  r.run(1s);
  CHECK(r.io->connected());
}

TEST_CASE("max_queued: an acknowledgement for which there is no room is an error of its event") {
  rig r(with([](siokit::limits& l) { l.max_queued = 10'000; }));
  r.io->on("ask", [](std::size_t n) { return x(n); });
  r.run(1s);
  r.take();
  using server = scripted::server;
  r.there.send(r.there.websocket, server::frame(peer_wire::text, "421[\"ask\",8000]") + server::frame(peer_wire::text, "422[\"ask\",8000]"));
  r.run(1s);
  CHECK(r.there.was_told("431[\"" + x(8000) + "\"]"));
  CHECK(r.there.messages.size() == 2);
  CHECK(r.take() == strings{"error / ask emit: " + std::string(siokit::text(errc::queue_full))});
  CHECK(r.io->connected());
}

TEST_CASE("attachments: how many, how large, how long") {
  const auto event = [](int n) {
    std::string out = "45" + std::to_string(n) + "-[\"e\"";
    for (int i = 0; i < n; ++i) out += ",{\"_placeholder\":true,\"num\":" + std::to_string(i) + "}";
    return out + "]";
  };
  const bool over = GENERATE(false, true);
  SECTION("attachments") {
    rig r(with([](siokit::limits& l) { l.attachments = 3; }));
    r.run(1s);
    r.there.say(event(over ? 4 : 3));
    CHECK(survives(r) == !over);
  }
  SECTION("attachment_bytes") {
    rig r(with([](siokit::limits& l) { l.attachment_bytes = 100; }));
    r.run(1s);
    r.there.say(event(2));
    r.there.say_binary(x(50));
    r.there.say_binary(x(over ? 51 : 50));
    CHECK(survives(r) == !over);
  }
  SECTION("attachment_time") {
    rig r(with([](siokit::limits& l) { l.attachment_time = 5s; }));
    r.run(1s);
    r.there.say(event(1));
    r.run(over ? 5100ms : 4900ms);
    CHECK((r.count("close parse error") == 0) == !over);
  }
}

TEST_CASE("event_name, json_depth, nsp_name, payload_packets, fragments") {
  const bool over = GENERATE(false, true);
  const std::size_t n = over ? 11 : 10;
  const auto lives = [&](const std::function<void(siokit::limits&)>& change, const std::string& packet) {
    rig r(with(change));
    r.run(1s);
    r.there.say(packet);
    return survives(r);
  };
  CHECK(lives([](siokit::limits& l) { l.event_name = 10; }, "42[\"" + x(n) + "\"]") == !over);
  CHECK(lives([](siokit::limits& l) { l.json_depth = 10; }, "42[\"e\"," + std::string(n - 1, '[') + std::string(n - 1, ']') + "]") == !over);
  CHECK(lives([](siokit::limits& l) { l.nsp_name = 10; }, "42/" + x(n - 1) + ",[\"e\"]") == !over);
  rig f(with([](siokit::limits& l) { l.fragments = 10; }));
  f.run(1s);
  f.there.send(f.there.websocket, server::frame(peer_wire::text, "6", false));
  for (std::size_t i = 2; i < n; ++i) f.there.send(f.there.websocket, server::frame(0, "", false));
  f.there.send(f.there.websocket, server::frame(0, "", true));
  CHECK(survives(f) == !over);
  siokit::client_options o = rig::polling_only();
  o.limits.payload_packets = 10;
  rig p(o);
  p.run(1s);

  std::string many = "6";
  for (std::size_t i = 1; i < n; ++i) many += "\x1e" "6";
  p.there.say(many);
  CHECK(survives(p) == !over);
}
