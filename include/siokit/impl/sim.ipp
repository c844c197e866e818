// Bodies of sim.hpp: time, links and the peer's end.
#pragma once

#include <algorithm>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sim {

/// Bytes in order, taken from the front without moving the rest each time.
class byte_queue {
 public:
  std::size_t size() const { return bytes_.size() - head_; }
  bool empty() const { return size() == 0; }
  void append(std::string_view more) { bytes_ += more; }
  std::string take(std::size_t n) {
    std::string out = bytes_.substr(head_, n);
    head_ += out.size();
    if (head_ * 2 > bytes_.size()) {
      bytes_.erase(0, head_);
      head_ = 0;
    }
    return out;
  }
  void clear() {
    bytes_.clear();
    head_ = 0;
  }

 private:
  std::string bytes_;
  std::size_t head_ = 0;
};

/// A link between two ends. End i writes into stream i and reads from the other one.
class wire : public std::enable_shared_from_this<wire> {
 public:
  struct stream {
    flow how;
    std::deque<std::string> coming;  // under way; an empty one is the end
    byte_queue arrived;              // not read yet
    std::size_t under_way = 0;
    std::uint64_t total = 0;         // bytes that arrived, ever
    time_point last{};               // when the newest piece arrives
    bool finished = false;           // its writer sends no more
    bool at_end = false;             // the end arrived
    bool starved = false;            // its writer waits for room
  };

  explicit wire(network& n) : net(n) {}

  std::size_t room(int from) const {
    const stream& s = streams[from];
    const std::size_t used = s.under_way + s.arrived.size();
    return used < s.how.window ? s.how.window - used : 0;
  }
  void write(int from, std::string bytes) {
    stream& s = streams[from];
    if (dead || s.finished || bytes.empty()) return;
    s.under_way += bytes.size();
    send(from, std::move(bytes));
  }
  void finish(int from) {
    stream& s = streams[from];
    if (std::exchange(s.finished, true) || dead) return;
    send(from, {});
  }
  /// Takes n bytes that arrived.
  std::string read(int at, std::size_t n) {
    stream& s = streams[1 - at];
    std::string out = s.arrived.take(n);
    if (std::exchange(s.starved, false) && ends[1 - at] != nullptr) {
      net.schedule(net.now(), nullptr, [self = shared_from_this(), at] {
        if (const auto other = self->ends[1 - at]) other->writable();
      });
    }
    return out;
  }
  /// End `from` breaks the link; the other one hears of it.
  void reset(int from) {
    ends[from].reset();
    if (std::exchange(dead, true)) return;
    net.schedule(net.now() + streams[from].how.latency, nullptr, [self = shared_from_this(), from] {
      self->drop();
      if (const auto other = self->ends[1 - from]) other->broken();
    });
  }
  void fall_silent() { dead = true; }
  void drop() {
    for (stream& s : streams) {
      s.coming.clear();
      s.arrived.clear();
      s.under_way = 0;
    }
  }

  network& net;
  stream streams[2];
  std::shared_ptr<end> ends[2];
  bool dead = false;  // carries nothing any more

 private:
  void send(int from, std::string bytes) {
    stream& s = streams[from];
    time_point at = net.now() + s.how.latency +
        milliseconds(net.below(static_cast<std::size_t>(s.how.jitter.count()) + 1));
    if (at < s.last) at = s.last;
    if (s.how.bytes_per_second != 0) {
      const std::uint64_t length = std::uint64_t{bytes.size()} * 1'000'000'000 / s.how.bytes_per_second;
      at += std::chrono::nanoseconds(static_cast<std::int64_t>(length));
    }
    s.last = at;
    s.coming.push_back(std::move(bytes));
    net.schedule(at, nullptr, [self = shared_from_this(), from] { self->arrive(from); });
  }
  void arrive(int from) {
    stream& s = streams[from];
    if (dead || s.coming.empty()) return;
    std::string bytes = std::move(s.coming.front());
    s.coming.pop_front();
    if (bytes.empty()) s.at_end = true;
    s.under_way -= bytes.size();
    const bool cut_here = s.total + bytes.size() >= s.how.cut_after;
    if (cut_here) bytes.resize(s.how.cut_after > s.total ? static_cast<std::size_t>(s.how.cut_after - s.total) : 0);
    s.total += bytes.size();
    s.arrived.append(bytes);
    if (const auto to = ends[1 - from]) to->readable();
    if (!cut_here) return;
    dead = true;
    if (s.how.cut == cut::half_open) return;
    net.schedule(net.now(), nullptr, [self = shared_from_this()] {
      self->drop();
      for (const std::shared_ptr<end>& e : self->ends)
        if (const auto kept = e) kept->broken();
    });
  }
};

class peer_end final : public end, public std::enable_shared_from_this<peer_end> {
 public:
  static constexpr int side = 0;

  void flush() {
    while (!outbox.empty() && line != nullptr) {
      const std::size_t n = (std::min)(outbox.size(), line->room(side));
      if (n == 0) {
        line->streams[side].starved = true;
        return;
      }
      line->write(side, outbox.take(n));
    }
    if (finishing && outbox.empty() && line != nullptr) line->finish(side);
  }
  void readable() override {
    if (paused || line == nullptr) return;
    wire::stream& s = line->streams[1 - side];
    std::string bytes = line->read(side, s.arrived.size());
    if (closed) {
      if (!bytes.empty()) line->reset(side);
      return;
    }
    if (bytes.empty() && !s.at_end) return;
    inbox += bytes;
    if (s.at_end) ended = true;
    changed();
  }
  void writable() override { flush(); }
  void broken() override {
    was_reset = true;
    if (line != nullptr) line->ends[side].reset();
    changed();
  }
  void changed() {
    if (on_change) on_change(peer(shared_from_this()));
  }

  std::shared_ptr<wire> line;
  link_id id{};
  byte_queue outbox;
  std::string inbox;
  bool paused = false, finishing = false, closed = false, ended = false, was_reset = false;
  function<void(peer)> on_change;
};

SIOKIT_INLINE void peer::send(std::string_view bytes) {
  state_->outbox.append(bytes);
  state_->flush();
}
SIOKIT_INLINE const std::string& peer::received() const { return state_->inbox; }
SIOKIT_INLINE std::string peer::take() { return std::exchange(state_->inbox, {}); }
SIOKIT_INLINE void peer::consume(std::size_t n) { state_->inbox.erase(0, n); }
SIOKIT_INLINE void peer::on_change(function<void(peer)> f) { state_->on_change = std::move(f); }
SIOKIT_INLINE void peer::pause() { state_->paused = true; }
SIOKIT_INLINE void peer::resume() {
  state_->paused = false;
  state_->readable();
}
SIOKIT_INLINE void peer::finish() {
  state_->finishing = true;
  state_->flush();
}
SIOKIT_INLINE void peer::close() {
  state_->closed = true;
  const bool unread = !state_->line->streams[1 - peer_end::side].arrived.empty();
  unread ? state_->line->reset(peer_end::side) : finish();
}
SIOKIT_INLINE void peer::reset() { state_->line->reset(peer_end::side); }
SIOKIT_INLINE void peer::half_open() { state_->line->fall_silent(); }
SIOKIT_INLINE flow& peer::in() { return state_->line->streams[peer_end::side].how; }
SIOKIT_INLINE flow& peer::out() { return state_->line->streams[1 - peer_end::side].how; }
SIOKIT_INLINE bool peer::open() const {
  return !state_->ended && !state_->was_reset && !state_->finishing && !state_->line->dead;
}
SIOKIT_INLINE bool peer::ended() const { return state_->ended; }
SIOKIT_INLINE bool peer::was_reset() const { return state_->was_reset; }
SIOKIT_INLINE std::size_t peer::unsent() const { return state_->outbox.size(); }
SIOKIT_INLINE link_id peer::link() const { return state_->id; }

// ---- time and luck --------------------------------------------------------------------------------------------------

SIOKIT_INLINE network::network(std::uint64_t seed) : seed_(seed), state_(seed) {}

SIOKIT_INLINE network::~network() {
  for (const std::weak_ptr<wire>& w : wires_)
    if (const auto live = w.lock()) live->ends[0] = live->ends[1] = nullptr;
}

SIOKIT_INLINE void network::add(const std::shared_ptr<wire>& w) {
  if (wires_.size() == wires_.capacity())
    std::erase_if(wires_, [](const std::weak_ptr<wire>& old) { return old.expired(); });
  wires_.push_back(w);
}

SIOKIT_INLINE std::int64_t network::unix_ms() const {
  return unix_offset_ + std::chrono::duration_cast<milliseconds>(now_.time_since_epoch()).count();
}
SIOKIT_INLINE void network::set_unix_ms(std::int64_t ms) { unix_offset_ += ms - unix_ms(); }

// SplitMix64 (Steele, Lea, Flood 2014): every seed is a good one.
SIOKIT_INLINE std::uint64_t network::random() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

SIOKIT_INLINE std::size_t network::piece(pieces how, std::size_t n) {
  if (n <= 1 || how == pieces::whole) return n;
  if (how == pieces::one) return 1;
  const std::size_t most[] = {2, 8, 64, 1500, n};
  return 1 + below((std::min)(n, most[below(5)]));
}

SIOKIT_INLINE bool network::later(const event& a, const event& b) {
  if (a.at != b.at) return a.at > b.at;
  return a.luck != b.luck ? a.luck > b.luck : a.order > b.order;
}

SIOKIT_INLINE void network::push(event e) {
  events_.push_back(std::move(e));
  std::push_heap(events_.begin(), events_.end(), later);
}

SIOKIT_INLINE void network::schedule(time_point at, host_state* owner, function<void()> f) {
  push({at < now_ ? now_ : at, shuffle_ ? random() : 0, order_++, owner, std::move(f)});
}

SIOKIT_INLINE void network::run_for(milliseconds length) {
  const time_point until = now_ + length;
  while (step(until)) continue;
  now_ = until;
}

SIOKIT_INLINE bool network::run_until(function<bool()> condition, milliseconds limit) {
  const time_point until = now_ + limit;
  while (!condition())
    if (!step(until)) {
      now_ = until;
      return condition();
    }
  return true;
}

SIOKIT_INLINE std::string network::where() const {
  char text[96];
  const double s = std::chrono::duration<double>(now_.time_since_epoch() - std::chrono::hours(1)).count();
  std::snprintf(text, sizeof text, "seed %llu, %.3f s, step %llu", static_cast<unsigned long long>(seed_), s,
                static_cast<unsigned long long>(counters_.steps));
  return text;
}

SIOKIT_INLINE void network::fail(const std::string& sentence) {
  const std::string whole = sentence + " (" + where() + ")";
  if (on_failure_) return on_failure_(whole);
  std::fprintf(stderr, "siokit sim: %s\n", whole.c_str());
  std::abort();
}

SIOKIT_INLINE void network::refuse(std::string name, std::uint16_t port) { listen(std::move(name), port, nullptr); }

SIOKIT_INLINE void network::forget(host_state* who) {
  std::erase_if(listeners_, [&](const auto& entry) { return entry.second == who; });
  std::erase_if(events_, [&](const event& e) { return e.owner == who; });
  std::make_heap(events_.begin(), events_.end(), later);
}

SIOKIT_INLINE bool network::resolve(std::string_view name, std::uint16_t port, host_state*& who) const {
  const auto found = listeners_.find({std::string(name), port});
  if (found == listeners_.end()) return false;
  who = found->second;
  return true;
}

}  // namespace sim

SIOKIT_NAMESPACE_END
#endif
