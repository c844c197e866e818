// A server's link as far as HTTP goes: heads, then bodies, until something is refused. Leaves a log.
#pragma once

#include <siokit/http/body_reader.hpp>
#include <siokit/http/request_parser.hpp>
#include <siokit/http/response_parser.hpp>
#include <siokit/http/response_writer.hpp>

#include "wire.hpp"

namespace wire_test {

class http_link {
 public:
  explicit http_link(const siokit::limits& limit = {}, std::size_t largest = 1'000'000)
      : limit_(limit), largest_(largest) {}
  ~http_link() { in_.reset(pool_); }

  void feed(std::string_view text) {
    block lent(text);
    if (!in_.feed(pool_, lent.bytes())) log += "no memory";
    pull();
    if (!in_.keep(pool_)) log += "no memory";
    if (in_.size() > most_kept) most_kept = in_.size();
  }

  std::string log;
  std::size_t most_kept = 0;

 private:
  void pull() {
    while (!dead_ && (in_body_ ? pull_body() : pull_head())) {
    }
    if (dead_) in_.consume(in_.size());
  }
  void fail(siokit::errc e) {
    log += "! " + std::string(siokit::text(e)) + " " + std::to_string(siokit::http::status(e)) + "\n";
    dead_ = true;
  }
  bool pull_head() {
    using namespace siokit;
    http::request_view head;
    switch (parser_.next(as_text(in_.unread()), limit_, head)) {
      case http::step::more: return false;
      case http::step::failed: fail(parser_.error()); return false;
      case http::step::done: break;
    }
    log += std::string(head.method) + " " + std::string(head.target.substr(0, 80));
    log += head.keep_alive ? "" : " close";
    log += head.upgrade ? " upgrade" : "";
    log += head.expect_continue ? " expect" : "";
    log += head.minor == 0 ? " 1.0\n" : "\n";
    in_.consume(head.size);
    const errc e = body_.start(head.body, head.length, largest_);
    if (e != errc::none) {
      fail(e);
      return false;
    }
    in_body_ = true;
    return true;
  }
  bool pull_body() {
    using namespace siokit;
    switch (body_.next(in_, limit_, largest_)) {
      case http::step::more: return false;
      case http::step::failed: fail(body_.error()); return false;
      case http::step::done: break;
    }
    if (body_.size() != 0)
      log += "= " + std::to_string(body_.size()) + " " + std::string(as_text(body_.body(in_)).substr(0, 40)) + "\n";
    in_.consume(body_.size());
    in_body_ = false;
    return true;
  }

  siokit::pool pool_;
  siokit::in_buffer in_;
  siokit::limits limit_;
  std::size_t largest_;
  siokit::http::request_parser parser_;
  siokit::http::body_reader body_;
  bool in_body_ = false;
  bool dead_ = false;
};

inline std::string run_http(const std::vector<std::string_view>& pieces) {
  http_link link;
  for (const auto piece : pieces) link.feed(piece);
  return link.log;
}

}  // namespace wire_test
