// Bodies of sio/packet.hpp.
#pragma once

#include <siokit/http/response_writer.hpp>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// Reads a run of digits off the front. False when there is none, or the number is above `largest`.
SIOKIT_INLINE bool take_number(std::string_view& text, std::uint64_t largest, std::uint64_t& out) noexcept {
  std::size_t n = 0;
  out = 0;
  for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n) {
    const auto digit = static_cast<std::uint64_t>(text[n] - '0');
    if (out > (largest - digit) / 10) return false;
    out = out * 10 + digit;
  }
  text.remove_prefix(n);
  return n != 0;
}

SIOKIT_INLINE errc check_name(const limits& limit, packet& p) noexcept {
  const value_view args(p.payload, nullptr);
  const auto first = args.elements().begin();
  if (first == std::default_sentinel) return errc::sio_bad_payload;
  const value_view name = *first;
  if (name.kind() == value_kind::string) {
    if (name.as_raw_string(p.name, p.escaped) != errc::none) return errc::sio_bad_event_name;
    if (p.name.size() > limit.event_name) return errc::sio_event_name_too_long;
    // An escaped spelling of a reserved name is that name.
    if (!p.escaped) return is_reserved(p.name) ? errc::sio_reserved_event : errc::none;
    for (const std::string_view reserved : reserved_events)
      if (json::equals(p.name, reserved)) return errc::sio_reserved_event;
    return errc::none;
  }
  if (name.kind() != value_kind::number) return errc::sio_bad_event_name;
  p.name = name.json();  // JavaScript clients may emit numbers; they match their decimal text
  return p.name.size() > limit.event_name ? errc::sio_event_name_too_long : errc::none;
}

// Whether the payload fits the type. Absent is only right where it is said so.
SIOKIT_INLINE errc check_payload(const limits& limit, packet& p) noexcept {
  json::shape& shape = p.shape;
  if (p.payload.empty()) {
    const bool optional = p.type == packet_type::connect || p.type == packet_type::disconnect || p.type == packet_type::connect_error;
    return optional ? errc::none : errc::sio_bad_payload;
  }
  if (p.type == packet_type::connect && p.payload.size() > limit.auth) return errc::sio_auth_too_large;
  const json::limits cost{static_cast<std::uint32_t>(limit.json_depth), static_cast<std::uint32_t>(limit.json_nodes)};
  if (const errc e = json::check(p.payload, cost, shape); e != errc::none) return e;
  switch (p.type) {
    case packet_type::connect: return shape.object ? errc::none : errc::sio_bad_payload;
    case packet_type::disconnect: return errc::sio_bad_payload;
    case packet_type::connect_error: return errc::none;  // Socket.IO 2 sends any value
    case packet_type::ack:
    case packet_type::binary_ack: return !shape.array ? errc::sio_bad_payload : p.has_id ? errc::none : errc::sio_bad_ack_id;
    case packet_type::event:
    case packet_type::binary_event: return shape.array ? check_name(limit, p) : errc::sio_bad_payload;
  }
  return errc::sio_bad_type;
}

SIOKIT_INLINE errc decode(std::string_view text, const limits& limit, packet& out) noexcept {
  out = {};
  if (text.empty() || text[0] < '0' || text[0] > '6') return errc::sio_bad_type;
  out.type = static_cast<packet_type>(text[0]);
  text.remove_prefix(1);
  if (out.type == packet_type::binary_event || out.type == packet_type::binary_ack) {
    std::uint64_t count = 0;
    // A count of zero would leave the assembler armed for ever (CVE-2026-69185).
    if (!text.empty() && text[0] == '0') return errc::sio_bad_attachments;
    if (!take_number(text, max_ack_id, count) || text.empty() || text[0] != '-') return errc::sio_bad_attachments;
    if (count > limit.attachments) return errc::sio_too_many_attachments;
    out.attachments = static_cast<std::uint32_t>(count);
    text.remove_prefix(1);
  }
  out.nsp = "/";
  if (!text.empty() && text[0] == '/') {
    const std::size_t comma = text.find(',');
    out.nsp = text.substr(0, comma);
    if (out.nsp.size() > limit.nsp_name) return errc::sio_nsp_too_long;
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (!utf8::valid(out.nsp)) return errc::sio_bad_nsp;
  }
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    // CONNECT, DISCONNECT and CONNECT_ERROR have no id; there a digit is the start of a payload that cannot be one.
    if (out.type == packet_type::connect || out.type == packet_type::disconnect) return errc::sio_bad_payload;
    if (!take_number(text, max_ack_id, out.id)) return errc::sio_ack_id_too_large;
    out.has_id = true;
  }
  out.payload = text;
  return check_payload(limit, out);
}

SIOKIT_INLINE void put_header(frame_builder& out, packet_type type, std::string_view nsp) noexcept {
  out.put('4');
  out.put(static_cast<char>(type));
  if (nsp == "/") return;
  out.put(nsp);
  out.put(',');
}

SIOKIT_INLINE void put_header(frame_builder& out, packet_type type, std::string_view nsp, bool has_id,
                              std::uint64_t id) noexcept {
  put_header(out, type, nsp);
  if (has_id) http::put_number(out, id);
}

SIOKIT_INLINE bool add_attachment_count(frame_builder& out, std::size_t attachments) noexcept {
  if (attachments == 0 || out.failed()) return !out.failed();
  char count[number::room + 1];
  char* const end = number::write(count, std::uint64_t{attachments});
  *end = '-';
  const bool ack = out.written()[1] == static_cast<char>(packet_type::ack);
  return out.replace(1, static_cast<char>(ack ? packet_type::binary_ack : packet_type::binary_event)) &&
         out.insert(2, {count, static_cast<std::size_t>(end + 1 - count)});  // behind "4" and the type
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
