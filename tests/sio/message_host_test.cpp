// The message door: a host with HTTP and WebSocket of its own, reduced to what it tells the server and what it is told.
#include "catch.hpp"

#include <siokit/server.hpp>

#include <map>
#include <string>
#include <vector>

using siokit::link_id;

namespace {

class message_host {
 public:
  struct peer {
    int status = 0;
    bool upgraded = false, closed = false;
    std::size_t body_limit = 0;
    std::string fields, body;
    std::vector<std::string> messages;  // binary ones begin with '<'
  };

  explicit message_host(siokit::server& io) : io_(io.messages()) {
    siokit::host_services services;
    services.ctx = this;
    services.entropy = [](void* ctx, std::span<std::byte> out) {
      for (std::byte& b : out) b = static_cast<std::byte>(static_cast<message_host*>(ctx)->luck_++ * 151u >> 3);
      return true;
    };
    services.wake = [](void* ctx) { ++static_cast<message_host*>(ctx)->wakes; };
    io_.bind(services);
  }
  link_id accept() { return io_.accept({"192.0.2.7", 9, false}, now_); }
  peer& request(link_id l, std::string_view method, std::string_view target, bool upgrade = false, bool body = false) {
    io_.request(l, {method, target, "Host: x\r\nUser-Agent: its own\r\n", upgrade, body}, now_);
    return drain(l);
  }
  peer& body(link_id l, std::string text) {
    io_.body(l, std::as_writable_bytes(std::span(text)), now_);
    return drain(l);
  }
  peer& message(link_id l, std::string text, siokit::message_kind kind = siokit::message_kind::text) {
    io_.message(l, kind, std::as_writable_bytes(std::span(text)), now_);
    return drain(l);
  }
  peer& drain(link_id l = {}) {
    siokit::message_action a;
    while (io_.next(a)) act(a);
    return peers_[l];
  }
  void closed(link_id l) {
    io_.closed(l, now_);
    drain();
  }
  void pass(siokit::milliseconds time) {
    now_ += time;
    io_.advance(now_);
    drain();
  }
  int wakes = 0;

 private:
  void act(siokit::message_action& a) {
    using kind = siokit::message_action::kind;
    peer& p = peers_[a.link];
    std::size_t sent = 0;
    switch (a.what) {
      case kind::body: p.body_limit = a.limit; break;
      case kind::respond: {
        p.status = a.status;
        p.fields = a.fields ? std::string(siokit::as_text(a.fields.payload())) : "";
        p.body.clear();
        siokit::batch views;
        a.body.show(views);
        for (const siokit::bytes_view v : views.views()) p.body += siokit::as_text(v);
        sent = a.body.sent(io_.blocks(), views.bytes());
        break;
      }
      case kind::upgrade:
        p.upgraded = true;
        io_.upgraded(a.link, now_);
        break;
      case kind::send:
        while (!a.body.empty()) {
          const siokit::frame f = a.body.pop(io_.blocks());
          sent += siokit::out_queue::weight(f);
          p.messages.push_back((f.kind() == siokit::frame_kind::binary ? "<" : "") + std::string(siokit::as_text(f.payload())));
        }
        break;
      case kind::close:
      case kind::abort: p.closed = true; break;
      case kind::read: break;
    }
    if (sent != 0) io_.sent(a.link, sent, now_);
  }

  siokit::message_driver& io_;
  siokit::time_point now_{std::chrono::hours(1)};
  std::map<link_id, peer> peers_;
  unsigned luck_ = 1;
};

}  // namespace

TEST_CASE("a host of messages serves a WebSocket", "[sio][messages]") {
  siokit::server io;
  io.on("echo", [](const siokit::arguments& all) { return all; });
  std::string reason;
  io.on_disconnect([&](siokit::socket&, siokit::close_reason why) { reason = siokit::text(why); });
  message_host h(io);
  const link_id l = h.accept();
  auto& p = h.request(l, "GET", "/socket.io/?EIO=4&transport=websocket", true);
  REQUIRE(p.upgraded);
  REQUIRE(p.messages.size() == 1);
  CHECK(p.messages[0].substr(0, 8) == "0{\"sid\":");
  CHECK(h.message(l, "40").messages.at(1).substr(0, 9) == "40{\"sid\":");
  CHECK(h.message(l, "421[\"echo\",7]").messages.at(2) == "431[7]");
  h.message(l, "452-2[\"echo\",{\"_placeholder\":true,\"num\":0}]");
  CHECK(p.closed);  // an attachment too many was announced, and one is not used
  h.closed(l);
  CHECK(reason == "forced close");
  CHECK(io.size() == 0);
}

TEST_CASE("a host of messages serves polling, an upgrade and pings", "[sio][messages]") {
  siokit::server io;
  message_host h(io);
  io.on("blob", [](siokit::bytes_view blob) { return blob; });
  const link_id get = h.accept(), post = h.accept(), ws = h.accept();
  auto& g = h.request(get, "GET", "/socket.io/?EIO=4&transport=polling");
  REQUIRE(g.status == 200);
  const std::string query = "/socket.io/?EIO=4&transport=polling&sid=" + g.body.substr(9, 20);
  CHECK(h.request(post, "POST", query, false, true).body_limit == 1'000'000);
  CHECK(h.body(post, "40").body == "ok");
  CHECK(h.request(get, "GET", query).body.substr(0, 9) == "40{\"sid\":");
  h.request(post, "POST", query, false, true);
  h.body(post, "451-3[\"blob\",{\"_placeholder\":true,\"num\":0}]\x1e" "bAQI=");
  CHECK(h.request(get, "GET", query).body == "461-3[{\"_placeholder\":true,\"num\":0}]\x1e" "bAQI=");
  CHECK(h.request(get, "GET", "/elsewhere").status == 404);

  std::string upgrade = query;
  upgrade.replace(upgrade.find("polling"), 7, "websocket");
  auto& w = h.request(ws, "GET", upgrade, true);
  REQUIRE(w.upgraded);
  CHECK(h.message(ws, "2probe").messages.back() == "3probe");
  h.message(ws, "5");
  h.message(ws, "451-4[\"blob\",{\"_placeholder\":true,\"num\":0}]");
  h.message(ws, std::string("\x01\x02", 2), siokit::message_kind::binary);
  REQUIRE(w.messages.size() == 3);
  CHECK(w.messages[1] == "461-4[{\"_placeholder\":true,\"num\":0}]");
  CHECK(w.messages[2] == "<\x01\x02");
  h.pass(std::chrono::seconds(25));
  CHECK(w.messages.back() == "2");
  const int before = h.wakes;
  io.emit("news", 1);  // outside of a call: the host is woken once
  io.emit("news", 2);
  CHECK(h.wakes == before + 1);
  h.drain();
  CHECK(w.messages.back() == "42[\"news\",2]");
  h.pass(std::chrono::seconds(20));
  CHECK(w.closed);
  CHECK(io.size() == 0);
}
