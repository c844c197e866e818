// Dialing for uv_host: from an action `open` to a link like any other, or to the news of why not.
// What happens on a link once it is open is in uv_links.hpp. Names are resolver.hpp's: a lookup of libuv's that hangs holds
// one of the four threads that its files need too, and keeps the loop from being closed.
//
//   open ──> resolving ──> connecting, to one address after the other ──> link
//                └──nothing found──────────┴──nothing reached, out of time; close, abort──> gone
//
// RFC 8305: an address that fails, or takes longer than attempt_delay, does not keep the next one waiting; the first to
// answer wins. A dial counts as a connection, and keeps the loop at work.
#pragma once

#include <unordered_map>

#include <siokit/adapters/resolver.hpp>
#include <siokit/adapters/uv_links.hpp>

SIOKIT_NAMESPACE_BEGIN

class uv_dials : public uv_links {
 protected:
  uv_dials(uv_loop_t*, driver&, const host_options&, void (*answered)(void*), void* ctx);
  ~uv_dials() = default;

  /// The driver hears what became of it in a later turn.
  void dial(const action&);
  /// Perhaps names are resolved.
  void hear_answers();
  /// The driver wants the link no more. Nothing happens unless it is being dialed.
  void cancel(link_id);
  void cancel_all();
  void expire_dials();
  time_point dial_deadline() const noexcept;
  /// The end: says nothing to the driver.
  void let_dials_go() noexcept;

 private:
  struct dialing {
    address_list addresses;       // none: resolving
    std::size_t next = 0;         // of the addresses
    std::vector<peer*> attempts;  // under way
    time_point due = never;
    int error = 0;  // of the latest attempt that failed
  };

  static void on_connected(uv_connect_t*, int status);

  void attempt(link_id, dialing&);
  peer* connect(link_id, const socket_address&, int& error);
  void attempted(peer&, int status);
  void wait(link_id, dialing&, posix::waiting_line&, milliseconds);
  void open(dialing&, peer&);
  void fail(link_id, link_end, int error);

  std::unordered_map<link_id, dialing> dials_;
  posix::waiting_line delays_;    // until the next address is tried
  posix::waiting_line patience_;  // until a dial is given up. An entry counts only if it is the dial's `due`
  resolver resolver_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/uv_dial.ipp>
