// A simulated Socket.IO client: Engine.IO 4 and Socket.IO 5 in bytes, over polling, WebSocket, or with an upgrade.
// Written on its own from the protocol documents, without the library's parsers. It never retries and never reconnects:
// when anything breaks it is `gone`, which is what the tests want to see.
#pragma once

#include <algorithm>
#include <deque>
#include <map>

#include <siokit/sim.hpp>

#include "transcripts/peer_wire.hpp"

namespace sim_client {

using siokit::sim::host;
using siokit::sim::link_options;
using siokit::sim::network;
using siokit::sim::peer;

enum class way { polling, websocket, upgrade };

class client {
 public:
  client(network& n, host& h, way how, link_options links = {}, std::string path = "/socket.io/")
      : net_(n), host_(h), way_(how), links_(std::move(links)), path_(std::move(path)) {}
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() {
    for (peer* p : {&get_.at, &post_.at, &ws_})
      if (*p) p->on_change({});
  }

  void start() {
    if (way_ == way::websocket) return open_websocket();
    poll();
  }

  /// An event or ack packet without its leading "4", as in 2["say",1]; attachments follow it.
  void send(std::string text, std::vector<std::string> attachments = {}) {
    if (gone) return;
    push({false, "4" + std::move(text)});
    for (std::string& a : attachments) push({true, std::move(a)});
    flush();
  }
  /// An Engine.IO packet as it is.
  void send_raw(std::string text) {
    push({false, std::move(text)});
    flush();
  }
  void reset() {
    for (peer* p : {&get_.at, &post_.at, &ws_})
      if (*p) p->reset();
    lose("it reset its links");
  }
  void vanish() {
    for (peer* p : {&get_.at, &post_.at, &ws_})
      if (*p) p->half_open();
    silent = true;
  }
  void close() {
    for (peer* p : {&get_.at, &post_.at, &ws_})
      if (*p) p->close();
    lose("it closed its links");
  }
  void pause() {
    for (peer* p : {&get_.at, &post_.at, &ws_})
      if (*p) p->pause();
    paused = true;
  }
  void resume() {
    paused = false;
    for (peer* p : {&get_.at, &post_.at, &ws_})
      if (*p) p->resume();
  }

  std::string sid, id;
  bool connected = false;  // to "/"
  bool upgraded = false;
  bool gone = false;
  std::string why;  // gone: what happened
  bool silent = false;
  bool paused = false;
  bool answers_pings = true;
  unsigned pings = 0;
  unsigned overlapping = 0;  // responses to a GET that this client did not send: never
  /// Socket.IO packets that arrived (without the "4"), with their attachments.
  siokit::function<void(client&, const std::string& packet, const std::vector<std::string>& attachments)> on_packet;
  siokit::function<void(client&)> on_connected;

 private:
  struct packet {
    bool binary;
    std::string data;
  };
  struct http_link {
    peer at;
    bool busy = false;
    siokit::time_point used{};
  };

  void lose(std::string reason) {
    if (std::exchange(gone, true)) return;
    why = std::move(reason);
    connected = false;
  }
  void push(packet p) { out_.push_back(std::move(p)); }

  // --- polling ---
  std::string target(const char* transport) const {
    return path_ + "?EIO=4&transport=" + transport + (sid.empty() ? "" : "&sid=" + sid);
  }
  void request(http_link& l, std::string bytes) {
    // Not onto a link that the server may be closing at this moment: it has been idle for too long.
    const bool stale = l.at && net_.now() - l.used > siokit::milliseconds(3'000);
    if (stale && l.at.open()) l.at.on_change({}), l.at.close();
    if (!l.at || stale || l.at.ended() || l.at.was_reset()) {
      l.at = host_.connect(links_);
      if (paused) l.at.pause();
      l.at.on_change([this, &l](peer) { responses(l); });
    }
    l.busy = true;
    l.at.send(bytes);
  }
  void poll() { request(get_, "GET " + target("polling") + " HTTP/1.1\r\nHost: sim\r\n\r\n"); }
  void responses(http_link& l) {
    if (gone) return;
    std::string in = l.at.received();
    const std::size_t before = in.size();
    peer_wire::response r;
    const bool whole = peer_wire::take_response(in, r);
    l.at.consume(before - in.size());
    if (!whole) {
      if ((l.at.ended() || l.at.was_reset()) && l.busy)
        lose(&l == &get_ ? "a poll was not answered" : "a post was not answered");
      return;
    }
    if (!l.busy) ++overlapping;
    l.busy = false;
    l.used = net_.now();
    if (r.status != 200) return lose("a response was " + r.line + " " + r.body);
    if (&l == &get_)
      polled(r.body);
    else
      flush();
    finish_upgrade();
  }
  void polled(const std::string& body) {
    for (std::size_t at = 0; !gone;) {
      const std::size_t end = std::min(body.find('\x1e', at), body.size());
      const std::string one = body.substr(at, end - at);
      if (!one.empty() && one[0] == 'b')
        receive({true, base64(one.substr(1))});
      else
        receive({false, one});
      if (end == body.size()) break;
      at = end + 1;
    }
    if (!gone && !pausing_ && !get_.busy) poll();
  }

  // --- websocket ---
  void open_websocket() {
    ws_ = host_.connect(links_);
    if (paused) ws_.pause();
    ws_.on_change([this](peer) { ws_bytes(); });
    ws_.send("GET " + target("websocket") + " HTTP/1.1\r\nHost: sim\r\n" + std::string(peer_wire::ws_headers) + "\r\n");
  }
  void ws_bytes() {
    if (gone) return;
    std::string in = ws_.received();
    const std::size_t before = in.size();
    if (!ws_open_) {
      peer_wire::response r;
      if (peer_wire::take_response(in, r)) {
        if (r.status != 101) return ws_failed();
        ws_open_ = true;
        if (way_ == way::upgrade) ws_send({false, "2probe"});
      }
    }
    peer_wire::frame f;
    std::vector<packet> got;
    while (ws_open_ && peer_wire::take_frame(in, f)) {
      if (f.op == peer_wire::close) {
        ws_.send(peer_wire::ws_frame(peer_wire::close, f.payload, 7));
        ws_.finish();
        return ws_failed();
      }
      if (f.op == peer_wire::ping) ws_.send(peer_wire::ws_frame(peer_wire::pong, f.payload, 7));
      if (f.op == peer_wire::text || f.op == peer_wire::binary) got.push_back({f.op == peer_wire::binary, f.payload});
    }
    ws_.consume(before - in.size());
    for (packet& p : got) {
      if (gone) return;
      if (!p.binary && p.data == "3probe") {
        pausing_ = true;  // the parked poll returns with a noop, then the upgrade is finished
        finish_upgrade();
      } else {
        receive(std::move(p));
      }
    }
    if (ws_.ended() || ws_.was_reset()) ws_failed();
  }
  void ws_failed() {
    if (way_ == way::upgrade && !upgraded && !pausing_) return;  // polling goes on
    lose("the WebSocket ended");
  }
  void ws_send(const packet& p) {
    const auto key = static_cast<std::uint32_t>(net_.random());
    ws_.send(peer_wire::ws_frame(p.binary ? peer_wire::binary : peer_wire::text, p.data, key));
  }
  void finish_upgrade() {
    if (gone || !pausing_ || upgraded || get_.busy || post_.busy) return;
    upgraded = true;
    ws_send({false, "5"});
    flush();
  }

  void flush() {
    if (gone || out_.empty()) return;
    if (upgraded || (way_ == way::websocket && ws_open_)) {
      for (const packet& p : out_) ws_send(p);
      out_.clear();
      return;
    }
    if (way_ == way::websocket || pausing_ || post_.busy || sid.empty()) return;
    std::string body;
    while (!out_.empty() && body.size() < 100'000) {
      if (!body.empty()) body += '\x1e';
      body += out_.front().binary ? "b" + to_base64(out_.front().data) : out_.front().data;
      out_.pop_front();
    }
    request(post_, "POST " + target("polling") +
        " HTTP/1.1\r\nHost: sim\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  void receive(packet p) {
    if (p.binary) {
      if (wanted_ == 0) return net_.fail("an attachment nobody announced");
      attachments_.push_back(std::move(p.data));
      if (attachments_.size() == wanted_) deliver();
      return;
    }
    if (p.data.empty()) return net_.fail("an empty packet");
    switch (p.data[0]) {
      case '0':
        sid = p.data.substr(p.data.find("\"sid\":\"") + 7, 20);
        return send("0");
      case '1': return lose("a close packet came");
      case '2':
        ++pings;
        if (answers_pings) send_raw("3");
        return;
      case '4': return message(p.data.substr(1));
      case '6': return;
      default: return net_.fail("a packet no server sends: " + p.data);
    }
  }
  void message(std::string text) {
    if (wanted_ != 0) return net_.fail("a text packet among attachments");
    if (text.rfind("0{", 0) == 0) {
      id = text.substr(text.find("\"sid\":\"") + 7, 20);
      connected = true;
      if (way_ == way::upgrade && !ws_) open_websocket();
      if (on_connected) on_connected(*this);
      return;
    }
    text_ = std::move(text);
    wanted_ = 0;
    if (text_[0] == '5' || text_[0] == '6')
      for (std::size_t i = 1; text_[i] != '-'; ++i) wanted_ = wanted_ * 10 + static_cast<std::size_t>(text_[i] - '0');
    if (wanted_ == 0) deliver();
  }
  void deliver() {
    wanted_ = 0;
    const std::string text = std::exchange(text_, {});
    const std::vector<std::string> bytes = std::exchange(attachments_, {});
    if (on_packet) on_packet(*this, text, bytes);
  }

  static constexpr const char* digits_ = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static std::string to_base64(const std::string& in) {
    std::string out;
    for (std::size_t i = 0; i < in.size(); i += 3) {
      std::uint32_t v = 0;
      for (std::size_t k = 0; k < 3; ++k) v = v << 8 | (i + k < in.size() ? static_cast<unsigned char>(in[i + k]) : 0u);
      for (std::size_t k = 0; k < 4; ++k) out += i + k > in.size() ? '=' : digits_[v >> (18 - 6 * k) & 63];
    }
    return out;
  }
  static std::string base64(const std::string& in) {
    std::string out;
    std::uint32_t v = 0;
    int bits = 0;
    for (const char c : in) {
      if (c == '=') break;
      v = v << 6 | static_cast<std::uint32_t>(std::string_view(digits_).find(c));
      if ((bits += 6) < 8) continue;
      bits -= 8;
      out += static_cast<char>(v >> bits);
    }
    return out;
  }

  network& net_;
  host& host_;
  way way_;
  link_options links_;
  std::string path_;
  http_link get_, post_;
  peer ws_;
  bool ws_open_ = false;
  bool pausing_ = false;
  std::deque<packet> out_;
  std::string text_;
  std::vector<std::string> attachments_;
  std::size_t wanted_ = 0;
};

}  // namespace sim_client
