// Middleware of a socket: what it is told, what it ends, and what may wait behind it.
#include <cstdlib>

#include "sio/host.hpp"

using namespace rules;
using siokit::errc;
using siokit::next_fn;
using siokit::socket;

namespace {

/// A server whose sockets have a middleware that keeps packets back for as long as `slow` is set.
struct gate {
  siokit::server io;
  host h{io};
  std::string seen;   // by the middleware
  std::string order;  // of what was handled
  bool slow = true;
  next_fn kept;
  explicit gate(const siokit::server_options& o = {}) : io(o) {
    io.on_connect([this](socket& s) {
      s.use([this](socket&, std::string_view event, const siokit::arguments&, next_fn next) {
        seen.append(event).append(" ");
        slow ? void(kept = next) : next();
      });
    });
  }
  void open() {
    slow = false;
    kept();
    h.settle();
  }
};

/// Bytes that a server has from its memory hooks, kept blocks included.
struct counted {
  std::size_t live = 0;
  siokit::memory hooks() {
    siokit::memory m;
    m.alloc = [](void* self, std::size_t n) {
      static_cast<counted*>(self)->live += n;
      return std::malloc(n);
    };
    m.free = [](void* self, void* block, std::size_t n) {
      static_cast<counted*>(self)->live -= n;
      std::free(block);
    };
    m.ctx = this;
    return m;
  }
};

std::vector<std::string> numbered(int from, int to) {
  std::vector<std::string> out;
  for (int i = from; i < to; ++i) out.push_back("2[\"n\"," + std::to_string(i) + "]");
  return out;
}

/// Whether `order` is 0, 1, 2, ... up to n.
bool is_row(const std::vector<int>& order, int n) {
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<int>(i)) return false;
  return order.size() == static_cast<std::size_t>(n);
}

}  // namespace

TEST_CASE("middleware of a socket sees the event's name decoded, also of packets that waited", "[sio]") {
  gate g;
  g.io.on("admin", [&] { g.order += "admin "; });
  client c(g.h);
  joined(c);
  g.slow = false;
  c.send("2[\"\\u0061dmin\"]");
  CHECK(std::exchange(g.seen, {}) == "admin ");
  CHECK(std::exchange(g.order, {}) == "admin ");
  g.slow = true;
  c.send_all({"2[\"w\\u0061it\"]", "2[\"\\u0061dmin\"]", "2[\"admi\\u006e\"]"});
  CHECK(g.order.empty());
  g.open();
  CHECK(g.seen == "wait admin admin ");
  CHECK(g.order == "admin admin ");
}

TEST_CASE("a refusal by middleware of a socket is reported under the decoded name", "[sio]") {
  siokit::server io;
  host h(io);
  std::string errors;
  next_fn kept;
  int handled = 0;
  io.on("admin", [&] { ++handled; });
  io.on_error([&](socket&, std::string_view event, errc e, std::string_view where) {
    CHECK(e == errc::refused);
    errors.append(event).append(":").append(where).append(" ");
  });
  io.on_connect([&](socket& s) {
    s.use([&](socket&, std::string_view event, const siokit::arguments& args, next_fn next) {
      if (!args.empty()) return void(kept = next);
      if (event == "admin") return next(siokit::refusal{"no", {}});
      next();
    });
  });
  client c(h);
  joined(c);
  c.send("2[\"\\u0061dmin\"]");
  CHECK(std::exchange(errors, {}) == "admin:no ");
  c.send_all({"2[\"\\u0061dmin\",1]", "2[\"\\u0061d\\u006din\"]"});
  CHECK(errors.empty());
  kept(siokit::refusal{"late", {}});
  h.settle();
  CHECK(errors == "admin:late admin:no ");
  CHECK(handled == 0);
}

TEST_CASE("text that looks like a placeholder waits behind middleware like anything else", "[sio]") {
  const std::string text = "{\"_placeholder\":true,\"num\":0}";
  const auto run = [&](bool slow) {
    gate g;
    g.slow = slow;
    g.io.on("x", [&](const siokit::arguments& a) { g.order += "x:" + std::to_string(a.size()) + std::string(a[0].json()) + " "; });
    g.io.on("after", [&] { g.order += "after "; });
    client c(g.h);
    joined(c);
    c.send_all({"2[\"x\"," + text + "]", "2[\"x\"," + text + "]", "2[\"after\"]"});
    if (slow) g.open();
    g.h.settle();
    CHECK(g.io.size() == 1);
    c.read();
    CHECK(c.close_code == 0);
    return g.order;
  };
  const std::string direct = run(false);
  CHECK(direct == "x:1" + text + " x:1" + text + " after ");
  CHECK(run(true) == direct);
}

TEST_CASE("an event whose middleware disconnects the socket is not handled, although it passes", "[sio]") {
  for (const bool whole_session : {false, true}) {
    siokit::server io;
    host h(io);
    int handled = 0, passed = 0, left = 0;
    next_fn kept;
    const auto count = [&](socket&, std::string_view, const siokit::arguments&) { ++handled; };
    io.on("now", [&] { ++handled; });
    io.on("later", [&] { ++handled; });
    io.on_any(count);
    io.on_unhandled(count);
    io.on_disconnect([&](socket&, siokit::close_reason) { ++left; });
    io.on_connect([&](socket& s) {
      s.on("now", [&] { ++handled; });
      s.use([&](socket& me, std::string_view event, const siokit::arguments&, next_fn next) {
        ++passed;
        if (event == "later") return void(kept = next);
        me.disconnect(whole_session);
        next();
      });
    });
    client a(h), b(h);
    joined(a);
    a.send("21[\"now\"]");
    CHECK((passed == 1 && left == 1 && handled == 0));
    joined(b);
    b.send("22[\"later\"]");
    CHECK(passed == 2);
    io.find(b.id)->disconnect(whole_session);
    kept();
    h.settle();
    CHECK((passed == 2 && left == 2 && handled == 0));
  }
}

TEST_CASE("an event whose later middleware runs after a disconnect is not handled either", "[sio]") {
  siokit::server io;
  host h(io);
  int handled = 0;
  io.on("e", [&] { ++handled; });
  io.on_connect([&](socket& s) {
    s.use([](socket&, std::string_view, const siokit::arguments&, next_fn next) { next(); });
    s.use([](socket& me, std::string_view, const siokit::arguments&, next_fn next) {
      next();
      me.disconnect();
    });
  });
  client c(h);
  joined(c);
  c.send("2[\"e\"]");
  CHECK(handled == 0);
  CHECK(io.size() == 0);
}

TEST_CASE("small packets that wait count with what they cost, and keep their order", "[sio]") {
  siokit::server_options o;
  o.limits.waiting_packets = 10'000;
  gate g(o);
  std::vector<int> order;
  g.io.on("n", [&](int i) { order.push_back(i); });
  client c(g.h);
  joined(c);
  int sent = 0;
  while (sent < 1000 && g.h.driver().wants_read(c.link)) c.send("2[\"n\"," + std::to_string(sent++) + "]");
  CHECK(sent > 2);
  CHECK(sent <= 10'000 / (25 * static_cast<int>(sizeof(void*))) + 1);  // at least 200 bytes each on a 64-bit machine
  CHECK_FALSE(g.h.driver().wants_read(c.link));
  CHECK(order.empty());
  const int reads = g.h.reads;
  g.open();
  CHECK(g.h.driver().wants_read(c.link));
  CHECK(g.h.reads > reads);
  CHECK(is_row(order, sent));
  c.send("2[\"n\"," + std::to_string(sent++) + "]");
  CHECK(is_row(order, sent));
}

TEST_CASE("many packets of one read behind a middleware: bounded, and in order, however it answers", "[sio]") {
  counted memory;
  siokit::server_options o;
  o.limits.waiting_packets = 20'000;
  o.limits.cached_blocks = 0;
  o.memory = memory.hooks();
  gate g(o);
  std::vector<int> order;
  g.io.on("n", [&](int i) { order.push_back(i); });
  client c(g.h);
  joined(c);
  const std::vector<std::string> packets = numbered(0, 3000);
  std::size_t bytes = 0;
  for (const std::string& p : packets) bytes += client::frame_of(p).size();
  const std::size_t before = memory.live;
  c.send_all(packets);
  CHECK_FALSE(g.h.driver().wants_read(c.link));
  CHECK(memory.live - before < 3 * (o.limits.waiting_packets + bytes));
  // The first few one by one, each answer late.
  for (int i = 0; i < 5; ++i) {
    g.kept();
    g.h.settle();
    CHECK(is_row(order, i + 1));
  }
  g.open();
  CHECK(is_row(order, 3000));
  CHECK(g.h.driver().wants_read(c.link));
  CHECK(g.io.size() == 1);
}

TEST_CASE("a polling body of many packets behind a middleware: closed or paused, never unbounded", "[sio]") {
  counted memory;
  siokit::server_options o;
  o.limits.cached_blocks = 0;
  o.memory = memory.hooks();
  gate g(o);
  std::vector<int> order;
  g.io.on("n", [&](int i) { order.push_back(i); });
  client c(g.h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  REQUIRE(g.io.size() == 1);
  const std::vector<std::string> packets = numbered(0, 10'000);
  std::size_t bytes = 0;
  for (const std::string& p : packets) bytes += p.size() + 2;
  const std::size_t before = memory.live;
  const auto grown = [&] { return memory.live > before ? memory.live - before : 0; };
  c.send_all(packets);
  CHECK(order.empty());
  CHECK(grown() < 3 * (o.limits.waiting_packets + bytes));
  if (g.io.size() == 1) {
    CHECK_FALSE(g.h.driver().wants_read(c.post_link));
    SECTION("it goes on where it was") {
      g.open();
      CHECK(is_row(order, 10'000));
      c.take_post();
      CHECK(c.posted == 200);
      c.send("2[\"n\",10000]");
      CHECK(is_row(order, 10'001));
    }
    SECTION("further bodies, on links of their own, do not add up") {
      for (int i = 0; i < 5; ++i) {
        c.post_link = link_id{};
        c.send_all(packets);
      }
      CHECK(grown() < 3 * (o.limits.waiting_packets + 2 * bytes));
    }
  } else {
    g.h.settle();
    CHECK(grown() < 3 * bytes);
  }
}
