// Rooms and targets: who gets what.
#include "sio/host.hpp"

using namespace rules;
using siokit::delivery;
using siokit::errc;
using siokit::socket;

namespace {

struct crowd {
  siokit::server io;
  host h{io};
  std::vector<std::unique_ptr<client>> all;
  explicit crowd(int n, const siokit::server_options& o = {}) : io(o) {
    for (int i = 0; i < n; ++i) joined(*all.emplace_back(std::make_unique<client>(h)));
  }
  socket& operator[](std::size_t i) { return *io.find(all[i]->id); }
  /// Which clients got the event "e", as digits; more than once is more digits.
  std::string got() {
    h.settle();
    std::string out;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string p = all[i]->packets();
      for (std::size_t at = p.find("2[\"e\"]"); at != std::string::npos; at = p.find("2[\"e\"]", at + 1)) out += std::to_string(i);
    }
    return out;
  }
};

}  // namespace

TEST_CASE("targets: unions, exceptions, the sender", "[sio]") {
  crowd c(5);
  c[0].join("a");
  c[1].join("a");
  c[1].join("b");
  c[2].join("b");
  c[3].join("c");
  const auto got = [&](auto&& t) {
    t.emit("e");
    return c.got();
  };
  CHECK(got(c.io) == "01234");
  CHECK(got(c.io.to("a")) == "01");
  CHECK(got(c.io.in("a").in("b")) == "012");
  CHECK(got(c.io.to("a").to("b").except("b")) == "0");
  CHECK(got(c.io.except("a")) == "234");
  CHECK(got(c.io.except("a").except("c")) == "24");
  CHECK(got(c.io.to("nobody")).empty());
  CHECK(got(c.io.to("nobody").to("c")) == "3");
  CHECK(got(c.io.to(c[4].id())) == "4");
  CHECK(got(c.io.to(c[4].id()).to("a")) == "014");
  CHECK(got(c.io.except(c[4].id())) == "0123");
  CHECK(got(c.io.to(std::vector<std::string>{"a", "c"})) == "013");
  CHECK(got(c.io.to(std::vector<std::string>{})) == "01234");
  CHECK(got(c.io.local()) == "01234");
  CHECK(got(c.io.volatile_().to("a")) == "01");
  CHECK(got(c[0].broadcast()) == "1234");
  CHECK(got(c[0].to("a")) == "1");
  CHECK(got(c[0].in("a").in("c")) == "13");
  CHECK(got(c[0].except("b")) == "34");
  CHECK(got(c[0].to("a").except("b")).empty());
  CHECK(got(c[0].to(c[0].id())).empty());
  CHECK(got(c[0].local().to("b")) == "12");
  const siokit::target kept = c.io.to("a");
  CHECK(got(kept.to("c")) == "013");
  CHECK(got(kept) == "01");  // the old value is left alone
}

TEST_CASE("many and long room names leave the inline space", "[sio]") {
  crowd c(3);
  const std::string longer(300, 'r');
  c[0].join(longer);
  c[1].join("short");
  siokit::target t = c.io.to("x1");
  for (int i = 0; i < 40; ++i) t = t.to("no room called " + std::to_string(i));
  t.to("short").emit("e");
  CHECK(c.got() == "1");
  c.io.to(longer).emit("e");
  CHECK(c.got() == "0");
  siokit::target u = c.io.to("short").to(longer).except(longer);
  const siokit::target copy = u;
  u = c.io.to("nothing");
  u = copy;
  u.emit("e");
  CHECK(c.got() == "1");
  // Exactly at the border of the inline space.
  for (std::size_t n = 100; n < 140; ++n) {
    const std::string name(n, 'n');
    c[2].join(name);
    c.io.to(name).to("").emit("e");
    CHECK(c.got() == "2");
    c[2].leave(name);
  }
}

TEST_CASE("joining, leaving, and what a socket is in", "[sio]") {
  crowd c(2);
  std::string rooms;
  c[0].join("a");
  c[0].join("a");
  c[0].join("b");
  c[0].join("");
  CHECK(c[0].in_room("a"));
  CHECK(c[0].in_room(c[0].id()));
  CHECK_FALSE(c[0].in_room("c"));
  CHECK_FALSE(c[1].in_room("a"));
  c.io.to("a").emit("e");
  CHECK(c.got() == "0");
  c[0].leave("a");
  c[0].leave("a");
  c[0].leave("never was");
  CHECK_FALSE(c[0].in_room("a"));
  CHECK(c[0].in_room("b"));
  CHECK(c[0].in_room(""));
  c.io.to("a").emit("e");
  CHECK(c.got().empty());
  // Rooms of a namespace are its own.
  c.io.of("/two").to("b").emit("e");
  CHECK(c.got().empty());
}

TEST_CASE("rooms are there in on_disconnecting and gone in on_disconnect", "[sio]") {
  crowd c(2);
  int told = 0;
  c.io.on_disconnecting([&](socket& s, siokit::close_reason) {
    CHECK(s.in_room("a"));
    s.to("a").emit("e");
    ++told;
  });
  c.io.on_disconnect([&](socket& s, siokit::close_reason) {
    CHECK_FALSE(s.in_room("a"));
    ++told;
  });
  c[0].join("a");
  c[1].join("a");
  c.all[0]->send("1");
  CHECK(told == 2);
  CHECK(c.got() == "1");
}

TEST_CASE("rooms against a simple model", "[sio]") {
  crowd c(9);
  bool in[9][7] = {};
  std::uint32_t x = 7;
  const auto luck = [&](std::uint32_t n) { return (x = x * 1664525u + 1013904223u) / 65536 % n; };
  for (int step = 0; step < 3000; ++step) {
    const std::size_t s = luck(9), r = luck(7);
    const std::string name = "room " + std::to_string(r);
    if (luck(2) == 0) {
      c[s].join(name);
      in[s][r] = true;
    } else {
      c[s].leave(name);
      in[s][r] = false;
    }
    if (step % 50 != 0) continue;
    std::string wanted;
    for (std::size_t i = 0; i < 9; ++i) {
      CHECK(c[i].in_room(name) == in[i][r]);
      if (in[i][r]) wanted += std::to_string(i);
    }
    c.io.to(name).emit("e");
    REQUIRE(c.got() == wanted);
  }
}

TEST_CASE("all sockets of a target join, leave, are listed, are disconnected", "[sio]") {
  crowd c(4);
  c[0].join("a");
  c[1].join("a");
  c.io.in("a").sockets_join("b");
  c.io.to("b").emit("e");
  CHECK(c.got() == "01");
  c.io.in(c[0].id()).sockets_leave("b");
  c.io.to("b").emit("e");
  CHECK(c.got() == "1");
  int calls = 0;
  c.io.in("a").fetch_sockets([&](std::span<const siokit::socket_id> ids) {
    ++calls;
    CHECK(ids.size() == 2);
    CHECK(ids[0].view() == c.all[0]->id);
  });
  c.io.fetch_sockets([&](std::span<const siokit::socket_id> ids) {
    ++calls;
    CHECK(ids.size() == 4);
  });
  CHECK(calls == 0);  // never inside the call
  c.h.settle();
  CHECK(calls == 2);
  c.io.in("a").disconnect_sockets();
  c.h.settle();
  CHECK(c.io.size() == 2);
  CHECK(c.all[0]->packets() == "1");
  CHECK(c.all[0]->alive());
  c.io.disconnect_sockets(true);
  c.h.settle();
  CHECK(c.io.size() == 0);
  c.all[3]->read();
  CHECK(c.all[3]->packets() == "1");
  CHECK(c.all[3]->close_code == 1005);
}

TEST_CASE("volatile: dropped while bytes of an earlier turn wait, kept within a turn", "[sio]") {
  crowd c(1);
  CHECK(c[0].volatile_().emit("e") == delivery::queued);
  CHECK(c[0].volatile_().emit("e") == delivery::queued);
  CHECK(c.got() == "00");
  c.h[c.all[0]->link].stuck = true;
  CHECK(c[0].emit("e") == delivery::queued);
  CHECK(c[0].volatile_().emit("e") == delivery::queued);  // the same turn
  c.h.settle();
  CHECK(c[0].volatile_().emit("e") == delivery::dropped);
  CHECK(c[0].emit("e") == delivery::queued);
  c.h[c.all[0]->link].stuck = false;
  c.h.write(c.all[0]->link);
  CHECK(c.got() == "000");
  CHECK(c[0].volatile_().emit("e") == delivery::queued);
}

TEST_CASE("volatile on polling needs a parked poll", "[sio]") {
  siokit::server io;
  host h(io);
  client c(h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  socket& s = *io.find(c.id);
  CHECK(s.volatile_().emit("e") == delivery::dropped);
  c.get();
  CHECK(s.volatile_().emit("e") == delivery::queued);
  h.settle();
  CHECK(c.packets() == "2[\"e\"]");
  CHECK(s.volatile_().emit("e") == delivery::dropped);
}

TEST_CASE("back-pressure: congested, writable, drained", "[sio]") {
  siokit::server_options o;
  o.limits.high_water = 1000;
  o.limits.low_water = 300;
  crowd c(1, o);
  int drained = 0;
  c.io.on_drain([&](socket& s) {
    CHECK(s.writable());
    ++drained;
  });
  c.h[c.all[0]->link].stuck = true;
  CHECK(c[0].emit("x", std::string(900, 'x')) == delivery::queued);
  CHECK(c[0].writable());
  CHECK(c[0].emit("x", std::string(200, 'x')) == delivery::congested);
  CHECK_FALSE(c[0].writable());
  CHECK(c[0].queued_bytes() > 1100);
  c.h.settle();
  CHECK(drained == 0);
  CHECK_FALSE(c.h.driver().wants_read(c.all[0]->link));
  c.h[c.all[0]->link].stuck = false;
  c.h.write(c.all[0]->link);
  c.h.settle();
  CHECK(drained == 1);
  CHECK(c[0].queued_bytes() == 0);
  CHECK(c.h.driver().wants_read(c.all[0]->link));
  CHECK(c.h.reads >= 1);
}

TEST_CASE("a broadcast encodes once and leaves in one gather per link", "[sio]") {
  crowd c(3);
  c.h.settle();
  const int before = c.h.gathers;
  for (int i = 0; i < 5; ++i) c.io.emit("e");
  CHECK(c.got() == "000001111122222");
  CHECK(c.h.gathers == before + 3);
}
