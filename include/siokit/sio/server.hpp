// A Socket.IO server: the namespace "/" and everything that is the server's alone. Sans-IO: hand driver() to an adapter, or
// to a loop of your own (driver.hpp). Belongs to one thread; tickets (ticket.hpp) and an adapter's post() cross threads.
//   siokit::server io;   io.on("add", [](int a, int b) { return a + b; });   siokit::epoll_host host{io.driver()};
#pragma once

#include <cstdio>

#include <siokit/sio/switchboard.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// The parts of a server that its namespace "/" needs to exist first.
struct server_parts {
  explicit server_parts(const server_options& o) : board_(o), links_(board_, board_.options().limits) {}
  switchboard board_;
  eio::links links_;
};

}  // namespace sio

class server : private sio::server_parts, public nsp {
 public:
  server() : server(server_options{}) {}
  /// The options must pass eio::check(): what cannot work is asserted here, before the first link.
  explicit server(const server_options& o)
      : server_parts(o), nsp(sio::server_parts::board_, "/", std::shared_ptr<sio::registrations>(new sio::registrations)) {
    sio::server_parts::board_.add_main(*this);
  }
  ~server() { sio::server_parts::board_.forget_all(); }

  /// For an adapter that brings bytes.
  siokit::driver& driver() noexcept { return links_; }
  /// For a host with HTTP and WebSocket of its own.
  siokit::message_driver& messages() noexcept { return nsp::board_; }

  /// A namespace, made when it is new. "/chat" and "chat" are the same.
  nsp& of(std::string_view name) { return sio::server_parts::board_.of(name); }
  /// Namespaces that come to be when a client names them: accepts(name, auth) decides. They share the handlers that are
  /// registered on what this returns, and each goes with its last socket.
  nsp& of(function<bool(std::string_view name, value_view auth)> accepts) {
    return sio::server_parts::board_.of(std::move(accepts));
  }
  /// Opens a path that speaks Engine.IO alone.
  engine_path& engine(std::string_view path, eio::options o = {}) {
    o.path = path;
    return engine(o);
  }
  engine_path& engine(const eio::options& o) { return sio::server_parts::board_.open_path(o); }

  /// Arguments that do not decode, refusals of packet middleware, emits that cannot be written: f(socket, event, error,
  /// where). Where is a path such as "args[0].user.age".
  void on_error(function<void(socket&, std::string_view event, errc, std::string_view where)> f) {
    sio::server_parts::board_.replace(sio::server_parts::board_.on_error, std::move(f));
  }
  /// Silent by default.
  void on_log(function<void(log_level, std::string_view)> f) {
    sio::server_parts::board_.replace(sio::server_parts::board_.on_log, std::move(f));
  }
  /// Decides who may open a session: f(request, admission), answered then or later. Also the place for initial headers.
  void allow_request(function<void(const http::request&, admission)> f) {
    sio::server_parts::board_.replace(sio::server_parts::board_.allow_request, std::move(f));
    sio::server_parts::board_.update_asks();
  }
  /// Requests outside of our paths: f(request, reply), answered then or later. 404 without.
  void on_http(function<void(const http::request&, const http::reply&)> f) {
    sio::server_parts::board_.replace(sio::server_parts::board_.on_http, std::move(f));
  }

  /// Ends everything: each socket as "server shutting down", without a packet (clients reconnect), queues discarded. New
  /// links are refused from here on.
  void close() noexcept { sio::server_parts::board_.close(); }
  /// Sessions of all paths.
  std::size_t session_count() const noexcept { return sio::server_parts::board_.session_count(); }
  /// For simulations, O(n): whether the counts of queued bytes, polls and links agree with each other.
  bool consistent() noexcept {
    return sio::server_parts::board_.engine().consistent([this](link_id id) { return links_.queued_bytes(id); });
  }
  /// Links the host has not reported closed.
  std::size_t link_count() const noexcept { return links_.size(); }
};

/// A handler for on_error() that prints one line.
inline void to_stderr(socket& s, std::string_view event, errc e, std::string_view where) {
  const std::string_view what = text(e);
  std::fprintf(stderr, "siokit: socket %.*s, event \"%.*s\", %.*s: %.*s\n", static_cast<int>(s.id().view().size()),
               s.id().view().data(), static_cast<int>(event.size()), event.data(), static_cast<int>(where.size()),
               where.data(), static_cast<int>(what.size()), what.data());
}

SIOKIT_NAMESPACE_END
