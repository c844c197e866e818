// The unread input of one link: a view of what the host lent, as long as that is all there is, and a block of our own
// once something must outlive the call. Data is copied at most once, and at rest nothing is held.
//
//   feed(lent) ... consume(n) ... keep()        keep() copies what was lent and not consumed
#pragma once

#include <siokit/core/bytes.hpp>
#include <siokit/core/memory.hpp>

SIOKIT_NAMESPACE_BEGIN

class in_buffer {
 public:
  in_buffer() noexcept = default;
  in_buffer(const in_buffer&) = delete;
  in_buffer& operator=(const in_buffer&) = delete;
  /// The owner calls reset() with the pool before the buffer dies.
  ~in_buffer() { SIOKIT_ASSERT(block_ == nullptr, "an in_buffer died before its owner reset it"); }

  /// Everything unread, in one piece. May be changed in place. Valid until the next feed(), keep() or reset().
  mutable_bytes unread() noexcept { return {begin_, size_}; }
  std::size_t size() const noexcept { return size_; }
  /// Nothing is unread and no block is held.
  bool at_rest() const noexcept { return size_ == 0 && block_ == nullptr; }

  /// Takes bytes that are lent until keep() or consume(): borrowed when nothing is unread, else copied behind it. Bytes
  /// that were read into space() are recognised and not copied. False, and nothing changed, when there is no memory.
  [[nodiscard]] bool feed(pool& from, mutable_bytes lent) noexcept;
  /// Forgets the first n unread bytes.
  void consume(std::size_t n) noexcept;
  /// Removes n bytes that begin at `at` by moving the bytes before them up: what is unread shrinks, its end stays.
  void cut(std::size_t at, std::size_t n) noexcept;
  /// Ends the loan: what is unread is ours from here on. False when there is no memory; what was lent is then lost.
  [[nodiscard]] bool keep(pool& from) noexcept;
  /// Room behind the unread bytes for about `wanted` more, to be read into directly; empty when what is unread is lent,
  /// or there is none.
  mutable_bytes space(pool& from, std::size_t wanted) noexcept;
  void reset(pool& from) noexcept;

 private:
  bool make_room(pool& from, std::size_t n) noexcept;

  std::byte* begin_ = nullptr;  // the first unread byte, lent or inside block_
  std::byte* block_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t room_ = 0;      // bytes of block_
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/in_buffer.ipp>
