// Acknowledgements and answers that cannot be: emits that are refused, replies that cannot be written, and replies owed.
#include "sio/host.hpp"

using namespace rules;
using siokit::delivery;
using siokit::errc;
using siokit::socket;

namespace {

/// One client, and what was heard of acknowledgements.
struct asking {
  siokit::server io;
  host h{io};
  client c{h};
  std::string heard;
  std::string errors;
  std::string log;
  explicit asking(const siokit::server_options& o = {}) : io(o) {
    io.on_error([this](socket&, std::string_view event, errc e, std::string_view) {
      errors.append(event).append(":").append(siokit::text(e)).append("; ");
    });
    io.on_log([this](siokit::log_level, std::string_view line) { log.append(line).append("; "); });
    joined(c);
  }
  socket& s() { return *io.find(c.id); }
  auto hear() {
    return siokit::on_ack([this](siokit::result<int> r) { heard += r ? "ok;" : std::string(siokit::text(r.error())) + ";"; });
  }
  auto each(std::size_t& missing, int& done) {
    return siokit::on_each_ack<int>([this](siokit::socket_id, siokit::result<int>) { heard += "each;"; },
                                    [&](std::size_t n) {
                                      ++done;
                                      missing = n;
                                    });
  }
};

std::string text_of(errc e) { return std::string(siokit::text(e)) + ";"; }

/// More binary than one packet may have.
std::vector<siokit::bytes> too_much() { return std::vector<siokit::bytes>(20, siokit::bytes(3)); }

}  // namespace

TEST_CASE("an emit that is refused tells its on_ack, once, later, and why", "[sio]") {
  siokit::server_options o;
  o.limits.pending_acks = 1;
  asking a(o);
  errc why = errc::none;
  std::size_t awaited = 0;
  const int wakes = a.h.wakes;
  SECTION("a reserved name") {
    CHECK(a.s().emit("disconnect", a.hear()) == delivery::refused);
    why = errc::reserved_event;
    CHECK(a.h.wakes > wakes);
  }
  SECTION("a reserved name, with a timeout") {
    CHECK(a.s().timeout(1s).emit("connect_error", a.hear()) == delivery::refused);
    why = errc::reserved_event;
  }
  SECTION("too many are pending") {
    CHECK(a.s().emit("q", siokit::on_ack([](siokit::result<int>) {})) == delivery::queued);
    CHECK(a.s().emit("q", a.hear()) == delivery::refused);
    why = errc::too_many_acks;
    awaited = 1;
  }
  SECTION("what cannot be written") {
    CHECK(a.s().emit("q", too_much(), a.hear()) == delivery::refused);
    why = errc::sio_too_many_attachments;
  }
  SECTION("inside a handler") {
    a.io.on("go", [&](socket& s) {
      CHECK(s.emit("disconnecting", a.hear()) == delivery::refused);
      CHECK(a.heard.empty());
    });
    a.c.send("2[\"go\"]");
    why = errc::reserved_event;
  }
  if (a.heard.empty()) a.h.settle();
  CHECK(a.heard == text_of(why));
  CHECK(a.s().awaited() == awaited);
  a.h.run_for(2s);
  CHECK(a.heard == text_of(why));
  a.c.drop();
  a.h.settle();
  CHECK(a.heard == text_of(why));
}

TEST_CASE("an emit that is refused does not call its on_ack inside the call", "[sio]") {
  asking a;
  CHECK(a.s().emit("disconnect", a.hear()) == delivery::refused);
  CHECK(a.heard.empty());
  a.h.settle();
  CHECK(a.heard == text_of(errc::reserved_event));
}

TEST_CASE("a volatile emit that is dropped tells its on_ack, once, later", "[sio]") {
  asking a;
  a.h[a.c.link].stuck = true;
  CHECK(a.s().emit("waits") == delivery::queued);
  a.h.settle();
  CHECK(a.s().volatile_().emit("v", a.hear()) == delivery::dropped);
  CHECK(a.s().volatile_().timeout(1s).emit("v", a.hear()) == delivery::dropped);
  CHECK(a.heard.empty());
  a.h.settle();
  CHECK(a.heard == text_of(errc::volatile_dropped) + text_of(errc::volatile_dropped));
  CHECK(a.s().awaited() == 0);
  a.h.run_for(2s);
  a.c.drop();
  a.h.settle();
  CHECK(a.heard == text_of(errc::volatile_dropped) + text_of(errc::volatile_dropped));
}

TEST_CASE("a broadcast that cannot be written is done with nobody, once, later", "[sio]") {
  asking a;
  std::size_t missing = 99;
  int done = 0;
  SECTION("a reserved name") { a.io.emit("disconnect", a.each(missing, done)); }
  SECTION("a reserved name, with a timeout") { a.io.timeout(1s).emit("disconnect", a.each(missing, done)); }
  SECTION("too much binary") { a.io.to(a.s().id()).emit("q", too_much(), a.each(missing, done)); }
  CHECK(done == 0);
  a.h.settle();
  CHECK((done == 1 && missing == 0));
  a.h.run_for(2s);
  CHECK(done == 1);
  CHECK(a.heard.empty());
  CHECK(a.c.packets().empty());
}

TEST_CASE("a broadcast with a reserved name is heard of by on_log", "[sio]") {
  asking a;
  const std::string reserved(siokit::text(errc::reserved_event));
  a.io.emit("disconnect", 1);
  a.h.settle();
  CHECK(std::exchange(a.log, {}).find(reserved) != std::string::npos);
  a.io.to("r").emit("connect");
  a.h.settle();
  CHECK(a.log.find(reserved) != std::string::npos);
  CHECK(a.c.packets().empty());
}

TEST_CASE("a handler's answer that cannot be written is an error of its event, not the end of the session", "[sio]") {
  asking a;
  a.io.on("much", [] { return too_much(); });
  a.io.on("deferred", [](siokit::ack<std::vector<siokit::bytes>> reply) { reply(too_much()); });
  a.io.on("fine", [] { return 1; });
  const std::string why(siokit::text(errc::sio_too_many_attachments));
  a.c.send("21[\"much\"]");
  a.h.settle();
  CHECK(std::exchange(a.errors, {}) == "much:" + why + "; ");
  a.c.send("22[\"m\\u0075ch\"]");
  a.h.settle();
  CHECK(std::exchange(a.errors, {}) == "much:" + why + "; ");
  a.c.send("2[\"much\"]");  // nobody asked
  a.h.settle();
  CHECK(a.errors.empty());
  a.c.send("23[\"deferred\"]");
  a.h.settle();
  CHECK((a.errors + a.log).find(why) != std::string::npos);
  a.c.send("24[\"fine\"]");
  CHECK(a.c.packets() == "34[1]");
  CHECK(a.io.size() == 1);
  CHECK(a.c.close_code == 0);
}

// ---- what a server owes ----------------------------------------------------------------------------------------------

TEST_CASE("limits.owed_acks: a session may have so many acknowledgements open, and no more", "[sio]") {
  siokit::server_options o;
  o.limits.owed_acks = 5;
  o.limits.answer_timeout = 2s;
  asking a(o);
  std::vector<siokit::ack<int>> kept;
  const auto keep = [&](siokit::ack<int> reply) { kept.push_back(reply); };
  a.io.on("keep", keep);
  a.io.of("/b").on("keep", keep);
  a.io.on("now", [](siokit::ack<int> reply) { reply(1); });
  a.io.on("returns", [] { return 1; });
  client bystander(a.h);
  bystander.websocket().join();
  (void)bystander.packets();
  int id = 0;
  const auto ask = [&](std::string_view nsp = "") { a.c.send("2" + std::string(nsp) + std::to_string(++id) + "[\"keep\"]"); };
  const auto ended = [&] {
    a.c.read();
    return a.c.close_code != 0;
  };
  const std::string why(siokit::text(errc::sio_too_many_owed_acks));
  SECTION("five, and the sixth") {
    for (int i = 0; i < 5; ++i) ask();
    CHECK_FALSE(ended());
    CHECK(a.io.size() == 2);
    ask();
    a.h.settle();
    CHECK(ended());
    CHECK(a.io.size() == 1);
    CHECK(a.log.find(why) != std::string::npos);
    for (const auto& reply : kept) reply(1);  // too late
  }
  SECTION("an answer frees a place") {
    for (int i = 0; i < 5; ++i) ask();
    kept[2](7);
    ask();
    CHECK_FALSE(ended());
    kept[2](7);  // was used
    CHECK(a.c.packets() == "33[7]");
    ask();
    a.h.settle();
    CHECK(ended());
  }
  SECTION("answers at once count nothing, nor do events that ask for none") {
    for (int i = 0; i < 20; ++i) a.c.send("21[\"now\"]");
    for (int i = 0; i < 20; ++i) a.c.send("2[\"keep\"]");
    for (int i = 0; i < 5; ++i) ask();
    CHECK_FALSE(ended());
    CHECK(kept.size() == 25);
  }
  SECTION("one that never came frees its place when its time is up") {
    for (int i = 0; i < 5; ++i) ask();
    a.h.run_for(2s);
    for (int i = 0; i < 5; ++i) ask();
    CHECK_FALSE(ended());
    ask();
    a.h.settle();
    CHECK(ended());
  }
  SECTION("all namespaces of a session together") {
    a.c.join("/b");
    for (int i = 0; i < 3; ++i) ask();
    for (int i = 0; i < 2; ++i) ask("/b,");
    CHECK_FALSE(ended());
    ask("/b,");
    a.h.settle();
    CHECK(ended());
    CHECK(a.io.of("/b").size() == 0);
  }
  SECTION("another session has places of its own") {
    for (int i = 0; i < 5; ++i) ask();
    for (int i = 0; i < 5; ++i) bystander.send("21[\"keep\"]");
    CHECK_FALSE(ended());
    CHECK(a.io.size() == 2);
  }
  bystander.send("299[\"returns\"]");  // owes nothing
  CHECK(bystander.packets() == "399[1]");
}

// ---- what a callback brings ------------------------------------------------------------------------------------------

TEST_CASE("fetch_sockets calls back later, once, never inside the call", "[sio]") {
  asking a;
  client b(a.h);
  joined(b);
  a.s().join("r");
  std::string found;
  const auto note = [&](std::span<const siokit::socket_id> ids) {
    found += std::to_string(ids.size()) + ":";
    for (const siokit::socket_id& id : ids) found += id == a.s().id() ? "a" : id.view() == b.id ? "b" : "?";
    found += " ";
  };
  const auto sorted = [&] {
    std::string s = std::exchange(found, {});
    if (s == "2:ba ") s = "2:ab ";
    return s;
  };
  SECTION("outside of a driver call") {
    const int wakes = a.h.wakes;
    a.io.fetch_sockets(note);
    CHECK(found.empty());
    CHECK(a.h.wakes > wakes);
    a.h.settle();
    CHECK(sorted() == "2:ab ");
    a.io.in("r").fetch_sockets(note);
    CHECK(found.empty());
    a.h.settle();
    CHECK(sorted() == "1:a ");
  }
  SECTION("in a handler") {
    bool inside = false;
    a.io.on("go", [&](socket& s) {
      inside = true;
      s.nsp().fetch_sockets([&](std::span<const siokit::socket_id> ids) {
        CHECK_FALSE(inside);
        note(ids);
      });
      s.to("nobody").fetch_sockets(note);
      CHECK(found.empty());
      inside = false;
    });
    a.c.send("2[\"go\"]");
    a.h.settle();
    CHECK((found == "2:ab 0: " || found == "2:ba 0: "));
  }
  found.clear();
  a.h.run_for(1s);
  CHECK(found.empty());
}

TEST_CASE("a fetch_sockets callback may fetch again, and is gone with its server", "[sio]") {
  auto a = std::make_unique<asking>();
  const auto alive = std::make_shared<int>(0);
  a->io.fetch_sockets([&, alive](std::span<const siokit::socket_id>) {
    ++*alive;
    a->io.fetch_sockets([alive](std::span<const siokit::socket_id>) { ++*alive; });
  });
  a->h.settle();
  CHECK(*alive == 2);
  a->io.fetch_sockets([alive](std::span<const siokit::socket_id>) { ++*alive; });
  a.reset();
  CHECK(*alive == 2);
  CHECK(alive.use_count() == 1);
}

TEST_CASE("answers to what came in one read leave together; one with attachments stands alone", "[sio]") {
  asking a;
  a.io.on("text", [] { return std::string("t"); });
  a.io.on("binary", [] { return siokit::bytes(2, std::byte{'b'}); });
  const int gathers = a.h.gathers;
  a.c.send_all({R"(21["text"])", R"(22["binary"])", R"(23["text"])", R"(24["text"])"});
  CHECK(a.h.gathers == gathers + 1);
  CHECK(a.c.packets() == R"(31["t"] 61-2[{"_placeholder":true,"num":0}] <bb> 33["t"] 34["t"])");
}
