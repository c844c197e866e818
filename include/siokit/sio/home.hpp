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

/// Where an acknowledgement goes.
struct reply_route {
  std::uint64_t session = 0;
  socket* who = nullptr;          // a server's; null when it left
  client_socket* mine = nullptr;  // a client's
};

/// What is known of an acknowledgement that is owed.
struct owed_reply {
  reply_route to;
  std::shared_ptr<const std::string> nsp;
  std::uint64_t id = 0;
};

class home {
 public:
  /// A ticket for the acknowledgement of an event; an empty one when none is wanted or it was given.
  virtual ticket promise_for(invocation&, promise_id& which) noexcept = 0;
  /// Takes the promise of an acknowledgement; false when it is late or was used.
  virtual bool take_promise(promise_id which, owed_reply& out) noexcept = 0;
  /// Sends what was written, or reports why it cannot be.
  virtual void send_reply(const reply_route& to, std::string_view event, event_writer& out) noexcept = 0;
  /// The server's socket that a promise is about, or null.
  virtual socket* promise_socket(promise_id which) noexcept = 0;
  /// Ends the wait for an acknowledgement: its handler is told ack_cancelled.
  virtual void cancel_ack(ack_handle which) noexcept = 0;
  virtual bool awaits(ack_handle which) noexcept = 0;
  virtual pool& frame_pool() noexcept = 0;
  /// Where an acknowledgement of about n bytes is to be written.
  virtual frame_room room_for(const reply_route&, std::size_t n) noexcept = 0;

 protected:
  ~home() = default;
};

}  // namespace sio

SIOKIT_NAMESPACE_END
