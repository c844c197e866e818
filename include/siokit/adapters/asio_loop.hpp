// The loop of an asio_host: the pump that ends every completion, the deadline, listening, and the end. Links are in
// asio_links.hpp, dialing is in asio_dial.hpp; programs use asio_host (asio.hpp).
// The whole is the state that pending operations share; it outlives the host for as long as one of them is pending.
#pragma once

#include <siokit/adapters/asio_dial.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

class asio_loop final : public asio_dials {
 public:
  asio_loop(const net::any_io_executor& on, driver& io, const host_options& options);

  /// Binds the driver. Once, after the loop is held by a shared_ptr.
  void start();
  void let_go(bool context_dies) noexcept override;

  // What asio_host offers, on the strand.
  const std::optional<executor>& strand() const noexcept { return strand_; }
  listening listen(const listen_options&, const secure_server& = {});
  void dial_with(const secure_client& tls) { dial_tls_ = tls; }
  void close_listeners();
  void close(milliseconds drain);
  void halt();

 private:
  using listener_ptr = std::shared_ptr<asio_listener>;

  void pump() override;
  void empty();
  void arm(time_point due);
  void rest();

  void accept(const listener_ptr&);
  void accepted(const listener_ptr&, net_error, asio_socket&&);
  void pause(const listener_ptr&);

  std::shared_ptr<asio_loop> self() { return std::static_pointer_cast<asio_loop>(shared_from_this()); }

  asio_farewell& farewell_;
  void* name_ = nullptr;  // what the driver knows this loop by
  std::optional<net::steady_timer> deadline_;  // these none once the context is gone
  std::optional<net::steady_timer> drain_;
  std::vector<listener_ptr> listeners_;
  time_point armed_ = never;
  bool finishing_ = false;
};

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/asio_loop.ipp>
