// Tickets: next_fn, ack, http::reply, admission, socket_ref, engine_session. Values that may be kept for ever: used late,
// twice, or when what they were for is gone, they do nothing.
#include <functional>

#include "sio/host.hpp"

using namespace rules;
using siokit::socket;

template <class... T>
constexpr bool tickets = ((std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T> && sizeof(T) <= 32) && ...);
static_assert(tickets<siokit::next_fn, siokit::ack<>, siokit::ack<std::string, siokit::bytes>, siokit::http::reply, siokit::admission,
                      siokit::socket_ref, siokit::engine_session>);

namespace {

/// One of each, kept.
struct kept {
  siokit::next_fn connect, packet;
  siokit::ack<int> ack;
  siokit::http::reply reply;
  siokit::admission entry;
  siokit::socket_ref ref;
  siokit::engine_session engine;

  void use() const {
    std::vector<std::function<void()>> later;  // copyable: that is what tickets are for
    later.push_back([next = connect] { next(); });
    later.push_back([next = connect] { next(siokit::refusal{"no", {}}); });
    later.push_back([next = packet] { next(); });
    later.push_back([a = ack] { a(5); });
    later.push_back([r = reply] { r.send(200, "text/plain", "x"); });
    later.push_back([e = entry] { e.allow(); });
    later.push_back([e = entry] { e.refuse(); });
    later.push_back([s = engine] { (void)s.send("x"); });
    for (int twice = 0; twice < 2; ++twice)
      for (const auto& f : later) f();
    (void)connect.socket();
    (void)packet.socket();
    (void)ack.socket();
    (void)reply.pending();
    (void)ref.get();
    (void)engine.sid();
  }
  void check_dead() const {
    use();
    CHECK(connect.socket() == nullptr);
    CHECK(packet.socket() == nullptr);
    CHECK(ack.socket() == nullptr);
    CHECK_FALSE(reply.pending());
    CHECK(ref.get() == nullptr);
    CHECK_FALSE(ref);
    CHECK(engine.sid().empty());
    engine.close();
    CHECK(engine.send("x") == siokit::delivery::refused);
  }
};

/// A server in which each of them is pending.
struct pending {
  std::unique_ptr<siokit::server> io;
  host h;
  kept k;
  client c, d, e;
  link_id page{}, asking{};
  explicit pending(siokit::server_options o = {}) : io(std::make_unique<siokit::server>(o)), h(*io), c(h), d(h), e(h, "/engine.io/") {
    io->on("ask", [this](siokit::ack<int> a) { k.ack = a; });
    io->on_connect([this](socket& s) {
      k.ref = s.ref();
      s.use([this](socket&, std::string_view name, const siokit::arguments&, siokit::next_fn next) {
        name == "wait" ? void(k.packet = next) : next();
      });
    });
    io->on_http([this](const siokit::http::request&, siokit::http::reply r) { k.reply = r; });
    io->engine("/engine.io").on_open = [this](siokit::engine_session s) { k.engine = s; };
    io->of("/slow").use([this](socket&, siokit::next_fn next) { k.connect = next; });
    joined(c).join("/slow");
    c.send("21[\"ask\"]");
    c.send("2[\"wait\"]");
    e.websocket();
    page = h.accept();
    h.receive(page, request("GET", "/page"));
    io->allow_request([this](const siokit::http::request&, siokit::admission a) { k.entry = a; });
    asking = h.accept();
    h.receive(asking, request("GET", "/socket.io/?EIO=4&transport=polling"));
  }
};

}  // namespace

TEST_CASE("default-made tickets do nothing", "[rules]") { kept().check_dead(); }

TEST_CASE("tickets that are used in time work once", "[rules]") {
  pending p;
  CHECK(p.k.connect.socket() != nullptr);
  CHECK(p.k.packet.socket() != nullptr);
  CHECK(p.k.ack.socket() == p.k.ref.get());
  CHECK(p.k.reply.pending());
  p.k.use();
  p.h.settle();
  const std::string got = p.c.packets();
  CHECK(got.find("31[5]") == got.rfind("31[5]"));
  CHECK(got.find("31[5]") != std::string::npos);
  CHECK(got.find("0/slow,{") != std::string::npos);
  CHECK(p.e.packets() == "x x");  // a session is not used up
  CHECK(p.h[p.page].out.find("200 OK") != std::string::npos);
  CHECK(p.h[p.asking].out.find("200 OK") != std::string::npos);
  CHECK(p.h[p.asking].out.find("HTTP/1.1", 5) == std::string::npos);
  CHECK(p.k.connect.socket() == nullptr);
}

TEST_CASE("tickets whose link, session or socket is gone do nothing", "[rules]") {
  pending p;
  p.c.drop();
  p.e.drop();
  p.h.closed(p.page);
  p.h.closed(p.asking);
  p.h.settle();
  p.k.check_dead();
  p.h.settle();
  // Whoever has the place now is not mistaken for them.
  const kept old = p.k;
  p.io->allow_request({});
  client next(p.h), more(p.h, "/engine.io/");
  joined(next);
  more.websocket();
  old.check_dead();
  const link_id page = p.h.accept();
  p.h.receive(page, request("GET", "/page"));
  old.reply.send(200, "text/plain", "mistaken");
  old.ack(7);
  old.packet();
  p.h.settle();
  CHECK(p.h[page].out.empty());
  CHECK(next.packets().empty());
}

TEST_CASE("an acknowledgement for a client that is gone does not undo what another client is told", "[rules]") {
  siokit::server io;
  host h(io);
  std::vector<siokit::ack<int>> owed;
  siokit::next_fn next;
  io.on("ask", [&](siokit::ack<int> a) { owed.push_back(a); });
  io.of("/slow").use([&](socket&, siokit::next_fn n) { next = n; });
  const std::size_t asked = GENERATE(1u, 2u, 3u);
  client gone(h), waits(h);
  joined(gone).send_all(std::vector<std::string>(asked, "21[\"ask\"]"));
  joined(waits).join("/slow");
  gone.drop();
  h.settle();
  next();
  for (const siokit::ack<int>& each : owed) each(1);
  h.settle();
  CHECK(waits.packets().find("0/slow,{") == 0);
}

TEST_CASE("tickets whose server is gone do nothing, also when another server has its place", "[rules]") {
  kept k;
  {
    pending p;
    k = p.k;
  }
  k.check_dead();
  {
    pending p;
    k.check_dead();
    p.h.settle();
    CHECK(p.c.packets().find("31[5]") == std::string::npos);
  }
  for (int i = 0; i < 10; ++i) {
    siokit::server io;
    k.check_dead();
  }
}

TEST_CASE("tickets may be carried, copied and dropped by other things than the server", "[rules]") {
  std::function<void()> last;
  {
    pending p;
    last = [k = p.k] { k.check_dead(); };
    const std::function<void()> copy = last;
  }
  last();
}

TEST_CASE("promises that nobody keeps are ended by limits", "[rules]") {
  siokit::server_options o;
  o.limits.middleware_timeout = 2s;
  o.limits.answer_timeout = 3s;
  pending p(o);
  std::string errors;
  p.io->on_error([&](socket&, std::string_view event, siokit::errc, std::string_view why) { errors += std::string(event) + ":" + std::string(why); });
  p.h.run_for(2s);
  const std::string got = p.c.packets();
  CHECK(got.find("4/slow,{\"message\":\"an answer that was promised did not come\"}") != std::string::npos);
  CHECK(errors == "wait:an answer that was promised did not come");
  CHECK(p.k.connect.socket() == nullptr);
  CHECK(p.k.packet.socket() == nullptr);
  p.h.run_for(1s);
  CHECK(p.h[p.page].out.find("503") != std::string::npos);
  CHECK(p.h[p.asking].out.find("503") != std::string::npos);
  CHECK(p.k.ack.socket() == nullptr);
  p.k.ack(1);
  p.h.settle();
  CHECK(p.c.packets().empty());
}

TEST_CASE("a socket_ref is good while the socket is", "[rules]") {
  siokit::server io;
  host h(io);
  client c(h);
  joined(c);
  const siokit::socket_ref r = io.find(c.id)->ref();
  CHECK(r);
  CHECK(r.get() == io.find(c.id));
  CHECK(r->connected());
  CHECK((*r).id().view() == c.id);
  io.find(c.id)->disconnect();
  CHECK(r.get() != nullptr);  // its handlers have not been told
  h.settle();
  CHECK(r.get() == nullptr);
}
