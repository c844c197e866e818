// What may stand between a client and the handlers: functions that let a CONNECT or a packet pass, refuse it, or answer
// later. The chain is walked by switchboard.hpp; calling next never runs the rest of it inside the call.
//   io.use([](siokit::socket& s, siokit::next_fn next) { ... next(); or next(siokit::refusal{"no"}); });
#pragma once

#include <string>

#include <siokit/core/function.hpp>
#include <siokit/sio/event.hpp>
#include <siokit/sio/ticket.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Why something is refused. A client whose CONNECT is refused sees the message, and the data as err.data.
struct refusal {
  std::string message;
  value data{};
};

/// The way on. A ticket (ticket.hpp): may be kept, used once, on the loop's thread.
class next_fn {
 public:
  next_fn() noexcept = default;
  next_fn(sio::ticket home, sio::promise_id which) noexcept : home_(home), which_(which) {}
  /// Lets it pass.
  void operator()() const;
  /// Refuses it.
  void operator()(refusal why) const;
  /// The socket it is about, or null when it is gone.
  siokit::socket* socket() const noexcept;

 private:
  sio::ticket home_;
  sio::promise_id which_{};
};

namespace sio {

using connect_middleware = function<void(socket&, next_fn)>;
using packet_middleware = function<void(socket&, std::string_view event, const arguments&, next_fn)>;

}  // namespace sio

namespace http {

/// The right to answer one request of on_http(). A ticket (ticket.hpp).
class reply {
 public:
  reply() noexcept = default;
  reply(sio::ticket home, sio::promise_id which) noexcept : home_(home), which_(which) {}
  /// Sends a response with a body of this media type. `fields` are further header lines: "Name: value\r\n" each; a line
  /// that is not valid is left out. Does nothing when it is late or was used.
  void send(unsigned status, std::string_view type, std::string_view body, std::string_view fields = {}) const;
  void send(unsigned status, std::string_view type, bytes_view body, std::string_view fields = {}) const;
  bool pending() const noexcept;

 private:
  sio::ticket home_;
  sio::promise_id which_{};
};

}  // namespace http

/// The right to answer one handshake of allow_request(). A ticket (ticket.hpp).
class admission {
 public:
  admission() noexcept = default;
  admission(sio::ticket home, sio::promise_id which) noexcept : home_(home), which_(which) {}
  /// Lets the handshake proceed, with further header lines in its response: "Name: value\r\n" each.
  void allow(std::string_view fields = {}) const;
  /// Answers 403 (400 to a WebSocket) with this message.
  void refuse(std::string_view message = "Forbidden") const;

 private:
  sio::ticket home_;
  sio::promise_id which_{};
};

SIOKIT_NAMESPACE_END
