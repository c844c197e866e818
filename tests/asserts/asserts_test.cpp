// What must not be done, and what the program is told when it does it: SIOKIT_ASSERT replaced. A program of its own, since
// every unit of a program must see the same SIOKIT_ASSERT. Each case runs in a child process, which the assertion ends.
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace asserts {
inline int report_to = -1;
[[noreturn]] inline void failed(const char* sentence) noexcept {
  const std::string text(sentence);
  const bool written = ::write(report_to, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::_exit(written ? 7 : 8);
}
}  // namespace asserts
#define SIOKIT_ASSERT(condition, sentence) ((condition) ? void() : ::asserts::failed(sentence))

#include "sio/host.hpp"

using namespace rules;
using siokit::socket;

namespace {

/// What the assertion said in a child that ran f; empty when it came back.
template <class F>
std::string said(F&& f) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    asserts::report_to = ends[1];
    f();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text(200, '\0');
  const ssize_t n = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == (text.empty() ? 0 : 7));
  return text;
}

}  // namespace

TEST_CASE("a driver call from inside a handler asserts", "[rules]") {
  const std::string sentence = "a driver call from inside a handler";
  const auto from_handler = [&](auto call) {
    return said([&] {
      siokit::server io;
      host h(io);
      client c(h);
      io.on("e", [&] { call(io.driver(), c.link, h.now); });
      joined(c);
      c.send("2[\"e\"]");
    });
  };
  using siokit::driver;
  using siokit::time_point;
  CHECK(from_handler([](driver& d, link_id, time_point now) { d.accept({}, now); }) == sentence);
  CHECK(from_handler([](driver& d, link_id l, time_point now) {
          std::byte b[1]{};
          d.receive(l, b, now);
        }) == sentence);
  CHECK(from_handler([](driver& d, link_id l, time_point now) { d.sent(l, 1, now); }) == sentence);
  CHECK(from_handler([](driver& d, link_id l, time_point now) { d.closed(l, siokit::link_end::reset, 0, now); }) == sentence);
  CHECK(from_handler([](driver& d, link_id, time_point now) { d.advance(now); }) == sentence);
  CHECK(from_handler([](driver& d, link_id, time_point) {
          siokit::action a;
          d.next(a);
        }) == sentence);
  CHECK(from_handler([](driver& d, link_id l, time_point) {
          siokit::batch b;
          d.gather(l, b);
        }) == sentence);
  // Asking is allowed.
  CHECK(from_handler([](driver& d, link_id l, time_point) {
          (void)d.wants_read(l);
          (void)d.deadline();
        }).empty());
}

TEST_CASE("names that have a method of their own are refused when they are registered, with that name", "[rules]") {
  const auto on = [&](const char* name) {
    return said([&] {
      siokit::server io;
      io.on(name, [] {});
    });
  };
  CHECK(on("connection") == "connection has a method of its own: on_connect()");
  CHECK(on("connect") == "connection has a method of its own: on_connect()");
  CHECK(on("disconnect") == "disconnect has a method of its own: on_disconnect()");
  CHECK(on("disconnecting") == "disconnecting has a method of its own: on_disconnecting()");
  CHECK(on("newListener") == "this event name is reserved");
  CHECK(on("error").empty());
  CHECK(on("message").empty());
}

TEST_CASE("options that cannot work are refused when the server is made", "[rules]") {
  const auto make = [&](auto set) {
    return said([&] {
      siokit::server_options o;
      set(o);
      siokit::server io(o);
    });
  };
  const std::string sentence = "an endpoint has options that cannot work";
  CHECK(make([](siokit::server_options&) {}).empty());
  CHECK(make([](siokit::server_options& o) { o.path = "no slash"; }) == sentence);
  CHECK(make([](siokit::server_options& o) { o.polling = o.websocket = false; }) == sentence);
  CHECK(make([](siokit::server_options& o) { o.ping_interval = siokit::milliseconds(0); }) == sentence);
  CHECK(make([](siokit::server_options& o) { o.max_payload = 0; }) == sentence);
  CHECK(make([](siokit::server_options& o) {
          o.cors.origins = {"*"};
          o.cors.credentials = true;
        }) == sentence);
  CHECK(make([](siokit::server_options& o) {
          o.cookie.name = "io";
          o.cookie.path = "/; HttpOnly";
        }) == sentence);
}

TEST_CASE("a result that holds an error must not be used", "[rules]") {
  CHECK(said([] {
          siokit::result<int> r = siokit::errc::ack_timeout;
          (void)*r;
        }) == "a result was used that holds an error");
  CHECK(said([] {
          siokit::result<int> r = siokit::errc::none;
          (void)r;
        }) == "a result without a value needs an error");
  CHECK(said([] {
          siokit::result<int> r = 5;
          (void)*r;
        }).empty());
}
