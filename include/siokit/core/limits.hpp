// What can a hostile peer grow? These members, and nothing else. Each has a default, a line on where the number comes
// from, and a test on both sides of it. docs/limits.md is made from this file.
// Lengths are bytes and milliseconds. Options that shape the protocol (ping_interval, max_payload, ...) are elsewhere:
// eio/options.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include <siokit/core/time.hpp>

SIOKIT_NAMESPACE_BEGIN

struct limits {
  // --- HTTP -----------------------------------------------------------------------------------------------------------
  /// Bytes of a request line. 414. RFC 9112 3 recommends at least 8000.
  std::size_t request_line = 8 * 1024;
  /// Bytes of a whole request head. 431. Node's default.
  std::size_t request_head = 16 * 1024;
  /// Header lines of a request. 431. uWebSockets has 100.
  std::size_t headers = 100;
  /// Bytes of one chunk-size line with its extensions. 400. Node counts only the sum.
  std::size_t chunk_line = 256;
  /// Bytes of all chunk extensions of a body. 413. Node has 16 KiB since CVE-2024-22019.
  std::size_t chunk_extensions = 16 * 1024;
  /// Bytes of the trailer section of a body. 431. Boost.Beast has 8 KiB for a head.
  std::size_t trailers = 8 * 1024;
  /// Bytes of a request body on paths that are not ours (on_http). 413. The default of max_payload.
  std::size_t http_body = 1'000'000;
  /// Bytes of further requests that are read while one is being answered, and of responses that their reader leaves
  /// unread; then reading stops.
  std::size_t pipelined = 64 * 1024;
  /// From accept, or from the first byte of a request, to the end of its head. 408. uWebSockets idles out after 10 s.
  milliseconds request_head_time{10'000};
  /// From the end of a head to the end of its body. 408. A tenth of Node's 300 s.
  milliseconds request_body_time{30'000};
  /// Between two requests of one link. Node's default.
  milliseconds keep_alive{5'000};

  // --- WebSocket ------------------------------------------------------------------------------------------------------
  /// Fragments of one message, empty ones included. 1008. ws has 16,384 since CVE-2026-48779.
  std::size_t fragments = 1024;
  /// From our Close to the peer's; then the link is dropped. websocketpp has 5 s.
  milliseconds ws_close_time{5'000};

  // --- Engine.IO ------------------------------------------------------------------------------------------------------
  /// Packets of one polling payload. The session closes. Between python-engineio's 16 and no limit at all.
  std::size_t payload_packets = 16'384;
  /// Probes ("2probe") of one upgrade candidate. The candidate closes. The reference answers any number.
  std::size_t probes = 5;
  /// Sessions alive at once. 503. About what one thread serves.
  std::size_t sessions = 1'000'000;
  /// Sessions alive that joined no namespace yet. 503. One polling handshake costs the peer nothing.
  std::size_t pending_sessions = 100'000;
  /// A closing polling session waits this long for a poll to tell. The reference's constant.
  milliseconds poll_close_time{30'000};
  /// An allow_request or on_http handler may take this long to answer. 503.
  milliseconds answer_timeout{30'000};
  /// A gap between two driver calls that is not blamed on the peers. After one, pongs get this much longer: their answers
  /// may lie in the sockets, and a loop reads only so many a turn.
  milliseconds stall{5'000};

  // --- output ---------------------------------------------------------------------------------------------------------
  /// Bytes queued for one session above which writable() is false and emit says congested. uWebSockets has 1 MiB.
  std::size_t high_water = 1024 * 1024;
  /// Bytes queued below which a congested session drains again. A quarter of high_water.
  std::size_t low_water = 256 * 1024;
  /// Bytes queued above which a session is closed as slow_consumer. The reference has no bound. One message of any size
  /// is always accepted on an empty queue.
  std::size_t max_queued = 16 * 1024 * 1024;
  /// Bytes of all frames that wait, each counted once; above it the slowest session goes. 64 full queues.
  std::size_t max_queued_total = 1024u * 1024 * 1024;
  /// A session above high_water whose peer reads nothing for this long is closed as slow_consumer. The ping timeout. What
  /// it reads counts by frames; acknowledgements of one turn are frames of up to 16 KiB.
  /// A link with a response that its peer does not read is dropped after the same time.
  milliseconds no_progress{20'000};

  // --- Socket.IO ------------------------------------------------------------------------------------------------------
  /// Attachments of one packet. The reference's limit since CVE-2026-33151.
  std::size_t attachments = 10;
  /// Bytes of all attachments of one packet. socketioxide's limit.
  std::size_t attachment_bytes = 10'000'000;
  /// From a binary packet to its last attachment. socketioxide's limit.
  milliseconds attachment_time{60'000};
  /// Nesting of a JSON payload. Well above what programs send.
  std::size_t json_depth = 128;
  /// Values in one JSON payload, per byte of max_payload the reader may be asked to look at: a count, not a size.
  std::size_t json_nodes = 1'000'000;
  /// Bytes of the auth payload of a CONNECT. Four cookies' worth.
  std::size_t auth = 64 * 1024;
  /// Bytes of a namespace name.
  std::size_t nsp_name = 128;
  /// Bytes of an event name.
  std::size_t event_name = 256;
  /// Namespaces that one connection has joined or is joining. CONNECT_ERROR.
  std::size_t nsps_per_session = 32;
  /// Namespaces alive that a dynamic one made; further CONNECTs are refused. Each goes with its last socket.
  std::size_t dynamic_nsps = 1024;
  /// Refused CONNECTs of one connection before it is closed.
  std::size_t refused_connects = 100;
  /// Packets of one socket that wait behind an asynchronous middleware, in bytes; then its link is not read.
  std::size_t waiting_packets = 64 * 1024;
  /// A middleware that promised to answer may take this long. The CONNECT is refused; a packet is dropped.
  milliseconds middleware_timeout{30'000};
  /// Acknowledgements of one socket that have not come yet; further emits with on_ack are refused.
  std::size_t pending_acks = 10'000;
  /// Acknowledgements that handlers owe one session, because they took an ack<...> and have not used it; at most 65,535.
  /// The session is closed.
  std::size_t owed_acks = 10'000;
  /// Rooms of one socket; joins beyond are refused. Rooms are the server's decision, so this is generous.
  std::size_t rooms_per_socket = 10'000;

  // --- client ---------------------------------------------------------------------------------------------------------
  /// Bytes of one message, or of one polling response, that a server may send. 1009, or the end of the session. Sixteen
  /// times the default of a server's max_payload, since the reference answers a poll with all it has.
  std::size_t received = 16 * 1024 * 1024;
  /// Bytes of the sid in a server's open packet. The reference's has 20.
  std::size_t sid = 256;
  /// Bytes of the packets that a server sends before it answers CONNECT: what recovery replays. As much as may be queued.
  std::size_t early_packets = 16 * 1024 * 1024;
  /// Bytes of the private id of a recoverable session, and of the offset of an event; longer ones cannot recover. The
  /// reference's have 20 and less.
  std::size_t recovery_text = 256;
  /// Cookies that a client keeps for its server; above it the oldest goes. RFC 6265 6.1 asks for at least 50.
  std::size_t cookies = 50;
  /// Bytes of the names and values of those cookies; above it the oldest go. Half of what Node takes as a request head.
  std::size_t cookie_bytes = 8 * 1024;

  // --- memory ---------------------------------------------------------------------------------------------------------
  /// Bytes of freed blocks that are kept for reuse.
  std::size_t cached_blocks = 4 * 1024 * 1024;
};

SIOKIT_NAMESPACE_END
