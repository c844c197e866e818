// Dialing for poll_host and epoll_host: from an action `open` to a link like any other, or to the news of why not.
// What happens on a link once it is open is in posix_links.hpp; names are resolver.hpp's.
//
//   open ──> resolving ──> connecting, to one address after the other ──> link
//                └──nothing found──────────┴──nothing reached, out of time; close, abort──> gone
//
// RFC 8305: an address that fails, or takes longer than attempt_delay, does not keep the next one waiting; the first to
// answer wins. A dial counts as a connection, and lives in a table of its own: an idle link pays nothing for it.
#pragma once

#include <vector>

#include <siokit/adapters/posix_links.hpp>
#include <siokit/adapters/resolver.hpp>

SIOKIT_NAMESPACE_BEGIN

class posix_dials : protected posix_links {
 protected:
  posix_dials(driver&, const host_options&);
  ~posix_dials();

  /// The driver hears what became of it in a later turn.
  void dial(const action&);
  /// The bell has rung: perhaps names are resolved.
  void hear_answers();
  /// An attempt is over.
  void attempted(peer&);
  /// The driver wants the link no more. Nothing happens unless it is being dialed.
  void cancel(link_id);
  void cancel_all();
  void expire_dials();
  time_point dial_deadline() const noexcept;

  posix::bell bell_;  // before the resolver, which rings it

 private:
  struct dialing {
    link_id link{};
    address_list addresses;                   // none: resolving
    std::size_t next = 0;                     // of the addresses
    peer* attempts[address_list::most] = {};  // one for each address at most
    std::size_t under_way = 0;                // of the attempts, the first so many
    time_point due = never;
    int error = 0;  // of the latest attempt that failed
  };

  dialing* dial_of(link_id) const noexcept;
  void attempt(link_id, dialing&);
  void wait(link_id, dialing&, posix::waiting_line&, milliseconds);
  void open(dialing&, peer&);
  void fail(link_id, link_end, int error);

  std::vector<dialing*> dials_;   // by the index of the link, owned; null for most
  posix::waiting_line delays_;    // until the next address is tried
  posix::waiting_line patience_;  // until a dial is given up. An entry counts only if it is the dial's `due`
  resolver resolver_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/posix_dial.ipp>
