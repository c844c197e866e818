// The target of a request, taken apart: path and query, and the parameters of the query (RFC 9112 3.2, RFC 3986 3.4).
// Not a URL library: nothing is normalised, so "/x/../y" and "/%2e" are paths of their own.
// Escapes that are none stay as they are; nothing here fails.
#pragma once

#include <span>

#include <siokit/http/grammar.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

struct target_view {
  std::string_view authority;  // of an absolute form; else empty
  std::string_view path;       // as sent, never empty; "*" for the asterisk form
  std::string_view query;      // as sent, without the '?'
};

/// Takes a valid target apart; the absolute form is reduced to what an origin form would have.
target_view split_target(std::string_view target) noexcept;

/// One "name=value" of a query, as sent: decode() and decodes_to() make sense of its two sides.
struct parameter {
  std::string_view name;
  std::string_view value;
};
/// Takes the first parameter off a query; nothing when there is none left. Empty parameters are skipped.
std::optional<parameter> next_parameter(std::string_view& query) noexcept;

/// What looking for a parameter found.
struct query_match {
  enum class kind : std::uint8_t { none, one, repeated } what = kind::none;
  std::string_view value;  // of the first one, as sent
};
/// The parameter whose decoded name is `name`, and whether it is alone.
query_match find_parameter(std::string_view query, std::string_view name) noexcept;

/// Whether text, percent-decoded and with '+' for space (as URLSearchParams does), is exactly `plain`.
bool decodes_to(std::string_view text, std::string_view plain) noexcept;
/// Whether decode() would change it.
bool is_encoded(std::string_view text) noexcept;
/// Decodes the same way into out, which needs no more room than text has; what does not fit is left out.
std::string_view decode(std::string_view text, std::span<char> out) noexcept;

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/target.ipp>
