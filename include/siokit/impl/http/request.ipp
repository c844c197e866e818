// Bodies of http/request.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

SIOKIT_INLINE std::optional<std::string_view> request::query(std::string_view name) const noexcept {
  const query_match found = find_parameter(query(), name);
  if (found.what == query_match::kind::none) return std::nullopt;
  if (!is_encoded(found.value)) return found.value;
  char* const room = scratch_->array<char>(found.value.size());
  if (room == nullptr) return std::nullopt;
  return decode(found.value, {room, found.value.size()});
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
