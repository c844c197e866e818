// The validating pass of text/json.hpp: a loop over values, with the closing brackets that are due on a small stack.
#pragma once

#include <array>
#include <concepts>

SIOKIT_NAMESPACE_BEGIN

namespace json {

/// What behind the integer part of a number is part of it, or an error.
inline constexpr std::array<bool, 256> goes_on = [] {
  std::array<bool, 256> table{};
  for (const char c : {'.', 'e', 'E', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// For each character behind a backslash: 0 when it cannot stand there, 'u', or what it means.
inline constexpr std::array<char, 256> escapes = [] {
  std::array<char, 256> table{};
  for (const char c : {'"', '\\', '/', 'u'}) table[static_cast<unsigned char>(c)] = c;
  table['b'] = '\b';
  table['f'] = '\f';
  table['n'] = '\n';
  table['r'] = '\r';
  table['t'] = '\t';
  return table;
}();

inline constexpr bool is_digit(char c) noexcept { return static_cast<unsigned char>(c - '0') < 10; }
inline constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// 0..15, or 255 for what is no hexadecimal digit.
inline constexpr std::array<std::uint8_t, 256> hex_digits = [] {
  std::array<std::uint8_t, 256> table{};
  for (auto& digit : table) digit = 255;
  for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i)
    table['a' + i] = table['A' + i] = static_cast<std::uint8_t>(10 + i);
  return table;
}();

/// What is wrong with a text, and where. Its steps take a position and return the next, or null after they noted it
/// here.
struct failure {
  errc error;  // both hold nothing before a step noted it
  const char* at;

  const char* note(errc e, const char* where) noexcept {
    error = e;
    at = where;
    return nullptr;
  }
  /// A character that cannot stand at `where`, or the end.
  const char* unexpected(const char* where, const char* end) noexcept {
    return note(where == end ? errc::json_unexpected_end : errc::json_unexpected_char, where);
  }
};

SIOKIT_NEVER_INLINE inline const char* check_space(const char* at, const char* end) noexcept {
  while (at != end && is_space(*at)) ++at;
  return at;
}

/// From behind the backslash of an escape to behind it.
inline const char* check_escape(const char* at, const char* end, failure& f) noexcept {
  if (at == end) return f.note(errc::json_unexpected_end, at);
  const char meaning = escapes[static_cast<unsigned char>(*at)];
  if (meaning == 0) return f.note(errc::json_bad_escape, at);
  if (meaning != 'u') return at + 1;
  if (end - at < 5) return f.note(errc::json_unexpected_end, end);
  unsigned all = 0;
  for (int i = 1; i < 5; ++i) all |= hex_digits[static_cast<unsigned char>(at[i])];
  return all > 15 ? f.note(errc::json_bad_escape, at) : at + 5;
}

/// From what is not plain in a string to behind its closing quote.
template <class Width>
SIOKIT_NEVER_INLINE inline const char* check_hard_string(const char* at, const char* end, shape& out, failure& f) noexcept {
  while (at != end) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"') return at + 1;
    if (c == '\\') {
      out.escapes = true;
      at = check_escape(at + 1, end, f);
      if (at == nullptr) return nullptr;
    } else if (c < 0x20) {
      return f.note(errc::json_control_char, at);
    } else if (c >= 0x80) {
      const std::size_t n = utf8::sequence(at, end);
      if (n == 0) return f.note(errc::utf8_invalid, at);
      at += n;
    } else {
      at = Width::template find<scan::not_plain>(at, end);
    }
  }
  return f.note(errc::json_unexpected_end, at);
}

inline const char* check_word(const char* at, const char* end, failure& f) noexcept {
  const auto behind = [&](const auto& word) {
    constexpr std::size_t size = sizeof word - 1;
    const bool same = static_cast<std::size_t>(end - at) >= size && std::memcmp(at, word, size) == 0;
    return same ? at + size : f.note(errc::json_bad_literal, at);
  };
  switch (*at) {
    case 't': return behind("true");
    case 'f': return behind("false");
    case 'n': return behind("null");
    default: return f.unexpected(at, end);
  }
}

/// Keys of the rows of a table, which are objects in an array, in the order in which they came: those of a row are most likely
/// those of the row before. What is the same, byte for byte, was checked there. Objects in the outermost array are no rows: in
/// an event they are its arguments.
class row_keys {
 public:
  /// Rows of the array at this depth begin with the key that comes next, so that those of a table in a row have their own places.
  void begin_table(std::ptrdiff_t depth) noexcept { first_[depth] = static_cast<std::uint8_t>(next_); }
  void begin_row(std::ptrdiff_t table) noexcept { next_ = first_[table]; }
  /// Passes from a key to its value if there stands what stood at this place in a row before.
  SIOKIT_ALWAYS_INLINE bool pass(const char*& at, const char* end) noexcept {
    if (next_ == size_ || end - at < longest) return false;
    const known& k = all_[next_];
    if ((((load(at) & k.mask[0]) ^ k.text[0]) | ((load(at + half) & k.mask[1]) ^ k.text[1])) != 0) return false;
    at += k.size;
    ++next_;
    return true;
  }
  /// Keeps what stands in front of a value, unless it is long.
  SIOKIT_ALWAYS_INLINE void keep(const char* at, const char* value, const char* end) noexcept {
    const std::ptrdiff_t size = value - at;
    if (size > longest || end - at < longest || next_ == room) return;
    const char* const mask = bytes_to_keep.data() + longest - size;
    const std::uint64_t low = load(mask), high = load(mask + half);
    all_[next_] = {{load(at) & low, load(at + half) & high}, {low, high}, size};
    if (size_ == next_++) size_ = next_;
  }

 private:
  static constexpr std::ptrdiff_t half = sizeof(std::uint64_t), longest = 2 * half;  // with quotes, colon and white space
  static constexpr std::uint32_t room = 16;
  /// The mask of the first n bytes begins n bytes before the middle.
  static constexpr std::array<char, 2 * longest> bytes_to_keep = [] {
    std::array<char, 2 * longest> all{};
    for (std::size_t i = 0; i < longest; ++i) all[i] = '\xff';
    return all;
  }();
  struct known {
    std::uint64_t text[2], mask[2];
    std::ptrdiff_t size;
  };
  static std::uint64_t load(const char* at) noexcept {
    std::uint64_t x = 0;
    std::memcpy(&x, at, sizeof x);
    return x;
  }

  known all_[room];  // the first size_ of them are filled
  std::uint32_t size_ = 0, next_ = 0;
  std::uint8_t first_[max_depth + 1];  // for the depth of each array that is open
};

/// The steps in an array that is shorter than one of them: byte by byte, and never past the ] that it ends with, so that its end
/// need not be watched.
struct short_array {
  /// What is not plain, and that bracket.
  struct stop : scan::byte_set<0x21, true, scan::bytes<'\\', ']'>, scan::bytes<>, '"' ^ 0x20> {};
  template <std::same_as<scan::not_plain>>
  SIOKIT_ALWAYS_INLINE static const char* find_or_last(const char* at, const char*) noexcept {
    while (!stop::byte(static_cast<unsigned char>(*at))) ++at;
    return at;
  }
  template <class Set>
  static const char* find(const char* at, const char* end) noexcept {
    return scan::portable::find<Set>(at, end);
  }
};

/// The pass over a text whose outermost value is an array or object.
/// Closed: a step of Width may look back from the end, and the last character of the text is ] or }, for short_array ], which
/// ends every run of white space and of digits: only behind a closing bracket, in strings and in words can the end come.
template <class Width, bool Closed>
struct check_pass {
  static constexpr bool ended(const char* at, const char* end) noexcept { return Closed ? false : at == end; }
  SIOKIT_ALWAYS_INLINE static const char* space(const char* at, const char* end) noexcept {
    return !ended(at, end) && static_cast<unsigned char>(*at) <= ' ' ? check_space(at, end) : at;
  }
  /// Whether c comes next; white space in front of it, which most texts have none of, is passed.
  SIOKIT_ALWAYS_INLINE static bool comes(const char*& at, const char* end, char c) noexcept {
    if (!ended(at, end) && *at == c) [[likely]]
      return true;
    at = space(at, end);
    return !ended(at, end) && *at == c;
  }
  SIOKIT_ALWAYS_INLINE static const char* string(const char* at, const char* end, shape& out, failure& f) noexcept;
  SIOKIT_ALWAYS_INLINE static const char* key(const char* at, const char* end, shape& out, failure& f) noexcept;
  static const char* digits(const char* at, const char* end, failure& f) noexcept;
  static const char* fraction(const char* at, const char* end, failure& f) noexcept;
  SIOKIT_ALWAYS_INLINE static const char* scalar(const char* at, const char* end, failure& f) noexcept;
  static const char* nested(const char* at, const char* end, std::uint32_t above, std::uint32_t depth_limit, shape& out,
                            failure& f) noexcept;
  static const char* array(const char* at, const char* end, std::uint32_t depth_limit, shape& out, failure& f) noexcept;
  static const char* object(const char* at, const char* end, std::uint32_t depth_limit, shape& out, failure& f) noexcept;
};

/// From behind the opening quote to behind the closing one.
template <class Width, bool Closed>
SIOKIT_ALWAYS_INLINE const char* check_pass<Width, Closed>::string(const char* at, const char* end, shape& out,
                                                                   failure& f) noexcept {
  if constexpr (Closed)
    at = Width::template find_or_last<scan::not_plain>(at, end);
  else
    at = Width::template find<scan::not_plain>(at, end);
  if (!ended(at, end) && *at == '"') [[likely]]
    return at + 1;
  return check_hard_string<Width>(at, end, out, f);
}

/// Whether a key of 12 characters or more is, or may be, "_placeholder". One with escapes is not decoded here.
SIOKIT_NEVER_INLINE inline bool may_be_placeholder(const char* at, const char* quote) noexcept {
  const std::string_view raw(at, static_cast<std::size_t>(quote - at));
  return raw == "_placeholder" || raw.find('\\') != std::string_view::npos;
}

/// From a key, or white space in front of it, to the first character of its value.
template <class Width, bool Closed>
SIOKIT_ALWAYS_INLINE const char* check_pass<Width, Closed>::key(const char* at, const char* end, shape& out,
                                                                failure& f) noexcept {
  if (!comes(at, end, '"')) return f.unexpected(at, end);
  const char* const begin = at + 1;
  at = string(begin, end, out, f);
  if (at == nullptr) return nullptr;
  if (at - begin > 12 && may_be_placeholder(begin, at - 1)) [[unlikely]]
    out.placeholders = true;
  return comes(at, end, ':') ? space(at + 1, end) : f.unexpected(at, end);
}

template <class Width, bool Closed>
inline const char* check_pass<Width, Closed>::digits(const char* at, const char* end, failure& f) noexcept {
  if (ended(at, end) || !is_digit(*at)) return f.note(at == end ? errc::json_unexpected_end : errc::json_bad_number, at);
  while (!ended(at, end) && is_digit(*at)) ++at;
  return at;
}

/// The rest of a number that has a point, an exponent, or a digit behind a leading zero.
template <class Width, bool Closed>
SIOKIT_NEVER_INLINE inline const char* check_pass<Width, Closed>::fraction(const char* at, const char* end, failure& f) noexcept {
  if (*at == '.') {
    at = digits(at + 1, end, f);
    if (at == nullptr || ended(at, end)) return at;
  }
  if (*at == 'e' || *at == 'E') {
    if (!ended(++at, end) && (*at == '+' || *at == '-')) ++at;
    return digits(at, end, f);
  }
  return is_digit(*at) ? f.note(errc::json_bad_number, at) : at;
}

/// A number or a word.
template <class Width, bool Closed>
SIOKIT_ALWAYS_INLINE const char* check_pass<Width, Closed>::scalar(const char* at, const char* end, failure& f) noexcept {
  if (!is_digit(*at)) {
    if (*at != '-') return check_word(at, end, f);
    ++at;
    if (ended(at, end) || !is_digit(*at))
      return f.note(at == end ? errc::json_unexpected_end : errc::json_bad_number, at);
  }
  if (*at++ != '0')
    while (!ended(at, end) && is_digit(*at)) ++at;
  // Behind most numbers stands what cannot go on with one: a comma, a bracket, white space.
  if (ended(at, end) || *at == ',' || *at == ']' || !goes_on[static_cast<unsigned char>(*at)]) return at;
  return fraction(at, end, f);
}

/// An argument that is the placeholder of one of the first ten attachments, as everybody writes it: behind it. Else null.
inline const char* pass_placeholder(const char* at, const char* end, shape& out) noexcept {
  constexpr std::size_t head = placeholder_head.size();
  if (static_cast<std::size_t>(end - at) < head + 2 || std::memcmp(at, placeholder_head.data(), head) != 0) return nullptr;
  if (!is_digit(at[head]) || at[head + 1] != '}') return nullptr;
  out.placeholders = true;
  out.nodes += 2;  // its members
  if (out.depth < 2) out.depth = 2;
  return at + head + 2;
}

/// From the first bracket of an array or object to behind its last. `above` others are around it; it is counted by whoever is
/// there, what is inside of it here.
template <class Width, bool Closed>
SIOKIT_NEVER_INLINE inline const char* check_pass<Width, Closed>::nested(const char* at, const char* end, std::uint32_t above,
                                                                  std::uint32_t depth_limit, shape& out,
                                                                  failure& f) noexcept {
  char outer[max_depth + 1];  // the closing brackets that are due
  char* closer = outer;       // that of the innermost; the first is no bracket
  char* deepest = outer;
  const char* const limit = outer + ((depth_limit < max_depth ? depth_limit : max_depth) - above);
  *closer = 0;
  std::uint32_t nodes = 0;
  row_keys keys;
  while (true) {
    // At an element, or at a member of an object; white space may come first.
    const bool row = *closer == '}' && closer[-1] == ']';
    if (*closer != '}' || (row && keys.pass(at, end))) {
      at = space(at, end);
    } else {
      const char* const begin = at;
      at = key(at, end, out, f);
      if (at == nullptr) return nullptr;
      if (row) keys.keep(begin, at, end);
    }
    if (ended(at, end)) return f.unexpected(at, end);
    ++nodes;
    if (*at == '"') {
      at = string(at + 1, end, out, f);
    } else if (*at == '[' || *at == '{') {
      if (closer == limit) return f.note(errc::json_too_deep, at);
      *++closer = static_cast<char>(*at + 2);  // [ ] and { } are two apart
      if (closer > deepest) deepest = closer;
      if (*closer == ']')
        keys.begin_table(closer - outer);
      else if (closer[-1] == ']')
        keys.begin_row(closer - 1 - outer);
      at = space(at + 1, end);
      if (ended(at, end) || *at != *closer) continue;
    } else {
      at = scalar(at, end, f);
    }
    if (at == nullptr) return nullptr;
    // Behind a value: close what ends here, up to the next comma.
    while (!comes(at, end, ',')) {
      if (ended(at, end) || *at != *closer) return f.unexpected(at, end);
      ++at;
      if (--closer == outer) {
        const std::uint32_t depth = above + static_cast<std::uint32_t>(deepest - outer);
        if (depth > out.depth) out.depth = depth;
        out.nodes += nodes - 1;
        return at;
      }
      if (at == end) return f.unexpected(at, end);
    }
    ++at;
  }
}

/// The same for the outermost array. Most events have no other array or object in it and end here.
template <class Width, bool Closed>
SIOKIT_ALWAYS_INLINE const char* check_pass<Width, Closed>::array(const char* at, const char* end,
                                                                  std::uint32_t depth_limit, shape& out,
                                                                  failure& f) noexcept {
  if (depth_limit == 0) return f.note(errc::json_too_deep, at);
  const char* const begin = at;
  out = {};
  out.nodes = out.depth = 1;
  out.array = true;
  at = space(at + 1, end);
  if (!ended(at, end) && *at == ']') return at + 1;
  const char *second = begin, *last = at, *last_end = at;
  std::uint32_t elements = 0;
  while (true) {
    if (ended(at, end)) return f.unexpected(at, end);
    if (elements++ == 1) second = at;
    last = at;
    if (*at == '"') {
      at = string(at + 1, end, out, f);
    } else if (*at == '[' || *at == '{') {
      const char* const behind = depth_limit > 1 ? pass_placeholder(at, end, out) : nullptr;
      at = behind != nullptr ? behind : nested(at, end, 1, depth_limit, out, f);
      if (at == end) return f.unexpected(at, end);
    } else {
      at = scalar(at, end, f);
    }
    if (at == nullptr) return nullptr;
    last_end = at;
    if (!comes(at, end, ',')) break;
    at = space(at + 1, end);
  }
  if (ended(at, end) || *at != ']') return f.unexpected(at, end);
  out.nodes += elements;
  out.elements = elements;
  out.second = static_cast<std::size_t>(second - begin);
  out.last = static_cast<std::size_t>(last - begin);
  out.last_end = static_cast<std::size_t>(last_end - begin);
  return at + 1;
}

template <class Width, bool Closed>
inline const char* check_pass<Width, Closed>::object(const char* at, const char* end, std::uint32_t depth_limit, shape& out,
                                                     failure& f) noexcept {
  out = {};
  out.nodes = out.depth = 1;
  out.object = true;
  return nested(at, end, 0, depth_limit, out, f);
}

/// Behind the outermost value only white space may come, and not too many values may have come before.
inline errc check_rest(const char* begin, const char* at, const char* end, const limits& limit, shape& out, failure& f) noexcept {
  if (at != nullptr && at != end) {
    at = check_space(at, end);
    if (at != end) at = f.note(errc::json_trailing, at);
  }
  // Only now: the pass costs no more for many values than for one long one.
  if (at != nullptr && out.nodes > limit.nodes) at = f.note(errc::json_too_many_nodes, begin);
  if (at != nullptr) return errc::none;
  out.offset = static_cast<std::size_t>(f.at - begin);
  return f.error;
}

/// Any text.
template <class Width>
SIOKIT_NEVER_INLINE inline errc check_any(const char* begin, const char* end, const limits& limit, shape& out) noexcept {
  const char* at = check_space(begin, end);
  failure f;
  if (at == end) {
    at = f.unexpected(at, end);
  } else if (*at == '[') {
    at = check_pass<Width, false>::array(at, end, limit.depth, out, f);
  } else if (*at == '{') {
    const bool closed = end - begin >= Width::width && (end[-1] == '}' || end[-1] == ']');
    at = closed ? check_pass<Width, true>::object(at, end, limit.depth, out, f)
                : check_pass<Width, false>::object(at, end, limit.depth, out, f);
  } else {
    out = {};
    out.nodes = 1;
    at = *at == '"' ? check_hard_string<Width>(at + 1, end, out, f) : check_pass<Width, false>::scalar(at, end, f);
  }
  return check_rest(begin, at, end, limit, out, f);
}

/// A text that begins and ends with the brackets of an array.
template <class Width>
SIOKIT_ALWAYS_INLINE errc check_array(const char* begin, const char* end, const limits& limit, shape& out) noexcept {
  failure f;
  const char* const at = check_pass<Width, true>::array(begin, end, limit.depth, out, f);
  if (at == end && out.nodes <= limit.nodes) [[likely]]
    return errc::none;
  return check_rest(begin, at, end, limit, out, f);
}

template <class Width>
SIOKIT_ALWAYS_INLINE errc check_with(std::string_view text, const limits& limit, shape& out) noexcept {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  if (text.empty() || *begin != '[' || end[-1] != ']') return check_any<Width>(begin, end, limit, out);
  if (text.size() < std::size_t{Width::width}) return check_array<short_array>(begin, end, limit, out);
  return check_array<Width>(begin, end, limit, out);
}

#if SIOKIT_BODIES
SIOKIT_INLINE errc check(std::string_view text, const limits& limit, shape& out) noexcept {
  return check_with<scan::native>(text, limit, out);
}
#endif

}  // namespace json

SIOKIT_NAMESPACE_END
