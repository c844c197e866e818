// One encoded Engine.IO message: counted (not atomically), shared by every session it is queued on. Its bytes never change;
// while nobody shares it, more messages may be written behind them (room(), frame_builder::is_behind()).
// Who frees these bytes? The last frame value that refers to them; a block goes back where its pool had it from, also when
// the pool is gone. Not a WebSocket frame: that is one of the forms (wire) a frame can be sent in.
//
//   block:  [ counts | room for a WebSocket header | payload | 0x1e ]
//
// The WebSocket form begins in the headroom and the polling form ends with the separator, so both are one view.
#pragma once

#include <cstring>

#include <siokit/core/bytes.hpp>
#include <siokit/core/errc.hpp>
#include <siokit/core/memory.hpp>

SIOKIT_NAMESPACE_BEGIN

enum class frame_kind : std::uint8_t {
  text,    // the payload is a whole text packet, its type digit included
  binary,  // the payload is the bytes of one binary message
  raw      // bytes that go out as they are: HTTP heads, WebSocket control frames
};

/// The forms a frame takes on a link. raw frames look the same in every form.
enum class wire : std::uint8_t {
  payload,    // no framing: for a host that frames messages itself
  ws4,        // protocol 4 over WebSocket, from a server (unmasked)
  poll4,      // protocol 4 in a polling body, the last packet of it
  poll4_more  // the same with the separator that another packet follows
};

class frame_builder;

/// A handle to a shared block; null when default-made or moved from. Copies cost one increment.
class frame {
 public:
  frame() noexcept = default;
  frame(const frame& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) retain();
  }
  frame(frame&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  frame& operator=(frame other) noexcept {
    swap(other);
    return *this;
  }
  void swap(frame& other) noexcept { std::swap(block_, other.block_); }
  ~frame() {
    if (block_ != nullptr) release();
  }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  frame_kind kind() const noexcept;
  /// The message without framing. Lives as long as any frame that shares it.
  bytes_view payload() const noexcept;
  std::size_t size() const noexcept;

  /// The bytes in one form. Lives as long as any frame that shares it. A binary frame has polling forms only once
  /// share_polling() gave it one.
  bytes_view as(wire form) const noexcept;
  bool has(wire form) const noexcept;
  /// Gives a binary frame its polling form (a text frame: 'b' and base64), built once and shared by all its holders.
  void share_polling(frame text) noexcept;
  /// That polling form: for peers that take no binary on any transport.
  frame polling() const noexcept;

  /// A frame with a copy of these bytes; null when there is no memory.
  static frame copy(pool& from, frame_kind kind, bytes_view in) noexcept;

  /// Whether no other frame shares the block.
  bool unshared() const noexcept;
  bool shares_with(const frame& other) const noexcept { return block_ == other.block_; }
  /// The room in the block behind its bytes, or as much of it as a message of two bytes of length may take. What is written
  /// there is sent with them once extend() said how much it is, and from then on the frame is for as(wire::ws4) only.
  static constexpr std::size_t most_room = 65535;
  std::span<char> room() const noexcept;
  void extend(std::size_t n) noexcept;

 private:
  friend class frame_builder;
  struct block;
  explicit frame(block* b) noexcept : block_(b) {}
  void retain() noexcept;
  void release() noexcept;
  static void release_polling(block*) noexcept;

  block* block_ = nullptr;
};

/// Where the payload of a frame may be written: in a block of its own, or behind the bytes of another (frame::room()).
struct frame_room {
  pool& from;
  frame behind;            // null: nowhere else
  std::size_t likely = 0;  // how much will be written: what room_behind() was asked for, or the room to begin with
};

/// Writes the payload of one frame front to back, straight into its block. A failed allocation is remembered: what was
/// written is gone, later writes do nothing, and finish() gives a null frame. The pool outlives it.
class frame_builder {
 public:
  /// The longest header of a message behind others: it is shorter than frame::most_room.
  static constexpr std::size_t longest_header_behind = 4;

  /// Begins with room for `likely` bytes.
  explicit frame_builder(pool& from, std::size_t likely = 0) noexcept;
  explicit frame_builder(frame_room where) noexcept;
  frame_builder(const frame_builder&) = delete;
  frame_builder& operator=(const frame_builder&) = delete;

  SIOKIT_ALWAYS_INLINE void put(char c) noexcept {
    if (at_ == end_ && !grow(1)) return;
    *at_++ = c;
  }
  void put(std::string_view text) noexcept {
    if (text.empty() || reserve(text.size()) == nullptr) return;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  /// Room for at least n characters to write at, to be followed by commit(); null when there is no memory.
  SIOKIT_ALWAYS_INLINE char* reserve(std::size_t n) noexcept { return has_room(n) || grow(n) ? at_ : nullptr; }
  /// Whether it need not make room first; then end() is what it returns.
  bool has_room(std::size_t n) const noexcept { return static_cast<std::size_t>(end_ - at_) >= n; }
  char* end() const noexcept { return at_; }
  /// What reserve() gave is written up to here.
  void commit(char* end) noexcept { at_ = end; }
  /// What is written so far; valid until the next write, and while the frame lives that finish() gave.
  std::string_view written() const noexcept { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }
  /// Puts text before the byte at `at`, or another character in its place. False when there is no memory.
  bool insert(std::size_t at, std::string_view text) noexcept;
  bool replace(std::size_t at, char c) noexcept;
  /// Forgets what was written past the first n bytes.
  void truncate(std::size_t n) noexcept;
  bool failed() const noexcept { return begin_ == nullptr; }
  /// The frame; null when memory ran out. Not for what is_behind() another. What is written afterwards goes nowhere.
  frame finish(frame_kind kind) noexcept;
  /// Whether all that is written still lies behind the bytes of another frame. finish_behind() finishes it there.
  bool is_behind() const noexcept;
  /// That frame.
  const frame& in() const noexcept { return in_; }
  /// Puts the WebSocket header in front of what was written there, and returns the size of both.
  std::size_t finish_behind(frame_kind kind) noexcept;
  /// Moves what was written into a block of its own. False when there is no memory.
  bool move_out() noexcept { return is_behind() ? grow(0) : !failed(); }

 private:
  void begin() noexcept;
  bool grow(std::size_t n) noexcept;

  pool& pool_;
  frame in_;  // whose block is written into: nobody else's, or that of another (is_behind()); null once failed or finished
  char* at_;
  char* end_;
  char* begin_;  // null once failed
};

/// Views to be sent with one system call, each with a reference that keeps its bytes alive: an asynchronous writer keeps
/// the batch in its operation and needs nothing else to stay alive.
class batch {
 public:
  static constexpr std::size_t capacity = 64;

  std::span<const bytes_view> views() const noexcept { return {views_, size_}; }
  /// The frame that view i belongs to.
  const frame& owner(std::size_t i) const noexcept { return owners_[i]; }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return bytes_; }
  bool full() const noexcept { return size_ == capacity; }
  bool empty() const noexcept { return size_ == 0; }
  void add(const frame& owner, bytes_view view) noexcept {
    owners_[size_] = owner;
    views_[size_++] = view;
    bytes_ += view.size();
  }
  void clear() noexcept {
    for (std::size_t i = 0; i < size_; ++i) owners_[i] = frame{};
    size_ = 0;
    bytes_ = 0;
  }

 private:
  bytes_view views_[capacity];
  frame owners_[capacity];
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/frame.ipp>
