// What sessions owe each other and the server under load: a stall, too much in all queues, closing with a long queue,
// links that change their session, timers without a `now`.
#include "host.hpp"

using namespace rules;

TEST_CASE("after a stall nobody is dropped before everybody could be read", "[sessions]") {
  siokit::server io;
  host h(io);
  std::vector<std::unique_ptr<client>> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(std::make_unique<client>(h));
    joined(*all.back());
  }
  h.run_for(25s);  // every ping is out
  h.now += 10min;  // the machine slept, and a turn reads only some
  for (int i = 0; i < 100; ++i) all[static_cast<std::size_t>(i)]->send_raw("3");
  h.advance();
  h.now += 50ms;  // the next turn
  h.advance();
  CHECK(io.size() == 300);
  for (int i = 100; i < 300; ++i) all[static_cast<std::size_t>(i)]->send_raw("3");
  h.run_for(10s);
  CHECK(io.size() == 300);
}

TEST_CASE("when all queues together hold too much, only the slowest goes", "[sessions]") {
  siokit::server_options o;
  o.limits.max_queued_total = 400'000;
  siokit::server io(o);
  std::string reasons;
  io.on_disconnect([&](siokit::socket&, siokit::close_reason why) { reasons += std::string(siokit::text(why)) + ";"; });
  host h(io);
  std::vector<std::unique_ptr<client>> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(std::make_unique<client>(h));
    joined(*all.back());
    h[all.back()->link].stuck = true;  // nobody reads
  }
  const std::string slowest = all[7]->id;
  SECTION("with its queue still in the session") {
    for (int i = 0; i < 8; ++i) io.find(slowest)->emit("x", std::string(60'000, 'x'));
  }
  SECTION("with its queue on the link") {
    for (int i = 0; i < 6; ++i) {
      io.find(slowest)->emit("x", std::string(60'000, 'x'));
      h.pump();
    }
    io.find(slowest)->emit("x", std::string(60'000, 'x'));  // too much; what the link holds is freed at its abort
  }
  // Over the limit once more, until the link is aborted: nobody else is to blame for it.
  for (int i = 0; i < 10; ++i) io.emit("small", std::string(1000, 'y'));
  h.settle();
  CHECK(reasons == "slow consumer;");
  CHECK(io.size() == 19);
}

TEST_CASE("a closing polling session says all it has, poll by poll, and ends", "[sessions]") {
  siokit::server io;
  host h(io);
  client c(h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  c.get();  // a poll is parked
  for (int i = 0; i < 3; ++i) io.emit("big", std::string(600'000, static_cast<char>('a' + i)));
  io.find(c.id)->disconnect(true);
  h.settle();
  std::size_t bytes = c.packets().size();
  for (int i = 0; i < 4 && bytes < 1'800'000; ++i) {
    c.get();
    bytes += c.packets().size();
  }
  CHECK(bytes > 1'800'000);
  CHECK(c.engine.back() == "1");
  CHECK(io.session_count() == 0);
}

TEST_CASE("a closing session that was congested still ends when nobody polls", "[sessions]") {
  siokit::server_options o;
  o.limits.high_water = 1000;
  o.limits.low_water = 500;
  siokit::server io(o);
  host h(io);
  client c(h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  h[c.link].stuck = true;
  c.get();
  io.emit("big", std::string(5000, 'x'));
  h.pump();  // a response that its reader does not take
  io.find(c.id)->disconnect(true);
  h.pump();
  h[c.link].stuck = false;
  h.write(c.link);
  h.settle();
  h.run_for(31s);
  CHECK(io.session_count() == 0);
}

TEST_CASE("two sessions share a link: each counts what is its own", "[sessions]") {
  siokit::server io;
  host h(io);
  client a(h), b(h);
  a.poll_open();
  a.send("0");
  a.get();
  (void)a.packets();
  b.poll_open();
  b.send("0");
  b.get();
  (void)b.packets();
  const siokit::socket_ref sa = io.find(a.id)->ref();
  h[a.link].stuck = true;
  a.get();
  io.find(a.id)->emit("x", std::string(5000, 'x'));
  h.pump();  // the response waits on the link
  h.receive(a.link, request("GET", b.target()));  // the next request of this link is of another session
  CHECK(io.consistent());
  h[a.link].stuck = false;
  h.write(a.link);
  h.settle();
  CHECK(io.consistent());
  REQUIRE(sa);
  CHECK(sa->queued_bytes() == 0);
}

TEST_CASE("closing the server ends what was closing already", "[sessions]") {
  siokit::server io;
  host h(io);
  client c(h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  io.find(c.id)->disconnect(true);  // no poll is parked: it waits for one
  h.settle();
  CHECK(io.session_count() == 1);
  io.close();
  h.settle();
  CHECK(io.session_count() == 0);
}

TEST_CASE("one Close frame, whatever comes behind it", "[sessions]") {
  siokit::server io;
  host h(io);
  client c(h);
  joined(c);
  io.find(c.id)->disconnect(true);
  h.pump();
  h[c.link].out.clear();
  h.receive(c.link, "\xff\xff");  // no frame at all
  CHECK(h[c.link].out.find('\x88') == std::string::npos);
}

TEST_CASE("a timer that is asked for between two calls starts at the next one", "[sessions]") {
  siokit::server io;
  host h(io);
  client c(h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  c.get();  // parked
  h.now += 22s;
  h[c.link].stuck = true;
  io.emit("x", 1);  // from outside of a driver call
  h.pump();
  h.advance();
  CHECK(h.open(c.link));  // its reader has limits.no_progress from now on
  h[c.link].stuck = false;
  h.write(c.link);
  CHECK(c.packets() == "2[\"x\",1]");
}

TEST_CASE("a length without end never comes", "[sessions]") {
  siokit::server_options o;
  o.limits.keep_alive = siokit::milliseconds::max();
  siokit::server io(o);
  host h(io);
  const link_id l = h.accept();
  h.receive(l, request("GET", "/"));
  h.run_for(24h);
  CHECK(h.open(l));
}

TEST_CASE("a host that binds again finds everybody", "[sessions]") {
  siokit::server io;
  host first(io);
  client c(first);
  joined(c);
  const host second(io);
  CHECK(io.find(c.id) != nullptr);
  c.send("1");
  CHECK(io.size() == 0);
}
