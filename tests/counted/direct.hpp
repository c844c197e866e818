// The shortest host there is, for counting: hands bytes to a driver and takes what it wants to send, with no clock, socket
// or container in between. Everything a link sends is appended to a fixed buffer, or thrown away.
#pragma once

#include <siokit/server.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace direct {

inline siokit::time_point now{std::chrono::hours(1)};

inline void expect(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  std::exit(1);
}

class host {
 public:
  explicit host(siokit::driver& io) : io_(io) {
    siokit::host_services services;
    services.entropy = [](void* ctx, std::span<std::byte> out) {
      for (std::byte& b : out) b = static_cast<std::byte>(static_cast<host*>(ctx)->luck_ = static_cast<host*>(ctx)->luck_ * 6364136223846793005u + 1442695040888963407u) ^ static_cast<std::byte>(static_cast<host*>(ctx)->luck_ >> 56);
      return true;
    };
    services.ctx = this;
    io_.bind(services);
  }

  siokit::link_id accept() { return io_.accept({"127.0.0.1", 1, false}, now); }

  /// Connects the link that a client asks for, and sends what it then wants to send: the text is that.
  siokit::link_id dial(std::string_view& sent) {
    siokit::link_id made{};
    io_.advance(now);
    for (siokit::action a; io_.next(a);)
      if (a.what == siokit::action::kind::open) made = a.link;
    watched_ = made;
    size_ = 0;
    io_.opened(made, now);
    drain();
    sent = {out_, size_};
    return made;
  }
  /// What was emitted outside of a driver call, sent.
  std::string_view flush(siokit::link_id link) {
    watched_ = link;
    size_ = 0;
    io_.advance(now);
    drain();
    return {out_, size_};
  }
  /// Hands over bytes, then sends everything on every link. Returns what `link` sent.
  std::string_view exchange(siokit::link_id link, std::string_view bytes) {
    std::memcpy(in_, bytes.data(), bytes.size());
    watched_ = link;
    size_ = 0;
    io_.receive(link, {reinterpret_cast<std::byte*>(in_), bytes.size()}, now);
    drain();
    return {out_, size_};
  }
  void drain() {
    for (siokit::action a; io_.next(a);)
      if (a.what == siokit::action::kind::write) write(a.link);
  }
  std::size_t sends() const { return sends_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void write(siokit::link_id link) {
    while (io_.gather(link, batch_)) {
      for (const siokit::bytes_view v : batch_.views())
        if (link == watched_ && size_ + v.size() <= sizeof out_) {
          std::memcpy(out_ + size_, v.data(), v.size());
          size_ += v.size();
        }
      const std::size_t n = batch_.bytes();
      batch_.clear();
      ++sends_;
      bytes_ += n;
      io_.sent(link, n, now);
    }
  }

  siokit::driver& io_;
  siokit::batch batch_;
  siokit::link_id watched_{};
  std::uint64_t luck_ = 42;
  std::size_t size_ = 0;
  std::size_t sends_ = 0;
  std::size_t bytes_ = 0;
  char in_[1 << 16];
  char out_[1 << 16];
};

/// A client's text frame, with mask key 0.
inline std::size_t frame(char* out, std::string_view text, unsigned char opcode = 0x81) {
  std::size_t n = 0;
  out[n++] = static_cast<char>(opcode);
  if (text.size() < 126) {
    out[n++] = static_cast<char>(0x80 | text.size());
  } else {
    out[n++] = static_cast<char>(0x80 | 126);
    out[n++] = static_cast<char>(text.size() >> 8);
    out[n++] = static_cast<char>(text.size() & 0xff);
  }
  for (int i = 0; i < 4; ++i) out[n++] = 0;
  std::memcpy(out + n, text.data(), text.size());
  return n + text.size();
}

/// A WebSocket that has joined "/".
inline siokit::link_id websocket(host& h) {
  const siokit::link_id link = h.accept();
  h.exchange(link,
             "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  char text[64];
  const std::string_view reply = h.exchange(link, {text, frame(text, "40")});
  expect(reply.find("40{\"sid\"") != std::string_view::npos, "a websocket joins");
  return link;
}

}  // namespace direct
