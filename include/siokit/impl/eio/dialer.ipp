// Bodies of eio/dialer.hpp: the session's beginning and end, time, and what the host asks.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE dialer::dialer(const dial_options& o, const limits& l, const memory& hooks)
    : options_(o),
      limits_(l),
      blocks_(hooks, l.cached_blocks),
      timers_(blocks_),
      links_(o, l, blocks_, timers_, luck_),
      cookies_(blocks_) {}

SIOKIT_INLINE dialer::~dialer() {
  timers_.stop(heartbeat_);
  timers_.stop(probe_);
  queue_.reset(blocks_);
  sid_.reset(blocks_);
  detail_.reset(blocks_);
}

SIOKIT_INLINE void dialer::bind(const host_services& host) noexcept {
  host_ = host;
  luck_.bind(host);
}

// ---- time and turns --------------------------------------------------------------------------------------------------

SIOKIT_INLINE void dialer::begin(time_point now) noexcept {
  // A gap that the host slept through on purpose ends at the deadline; what is longer was not the server's fault.
  stalled_ |= now_ != time_point{} && now > later(now_, limits_.stall) && now > later(timers_.deadline(), limits_.stall);
  now_ = now;
  links_.begin(now);
  in_call_ = true;
  asleep_ = false;
  ++turn_;
}

SIOKIT_INLINE bool dialer::time(time_point& now) const noexcept {
  now = now_;
  return in_call_;
}

SIOKIT_INLINE void dialer::wake() noexcept {
  if (!asleep_ || host_.wake == nullptr) return;
  asleep_ = false;
  host_.wake(host_.ctx);
}

SIOKIT_INLINE time_point dialer::deadline() const noexcept {
  const bool untold = notes_ != 0 || payload_ != link_id{} || links_.has_input();
  const bool unsent = !queue_.empty() && transport_ == transport::polling && post_ == link_id{} && state_ == state::open;
  return untold || unsent ? (time_point::min)() : timers_.deadline();
}

SIOKIT_INLINE void dialer::advance() noexcept {
  stalled_ = stalled_ && heartbeat_.running() && heartbeat_.due <= now_;
}

SIOKIT_INLINE timer_node* dialer::due(timer& what) noexcept {
  while (timer_node* const node = timers_.due(now_, what)) {
    switch (what) {
      case timer::reply:
      case timer::idle:
      case timer::ws_close: links_.fire(*node, what); break;
      case timer::probe: drop_candidate(); break;
      case timer::ping: send_ping(); break;
      case timer::server_ping:
        // What was missed may lie in the socket: it is read before anyone is given up.
        if (std::exchange(stalled_, false) && !std::exchange(extended_, true)) {
          (void)timers_.start_alone(heartbeat_, timer::server_ping, limits_.stall, now_);
          break;
        }
        lose(close_reason::ping_timeout, errc::ping_expired);
        break;
      default: return node;
    }
  }
  return nullptr;
}

SIOKIT_INLINE bool dialer::expired() const noexcept {
  return heartbeat_.running() && heartbeat_.what == timer::server_ping && in_call_ && heartbeat_.due <= now_ && !stalled_;
}

// ---- beginning -------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void dialer::open() noexcept {
  if (state_ != state::closed) return;
  state_ = state::opening;
  first_ = 0;
  detail_.clear();
  status_ = 0;
  frame_builder host(blocks_);
  http::url_view name;
  name.host = options_.host;
  name.port = options_.port;
  name.secure = options_.secure;
  http::put_host(host, name);
  host_name_ = host.finish(frame_kind::raw);
  if (options_.transports.empty()) return end(told::failed, close_reason::transport_error, errc::no_transport, 0);
  if (!host_name_ || !luck_.stock()) return end(told::failed, close_reason::transport_error, errc::out_of_memory, 0);
  try_transport();
}

SIOKIT_INLINE void dialer::try_transport() noexcept {
  bool has_websocket = false;
  for (const eio::transport t : options_.transports) has_websocket |= t == transport::websocket;
  remembered_ = options_.remember_upgrade && websocket_worked_ && has_websocket && first_ == 0;
  transport_ = remembered_ ? transport::websocket : options_.transports[first_];
  websocket_worked_ = false;
  transport_ == transport::polling ? start_poll() : start_websocket();
}

SIOKIT_INLINE void dialer::start_poll() noexcept {
  poll_ = links_.request(request_head("GET", 0), {});
  if (poll_ == link_id{}) lose(close_reason::transport_error, errc::out_of_memory);
}

// The session's own, or the candidate of an upgrade.
SIOKIT_INLINE void dialer::start_websocket() noexcept {
  std::byte raw[16];
  ws::key_text key{};
  frame head;
  if (luck_.take(raw)) {
    key = ws::make_key(raw);
    frame_builder target(blocks_), fields(blocks_), out(blocks_);
    put_target(target, transport::websocket);
    put_fields(fields);
    ws::write_request(out, as_text(host_name_.payload()), target.written(), {key.data(), key.size()}, fields.written());
    if (!target.failed() && !fields.failed()) head = out.finish(frame_kind::raw);
  }
  const link_id made = head ? links_.upgrade(std::move(head), key) : link_id{};
  if (state_ == state::opening) {
    websocket_ = made;
    if (made == link_id{}) lose(close_reason::transport_error, errc::out_of_memory);
  } else if (made != link_id{}) {
    candidate_ = made;
    if (options_.upgrade_timeout.count() > 0) (void)timers_.start(probe_, timer::probe, options_.upgrade_timeout, now_);
  }
}

// eio4: the server pings, and its next ping is awaited. eio3: we ping, an interval after the last pong.
SIOKIT_INLINE void dialer::begin_heartbeat() noexcept {
  extended_ = false;
  const bool ours = options_.protocol == 3;
  const milliseconds length = ours ? ping_interval_ : ping_interval_ + ping_timeout_;
  if (!timers_.start_alone(heartbeat_, ours ? timer::ping : timer::server_ping, length, now_))
    lose(close_reason::transport_error, errc::out_of_memory);
}

SIOKIT_INLINE void dialer::send_ping() noexcept {
  answer("2");
  if (!timers_.start_alone(heartbeat_, timer::server_ping, ping_timeout_, now_))
    lose(close_reason::transport_error, errc::out_of_memory);
}

// ---- the end ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void dialer::close() noexcept {
  if (state_ == state::closed || state_ == state::closing) return;
  if (state_ == state::opening) return end(told::closed, close_reason::forced_close, errc::none, 0);
  drop_candidate();
  state_ = state::closing;
  go_on_closing();
}

SIOKIT_INLINE void dialer::go_on_closing() noexcept {
  const bool polling = transport_ == transport::polling;
  if (state_ != state::closing || !queue_.empty() || (polling && post_ != link_id{})) return;
  end(told::closed, close_reason::forced_close, errc::none, 0);
}

SIOKIT_INLINE void dialer::fail(close_reason reason, errc cause) noexcept {
  if (state_ != state::closed) end(told::closed, reason, cause, 0);
}

SIOKIT_INLINE void dialer::abandon() noexcept {
  notes_ = 0;
  if (state_ == state::closed) return;
  end(told::none, close_reason::forced_close, errc::none, 0);
}

// What carried the session failed. While it opens, another transport may do.
SIOKIT_INLINE void dialer::lose(close_reason reason, errc cause, std::uint16_t status) noexcept {
  if (state_ == state::closed) return;
  if (state_ != state::opening) return end(told::closed, reason, cause, status);
  const bool another = remembered_ || first_ + 1u < options_.transports.size();
  if (!options_.try_all_transports || !another)
    return end(told::failed, reason, cause, status);
  for (const link_id old : {std::exchange(poll_, {}), std::exchange(websocket_, {})})
    if (old != link_id{}) links_.drop(old);
  finish_payload();
  detail_.clear();
  if (!remembered_) ++first_;
  try_transport();
}

SIOKIT_INLINE void dialer::end(told what, close_reason reason, errc cause, std::uint16_t status) noexcept {
  timers_.stop(heartbeat_);
  timers_.stop(probe_);
  // The server is told, unless it is what failed.
  const bool reachable = reason == close_reason::forced_close || reason == close_reason::parse_error;
  if (reachable && !sid_.empty() && transport_ == transport::polling && post_ == link_id{} && state_ != state::opening) {
    frame one = frame::copy(blocks_, frame_kind::raw, as_bytes(options_.protocol == 3 ? "1:1" : "1"));
    const std::size_t size = one ? one.size() : 0;
    if (one) links_.say(request_head("POST", size), std::move(one));
  }
  state_ = state::closed;
  if (payload_ != link_id{}) links_.release(std::exchange(payload_, link_id{}));
  links_.leave_all();
  poll_ = post_ = websocket_ = candidate_ = link_id{};
  queue_.reset(blocks_);
  under_way_ = 0;
  congested_ = may_upgrade_ = false;
  sid_.clear();
  websocket_worked_ = websocket_worked_ && what != told::failed;
  if (what == told::none) return;
  reason_ = reason;
  cause_ = cause;
  status_ = status;
  tell(what);
  wake();
}

// ---- what is told ----------------------------------------------------------------------------------------------------

SIOKIT_INLINE bool dialer::told_next(dial_event& e) noexcept {
  constexpr struct {
    told note;
    dial_event::kind what;
  } all[] = {{told::opened, dial_event::kind::opened},     {told::ping, dial_event::kind::ping},
             {told::upgraded, dial_event::kind::upgraded}, {told::drained, dial_event::kind::drained},
             {told::failed, dial_event::kind::failed},     {told::closed, dial_event::kind::closed}};
  for (const auto& one : all) {
    const auto bit = static_cast<std::uint16_t>(1u << static_cast<unsigned>(one.note));
    if ((notes_ & bit) == 0) continue;
    notes_ = static_cast<std::uint16_t>(notes_ & ~bit);
    e = {};
    e.what = one.what;
    e.reason = reason_;
    e.cause = cause_;
    e.status = status_;
    return true;
  }
  return false;
}

// ---- the host --------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void dialer::sent(link_id id, std::size_t n) noexcept {
  links_.sent(id, n);
  if (id == websocket_ && links_.all_sent(id)) {
    under_way_ = 0;
    flush();
    drain();
  }
}

SIOKIT_INLINE bool dialer::next(action& a) noexcept {
  if (in_call_ || transport_ == transport::websocket) flush();
  if (links_.next(a)) return true;
  in_call_ = false;
  asleep_ = true;
  return false;
}

SIOKIT_INLINE bool dialer::gather(link_id id, batch& out) noexcept { return links_.gather(id, out); }

SIOKIT_INLINE void dialer::end_call() noexcept {
  links_.keep();
  flush();
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
