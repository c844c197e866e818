// Bodies of text/json.hpp that walk over text which check() accepted.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace json {

SIOKIT_INLINE const char* skip(const char* at, const char* end) noexcept {
  if (*at != '"' && *at != '[' && *at != '{') return skip_scalar(at, end);
  bool escaped = false;
  std::size_t depth = 0;
  do {
    if (depth != 0) at = scan::native::find_sure<scan::nesting>(at, end);
    if (*at == '"')
      at = string_end(at + 1, end, escaped);
    else
      depth += (*at & 2) != 0 ? 1 : static_cast<std::size_t>(-1);  // bit 1 tells [ { from ] }
    ++at;
  } while (depth != 0);
  return at;
}

/// The number in the four hexadecimal digits at `at`.
inline std::uint32_t hex4(const char* at) noexcept {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit << 4 | hex_digits[static_cast<unsigned char>(at[i])];
  return unit;
}

/// Writes the character whose escape begins behind the backslash at `at`, at most 4 bytes, and moves both on.
inline char* decode_escape(const char*& at, const char* end, char* out) noexcept {
  const char meaning = escapes[static_cast<unsigned char>(*at++)];
  if (meaning != 'u') {
    *out++ = meaning;
    return out;
  }
  std::uint32_t unit = hex4(at);
  at += 4;
  if (unit >= 0xd800 && unit < 0xe000) {
    std::uint32_t low = 0;
    if (unit < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') low = hex4(at + 2);
    if (low >= 0xdc00 && low < 0xe000) {
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
      at += 6;
    } else {
      unit = 0xfffd;
    }
  }
  return utf8::put(unit, out);
}

SIOKIT_INLINE char* unescape(std::string_view raw, char* out) noexcept {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (true) {
    const char* const stop = scan::native::find<scan::string_stop>(at, end);
    const auto plain = static_cast<std::size_t>(stop - at);
    if (plain != 0) std::memcpy(out, at, plain);
    out += plain;
    if (stop == end) return out;
    at = stop + 1;
    out = decode_escape(at, end, out);
  }
}

SIOKIT_INLINE bool equals(std::string_view raw, std::string_view text) noexcept {
  // An escape is longer than what it means.
  if (raw.size() <= text.size()) return raw == text && text.find('\\') == std::string_view::npos;
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (true) {
    const char* const stop = scan::native::find<scan::string_stop>(at, end);
    const std::string_view plain(at, static_cast<std::size_t>(stop - at));
    if (!text.starts_with(plain)) return false;
    text.remove_prefix(plain.size());
    if (stop == end) return text.empty();
    at = stop + 1;
    char buffer[4];
    const std::string_view character(buffer, static_cast<std::size_t>(decode_escape(at, end, buffer) - buffer));
    if (!text.starts_with(character)) return false;
    text.remove_prefix(character.size());
  }
}

/// The index that the number at `at` gives, up to 2^32-1, which is moved behind it; forms that mean an integer in another way
/// are refused.
inline bool read_index(const char*& at, const char* end, std::uint32_t& index) noexcept {
  std::uint64_t n = 0;
  const char* const begin = at;
  for (; at != end && is_digit(*at) && n <= 0xffffffff; ++at) n = n * 10 + static_cast<unsigned>(*at - '0');
  if (at == begin || n > 0xffffffff) return false;
  index = static_cast<std::uint32_t>(n);
  return at == end || !goes_on[static_cast<unsigned char>(*at)];
}

/// What the members of an object say about its being a placeholder.
struct placeholder_members {
  bool marked = false;   // "_placeholder":true
  bool numbered = false;  // "num":k
  bool others = false;
  std::uint32_t index = 0;
};

/// Reads the key at `at` and its value into `out`; returns what stands behind the value, white space left out. A value
/// that cannot be a placeholder's is not walked over, so that the cost does not grow with it.
inline const char* read_member(const char* at, const char* end, placeholder_members& out) noexcept {
  const char* const begin = at + 1;
  at = skip(at, end);
  const std::string_view raw(begin, static_cast<std::size_t>(at - 1 - begin));
  at = skip_space(skip_space(at) + 1);
  if (equals(raw, "_placeholder")) {
    out.marked = *at == 't';
    out.others |= !out.marked;
  } else if (equals(raw, "num")) {
    const char* stop = at;
    out.numbered = read_index(stop, end, out.index);
    out.others |= !out.numbered;
  } else {
    out.others = true;
  }
  return out.others ? at : skip_space(skip(at, end));
}

/// At an object whose first member may be in whatever form.
SIOKIT_NEVER_INLINE SIOKIT_INLINE errc unusual_placeholder(const char* at, const char* end, std::optional<std::uint32_t>& index,
                                                           const char*& behind) noexcept {
  placeholder_members members;
  at = skip_space(at + 1);
  if (*at != '"') return errc::none;
  at = read_member(at, end, members);
  if (*at == ',' && (members.marked || members.numbered)) at = read_member(skip_space(at + 1), end, members);
  if (!members.marked) return errc::none;
  if (*at != '}' || !members.numbered || members.others) return errc::sio_bad_placeholder;
  behind = at + 1;
  index = members.index;
  return errc::none;
}

SIOKIT_INLINE errc placeholder(const char* at, const char* end, std::optional<std::uint32_t>& index, const char*& behind) noexcept {
  index.reset();
  if (*at != '{') return errc::none;
  if (std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(placeholder_head)) {
    const char* stop = at + placeholder_head.size();
    std::uint32_t number = 0;
    if (read_index(stop, end, number) && *stop == '}') {
      behind = stop + 1;
      index = number;
      return errc::none;
    }
  }
  return unusual_placeholder(at, end, index, behind);
}

/// At an object: true when it is a placeholder and was passed, else inside it.
SIOKIT_INLINE bool placeholder_walk::object() noexcept {
  std::optional<std::uint32_t> found;
  const char* behind = nullptr;
  error_ = placeholder(at_, end_, found, behind);
  const char* const begin = at_;
  if (!found || error_ != errc::none) {
    ++at_;
    return false;
  }
  at_ = behind;
  text_ = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
  index_ = *found;
  return true;
}

/// At a string: passed. A key that object() did not see is not in a place where a placeholder has it.
SIOKIT_NEVER_INLINE SIOKIT_INLINE void placeholder_walk::string() noexcept {
  const char* const begin = at_ + 1;
  at_ = skip(at_, end_);
  const std::string_view raw(begin, static_cast<std::size_t>(at_ - 1 - begin));
  at_ = skip_space(at_, end_);
  if (at_ != end_ && *at_ == ':' && *skip_space(at_ + 1) == 't' && equals(raw, "_placeholder"))
    error_ = errc::sio_bad_placeholder;
}

SIOKIT_INLINE bool placeholder_walk::next() noexcept {
  while (error_ == errc::none && at_ != end_) {
    if (*at_ == '{') {
      if (object()) return true;
    } else if (*at_ == '"') {
      string();
    } else {
      at_ = scan::native::find<scan::nesting>(at_ + 1, end_);
    }
  }
  return false;
}

SIOKIT_INLINE errc count_placeholders(std::string_view text, std::span<std::uint8_t> used) noexcept {
  placeholder_walk walk(text);
  while (walk.next()) {
    if (walk.index() >= used.size()) return errc::sio_bad_placeholder;
    std::uint8_t& count = used[walk.index()];
    if (count != 255) ++count;
  }
  return walk.error();
}

SIOKIT_INLINE bool has_placeholder(std::string_view text) noexcept {
  if (text.find('\\') == std::string_view::npos && text.find("_placeholder") == std::string_view::npos) return false;
  placeholder_walk walk(text);
  return walk.next() || walk.error() != errc::none;
}

}  // namespace json

SIOKIT_NAMESPACE_END
#endif
