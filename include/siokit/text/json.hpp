// JSON text: one strict pass that tells whether it is valid (RFC 8259, UTF-8 included, nothing beyond it), and the
// walking steps over text that passed. Not a document: value_view.hpp looks into checked text, value.hpp holds what it
// says. check() never recurses; everything else here trusts its text and must only see text that check() accepted.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <siokit/core/errc.hpp>
#include <siokit/text/scan.hpp>
#include <siokit/text/utf8.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace json {

/// Deeper than this no limit may go: reading a `value` recurses.
inline constexpr std::uint32_t max_depth = 512;

/// What one text may cost.
struct limits {
  std::uint32_t depth = 128;      // arrays and objects in each other; V8 has no limit, jsoncpp 1000, RapidJSON recurses
  std::uint32_t nodes = 1000000;  // values; 1 MB of text (the default of maxHttpBufferSize) has at most half as many
};

/// What a text turned out to be: holds nothing before check() filled it.
struct shape {
  std::uint32_t nodes;     // values, keys not counted
  std::uint32_t depth;     // of arrays and objects; 0 for a scalar
  std::uint32_t elements;  // of the outermost array; 0 for an object
  std::size_t second;      // where the second of them begins, counted from the outermost bracket; 0 when there is none
  std::size_t last;        // where the last of them begins, counted the same; 0 when there is none
  std::size_t last_end;    // where that one ends, counted the same; 0 when there is none
  bool array;              // the outermost value is an array
  bool object;             // or an object
  bool escapes;            // a string or a key has a backslash
  bool placeholders;       // a key may be "_placeholder"; false is sure
  std::size_t offset;      // where the error is, if any
};

/// Checks a whole text. `out` is complete when it returns errc::none.
errc check(std::string_view text, const limits& limit, shape& out) noexcept;
/// The same with a chosen width of steps, for tests, and inlined into whoever calls it.
template <class Width>
errc check_with(std::string_view text, const limits& limit, shape& out) noexcept;

/// The text of a view on nothing. Its address tells it from a null that was sent.
inline constexpr char absent[] = "null";

/// The first character at or behind `at` that is not white space, or `end`.
inline const char* skip_space(const char* at, const char* end) noexcept {
  while (at != end && static_cast<unsigned char>(*at) <= ' ') ++at;
  return at;
}
/// The same inside an array or object, where one always comes.
inline const char* skip_space(const char* at) noexcept {
  while (static_cast<unsigned char>(*at) <= ' ') ++at;
  return at;
}
/// From the first character inside a string to its closing quote. `escaped` becomes true at a backslash.
SIOKIT_ALWAYS_INLINE const char* string_end(const char* at, const char* end, bool& escaped) noexcept {
  while (true) {
    at = scan::native::find_sure<scan::string_stop>(at, end);
    if (*at == '"') return at;
    escaped = true;
    at += 2;
  }
}
/// From the first character of a number or a word to behind its last.
inline const char* skip_scalar(const char* at, const char* end) noexcept {
  while (at != end && *at != ',' && *at != ']' && *at != '}' && static_cast<unsigned char>(*at) > ' ') ++at;
  return at;
}
/// From the first character of a value to behind its last.
const char* skip(const char* at, const char* end) noexcept;

/// Writes what stands between the quotes of a string without its escapes, never more bytes than it has, and returns the
/// end. An escaped surrogate without its other half becomes U+FFFD.
char* unescape(std::string_view raw, char* out) noexcept;
/// Whether what stands between the quotes of a string means this text.
bool equals(std::string_view raw, std::string_view text) noexcept;

/// How everybody writes what comes before the k of this:
inline constexpr std::string_view placeholder_head = R"({"_placeholder":true,"num":)";
/// The object that stands for attachment number k: {"_placeholder":true,"num":k}, these two members in any order.
/// `index` is set when the object at `at` is one, and `behind` is where it ends. sio_bad_placeholder when it has
/// "_placeholder":true and is not one.
errc placeholder(const char* at, const char* end, std::optional<std::uint32_t>& index, const char*& behind) noexcept;

/// All placeholders of a checked text in their order, in one pass:
///   while (walk.next()) use(walk.index(), walk.text());   then look at walk.error()
class placeholder_walk {
 public:
  explicit placeholder_walk(std::string_view text) noexcept : at_(text.data()), end_(text.data() + text.size()) {}
  /// False at the end and at the first object that has "_placeholder":true and is malformed.
  bool next() noexcept;
  std::uint32_t index() const noexcept { return index_; }
  /// The whole object.
  std::string_view text() const noexcept { return text_; }
  /// errc::none or errc::sio_bad_placeholder.
  errc error() const noexcept { return error_; }

 private:
  bool object() noexcept;
  void string() noexcept;

  const char* at_;
  const char* end_;
  std::uint32_t index_ = 0;
  std::string_view text_;
  errc error_ = errc::none;
};

/// Counts in used[k] how often attachment k stands in a checked text, up to 255. sio_bad_placeholder when a placeholder
/// is malformed or has no attachment. Whether unused and repeated ones are an error is for the caller to say.
errc count_placeholders(std::string_view text, std::span<std::uint8_t> used) noexcept;
/// Whether an object of a checked text has "_placeholder":true, well formed or not.
bool has_placeholder(std::string_view text) noexcept;

}  // namespace json

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/json_check.ipp>
#include <siokit/impl/text/json.ipp>
