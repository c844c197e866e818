// The simulator itself, with a driver that echoes: what it carries, how links end, and that it catches a driver which
// loses an edge or talks of dead links.
#include <siokit/sim.hpp>

#include <deque>

#include "catch.hpp"

namespace {

using namespace siokit;
using namespace std::chrono_literals;

/// Sends back what it gets, and can be made to forget its duties.
class echo final : public driver {
 public:
  void bind(const host_services& h) override { host = h; }
  link_id accept(const link_info&, time_point) override {
    std::array<std::byte, 1> luck{};
    if (host.entropy == nullptr || !host.entropy(host.ctx, luck)) return {};
    const auto id = static_cast<link_id>(++last);
    links[id];
    return id;
  }
  void opened(link_id, time_point) override {}
  void receive(link_id id, std::span<std::byte> in, time_point) override {
    const frame f = frame::copy(blocks, frame_kind::raw, in);
    for (std::byte& b : in) b = std::byte{0};
    line& l = links[id];
    l.out.push_back(f);
    l.bytes += f.size();
    if (l.bytes > high) l.paused = true;
    if (lose_write && ++writes_asked > 1) return;
    wanted.push_back({action::kind::write, id, {}, 0});
  }
  void sent(link_id id, std::size_t n, time_point) override {
    line& l = links[id];
    l.bytes -= n;
    l.offset += n;
    while (!l.out.empty() && l.offset >= l.out.front().size()) {
      l.offset -= l.out.front().size();
      l.out.pop_front();
    }
    if (!l.paused || l.bytes > high) return;
    l.paused = false;
    if (!lose_read) wanted.push_back({action::kind::read, id, {}, 0});
  }
  void closed(link_id id, link_end how, int, time_point) override {
    ends.push_back(how);
    if (how != link_end::eof) links.erase(id);
    if (talk_of_the_dead) wanted.push_back({action::kind::write, id, {}, 0});
  }
  void advance(time_point now) override {
    fired.push_back(now);
    if (!stuck) next_tick = now + tick;
  }
  bool next(action& a) override {
    if (wanted.empty()) return false;
    a = wanted.front();
    wanted.pop_front();
    return true;
  }
  bool gather(link_id id, batch& b) override {
    line& l = links[id];
    std::size_t skip = l.offset;
    for (const frame& f : l.out) {
      if (b.full()) break;
      b.add(f, f.payload().subspan(std::exchange(skip, 0)));
    }
    return !b.empty();
  }
  bool wants_read(link_id id) const override {
    const auto found = links.find(id);
    return found != links.end() && !found->second.paused;
  }
  std::span<std::byte> space(link_id) override { return {}; }
  time_point deadline() const override { return next_tick; }
  deadline_reason why() const override { return timer::none; }

  struct line {
    std::deque<frame> out;
    std::size_t offset = 0;
    std::size_t bytes = 0;
    bool paused = false;
  };
  pool blocks;
  host_services host;
  std::map<link_id, line> links;
  std::deque<action> wanted;
  std::vector<link_end> ends;
  std::vector<time_point> fired;
  time_point next_tick = never;
  milliseconds tick{0};
  std::size_t high = 1000;
  std::uint64_t last = 0;
  int writes_asked = 0;
  bool lose_read = false, lose_write = false, talk_of_the_dead = false, stuck = false;
};

std::string pattern(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += static_cast<char>('a' + (i * 7 + i / 26) % 26);
  return out;
}

}  // namespace

TEST_CASE("the simulator carries every byte in order, however it is cut") {
  for (const sim::pieces in : {sim::pieces::whole, sim::pieces::one, sim::pieces::random})
    for (const sim::pieces out : {sim::pieces::whole, sim::pieces::one, sim::pieces::random})
      for (const bool rough : {false, true}) {
        sim::network net(7);
        net.shuffle(rough);
        echo machine;
        sim::host h(net, machine, {out, rough, rough ? 3ms : 0ms, true});
        sim::link_options how;
        how.in.pieces = in;
        how.in.window = 700;
        how.out.window = 300;
        how.in.latency = 20ms;
        if (rough) how.in.jitter = how.out.jitter = 15ms;
        if (rough) how.out.bytes_per_second = 20'000;
        sim::peer p = h.connect(how);
        const std::string all = pattern(5000);
        p.send(all);
        CHECK(net.run_until([&] { return p.received().size() == all.size(); }));
        CHECK(p.received() == all);
        CHECK(h.report().empty());
      }
}

TEST_CASE("the same seed gives the same run") {
  std::string traces[2];
  for (std::string& trace : traces) {
    sim::network net(99);
    net.shuffle(true);
    echo machine;
    sim::host h(net, machine, {sim::pieces::random, true, 2ms, true});
    sim::link_options how;
    how.in.pieces = sim::pieces::random;
    how.in.jitter = how.out.jitter = 50ms;
    sim::peer a = h.connect(how), b = h.connect(how);
    net.on_step([&] { trace += std::to_string(a.received().size()) + "/" + std::to_string(b.received().size()) +
        " "; });
    a.send(pattern(900));
    b.send(pattern(900));
    net.run_for(10s);
  }
  CHECK(traces[0] == traces[1]);
  CHECK(traces[0].size() > 100);
}

TEST_CASE("links end in order, by reset, by a cut, or not at all") {
  sim::network net;
  echo machine;
  sim::host h(net, machine);
  sim::peer p = h.connect();
  p.send("bye");
  p.finish();
  net.settle();
  CHECK(p.received() == "bye");
  CHECK(p.ended());
  CHECK(h.links() == 0);
  CHECK(machine.ends == std::vector<link_end>{link_end::eof, link_end::eof});

  machine.ends.clear();
  p = h.connect();
  net.settle();
  p.reset();
  net.settle();
  CHECK(machine.ends == std::vector<link_end>{link_end::reset});

  machine.ends.clear();
  sim::link_options how;
  how.in.cut_after = 3;
  p = h.connect(how);
  p.send("abcdef");
  net.settle();
  CHECK(p.was_reset());
  CHECK(h.links() == 0);

  how.in.cut = sim::cut::half_open;
  p = h.connect(how);
  p.send("abcdef");
  net.run_for(1h);
  CHECK_FALSE(p.was_reset());
  CHECK(p.received().empty());
  CHECK(h.links() == 1);
}

TEST_CASE("a peer that closes with data on its way to it resets the link") {
  sim::network net;
  echo machine;
  sim::host h(net, machine);
  sim::link_options how;
  how.in.latency = how.out.latency = 10ms;
  sim::peer p = h.connect(how);
  p.send("x");
  net.run_for(15ms);
  p.close();
  net.run_for(1s);
  CHECK(h.links() == 0);
  CHECK(p.received().empty());
}

TEST_CASE("a slow reader holds back the writer, and only it") {
  sim::network net;
  echo machine;
  sim::host h(net, machine);
  sim::link_options slow;
  slow.out.window = 100;
  sim::peer p = h.connect(slow), q = h.connect();
  p.pause();
  p.send(pattern(3000));
  q.send("quick");
  net.run_for(1min);
  CHECK(q.received() == "quick");
  CHECK(p.received().empty());
  p.resume();
  net.run_for(1min);
  CHECK(p.received() == pattern(3000));
}

TEST_CASE("time jumps to the deadline, a frozen host is late, the wall clock may jump") {
  sim::network net;
  echo machine;
  machine.tick = 25s;
  machine.next_tick = net.now() + 25s;
  sim::host h(net, machine);
  sim::peer p = h.connect();  // a driver call, after which the deadline is looked at
  const time_point start = net.now();
  net.run_for(24h);
  CHECK(machine.fired.size() == 3456);
  CHECK(machine.fired.front() == start + 25s);
  const std::int64_t before = net.unix_ms();
  net.set_unix_ms(before - 3'600'000);
  CHECK(net.unix_ms() == before - 3'600'000);
  h.freeze(10min);
  const std::size_t fired = machine.fired.size();
  net.run_for(9min);
  CHECK(machine.fired.size() == fired);
  net.run_for(61s);
  CHECK(machine.fired.size() == fired + 1);
}

TEST_CASE("a lost edge hangs, and a dead link is not to be spoken of") {
  std::string failure;
  SECTION("the read edge") {
    sim::network net;
    echo machine;
    machine.lose_read = true;
    machine.high = 100;
    sim::host h(net, machine);
    sim::link_options how;
    how.in.window = 500;
    sim::peer p = h.connect(how);
    p.send(pattern(5000));
    CHECK_FALSE(net.run_until([&] { return p.received().size() == 5000; }));
    CHECK(h.report() == "a link waits for an action read; ");
  }
  SECTION("the write edge") {
    sim::network net;
    echo machine;
    machine.lose_write = true;
    sim::host h(net, machine);
    sim::peer p = h.connect();
    p.send("a");
    net.settle();
    CHECK(p.received() == "a");
    p.send("b");
    net.run_for(1s);
    CHECK(p.received() == "a");
    CHECK(h.report() == "a link waits for an action write; ");
  }
  SECTION("an action for a dead link") {
    sim::network net(5);
    net.on_failure([&](const std::string& what) { failure = what; });
    echo machine;
    machine.talk_of_the_dead = true;
    sim::host h(net, machine);
    sim::peer p = h.connect();
    net.settle();
    p.reset();
    net.settle();
    CHECK(failure.find("an action for a dead link: write (seed 5, ") == 0);
  }
  SECTION("a deadline that stays in the past") {
    sim::network net;
    net.on_failure([&](const std::string& what) { failure = what; });
    echo machine;
    machine.stuck = true;
    machine.next_tick = net.now() - 1s;
    sim::host h(net, machine);
    h.connect();
    net.settle();
    CHECK(failure.find("deadline() stays in the past") == 0);
  }
}

TEST_CASE("without entropy no link is accepted") {
  sim::network net;
  echo machine;
  sim::host h(net, machine, {sim::pieces::whole, false, 0ms, false});
  sim::peer p = h.connect();
  net.settle();
  CHECK(p.was_reset());
  CHECK(h.links() == 0);
}
