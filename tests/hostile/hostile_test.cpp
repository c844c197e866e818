// Runs every row of rows.jsonl against the server of the transcripts: whole, byte by byte, in random cuts, with mask
// key 0 and random keys. After each: what came is what the row says, nothing of a refused payload reached a handler,
// another client goes on as if nothing had happened, and all memory is back once the links are gone. Rows that are
// stories are in scenarios_test.cpp. SIOKIT_ROW=ID runs one row.
#include <algorithm>
#include <cstdlib>

#include "catch.hpp"
#include "hostile/row.hpp"
#include "sim/client.hpp"
#include "sim/counting_memory.hpp"
#include "transcripts/runner.hpp"

namespace {

using namespace siokit;
using namespace std::chrono_literals;
using hostile::row;
using transcripts::mode;

/// The frames of the input with another mask key. What is no whole masked frame stays as it is, and all behind it.
std::string remask(const std::string& in, std::uint32_t key) {
  std::string out;
  std::size_t at = 0;
  while (in.size() - at >= 6) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in[at + i]); };
    if ((byte(1) & 0x80) == 0) break;
    const std::size_t small = byte(1) & 0x7fu;
    const std::size_t length_bytes = small == 126 ? 2 : small == 127 ? 8 : 0;
    if (in.size() - at < 6 + length_bytes) break;
    std::uint64_t n = length_bytes == 0 ? small : 0;
    for (std::size_t i = 0; i < length_bytes; ++i) n = n << 8 | byte(2 + i);
    const std::size_t head = 6 + length_bytes;
    if (n > in.size() - at - head) break;
    out += in.substr(at, head - 4);
    unsigned char mask[4];
    for (unsigned i = 0; i < 4; ++i) {
      mask[i] = static_cast<unsigned char>(key >> (8 * i));
      out += static_cast<char>(mask[i]);
    }
    for (std::size_t i = 0; i < n; ++i)
      out += static_cast<char>(byte(head + i) ^ byte(head - 4 + i % 4) ^ mask[i % 4]);
    at += head + static_cast<std::size_t>(n);
  }
  return out + in.substr(at);
}

/// All that a link brought.
struct heard {
  std::vector<peer_wire::response> responses;
  std::vector<peer_wire::frame> frames;
  std::string rest;
};

heard listen(std::string bytes, bool websocket, bool head) {
  heard out;
  while (!websocket && !bytes.empty()) {
    peer_wire::response r;
    if (!peer_wire::take_response(bytes, r, head)) break;
    websocket = r.status == 101;
    if (r.status != 100) out.responses.push_back(r);
  }
  peer_wire::frame f;
  while (websocket && peer_wire::take_frame(bytes, f)) out.frames.push_back(f);
  out.rest = bytes;
  return out;
}

class trial {
 public:
  trial(const row& r, const mode& m) : row_(r), mode_(m), net_(m.seed) {
    net_.on_failure([this](const std::string& what) { wrong(what); });
  }

  /// Empty when all is as the row says.
  std::string operator()() {
    transcripts::settings s;
    s.memory = memory_.hooks();
    s.limits["cached_blocks"] = "0";
    if (row_.text("server") == "cors") s.options["cors"] = "https://good.example";
    if (row_.is("cookie")) s.options["cookie"] = "io";
    setup_ = transcripts::make_setup("events", s);
    if (setup_ == nullptr) return "no set-up: " + transcripts::setup_mistake();
    {
      sim::host h(net_, setup_->driver(), {mode_.out, mode_.erratic, 0ms, true});
      host_ = &h;
      bystander_ = std::make_unique<sim_client::client>(net_, h, sim_client::way::websocket);
      bystander_->start();
      net_.run_for(1s);
      prepare();
      setup_->events.clear();
      if (error_.empty()) attack();
      if (error_.empty()) check();
      if (error_.empty()) check_bystander();
      check_memory();
      if (error_.empty() && h.links() != 1) wrong("a link is left over: " + h.report());
      bystander_.reset();
    }
    setup_.reset();
    if (error_.empty() && (memory_.live != 0 || memory_.mistaken)) wrong("memory is left over at the end");
    return error_.empty() ? error_ : row_.id() + ": " + error_ + "\n  run with " + mode_.name() + ", " + net_.where();
  }

 private:
  void wrong(const std::string& what) {
    if (error_.empty()) error_ = what;
  }
  std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
  std::string post(const std::string& target, const std::string& body) {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
        body;
  }
  std::string upgrade(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + std::string(peer_wire::ws_headers) + "\r\n";
  }
  sim::peer connect(sim::pieces in = sim::pieces::whole) {
    sim::link_options o;
    o.in.pieces = in;
    sim::peer p = host_->connect(o);
    links_.push_back(p);
    return p;
  }
  std::string ask(sim::peer& p, const std::string& request) {
    p.send(request);
    net_.settle();
    std::string in = p.take();
    peer_wire::response r;
    if (!peer_wire::take_response(in, r)) wrong("the preparation got no response");
    return r.body;
  }
  static std::string sid_in(const std::string& packet) {
    const std::size_t at = packet.find("\"sid\":\"");
    return at == std::string::npos ? "" : packet.substr(at + 7, 20);
  }

  void prepare() {
    const std::string state = row_.text("state", "fresh");
    links_.clear();
    target_ = connect();
    net_.settle();
    if (state == "fresh") return;
    const bool ws = state == "ws" || state == "ws_open";
    if (ws) {
      target_.send(upgrade("/socket.io/?EIO=4&transport=websocket"));
      net_.settle();
      sid_ = sid_in(target_.take());
      if (state == "ws_open") return;
      target_.send(peer_wire::ws_frame(peer_wire::text, "40"));
      net_.settle();
      if (target_.take().find("40{\"sid\"") == std::string::npos) wrong("the preparation could not connect");
      return;
    }
    side_ = connect();
    sid_ = sid_in(ask(side_, get("/socket.io/?EIO=4&transport=polling")));
    (void)ask(side_, post(session(), "40"));
    if (ask(side_, get(session())).rfind("40{", 0) != 0) wrong("the preparation could not connect");
    if (row_.text("parked") != "") side_.send(get(session()));
    if (state != "candidate") return net_.settle();
    target_.send(upgrade("/socket.io/?EIO=4&transport=websocket&sid=" + sid_));
    net_.settle();
    (void)target_.take();
  }
  std::string session() const { return "/socket.io/?EIO=4&transport=polling&sid=" + sid_; }

  void attack() {
    std::string in = row_.input();
    for (const std::string name : {"{{SID}}", "{{WSSID}}"})
      for (std::size_t at; (at = in.find(name)) != std::string::npos;) in.replace(at, name.size(), sid_);
    in = peer_wire::unescape(in) + peer_wire::unescape(row_.text("also"));
    if (row_.is("packet")) in = peer_wire::ws_frame(peer_wire::text, "4" + in);
    websocket_ = row_.text("state") == "ws" || row_.text("state") == "ws_open" || row_.text("state") == "candidate";
    if (row_.id() == "eio-query-036") {
      websocket_ = false;
      target_ = connect();
    }
    if (websocket_ && mode_.random_keys) in = remask(in, static_cast<std::uint32_t>(net_.random()));
    const bool large = in.size() > 20'000;
    target_.in().pieces = large && mode_.in == sim::pieces::one ? sim::pieces::random : mode_.in;
    target_.send(in);
    net_.settle();
    got_ = listen(target_.take(), websocket_, row_.is("head"));
  }

  void check() {
    check_responses();
    check_frames();
    check_events();
    if (row_.check()["close"].is_bool()) {
      const bool over = target_.ended() || target_.was_reset();
      if (over != row_.is("close")) wrong(over ? "the link was closed" : "the link was not closed");
    }
    if (row_.text("parked") != "") {
      const heard side = listen(side_.take(), false, false);
      if (side.responses.size() != 1 || side.responses[0].body != row_.text("parked"))
        wrong("the parked poll got something else");
    }
    check_session();
  }
  void check_responses() {
    const value& wanted = row_.check()["responses"];
    if (!wanted.is_array()) return;
    std::string seen;
    for (const auto& r : got_.responses) seen += std::to_string(r.status) + " ";
    bool good = wanted.size() == got_.responses.size();
    for (std::size_t i = 0; good && i < wanted.size(); ++i) {
      bool among = false;
      for (const value& status : wanted[i].elements())
        among = among || status.get_or<int>(0) == got_.responses[i].status;
      good = among;
    }
    if (!good) return wrong("responses: " + wanted.to_json() + " wanted, got " + seen + peer_wire::escape(got_.rest));
    const int code = row_.number("code", -1);
    if (code >= 0 && got_.responses.back().body.find("{\"code\":" + std::to_string(code) + ",") != 0)
      wrong("code " + std::to_string(code) + " wanted, got " + got_.responses.back().body);
    if (row_.text("absent") != "" && got_.responses.back().header(row_.text("absent")))
      wrong("an unwanted header came");
    if (row_.text("origin") != "")
      for (const auto& r : got_.responses)
        if (r.header("access-control-allow-origin") != std::string_view(row_.text("origin")))
          wrong("another origin is allowed");
    if (row_.is("cookie") && !got_.responses.back().header("set-cookie")) wrong("no cookie came");
  }
  void check_frames() {
    const bool websocket = websocket_ || (!got_.responses.empty() && got_.responses.back().status == 101);
    if (!websocket) return;
    std::vector<std::string> texts;
    std::size_t pongs = 0;
    int pong_size = -1, code = -1;
    for (const auto& f : got_.frames) {
      if (f.op == peer_wire::text) texts.push_back(f.payload);
      if (f.op == peer_wire::pong) ++pongs, pong_size = static_cast<int>(f.payload.size());
      if (f.op == peer_wire::close) code = static_cast<int>(f.code());
    }
    const value& wanted = row_.check()["messages"];
    bool good = texts.size() == wanted.size();
    std::map<std::string, std::string> none;
    for (std::size_t i = 0; good && i < texts.size(); ++i)
      good = transcripts::matches(wanted[i].get_or<std::string>(""), texts[i], none);
    if (!good && (wanted.is_array() || row_.text("state") != "fresh")) {
      std::string all;
      for (const std::string& t : texts) all += peer_wire::escape(t, 60) + " ";
      return wrong("messages: " + wanted.to_json() + " wanted, got " + all);
    }
    const bool one_pong = pongs <= 1 && pong_size == row_.number("pong", -1);
    if (!one_pong && row_.text("pongs") != "any") wrong(std::to_string(pongs) + " pongs came");
    const value& codes = row_.check()["ws_close"];
    bool among = !codes.is_array();
    for (const value& c : codes.elements()) among = among || c.get_or<int>(0) == code;
    if (!among) wrong("Close " + codes.to_json() + " wanted, got " + std::to_string(code));
  }
  void check_events() {
    const value& wanted = row_.check()["events"];
    std::vector<std::string> seen;
    for (const std::string& e : setup_->events)
      if (e.find("disconnect") != 0) seen.push_back(e.find("event ") == 0 ? e.substr(6) : e);
    if (wanted.is_string()) return seen.size() == 1 ? void() : wrong("one event wanted");
    bool good = seen.size() == wanted.size();
    for (std::size_t i = 0; good && i < seen.size(); ++i) good = seen[i] == wanted[i].get_or<std::string>("");
    if (good) return;
    std::string all;
    for (const std::string& e : seen) all += peer_wire::escape(e, 80) + " ";
    wrong("events: " + wanted.to_json() + " wanted, got " + all);
  }
  void check_session() {
    const std::string wanted = row_.text("session", "any");
    if (wanted == "any") return;
    bool alive = false;
    const std::string state = row_.text("state");
    if (state == "ws" || state == "ws_open") {
      bool left = false;
      for (const std::string& e : setup_->events) left = left || e.find("disconnect ") == 0;
      if (row_.id() != "eio-query-036") target_.send(peer_wire::ws_frame(peer_wire::ping, "alive", 3));
      net_.settle();
      const heard more = listen(target_.take(), true, false);
      alive = row_.id() == "eio-query-036" || (!more.frames.empty() && more.frames.back().payload == "alive");
      if (state == "ws" && alive == left) wrong("the handlers were not told");
    } else {
      sim::peer p = connect();
      p.send(get(session()));
      net_.settle();
      const heard answer = listen(p.take(), false, false);
      // A session that closes waits for a poll to say so.
      alive = answer.responses.empty() || (answer.responses[0].status == 200 &&
          !answer.responses[0].body.ends_with('1'));
    }
    if (alive != (wanted == "alive")) wrong(alive ? "the session lives on" : "the session was closed");
  }
  void check_bystander() {
    bool answered = false;
    bystander_->on_packet = [&](sim_client::client&, const std::string& p, const std::vector<std::string>&) {
      answered = p == "39[\"ok\"]";
    };
    bystander_->send("29[\"hello\"]");
    net_.settle();
    bystander_->on_packet = {};
    if (!answered) wrong("another client is not served any more");
  }
  /// Tables may grow to the size they need; what grows each time is a leak.
  void check_memory() {
    std::size_t before = 0;
    for (int rounds = 0; error_.empty() && rounds < 6; ++rounds) {
      leave();
      net_.run_for(2min);
      if (rounds != 0 && memory_.live <= before) return;
      before = memory_.live;
      prepare();
      attack();
    }
    leave();
    wrong("memory: more is left each time, now " + std::to_string(memory_.live));
  }
  void leave() {
    for (sim::peer& p : links_) p.reset();
    net_.settle();
  }

  const row& row_;
  mode mode_;
  sim::network net_;
  sim_client::counting_memory memory_;
  std::unique_ptr<transcripts::setup> setup_;
  sim::host* host_ = nullptr;
  std::unique_ptr<sim_client::client> bystander_;
  sim::peer target_, side_;
  std::vector<sim::peer> links_;
  std::string sid_;
  heard got_;
  bool websocket_ = false;
  std::string error_;
};

}  // namespace

TEST_CASE("every hostile row is answered as it says, and nobody else notices") {
  const char* const only = std::getenv("SIOKIT_ROW");
  const unsigned seeds = std::getenv("SIOKIT_LONG") != nullptr ? 30 : 2;
  const std::vector<row> rows = hostile::read_rows(std::string(SIOKIT_TESTS_DIR) + "/hostile/rows.jsonl");
  REQUIRE(rows.size() > 300);
  std::size_t wrong = 0;
  for (const row& r : rows) {
    if (r.is("scenario") || (only != nullptr && r.id() != only)) continue;
    using sim::pieces;
    std::vector<mode> modes = {{}, {pieces::one, pieces::one, true, false, 1}, {pieces::whole, pieces::one, true, false,
        2}};
    for (unsigned i = 0; i < seeds; ++i) modes.push_back({pieces::random, pieces::random, true, true, i + 3});
    for (const mode& m : modes) {
      const std::string difference = trial(r, m)();
      CHECK(difference == "");
      if (difference.empty()) continue;
      ++wrong;
      break;
    }
  }
  CHECK(wrong == 0);
}
