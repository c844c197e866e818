// A Socket.IO client: the session to one server, and the socket of its URL's namespace. Sans-IO: hand driver() to an adapter,
// or to a loop of your own (driver.hpp); the same hosts serve and dial. Belongs to one thread, as a server does.
//   siokit::client io{"http://localhost:3000"};   io.on("said", [](std::string_view text) { ... });   io.emit("say", "hi");
// Destroying it says nothing to the server and calls no handler; close() does both.
#pragma once

#include <siokit/http/url.hpp>
#include <siokit/sio/connector.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// The options with the server of a URL, whose path is the namespace and whose query goes to the server, too.
client_options options_for(std::string_view url, client_options o, std::string& nsp, errc& error);

/// The parts of a client that its first socket needs to exist first.
struct client_parts {
  client_parts(std::string_view url, const client_options& o) : home_(options_for(url, o, nsp_, error_)) {}
  std::string nsp_ = "/";
  errc error_ = errc::none;
  connector home_;
};

}  // namespace sio

class client : private sio::client_parts, public client_socket {
 public:
  /// The URL: "http://", "https://", "ws://", "wss://" or nothing, a host, perhaps a port, and a path, which is the namespace.
  /// One that is none is told on_connect_error as bad_url.
  explicit client(std::string_view url, const client_options& o = {})
      : client_parts(url, o), client_socket(sio::client_parts::home_, 0, nsp_, {}, o) {
    sio::client_parts::home_.start(*this, error_);
  }

  /// For an adapter. It must be destroyed, or have had its last turn, before this.
  siokit::driver& driver() noexcept { return sio::client_parts::home_; }

  /// Another namespace on the same session, made and connected when it is new. "/chat" and "chat" are the same. Lives as
  /// long as the client. Its auth and retries are its own, not those of the client's options.
  client_socket& of(std::string_view name) { return of(name, client_socket_options{}); }
  client_socket& of(std::string_view name, const client_socket_options& o) { return sio::client_parts::home_.of(name, o); }
  /// Disconnects every socket and ends the session. Nothing is dialed before the next connect().
  void close() { sio::client_parts::home_.close(); }
  /// Query, headers and the like may be changed between two sessions: what is dialed next has them.
  client_options& options() noexcept { return sio::client_parts::home_.options(); }

  /// The Engine.IO session id; empty while there is no session.
  std::string_view session_id() const noexcept { return sio::client_parts::home_.dialer().sid(); }
  /// Which transport the session uses at the moment.
  eio::transport transport() const noexcept { return sio::client_parts::home_.dialer().transport(); }
  std::size_t queued_bytes() const noexcept { return sio::client_parts::home_.dialer().queued_bytes(); }
  /// Links the host has not reported closed.
  std::size_t link_count() const noexcept { return sio::client_parts::home_.dialer().link_count(); }
  /// For simulations, O(n): whether states, links, timers and counts agree with each other. Between driver calls.
  bool consistent() const noexcept { return sio::client_parts::home_.consistent(); }

  // --- what happens to the session, in the words of the reference's Manager ---
  listener_id on_open(function<void()> f) { return sio::client_parts::home_.on_open.add(std::move(f)); }
  listener_id on_close(function<void(close_reason)> f) { return sio::client_parts::home_.on_close.add(std::move(f)); }
  /// It could not be opened.
  listener_id on_open_error(function<void(const connect_error&)> f) {
    return sio::client_parts::home_.on_open_error.add(std::move(f));
  }
  /// The server's heartbeat came, and was answered.
  listener_id on_ping(function<void()> f) { return sio::client_parts::home_.on_ping.add(std::move(f)); }
  /// It is on a WebSocket now.
  listener_id on_upgrade(function<void()> f) { return sio::client_parts::home_.on_upgrade.add(std::move(f)); }
  /// It was not writable() and is again.
  listener_id on_drain(function<void()> f) { return sio::client_parts::home_.on_drain.add(std::move(f)); }
  /// The delay is over; the number counts from 1.
  listener_id on_reconnect_attempt(function<void(std::uint32_t)> f) {
    return sio::client_parts::home_.on_reconnect_attempt.add(std::move(f));
  }
  listener_id on_reconnect(function<void(std::uint32_t)> f) { return sio::client_parts::home_.on_reconnect.add(std::move(f)); }
  listener_id on_reconnect_error(function<void(const connect_error&)> f) {
    return sio::client_parts::home_.on_reconnect_error.add(std::move(f));
  }
  /// It was the last attempt. Sockets stay active; connect() begins anew.
  listener_id on_reconnect_failed(function<void()> f) {
    return sio::client_parts::home_.on_reconnect_failed.add(std::move(f));
  }
  /// Arguments that do not decode, emits that cannot be written: f(socket, event, error, where). Where is a path such as
  /// "args[0].user.age".
  listener_id on_error(function<void(client_socket&, std::string_view event, errc, std::string_view where)> f) {
    return sio::client_parts::home_.on_error.add(std::move(f));
  }
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/client.ipp>
