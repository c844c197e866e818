// The characters and small words of HTTP/1.1 (RFC 9110 5.6): tokens, lists, white space, hosts, lengths.
// Not a parser: request_parser, response_parser and body_reader are made of these, and judge bytes alike because of it.
// Everything is ASCII; a byte of 8 bits is never a letter, and never white space.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include <siokit/core/errc.hpp>
#include <siokit/text/scan.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// 128 characters as a set.
struct char_set {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  constexpr explicit char_set(std::string_view members) noexcept {
    for (const char c : members) {
      const auto u = static_cast<unsigned char>(c);
      (u < 64 ? low : high) |= std::uint64_t{1} << (u & 63);
    }
  }
  constexpr bool has(char c) const noexcept {
    const auto u = static_cast<unsigned char>(c);
    return u < 128 && (((u < 64 ? low : high) >> (u & 63)) & 1) != 0;
  }
};

/// tchar (RFC 9110 5.6.2).
inline constexpr char_set token_chars{
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"};
/// unreserved (RFC 3986 2.3): what a host name is made of. Sub-delimiters are legal there and used by nobody but those
/// who hope that two parsers disagree.
inline constexpr char_set host_chars{"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"};

/// What ends a run of field value characters: controls, tab included, and DEL.
struct control_char : scan::byte_set<0x20, false, scan::bytes<0x7f>> {};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool digit(char c) noexcept { return c >= '0' && c <= '9'; }
/// The value of a hexadecimal digit, or -1.
constexpr int hex(char c) noexcept {
  if (digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Whether two texts are the same but for the case of ASCII letters.
constexpr bool same(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}
/// Without the spaces and tabs around it (OWS).
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
constexpr bool is_token(std::string_view text) noexcept {
  for (const char c : text)
    if (!token_chars.has(c)) return false;
  return !text.empty();
}
/// Whether it may stand as a field value: no control characters but tab.
inline bool is_field_value(std::string_view text) noexcept {
  for (const char c : text)
    if (c != '\t' && control_char::byte(static_cast<unsigned char>(c))) return false;
  return true;
}

/// Takes the next element off a comma-separated list; empty elements are skipped (RFC 9110 5.6.1.2).
std::optional<std::string_view> next_element(std::string_view& list) noexcept;
/// Whether a list has this element, in any case.
bool list_has(std::string_view list, std::string_view element) noexcept;

/// host [":" port], not empty, without user information.
bool is_host(std::string_view text) noexcept;

/// 1*DIGIT, decimal whatever it begins with. What does not fit is the largest number, so that every limit refuses it.
errc read_length(std::string_view text, std::uint64_t& out) noexcept;

/// How the end of a body is found.
enum class framing : std::uint8_t {
  none,        // there is no body
  length,      // Content-Length bytes
  chunked,     // Transfer-Encoding: chunked
  until_close  // responses only: everything until the link ends
};

/// What pulling at a parser gave.
enum class step : std::uint8_t { more, done, failed };

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/grammar.ipp>
