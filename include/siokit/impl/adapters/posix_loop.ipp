// Bodies of adapters/posix_loop.hpp.
#pragma once

#include <cerrno>

SIOKIT_NAMESPACE_BEGIN

inline void posix_loop::run() {
  while (step((milliseconds::max)())) {
  }
  stopping_.store(false);
}

inline bool posix_loop::step(milliseconds max) {
  if (error_ != 0) return false;
  thread_.enter();
  const scope_exit out{[&] { thread_.leave(); }};
  act();  // what was said outside a turn, or left undone by a throw
  if (served_ == events_.size()) {
    events_ = wait(sleep_ms(max));
    served_ = 0;
  }
  now_ = std::chrono::steady_clock::now();
  while (served_ != events_.size()) {
    serve(events_[served_++]);  // one read each: no peer starves the others
    if (taken_ >= enough) act();
  }
  posted_.run();
  expire();
  driver_.advance(std::chrono::steady_clock::now());
  act();
  return going();
}

inline void posix_loop::act() {
  now_ = std::chrono::steady_clock::now();
  taken_ = 0;
  for (action a; driver_.next(a);) {
    peer* const p = peers_.find(a.link);
    switch (a.what) {
      case action::kind::open: dial(a); break;
      case action::kind::secure: if (p != nullptr) end(*p, link_end::tls, ENOTSUP); break;  // only asio_host has TLS
      case action::kind::write: if (p != nullptr && !p->blocked) write(*p); break;
      case action::kind::read: if (p != nullptr) read(*p); break;
      case action::kind::close: p != nullptr ? shut(*p) : cancel(a.link); break;
      case action::kind::abort: p != nullptr ? drop(*p) : cancel(a.link); break;
    }
  }
}

inline int posix_loop::sleep_ms(milliseconds max) const {
  if (posted_.left_over() || !going()) return 0;
  const time_point now = std::chrono::steady_clock::now();
  time_point until = driver_.deadline();
  for (const time_point other : {later(now, max), closing_deadline(), dial_deadline(), accept_again_, drain_until_})
    if (other < until) until = other;
  return wait_ms(until, now);
}

inline void posix_loop::serve(const ready& r) {
  peer* const p = peers_.find(r.token);
  if (p == nullptr) return;  // closed earlier in this turn
  switch (p->is) {
    case peer::role::none: break;
    case peer::role::bell:
      bell_.silence();
      hear_answers();
      break;
    case peer::role::listener: accept_all(*p); break;
    case peer::role::dialing: attempted(*p); break;
    case peer::role::parting: discard(*p); break;
    case peer::role::link:
      if ((r.what & p->watched & posix::output) != 0) write(*p);
      if (p->is == peer::role::link && (r.what & p->watched & posix::input) != 0) take(*p);
      break;
  }
}

inline void posix_loop::expire() {
  expire_links();
  expire_dials();
  if (accept_again_ <= now_) resume_accepting();
  if (drain_until_ > now_) return;
  drop_all();
  cancel_all();
  drain_until_ = never;
}

inline bool posix_loop::going() const noexcept {
  return !stopping_.load() && !(finishing_ && connections_ == 0);
}

// --- listening -------------------------------------------------------------------------------------------------------

inline listening posix_loop::listen(const listen_options& options) {
  thread_.check();
  if (error_ != 0) return {error_, 0};
  posix::listener made = posix::open_listener(options);
  if (!made.result) return made.result;
  peer* const p = peers_.add(peer::role::listener, made.fd.get());
  if (p == nullptr) return {ENOMEM, 0};
  made.fd.release();
  update(*p);
  int error = p->watched == posix::nothing && accepting_ ? errno : 0;
  if (error == 0 && !listeners_.push(pool_, {p, std::move(made.file)})) error = ENOMEM;
  if (error != 0) {
    remove(*p);
    return {error, 0};
  }
  finishing_ = false;
  drain_until_ = never;
  return made.result;
}

inline void posix_loop::accept_all(peer& listener) {
  for (int i = 0; i < accepts_per_turn && listener.is == peer::role::listener; ++i) {
    posix::accepted got = posix::accept_from(listener.fd);
    if (got.none()) return;
    if (got.failed()) continue;
    if (!got.fd) return pause_accepting();
    accept_pause_ = milliseconds{0};
    if (connections_ < options_.max_connections) admit(got);
  }
}

inline void posix_loop::pause_accepting() {
  constexpr milliseconds longest{1'000};
  accept_pause_ = accept_pause_ == milliseconds{0} ? options_.accept_pause : accept_pause_ * 2;
  if (accept_pause_ > longest) accept_pause_ = longest;
  accept_again_ = now_ + accept_pause_;
  accepting_ = false;
  for (listening_peer& l : listeners_) update(*l.at);
}

inline void posix_loop::resume_accepting() {
  accept_again_ = never;
  accepting_ = true;
  for (listening_peer& l : listeners_) update(*l.at);
}

inline void posix_loop::close_listeners() {
  thread_.check();
  for (listening_peer& l : listeners_) remove(*l.at);
  listeners_.clear();
}

inline void posix_loop::close(milliseconds drain) {
  close_listeners();
  finishing_ = true;
  drain_until_ = later(std::chrono::steady_clock::now(), drain);
}

// --- the host itself -------------------------------------------------------------------------------------------------

inline posix_loop::posix_loop(driver& io, const host_options& options) : posix_dials(io, options) {
  // Nobody sleeps while the thread that may emit is here, and each turn begins with what is to be done.
  driver_.bind(system_services([](void*) {}, nullptr));
}

inline void posix_loop::start(int error) {
  peer* const p = peers_.add(peer::role::bell, bell_.fd());
  error_ = error != 0 ? error : p == nullptr ? ENOMEM : bell_.fd() < 0 ? EMFILE : 0;
  if (error_ == 0) update(*p);
}

inline void posix_loop::stop() noexcept {
  stopping_.store(true);
  bell_.ring();
}

SIOKIT_NAMESPACE_END
