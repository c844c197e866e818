// One link of poll_host and epoll_host: what happens on it from accept, or from posix_dial.hpp, to close. The turn is
// in posix_loop.hpp, the waiting in poll.hpp and epoll.hpp.
//
//   link ──close, or end of input, and all is sent──> parting ──end of input, or a second──> gone
//     └──────────────abort, error───────────────────────────────────────────────────────────┘
//
// Level-triggered throughout: what is left undone, also because a handler threw, is reported again.
#pragma once

#include <siokit/adapters/peer_table.hpp>
#include <siokit/adapters/posix_net.hpp>

SIOKIT_NAMESPACE_BEGIN

class posix_links {
 protected:
  using peer = posix::peer;

  posix_links(driver&, const host_options&);
  posix_links(const posix_links&) = delete;
  posix_links& operator=(const posix_links&) = delete;
  /// Closes what is open, without a word to the driver, which may be gone.
  ~posix_links();

  /// Waits for `wants` instead of `was`, each a set of interest bits, perhaps empty. False and errno when it cannot.
  virtual bool watch(int fd, std::uint64_t token, std::uint8_t was, std::uint8_t wants) noexcept = 0;
  /// Tells the kernel what a peer waits for, if that has changed.
  void update(peer&) noexcept;

  void admit(posix::accepted&);
  /// Its input, or its end.
  void take(peer&);
  /// Reading is welcome again.
  void read(peer&);
  /// Sends until the driver has nothing more, the kernel takes nothing more, or others shall have their turn.
  void write(peer&);
  void shut(peer&);
  void drop(peer&);
  void discard(peer&);
  void remove(peer&) noexcept;
  /// Ends those whose time to close is over.
  void expire_links();
  time_point closing_deadline() const noexcept;
  void drop_all();
  void end(peer&, link_end, int error);

  driver& driver_;
  host_options options_;
  time_point now_{};  // of the turn
  posix::peer_table peers_;
  std::size_t connections_ = 0;
  std::size_t taken_ = 0;  // bytes of input since what they made was sent
  bool accepting_ = true;  // false: without descriptors

 private:
  void decline(peer&);
  void hear_end(peer&);
  void be_patient(peer&, bool already) noexcept;
  void part(peer&);

  read_buffer buffer_;
  batch out_;  // what is being sent; empty between sends
  posix::waiting_line closing_;
  posix::waiting_line parting_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/posix_links.ipp>
