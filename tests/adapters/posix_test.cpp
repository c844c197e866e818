// poll_host and epoll_host: the shared contract, and what only they have.
#include "adapters/rigs.hpp"

using posix_rigs = std::tuple<poll_rig, epoll_rig>;
#define RIGS posix_rigs
#include "adapters/conformance.hpp"

#include <netinet/tcp.h>

#include <optional>
#include <thread>

TEMPLATE_LIST_TEST_CASE("host and driver die in either order, with everything pending", "[adapters]", RIGS) {
  using host_type = decltype(TestType::host);
  const bool driver_first = GENERATE(false, true);
  auto posted = std::make_shared<int>(0);
  auto io = std::make_optional<echo_driver>();
  auto host = std::make_optional<host_type>(*io);
  const auto port = host->listen(0).port;
  std::vector<client> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(client::tcp(port, "127.0.0.1", 4096));
  for (int i = 0; i < 10; ++i) host->step(1ms);
  REQUIRE(io->accepted.size() == 4);
  io->write(io->accepted[0], pattern(16 << 20));
  io->stop_reading(io->accepted[1]);
  io->close(io->accepted[2]);
  for (int i = 0; i < 5; ++i) host->step(1ms);
  host->post([posted] { ++*posted; });
  if (driver_first) io.reset();
  host.reset();
  if (io) {
    io->write(io->accepted[3], "to nobody");
    io->set_deadline(steady_clock::now());
  }
  CHECK(posted.use_count() == 1);
  CHECK(*posted == 0);
}

TEMPLATE_LIST_TEST_CASE("a host is bound to one driver after another", "[adapters]", RIGS) {
  echo_driver io;
  for (int i = 0; i < 3; ++i) {
    decltype(TestType::host) host{io};
    const auto at = host.listen(0);
    REQUIRE(at);
    client c = client::tcp(at.port);
    REQUIRE(c.send("hello") == 5);
    std::string got;
    for (int n = 0; n < 1000 && got.size() < 5; ++n) host.step(5ms), got += c.receive();
    CHECK(got == "hello");
  }
}

TEMPLATE_LIST_TEST_CASE("step waits as long as it is told, and no longer", "[adapters]", RIGS) {
  TestType rig;
  REQUIRE(rig.host.listen(0));
  const auto start = steady_clock::now();
  CHECK(rig.host.step(0ms));
  CHECK(rig.host.step(30ms));
  CHECK(steady_clock::now() - start >= 30ms);
  rig.io.set_deadline(steady_clock::now() + 10ms);
  CHECK(rig.host.step(10s));
  rig.host.stop();
  CHECK_FALSE(rig.host.step(10s));
  CHECK(steady_clock::now() - start < 5s);
}

TEMPLATE_LIST_TEST_CASE("an answer is sent within the step that brought the question", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  REQUIRE(c.send("question") == 8);
  CHECK(rig.host.step(1s));
  CHECK(c.receive() == "question");
}

TEMPLATE_LIST_TEST_CASE("what handlers say in the last turn still leaves", "[adapters]", RIGS) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  rig.io.on_bytes = [&](siokit::link_id, std::string_view) { rig.host.stop(); };
  REQUIRE(c.send("last words") == 10);
  rig.host.run();
  CHECK(c.receive() == "last words");
}

#if defined(__cpp_exceptions)
TEMPLATE_LIST_TEST_CASE("functions left over by a throw need no other event", "[adapters]", RIGS) {
  TestType rig;
  bool ran = false;
  rig.host.post([] { throw std::runtime_error("posted"); });
  rig.host.post([&] { ran = true; });
  CHECK_THROWS(rig.host.step(10s));
  const auto start = steady_clock::now();
  CHECK(rig.host.step(10s));
  CHECK(ran);
  CHECK(steady_clock::now() - start < 5s);
}
#endif

TEST_CASE("epoll may look for events before it sleeps", "[adapters]") {
  siokit::host_options options;
  options.busy_poll = 2ms;
  epoll_rig rig{options};
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  send_all(rig, c, "quick");
  CHECK(receive(rig, c, 5) == "quick");
  turns(rig);
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("signals that interrupt, and stop from a signal handler", "[adapters]") {
  static siokit::epoll_host* stopped = nullptr;
  epoll_rig rig;
  REQUIRE(rig.host.listen(0));
  stopped = &rig.host;
  struct sigaction before {};
  struct sigaction act {};
  act.sa_handler = [](int) { stopped->stop(); };
  REQUIRE(::sigaction(SIGUSR1, &act, &before) == 0);
  const pthread_t self = ::pthread_self();
  std::thread killer([self] { ::pthread_kill(self, SIGUSR1); });
  rig.host.run();
  killer.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  SUCCEED();
}
#endif

TEST_CASE("accepted sockets send small messages at once and are not inherited", "[adapters]") {
  const auto made = siokit::posix::open_listener({});
  REQUIRE(made.result);
  client c = client::tcp(made.result.port);
  const auto got = siokit::posix::accept_from(made.fd.get());
  REQUIRE(got.fd);
  CHECK(std::string_view{got.address} == "127.0.0.1");
  int no_delay = 0;
  socklen_t size = sizeof(no_delay);
  REQUIRE(::getsockopt(got.fd.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
  CHECK(no_delay != 0);
  int unsent = 0;
  REQUIRE(::getsockopt(got.fd.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, &size) == 0);
  CHECK(unsent == siokit::listen_options{}.unsent);
  CHECK((::fcntl(got.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(got.fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK(siokit::posix::accept_from(made.fd.get()).none());
}

TEST_CASE("the system gives randomness and the time of day", "[adapters]") {
  const siokit::host_services s = siokit::system_services([](void*) {}, nullptr);
  std::array<std::byte, 5000> a{};
  std::array<std::byte, 5000> b{};
  CHECK(s.entropy(s.ctx, a));
  CHECK(s.entropy(s.ctx, b));
  CHECK(a != b);
  CHECK(s.entropy(s.ctx, {}));
  CHECK(s.unix_ms(s.ctx) > 1'700'000'000'000);
}

TEST_CASE("peers are found by token and by link until they are gone", "[adapters]") {
  using siokit::posix::peer;
  siokit::posix::peer_table peers;
  std::vector<peer*> all;
  for (std::uint64_t i = 0; i < 1000; ++i)
    all.push_back(peers.add(peer::role::link, static_cast<int>(i), static_cast<siokit::link_id>(1ull << 32 | i)));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    CHECK(peers.find(all[i]->token()) == all[i]);
    CHECK(peers.find(static_cast<siokit::link_id>(1ull << 32 | i)) == all[i]);
    CHECK(peers.find(static_cast<siokit::link_id>(3ull << 32 | i)) == nullptr);
  }
  const std::uint64_t token = all[7]->token();
  peers.remove(*all[7]);
  CHECK(peers.find(token) == nullptr);
  CHECK(peers.find(static_cast<siokit::link_id>(1ull << 32 | 7)) == nullptr);
  peer* const next = peers.add(peer::role::link, 9, static_cast<siokit::link_id>(3ull << 32 | 7));
  CHECK(next == all[7]);
  CHECK(peers.find(token) == nullptr);
  // The driver has used the index again while the old peer is still parting.
  peer* const old = all[8];
  peer* const young = peers.add(peer::role::link, 10, static_cast<siokit::link_id>(3ull << 32 | 8));
  peers.unlink(*old);
  CHECK(peers.find(static_cast<siokit::link_id>(3ull << 32 | 8)) == young);
  CHECK(peers.find(old->token()) == old);
  CHECK(peers.find(siokit::link_id{}) == nullptr);
}

TEST_CASE("those who wait come in order, and history does not pile up", "[adapters]") {
  siokit::posix::waiting_line line{10ms};
  const siokit::time_point start{1h};
  std::uint64_t token = 0;
  CHECK(line.deadline() == siokit::never);
  for (std::uint32_t i = 0; i < 100; ++i) {
    REQUIRE(line.push(i, start + i * 1ms));
    if (i >= 10) {
      REQUIRE(line.due(start + i * 1ms, token));
      CHECK(token == i - 10);
    }
    CHECK_FALSE(line.due(start + i * 1ms, token));
  }
}
