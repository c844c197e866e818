// The other end of the byte stream: a Socket.IO server by script, in a fixed buffer. It reads the handshake's key and the
// masked frames of the client, answers what must be answered, and says what it is told to. Frames are below 126 bytes.
#pragma once

#include <string_view>

#include <siokit/ws/handshake.hpp>

class scripted_server {
 public:
  /// What the client sent.
  void receive(std::string_view bytes) {
    for (const char c : bytes)
      if (in_size_ < sizeof in_) in_[in_size_++] = c;
    while (step()) {
    }
  }
  /// The next bytes of what it says.
  template <std::size_t N>
  std::size_t take(char (&piece)[N]) {
    std::size_t n = 0;
    while (n < N && out_at_ < out_size_) piece[n++] = out_[out_at_++];
    if (out_at_ == out_size_) out_at_ = out_size_ = 0;
    return n;
  }
  /// Sends a text message.
  void say(std::string_view message) {
    const char head[2] = {'\x81', static_cast<char>(message.size())};
    put({head, 2});
    put(message);
  }
  /// Whether the client sent this message.
  bool saw(std::string_view message) const {
    for (std::size_t at = 0; at < log_size_; at += static_cast<unsigned char>(log_[at]) + std::size_t{1})
      if (std::string_view(log_ + at + 1, static_cast<unsigned char>(log_[at])) == message) return true;
    return false;
  }

 private:
  void put(std::string_view bytes) {
    for (const char c : bytes)
      if (out_size_ < sizeof out_) out_[out_size_++] = c;
  }
  void forget(std::size_t n) {
    for (std::size_t i = n; i < in_size_; ++i) in_[i - n] = in_[i];
    in_size_ -= n;
  }
  bool step() { return open_ ? frame() : handshake(); }
  bool handshake() {
    constexpr std::string_view field = "Sec-WebSocket-Key: ";
    const std::string_view in(in_, in_size_);
    const std::size_t end = in.find("\r\n\r\n"), key = in.find(field);
    if (end == std::string_view::npos || key == std::string_view::npos) return false;
    const auto accept = siokit::ws::accept_for(in.substr(key + field.size(), 24));
    put("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
    put({accept.data(), accept.size()});
    put("\r\n\r\n");
    say("0{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":4096}");
    forget(end + 4);
    open_ = true;
    return true;
  }
  bool frame() {
    if (in_size_ < 6) return false;
    const std::size_t size = static_cast<unsigned char>(in_[1]) & 0x7fu;
    if (in_size_ < 6 + size) return false;
    for (std::size_t i = 0; i < size; ++i) in_[6 + i] = static_cast<char>(in_[6 + i] ^ in_[2 + i % 4]);
    if ((in_[0] & 0x0f) == 1) message({in_ + 6, size});
    forget(6 + size);
    return true;
  }
  void message(std::string_view text) {
    if (log_size_ + 1 + text.size() <= sizeof log_) {
      log_[log_size_++] = static_cast<char>(text.size());
      for (const char c : text) log_[log_size_++] = c;
    }
    if (text == "40") say("40{\"sid\":\"board-1\"}");
    if (text == "420[\"ask\",6,7]") say("430[42]");
  }

  char in_[1024], out_[1024], log_[256];
  std::size_t in_size_ = 0, out_size_ = 0, out_at_ = 0, log_size_ = 0;
  bool open_ = false;
};
