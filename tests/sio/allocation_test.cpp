// The n-th allocation fails, once or for ever, in sessions that use everything: no crash, no leak, only the link that wanted
// the memory may end, and whoever comes when there is memory again is served. tests/sim/failure_test.cpp does the same over
// a network; here are the features.
#include "core/memory_loop.hpp"
#include "sio/host.hpp"

using namespace rules;
using siokit::socket;

namespace {

struct everything {
  siokit::server io;
  host h{io};
  int opened = 0, closed = 0, handlers = 0;
  std::vector<siokit::next_fn> waiting;
  siokit::http::reply late;

  static siokit::server_options options(core_tests::failing_memory& m) {
    siokit::server_options o;
    o.memory = m.hooks();
    o.cookie.name = "io";
    o.keep_head = siokit::server_options::keep::listed;
    o.kept_headers = {"Cookie"};
    o.cors.origins = {"http://a", "http://b"};
    return o;
  }
  explicit everything(core_tests::failing_memory& m) : io(options(m)) {
    io.on_error([this](socket&, std::string_view, siokit::errc, std::string_view) { ++handlers; });
    io.on_log([this](siokit::log_level, std::string_view) { ++handlers; });
    io.on_any_outgoing([this](socket&, std::string_view, const siokit::arguments& a) { handlers += static_cast<int>(a.size()); });
    io.on_connect([this](socket& s) {
      ++opened;
      (void)s.join("a room whose name is longer than what fits anywhere inline");
      (void)s.join("b");
      (void)s.handshake().query("EIO");
      s.use([](socket&, std::string_view, const siokit::arguments&, siokit::next_fn next) { next(); });
    });
    io.on_disconnect([this](socket&, siokit::close_reason) { ++closed; });
    io.on("say", [this](socket& s, std::string_view text) {
      io.to("a room whose name is longer than what fits anywhere inline").except("b").emit("said", text);
      io.to("b").timeout(50ms).emit("asked", siokit::on_each_ack<int>([this](siokit::socket_id, siokit::result<int>) { ++handlers; }, [this](std::size_t) { ++handlers; }));
      (void)s.timeout(20ms).emit("q", siokit::on_ack([this](siokit::result<int>) { ++handlers; }));
      io.in("b").sockets_join("c");
      io.in("c").fetch_sockets([this](std::span<const siokit::socket_id> ids) { handlers += static_cast<int>(ids.size()); });
      return siokit::value(siokit::obj("k", siokit::arr(1, text)));
    });
    io.on("blob", [](siokit::arguments all) { return all; });
    auto& slow = io.of("/slow");
    slow.use([this](socket&, siokit::next_fn next) { waiting.push_back(next); });
    slow.on_connect([this](socket& s) {
      s.use([this](socket&, std::string_view, const siokit::arguments&, siokit::next_fn next) { waiting.push_back(next); });
    });
    slow.on("e", [this](std::string) { return ++handlers; });
    (void)io.of([](std::string_view name, siokit::value_view) { return name == "/dynamic"; });
    io.allow_request([](const siokit::http::request& r, siokit::admission a) { r.query("x") ? a.refuse("no") : a.allow("X-Y: z\r\n"); });
    io.on_http([this](const siokit::http::request& r, siokit::http::reply reply) {
      if (r.path() == "/late") return void(late = reply);
      reply.send(200, "text/plain", r.text(), "X-A: b\r\n");
    });
    io.engine("/engine.io").on_message = [](siokit::engine_session s, siokit::message_kind, siokit::bytes_view in) { (void)s.send(in); };
  }

  void websocket_session(bool& well) {
    client c(h);
    c.link = h.accept();
    if (c.link == link_id{}) return void(well = false);
    h.receive(c.link, request("GET", "/socket.io/?EIO=4&transport=websocket&a=%20b", std::string(peer_wire::ws_headers) + "Cookie: a=b\r\nOrigin: http://a\r\n"));
    c.read();
    c.join();
    const bool in = c.packets().find("0{") != std::string::npos;
    c.send("27[\"say\",\"\\u20ac text\"]");
    const std::string got = c.packets();
    c.send("30[1]");
    c.send("31[\"x\"]");
    c.send("51-8[\"blob\",{\"_placeholder\":true,\"num\":0}]");
    c.send_binary(std::string(2000, 'b'));
    const std::string blob = c.packets();
    c.join("/slow");
    answer();
    c.send("2/slow,[\"e\",\"one\"]");
    c.send("2/slow,[\"e\",\"two\"]");
    answer();
    c.join("/dynamic", "{\"token\":\"" + std::string(100, 't') + "\"}");
    c.join("/refused");
    c.send("1/dynamic,");
    h.run_for(100ms);
    well = in && got.find("2[\"said\"") == std::string::npos && got.find("37[{\"k\":[1,") != std::string::npos && blob.find("61-8[") != std::string::npos;
    c.drop();
    h.settle();
  }
  void polling_session(bool& well) {
    client c(h);
    c.link = h.accept();
    if (c.link == link_id{}) return void(well = false);
    h.receive(c.link, request("GET", "/socket.io/?EIO=4&transport=polling", "Origin: http://b\r\n"));
    c.take_response();
    const std::size_t at = c.answer.body.find("\"sid\":\"");
    if (at == std::string::npos) return finish(c, well);
    c.sid = c.answer.body.substr(at + 7, 20);
    if (!post(c, "40") || !h.open(c.link)) return finish(c, well);
    h.receive(c.link, request("GET", c.target()));
    c.read();
    if (!post(c, "427[\"say\",\"x\"]\x1e" "451-8[\"blob\",{\"_placeholder\":true,\"num\":0}]\x1e" "bYmlu") || !h.open(c.link)) return finish(c, well);
    (void)c.packets();
    h.receive(c.link, request("GET", c.target()));
    const std::string got = c.packets();
    const link_id ws = h.accept();
    if (ws != link_id{}) {
      h.receive(ws, request("GET", "/socket.io/?EIO=4&transport=websocket&sid=" + c.sid, peer_wire::ws_headers));
      if (h.open(ws)) h.receive(ws, peer_wire::ws_frame(peer_wire::text, "2probe", 1));
      if (h.open(ws)) h.receive(ws, peer_wire::ws_frame(peer_wire::text, "5", 1) + client::frame_of("29[\"blob\",1]"));
      well = got.find("37[{\"k\"") != std::string::npos && h[ws].out.find("439[1]") != std::string::npos;
      if (h.open(ws)) h.closed(ws);
    }
    finish(c, well, well);
  }
  bool post(client& c, std::string_view body) {
    c.post_link = h.accept();
    if (c.post_link == link_id{}) return false;
    h.receive(c.post_link, request("POST", c.target(), "Content-Type: text/plain\r\n", body));
    c.posted = 0;
    c.take_post();
    h.closed(c.post_link);
    return c.posted == 200;
  }
  void finish(client& c, bool& well, bool good = false) {
    well = good;
    h.settle();
    if (h.open(c.link)) h.closed(c.link);
    h.run_for(2min);  // what is left of the session times out
  }
  void http(bool& well) {
    const link_id l = h.accept(), refused = h.accept(), e = h.accept();
    if (l != link_id{}) {
      h.receive(l, request("POST", "/page?a=b", "X: y\r\n", "the body"));
      if (h.open(l)) h.receive(l, request("GET", "/late"));
      late.send(200, "text/plain", "later");
      h.settle();
    }
    if (refused != link_id{}) h.receive(refused, request("GET", "/socket.io/?EIO=4&transport=polling&x=1"));
    if (e != link_id{}) {
      h.receive(e, request("GET", "/engine.io/?EIO=4&transport=websocket", peer_wire::ws_headers));
      if (h.open(e)) h.receive(e, peer_wire::ws_frame(peer_wire::binary, "echo", 3));
    }
    well = h[l].out.find("the body") != std::string::npos && h[l].out.find("later") != std::string::npos &&
           h[refused].out.find("403") != std::string::npos && h[e].out.find("echo") != std::string::npos;
    for (const link_id each : {l, refused, e})
      if (h.open(each)) h.closed(each);
    h.settle();
  }
  void answer() {
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      waiting[i]();
      h.settle();
    }
    waiting.clear();
  }
};

using session = void (everything::*)(bool&);

void fail_each(session what) {
  for (const bool for_ever : {false, true})
    for (std::size_t n = 0;; ++n) {
      core_tests::failing_memory m;
      {
        everything w(m);
        bool well = false;
        client bystander(w.h);  // has memory, and shares rooms with whoever has none
        joined(bystander);
        m.fail_at = m.asked + n;
        m.for_ever = for_ever;
        (w.*what)(well);
        const bool over = m.failed == 0;
        m.fail_at = ~std::size_t{0};
        m.for_ever = false;
        w.h.settle();
        INFO("allocation " << n << (for_ever ? " and all that follow" : ""));
        if (over) REQUIRE(well);
        (w.*what)(well);
        REQUIRE(well);
        if (w.h.open(bystander.link)) bystander.drop();
        w.h.run_for(3min);
        CHECK(w.io.size() == 0);
        CHECK(w.opened == w.closed);
        CHECK(w.io.session_count() == 0);
        CHECK(w.io.link_count() == 0);
        if (over) {
          CHECK(n > 5);
          n = ~std::size_t{0} - 1;
        }
      }
      REQUIRE(m.live == 0);
      REQUIRE(m.blocks == 0);
      if (n == ~std::size_t{0} - 1) break;
      REQUIRE(n < 3000);
    }
}

}  // namespace

TEST_CASE("a failing allocation in a WebSocket session with everything", "[limits]") { fail_each(&everything::websocket_session); }
TEST_CASE("a failing allocation in a polling session that upgrades", "[limits]") { fail_each(&everything::polling_session); }
TEST_CASE("a failing allocation in requests and an Engine.IO path", "[limits]") { fail_each(&everything::http); }

TEST_CASE("a session ends when there is no memory for an acknowledgement: its client would wait for ever", "[limits]") {
  core_tests::failing_memory m;
  {
    siokit::server io(everything::options(m));
    host h{io};
    std::vector<siokit::close_reason> reasons;
    io.on_disconnect([&](socket&, siokit::close_reason r) { reasons.push_back(r); });
    io.on("ask", [&](std::size_t n) {
      m.fail_at = n == 0 ? m.fail_at : m.asked;
      return std::string(5000, 'x');
    });
    client c(h), bystander(h);
    joined(c);
    joined(bystander);
    c.send("21[\"ask\",1]");
    CHECK(m.failed == 1);
    CHECK(reasons == std::vector{siokit::close_reason::transport_error});
    bystander.send("22[\"ask\",0]");
    CHECK(bystander.packets() == "32[\"" + std::string(5000, 'x') + "\"]");
  }
  CHECK(m.live == 0);
}
