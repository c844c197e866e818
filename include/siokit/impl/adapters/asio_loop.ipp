// Bodies of adapters/asio_loop.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

// --- the turn -----------------------------------------------------------------------------------------------------------

struct asio_loop::peer {
  explicit peer(asio_socket&& s) : socket(std::move(s)) {}

  asio_socket socket;
  std::unique_ptr<net::steady_timer> patience;  // while it is being closed
  link_id link{};                               // none: the driver is done with it
  std::size_t place = 0;                        // in peers_
  bool waiting = false;                         // for readability
  bool writing = false;
  bool muted = false;    // it has input the driver does not want; action `read` ends that
  bool closing = false;  // action `close` came: to be closed once all is sent
  bool ended = false;    // its peer sends no more: likewise
  bool moving = false;   // while closing: bytes have left since it was last looked at
};

// A send that is under way: the batch keeps its bytes alive, whoever else dies.
struct asio_loop::writing {
  batch out;
  std::array<net::const_buffer, batch::capacity> parts;

  std::span<const net::const_buffer> buffers() {
    for (std::size_t i = 0; i < out.size(); ++i) parts[i] = {out.views()[i].data(), out.views()[i].size()};
    return {parts.data(), out.size()};
  }
};

SIOKIT_INLINE void asio_loop::pump() {
  for (action a; driver_ != nullptr && driver_->next(a);) {
    const peer_ptr p = find(a.link);
    switch (a.what) {
      case action::kind::open:
      case action::kind::secure: SIOKIT_ASSERT(false, "a server's driver never dials"); break;
      case action::kind::write: if (p) write(p); break;
      case action::kind::read: if (p) p->muted = false; if (p) wait_read(p); break;
      case action::kind::close: if (p) shut(p); break;
      case action::kind::abort: if (p) drop(p); break;
    }
  }
  if (driver_ == nullptr) return;  // a handler destroyed the host
  if (finishing_ && peers_.empty()) return rest();
  const time_point due = driver_->deadline();
  // A later deadline needs no call: the timer fires early, nothing is due, and it is armed anew.
  if (due < armed_ || due == never) arm(due);
}

SIOKIT_INLINE void asio_loop::arm(time_point due) {
  if (due == armed_) return;
  armed_ = due;
  if (due == never) {
    parts_->deadline.cancel();
    return;
  }
  parts_->deadline.expires_at(due);
  parts_->deadline.async_wait([self = shared_from_this()](net_error e) {
    if (e) return;
    self->armed_ = never;
    self->turn([&] { self->driver_->advance(now()); });
  });
}

SIOKIT_INLINE void asio_loop::pump_later() {
  if (driver_ == nullptr) return;
  net::post(parts_->strand, [self = shared_from_this()] { self->turn([] {}); });
}

// Nothing is left after close(): no timer keeps the context at work.
SIOKIT_INLINE void asio_loop::rest() {
  arm(never);
  parts_->drain.cancel();
}

// --- one link: input ----------------------------------------------------------------------------------------------------

// Waits without a buffer: all links are read into one.
SIOKIT_INLINE void asio_loop::wait_read(const peer_ptr& p) {
  if (p->waiting || p->muted || p->ended || !p->socket.is_open()) return;
  p->waiting = true;
  p->socket.async_wait(asio_socket::wait_read, [self = shared_from_this(), p](net_error e) {
    p->waiting = false;
    if (!e) self->readable(p);
  });
}

SIOKIT_INLINE void asio_loop::readable(const peer_ptr& p) {
  turn([&] {
    const scope_exit again{[&] { wait_read(p); }};
    if (p->socket.is_open()) take(p);
  });
}

SIOKIT_INLINE void asio_loop::take(const peer_ptr& p) {
  const bool parting = p->link == link_id{};
  if (!parting && !driver_->wants_read(p->link)) return decline(p);
  std::span<std::byte> into;
  if (!parting) into = driver_->space(p->link);
  if (into.empty()) into = buffer_;
  net_error e;
  const std::size_t n = p->socket.read_some(net::mutable_buffer(into.data(), into.size()), e);
  if (e) return failed_read(p, e);
  if (!parting) driver_->receive(p->link, into.first(n), now());
}

// Input that is not wanted now stays in the kernel, where it holds the peer back. An end with nothing before it is news
// even so: a parked request whose client left must not wait for its answer.
SIOKIT_INLINE void asio_loop::decline(const peer_ptr& p) {
  std::byte one;
  net_error e;
  p->socket.receive(net::mutable_buffer(&one, 1), asio_socket::message_peek, e);
  if (e) return failed_read(p, e);
  p->muted = true;
}

// Relies on the driver to say what is still to be sent at once: after closed(eof) it has output, or an action `close` or
// `abort`, or is done with the link, which is then closed from here.
SIOKIT_INLINE void asio_loop::failed_read(const peer_ptr& p, net_error e) {
  if (e == net::error::would_block || e == net::error::try_again || e == net::error::interrupted) return;
  if (p->link == link_id{}) return remove(p);
  if (e != net::error::eof) return end(p, link_end::reset, e.value());
  p->ended = true;
  const scope_exit last{[&] {
    if (driver_ != nullptr) net::post(parts_->strand, [self = shared_from_this(), p] { self->turn([&] { self->write(p); }); });
  }};
  driver_->closed(p->link, link_end::eof, 0, now());
}

// --- one link: output ---------------------------------------------------------------------------------------------------

SIOKIT_INLINE void asio_loop::write(const peer_ptr& p) {
  if (p->writing || p->link == link_id{} || !p->socket.is_open()) return;
  std::unique_ptr<writing> w;
  if (spare_.empty()) {
    w = std::make_unique<writing>();
  } else {
    w = std::move(spare_.back());
    spare_.pop_back();
  }
  if (!driver_->gather(p->link, w->out)) {
    spare_.push_back(std::move(w));
    if (p->closing || p->ended) part(p);
    return;
  }
  p->writing = true;
  const std::span<const net::const_buffer> views = w->buffers();
  p->socket.async_write_some(views, [self = shared_from_this(), p, w = std::move(w)](net_error e, std::size_t n) mutable {
    self->wrote(p, std::move(w), e, n);
  });
}

SIOKIT_INLINE void asio_loop::wrote(const peer_ptr& p, std::unique_ptr<writing> w, net_error e, std::size_t n) {
  constexpr std::size_t kept = 16;  // sends under way at one moment, in a quiet server
  p->writing = false;
  w->out.clear();
  if (spare_.size() < kept) spare_.push_back(std::move(w));
  turn([&] {
    if (p->link == link_id{} || !p->socket.is_open()) return;
    if (e) return end(p, link_end::reset, e.value());
    p->moving = true;
    scope_exit thrown{[&] {
      net::post(parts_->strand, [self = shared_from_this(), p] { self->turn([&] { self->write(p); }); });
    }};
    driver_->sent(p->link, n, now());
    thrown.cancel();
    write(p);
  });
}

// --- one link: its end --------------------------------------------------------------------------------------------------

SIOKIT_INLINE void asio_loop::shut(const peer_ptr& p) {
  if (std::exchange(p->closing, true)) return;
  wait_for_progress(p);
  write(p);
}

SIOKIT_INLINE void asio_loop::wait_for_progress(const peer_ptr& p) {
  p->patience = std::make_unique<net::steady_timer>(p->socket.get_executor(), options_.close_time);
  p->patience->async_wait([self = shared_from_this(), p](net_error e) {
    if (e || p->link == link_id{}) return;
    self->turn([&] { std::exchange(p->moving, false) ? self->wait_for_progress(p) : self->drop(p); });
  });
}

// All is sent. The peer must be able to read it, so input is discarded for a while: closing with input unread resets.
SIOKIT_INLINE void asio_loop::part(const peer_ptr& p) {
  const link_id link = p->link;
  net_error e;
  unlink(*p);
  p->socket.shutdown(asio_socket::shutdown_send, e);
  if (e || p->ended) {
    remove(p);
  } else {
    p->muted = false;
    wait_read(p);
    p->patience = std::make_unique<net::steady_timer>(p->socket.get_executor(), options_.discard_time);
    p->patience->async_wait([self = shared_from_this(), p](net_error over) {
      if (!over) self->turn([&] { self->remove(p); });
    });
  }
  driver_->closed(link, link_end::eof, 0, now());
}

SIOKIT_INLINE void asio_loop::drop(const peer_ptr& p) {
  net_error ignored;
  p->socket.set_option(net::socket_base::linger(true, 0), ignored);  // a reset
  end(p, link_end::cancelled, 0);
}

SIOKIT_INLINE void asio_loop::end(const peer_ptr& p, link_end why, int error) {
  const link_id link = p->link;
  remove(p);
  driver_->closed(link, why, error, now());
}

SIOKIT_INLINE asio_loop::peer_ptr asio_loop::find(link_id link) const {
  const auto at = static_cast<std::uint32_t>(link);
  peer* const p = at < by_link_.size() ? by_link_[at] : nullptr;
  return p != nullptr && p->link == link ? peers_[p->place] : nullptr;
}

SIOKIT_INLINE void asio_loop::unlink(peer& p) noexcept {
  const auto at = static_cast<std::uint32_t>(p.link);
  if (p.link != link_id{} && by_link_[at] == &p) by_link_[at] = nullptr;
  p.link = {};
}

SIOKIT_INLINE void asio_loop::remove(const peer_ptr& p) noexcept {
  if (!p->socket.is_open()) return;
  net_error ignored;
  unlink(*p);
  p->patience.reset();
  p->socket.close(ignored);
  const peer_ptr last = peers_.back();
  last->place = p->place;
  peers_[p->place] = last;
  peers_.pop_back();
}

// --- listening ----------------------------------------------------------------------------------------------------------

SIOKIT_INLINE listening asio_loop::listen(const listen_options& options) {
  thread_.check();
  const auto l = std::make_shared<asio_listener>(parts_->strand);
  const listening made = l->open(options);
  if (!made) return made;
  parts_->listeners.push_back(l);
  finishing_ = false;
  parts_->drain.cancel();
  accept(l);
  return made;
}

SIOKIT_INLINE void asio_loop::accept(const listener_ptr& l) {
  if (driver_ == nullptr || !l->acceptor.is_open()) return;
  l->acceptor.async_accept(l->from, [self = shared_from_this(), l](net_error e, asio_socket s) {
    self->accepted(l, e, std::move(s));
  });
}

SIOKIT_INLINE void asio_loop::accepted(const listener_ptr& l, net_error e, asio_socket&& s) {
  if (!l->acceptor.is_open()) return;
  // Asio retries by itself what concerns one connection only; the rest (no descriptors, no memory) comes again at once.
  if (e) return pause(l);
  turn([&] {
    const scope_exit again{[&] { accept(l); }};
    l->pause_length = milliseconds{0};
    if (peers_.size() < options_.max_connections) admit(std::move(s), l->from);
  });
}

SIOKIT_INLINE void asio_loop::pause(const listener_ptr& l) {
  l->pause_length = l->pause_length == milliseconds{0} ? options_.accept_pause : l->pause_length * 2;
  if (l->pause_length > milliseconds{1'000}) l->pause_length = milliseconds{1'000};
  l->pause.expires_after(l->pause_length);
  l->pause.async_wait([self = shared_from_this(), l](net_error e) {
    if (!e) self->accept(l);
  });
}

SIOKIT_INLINE void asio_loop::admit(asio_socket&& s, const asio_protocol::endpoint& from) {
  net_error e;
  s.non_blocking(true, e);
  if (e) return;
  std::uint16_t port = 0;
  const std::string address = describe(from, port);
  const link_id link = driver_->accept({address, port, false}, now());
  if (link == link_id{}) return;
  const auto p = std::make_shared<peer>(std::move(s));
  const auto at = static_cast<std::uint32_t>(link);
  if (by_link_.size() <= at) by_link_.resize(std::size_t{at} + 1);
  by_link_[at] = p.get();
  p->link = link;
  p->place = peers_.size();
  peers_.push_back(p);
  wait_read(p);
}

SIOKIT_INLINE void asio_loop::close_listeners() {
  thread_.check();
  for (const listener_ptr& l : parts_->listeners) l->close();
  parts_->listeners.clear();
}

SIOKIT_INLINE void asio_loop::close(milliseconds drain) {
  close_listeners();
  finishing_ = true;
  if (peers_.empty()) return rest();
  parts_->drain.expires_at(later(now(), drain));
  parts_->drain.async_wait([self = shared_from_this()](net_error e) {
    if (!e) self->turn([&] { self->drop_all(); });
  });
}

SIOKIT_INLINE void asio_loop::halt() {
  close(milliseconds{0});
  drop_all();
}

SIOKIT_INLINE void asio_loop::drop_all() {
  scope_exit thrown{[&] {
    net::post(parts_->strand, [self = shared_from_this()] { self->turn([&] { self->drop_all(); }); });
  }};
  while (driver_ != nullptr && !peers_.empty()) {
    const peer_ptr p = peers_.back();
    p->link == link_id{} ? remove(p) : drop(p);
  }
  thrown.cancel();
}

// --- birth and death ----------------------------------------------------------------------------------------------------

SIOKIT_INLINE asio_loop::asio_loop(net::any_io_executor on, driver& io, const host_options& options)
    : driver_(&io), options_(options),
      farewell_(&net::use_service<asio_farewell>(net::query(on, net::execution::context))), parts_(on),
      buffer_(options.read_buffer) {}

SIOKIT_INLINE void asio_loop::start() {
  farewell_->add(this);
  name_ = asio_loops::all().add(weak_from_this());
  driver_->bind(system_services(
      [](void* name) {
        if (const std::shared_ptr<asio_loop> self = asio_loops::all().find(name)) self->pump_later();
      },
      name_));
  pump_later();  // what the driver wanted before it was bound
}

SIOKIT_INLINE void asio_loop::let_go(bool context_dies) noexcept {
  if (driver_ == nullptr) return;
  driver_ = nullptr;
  asio_loops::all().remove(name_);
  if (!context_dies) farewell_->remove(this);
  while (!peers_.empty()) remove(peer_ptr{peers_.back()});
  for (const listener_ptr& l : parts_->listeners) l->close();
  parts_.reset();
}

SIOKIT_INLINE void asio_farewell::add(asio_loop* loop) {
  const std::lock_guard lock(mutex_);
  loops_.push_back(loop);
}

SIOKIT_INLINE void asio_farewell::remove(asio_loop* loop) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase(loops_, loop);
}

SIOKIT_INLINE void asio_farewell::shutdown() noexcept {
  for (asio_loop* const loop : std::exchange(loops_, {})) loop->let_go(true);
}

// Never destroyed: a driver may be a static object.
SIOKIT_INLINE asio_loops& asio_loops::all() {
  static asio_loops* const one = new asio_loops;
  return *one;
}

SIOKIT_INLINE void* asio_loops::add(std::weak_ptr<asio_loop> loop) {
  const std::lock_guard lock(mutex_);
  void* const name = reinterpret_cast<void*>(++last_);
  loops_.emplace(name, std::move(loop));
  return name;
}

SIOKIT_INLINE void asio_loops::remove(void* name) noexcept {
  const std::lock_guard lock(mutex_);
  loops_.erase(name);
}

SIOKIT_INLINE std::shared_ptr<asio_loop> asio_loops::find(void* name) {
  const std::lock_guard lock(mutex_);
  const auto found = loops_.find(name);
  return found == loops_.end() ? nullptr : found->second.lock();
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
