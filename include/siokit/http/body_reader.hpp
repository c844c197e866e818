// The body behind a head that was consumed: Content-Length, chunked (RFC 9112 7.1), or all until the link ends.
// Requests and responses alike. When it is whole it lies in one piece at the front of the unread bytes; the framing of
// chunks was cut out in place. The work is linear in what came, and limits hold before bytes are kept.
//
//   unread:  [ body so far | gap: framing that was read | not read yet ]
//
// Invariant between calls: the gap is smaller than the body so far, so the wire cannot make us hold twice the limit.
#pragma once

#include <siokit/core/in_buffer.hpp>
#include <siokit/core/limits.hpp>
#include <siokit/http/head_scanner.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

class body_reader {
 public:
  /// Begins the body that a head announced. http_body_too_large when it cannot fit `largest`: nothing was read then.
  errc start(framing how, std::uint64_t length, std::size_t largest) noexcept;

  /// Reads what is there. `done`: the whole body is body(in), to be consumed by the caller with in.consume(size()), and
  /// the next head follows. `largest` is the one that start() was given. `failed` stays.
  step next(in_buffer& in, const limits& limit, std::size_t largest) noexcept;
  /// The link ended: `done` when that is where the body ends, else `failed` with http_body_cut.
  step ended() noexcept;

  /// Bytes of the body so far: all of them when done.
  std::size_t size() const noexcept { return body_; }
  mutable_bytes body(in_buffer& in) const noexcept { return in.unread().first(body_); }
  /// Bytes that are certainly to come, for driver::space().
  std::size_t wanted() const noexcept {
    return state_ == state::length ? left_ - body_ : state_ == state::data ? left_ : 0;
  }
  errc error() const noexcept { return error_; }

 private:
  enum class state : std::uint8_t {
    length, until_close,
    size, extension, extension_name, equals, extension_value, quoted, quoted_pair, quoted_end, size_lf,
    data, data_cr, data_lf, trailers,
    done, failed
  };
  step fail(errc e) noexcept;
  errc chunks(in_buffer& in, const limits& limit, std::size_t largest) noexcept;
  errc size_line(std::string_view in, const limits& limit, std::size_t largest) noexcept;
  errc size_byte(char c, std::size_t largest) noexcept;
  errc extension_byte(char c) noexcept;
  errc trailer_lines(std::string_view in, const limits& limit) noexcept;

  std::uint32_t body_ = 0;
  std::uint32_t gap_ = 0;
  std::uint32_t left_ = 0;     // of the body, or of the chunk in progress
  std::uint32_t counted_ = 0;  // bytes of extensions so far, or of trailers
  std::uint32_t line_ = 0;     // bytes of the framing line in progress
  std::uint16_t trailers_ = 0;
  state state_ = state::done;
  line_state line_state_ = line_state::start;
  errc error_ = errc::none;
};

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/body_reader.ipp>
