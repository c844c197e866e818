// Acknowledgements of one turn lie behind each other in few blocks. The peer sees no difference, whatever their sizes, and
// whatever happens while one of them is written.
#include "core/memory_loop.hpp"
#include "sio/host.hpp"

using namespace rules;
using siokit::socket;

namespace {

/// Does something while it is written.
struct meddler {
  std::string text;
  std::function<void()> meddle;
};

struct unwritable {};

}  // namespace

template <>
struct siokit::codec<unwritable> {
  static void write(value_writer& w, const unwritable&) { w.fail(errc::bad_value); }
};
template <>
struct siokit::codec<meddler> {
  static void write(value_writer& w, const meddler& m) {
    if (m.meddle) m.meddle();
    w.string(m.text);
  }
};

namespace {

struct place {
  siokit::server io;
  host h{io};
  std::string errors;
  explicit place(const siokit::server_options& o = {}) : io(o) {
    io.on_error([this](socket&, std::string_view, siokit::errc e, std::string_view) { errors += std::string(siokit::text(e)) + "; "; });
    io.on("echo", [](siokit::value_view v) { return v; });
    io.on("text", [](std::size_t n) { return std::string(n, 'x'); });
    io.on("numbers", [](std::size_t n) { return std::vector<std::size_t>(n, n); });  // whose size nobody knows beforehand
    io.on("blob", [](std::size_t n) { return siokit::bytes(n); });
    io.on("said", [](socket& s, std::string_view what) {
      (void)s.emit("aside", what);
      return what;
    });
    io.on("all", [this](std::string_view what) {
      io.emit("news", what);
      return what;
    });
  }
};

/// Events of all sizes and kinds, each with an id.
std::vector<std::string> events() {
  std::vector<std::string> out;
  const auto ask = [&](std::string_view what) { out.push_back("2" + std::to_string(out.size()) + std::string(what)); };
  for (const int n : {0, 1, 20, 60, 100, 110, 115, 118, 119, 120, 121, 122, 130, 200, 1000, 3000, 5000, 20000, 70000, 3}) {
    const std::string size = std::to_string(n);
    ask("[\"echo\",\"" + std::string(static_cast<std::size_t>(n), 'e') + "\"]");
    ask("[\"text\"," + size + "]");
    ask("[\"numbers\"," + std::to_string(n % 1500) + "]");
    ask("[\"said\",\"" + size + "\"]");
    ask("[\"all\",\"" + size + "\"]");
    if (n % 3 == 0) ask("[\"blob\"," + std::to_string(n % 100) + "]");
    ask("[\"echo\",{\"n\":[" + size + ",\"\\u20ac\"]}]");
  }
  return out;
}

}  // namespace

TEST_CASE("acknowledgements of one read are those of many reads, over each transport", "[sio]") {
  const std::vector<std::string> all = events();
  const bool polling = GENERATE(false, true);
  std::string alone, together;
  const auto join = [polling](client& c) {
    if (!polling) return static_cast<void>(joined(c));
    c.poll_open();
    c.send("0");
    c.get();
    (void)c.packets();
  };
  const auto take = [polling](client& c, std::string& out) {
    if (polling) c.get();
    out += c.packets() + " ";
  };
  {
    place p;
    client c(p.h);
    join(c);
    for (const std::string& e : all) {
      c.send(e);
      take(c, alone);
    }
    CHECK(p.errors.empty());
  }
  place p;
  client c(p.h);
  join(c);
  const int gathers = p.h.gathers;
  c.send_all(all);
  take(c, together);
  if (!polling) CHECK(p.h.gathers - gathers <= 2);
  CHECK((together == alone));
}

/// The message door of a place, with one WebSocket whose host takes what it is told and, if asked, says that it was sent.
struct at_the_door {
  explicit at_the_door(place& p) : door(p.io.messages()) {
    siokit::host_services services;
    services.entropy = [](void*, std::span<std::byte> out) {
      for (std::byte& b : out) b = std::byte{7};
      return true;
    };
    door.bind(services);
    link = door.accept({"192.0.2.7", 9, false}, now);
    door.request(link, {"GET", "/socket.io/?EIO=4&transport=websocket", "Host: x\r\n", true, false}, now);
    drain(true);
    hand("40");
    drain(true);
    REQUIRE(got.size() == 2);  // the open packet and CONNECT
    got.clear();
  }
  ~at_the_door() { door.closed(link, now); }
  bool hand(std::string text) { return door.message(link, siokit::message_kind::text, std::as_writable_bytes(std::span(text)), now); }
  void drain(bool read) {
    siokit::message_action a;
    while (door.next(a)) {
      if (a.what == siokit::message_action::kind::upgrade) door.upgraded(link, now);
      std::size_t sent = 0;
      while (a.what == siokit::message_action::kind::send && !a.body.empty()) {
        sent += siokit::out_queue::weight(a.body.front());
        got.emplace_back(siokit::as_text(a.body.pop(door.blocks()).payload()));
      }
      a.body.reset(door.blocks());
      if (read && sent != 0) door.sent(link, sent, now);
    }
  }
  siokit::message_driver& door;
  const siokit::time_point now{std::chrono::hours(1)};
  link_id link{};
  std::vector<std::string> got;
};

TEST_CASE("a host that frames messages itself gets each of them", "[sio]") {
  place p;
  at_the_door host(p);
  for (const char* const text : {"420[\"echo\",1]", "421[\"echo\",\"two\"]", "422[\"echo\",3]"}) CHECK(host.hand(text));
  host.drain(true);
  CHECK(host.got == std::vector<std::string>{"430[1]", "431[\"two\"]", "432[3]"});
}

TEST_CASE("message() answers what wants_read() does, also when the session ended", "[sio]") {
  siokit::server_options o;
  o.limits.high_water = 100;
  o.limits.low_water = 10;
  place p(o);
  bool ends = false;
  p.io.on("much", [&](socket& s) {
    (void)s.emit("x", std::string(1000, 'x'));
    if (ends) s.disconnect(true);
  });
  at_the_door host(p);
  SECTION("congested") {
    CHECK_FALSE(host.hand("42[\"much\"]"));
    CHECK_FALSE(host.door.wants_read(host.link));
  }
  SECTION("congested, and ended") {
    ends = true;
    CHECK(host.hand("42[\"much\"]") == host.door.wants_read(host.link));
  }
  SECTION("neither") {
    CHECK(host.hand("42[\"echo\",1]"));
    CHECK(host.door.wants_read(host.link));
  }
  host.drain(false);
}

TEST_CASE("what happens while an acknowledgement is written", "[sio]") {
  place p;
  client c(p.h);
  joined(c);
  std::function<void(socket&)> meddle;
  p.io.on("ask", [&](socket& s) { return meddler{"answer", [&meddle, &s] { meddle(s); }}; });
  std::string wanted;
  SECTION("another event for the same peer") {
    meddle = [](socket& s) { (void)s.emit("meanwhile", 1); };
    wanted = "31[\"before\"] 32[\"answer\"] 2[\"meanwhile\",1] 33[\"behind\"]";
  }
  SECTION("a broadcast") {
    meddle = [&](socket&) { (void)p.io.emit("meanwhile", std::string(500, 'm')); };
    wanted = "31[\"before\"] 32[\"answer\"] 2[\"meanwhile\",\"" + std::string(500, 'm') + "\"] 33[\"behind\"]";
  }
  SECTION("the peer is told to go") {
    meddle = [](socket& s) { s.disconnect(); };
    wanted = "31[\"before\"] 32[\"answer\"] 1";
  }
  SECTION("nothing") {
    meddle = [](socket&) {};
    wanted = "31[\"before\"] 32[\"answer\"] 33[\"behind\"]";
  }
  SECTION("the session ends at once") {
    meddle = [&](socket& s) { s.disconnect(true); };
  }
  c.send_all({"21[\"echo\",\"before\"]", "22[\"ask\"]", "23[\"echo\",\"behind\"]"});
  const std::string got = c.packets();
  if (!wanted.empty()) CHECK(got == wanted);
  CHECK(got.find("31[\"before\"]") == 0);
}

#if defined(__cpp_exceptions)
TEST_CASE("a codec that throws while it writes harms no other acknowledgement", "[sio]") {
  place p;
  client c(p.h);
  joined(c);
  p.io.on("ask", [] { return meddler{"", [] { throw 1; }}; });
  CHECK_THROWS_AS(c.send_all({"21[\"echo\",\"before\"]", "22[\"ask\"]", "23[\"echo\",\"behind\"]"}), int);
  p.h.settle();
  CHECK(c.packets() == "31[\"before\"] 33[\"behind\"]");
}
#endif

TEST_CASE("an acknowledgement that is given while another is written", "[sio]") {
  place p;
  client c(p.h);
  joined(c);
  siokit::ack<int> other;
  p.io.on("later", [&](siokit::ack<int> a) { other = a; });
  p.io.on("ask", [&] { return meddler{"answer", [&] { other(7); }}; });
  c.send_all({"21[\"echo\",\"before\"]", "22[\"later\"]", "23[\"ask\"]", "24[\"echo\",\"behind\"]"});
  CHECK(c.packets() == "31[\"before\"] 33[\"answer\"] 32[7] 34[\"behind\"]");
}

TEST_CASE("acknowledgements behind attachments, as binary and as text", "[sio]") {
  place p;
  const std::string query = GENERATE("", "&b64=1");
  client c(p.h);
  c.websocket({}, query).join();
  (void)c.packets();
  c.send_all({"21[\"blob\",3]", "22[\"echo\",2]", "23[\"echo\",3]", "24[\"blob\",0]", "25[\"echo\",5]"});
  const std::string got = c.packets();
  const std::string three = query.empty() ? "<" + std::string(3, '\0') + ">" : "<bAAAA>";
  const std::string none = query.empty() ? "<>" : "<b>";
  const std::string placeholder = "[{\"_placeholder\":true,\"num\":0}] ";
  CHECK(got == "61-1" + placeholder + three + " 32[2] 33[3] 61-4" + placeholder + none + " 35[5]");
}

TEST_CASE("a peer that does not read holds about as much memory as what waits for it", "[sio]") {
  core_tests::failing_memory memory;
  siokit::server_options o;
  o.memory = memory.hooks();
  place p(o);
  client c(p.h);
  joined(c);
  socket& s = *p.io.find(c.id);
  p.h[c.link].stuck = true;
  const std::size_t before = memory.live;
  for (int i = 0; i < 200; ++i) c.send_all({"21[\"text\",500]", "22[\"text\",500]"});
  CHECK(s.queued_bytes() > 200'000);
  CHECK(memory.live - before < 3 * s.queued_bytes());
}

TEST_CASE("an acknowledgement that cannot be written harms none before it", "[sio]") {
  place p;
  client c(p.h);
  joined(c);
  p.io.on("fail", [] { return unwritable{}; });
  c.send_all({"21[\"echo\",1]", "22[\"fail\"]", "23[\"echo\",3]"});
  CHECK(c.packets() == "31[1] 33[3]");
  CHECK(p.errors == std::string(siokit::text(siokit::errc::bad_value)) + "; ");
}

TEST_CASE("bytes of acknowledgements that wait are counted one by one", "[sio]") {
  siokit::server_options o;
  o.limits.high_water = 1'000;
  o.limits.low_water = 100;
  place p(o);
  int drained = 0;
  p.io.on_drain([&](socket&) { ++drained; });
  client c(p.h);
  joined(c);
  socket& s = *p.io.find(c.id);
  p.h[c.link].stuck = true;
  for (int i = 0; i < 8; ++i) c.send("2" + std::to_string(i) + "[\"text\",100]");
  CHECK(s.queued_bytes() == 8 * (100 + 7));
  CHECK(s.writable());
  c.send_all({"28[\"text\",100]", "29[\"text\",100]", "210[\"text\",100]"});
  CHECK_FALSE(s.writable());
  CHECK(s.queued_bytes() == 10 * (100 + 7));  // the one behind waits
  p.h[c.link].stuck = false;
  p.h.write(c.link);
  p.h.settle();
  CHECK(s.queued_bytes() == 0);
  CHECK(drained == 1);
  c.read();
  CHECK(c.got.size() == 11);
}

TEST_CASE("what comes behind a ping in one read is handled with it", "[sio]") {
  place p;
  client c(p.h);
  joined(c);
  p.h.receive(c.link, client::frame_of("21[\"echo\",1]") + peer_wire::ws_frame(peer_wire::ping, "now", 1) +
                          client::frame_of("22[\"echo\",2]"));
  c.read();
  CHECK(c.packets() == "31[1] 32[2]");
  CHECK(c.pong == "now");
}
