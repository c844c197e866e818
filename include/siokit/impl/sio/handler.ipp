// Bodies of sio/handler.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE std::string_view invocation::failed_at(const value_context& context, std::span<char, 192> room) const noexcept {
  constexpr std::size_t longest = 160;
  std::memcpy(room.data(), "args[", 5);
  char* at = number::write(room.data() + 5, std::uint64_t{argument});
  *at++ = ']';
  const std::string_view path = context.path.text(args[argument].position()).substr(0, longest);
  if (!path.empty()) std::memcpy(at, path.data(), path.size());
  return {room.data(), static_cast<std::size_t>(at - room.data()) + path.size()};
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
