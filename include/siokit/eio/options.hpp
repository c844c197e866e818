// What shapes an Engine.IO endpoint: its path, its times, who may reach it from a browser. The names are those of the
// reference; lengths are milliseconds and bytes. What a hostile peer can grow is in core/limits.hpp instead.
// Set once, before the first link; std::string and std::vector are the user's here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <siokit/core/errc.hpp>
#include <siokit/core/time.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Which pages of other origins a browser lets in (the Fetch standard's CORS protocol). Off by default: then no header
/// is sent. When it is on, WebSocket upgrades with another Origin are refused too; requests without Origin pass.
struct cors_options {
  /// Empty: off. "*": every origin. Else each entry is one origin, as in "https://example.org".
  std::vector<std::string> origins;
  std::string methods = "GET,HEAD,PUT,PATCH,POST,DELETE";
  /// Empty: whatever the preflight asks for.
  std::string allowed_headers;
  std::string exposed_headers;
  /// Lets cookies through. Not with "*".
  bool credentials = false;
  /// Seconds a preflight may be cached; negative: no header.
  int max_age = -1;

  bool on() const noexcept { return !origins.empty(); }
  bool any() const noexcept { return origins.size() == 1 && origins[0] == "*"; }
  bool allows(std::string_view origin) const noexcept {
    if (any()) return true;
    for (const std::string& o : origins)
      if (o == origin) return true;
    return false;
  }
};

/// The cookie that a polling handshake sets to the sid, for load balancers. Off by default. It authenticates nobody.
struct cookie_options {
  /// Empty: off. The reference's default name is "io".
  std::string name;
  std::string path = "/";
  std::string domain;
  bool http_only = true;
  bool secure = false;
  /// "Lax", "Strict", "None", or empty.
  std::string same_site = "Lax";
  /// Seconds; negative: a session cookie.
  long long max_age = -1;
};

namespace eio {

struct options {
  /// The path of the endpoint, without the trailing slash that requests carry.
  std::string path = "/engine.io";
  /// False: requests must come without the trailing slash.
  bool add_trailing_slash = true;
  milliseconds ping_interval{25'000};
  milliseconds ping_timeout{20'000};
  /// Limit for a whole upgrade, from the candidate's 101 to its "5".
  milliseconds upgrade_timeout{10'000};
  /// Bytes of one message, and of one polling body. Told to clients.
  std::size_t max_payload = 1'000'000;
  bool polling = true;
  bool websocket = true;
  /// False: the handshake offers no upgrade. A client that upgrades all the same is not refused.
  bool allow_upgrades = true;
  cors_options cors;
  cookie_options cookie;
};

/// errc::none, or bad_option when options cannot work: "*" with credentials, control characters or separators in a
/// cookie attribute or header value, a path without slash, no transport, a time that is not positive.
errc check(const options&) noexcept;

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/options.ipp>
