// Servers and clients on an Asio context that the program owns and runs, on as many threads as it likes.
//
//   asio::io_context ctx;
//   siokit::asio_host host{ctx.get_executor(), io.driver()};
//   host.listen(3000);
//   ctx.run();
//
// Host, driver and context may die in any order once the context no longer runs. With TLS: asio_tls.hpp. Without Asio:
// epoll.hpp, poll.hpp.
#pragma once

#include <siokit/adapters/asio_loop.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

/// All its work, and every handler of its driver, runs on one strand. What is not marked thread-safe is called on that
/// strand, or while no thread runs the context.
class asio_host {
 public:
  using executor_type = asio_loop::executor;

  asio_host(const net::any_io_executor& on, driver& io, const host_options& options = {})
      : loop_(std::make_shared<asio_loop>(on, io, options)) {
    loop_->start();
  }
  asio_host(const asio_host&) = delete;
  asio_host& operator=(const asio_host&) = delete;
  ~asio_host() { loop_->let_go(false); }

  /// The strand. Valid until the context dies.
  executor_type get_executor() const { return *loop_->strand(); }

  /// Accepts links from now on; may be called again, for more addresses, also from a handler.
  listening listen(std::uint16_t port) { return listen(listen_options{.address = {}, .port = port}); }
  listening listen(const listen_options& options) { return loop_->listen(options); }
  /// The same with TLS, as tls.hpp offers it: the driver hears of a link once its handshake is done.
  listening listen(std::uint16_t port, const secure_server& tls) {
    return listen(listen_options{.address = {}, .port = port}, tls);
  }
  listening listen(const listen_options& options, const secure_server& tls) {
    if (!tls.how || tls.how->error() != 0) return {static_cast<int>(std::errc::invalid_argument), 0};
    return loop_->listen(options, tls);
  }
  /// How links are secured that are dialed from now on. Without it they are not, and `secure` fails.
  void dial_with(const secure_client& tls) { loop_->dial_with(tls); }
  void close_listeners() { loop_->close_listeners(); }
  /// Stops accepting and lets the driver finish: the host has no more work for the context when no link is left, or
  /// when `drain` is over and those that are left were dropped. Call the driver's own close() as well.
  void close(milliseconds drain = milliseconds{5'000}) { loop_->close(drain); }
  /// Drops every link and listener, so that the host has no more work for the context. Thread-safe.
  void stop() {
    post([loop = loop_.get()] { loop->halt(); });
  }
  /// Runs f on the strand. Thread-safe. Dropped when the host or the context dies first.
  template <class F>
  void post(F&& f) {
    if (!loop_->strand()) return;
    net::post(*loop_->strand(), [loop = loop_, f = std::forward<F>(f)]() mutable { loop->turn(f); });
  }

  /// Links that are open, those that are being dialed or closed included.
  std::size_t connections() const noexcept { return loop_->connections(); }

 private:
  std::shared_ptr<asio_loop> loop_;
};

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
