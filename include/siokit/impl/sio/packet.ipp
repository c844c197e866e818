// Bodies of sio/packet.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_NEVER_INLINE SIOKIT_INLINE bool is_one_of_the_reserved(const std::string_view& event) noexcept {
  switch (event.size()) {
    case 7: return event == "connect";
    case 10: return event == "disconnect";
    case 11: return event == "newListener";
    case 13: return event == "connect_error" || event == "disconnecting";
    case 14: return event == "removeListener";
    default: return false;
  }
}

/// Reads a run of digits. False when there is none, or the number is above max_ack_id.
SIOKIT_ALWAYS_INLINE bool take_number(const char*& at, const char* end, std::uint64_t& out) noexcept {
  const char* const begin = at;
  std::uint64_t x = 0;
  for (; at != end && json::is_digit(*at); ++at) {
    x = x * 10 + static_cast<unsigned char>(*at - '0');
    if (x > max_ack_id) return false;
  }
  out = x;
  return at != begin;
}

/// An escaped spelling of a reserved name is that name.
SIOKIT_INLINE bool means_reserved(std::string_view raw) noexcept {
  constexpr std::size_t longest_escape = 6;
  char plain[longest_reserved * longest_escape];
  if (raw.size() > sizeof plain) return false;
  return is_reserved({plain, static_cast<std::size_t>(json::unescape(raw, plain) - plain)});
}

SIOKIT_ALWAYS_INLINE errc check_name(const limits& limit, packet& p) noexcept {
  if (p.shape.elements == 0) return errc::sio_bad_payload;
  const char* const end = p.payload.data() + p.payload.size();
  const char* const array = json::skip_space(p.payload.data());
  const char* at = json::skip_space(array + 1);
  const char* const begin = at;
  if (*at == '"') {
    const char* const second = array + p.shape.second;
    const bool ends_there = p.shape.second != 0 && !p.shape.escapes && second[-1] == ',' && second[-2] == '"';
    at = ends_there ? second - 2 : json::string_end(at + 1, end, p.escaped);
    p.name = {begin + 1, static_cast<std::size_t>(at - begin - 1)};
    if (p.name.size() > limit.event_name) return errc::sio_event_name_too_long;
    return (p.escaped ? means_reserved(p.name) : is_reserved(p.name)) ? errc::sio_reserved_event : errc::none;
  }
  if (*at != '-' && !json::is_digit(*at)) return errc::sio_bad_event_name;
  // JavaScript clients may emit numbers; they match their decimal text.
  p.name = {begin, static_cast<std::size_t>(json::skip_scalar(at, end) - begin)};
  return p.name.size() > limit.event_name ? errc::sio_event_name_too_long : errc::none;
}

// A packet is read part by part, and each part hands on to the next with its last step: nothing has to be kept meanwhile. Parts
// that most packets do not have stand apart.

/// The rest, and whether it fits the type.
SIOKIT_NEVER_INLINE SIOKIT_INLINE errc read_payload(const char* at, const char* end, const limits& limit, packet& p) noexcept {
  json::shape& shape = p.shape;
  p.payload = {at, static_cast<std::size_t>(end - at)};
  p.name = {};
  p.escaped = false;
  if (at == end) {
    shape = {};
    const bool optional = p.type == packet_type::connect || p.type == packet_type::disconnect || p.type == packet_type::connect_error;
    return optional ? errc::none : errc::sio_bad_payload;
  }
  if (p.type == packet_type::connect && p.payload.size() > limit.auth) return errc::sio_auth_too_large;
  const json::limits cost{static_cast<std::uint32_t>(limit.json_depth), static_cast<std::uint32_t>(limit.json_nodes)};
  if (const errc e = json::check_with<scan::native>(p.payload, cost, shape); e != errc::none) return e;
  if (p.is_event()) return check_name(limit, p);
  if (p.is_ack()) return !shape.array ? errc::sio_bad_payload : p.has_id ? errc::none : errc::sio_bad_ack_id;
  if (p.type == packet_type::connect) return shape.object ? errc::none : errc::sio_bad_payload;
  // Socket.IO 2 sends any value with an error.
  return p.type == packet_type::connect_error ? errc::none : errc::sio_bad_payload;
}

SIOKIT_ALWAYS_INLINE errc read_id(const char* at, const char* end, const limits& limit, packet& out) noexcept {
  out.has_id = at != end && json::is_digit(*at);
  out.id = 0;
  if (out.has_id) {
    // CONNECT, DISCONNECT and CONNECT_ERROR have no id; there a digit is the start of a payload that cannot be one.
    if (out.type == packet_type::connect || out.type == packet_type::disconnect) return errc::sio_bad_payload;
    if (!take_number(at, end, out.id)) return errc::sio_ack_id_too_large;
  }
  return read_payload(at, end, limit, out);
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE errc read_named_nsp(const char* at, const char* end, const limits& limit, packet& out) noexcept {
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  const std::size_t comma = rest.find(',');
  out.nsp = rest.substr(0, comma);
  if (out.nsp.size() > limit.nsp_name) return errc::sio_nsp_too_long;
  // Names go back as they came. No payload of polling could carry this character (eio::separator).
  if (!utf8::valid(out.nsp) || out.nsp.find('\x1e') != std::string_view::npos) return errc::sio_bad_nsp;
  return read_id(comma == std::string_view::npos ? end : at + comma + 1, end, limit, out);
}

SIOKIT_ALWAYS_INLINE errc read_nsp(const char* at, const char* end, const limits& limit, packet& out) noexcept {
  if (at != end && *at == '/') return read_named_nsp(at, end, limit, out);
  out.nsp = "/";
  return read_id(at, end, limit, out);
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE errc read_attachments(const char* at, const char* end, const limits& limit, packet& out) noexcept {
  std::uint64_t count = 0;
  // A count of zero would leave the assembler armed for ever (CVE-2026-69185).
  if (at != end && *at == '0') return errc::sio_bad_attachments;
  if (!take_number(at, end, count) || at == end || *at != '-') return errc::sio_bad_attachments;
  if (count > limit.attachments) return errc::sio_too_many_attachments;
  out.attachments = static_cast<std::uint32_t>(count);
  return read_nsp(at + 1, end, limit, out);
}

SIOKIT_INLINE errc decode(std::string_view text, const limits& limit, packet& out) noexcept {
  const char* const at = text.data();
  const char* const end = at + text.size();
  if (at == end || *at < '0' || *at > '6') return errc::sio_bad_type;
  out.type = static_cast<packet_type>(*at);
  out.attachments = 0;
  const bool binary = out.type == packet_type::binary_event || out.type == packet_type::binary_ack;
  return binary ? read_attachments(at + 1, end, limit, out) : read_nsp(at + 1, end, limit, out);
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE char* write_nsp(char* at, std::string_view nsp) noexcept {
  std::memcpy(at, nsp.data(), nsp.size());
  at[nsp.size()] = ',';
  return at + nsp.size() + 1;
}

/// What a header may take besides the namespace: "4", the type, a comma, the id.
inline constexpr std::size_t header_room = 3 + number::room;

/// Writes to where there is room for header_room and the namespace, and returns the end. By reference, so that what is seldom
/// needed is not even loaded.
SIOKIT_ALWAYS_INLINE char* write_header(char* at, packet_type type, const std::string_view& nsp, const std::uint64_t& id) noexcept {
  *at++ = '4';
  *at++ = static_cast<char>(type);
  if (nsp.size() > 1) at = write_nsp(at, nsp);
  return id != no_ack_id ? number::write(at, id) : at;
}

SIOKIT_INLINE void put_header(frame_builder& out, packet_type type, std::string_view nsp, std::uint64_t id) noexcept {
  char* const at = out.reserve(header_room + nsp.size());
  if (at != nullptr) out.commit(write_header(at, type, nsp, id));
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
