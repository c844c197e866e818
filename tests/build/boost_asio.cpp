// asio_host over Boost's Asio in the place of the standalone one: a server and a client of one program talk over a socket.
#define SIOKIT_BOOST_ASIO
#include <boost/asio/io_context.hpp>

#include <siokit/adapters/asio.hpp>
#include <siokit/client.hpp>
#include <siokit/server.hpp>

int main() {
  boost::asio::io_context ctx;
  siokit::server io;
  io.on("add", [](int a, int b) { return a + b; });
  siokit::asio_host serves{ctx.get_executor(), io.driver()};
  const siokit::listening at = serves.listen({.address = "127.0.0.1"});
  if (!at) return 2;

  siokit::client peer{"http://127.0.0.1:" + std::to_string(at.port)};
  siokit::asio_host dials{ctx.get_executor(), peer.driver()};
  int answer = 0;
  peer.emit("add", 2, 3, siokit::on_ack([&](siokit::result<int> sum) {
    answer = sum ? *sum : -1;
    dials.stop();
    serves.stop();
  }));
  ctx.run();
  return answer == 5 ? 0 : 1;
}
