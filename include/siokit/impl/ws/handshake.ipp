// Bodies of ws/handshake.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace ws {

/// Whether the subprotocol lists of a request are tokens, each named once.
SIOKIT_INLINE bool protocols_are_valid(std::string_view fields) noexcept {
  std::array<std::string_view, most_protocols> seen;
  std::size_t n = 0;
  while (const auto line = http::next_field(fields)) {
    if (!http::same(line->name, "Sec-WebSocket-Protocol")) continue;
    std::string_view list = line->value;
    while (const auto protocol = http::next_element(list)) {
      if (!http::is_token(*protocol) || n == seen.size()) return false;
      for (std::size_t i = 0; i < n; ++i)
        if (seen[i] == *protocol) return false;
      seen[n++] = *protocol;
    }
  }
  return true;
}

SIOKIT_INLINE errc check_request(const http::request_view& head) noexcept {
  if (!head.upgrade || head.method != "GET" || head.minor != 1 || head.body != http::framing::none)
    return errc::ws_bad_upgrade;
  const auto version = http::find(head.fields, "Sec-WebSocket-Version");
  if (!version || *version != "13") return errc::ws_bad_version;
  const auto key = http::find(head.fields, "Sec-WebSocket-Key");
  std::array<std::byte, 18> nonce;  // what 24 characters can hold
  if (!key || key->size() != std::tuple_size_v<key_text> || base64::decoded_size(*key) != 16) return errc::ws_bad_key;
  if (base64::decode(*key, nonce.data()) != errc::none) return errc::ws_bad_key;
  return protocols_are_valid(head.fields) ? errc::none : errc::ws_bad_upgrade;
}

SIOKIT_INLINE accept_text accept_for(std::string_view key) noexcept {
  constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
  std::array<char, std::tuple_size_v<key_text> + guid.size()> both{};
  const std::string_view known = key.substr(0, std::tuple_size_v<key_text>);
  known.copy(both.data(), known.size());
  guid.copy(both.data() + known.size(), guid.size());
  accept_text out;
  base64::encode(sha1(as_bytes({both.data(), known.size() + guid.size()})), out.data());
  return out;
}

SIOKIT_INLINE void write_accept(frame_builder& out, std::string_view key, std::string_view fields) noexcept {
  const accept_text accept = accept_for(key);
  out.put("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
  out.put(std::string_view(accept.data(), accept.size()));
  out.put("\r\n");
  out.put(fields);
  out.put("\r\n");
}

SIOKIT_INLINE key_text make_key(std::span<const std::byte, 16> random) noexcept {
  key_text out;
  base64::encode(random, out.data());
  return out;
}

SIOKIT_INLINE void write_request(frame_builder& out, std::string_view host, std::string_view target,
                                 std::string_view key, std::string_view fields) noexcept {
  out.put("GET ");
  out.put(target);
  out.put(" HTTP/1.1\r\nHost: ");
  out.put(host);
  out.put("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
  out.put(key);
  out.put("\r\n");
  out.put(fields);
  out.put("\r\n");
}

// RFC 6455 4.1, the client's list
SIOKIT_INLINE errc check_response(const http::response_view& head, std::string_view key) noexcept {
  if (head.status != 101) return errc::ws_bad_upgrade;
  const auto upgrade = http::find(head.fields, "Upgrade");
  if (!upgrade || !http::same(*upgrade, "websocket") || http::count(head.fields, "Upgrade") != 1)
    return errc::ws_bad_upgrade;
  if (!http::contains(head.fields, "Connection", "upgrade")) return errc::ws_bad_upgrade;
  const auto accept = http::find(head.fields, "Sec-WebSocket-Accept");
  const accept_text wanted = accept_for(key);
  if (!accept || *accept != std::string_view(wanted.data(), wanted.size())) return errc::ws_bad_accept;
  if (http::count(head.fields, "Sec-WebSocket-Accept") != 1) return errc::ws_bad_accept;
  const bool unasked = http::find(head.fields, "Sec-WebSocket-Extensions").has_value() ||
                       http::find(head.fields, "Sec-WebSocket-Protocol").has_value();
  return unasked ? errc::ws_bad_extension : errc::none;
}

}  // namespace ws

SIOKIT_NAMESPACE_END
#endif
