// Looks names up for a host that dials, on threads of its own that nobody ever waits for: getaddrinfo cannot be
// interrupted, so what outlives its host finds its mailbox abandoned, and its answer is dropped.
// Asio's own resolver is not used, because a context that dies joins the thread of a lookup that hangs.
// Answers are taken on the loop's thread. IP literals and "unix:/path" need no thread, but are answered the same way.
#pragma once

#include <string>

#include <siokit/adapters/address.hpp>
#include <siokit/adapters/host.hpp>

SIOKIT_NAMESPACE_BEGIN

/// What a name leads to: addresses; or none, and an EAI_ value of getaddrinfo or errno.
struct resolved {
  address_list addresses;
  int error = 0;
};

/// getaddrinfo. IPv6 and IPv4 in turn (RFC 8305 4). May take long.
resolved resolve_name(const std::string& name, std::uint16_t port);

class resolver {
 public:
  static constexpr int most_threads = 4;  // at once; the rest queues. As many as libuv has for everything

  /// wake(ctx) is called on any thread, and may be called inside ask(), when answers are there; never after close().
  resolver(const host_options&, void (*wake)(void*), void* ctx);
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;
  ~resolver();

  /// Asks for the addresses of a name, a literal or "unix:/path".
  void ask(link_id who, std::string_view host, std::uint16_t port);
  /// The next answer, in the order they came. False when there is none.
  bool answer(link_id& who, resolved&);
  /// Nobody wants the answer any more; there may be one even so.
  void forget(link_id who);
  /// The end: no answers, no wake(). Does not wait for a lookup.
  void close() noexcept;

 private:
  struct lookup;
  class waiting;
  struct mailbox;
  static bool start(mailbox*);

  mailbox* box_;  // the last of the threads and the resolver deletes it
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/resolver.ipp>
