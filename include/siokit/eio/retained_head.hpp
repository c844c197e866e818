// What is kept of the request that opened a session, for socket.handshake(): one block of exactly its size.
// Not the parser's request_head, whose views die with the call.
// Often the largest part of an idle connection: options.keep_head says what stays of it.
#pragma once

#include <siokit/driver.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

struct retained_head {
  std::int64_t unix_ms = 0;
  std::uint32_t fields_size = 0;
  std::uint32_t target_size = 0;
  std::uint16_t port = 0;
  std::uint8_t address_size = 0;
  bool secure = false;

  std::string_view target() const noexcept { return {text(), target_size}; }
  std::string_view address() const noexcept { return {text() + target_size, address_size}; }
  /// The header lines, each "Name: value" ended by CRLF.
  std::string_view fields() const noexcept { return {text() + target_size + address_size, fields_size}; }

  /// A copy in one block; null when there is no memory.
  static retained_head* make(pool& from, std::string_view target, std::string_view fields, const link_info& peer,
                             std::int64_t unix_ms) noexcept {
    void* at = from.alloc_exact(sizeof(retained_head) + target.size() + fields.size() + peer.address.size());
    if (at == nullptr) return nullptr;
    auto* made = ::new (at) retained_head;
    made->unix_ms = unix_ms;
    made->fields_size = static_cast<std::uint32_t>(fields.size());
    made->target_size = static_cast<std::uint32_t>(target.size());
    made->port = peer.port;
    made->address_size = static_cast<std::uint8_t>(peer.address.size());
    made->secure = peer.secure;
    char* to = const_cast<char*>(made->text());
    for (const std::string_view part : {target, peer.address, fields}) {
      if (!part.empty()) std::memcpy(to, part.data(), part.size());
      to += part.size();
    }
    return made;
  }
  static void destroy(pool& from, retained_head* gone) noexcept {
    if (gone == nullptr) return;
    from.free_exact(gone, sizeof(retained_head) + gone->target_size + gone->fields_size + gone->address_size);
  }

 private:
  const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

}  // namespace eio

SIOKIT_NAMESPACE_END
