// docs/reentrancy.md, rule by rule, and the matrix: every kind of handler makes every kind of call.
#include <algorithm>

#include "sio/host.hpp"

using namespace rules;
using siokit::socket;

namespace {

enum class kind {
  event, connect, disconnecting, disconnect, any, any_outgoing, error, unhandled, connect_middleware, packet_middleware,
  ack, ack_timeout, ack_gone, each_ack, each_done, drain, http, allow, log, accepts, socket_event, socket_disconnect,
  engine_open, engine_message, engine_close, end
};
enum class deed {
  emit, emit_refused, emit_ack, broadcast, broadcast_ack, join, leave, disconnect_self, end_self, disconnect_other, end_other,
  disconnect_all, end_all, off, on, once, use, replace, nsp, forget, close, raise, end
};

/// A server with a handler of every kind, two clients in it, and one deed to be done in one of the handlers.
struct world {
  siokit::server io;
  host h;
  client a, b;
  siokit::engine_path& path;
  siokit::socket_ref sa, sb;
  kind where;
  deed what;
  bool armed = false;
  int depth = 0, nested = 0, fired = 0, caught = 0;
  bool closed = false;
  siokit::listener_id event_id{}, any_id{}, outgoing_id{};

  static siokit::server_options options() {
    siokit::server_options o;
    o.limits.high_water = 2000;
    o.limits.low_water = 500;
    return o;
  }
  world(kind k, deed d) : io(options()), h(io), a(h), b(h), path(io.engine("/engine.io")), where(k), what(d) {
    event_id = io.on("event", [this](socket& s) { at(kind::event, &s); });
    io.on("echo", [this](socket& s, int x) {
      at(kind::end, &s);
      s.emit("echoed", x);
      return x;
    });
    io.on_connect([this](socket& s) {
      s.join("room");
      s.use([this](socket& me, std::string_view, const siokit::arguments&, siokit::next_fn next) {
        at(kind::packet_middleware, &me);
        next();
      });
      s.on("event", [this, &s] { at(kind::socket_event, &s); });
      s.on_disconnect([this](socket& me, siokit::close_reason) { at(kind::socket_disconnect, &me); });
      at(kind::connect, &s);
    });
    io.on_disconnecting([this](socket& s, siokit::close_reason) { at(kind::disconnecting, &s); });
    io.on_disconnect([this](socket& s, siokit::close_reason) { at(kind::disconnect, &s); });
    any_id = io.on_any([this](socket& s, std::string_view, const siokit::arguments&) { at(kind::any, &s); });
    outgoing_id = io.on_any_outgoing([this](socket& s, std::string_view, const siokit::arguments&) { at(kind::any_outgoing, &s); });
    io.on_unhandled([this](socket& s, std::string_view, const siokit::arguments&) { at(kind::unhandled, &s); });
    io.on_drain([this](socket& s) { at(kind::drain, &s); });
    io.on_error([this](socket& s, std::string_view, siokit::errc, std::string_view) { at(kind::error, &s); });
    io.on_log([this](siokit::log_level, std::string_view) { at(kind::log, nullptr); });
    io.use([this](socket& s, siokit::next_fn next) {
      at(kind::connect_middleware, &s);
      next();
    });
    io.of([this](std::string_view, siokit::value_view) {
      at(kind::accepts, nullptr);
      return true;
    });
    io.on_http([this](const siokit::http::request&, siokit::http::reply r) {
      at(kind::http, nullptr);
      r.send(200, "text/plain", "hello");
    });
    io.allow_request([this](const siokit::http::request&, siokit::admission yes) {
      yes.allow();
      at(kind::allow, nullptr);
    });
    path.on_open = [this](siokit::engine_session) { at(kind::engine_open, nullptr); };
    path.on_message = [this](siokit::engine_session s, siokit::message_kind, siokit::bytes_view in) {
      s.send(in);
      at(kind::engine_message, nullptr);
    };
    path.on_close = [this](siokit::engine_session, siokit::close_reason) { at(kind::engine_close, nullptr); };
    joined(a);
    joined(b);
    sa = io.find(a.id)->ref();
    sb = io.find(b.id)->ref();
  }

  void at(kind k, socket* s) {
    struct level {
      int& depth;
      ~level() { --depth; }
    } const here{++depth};
    if (depth != 1 && k != kind::accepts) ++nested;  // a predicate: of(name) asks it, too
    if (!armed || k != where || fired++ != 0) return;
    const siokit::socket_id id = s == nullptr ? siokit::socket_id{} : s->id();
    act(s == nullptr ? sb.get() : s);
    if (s == nullptr) return;
    // Whatever was done, the reference is good until the handler returns.
    CHECK(s->id() == id);
    CHECK(s->nsp().name() == "/");
    (void)s->connected();
    (void)s->handshake().query("EIO");
    s->data<std::string>() += "still here";
    (void)s->in_room("room");
    (void)s->emit("late", 1);
  }

  void act(socket* s) {
    socket* const other = s == sa.get() ? sb.get() : sa.get();
    switch (what) {
      case deed::emit:
        if (s != nullptr) (void)s->emit("said", 1, std::string(100, 'x'));
        return;
      case deed::emit_refused:
        if (s != nullptr) (void)s->emit("connect", 1);
        return;
      case deed::emit_ack:
        if (s != nullptr) (void)s->timeout(10ms).emit("ask", siokit::on_ack([this](siokit::result<int>) { at(kind::end, nullptr); }));
        return;
      case deed::broadcast: return io.to("room").except("nobody").emit("said", 2);
      case deed::broadcast_ack:
        return io.timeout(10ms).emit("ask", siokit::on_each_ack<int>([this](siokit::socket_id, siokit::result<int>) { at(kind::end, nullptr); },
                                                                   [this](std::size_t) { at(kind::end, nullptr); }));
      case deed::join: return s != nullptr ? (void)s->join("another") : void();
      case deed::leave: return s != nullptr ? s->leave("room") : void();
      case deed::disconnect_self: return s != nullptr ? s->disconnect() : void();
      case deed::end_self: return s != nullptr ? s->disconnect(true) : void();
      case deed::disconnect_other: return other != nullptr ? other->disconnect() : void();
      case deed::end_other: return other != nullptr ? other->disconnect(true) : void();
      case deed::disconnect_all: return io.disconnect_sockets();
      case deed::end_all: return io.disconnect_sockets(true);
      case deed::off:
        io.off("event");
        io.off_any(any_id);
        io.off_any_outgoing(outgoing_id);
        if (s != nullptr) s->off();
        return;
      case deed::on:
        for (int i = 0; i < 20; ++i) {
          io.on("event", [this](socket& me) { at(kind::end, &me); });
          io.on_any([this](socket& me, std::string_view, const siokit::arguments&) { at(kind::end, &me); });
          io.on_connect([this](socket& me) { at(kind::end, &me); });
          io.on_disconnect([this](socket& me, siokit::close_reason) { at(kind::end, &me); });
          if (s != nullptr) s->on("event", [this] { at(kind::end, nullptr); });
        }
        return;
      case deed::once:
        io.once("event", [this](socket& me) { at(kind::end, &me); });
        if (s != nullptr) s->once("event", [this] { at(kind::end, nullptr); });
        return;
      case deed::use:
        for (int i = 0; i < 20; ++i) {
          io.use([](socket&, siokit::next_fn next) { next(); });
          if (s != nullptr)
            s->use([](socket&, std::string_view, const siokit::arguments&, siokit::next_fn next) { next(); });
        }
        return;
      case deed::replace:
        io.on_error([this](socket& me, std::string_view, siokit::errc, std::string_view) { at(kind::end, &me); });
        io.on_log([](siokit::log_level, std::string_view) {});
        io.on_http([](const siokit::http::request&, siokit::http::reply r) { r.send(200, "text/plain", "other"); });
        io.allow_request([](const siokit::http::request&, siokit::admission yes) { yes.allow(); });
        path.on_open = [](siokit::engine_session) {};
        path.on_message = [](siokit::engine_session, siokit::message_kind, siokit::bytes_view) {};
        path.on_close = [](siokit::engine_session, siokit::close_reason) {};
        if (s != nullptr) s->on_disconnect([this](socket& me, siokit::close_reason) { at(kind::end, &me); });
        return;
      case deed::nsp: {
        auto& made = io.of("/made");
        made.on("event", [](socket&) {});
        made.emit("nobody", 1);
        return;
      }
      case deed::forget: return s != nullptr ? s->forget_handshake() : void();
      case deed::close:
        closed = true;
        return io.close();
      case deed::raise:
#if defined(__cpp_exceptions)
        throw std::runtime_error("a handler");
#endif
      case deed::end: return;
    }
  }

  template <class F>
  void guarded(F&& f) {
#if defined(__cpp_exceptions)
    try {
      f();
    } catch (const std::runtime_error&) {
      ++caught;
    }
    try {
      h.settle();
    } catch (const std::runtime_error&) {
      ++caught;
    }
#else
    f();
#endif
    h.settle();
  }
  void send(client& c, std::string_view packet) {
    guarded([&] { c.send(packet); });
  }

  /// Makes the handler of this kind run.
  void provoke() {
    int answered = 0;
    switch (where) {
      case kind::event:
      case kind::any:
      case kind::packet_middleware:
      case kind::socket_event:
        armed = true;
        return send(a, "27[\"event\"]");
      case kind::connect:
      case kind::connect_middleware:
      case kind::allow: {
        armed = true;
        client c(h);
        guarded([&] { c.websocket(); });
        if (h.open(c.link) && c.upgraded) guarded([&] { c.join(); });
        if (h.open(c.link)) guarded([&] { c.drop(); });
        return;
      }
      case kind::accepts:
        armed = true;
        return send(a, "0/dynamic,");
      case kind::disconnecting:
      case kind::disconnect:
      case kind::socket_disconnect:
        armed = true;
        return send(a, "1");
      case kind::any_outgoing:
        armed = true;
        return send(a, "2[\"echo\",1]");
      case kind::error:
        armed = true;
        return send(a, "2[\"echo\",\"x\"]");
      case kind::unhandled:
        armed = true;
        return send(a, "2[\"nobody listens\"]");
      case kind::log:
        armed = true;
        return send(a, "2{}");
      case kind::ack:
        (void)sa->emit("ask", siokit::on_ack([&](siokit::result<int>) { at(kind::ack, sa.get()); }));
        armed = true;
        return send(a, "30[1]");
      case kind::ack_timeout:
        (void)sa->timeout(10ms).emit("ask", siokit::on_ack([&](siokit::result<int>) { at(kind::ack_timeout, sa.get()); }));
        armed = true;
        h.settle();
        h.now += 10ms;
        return guarded([&] { h.advance(); });
      case kind::ack_gone:
        (void)sa->emit("ask", siokit::on_ack([&](siokit::result<int>) { at(kind::ack_gone, sa.get()); }));
        armed = true;
        return guarded([&] { a.drop(); });
      case kind::each_ack:
      case kind::each_done:
        io.emit("ask", siokit::on_each_ack<int>([&](siokit::socket_id, siokit::result<int>) { ++answered, at(kind::each_ack, nullptr); },
                                                [&](std::size_t) { at(kind::each_done, nullptr); }));
        h.settle();
        armed = true;
        send(a, "30[1]");
        if (h.open(b.link) && sb) send(b, "30[2]");
        guarded([&] { h.advance(); });
        return guarded([&] { h.advance(); });
      case kind::drain:
        h[a.link].stuck = true;
        (void)sa->emit("big", std::string(5000, 'x'));
        h.settle();
        CHECK_FALSE(sa->writable());
        armed = true;
        h[a.link].stuck = false;
        return guarded([&] { h.write(a.link); });
      case kind::http: {
        armed = true;
        const link_id l = h.accept();
        return guarded([&] { h.receive(l, request("GET", "/hello")); });
      }
      case kind::engine_open:
      case kind::engine_message:
      case kind::engine_close: {
        client c(h, "/engine.io/");
        armed = true;
        guarded([&] { c.websocket(); });
        if (c.upgraded && h.open(c.link)) guarded([&] { c.send_raw("4hello"); });
        if (c.upgraded && h.open(c.link)) guarded([&] { c.drop(); });
        return;
      }
      case kind::end: return;
    }
  }
};

}  // namespace

TEST_CASE("every call from every handler: depth one, references valid, the server goes on", "[rules]") {
  for (int k = 0; k < static_cast<int>(kind::end); ++k)
    for (int d = 0; d < static_cast<int>(deed::end); ++d) {
#if !defined(__cpp_exceptions)
      if (static_cast<deed>(d) == deed::raise) continue;
#endif
      INFO("handler " << k << ", call " << d);
      world w(static_cast<kind>(k), static_cast<deed>(d));
      w.provoke();
      w.h.settle();
      CHECK(w.fired >= 1);
      CHECK(w.nested == 0);
      CHECK(w.depth == 0);
      CHECK(w.caught == (w.what == deed::raise ? 1 : 0));
      if (w.what == deed::raise && w.sa && w.where != kind::accepts) CHECK(w.sa->connected());
      if (w.closed) {
        CHECK(w.io.size() == 0);
        CHECK(w.h.accept() == link_id{});
        continue;
      }
      // Whoever comes next is served.
      client c(w.h);
      c.websocket().join();
      (void)c.packets();
      c.send("21[\"echo\",5]");
      const std::string got = c.packets();
      CHECK((got == "2[\"echoed\",5] 31[5]"));
      w.h.run_for(2min);  // whatever was promised ends
      CHECK(w.nested == 0);
    }
}

TEST_CASE("a user call outside of a handler runs no handler, the next driver call does", "[rules]") {
  siokit::server io;
  host h(io);
  int outgoing = 0, errors = 0, logs = 0, gone = 0;
  io.on_any_outgoing([&](socket&, std::string_view, const siokit::arguments&) { ++outgoing; });
  io.on_error([&](socket&, std::string_view event, siokit::errc e, std::string_view where) {
    CHECK(event == "connect");
    CHECK(e == siokit::errc::reserved_event);
    CHECK(where == "emit");
    ++errors;
  });
  io.on_log([&](siokit::log_level, std::string_view) { ++logs; });
  io.on_disconnect([&](socket&, siokit::close_reason) { ++gone; });
  client c(h);
  joined(c);
  socket& s = *io.find(c.id);
  const int wakes = h.wakes;
  CHECK(s.emit("a", 1) == siokit::delivery::queued);
  CHECK(s.emit("connect", 1) == siokit::delivery::refused);
  io.emit("disconnect", 1);
  s.disconnect();
  CHECK_FALSE(s.connected());
  CHECK((outgoing == 0 && errors == 0 && logs == 0 && gone == 0));
  CHECK(h.wakes == wakes + 1);  // once for all of it
  CHECK(h.driver().deadline() <= h.now);
  h.settle();
  CHECK((outgoing == 1 && errors == 1 && logs == 1 && gone == 1));
}

TEST_CASE("inside a handler too: emission runs nobody, a broadcast cannot be re-entered", "[rules]") {
  siokit::server io;
  host h(io);
  std::string order;
  io.on("go", [&](socket& s) {
    order += "[";
    io.emit("all", 1);
    (void)s.emit("connect");
    io.disconnect_sockets();
    CHECK_FALSE(s.connected());
    order += "]";
  });
  io.on_any_outgoing([&](socket&, std::string_view, const siokit::arguments&) { order += "o"; });
  io.on_error([&](socket&, std::string_view, siokit::errc, std::string_view) { order += "e"; });
  io.on_disconnecting([&](socket& s, siokit::close_reason) {
    order += "d";
    io.emit("never", s.id());
  });
  client a(h), b(h);
  joined(a);
  joined(b);
  a.send("2[\"go\"]");
  CHECK(order.substr(0, 2) == "[]");
  CHECK(std::count(order.begin(), order.end(), 'o') == 2);
  CHECK(std::count(order.begin(), order.end(), 'd') == 2);
  CHECK(std::count(order.begin(), order.end(), 'e') == 1);
  CHECK(a.packets() == "2[\"all\",1] 1");
  CHECK(b.packets() == "2[\"all\",1] 1");
}

TEST_CASE("effects are immediate", "[rules]") {
  siokit::server io;
  host h(io);
  siokit::socket_ref other;
  io.on("leave", [&](socket& s) {
    s.join("r");
    io.to("r").emit("first");
    s.leave("r");
    io.to("r").emit("second");
    s.join("r");
    other->disconnect();
    CHECK_FALSE(other->connected());
    CHECK(other->emit("nothing more") == siokit::delivery::refused);
    io.emit("third");
    s.disconnect();
    CHECK_FALSE(s.connected());
    CHECK(s.join("r") == siokit::errc::not_connected);
    CHECK(io.size() == 0);
    CHECK(io.find(s.id()) == nullptr);
    io.emit("fourth");
  });
  client a(h), b(h);
  joined(a);
  joined(b);
  other = io.find(b.id)->ref();
  a.send("2[\"leave\"]");
  CHECK(a.packets() == "2[\"first\"] 2[\"third\"] 1");
  CHECK(b.packets() == "1");
}

TEST_CASE("a socket lives until its disconnect handlers returned, a reference to it is null after", "[rules]") {
  siokit::server io;
  host h(io);
  siokit::socket_ref ref;
  int told = 0;
  struct tracked {
    std::shared_ptr<int> alive;
  };
  std::weak_ptr<int> watch;
  io.on_connect([&](socket& s) {
    ref = s.ref();
    s.data<tracked>().alive = std::make_shared<int>(1);
    watch = s.data<tracked>().alive;
    s.on("x", [keep = s.data<tracked>().alive] {});
  });
  io.on_disconnect([&](socket& s, siokit::close_reason) {
    CHECK(ref.get() == &s);
    CHECK_FALSE(watch.expired());
    ++told;
  });
  io.on("bye", [&](socket& s) {
    s.disconnect();
    CHECK(ref.get() == &s);
    CHECK(told == 0);  // not inside the call
  });
  client a(h);
  joined(a);
  a.send("2[\"bye\"]");
  CHECK(told == 1);
  CHECK(ref.get() == nullptr);
  CHECK_FALSE(ref);
  CHECK(watch.expired());
}

TEST_CASE("a socket that has been told everything is gone for references, also in the same read", "[rules]") {
  siokit::server io;
  host h(io);
  siokit::socket_ref first;
  int late = 0;
  io.on("bye", [&](socket& s) {
    first = s.ref();
    s.disconnect();
  });
  io.of("/two").on("then", [&](socket&) {
    ++late;
    CHECK(first.get() == nullptr);
  });
  client a(h);
  joined(a);
  a.join("/two");
  a.send_all({"2[\"bye\"]", "2/two,[\"then\"]"});
  CHECK(late == 1);
}

TEST_CASE("on and off take effect from the next event, and what runs is pinned", "[rules]") {
  siokit::server io;
  host h(io);
  std::string order;
  siokit::listener_id first{}, second{};
  first = io.on("e", [&, pinned = std::make_shared<std::string>("1")](socket& s) {
    io.off("e", first);
    io.off("e", second);
    io.on("e", [&order] { order += "3"; });
    s.on("e", [&order] { order += "4"; });
    s.off("s");
    order += *pinned;  // destroyed under its feet, ASan would say
  });
  second = io.on("e", [&] { order += "2"; });
  io.on_connect([&](socket& s) {
    s.on("e", [&, pinned = std::make_shared<std::string>("s")] {
      s.off();
      order += *pinned;
    });
  });
  client a(h);
  joined(a);
  a.send("2[\"e\"]");
  CHECK(order == "12s");  // not yet 3 and 4, still 2; the socket's list began after the namespace's
  order.clear();
  a.send("2[\"e\"]");
  CHECK(order == "3");    // off() took 4 away as well
}

TEST_CASE("what a handler owned may register handlers when it is destroyed", "[rules]") {
  siokit::server io;
  host h(io);
  int destroyed = 0;
  int called = 0;
  struct guard {
    socket* who;
    int* destroyed;
    int* called;
    guard(socket& s, int& n, int& m) : who(&s), destroyed(&n), called(&m) {}
    guard(guard&& other) noexcept : who(std::exchange(other.who, nullptr)), destroyed(other.destroyed), called(other.called) {}
    ~guard() {
      if (who == nullptr) return;
      ++*destroyed;
      for (int i = 0; i < 40; ++i) who->on("new-" + std::to_string(i), [] {});
      who->on("a", [n = called] { ++*n; });
    }
  };
  const bool at_once = GENERATE(true, false);
  io.on_connect([&](socket& s) {
    s.on("a", [g = guard(s, destroyed, called)] { (void)g; });
    const siokit::listener_id b = s.on("b", [g = guard(s, destroyed, called)] { (void)g; });
    if (at_once) return s.off();
    s.off("a");
    s.off("b", b);
  });
  client a(h);
  joined(a);
  CHECK(destroyed == 2);
  a.send("2[\"a\"]");
  CHECK(called == 2);
}

TEST_CASE("once is called once, also when it emits, registers or throws", "[rules]") {
  siokit::server io;
  host h(io);
  int n = 0;
  io.once("e", [&](socket&) {
    ++n;
    io.once("e", [&] { n += 10; });
  });
  client a(h);
  joined(a);
  a.send_all({"2[\"e\"]", "2[\"e\"]", "2[\"e\"]"});
  CHECK(n == 11);
}

TEST_CASE("middlewares registered by a middleware count from the next one on", "[rules]") {
  siokit::server io;
  host h(io);
  int added = 0, runs = 0;
  io.use([&](socket& s, siokit::next_fn next) {
    ++runs;
    io.use([&](socket&, siokit::next_fn n) {
      ++added;
      n();
    });
    s.use([&](socket& me, std::string_view, const siokit::arguments&, siokit::next_fn n) {
      me.use([&](socket&, std::string_view, const siokit::arguments&, siokit::next_fn m) {
        added += 100;
        m();
      });
      n();
    });
    next();
  });
  client a(h), b(h);
  joined(a);
  CHECK((runs == 1 && added == 0));
  joined(b);
  CHECK((runs == 2 && added == 1));
  a.send("2[\"x\"]");
  CHECK(added == 1);
  a.send("2[\"x\"]");
  CHECK(added == 101);
}

TEST_CASE("next() never runs the rest of the chain inside the call", "[rules]") {
  siokit::server io;
  host h(io);
  std::string order;
  siokit::next_fn late;
  io.use([&](socket&, siokit::next_fn next) {
    order += "<";
    next();
    order += ">";
  });
  io.use([&](socket&, siokit::next_fn next) {
    order += "w";
    late = next;
  });
  io.use([&](socket&, siokit::next_fn next) {
    order += "3";
    next();
  });
  io.on_connect([&](socket&) { order += "c"; });
  client a(h);
  a.websocket().join();
  CHECK(order == "<>w");
  late();
  CHECK(order == "<>w");
  h.settle();
  CHECK(order == "<>w3c");
}
