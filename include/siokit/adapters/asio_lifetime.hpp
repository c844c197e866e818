// What lets host, driver and context die in any order: the context says when it dies, and a driver's wake() finds its
// host by a number, which may be out of date.
//
//   the host dies      its sockets close, operations end as cancelled, the driver is called no more
//   the context dies   it says so (asio_farewell), and every Asio object of ours goes before Asio does
//   the driver dies    must be after the last turn; then in any order with the two others
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <siokit/adapters/asio_net.hpp>
#include <siokit/adapters/host_names.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

/// The state of a host, as those see it who must find it or tell it something.
class asio_state : public std::enable_shared_from_this<asio_state> {
 public:
  /// Does what the driver wants, on the strand, soon.
  virtual void pump_later() = 0;
  /// The end, of the host or of its context: closes everything, says nothing to the driver.
  virtual void let_go(bool context_dies) noexcept = 0;

 protected:
  ~asio_state() = default;
};

/// Lives in the context, and lets go of every host that is left when the context dies.
class asio_farewell : public net::execution_context::service {
 public:
  static inline net::execution_context::id id;
  explicit asio_farewell(net::execution_context& context) : net::execution_context::service(context) {}
  void add(asio_state*);
  void remove(asio_state*) noexcept;

 private:
  void shutdown() noexcept override;

  std::mutex mutex_;
  std::vector<asio_state*> hosts_;
};

/// Where a driver's wake() finds its host.
using asio_hosts = host_names<asio_state>;

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/asio_lifetime.ipp>
