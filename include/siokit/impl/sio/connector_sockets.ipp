// Bodies of sio/connector.hpp: joining and leaving namespaces, packets up to the point where they mean something; and of
// sio/client_socket.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE client_socket& connector::of(std::string_view name, const client_socket_options& o) {
  std::string whole(name);
  if (whole.empty() || whole[0] != '/') whole.insert(whole.begin(), '/');
  // Socket.IO 2 takes a query behind the name, in CONNECT only.
  const std::size_t end = options_.protocol == 3 ? whole.find('?') : std::string::npos;
  const std::string plain = whole.substr(0, end);
  if (client_socket* const found = find_socket(plain)) return *found;
  const std::string query = end == std::string::npos ? "" : whole.substr(end);
  auto made = std::make_unique<client_socket>(*this, static_cast<std::uint32_t>(sockets_.size()), plain, query, o);
  sockets_.push_back(made.get());
  made.release();
  if (options_.auto_connect) connect(*sockets_.back());
  return *sockets_.back();
}

SIOKIT_INLINE void connector::start(client_socket& main, errc error) {
  sockets_.push_back(&main);
  url_error_ = error;
  if (options_.auto_connect) connect(main);
}

SIOKIT_INLINE client_socket* connector::find_socket(std::string_view nsp) noexcept {
  for (client_socket* const s : sockets_)
    if (s->name() == nsp) return s;
  return nullptr;
}

SIOKIT_INLINE void connector::list_task(client_socket& s, std::uint8_t what) noexcept {
  s.tasks_ |= what;
  dialer_.wake();
}

SIOKIT_INLINE bool connector::set_text(vec<char>& to, std::string_view from) noexcept {
  to.clear();
  if (from.size() > options_.limits.recovery_text) return false;
  for (const char c : from)
    if (!to.push(pool_, c)) return to.clear(), false;
  return true;
}

// ---- joining ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void connector::join(client_socket& s) {
  s.state_ = client_socket::state::joining;
  s.stale_ ? list_task(s, client_socket::await_answer) : ask_to_join(s);
}

SIOKIT_INLINE void connector::ask_to_join(client_socket& s) {
  if (options_.protocol == 3 && s.name() == "/" && root_ != root::left) {
    list_task(s, client_socket::await_answer);
    return root_ == root::joined ? take_connect(s, packet{}) : void();
  }
  if (s.ask_auth_ != nullptr) return list_task(s, client_socket::ask_auth);
  send_connect(s, s.options_.auth);
}

SIOKIT_INLINE void connector::answer_auth(std::uint32_t socket, std::uint32_t ask, const value& auth) {
  client_socket& s = *sockets_[socket];
  if (ask != s.ask_ || !std::exchange(s.asked_, false) || s.state_ != client_socket::state::joining) return;
  send_connect(s, auth);
}

// What is needed to recover goes first, and the program's own keys win, as in the reference.
SIOKIT_INLINE void connector::send_connect(client_socket& s, const value& auth) {
  frame_builder out(pool_);
  put_header(out, packet_type::connect, s.query_.empty() ? s.name() : s.name() + s.query_);
  if (options_.protocol != 3 && (auth.is_object() || !s.pid_.empty())) {
    value_writer w(out);
    w.begin_object();
    const auto put = [&](std::string_view name, const vec<char>& text) {
      w.key(name);
      auth.contains(name) ? encode(w, auth[name]) : w.string({text.begin(), text.size()});
    };
    if (!s.pid_.empty()) put("pid", s.pid_);
    if (!s.pid_.empty() && !s.offset_.empty()) put("offset", s.offset_);
    for (const value_member& m : auth.members()) {
      if (!s.pid_.empty() && (m.key == "pid" || (m.key == "offset" && !s.offset_.empty()))) continue;
      w.key(m.key);
      encode(w, m.value);
    }
    w.end_object();
    if (w.error() != errc::none) {
      tell(telling::kind::failed_event, {.cause = w.error(), .number = s.place_, .event = frame::copy(pool_, frame_kind::raw, as_bytes("connect"))});
      return leave(s, close_reason::io_client_disconnect, w.error(), false);
    }
  }
  const frame packet = out.finish(frame_kind::text);
  s.sent_ = true;
  list_task(s, client_socket::await_answer);
  if (!packet || dialer_.send({&packet, 1}, true) == delivery::refused) dialer_.fail(close_reason::transport_error, errc::out_of_memory);
}

SIOKIT_INLINE void connector::send_disconnect(client_socket& s) noexcept {
  frame_builder out(pool_);
  put_header(out, packet_type::disconnect, s.name());
  const frame packet = out.finish(frame_kind::text);
  if (packet) (void)dialer_.send({&packet, 1}, true);
  if (s.name() == "/") root_ = root::left;
}

// A DISCONNECT must not overtake the answer to the CONNECT before it: a server takes it for a breach of the protocol. So
// what was left while joining is left now, and joined again if the program came back.
SIOKIT_INLINE void connector::take_stale(client_socket& s, const packet& p) {
  if (p.type != packet_type::connect && p.type != packet_type::connect_error) return;
  s.stale_ = false;
  if (p.type == packet_type::connect) send_disconnect(s);
  if (s.state_ == client_socket::state::joining) ask_to_join(s);
}

SIOKIT_INLINE void connector::take_connect(client_socket& s, const packet& p) {
  if (s.state_ != client_socket::state::joining) return violate(errc::sio_already_joined);
  s.sent_ = false;
  context_.attachments = {};
  const value_view told(p.payload, &context_);
  std::string_view sid, pid;
  if (!p.payload.empty()) {
    (void)told.find("sid").as_string(sid);
    if (told.find("pid").as_string(pid) != errc::none) pid = {};
  }
  char own[512];
  if (options_.protocol == 3) {  // the session's id, behind the namespace
    std::size_t n = 0;
    const auto add = [&](std::string_view text) {
      for (const char c : text)
        if (n < sizeof own) own[n++] = c;
    };
    if (s.name() != "/") add(s.name()), add("#");
    add(dialer_.sid());
    sid = {own, n};
  }
  if (sid.empty())
    return tell(telling::kind::connect_error, {.cause = errc::sio_no_sid, .number = s.place_});
  dialer_.clock().stop(s.join_);
  s.recovered_ = !pid.empty() && pid == std::string_view(s.pid_.begin(), s.pid_.size());
  if (!s.recovered_) s.offset_.clear();
  if (!set_text(s.id_, sid)) return violate(errc::out_of_memory);
  if (!s.recovered_) (void)set_text(s.pid_, pid);
  s.state_ = client_socket::state::connected;
  ++s.membership_;
  list_task(s, static_cast<std::uint8_t>((s.early_ != nullptr ? client_socket::early : 0) | client_socket::flush |
                                         client_socket::tell_connected));
}

SIOKIT_INLINE void connector::take_connect_error(client_socket& s, const packet& p) {
  context_.attachments = {};
  const value_view told(p.payload.empty() ? std::string_view("null") : p.payload, &context_);
  std::string_view message;
  connect_error e{errc::sio_connect_refused, {}, {}, 0};
  // Socket.IO 2 sends the text, or the data, alone.
  if (told.as_string(message) == errc::none || told.find("message").as_string(message) == errc::none)
    e.message = message;
  else
    e.message = text(e.cause);
  e.data = options_.protocol == 3 ? told : told.find("data");
  s.sent_ = false;
  // There it may also come later, from a middleware of packets, and ends nothing.
  if (options_.protocol != 3 || !s.connected()) leave(s, close_reason::io_server_disconnect, e.cause, false);
  s.on_connect_error_.tell(e);
}

// ---- leaving ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void connector::leave(client_socket& s, close_reason reason, errc cause, bool stays_active) noexcept {
  const bool was_connected = s.connected();
  const bool was_joining = s.state_ == client_socket::state::joining;
  const bool told = (s.tasks_ & client_socket::tell_connected) == 0;  // else nobody knows that it was connected
  dialer_.clock().stop(s.join_);
  s.state_ = stays_active ? client_socket::state::waiting : client_socket::state::inactive;
  s.asked_ = false;
  s.stale_ = (s.stale_ || std::exchange(s.sent_, false)) && !stays_active;
  s.tasks_ &= client_socket::tell_disconnected | client_socket::fail_acks;
  drop_early(s);
  s.id_.clear();
  if (was_connected) {
    s.reason_ = reason;
    s.cause_ = cause;
    list_task(s, static_cast<std::uint8_t>((told ? client_socket::tell_disconnected : 0) | client_socket::fail_acks));
  } else if (was_joining && stays_active) {
    tell(telling::kind::connect_error, {.cause = cause == errc::none ? errc::dial_lost : cause, .number = s.place_});
  }
  if (!stays_active && !anybody_active()) {
    want_close_ = true;
    want_open_ = false;
    dialer_.wake();
  }
}

// ---- what handlers are told ------------------------------------------------------------------------------------------

// One thing to tell about one socket. It counts as told before the handler runs, so that one that throws is not called
// again; what else there is to tell stays listed.
SIOKIT_INLINE void connector::run_task(client_socket& s) {
  const auto take = [&](client_socket::task what) {
    if ((s.tasks_ & what) == 0) return false;
    s.tasks_ &= static_cast<std::uint8_t>(~what);
    return true;
  };
  if (take(client_socket::tell_disconnected))
    return s.on_disconnect_.tell(s.reason_, s.cause_);
  if ((s.tasks_ & client_socket::fail_acks) != 0) return fail_next_ack(s);
  if (take(client_socket::await_answer)) {
    time_point now;
    s.join_.owner = s.place_;
    if (options_.join_timeout.count() > 0 && s.state_ == client_socket::state::joining && dialer_.time(now))
      (void)dialer_.clock().start(s.join_, timer::join, options_.join_timeout, now);
    return;
  }
  if (take(client_socket::ask_auth)) {
    const std::shared_ptr<function<void(auth_reply)>> asked = s.ask_auth_;  // it may replace itself
    if (asked == nullptr) return send_connect(s, s.options_.auth);
    s.asked_ = true;
    return (*asked)(auth_reply(here(), s.place_, ++s.ask_));
  }
  if ((s.tasks_ & client_socket::early) != 0) return deliver_early(s);
  if (take(client_socket::flush)) {
    flush_buffer(s);
    return send_retried(s, true);
  }
  if (take(client_socket::tell_connected)) return s.on_connect_.tell();
}

// ---- packets ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void connector::drop_parts() noexcept {
  if (parts_ != nullptr) dialer_.clock().stop(parts_->timer);
  pool_.destroy(std::exchange(parts_, nullptr));
}

// The server broke the protocol: the session ends, and is dialed again, as in the reference.
SIOKIT_INLINE void connector::violate(errc why) noexcept {
  drop_parts();
  dialer_.fail(close_reason::parse_error, why);
}

SIOKIT_INLINE void connector::take_text(std::string_view in) {
  if (parts_ != nullptr) return violate(errc::sio_unexpected_text);
  packet p;
  if (const errc e = decode(in, options_.limits, p); e != errc::none) return violate(e);
  if (p.attachments == 0) return take_packet(p, {});
  parts_ = pool_.make<assembler>(pool_);
  const errc e = parts_ == nullptr ? errc::out_of_memory : parts_->begin(in, p);
  if (e != errc::none) return violate(e);
  time_point now;
  if (dialer_.time(now))
    (void)dialer_.clock().start(parts_->timer, timer::attachments, options_.limits.attachment_time, now);
}

SIOKIT_INLINE void connector::take_binary(bytes_view in) {
  if (parts_ == nullptr) return violate(errc::sio_unexpected_binary);
  if (const errc e = parts_->add(in, options_.limits); e != errc::none) return violate(e);
  if (!parts_->complete()) return;
  dialer_.clock().stop(parts_->timer);
  struct keeper {
    pool& from;
    assembler* whole;
    ~keeper() { from.destroy(whole); }
  } const kept{pool_, std::exchange(parts_, nullptr)};
  take_packet(kept.whole->whole(), kept.whole->attachments());
}

SIOKIT_INLINE void connector::take_packet(const packet& p, std::span<const bytes_view> attachments) {
  client_socket* const s = find_socket(p.nsp);
  if (options_.protocol == 3 && p.nsp == "/" && p.type == packet_type::connect) root_ = root::joined;
  if (s != nullptr && s->stale_) return take_stale(*s, p);
  if (s == nullptr || s->state_ <= client_socket::state::waiting) return;  // nobody's, or somebody's who left
  switch (p.type) {
    case packet_type::connect: return take_connect(*s, p);
    case packet_type::connect_error: return take_connect_error(*s, p);
    case packet_type::disconnect:
      // One that crosses our CONNECT is about the membership before.
      return s->connected() ? leave(*s, close_reason::io_server_disconnect, errc::none, false) : void();
    case packet_type::event:
    case packet_type::binary_event:
      return s->connected() ? dispatch(*s, p, attachments) : keep_early(*s, p, attachments);
    case packet_type::ack:
    case packet_type::binary_ack: return take_ack(*s, p, attachments);
  }
}

// What comes before the answer to CONNECT waits for it: recovery replays in this way.
SIOKIT_INLINE void connector::keep_early(client_socket& s, const packet& p, std::span<const bytes_view> attachments) noexcept {
  early_packet* const made = pool_.make<early_packet>();
  assembler* const whole = made == nullptr ? nullptr : pool_.make<assembler>(pool_);
  errc e = whole == nullptr ? errc::out_of_memory : whole->begin(p.payload, p);
  for (std::size_t i = 0; e == errc::none && i < attachments.size(); ++i) e = whole->add(attachments[i], options_.limits);
  const std::size_t size = sizeof(early_packet) + sizeof(assembler) + p.payload.size() + (whole == nullptr ? 0 : whole->bytes());
  if (e == errc::none && s.early_bytes_ + size > options_.limits.early_packets) e = errc::sio_early_packets;
  if (e != errc::none) {
    pool_.destroy(whole);
    pool_.destroy(made);
    return violate(e);
  }
  made->whole = whole;
  s.early_bytes_ += size;
  (s.early_ == nullptr ? s.early_ : s.last_early_->next) = made;
  s.last_early_ = made;
}

SIOKIT_INLINE void connector::deliver_early(client_socket& s) {
  early_packet* const first = s.early_;
  struct keeper {
    pool& from;
    early_packet* gone;
    ~keeper() {
      from.destroy(gone->whole);
      from.destroy(gone);
    }
  } const kept{pool_, first};
  s.early_ = first->next;
  if (s.early_ == nullptr) {
    s.early_bytes_ = 0;
    s.tasks_ &= static_cast<std::uint8_t>(~client_socket::early);
  }
  dispatch(s, first->whole->whole(), first->whole->attachments());
}

SIOKIT_INLINE void connector::drop_early(client_socket& s) noexcept {
  while (early_packet* const gone = s.early_) {
    s.early_ = gone->next;
    pool_.destroy(gone->whole);
    pool_.destroy(gone);
  }
  s.early_bytes_ = 0;
}

// The socket dies, and the whole client with it: nobody is told.
SIOKIT_INLINE void connector::forget(client_socket& s) noexcept {
  dialer_.clock().stop(s.join_);
  drop_early(s);
  s.id_.reset(pool_);
  s.pid_.reset(pool_);
  s.offset_.reset(pool_);
  s.acks_.reset(pool_);
  s.buffer_.reset(pool_);
}

}  // namespace sio

// ---- client_socket.hpp -----------------------------------------------------------------------------------------------

SIOKIT_INLINE client_socket::client_socket(sio::connector& home, std::uint32_t place, std::string_view name,
                                           std::string_view query, const client_socket_options& o)
    : home_(home), place_(place), name_(new std::string(name)), query_(query), options_(o) {}

SIOKIT_INLINE client_socket::~client_socket() { home_.forget(*this); }

SIOKIT_INLINE void client_socket::connect() { home_.connect(*this); }
SIOKIT_INLINE void client_socket::disconnect() { home_.disconnect(*this); }
SIOKIT_INLINE bool client_socket::writable() const noexcept { return connected() && !home_.dialer().is_congested(); }

SIOKIT_INLINE void client_socket::auth(value object) {
  options_.auth = std::move(object);
  ask_auth_ = {};
}
SIOKIT_INLINE void client_socket::auth(function<void(auth_reply)> f) {
  ask_auth_ = std::make_shared<function<void(auth_reply)>>(std::move(f));
}

SIOKIT_INLINE void client_socket::off_lifecycle(listener_id id) {
  on_connect_.remove(id) || on_connect_error_.remove(id) || on_disconnect_.remove(id) || on_unhandled_.remove(id);
}

SIOKIT_INLINE void auth_reply::operator()(const value& auth) const {
  if (sio::connector* const home = sio::client_of(home_)) home->answer_auth(socket_, ask_, auth);
}

SIOKIT_NAMESPACE_END
#endif
