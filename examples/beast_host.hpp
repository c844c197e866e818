// A host of messages on Boost.Beast: an example of the message door (message_driver), not an installed adapter. Beast parses
// HTTP and WebSocket, siokit decides what is answered; docs/embedding.md walks through it. One connection: beast_link.hpp.
//   io_context ctx;   beast_host host{ctx, io.messages()};   host.listen(3000);   ctx.run();
// One thread runs the context. What the byte door does for other hosts is done here: a link has one request at a time, the
// limits of a head and a body, timeouts, a peer that leaves while its poll waits, and a close that lets it read its 4xx.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include <siokit/adapters/host.hpp>
#include <siokit/core/limits.hpp>

namespace example {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

class beast_host {
 public:
  /// The limits are those the server was made with: here they are the host's to keep.
  beast_host(net::io_context& context, siokit::message_driver& io, const siokit::limits& l = {})
      : ctx_(context), io_(io), limits_(l), acceptor_(context), timer_(context), pause_(context), drain_(context) {
    io_.bind(siokit::system_services(
        [](void* ctx) {
          auto* const self = static_cast<beast_host*>(ctx);
          net::post(self->ctx_, [self] { self->pump(); });
        },
        this));
  }
  beast_host(const beast_host&) = delete;
  beast_host& operator=(const beast_host&) = delete;
  ~beast_host() { io_.bind({}); }  // the server may outlive it, and must not wake it

  /// Every address of the machine; port 0 lets the system choose.
  siokit::listening listen(std::uint16_t port);
  /// Accepts no more, and lets ctx.run() return once the links are closed: those that are slow get this long.
  void close(siokit::milliseconds drain);

 private:
  class link;

  static siokit::time_point now() { return std::chrono::steady_clock::now(); }
  void accept_next();
  void welcome(net::ip::tcp::socket);
  void pump();
  void sleep();
  void forget(siokit::link_id);

  net::io_context& ctx_;
  siokit::message_driver& io_;
  const siokit::limits limits_;
  net::ip::tcp::acceptor acceptor_;
  net::steady_timer timer_, pause_, drain_;
  siokit::time_point armed_ = siokit::never;
  std::map<siokit::link_id, std::shared_ptr<link>> links_;
  bool pumping_ = false;
  bool closing_ = false;
};

}  // namespace example

#include "beast_link.hpp"

namespace example {

inline siokit::listening beast_host::listen(std::uint16_t port) {
  using net::ip::tcp;
  error_code e;
  acceptor_.open(tcp::v6(), e);
  const bool only_v4 = static_cast<bool>(e);
  if (only_v4) acceptor_.open(tcp::v4(), e);
  if (!e && !only_v4) acceptor_.set_option(net::ip::v6_only(false), e);
  if (!e) acceptor_.set_option(tcp::acceptor::reuse_address(true), e);
  if (!e) acceptor_.bind({only_v4 ? tcp::v4() : tcp::v6(), port}, e);
  if (!e) acceptor_.listen(1024, e);
  if (e) return {e.value(), 0};
  accept_next();
  return {0, acceptor_.local_endpoint(e).port()};
}

inline void beast_host::accept_next() {
  acceptor_.async_accept([this](error_code e, net::ip::tcp::socket socket) {
    if (closing_) return;
    if (!e) {
      welcome(std::move(socket));
      return accept_next();
    }
    // Without descriptors the connection stays where it is: once more, but not at once.
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](error_code cancelled) {
      if (!cancelled) accept_next();
    });
  });
}

inline void beast_host::welcome(net::ip::tcp::socket socket) {
  error_code e;
  const auto from = socket.remote_endpoint(e);
  if (e) return;
  socket.set_option(net::ip::tcp::no_delay(true), e);
  net::ip::address address = from.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) address = net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6());
  const siokit::link_id id = io_.accept({address.to_string(), from.port(), false}, now());
  if (id == siokit::link_id{}) return;
  const auto made = std::make_shared<link>(*this, std::move(socket), id);
  links_.emplace(id, made);
  made->await_request();
  pump();
}

// What siokit wants done. Nothing here calls back into it but through `pumping_`, so that the loop stays flat.
inline void beast_host::pump() {
  if (pumping_) return;
  {
    pumping_ = true;
    siokit::message_action a;
    const siokit::scope_exit done([&] {  // a handler may throw out of apply()
      pumping_ = false;
      a.body.reset(io_.blocks());
    });
    while (io_.next(a)) {
      if (const auto found = links_.find(a.link); found != links_.end()) std::shared_ptr(found->second)->apply(a);
      a.fields = {};
      a.body.reset(io_.blocks());
    }
  }
  sleep();
}

inline void beast_host::sleep() {
  if (closing_ && links_.empty()) {  // nothing is left that could keep the context running
    timer_.cancel();
    drain_.cancel();
    return;
  }
  const siokit::time_point deadline = io_.deadline();
  if (deadline == armed_) return;
  armed_ = deadline;
  if (deadline == siokit::never) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(std::max(deadline, now()));
  timer_.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    armed_ = siokit::never;
    io_.advance(now());
    pump();
  });
}

inline void beast_host::forget(siokit::link_id id) { links_.erase(id); }

inline void beast_host::close(siokit::milliseconds drain) {
  closing_ = true;
  error_code e;
  acceptor_.close(e);
  pause_.cancel();
  const auto each = [this](void (link::*f)()) {
    const auto all = links_;
    for (const auto& [id, l] : all) ((*l).*f)();
  };
  drain_.expires_after(drain);
  drain_.async_wait([each](error_code cancelled) {
    if (!cancelled) each(&link::drop);
  });
  pump();
  each(&link::drop_if_idle);
  sleep();
}

}  // namespace example
