// Writes one value into a frame, piece by piece: commas are put, strings made safe, binary moved into attachments.
// A comma is put behind each value inside of an array or object, and the bracket that ends them takes the place of the last.
// Codecs see only this and value_view, never JSON. Errors stick: write everything, then look at error().
// Text is made safe as design (b)7 says: invalid UTF-8 becomes U+FFFD, what is no finite number becomes null.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <span>
#include <string_view>

#include <siokit/core/bytes.hpp>
#include <siokit/core/frame.hpp>
#include <siokit/text/json.hpp>
#include <siokit/text/number.hpp>
#include <siokit/text/value_view.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Collects the attachments of one packet as binary frames, in the order of their placeholders. The pool outlives it.
class attachment_sink {
 public:
  static constexpr std::uint32_t usual = 10;  // the reference refuses more since socket.io-parser 4.2.6

  explicit attachment_sink(pool& from, std::uint32_t limit = usual) noexcept : pool_(from), limit_(limit) {}
  attachment_sink(const attachment_sink&) = delete;
  attachment_sink& operator=(const attachment_sink&) = delete;
  ~attachment_sink() {
    if (frames_ != nullptr) release();
  }

  /// Copies the bytes into a frame. sio_too_many_attachments, out_of_memory.
  errc add(bytes_view in) noexcept;
  std::span<const frame> frames() const noexcept { return {frames_, size_}; }
  std::size_t size() const noexcept { return size_; }
  /// Moves frame i out.
  frame take(std::size_t i) noexcept { return std::move(frames_[i]); }

 private:
  bool grow() noexcept;
  void release() noexcept;
  std::size_t room() const noexcept { return frames_ == nullptr ? 0 : std::bit_ceil(size_ < 4 ? 4 : size_); }

  pool& pool_;
  std::uint32_t limit_;
  std::uint32_t size_ = 0;
  frame* frames_ = nullptr;  // room() of them, of the pool; most messages have none
};

/// Appends to a frame_builder; what stands there already stays. Both, and the sink, must outlive the writer.
class value_writer {
 public:
  /// Without a sink, binary is written as node's JSON writes a Buffer, which is what CONNECT packets need.
  explicit value_writer(frame_builder& out, attachment_sink* sink = nullptr) noexcept : out_(out), sink_(sink) {}
  /// Begins with the elements of an array, whose [ is written already and has room for a ] behind it.
  struct inside_array {};
  value_writer(frame_builder& out, attachment_sink* sink, inside_array) noexcept
      : out_(out), sink_(sink), depth_(1), state_(value_due), after_(value_due) {
    outer_[0] = 0;
  }
  value_writer(const value_writer&) = delete;
  value_writer& operator=(const value_writer&) = delete;

  void null() noexcept { word("null"); }
  void boolean(bool x) noexcept {
    foreign_ |= x && suspect_;
    x ? word("true") : word("false");
  }
  void integer(std::int64_t x) noexcept { digits(x); }
  void unsigned_integer(std::uint64_t x) noexcept { digits(x); }
  /// NaN and infinities become null.
  void number(double x) noexcept;
  void number(float x) noexcept;
  void string(std::string_view text) noexcept;
  /// An attachment and its placeholder.
  void binary(bytes_view in) noexcept;

  void begin_array() noexcept { begin('[', value_due); }
  void end_array() noexcept { end(']', value_due); }
  void begin_object() noexcept { begin('{', key_due); }
  void key(std::string_view name) noexcept;
  void end_object() noexcept { end('}', key_due); }

  /// A value that is JSON already. It is checked in every build; bad_value when it is not valid.
  void raw(std::string_view json) noexcept;
  /// A value that came in a message: its bytes as they are, its attachments among ours.
  void copy(value_view v) noexcept;

  // For bodies.
  /// Writes a string that is short and plain, as most are, and the character behind it, to where there is room for
  /// around_short more than its size. Returns the end; null when it is another string.
  static char* put_short(char* at, std::string_view text, char behind) noexcept;
  static constexpr std::size_t around_short = 3;
  /// Ends the array that it began inside of, and with it the value. False, and an error, when there was one or when another
  /// array or object is not ended.
  bool end_all() noexcept;

  /// Makes every later call do nothing. The first error stays.
  void fail(errc e) noexcept;
  /// errc::none; bad_value for pieces that make no value (a key too many, an end too many, two values) and for a
  /// foreign placeholder in a packet with attachments; json_too_deep; out_of_memory; sio_too_many_attachments.
  errc error() const noexcept {
    if (error_ != errc::none) return error_;
    return foreign_ && sink_ != nullptr && sink_->size() != 0 ? errc::bad_value : errc::none;
  }
  /// Whether one whole value was written.
  bool complete() const noexcept { return depth_ == 0 && state_ == 0 && error() == errc::none; }

 private:
  // What may come next. 0 is nothing: behind a whole value, and after an error.
  static constexpr std::uint8_t value_due = 1;  // in an array, or of a member
  static constexpr std::uint8_t key_due = 2;
  static constexpr std::uint8_t whole_due = 3;  // the outermost value, which no comma follows

  bool is_due(std::uint8_t what) const noexcept { return state_ == what || (what == value_due && state_ == whole_due); }
  /// Room for n characters of what is due and for what follows them; null when it is not due, and after an error.
  SIOKIT_ALWAYS_INLINE char* piece(std::size_t n, std::uint8_t due) noexcept {
    if (!is_due(due)) return refuse();
    char* const at = out_.reserve(n + 1);
    return at == nullptr ? no_room() : at;
  }
  /// A value is written up to here, where there is room for a comma, and so for the bracket of end_all().
  SIOKIT_ALWAYS_INLINE void done(char* end) noexcept {
    *end = ',';
    out_.commit(end + (after_ == 0 ? 0 : 1));
    state_ = after_;
  }
  template <class T>
  void digits(T x) noexcept {
    char* const at = piece(number::room, value_due);
    if (at != nullptr) done(number::write(at, x));
  }
  template <std::size_t N>
  void word(const char (&text)[N]) noexcept {
    char* const at = piece(N - 1, value_due);
    if (at == nullptr) return;
    std::memcpy(at, text, N - 1);
    done(at + N - 1);
  }
  template <class Floating>
  void floating(Floating x) noexcept;
  void text(std::string_view json) noexcept;
  void quoted(std::string_view in, std::uint8_t due) noexcept;
  void quoted_slowly(std::string_view in, std::uint8_t due) noexcept;
  void end_quoted(char* at, std::uint8_t due) noexcept;
  char* hard_string(std::string_view in) noexcept;
  void begin(char bracket, std::uint8_t due) noexcept;
  void end(char bracket, std::uint8_t due) noexcept;
  char* put_end(char bracket) noexcept;
  char* attach(bytes_view in) noexcept;
  void copy_with_attachments(value_view v) noexcept;
  char* refuse() noexcept;
  char* no_room() noexcept;

  static constexpr std::uint16_t deepest = json::max_depth;
  frame_builder& out_;
  attachment_sink* sink_;
  std::uint16_t depth_ = 0;
  std::uint8_t state_ = whole_due;
  std::uint8_t after_ = 0;        // the state behind a value of the innermost array or object; 0 outside of them
  bool suspect_ = false;          // the key "_placeholder" was written last
  bool foreign_ = false;          // and true behind it: something that looks like a placeholder and is not ours
  errc error_ = errc::none;
  std::uint8_t outer_[deepest];  // after_ of those around it; the first depth_ are written
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/value_writer.ipp>
