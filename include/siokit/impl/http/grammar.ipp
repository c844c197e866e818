// Bodies of http/grammar.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE std::optional<std::string_view> next_element(std::string_view& list) noexcept {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

SIOKIT_INLINE bool list_has(std::string_view list, std::string_view element) noexcept {
  while (const auto found = next_element(list))
    if (same(*found, element)) return true;
  return false;
}

SIOKIT_INLINE bool is_host(std::string_view text) noexcept {
  if (text.empty()) return false;
  std::size_t at = 0;
  if (text.front() == '[') {  // IP-literal: addresses only, nobody writes IPvFuture
    for (at = 1; at < text.size() && (hex(text[at]) >= 0 || text[at] == ':' || text[at] == '.');) ++at;
    if (at < 3 || at == text.size() || text[at] != ']') return false;
    ++at;
  } else {
    while (at < text.size() && text[at] != ':') {
      // Clients of unix sockets write their path here, percent-encoded.
      const bool escape = text[at] == '%' && at + 2 < text.size() && hex(text[at + 1]) >= 0 && hex(text[at + 2]) >= 0;
      if (!escape && !host_chars.has(text[at])) return false;
      at += escape ? 3 : 1;
    }
    if (at == 0) return false;
  }
  if (at == text.size()) return true;
  if (text[at] != ':') return false;
  const std::string_view port = text.substr(at + 1);
  unsigned number = 0;
  if (port.size() > 5) return false;
  for (const char c : port) {
    if (!digit(c)) return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= 65535;
}

SIOKIT_INLINE errc read_length(std::string_view text, std::uint64_t& out) noexcept {
  constexpr std::uint64_t largest = ~std::uint64_t{0};
  if (text.empty()) return errc::http_bad_length;
  out = 0;
  for (const char c : text) {
    if (!digit(c)) return errc::http_bad_length;
    const auto d = static_cast<std::uint64_t>(c - '0');
    out = out > (largest - d) / 10 ? largest : out * 10 + d;
  }
  return errc::none;
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
