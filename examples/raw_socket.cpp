// Sockets of one's own, bound to the driver with no adapter: all that driver.hpp asks of a loop, by hand on poll(2).
// An echo for any Socket.IO client: raw_socket [--port N]. SIGTERM ends it as it ends any program.
// siokit::poll_host does the same with limits, IPv6, graceful shutdown and post().
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <vector>

#include <siokit/server.hpp>

using siokit::action;
using siokit::link_end;
siokit::time_point now() { return std::chrono::steady_clock::now(); }

class loop {
 public:
  loop(siokit::driver& io, int listener) : io_(io), listener_(listener) {
    siokit::host_services services;  // no `wake`: this program emits from handlers only, which run inside driver calls
    services.entropy = [](void*, std::span<std::byte> out) { return ::getentropy(out.data(), out.size()) == 0; };
    services.unix_ms = [](void*) { return std::int64_t{std::time(nullptr)} * 1000; };
    io_.bind(services);
  }
  /// Gives a connected stream socket to the server. This is all it takes.
  void adopt(int fd) {
    const siokit::link_id link = io_.accept({.address = "somebody"}, now());
    link != siokit::link_id{} ? peers_.push_back({fd, link}) : void(::close(fd));
  }
  /// One turn: do what the driver wants done, sleep until something happens, tell the driver.
  void step() {
    act();
    std::vector<pollfd> fds{{listener_, POLLIN, 0}};
    siokit::time_point until = io_.deadline();
    for (const peer& p : peers_) {  // wants_read() is asked each turn, so `read` actions need no attention
      const bool reads = !p.ended && (p.closing() || io_.wants_read(p.link));
      fds.push_back({p.fd, static_cast<short>((reads ? POLLIN : 0) | (p.full ? POLLOUT : 0)), 0});
      if (p.until < until) until = p.until;
    }
    if (::poll(fds.data(), fds.size(), siokit::wait_ms(until, now())) > 0) {
      for (std::size_t i = 0; i < peers_.size(); ++i) {
        if ((fds[i + 1].revents & POLLOUT) != 0) write(peers_[i]);
        if ((fds[i + 1].revents & ~POLLOUT) != 0 && peers_[i].fd >= 0) read(peers_[i]);
      }
      if (const int fd = fds[0].revents != 0 ? ::accept(listener_, nullptr, nullptr) : -1; fd >= 0) adopt(fd);
    }
    io_.advance(now());
    act();
    for (peer& p : peers_)
      if (p.until <= now() || (p.ended && !p.full)) drop(p, link_end::cancelled);
    std::erase_if(peers_, [](const peer& p) { return p.fd < 0; });
  }

 private:
  struct peer {
    int fd;
    siokit::link_id link;
    bool full = false, ended = false;          // the socket takes no more for now; its peer sends no more
    siokit::time_point until = siokit::never;  // closing: the peer has so long to read the last words
    bool closing() const { return until != siokit::never; }
  };
  void act() {
    for (action a; io_.next(a);)
      for (peer& p : peers_) {
        if (p.link != a.link || p.fd < 0) continue;
        if (a.what == action::kind::close) p.until = now() + std::chrono::seconds(1);
        if (a.what == action::kind::abort) drop(p, link_end::cancelled);
        else write(p);
      }
  }
  void read(peer& p) {
    std::byte room[16 * 1024];  // one for all links would do
    const ssize_t n = ::recv(p.fd, room, sizeof room, MSG_DONTWAIT);
    if (n > 0 && !p.closing()) io_.receive(p.link, {room, static_cast<std::size_t>(n)}, now());
    if (n < 0 && errno != EAGAIN && errno != EINTR) drop(p, link_end::reset);
    if (n == 0) p.ended = true, io_.closed(p.link, link_end::eof, 0, now());
  }
  void write(peer& p) {
    siokit::batch out;  // keeps alive what its views show
    p.full = false;
    while (p.fd >= 0 && io_.gather(p.link, out)) {
      const siokit::bytes_view first = out.views()[0];  // one by one, to be short; sendmsg() takes all of them
      const ssize_t n = ::send(p.fd, first.data(), first.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return drop(p, link_end::reset);
      if (n < 0) return void(p.full = true);
      io_.sent(p.link, static_cast<std::size_t>(n), now());
      out.clear();
    }
    if (p.closing()) ::shutdown(p.fd, SHUT_WR);
  }
  void drop(peer& p, link_end how) {
    if (p.fd >= 0) ::close(std::exchange(p.fd, -1));
    io_.closed(p.link, how, 0, now());
  }
  siokit::driver& io_;
  int listener_;
  std::vector<peer> peers_;
};

int main(int argc, char** argv) {
  const bool understood = argc == 1 || (argc == 3 && argv[1] == std::string_view("--port"));
  if (!understood) return std::fputs("usage: raw_socket [--port N]\n", stderr), 2;
  sockaddr_in at{AF_INET, htons(static_cast<std::uint16_t>(argc == 3 ? std::atoi(argv[2]) : 3000)), {}, {}};
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(listener, address, size) != 0 || ::listen(listener, 64) != 0) return std::perror("cannot listen"), 1;
  ::getsockname(listener, address, &size);
  std::printf("listening %d %d\n", ::getpid(), ntohs(at.sin_port));
  std::fflush(stdout);
  siokit::server io;
  io.on("echo", [](siokit::arguments args) { return args; });  // the acknowledgement
  io.on("say", [&io](siokit::socket& s, std::string_view text) { io.emit("said", s.id(), text); });
  loop all(io.driver(), listener);
  for (;;) all.step();
}
