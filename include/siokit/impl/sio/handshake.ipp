// Bodies of sio/handshake.hpp.
#pragma once

#include <siokit/http/fields.hpp>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE std::string_view handshake::fields() const noexcept {
  return head() == nullptr ? std::string_view{} : head()->fields();
}

SIOKIT_INLINE std::optional<std::string_view> handshake::header(std::string_view name) const noexcept {
  return http::find(fields(), name);
}

SIOKIT_INLINE std::optional<std::string_view> handshake::cookie(std::string_view name) const noexcept {
  return http::cookie(fields(), name);
}

SIOKIT_INLINE std::optional<std::string_view> handshake::query(std::string_view name) const noexcept {
  const http::query_match found = http::find_parameter(http::split_target(url()).query, name);
  if (found.what == http::query_match::kind::none) return {};
  if (!http::is_encoded(found.value)) return found.value;
  char* const room = context_->scratch->array<char>(found.value.size());
  if (room == nullptr) return {};
  return http::decode(found.value, {room, found.value.size()});
}

SIOKIT_INLINE value_view handshake::auth() const noexcept {
  return {auth_.empty() ? std::string_view("{}") : auth_, context_};
}

SIOKIT_INLINE std::string_view handshake::address() const noexcept {
  return head() == nullptr ? std::string_view{} : head()->address();
}

SIOKIT_INLINE std::uint16_t handshake::port() const noexcept {
  return head() == nullptr ? std::uint16_t{0} : head()->port;
}

SIOKIT_INLINE std::chrono::sys_time<std::chrono::milliseconds> handshake::time() const noexcept {
  return std::chrono::sys_time<std::chrono::milliseconds>(
      std::chrono::milliseconds(head() == nullptr ? 0 : head()->unix_ms));
}

SIOKIT_INLINE std::string_view handshake::url() const noexcept {
  return head() == nullptr ? std::string_view{} : head()->target();
}

SIOKIT_INLINE bool handshake::secure() const noexcept { return head() != nullptr && head()->secure; }

SIOKIT_NAMESPACE_END
#endif
