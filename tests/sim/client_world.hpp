// A simulated afternoon of siokit clients and a siokit server, each a machine of its own on a bad network: links are slow,
// cut, silent; hosts stand still; clocks jump; the server dies and comes back; users connect and disconnect. Then all is
// well again for a while, and everybody leaves. What must hold, the whole time and at the end:
//
//   every acknowledgement is answered, timed out, cancelled or failed, exactly once
//   events are delivered at most once and in order; those with retries at least once, first deliveries in order
//   on_connect and on_disconnect alternate, and events come between them only
//   when all is well everybody reconnects and is answered; who closed has no link, no queue, no timer and no callback
//   the states, links, timers and counts of each machine agree, and no machine breaks the protocol
#pragma once

#include <map>
#include <memory>
#include <set>

#include <siokit/client.hpp>
#include <siokit/server.hpp>
#include <siokit/sim.hpp>

#include "sim/counting_memory.hpp"

namespace sim_client {

struct client_world_options {
  std::size_t clients = 3;
  unsigned faults = 150;  // in a thousand actions
  siokit::milliseconds length{30'000};
  bool rough = true;      // latency, jitter, random pieces, erratic hosts
};

class client_world {
 public:
  using ms = siokit::milliseconds;

  client_world(std::uint64_t seed, const client_world_options& o) : net_(seed), options_(o) {
    net_.shuffle(o.rough);
    net_.on_failure([this](const std::string& what) { wrong(what); });
    start_server();
    net_.on_step([this] { check_step(); });
  }

  /// Empty when all held.
  std::string operator()() {
    for (std::size_t i = 0; i < options_.clients; ++i)
      net_.after(ms(net_.below(3000)), [this, i] { enter(i); });
    if (options_.faults != 0) net_.after(ms(4000), [this] { trouble(); });
    run(options_.length);
    well_ = true;
    heal();
    run(ms(60'000));
    for (auto& p : people_) ask_last(*p);
    run(ms(20'000));
    if (error_.empty()) check_well();
    for (auto& p : people_) leave(*p);
    run(ms(90'000));
    if (error_.empty()) check_end();
    const std::string where = net_.where();
    for (auto& p : people_) destroy(*p);
    server_.reset();
    people_.clear();
    if (error_.empty() && (memory_.live != 0 || memory_.mistaken))
      wrong("memory is left over: " + std::to_string(memory_.live));
    return error_.empty() ? error_ : error_ + " (" + where + ")";
  }

  std::size_t connects() const { return connects_; }
  std::size_t disconnects() const { return disconnects_; }
  std::size_t answered() const { return answered_; }
  std::size_t failed() const { return failed_; }
  std::size_t repeated() const { return repeated_; }
  std::size_t upgrades() const { return upgrades_; }

 private:
  struct place {  // a socket of a client, as its program sees it
    siokit::client_socket* socket = nullptr;
    std::string name;
    bool in = false;
    long long news = 0;
  };
  struct person {
    std::size_t number = 0;
    std::unique_ptr<siokit::client> io;
    std::unique_ptr<siokit::sim::host> host;
    place main, sure;     // "/", and "/sure", which retries
    long long said = 0;   // numbers emitted
    long long must = 0;   // numbers emitted that have to arrive
    bool closed = false;  // close() was called, and connect() was not since
    bool gone = false;    // and its last callbacks came
    int last = 0;         // answers to the last question
  };
  struct heard {          // what the program behind the server remembers of a client
    std::set<long long> said;
    long long must = 0;
  };
  struct belonging {      // what it keeps with a socket
    long long said = 0;
    long long news = 0;
  };
  struct question {
    std::string what;
    int answers = 0;
    siokit::ack_ref ref;
  };
  struct machine {
    machine(siokit::sim::network& n, const siokit::server_options& o, const siokit::sim::host_options& how)
        : io(o), host(n, io.driver(), how) {}
    siokit::server io;
    siokit::sim::host host;
  };

  void run(ms length) {
    if (error_.empty()) (void)net_.run_until([this] { return !error_.empty(); }, length);
  }
  void wrong(const std::string& what) {
    if (error_.empty()) error_ = what;
  }
  siokit::sim::host_options how() {
    if (!options_.rough) return {};
    return {siokit::sim::pieces::random, true, ms(5), true};
  }

  // --- the server ---
  void start_server() {
    siokit::server_options o;
    o.ping_interval = ms(5'000);
    o.ping_timeout = ms(4'000);
    o.memory = memory_.hooks();
    server_ = std::make_unique<machine>(net_, o, how());
    kicked_ = false;
    server_->io.on_log([this](auto, std::string_view text) {
      // What a client says before it hears that it was disconnected is nothing of its own making.
      if (kicked_ && text.ends_with(siokit::text(siokit::errc::sio_not_joined))) return;
      wrong("the server logs: " + std::string(text));
    });
    for (const char* const name : {"/", "/sure"}) {
      siokit::nsp& n = server_->io.of(name);
      n.on("say", [this](siokit::socket& s, long long who, long long i) {
        hear(s, who, i);
        (void)s.emit("news", ++s.data<belonging>().news);
      });
      n.on("must", [this](long long who, long long i) {
        heard& h = heard_[who];
        if (i > h.must + 1) wrong("the server heard number " + std::to_string(i) + " first, after " + std::to_string(h.must));
        if (i <= h.must) ++repeated_;
        if (i == h.must + 1) h.must = i;
        return i;
      });
      n.on("ask", [](siokit::socket& s, long long i) {
        (void)s.emit("question", i, siokit::on_ack([](siokit::result<long long>) {}));
        return i * 2;
      });
      n.on("blob", [this](siokit::socket& s, long long who, long long i, siokit::bytes_view a, siokit::bytes_view b) {
        hear(s, who, i);
        const siokit::bytes_view longer = a.size() > b.size() ? a : b;
        return siokit::bytes(longer.begin(), longer.end());
      });
    }
    server_->host.listen("server", 80);
  }
  void hear(siokit::socket& s, long long who, long long i) {
    // What an old session had under way may come behind what a new one brings.
    if (!heard_[who].said.insert(i).second) wrong("the server heard " + std::to_string(i) + " twice");
    belonging& of = s.data<belonging>();
    if (i <= of.said) wrong("the server heard " + std::to_string(i) + " after " + std::to_string(of.said));
    of.said = i;
  }

  // --- the clients ---
  void enter(std::size_t number) {
    people_.push_back(std::make_unique<person>());
    person& p = *people_.back();
    p.number = number;
    siokit::client_options o;
    using siokit::eio::transport;
    const std::size_t kind = net_.below(4);
    if (kind == 0) o.transports = {transport::polling};
    if (kind == 1) o.transports = {transport::websocket};
    o.remember_upgrade = net_.chance(200);
    o.try_all_transports = net_.chance(200);
    o.force_base64 = net_.chance(150);
    o.timeout = ms(8'000);
    o.join_timeout = ms(8'000);
    o.upgrade_timeout = ms(4'000);
    o.memory = memory_.hooks();
    o.with_credentials = net_.chance(300);
    if (options_.faults != 0 && net_.chance(300)) {  // what is emitted in a hurry finds no room, or waits for it
      o.limits.high_water = 400;
      o.limits.low_water = 200;
      o.limits.max_queued = 1'000;
    }
    p.io = std::make_unique<siokit::client>("http://server", o);
    siokit::client_socket_options sure;
    sure.retries = 1'000'000;
    sure.ack_timeout = ms(net_.chance(500) ? 3'000 : 0);
    p.main = {p.io.get(), "/"};
    p.sure = {&p.io->of("/sure", sure), "/sure"};
    listen(p, p.main);
    listen(p, p.sure);
    p.io->on_upgrade([this, &p] {
      note(p, "an upgrade");
      ++upgrades_;
      if (!well_) say(p, p.main);
    });
    p.io->on_open([this, &p] { note(p, "an open session"); });
    p.io->on_ping([this, &p] { note(p, "a ping"); });
    p.io->on_reconnect_attempt([this, &p](std::uint32_t) { note(p, "an attempt"); });
    p.io->on_close([this, &p](siokit::close_reason why) {
      if (p.gone) wrong("on_close after the end");
      if (why == siokit::close_reason::parse_error) wrong("a client did not understand its server");
    });
    p.io->on_error([this](siokit::client_socket&, std::string_view event, siokit::errc e, std::string_view) {
      if (e != siokit::errc::queue_full) wrong("error at " + std::string(event) + ": " + std::string(siokit::text(e)));
    });
    p.host = std::make_unique<siokit::sim::host>(net_, p.io->driver(), how());
    p.host->set_dial_options(links());
    net_.after(ms(10), [this, &p] { act(p); });
  }
  void note(person& p, const char* what) {
    if (p.closed) wrong("client " + std::to_string(p.number) + " was told of " + what + " after close()");
  }
  void listen(person& p, place& at) {
    const std::string who = "client " + std::to_string(p.number) + at.name + " ";
    at.socket->on_connect([this, &p, &at, who] {
      note(p, "a connect");
      if (std::exchange(at.in, true)) wrong(who + "connected twice");
      if (!at.socket->connected() || at.socket->id().empty()) wrong(who + "is told of a connect and is not connected");
      at.news = 0;
      ++connects_;
      if (net_.chance(30)) return toggle(p, at);
      if (!well_ && net_.chance(300)) say(p, at);
      // While a session is upgraded, too, something is on its way.
      if (net_.chance(300))
        for (int i = 1; i < 12; ++i) net_.after(ms(40 * i), [this, &p] { say_now(p); });
    });
    at.socket->on_disconnect([this, &p, &at, who](siokit::close_reason) {
      if (p.gone) wrong(who + "on_disconnect after the end");
      if (!std::exchange(at.in, false)) wrong(who + "disconnected, and was not connected");
      ++disconnects_;
      if (well_ && !p.closed && !at.socket->active()) at.socket->connect();  // the server's word was under way
      if (!p.closed && net_.chance(100)) toggle(p, at);
      if (!p.closed && !well_ && net_.chance(300)) say(p, at);
    });
    at.socket->on_connect_error([this, &p, &at, who](const siokit::connect_error& e) {
      note(p, "an error");
      if (e.message.empty() || e.cause == siokit::errc::none) wrong(who + "got an error that says nothing");
      if (at.in) wrong(who + "got a connect error while connected");
      if (net_.chance(30)) toggle(p, at);
    });
    at.socket->on("news", [this, &p, &at, who](long long n) {
      note(p, "an event");
      // What came before the answer to CONNECT is delivered right before on_connect.
      if (!at.socket->connected()) wrong(who + "heard news and is not connected");
      if (at.in && n != at.news + 1) wrong(who + "heard news " + std::to_string(n) + " after " + std::to_string(at.news));
      at.news = n;
    });
    at.socket->on("question", [this, &p, &at, who](siokit::client_socket& s, long long n) {
      note(p, "an event");
      if (!at.socket->connected()) wrong(who + "heard a question and is not connected");
      if (&s != at.socket) wrong(who + "hears another's question");
      if (net_.chance(20)) toggle(p, at);
      return n;
    });
  }
  void toggle(person& p, place& at) {
    if (well_ || p.closed || options_.faults == 0) return;
    at.socket->active() ? at.socket->disconnect() : at.socket->connect();
    if (net_.chance(500) && !at.socket->active()) at.socket->connect();
  }
  void say(person& p, place& at) {
    if (&at == &p.sure)
      must(p);
    else
      (void)p.main.socket->emit("say", p.number, ++p.said);
  }
  void say_now(person& p) {
    if (!well_ && !p.closed) say(p, p.main);
  }
  void must(person& p) {
    const std::size_t mine = ask_for("must " + std::to_string(p.must + 1));
    const long long n = p.must + 1;
    const siokit::delivery d = p.sure.socket->emit("must", p.number, n, siokit::on_ack([this, mine, n](siokit::result<long long> got) {
      answer(mine, got ? siokit::errc::none : got.error());
      if (got ? *got != n : got.error() != siokit::errc::queue_full) wrong(questions_[mine].what + " was not acknowledged as it should");
    }));
    if (d != siokit::delivery::refused) p.must = n;
  }
  std::size_t ask_for(std::string what) {
    questions_.push_back({std::move(what), 0, {}});
    return questions_.size() - 1;
  }
  void answer(std::size_t mine, siokit::errc e) {
    question& q = questions_[mine];
    if (++q.answers > 1) wrong(q.what + " was answered twice");
    ++(e == siokit::errc::none ? answered_ : failed_);
    using siokit::errc;
    if (e != errc::none && e != errc::ack_timeout && e != errc::ack_disconnected && e != errc::ack_cancelled &&
        e != errc::volatile_dropped && e != errc::queue_full)
      wrong(q.what + " failed: " + std::string(siokit::text(e)));
  }
  void ask(person& p) {
    const std::size_t mine = ask_for("question " + std::to_string(questions_.size()) + " of client " + std::to_string(p.number));
    const auto n = static_cast<long long>(mine);
    const auto told = [this, mine, n](siokit::result<long long> got) {
      answer(mine, got ? siokit::errc::none : got.error());
      if (got && *got != n * 2) wrong(questions_[mine].what + " got another's answer");
    };
    siokit::client_socket& s = *p.main.socket;
    siokit::ack_ref& ref = questions_[mine].ref;
    siokit::delivery d{};
    switch (net_.below(4)) {
      case 0: d = s.emit("ask", n, siokit::on_ack(told).into(ref)); break;
      case 1: d = s.volatile_().emit("ask", n, siokit::on_ack(told)); break;
      default: d = s.timeout(ms(net_.below(4000))).emit("ask", n, siokit::on_ack(told).into(ref)); break;
    }
    (void)d;
    if (net_.chance(200)) net_.after(ms(net_.below(2000)), [this, mine] { questions_[mine].ref.cancel(); });
  }
  void blob(person& p) {
    const std::size_t mine = ask_for("blob");
    const std::string a(net_.below(3000), 'a'), b(net_.below(100), 'b');
    const std::string back = a.size() > b.size() ? a : b;
    const auto told = [this, mine, back](siokit::result<siokit::bytes> got) {
      answer(mine, got ? siokit::errc::none : got.error());
      if (got && siokit::as_text(*got) != back) wrong("a blob came back damaged");
    };
    (void)p.main.socket->emit("blob", p.number, ++p.said, siokit::as_bytes(a), siokit::as_bytes(b), siokit::on_ack(told));
  }
  void act(person& p) {
    if (well_) return;
    if (!p.closed) {
      switch (net_.below(8)) {
        case 0: say(p, p.main); break;
        case 1:
          for (std::size_t i = 1 + net_.below(8); i != 0; --i) say(p, p.main);
          break;
        case 2: must(p); break;
        case 3:
        case 4: ask(p); break;
        case 5: blob(p); break;
        default: break;
      }
    }
    if (net_.below(1000) < options_.faults) fault(p);
    net_.after(ms(20 + net_.below(700)), [this, &p] { act(p); });
  }

  // --- what goes wrong ---
  siokit::sim::link_options links() {
    siokit::sim::link_options o;
    if (!options_.rough) return o;
    for (siokit::sim::flow* const f : {&o.in, &o.out}) {
      f->latency = ms(net_.below(150));
      f->jitter = ms(net_.below(100));
      f->pieces = siokit::sim::pieces::random;
      // A window of 200 bytes carries a few hundred of them a second: blobs then hold pongs back until time is up.
      if (well_ || options_.faults == 0) continue;
      if (net_.chance(100)) f->bytes_per_second = 2'000 + net_.below(50'000);
      if (net_.chance(100)) f->window = 200 + net_.below(2000);
      if (net_.below(2000) < options_.faults) {
        f->cut_after = net_.below(4000);
        if (net_.chance(300)) f->cut = siokit::sim::cut::half_open;
      }
    }
    return o;
  }
  void fault(person& p) {
    switch (net_.below(6)) {
      case 0:
      case 1: return p.host->set_dial_options(links());
      case 2: return p.host->freeze(ms(net_.below(15'000)));
      case 3: return toggle(p, p.main);
      case 4: return toggle(p, p.sure);
      default:
        if (std::exchange(p.closed, !p.closed)) {
          p.main.socket->connect();
          if (net_.chance(500)) p.sure.socket->connect();
        } else {
          p.io->close();
        }
    }
  }
  void trouble() {
    if (well_) return;
    const std::size_t what = net_.below(100);
    if (what < 15 && server_ != nullptr) {
      server_.reset();
      if (net_.chance(500)) net_.refuse("server", 80);
      net_.after(ms(net_.below(9'000)), [this] {
        if (server_ == nullptr) start_server();
      });
    } else if (what < 25 && server_ != nullptr) {
      server_->host.freeze(ms(net_.below(12'000)));
    } else if (what < 35 && server_ != nullptr) {
      server_->io.disconnect_sockets(net_.chance(500));
      kicked_ = true;
    } else if (what < 45) {
      net_.set_unix_ms(static_cast<std::int64_t>(net_.below(4'000'000'000)) * 1000);
    }
    net_.after(ms(200 + net_.below(4000)), [this] { trouble(); });
  }

  // --- all is well again ---
  void heal() {
    if (!error_.empty()) return;
    if (server_ == nullptr) start_server();
    for (auto& p : people_) {
      p->host->freeze(ms(0));
      p->host->set_dial_options(links());
      p->closed = false;
      p->main.socket->connect();
      p->sure.socket->connect();
    }
  }
  void ask_last(person& p) {
    if (!error_.empty()) return;
    ask_last(p, p.main);
    ask_last(p, p.sure);
  }
  void ask_last(person& p, place& at) {
    (void)at.socket->timeout(ms(9'000)).emit("ask", 4, siokit::on_ack([this, &p, &at](siokit::result<long long> got) {
      if (got && *got == 8) return void(++p.last);
      // A link of the bad time may break only now.
      if (!p.closed && !got && got.error() == siokit::errc::ack_disconnected) ask_last(p, at);
    }));
  }
  void leave(person& p) {
    if (!error_.empty()) return;
    p.closed = true;
    p.io->close();
    net_.after(ms(60'000), [&p] { p.gone = true; });
  }
  void destroy(person& p) {
    p.host.reset();
    p.io.reset();
  }

  // --- what must hold ---
  void check_step() {
    if (server_ != nullptr && !server_->io.consistent()) wrong("the server's counts do not agree");
    for (const auto& p : people_)
      if (p->io != nullptr && !p->io->consistent()) wrong("client " + std::to_string(p->number) + " does not agree with itself");
    for (const auto& p : people_)
      if (p->io != nullptr && p->io->link_count() > 12) wrong("client " + std::to_string(p->number) + " has too many links");
  }
  void check_well() {
    for (const auto& p : people_) {
      const std::string who = "client " + std::to_string(p->number) + " ";
      for (const place* const at : {&p->main, &p->sure})
        if (!at->in || !at->socket->connected()) return wrong(who + "is not connected to " + at->name + " again; " + p->host->report() + "; links " + std::to_string(p->io->link_count()));
      if (p->last != 2) return wrong(who + "was not answered: " + std::to_string(p->last));
      if (heard_[static_cast<long long>(p->number)].must != p->must)
        return wrong(who + "emitted " + std::to_string(p->must) + " and only " +
            std::to_string(heard_[static_cast<long long>(p->number)].must) + " arrived");
      if (p->main.socket->buffered() != 0 || p->sure.socket->buffered() != 0) return wrong(who + "keeps events although it is connected");
    }
  }
  void check_end() {
    for (const auto& p : people_) {
      const std::string who = "client " + std::to_string(p->number) + " ";
      if (p->io->link_count() != 0 || p->host->links() != 0) wrong(who + "has links left; " + p->host->report());
      if (p->io->queued_bytes() != 0) wrong(who + "has something queued after the end");
      if (p->io->driver().deadline() != siokit::never) wrong(who + "has a timer left: " + std::to_string(static_cast<int>(p->io->driver().why())));
      if (p->main.socket->awaited() != 0 || p->sure.socket->awaited() != 0) wrong(who + "still awaits acknowledgements");
      if (p->main.in || p->sure.in || p->main.socket->active() || p->sure.socket->active()) wrong(who + "is still connected");
    }
    for (const question& q : questions_)
      if (q.answers != 1) wrong(q.what + " was answered " + std::to_string(q.answers) + " times");
    if (server_->io.size() != 0 || server_->host.links() != 0) wrong("the server has something left; " + server_->host.report());
  }

  counting_memory memory_;
  siokit::sim::network net_;
  client_world_options options_;
  std::unique_ptr<machine> server_;
  std::vector<std::unique_ptr<person>> people_;
  std::map<long long, heard> heard_;
  std::deque<question> questions_;
  std::size_t connects_ = 0, disconnects_ = 0, answered_ = 0, failed_ = 0, repeated_ = 0, upgrades_ = 0;
  bool kicked_ = false;  // this server disconnected its sockets
  bool well_ = false;
  std::string error_;
};

}  // namespace sim_client
