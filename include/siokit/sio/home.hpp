// What a ticket leads back to: the switchboard of a server, or the connector of a client. The few things that handlers and
// acknowledgements need of either are here.
// Everything else that a ticket does is one side's own: server_of() and client_of() lead there.
#pragma once

#include <memory>
#include <string>

#include <siokit/sio/event.hpp>
#include <siokit/sio/ticket.hpp>

SIOKIT_NAMESPACE_BEGIN

class client_socket;

namespace sio {

struct invocation;

/// Where an acknowledgement goes, and of what.
struct reply_route {
  std::uint64_t session = 0;
  socket* who = nullptr;          // a server's; null when it left
  client_socket* mine = nullptr;  // a client's
  std::string_view nsp;
  std::uint64_t id = 0;
  std::string_view event;  // its name, for errors; empty when that is gone
};

/// What is known of an acknowledgement that is owed.
struct owed_reply {
  reply_route to;
  std::shared_ptr<const std::string> nsp;  // what to.nsp is part of
};

class home {
 public:
  /// A ticket for the acknowledgement of an event; an empty one when none is wanted or it was given.
  virtual ticket promise_for(invocation&, promise_id& which) noexcept = 0;
  /// Takes the promise of an acknowledgement; false when it is late or was used.
  virtual bool take_promise(promise_id which, owed_reply& out) noexcept = 0;
  /// Writes and sends an acknowledgement, or reports why it cannot be.
  virtual void reply(const reply_route&, const outgoing_arguments&) = 0;
  /// The server's socket that a promise is about, or null.
  virtual socket* promise_socket(promise_id which) noexcept = 0;
  /// Ends the wait for an acknowledgement: its handler is told ack_cancelled.
  virtual void cancel_ack(ack_handle which) noexcept = 0;
  virtual bool awaits(ack_handle which) noexcept = 0;

 protected:
  ~home() = default;
};

/// home::reply() with these values.
template <class... A>
void reply_with(home& from, const reply_route& to, const A&... values) {
  const auto write = [&](event_writer& out) { (out.add(values), ...); };
  from.reply(to, outgoing(write, (likely_size(values) + ... + 0)));
}

}  // namespace sio

SIOKIT_NAMESPACE_END
