// A host for one server in virtual time that hides nothing: each driver call is made by the test, in order, with an input
// block of exactly its size that is gone after the call, and an exception of a handler comes out where it is thrown.
// sim.hpp is the other one: it has latency, faults and edges. Use this for what one call does, that for what many add up to.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <siokit/server.hpp>

#include "catch.hpp"
#include "transcripts/peer_wire.hpp"

namespace rules {

using namespace std::chrono_literals;
using siokit::link_id;

class host {
 public:
  explicit host(siokit::server& io) : driver_(&io.driver()) {
    siokit::host_services services;
    services.wake = [](void* self) { ++static_cast<host*>(self)->wakes; };
    services.entropy = [](void* self, std::span<std::byte> out) { return static_cast<host*>(self)->fill(out); };
    services.unix_ms = [](void*) -> std::int64_t { return 1'700'000'000'000; };
    services.ctx = this;
    driver_->bind(services);
  }
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  link_id accept() {
    const link_id id = driver_->accept({"192.0.2.7", 4711, false}, now);
    if (id != link_id{}) links_[id] = {};
    pump();
    return id;
  }
  /// One read. Everything the driver wants done is done before it returns, also when a handler throws.
  void receive(link_id id, std::string_view bytes) {
    const auto block = std::make_unique<std::byte[]>(bytes.size());
    if (!bytes.empty()) std::memcpy(block.get(), bytes.data(), bytes.size());
    const pump_after after{*this};
    driver_->receive(id, {block.get(), bytes.size()}, now);
  }
  /// Ends a link from outside.
  void closed(link_id id, siokit::link_end how = siokit::link_end::reset) {
    if (how != siokit::link_end::eof) links_.erase(id);
    const pump_after after{*this};
    driver_->closed(id, how, 0, now);
  }
  void advance() {
    const pump_after after{*this};
    driver_->advance(now);
  }
  /// Turns until the driver has nothing to do now; hosts do this too when a handler has thrown.
  void settle() {
    pump();
    for (int i = 0; driver_->deadline() <= now; ++i) {
      REQUIRE(i < 1000);
      advance();
    }
  }
  void run_for(siokit::milliseconds length) {
    const auto end = now + length;
    settle();
    while (driver_->deadline() <= end) {
      now = driver_->deadline();
      advance();
      settle();
    }
    now = end;
  }

  struct link {
    std::string out;     // what it was sent and nobody took yet
    bool closing = false;  // the driver wants it closed
    bool aborted = false;
    bool stuck = false;  // its peer does not read
  };
  link& operator[](link_id id) { return links_[id]; }
  bool open(link_id id) const {
    const auto found = links_.find(id);
    return found != links_.end() && !found->second.closing && !found->second.aborted;
  }
  siokit::driver& driver() { return *driver_; }
  void pump() {
    for (siokit::action a; driver_->next(a);) {
      const auto found = links_.find(a.link);
      if (found == links_.end()) continue;
      switch (a.what) {
        case siokit::action::kind::write: write(a.link); break;
        case siokit::action::kind::close:
          found->second.closing = true;
          driver_->closed(a.link, siokit::link_end::eof, 0, now);
          driver_->closed(a.link, siokit::link_end::cancelled, 0, now);
          break;
        case siokit::action::kind::abort:
          found->second.aborted = true;
          driver_->closed(a.link, siokit::link_end::cancelled, 0, now);
          break;
        default: ++reads; break;
      }
    }
  }
  void write(link_id id) {
    siokit::batch b;
    while (!links_[id].stuck && driver_->gather(id, b)) {
      ++gathers;
      for (const siokit::bytes_view v : b.views()) links_[id].out += siokit::as_text(v);
      const std::size_t n = b.bytes();
      b.clear();
      driver_->sent(id, n, now);
    }
  }

  siokit::time_point now{std::chrono::hours(1)};
  int wakes = 0;
  int reads = 0;
  int gathers = 0;
  bool luck = true;

 private:
  struct pump_after {
    host& self;
    ~pump_after() noexcept(false) {
      // A second exception cannot leave while the first one is on its way.
      if (std::uncaught_exceptions() == 0) self.pump();
    }
  };
  bool fill(std::span<std::byte> out) {
    for (std::byte& b : out) b = static_cast<std::byte>((seed_ = seed_ * 6364136223846793005u + 1442695040888963407u) >> 56);
    return luck;
  }
  siokit::driver* driver_;
  std::unordered_map<link_id, link> links_;
  std::uint64_t seed_ = 42;
};

/// A request, as text.
inline std::string request(std::string_view method, std::string_view target, std::string_view fields = {}, std::string_view body = {}) {
  std::string out(method);
  out.append(" ").append(target).append(" HTTP/1.1\r\nHost: x\r\n").append(fields);
  if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out.append("\r\n").append(body);
}

struct message {
  bool binary = false;
  std::string data;
};

/// A client that has said nothing yet: over WebSocket, or over polling.
class client {
 public:
  explicit client(host& h, std::string path = "/socket.io/") : h_(h), path_(std::move(path)) {}

  // --- WebSocket ---
  client& websocket(std::string_view fields = {}, std::string_view query = {}) {
    link = h_.accept();
    h_.receive(link, request("GET", path_ + "?EIO=4&transport=websocket" + std::string(query),
                             std::string(peer_wire::ws_headers) + std::string(fields)));
    read();
    return *this;
  }
  /// Joins a namespace: what the server answered is in `got`.
  client& join(std::string_view nsp = {}, std::string_view auth = {}) {
    send("0" + std::string(nsp) + (nsp.empty() ? "" : ",") + std::string(auth));
    return *this;
  }
  /// A frame with one Engine.IO message in it.
  static std::string frame_of(std::string_view packet) { return peer_wire::ws_frame(peer_wire::text, "4" + std::string(packet), 0x1234567); }
  void send(std::string_view packet) {
    if (polling()) return post("4" + std::string(packet));
    h_.receive(link, frame_of(packet));
    read();
  }
  /// Several in one read.
  void send_all(const std::vector<std::string>& packets) {
    std::string all;
    if (polling()) {
      for (const std::string& p : packets) all += (all.empty() ? "4" : "\x1e" "4") + p;
      return post(all);
    }
    for (const std::string& p : packets) all += frame_of(p);
    h_.receive(link, all);
    read();
  }
  void send_binary(std::string_view bytes) {
    h_.receive(link, peer_wire::ws_frame(peer_wire::binary, bytes, 0x7654321));
    read();
  }
  /// An Engine.IO packet as it is.
  void send_raw(std::string_view packet) {
    if (polling()) return post(packet);
    h_.receive(link, peer_wire::ws_frame(peer_wire::text, packet, 0x1234567));
    read();
  }

  // --- polling ---
  client& poll_open(std::string_view fields = {}) {
    link = h_.accept();
    h_.receive(link, request("GET", path_ + "?EIO=4&transport=polling", fields));
    take_response();
    if (const std::size_t at = answer.body.find("\"sid\":\""); at != std::string::npos) sid = answer.body.substr(at + 7, 20);
    take_payload();
    return *this;
  }
  bool polling() const { return !sid.empty(); }
  std::string target() const { return path_ + "?EIO=4&transport=polling&sid=" + sid; }
  void get() {
    h_.receive(link, request("GET", target()));
    read();
  }
  void post(std::string_view body) {
    post_link = post_link == link_id{} || !h_.open(post_link) ? h_.accept() : post_link;
    h_.receive(post_link, request("POST", target(), "Content-Type: text/plain\r\n", body));
    take_post();
  }
  void take_post() {
    peer_wire::response r;
    if (peer_wire::take_response(h_[post_link].out, r)) posted = r.status;
  }

  // --- both ---
  /// Takes what came; events are in `got`.
  void read() {
    std::string& in = h_[link].out;
    if (polling()) {
      while (peer_wire::take_response(in, answer)) take_payload();
      return;
    }
    if (!upgraded && peer_wire::take_response(in, answer)) upgraded = answer.status == 101;
    peer_wire::frame f;
    while (upgraded && peer_wire::take_frame(in, f)) {
      if (f.op == peer_wire::close) close_code = static_cast<int>(f.code());
      if (f.op == peer_wire::pong) pong = f.payload;
      if (f.op == peer_wire::text || f.op == peer_wire::binary) take({f.op == peer_wire::binary, f.payload});
    }
  }
  void take_response() {
    if (!peer_wire::take_response(h_[link].out, answer)) answer = {};
  }
  /// Socket.IO packets and attachments that came since the last call, with blanks between them.
  std::string packets() {
    read();
    std::string out;
    for (const message& m : std::exchange(got, {})) out += (out.empty() ? "" : " ") + (m.binary ? "<" + m.data + ">" : m.data);
    return out;
  }
  bool alive() { return h_.open(link); }
  void drop() { h_.closed(link); }

  link_id link{};
  link_id post_link{};
  std::string sid;           // of a polling session
  std::string id;            // of the last socket
  std::string opened;        // the open packet
  std::string pong;
  peer_wire::response answer;
  std::vector<message> got;  // without the 4
  std::vector<std::string> engine;  // other packets
  int close_code = 0;
  int posted = 0;
  bool upgraded = false;

 private:
  void take_payload() {
    for (std::size_t at = 0; at <= answer.body.size() && answer.status == 200;) {
      const std::size_t end = std::min(answer.body.find('\x1e', at), answer.body.size());
      take({false, answer.body.substr(at, end - at)});
      at = end + 1;
    }
  }
  void take(message m) {
    if (m.binary || (!m.data.empty() && m.data[0] == 'b')) return got.push_back({true, std::move(m.data)});
    if (m.data.empty()) return;
    if (m.data[0] != '4') {
      if (m.data[0] == '0') opened = m.data;
      return engine.push_back(std::move(m.data));
    }
    m.data.erase(0, 1);
    if (m.data[0] == '0')
      if (const std::size_t at = m.data.find("\"sid\":\""); at != std::string::npos) id = m.data.substr(at + 7, 20);
    got.push_back(std::move(m));
  }
  host& h_;
  std::string path_;
};

/// A client in "/", whose CONNECT was answered; nothing waits in `got`.
inline client& joined(client& c, std::string_view auth = {}) {
  c.websocket().join({}, auth);
  REQUIRE(c.id.size() == 20);
  (void)c.packets();
  return c;
}

}  // namespace rules
