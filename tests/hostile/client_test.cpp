// Hostile servers: the rows of rows.jsonl whose layer is "client", and more of the same kinds, against a siokit client in
// the simulator; whole, byte by byte, in random cuts. After each: the error that is told is clear, memory is bounded, the
// server is dialed again with the delays of the policy and no faster, an honest one is welcome, and nothing is left over.
// The rows for servers are hostile_test.cpp's.
#include <algorithm>

#include "hostile/row.hpp"
#include "sim/counting_memory.hpp"
#include "sio/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace scripted;

namespace {

/// Where the bytes come: instead of the answer to an upgrade or a poll; as the first bytes behind the 101; behind the open
/// packet; behind CONNECT was answered. `polled`: as the answer to the poll behind the open packet.
enum class phase { upgrade, poll, open, joining, joined, polled };

struct attack {
  std::string name;
  phase at = phase::joined;
  std::string bytes;
  std::string wanted;     // begins one of the entries of the log
  bool survives = false;  // the session goes on
  bool ends = false;      // then the link ends
};

std::string text(std::string_view packet) { return server::frame(peer_wire::text, packet); }
std::string binary(std::string_view bytes) { return server::frame(peer_wire::binary, bytes); }
std::string times(std::size_t n, const std::string& what) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += what;
  return out;
}
const std::string open_packet = "0{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}";
std::string opening(const std::string& members) { return text("0{" + members + "}"); }
std::string response(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
const std::string switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";

std::vector<attack> attacks() {
  const std::string intervals = ",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000";
  const std::string failed = "connect_error ";
  const std::string parse = "disconnect parse error";
  const std::string lost = "disconnect transport";
  return {
      {"garbage", phase::poll, "\x16\x03\x01 not HTTP at all\r\n\r\n", failed},
      {"garbage for an upgrade", phase::upgrade, std::string("\0\xff garbage\r\n\r\n", 14), failed},
      {"a huge head", phase::poll, "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", failed + "header section too large"},
      {"a head that never ends", phase::poll, "HTTP/1.1 200 OK\r\n" + times(5000, "a: b\r\n"), failed},
      {"too many header lines", phase::upgrade, "HTTP/1.1 200 OK\r\n" + times(200, "a: b\r\n") + "\r\n", failed + "too many header lines"},
      {"a flood of interim responses", phase::poll, times(20'000, "HTTP/1.1 100 Continue\r\n\r\n"), ""},
      {"a redirect", phase::poll, "HTTP/1.1 302 Found\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n", failed + "the server answered with an HTTP error"},
      {"a redirect of an upgrade", phase::upgrade, "HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", failed + "the server answered with an HTTP error"},
      {"an error that explains itself", phase::poll, "HTTP/1.1 400 Bad\r\nContent-Length: 34\r\n\r\n{\"code\":1,\"message\":\"Session ID un\"}", failed},
      {"an error page", phase::poll, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>", failed + "the server answered with an HTTP error"},
      {"two lengths", phase::poll, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", failed},
      {"a negative length", phase::poll, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", failed},
      {"a length below the body", phase::poll, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + open_packet, failed},
      {"a body that is cut", phase::poll, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + open_packet, failed + "the link ended inside a message", false, true},
      {"a chunk too large", phase::poll, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", failed},
      {"chunks without end", phase::poll, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + times(40'000, "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"), failed},
      {"a body without end", phase::poll, "HTTP/1.1 200 OK\r\n\r\n" + std::string(40'000, 'x'), failed},
      {"101 for a poll", phase::poll, switching + "Sec-WebSocket-Accept: x\r\n\r\n", failed},
      {"bytes behind a response", phase::poll, response(open_packet) + "HTTP/1.1 200 OK\r\n\r\n", "disconnect|close|connect"},
      {"a wrong Accept", phase::upgrade, switching + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", failed},
      {"no Accept", phase::upgrade, switching + "\r\n", failed},
      {"an extension that was not offered", phase::upgrade, switching + "Sec-WebSocket-Accept: {{ACCEPT}}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", failed},
      {"200 for an upgrade", phase::upgrade, response("hello"), failed},
      {"a masked frame", phase::joined, peer_wire::ws_frame(peer_wire::text, "42[\"a\"]", 7), lost},
      {"reserved bits", phase::joined, std::string("\xc1\x01" "2", 3), lost},
      {"an unknown opcode", phase::joined, std::string("\x83\x00", 2), lost},
      {"a long control frame", phase::joined, std::string("\x89\x7e\x00\x7e", 4) + std::string(126, 'x'), lost},
      {"a length with the top bit", phase::joined, std::string("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10), lost},
      {"a message above limits.received", phase::joined, std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x01", 10), lost},
      {"fragments without end", phase::joined, server::frame(peer_wire::text, "4", false) + times(2000, server::frame(0, "", false)), lost},
      {"a continuation of nothing", phase::joined, server::frame(0, "x"), lost},
      {"text that is no UTF-8", phase::joined, text("42[\"\xff\"]"), lost},
      {"a Close with half a code", phase::joined, server::frame(peer_wire::close, "x"), lost},
      {"an unknown packet type", phase::joined, text("9"), lost},
      {"an empty packet", phase::joined, text(""), lost},
      {"open twice", phase::joined, text(open_packet), lost},
      {"no open packet", phase::open, text("42[\"a\"]"), failed + "malformed open packet"},
      {"an open packet that is no JSON", phase::open, text("0{sid}"), failed + "malformed open packet"},
      {"an open packet in an array", phase::open, text("0[]"), failed + "malformed open packet"},
      {"no sid", phase::open, opening("\"x\":1" + intervals), failed + "malformed open packet"},
      {"an empty sid", phase::open, opening("\"sid\":\"\"" + intervals), failed + "malformed open packet"},
      {"a sid that is none", phase::open, opening("\"sid\":{}" + intervals), failed + "malformed open packet"},
      {"a long sid", phase::open, opening("\"sid\":\"" + std::string(257, 's') + "\"" + intervals), failed + "malformed open packet"},
      {"no intervals", phase::open, opening("\"sid\":\"a\""), failed + "malformed open packet"},
      {"an interval of nothing", phase::open, opening("\"sid\":\"a\",\"pingInterval\":0,\"pingTimeout\":1"), failed + "malformed open packet"},
      {"an interval below nothing", phase::open, opening("\"sid\":\"a\",\"pingInterval\":-5,\"pingTimeout\":1"), failed + "malformed open packet"},
      {"an interval without end", phase::open, opening("\"sid\":\"a\",\"pingInterval\":1e300,\"pingTimeout\":1"), failed + "malformed open packet"},
      {"an open packet of many values", phase::open, opening("\"sid\":\"a\",\"upgrades\":[" + times(5000, "1,") + "1],\"pingInterval\":1,\"pingTimeout\":1"), failed + "malformed open packet"},
      {"a deep open packet", phase::open, text("0" + times(100, "{\"a\":") + times(100, "}")), failed + "malformed open packet"},
      {"a sid with a line end", phase::poll, response("0{\"sid\":\"a\\r\\nX: y\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\"pingTimeout\":20000}"), "open", true},
      {"a poll of many packets", phase::polled, response("6" + times(20'000, "\x1e" "6")), "close transport error"},
      {"a poll of nothing", phase::polled, response(""), "close transport error"},
      {"a poll of garbage", phase::polled, response("\x1e\x1e"), "close transport error"},
      {"a poll with bad base64", phase::polled, response("b!!!"), "close transport error"},
      {"CONNECT without sid", phase::joining, text("40"), failed + "a CONNECT without sid", true},
      {"CONNECT that is no object", phase::joining, text("40[]"), "close parse error|connect_error"},
      {"CONNECT twice", phase::joined, text("40{\"sid\":\"again\"}"), parse},
      {"a refusal that says nothing", phase::joining, text("44"), failed},
      {"a refusal of a number", phase::joining, text("44123"), "connect_error|close"},
      {"an acknowledgement of nothing", phase::joined, text("4312[]"), "", true},
      {"an acknowledgement with a huge id", phase::joined, text("43" + std::string(40, '9') + "[]"), parse},
      {"an event without a name", phase::joined, text("42[]"), parse},
      {"an event that is an object", phase::joined, text("42{}"), parse},
      {"a name of the library's own", phase::joined, text("42[\"connect\"]"), parse},
      {"deep JSON", phase::joined, text("42[\"a\"," + times(1000, "[") + times(1000, "]") + "]"), parse},
      {"many attachments", phase::joined, text("451000-[\"a\"]"), parse},
      {"no attachments", phase::joined, text("450-[\"a\"]"), parse},
      {"an attachment of nothing", phase::joined, binary("x"), parse},
      {"text among attachments", phase::joined, text("451-[\"a\",{\"_placeholder\":true,\"num\":0}]") + text("42[\"b\"]"), parse},
      {"a placeholder out of range", phase::joined, text("451-[\"a\",{\"_placeholder\":true,\"num\":5}]") + binary("x"), parse},
      {"an unknown namespace", phase::joined, text("42/nobody,[\"a\"]") + text("40/nobody,{\"sid\":\"x\"}") + text("41/nobody,"), "", true},
      {"a flood of DISCONNECT", phase::joined, times(1000, text("41")), "disconnect io server disconnect", true},
      {"a flood of pings", phase::joined, times(3000, text("2")), "", true},
      {"a flood of WebSocket pings", phase::joined, times(3000, server::frame(peer_wire::ping, "x")), "", true},
      {"a flood of noops", phase::joined, times(3000, text("6")), "", true},
      {"early packets without end", phase::joining, times(3000, text("42[\"e\",\"" + std::string(100, 'x') + "\"]")), "close parse error"},
      {"early binary without end", phase::joining, times(50, text("451-[\"e\",{\"_placeholder\":true,\"num\":0}]") + binary(std::string(10'000, 'x'))), "close parse error"},
  };
}

siokit::limits small_limits() {
  siokit::limits l;
  l.received = 30'000;
  l.early_packets = 100'000;
  l.cached_blocks = 0;
  return l;
}

std::string run(const attack& a, siokit::sim::pieces cuts, std::uint64_t seed) {
  sim_client::counting_memory memory;
  std::string wrong;
  {
    const bool polls = a.at == phase::poll || a.at == phase::polled;
    siokit::client_options o = polls ? rig::polling_only() : rig::websocket_only();
    o.limits = small_limits();
    o.memory = memory.hooks();
    rig r(o, "http://server", seed);
    siokit::sim::link_options links;
    const bool large = a.bytes.size() > 20'000 && cuts == siokit::sim::pieces::one;
    links.out.pieces = large ? siokit::sim::pieces::random : cuts;
    r.here->set_dial_options(links);
    bool played = false;
    const auto play = [&](link_id id, std::string bytes) {
      played = true;
      r.there.send(id, bytes);
      if (a.ends) r.there.close(id);
      return true;
    };
    r.there.on_request = [&](const request& q) {
      const bool fresh = q.target.find("sid=") == std::string::npos;
      if (played) return false;
      std::string bytes = a.bytes;
      if (const std::size_t at = bytes.find("{{ACCEPT}}"); at != std::string::npos) {
        const auto accept = siokit::ws::accept_for(q.field("Sec-WebSocket-Key"));
        bytes.replace(at, 10, std::string_view(accept.data(), accept.size()));
      }
      if (q.upgrades() && a.at == phase::upgrade) return play(q.link, bytes);
      if (q.upgrades() && a.at == phase::open) {
        r.there.accept_websocket(q);
        r.there.websocket = q.link;
        return play(q.link, bytes);
      }
      if (!q.upgrades() && a.at == phase::poll) return play(q.link, bytes);
      if (!q.upgrades() && a.at == phase::polled && !fresh && q.method == "GET") return play(q.link, bytes);
      return false;
    };
    r.there.on_message = [&](link_id id, const std::string& m) {
      if (played || m != "40") return false;
      if (a.at == phase::joining) return play(id, a.bytes);
      if (a.at != phase::joined) return false;
      r.there.say("40{\"sid\":\"me\"}");
      return play(id, a.bytes);
    };
    r.run(100ms);
    if (!played) wrong = "nothing was played";
    if (memory.most > 3'000'000) wrong = "memory grew to " + std::to_string(memory.most);
    bool found = a.wanted.empty();
    std::string all;
    for (const std::string& line : r.log) {
      all += line + "; ";
      for (std::size_t at = 0; at <= a.wanted.size() && !a.wanted.empty();) {
        const std::size_t end = std::min(a.wanted.find('|', at), a.wanted.size());
        found = found || line.compare(0, end - at, a.wanted, at, end - at) == 0;
        at = end + 1;
      }
    }
    if (!found && wrong.empty()) wrong = "wanted " + a.wanted + ", got " + all;
    if (wrong.empty() && r.there.accepted > 4) wrong = "dialed too often";
    // An honest server from here on.
    r.there.on_message = {};
    r.there.on_request = {};
    if (a.survives) {
      if (r.count("close parse error") + r.count("close transport error") != 0) wrong = "the session ended: " + all;
    }
    if (!r.io->active()) r.io->connect();
    r.run(100s);
    if (wrong.empty() && !r.io->connected()) {
      for (const std::string& line : r.log) all += line + "; ";
      wrong = "not connected to the honest server: " + all;
    }
    for (const request& q : r.there.requests)
      if (q.has("\nX: y")) wrong = "a header was injected";
    if (r.there.unmasked) wrong = "an unmasked frame was sent";
    r.io->close();
    r.run(2min);
    if (wrong.empty() && (r.io->link_count() != 0 || r.here->links() != 0)) wrong = "links are left over";
    if (wrong.empty() && r.io->driver().deadline() != siokit::never) wrong = "a timer is left over";
  }
  if (wrong.empty() && (memory.live != 0 || memory.mistaken)) wrong = "memory is left over";
  return wrong.empty() ? wrong : a.name + ": " + wrong;
}

void run_all(const attack& a) {
  using siokit::sim::pieces;
  const std::uint64_t seeds = std::getenv("SIOKIT_LONG") != nullptr ? 20 : 2;
  CHECK(run(a, pieces::whole, 1) == "");
  CHECK(run(a, pieces::one, 1) == "");
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) CHECK(run(a, pieces::random, seed) == "");
}

}  // namespace

TEST_CASE("every hostile answer is an error that is told, and an honest server is welcome afterwards") {
  for (const attack& a : attacks()) run_all(a);
}

TEST_CASE("the rows for clients") {
  std::size_t count = 0;
  for (const hostile::row& r : hostile::read_rows(std::string(SIOKIT_TESTS_DIR) + "/hostile/rows.jsonl")) {
    if (r.all["layer"].get_or<std::string>("") != "client" || r.text("phase").empty()) continue;
    ++count;
    const std::string at = r.text("phase");
    attack a{r.id(), at == "upgrade" ? phase::upgrade : at == "poll" ? phase::poll : at == "open" ? phase::open : at == "joining" ? phase::joining : phase::joined,
             peer_wire::unescape(r.input()), r.text("log"), false, false};
    a.survives = r.is("survives");
    run_all(a);
  }
  CHECK(count == 9);
}
