// Bodies of sim.hpp: the host, which turns edges of a driver into bytes on links.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sim {

/// The driver's end of one link.
class host_link final : public end, public std::enable_shared_from_this<host_link> {
 public:
  host_link(host_state& owner, std::shared_ptr<wire> w, int its_side)
      : home(&owner), line(std::move(w)), side(its_side) {}

  void readable() override { later_read(); }
  SIOKIT_INLINE void writable() override;
  void broken() override {
    reset = true;
    later_read();
  }

  void later_read();
  void later_write();
  void read();
  void begin_write();
  void finish_write();
  void give(std::size_t n);
  void close();
  void watch();
  /// All is sent, and the driver said so or the peer ended: the link closes in order.
  void part();
  /// The link is over: the driver hears of it for the last time.
  void over(link_end how);

  host_state* home;  // null: the host is gone
  std::shared_ptr<wire> line;
  int side;
  link_id id{};
  bool opening = false;  // dialled, and the driver was not told yet
  bool reading = true;   // until wants_read() is false; then until an action says so
  bool writing = false;  // from an action to the gather() that shows nothing
  bool blocked = false;  // the window is full
  bool reset = false;
  bool told_end = false;
  bool closing = false;
  bool ended = false;    // the driver was told so for the last time
  bool parting = false;
  bool read_planned = false;
  batch offered;  // what a write in progress was shown; keeps its bytes alive
  bool in_flight = false;
  std::size_t taken = 0;
};

class host_state {
 public:
  host_state(network& n, driver& d, const host_options& o) : net(n), machine(d), options(o), luck(n.random()) {
    host_services services;
    services.wake = [](void* self) { static_cast<host_state*>(self)->wake(); };
    services.entropy = [](void* self, std::span<std::byte> out) {
      return static_cast<host_state*>(self)->entropy(out);
    };
    services.unix_ms = [](void* self) { return static_cast<host_state*>(self)->net.unix_ms(); };
    services.ctx = this;
    machine.bind(services);
    wake();  // what the driver wanted before it was bound
  }
  ~host_state() {
    for (auto& [id, l] : links) {
      l->home = nullptr;
      l->line->reset(l->side);
    }
    net.forget(this);
    machine.bind({});
  }

  void plan(time_point at, function<void()> f) { net.schedule(at, this, std::move(f)); }
  void wake() {
    if (std::exchange(awake, true)) return;
    plan(net.now(), [this] { pump(); });
  }
  bool entropy(std::span<std::byte> out) {
    if (!options.entropy) return false;
    for (std::byte& b : out) {
      luck = luck * 6364136223846793005u + 1442695040888963407u;  // PCG's multiplier; unguessable enough for a test
      b = static_cast<std::byte>(luck >> 56);
    }
    return true;
  }
  /// After every driver call.
  void pumped() {
    if (options.erratic && net.chance(250)) return wake();
    pump();
  }
  void pump() {
    awake = false;
    std::size_t count = 0;
    for (action a; machine.next(a);) {
      if (++count > 1'000'000) return net.fail("next() does not end");
      perform(a);
    }
    arm();
  }
  void perform(const action& a) {
    if (a.what == action::kind::open) return dial(a);
    const auto found = links.find(a.link);
    if (found == links.end()) return net.fail(std::string("an action for a dead link: ") + name(a.what));
    const std::shared_ptr<host_link> l = found->second;
    switch (a.what) {
      case action::kind::open: return;
      case action::kind::secure: return l->opening ? net.fail("secure before opened()") : secure(l);
      case action::kind::write:
        if (std::exchange(l->writing, true)) return;
        return l->later_write();
      case action::kind::read:
        l->reading = true;
        return l->later_read();
      case action::kind::close: return l->close();
      case action::kind::abort: return l->over(link_end::cancelled);
    }
  }
  void arm() {
    const time_point due = machine.deadline();
    if (due == armed) return;
    armed = due;
    ++generation;
    if (due == never) return;
    if (due > net.now())
      spins = 0;
    else if (++spins > 100'000)
      return net.fail("deadline() stays in the past");
    const auto late = milliseconds(net.below(static_cast<std::size_t>(options.slack.count()) + 1));
    plan((due < net.now() ? net.now() : due) + late, [this, mine = generation] {
      if (mine != generation) return;
      armed = never;
      machine.advance(net.now());
      pumped();
    });
  }
  std::shared_ptr<host_link> attach(const std::shared_ptr<wire>& w, int side) {
    auto l = std::make_shared<host_link>(*this, w, side);
    w->ends[side] = l;
    return l;
  }
  /// The driver is asked for an id. False: it does not want the link.
  bool accept(const std::shared_ptr<host_link>& l, const link_info& who) {
    l->id = machine.accept(who, net.now());
    if (l->id == link_id{}) {
      l->ended = true;
      l->line->reset(l->side);
      pumped();
      return false;
    }
    if (!links.emplace(l->id, l).second) net.fail("accept() gave an id twice");
    pumped();
    l->later_read();
    return true;
  }
  void dial(const action& a);
  void secure(const std::shared_ptr<host_link>& l) {
    plan(net.now() + l->line->streams[l->side].how.latency * 2, [this, l] {
      if (l->ended) return;
      machine.opened(l->id, net.now());
      pumped();
    });
  }
  static const char* name(action::kind what) {
    constexpr const char* names[] = {"open", "secure", "write", "read", "close", "abort"};
    return names[static_cast<std::size_t>(what)];
  }

  network& net;
  driver& machine;
  host_options options;
  link_options dialling;
  std::uint64_t luck;
  std::map<link_id, std::shared_ptr<host_link>> links;
  time_point armed = never;
  std::uint64_t generation = 0;
  unsigned spins = 0;
  bool awake = false;
  time_point frozen_until{};
};

// ---- a link ---------------------------------------------------------------------------------------------------------

SIOKIT_INLINE void host_link::later_read() {
  if (parting) return read();
  if (home == nullptr || ended || opening || read_planned) return;
  read_planned = true;
  home->plan(home->net.now(), [self = shared_from_this()] {
    self->read_planned = false;
    self->read();
  });
}

SIOKIT_INLINE void host_link::read() {
  wire::stream& s = line->streams[1 - side];
  if (parting) {  // discards until the end, so that the peer can read what it was sent
    (void)line->read(side, s.arrived.size());
    if (s.at_end) line->ends[side].reset();
    return;
  }
  if (ended || home == nullptr || id == link_id{}) return;
  // A reset shows when the loop reads or writes, not before.
  if (reset) return reading || writing || told_end ? over(link_end::reset) : void();
  if (reading && !closing && !s.arrived.empty()) {
    give(home->net.piece(s.how.pieces, s.arrived.size()));
    if (!ended && (!s.arrived.empty() || s.at_end)) later_read();
    return;
  }
  if (closing) (void)line->read(side, s.arrived.size());
  // An end with nothing before it is news even to a host that was told not to read.
  if (!s.at_end || !s.arrived.empty() || std::exchange(told_end, true)) return;
  home->machine.closed(id, link_end::eof, 0, home->net.now());
  home->pumped();
  // The driver has output, or an action close or abort, or is done with the link.
  if (!ended && (!std::exchange(writing, true) || blocked)) later_write();
}

SIOKIT_INLINE void host_link::give(std::size_t n) {
  network& net = home->net;
  ++net.count().receives;
  std::span<std::byte> room;
  if (home->options.erratic && net.chance(500)) room = home->machine.space(id);
  if (n > room.size() && !room.empty()) n = room.size();
  const std::string bytes = line->read(side, n);
  if (!room.empty()) {
    std::memcpy(room.data(), bytes.data(), n);
    home->machine.receive(id, room.first(n), net.now());
  } else {
    auto* const block = static_cast<std::byte*>(std::malloc(n));  // exactly n: ASan sees who reads on
    std::memcpy(block, bytes.data(), n);
    home->machine.receive(id, {block, n}, net.now());
    std::memset(block, 0xdd, n);
    std::free(block);
  }
  if (!ended) reading = home->machine.wants_read(id);
  home->pumped();
}

SIOKIT_INLINE void host_link::later_write() {
  if (home == nullptr || in_flight) return;
  in_flight = true;
  begin_write();
}

SIOKIT_INLINE void host_link::begin_write() {
  in_flight = false;
  if (ended || home == nullptr) return;
  if (reset) return later_read();
  const auto self = shared_from_this();
  const std::size_t room = line->room(side);
  blocked = room == 0;
  offered.clear();
  if (blocked) {
    line->streams[side].starved = true;
    // The peer ended and takes nothing more: without output there is nothing to wait for.
    if (told_end && !home->machine.gather(id, offered)) part();
    return;
  }
  if (!home->machine.gather(id, offered)) {
    writing = false;
    return closing || told_end ? part() : void();
  }
  if (offered.bytes() == 0) return home->net.fail("gather() showed nothing and said it did");
  ++home->net.count().gathers;
  taken = home->net.piece(home->options.writes, (std::min)(room, offered.bytes()));
  in_flight = true;
  home->plan(home->net.now(), [self = shared_from_this()] { self->finish_write(); });
}

// The bytes are copied here, after whatever happened since gather(): a batch must keep them alive and unchanged.
SIOKIT_INLINE void host_link::finish_write() {
  if (ended || home == nullptr) return offered.clear();
  std::string bytes;
  for (const bytes_view view : offered.views()) {
    if (bytes.size() == taken) break;
    bytes += as_text(view.first((std::min)(view.size(), taken - bytes.size())));
  }
  offered.clear();
  if (reset) {
    in_flight = false;
    return later_read();
  }
  ++home->net.count().writes;
  line->write(side, std::move(bytes));
  home->machine.sent(id, taken, home->net.now());
  home->pumped();
  in_flight = false;
  if (!ended) begin_write();
}

SIOKIT_INLINE void host_link::writable() {
  if (!blocked || home == nullptr) return;
  blocked = false;
  home->plan(home->net.now(), [self = shared_from_this()] {
    if (self->writing && !self->in_flight) self->begin_write();
  });
}

SIOKIT_INLINE void host_link::close() {
  if (std::exchange(closing, true)) return;
  watch();
  if (!std::exchange(writing, true)) later_write();
  if (!ended) later_read();
}

// A closing link that takes nothing for a while is dropped, as adapters do.
SIOKIT_INLINE void host_link::watch() {
  home->plan(home->net.now() + milliseconds(30'000), [self = shared_from_this(), before = line->streams[side].total] {
    if (self->ended || self->home == nullptr) return;
    self->line->streams[self->side].total == before ? self->over(link_end::cancelled) : self->watch();
  });
}

// All is sent. The driver is done with the link; the peer has a second to end its side.
SIOKIT_INLINE void host_link::part() {
  ended = true;
  parting = true;
  const auto self = shared_from_this();
  home->links.erase(id);
  line->finish(side);
  home->net.schedule(home->net.now() + milliseconds(1'000), nullptr, [self] { self->line->ends[self->side].reset(); });
  home->machine.closed(id, link_end::eof, 0, home->net.now());
  home->wake();
  read();
}

SIOKIT_INLINE void host_link::over(link_end how) {
  if (ended || home == nullptr) return;
  ended = true;
  const auto self = shared_from_this();
  home->links.erase(id);
  line->reset(side);
  home->machine.closed(id, how, how == link_end::reset ? 104 : 0, home->net.now());  // 104: ECONNRESET of Linux
  home->wake();
}

SIOKIT_INLINE void host_state::dial(const action& a) {
  const auto w = std::make_shared<wire>(net);
  net.add(w);
  w->streams[0].how = dialling.in;
  w->streams[1].how = dialling.out;
  const auto mine = attach(w, 0);
  mine->id = a.link;
  mine->opening = true;
  if (!links.emplace(a.link, mine).second) return net.fail("open for a link that is open");
  const milliseconds there = dialling.in.latency;
  const milliseconds back = dialling.out.latency;
  host_state* who = nullptr;
  const bool known = net.resolve(a.host, a.port, who);
  if (!known || who == nullptr) {
    plan(net.now() + there + back,
         [mine, how = known ? link_end::refused : link_end::unresolved] { mine->over(how); });
    return;
  }
  plan(net.now() + there, [this, w, mine, back, name = std::string(a.host), port = a.port] {
    host_state* other = nullptr;
    if (mine->ended) return;
    if (!net.resolve(name, port, other) || other == nullptr) return mine->over(link_end::refused);
    const auto theirs = other->attach(w, 1);
    const link_info info{dialling.address, dialling.port, dialling.secure};
    if (!other->accept(theirs, info)) return;
    plan(net.now() + back, [this, mine] {
      if (mine->ended) return;
      mine->opening = false;
      machine.opened(mine->id, net.now());
      pumped();
      mine->later_read();
    });
  });
}

// ---- the face -------------------------------------------------------------------------------------------------------

SIOKIT_INLINE host::host(network& n, driver& d, const host_options& o)
    : state_(std::make_unique<host_state>(n, d, o)) {}
SIOKIT_INLINE host::~host() = default;

SIOKIT_INLINE peer host::connect(const link_options& o) {
  network& net = state_->net;
  const auto w = std::make_shared<wire>(net);
  net.add(w);
  w->streams[0].how = o.in;
  w->streams[1].how = o.out;
  auto p = std::make_shared<peer_end>();
  p->line = w;
  w->ends[0] = p;
  const auto l = state_->attach(w, 1);
  const auto accept = [home = state_.get(), l, p, address = o.address, port = o.port, safe = o.secure] {
    if (home->accept(l, {address, port, safe})) p->id = l->id;
  };
  state_->plan(net.now() + o.in.latency, accept);
  return peer(std::move(p));
}

SIOKIT_INLINE void host::listen(std::string name, std::uint16_t port) {
  state_->net.listen(std::move(name), port, state_.get());
}
SIOKIT_INLINE void host::set_dial_options(const link_options& o) { state_->dialling = o; }
SIOKIT_INLINE void host::freeze(milliseconds length) { state_->frozen_until = state_->net.now() + length; }
SIOKIT_INLINE host_options& host::options() { return state_->options; }
SIOKIT_INLINE std::size_t host::links() const { return state_->links.size(); }

SIOKIT_INLINE std::string host::report() const {
  std::string out;
  for (const auto& [id, l] : state_->links) {
    batch b;
    const char* const waits = !l->reading && !l->closing && state_->machine.wants_read(id) ? "an action read"
                              : !l->writing && state_->machine.gather(id, b)                ? "an action write"
                              : l->blocked && l->closing                                   ? "its window, to close"
                              : l->blocked                                                 ? "its window"
                                                                                           : nullptr;
    if (waits != nullptr) out += std::string("a link waits for ") + waits + "; ";
  }
  return out;
}

// Here, since it looks into hosts.
SIOKIT_INLINE bool network::step(time_point until) {
  while (!events_.empty() && events_.front().at <= until) {
    std::pop_heap(events_.begin(), events_.end(), later);
    event e = std::move(events_.back());
    events_.pop_back();
    now_ = e.at;
    if (e.owner != nullptr && e.owner->frozen_until > now_) {
      e.at = e.owner->frozen_until;
      push(std::move(e));
      continue;
    }
    ++counters_.steps;
    e.run();
    if (on_step_) on_step_();
    return true;
  }
  return false;
}

}  // namespace sim

SIOKIT_NAMESPACE_END
#endif
