// An Engine.IO session: a sid that lives across links. When does a session die? The diagram says; close_reason says why.
// Not a link (one byte stream) and not a socket (membership of a namespace). Protocol 4.
//
//              handshake            candidate opened
//   (request) ─────────▶ open ◀───────────────────────▶ probing     probing: a WebSocket of the same sid is tried
//                         │ ▲     candidate failed         │
//                         │ └──────────────────────────────┘ "5": transport is websocket
//            close(), but │
//       bytes must leave  ▼                             from every state: link lost, bad input, ping timeout,
//                      closing ──────────▶ closed ◀──── close(): at once
//                               all sent
#pragma once

#include <cstring>

#include <siokit/core/index_list.hpp>
#include <siokit/core/out_queue.hpp>
#include <siokit/core/timers.hpp>
#include <siokit/driver.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Why a session, or a socket on it, ended. The texts are those of the reference.
enum class close_reason : std::uint8_t {
  transport_close,              // the link was closed
  transport_error,              // the link failed, or broke the transport's rules
  ping_timeout,                 // no pong in time
  parse_error,                  // a packet that is none
  forced_close,                 // closed by this side below Socket.IO
  client_namespace_disconnect,  // the client left the namespace
  server_namespace_disconnect,  // socket.disconnect()
  server_shutting_down,         // server.close()
  forced_server_close,          // Socket.IO closed the session, which could not end at once
  slow_consumer,                // the peer does not read (no JavaScript twin: its queue has no bound)
  io_server_disconnect,         // client: the server made the socket leave
  io_client_disconnect          // client: disconnect()
};

constexpr std::string_view text(close_reason r) noexcept {
  switch (r) {
    case close_reason::transport_close: return "transport close";
    case close_reason::transport_error: return "transport error";
    case close_reason::ping_timeout: return "ping timeout";
    case close_reason::parse_error: return "parse error";
    case close_reason::forced_close: return "forced close";
    case close_reason::client_namespace_disconnect: return "client namespace disconnect";
    case close_reason::server_namespace_disconnect: return "server namespace disconnect";
    case close_reason::server_shutting_down: return "server shutting down";
    case close_reason::forced_server_close: return "forced server close";
    case close_reason::slow_consumer: return "slow consumer";
    case close_reason::io_server_disconnect: return "io server disconnect";
    case close_reason::io_client_disconnect: return "io client disconnect";
  }
  return {};
}

/// What became of something that was sent. A hint, not a duty: queued and congested were both taken.
enum class delivery : std::uint8_t {
  queued,
  congested,  // taken, but more than limits.high_water bytes wait: slow down until on_drain
  dropped,    // volatile, and the peer was not ready
  refused     // not connected, or no memory
};

namespace eio {

enum class session_id : std::uint64_t {};

enum class state : std::uint8_t { opening, open, probing, closing, closed };
enum class transport : std::uint8_t { polling, websocket };

/// A session id as it goes over the wire: 20 characters of the URL-safe base64 alphabet, 120 random bits.
struct sid {
  static constexpr std::size_t length = 20;
  char text[length];
  std::string_view view() const noexcept { return {text, length}; }
};

struct retained_head;

/// What a session waits to be told, or has told. Not part of its state.
enum session_flag : std::uint16_t {
  event_opened = 1,
  event_drained = 2,
  event_closed = 4,
  congested = 8,      // was above limits.high_water and not yet below limits.low_water
  pong_extended = 16, // the deadline of this pong was moved once
  paused = 32,        // the layer above wants no more input
  pending = 64,       // joined no namespace yet
  late = 128,         // waits for a `now` to start a timer with
  text_only = 256     // the client asked for no binary frames (b64=1)
};

/// One session. Owned by the engine, which is the only one to change it.
struct session {
  session_id id{};
  eio::sid sid{};
  eio::state state = eio::state::opening;
  eio::transport transport = eio::transport::polling;
  std::uint8_t endpoint = 0;  // which path of the engine
  close_reason reason = close_reason::transport_close;
  errc cause = errc::none;
  std::uint8_t probes = 0;   // "2probe" answered on the candidate
  std::uint16_t flags = 0;   // session_flag
  std::uint32_t tag = 0;     // whatever the layer above keeps for it

  link_id link{};       // the WebSocket, or the parked poll
  link_id post{};       // a POST whose body is being read
  link_id candidate{};  // a WebSocket that wants to take over

  out_queue out;              // frames no link has taken yet
  std::size_t unsent = 0;     // payload bytes that links took and did not send yet
  std::uint32_t turn = 0;     // the turn `earlier` is about
  std::uint32_t earlier = 0;  // bytes that waited when that turn first sent something, clamped
  list_hook events;           // the engine's list of sessions with events, then of ended ones

  retained_head* head = nullptr;
  timer_node heartbeat;            // ping or pong
  timer_node* patience = nullptr;  // poll_close or no_progress; made when it is needed

  std::size_t queued_bytes() const noexcept { return out.total_weight() + unsent; }
  /// Whether more of its input is welcome.
  bool wants_read() const noexcept { return (flags & (congested | paused)) == 0; }
};

}  // namespace eio

SIOKIT_NAMESPACE_END
