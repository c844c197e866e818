// examples/lws_host.hpp over sockets, as far as the interop tests do not come: how it ends.
#include <future>
#include <memory>
#include <thread>

#include <libwebsockets.h>

#include <siokit/server.hpp>

#include "../../examples/lws_host.hpp"
#include "caller.hpp"
#include "catch.hpp"

using namespace std::chrono_literals;

TEST_CASE("lws_host: closing waits for an answer that is on its way, not for the next request") {
  const std::string large(32 * 1024 * 1024, 'x');  // more than sockets hold
  siokit::server io;
  io.on_http([&](const siokit::http::request&, siokit::http::reply reply) { reply.send(200, "text/plain", large); });
  siokit::limits limits;
  limits.keep_alive = 1h;
  example::lws_host host{io.messages(), {}, limits};
  const siokit::listening at = host.listen(0);
  REQUIRE(at.port != 0);
  std::promise<void> closing;
  std::thread loop([&] {
    host.run();
    io.close();
    host.close(1h);
    closing.set_value();
    host.run();
  });

  auto c = std::make_unique<doors_test::caller>(at.port);
  const bool asked = c->connected && c->send("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const bool answering = c->read() > 0;
  host.stop();
  closing.get_future().wait();
  std::size_t got = 0;
  ssize_t n = 0;
  while ((n = c->read()) > 0) got += static_cast<std::size_t>(n);
  if (n != 0) host.stop();  // it would wait for an hour
  c.reset();
  loop.join();
  CHECK(asked);
  CHECK(answering);
  CHECK(got > large.size() / 2);
  CHECK(n == 0);
}
