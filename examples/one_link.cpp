// One byte stream, no listener and no adapter: a server and a client at the two ends of a socket pair, where a serial line, a
// pipe or a channel of one's own would do as well. Reads and writes block. Prints the answer, and ends with 0 when it came.
// For a listener and many links at once see raw_socket.cpp.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <thread>

#include <siokit/client.hpp>
#include <siokit/server.hpp>

siokit::time_point now() { return std::chrono::steady_clock::now(); }

/// Gives all that the driver wants to send to the stream. False when the stream takes no more.
bool write_all(siokit::driver& io, siokit::link_id link, int fd) {
  for (siokit::batch out; io.gather(link, out); out.clear()) {
    for (siokit::bytes_view view : out.views())
      while (!view.empty()) {
        const ssize_t n = ::send(fd, view.data(), view.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        view = view.subspan(static_cast<std::size_t>(n));
      }
    io.sent(link, out.bytes(), now());
  }
  return true;
}

/// Runs a driver on this one stream, until either side ends it.
void run(siokit::driver& io, int fd, bool serves) {
  siokit::host_services services;  // no `wake`: this program emits from handlers only, which run inside driver calls
  services.entropy = [](void*, std::span<std::byte> out) { return ::getentropy(out.data(), out.size()) == 0; };
  services.unix_ms = [](void*) { return std::int64_t{std::time(nullptr)} * 1000; };
  io.bind(services);
  siokit::link_id link = serves ? io.accept({.address = "the other end"}, now()) : siokit::link_id{};
  for (bool more = true; more;) {
    for (siokit::action a; io.next(a);) {
      if (a.what == siokit::action::kind::open) io.opened(link = a.link, now());  // it is connected already
      if (a.what == siokit::action::kind::close || a.what == siokit::action::kind::abort) more = false;
    }
    if (!write_all(io, link, fd) || !more) break;
    pollfd ready{fd, static_cast<short>(io.wants_read(link) ? POLLIN : 0), 0};
    if (::poll(&ready, 1, siokit::wait_ms(io.deadline(), now())) > 0) {
      std::byte room[4096];
      const ssize_t n = ::read(fd, room, sizeof room);
      if (n > 0) io.receive(link, {room, static_cast<std::size_t>(n)}, now());
      else more = false;
    }
    io.advance(now());
  }
  ::close(fd);
  io.closed(link, siokit::link_end::eof, 0, now());
}

int main() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return std::perror("socketpair"), 1;

  std::thread server([fd = ends[0]] {
    siokit::server io;
    io.on("add", [](int a, int b) { return a + b; });
    run(io.driver(), fd, true);
  });

  siokit::client_options options;
  options.transports = {siokit::eio::transport::websocket};  // one stream is one connection
  options.reconnection = false;
  siokit::client io{"http://the.other.end", options};
  int answer = 0;
  io.emit("add", 2, 3, siokit::on_ack([&](siokit::result<int> sum) {
    answer = sum ? *sum : -1;
    io.disconnect();
  }));
  run(io.driver(), ends[1], false);
  server.join();
  std::printf("2 + 3 = %d\n", answer);
  return answer == 5 ? 0 : 1;
}
