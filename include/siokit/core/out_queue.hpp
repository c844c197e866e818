// Frames that wait to be sent, in order. The same type serves a session (frames that wait for a link) and a link (what
// its next send shows). Invariant: what was shown to a sender keeps its order and its place until it is sent.
// At rest it holds no memory; the ring comes from the pool when the first frame is pushed.
#pragma once

#include <siokit/core/frame.hpp>

SIOKIT_NAMESPACE_BEGIN

class out_queue {
 public:
  out_queue() noexcept = default;
  out_queue(out_queue&& other) noexcept { swap(other); }
  out_queue& operator=(out_queue&& other) noexcept {
    swap(other);
    return *this;
  }
  /// The owner calls reset() with the pool before the queue dies.
  ~out_queue() { SIOKIT_ASSERT(ring_ == nullptr, "an out_queue died before its owner reset it"); }

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  /// Bytes it takes on the wire, in the forms chosen; no more than `enough` are counted.
  std::size_t wire_bytes(std::size_t enough = ~std::size_t{0}) const noexcept;
  /// What a frame counts: its payload, but at least what its block costs beside it. Raw frames count nothing.
  static std::size_t weight(const frame& f) noexcept { return f.kind() == frame_kind::raw ? 0 : weight(f.size()); }
  static constexpr std::size_t weight(std::size_t payload) noexcept {
    constexpr std::size_t least = 64;
    return payload < least ? least : payload;
  }
  /// The weight of all frames in it.
  std::size_t total_weight() const noexcept { return payload_; }

  /// Room for n more frames, so that as many push() cannot fail. False when there is no memory.
  [[nodiscard]] bool reserve(pool& from, std::size_t n) noexcept {
    while (room_ - count_ < n)
      if (!grow(from)) return false;
    return true;
  }
  /// Appends a frame to be sent in this form. False, and nothing changed, when there is no memory.
  [[nodiscard]] bool push(pool& from, frame what, wire form) noexcept;
  /// The last frame, if it goes out as(wire::ws4), was not shown and is nobody else's: a message of about n bytes may be
  /// written behind it. It moves into a larger block when it must. Else null.
  frame room_behind(pool& frames, std::size_t n) noexcept;
  /// Takes what was written there: so many bytes, of so much weight. False when that frame is no longer here.
  [[nodiscard]] bool push_written(const frame& behind, std::size_t size, std::size_t weight) noexcept;
  /// Inserts a frame before everything that was not shown yet: a pong may overtake data, but not cut into it. An urgent
  /// frame that was not shown either is replaced, so that a peer's pings cannot pile up.
  [[nodiscard]] bool push_urgent(pool& from, frame what) noexcept;
  /// Moves all frames of another queue behind these. False, and nothing changed, when there is no memory.
  [[nodiscard]] bool append(pool& from, out_queue& other) noexcept;

  const frame& front() const noexcept { return place(0).what; }
  /// Takes the first frame out. Not for queues that were shown.
  frame pop(pool& from) noexcept;
  /// Sets the form frame i is sent in; for frames that were not shown yet.
  void set_form(std::size_t i, wire form) noexcept { place(i).form = form; }
  const frame& operator[](std::size_t i) const noexcept { return place(i).what; }

  /// Adds views of what is to be sent next, from the first unsent byte, until the batch is full or the queue ends.
  void show(batch& out) noexcept;
  /// Forgets the first n bytes, which were shown. Returns the weight of the messages that left for good.
  std::size_t sent(pool& from, std::size_t n) noexcept;
  void reset(pool& from) noexcept;

 private:
  struct slot {
    frame what;
    wire form;
    std::uint32_t weight;  // of its messages
  };
  slot& place(std::size_t i) const noexcept { return ring_[(head_ + i) & (room_ - 1)]; }
  bool grow(pool& from) noexcept;
  bool enlarge(slot& last, pool& frames, std::size_t n) noexcept;
  void drop_front(pool& from) noexcept;
  void swap(out_queue& other) noexcept;

  slot* ring_ = nullptr;
  std::uint32_t room_ = 0;   // a power of two, or zero
  std::uint32_t head_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t shown_ = 0;  // frames of which at least one byte was shown
  std::uint32_t offset_ = 0; // bytes of the first frame that are sent
  bool urgent_ = false;      // the first frame that was not shown came by push_urgent()
  std::size_t payload_ = 0;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/out_queue.ipp>
