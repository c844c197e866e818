// Acknowledgements that clients give: what they decode to, time, who left, and broadcasts that count them.
#include "sio/host.hpp"

using namespace rules;
using siokit::errc;
using siokit::socket;

namespace {

struct asked {
  siokit::server io;
  host h{io};
  client c{h};
  std::string heard;
  asked() { joined(c); }
  socket& s() { return *io.find(c.id); }
  template <class T>
  auto hear() {
    return siokit::on_ack([this](siokit::result<T> got) { heard += got ? "ok;" : std::string(siokit::text(got.error())) + ";"; });
  }
};

}  // namespace

TEST_CASE("an answer decodes to what was asked for, or says why not", "[sio]") {
  asked a;
  int sum = 0;
  std::string two;
  (void)a.s().emit("q", siokit::on_ack([&](siokit::result<int> r) { sum = *r; }));
  (void)a.s().emit("q", siokit::on_ack([&](siokit::result<std::tuple<std::string, int>> r) {
    two = std::get<0>(*r) + std::to_string(std::get<1>(*r));
  }));
  (void)a.s().emit("q", a.hear<void>());
  (void)a.s().emit("q", siokit::on_ack([&](const siokit::result<siokit::arguments>& r) { CHECK(r->size() == 3); }));
  (void)a.s().emit("q", a.hear<int>());
  (void)a.s().emit("q", a.hear<int>());
  (void)a.s().emit("q", a.hear<siokit::value>());
  (void)a.s().emit("q", siokit::on_ack([&](siokit::result<siokit::bytes> r) { CHECK(siokit::as_text(*r) == "bin"); }));
  a.h.settle();
  CHECK(a.c.packets().substr(0, 8) == "20[\"q\"] ");
  a.c.send("30[7]");
  CHECK(sum == 7);
  a.c.send("31[\"x\\n\",2]");
  CHECK(two == "x\n2");
  a.c.send("32[1,2]");
  a.c.send("33[1,2,3]");
  a.c.send("34[\"x\"]");
  a.c.send("35[]");
  a.c.send("36[null]");
  CHECK(a.heard == "ok;expected integer;missing argument;ok;");
  a.c.send("61-7[{\"_placeholder\":true,\"num\":0}]");
  a.c.send_binary("bin");
  CHECK(a.s().awaited() == 0);
}

TEST_CASE("late, repeated and invented answers are ignored", "[sio]") {
  asked a;
  (void)a.s().emit("q", a.hear<int>());
  a.h.settle();
  a.c.send_all({"399[1]", "30[1]", "30[1]", "31[1]", "39007199254740991[]"});
  CHECK(a.heard == "ok;");
  CHECK(a.io.size() == 1);
}

TEST_CASE("a timeout inside of a driver call, outside of one, and none at all", "[sio]") {
  asked a;
  a.io.on("go", [&](socket& s) { (void)s.timeout(100ms).emit("q", a.hear<int>()); });
  a.c.send("2[\"go\"]");
  a.h.run_for(99ms);
  CHECK(a.heard.empty());
  a.h.run_for(1ms);
  CHECK(a.heard == "operation has timed out;");
  a.c.send("30[1]");  // too late
  CHECK(std::exchange(a.heard, {}) == "operation has timed out;");

  const int wakes = a.h.wakes;
  (void)a.s().timeout(100ms).emit("q", a.hear<int>());
  CHECK(a.h.wakes == wakes + 1);
  a.h.now += 10min;  // the host sleeps on; time begins when it wakes up
  a.h.advance();
  CHECK(a.heard.empty());
  a.h.run_for(100ms);
  CHECK(std::exchange(a.heard, {}) == "operation has timed out;");

  (void)a.s().emit("q", a.hear<int>());
  a.h.run_for(10s);
  CHECK(a.heard.empty());
  CHECK(a.s().awaited() == 1);

  (void)a.s().timeout(50ms).emit("answered", a.hear<int>());
  a.h.settle();
  a.c.send("33[1]");
  a.h.run_for(1s);
  CHECK(a.heard == "ok;");
}

TEST_CASE("timeouts of many lengths end in their order", "[sio]") {
  asked a;
  std::string order;
  for (const int ms : {50, 10, 40, 20, 30, 10})
    (void)a.s().timeout(siokit::milliseconds(ms)).emit("q", siokit::on_ack([&order, ms](siokit::result<int>) { order += std::to_string(ms) + " "; }));
  a.h.run_for(1s);
  CHECK(order == "10 10 20 30 40 50 ");
}

TEST_CASE("who leaves has not answered", "[sio]") {
  SECTION("the link breaks") {
    asked a;
    (void)a.s().emit("q", a.hear<int>());
    (void)a.s().timeout(1s).emit("q", a.hear<int>());
    a.c.drop();
    CHECK(a.heard == "socket has been disconnected;socket has been disconnected;");
    a.h.run_for(2s);
    CHECK(a.heard == "socket has been disconnected;socket has been disconnected;");
  }
  SECTION("the server disconnects it, and emits after that") {
    asked a;
    a.io.on_disconnect([&](socket& s, siokit::close_reason) {
      CHECK(a.heard.empty());
      CHECK(s.emit("too late", a.hear<int>()) == siokit::delivery::refused);
    });
    (void)a.s().emit("q", a.hear<int>());
    a.s().disconnect();
    a.h.settle();
    CHECK(a.heard == "socket has been disconnected;socket has been disconnected;");
  }
  SECTION("the server dies: nobody is called") {
    std::string heard;
    {
      auto a = std::make_unique<asked>();
      (void)a->s().emit("q", siokit::on_ack([&](siokit::result<int>) { heard = "called"; }));
      a->h.settle();
    }
    CHECK(heard.empty());
  }
}

TEST_CASE("an acknowledgement handler may ask again", "[sio]") {
  asked a;
  int rounds = 0;
  struct loop {
    asked& a;
    int& rounds;
    void ask() {
      (void)a.s().timeout(10ms).emit("q", rounds, siokit::on_ack([this](siokit::result<int>) {
        if (++rounds < 5) ask();
      }));
    }
  } l{a, rounds};
  l.ask();
  a.h.run_for(15ms);
  CHECK(rounds == 1);
  a.c.send("31[0]");
  CHECK(rounds == 2);
  a.h.run_for(1s);
  CHECK(rounds == 5);
}

TEST_CASE("a broadcast is one frame with one id, and counts its answers", "[sio]") {
  siokit::server io;
  host h(io);
  std::vector<std::unique_ptr<client>> all;
  for (int i = 0; i < 4; ++i) joined(*all.emplace_back(std::make_unique<client>(h)));
  io.find(all[0]->id)->join("r");
  io.find(all[1]->id)->join("r");
  io.find(all[2]->id)->join("r");
  std::string answers;
  std::size_t missing = 99;
  int done = 0;
  const auto collect = [&] {
    return siokit::on_each_ack<int>(
        [&](siokit::socket_id who, siokit::result<int> got) {
          for (std::size_t i = 0; i < all.size(); ++i)
            if (who.view() == all[i]->id) answers += std::to_string(i);
          answers += got ? "=" + std::to_string(*got) + " " : ":" + std::string(siokit::text(got.error())) + " ";
        },
        [&](std::size_t n) {
          ++done;
          missing = n;
        });
  };
  SECTION("all answer") {
    io.in("r").timeout(1s).emit("q", collect());
    h.settle();
    for (int i = 0; i < 3; ++i) CHECK(all[static_cast<std::size_t>(i)]->packets() == "20[\"q\"]");
    CHECK(all[3]->packets().empty());
    all[2]->send("30[2]");
    all[0]->send("30[0]");
    all[3]->send("30[9]");  // was not asked
    CHECK(done == 0);
    all[1]->send("30[\"x\"]");
    h.settle();
    CHECK(answers == "2=2 0=0 1:expected integer ");
    CHECK((done == 1 && missing == 0));
    h.run_for(2s);
    CHECK(done == 1);
  }
  SECTION("one does not answer in time, one leaves") {
    io.in("r").timeout(1s).emit("q", collect());
    h.settle();
    all[0]->send("30[0]");
    all[1]->drop();
    h.run_for(999ms);
    CHECK(done == 0);
    h.run_for(1ms);
    CHECK((done == 1 && missing == 2));
    all[2]->send("30[2]");  // too late
    CHECK(answers.find("2=2") == std::string::npos);
    CHECK(io.find(all[2]->id)->awaited() == 0);
  }
  SECTION("without a timeout it waits for the last to answer or leave") {
    io.emit("q", collect());
    h.settle();
    all[0]->send("30[0]");
    all[1]->send("30[1]");
    all[2]->send("30[2]");
    h.run_for(20s);
    CHECK(done == 0);
    all[3]->drop();
    h.settle();
    CHECK((done == 1 && missing == 1));
  }
  SECTION("to nobody") {
    io.to("nobody").timeout(1s).emit("q", collect());
    CHECK(done == 0);  // not inside the call
    h.settle();
    CHECK((done == 1 && missing == 0));
  }
  SECTION("a socket asks the others") {
    io.find(all[0]->id)->to("r").timeout(1s).emit("q", collect());
    h.settle();
    CHECK(all[0]->packets().empty());
    all[1]->send("30[1]");
    all[2]->send("30[2]");
    h.settle();
    CHECK((answers == "1=1 2=2 " && missing == 0));
  }
  SECTION("two polls at once have ids of their own") {
    io.in("r").emit("q", collect());
    io.in("r").emit("q", collect());
    h.settle();
    CHECK(all[0]->packets() == "20[\"q\"] 21[\"q\"]");
    for (int i = 0; i < 3; ++i) all[static_cast<std::size_t>(i)]->send("31[1]");
    h.settle();
    CHECK(done == 1);
    for (int i = 0; i < 3; ++i) all[static_cast<std::size_t>(i)]->send("30[1]");
    h.settle();
    CHECK(done == 2);
  }
  SECTION("volatile ones that were dropped are not waited for") {
    h[all[0]->link].stuck = true;
    (void)io.find(all[0]->id)->emit("waits");
    h.settle();
    io.in("r").volatile_().emit("q", collect());
    h.settle();
    all[1]->send("30[1]");
    all[2]->send("30[2]");
    h.settle();
    CHECK((done == 1 && missing == 0));
    CHECK(answers == "1=1 2=2 ");
  }
}

TEST_CASE("ids are counted per namespace", "[sio]") {
  siokit::server io;
  host h(io);
  (void)io.of("/two");
  client c(h);
  joined(c).join("/two");
  (void)c.packets();
  int got = 0;
  const auto ask = [&](siokit::nsp& n) { n.emit("q", siokit::on_each_ack<int>([&](siokit::socket_id, siokit::result<int> r) { got = *r; }, [](std::size_t) {})); };
  ask(io);
  ask(io.of("/two"));
  ask(io.of("/two"));
  h.settle();
  CHECK(c.packets() == "20[\"q\"] 2/two,0[\"q\"] 2/two,1[\"q\"]");
  c.send("3/two,1[5]");
  CHECK(got == 5);
}
