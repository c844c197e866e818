// Bodies of adapters/uv_loop.hpp.
#pragma once

#include <cerrno>
#include <csignal>

SIOKIT_NAMESPACE_BEGIN

inline void uv_hosting::pump() {
  settle_all();
  for (action a; driver_ != nullptr && driver_->next(a);) {
    peer* const p = find(a.link);
    switch (a.what) {
      case action::kind::open: dial(a); break;
      case action::kind::secure: if (p != nullptr) end(*p, link_end::tls, ENOTSUP); break;  // only asio_host has TLS
      case action::kind::write: if (p != nullptr) write(*p); break;
      case action::kind::read: if (p != nullptr) read(*p); break;
      case action::kind::close: p != nullptr ? shut(*p) : cancel(a.link); break;
      case action::kind::abort: p != nullptr ? drop(*p) : cancel(a.link); break;
    }
  }
  if (driver_ != nullptr) arm(soonest());  // else a handler destroyed the host
}

// After close(), with nothing left, no deadline keeps the loop at work.
inline time_point uv_hosting::soonest() const {
  if (finishing_ && connections_ == 0) return never;
  time_point until = driver_->deadline();
  const auto no_later_than = [&](time_point other) { until = other < until ? other : until; };
  no_later_than(accept_again_);
  no_later_than(drain_until_);
  if (connections_ == 0) return until;  // the other lines hold only what is over: nothing to stay at work for
  no_later_than(closing_deadline());
  no_later_than(dial_deadline());
  return until;
}

// A later deadline needs no call: the timer fires early, nothing is due, and it is armed anew.
inline void uv_hosting::arm(time_point due) {
  if (due >= armed_ && due != never) return;
  const int ms = wait_ms(due, now());
  if (ms == 0) return pump_later();
  armed_ = due;
  if (due == never) uv_timer_stop(&timer_);
  if (due == never || closing(&timer_)) return;
  const auto fired = [](uv_timer_t* t) {
    auto* const me = static_cast<uv_hosting*>(t->data);
    me->armed_ = never;
    me->wake_up();
  };
  uv_timer_start(&timer_, fired, static_cast<std::uint64_t>(ms), 0);
}

// Not uv_async_send(): this costs no system call, and keeps the loop at work. Not a timer either: those that are due at
// once let libuv do nothing else.
inline void uv_hosting::pump_later() {
  const auto soon = [](uv_idle_t* i) { static_cast<uv_hosting*>(i->data)->wake_up(); };
  if (driver_ != nullptr && !closing(&soon_)) uv_idle_start(&soon_, soon);
}

// What a handler threw is first to be taken. What sockets have for us is not held up: the first one could always throw.
inline void uv_hosting::wake_up() {
  if (stopping()) return pump_later();
  if (!closing(&soon_)) uv_idle_stop(&soon_);
  turn([this] { work(); });
}

// What is there to do besides the driver's actions. It may be called too often.
inline void uv_hosting::work() {
  const std::shared_ptr<posix::post_queue> posted = posted_;
  hear_answers();
  posted->run_while([this] { return driver_ != nullptr; });
  expire();
  if (driver_ != nullptr) driver_->advance(now());
}

inline void uv_hosting::expire() {
  expire_links();
  expire_dials();
  if (driver_ == nullptr) return;
  if (accept_again_ <= now()) resume_accepting();
  if (drain_until_ > now()) return;
  drop_all();
  cancel_all();
  drain_until_ = never;
}

// --- listening -------------------------------------------------------------------------------------------------------

// Accepts by itself. uv_listen() would, without descriptors, close whoever waits.
struct uv_hosting::listener {
  uv_poll_t poll;
  uv_hosting* host = nullptr;
  posix::listener made;
  bool local = false;
  bool open = true;

  static void closed(uv_handle_t* h) {
    auto* const l = static_cast<listener*>(h->data);
    uv_hosting* const host = l->host;
    delete l;
    host->release();
  }
};

inline listening uv_hosting::listen(const listen_options& options) {
  thread_.check();
  if (error_ != 0) return {error_, 0};
  posix::listener made = posix::open_listener(options);
  if (!made.result) return made.result;
  auto l = std::make_unique<listener>();
  if (const int status = uv_poll_init_socket(loop_, &l->poll, made.fd.get())) return {as_errno(status), 0};
  l->poll.data = l.get();
  l->host = this;
  l->made = std::move(made);
  l->local = options.address.starts_with("unix:");
  listeners_.push_back(l.get());
  hold();
  if (accept_again_ == never) watch(*l);
  finishing_ = false;
  drain_until_ = never;
  return l.release()->made.result;
}

inline void uv_hosting::watch(listener& l) { uv_poll_start(&l.poll, UV_READABLE, on_acceptable); }

inline void uv_hosting::on_acceptable(uv_poll_t* poll, int status, int) {
  auto& l = *static_cast<listener*>(poll->data);
  if (closing(poll)) return;
  l.host->turn([&] { status == 0 ? l.host->accept_all(l) : l.host->pause_accepting(); });
}

inline void uv_hosting::accept_all(listener& l) {
  for (int i = 0; i < accepts_per_turn && driver_ != nullptr && l.open; ++i) {
    posix::accepted got = posix::accept_from(l.made.fd.get());
    if (got.none()) return;
    if (got.failed()) continue;
    if (!got.fd) return pause_accepting();
    accept_pause_ = milliseconds{0};
    if (connections_ < options_.max_connections) admit(got, l.local);
  }
}

inline void uv_hosting::pause_accepting() {
  constexpr milliseconds longest{1'000};
  accept_pause_ = accept_pause_ == milliseconds{0} ? options_.accept_pause : accept_pause_ * 2;
  if (accept_pause_ > longest) accept_pause_ = longest;
  accept_again_ = now() + accept_pause_;
  for (listener* const l : listeners_) uv_poll_stop(&l->poll);
}

inline void uv_hosting::resume_accepting() {
  accept_again_ = never;
  for (listener* const l : listeners_) watch(*l);
}

inline void uv_hosting::close_listeners() {
  thread_.check();
  for (listener* const l : listeners_) {
    l->open = false;
    if (!close_handle(reinterpret_cast<uv_handle_t*>(&l->poll), listener::closed)) lost_.push_back(l);
    l->made = {};  // libuv has let go of the descriptor
  }
  listeners_.clear();
}

// --- the end ---------------------------------------------------------------------------------------------------------

inline void uv_hosting::close(milliseconds drain) {
  close_listeners();
  finishing_ = true;
  drain_until_ = later(now(), drain);
  pump_later();
}

inline void uv_hosting::halt() {
  close(milliseconds{0});
  expire();
}

inline int uv_hosting::run(uv_run_mode mode) {
  const std::shared_ptr<uv_state> self = shared_from_this();
  const int more = threw() ? 1 : uv_run(loop_, mode);
  rethrow();
  return more;
}

// --- the host itself -------------------------------------------------------------------------------------------------

// On any thread. The resolver is closed, and the host gone, before the handle is closed from here.
inline void uv_hosting::ring(void* host) {
  auto* const me = static_cast<uv_hosting*>(host);
  if (!closing(&me->async_)) uv_async_send(&me->async_);
}

inline uv_hosting::uv_hosting(uv_loop_t* loop, driver& io, const host_options& options)
    : uv_dials(loop, io, options, ring, this) {}

inline void uv_hosting::start() {
  const auto rung = [](uv_async_t* a) { static_cast<uv_hosting*>(a->data)->wake_up(); };
  error_ = as_errno(uv_async_init(loop_, &async_, rung));
  if (error_ != 0) {
    driver_ = nullptr;
    return;
  }
#if !defined(_WIN32)
  struct sigaction pipe {};  // libuv writes without MSG_NOSIGNAL
  if (::sigaction(SIGPIPE, nullptr, &pipe) == 0 && pipe.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
#endif
  uv_timer_init(loop_, &timer_);
  uv_idle_init(loop_, &soon_);
  async_.data = timer_.data = soon_.data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(&async_));
  for (int handles = 0; handles < 3; ++handles) hold();
  name_ = uv_hosts::all().add(weak_from_this());
  driver_->bind(system_services(
      [](void* name) {
        if (const std::shared_ptr<uv_state> host = uv_hosts::all().find(name)) host->pump_later();
      },
      name_));
  pump_later();  // what the driver wanted before it was bound
}

inline void uv_hosting::let_go() noexcept {
  host_lives_ = false;
  if (driver_ == nullptr) return;
  driver_ = nullptr;
  const std::shared_ptr<uv_state> self = shared_from_this();
  uv_hosts::all().remove(name_);
  let_dials_go();
  remove_all();
  close_listeners();
  posted_.reset();
  close_handle(reinterpret_cast<uv_handle_t*>(&soon_), released);
  close_handle(reinterpret_cast<uv_handle_t*>(&timer_), released);
  close_handle(reinterpret_cast<uv_handle_t*>(&async_), released);
  if (std::uncaught_exceptions() == 0) guard([&] { rethrow(); }, host_lives_);  // what nobody took
}

SIOKIT_NAMESPACE_END
