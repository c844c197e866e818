// A server that says what a test tells it to: a driver in the simulator that takes requests and frames apart without the
// library's parsers, behaves like a small Socket.IO server where nothing else is asked, and breaks every rule where it is.
// And a rig of a client that dials it and a log of what its handlers were told.
// For a client against a real server see tests/sim/client_world.hpp.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include <siokit/client.hpp>
#include <siokit/sim.hpp>

#include "catch.hpp"
#include "transcripts/peer_wire.hpp"

namespace scripted {

using siokit::link_id;
using siokit::time_point;

struct request {
  link_id link{};
  std::string method, target, head, body;
  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
  bool upgrades() const { return has("Upgrade: websocket"); }
  /// The value of a header line.
  std::string field(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class server final : public siokit::driver {
 public:
  explicit server(siokit::sim::network& net, const siokit::sim::host_options& how = {}) : host(net, *this, how) {
    host.listen("server", 80);
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server() {
    for (auto& [id, l] : links_) l.out.reset(pool_);
  }

  // --- what a test may replace; true: it is done, false: the usual ---
  std::function<bool(link_id)> on_accept;
  std::function<bool(const request&)> on_request;
  std::function<bool(link_id, const std::string& message)> on_message;  // Engine.IO packets
  std::string intervals = "\"pingInterval\":25000,\"pingTimeout\":20000";
  std::string upgrades = "";
  std::string extra = ",\"maxPayload\":1000000";
  bool joins = true;  // answers CONNECT

  // --- what came ---
  std::vector<request> requests;
  std::vector<std::string> messages;
  std::vector<std::string> binaries;
  std::vector<peer_wire::frame> frames;  // of WebSockets, control frames included
  bool unmasked = false;                 // one came without a mask
  std::size_t accepted = 0;
  link_id websocket{};  // the newest one
  link_id parked{};     // a poll
  bool was_told(const std::string& text) const {
    return std::find(messages.begin(), messages.end(), text) != messages.end();
  }
  std::size_t count(const std::string& text) const {
    return static_cast<std::size_t>(std::count(messages.begin(), messages.end(), text));
  }

  // --- what it says ---
  std::string open_packet() {
    return "0{\"sid\":\"sid" + std::to_string(++sessions_) + "\",\"upgrades\":[" + upgrades + "]," + intervals + extra + "}";
  }
  void send(link_id id, std::string_view bytes) {
    const auto found = links_.find(id);
    if (found == links_.end() || bytes.empty()) return;
    (void)found->second.out.push(pool_, siokit::frame::copy(pool_, siokit::frame_kind::raw, siokit::as_bytes(bytes)), siokit::wire::payload);
    act(id, siokit::action::kind::write);
  }
  void respond(link_id id, std::string_view body, std::string_view status = "200 OK", std::string_view fields = "") {
    send(id, "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }
  /// An unmasked frame.
  static std::string frame(unsigned op, std::string_view payload, bool fin = true) {
    const std::string masked = peer_wire::ws_frame(op, payload, 0, fin);
    std::string out = masked.substr(0, masked.size() - payload.size() - 4);
    out[1] = static_cast<char>(out[1] & 0x7f);
    return out + std::string(payload);
  }
  /// An Engine.IO packet to the session, whichever way it goes.
  void say(std::string_view packet) {
    if (websocket != link_id{}) return send(websocket, frame(peer_wire::text, packet));
    waiting_ += (waiting_.empty() ? "" : "\x1e") + std::string(packet);
    flush();
  }
  void say_binary(std::string_view bytes) { send(websocket, frame(peer_wire::binary, bytes)); }
  void accept_websocket(const request& r, std::string_view fields = "") {
    const std::string key = r.field("Sec-WebSocket-Key");
    const auto text = siokit::ws::accept_for(key);
    send(r.link, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         std::string(text.data(), text.size()) + "\r\n" + std::string(fields) + "\r\n");
    links_[r.link].is_websocket = true;
  }
  void close(link_id id) { act(id, siokit::action::kind::close); }
  void abort(link_id id) { act(id, siokit::action::kind::abort); }
  std::size_t open_links() const { return links_.size(); }

  // --- driver ---
  void bind(const siokit::host_services& s) override { host_ = s; }
  link_id accept(const siokit::link_info&, time_point) override {
    const link_id id{++last_};
    links_[id];
    ++accepted;
    if (on_accept) (void)on_accept(id);
    return id;
  }
  void opened(link_id, time_point) override {}
  void receive(link_id id, std::span<std::byte> in, time_point) override {
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    found->second.in += siokit::as_text(in);
    read(id);
  }
  void sent(link_id id, std::size_t n, time_point) override {
    const auto found = links_.find(id);
    if (found != links_.end()) (void)found->second.out.sent(pool_, n);
  }
  void closed(link_id id, siokit::link_end, int, time_point) override {
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    found->second.out.reset(pool_);
    links_.erase(found);
    std::erase_if(actions_, [&](const siokit::action& a) { return a.link == id; });
    if (id == parked) parked = {};
    if (id == websocket) websocket = {};
  }
  void advance(time_point) override {}
  bool next(siokit::action& a) override {
    if (actions_.empty()) return false;
    a = actions_.front();
    actions_.erase(actions_.begin());
    return true;
  }
  bool gather(link_id id, siokit::batch& out) override {
    const auto found = links_.find(id);
    if (found == links_.end() || found->second.out.empty()) return false;
    found->second.out.show(out);
    return true;
  }
  bool wants_read(link_id id) const override { return links_.count(id) != 0; }
  std::span<std::byte> space(link_id) override { return {}; }
  time_point deadline() const override { return siokit::never; }
  siokit::deadline_reason why() const override { return siokit::deadline_reason::none; }

 private:
  struct link {
    std::string in;
    bool is_websocket = false;
    siokit::out_queue out;
  };
  void act(link_id id, siokit::action::kind what) {
    if (links_.count(id) == 0) return;
    siokit::action a{};
    a.what = what;
    a.link = id;
    actions_.push_back(a);
    if (host_.wake != nullptr) host_.wake(host_.ctx);
  }
  void read(link_id id) {
    while (true) {
      const auto found = links_.find(id);
      if (found == links_.end()) return;
      link& l = found->second;
      if (l.is_websocket) {
        const std::string before = l.in;
        peer_wire::frame f;
        if (!peer_wire::take_frame(l.in, f)) return;
        unmasked = unmasked || !f.masked;
        const std::size_t head = before.size() - l.in.size() - f.payload.size();
        for (std::size_t i = 0; f.masked && i < f.payload.size(); ++i)
          f.payload[i] = static_cast<char>(f.payload[i] ^ before[head - 4 + i % 4]);
        take_frame(id, f);
        continue;
      }
      const std::size_t end = l.in.find("\r\n\r\n");
      if (end == std::string::npos) return;
      request r;
      r.link = id;
      r.head = l.in.substr(0, end + 2);
      r.method = r.head.substr(0, r.head.find(' '));
      const std::size_t target = r.method.size() + 1;
      r.target = r.head.substr(target, r.head.find(' ', target) - target);
      const std::size_t length = static_cast<std::size_t>(std::strtoull(("0" + r.field("Content-Length")).c_str(), nullptr, 10));
      if (l.in.size() < end + 4 + length) return;
      r.body = l.in.substr(end + 4, length);
      l.in.erase(0, end + 4 + length);
      requests.push_back(r);
      if (!on_request || !on_request(r)) usual(r);
    }
  }
  void take_frame(link_id id, const peer_wire::frame& f) {
    frames.push_back(f);
    if (f.op == peer_wire::binary) return binaries.push_back(f.payload);
    if (f.op == peer_wire::close) return close(id);
    if (f.op == peer_wire::text) take(id, f.payload);
  }
  void usual(const request& r) {
    const bool fresh = r.target.find("sid=") == std::string::npos;
    if (fresh) parked = {}, waiting_.clear();  // those of the session before
    if (r.upgrades()) {
      accept_websocket(r);
      if (fresh) {
        websocket = r.link;
        send(r.link, frame(peer_wire::text, open_packet()));
      }
    } else if (r.method == "POST") {
      respond(r.link, "ok");
      for (std::size_t at = 0; at <= r.body.size();) {
        std::size_t end = r.body.find('\x1e', at);
        if (end == std::string::npos) end = r.body.size();
        take(r.link, r.body.substr(at, end - at));
        at = end + 1;
      }
    } else if (fresh) {
      respond(r.link, open_packet());
    } else {
      parked = r.link;
      flush();
    }
  }
  void take(link_id id, const std::string& packet) {
    messages.push_back(packet);
    if (on_message && on_message(id, packet)) return;
    if (packet == "2probe") return send(id, frame(peer_wire::text, "3probe"));
    if (packet == "5") return void(websocket = id);
    if (!joins || packet.compare(0, 2, "40") != 0) return;
    const std::size_t comma = packet.find(',');
    const bool named = packet.size() > 2 && packet[2] == '/';
    say("40" + (named ? packet.substr(2, comma - 1) : std::string()) + "{\"sid\":\"id" + std::to_string(++ids_) + "\"}");
  }
  void flush() {
    if (parked == link_id{} || waiting_.empty()) return;
    respond(std::exchange(parked, link_id{}), std::exchange(waiting_, {}));
  }

  siokit::pool pool_{};
  siokit::host_services host_{};
  std::map<link_id, link> links_;
  std::vector<siokit::action> actions_;
  std::string waiting_;
  std::uint64_t last_ = 0;
  int sessions_ = 0, ids_ = 0;

 public:
  siokit::sim::host host;
};

/// A client that dials a scripted server.
struct rig {
  explicit rig(siokit::client_options o = websocket_only(), std::string_view url = "http://server", std::uint64_t seed = 1,
               const siokit::sim::host_options& how = {})
      : net(seed), there(net, how), io(std::make_unique<siokit::client>(url, o)), here(std::make_unique<siokit::sim::host>(net, io->driver(), how)) {
    watch(*io);
    io->on_open_error([this](const siokit::connect_error& e) { note("open_error " + std::string(e.message)); });
    io->on_reconnect_attempt([this](std::uint32_t n) { note("attempt " + std::to_string(n)); });
    io->on_reconnect([this](std::uint32_t n) { note("reconnect " + std::to_string(n)); });
    io->on_reconnect_error([this](const siokit::connect_error& e) { note("reconnect_error " + std::string(e.message)); });
    io->on_reconnect_failed([this] { note("reconnect_failed"); });
    io->on_open([this] { note("open"); });
    io->on_close([this](siokit::close_reason r) { note("close " + std::string(text(r))); });
    io->on_upgrade([this] { note("upgrade"); });
    io->on_error([this](siokit::client_socket& s, std::string_view event, siokit::errc e, std::string_view where) {
      note("error " + s.name() + " " + std::string(event) + " " + std::string(where) + ": " + std::string(text(e)));
    });
  }
  ~rig() {
    here.reset();
    io.reset();
  }
  static siokit::client_options websocket_only() {
    siokit::client_options o;
    o.transports = {siokit::eio::transport::websocket};
    return o;
  }
  static siokit::client_options polling_only() {
    siokit::client_options o;
    o.transports = {siokit::eio::transport::polling};
    return o;
  }
  void watch(siokit::client_socket& s) {
    const std::string name = s.name() == "/" ? "" : s.name() + " ";
    s.on_connect([this, name] { note(name + "connect"); });
    s.on_connect_error([this, name](const siokit::connect_error& e) { note(name + "connect_error " + std::string(e.message)); });
    s.on_disconnect([this, name](siokit::close_reason r) { note(name + "disconnect " + std::string(text(r))); });
  }
  void note(std::string what) { log.push_back(std::move(what)); }
  std::vector<std::string> take() { return std::exchange(log, {}); }
  std::size_t count(const std::string& what) const { return static_cast<std::size_t>(std::count(log.begin(), log.end(), what)); }
  void run(siokit::milliseconds length) { net.run_for(length); }

  siokit::sim::network net;
  server there;
  std::vector<std::string> log;
  std::unique_ptr<siokit::client> io;
  std::unique_ptr<siokit::sim::host> here;
};

using strings = std::vector<std::string>;

}  // namespace scripted
