// Bodies of http/fields.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE field split_line(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
  return {line.substr(0, colon), trim(value)};
}

SIOKIT_INLINE std::optional<field> next_field(std::string_view& fields) noexcept {
  if (fields.empty()) return std::nullopt;
  const std::size_t end = fields.find('\n');
  const std::size_t size = end == std::string_view::npos ? fields.size() : end + 1;
  const field found = split_line(fields.substr(0, size));
  fields.remove_prefix(size);
  return found;
}

SIOKIT_INLINE std::optional<std::string_view> find(std::string_view fields, std::string_view name) noexcept {
  while (const auto line = next_field(fields))
    if (same(line->name, name)) return line->value;
  return std::nullopt;
}

SIOKIT_INLINE std::size_t count(std::string_view fields, std::string_view name) noexcept {
  std::size_t n = 0;
  while (const auto line = next_field(fields))
    if (same(line->name, name)) ++n;
  return n;
}

SIOKIT_INLINE bool contains(std::string_view fields, std::string_view name, std::string_view element) noexcept {
  while (const auto line = next_field(fields))
    if (same(line->name, name) && list_has(line->value, element)) return true;
  return false;
}

SIOKIT_INLINE std::optional<std::string_view> cookie(std::string_view fields, std::string_view name) noexcept {
  while (const auto line = next_field(fields)) {
    if (!same(line->name, "cookie")) continue;
    for (std::string_view rest = line->value; !rest.empty();) {
      const std::size_t end = rest.find(';');
      const std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
      const std::string_view found = trim(pair.substr(equals + 1));
      const bool quoted = found.size() >= 2 && found.front() == '"' && found.back() == '"';
      return quoted ? found.substr(1, found.size() - 2) : found;
    }
  }
  return std::nullopt;
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
