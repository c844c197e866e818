// Bodies of http/target.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE target_view split_target(std::string_view target) noexcept {
  target_view out;
  if (!target.empty() && target.front() != '/' && target.front() != '*') {
    const std::size_t scheme = target.find("://");
    if (scheme != std::string_view::npos) {
      target.remove_prefix(scheme + 3);
      const std::size_t end = target.find_first_of("/?");
      out.authority = target.substr(0, end);
      target.remove_prefix(out.authority.size());
    }
  }
  const std::size_t mark = target.find('?');
  out.path = target.substr(0, mark);
  if (out.path.empty()) out.path = "/";  // RFC 9110 4.2.3
  if (mark != std::string_view::npos) out.query = target.substr(mark + 1);
  return out;
}

SIOKIT_INLINE std::optional<parameter> next_parameter(std::string_view& query) noexcept {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return parameter{pair, {}};
    return parameter{pair.substr(0, equals), pair.substr(equals + 1)};
  }
  return std::nullopt;
}

SIOKIT_INLINE query_match find_parameter(std::string_view query, std::string_view name) noexcept {
  query_match out;
  while (const auto next = next_parameter(query)) {
    if (!decodes_to(next->name, name)) continue;
    if (out.what == query_match::kind::one) {
      out.what = query_match::kind::repeated;
      break;
    }
    out = {query_match::kind::one, next->value};
  }
  return out;
}

/// Takes one decoded character off a text that is not empty.
SIOKIT_INLINE char next_decoded(std::string_view& text) noexcept {
  const char c = text.front();
  if (c == '%' && text.size() > 2 && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
    const int value = hex(text[1]) * 16 + hex(text[2]);
    text.remove_prefix(3);
    return static_cast<char>(static_cast<unsigned char>(value));
  }
  text.remove_prefix(1);
  return c == '+' ? ' ' : c;
}

SIOKIT_INLINE bool decodes_to(std::string_view text, std::string_view plain) noexcept {
  for (const char c : plain)
    if (text.empty() || next_decoded(text) != c) return false;
  return text.empty();
}

SIOKIT_INLINE bool is_encoded(std::string_view text) noexcept {
  return text.find_first_of("%+") != std::string_view::npos;
}

SIOKIT_INLINE std::string_view decode(std::string_view text, std::span<char> out) noexcept {
  std::size_t n = 0;
  while (!text.empty() && n < out.size()) out[n++] = next_decoded(text);
  return {out.data(), n};
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
