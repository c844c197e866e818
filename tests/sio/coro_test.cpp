// Coroutines: what a coroutine awaits and how that ends, tasks, and handlers and middleware that are coroutines. A client
// and a server in virtual time; where an exception is thrown, a client by hand and host.hpp.
#if defined(__clang__)
// clang 14 cannot compile a coroutine with this sanitizer ("Cannot represent a difference across sections").
#pragma clang attribute push(__attribute__((no_sanitize("function"))), apply_to = function)
#endif
#include <siokit/coro.hpp>

#if defined(__cpp_impl_coroutine)
#include <siokit/client.hpp>
#include <siokit/sim.hpp>

#include "sio/host.hpp"

using namespace std::chrono_literals;
using siokit::errc;
using siokit::result;
using siokit::task;

namespace {

inline constexpr siokit::event<int(int, int)> add{"add"};

/// A coroutine type that has nothing to do with siokit: runs at once, and is destroyed with its owner.
struct foreign {
  struct promise_type {
    foreign get_return_object() { return foreign(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit foreign(std::coroutine_handle<promise_type> b) : body(b) {}
  foreign(foreign&& o) noexcept : body(std::exchange(o.body, {})) {}
  foreign& operator=(foreign&& o) noexcept {
    std::swap(body, o.body);
    return *this;
  }
  ~foreign() {
    if (body) body.destroy();
  }
  bool done() const { return body.done(); }
  std::coroutine_handle<promise_type> body;
};

/// Something else to wait for, that the test ends when it likes.
struct gate {
  struct passing {
    gate* through;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> who) { through->waiting.push_back(who); }
    void await_resume() const {}
  };
  std::vector<std::coroutine_handle<>> waiting;
  passing operator co_await() { return {this}; }
  void open() {
    for (const std::coroutine_handle<> who : std::exchange(waiting, {})) who.resume();
  }
};

/// Counts how many there are.
struct counted {
  explicit counted(int& n) : n_(&n) { ++*n_; }
  counted(const counted& o) : n_(o.n_) { ++*n_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*n_; }
  int* n_;
};

/// A server and a client that dials it.
struct world {
  siokit::sim::network net{7};
  siokit::server srv;
  siokit::sim::host served{net, srv.driver()};
  std::unique_ptr<siokit::client> io;
  std::unique_ptr<siokit::sim::host> dials;

  world() { served.listen("localhost", 3000); }
  siokit::client& dial(const siokit::client_options& o = {}) {
    io = std::make_unique<siokit::client>("http://localhost:3000", o);
    dials = std::make_unique<siokit::sim::host>(net, io->driver());
    return *io;
  }
  siokit::client& join() {
    dial();
    REQUIRE(net.run_until([this] { return io->connected(); }, 10s));
    return *io;
  }
  void drop_client() {
    dials.reset();
    io.reset();
  }
};

template <class T>
foreign keep(siokit::awaiter<T> what, std::optional<result<T>>& into) {
  into.emplace(co_await std::move(what));
}

template <class T>
std::optional<result<T>> outcome(world& w, siokit::awaiter<T> what, siokit::milliseconds limit = 60s) {
  std::optional<result<T>> out;
  const foreign waits = keep(std::move(what), out);
  w.net.run_for(limit);
  CHECK(waits.done());
  return out;
}

}  // namespace

// ---- what is awaited -------------------------------------------------------------------------------------------------

TEST_CASE("emit_with_ack gives the acknowledgement, or why there is none", "[coro]") {
  world w;
  w.srv.on("add", [](int a, int b) { return a + b; });
  w.srv.on("pair", [](siokit::ack<int, std::string> reply) { reply(1, "one"); });
  w.srv.on("text", [] { return "text"; });
  w.srv.on("silent", [] {});
  w.srv.on("leave", [](siokit::socket& s) { s.disconnect(); });
  siokit::client& io = w.join();
  CHECK(**outcome(w, io.emit_with_ack<int>(5s, "add", 2, 3)) == 5);
  CHECK(**outcome(w, io.emit_with_ack<int>(5s, add, 2, 4)) == 6);
  CHECK(**outcome(w, io.emit_with_ack<siokit::value>(5s, std::string("text"))) == siokit::value("text"));
  CHECK(**outcome(w, io.emit_with_ack<std::tuple<int, std::string>>(5s, "pair")) == std::tuple(1, std::string("one")));
  CHECK(outcome(w, io.emit_with_ack<void>(5s, "text"))->error() == errc::none);
  CHECK(outcome(w, io.emit_with_ack<int>(5s, "text"))->error() == errc::expected_integer);
  CHECK(outcome(w, io.emit_with_ack<int>(5s, "connect"))->error() == errc::reserved_event);
  CHECK(outcome(w, io.emit_with_ack<int>(5s, "silent"))->error() == errc::ack_timeout);
  CHECK(io.awaited() == 0);
  std::optional<result<int>> never;
  const foreign waits = keep(io.emit_with_ack<int>(siokit::no_timeout, "silent"), never);
  w.net.run_for(10h);
  CHECK(!waits.done());
  CHECK(outcome(w, io.emit_with_ack<int>(siokit::no_timeout, "leave"))->error() == errc::ack_disconnected);
  CHECK(never->error() == errc::ack_disconnected);
}

TEST_CASE("a server's socket asks in the same way", "[coro]") {
  world w;
  std::vector<std::string> got;
  w.srv.on_connect([&](siokit::socket& s) {
    siokit::start([&, who = s.ref()]() -> task<> {
      const result<int> sum = co_await who->emit_with_ack(5s, add, 1, 2);
      got.push_back(sum ? std::to_string(*sum) : "none");
      const result<int> same = co_await who->emit_with_ack<int>(5s, add, 1, 2);
      const result<siokit::value> any = co_await who->emit_with_ack<siokit::value>(5s, add, 1, 2);
      CHECK((*same == 3 && *any == siokit::value(3)));
      const result<std::string> none = co_await who->emit_with_ack<std::string>(1s, "nobody");
      got.push_back(std::string(text(none.error())));
      const result<std::string> left = co_await who->emit_with_ack<std::string>(siokit::no_timeout, "go");
      got.push_back(std::string(text(left.error())));
      CHECK(!who->connected());
    });
  });
  siokit::client& io = w.dial();
  io.on(add, [](int a, int b) { return a + b; });
  io.on("go", [&] { io.disconnect(); });
  w.net.run_for(10s);
  CHECK(got == std::vector<std::string>{"3", "operation has timed out", "socket has been disconnected"});
}

TEST_CASE("the event is sent at once, and the answer may be there before it is awaited", "[coro]") {
  world w;
  std::string order;
  w.srv.on("say", [&](std::string what) { return order += what, order; });
  siokit::client& io = w.join();
  std::vector<std::string> got;
  siokit::start([&]() -> task<> {
    auto first = io.emit_with_ack<std::string>(5s, "say", "a");
    auto second = io.emit_with_ack<std::string>(5s, "say", "b");
    got.push_back(*co_await std::move(second));
    CHECK(first.await_ready());
    got.push_back(*co_await std::move(first));
  });
  w.net.run_for(1s);
  CHECK(got == std::vector<std::string>{"ab", "a"});
}

TEST_CASE("a coroutine that is destroyed while it waits is not resumed, and its event is not sent", "[coro]") {
  world w;
  int asked = 0;
  w.srv.on("ask", [&](siokit::ack<int> reply) { return ++asked, reply(1); });
  siokit::client& io = w.join();
  int alive = 0;
  std::optional<result<int>> got;
  const auto wait = [&](counted) -> foreign { got.emplace(co_await io.emit_with_ack<int>(5s, "ask")); };
  {
    const foreign waits = wait(counted(alive));
    CHECK((alive == 1 && io.awaited() == 1));
  }
  CHECK(alive == 0);
  w.net.run_for(10s);
  CHECK((!got && io.awaited() == 0 && asked == 1));  // it was on its way already
  io.disconnect();
  w.net.run_for(1s);
  {
    const foreign waits = wait(counted(alive));
    CHECK(io.buffered() == 1);
  }
  io.connect();
  w.net.run_for(10s);
  CHECK((!got && alive == 0 && asked == 1 && io.connected()));
}

TEST_CASE("a coroutine may outlive the client that it waits for", "[coro]") {
  world w;
  siokit::client& io = w.join();
  int alive = 0;
  bool resumed = false;
  const auto wait = [&](counted) -> foreign {
    (void)co_await io.emit_with_ack<int>(siokit::no_timeout, "nobody");
    resumed = true;
  };
  std::optional<foreign> waits = wait(counted(alive));
  siokit::awaiter<int> later = io.emit_with_ack<int>(siokit::no_timeout, "nobody");
  // One that start() runs is nobody's, and goes with what it waits for.
  const auto inner = [&](counted) -> task<int> {
    const result<int> r = co_await io.emit_with_ack<int>(siokit::no_timeout, "nobody");
    resumed = true;
    co_return *r;
  };
  siokit::start([&, held = counted(alive)]() -> task<> {
    const counted local = held;
    (void)co_await inner(local);
    resumed = true;
  });
  w.net.run_for(1s);
  CHECK(alive > 3);
  w.drop_client();
  CHECK((!resumed && alive == 1 && !waits->done()));
  waits.reset();
  CHECK(alive == 0);
  CHECK(later.await_ready());
  CHECK(later.await_resume().error() == errc::ack_cancelled);
}

TEST_CASE("the same while it is not connected yet", "[coro]") {
  world w;
  int alive = 0;
  bool resumed = false;
  w.dial();
  for (const bool other : {false, true})
    siokit::start([&, other, held = counted(alive)]() -> task<> {
      (void)co_await siokit::connected(other ? w.io->of("/other") : *w.io);
      resumed = true;
    });
  std::optional<result<void>> got;
  std::optional<foreign> waits = keep(siokit::connected(*w.io), got);
  CHECK(alive == 2);
  w.drop_client();
  CHECK((alive == 0 && !resumed));
  waits.reset();
  CHECK(!got);
}

// ---- connected() -----------------------------------------------------------------------------------------------------

TEST_CASE("connected() waits for the connection", "[coro]") {
  world w;
  siokit::client& io = w.dial();
  std::optional<result<void>> first, other;
  const foreign a = keep(siokit::connected(io), first);
  const foreign b = keep(siokit::connected(io.of("/other")), other);
  w.srv.of("/other");
  CHECK(!first);
  w.net.run_for(1s);
  CHECK((first && *first && other && *other));
  CHECK(siokit::connected(io).await_ready());
  io.disconnect();
  CHECK(outcome(w, siokit::connected(io))->error() == errc::not_connected);
}

TEST_CASE("connected() ends when there will be no connection", "[coro]") {
  SECTION("refused") {
    world w;
    w.srv.use([](siokit::socket&, siokit::next_fn next) { next(siokit::refusal{"no"}); });
    CHECK(outcome(w, siokit::connected(w.dial()))->error() == errc::sio_connect_refused);
  }
  SECTION("the attempts are used up") {
    world w;
    w.net.refuse("localhost", 4000);
    siokit::client_options o;
    o.reconnection_attempts = 2;
    siokit::client io("http://localhost:4000", o);
    const siokit::sim::host dials(w.net, io.driver());
    int attempts = 0;
    io.on_reconnect_attempt([&](std::uint32_t) { ++attempts; });
    std::optional<result<void>> main, other;
    const foreign a = keep(siokit::connected(io), main);
    const foreign b = keep(siokit::connected(io.of("/other")), other);
    w.net.run_for(100s);
    CHECK(attempts == 2);
    CHECK((main && main->error() == errc::dial_refused && other && other->error() == errc::dial_refused));
  }
  SECTION("there are none") {
    world w;
    w.net.refuse("localhost", 4000);
    siokit::client_options o;
    o.reconnection = false;
    siokit::client io("http://localhost:4000", o);
    const siokit::sim::host dials(w.net, io.driver());
    CHECK(outcome(w, siokit::connected(io))->error() == errc::dial_refused);
  }
}

TEST_CASE("connected() ends when a session is lost and there are no attempts", "[coro]") {
  world w;
  siokit::client_options o;
  o.reconnection_attempts = 0;
  siokit::client& io = w.dial(o);
  CHECK(*outcome(w, siokit::connected(io)));
  std::optional<result<void>> got;
  std::optional<foreign> waits;
  io.on_disconnect([&] { waits = keep(siokit::connected(io), got); });
  w.served.freeze(1h);
  w.net.run_for(5min);
  REQUIRE(got);
  CHECK(got->error() == errc::not_connected);
}

TEST_CASE("connected() goes on while it is tried again", "[coro]") {
  world w;
  siokit::client io("http://later:3000");
  const siokit::sim::host dials(w.net, io.driver());
  std::optional<result<void>> got;
  const foreign a = keep(siokit::connected(io), got);
  {
    std::optional<result<void>> none;
    const foreign gone = keep(siokit::connected(io), none);
  }
  w.net.run_for(20s);
  CHECK(!got);
  w.served.listen("later", 3000);
  w.net.run_for(20s);
  CHECK((got && *got));
}

// ---- tasks -----------------------------------------------------------------------------------------------------------

TEST_CASE("a task runs when it is awaited, and gives what it co_returns", "[coro]") {
  std::string order;
  const auto leaf = [&](std::string s) -> task<std::unique_ptr<std::string>> {
    order += "l" + s;
    co_return std::make_unique<std::string>(s + s);
  };
  const auto middle = [&](int n) -> task<int> {
    order += "m";
    for (int i = 0; i < n; ++i) (void)co_await leaf("x");
    const auto last = co_await leaf("y");
    co_return static_cast<int>(last->size());
  };
  {
    const task<int> never = middle(1);
    CHECK(order.empty());
  }
  int got = 0;
  gate g;
  siokit::start([&]() -> task<> {
    task<int> t = middle(2);
    order += "s";
    co_await g;
    got = co_await std::move(t);
  });
  CHECK((order == "s" && got == 0));
  g.open();
  CHECK((order == "smlxlxly" && got == 2));
}

TEST_CASE("a foreign coroutine awaits tasks, and tasks that wait go with it", "[coro]") {
  int alive = 0;
  gate g;
  int got = 0;
  const auto inner = [&](counted) -> task<int> {
    co_await g;
    co_return 7;
  };
  const auto outer = [&]() -> foreign { got = co_await inner(counted(alive)); };
  {
    const foreign f = outer();
    g.open();
    CHECK((f.done() && got == 7 && alive == 0));
  }
  {
    const foreign f = outer();
    CHECK(alive > 0);
  }
  CHECK(alive == 0);
}

// ---- handlers --------------------------------------------------------------------------------------------------------

TEST_CASE("a coroutine handler acknowledges with what it co_returns, when it does", "[coro]") {
  world w;
  gate g;
  w.srv.on("now", [](int a, std::optional<int> b) -> task<int> { co_return a + (b ? *b : 100); });
  w.srv.on("later", [&](siokit::socket_ref s, std::string who, std::vector<int> n) -> task<std::string> {
    co_await g;
    CHECK(s);
    co_return who + std::to_string(n.size());
  });
  w.srv.on("void", [&]() -> task<> { co_await g; });
  w.srv.on("result", [](result<int> n) -> task<std::string> { co_return n ? "number" : std::string(text(n.error())); });
  w.srv.on("both", [&](siokit::ack<std::string> reply) -> task<std::string> {
    co_await g;
    reply("first");
    co_return "second";
  });
  w.srv.on(add, [](int a, int b) -> task<std::int16_t> { co_return static_cast<std::int16_t>(a + b); });
  siokit::client& io = w.join();
  io.on("back", [&](siokit::client_socket& s, int n) -> task<int> {
    co_return *co_await s.emit_with_ack<int>(5s, "now", n);
  });
  CHECK(**outcome(w, io.emit_with_ack<int>(1s, "now", 1)) == 101);
  CHECK(**outcome(w, io.emit_with_ack<int>(1s, add, 1, 2)) == 3);
  CHECK(**outcome(w, io.emit_with_ack<std::string>(1s, "result", "x")) == "expected integer");
  CHECK(outcome(w, io.emit_with_ack<int>(1s, "now", "x"))->error() == errc::ack_timeout);
  std::vector<std::optional<result<std::string>>> got(4);
  std::vector<foreign> waits;
  waits.push_back(keep(io.emit_with_ack<std::string>(1h, "later", "a", siokit::arr(1, 2)), got[0]));
  waits.push_back(keep(io.emit_with_ack<std::string>(1h, "later", "b", siokit::arr()), got[1]));
  waits.push_back(keep(io.emit_with_ack<std::string>(1h, "both"), got[2]));
  waits.push_back(keep(io.emit_with_ack<std::string>(1h, "void"), got[3]));
  w.net.run_for(10s);
  CHECK((!got[0] && !got[1] && !got[2] && g.waiting.size() == 4));
  g.open();
  w.net.run_for(10s);
  CHECK((**got[0] == "a2" && **got[1] == "b0" && **got[2] == "first" && !got[3]));
  int back = 0;
  w.srv.each_socket([&](siokit::socket& s) {
    siokit::start([&, who = s.ref()]() -> task<> { back = *co_await who->emit_with_ack<int>(5s, "back", 5); });
  });
  w.net.run_for(1s);
  CHECK(back == 105);
}

TEST_CASE("a coroutine handler that was taken off, or replaced, ends as it would have", "[coro]") {
  world w;
  gate g;
  int alive = 0;
  const auto wait = [&g, held = counted(alive), n = 0]() mutable -> task<int> {
    co_await g;
    co_return ++n + 10 * *held.n_;
  };
  const siokit::listener_id id = w.srv.on("wait", wait);
  siokit::client& io = w.join();
  std::optional<result<int>> first, second;
  const foreign a = keep(io.emit_with_ack<int>(1h, "wait"), first);
  const foreign b = keep(io.emit_with_ack<int>(1h, "wait"), second);
  w.net.run_for(1s);
  CHECK(g.waiting.size() == 2);
  w.srv.off("wait", id);
  CHECK(alive == 2);  // `wait` and what was registered: it is not copied for each call
  g.open();
  CHECK(alive == 1);
  w.net.run_for(1s);
  CHECK((**first == 21 && **second == 22));
}

TEST_CASE("a move-only coroutine handler", "[coro]") {
  world w;
  w.srv.on("own", [n = std::make_unique<int>(3)](int a) -> task<int> { co_return *n + a; });
  CHECK(**outcome(w, w.join().emit_with_ack<int>(1s, "own", 4)) == 7);
}

TEST_CASE("a coroutine handler goes on when its socket or its server is gone", "[coro]") {
  gate g;
  int ended = 0, alive = 0;
  {
    world w;
    w.srv.on("wait", [&](siokit::socket_ref s) -> task<int> {
      co_await g;
      CHECK(!s);
      ++ended;
      co_return 1;
    });
    w.srv.on("ask", [&](siokit::socket_ref s, std::string) -> task<int> {
      const counted held(alive);
      co_return *co_await s->emit_with_ack<int>(siokit::no_timeout, "nobody");
    });
    (void)w.join().emit("wait", siokit::on_ack([](result<int>) {}));
    w.net.run_for(1s);
    w.io->disconnect();
    w.net.run_for(1s);
    g.open();
    CHECK(ended == 1);
    w.io->connect();
    w.net.run_for(1s);
    (void)w.io->emit("wait", siokit::on_ack([](result<int>) {}));
    (void)w.io->emit("ask", "x");
    w.net.run_for(1s);
    CHECK((g.waiting.size() == 1 && alive == 1));
  }
  CHECK(alive == 0);  // it waited for the server
  g.open();
  CHECK(ended == 2);
}

// ---- middleware ------------------------------------------------------------------------------------------------------

TEST_CASE("a coroutine middleware lets a CONNECT pass or refuses it, at once or later", "[coro]") {
  world w;
  gate g;
  std::string order;
  w.srv.use([&](siokit::socket_ref s) -> task<std::optional<siokit::refusal>> {
    order += "1";
    const siokit::value_view auth = s->handshake().auth();
    std::string_view name;
    if (auth.find("name").as_string(name) != errc::none) co_return siokit::refusal{"who are you?"};
    if (name == "late") co_await g;
    if (!s) order += "gone";
    co_return std::nullopt;
  });
  w.srv.use([&](siokit::socket& s, siokit::next_fn next) {
    order += "2" + s.nsp().name();
    next();
  });
  siokit::client& io = w.dial();
  std::string why;
  io.on_connect_error([&](const siokit::connect_error& e) { why = e.message; });
  CHECK(outcome(w, siokit::connected(io))->error() == errc::sio_connect_refused);
  CHECK((why == "who are you?" && order == "1"));
  io.auth(siokit::obj("name", "early"));
  io.connect();
  CHECK(*outcome(w, siokit::connected(io)));
  CHECK(order == "112/");
  io.disconnect();
  io.auth(siokit::obj("name", "late"));
  io.connect();
  w.net.run_for(1s);
  CHECK((!io.connected() && g.waiting.size() == 1));
  g.open();
  w.net.run_for(1s);
  CHECK((io.connected() && order == "112/12/"));
  io.disconnect();
  io.connect();
  w.net.run_for(1s);
  w.drop_client();
  w.net.run_for(1s);
  g.open();
  w.net.run_for(1s);
  CHECK(order == "112/12/1gone");
}

// ---- exceptions ------------------------------------------------------------------------------------------------------
#if defined(__cpp_exceptions)

namespace {

struct oops : std::exception {};

template <class F>
bool throws(F&& f) {
  try {
    f();
  } catch (const oops&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("an exception of a task is caught by whoever awaits it, or leaves start() or the resume", "[coro]") {
  int alive = 0;
  gate g;
  const auto bad = [&](counted, bool wait) -> task<int> {
    const counted local(alive);
    if (wait) co_await g;
    throw oops();
  };
  std::string order;
  siokit::start([&]() -> task<> {
    try {
      (void)co_await bad(counted(alive), true);
    } catch (const oops&) {
      order += "caught";
    }
  });
  g.open();
  CHECK((order == "caught" && alive == 0));
  for (int i = 0; i < 3; ++i) {
    CHECK(throws([&] { siokit::start(bad(counted(alive), false)); }));
    CHECK(alive == 0);
    siokit::start([&, held = counted(alive)]() -> task<> { (void)co_await bad(held, true); });
    CHECK(alive > 0);
    CHECK(throws([&] { g.open(); }));
    CHECK(alive == 0);
  }
}

TEST_CASE("an exception of a coroutine handler leaves through the driver call in which it goes on", "[coro]") {
  siokit::server io;
  rules::host h(io);
  rules::client c(h);
  int alive = 0;
  io.on("now", [&]() -> task<int> {
    const counted local(alive);
    throw oops();
    co_return 1;
  });
  io.on("later", [&](siokit::socket_ref s, std::string what) -> task<std::string> {
    const counted local(alive);
    if (!co_await s->emit_with_ack<int>(5s, "sure?")) throw oops();
    co_return what;
  });
  joined(c);
  CHECK(throws([&] { c.send("21[\"now\"]"); }));
  CHECK((alive == 0 && c.packets().empty()));
  c.send("22[\"later\",\"a\"]");
  CHECK((c.packets() == "20[\"sure?\"]" && alive == 1));
  CHECK(throws([&] { c.send("30[\"no\"]"); }));
  CHECK((alive == 0 && c.packets().empty() && c.alive()));
  c.send("23[\"later\",\"b\"]");
  CHECK(c.packets() == "21[\"sure?\"]");
  c.send("31[1]");
  CHECK((c.packets() == "33[\"b\"]" && alive == 0));
  c.send("24[\"later\",\"c\"]");
  CHECK(throws([&] { h.run_for(6s); }));
  h.settle();
  c.send("25[\"later\",\"d\"]");
  c.read();
  CHECK(c.packets().find("23[\"sure?\"]") != std::string::npos);
  CHECK(throws([&] {
    c.drop();
    h.settle();
  }));
  h.settle();
  CHECK(alive == 0);
}

TEST_CASE("a coroutine middleware that throws has not answered, and the limit ends the wait", "[coro]") {
  siokit::server_options o;
  o.limits.middleware_timeout = 3s;
  siokit::server io(o);
  rules::host h(io);
  rules::client c(h);
  io.use([](siokit::socket_ref) -> task<std::optional<siokit::refusal>> {
    throw oops();
    co_return std::nullopt;
  });
  c.websocket();
  CHECK(throws([&] { c.join(); }));
  c.read();
  CHECK(c.packets().empty());
  h.run_for(4s);
  CHECK(c.packets().substr(0, 2) == "4{");
}

#endif
#endif
#if defined(__clang__)
#pragma clang attribute pop
#endif
