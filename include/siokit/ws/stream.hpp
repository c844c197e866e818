// What comes over a link after the WebSocket handshake, as messages: RFC 6455, either role. Judges every header before
// it keeps a byte of the payload, unmasks and joins fragments in place, and checks text while it arrives.
// Only the receiving half: what to answer (pong, Close with close_code()) is the caller's, made by header.hpp.
//
//   unread:  [ message so far | gap: headers and control frames that were read | not read yet ]
//
//   open ──Close──> closed (the rest is thrown away)        open ──broken rule──> failed
//
// Invariant between calls that gave `more`: the gap is smaller than the message so far.
#pragma once

#include <siokit/core/in_buffer.hpp>
#include <siokit/core/limits.hpp>
#include <siokit/text/utf8.hpp>
#include <siokit/ws/header.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace ws {

/// Something that came. Its data lies in the in_buffer and may be changed in place.
struct event {
  enum class kind : std::uint8_t {
    more,     // nothing until more bytes come
    text,     // a message that is UTF-8
    binary,   // a message
    ping,     // answer with a pong of the same data; only the newest needs one (RFC 6455 5.5.3)
    pong,
    closing,  // the peer's Close: answer with `code`, then nothing more is read
    failed    // answer with close_code(error), then drop the link
  } what = kind::more;
  errc error = errc::none;
  std::uint16_t code = no_code;  // of closing
  mutable_bytes data{};          // the message, the payload, or the reason of closing
};

class stream {
 public:
  explicit stream(role mine) noexcept : role_(mine) {}

  /// Reads on, up to the next event. What it gave out is consumed at the next call, so in.keep() may come in between.
  /// `largest` bounds a message (1009 above it). Call until `more`, or stop anywhere.
  event next(in_buffer& in, const limits& limit, std::size_t largest) noexcept;
  /// Bytes that the frame in progress is certainly to bring, for driver::space().
  std::size_t wanted() const noexcept { return left_; }
  /// Whether the peer's Close came, or the stream failed: nothing more will be given out.
  bool ended() const noexcept { return state_ >= state::closed; }

 private:
  enum class state : std::uint8_t {
    idle,      // between two frames
    payload,   // inside a data frame
    handed,    // between two frames; the message was given out and is still in the buffer
    closed, failed
  };
  enum class message : std::uint8_t { none, text, binary };  // the one in progress
  errc check_start(bytes_view in) const noexcept;
  errc begin_message_frame(const header& head, const limits& limit, std::size_t largest) noexcept;
  bool read_whole(in_buffer& in, std::size_t largest, event& out) noexcept;
  event read_piecemeal(in_buffer& in, const limits& limit, std::size_t largest) noexcept;
  bool read_header(in_buffer& in, const limits& limit, std::size_t largest, event& out) noexcept;
  bool read_payload(in_buffer& in, event& out) noexcept;
  bool read_control(const header& head, mutable_bytes rest, event& out) noexcept;
  errc read_close(mutable_bytes payload, event& out) noexcept;
  void forget_message(in_buffer& in) noexcept;
  event fail(in_buffer& in, errc e) noexcept;

  std::uint32_t message_ = 0;    // bytes of the message so far
  std::uint32_t gap_ = 0;
  std::uint32_t left_ = 0;       // bytes of the frame in progress that were not read
  std::uint32_t fragments_ = 0;  // of the message so far
  mask_key key_{};               // for the next byte of the frame in progress
  utf8::checker text_;
  role role_;
  state state_ = state::idle;
  message kind_ = message::none;
  bool fin_ = false;             // of the frame in progress
  bool masked_ = false;
  errc error_ = errc::none;
};

}  // namespace ws

SIOKIT_NAMESPACE_END

#include <siokit/impl/ws/stream.ipp>
