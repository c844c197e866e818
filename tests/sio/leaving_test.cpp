// How sockets leave: what their handlers may still use, and who is not to be touched.
#include "sio/host.hpp"

using namespace rules;
using siokit::close_reason;
using siokit::errc;
using siokit::socket;

#if defined(__cpp_exceptions)

TEST_CASE("when on_disconnecting throws, on_disconnect still has the handshake", "[rules]") {
  struct oops : std::exception {};
  siokit::server io;
  host h(io);
  std::string told;
  bool armed = true;
  const auto note = [&](socket& s, std::string_view what) {
    told.append(what).append(":").append(s.handshake().header("X-Token").value_or("?")).append("@").append(s.handshake().address());
    told.append("&").append(s.handshake().query("EIO").value_or("?")).append(" ");
  };
  socket* last = nullptr;
  io.on_disconnecting([&](socket&, close_reason) {
    if (std::exchange(armed, false)) throw oops();
  });
  io.on_disconnect([&](socket& s, close_reason) { note(s, "left"); });
  io.on_connect([&](socket& s) {
    last = &s;
    (void)s.emit("q", siokit::on_ack([&, &me = s](siokit::result<int> r) {
      CHECK(r.error() == errc::ack_disconnected);
      note(me, "ack");
    }));
  });
  client c(h);
  const std::string wanted = "left:abc@192.0.2.7&4 ack:abc@192.0.2.7&4 ";
  const auto run = [&](auto&& end) {
    bool thrown = false;
    try {
      end();
      h.settle();
    } catch (const oops&) {
      thrown = true;
    }
    CHECK(thrown);
    CHECK(told.empty());
    h.settle();
    CHECK(told == wanted);
    CHECK(io.size() == 0);
    h.run_for(2min);
    CHECK(io.session_count() == 0);
    CHECK(io.link_count() == 0);
  };
  SECTION("the link breaks") {
    c.websocket("X-Token: abc\r\n").join();
    run([&] { c.drop(); });
  }
  SECTION("the peer closes") {
    c.websocket("X-Token: abc\r\n").join();
    run([&] { h.receive(c.link, peer_wire::ws_frame(peer_wire::close, "", 1)); });
  }
  SECTION("the peer breaks a rule") {
    c.websocket("X-Token: abc\r\n").join();
    run([&] { c.send("9"); });
  }
  SECTION("the server ends the session") {
    c.websocket("X-Token: abc\r\n").join();
    run([&] { last->disconnect(true); });
  }
  SECTION("the server shuts down") {
    c.websocket("X-Token: abc\r\n").join();
    run([&] { io.close(); });
  }
  SECTION("over polling") {
    c.poll_open("X-Token: abc\r\n");
    c.send("0");
    run([&] { c.post("49"); });
  }
}

TEST_CASE("when on_disconnecting throws for one namespace, the others of the session have the handshake too", "[rules]") {
  struct oops : std::exception {};
  siokit::server io;
  host h(io);
  std::string told;
  for (const char* name : {"/", "/b", "/c"}) {
    io.of(name).on_disconnecting([&](socket&, close_reason) { throw oops(); });
    io.of(name).on_disconnect([&](socket& s, close_reason) {
      told += s.nsp().name() + ":" + std::string(s.handshake().header("X-Token").value_or("?")) + " ";
    });
  }
  client c(h);
  c.websocket("X-Token: abc\r\n").join().join("/b").join("/c");
  int thrown = 0;
  const auto counting = [&](auto&& f) {
    try {
      f();
      return true;
    } catch (const oops&) {
      ++thrown;
      return false;
    }
  };
  counting([&] { c.drop(); });
  for (int i = 0; i < 10 && !counting([&] { h.settle(); }); ++i) {
  }
  CHECK(thrown == 3);
  CHECK(told == "/:abc /b:abc /c:abc ");
  CHECK(io.session_count() == 0);
}

#endif

TEST_CASE("a socket has any number of disconnect handlers of its own; on_disconnecting sees its rooms", "[sio]") {
  siokit::server io;
  host h(io);
  std::string order;
  std::vector<siokit::listener_id> ids;
  io.on_disconnecting([&](socket&, close_reason) { order += "nsp~ "; });
  io.on_disconnect([&](socket&, close_reason) { order += "nsp- "; });
  io.on_connect([&](socket& s) {
    s.join("r");
    ids.push_back(s.on_disconnecting([&](socket& me, close_reason why) {
      CHECK(why == close_reason::client_namespace_disconnect);
      order += me.in_room("r") && me.in_room(me.id()) ? "~r " : "~ ";
    }));
    ids.push_back(s.on_disconnecting([&](socket& me, close_reason) { order += me.in_room("r") ? "~r2 " : "~2 "; }));
    ids.push_back(s.on_disconnect([&](socket& me, close_reason) { order += me.in_room("r") ? "-r " : "-1 "; }));
    ids.push_back(s.on_disconnect([&](socket&, close_reason why) {
      CHECK(why == close_reason::client_namespace_disconnect);
      order += "-2 ";
    }));
  });
  client c(h);
  joined(c);
  REQUIRE(ids.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 4; ++k) CHECK((ids[i] == ids[k]) == (i == k));
  c.send("1");
  h.settle();
  CHECK(order == "nsp~ ~r ~r2 nsp- -1 -2 ");
}

TEST_CASE("disconnect(true) on a socket that has left does not touch the rest of its session", "[sio]") {
  siokit::server io;
  host h(io);
  int left = 0, handled = 0, other_left = 0;
  io.on_disconnect([&](socket& s, close_reason) {
    ++left;
    s.disconnect(true);
    s.disconnect();
  });
  io.of("/b").on("e", [&] { return ++handled; });
  io.of("/b").on_disconnect([&](socket&, close_reason) { ++other_left; });
  client c(h);
  joined(c).join("/b");
  (void)c.packets();
  SECTION("the client left") { c.send("1"); }
  SECTION("the server disconnected it, twice") {
    io.on_disconnecting([&](socket& s, close_reason) { s.disconnect(true); });
    io.each_socket([](socket& s) { s.on_disconnect([](socket& me, close_reason) { me.disconnect(true); }); });
    io.disconnect_sockets();
  }
  h.settle();
  CHECK(left == 1);
  CHECK(io.of("/b").size() == 1);
  CHECK(io.session_count() == 1);
  (void)c.packets();
  c.send("2/b,5[\"e\"]");
  CHECK(handled == 1);
  CHECK(c.packets() == "3/b,5[1]");
  CHECK(c.close_code == 0);
  CHECK(other_left == 0);
}
