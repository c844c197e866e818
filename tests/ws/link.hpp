// One end of a WebSocket as far as receiving goes, and a server's link from its first byte: head, 101, frames. Leaves a
// log of the events, with the Close code that answers a broken rule.
#pragma once

#include <siokit/ws/handshake.hpp>
#include <siokit/ws/stream.hpp>

#include "../http/wire.hpp"

namespace wire_test {

inline std::string show(siokit::bytes_view data) {
  std::string out;
  for (const std::byte b : data.first(data.size() < 60 ? data.size() : 60)) {
    const unsigned c = siokit::as_number(b);
    const char* const digits = "0123456789abcdef";
    if (c >= 0x20 && c < 0x7f) out += static_cast<char>(c);
    else out += std::string("\\x") + digits[c >> 4] + digits[c & 15];
  }
  return data.size() <= 60 ? out : out + "... " + std::to_string(data.size());
}

class ws_link {
 public:
  explicit ws_link(siokit::ws::role role, const siokit::limits& limit = {}, std::size_t largest = 1'000'000)
      : stream_(role), limit_(limit), largest_(largest) {}
  ~ws_link() { in_.reset(pool_); }

  void feed(std::string_view text) {
    block lent(text);
    if (!in_.feed(pool_, lent.bytes())) log += "no memory\n";
    pull();
    if (!in_.keep(pool_)) log += "no memory\n";
    if (in_.size() > most_kept) most_kept = in_.size();
  }
  bool at_rest() const { return in_.size() == 0 && pool_.live() == 0; }

  std::string log;
  std::size_t most_kept = 0;
  bool keep_at_each_event = false;  // as a driver does whose handler throws

 private:
  void pull() {
    using kind = siokit::ws::event::kind;
    for (int after_end = 0; after_end < 2;) {
      const siokit::ws::event e = stream_.next(in_, limit_, largest_);
      switch (e.what) {
        case kind::more: return;
        case kind::text: log += "text " + show(e.data) + "\n"; break;
        case kind::binary: log += "binary " + show(e.data) + "\n"; break;
        case kind::ping: log += "ping " + show(e.data) + "\n"; break;
        case kind::pong: log += "pong " + show(e.data) + "\n"; break;
        case kind::closing: log += "closing " + std::to_string(e.code) + " " + show(e.data) + "\n"; break;
        case kind::failed:
          if (!failed_) log += "! " + std::string(siokit::text(e.error)) + " ";
          if (!failed_) log += std::to_string(siokit::ws::close_code(e.error)) + "\n";
          failed_ = true;
          ++after_end;
          break;
      }
      if (keep_at_each_event && !in_.keep(pool_)) log += "no memory\n";
    }
  }

  siokit::pool pool_;
  siokit::in_buffer in_;
  siokit::ws::stream stream_;
  siokit::limits limit_;
  std::size_t largest_;
  bool failed_ = false;
};

/// A server's link: one request head, then frames when it was granted.
class server_link {
 public:
  ~server_link() { in_.reset(pool_); }
  void feed(std::string_view text) {
    using namespace siokit;
    if (upgraded_) {
      frames_.feed(text);
      return;
    }
    block lent(text);
    if (dead_ || !in_.feed(pool_, lent.bytes())) return;
    http::request_view head;
    const http::step got = parser_.next(as_text(in_.unread()), {}, head);
    errc e = got == http::step::failed ? parser_.error() : errc::none;
    if (got == http::step::done) {
      if (!head.upgrade) log_ += "not an upgrade\n";
      else e = ws::check_request(head);
      dead_ = !head.upgrade;
    }
    if (e != errc::none) {
      log_ += "! " + std::string(siokit::text(e)) + " " + std::to_string(http::status(e)) + "\n";
      dead_ = true;
    }
    if (dead_) in_.consume(in_.size());
    if (!dead_ && got == http::step::done) {
      upgraded_ = true;
      log_ += "101\n";
      const std::string rest(as_text(in_.unread()).substr(head.size));
      in_.consume(in_.size());
      frames_.feed(rest);
    }
    if (!in_.keep(pool_)) log_ += "no memory\n";
  }
  std::string log() const { return log_ + frames_.log; }

 private:
  siokit::pool pool_;
  siokit::in_buffer in_;
  siokit::http::request_parser parser_;
  ws_link frames_{siokit::ws::role::server};
  std::string log_;
  bool upgraded_ = false;
  bool dead_ = false;
};

inline std::string run_frames(const std::vector<std::string_view>& pieces) {
  ws_link link(siokit::ws::role::server);
  for (const auto piece : pieces) link.feed(piece);
  return link.log;
}
inline std::string run_server(const std::vector<std::string_view>& pieces) {
  server_link link;
  for (const auto piece : pieces) link.feed(piece);
  return link.log();
}

}  // namespace wire_test
