// Exhaustive failure: one conversation, over and over, while the n-th allocation fails (once, or from there on), or the
// link breaks after the n-th byte, for every n until nothing fails any more. Whatever breaks, only its own link may
// end; afterwards the server serves the next client, and no byte is left over.
#include <cstdlib>

#include <siokit/server.hpp>

#include "catch.hpp"
#include "sim/client.hpp"
#include "sim/counting_memory.hpp"

using namespace std::chrono_literals;
using sim_client::way;

namespace {

/// A server and one client that uses all of it.
class conversation {
 public:
  explicit conversation(sim_client::counting_memory& memory) : net(3), io(options(memory)), host(net, io.driver()) {
    io.on_connect([](siokit::socket& s) { (void)s.join("room with a name that fits into no small buffer at all"); });
    io.on("hello", [this](siokit::socket& s, std::string_view text) {
      io.to("room with a name that fits into no small buffer at all").emit("said", text);
      (void)s.emit("question", siokit::on_ack([this](siokit::result<int> got) { ++answers, good += got ? 1 : 0; }));
      return 7;
    });
    io.on("blob", [](siokit::socket& s, siokit::bytes_view b) {
      (void)s.emit("blob", siokit::bytes(b.begin(), b.end()));
    });
  }
  static siokit::server_options options(sim_client::counting_memory& memory) {
    siokit::server_options o;
    o.memory = memory.hooks();
    o.cookie.name = "io";
    return o;
  }

  /// True when all of it came out as it should.
  bool talk(way how, siokit::sim::link_options links = {}) {
    int said = 0, acked = 0, blobs = 0;
    sim_client::client c(net, host, how, std::move(links));
    c.on_packet = [&](sim_client::client& me, const std::string& text, const std::vector<std::string>&) {
      if (text.find("[\"said\"") != std::string::npos) ++said;
      if (text[0] == '3') ++acked;
      if (text.find("[\"blob\"") != std::string::npos) ++blobs;
      if (const std::size_t at = text.find("[\"question\"]"); at != std::string::npos)
        me.send("3" + text.substr(1, at - 1) + "[1]");
    };
    c.start();
    net.run_for(1s);
    c.send("27[\"hello\",\"a text \\u20ac with escapes, long enough to need a block of its own\"]");
    c.send("51-[\"blob\",{\"_placeholder\":true,\"num\":0}]", {std::string(3000, 'x')});
    net.run_for(1s);
    const bool all = c.connected && said == 1 && acked == 1 && blobs == 1 && (how != way::upgrade || c.upgraded);
    c.send("1");
    net.run_for(1s);
    c.reset();
    net.run_for(2min);
    return all;
  }

  siokit::sim::network net;
  siokit::server io;
  siokit::sim::host host;
  int answers = 0, good = 0;
};

/// Whether the conversation went well although allocation n failed; `over` when it had no n-th allocation.
bool fails_at(way how, std::size_t n, std::size_t count, bool& over) {
  sim_client::counting_memory memory;
  {
    conversation c(memory);
    memory.fail_from = memory.asked + n;
    memory.fail_count = count;
    (void)c.talk(how);
    over = memory.failed == 0;
    memory.fail_count = 0;
    INFO("allocation " << n);
    CHECK(c.io.size() == 0);
    CHECK(c.host.links() == 0);
    CHECK(c.talk(how));
    CHECK(c.host.links() == 0);
  }
  CHECK(memory.live == 0);
  return !memory.mistaken;
}

}  // namespace

TEST_CASE("whichever allocation fails, the server goes on") {
  for (const way how : {way::polling, way::websocket, way::upgrade})
    for (const std::size_t count : {std::size_t{1}, ~std::size_t{0} / 2}) {
      bool over = false;
      std::size_t n = 0;
      for (; !over && n < 5000; ++n) REQUIRE(fails_at(how, n, count, over));
      CHECK(over);
      CHECK(n > 20);
    }
}

TEST_CASE("wherever the link breaks, the server goes on") {
  for (const way how : {way::polling, way::websocket, way::upgrade})
    for (const bool inward : {true, false})
      for (const siokit::sim::cut kind : {siokit::sim::cut::reset, siokit::sim::cut::half_open}) {
        sim_client::counting_memory memory;
        {
          conversation c(memory);
          REQUIRE(c.talk(how));
          const std::size_t step = std::getenv("SIOKIT_LONG") != nullptr ? 1 : 7;
          std::size_t n = 0;
          for (bool whole = false; !whole && n < 20'000; n += step) {
            siokit::sim::link_options links;
            (inward ? links.in : links.out).cut_after = n;
            (inward ? links.in : links.out).cut = kind;
            whole = c.talk(how, links);
            INFO("byte " << n);
            REQUIRE(c.io.size() == 0);
            REQUIRE(c.host.links() == 0);
          }
          CHECK(n < 20'000);
          CHECK(c.talk(how));
        }
        CHECK(memory.live == 0);
        CHECK_FALSE(memory.mistaken);
      }
}
