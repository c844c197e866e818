// Bodies of core/frame.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

/// Of an unmasked frame: RFC 6455 5.2.
constexpr std::size_t ws_header_size(std::size_t payload) noexcept { return payload < 126 ? 2 : payload < 65536 ? 4 : 10; }

struct frame::block {
  // RFC 6455 5.2: two bytes, and eight more for the longest length. A server's frame has no mask.
  static constexpr std::size_t headroom = 10;
  static constexpr char separator = '\x1e';

  // The builder sets the rest when it is finished.
  explicit block(pool::source from, std::size_t n) noexcept : home(from), room(static_cast<std::uint32_t>(n)) {}

  /// Most messages fit into the smallest block, one size class of the pool, and most often the pool has one.
  SIOKIT_ALWAYS_INLINE static block* make(pool& from, std::size_t n) noexcept {
    void* const at = n <= smallest - overhead() ? from.take(smallest) : nullptr;
    return at == nullptr ? make_slowly(from, n) : ::new (at) block(from.origin(), smallest - overhead());
  }
  SIOKIT_NEVER_INLINE static block* make_slowly(pool& from, std::size_t n) noexcept {
    if (n > limit) return nullptr;
    const std::size_t whole = n <= smallest - overhead() ? smallest : pool::capacity(overhead() + n);
    void* const at = from.alloc(whole);
    return at == nullptr ? nullptr : ::new (at) block(from.origin(), whole - overhead());
  }
  SIOKIT_ALWAYS_INLINE void destroy() noexcept {
    if (room == smallest - overhead()) [[likely]]
      return pool::give_back(home, this, smallest);
    destroy_slowly();
  }
  SIOKIT_NEVER_INLINE void destroy_slowly() noexcept { pool::give_back(home, this, overhead() + room); }
  static constexpr std::size_t overhead() noexcept { return sizeof(block) + headroom + 1; }
  char* payload() noexcept { return reinterpret_cast<char*>(this) + sizeof(block) + headroom; }

  /// Writes the header of an unmasked final frame so that it ends where the payload begins, and returns its size.
  static std::uint8_t write_ws_header(char* payload, frame_kind kind, std::size_t size) noexcept {
    const std::size_t header = ws_header_size(size);
    auto* const at = reinterpret_cast<unsigned char*>(payload) - header;
    at[0] = kind == frame_kind::text ? 0x81 : 0x82;
    if (header == 2) [[likely]] {
      at[1] = static_cast<unsigned char>(size);
    } else if (header == 4) {
      at[1] = 126;
      at[2] = static_cast<unsigned char>(size >> 8);
      at[3] = static_cast<unsigned char>(size & 0xff);
    } else {
      at[1] = 127;
      for (unsigned i = 0; i < 8; ++i) at[2 + i] = static_cast<unsigned char>(std::uint64_t{size} >> (56 - 8 * i));
    }
    return static_cast<std::uint8_t>(header);
  }

  static constexpr std::size_t smallest = 256;
  static constexpr std::size_t limit = 0x7fffffff;
  pool::source home;
  block* polling = nullptr;  // the polling form of a binary frame, owned
  std::uint32_t room;        // bytes the payload may have
  std::uint32_t count = 1;
  std::uint32_t size;
  frame_kind kind;
  std::uint8_t header;  // bytes of the WebSocket header
};

SIOKIT_INLINE void frame::retain() noexcept { ++block_->count; }

SIOKIT_NEVER_INLINE SIOKIT_INLINE void frame::release_polling(block* polling) noexcept {
  const frame last(polling);  // takes over the count that share_polling() gave
}

SIOKIT_INLINE void frame::release() noexcept {
  block* const b = block_;
  if (--b->count != 0) return;
  if (b->polling != nullptr) release_polling(b->polling);
  b->destroy();
}

SIOKIT_INLINE bool frame::unshared() const noexcept { return block_->count == 1; }

SIOKIT_INLINE std::span<char> frame::room() const noexcept {
  const std::size_t room = block_->room - block_->size;
  return {block_->payload() + block_->size, room < most_room ? room : most_room};
}

SIOKIT_INLINE void frame::extend(std::size_t n) noexcept {
  SIOKIT_ASSERT(n <= block_->room - block_->size, "more was written than there is room for");
  block_->size += static_cast<std::uint32_t>(n);
}

SIOKIT_INLINE frame_kind frame::kind() const noexcept { return block_->kind; }

SIOKIT_INLINE std::size_t frame::size() const noexcept { return block_->size; }

SIOKIT_INLINE bytes_view frame::payload() const noexcept {
  return as_bytes(std::string_view(block_->payload(), block_->size));
}

SIOKIT_INLINE bool frame::has(wire form) const noexcept {
  const bool polling = form == wire::poll4 || form == wire::poll4_more;
  return !polling || block_->kind != frame_kind::binary || block_->polling != nullptr;
}

SIOKIT_INLINE void frame::share_polling(frame text) noexcept { block_->polling = std::exchange(text.block_, nullptr); }

SIOKIT_INLINE frame frame::polling() const noexcept {
  frame text(block_->polling);
  if (text) text.retain();
  return text;
}

SIOKIT_INLINE bytes_view frame::as(wire form) const noexcept {
  if (block_->kind == frame_kind::raw) return payload();
  switch (form) {
    case wire::payload: return payload();
    case wire::ws4:
      return as_bytes(std::string_view(block_->payload() - block_->header, block_->header + std::size_t{block_->size}));
    case wire::poll4:
    case wire::poll4_more: break;
  }
  block* text = block_->kind == frame_kind::binary ? block_->polling : block_;
  SIOKIT_ASSERT(text != nullptr, "a binary frame has no polling form yet");
  return as_bytes(std::string_view(text->payload(), std::size_t{text->size} + (form == wire::poll4_more ? 1 : 0)));
}

SIOKIT_INLINE frame frame::copy(pool& from, frame_kind kind, bytes_view in) noexcept {
  frame_builder out(from, in.size());
  out.put(as_text(in));
  return out.finish(kind);
}

/// Begins to write into the block, which is null when there was no memory.
SIOKIT_ALWAYS_INLINE void frame_builder::begin() noexcept {
  begin_ = at_ = in_ ? in_.block_->payload() : nullptr;
  end_ = in_ ? begin_ + in_.block_->room : nullptr;
}

SIOKIT_INLINE frame_builder::frame_builder(pool& from, std::size_t likely) noexcept
    : pool_(from), in_(frame::block::make(from, likely)) {
  begin();
}

SIOKIT_INLINE frame_builder::frame_builder(frame_room where) noexcept : pool_(where.from), in_(std::move(where.behind)) {
  if (!in_) {
    in_.block_ = frame::block::make(pool_, where.likely);
    begin();
    return;
  }
  const std::span<char> room = in_.room();
  const std::size_t header = ws_header_size(where.likely);
  SIOKIT_ASSERT(header <= longest_header_behind && room.size() >= longest_header_behind, "this is no room for a message");
  begin_ = at_ = room.data() + header;
  end_ = room.data() + room.size() - (longest_header_behind - header);
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE bool frame_builder::grow(std::size_t n) noexcept {
  const frame before = std::move(in_);  // keeps what is written
  const std::string_view text = written();
  if (before) in_.block_ = frame::block::make(pool_, text.size() + n + text.size() / 2);
  begin();
  put(text);
  return !failed();
}

SIOKIT_INLINE bool frame_builder::insert(std::size_t at, std::string_view text) noexcept {
  if (reserve(text.size()) == nullptr) return false;
  char* const to = begin_ + at;
  std::memmove(to + text.size(), to, written().size() - at);
  std::memcpy(to, text.data(), text.size());
  at_ += text.size();
  return true;
}

SIOKIT_INLINE bool frame_builder::replace(std::size_t at, char c) noexcept {
  if (!in_) return false;
  begin_[at] = c;
  return true;
}

SIOKIT_INLINE void frame_builder::truncate(std::size_t n) noexcept {
  const std::size_t used = written().size();
  if (!in_ || n >= used) return;
  at_ -= used - n;
}

SIOKIT_INLINE bool frame_builder::is_behind() const noexcept { return in_ && begin_ != in_.block_->payload(); }

SIOKIT_INLINE frame frame_builder::finish(frame_kind kind) noexcept {
  if (!in_) return frame{};
  frame::block* const made = std::exchange(in_.block_, nullptr);
  const std::size_t size = written().size();
  end_ = at_;  // so that whoever writes more asks for room, and gets none
  *at_ = frame::block::separator;
  made->kind = kind;
  made->size = static_cast<std::uint32_t>(size);
  made->header = frame::block::write_ws_header(made->payload(), kind, size);
  return frame(made);
}

SIOKIT_INLINE std::size_t frame_builder::finish_behind(frame_kind kind) noexcept {
  const std::size_t size = written().size();
  const std::size_t header = ws_header_size(size);
  char* const payload = in_.room().data() + header;
  if (payload != begin_) std::memmove(payload, begin_, size);
  frame::block::write_ws_header(payload, kind, size);
  return header + size;
}

SIOKIT_NAMESPACE_END
#endif
