// UTF-8: is it valid, whole or in pieces (WebSocket fragments), and what it becomes when it has to be made valid.
// Overlong forms, surrogates and code points above U+10FFFF are invalid (RFC 3629 3, Unicode table 3-7).
// valid() is for what lies whole in memory, checker for what comes in pieces and must fail early (RFC 6455 8.1).
#pragma once

#include <string_view>

#include <siokit/core/bytes.hpp>
#include <siokit/text/scan.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace utf8 {

/// Whether all of it is UTF-8.
template <class Width = scan::native>
bool valid(std::string_view text) noexcept;

/// The same for text that comes in pieces: tells at the first byte that no continuation can make valid.
class checker {
 public:
  /// False from the first impossible byte on.
  bool feed(std::string_view piece) noexcept;
  /// Whether what was fed is valid and does not end inside a character.
  bool complete() const noexcept { return needed_ == 0 && !failed_; }

 private:
  bool take(unsigned char c) noexcept;

  std::uint8_t needed_ = 0;  // bytes that the character in progress lacks
  std::uint8_t low_ = 0;     // what the next of them may be
  std::uint8_t high_ = 0;
  bool failed_ = false;
};

/// U+FFFD, which stands for what was not UTF-8.
inline constexpr std::string_view replacement = "\xef\xbf\xbd";

/// The size of text with U+FFFD for each maximal ill-formed part, as browsers and node decode it.
std::size_t repaired_size(std::string_view text) noexcept;
/// Writes that form, repaired_size(text) bytes, and returns the end of it.
char* repair(std::string_view text, char* out) noexcept;

/// The length of the character at `at`, whose first byte has 8 bits; 0 when it is ill-formed or cut.
std::size_t sequence(const char* at, const char* end) noexcept;
/// The length of the ill-formed part at `at`, at least 1: what one U+FFFD stands for.
std::size_t ill_formed(const char* at, const char* end) noexcept;
/// Writes a code point that is not a surrogate, 1 to 4 bytes, and returns the end.
char* put(std::uint32_t code_point, char* out) noexcept;

}  // namespace utf8

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/utf8.ipp>
