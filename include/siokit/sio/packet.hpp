// Socket.IO protocol 5 packets: <type>[<n>-][<namespace>,][<ack id>][<JSON>]. What goes over the wire for an event is here.
// Reading is strict (docs/differences.md says where JavaScript is not); writing puts the header straight into the frame of
// the message. How text and attachments come together again is in assembler.hpp.
#pragma once

#include <siokit/core/limits.hpp>
#include <siokit/text/codec.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

/// sio5: packet types.
enum class packet_type : char {
  connect = '0',
  disconnect = '1',
  event = '2',
  ack = '3',
  connect_error = '4',
  binary_event = '5',
  binary_ack = '6'
};

/// The largest ack id: JavaScript cannot count further.
inline constexpr std::uint64_t max_ack_id = (std::uint64_t{1} << 53) - 1;
/// No id: that of an event which is not to be acknowledged.
inline constexpr std::uint64_t no_ack_id = ~std::uint64_t{0};

/// A packet as received: holds nothing before decode() filled it. The views point into the message.
struct packet {
  packet_type type;
  bool has_id;
  bool escaped;               // the name has escapes, which are not decoded
  std::uint32_t attachments;  // that are to follow
  std::uint64_t id;
  std::string_view nsp;      // "/" when it is not named
  std::string_view payload;  // checked JSON, or empty
  std::string_view name;     // of an event
  json::shape shape;         // of the payload

  bool is_event() const noexcept { return type == packet_type::event || type == packet_type::binary_event; }
  bool is_ack() const noexcept { return type == packet_type::ack || type == packet_type::binary_ack; }
};

/// Takes a text message apart and checks all of it: header, JSON, and whether the payload fits the type.
errc decode(std::string_view text, const limits&, packet& out) noexcept;

/// The second half of is_reserved(). By reference, so that no name has to be moved for a call that is seldom made.
bool is_one_of_the_reserved(const std::string_view& event) noexcept;
/// Names that only the library may emit. Anything else, "connection" and "error" included, is an ordinary event.
inline bool is_reserved(const std::string_view& event) noexcept {
  constexpr auto bit_of = [](char c) { return 1u << (c & 31); };
  constexpr unsigned initials = bit_of('c') | bit_of('d') | bit_of('n') | bit_of('r');  // most names begin otherwise
  return !event.empty() && (initials & bit_of(event.front())) != 0 && is_one_of_the_reserved(event);
}
/// The longest of them.
inline constexpr std::size_t longest_reserved = 14;

/// Writes "4" (an Engine.IO message), the type, the namespace unless it is "/", and the id unless it is no_ack_id.
void put_header(frame_builder& out, packet_type type, std::string_view nsp, std::uint64_t id = no_ack_id) noexcept;
/// Turns a written event or ack into its binary form once the number of its attachments is known. False: no memory.
bool add_attachment_count(frame_builder& out, std::size_t attachments) noexcept;

/// One message and its attachments, ready to be queued together. Copies share the frames.
class encoded {
 public:
  encoded() noexcept {}
  encoded(const encoded& other) noexcept {
    for (const frame& f : other.frames()) (void)add(f);
  }
  encoded& operator=(const encoded& other) noexcept {
    if (this == &other) return *this;
    release();
    size_ = 0;
    for (const frame& f : other.frames()) (void)add(f);
    return *this;
  }
  ~encoded() { release(); }
  std::span<const frame> frames() const noexcept { return {frames_.data(), size_}; }
  bool empty() const noexcept { return size_ == 0; }

  /// Adds a frame; false when it is null or there are too many.
  bool add(frame f) noexcept {
    if (!f || size_ == frames_.size()) return false;
    ::new (static_cast<void*>(&frames_[size_++])) frame(std::move(f));
    return true;
  }

 private:
  void release() noexcept {
    for (std::size_t i = size_; i != 0;) frames_[--i].~frame();
  }
  union {
    std::array<frame, 1 + attachment_sink::usual> frames_;  // of which the first size_ live
  };
  std::size_t size_ = 0;
};

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/packet.ipp>
