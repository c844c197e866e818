// Bodies of sio/connector.hpp: events both ways, acknowledgements, and what is sent again.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

// ---- in --------------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void connector::dispatch(client_socket& s, const packet& raw, std::span<const bytes_view> attachments) {
  struct reset_scratch {
    connector& home;
    ~reset_scratch() {
      home.context_.attachments = {};
      home.scratch_.reset();
    }
  } const after{*this};
  packet p = raw;
  if (p.escaped) {
    char* const plain = scratch_.array<char>(p.name.size());
    if (plain == nullptr) return violate(errc::out_of_memory);
    p.name = {plain, static_cast<std::size_t>(json::unescape(p.name, plain) - plain)};
  }
  const arguments args = arguments_of(p, attachments, context_);
  note_offset(s, args);
  const audience<client_listeners::catch_all> heard_by(s.listeners_, nullptr, s.on_unhandled_, p.name);
  invocation in{*this, nullptr, &s, args, s.membership_, s.name_, p.name, p.id, p.has_id};
  const auto run = [&](event_handler& f) {
    in.error = errc::none;
    f(in);
    char room[192];
    if (in.error != errc::none) report(s, p.name, in.error, in.failed_at(context_, room));
  };
  heard_by.tell(run, p.name, args);
}

// The server appends it to each event of a session that can be recovered.
SIOKIT_INLINE void connector::note_offset(client_socket& s, const arguments& args) noexcept {
  std::string_view last;
  const std::size_t n = s.pid_.empty() ? 0 : args.size();
  if (n != 0 && args[n - 1].as_string(last) == errc::none) (void)set_text(s.offset_, last);
}

SIOKIT_INLINE void connector::report(client_socket& s, std::string_view event, errc e, std::string_view where) {
  on_error.tell(s, event, e, where);
}

// ---- what handlers owe -----------------------------------------------------------------------------------------------

SIOKIT_INLINE ticket connector::promise_for(invocation& in, promise_id& which) noexcept {
  if (!std::exchange(in.wants_ack, false)) return {};
  const bool room = owed_count_ < options_.limits.owed_acks;
  owed* const o = room ? owed_.add(which) : nullptr;
  if (o == nullptr) {
    violate(room ? errc::out_of_memory : errc::sio_too_many_owed_acks);
    return {};
  }
  ++owed_count_;
  o->socket = in.mine->place_;
  o->membership = in.mine->membership_;
  o->id = in.id;
  o->timer.owner = owed_.index_of(which);
  time_point now;
  if (dialer_.time(now)) (void)dialer_.clock().start(o->timer, timer::middleware, options_.limits.answer_timeout, now);
  return here();
}

SIOKIT_INLINE void connector::drop_owed(promise_id which) noexcept {
  owed* const o = owed_.find(which);
  if (o == nullptr) return;
  dialer_.clock().stop(o->timer);
  owed_.remove(which);
  --owed_count_;
}

SIOKIT_INLINE bool connector::take_promise(promise_id which, owed_reply& out) noexcept {
  const owed* const o = owed_.find(which);
  if (o == nullptr) return false;
  client_socket* const s = sockets_[o->socket];
  out = {{o->membership, nullptr, s, *s->name_, o->id, {}}, s->name_};
  drop_owed(which);
  return true;
}

SIOKIT_INLINE void connector::reply(const reply_route& to, const outgoing_arguments& arguments) {
  event_writer out({dialer_.blocks(), {}, arguments.likely_size + event_writer::around}, to.nsp, to.id);
  arguments.write(arguments.all, out);
  encoded packet;
  errc e = out.finish(packet);
  const bool goes = e == errc::none && to.session == to.mine->membership_ && to.mine->connected();
  if (goes && dialer_.send(packet.frames()) == delivery::refused) e = errc::queue_full;
  if (e == errc::none) return;
  tell(telling::kind::failed_event,
       {.cause = e, .number = to.mine->place_, .event = frame::copy(pool_, frame_kind::raw, as_bytes(to.event))});
}

// ---- out -------------------------------------------------------------------------------------------------------------

SIOKIT_INLINE delivery connector::send_event(client_socket& s, const emit_options& o, encoded& packet, errc e,
                                       std::string_view event, std::uint64_t id, single_ack* reply) {
  if (e == errc::none && reply != nullptr && s.acks_.size() + s.retried_.size() >= options_.limits.pending_acks)
    e = errc::too_many_acks;
  if (s.options_.retries != 0 && !o.is_volatile) {
    id = no_ack_id;  // each try has its own
    if (e == errc::none && add_retried(s, o, packet, reply)) return delivery::queued;
    if (e == errc::none) e = errc::queue_full;
  }
  delivery d = delivery::refused;
  if (e != errc::none)
    tell(telling::kind::failed_event, {.cause = e, .number = s.place_, .event = frame::copy(pool_, frame_kind::raw, as_bytes(event))});
  else if (o.is_volatile && !dialer_.ready())
    d = delivery::dropped, e = errc::volatile_dropped;
  else
    d = send_or_keep(s, packet, id, reply != nullptr, o.is_volatile);
  if (e == errc::none && d == delivery::refused) e = errc::queue_full;
  const milliseconds length = o.has_timeout ? o.timeout : s.options_.ack_timeout.count() > 0 ? s.options_.ack_timeout : milliseconds(-1);
  if (reply != nullptr && !await(s, id, std::move(*reply), length, e, false))
    tell(telling::kind::failed_event, {.cause = errc::out_of_memory, .number = s.place_});
  return d;
}

SIOKIT_INLINE delivery connector::send_or_keep(client_socket& s, const encoded& packet, std::uint64_t id, bool has_id,
                                               bool is_volatile) noexcept {
  // A session whose ping is overdue is gone: what is sent now would be lost with it. (Outside of a driver call the time is
  // not known.) If the ping comes after all, what was kept goes first.
  const bool now = s.buffer_.empty() && !dialer_.expired();
  if (s.connected() && (s.tasks_ & client_socket::flush) == 0 && (now || is_volatile)) {
    const delivery d = dialer_.send(packet.frames());
    if (d != delivery::refused) note_outgoing(s, packet);
    return d;
  }
  const std::size_t size = weight(packet);
  if (!s.buffer_.empty() && s.buffered_bytes_ + size > options_.limits.max_queued) return delivery::refused;
  if (!s.buffer_.push(pool_, {packet, id, has_id})) return delivery::refused;
  s.buffered_bytes_ += size;
  return dialer_.is_congested() ? delivery::congested : delivery::queued;
}

SIOKIT_INLINE std::size_t connector::weight(const encoded& packet) noexcept {
  std::size_t size = 0;
  for (const frame& f : packet.frames()) size += out_queue::weight(f);
  return size;
}

// In order, and as far as there is room: the rest goes when there is some again.
SIOKIT_INLINE void connector::flush_buffer(client_socket& s) noexcept {
  if (!s.connected() || dialer_.expired()) return;
  std::size_t gone = 0;
  for (; gone < s.buffer_.size(); ++gone) {
    const encoded& packet = s.buffer_[gone].packet;
    if (dialer_.send(packet.frames()) == delivery::refused) break;
    note_outgoing(s, packet);
    s.buffered_bytes_ -= weight(packet);
  }
  for (std::size_t i = gone; gone != 0 && i < s.buffer_.size(); ++i) s.buffer_[i - gone] = std::move(s.buffer_[i]);
  for (; gone != 0; --gone) s.buffer_.pop();
}

SIOKIT_INLINE void connector::flush_buffers() noexcept {
  for (client_socket* const s : sockets_) {
    flush_buffer(*s);
    send_retried(*s, false);
  }
}

// The acknowledgement of an event that was not sent yet is no longer awaited: it need not be sent.
SIOKIT_INLINE void connector::unbuffer(client_socket& s, std::uint64_t id) noexcept {
  for (std::size_t i = 0; i < s.buffer_.size(); ++i) {
    if (!s.buffer_[i].has_id || s.buffer_[i].id != id) continue;
    s.buffered_bytes_ -= weight(s.buffer_[i].packet);
    return s.buffer_.erase(i);
  }
}

// ---- acknowledgements ------------------------------------------------------------------------------------------------

// A length below zero is no limit. `failure`: it was not sent, and that is told later.
SIOKIT_INLINE bool connector::await(client_socket& s, std::uint64_t id, single_ack&& reply, milliseconds length,
                                    errc failure, bool retried) noexcept {
  ack_handle h{};
  awaited* const a = acks_.add(h);
  if (a == nullptr) return false;
  if (!s.acks_.push(pool_, {id, h})) return acks_.remove(h), false;
  a->id = id;
  a->socket = s.place_;
  a->retried = retried;
  a->call = std::move(reply.call);
  a->timer.owner = acks_.index_of(h);
  a->error = failure == errc::none ? errc::ack_timeout : failure;
  if (reply.into != nullptr) *reply.into = ack_ref(here(), h);
  if (failure != errc::none) length = milliseconds(0);
  if (length.count() < 0) return true;
  time_point now;
  if (failure == errc::none && dialer_.time(now) && dialer_.clock().start_alone(a->timer, timer::ack, length, now)) return true;
  a->parked = length;
  if (!parked_.push(pool_, h)) list_task(s, client_socket::fail_acks);  // sooner than never
  dialer_.wake();
  return true;
}

SIOKIT_INLINE void connector::cancel_ack(ack_handle which) noexcept {
  awaited* const a = acks_.find(which);
  if (a == nullptr) return;
  if (!parked_.push(pool_, which)) return;  // no memory: it stays awaited
  client_socket& s = *sockets_[a->socket];
  unbuffer(s, a->id);
  drop_awaited(s, which);
  for (std::size_t i = 0; i < s.retried_.size(); ++i) {
    if (s.retried_[i]->reply != which || s.retried_[i]->pending) continue;
    s.retried_bytes_ -= weight(s.retried_[i]->packet);
    s.retried_.erase(s.retried_.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  dialer_.clock().stop(a->timer);
  a->error = errc::ack_cancelled;
  a->parked = milliseconds(0);
  dialer_.wake();
}

// Nothing that comes from here on is its answer.
SIOKIT_INLINE void connector::drop_awaited(client_socket& s, ack_handle which) noexcept {
  for (std::size_t i = 0; i < s.acks_.size(); ++i)
    if (s.acks_[i].at == which) return s.acks_.erase(i);
}

SIOKIT_INLINE void connector::take_ack(client_socket& s, const packet& p, std::span<const bytes_view> attachments) {
  struct reset_scratch {
    connector& home;
    ~reset_scratch() {
      home.context_.attachments = {};
      home.scratch_.reset();
    }
  } const after{*this};
  for (const pending_ack& a : s.acks_)
    if (a.id == p.id) return finish_ack(a.at, errc::none, arguments_of(p, attachments, context_));
  // Late, repeated or invented: ignored, as in the reference.
}

SIOKIT_INLINE void connector::finish_ack(ack_handle h, errc e, const arguments& args) {
  awaited* const a = acks_.find(h);
  if (a == nullptr) return;
  client_socket& s = *sockets_[a->socket];
  drop_awaited(s, h);
  dialer_.clock().stop(a->timer);
  const ack_handler told = std::move(a->call);
  const bool retried = a->retried;
  const std::uint64_t id = a->id;
  acks_.remove(h);
  if (retried) return retried_answered(s, id, e, args);
  if (told) told(e, args);
}

// One that is awaited and was sent: its answer cannot come any more. What waits to be sent waits on, and what could not be
// sent failed for its own reason.
SIOKIT_INLINE void connector::fail_next_ack(client_socket& s) {
  for (const pending_ack& a : s.acks_) {
    bool kept = false;
    for (const held_event& e : s.buffer_) kept |= e.has_id && e.id == a.id;
    if (kept) continue;
    const errc e = acks_.find(a.at)->error;
    return finish_ack(a.at, e == errc::ack_timeout ? errc::ack_disconnected : e, {});
  }
  s.tasks_ &= static_cast<std::uint8_t>(~client_socket::fail_acks);
}

// ---- retries: one event at a time, again until it is acknowledged -------------------------------------------------------

// False when there is no room for it.
SIOKIT_INLINE bool connector::add_retried(client_socket& s, const emit_options& o, encoded& packet, single_ack* reply) {
  const std::size_t size = weight(packet);
  if (!s.retried_.empty() && s.retried_bytes_ + size > options_.limits.max_queued) return false;
  auto made = std::make_unique<retried_event>();
  if (reply != nullptr) {
    awaited* const a = acks_.add(made->reply);
    if (a == nullptr) return false;
    a->id = no_ack_id;
    a->socket = s.place_;
    a->call = std::move(reply->call);
    a->timer.owner = acks_.index_of(made->reply);
    if (reply->into != nullptr) *reply->into = ack_ref(here(), made->reply);
  }
  made->packet = std::move(packet);
  made->has_timeout = o.has_timeout || s.options_.ack_timeout.count() > 0;
  made->timeout = o.has_timeout ? o.timeout : s.options_.ack_timeout;
  s.retried_.push_back(std::move(made));
  s.retried_bytes_ += size;
  send_retried(s, false);
  return true;
}

// Sends the first one, unless its acknowledgement is awaited already; `again`: on a new connection, where it is not.
SIOKIT_INLINE void connector::send_retried(client_socket& s, bool again) noexcept {
  // What was kept goes first: the task that sends it calls again.
  if (s.retried_.empty() || !s.connected() || (s.tasks_ & client_socket::flush) != 0) return;
  retried_event& first = *s.retried_.front();
  if (first.pending && !again) return;
  first.pending = true;
  ++first.tries;
  first.id = s.next_ack_++;
  encoded whole;
  const std::span<const frame> frames = first.packet.frames();
  const std::string_view text = as_text(frames[0].payload());
  const std::size_t header = s.name() == "/" ? 0 : text.find(',');
  frame_builder out(pool_, text.size() + number::room);
  put_header(out, packet_type::event, s.name(), first.id);
  out.put(text.substr(text.find('[', header)));
  bool good = frames.size() == 1 || add_attachment_count(out, frames.size() - 1);
  frame head = out.finish(frame_kind::text);
  good = good && whole.add(std::move(head));
  for (std::size_t i = 1; good && i < frames.size(); ++i) good = whole.add(frames[i]);
  if (good && send_or_keep(s, whole, first.id, true, false) == delivery::refused) {
    first.pending = false;  // no try: it goes when there is room again
    --first.tries;
    return;
  }
  const errc e = good ? errc::none : errc::out_of_memory;
  if (!await(s, first.id, {}, first.has_timeout ? first.timeout : milliseconds(-1), e, true))
    dialer_.fail(close_reason::transport_error, errc::out_of_memory);
}

SIOKIT_INLINE void connector::retried_answered(client_socket& s, std::uint64_t id, errc e, const arguments& args) {
  if (s.retried_.empty() || s.retried_.front()->id != id) return;
  retried_event& first = *s.retried_.front();
  first.pending = false;
  if (e != errc::none && e != errc::ack_cancelled && first.tries <= s.options_.retries) return send_retried(s, false);
  const std::unique_ptr<retried_event> done = std::move(s.retried_.front());
  s.retried_.erase(s.retried_.begin());
  s.retried_bytes_ -= weight(done->packet);
  struct go_on {
    connector& home;
    client_socket& s;
    ~go_on() { home.send_retried(s, false); }
  } const after{*this, s};
  finish_ack(done->reply, e, args);
}

// ---- what was sent, for those who listen to it -----------------------------------------------------------------------

SIOKIT_INLINE void connector::note_outgoing(client_socket& s, const encoded& packet) noexcept {
  if (s.listeners_.any_outgoing.empty()) return;
  outgoing* const o = pool_.make<outgoing>(outgoing{nullptr, s.place_, packet});
  if (o == nullptr) return;
  (outgoing_ == nullptr ? outgoing_ : last_outgoing_->next) = o;
  last_outgoing_ = o;
  dialer_.wake();
}

SIOKIT_INLINE void connector::run_outgoing() {
  outgoing* const o = std::exchange(outgoing_, outgoing_->next);
  struct finish {
    connector& home;
    outgoing* o;
    ~finish() {
      home.context_.attachments = {};
      home.pool_.destroy(o);
    }
  } const after{*this, o};
  client_socket& s = *sockets_[o->socket];
  std::string_view name;
  arguments args;
  if (!read_back(o->packet, s.name(), context_, name, args)) return;
  s.listeners_.any_outgoing.tell(name, args);
}

// ---- what client_socket.hpp asks -------------------------------------------------------------------------------------

SIOKIT_INLINE pool& client_door::frames(client_socket& s) noexcept { return s.home_.blocks(); }
SIOKIT_INLINE bool client_door::retries(const client_socket& s) noexcept { return s.options_.retries != 0; }
SIOKIT_INLINE std::uint64_t client_door::take_ack_id(client_socket& s) noexcept { return s.next_ack_++; }
SIOKIT_INLINE delivery client_door::send_event(client_socket& s, const emit_options& o, encoded& packet, errc e,
                                         std::string_view event, std::uint64_t id, single_ack* reply) {
  return s.home_.send_event(s, o, packet, e, event, id, reply);
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
