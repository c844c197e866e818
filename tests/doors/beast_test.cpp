// examples/beast_host.hpp over sockets, as far as the interop tests do not come: how it ends.
#include <future>
#include <memory>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <siokit/server.hpp>

#include "../../examples/beast_host.hpp"
#include "caller.hpp"
#include "catch.hpp"

using namespace std::chrono_literals;

TEST_CASE("beast_host: closing waits for an answer that is on its way, not for the next request") {
  const std::string large(32 * 1024 * 1024, 'x');  // more than sockets hold
  siokit::server io;
  io.on_http([&](const siokit::http::request&, siokit::http::reply reply) { reply.send(200, "text/plain", large); });
  siokit::limits limits;
  limits.keep_alive = 1h;
  boost::asio::io_context ctx{1};
  example::beast_host host{ctx, io.messages(), limits};
  const siokit::listening at = host.listen(0);
  REQUIRE(at.port != 0);
  std::thread loop([&] { ctx.run(); });

  auto c = std::make_unique<doors_test::caller>(at.port);
  const bool asked = c->connected && c->send("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const bool answering = c->read() > 0;
  std::promise<void> closing;
  boost::asio::post(ctx, [&] {
    io.close();
    host.close(1h);
    closing.set_value();
  });
  closing.get_future().wait();
  std::size_t got = 0;
  ssize_t n = 0;
  while ((n = c->read()) > 0) got += static_cast<std::size_t>(n);
  if (n != 0) ctx.stop();  // it would wait for an hour
  c.reset();
  loop.join();
  CHECK(asked);
  CHECK(answering);
  CHECK(got > large.size() / 2);
  CHECK(n == 0);
}
