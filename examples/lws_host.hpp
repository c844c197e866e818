// A host of messages on libwebsockets (4.1 and later): an example of the message door (message_driver), not an installed
// adapter. lws owns the loop and calls back; it parses HTTP and WebSocket, siokit decides what is answered.
//   lws_host host{io.messages()};   host.listen(3000);   host.run();
// What lws cannot express:
// - An upgrade is decided inside one callback. An allow_request that answers later finds the 101 sent already: its refusal
//   is then a Close (1008), and headers it adds to the 101 are lost.
// - Header fields that lws does not know are looked up by name: those to be seen are listed in `pass_on`.
// - The request target is taken apart and decoded; it is put together again with its own escapes. Chunked bodies are refused.
// - While a request is being answered lws does not look at its connection: the host does, once a second.
// - lws is C: a handler must not throw.
#pragma once

#include <libwebsockets.h>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <siokit/adapters/host.hpp>
#include <siokit/core/limits.hpp>

namespace example {

class lws_host {
 public:
  /// The limits are those the server was made with: here they are the host's to keep. `pass_on`: names such as "x-token:".
  explicit lws_host(siokit::message_driver& io, std::vector<std::string> pass_on = {}, const siokit::limits& l = {})
      : io_(io), limits_(l), pass_on_(std::move(pass_on)) {
    io_.bind(siokit::system_services(
        [](void* self) {
          if (lws_context* const context = static_cast<lws_host*>(self)->context_) lws_cancel_service(context);
        },
        this));
  }
  lws_host(const lws_host&) = delete;
  lws_host& operator=(const lws_host&) = delete;
  ~lws_host() {
    if (context_ != nullptr) lws_context_destroy(std::exchange(context_, nullptr));  // it calls back for each connection
    io_.bind({});  // the server may outlive this, and must not wake it
  }

  /// Every address of the machine; port 0 lets the system choose.
  siokit::listening listen(std::uint16_t port);
  /// Serves until stop(), or until the links are closed after close().
  void run();
  /// From any thread, or a signal handler.
  void stop() {
    stopped_.store(true);
    if (context_ != nullptr) lws_cancel_service(context_);
  }
  /// The next run() ends once the links are closed: those that are slow get this long.
  void close(siokit::milliseconds drain);

 private:
  enum class state { idle, judged, body, answering, upgrading, websocket, leaving };
  struct link {
    lws* wsi = nullptr;
    siokit::link_id id{};
    state at = state::idle;
    bool established = false;  // lws has sent the 101
    bool accepted = false;     // siokit wants it
    bool head_method = false;
    bool has_body = false;
    bool complete = false;     // the whole body is in `in`
    bool last = false;         // then the connection ends
    bool discarding = false;   // the rest of a message that is too long
    std::size_t limit = 0;
    std::size_t weight = 0;
    std::string in;            // a body, or the fragments of a message
    std::string out;           // a response
    std::string fields;        // of the 101
    std::deque<siokit::frame> messages;
    std::uint16_t close_code = 0;
  };
  struct timer {
    lws_sorted_usec_list_t sul{};  // first: lws hands out its address
    lws_host* host = nullptr;
  };

  static siokit::time_point now() { return std::chrono::steady_clock::now(); }
  static int callback(lws*, lws_callback_reasons, void*, void* in, size_t size);
  int on(lws*, lws_callback_reasons, void* in, size_t size);
  link* find(lws*);
  link* find(siokit::link_id);
  link* open(lws*);
  void gone(lws*, bool orderly);
  // HTTP
  int request(lws*, bool upgrade);
  int confirm_upgrade(lws*);
  int body(link&, std::string_view part);
  int body_complete(link&);
  void pass_body(link&);
  void respond(link&, siokit::message_action&);
  void answer(link&, std::uint16_t status, std::string_view lines, std::string_view body, bool last);
  int write_response(link&);
  // WebSocket
  int established(link&);
  int receive(link&, std::string_view part);
  int write_message(link&);
  // actions and time
  void pump();
  void apply(link&, siokit::message_action&);
  void kill(link&);
  void sleep();
  void look_around();
  void schedule(timer&, void (*f)(lws_sorted_usec_list_t*), siokit::milliseconds);

  siokit::message_driver& io_;
  const siokit::limits limits_;
  const std::vector<std::string> pass_on_;
  lws_context* context_ = nullptr;
  std::map<lws*, link> links_;
  std::map<siokit::link_id, lws*> ids_;
  timer deadline_, look_, drain_;
  siokit::time_point looked_{};
  std::atomic<bool> stopped_{false};
  bool pumping_ = false;
  bool closing_ = false;
};

// ---- actions ---------------------------------------------------------------------------------------------------------

// What siokit wants done. Nothing is written here: lws is asked to call when it can be.
inline void lws_host::pump() {
  if (std::exchange(pumping_, true)) return;
  siokit::message_action a;
  while (io_.next(a)) {
    if (link* const l = find(a.link)) apply(*l, a);
    a.fields = {};
    a.body.reset(io_.blocks());
  }
  pumping_ = false;
  sleep();
}

inline void lws_host::apply(link& l, siokit::message_action& a) {
  using kind = siokit::message_action::kind;
  switch (a.what) {
    case kind::body:
      if (l.at != state::judged) return;
      l.at = state::body;
      l.limit = a.limit;
      if (l.in.size() > l.limit) body(l, {});  // too much came while nobody had asked
      else if (l.complete) pass_body(l);
      return;
    case kind::respond:
      if (l.at == state::judged) return respond(l, a);
      if (l.at != state::upgrading) return;
      l.at = state::leaving;  // refused, but the 101 has left
      l.close_code = 1008;
      return static_cast<void>(lws_callback_on_writable(l.wsi));
    case kind::upgrade:
      l.accepted = true;
      l.limit = a.limit;
      if (a.fields) l.fields = siokit::as_text(a.fields.payload());
      if (!l.established) return;
      lws_rx_flow_control(l.wsi, 1);
      l.at = state::websocket;
      return io_.upgraded(l.id, now());
    case kind::send:
      while (!a.body.empty()) l.messages.push_back(a.body.pop(io_.blocks()));
      return static_cast<void>(lws_callback_on_writable(l.wsi));
    case kind::read: return static_cast<void>(lws_rx_flow_control(l.wsi, 1));
    case kind::close:
      if (l.at != state::websocket) return l.at == state::answering ? void(l.last = true) : kill(l);
      l.at = state::leaving;
      l.close_code = a.status;
      return static_cast<void>(lws_callback_on_writable(l.wsi));
    case kind::abort: return kill(l);
  }
}

inline void lws_host::kill(link& l) { lws_set_timeout(l.wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC); }

// ---- time, and the loop ----------------------------------------------------------------------------------------------

inline void lws_host::schedule(timer& t, void (*f)(lws_sorted_usec_list_t*), siokit::milliseconds length) {
  t.host = this;
  lws_sul_schedule(context_, 0, &t.sul, f, std::chrono::duration_cast<std::chrono::microseconds>(length).count() + 1);
}

inline void lws_host::sleep() {
  if (context_ == nullptr) return;
  const siokit::time_point deadline = io_.deadline();
  if (deadline == siokit::never) return lws_sul_cancel(&deadline_.sul);
  const auto tick = [](lws_sorted_usec_list_t* sul) {
    lws_host& self = *reinterpret_cast<timer*>(sul)->host;
    self.look_around();  // a heartbeat must not be spent on a poll whose peer has left
    self.io_.advance(now());
    self.pump();
  };
  schedule(deadline_, tick, siokit::milliseconds{siokit::wait_ms(deadline, now())});
}

// A peer that left while its poll waits would be told of by nothing else. Input that waits is the next request.
inline void lws_host::look_around() {
  if (now() - looked_ < siokit::milliseconds{100}) return;
  looked_ = now();
  std::vector<siokit::link_id> left;
  for (auto& [wsi, l] : links_) {
    char byte = 0;
    if (l.at == state::judged && ::recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) left.push_back(l.id);
  }
  for (const siokit::link_id id : left) {
    link* const l = find(id);
    if (l == nullptr) continue;
    io_.ended(id, siokit::errc::none, now());
    kill(*l);
  }
  const auto again = [](lws_sorted_usec_list_t* sul) {
    lws_host& self = *reinterpret_cast<timer*>(sul)->host;
    self.look_around();
    self.pump();
  };
  schedule(look_, again, siokit::milliseconds{1000});
}

inline siokit::listening lws_host::listen(std::uint16_t port) {
  static const lws_protocols protocols[] = {{"siokit", callback, 0, 16 * 1024, 0, nullptr, 0},
                                            {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  lws_set_log_level(LLL_ERR, nullptr);
  lws_context_creation_info info{};
  info.port = port;
  info.protocols = protocols;
  info.user = this;
  info.options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  info.max_http_header_data = static_cast<unsigned short>(std::min<std::size_t>(limits_.request_head, 65535));
  info.max_http_header_pool = 65535;  // every poll that waits holds one
  info.pt_serv_buf_size = 32 * 1024;
  info.timeout_secs = static_cast<unsigned>(limits_.request_head_time.count() / 1000);
  info.keepalive_timeout = static_cast<int>(limits_.keep_alive.count() / 1000);
  context_ = lws_create_context(&info);
  if (context_ == nullptr) return {EADDRINUSE, 0};  // lws does not tell why
  look_around();
  return {0, static_cast<std::uint16_t>(lws_get_vhost_listen_port(lws_get_vhost_by_name(context_, "default")))};
}

inline void lws_host::run() {
  while (!stopped_.load() && !(closing_ && links_.empty()) && lws_service(context_, 0) >= 0) {
  }
}

inline void lws_host::close(siokit::milliseconds drain) {
  closing_ = true;
  stopped_.store(false);
  pump();
  for (auto& [wsi, l] : links_)
    if (l.at == state::idle) kill(l);
  schedule(drain_, [](lws_sorted_usec_list_t* sul) { reinterpret_cast<timer*>(sul)->host->stop(); }, drain);
}

}  // namespace example

#include "lws_calls.hpp"
