// A real server on a real host, and raw clients, for the rules that an adapter has a part in: handlers that throw, lifetimes,
// post() and stop(). Included by one file per family of adapters, which defines SERVERS as the name of a tuple of rigs to run on.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <siokit/server.hpp>

#include "adapters/client.hpp"
#include "catch.hpp"
#include "transcripts/peer_wire.hpp"

namespace on_adapters {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// A raw client in "/" over WebSocket.
template <class Rig>
struct guest {
  Rig& rig;
  client c;
  std::string in;
  std::vector<std::string> got;  // messages

  explicit guest(Rig& r) : rig(r), c(client::tcp(r.port)) {}
  void send(std::string_view bytes) {
    while (!bytes.empty() && c) {
      const std::size_t n = c.send(bytes);
      bytes.remove_prefix(n);
      if (n == 0) rig.turn();
    }
  }
  void packets(const std::vector<std::string>& all) {
    std::string bytes;
    for (const std::string& p : all) bytes += peer_wire::ws_frame(peer_wire::text, "4" + p, 99);
    send(bytes);
  }
  void open() {
    send("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n" + std::string(peer_wire::ws_headers) + "\r\n" +
         peer_wire::ws_frame(peer_wire::text, "40", 7));
  }
  void read() {
    in += c.receive();
    peer_wire::response r;
    if (in.rfind("HTTP", 0) == 0) peer_wire::take_response(in, r);
    peer_wire::frame f;
    while (!in.empty() && in.rfind("HTTP", 0) != 0 && peer_wire::take_frame(in, f))
      if (f.op == peer_wire::text) got.push_back(f.payload);
  }
  bool has(std::string_view message) {
    read();
    for (const std::string& m : got)
      if (m.rfind(message, 0) == 0) return true;
    return false;
  }
};

/// Whether it became true within some turns; what is thrown on the way is counted.
template <class Rig, class F>
bool until(Rig& rig, F&& holds, int* caught = nullptr) {
  const auto give_up = steady_clock::now() + 20s;
  while (!holds()) {
    if (steady_clock::now() > give_up) return false;
#if defined(__cpp_exceptions)
    try {
      rig.turn();
    } catch (const std::runtime_error&) {
      if (caught == nullptr) throw;
      ++*caught;
    }
#else
    (void)caught;
    rig.turn();
#endif
  }
  return true;
}

}  // namespace on_adapters

#if defined(__cpp_exceptions)

TEMPLATE_LIST_TEST_CASE("a handler that throws: the host goes on, nothing is lost, the socket stays", "[rules]", SERVERS) {
  using namespace on_adapters;
  TestType rig;
  siokit::server& io = *rig.io;
  std::string order;
  const auto mark = [&](char c) {
    order += c;
    throw std::runtime_error("a handler");
  };
  io.use([&](siokit::socket&, siokit::next_fn next) {
    next();
    mark('u');
  });
  io.on_connect([&](siokit::socket& s) {
    (void)s.emit("q", siokit::on_ack([&](siokit::result<int>) { mark('k'); }));
    mark('c');
  });
  io.on("e", [&](siokit::socket&, int x) {
    order += static_cast<char>('0' + x);
    if (x % 2 == 1) throw std::runtime_error("an event");
    return x;
  });
  io.on_any_outgoing([&](siokit::socket&, std::string_view, const siokit::arguments&) { mark('o'); });
  io.on_unhandled([&](siokit::socket&, std::string_view, const siokit::arguments&) { mark('n'); });
  io.on_error([&](siokit::socket&, std::string_view, siokit::errc, std::string_view) { mark('x'); });
  io.on_disconnecting([&](siokit::socket&, siokit::close_reason) { mark('g'); });
  io.on_disconnect([&](siokit::socket&, siokit::close_reason) { mark('d'); });
  io.on_http([&](const siokit::http::request&, siokit::http::reply r) {
    r.send(200, "text/plain", "page");
    mark('h');
  });
  int caught = 0;
  guest<TestType> a(rig);
  a.open();
  CHECK(until(rig, [&] { return a.has("42"); }, &caught));
  CHECK(order == "uco");
  CHECK(caught == 3);
  a.packets({"21[\"e\",1]", "22[\"e\",2]", "23[\"e\",3]", "24[\"e\",4]", "2[\"none\"]", "2[\"e\",\"x\"]", "30[1]", "25[\"e\",6]"});
  CHECK(until(rig, [&] { return a.has("435"); }, &caught));
  CHECK(order == "uco1234nxk6");
  CHECK(caught == 8);
  CHECK(a.has("432[2]"));
  CHECK(a.has("434[4]"));
  CHECK(io.size() == 1);
  client page = client::tcp(rig.port);
  page.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string got;
  CHECK(until(rig, [&] { return (got += page.receive()).find("page") != std::string::npos; }, &caught));
  CHECK(caught == 9);
  a.c.close();
  CHECK(until(rig, [&] { return order.find('d') != std::string::npos; }, &caught));
  CHECK(until(rig, [&] { return rig.host->connections() == 1; }, &caught));
  CHECK(caught == 11);
  CHECK(io.size() == 0);
  CHECK(io.link_count() == 1);
}

TEMPLATE_LIST_TEST_CASE("a handler that always throws starves nobody, and timers fire", "[rules]", SERVERS) {
  using namespace on_adapters;
  TestType rig;
  siokit::server& io = *rig.io;
  bool timed_out = false;
  int bad = 0, caught = 0;
  io.on("bad", [&] {
    ++bad;
    throw std::runtime_error("always");
  });
  io.on("good", [](siokit::value_view v) { return v; });
  io.on("ask", [&](siokit::socket& s) {
    (void)s.timeout(20ms).emit("q", siokit::on_ack([&](siokit::result<int>) {
      timed_out = true;
      throw std::runtime_error("a timeout");
    }));
  });
  guest<TestType> a(rig), b(rig);
  a.open();
  b.open();
  REQUIRE(until(rig, [&] { return a.has("40") && b.has("40"); }));
  a.packets(std::vector<std::string>(200, "2[\"bad\"]"));
  b.packets({"2[\"ask\"]", "21[\"good\",1]"});
  CHECK(until(rig, [&] { return b.has("431[1]"); }, &caught));
  CHECK(until(rig, [&] { return bad == 200 && timed_out; }, &caught));
  CHECK(until(rig, [&] { return caught == 201; }, &caught));
  a.packets({"22[\"good\",2]"});
  CHECK(until(rig, [&] { return a.has("432[2]"); }));
}

#endif

TEMPLATE_LIST_TEST_CASE("host, server and context die in every order, with live links and tickets that wait", "[rules]", SERVERS) {
  using namespace on_adapters;
  for (int order = 0; order < TestType::orders; ++order) {
    INFO("order " << order);
    siokit::next_fn next;
    siokit::ack<int> ack;
    siokit::http::reply reply;
    siokit::socket_ref ref;
    auto captured = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = captured;
    std::optional<client> left;
    {
      TestType rig;
      rig.io->on("ask", [&, captured](siokit::ack<int> a) { ack = a; });
      rig.io->on_http([&](const siokit::http::request&, siokit::http::reply r) { reply = r; });
      rig.io->of("/slow").use([&](siokit::socket&, siokit::next_fn n) { next = n; });
      rig.io->on_connect([&](siokit::socket& s) {
        ref = s.ref();
        (void)s.timeout(1h).emit("q", std::string(100'000, 'x'), siokit::on_ack([captured](siokit::result<int>) {}));
      });
      captured.reset();
      guest<TestType> a(rig);
      a.open();
      a.packets({"21[\"ask\"]", "0/slow,"});
      client page = client::tcp(rig.port);
      page.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
      REQUIRE(until(rig, [&] { return next.socket() != nullptr && reply.pending() && ack.socket() != nullptr; }));
      left = std::move(page);
      rig.io->emit("on its way", std::string(3'000'000, 'x'));
      rig.turn();
      rig.die(order, [&] {  // between the deaths: everything is still used
        next();
        reply.send(200, "text/plain", "x");
        ack(1);
        (void)ref.get();
      });
    }
    next(siokit::refusal{"late", {}});
    ack(2);
    CHECK(ref.get() == nullptr);
    CHECK(watch.expired());
  }
}

TEMPLATE_LIST_TEST_CASE("posting from other threads: what is posted emits, on the loop's thread", "[rules]", SERVERS) {
  using namespace on_adapters;
  TestType rig;
  siokit::server& io = *rig.io;
  guest<TestType> a(rig);
  a.open();
  REQUIRE(until(rig, [&] { return a.has("40"); }));
  const siokit::socket_ref ref = io.find(a.got.back().substr(10, 20))->ref();
  CHECK(ref);
  constexpr int each = 200;
  const auto home = std::this_thread::get_id();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, ref, t] {
      for (int i = 0; i < each; ++i)
        rig.host->post([&, ref, t, i] {  // the ticket is copied by this thread
          if (std::this_thread::get_id() != home) ++wrong;
          io.emit("n", t, i);
          if (i == each - 1) (void)ref->emit("last", t);
        });
    });
  std::size_t last = 0;
  CHECK(until(rig, [&] {
    a.read();
    last = 0;
    for (const std::string& m : a.got) last += m.rfind("42[\"last\"", 0) == 0 ? 1 : 0;
    return last == 3;
  }));
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
  int next[3] = {};
  for (const std::string& m : a.got) {
    if (m.rfind("42[\"n\",", 0) != 0) continue;
    const auto t = static_cast<std::size_t>(m[7] - '0');
    CHECK(m == "42[\"n\"," + std::to_string(t) + "," + std::to_string(next[t]) + "]");
    ++next[t];
  }
  CHECK((next[0] == each && next[1] == each && next[2] == each));
}

TEMPLATE_LIST_TEST_CASE("stop() from a handler and from another thread; run() goes on with what there is", "[rules]", SERVERS) {
  using namespace on_adapters;
  TestType rig;
  siokit::server& io = *rig.io;
  guest<TestType> a(rig);
  a.open();
  REQUIRE(until(rig, [&] { return a.has("40"); }));
  int seen = 0;
  io.on("stop", [&] {
    ++seen;
    rig.host->stop();
    return 1;
  });
  a.packets({"21[\"stop\"]"});
  rig.run();
  CHECK(seen == 1);
  std::thread other([&] { rig.host->stop(); });
  rig.run();
  other.join();
  if (TestType::goes_on) {
    a.packets({"22[\"stop\"]"});
    rig.run();
    CHECK(seen == 2);
    CHECK(until(rig, [&] { return a.has("432[1]"); }));
  }
}

TEMPLATE_LIST_TEST_CASE("io.close() and host.close(): everybody is let go, run() returns", "[rules]", SERVERS) {
  using namespace on_adapters;
  TestType rig;
  guest<TestType> a(rig), b(rig);
  a.open();
  b.open();
  REQUIRE(until(rig, [&] { return a.has("40") && b.has("40"); }));
  int gone = 0;
  rig.io->on_disconnect([&](siokit::socket&, siokit::close_reason r) { gone += r == siokit::close_reason::server_shutting_down ? 1 : 0; });
  rig.io->close();
  rig.host->close(200ms);
  rig.run();
  CHECK(gone == 2);
  CHECK(rig.host->connections() == 0);
}
