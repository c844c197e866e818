// One link of an asio_host: what happens on it from accept, or from asio_dial.hpp, to close.
// The pump, timers and listening are in asio_loop.hpp.
// Every pending operation holds the host's state, and does nothing once the host is gone.
//
//   shaking ──> link ──close, or end of input, and all is sent──> parting ──end of input, or a second──> gone
//     │          └─────────────abort, error────────────────────────────────────────────────────────────┤
//     └──handshake refused──> parting        shaking: only with TLS; out of time, close, abort ─────────┘
//
// A plain link reads and writes its socket, a secure one the stream that holds it (secure.hpp); the rest is one.
#pragma once

#include <array>
#include <optional>

#include <siokit/adapters/asio_lifetime.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

class asio_links : public asio_state {
 public:
  using executor = net::strand<net::any_io_executor>;

  /// Gives the driver input, then does what it asks for. Every completion is one. When a handler throws, the pump that
  /// it prevented is posted, and the exception goes on to whoever runs the context.
  template <class F>
  void turn(F&& input) {
    if (driver_ == nullptr) return;
    const std::shared_ptr<asio_links> self = own();
    thread_.enter();
    const scope_exit out{[&] { thread_.leave(); }};
    scope_exit thrown{[&] { pump_later(); }};
    input();
    pump();
    thrown.cancel();
  }

 protected:
  struct peer;
  using peer_ptr = std::shared_ptr<peer>;

  asio_links(const net::any_io_executor& on, driver& io, const host_options& options);
  asio_links(const asio_links&) = delete;
  asio_links& operator=(const asio_links&) = delete;
  ~asio_links() = default;

  /// Every pending action of the driver, then its deadline.
  virtual void pump() = 0;
  void pump_later() override;

  void admit(asio_socket&&, const asio_protocol::endpoint& from, const secure_server& tls);
  /// A peer whose socket is connected and does not block; of a link, or of none yet.
  peer_ptr add(asio_socket&&, link_id);
  /// Starts TLS on an open link, as client.
  void secure(const peer_ptr&, std::string_view host);
  void wait_read(const peer_ptr&);
  peer_ptr find(link_id) const;
  /// Reading is welcome again.
  void read(const peer_ptr&);
  void write(const peer_ptr&);
  void shut(const peer_ptr&);
  void drop(const peer_ptr&);
  void drop_all();
  void end(const peer_ptr&, link_end, int error);
  void remove(const peer_ptr&) noexcept;

  std::shared_ptr<asio_links> own() { return std::static_pointer_cast<asio_links>(shared_from_this()); }
  static time_point now() { return std::chrono::steady_clock::now(); }

  driver* driver_;  // null once the host is gone
  host_options options_;
  std::optional<executor> strand_;  // none once the context is gone
  std::vector<peer_ptr> peers_;
  one_thread thread_;
  secure_client dial_tls_;

 private:
  struct writing;

  // The bytes: of the socket, or of what is in front of it.
  std::size_t read_some(peer&, std::span<std::byte>, net_error&);
  std::size_t look(peer&, net_error&);
  void write_some(const peer_ptr&, std::unique_ptr<writing>);

  // TLS.
  void greet(const peer_ptr&, const secure_server&, const std::string& address);
  void begin(const peer_ptr&);
  void shake(const peer_ptr&);
  void shaken(const peer_ptr&);
  void refuse(const peer_ptr&, int error);
  void write_secured(const peer_ptr&, std::unique_ptr<writing>);
  bool finish(const peer_ptr&);

  void attach(const peer_ptr&, link_id);
  void readable(const peer_ptr&, net_error);
  void take(const peer_ptr&);
  void decline(const peer_ptr&);
  void failed_read(const peer_ptr&, net_error);
  void write_later(const peer_ptr&);
  void write_last(const peer_ptr&);
  void wrote(const peer_ptr&, std::unique_ptr<writing>, net_error, std::size_t n);
  void wait_for_progress(const peer_ptr&);
  void part(const peer_ptr&);
  void linger(const peer_ptr&);
  void unlink(peer&) noexcept;

  std::vector<peer*> by_link_;  // by the index of a link: the low 32 bits of its id
  read_buffer buffer_;
  std::vector<std::unique_ptr<writing>> spare_;
};

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/asio_links.ipp>
#include <siokit/impl/adapters/asio_links_secure.ipp>
