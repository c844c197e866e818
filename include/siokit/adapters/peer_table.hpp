// What poll_host and epoll_host keep of each descriptor: 24 bytes that never move, found by token (what the kernel
// hands back) or by link (what the driver says). A token is an index and a generation, so that an event which the
// kernel reported before its descriptor was closed finds nothing, never a newcomer.
// Links are looked up by their index, the low 32 bits of a link_id, which a driver hands out densely.
#pragma once

#include <siokit/driver.hpp>

SIOKIT_NAMESPACE_BEGIN
namespace posix {

/// What a loop can wait for; also as a set of bits.
enum interest : std::uint8_t { nothing = 0, input = 1, output = 2 };

struct peer {
  enum class role : std::uint8_t {
    none,      // a free place
    bell,      // post(), stop(), and the resolver's answers
    listener,
    dialing,   // an attempt to connect, one of its link's
    link,      // a link of the driver
    parting    // the driver is done with it; its peer still reads, or sends what nobody wants
  };
  link_id link{};
  int fd = -1;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  role is = role::none;
  std::uint8_t watched = nothing;  // what the kernel was told to wait for
  // Of a link:
  bool muted : 1 = false;    // it has input the driver does not want; action `read` ends that
  bool blocked : 1 = false;  // it has output that waits for writability
  bool closing : 1 = false;  // action `close` came: to be closed once all is sent
  bool ended : 1 = false;    // its peer sends no more: likewise
  bool moving : 1 = false;   // while closing: bytes have left since it was last looked at

  std::uint64_t token() const noexcept { return std::uint64_t{generation} << 32 | index; }
};
static_assert(sizeof(peer) == 24, "every idle connection pays for this");

class peer_table {
 public:
  peer_table() noexcept = default;
  peer_table(const peer_table&) = delete;
  peer_table& operator=(const peer_table&) = delete;
  ~peer_table();

  /// A new peer, or null when there is no memory. The descriptor stays the caller's.
  peer* add(peer::role, int fd, link_id = {}) noexcept;
  /// Makes an attempt its link. False when there is no memory.
  bool become_link(peer&) noexcept;
  /// Forgets which link a peer was. Its token stays good.
  void unlink(peer&) noexcept;
  void remove(peer&) noexcept;

  /// The peer of a token, or null when it is gone.
  peer* find(std::uint64_t token) noexcept;
  /// The peer of a link, or null when there is none (any more).
  peer* find(link_id) noexcept;
  /// For a walk over all: every index below end() has a peer, perhaps one of role none.
  std::uint32_t end() const noexcept { return end_; }
  peer& operator[](std::uint32_t index) noexcept { return chunks_[index / per_chunk][index % per_chunk]; }

 private:
  static constexpr std::uint32_t nobody = 0xffffffff;
  static constexpr std::uint32_t per_chunk = 168;  // just under 4 KiB, the size of a page
  bool grow() noexcept;
  bool note(link_id, std::uint32_t index) noexcept;

  pool pool_{memory{}, 0};
  vec<peer*> chunks_;
  vec<std::uint32_t> by_link_;  // the index of a link -> the index of its peer
  std::uint32_t end_ = 0;
  std::uint32_t free_ = nobody;  // a list of free places; `link` holds the next one's index
};

/// Tokens of what will be looked at again after a fixed time: of peers, or links. Who is gone by then is not found.
class waiting_line {
 public:
  explicit waiting_line(milliseconds length) noexcept : length_(length) {}
  waiting_line(const waiting_line&) = delete;
  waiting_line& operator=(const waiting_line&) = delete;
  ~waiting_line() { entries_.reset(pool_); }

  /// False when there is no memory.
  [[nodiscard]] bool push(std::uint64_t token, time_point now) noexcept;
  /// The token of the first that is due, taken out.
  bool due(time_point now, std::uint64_t& token) noexcept;
  time_point deadline() const noexcept { return first_ == entries_.size() ? never : entries_[first_].when; }

 private:
  struct entry {
    time_point when;
    std::uint64_t token;
  };
  milliseconds length_;
  pool pool_{memory{}, 0};
  vec<entry> entries_;  // sorted, because every entry waits equally long
  std::size_t first_ = 0;
};

}  // namespace posix
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/peer_table.ipp>
