// Bodies of core/out_queue.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_INLINE void out_queue::swap(out_queue& other) noexcept {
  std::swap(ring_, other.ring_);
  std::swap(room_, other.room_);
  std::swap(head_, other.head_);
  std::swap(count_, other.count_);
  std::swap(shown_, other.shown_);
  std::swap(urgent_, other.urgent_);
  std::swap(offset_, other.offset_);
  std::swap(payload_, other.payload_);
}

SIOKIT_INLINE bool out_queue::grow(pool& from) noexcept {
  const std::uint32_t room = room_ == 0 ? 4 : room_ * 2;
  auto* const ring = static_cast<slot*>(from.alloc(room * sizeof(slot)));
  if (ring == nullptr) return false;
  for (std::uint32_t i = 0; i < room; ++i) ::new (static_cast<void*>(ring + i)) slot{};
  for (std::uint32_t i = 0; i < count_; ++i) ring[i] = std::move(place(i));
  for (std::uint32_t i = 0; i < room_; ++i) ring_[i].~slot();
  from.free(ring_, room_ * sizeof(slot));
  ring_ = ring;
  room_ = room;
  head_ = 0;
  return true;
}

SIOKIT_INLINE bool out_queue::push(pool& from, frame what, wire form) noexcept {
  if (count_ == room_ && !grow(from)) return false;
  slot& free = place(count_++);
  free.weight = static_cast<std::uint32_t>(weight(what));
  free.form = form;
  free.what.swap(what);
  payload_ += free.weight;
  return true;
}

SIOKIT_INLINE frame out_queue::room_behind(pool& frames, std::size_t n) noexcept {
  constexpr std::size_t longest = 4096;
  // An urgent frame may still give way to another.
  if (count_ <= shown_ + (urgent_ ? 1 : 0) || n > longest) return {};
  n += frame_builder::longest_header_behind;
  slot& last = place(count_ - 1);
  if (last.form != wire::ws4 || !last.what.unshared()) return {};
  return last.what.room().size() >= n || enlarge(last, frames, n) ? last.what : frame{};
}

// Where there are two there are often more. An engine asks for room only while the peer reads, so slack does not pile up. The
// largest block holds the answers to all that a turn reads before it sends, when they are as long as what they answer.
SIOKIT_NEVER_INLINE SIOKIT_INLINE bool out_queue::enlarge(slot& last, pool& frames, std::size_t n) noexcept {
  constexpr std::size_t largest_block = 32768 - 64;
  const bytes_view before = last.what.as(wire::ws4);
  const std::size_t both = before.size() + n;
  if (both > largest_block) return false;
  frame_builder larger(frames, 8 * both < largest_block ? 8 * both : largest_block);
  if (larger.failed()) return false;
  larger.put(as_text(before));
  last.what = larger.finish(frame_kind::raw);
  return true;
}

SIOKIT_INLINE bool out_queue::push_written(const frame& behind, std::size_t size, std::size_t weight) noexcept {
  std::uint32_t i = count_;
  while (i != shown_ && !place(i - 1).what.shares_with(behind)) --i;
  if (i == shown_) return false;
  slot& s = place(i - 1);
  s.what.extend(size);
  s.weight += static_cast<std::uint32_t>(weight);
  payload_ += weight;
  return true;
}

SIOKIT_INLINE std::size_t out_queue::wire_bytes(std::size_t enough) const noexcept {
  std::size_t n = 0;
  for (std::uint32_t i = 0; i < count_ && n < enough; ++i) n += place(i).what.as(place(i).form).size();
  return n;
}

SIOKIT_INLINE bool out_queue::push_urgent(pool& from, frame what) noexcept {
  if (urgent_) {
    place(shown_).what = std::move(what);
    return true;
  }
  if (count_ == room_ && !grow(from)) return false;
  head_ = (head_ + room_ - 1) & (room_ - 1);
  ++count_;
  for (std::uint32_t i = 0; i < shown_; ++i) place(i) = std::move(place(i + 1));
  place(shown_) = slot{std::move(what), wire::payload, 0};
  urgent_ = true;
  return true;
}

SIOKIT_INLINE bool out_queue::append(pool& from, out_queue& other) noexcept {
  if (count_ == 0) {
    reset(from);
    swap(other);
    return true;
  }
  if (!reserve(from, other.count_)) return false;
  for (std::uint32_t i = 0; i < other.count_; ++i) place(count_++) = std::move(other.place(i));
  payload_ += other.payload_;
  other.reset(from);
  return true;
}

SIOKIT_INLINE void out_queue::drop_front(pool& from) noexcept {
  place(0).what = frame{};
  head_ = (head_ + 1) & (room_ - 1);
  if (--count_ == 0) reset(from);
}

SIOKIT_INLINE frame out_queue::pop(pool& from) noexcept {
  frame what = std::move(place(0).what);
  payload_ -= place(0).weight;
  drop_front(from);
  return what;
}

SIOKIT_INLINE void out_queue::show(batch& out) noexcept {
  for (std::uint32_t i = 0; i < count_ && !out.full(); ++i) {
    const slot& s = place(i);
    out.add(s.what, s.what.as(s.form).subspan(i == 0 ? offset_ : 0));
    if (i + 1 > shown_) {
      shown_ = i + 1;
      urgent_ = false;
    }
  }
}

SIOKIT_INLINE std::size_t out_queue::sent(pool& from, std::size_t n) noexcept {
  std::size_t left_for_good = 0;
  n += offset_;
  offset_ = 0;
  while (count_ != 0) {
    const slot& s = place(0);
    const std::size_t whole = s.what.as(s.form).size();
    if (n < whole) {
      offset_ = static_cast<std::uint32_t>(n);
      break;
    }
    n -= whole;
    left_for_good += s.weight;
    if (shown_ != 0) --shown_;
    payload_ -= s.weight;
    drop_front(from);
  }
  return left_for_good;
}

SIOKIT_INLINE void out_queue::reset(pool& from) noexcept {
  if (ring_ == nullptr) return;
  for (std::uint32_t i = 0; i < room_; ++i) ring_[i].~slot();
  from.free(ring_, room_ * sizeof(slot));
  ring_ = nullptr;
  room_ = head_ = count_ = shown_ = 0;
  urgent_ = false;
  offset_ = 0;
  payload_ = 0;
}

SIOKIT_NAMESPACE_END
#endif
