// A whole client in the hands of a hostile server: up to four links at once, time, what hosts do and what programs do. The
// input is a program of one byte and its operands per step (see run()). What must hold:
//
//   no action for a link that is gone; what is shown to be sent, shown again, is the same
//   each acknowledgement is told exactly once, and connect and disconnect come in turns
//   time brings an end: once the client is closed and its links are, no link, no timer and no byte of memory is left
#include <siokit/client.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace siokit;

// Says which line was not true: a stack of inlined functions does not.
void require(bool condition, int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "fuzz/client.cpp:%d\n", line);
  std::abort();
}

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

client_options small(unsigned choice, heap& from) {
  client_options o;
  o.memory = from.hooks();
  if ((choice & 1) != 0) o.transports = {eio::transport::websocket};
  if ((choice & 2) != 0) o.protocol = 3;
  if ((choice & 4) != 0) o.force_base64 = true;
  if ((choice & 8) != 0) o.retries = 2, o.ack_timeout = milliseconds(300);
  if ((choice & 16) != 0) o.with_credentials = true;
  if ((choice & 32) != 0) o.proxy = {"proxy", 3128, "user:pass"};
  if ((choice & 64) != 0) o.try_all_transports = true;
  o.join_timeout = milliseconds(1000);
  limits& l = o.limits;
  l.request_head = 1000;
  l.headers = 12;
  l.received = 3000;
  l.early_packets = 600;
  l.fragments = 8;
  l.payload_packets = 12;
  l.max_queued = 4000;
  l.high_water = 2000;
  l.low_water = 500;
  l.attachments = 3;
  l.attachment_bytes = 500;
  l.pending_acks = 6;
  l.owed_acks = 4;
  l.cookies = 3;
  return o;
}

struct wire_link {
  link_id id{};
  bool open = false;
  bool secure_next = false;
  std::string sent;  // for its Sec-WebSocket-Key
};

class run {
 public:
  run(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size), io_("https://h/", small(byte(), heap_)) {
    host_services services;
    services.entropy = [](void* ctx, std::span<std::byte> out) {
      auto& luck = static_cast<run*>(ctx)->luck_;
      for (std::byte& b : out) b = static_cast<std::byte>(luck = static_cast<std::uint8_t>(luck * 33 + 7));
      return true;
    };
    services.unix_ms = [](void*) -> std::int64_t { return 1'700'000'000'000; };
    services.ctx = this;
    driver().bind(services);
    listen();
  }

  void operator()() {
    settle();
    while (at_ != end_) {
      step(byte());
      settle();
    }
    heap_.fail_after = 0;
    io_.close();
    for (int i = 0; i < 40; ++i) {
      settle();
      while (!links_.empty()) lose(links_.size() - 1, link_end::reset);
      now_ += std::chrono::hours(1);
    }
    settle();
    require(io_.link_count() == 0 && !io_.connected());
    // What is to be sent again waits for the next connection; and without memory nobody can be remembered.
    require(io_.options().retries != 0 || starved_ ? answered_ <= asked_ : answered_ == asked_);
    require(driver().deadline() == never);
  }

 private:
  siokit::driver& driver() { return io_.driver(); }
  std::uint8_t byte() { return at_ == end_ ? std::uint8_t{0} : *at_++; }
  std::string take(std::size_t n) {
    n = n < static_cast<std::size_t>(end_ - at_) ? n : static_cast<std::size_t>(end_ - at_);
    std::string out(reinterpret_cast<const char*>(at_), n);
    at_ += n;
    return out;
  }

  void listen() {
    io_.on("a", [](std::string_view) { return 1; });
    io_.on("b", [this](siokit::ack<int> reply) { kept_ = reply; });
    io_.on_any([](std::string_view, const arguments& all) { for (const value_view v : all) (void)v.kind(); });
    io_.on_connect([this] { require(!std::exchange(up_, true)); });
    io_.on_disconnect([this] { require(std::exchange(up_, false)); });
    io_.of("/b").on_any_outgoing([](std::string_view, const arguments&) {});
  }

  void step(std::uint8_t what) {
    const std::size_t which = links_.empty() ? 0 : (what >> 4) % links_.size();
    switch (what & 15) {
      case 0: return open(which);
      case 1: return give(which, take(byte()));
      case 2: return give(which, frame(0x81, take(byte() & 127)));
      case 3: return give(which, frame(0x82, take(byte() & 127)));
      case 4: {
        const std::string body = take(byte());
        return give(which, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
      }
      case 5: return accept(which);
      case 6: return lose(which, (what & 16) != 0 ? link_end::eof : link_end::refused);
      case 7: now_ += milliseconds(byte() * 20); return;
      case 8: return emit();
      case 9: (what & 16) != 0 ? io_.disconnect() : io_.connect(); return;
      case 10: most_ = byte(); return;
      case 11: return give(which, session(which));
      case 12: kept_(3); return;
      case 13:
        heap_.fail_after = byte();
        starved_ |= heap_.fail_after != 0;
        return;
      case 14: give(which, frame(0x81, "40{\"sid\":\"x\",\"pid\":\"p\"}")); return;
      default: give(which, frame(0x81, "43" + std::to_string(byte()) + "[1]")); return;
    }
  }

  static std::string frame(unsigned char opcode, const std::string& text) {
    return std::string{static_cast<char>(opcode), static_cast<char>(text.size())} + text;
  }
  // An open packet in the form that suits the link.
  std::string session(std::size_t which) const {
    const std::string open = "0{\"sid\":\"s\",\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200}";
    if (which < links_.size() && links_[which].sent.find("Sec-WebSocket-Key") != std::string::npos) return frame(0x81, open);
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(open.size()) + "\r\n\r\n" + open;
  }
  void open(std::size_t which) {
    if (which >= links_.size() || (links_[which].open && !links_[which].secure_next)) return;
    links_[which].open = true;
    links_[which].secure_next = false;
    driver().opened(links_[which].id, now_);
  }
  void give(std::size_t which, const std::string& bytes) {
    if (which >= links_.size() || !links_[which].open || bytes.empty()) return;
    if (!driver().wants_read(links_[which].id)) return;
    std::vector<std::byte> exact(bytes.size());  // so that ASan sees a view that is kept too long
    std::memcpy(exact.data(), bytes.data(), bytes.size());
    driver().receive(links_[which].id, exact, now_);
  }
  void accept(std::size_t which) {
    if (which >= links_.size()) return;
    const std::size_t key = links_[which].sent.rfind("Sec-WebSocket-Key: ");
    if (key == std::string::npos || links_[which].sent.size() < key + 43) return;
    const auto text = ws::accept_for(std::string_view(links_[which].sent).substr(key + 19, 24));
    give(which, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                    std::string(text.data(), text.size()) + "\r\n\r\n");
  }
  void lose(std::size_t which, link_end how) {
    if (which >= links_.size()) return;
    const link_id id = links_[which].id;
    links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(which));
    driver().closed(id, how, 0, now_);
    driver().closed(id, how, 0, now_);
  }
  void emit() {
    ++asked_;
    const bool small = (byte() & 1) != 0;
    bytes blob(small ? 3 : 300);
    io_.timeout(milliseconds(200)).emit("q", blob, on_ack([this](result<int>) { ++answered_; }));
    if (small) io_.volatile_().emit("v", "text");
  }

  wire_link* find(link_id id) {
    for (wire_link& l : links_)
      if (l.id == id) return &l;
    return nullptr;
  }
  void settle() {
    for (int turns = 0; turns < 1000; ++turns) {
      for (action a; driver().next(a);) perform(a);
      if (driver().deadline() > now_) return;
      driver().advance(now_);
    }
    require(false);  // the deadline stays in the past
  }
  void perform(const action& a) {
    if (a.what == action::kind::open) {
      require(find(a.link) == nullptr && !a.host.empty());
      links_.push_back({a.link, false, false, {}});
      if (links_.size() > 4) lose(0, link_end::cancelled);
      return;
    }
    wire_link* const l = find(a.link);
    if (l == nullptr) return;  // it was lost above
    if (a.what == action::kind::secure) l->secure_next = true;
    if (a.what == action::kind::write) write(*l);
    if (a.what == action::kind::abort || a.what == action::kind::close) lose(static_cast<std::size_t>(l - links_.data()), link_end::cancelled);
  }
  void write(wire_link& l) {
    batch first, again;
    while (driver().gather(l.id, first)) {
      require(driver().gather(l.id, again) && again.bytes() == first.bytes());
      std::size_t n = most_ == 0 || most_ > first.bytes() ? first.bytes() : most_;
      const std::size_t all = n;
      for (const bytes_view v : first.views()) {
        const std::size_t part = v.size() < n ? v.size() : n;
        if (l.sent.size() < 4000) l.sent.append(as_text(v.first(part)));
        n -= part;
      }
      first.clear();
      again.clear();
      driver().sent(l.id, all, now_);
    }
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  heap heap_;
  client io_;
  time_point now_{std::chrono::hours(1)};
  std::vector<wire_link> links_;
  ack<int> kept_;
  std::size_t most_ = 0;
  std::size_t asked_ = 0;
  std::size_t answered_ = 0;
  std::uint8_t luck_ = 1;
  bool up_ = false;
  bool starved_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 0 && size < 4000) run(data, size)();
  return 0;
}
