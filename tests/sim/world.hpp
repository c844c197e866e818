// A simulated afternoon: one server, many clients of all kinds, and everything that goes wrong on networks. What must
// hold is checked after every step, and again when all is over:
//
//   numbered messages arrive in order, each at most once, both ways; a client that lives missed none
//   every acknowledgement is answered, timed out or failed, exactly once
//   what the server counts as queued is what its queues hold; nothing is asked of dead links (the host sees to that)
//   when everybody has left, nothing is left
#pragma once

#include <memory>
#include <set>

#include <siokit/server.hpp>

#include "sim/client.hpp"
#include "sim/counting_memory.hpp"

namespace sim_client {

struct world_options {
  std::size_t clients = 50;
  unsigned faults = 20;  // in a thousand actions of a client
  siokit::milliseconds length{60'000};
  bool rough = true;     // latency, jitter, random pieces, an erratic host
};

class world {
 public:
  world(std::uint64_t seed, const world_options& o) : net_(seed), options_(o), io_(make_options()) {
    net_.shuffle(o.rough);
    net_.on_failure([this](const std::string& what) { wrong(what); });
    handlers();
    siokit::sim::host_options how;
    if (o.rough) how = {siokit::sim::pieces::random, true, siokit::milliseconds(5), true};
    host_ = std::make_unique<host>(net_, io_->driver(), how);
    net_.on_step([this] { check_step(); });
  }

  /// Empty when all held.
  std::string operator()() {
    for (std::size_t i = 0; i < options_.clients && error_.empty(); ++i)
      net_.after(siokit::milliseconds(net_.below(5000)), [this, i] { enter(i); });
    net_.after(siokit::milliseconds(100), [this] { act_server(); });
    (void)net_.run_until([this] { return !error_.empty(); }, options_.length);
    ended_ = true;
    if (error_.empty()) (void)net_.run_until([this] { return !error_.empty(); }, siokit::milliseconds(20'000));
    if (error_.empty()) check_calm();
    for (auto& c : people_) c->wire.reset();
    if (error_.empty()) (void)net_.run_until([this] { return !error_.empty(); }, siokit::milliseconds(300'000));
    if (error_.empty()) check_end();
    const std::string where = net_.where();
    people_.clear();
    host_.reset();
    io_.reset();
    if (error_.empty() && (memory_.live != 0 || memory_.mistaken))
      wrong("memory is left over: " + std::to_string(memory_.live));
    return error_.empty() ? error_ : error_ + " (" + where + ")";
  }

  std::size_t delivered() const { return delivered_; }
  std::size_t lost() const { return lost_; }

 private:
  struct person {
    person(network& n, host& h, way how, link_options o) : wire(n, h, how, std::move(o)) {}
    client wire;
    std::size_t number = 0;
    long long said = 0;       // numbers sent
    long long heard = 0;      // the last number that came back
    long long news = 0;       // the last broadcast
    std::map<long long, bool> asked;  // ack id -> answered
    long long next_id = 0;
    bool faulty = false;      // something was done to it
  };
  struct question {
    int answers = 0;
  };

  static constexpr long long each_blob = 3;

  std::unique_ptr<siokit::server> make_options() {
    siokit::server_options o;
    o.ping_interval = siokit::milliseconds(5'000);
    o.ping_timeout = siokit::milliseconds(4'000);
    o.memory = memory_.hooks();
    o.limits.max_queued = 200'000;
    o.limits.high_water = 50'000;
    o.limits.low_water = 10'000;
    return std::make_unique<siokit::server>(o);
  }
  void wrong(const std::string& what) {
    if (error_.empty()) error_ = what;
  }

  // --- the server ---
  void handlers() {
    io_->on_connect([](siokit::socket& s) { (void)s.join("all"); });
    io_->on_disconnect([this](siokit::socket& s, siokit::close_reason why) {
      reasons_ += ", " + std::string(s.id().view()) + " " + std::string(siokit::text(why));
    });
    io_->on("say", [this](siokit::socket& s, long long n) {
      long long& last = s.data<long long>();
      if (n != last + 1) wrong("the server heard " + std::to_string(n) + " after " + std::to_string(last));
      last = n;
      (void)s.emit("back", n);
    });
    io_->on("ask", [](long long n) { return n * 2; });
    io_->on("blob", [](siokit::socket& s, long long n, siokit::bytes_view a, siokit::bytes_view b) {
      (void)s.emit("blob", n, siokit::bytes(b.begin(), b.end()), siokit::bytes(a.begin(), a.end()));
    });
    io_->on_error([this](siokit::socket&, std::string_view event, siokit::errc e, std::string_view) {
      if (e != siokit::errc::not_connected)
        wrong("error at " + std::string(event) + ": " + std::string(siokit::text(e)));
    });
  }
  void act_server() {
    if (ended_) return;
    switch (net_.below(6)) {
      case 0: io_->to("all").emit("news", ++news_); break;
      case 1: io_->volatile_().emit("tick", ++ticks_); break;
      case 2: ask_somebody(); break;
      case 3: ask_everybody(); break;
      default: break;
    }
    net_.after(siokit::milliseconds(50 + net_.below(400)), [this] { act_server(); });
  }
  void ask_somebody() {
    std::size_t n = io_->size() == 0 ? 0 : net_.below(io_->size());
    io_->each_socket([&](siokit::socket& s) {
      if (n-- != 0) return;
      const std::size_t mine = questions_.size();
      questions_.push_back({});
      const auto answered = [this, mine](siokit::result<long long> got) {
        if (++questions_[mine].answers > 1) wrong("an acknowledgement came twice");
        if (got && *got != static_cast<long long>(mine)) wrong("an acknowledgement went to another question");
      };
      siokit::delivery d{};
      if (net_.chance(500))
        d = s.timeout(siokit::milliseconds(1 + net_.below(3000))).emit("question", mine, siokit::on_ack(answered));
      else
        d = s.emit("question", mine, siokit::on_ack(answered));
      (void)d;
    });
  }
  void ask_everybody() {
    const std::size_t mine = rounds_.size();
    rounds_.push_back(0);
    io_->timeout(siokit::milliseconds(1 + net_.below(3000)))
        .emit("question", mine, siokit::on_each_ack<long long>(
            [this, mine](const siokit::socket_id&, siokit::result<long long> got) {
              if (rounds_[mine] != 0) wrong("an answer after the end of a broadcast's acknowledgements");
              if (got && *got != static_cast<long long>(mine)) wrong("a broadcast's acknowledgement went elsewhere");
            },
            [this, mine](std::size_t) {
              if (++rounds_[mine] > 1) wrong("a broadcast's acknowledgements ended twice");
            }));
  }

  // --- the clients ---
  void enter(std::size_t i) {
    if (ended_) return;
    const way how = static_cast<way>(net_.below(3));
    link_options o;
    if (options_.rough) {
      o.in.latency = o.out.latency = siokit::milliseconds(net_.below(200));
      o.in.jitter = o.out.jitter = siokit::milliseconds(net_.below(100));
      o.in.pieces = siokit::sim::pieces::random;
      if (net_.chance(200)) o.out.bytes_per_second = 50'000 + net_.below(50'000);
      if (net_.chance(200)) o.out.window = 4000 + net_.below(8000);
      if (net_.below(1000) < options_.faults) {
        o.in.cut_after = net_.below(4000);
        if (net_.chance(300)) o.in.cut = siokit::sim::cut::half_open;
      }
      if (net_.below(1000) < options_.faults) o.out.cut_after = net_.below(4000);
      if (net_.below(1000) < options_.faults) o.out.bytes_per_second = 10 + net_.below(500);
      if (net_.below(1000) < options_.faults) o.out.window = 100 + net_.below(1000);
    }
    const bool slow = o.out.window < 4000 || (o.out.bytes_per_second != 0 && o.out.bytes_per_second < 50'000);
    const bool doomed = slow || o.in.cut_after != siokit::sim::never_cut || o.out.cut_after != siokit::sim::never_cut;
    people_.push_back(std::make_unique<person>(net_, *host_, how, o));
    person& p = *people_.back();
    p.number = i;
    p.faulty = doomed;
    p.wire.on_packet = [this, &p](client&, const std::string& text, const std::vector<std::string>& bytes) {
      hear(p, text, bytes);
    };
    p.wire.start();
    net_.after(siokit::milliseconds(500), [this, &p] { act(p); });
  }
  void act(person& p) {
    if (ended_ || p.wire.gone) return;
    if (p.wire.connected) {
      const std::size_t what = net_.below(12);
      if (what < 5) {
        p.wire.send("2[\"say\"," + std::to_string(++p.said) + "]");
      } else if (what < 8) {
        p.asked[p.next_id] = false;
        p.wire.send("2" + std::to_string(p.next_id) + "[\"ask\"," + std::to_string(p.next_id) + "]");
        ++p.next_id;
      } else if (what == 8) {
        const std::string a(net_.below(300), 'a'), b(net_.below(300), 'b');
        p.wire.send("52-[\"blob\"," + std::to_string(a.size() * 1000 + b.size()) +
                        ",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", {a, b});
      }
    }
    if (net_.below(1000) < options_.faults) fault(p);
    net_.after(siokit::milliseconds(20 + net_.below(800)), [this, &p] { act(p); });
  }
  void fault(person& p) {
    switch (net_.below(5)) {
      case 0: p.faulty = true; p.wire.reset(); break;
      case 1: p.faulty = true; p.wire.vanish(); break;
      case 2: p.faulty = true; p.wire.close(); break;
      case 3: p.faulty = true; p.wire.answers_pings = false; break;
      default: {
        p.wire.pause();
        p.faulty = true;  // its pings may time out
        net_.after(siokit::milliseconds(net_.below(8000)), [&p] { p.wire.resume(); });
        break;
      }
    }
  }
  static long long number_in(const std::string& text, std::size_t at) {
    long long n = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') n = n * 10 + (text[at++] - '0');
    return n;
  }
  void hear(person& p, const std::string& text, const std::vector<std::string>& bytes) {
    ++delivered_;
    const std::string who = "client " + std::to_string(p.number) + " ";
    if (text.rfind("2[\"back\",", 0) == 0) {
      const long long n = number_in(text, 9);
      if (n != p.heard + 1) wrong(who + "heard " + text + " after " + std::to_string(p.heard));
      p.heard = n;
    } else if (text.rfind("2[\"news\",", 0) == 0) {
      const long long n = number_in(text, 9);
      if (n <= p.news || (p.news != 0 && n != p.news + 1))
        wrong(who + "heard " + text + " after " + std::to_string(p.news));
      p.news = n;
    } else if (text.rfind("2[\"tick\",", 0) == 0) {
    } else if (text[0] == '3') {
      const long long id = number_in(text, 1);
      const auto found = p.asked.find(id);
      if (found == p.asked.end() || found->second) return wrong(who + "got an unasked acknowledgement: " + text);
      found->second = true;
      if (number_in(text, text.find('[') + 1) != id * 2) wrong(who + "got another's acknowledgement: " + text);
    } else if (text.rfind("52-[\"blob\",", 0) == 0) {
      const long long n = number_in(text, 11);
      if (bytes.size() != 2 || bytes[0] != std::string(static_cast<std::size_t>(n % 1000), 'b') ||
          bytes[1] != std::string(static_cast<std::size_t>(n / 1000), 'a'))
        wrong(who + "got damaged attachments");
    } else if (text[0] == '2' && text.find("[\"question\",") != std::string::npos) {
      const std::string id = text.substr(1, text.find('[') - 1);
      if (net_.chance(700)) p.wire.send("3" + id + "[" + std::to_string(number_in(text, text.find(',') + 1)) + "]");
    } else if (text[0] == '1') {
      p.faulty = true;
    } else {
      wrong(who + "got " + text);
    }
  }

  // --- what must hold ---
  void check_step() {
    std::size_t told = 0;
    io_->each_socket([&](siokit::socket& s) { told += s.queued_bytes(); });
    if (!io_->consistent()) wrong("the counts of queued bytes, polls and links do not agree");
    if (told > options_.clients * 300'000) wrong("more is queued than the limits allow");
    for (const auto& p : people_)
      if (p->wire.overlapping != 0) wrong("a poll was answered twice");
  }
  /// Nothing was done for a while: whoever lives has everything.
  void check_calm() {
    for (const auto& p : people_) {
      if (p->faulty) continue;
      const std::string who = "client " + std::to_string(p->number) + " ";
      if (p->wire.gone)
        return wrong(who + "was closed although nothing was done to it: " + p->wire.why + "; the server saw" +
            reasons_ + "; it was " + p->wire.id);
      if (!p->wire.connected) return wrong(who + "never connected; " + host_->report());
      if (p->heard != p->said)
        return wrong(who + "said " + std::to_string(p->said) + " and heard " + std::to_string(p->heard) + "; " +
            host_->report());
      for (const auto& [id, answered] : p->asked)
        if (!answered) return wrong(who + "waits for acknowledgement " + std::to_string(id));
    }
  }
  void check_end() {
    if (io_->size() != 0) wrong("sockets are left over");
    if (host_->links() != 0) wrong("links are left over; " + host_->report());
    for (std::size_t i = 0; i < questions_.size(); ++i)
      if (questions_[i].answers != 1)
        wrong("question " + std::to_string(i) + " was answered " + std::to_string(questions_[i].answers) + " times");
    for (std::size_t i = 0; i < rounds_.size(); ++i)
      if (rounds_[i] != 1)
        wrong("the acknowledgements of broadcast " + std::to_string(i) + " ended " + std::to_string(rounds_[i]) +
            " times");
    for (const auto& p : people_) lost_ += p->faulty ? 1 : 0;
  }

  counting_memory memory_;
  network net_;
  world_options options_;
  std::unique_ptr<siokit::server> io_;
  std::unique_ptr<host> host_;
  std::vector<std::unique_ptr<person>> people_;
  std::deque<question> questions_;
  std::deque<int> rounds_;
  long long news_ = 0, ticks_ = 0;
  std::size_t delivered_ = 0, lost_ = 0;
  bool ended_ = false;
  std::string reasons_;
  std::string error_;
};

}  // namespace sim_client
