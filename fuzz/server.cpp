// The whole server through the byte door: three links at once, time, what hosts do and what programs do. The input is a
// program of one byte and its operands per step (see run()); fuzz/make_seeds.py writes such programs from transcripts.
// Limits are small, so that they are reached. What must hold:
//
//   what the server sends can be read by a client: responses, then frames, then packets; shown again, it is the same
//   no action for a link that is gone; no lost edge: who was told to wait hears of it; who was asleep is woken
//   time brings an end: once all links are closed no session, no timer and no byte of memory is left
#include <siokit/http/body_reader.hpp>
#include <siokit/http/response_parser.hpp>
#include <siokit/server.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace siokit;

// Says which line was not true: a stack of inlined functions does not.
void require(bool condition, int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "fuzz/server.cpp:%d\n", line);
  std::abort();
}

// ---- the server's side -----------------------------------------------------------------------------------------------

struct heap {
  std::size_t live = 0;
  std::size_t fail_after = 0;  // 0: never
  memory hooks() {
    memory m;
    m.ctx = this;
    m.alloc = [](void* ctx, std::size_t n) -> void* {
      auto& h = *static_cast<heap*>(ctx);
      if (h.fail_after != 0 && --h.fail_after == 0) return nullptr;
      h.live += n;
      return std::malloc(n);
    };
    m.free = [](void* ctx, void* block, std::size_t n) {
      static_cast<heap*>(ctx)->live -= n;
      std::free(block);
    };
    return m;
  }
};

server_options small(unsigned choice, heap& from) {
  server_options o;
  o.memory = from.hooks();
  o.max_payload = 3000;
  o.ping_interval = milliseconds(300);
  o.ping_timeout = milliseconds(200);
  o.connect_timeout = milliseconds(1000);
  if ((choice & 1) != 0) o.cookie.name = "io";
  if ((choice & 2) != 0) o.cors.origins = {"http://a", "http://b"};
  if ((choice & 4) != 0) o.allow_upgrades = false;
  if ((choice & 8) != 0) o.keep_head = server_options::keep::none;
  limits& l = o.limits;
  l.request_line = 500;
  l.request_head = 1000;
  l.headers = 12;
  l.http_body = 1500;
  l.pipelined = 600;
  l.fragments = 8;
  l.payload_packets = 12;
  l.probes = 2;
  l.sessions = 4;
  l.pending_sessions = 3;
  l.high_water = 4000;
  l.low_water = 1000;
  l.max_queued = 9000;
  l.max_queued_total = 24'000;
  l.attachments = 3;
  l.attachment_bytes = 500;
  l.json_depth = 8;
  l.json_nodes = 60;
  l.auth = 100;
  l.nsp_name = 20;
  l.event_name = 20;
  l.nsps_per_session = 3;
  l.dynamic_nsps = 2;
  l.refused_connects = 3;
  l.waiting_packets = 200;
  l.pending_acks = 3;
  l.rooms_per_socket = 3;
  l.cached_blocks = (choice & 16) != 0 ? 0 : 64 * 1024;
  return o;
}

// What handlers promised to answer, and the answers a program may get.
struct promises {
  std::vector<next_fn> passes;
  std::vector<ack<int>> acks;
  std::vector<admission> admissions;
  std::vector<http::reply> replies;
  std::vector<engine_session> sessions;
  std::vector<socket_ref> sockets;

  // The oldest of one kind, or its newest again.
  void keep_one(unsigned which) {
    const bool yes = (which & 8) != 0;
    if (which % 4 == 0 && !passes.empty()) {
      if (yes) passes.back()();
      else passes.back()(refusal{"no", "why"});
      passes.pop_back();
    } else if (which % 4 == 1 && !acks.empty()) {
      acks.back()(7);
      if (yes) acks.pop_back();
    } else if (which % 4 == 2 && !admissions.empty()) {
      if (yes) admissions.back().allow("X-A: b\r\n");
      else admissions.back().refuse("not you");
      admissions.pop_back();
    } else if (which % 4 == 3 && !replies.empty()) {
      replies.back().send(yes ? 200 : 404, "text/plain", "late", "X-A: b\r\n");
      replies.pop_back();
    }
  }
};

void listen(server& io, promises& owed, unsigned choice) {
  const auto admit = [&owed](socket& s, next_fn next) {
    if (s.handshake().header("x-slow")) return owed.passes.push_back(next);
    next();
  };
  const auto connected = [&owed](socket& s) {
    owed.sockets.push_back(s.ref());
    (void)s.join("all");
    (void)s.emit("hello", s.handshake().auth(), s.handshake().address());
    s.use([&owed](socket&, std::string_view event, const arguments&, next_fn next) {
      if (event == "slow") return owed.passes.push_back(next);
      if (event == "no") return next(refusal{"no"});
      next();
    });
  };
  for (nsp* const n : {static_cast<nsp*>(&io), &io.of("/a"), &io.of([](std::string_view name, value_view) {
         return name.starts_with("/d");
       })}) {
    n->use(admit);
    n->on_connect(connected);
    n->on("echo", [](arguments args) { return args; });
    n->on("message", [](socket& s, arguments args) { (void)s.emit("back", args); });
    n->on("slow", [](socket& s, arguments args) { (void)s.emit("back", args); });
    n->on("all", [](socket& s, std::string_view text, std::optional<bytes_view> binary) {
      s.to("all").volatile_().emit("all", text, binary ? bytes(binary->begin(), binary->end()) : bytes{});
    });
    n->on("own", [](socket& s, value v) { (void)s.emit("own", v); });
    n->on("join", [](socket& s, std::string_view room) { (void)s.join(room); });
    n->on("leave", [](socket& s, std::string_view room) { s.leave(room); });
    n->on("later", [&owed](int, ack<int> reply) { owed.acks.push_back(reply); });
    n->on("ask", [](socket& s) {
      (void)s.timeout(milliseconds(50)).emit("q", 1, on_ack([](result<value>) {}));
      (void)s.emit("q", 2, on_ack([](result<int>) {}));
    });
    n->on("bye", [](socket& s, bool whole) { s.disconnect(whole); });
    n->on("off", [](socket& s) {
      s.off();
      (void)s.once("echo", [](socket&) {});
    });
#if defined(__cpp_exceptions)
    n->on("throw", [](socket&) { throw 1; });
#endif
    n->on_any([](socket&, std::string_view, const arguments& args) { (void)args.size(); });
    n->on_disconnecting([](socket& s, close_reason) { s.each_room([](std::string_view) {}); });
    n->on_disconnect([](socket& s, close_reason) { s.to("all").emit("left", s.id()); });
    n->on_drain([](socket& s) { (void)s.emit("drain"); });
  }
  if ((choice & 32) != 0) io.on_any_outgoing([](socket&, std::string_view, const arguments& args) { (void)args.size(); });
  if ((choice & 64) != 0) io.allow_request([&owed](const http::request& r, admission a) {
    if (r.header("x-later")) return owed.admissions.push_back(a);
    a.allow("X-One: 1\r\n");
  });
  io.on_http([&owed](const http::request& r, const http::reply& a) {
    if (r.query("later")) return owed.replies.push_back(a);
    a.send(200, "text/plain", r.text());
  });
  engine_path& engine = io.engine("/engine.io", small(choice, *static_cast<heap*>(io.board().options().memory.ctx)));
  engine.on_open = [&owed](engine_session s) { owed.sessions.push_back(s); };
  engine.on_message = [](engine_session s, message_kind kind, bytes_view data) {
    (void)(kind == message_kind::text ? s.send(as_text(data)) : s.send(data));
  };
}

// ---- a client that only reads ----------------------------------------------------------------------------------------

// Reads all that comes over one link, and notes the sids among it.
class reader {
 public:
  reader() = default;
  ~reader() { in_.reset(pool_); }

  void read(std::string_view sent, std::vector<std::string>& sids) {
    if (!checked) return;
    std::string block(sent);
    require(in_.feed(pool_, {reinterpret_cast<std::byte*>(block.data()), block.size()}));
    while (websocket_ ? read_frame(sids) : in_body_ ? read_body(sids) : read_head()) {
    }
    require(in_.keep(pool_));
  }
  bool checked = true;  // false once a HEAD was sent: what its answer is cannot be told from here

 private:
  bool read_head() {
    http::response_view head;
    const http::step got = parser_.next(as_text(in_.unread()), {}, head);
    require(got != http::step::failed);
    if (got == http::step::more) return false;
    websocket_ = head.status == 101;
    // A body that ends with the link is nothing this server sends.
    require(websocket_ || head.status == 100 || head.body == http::framing::length || head.body == http::framing::none);
    in_.consume(head.size);
    if (websocket_ || head.status == 100) return true;
    require(body_.start(head.body, head.length, largest) == errc::none);
    in_body_ = true;
    return true;
  }
  bool read_body(std::vector<std::string>& sids) {
    const http::step got = body_.next(in_, {}, largest);
    require(got != http::step::failed);
    if (got == http::step::more) return false;
    note(as_text(body_.body(in_)), sids);
    in_.consume(body_.size());
    in_body_ = false;
    return true;
  }
  bool read_frame(std::vector<std::string>& sids) {
    const ws::event e = stream_.next(in_, {}, largest);
    require(e.what != ws::event::kind::failed);
    if (e.what == ws::event::kind::text) {
      eio::packet p;
      require(as_text(e.data).find(eio::separator) == std::string_view::npos);
      note(as_text(e.data), sids);
      require(eio::decode(e.data, p) == errc::none);
    }
    return e.what != ws::event::kind::more;
  }
  void note(std::string_view text, std::vector<std::string>& sids) {
    constexpr std::string_view open = "0{\"sid\":\"";
    if (!text.starts_with(open) || text.size() < open.size() + eio::sid::length) return;
    sids.emplace_back(text.substr(open.size(), eio::sid::length));
  }

  static constexpr std::size_t largest = 200'000;
  pool pool_;
  in_buffer in_;
  http::response_parser parser_;
  http::body_reader body_;
  ws::stream stream_{ws::role::client};
  bool in_body_ = false;
  bool websocket_ = false;
};

// ---- the host --------------------------------------------------------------------------------------------------------

struct peer {
  link_id id{};
  bool open = false;
  bool blocked = false;   // was told not to read
  bool ended = false;     // sends no more
  bool slow = false;      // takes no output
  bool closing = false;
  std::string held;       // to be sent with what comes next
  std::string unread;     // sent, and not read by the server
  std::string tail;       // the last that was sent
  std::string shown;      // by gather(), and not sent()
  std::unique_ptr<reader> client;
};

class host {
 public:
  host(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {
    choice_ = byte();
    luck_ = byte();
    io_ = std::make_unique<server>(small(choice_, heap_));
    listen(*io_, owed_, choice_);
    host_services services;
    services.ctx = this;
    services.wake = [](void* ctx) { static_cast<host*>(ctx)->woken_ = true; };
    services.entropy = [](void* ctx, std::span<std::byte> out) {
      for (std::byte& b : out) b = static_cast<std::byte>(static_cast<host*>(ctx)->below(256));
      return true;
    };
    services.unix_ms = [](void*) { return std::int64_t{1'700'000'000'000}; };
    driver().bind(services);
  }

  void run() {
    while (at_ != end_) {
      const unsigned op = byte();
      if (op % 4 == 3) step_of_program(op / 4);
      else step_of_link(peers_[op % 4], op / 4);
    }
    heap_.fail_after = 0;
    for (peer& p : peers_) close(p, link_end::reset);
    for (int i = 0; driver().deadline() != never; ++i) {
      require(i < 2000);
      wait_for_deadline();
    }
    require(io_->link_count() == 0 && io_->session_count() == 0 && io_->size() == 0 && io_->of("/a").size() == 0);
    io_.reset();
    require(heap_.live == 0);
  }

 private:
  // --- the input ---
  unsigned byte() { return at_ == end_ ? 0 : *at_++; }
  std::string_view bytes(std::size_t n) {
    const std::size_t left = static_cast<std::size_t>(end_ - at_);
    const std::string_view taken(reinterpret_cast<const char*>(at_), n < left ? n : left);
    at_ += taken.size();
    return taken;
  }
  std::uint32_t below(std::uint32_t n) {
    luck_ = luck_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(luck_ >> 33) % n;
  }
  siokit::driver& driver() { return io_->driver(); }

  // --- steps ---
  void step_of_link(peer& p, unsigned op) {
    switch (op % 8) {
      case 0: p.held += bytes(byte()); return send(p);
      case 1: p.held += bytes(byte()); return;
      case 2: {  // a frame: its first byte, its length, its payload
        const unsigned first = byte();
        return put_frame(p, first, bytes(byte()));
      }
      case 3:
        if (!sids_.empty()) p.held += sids_[sids_.size() - 1 - byte() % sids_.size()];
        return;
      case 4: return close(p, byte() % 2 == 0 ? link_end::eof : link_end::reset);
      case 5:
        p.slow = !p.slow;
        write(p);
        if (p.closing && !p.slow) close(p, link_end::cancelled);
        return act();
      case 6: {
        const std::size_t n = byte() * std::size_t{16};
        p.held.append(n, static_cast<char>(byte()));
        return send(p);
      }
      default: {  // a large frame
        const unsigned first = byte();
        const std::size_t n = byte() * std::size_t{16};
        return put_frame(p, first, "4" + std::string(n, static_cast<char>(byte())));
      }
    }
  }
  void put_frame(peer& p, unsigned first, std::string_view payload) {
    p.held += static_cast<char>(first);
    p.held += static_cast<char>(0x80 | (payload.size() < 126 ? payload.size() : 126));
    if (payload.size() >= 126) {
      p.held += static_cast<char>(payload.size() >> 8);
      p.held += static_cast<char>(payload.size() & 0xff);
    }
    const char key[4] = {1, 2, 3, 4};
    p.held.append(key, 4);
    for (std::size_t i = 0; i < payload.size(); ++i) p.held += static_cast<char>(payload[i] ^ key[i % 4]);
    send(p);
  }
  void step_of_program(unsigned op) {
    switch (op % 16) {
      case 0: return wait(milliseconds(byte() * 10));
      case 1: return wait(milliseconds(byte() * 1000));
      case 2: return wait_for_deadline();
      case 3: return outside([&] { for_one([](socket& s) { (void)s.emit("one", 1); }); });
      case 4: return outside([&] { io_->emit("all", std::string(byte(), 'x')); });
      case 5: return outside([&] { io_->to("all").to("r").except("q").volatile_().emit("room", obj("a", arr(1, nullptr))); });
      case 6: return outside([&] {
        for_one([](socket& s) { (void)s.timeout(milliseconds(100)).emit("q", 1, on_ack([](result<int>) {})); });
      });
      case 7: return outside([&] {
        const auto each = [](const socket_id&, result<int>) {};
        io_->timeout(milliseconds(70)).emit("q", 2, on_each_ack<int>(each, [](std::size_t) {}));
      });
      case 8: return outside([&] { for_one([&](socket& s) { s.disconnect(byte() % 2 != 0); }); });
      case 9: return outside([&] { owed_.keep_one(byte()); });
      case 10: return outside([&] { io_->close(); });
      case 11: return outside([&] { io_->emit("bin", siokit::bytes(byte()), siokit::bytes(3)); });
      case 12: return outside([&] { for_one([&](socket& s) { (void)s.emit("big", std::string(byte() * std::size_t{64}, 'y')); }); });
      case 13: return outside([&] {
        io_->sockets_join("r");
        io_->in("r").disconnect_sockets(byte() % 2 != 0);
      });
      case 14: heap_.fail_after = byte(); return;
      default: return outside([&] {
        if (owed_.sessions.empty()) return;
        const engine_session s = owed_.sessions[byte() % owed_.sessions.size()];
        (void)s.send("hi");
        if (byte() % 4 == 0) s.close();
      });
    }
  }
  template <class F>
  void for_one(F&& f) {
    if (owed_.sockets.empty()) return;
    if (socket* const s = owed_.sockets[byte() % owed_.sockets.size()].get()) f(*s);
  }
  void wait_for_deadline() {
    if (driver().deadline() == never) return;
    if (now_ < driver().deadline()) now_ = driver().deadline();
    wait(milliseconds(0));
  }
  void wait(milliseconds length) {
    now_ += length;
    in([&] { driver().advance(now_); });
  }

  // --- calls ---
  template <class F>
  void guarded(F&& f) {
#if defined(__cpp_exceptions)
    try {
      f();
    } catch (int) {
    }
#else
    f();
#endif
  }
  /// A driver call, and what the host does after it.
  template <class F>
  void in(F&& f) {
    guarded(f);
    act();
  }
  /// The program calls while the loop sleeps: if anything is to be done, it wakes.
  template <class F>
  void outside(F&& f) {
    act();
    woken_ = false;
    const time_point before = driver().deadline();
    f();
    if (!woken_) {
      action a;
      require(driver().deadline() >= before && !driver().next(a));
    }
    act();
  }

  // --- links ---
  void open(peer& p) {
    peer fresh;
    fresh.held = std::move(p.held);
    fresh.slow = p.slow;
    p = std::move(fresh);
    guarded([&] { p.id = driver().accept({"10.0.0.1", 4000, false}, now_); });
    p.open = p.id != link_id{};
    p.client = std::make_unique<reader>();
    act();
  }
  void close(peer& p, link_end how) {
    if (!p.open) return;
    const link_id id = p.id;
    p.ended = true;
    p.open = how == link_end::eof;
    if (!p.open) p.id = link_id{};
    in([&] { driver().closed(id, how, 0, now_); });
    if (!p.open) in([&] { driver().closed(id, how, 0, now_); });  // stale
  }
  void send(peer& p) {
    if (!p.open) open(p);
    if (!p.open || p.ended) return p.held.clear();
    p.unread += p.held;
    p.tail += p.held;
    p.held.clear();
    if (p.tail.find("HEAD") != std::string::npos) p.client->checked = false;
    p.tail.erase(0, p.tail.size() < 3 ? 0 : p.tail.size() - 3);
    flush(p);
  }
  void flush(peer& p) {
    while (p.open && !p.ended && !p.blocked && !p.unread.empty()) {
      if (!driver().wants_read(p.id)) {
        p.blocked = true;
        return;
      }
      const std::size_t most = (choice_ & 128) != 0 ? 1 + below(40) : p.unread.size();
      std::size_t n = most < p.unread.size() ? most : p.unread.size();
      const std::span<std::byte> room = driver().space(p.id);
      const bool direct = !room.empty() && below(2) == 0;
      if (direct && room.size() < n) n = room.size();
      const auto lent = std::make_unique<std::byte[]>(n);
      const std::span<std::byte> block = direct ? room.first(n) : std::span(lent.get(), n);
      std::memcpy(block.data(), p.unread.data(), n);
      p.unread.erase(0, n);
      guarded([&] { driver().receive(p.id, block, now_); });
      act();
    }
  }
  peer* find(link_id id) {
    for (peer& p : peers_)
      if (p.id == id) return &p;
    return nullptr;
  }
  /// What the server wants done. Nested calls leave it to the outermost.
  void act() {
    if (acting_) return;
    acting_ = true;
    for (int i = 0; acting_; ++i) {
      require(i < 100'000);
      action a;
      bool any = false;
      guarded([&] { any = driver().next(a); });
      if (any) {
        perform(a);
        continue;
      }
      for (peer& p : peers_) require(!p.open || !p.blocked || p.closing || !driver().wants_read(p.id));
      bool more = false;
      for (peer& p : peers_) {
        if (!p.open || p.blocked || p.unread.empty() || p.ended) continue;
        more = true;
        flush(p);
      }
      acting_ = more;
    }
  }
  void perform(const action& a) {
    peer* const p = find(a.link);
    require(p != nullptr && p->open);
    switch (a.what) {
      case action::kind::write: return write(*p);
      case action::kind::read: p->blocked = false; return;
      case action::kind::close:
        p->closing = true;
        if (!p->slow) close(*p, link_end::cancelled);
        return;
      case action::kind::abort: return close(*p, link_end::cancelled);
      case action::kind::open:
      case action::kind::secure: require(false);
    }
  }
  void write(peer& p) {
    batch out;
    while (p.open && !p.slow && driver().gather(p.id, out)) {
      std::string text;
      for (const bytes_view v : out.views()) text += as_text(v);
      require(!text.empty() && text.compare(0, std::min(text.size(), p.shown.size()), p.shown, 0, text.size()) == 0);
      const std::size_t n = (choice_ & 128) != 0 ? 1 + below(static_cast<std::uint32_t>(text.size())) : text.size();
      p.client->read(std::string_view(text).substr(0, n), sids_);
      p.shown = text.substr(n);
      out.clear();
      guarded([&] { driver().sent(p.id, n, now_); });
    }
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  unsigned choice_ = 0;
  std::uint64_t luck_ = 0;
  heap heap_;
  promises owed_;
  std::unique_ptr<server> io_;
  peer peers_[3];
  std::vector<std::string> sids_;
  time_point now_{milliseconds(1'000'000)};
  bool acting_ = false;
  bool woken_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 6000) return 0;
  host(data, size).run();
  return 0;
}
