// The contract of driver.hpp for drivers that dial, as every adapter must keep it. Included by one test file per family
// of adapters, which defines RIGS as the tuple of rigs to run on. Names are looked up in `names`, addresses are local.
#pragma once

#include <netdb.h>
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <tuple>

#include "adapters/rigs.hpp"

using std::chrono::steady_clock;
using namespace std::chrono_literals;
using siokit::link_end;

/// Stands in for getaddrinfo: "nowhere" is unknown, "stuck..." hangs until release(), everything else is what was set.
struct names {
  static inline std::mutex mutex;
  static inline std::condition_variable changed;
  static inline bool holds = true;
  static inline int inside = 0;
  static inline int most_inside = 0;
  static inline std::vector<std::pair<std::string, std::uint16_t>> leads_to;  // and ports; 0: the one asked for

  static siokit::resolved resolve(const std::string& name, std::uint16_t port) {
    if (name == "nowhere") return {{}, EAI_NONAME};
    std::unique_lock lock(mutex);
    if (name.starts_with("stuck")) {
      most_inside = std::max(most_inside, ++inside);
      changed.notify_all();
      changed.wait(lock, [] { return !holds; });
      --inside;
      changed.notify_all();
    }
    siokit::resolved out;
    for (const auto& [address, own_port] : leads_to)
      for (const auto& at : siokit::resolve_name(address, own_port != 0 ? own_port : port).addresses)
        out.addresses.push_back(at);
    return out;
  }
  static siokit::host_options options() {
    const std::lock_guard lock(mutex);
    holds = true;
    most_inside = 0;
    leads_to = {{"127.0.0.1", 0}};
    siokit::host_options o;
    o.resolve = resolve;
    return o;
  }
  /// Waits until so many lookups hang. There may be more: a thread whose resolver died before it came here, and which comes
  /// only when the next test holds its lookups.
  static void wait_for(int n) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside >= n; });
  }
  /// Lets them go, and waits until they have gone.
  static void release() {
    std::unique_lock lock(mutex);
    holds = false;
    changed.notify_all();
    changed.wait(lock, [] { return inside == 0; });
  }
};

/// A listener whose queue is full: the kernel does not answer who connects to it now.
class silence {
 public:
  silence() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size);
    ::listen(listener_.get(), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    for (bool answered = true; answered;) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      queued_.emplace_back(fd);
      ::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at));
      pollfd p{fd, POLLOUT, 0};
      answered = ::poll(&p, 1, 50) == 1;
    }
  }
  std::uint16_t port() const { return port_; }

 private:
  siokit::posix::unique_fd listener_;
  std::vector<siokit::posix::unique_fd> queued_;
  std::uint16_t port_ = 0;
};

/// A port that nobody listens on, kept from others.
class closed_port {
 public:
  closed_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  std::uint16_t port() const { return port_; }

 private:
  siokit::posix::unique_fd fd_;
  std::uint16_t port_ = 0;
};

/// Descriptors that are open.
inline int open_files() {
  int n = 0;
  for (int fd = 0; fd < 1024; ++fd) n += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return n;
}

/// A host that listens and one that dials, on one thread.
template <class Rig>
struct two_rigs {
  Rig server;
  Rig rig;

  explicit two_rigs(const siokit::host_options& options = names::options()) : server(options), rig(options) {
    rig.io.echo = false;
    rig.io.on_bytes = [this](siokit::link_id, std::string_view in) { got += in; };
  }
  void turn() {
    server.turn();
    rig.turn();
  }
  std::uint16_t listen() { return server.host.listen(0).port; }
  siokit::link_id open(const std::string& host, std::uint16_t port) {
    const std::size_t before = rig.io.opened_links.size();
    const siokit::link_id link = rig.io.dial(host, port);
    REQUIRE(until(*this, [&] { return rig.io.opened_links.size() > before; }));
    CHECK(rig.io.opened_links.back() == link);
    return link;
  }
  /// How a dial ended that opened nothing.
  echo_driver::ending end_of(const std::string& host, std::uint16_t port) {
    const siokit::link_id link = rig.io.dial(host, port);
    REQUIRE(until(*this, [&] { return !rig.io.endings.empty(); }));
    turns(*this, 3);
    REQUIRE(rig.io.endings.size() == 1);
    CHECK(rig.io.opened_links.empty());
    CHECK(rig.io.endings[0].link == link);
    CHECK(rig.host.connections() == 0);
    CHECK(rig.io.faults.empty());
    return rig.io.endings[0];
  }
  bool received(std::string_view text) {
    return until(*this, [&] { return got.size() >= text.size(); }) && got == text;
  }

  std::string got;
};

// --- links -----------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("a dialed link is a link like any other", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  auto& io = both.rig.io;
  REQUIRE(both.rig.host.listen(0));  // Asio's context sleeps only while it has something to wait for
  const siokit::link_id link = both.open("127.0.0.1", both.listen());
  CHECK(both.rig.host.connections() == 1);
  const std::string all = pattern(4 << 20);
  io.write(link, all);
  REQUIRE(until(both, [&] { return both.got.size() == all.size(); }));
  CHECK((both.got == all));

  both.got.clear();
  io.stop_reading(link);
  io.write(link, "patience");
  CHECK(sleeps(both.rig));
  both.server.turn();
  CHECK(sleeps(both.rig));
  CHECK(both.got.empty());
  io.read_again(link);
  CHECK(both.received("patience"));

  io.close(link);
  REQUIRE(until(both, [&] { return both.rig.host.connections() == 0 && both.server.host.connections() == 0; }));
  REQUIRE(io.endings.size() == 1);
  CHECK(io.endings[0].how == link_end::eof);
  CHECK(both.server.io.endings[0].how == link_end::eof);
  CHECK(io.faults.empty());
  CHECK(both.server.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("names, literals and Unix sockets are dialed", "[adapters]", RIGS) {
  siokit::host_options options;
  options.resolve = GENERATE(true, false) ? names::options().resolve : nullptr;
  two_rigs<TestType> both{options};
  const std::uint16_t port = both.listen();
  const std::string path = "/tmp/siokit-dial-" + std::to_string(::getpid()) + ".sock";
  REQUIRE(both.server.host.listen({.address = "unix:" + path}));
  std::vector<std::string> hosts{"127.0.0.1", "localhost", "unix:" + path};
  if (client::tcp(port, "::1")) hosts.push_back("::1");
  for (const std::string& host : hosts) {
    INFO(host);
    both.got.clear();
    both.rig.io.write(both.open(host, port), host);
    CHECK(both.received(host));
  }
  CHECK(both.rig.host.connections() == hosts.size());
  CHECK(both.rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("one host dials itself", "[adapters]", RIGS) {
  TestType rig{names::options()};
  const auto port = rig.host.listen(0).port;
  std::size_t echoed = 0;
  rig.io.echo = false;
  const siokit::link_id link = rig.io.dial("anywhere", port);
  rig.io.on_bytes = [&](siokit::link_id id, std::string_view in) {
    if (id == link) echoed += in.size();
    else rig.io.write(id, in);
  };
  rig.io.write(link, "before it is open");  // waits
  REQUIRE(until(rig, [&] { return rig.io.opened_links.size() == 1; }));
  rig.io.write(link, "hello");
  CHECK(until(rig, [&] { return echoed == 22; }));
  CHECK(rig.host.connections() == 2);
  rig.io.close_all();
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  CHECK(rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("dialed sockets send small messages at once", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const siokit::link_id link = both.open("127.0.0.1", both.listen());
  // A ping-pong of small messages: with Nagle's algorithm and delayed acknowledgements each would take 40 ms.
  int rounds = 0;
  both.rig.io.on_bytes = [&](siokit::link_id, std::string_view) {
    if (++rounds >= 100) return;
    both.rig.io.write(link, "a");
    both.rig.io.write(link, "b");
  };
  both.rig.io.write(link, "a");
  CHECK(until(both, [&] { return rounds >= 100; }));
}

TEMPLATE_LIST_TEST_CASE("three hundred dials at once", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const auto port = both.listen();
  std::vector<siokit::link_id> links;
  for (int i = 0; i < 300; ++i) links.push_back(both.rig.io.dial(i % 2 == 0 ? "127.0.0.1" : "name", port));
  both.rig.io.on_opened = [&](siokit::link_id id) { both.rig.io.write(id, "x"); };
  CHECK(until(both, [&] { return both.got.size() == 300; }));
  CHECK(both.rig.host.connections() == 300);
  both.rig.io.close_all();
  CHECK(until(both, [&] { return both.rig.host.connections() == 0; }));
  CHECK(both.rig.io.endings.size() == 300);
  CHECK(both.rig.io.faults.empty());
}

TEMPLATE_LIST_TEST_CASE("handlers and posted functions dial", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const auto port = both.listen();
  const closed_port nobody;
  auto& io = both.rig.io;
  int failed = 0;
  io.on_closed = [&](siokit::link_id) {
    if (++failed < 5) io.dial("127.0.0.1", nobody.port());
    else io.dial("name", port);
  };
  io.on_opened = [&](siokit::link_id) {
    if (io.opened_links.size() < 5) io.dial("127.0.0.1", port);
  };
  both.rig.host.post([&] { io.dial("127.0.0.1", nobody.port()); });
  CHECK(until(both, [&] { return io.opened_links.size() == 5; }));
  CHECK(failed == 5);
  CHECK(io.faults.empty());
}

// --- what comes to nothing -------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("a dial that fails says why, once", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const closed_port nobody;
  SECTION("refused") {
    const auto end = both.end_of("127.0.0.1", nobody.port());
    CHECK(end.how == link_end::refused);
    CHECK(end.os_error == ECONNREFUSED);
  }
  SECTION("unknown name") {
    const auto end = both.end_of("nowhere", 80);
    CHECK(end.how == link_end::unresolved);
    CHECK(end.os_error == EAI_NONAME);
  }
  SECTION("no name") { CHECK(both.end_of("", 80).how == link_end::unresolved); }
  SECTION("no address") {
    names::leads_to.clear();
    CHECK(both.end_of("empty", 80).how == link_end::unresolved);
  }
  SECTION("no such Unix socket") {
    const auto end = both.end_of("unix:/tmp/siokit-no-such.sock", 0);
    CHECK(end.how == link_end::refused);
    CHECK(end.os_error == ENOENT);
  }
  SECTION("no possible Unix socket") { CHECK(both.end_of("unix:", 0).how == link_end::unresolved); }
  SECTION("the last of several errors counts") {
    names::leads_to = {{"127.0.0.1", nobody.port()}, {"255.255.255.255", 1}};
    const auto end = both.end_of("several", 80);
    CHECK(end.how == link_end::refused);
    CHECK(end.os_error != ECONNREFUSED);
    CHECK(end.os_error != 0);
  }
}

TEMPLATE_LIST_TEST_CASE("a Unix socket whose listener has no room refuses", "[adapters]", RIGS) {
  const std::string path = "/tmp/siokit-full-" + std::to_string(::getpid()) + ".sock";
  const auto made = siokit::posix::open_listener({.address = "unix:" + path, .backlog = 0});
  REQUIRE(made.result);
  const client first = client::unix_socket(path);
  two_rigs<TestType> both;
  const auto end = both.end_of("unix:" + path, 0);
  CHECK(end.how == link_end::refused);
  CHECK(end.os_error != 0);
}

TEMPLATE_LIST_TEST_CASE("a dial that takes too long is given up", "[adapters]", RIGS) {
  auto options = names::options();
  options.connect_time = 50ms;
  options.attempt_delay = 10ms;
  two_rigs<TestType> both{options};
  const silence nobody;
  SECTION("connecting") {
    names::leads_to.push_back({"127.0.0.1", 0});
    const auto end = both.end_of(GENERATE("127.0.0.1", "twice"), nobody.port());
    CHECK(end.how == link_end::refused);
    CHECK(end.os_error == ETIMEDOUT);
  }
  SECTION("resolving") {
    const auto end = both.end_of("stuck", 80);
    CHECK(end.how == link_end::unresolved);
    CHECK(end.os_error == ETIMEDOUT);
    names::release();
    turns(both);
  }
  CHECK(both.rig.io.endings.size() == 1);
}

TEMPLATE_LIST_TEST_CASE("a dial that is not wanted any more is told so once", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  auto& io = both.rig.io;
  const bool abort = GENERATE(false, true);
  const auto give_up = [&](siokit::link_id link) {
    if (abort) io.abort(link);
    else io.close(link);
    io.close(link);
    io.write(link, "nothing");
  };
  const silence nobody;
  SECTION("at once") { give_up(io.dial("127.0.0.1", both.listen())); }
  SECTION("while connecting") {
    const siokit::link_id link = io.dial("127.0.0.1", nobody.port());
    CHECK(sleeps(both.rig));
    CHECK(both.rig.host.connections() == 1);
    give_up(link);
  }
  SECTION("while resolving") {
    const siokit::link_id link = io.dial("stuck", both.listen());
    turns(both);
    names::wait_for(1);
    give_up(link);
    turns(both);
    CHECK(io.endings.size() == 1);
    names::release();
  }
  SECTION("just as it is resolved") {
    const siokit::link_id link = io.dial("stuck", both.listen());
    turns(both);
    names::wait_for(1);
    names::release();
    give_up(link);
  }
  CHECK(until(both, [&] { return both.rig.host.connections() == 0; }));
  turns(both);
  CHECK(io.opened_links.empty());
  REQUIRE(io.endings.size() == 1);
  CHECK(io.endings[0].how == link_end::cancelled);
  CHECK(io.faults.empty());
}

// --- several addresses -----------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("an address that leads nowhere costs its turn, not the link", "[adapters]", RIGS) {
  auto options = names::options();
  options.attempt_delay = 10ms;
  two_rigs<TestType> both{options};
  const auto four = both.server.host.listen({.address = "127.0.0.1"});
  REQUIRE(four);
  const closed_port nobody;
  const silence nothing;
  const int files = open_files();
  SECTION("IPv6 refuses") { names::leads_to = {{"::1", 0}, {"127.0.0.1", 0}}; }
  SECTION("the first of three is silent, the second refuses") {
    names::leads_to = {{"127.0.0.1", nothing.port()}, {"127.0.0.1", nobody.port()}, {"127.0.0.1", 0}};
  }
  SECTION("the good one is followed by bad ones") {
    names::leads_to = {{"127.0.0.1", 0}, {"127.0.0.1", nothing.port()}, {"127.0.0.1", nobody.port()}};
  }
  SECTION("one that cannot even be tried") { names::leads_to = {{"255.255.255.255", 1}, {"127.0.0.1", 0}}; }
  both.rig.io.write(both.open("dual", four.port), "through");
  CHECK(both.received("through"));
  turns(both, 10);
  CHECK(open_files() == files + 2);  // the link's two ends: other attempts are over
  CHECK(both.rig.host.connections() == 1);
  CHECK(both.rig.io.endings.empty());
  CHECK(both.rig.io.faults.empty());
}

// --- the resolver ----------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("names that hang hold up other names at most, and few threads", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const auto port = both.listen();
  auto& io = both.rig.io;
  for (int i = 0; i < 20; ++i) io.dial("stuck" + std::to_string(i), port);
  turns(both);
  names::wait_for(siokit::resolver::most_threads);
  both.open("127.0.0.1", port);
  CHECK(io.opened_links.size() == 1);
  CHECK(both.rig.host.connections() == 21);
  names::release();
  CHECK(until(both, [&] { return io.opened_links.size() == 21; }));
  CHECK(names::most_inside == siokit::resolver::most_threads);
}

// --- errors of the host itself ---------------------------------------------------------------------------------------

#if defined(__cpp_exceptions)
TEMPLATE_LIST_TEST_CASE("an exception leaves the turn of a dial, and the host works on", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const auto port = both.listen();
  const closed_port nobody;
  auto& io = both.rig.io;
  int caught = 0;
  const auto turn = [&] {
    both.server.turn();
    try {
      both.rig.turn();
    } catch (const std::runtime_error&) {
      ++caught;
    }
  };
  SECTION("opened") { io.throw_from = echo_driver::call::opened; }
  SECTION("closed") {
    io.dial("nowhere", 1);
    io.dial("127.0.0.1", nobody.port());
    io.throw_from = echo_driver::call::closed;
  }
  std::vector<siokit::link_id> links;
  for (int i = 0; i < 5; ++i) links.push_back(io.dial(i % 2 == 0 ? "127.0.0.1" : "name", port));
  for (const auto stop = steady_clock::now() + 5s; io.opened_links.size() < 5 && steady_clock::now() < stop;) turn();
  CHECK(caught == 1);
  REQUIRE(io.opened_links.size() == 5);
  for (const siokit::link_id link : links) io.write(link, "x");
  CHECK(both.received("xxxxx"));
  CHECK(io.faults.empty());
}
#endif

TEMPLATE_LIST_TEST_CASE("without descriptors a dial fails, and works when there are some", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const auto port = both.listen();
  turns(both);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  {
    const siokit::posix::unique_fd lowest{::dup(0)};
    const rlimit none{static_cast<rlim_t>(lowest.get()), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const siokit::scope_exit restore{[&] { ::setrlimit(RLIMIT_NOFILE, &before); }};
    const auto end = both.end_of("127.0.0.1", port);
    CHECK(end.how == link_end::refused);
    CHECK(end.os_error == EMFILE);
  }
  both.rig.io.write(both.open("127.0.0.1", port), "now");
  CHECK(both.received("now"));
}

TEMPLATE_LIST_TEST_CASE("a host without TLS refuses to secure a link", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  both.rig.io.secure(both.open("127.0.0.1", both.listen()), "example.org");
  REQUIRE(until(both, [&] { return both.rig.io.endings.size() == 1; }));
  CHECK(both.rig.io.endings[0].how == link_end::tls);
  CHECK(both.rig.io.endings[0].os_error == ENOTSUP);
  CHECK(until(both, [&] { return both.rig.host.connections() == 0; }));
}

// --- the end of the host ---------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("a host that only dials: close, and run returns when its links are gone", "[adapters]", RIGS) {
  two_rigs<TestType> both;
  const siokit::link_id link = both.open("127.0.0.1", both.listen());
  SECTION("they close") {
    both.server.io.close_all();
    both.rig.host.close();
    turns(both);
    both.rig.io.close(link);
    both.server.host.close();
    both.server.io.close_all();
    turns(both);
  }
  SECTION("they are dropped") { both.rig.host.close(20ms); }
  SECTION("they are dropped, with dials under way") {
    both.rig.io.dial("stuck", 1);
    both.rig.host.close(20ms);
    both.rig.io.dial("127.0.0.1", 1);
  }
  both.rig.run();
  CHECK(both.rig.host.connections() == 0);
  CHECK(both.rig.io.alive() == 0);
  names::release();
  both.rig.run();
  CHECK(both.rig.io.opened_links.size() == 1);
}

TEMPLATE_LIST_TEST_CASE("a host is destroyed while it resolves and connects", "[adapters]", RIGS) {
  const silence nobody;
  const bool open_gate_first = GENERATE(false, true);
  {
    two_rigs<TestType> both;
    const auto port = both.listen();
    for (int i = 0; i < 6; ++i) both.rig.io.dial("stuck", port);
    both.rig.io.dial("127.0.0.1", nobody.port());
    both.rig.io.dial("127.0.0.1", port);
    both.rig.turn();
    names::wait_for(siokit::resolver::most_threads);
    if (open_gate_first) names::release();
  }
  names::release();
  SUCCEED();
}
