// What shapes an Engine.IO client: where its server is, which transports it tries, what its requests carry. The names are
// those of the reference; lengths are milliseconds and bytes. Set once, before the first link; std::string and
// std::vector are the user's here. Options of Socket.IO (reconnection, auth, ...) are in sio/client_options.hpp.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <siokit/core/time.hpp>
#include <siokit/eio/session.hpp>

SIOKIT_NAMESPACE_BEGIN

/// An HTTP proxy, which is asked to CONNECT to the server; TLS begins behind it.
struct proxy_options {
  /// Empty: none.
  std::string host;
  std::uint16_t port = 3128;
  /// "user:password" for Basic authentication, percent-encoded as in a URL; empty: none. Sent in the clear, as the proxy
  /// is reached without TLS.
  std::string user_info;

  bool on() const noexcept { return !host.empty(); }
};

namespace eio {

struct dial_options {
  /// A name or an address, without brackets.
  std::string host = "localhost";
  std::uint16_t port = 80;
  /// The host starts TLS on each link.
  bool secure = false;
  std::string path = "/engine.io";
  bool add_trailing_slash = true;
  /// Tried in this order: the session opens over the first and is upgraded to a WebSocket if that is among them.
  std::vector<eio::transport> transports{eio::transport::polling, eio::transport::websocket};
  bool upgrade = true;
  /// Begins with a WebSocket once one has worked. This client remembers; in the reference the whole process does.
  bool remember_upgrade = false;
  /// While opening, a transport that fails gives way to the next one.
  bool try_all_transports = false;
  /// Asks the server for text only: binary comes and goes as base64 (b64=1).
  bool force_base64 = false;
  /// 4, or 3 for servers of Socket.IO 2.
  std::uint8_t protocol = 4;
  /// Names and values, not encoded.
  std::vector<std::pair<std::string, std::string>> query;
  /// Names and values of header lines of every request.
  std::vector<std::pair<std::string, std::string>> extra_headers;
  /// Keeps the cookies that the server sets, and sends them back.
  bool with_credentials = false;
  /// Whether requests carry a parameter that no cache has seen. Unset: polling requests do, WebSocket ones do not.
  std::optional<bool> timestamp_requests;
  std::string timestamp_param = "t";
  /// A response that does not come for so long ends the session; 0: no limit, as in the reference.
  milliseconds request_timeout{0};
  /// Limit for a whole upgrade, from dialing the WebSocket to the switch. The server's default; the reference has none.
  milliseconds upgrade_timeout{10'000};
  proxy_options proxy;
};

}  // namespace eio

SIOKIT_NAMESPACE_END
