// Exhaustive failure on the client's side: one conversation (connect, upgrade, echo, binary, acknowledgement, close), over
// and over, while the n-th allocation fails or a link breaks behind its n-th byte, for every n until nothing fails; and
// clients that are closed, disconnected and destroyed at random moments, from handlers and from outside. Whatever
// happens: an error or a new connection, no callback too late, and no byte left over.
#include <cstdlib>
#include <optional>

#include <siokit/client.hpp>
#include <siokit/server.hpp>
#include <siokit/sim.hpp>

#include "catch.hpp"
#include "sim/counting_memory.hpp"

using namespace std::chrono_literals;

namespace {

using siokit::eio::transport;

struct host_of_echo {
  explicit host_of_echo(siokit::sim::network& net) : host(net, io.driver()) {
    io.on("echo", [](siokit::socket& s, std::string_view text) {
      (void)s.emit("question", siokit::on_ack([](siokit::result<int>) {}));
      return std::string(text);
    });
    io.on("blob", [](siokit::bytes_view b) { return siokit::bytes(b.begin(), b.end()); });
    host.listen("server", 80);
  }
  siokit::server io;
  siokit::sim::host host;
};

siokit::client_options options(std::size_t kind) {
  siokit::client_options o;
  if (kind == 0) o.transports = {transport::polling};
  if (kind == 1) o.transports = {transport::websocket};
  if (kind == 3) o.retries = 3;
  if (kind == 3) o.ack_timeout = 2s;
  o.limits.cached_blocks = 0;
  return o;
}

/// Whether all of it went well, or there was an error or a new attempt. Everything is over at the end.
bool talk(siokit::sim::network& net, std::size_t kind, sim_client::counting_memory& memory, const siokit::sim::link_options& links = {}) {
  bool echoed = false, back = false, unhappy = false;
  int answers = 0, asked = 0;
  {
    siokit::client_options o = options(kind);
    o.memory = memory.hooks();
    siokit::client io("http://server/?a=b", o);
    io.auth([](siokit::auth_reply reply) { reply(siokit::value(siokit::obj("token", "a text that fits into no small buffer"))); });
    auto& other = io.of("/none");
    const auto unlucky = [&] { unhappy = true; };
    io.on_connect_error([&](const siokit::connect_error&) { unlucky(); });
    io.on_open_error([&](const siokit::connect_error&) { unlucky(); });
    io.on_close([&](siokit::close_reason) { unlucky(); });
    io.on_reconnect_attempt([&](std::uint32_t) { unlucky(); });
    io.on_error([&](siokit::client_socket&, std::string_view, siokit::errc, std::string_view) { unlucky(); });
    other.on_connect_error([](const siokit::connect_error&) {});
    io.on("question", [] { return 1; });
    const auto ask = [&] {
      ++asked;
      (void)io.emit("echo", "x\xe2\x82\xac", siokit::on_ack([&](siokit::result<std::string> got) { ++answers, echoed = echoed || (got && *got == "x\xe2\x82\xac"); }));
      ++asked;
      (void)io.timeout(30s).emit("blob", siokit::bytes(3000, std::byte{7}), siokit::on_ack([&](siokit::result<siokit::bytes> got) { ++answers, back = back || (got && got->size() == 3000); }));
    };
    ask();
    siokit::sim::host host(net, io.driver());
    host.set_dial_options(links);
    net.run_for(2s);
    ask();
    net.run_for(5s);
    host.set_dial_options({});
    const bool well = echoed && back && (kind < 2 || io.transport() == transport::websocket);
    const bool whole = well && !unhappy;
    memory.fail_count = 0;
    net.run_for(100s);
    io.close();
    net.run_for(60s);
    CHECK(io.link_count() == 0);
    CHECK(host.links() == 0);
    CHECK(io.driver().deadline() == siokit::never);
    CHECK(answers <= asked);
    if (memory.failed == 0) CHECK(answers == asked);
    CHECK((well || unhappy));
    echoed = whole;
  }
  return echoed;
}

}  // namespace

TEST_CASE("whichever allocation fails, the client ends in an error, or connects again") {
  for (std::size_t kind = 0; kind < 4; ++kind)
    for (const std::size_t count : {std::size_t{1}, std::size_t{1'000'000}}) {
      bool over = false;
      std::size_t n = 1;  // the first one is the pool itself: without it there is no client
      for (; !over && n < 5000; n += std::getenv("SIOKIT_LONG") != nullptr || n < 200 ? 1 : 7) {
        sim_client::counting_memory memory;
        {
          siokit::sim::network net(5);
          host_of_echo there(net);
          memory.fail_from = n;
          memory.fail_count = count;
          INFO("kind " << kind << ", allocation " << n << ", " << count << " times");
          (void)talk(net, kind, memory);
          over = memory.failed == 0;
          net.run_for(1min);
          CHECK(there.io.size() == 0);
        }
        REQUIRE(memory.live == 0);
        REQUIRE_FALSE(memory.mistaken);
      }
      CHECK(over);
      CHECK(n > 50);
    }
}

TEST_CASE("wherever a link breaks, the client ends in an error, or connects again") {
  for (std::size_t kind = 0; kind < 4; ++kind)
    for (const bool inward : {true, false})
      for (const siokit::sim::cut how : {siokit::sim::cut::reset, siokit::sim::cut::half_open}) {
        const std::size_t step = std::getenv("SIOKIT_LONG") != nullptr ? 1 : 13;
        std::size_t n = 0;
        for (bool whole = false; !whole && n < 30'000; n += step) {
          sim_client::counting_memory memory;
          {
            siokit::sim::network net(6);
            host_of_echo there(net);
            siokit::sim::link_options links;
            (inward ? links.in : links.out).cut_after = n;
            (inward ? links.in : links.out).cut = how;
            INFO("kind " << kind << ", byte " << n << (inward ? " in" : " out"));
            whole = talk(net, kind, memory, links);
          }
          REQUIRE(memory.live == 0);
        }
        CHECK(n < 30'000);
      }
}

TEST_CASE("a thousand clients are closed, disconnected and destroyed at random moments") {
  sim_client::counting_memory memory;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    siokit::sim::network net(seed);
    net.shuffle(true);
    std::optional<host_of_echo> there(std::in_place, net);
    siokit::client_options o = options(net.below(4));
    o.memory = memory.hooks();
    bool dead = false, leaving = false;
    int late = 0, acks = 0, asked = 0;
    auto io = std::make_unique<siokit::client>("http://server", o);
    siokit::client_socket* sockets[] = {io.get(), &io->of("/a"), &io->of("/b")};
    siokit::sim::host_options rough{siokit::sim::pieces::random, true, 3ms, true};
    auto host = std::make_unique<siokit::sim::host>(net, io->driver(), rough);
    siokit::sim::link_options links;
    links.in.latency = links.out.latency = siokit::milliseconds(net.below(50));
    links.in.pieces = links.out.pieces = siokit::sim::pieces::random;
    if (net.chance(300)) links.in.cut_after = net.below(3000);
    host->set_dial_options(links);
    const auto act = [&] {
      if (dead) return void(++late);
      if (leaving) return;
      siokit::client_socket& s = *sockets[net.below(3)];
      switch (net.below(8)) {
        case 0: return io->close();
        case 1: return s.disconnect();
        case 2: return s.connect();
        case 3: return s.off();
        case 4: s.once("question", [] { return 2; }); return;
        default:
          ++asked;
          (void)s.emit("echo", "x", siokit::on_ack([&](siokit::result<std::string>) {
            ++acks;
            if (dead) ++late;
          }));
      }
    };
    for (siokit::client_socket* const s : sockets) {
      s->on_connect(act);
      s->on_disconnect(act);
      s->on_connect_error([&](const siokit::connect_error&) { act(); });
      s->on("question", [&] { return act(), 1; });
    }
    io->on_open(act);
    io->on_close([&](siokit::close_reason) { act(); });
    io->on_upgrade(act);
    io->on_reconnect_attempt([&](std::uint32_t) { act(); });
    for (int i = 0; i < 20; ++i)
      net.after(siokit::milliseconds(net.below(3000)), [&] {
        if (!dead) act();
      });
    net.run_for(siokit::milliseconds(net.below(3000)));
    if (net.chance(200)) there.reset();
    if (net.chance(500)) {  // in order: everything is told, then there is silence
      net.run_for(siokit::milliseconds(3000));
      leaving = true;
      io->close();
      net.run_for(1min);
      bool quiet = io->link_count() == 0 && host->links() == 0 && io->driver().deadline() == siokit::never && io->queued_bytes() == 0;
      // What was kept for the next connection is still awaited.
      for (siokit::client_socket* const s : sockets) quiet = quiet && !s->active() && s->awaited() == s->buffered();
      INFO("seed " << seed);
      CHECK(quiet);
      // With retries, what was never acknowledged waits for the next connection.
      if (o.retries == 0) CHECK(acks + static_cast<int>(io->buffered() + sockets[1]->buffered() + sockets[2]->buffered()) >= asked);
      CHECK(acks <= asked);
    }
    dead = true;
    const bool host_first = net.chance(500);
    if (host_first) host.reset();
    if (!host_first && net.chance(500)) {
      host.reset();
      io.reset();
    }
    if (io != nullptr && host != nullptr) host.reset();
    io.reset();
    net.run_for(1min);
    CHECK(late == 0);
    there.reset();
    INFO("seed " << seed);
    REQUIRE(memory.live == 0);
    REQUIRE_FALSE(memory.mistaken);
  }
}
