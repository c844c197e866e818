// siokit's client on a processor without an operating system: no exceptions, no RTTI, no clock, no file, one static block of
// memory. A scripted server stands at the other end of a byte stream; what the client tells is printed by semihosting.
// Ends with what it used of RAM. Run by tests/embedded/run under qemu-system-arm.
#include <cstdint>
#include <cstdlib>
#include <cstring>

[[noreturn]] void broken(const char* sentence);
#define SIOKIT_ASSERT(condition, sentence) ((condition) ? void() : ::broken(sentence))
#include <siokit/client.hpp>

#include "board.hpp"
#include "server.hpp"

void broken(const char* sentence) {
  board::print("assertion: ", sentence, "\n");
  board::leave(false);
}

namespace {

using siokit::time_point;

/// The host: one link, and a clock that the program moves.
class loop {
 public:
  loop(siokit::driver& d, scripted_server& s) : driver_(d), server_(s) {
    siokit::host_services services;
    services.wake = [](void*) {};
    services.entropy = [](void*, std::span<std::byte> out) {  // a board has a source of its own; the script needs none
      static unsigned char next = 1;
      for (std::byte& b : out) b = static_cast<std::byte>(next++ * 37);
      return true;
    };
    services.unix_ms = [](void*) { return std::int64_t{0}; };
    driver_.bind(services);
  }

  /// Does what the client asks for and passes on what the server says, in pieces of seven bytes, until both are silent.
  void run() {
    bool busy = true;
    while (busy) {
      busy = act();
      char piece[7];
      if (const std::size_t n = server_.take(piece); n != 0 && open_) {
        driver_.receive(link_, std::as_writable_bytes(std::span(piece, n)), now_);
        busy = true;
      }
    }
  }
  void pass(siokit::milliseconds length) {
    now_ += length;
    run();
  }

 private:
  bool act() {
    bool any = driver_.deadline() <= now_;
    if (any) driver_.advance(now_);
    for (siokit::action a; driver_.next(a); any = true) {
      switch (a.what) {
        case siokit::action::kind::open:
          link_ = a.link;
          open_ = true;
          driver_.opened(link_, now_);
          break;
        case siokit::action::kind::write: write(); break;
        case siokit::action::kind::read: break;
        case siokit::action::kind::secure:
        case siokit::action::kind::close:
        case siokit::action::kind::abort:
          open_ = false;
          driver_.closed(a.link, siokit::link_end::cancelled, 0, now_);
          break;
      }
    }
    return any;
  }
  void write() {
    static siokit::batch out;
    while (driver_.gather(link_, out)) {
      for (const siokit::bytes_view& view : out.views()) server_.receive(siokit::as_text(view));
      const std::size_t n = out.bytes();
      out.clear();
      driver_.sent(link_, n, now_);
    }
  }

  siokit::driver& driver_;
  scripted_server& server_;
  siokit::link_id link_{};
  time_point now_{siokit::milliseconds(1)};
  bool open_ = false;
};

int told = 0;  // what happened, as many times as it should

void play() {
  static scripted_server server;
  siokit::client_options options;
  options.transports = {siokit::eio::transport::websocket};
  options.memory.alloc = [](void*, std::size_t n) { return board::take(n); };
  options.memory.free = [](void*, void* block, std::size_t n) { board::give(block, n); };
  options.limits.cached_blocks = 1024;
  options.limits.received = 4096;
  options.limits.max_queued = 4096;

  siokit::client io("http://board.test", options);
  io.on_connect([&] {
    ++told;
    board::print("connected as ", io.id(), "\n");
    (void)io.emit("ask", 6, 7, siokit::on_ack([](siokit::result<int> answer) {
      if (answer && *answer == 42) ++told;
      board::print("answered ", board::decimal(answer ? *answer : -1), "\n");
    }));
  });
  io.on("said", [](std::string_view who, std::string_view text) {
    told += who == "ann" && text == "hello \xe2\x82\xac" ? 1 : 0;
    board::print("said: ", who, ": ", text, "\n");
  });
  io.on("add", [](int a, int b) { return a + b; });
  io.on_ping([] {
    ++told;
    board::print("ping\n");
  });
  io.on_disconnect([](siokit::close_reason why) {
    ++told;
    board::print("disconnected: ", siokit::text(why), "\n");
  });

  loop host(io.driver(), server);
  host.run();
  server.say("42[\"said\",\"ann\",\"hello \\u20ac\"]");
  server.say("421[\"add\",20,22]");
  host.run();
  host.pass(siokit::milliseconds(25'000));
  server.say("2");
  server.say("41");
  host.run();
  told += server.saw("431[42]") && server.saw("3") ? 1 : 0;
}

}  // namespace

int main() {
  board::paint_stack();
  play();
  const bool good = told == 6;
  board::print(good ? "all told\n" : "not all was told\n");
  board::print("heap ", board::decimal(static_cast<int>(board::heap_peak())), " stack ",
               board::decimal(static_cast<int>(board::stack_peak())), "\n");
  board::leave(good);
}
