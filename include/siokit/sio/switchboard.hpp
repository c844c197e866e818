// Connects sessions to the sockets of namespaces: takes the engine's events, decodes packets, and calls handlers. The only
// place that calls user code, and it does so from one flat loop, pump(), that holds nothing across a call.
// Not for users: server.hpp is their face of it. It is the message_driver under the byte door (eio/links.hpp).
//
//   engine ─▶ take(event) ─▶ packet ─▶ connect | event | ack | disconnect ─▶ handlers
//   user calls ─▶ adapter ─▶ engine.send()        what must be told later ─▶ tasks ─▶ pump()
#pragma once

#include <siokit/eio/engine.hpp>
#include <siokit/eio/links.hpp>
#include <siokit/http/request.hpp>
#include <siokit/sio/assembler.hpp>
#include <siokit/sio/engine_path.hpp>
#include <siokit/sio/nsp.hpp>

SIOKIT_NAMESPACE_BEGIN

enum class log_level : std::uint8_t { debug, info, warning };

/// What shapes a server. Set members by name: options.ping_interval = 5s; options.cors.origins = {"*"};
struct server_options : eio::options {
  server_options() { path = "/socket.io"; }
  /// A session that joined no namespace by then is closed. Checked once, as in the reference.
  milliseconds connect_timeout{45'000};
  /// What is kept of the request head once the connect handlers ran: all of it, the headers listed, or nothing.
  enum class keep : std::uint8_t { all, listed, none } keep_head = keep::all;
  std::vector<std::string> kept_headers;
  siokit::limits limits;
  siokit::memory memory;
};

namespace sio {

/// A session as this layer sees it.
struct connection {
  eio::session_id session{};
  index_list sockets;  // joined, or joining, oldest first
  std::uint16_t count = 0;
  std::uint16_t refused = 0;
  std::uint16_t owed_count = 0;  // promises of acknowledgements
  bool joined_once = false;
  assembler* parts = nullptr;          // a binary packet whose attachments are not all there
  timer_node* connect_timer = nullptr;  // until the first namespace is joined
};

/// A packet that waits for a middleware, with its attachments, in blocks of the pool.
struct held_packet {
  held_packet* next = nullptr;
  assembler* whole = nullptr;
  std::size_t size = 0;
};

/// An answer that user code owes: see ticket.hpp.
struct promise {
  enum class kind : std::uint8_t { connect, packet, ack, request, handshake } what = kind::ack;
  enum class answer : std::uint8_t { none, passed, refused } said = answer::none;
  bool running = false;  // the middleware is on the stack: the loop that called it looks at the answer
  bool held = false;     // packet: its copy is the socket's first held one
  std::uint32_t step = 0;
  std::uint32_t end = 0;  // middlewares that were there when it began
  socket_handle who{};
  eio::session_id session{};
  std::shared_ptr<const std::string> nsp;
  std::uint64_t id = 0;  // of the ack
  link_id link{};
  std::unique_ptr<refusal> why;
  timer_node timer;
  list_hook task_hook;
};

/// Something for on_error or on_log that was found inside a user call. Its text follows it.
struct note {
  note* next = nullptr;
  std::size_t size = 0;
  std::size_t split = 0;  // where the second text begins
  socket_handle who{};
  errc error = errc::none;  // none: for on_log
  log_level level = log_level::info;
};

/// A broadcast whose acknowledgements are awaited.
enum class poll_id : std::uint64_t {};
struct awaited_ack {
  std::uint64_t id = 0;
  socket_handle who{};
  ack_handler call;
  poll_id shared{};  // the broadcast it belongs to, or 0
  timer_node timer;
  milliseconds parked{-1};  // a timeout that waits for a `now`
  errc error = errc::ack_timeout;  // what the timer tells
};
struct ack_poll {
  each_ack calls;
  std::size_t left = 0;
  std::size_t missing = 0;
  timer_node timer;
  milliseconds parked{-1};
};

class switchboard final : public message_driver, public home, private adapter {
 public:
  explicit switchboard(const server_options&);
  /// The end, while the server's own namespace is still there: no ticket finds anything from here on.
  void forget_all() noexcept;
  /// Adds the server's own namespace, which it does not own.
  void add_main(siokit::nsp& main) noexcept { main_ = &main; }
  switchboard(const switchboard&) = delete;
  switchboard& operator=(const switchboard&) = delete;
  SIOKIT_INLINE ~switchboard() override;

  // --- message_driver ---
  // inline: see links.hpp
  SIOKIT_INLINE void bind(const host_services&, wire) override;
  SIOKIT_INLINE link_id accept(const link_info&, time_point now) override;
  SIOKIT_INLINE void request(link_id, const request_head&, time_point now) override;
  SIOKIT_INLINE void body(link_id, std::span<std::byte> in, time_point now) override;
  SIOKIT_INLINE void upgraded(link_id, time_point now) override;
  SIOKIT_INLINE bool message(link_id, message_kind, std::span<std::byte> in, time_point now) override;
  SIOKIT_INLINE void sent(link_id, std::size_t n, time_point now) override;
  SIOKIT_INLINE void ended(link_id, errc cause, time_point now) override;
  SIOKIT_INLINE void closed(link_id, time_point now) override;
  SIOKIT_INLINE void advance(time_point now) override;
  SIOKIT_INLINE bool next(message_action&) override;
  SIOKIT_INLINE bool wants_read(link_id) const override;
  SIOKIT_INLINE time_point deadline() const override;
  SIOKIT_INLINE deadline_reason why() const override;
  pool& blocks() override { return engine_.blocks(); }

  // --- home ---
  SIOKIT_INLINE ticket promise_for(invocation&, promise_id& which) noexcept override;
  SIOKIT_INLINE bool take_promise(promise_id, owed_reply& out) noexcept override;
  SIOKIT_INLINE void reply(const reply_route&, const outgoing_arguments&) override;
  SIOKIT_INLINE socket* promise_socket(promise_id) noexcept override;
  SIOKIT_INLINE void cancel_ack(ack_handle) noexcept override;
  bool awaits(ack_handle which) noexcept override { return acks_.find(which) != nullptr; }

  // --- for server, nsp, socket, target and the tickets ---
  siokit::nsp& of(std::string_view name);
  siokit::nsp& of(function<bool(std::string_view, value_view)> accepts);
  template <class Visit>
  void each_socket(siokit::nsp& in, Visit&& visit);
  /// Calls visit(child) for each namespace that a dynamic one made.
  template <class Visit>
  void each_child(const siokit::nsp& parent, Visit&& visit) {
    for (std::size_t i = 0; i < nsps_.size(); ++i)
      if (nsps_[i].shared_ == parent.shared_) visit(nsps_[i]);
  }
  engine_path& open_path(const eio::options&);
  void close() noexcept;
  void update_asks() noexcept;
  socket* find(socket_handle) noexcept;
  socket* find_by_id(const siokit::nsp&, std::string_view id) noexcept;
  socket& socket_at(std::uint32_t index) noexcept { return sockets_[index]; }
  ticket here() const noexcept { return {beacon_, generation_}; }
  promise* find(promise_id id) noexcept { return promises_.find(id); }
  adapter& door() noexcept { return *this; }
  void answer(promise_id, promise::answer, refusal&& why);
  /// Takes a promise that was not used yet; false when it is late.
  bool redeem(promise_id, promise& out) noexcept;
  /// Waits for an acknowledgement of this socket; `call` is called once, whatever happens.
  bool await(socket&, std::uint64_t id, single_ack call, poll_id shared, const broadcast_options&, errc failure) noexcept;
  poll_id open_poll(each_ack&&, const broadcast_options&) noexcept;
  /// It was sent to one more socket, whose answer is awaited, or missing already.
  void count_sent(poll_id, bool awaited) noexcept;
  void report(socket&, std::string_view event, errc, std::string_view where);
  /// The same from inside a user call: the handler runs when the pump gets to it.
  void report_later(socket&, std::string_view event, errc, std::string_view where) noexcept;
  void log(log_level, std::string_view what, std::string_view more = {}) noexcept;
  /// Replaces a handler of the whole server. One that runs is kept until the call ends.
  template <class F>
  void replace(F& slot, F f) {
    std::swap(slot, f);
    if (in_call_ && f) retired_.emplace_back([old = std::move(f)] {});
  }
  void note_outgoing(socket&, const encoded&);
  void forget_handshake(socket&) noexcept;
  void disconnect(socket&, close_reason, bool close_session) noexcept;
  eio::engine& engine() noexcept { return engine_; }
  arena& scratch() noexcept { return scratch_; }
  const server_options& options() const noexcept { return options_; }
  /// Of the tables whose keys peers choose; not known before bind().
  const std::uint64_t& seed() const noexcept { return seed_; }
  std::size_t session_count() const noexcept { return engine_.session_count(); }

  // handlers of the whole server
  function<void(socket&, std::string_view, errc, std::string_view)> on_error;
  function<void(log_level, std::string_view)> on_log;
  function<void(const http::request&, admission)> allow_request;
  function<void(const http::request&, const http::reply&)> on_http;

 private:
  struct call;
  enum class connection_id : std::uint64_t {};
  struct outgoing {
    socket_handle who{};
    encoded packet;
    outgoing* next = nullptr;
  };
  struct fetched {
    std::vector<socket_id> ids;
    function<void(std::span<const socket_id>)> found;
    fetched* next = nullptr;
  };
  struct dynamic_nsp {
    function<bool(std::string_view, value_view)> accepts;
    std::unique_ptr<siokit::nsp> parent;
    dynamic_nsp* next = nullptr;
  };
  struct opened_path : engine_path {
    std::uint8_t endpoint = 0;
    opened_path* next = nullptr;
  };

  // adapter: this server's own sockets
  SIOKIT_INLINE delivery send(socket&, const broadcast_options&, const encoded&) override;
  SIOKIT_INLINE void broadcast(siokit::nsp&, const broadcast_options&, const encoded&, function<void(socket&)>* sent_to) override;
  SIOKIT_INLINE void fetch_sockets(siokit::nsp&, const broadcast_options&, function<void(std::span<const socket_id>)>) override;
  SIOKIT_INLINE void join(siokit::nsp&, const broadcast_options&, std::string_view room) override;
  SIOKIT_INLINE void leave(siokit::nsp&, const broadcast_options&, std::string_view room) override;
  SIOKIT_INLINE void disconnect(siokit::nsp&, const broadcast_options&, bool close_session) override;
  template <class Visit>
  void each_recipient(siokit::nsp&, const broadcast_options&, Visit&& visit);
  void collect(siokit::nsp&, const broadcast_options&, vec<socket_handle>& met);
  template <class Visit>
  void for_collected(siokit::nsp&, const broadcast_options&, Visit&& visit);

  // switchboard.ipp: the pump
  void pump();
  void resume(time_point now);
  void tidy();
  template <class Fact>
  void enter(time_point now, Fact&& fact);
  bool has_tasks() const noexcept {
    return notes_ != nullptr || !socket_tasks_.empty() || !promise_tasks_.empty() || outgoing_ != nullptr ||
           fetched_ != nullptr;
  }
  bool has_parked() const noexcept { return !parked_acks_.empty() || !parked_polls_.empty(); }
  /// Whether the pump has anything to do.
  bool has_work() const noexcept { return has_tasks() || engine_.has_events() || has_parked(); }
  // A handler that its owner may replace while it runs.
  template <class F, class... A>
  static void run_pinned(F& slot, A&&... a) {
    if (!slot) return;
    struct put_back {
      F& slot;
      F running;
      ~put_back() {
        if (!slot) slot = std::move(running);
      }
    } const pinned{slot, std::move(slot)};
    pinned.running(std::forward<A>(a)...);
  }
  void take_note(const note&, std::string_view what, std::string_view more) noexcept;
  void drop_note() noexcept;
  void run_note();
  void release(siokit::nsp&) noexcept;
  void take(eio::event&);
  void take(eio::session&, eio::event&);
  void take_message(eio::session&, message_kind, mutable_bytes);
  engine_path* path_of(std::uint8_t endpoint) const noexcept;
  void take_text(connection&, std::string_view);
  void await_attachments(connection&, std::string_view, const packet&);
  void take_binary(connection&, bytes_view);
  void take_packet(connection&, const packet&, std::span<const bytes_view> attachments);
  void run_task(socket&);
  void run_outgoing();
  void run_fetched();
  auto promise_hooks() noexcept {
    return [this](std::uint32_t i) -> list_hook& { return promises_[i].task_hook; };
  }
  void fire(timer_node&, timer);
  void settle_timers(time_point now) noexcept;
  void forget_dead() noexcept;
  void violate(connection&, errc) noexcept;
  connection* connection_of(const eio::session&) noexcept;
  // switchboard_connect.ipp: joining and leaving
  void open(eio::session&);
  void connect(connection&, const packet&);
  siokit::nsp* nsp_for(std::string_view name, std::string_view auth, bool limited);
  std::size_t place_of_nsp(std::string_view name) const noexcept;
  siokit::nsp* known_nsp(std::string_view name) noexcept;
  siokit::nsp& add_nsp(const std::string& name, std::shared_ptr<registrations> shared);
  void run_connect_chain(promise_id);
  void pause_chain(promise_id) noexcept;
  void connected(socket&);
  void tell_connected(socket&);
  void refuse_connect(connection&, std::string_view nsp, const refusal&) noexcept;
  void drop_connecting(socket&) noexcept;
  void close_connection(eio::session&, close_reason);
  void begin_disconnect(socket&, close_reason) noexcept;
  void retain_head(socket&) noexcept;
  void list_task(socket&, std::uint8_t what) noexcept;
  void put_control(const socket&, packet_type, std::string_view nsp, bool sid) noexcept;
  socket* make_socket(connection&, siokit::nsp&, const packet&) noexcept;
  void destroy_socket(socket&) noexcept;
  void remove_from_nsp(socket&) noexcept;
  void remove_from_connection(socket&) noexcept;
  void stop_connect_timer(connection&) noexcept;
  socket* find_joined(const connection&, std::string_view nsp) noexcept;
  auto mates() noexcept {
    return [this](std::uint32_t i) -> list_hook& { return sockets_[i].mates_; };
  }
  // switchboard_events.ipp: events, middleware of packets, acknowledgements
  bool decode_name(packet&) noexcept;
  void take_event(socket&, const packet&, std::span<const bytes_view> attachments);
  void judge_event(socket&, const packet&, std::span<const bytes_view> attachments, bool judged);
  void dispatch(socket&, const packet&, std::span<const bytes_view> attachments);
  bool pass_packet(socket&, const packet&, std::span<const bytes_view>, promise_id, bool& waits);
  void hold(socket&, const packet&, std::span<const bytes_view>) noexcept;
  void resume_packets(socket&);
  void take_ack(socket&, const packet&, std::span<const bytes_view>);
  void finish_ack(ack_handle, const socket_id&, errc, const arguments&);
  void count_ack(poll_id, const socket_id&, errc, const arguments&);
  void finish_poll(poll_id);
  promise* make_promise(promise::kind, promise_id&) noexcept;
  void drop_promise(promise_id) noexcept;
  // switchboard_http.ipp
  void take_request(const eio::event&);
  void take_handshake(const eio::event&);

  server_options options_;
  eio::engine engine_;
  pool pool_;
  arena scratch_;
  timers timers_;
  slot_map<connection, connection_id> connections_;
  slot_map<socket, socket_handle> sockets_;
  slot_map<promise, promise_id> promises_;
  slot_map<awaited_ack, ack_handle> acks_;
  slot_map<ack_poll, poll_id> polls_;
  hash_index ids_;  // sockets by id
  siokit::nsp* main_ = nullptr;  // "/", the server itself
  owned_list<siokit::nsp> nsps_;  // by name
  dynamic_nsp* dynamic_ = nullptr;  // in the order they were made
  dynamic_nsp* judging_ = nullptr;  // whose accepts() is on the stack
  opened_path* paths_ = nullptr;  // of Engine.IO alone
  value_context context_;       // of the event in hand
  value_context auth_context_;
  index_list socket_tasks_;
  index_list promise_tasks_;
  outgoing* outgoing_ = nullptr;  // what was sent, in order, for those who listen to it
  outgoing* last_outgoing_ = nullptr;
  fetched* fetched_ = nullptr;  // what fetch_sockets() found and has not told, in order
  fetched* last_fetched_ = nullptr;
  note* notes_ = nullptr;
  note* last_note_ = nullptr;
  std::vector<function<void()>> retired_;  // replaced handlers
  vec<std::uint32_t> dead_;      // sockets to destroy at the end of the call
  vec<ack_handle> parked_acks_;
  vec<poll_id> parked_polls_;
  beacon* beacon_ = nullptr;
  std::uint32_t generation_ = 0;
  std::uint32_t epoch_ = 0;
  std::uint64_t seed_ = 0;
  std::size_t children_ = 0;
  bool in_call_ = false;
  bool closing_ = false;
};

/// The server that a server's ticket leads back to, or null when it is gone.
inline switchboard* server_of(const ticket& t) noexcept { return static_cast<switchboard*>(t.home()); }

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/switchboard.ipp>
#include <siokit/impl/sio/switchboard_connect.ipp>
#include <siokit/impl/sio/switchboard_events.ipp>
#include <siokit/impl/sio/switchboard_http.ipp>
#include <siokit/impl/sio/switchboard_recipients.ipp>
#include <siokit/impl/sio/switchboard_socket.ipp>
