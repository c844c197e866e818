// What is known of how a socket came: the request that opened its session, and the auth payload of its CONNECT.
// The head may be forgotten early (options.keep_head, socket.forget_handshake()); then there is nothing to find.
// Views live as long as the socket keeps its handshake; what had to be decoded, until the handler returns.
#pragma once

#include <chrono>

#include <siokit/eio/retained_head.hpp>
#include <siokit/http/target.hpp>
#include <siokit/text/value_view.hpp>

SIOKIT_NAMESPACE_BEGIN

class handshake {
 public:
  handshake() noexcept = default;
  handshake(const eio::retained_head* const* head, std::string_view auth, value_context* context) noexcept
      : head_(head), auth_(auth), context_(context) {}

  /// The first header line with this name, in any case.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// The first query parameter with this name, decoded.
  std::optional<std::string_view> query(std::string_view name) const noexcept;
  /// The first cookie with this name, as it was sent.
  std::optional<std::string_view> cookie(std::string_view name) const noexcept;
  /// What the client gave as `auth`; an empty object when it gave nothing.
  value_view auth() const noexcept;
  /// The same as it was sent: JSON text, or empty.
  std::string_view auth_text() const noexcept { return auth_; }
  /// The peer's address, as the host gave it.
  std::string_view address() const noexcept;
  std::uint16_t port() const noexcept;
  /// When the session was opened, by the host's wall clock.
  std::chrono::sys_time<std::chrono::milliseconds> time() const noexcept;
  /// The target of the request: path and query.
  std::string_view url() const noexcept;
  /// Whether the link was encrypted.
  bool secure() const noexcept;
  /// Whether the request had an Origin header.
  bool cross_origin() const noexcept { return header("Origin").has_value(); }
  /// All header lines, each ended by CRLF; empty after forget_handshake().
  std::string_view fields() const noexcept;

 private:
  const eio::retained_head* head() const noexcept { return head_ == nullptr ? nullptr : *head_; }

  const eio::retained_head* const* head_ = nullptr;  // the session's, which may forget it
  std::string_view auth_;
  value_context* context_ = nullptr;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/handshake.ipp>
