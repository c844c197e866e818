// Every error of the library is one of these values: what went wrong, and whose fault it was.
// Fine-grained on purpose: a test, or a log, can tell which rule a peer broke.
// The reasons a session or a socket ended with are close_reason (eio/session.hpp), not errors.
#pragma once

#include <cstdint>
#include <string_view>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Whose fault an error was.
enum class blame : std::uint8_t { nobody, peer, caller, transport, limit };

// One row an error: name, whose fault, text for a log. The enum and its two functions are made from it.
#define SIOKIT_ERRC(X)                                                                     \
  X(none, nobody, "no error")                                                              \
  /* this program */                                                                       \
  X(out_of_memory, limit, "memory could not be had")                                       \
  X(bad_option, caller, "an option has a value that cannot work")                          \
  X(bad_url, caller, "the URL cannot be used")                                             \
  X(reserved_event, caller, "the event name is reserved")                                  \
  X(bad_value, caller, "the value cannot be written")                                      \
  X(not_connected, caller, "the socket is not connected")                                  \
  X(queue_full, limit, "the queue is full")                                                \
  X(too_many_acks, limit, "too many acknowledgements are pending")                         \
  X(too_many_rooms, limit, "the socket is in too many rooms")                              \
  /* acknowledgements */                                                                   \
  X(ack_timeout, peer, "operation has timed out")                                          \
  X(volatile_dropped, caller, "a volatile event that was dropped")                         \
  X(ack_disconnected, transport, "socket has been disconnected")                           \
  X(ack_cancelled, caller, "the acknowledgement is no longer awaited")                     \
  /* dialing: a client on its way to a server */                                           \
  X(no_transport, caller, "No transports available")                                       \
  X(dial_refused, transport, "connection refused")                                         \
  X(dial_unresolved, transport, "the host name could not be resolved")                     \
  X(dial_lost, transport, "the link was lost")                                             \
  X(dial_timeout, transport, "timeout")                                                    \
  X(dial_tls, peer, "the TLS handshake failed")                                            \
  X(dial_proxy, peer, "the proxy refused the connection")                                  \
  X(http_refused, peer, "the server answered with an HTTP error")                          \
  X(http_unasked, peer, "bytes that nobody asked for")                                     \
  X(eio_bad_open, peer, "malformed open packet")                                           \
  X(eio_probe_failed, peer, "probe error")                                                 \
  X(ping_expired, transport, "no ping in time")                                            \
  X(sio_connect_refused, peer, "the server refused the namespace")                         \
  X(sio_no_sid, peer, "a CONNECT without sid: a server of Socket.IO 2 needs protocol 3")   \
  X(sio_join_timeout, peer, "no answer to CONNECT")                                        \
  X(sio_early_packets, limit, "too many packets before CONNECT")                           \
  /* decoding of arguments */                                                              \
  X(expected_boolean, peer, "expected boolean")                                            \
  X(expected_number, peer, "expected number")                                              \
  X(expected_integer, peer, "expected integer")                                            \
  X(expected_string, peer, "expected string")                                              \
  X(expected_array, peer, "expected array")                                                \
  X(expected_object, peer, "expected object")                                              \
  X(expected_binary, peer, "expected binary")                                              \
  X(expected_null, peer, "expected null")                                                  \
  X(unexpected_binary, peer, "binary where the type has no place for it")                  \
  X(out_of_range, peer, "number out of range")                                             \
  X(wrong_length, peer, "wrong number of elements")                                        \
  X(missing_argument, peer, "missing argument")                                            \
  X(missing_field, peer, "missing field")                                                  \
  X(unknown_name, peer, "not one of the known names")                                      \
  /* text/ */                                                                              \
  X(utf8_invalid, peer, "invalid UTF-8")                                                   \
  X(base64_invalid, peer, "invalid base64")                                                \
  X(json_unexpected_end, peer, "JSON ends too early")                                      \
  X(json_unexpected_char, peer, "JSON has a character that cannot stand there")            \
  X(json_bad_literal, peer, "JSON has an unknown literal")                                 \
  X(json_bad_number, peer, "JSON has a malformed number")                                  \
  X(json_bad_escape, peer, "JSON has a malformed escape")                                  \
  X(json_control_char, peer, "JSON has a raw control character in a string")               \
  X(json_trailing, peer, "JSON is followed by something else")                             \
  X(json_too_deep, limit, "JSON is nested too deep")                                       \
  X(json_too_many_nodes, limit, "JSON has too many values")                                \
  /* http/ */                                                                              \
  X(http_bad_request_line, peer, "malformed request line")                                 \
  X(http_bad_method, peer, "malformed method")                                             \
  X(http_bad_target, peer, "malformed request target")                                     \
  X(http_bad_version, peer, "unsupported HTTP version")                                    \
  X(http_bad_header, peer, "malformed header line")                                        \
  X(http_bad_host, peer, "missing, repeated or malformed Host")                            \
  X(http_bad_length, peer, "malformed or repeated Content-Length")                         \
  X(http_bad_transfer_encoding, peer, "unsupported or conflicting Transfer-Encoding")      \
  X(http_bad_chunk, peer, "malformed chunk")                                               \
  X(http_bad_connection, peer, "malformed Connection or Upgrade")                          \
  X(http_bad_expect, peer, "unsupported expectation")                                      \
  X(http_bad_status_line, peer, "malformed status line")                                   \
  X(http_repeated_header, peer, "a header that must stand alone is repeated")              \
  X(http_bad_cookie, peer, "malformed cookie")                                             \
  X(http_cookie_too_large, limit, "cookie too large")                                      \
  X(http_target_too_long, limit, "request line too long")                                  \
  X(http_head_too_large, limit, "header section too large")                                \
  X(http_too_many_headers, limit, "too many header lines")                                 \
  X(http_body_too_large, limit, "body too large")                                          \
  X(http_chunk_line_too_long, limit, "chunk-size line too long")                           \
  X(http_chunks_too_large, limit, "chunk framing too large")                               \
  X(http_body_cut, transport, "the link ended inside a message")                           \
  X(http_head_timeout, limit, "the request head took too long")                            \
  X(http_body_timeout, limit, "the request took too long")                                 \
  /* ws/ */                                                                                \
  X(ws_bad_upgrade, peer, "malformed WebSocket upgrade request")                           \
  X(ws_bad_version, peer, "unsupported WebSocket version")                                 \
  X(ws_bad_key, peer, "malformed Sec-WebSocket-Key")                                       \
  X(ws_bad_accept, peer, "wrong Sec-WebSocket-Accept")                                     \
  X(ws_bad_extension, peer, "an extension that was not offered")                           \
  X(ws_unmasked, peer, "client frame without mask")                                        \
  X(ws_masked, peer, "server frame with mask")                                             \
  X(ws_reserved_bits, peer, "reserved bits set")                                           \
  X(ws_bad_opcode, peer, "unknown opcode")                                                 \
  X(ws_control_fragmented, peer, "fragmented control frame")                               \
  X(ws_control_too_long, peer, "control frame longer than 125 bytes")                      \
  X(ws_unexpected_continuation, peer, "continuation without a start")                      \
  X(ws_expected_continuation, peer, "new message inside a fragmented one")                 \
  X(ws_length_not_minimal, peer, "length not in its shortest form")                        \
  X(ws_length_invalid, peer, "length with its top bit set")                                \
  X(ws_bad_utf8, peer, "text message is not UTF-8")                                        \
  X(ws_bad_close_payload, peer, "malformed close payload")                                 \
  X(ws_bad_close_code, peer, "close code that must not be sent")                           \
  X(ws_message_too_big, limit, "message too big")                                          \
  X(ws_too_many_fragments, limit, "too many fragments in one message")                     \
  /* eio/ : the first six are the codes of the error bodies, in their order */             \
  X(eio_unknown_transport, peer, "Transport unknown")                                      \
  X(eio_unknown_sid, peer, "Session ID unknown")                                           \
  X(eio_bad_handshake_method, peer, "Bad handshake method")                                \
  X(eio_bad_request, peer, "Bad request")                                                  \
  X(eio_forbidden, caller, "Forbidden")                                                    \
  X(eio_unsupported_version, peer, "Unsupported protocol version")                         \
  X(eio_bad_origin, peer, "an Origin header that is not one")                              \
  X(eio_origin_refused, caller, "an origin that is not allowed")                           \
  X(eio_transport_mismatch, peer, "the session speaks another transport")                  \
  X(eio_protocol_mismatch, peer, "the session speaks another protocol version")            \
  X(eio_repeated_parameter, peer, "a query parameter is repeated")                         \
  X(eio_not_an_upgrade, peer, "transport=websocket without an upgrade request")            \
  X(eio_overlapping_poll, peer, "two polls of one session at once")                        \
  X(eio_overlapping_post, peer, "two posts of one session at once")                        \
  X(eio_poll_aborted, transport, "a request of the session was cut")                       \
  X(eio_binary_post, peer, "octet-stream body on protocol 4")                              \
  X(eio_bad_type, peer, "unknown Engine.IO packet type")                                   \
  X(eio_bad_length, peer, "malformed or wrong packet length")                              \
  X(eio_empty_packet, peer, "empty Engine.IO packet")                                      \
  X(eio_wrong_heartbeat, peer, "invalid heartbeat direction")                              \
  X(eio_too_many_packets, limit, "too many packets in one payload")                        \
  /* sio/ */                                                                               \
  X(sio_bad_type, peer, "unknown Socket.IO packet type")                                   \
  X(sio_bad_attachments, peer, "malformed attachment count")                               \
  X(sio_too_many_attachments, limit, "too many attachments")                               \
  X(sio_attachments_too_large, limit, "the attachments of one packet are too large")       \
  X(sio_attachments_timeout, limit, "the attachments of one packet took too long")         \
  X(sio_unexpected_text, peer, "a text packet among attachments")                          \
  X(sio_unexpected_binary, peer, "an attachment without its packet")                       \
  X(sio_bad_placeholder, peer, "malformed or unused attachment placeholder")               \
  X(sio_bad_nsp, peer, "malformed namespace")                                              \
  X(sio_nsp_too_long, limit, "namespace name too long")                                    \
  X(sio_bad_ack_id, peer, "malformed acknowledgement id")                                  \
  X(sio_ack_id_too_large, peer, "acknowledgement id above 2^53-1")                         \
  X(sio_bad_payload, peer, "a payload that does not fit the packet type")                  \
  X(sio_bad_event_name, peer, "an event name that is neither a string nor a number")       \
  X(sio_reserved_event, peer, "a reserved event name from a peer")                         \
  X(sio_event_name_too_long, limit, "event name too long")                                 \
  X(sio_auth_too_large, limit, "auth payload too large")                                   \
  X(sio_not_joined, peer, "a packet for a namespace that was not joined")                  \
  X(sio_already_joined, peer, "a namespace joined twice")                                  \
  X(sio_unexpected_type, peer, "a packet type that only servers send")                     \
  X(sio_too_many_owed_acks, limit, "too many acknowledgements are owed to one client")     \
  X(sio_too_many_nsps, limit, "too many namespaces on one connection")                     \
  X(sio_too_many_refusals, limit, "too many refused connects on one connection")           \
  X(sio_connect_timeout, limit, "no namespace was joined in time")                         \
  X(sio_answer_timeout, caller, "an answer that was promised did not come")                \
  X(refused, caller, "refused by a middleware")                                            \
  X(slow_consumer, limit, "the peer does not read what it is sent")

/// What went wrong. Compare, print with text(), ask who().
enum class [[nodiscard]] errc : std::uint8_t {
#define SIOKIT_X(name, whose, sentence) name,
  SIOKIT_ERRC(SIOKIT_X)
#undef SIOKIT_X
};

/// Whose fault it was.
constexpr blame who(errc e) noexcept {
  switch (e) {
#define SIOKIT_X(name, whose, sentence) \
  case errc::name: return blame::whose;
    SIOKIT_ERRC(SIOKIT_X)
#undef SIOKIT_X
  }
  return blame::nobody;
}

/// One phrase for a log.
constexpr std::string_view text(errc e) noexcept {
  switch (e) {
#define SIOKIT_X(name, whose, sentence) \
  case errc::name: return sentence;
    SIOKIT_ERRC(SIOKIT_X)
#undef SIOKIT_X
  }
  return {};
}

/// An errc that may be ignored: returned where most programs have nothing to do about it.
class soft_errc {
 public:
  soft_errc(errc e) noexcept : error_(e) {}  // NOLINT: implicit on purpose
  operator errc() const noexcept { return error_; }  // NOLINT
  friend bool operator==(soft_errc a, errc b) noexcept { return a.error_ == b; }

 private:
  errc error_;
};

#undef SIOKIT_ERRC

SIOKIT_NAMESPACE_END
