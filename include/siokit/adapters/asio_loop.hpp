// The state of an asio_host: one block that every pending operation holds, and that does nothing once the host is gone.
// Programs use asio_host (asio.hpp).
//
//   the host dies      its sockets close, operations end as cancelled, the driver is called no more
//   the context dies   it says so (asio_farewell), and every Asio object goes before Asio does
//   the driver dies    must be after the last turn; then in any order with the two others
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <siokit/adapters/asio_net.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

class asio_farewell;

class asio_loop : public std::enable_shared_from_this<asio_loop> {
 public:
  using executor = net::strand<net::any_io_executor>;

  asio_loop(net::any_io_executor on, driver& io, const host_options& options);
  asio_loop(const asio_loop&) = delete;
  asio_loop& operator=(const asio_loop&) = delete;

  /// Binds the driver. Once, after the loop is held by a shared_ptr.
  void start();
  /// The end, from the host's destructor or from the context's: closes everything, says nothing to the driver.
  void let_go(bool context_dies) noexcept;

  // What asio_host offers, on the strand.
  executor get_executor() const { return parts_->strand; }
  listening listen(const listen_options&);
  void close_listeners();
  void close(milliseconds drain);
  void halt();
  std::size_t connections() const noexcept { return peers_.size(); }

  /// Gives the driver input, then does what it asks for. Every completion is one. When a handler throws, the pump that
  /// it prevented is posted, and the exception goes on to whoever runs the context.
  template <class F>
  void turn(F&& input) {
    if (driver_ == nullptr) return;
    thread_.enter();
    const std::shared_ptr<asio_loop> self = shared_from_this();
    const scope_exit out{[&] { thread_.leave(); }};
    scope_exit thrown{[&] { pump_later(); }};
    input();
    pump();
    thrown.cancel();
  }

 private:
  struct peer;
  struct writing;
  using peer_ptr = std::shared_ptr<peer>;
  using listener_ptr = std::shared_ptr<asio_listener>;

  void pump();
  void pump_later();
  void arm(time_point due);
  void rest();

  void accept(const listener_ptr&);
  void accepted(const listener_ptr&, net_error, asio_socket&&);
  void pause(const listener_ptr&);
  void admit(asio_socket&&, const asio_protocol::endpoint& from);

  void wait_read(const peer_ptr&);
  void readable(const peer_ptr&);
  void take(const peer_ptr&);
  void decline(const peer_ptr&);
  void failed_read(const peer_ptr&, net_error);
  void write(const peer_ptr&);
  void wrote(const peer_ptr&, std::unique_ptr<writing>, net_error, std::size_t n);
  void shut(const peer_ptr&);
  void wait_for_progress(const peer_ptr&);
  void part(const peer_ptr&);
  void drop(const peer_ptr&);
  void drop_all();
  void end(const peer_ptr&, link_end, int error);

  peer_ptr find(link_id) const;
  void unlink(peer&) noexcept;
  void remove(const peer_ptr&) noexcept;
  static time_point now() { return std::chrono::steady_clock::now(); }

  // Everything that must not outlive the context.
  struct parts {
    explicit parts(const net::any_io_executor& on) : strand(on), deadline(strand), drain(strand) {}
    executor strand;
    net::steady_timer deadline;
    net::steady_timer drain;
    std::vector<listener_ptr> listeners;
  };

  driver* driver_;  // null once the host is gone
  host_options options_;
  asio_farewell* farewell_;
  void* name_ = nullptr;  // what the driver knows this loop by
  std::optional<parts> parts_;
  std::vector<peer_ptr> peers_;
  std::vector<peer*> by_link_;  // by the index of a link: the low 32 bits of its id
  std::vector<std::byte> buffer_;
  std::vector<std::unique_ptr<writing>> spare_;
  time_point armed_ = never;
  bool finishing_ = false;
  one_thread thread_;
};

/// Lives in the context, and lets go of every loop that is left when the context dies.
class asio_farewell : public net::execution_context::service {
 public:
  static inline net::execution_context::id id;
  explicit asio_farewell(net::execution_context& context) : net::execution_context::service(context) {}
  void add(asio_loop*);
  void remove(asio_loop*) noexcept;

 private:
  void shutdown() noexcept override;

  std::mutex mutex_;
  std::vector<asio_loop*> loops_;
};

/// A driver may outlive its host and still call wake(). What it was given is therefore a number, and found here.
class asio_loops {
 public:
  static asio_loops& all();
  void* add(std::weak_ptr<asio_loop>);
  void remove(void* name) noexcept;
  std::shared_ptr<asio_loop> find(void* name);

 private:
  std::mutex mutex_;
  std::uintptr_t last_ = 0;
  std::unordered_map<void*, std::weak_ptr<asio_loop>> loops_;
};

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/asio_loop.ipp>
