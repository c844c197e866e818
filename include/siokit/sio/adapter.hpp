// The internal door that every event out passes, socket.emit() included: where to, and the encoded packet. In memory it
// means a walk over this server's sockets; a cluster publishes first. What another node could answer (counts, lists) comes
// back through a callback, never as a return value.
#pragma once

#include <siokit/core/function.hpp>
#include <siokit/eio/session.hpp>
#include <siokit/sio/emit.hpp>
#include <siokit/sio/socket_id.hpp>
#include <siokit/sio/ticket.hpp>

SIOKIT_NAMESPACE_BEGIN

class nsp;

namespace sio {

/// Names of rooms to send to and to leave out, inline while they are few: four rooms of 40 characters.
class room_names {
 public:
  room_names() noexcept {}  // text_ stays as it is
  room_names(const room_names& other) { *this = other; }
  room_names(room_names&& other) noexcept { *this = std::move(other); }
  room_names& operator=(room_names&& other) noexcept {
    size_ = other.size_;
    included_ = other.included_;
    excluded_ = other.excluded_;
    more_ = std::move(other.more_);
    if (more_.empty()) std::memcpy(text_, other.text_, size_);
    return *this;
  }
  room_names& operator=(const room_names& other) {
    if (this == &other) return *this;
    size_ = other.size_;
    included_ = other.included_;
    excluded_ = other.excluded_;
    more_ = other.more_;
    if (more_.empty()) std::memcpy(text_, other.text_, size_);
    return *this;
  }

  void add(std::string_view name, bool except);
  bool any_included() const noexcept { return included_ != 0; }
  bool any_excluded() const noexcept { return excluded_ != 0; }
  /// Calls visit(name) for each of one kind.
  template <class Visit>
  void each(bool except, Visit&& visit) const {
    const char* at = more_.empty() ? text_ : more_.data();
    for (const char* const end = at + size_; at != end;) {
      std::uint32_t head = 0;
      std::memcpy(&head, at, sizeof head);
      const std::string_view name(at + sizeof head, head >> 1);
      if (((head & 1) != 0) == except) visit(name);
      at += sizeof head + name.size();
    }
  }

 private:
  static constexpr std::size_t room = 192;
  std::size_t size_ = 0;
  std::uint16_t included_ = 0;
  std::uint16_t excluded_ = 0;
  char text_[room];
  std::string more_;  // all of it, once it is longer
};

/// Where an event goes.
struct broadcast_options : emit_options {
  room_names rooms;
  socket_handle sender{};  // who does not get it
  bool local = false;      // not to other nodes
};

class adapter {
 public:
  /// Sends to one socket of this server.
  virtual delivery send(socket&, const broadcast_options&, const encoded&) = 0;
  /// Sends to many; `sent_to` gets each socket that it was sent to, to wait for its acknowledgement.
  virtual void broadcast(nsp&, const broadcast_options&, const encoded&, function<void(socket&)>* sent_to) = 0;
  /// Calls found(ids), once, with all sockets that would get a broadcast.
  virtual void fetch_sockets(nsp&, const broadcast_options&, function<void(std::span<const socket_id>)> found) = 0;
  virtual void join(nsp&, const broadcast_options&, std::string_view room) = 0;
  virtual void leave(nsp&, const broadcast_options&, std::string_view room) = 0;
  virtual void disconnect(nsp&, const broadcast_options&, bool close_session) = 0;
  virtual ~adapter() = default;
};

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/adapter.ipp>
