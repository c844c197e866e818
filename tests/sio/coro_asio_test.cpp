// Coroutines over Asio, on real sockets: completion tokens, cancellation, handlers that return asio::awaitable, and who
// may die while a coroutine waits. What is awaited, and how it ends, is in coro_test.cpp.
#if defined(__SANITIZE_THREAD__)
#define ASIO_DISABLE_FENCED_BLOCK  // g++ refuses Asio's fences there; they only add to the scheduler's mutex
#endif
#include <asio/io_context.hpp>
#include <siokit/adapters/asio_coro.hpp>

#if defined(__cpp_impl_coroutine)
#include <siokit/client.hpp>
#include <siokit/server.hpp>

#if defined(ASIO_HAS_CO_AWAIT)
#include <asio/experimental/awaitable_operators.hpp>
#endif

#include "catch.hpp"

using namespace std::chrono_literals;
using siokit::errc;
using siokit::result;

namespace {

struct oops : std::exception {};

struct loop {
  int thrown = 0;  // out of the context
  std::unique_ptr<asio::io_context> ctx = std::make_unique<asio::io_context>();
  siokit::server srv;
  std::unique_ptr<siokit::asio_host> serves = std::make_unique<siokit::asio_host>(ctx->get_executor(), srv.driver());
  std::string url = "http://localhost:" + std::to_string(serves->listen(listen_here()).port);
  std::unique_ptr<siokit::client> io = std::make_unique<siokit::client>(url);
  std::unique_ptr<siokit::asio_host> dials = std::make_unique<siokit::asio_host>(ctx->get_executor(), io->driver());

  static siokit::listen_options listen_here() { return siokit::listen_options{.address = "127.0.0.1"}; }
  template <class Done>
  void run_until(Done&& done) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < end) {
      ctx->restart();
      try {
        ctx->run_one_for(10ms);
      } catch (const oops&) {
        ++thrown;
      }
    }
    REQUIRE(done());
  }
  void join() {
    run_until([this] { return io->connected(); });
  }
};

struct counted {
  explicit counted(int& n) : n_(&n) { ++*n_; }
  counted(const counted& o) : n_(o.n_) { ++*n_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*n_; }
  int* n_;
};

}  // namespace

TEST_CASE("a callback as completion token is called like a handler of siokit's", "[coro]") {
  loop w;
  w.srv.on("add", [](int a, int b) { return a + b; });
  std::string order;
  const auto joined = [&](result<void> up) { order += up ? "up " : "down "; };
  siokit::connected(*w.io)(joined);
  w.io->emit_with_ack<int>(5s, "add", 2, 3)([&](result<int> sum) { order += std::to_string(sum ? *sum : -1); });
  CHECK(order.empty());
  w.run_until([&] { return order.size() >= 4; });
  siokit::connected(*w.io)(joined);
  CHECK(order == "up 5up ");
  w.io->emit_with_ack<int>(5s, "nobody")([&](result<int> sum) { order += text(sum.error()); });
  w.dials.reset();
  w.io.reset();
  CHECK(order == "up 5up the acknowledgement is no longer awaited");
}

TEST_CASE("a handler is called on its own executor", "[coro]") {
  loop w;
  w.srv.on("add", [](int a, int b) { return a + b; });
  w.join();
  asio::io_context other;
  int sum = 0;
  w.io->emit_with_ack<int>(5s, "add", 2, 3)(
      asio::bind_executor(other.get_executor(), [&](result<int> r) { sum = r ? *r : -1; }));
  w.run_until([&] { return w.io->awaited() == 0; });
  CHECK(sum == 0);
  other.run();
  CHECK(sum == 5);
}

#if defined(ASIO_HAS_CO_AWAIT)

using asio::awaitable;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;

namespace {

awaitable<void> pause(siokit::milliseconds length) {
  asio::steady_timer timer(co_await asio::this_coro::executor, length);
  co_await timer.async_wait(use_awaitable);
}

template <class F>
void spawn_on(loop& w, F&& f) {
  asio::co_spawn(w.dials->get_executor(), std::forward<F>(f), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
}

}  // namespace

TEST_CASE("a coroutine of Asio's awaits with use_awaitable", "[coro]") {
  loop w;
  w.srv.on("add", [](int a, int b) { return a + b; });
  bool done = false;
  spawn_on(w, [&]() -> awaitable<void> {
    const result<void> up = co_await siokit::connected(*w.io)(use_awaitable);
    const result<void> still = co_await siokit::connected(*w.io)(use_awaitable);
    CHECK((up && still));
    const result<int> sum = co_await w.io->emit_with_ack<int>(5s, "add", 2, 3)(use_awaitable);
    CHECK((sum && *sum == 5));
    const result<std::string> text = co_await w.io->emit_with_ack<std::string>(5s, "add", 2, 3)(use_awaitable);
    CHECK(text.error() == errc::expected_string);
    const result<int> late = co_await w.io->emit_with_ack<int>(20ms, "nobody")(use_awaitable);
    CHECK(late.error() == errc::ack_timeout);
    auto early = w.io->emit_with_ack<int>(5s, "add", 1, 1);
    co_await pause(50ms);
    CHECK(early.await_ready());
    const result<int> two = co_await std::move(early)(use_awaitable);
    CHECK(*two == 2);
    done = true;
  });
  w.run_until([&] { return done; });
}

TEST_CASE("a wait can be cancelled, as by an operator ||", "[coro]") {
  loop w;
  w.srv.of("/never").use([](siokit::socket&, siokit::next_fn) {});
  bool done = false;
  spawn_on(w, [&]() -> awaitable<void> {
    (void)co_await siokit::connected(*w.io)(use_awaitable);
    const auto first = co_await (w.io->emit_with_ack<int>(siokit::no_timeout, "nobody")(use_awaitable) || pause(20ms));
    CHECK(first.index() == 1);
    w.io->disconnect();
    siokit::client_socket& other = w.io->of("/never");
    const auto second = co_await (siokit::connected(other)(use_awaitable) || pause(20ms));
    CHECK(second.index() == 1);
    done = true;
  });
  w.run_until([&] { return done && w.io->awaited() == 0; });
}

TEST_CASE("handlers and middleware that return asio::awaitable", "[coro]") {
  loop w;
  std::string order;
  w.srv.use(siokit::spawn(*w.serves, [&](siokit::socket_ref s) -> awaitable<std::optional<siokit::refusal>> {
    co_await pause(10ms);
    order += s ? "joins " : "gone ";
    if (order == "joins ") co_return siokit::refusal{"again"};
    co_return std::nullopt;
  }));
  w.srv.on("slow", siokit::spawn(*w.serves, [&, n = std::make_unique<int>(40)](int a, std::string who) -> awaitable<std::string> {
    co_await pause(10ms);
    co_return who + std::to_string(a + ++*n);
  }));
  w.srv.on("void", siokit::spawn(*w.serves, [&](siokit::socket_ref s) -> awaitable<void> {
    const result<int> back = co_await s->emit_with_ack<int>(5s, "back")(use_awaitable);
    order += std::to_string(*back);
  }));
  w.io->on("back", siokit::spawn(*w.dials, [](siokit::client_socket& io) -> awaitable<int> {
    co_await pause(1ms);
    co_return static_cast<int>(io.name().size());
  }));
  bool done = false;
  spawn_on(w, [&]() -> awaitable<void> {
    const result<void> refused = co_await siokit::connected(*w.io)(use_awaitable);
    CHECK(refused.error() == errc::sio_connect_refused);
    w.io->connect();
    const result<void> up = co_await siokit::connected(*w.io)(use_awaitable);
    CHECK(up);
    const result<std::string> a = co_await w.io->emit_with_ack<std::string>(5s, "slow", 1, "a")(use_awaitable);
    const result<std::string> b = co_await w.io->emit_with_ack<std::string>(5s, "slow", 1, "b")(use_awaitable);
    CHECK((*a == "a42" && *b == "b43"));
    (void)w.io->emit("void");
    done = true;
  });
  w.run_until([&] { return done && order == "joins joins 1"; });
}

TEST_CASE("an exception of a handler's coroutine leaves run()", "[coro]") {
  loop w;
  w.srv.on("bad", siokit::spawn(*w.serves, [](bool wait) -> awaitable<int> {
    if (wait) co_await pause(5ms);
    throw oops();
    co_return 1;
  }));
  w.srv.on("good", [] { return 1; });
  w.join();
  int good = 0;
  for (const bool wait : {false, true}) {
    (void)w.io->emit("bad", wait, siokit::on_ack([](result<int>) {}));
    w.io->emit_with_ack<int>(5s, "good")([&](result<int> r) { good += r ? *r : 0; });
  }
  w.run_until([&] { return w.thrown == 2 && good == 2; });
}

TEST_CASE("client, host and context die in any order while coroutines wait", "[coro]") {
  const char* const orders[] = {"hic", "hci", "ihc", "ich", "chi", "cih"};
  for (const std::string order : orders) {
    INFO(order);
    int alive = 0, cancelled = 0;
    {
      loop w;
      w.srv.on("wait", siokit::spawn(*w.serves, [&](siokit::socket_ref s) -> awaitable<int> {
        const counted held(alive);
        (void)co_await s->emit_with_ack<int>(siokit::no_timeout, "nobody")(use_awaitable);
        co_return 1;
      }));
      w.join();
      const auto wait = [&](siokit::awaiter<int> what) -> awaitable<void> {
        const counted held(alive);
        const result<int> r = co_await std::move(what)(use_awaitable);
        if (r.error() == errc::ack_cancelled) ++cancelled;
      };
      const auto wait_connected = [&]() -> awaitable<void> {
        const counted held(alive);
        const result<void> r = co_await siokit::connected(w.io->of("/never"))(use_awaitable);
        if (r.error() == errc::ack_cancelled) ++cancelled;
      };
      w.srv.of("/never").use([](siokit::socket&, siokit::next_fn) {});
      spawn_on(w, wait(w.io->emit_with_ack<int>(siokit::no_timeout, "wait")));
      spawn_on(w, wait_connected);
      w.run_until([&] { return alive == 3; });
      for (const char who : order) {
        if (who == 'h') w.dials.reset();
        if (who == 'i') w.io.reset();
        if (who == 'c') w.serves.reset(), w.ctx.reset();
        if (w.ctx && !w.dials && !w.io) {
          w.ctx->restart();
          w.ctx->poll();
        }
      }
    }
    CHECK(alive == 0);
    CHECK(cancelled == (order == "hic" || order == "ihc" ? 2 : 0));
  }
}

#endif
#endif
