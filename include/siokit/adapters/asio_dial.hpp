// Dialing for asio_host: from an action `open` to a link like any other, or to the news of why not.
// What happens on a link once it is open is in asio_links.hpp; names are resolver.hpp's.
//
//   open ──> resolving ──> connecting, to one address after the other ──> link
//                └──nothing found──────────┴──nothing reached, out of time; close, abort──> gone
//
// RFC 8305: an address that fails, or takes longer than attempt_delay, does not keep the next one waiting; the first to
// answer wins. A dial counts as a connection, and keeps the context at work.
#pragma once

#include <unordered_map>

#include <siokit/adapters/asio_links.hpp>
#include <siokit/adapters/resolver.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

class asio_dials : public asio_links {
 public:
  std::size_t connections() const noexcept { return peers_.size() + dials_.size(); }

 protected:
  asio_dials(const net::any_io_executor& on, driver& io, const host_options& options);
  ~asio_dials() = default;

  /// The driver hears what became of it in a later turn.
  void dial(const action&);
  /// The driver wants the link no more. Nothing happens unless it is being dialed.
  void cancel(link_id);
  void cancel_all();
  /// The end: closes everything, says nothing to the driver.
  void let_dials_go() noexcept;

 private:
  struct dialing;
  struct attempt;
  using dial_ptr = std::shared_ptr<dialing>;
  using attempt_ptr = std::shared_ptr<attempt>;

  static void hear_answers_later(void* dials);
  void hear_answers();
  void try_next(const dial_ptr&);
  void connect(const dial_ptr&, const socket_address&);
  void connected(const dial_ptr&, const attempt_ptr&, net_error);
  void wait(const dial_ptr&, milliseconds);
  void expire(const dial_ptr&);
  void open(const dial_ptr&, asio_socket&&);
  void fail(const dial_ptr&, link_end, int error);
  void remove_dial(const dial_ptr&) noexcept;

  std::unordered_map<link_id, dial_ptr> dials_;
  resolver resolver_;
};

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/asio_dial.ipp>
