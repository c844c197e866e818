// A path that speaks Engine.IO alone: messages without events, namespaces or acknowledgements. server.engine("/engine.io")
// opens one beside the Socket.IO path of the same server.
// For peers that speak engine.io-client, and for protocols of one's own.
#pragma once

#include <siokit/core/function.hpp>
#include <siokit/eio/session.hpp>
#include <siokit/sio/ticket.hpp>

SIOKIT_NAMESPACE_BEGIN

/// An Engine.IO session. A ticket (ticket.hpp): may be kept; does nothing once the session ended.
class engine_session {
 public:
  engine_session() noexcept = default;
  engine_session(sio::ticket home, eio::session_id id) noexcept : home_(home), id_(id) {}

  /// The sid, as it is on the wire; empty once the session ended.
  std::string_view sid() const noexcept;
  /// Sends one message. The bytes are copied.
  delivery send(std::string_view text) const noexcept;
  delivery send(bytes_view binary) const noexcept;
  /// Ends the session once what is queued has left.
  void close() const noexcept;

  friend bool operator==(const engine_session& a, const engine_session& b) noexcept { return a.id_ == b.id_; }

 private:
  delivery send(frame_kind kind, std::string_view prefix, bytes_view in) const noexcept;
  sio::ticket home_;
  eio::session_id id_{};
};

/// The handlers of one path. The message is lent until the handler returns.
struct engine_path {
  function<void(engine_session)> on_open;
  function<void(engine_session, message_kind, bytes_view)> on_message;
  function<void(engine_session, close_reason)> on_close;
};

SIOKIT_NAMESPACE_END
