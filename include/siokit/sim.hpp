// A host in virtual time, for tests: any driver runs on links that are slow, cut into pieces, cut off, reset or silent,
// and hours pass in milliseconds. Everything random comes from one seed, which a failure prints.
// Hosts here go by edges only: they read a link until wants_read() is false, then after an action `read`; they write
// after an action `write`; they pump after a driver call and after wake. Who loses an edge hangs here.
// Bytes come in blocks of exactly their size, freed after the call; what gather() showed is written some events later.
// Not for production: no sockets, no clock. Containers of the standard library are used freely.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <siokit/core/function.hpp>
#include <siokit/driver.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sim {

class network;

/// In which pieces bytes are read, or written.
enum class pieces : std::uint8_t { whole, one, random };

/// How a link breaks.
enum class cut : std::uint8_t {
  reset,     // both ends notice
  half_open  // nobody notices: nothing is carried any more
};

inline constexpr std::size_t never_cut = ~std::size_t{0};

/// One direction of a link.
struct flow {
  milliseconds latency{0};
  /// Up to this much more, at random. Order is kept.
  milliseconds jitter{0};
  /// 0: no bound.
  std::size_t bytes_per_second = 0;
  /// Bytes that are under way or not read yet; the writer waits above.
  std::size_t window = 64 * 1024;
  /// How the receiving host gets them. Peers get what comes.
  sim::pieces pieces = pieces::whole;
  /// The link breaks when this many bytes have arrived.
  std::size_t cut_after = never_cut;
  sim::cut cut = cut::reset;
};

struct link_options {
  flow in;   // towards the host that accepts
  flow out;  // from it
  std::string address = "192.0.2.1";  // RFC 5737
  std::uint16_t port = 49152;
  bool secure = false;
};

struct host_options {
  /// How much of what gather() showed one write takes.
  sim::pieces writes = pieces::whole;
  /// Pumps sometimes only after further driver calls, reads into space() sometimes, and wakes up late by up to `slack`.
  bool erratic = false;
  milliseconds slack{0};
  /// False: the host has no entropy.
  bool entropy = true;
};

/// What a network counts, for tests that count.
struct counters {
  std::uint64_t steps = 0;
  std::uint64_t receives = 0;
  std::uint64_t gathers = 0;  // that showed something
  std::uint64_t writes = 0;
};

class wire;
class peer_end;
class host_state;

/// One end of a link.
class end {
 public:
  virtual void readable() = 0;  // bytes came, or the end of them
  virtual void writable() = 0;  // there is room in the window again
  virtual void broken() = 0;    // the link was reset

 protected:
  ~end() = default;
};

/// The far end of a link, in the hands of the test: a client that speaks bytes. A handle; copies are the same end.
class peer {
 public:
  peer() = default;
  /// Bytes to send. They leave as the window lets them.
  void send(std::string_view bytes);
  void send(bytes_view bytes) { send(as_text(bytes)); }
  /// All bytes that arrived and were not taken.
  const std::string& received() const;
  std::string take();
  /// Removes the first n bytes of received().
  void consume(std::size_t n);
  /// Called whenever something arrives: bytes, the end, a reset. Replaces the last one; empty: none.
  void on_change(function<void(peer)> f);
  /// Stops reading: the window fills, and the host's writes stand still.
  void pause();
  void resume();
  /// Sends no more, but reads on.
  void finish();
  /// Sends no more and reads no more: what still comes is answered with a reset.
  void close();
  void reset();
  /// The peer is gone without a word: a crash, a pulled cable.
  void half_open();
  /// Changes the two directions of the link from now on; cut_after counts all bytes so far.
  flow& in();
  flow& out();

  /// Neither end has ended or broken it.
  bool open() const;
  /// The host ended the link in order, and everything before the end was read.
  bool ended() const;
  bool was_reset() const;
  /// Bytes that are not on the way yet.
  std::size_t unsent() const;
  /// The id the driver gave it; 0 before it was accepted.
  link_id link() const;
  explicit operator bool() const { return state_ != nullptr; }
  bool operator==(const peer&) const = default;

 private:
  friend class host;
  friend class peer_end;
  explicit peer(std::shared_ptr<peer_end> state) : state_(std::move(state)) {}
  std::shared_ptr<peer_end> state_;
};

/// Virtual time, luck, and everything that is going to happen. Outlives its hosts.
class network {
 public:
  explicit network(std::uint64_t seed = 1);
  network(const network&) = delete;
  network& operator=(const network&) = delete;
  ~network();

  std::uint64_t seed() const { return seed_; }
  time_point now() const { return now_; }
  /// The wall clock, which hosts pass on. It may jump; nothing but dates may change.
  std::int64_t unix_ms() const;
  void set_unix_ms(std::int64_t ms);

  /// Does what is due now, and what that makes due now. No time passes.
  void settle() { run_for(milliseconds(0)); }
  void run_for(milliseconds length);
  /// Until the condition holds. False when it did not within the limit.
  bool run_until(function<bool()> condition, milliseconds limit = std::chrono::hours(1));
  /// One event; time jumps to it. False when there is none before `until`.
  bool step(time_point until = never);
  /// Called after every event: the place for invariants.
  void on_step(function<void()> f) { on_step_ = std::move(f); }
  /// Calls f when this much time has passed.
  void after(milliseconds length, function<void()> f) { schedule(now_ + length, nullptr, std::move(f)); }
  /// True: events of one moment happen in random order.
  void shuffle(bool on) { shuffle_ = on; }
  /// A host that dials this name and port is refused. Names nobody listens on are not resolved.
  void refuse(std::string name, std::uint16_t port);

  /// Luck from the seed.
  std::uint64_t random();
  /// 0 to n-1.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); }
  bool chance(unsigned in_a_thousand) { return below(1000) < in_a_thousand; }
  /// How many of n bytes are taken at once.
  std::size_t piece(pieces how, std::size_t n);

  /// Fails the run: prints the sentence with seed, time and step, and aborts, or calls what on_failure() was given.
  void fail(const std::string& sentence);
  void require(bool condition, const char* sentence) {
    if (!condition) fail(sentence);
  }
  void on_failure(function<void(const std::string&)> f) { on_failure_ = std::move(f); }
  /// "seed 7, 12.345 s, step 678".
  std::string where() const;
  const sim::counters& counters() const { return counters_; }

  // --- for hosts and links ---
  void schedule(time_point at, host_state* owner, function<void()> f);
  sim::counters& count() { return counters_; }
  void add(const std::shared_ptr<wire>& w);
  void listen(std::string name, std::uint16_t port, host_state* who) { listeners_[{std::move(name), port}] = who; }
  void forget(host_state* who);
  /// Whether somebody answers there; `who` is null when they refuse.
  bool resolve(std::string_view name, std::uint16_t port, host_state*& who) const;

 private:
  struct event {
    time_point at;
    std::uint64_t luck;   // of events at one time the smallest happens first
    std::uint64_t order;
    host_state* owner;    // its event waits while it is frozen; null: nobody's
    function<void()> run;
  };
  static bool later(const event& a, const event& b);
  void push(event e);

  std::uint64_t seed_;
  std::uint64_t state_;
  time_point now_{std::chrono::hours(1)};
  std::int64_t unix_offset_ = 1'700'000'000'000;
  bool shuffle_ = false;
  std::uint64_t order_ = 0;
  sim::counters counters_;
  std::vector<event> events_;  // a heap, the next one first
  std::vector<std::weak_ptr<wire>> wires_;
  std::map<std::pair<std::string, std::uint16_t>, host_state*, std::less<>> listeners_;
  function<void()> on_step_;
  function<void(const std::string&)> on_failure_;
};

/// An event loop for one driver. Driver and network outlive it.
class host {
 public:
  host(network&, driver&, const host_options& = {});
  host(const host&) = delete;
  host& operator=(const host&) = delete;
  ~host();

  /// A new link from outside. The driver's accept() is an event of its own, so this may be called from a handler.
  peer connect(const link_options& = {});
  /// Other hosts reach this one under a name and a port.
  void listen(std::string name, std::uint16_t port);
  /// How links behave that this host dials.
  void set_dial_options(const link_options&);
  /// Nothing happens in this host for a while: a VM pause, a blocked loop.
  void freeze(milliseconds length);
  host_options& options();

  /// Links the driver was told of and that are not over.
  std::size_t links() const;
  /// What hangs, for a failure message: links that are not read or written although the driver would have it, or whose
  /// peer does not read.
  std::string report() const;

 private:
  std::unique_ptr<host_state> state_;
};

}  // namespace sim

SIOKIT_NAMESPACE_END

#include <siokit/impl/sim.ipp>
#include <siokit/impl/sim_host.ipp>
