// The URL a client is given, taken apart: which server, which port, which path (for Socket.IO: the namespace), which
// query. Follows parseuri.ts and url.ts of the reference, but strict: what they would guess at is refused. Not a URL
// library: nothing is resolved, normalised or decoded, and only the schemes below are known (RFC 3986 3). Not for
// request targets: that is target.hpp.
#pragma once

#include <siokit/core/frame.hpp>
#include <siokit/http/grammar.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// Bytes of the longest URL. The reference throws above so many characters.
inline constexpr std::size_t longest_url = 8000;

/// A URL. Its views lie in the text it was read from; the path "/" that was left out is a constant.
struct url_view {
  bool secure = false;         // https or wss
  bool has_scheme = false;     // false: "localhost:3000" or "//localhost:3000", taken for http
  std::uint16_t port = 80;     // as given, else 443 for what is secure and 80 for the rest
  std::string_view host;       // a name or an address; of an IPv6 address what stands between the brackets
  std::string_view user_info;  // before the '@', as sent; write_connect() makes sense of it, nothing else does
  std::string_view path;       // as sent, never empty
  std::string_view query;      // as sent, without the '?'; next_parameter() takes it apart

  bool is_ipv6() const noexcept { return host.find(':') != std::string_view::npos; }
  /// Whether the port is the one that the scheme has anyway.
  bool default_port() const noexcept { return port == (secure ? 443 : 80); }
};

/// Takes a URL apart: http, https, ws, wss or no scheme; what follows a '#' is left out. bad_url, and `out` as it was,
/// for what is too long, has another scheme, control characters, spaces or ill-formed UTF-8, no host or one that is not
/// made of host_chars (other scripts: as Punycode), or a port that is empty or not 1 to 65535.
errc split_url(std::string_view text, url_view& out) noexcept;

/// Writes the value of its Host line: IPv6 in brackets, and the port unless it is the default one (RFC 9110 7.2).
void put_host(frame_builder& out, const url_view& url) noexcept;
/// Writes host ":" port, IPv6 in brackets: what CONNECT wants, and what one server is known by.
void put_authority(frame_builder& out, std::string_view host, std::uint16_t port) noexcept;

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/url.ipp>
