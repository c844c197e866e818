// One connection of beast_host.hpp, which includes this: HTTP, then perhaps a WebSocket. It tells siokit what Beast read, and
// does what siokit asks for. The limits and timeouts of limits.hpp are kept here.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <siokit/core/limits.hpp>
#include <siokit/driver.hpp>

#include "beast_host.hpp"

namespace example {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

/// One connection. It lives as long as an operation of it is under way, and in links_ until closed() was told.
class beast_host::link : public std::enable_shared_from_this<link> {
 public:
  link(beast_host& host, net::ip::tcp::socket socket, siokit::link_id id) : host_(host), id_(id), ws_(std::move(socket)) {}

  void await_request();
  void apply(siokit::message_action&);
  void drop();
  void drop_if_idle() {
    if (at_ == state::idle) drop();
  }

 private:
  enum class state { idle, judged, reading, answering, upgrading, websocket, leaving, closing, gone };
  using response = http::response<http::string_body>;

  beast::tcp_stream& tcp() { return ws_.next_layer(); }
  siokit::message_driver& io() { return host_.io_; }
  template <class F>
  auto then(F f) {  // what every completion handler begins with
    return [self = shared_from_this(), f](error_code e, auto... rest) {
      if (self->at_ != state::gone) f(e, rest...);
    };
  }
  void read_head();
  void judge();
  void watch();
  void read_body(std::size_t limit);
  void respond(siokit::message_action&);
  void refuse(http::status, siokit::errc why);
  void answer(bool keep, bool with_body, std::size_t weight);
  void linger();
  void discard();
  void upgrade(siokit::message_action&);
  void read_message();
  void write_message();
  void lost(error_code);
  void end(siokit::errc why);

  beast_host& host_;
  const siokit::link_id id_;
  state at_ = state::idle;
  websocket::stream<beast::tcp_stream> ws_;  // its next layer while the link speaks HTTP
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<response> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  unsigned watch_ = 0;     // which watch() is the last
  bool first_ = true;      // no request came yet
  bool silent_ = false;    // the peer sends no more
  bool reading_ = false;
  bool writing_ = false;
  std::deque<siokit::frame> messages_;  // to be sent
  std::optional<std::uint16_t> close_code_;
};

// ---- the contract's strings ------------------------------------------------------------------------------------------

/// Beast took the header lines apart; the contract wants them as lines.
inline std::string lines_of(const http::fields& fields) {
  std::string lines;
  for (const auto& f : fields) {
    lines.append(f.name_string().data(), f.name_string().size()).append(": ");
    lines.append(f.value().data(), f.value().size()).append("\r\n");
  }
  return lines;
}

/// And the other way round. Names may repeat (Set-Cookie), so nothing is replaced.
inline void insert_lines(http::fields& into, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::size_t colon = lines.find(": ");
    into.insert(beast::string_view(lines.data(), colon), beast::string_view(lines.data() + colon + 2, end - colon - 2));
    lines.remove_prefix(end + 2);
  }
}

/// Which rule a peer broke. Beast has sent the Close frame already.
inline siokit::errc cause(error_code e) {
  using siokit::errc;
  if (e == websocket::error::bad_opcode) return errc::ws_bad_opcode;
  if (e == websocket::error::bad_data_frame) return errc::ws_expected_continuation;
  if (e == websocket::error::bad_continuation) return errc::ws_unexpected_continuation;
  if (e == websocket::error::bad_reserved_bits) return errc::ws_reserved_bits;
  if (e == websocket::error::bad_control_fragment) return errc::ws_control_fragmented;
  if (e == websocket::error::bad_control_size) return errc::ws_control_too_long;
  if (e == websocket::error::bad_unmasked_frame) return errc::ws_unmasked;
  if (e == websocket::error::bad_size) return errc::ws_length_not_minimal;
  if (e == websocket::error::bad_frame_payload) return errc::ws_bad_utf8;
  if (e == websocket::error::bad_close_code) return errc::ws_bad_close_code;
  if (e == websocket::error::bad_close_size || e == websocket::error::bad_close_payload) return errc::ws_bad_close_payload;
  if (e == websocket::error::message_too_big || e == websocket::error::buffer_overflow) return errc::ws_message_too_big;
  return errc::none;
}

// ---- HTTP ------------------------------------------------------------------------------------------------------------

inline void beast_host::link::await_request() {
  at_ = state::idle;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(host_.limits_.request_head));
  parser_->body_limit(~std::uint64_t{0});  // until siokit has said how large it may be; `none` refuses all in Boost 1.74
  if (buffer_.size() != 0) return read_head();
  // A timeout closes the socket: Beast has no 408.
  tcp().expires_after(first_ ? host_.limits_.request_head_time : host_.limits_.keep_alive);
  tcp().async_read_some(buffer_.prepare(4096), then([this](error_code e, std::size_t n) {
    if (e) return lost(e);
    buffer_.commit(n);
    read_head();
  }));
}

inline void beast_host::link::read_head() {
  at_ = state::judged;
  first_ = false;
  tcp().expires_after(host_.limits_.request_head_time);
  http::async_read_header(tcp(), buffer_, *parser_, then([this](error_code e, std::size_t) {
    if (!e) return judge();
    if (e == http::error::header_limit || e == http::error::buffer_overflow)
      return refuse(http::status::request_header_fields_too_large, siokit::errc::http_head_too_large);
    if (e.category() == http::make_error_code(http::error::bad_value).category() && e != http::error::end_of_stream &&
        e != http::error::partial_message)
      return refuse(http::status::bad_request, siokit::errc::http_bad_header);
    lost(e);
  }));
}

inline void beast_host::link::judge() {
  const auto& head = parser_->get();
  const bool upgrade = websocket::is_upgrade(head);
  if (upgrade && head[http::field::sec_websocket_version] != "13")
    return refuse(http::status::upgrade_required, siokit::errc::ws_bad_version);
  if (upgrade && head[http::field::sec_websocket_key].size() != 24)
    return refuse(http::status::bad_request, siokit::errc::ws_bad_key);
  const bool has_body = !parser_->is_done();
  const std::string lines = lines_of(head);
  const auto view = [](beast::string_view s) { return std::string_view(s.data(), s.size()); };
  tcp().expires_never();
  if (!has_body && !upgrade) watch();
  io().request(id_, {view(head.method_string()), view(head.target()), lines, upgrade, has_body}, now());
  host_.pump();
}

// A poll waits for its answer for long: a peer that leaves meanwhile must be noticed. What is readable may as well be the
// next request, which stays where it is until this one is answered.
inline void beast_host::link::watch() {
  tcp().socket().async_wait(net::ip::tcp::socket::wait_read, then([this, n = ++watch_](error_code e) {
    if (n != watch_ || e || tcp().socket().available(e) != 0) return;
    silent_ = true;
    io().ended(id_, siokit::errc::none, now());
    host_.pump();
    if (at_ == state::judged) drop();  // else what was answered to that leaves first
  }));
}

inline void beast_host::link::read_body(std::size_t limit) {
  if (parser_->content_length() && *parser_->content_length() > limit)
    return refuse(http::status::payload_too_large, siokit::errc::http_body_too_large);
  parser_->body_limit(limit);
  const auto read = [this](error_code failed, std::size_t) {
    if (failed) return lost(failed);
    http::async_read(tcp(), buffer_, *parser_, then([this](error_code e, std::size_t) {
      if (e == http::error::body_limit) return refuse(http::status::payload_too_large, siokit::errc::http_body_too_large);
      if (e) return lost(e);
      at_ = state::judged;
      watch();
      std::string& body = parser_->get().body();
      io().body(id_, std::as_writable_bytes(std::span(body.data(), body.size())), now());
      host_.pump();
    }));
  };
  at_ = state::reading;
  tcp().expires_after(host_.limits_.request_body_time);
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read({}, 0);
  net::async_write(tcp(), net::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), then(read));
}

inline void beast_host::link::respond(siokit::message_action& a) {
  response_.emplace(static_cast<http::status>(a.status), parser_->get().version());
  if (a.fields) insert_lines(*response_, siokit::as_text(a.fields.payload()));
  const std::size_t weight = a.body.total_weight();
  while (!a.body.empty()) {
    siokit::batch views;
    a.body.show(views);
    for (const siokit::bytes_view v : views.views()) response_->body().append(siokit::as_text(v));
    a.body.sent(io().blocks(), views.bytes());
  }
  // A body that was not read stands between here and the next request.
  const bool keep = parser_->is_done() && parser_->get().keep_alive() && !a.last && !silent_ && !host_.closing_;
  answer(keep, parser_->get().method() != http::verb::head, weight);
}

// Bad input: its status, then the end.
inline void beast_host::link::refuse(http::status status, siokit::errc why) {
  response_.emplace(status, 11);
  if (status == http::status::upgrade_required) response_->set(http::field::sec_websocket_version, "13");
  answer(false, true, 0);
  io().ended(id_, why, now());
  host_.pump();
}

inline void beast_host::link::answer(bool keep, bool with_body, std::size_t weight) {
  ++watch_;
  at_ = state::answering;
  response_->keep_alive(keep);
  response_->prepare_payload();
  serializer_.emplace(*response_);
  serializer_->split(true);
  const auto written = [this, keep, weight](error_code e, std::size_t) {
    if (e) return drop();
    io().sent(id_, weight, now());
    // Who closes meanwhile waits for answers, not for the next request.
    keep && !host_.closing_ ? await_request() : linger();
    host_.pump();
  };
  tcp().expires_after(host_.limits_.no_progress);  // for the whole response: Beast does not count what progress is
  if (with_body)
    http::async_write(tcp(), *serializer_, then(written));
  else
    http::async_write_header(tcp(), *serializer_, then(written));
}

// The peer must be able to read what was sent last: closing with input unread would reset the connection.
inline void beast_host::link::linger() {
  at_ = state::closing;
  error_code e;
  tcp().socket().shutdown(net::ip::tcp::socket::shutdown_send, e);
  tcp().expires_after(std::chrono::seconds(1));
  discard();
}

inline void beast_host::link::discard() {
  buffer_.clear();
  tcp().async_read_some(buffer_.prepare(4096), then([this](error_code e, std::size_t) { e ? drop() : discard(); }));
}

// ---- WebSocket -------------------------------------------------------------------------------------------------------

inline void beast_host::link::upgrade(siokit::message_action& a) {
  at_ = state::upgrading;
  websocket::stream_base::timeout times{};
  times.handshake_timeout = host_.limits_.ws_close_time;  // of our Close as well
  times.idle_timeout = websocket::stream_base::none();    // siokit has a heartbeat
  ws_.set_option(times);
  ws_.set_option(websocket::stream_base::decorator(
      [lines = a.fields ? std::string(siokit::as_text(a.fields.payload())) : std::string()](websocket::response_type& r) {
        insert_lines(r, lines);
      }));
  ws_.read_message_max(a.limit);
  ws_.auto_fragment(false);
  tcp().expires_never();
  const auto accepted = then([this](error_code e) {
    if (e) return drop();
    at_ = state::websocket;
    parser_.reset();
    io().upgraded(id_, now());
    host_.pump();
    read_message();
  });
  if (buffer_.size() == 0) return ws_.async_accept(parser_->get(), accepted);
  // Frames right behind the request. Beast takes them (up to about 1 KiB) only behind the text of a request, and copies both.
  const beast::string_view key = parser_->get()[http::field::sec_websocket_key];
  std::string text = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n";
  text.append("Sec-WebSocket-Key: ").append(key.data(), key.size()).append("\r\n\r\n");
  text.append(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  buffer_.clear();
  ws_.async_accept(net::buffer(text), accepted);
}

inline void beast_host::link::read_message() {
  if (at_ != state::websocket || reading_ || !io().wants_read(id_)) return;  // an action `read` comes here again
  reading_ = true;
  ws_.async_read(buffer_, then([this](error_code e, std::size_t) {
    reading_ = false;
    if (e) return lost(e);
    const net::mutable_buffer in = buffer_.data();
    if (at_ == state::websocket)
      io().message(id_, ws_.got_text() ? siokit::message_kind::text : siokit::message_kind::binary,
                   {static_cast<std::byte*>(in.data()), in.size()}, now());
    buffer_.clear();
    host_.pump();
    read_message();
  }));
}

// One write at a time; the Close comes behind all of them.
inline void beast_host::link::write_message() {
  if (writing_ || (at_ != state::websocket && at_ != state::leaving)) return;
  if (messages_.empty()) {
    if (at_ != state::leaving || !close_code_) return;
    const websocket::close_reason why = *close_code_ == 1005 ? websocket::close_reason{} : websocket::close_reason{*close_code_};
    close_code_.reset();
    return ws_.async_close(why, then([this](error_code) { drop(); }));
  }
  writing_ = true;
  const siokit::frame& next = messages_.front();
  ws_.text(next.kind() == siokit::frame_kind::text);
  ws_.async_write(net::buffer(next.payload().data(), next.size()), then([this](error_code e, std::size_t) {
    writing_ = false;
    if (e) return reading_ ? void() : drop();  // the read knows better what happened
    const std::size_t weight = siokit::out_queue::weight(messages_.front());
    messages_.pop_front();
    io().sent(id_, weight, now());
    host_.pump();
    write_message();
  }));
}

// ---- actions, and the end --------------------------------------------------------------------------------------------

inline void beast_host::link::apply(siokit::message_action& a) {
  using kind = siokit::message_action::kind;
  if (a.what == kind::abort) return drop();
  switch (a.what) {
    case kind::body: return at_ == state::judged ? read_body(a.limit) : void();
    case kind::respond:
      // In the middle of a body nobody waits for it: two reads at once are not for Beast.
      if (at_ == state::reading) return drop();
      return at_ == state::judged ? respond(a) : void();
    case kind::upgrade: return at_ == state::judged ? upgrade(a) : void();
    case kind::send:
      while (!a.body.empty()) messages_.push_back(a.body.pop(io().blocks()));
      return write_message();
    case kind::read: return read_message();
    case kind::close:
      if (at_ == state::judged) return linger();
      if (at_ == state::reading || at_ == state::idle) return drop();
      if (at_ != state::websocket) return;
      at_ = state::leaving;
      close_code_ = a.status;
      return write_message();
    case kind::abort: return;
  }
}

// The connection ended, or Beast ended it because of what came. Without ended() it counts as an error of the transport.
inline void beast_host::link::lost(error_code e) {
  const siokit::errc why = cause(e);
  const bool orderly = e == net::error::eof || e == http::error::end_of_stream || e == websocket::error::closed;
  if (at_ != state::leaving && (orderly || why != siokit::errc::none)) io().ended(id_, why, now());
  drop();
}

inline void beast_host::link::drop() {
  if (std::exchange(at_, state::gone) == state::gone) return;
  const auto self = shared_from_this();
  error_code e;
  tcp().socket().close(e);
  host_.forget(id_);
  io().closed(id_, now());
  host_.pump();
}

}  // namespace example
