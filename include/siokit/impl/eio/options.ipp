// Bodies of eio/options.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE errc check(const options& o) noexcept {
  const auto plain = [](std::string_view text, std::string_view forbidden) {
    for (const char c : text)
      if (c < 0x20 || c > 0x7e || forbidden.find(c) != std::string_view::npos) return false;
    return true;
  };
  if (o.path.empty() || o.path.front() != '/' || !plain(o.path, " ?#")) return errc::bad_option;
  if (!o.polling && !o.websocket) return errc::bad_option;
  if (o.ping_interval.count() <= 0 || o.ping_timeout.count() <= 0 || o.upgrade_timeout.count() <= 0)
    return errc::bad_option;
  if (o.max_payload == 0 || o.max_payload > 0x7fffffff) return errc::bad_option;
  for (const std::string& origin : o.cors.origins) {
    if (origin.empty() || !plain(origin, " ")) return errc::bad_option;
    if (origin == "*" && (o.cors.credentials || o.cors.origins.size() != 1)) return errc::bad_option;
  }
  if (!plain(o.cors.methods, "") || !plain(o.cors.allowed_headers, "") || !plain(o.cors.exposed_headers, ""))
    return errc::bad_option;
  // RFC 6265 4.1.1: a name is a token; attribute values have no semicolon.
  if (!plain(o.cookie.name, " \"(),/:;<=>?@[\\]{}") || !plain(o.cookie.path, ";,") ||
      !plain(o.cookie.domain, ";, ") || !plain(o.cookie.same_site, ";, "))
    return errc::bad_option;
  return errc::none;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
