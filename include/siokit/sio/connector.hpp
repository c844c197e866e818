// Connects a client's sockets to its session: dials, dials again, joins namespaces, decodes packets, and calls handlers. The
// only place of a client that calls user code, from one flat loop, pump(), that holds nothing across a call.
// Not for users: client.hpp is their face of it. It is the driver of a client: its links are the dialer's.
//
//            connect()              opened
//   idle ──────────────▶ opening ──────────▶ open
//    ▲                    │    ▲              │
//    │ given up, or       │    │ the delay    │ lost
//    │ nobody is active   ▼    │ is over      │
//    └──────────────── waiting ◀──────────────┘
#pragma once

#include <siokit/eio/dialer.hpp>
#include <siokit/sio/backoff.hpp>
#include <siokit/sio/client_socket.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

class connector final : public siokit::driver, public home {
 public:
  explicit connector(const client_options&);
  connector(const connector&) = delete;
  connector& operator=(const connector&) = delete;
  ~connector();

  // --- driver ---
  // inline: see links.hpp
  SIOKIT_INLINE void bind(const host_services&) override;
  link_id accept(const link_info&, time_point) override { return link_id{}; }
  SIOKIT_INLINE void opened(link_id, time_point now) override;
  SIOKIT_INLINE void receive(link_id, std::span<std::byte> in, time_point now) override;
  SIOKIT_INLINE void sent(link_id, std::size_t n, time_point now) override;
  SIOKIT_INLINE void closed(link_id, link_end, int os_error, time_point now) override;
  SIOKIT_INLINE void advance(time_point now) override;
  SIOKIT_INLINE bool next(action&) override;
  SIOKIT_INLINE bool gather(link_id, batch&) override;
  SIOKIT_INLINE bool wants_read(link_id) const override;
  SIOKIT_INLINE std::span<std::byte> space(link_id) override;
  SIOKIT_INLINE time_point deadline() const override;
  deadline_reason why() const override { return dialer_.why(); }

  // --- home ---
  SIOKIT_INLINE ticket promise_for(invocation&, promise_id& which) noexcept override;
  SIOKIT_INLINE bool take_promise(promise_id, owed_reply& out) noexcept override;
  SIOKIT_INLINE void reply(const reply_route&, const outgoing_arguments&) override;
  socket* promise_socket(promise_id) noexcept override { return nullptr; }
  SIOKIT_INLINE void cancel_ack(ack_handle) noexcept override;
  bool awaits(ack_handle which) noexcept override {
    const awaited* const a = acks_.find(which);
    return a != nullptr && a->error != errc::ack_cancelled;
  }

  // --- for client and client_socket ---
  pool& blocks() noexcept { return dialer_.blocks(); }
  client_socket& of(std::string_view name, const client_socket_options&);
  /// Adds the client's own socket, which it does not own, and connects it; `error`: or tells why not.
  void start(client_socket& main, errc error);
  void connect(client_socket&);
  void disconnect(client_socket&);
  void close();
  void answer_auth(std::uint32_t socket, std::uint32_t ask, const value& auth);
  delivery send_event(client_socket&, const emit_options&, encoded&, errc, std::string_view event, std::uint64_t id, single_ack*);
  ticket here() const noexcept { return {beacon_, generation_}; }
  client_options& options() noexcept { return options_; }
  eio::dialer& dialer() noexcept { return dialer_; }
  const eio::dialer& dialer() const noexcept { return dialer_; }
  void forget(client_socket&) noexcept;
  /// For simulations, O(n): whether timers, links and counts fit the states. Between driver calls.
  bool consistent() const noexcept;

  // handlers of the whole client
  callables<function<void()>> on_open;
  callables<function<void(close_reason)>> on_close;
  callables<function<void(const connect_error&)>> on_open_error;
  callables<function<void()>> on_ping;
  callables<function<void()>> on_upgrade;
  callables<function<void()>> on_drain;
  callables<function<void(std::uint32_t)>> on_reconnect_attempt;
  callables<function<void(std::uint32_t)>> on_reconnect;
  callables<function<void(const connect_error&)>> on_reconnect_error;
  callables<function<void()>> on_reconnect_failed;
  callables<function<void(client_socket&, std::string_view event, errc, std::string_view where)>> on_error;

 private:
  enum class state : std::uint8_t { idle, waiting, opening, open };
  struct call;
  /// Something to tell; handlers never nest, so it waits for the pump.
  struct telling {
    enum class kind : std::uint8_t {
      open, close, open_error, ping, upgrade, drain, attempt, reconnected, reconnect_error, reconnect_failed,
      connect_error, failed_event
    } what = kind::open;
    close_reason reason = close_reason::transport_close;
    errc cause = errc::none;
    std::uint16_t status = 0;
    std::uint32_t number = 0;  // of an attempt, or the place of a socket
    frame event{};             // failed_event: its name
  };
  /// An acknowledgement that a handler owes the server.
  struct owed {
    std::uint32_t socket = 0;
    std::uint32_t membership = 0;
    std::uint64_t id = 0;
    timer_node timer;
  };
  struct awaited {
    std::uint64_t id = 0;
    std::uint32_t socket = 0;
    bool retried = false;  // the acknowledgement of a try
    ack_handler call;
    timer_node timer;
    milliseconds parked{-1};
    errc error = errc::ack_timeout;  // what the timer tells
  };
  struct outgoing {
    outgoing* next = nullptr;
    std::uint32_t socket = 0;
    encoded packet;
  };

  // connector.ipp: the pump, sessions, reconnection
  void pump();
  bool work();
  void settle_timers(time_point now) noexcept;
  void fire(timer_node&, timer);
  void tell(telling::kind what) noexcept { tell(what, telling{}); }
  void tell(telling::kind, telling more) noexcept;
  void run_telling();
  void take(const eio::dial_event&);
  void go_on_opening() noexcept;
  void session_opened();
  void open_failed(errc cause, std::uint16_t status);
  void session_closed(close_reason, errc cause);
  void wait_and_reconnect() noexcept;
  void stop_session() noexcept;
  bool anybody_active() const noexcept;
  // connector_sockets.ipp: joining and leaving, packets
  void join(client_socket&);
  void ask_to_join(client_socket&);
  void send_connect(client_socket&, const value& auth);
  void send_disconnect(client_socket&) noexcept;
  void leave(client_socket&, close_reason, errc cause, bool stays_active) noexcept;
  void list_task(client_socket&, std::uint8_t what) noexcept;
  void run_task(client_socket&);
  void take_text(std::string_view);
  void take_binary(bytes_view);
  void take_packet(const packet&, std::span<const bytes_view>);
  void take_connect(client_socket&, const packet&);
  void take_connect_error(client_socket&, const packet&);
  void take_stale(client_socket&, const packet&);
  void keep_early(client_socket&, const packet&, std::span<const bytes_view>) noexcept;
  void deliver_early(client_socket&);
  void drop_early(client_socket&) noexcept;
  void drop_parts() noexcept;
  void violate(errc) noexcept;
  client_socket* find_socket(std::string_view nsp) noexcept;
  bool set_text(vec<char>& to, std::string_view from) noexcept;
  // connector_events.ipp: events and acknowledgements both ways
  void dispatch(client_socket&, const packet&, std::span<const bytes_view>);
  void note_offset(client_socket&, const arguments&) noexcept;
  void take_ack(client_socket&, const packet&, std::span<const bytes_view>);
  bool await(client_socket&, std::uint64_t id, single_ack&&, milliseconds length, errc failure, bool retried) noexcept;
  void finish_ack(ack_handle, errc, const arguments&);
  void fail_next_ack(client_socket&);
  void flush_buffer(client_socket&) noexcept;
  void flush_buffers() noexcept;
  void unbuffer(client_socket&, std::uint64_t id) noexcept;
  void drop_awaited(client_socket&, ack_handle) noexcept;
  static std::size_t weight(const encoded&) noexcept;
  delivery send_or_keep(client_socket&, const encoded&, std::uint64_t id, bool has_id, bool is_volatile) noexcept;
  bool add_retried(client_socket&, const emit_options&, encoded&, single_ack*);
  void send_retried(client_socket&, bool again) noexcept;
  void retried_answered(client_socket&, std::uint64_t id, errc, const arguments&);
  void note_outgoing(client_socket&, const encoded&) noexcept;
  void run_outgoing();
  void drop_owed(promise_id) noexcept;
  void report(client_socket&, std::string_view event, errc, std::string_view where);
  // connector_check.ipp
  bool consistent(const client_socket&) const noexcept;

  client_options options_;
  eio::dialer dialer_;
  pool pool_;
  arena scratch_;
  backoff backoff_;
  state state_ = state::idle;
  /// Socket.IO 2 joins "/" by itself, once a session.
  enum class root : std::uint8_t { awaited, joined, left } root_ = root::awaited;
  errc url_error_ = errc::none;
  bool want_open_ = false;
  bool want_close_ = false;
  bool in_call_ = false;
  timer_node timer_;            // dial or backoff
  std::vector<client_socket*> sockets_;  // owned, but for the first
  slot_map<awaited, ack_handle> acks_;
  slot_map<owed, promise_id> owed_;
  std::size_t owed_count_ = 0;
  vec<ack_handle> parked_;
  vec<telling> tellings_;
  std::size_t told_ = 0;        // of tellings_
  outgoing* outgoing_ = nullptr;
  outgoing* last_outgoing_ = nullptr;
  assembler* parts_ = nullptr;  // a binary packet whose attachments are not all there
  value_context context_;       // of the event in hand
  beacon* beacon_ = nullptr;
  std::uint32_t generation_ = 0;
};

/// The client that a client's ticket leads back to, or null when it is gone.
inline connector* client_of(const ticket& t) noexcept { return static_cast<connector*>(t.home()); }

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/connector.ipp>
#include <siokit/impl/sio/connector_sockets.ipp>
#include <siokit/impl/sio/connector_events.ipp>
#include <siokit/impl/sio/connector_check.ipp>
