// A driver that echoes, and does on command everything that a real one does to its host: dials, refuses to read, writes
// much, closes, aborts, sets deadlines, wakes, throws. It checks the host's side of the contract at every call and keeps
// what was wrong in `faults`. Bytes and outputs are what the tests compare; it is no server.
#pragma once

#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <siokit/core/slot_map.hpp>
#include <siokit/driver.hpp>

class echo_driver final : public siokit::driver {
  static constexpr unsigned wants_write = 1, wants_to_read = 2, wants_close = 4, wants_abort = 8, wants_open = 16,
                            wants_secure = 32;
  struct link {
    siokit::out_queue out;
    std::size_t shown = 0;
    unsigned wants = 0;
    bool reading = true;
    bool closing = false;
    bool ended = false;
    bool opening = false;  // asked for; opened() or closed() must come
    std::string host;
    std::uint16_t port = 0;
  };

 public:
  using link_id = siokit::link_id;
  using time_point = siokit::time_point;
  enum class call { none, accept, opened, receive, sent, closed, advance };

  struct ending {
    link_id link;
    siokit::link_end how;
    int os_error;
  };

  // --- what the tests set ---
  bool echo = true;
  bool welcome = true;                       // accept() gives a link
  std::size_t room = 0;                      // bytes that space() offers
  bool keeps_list = true;                    // of who was accepted
  bool answer_end = false;                   // on closed(eof): say "bye" and close, instead of forgetting the link
  call throw_from = call::none;              // once
  time_point due = siokit::never;
  std::function<void(link_id, std::string_view)> on_bytes;
  std::function<void()> on_due;
  std::function<void(link_id)> on_opened;
  std::function<void(link_id)> on_closed;

  // --- what the tests read ---
  std::vector<std::string> faults;
  std::vector<link_id> accepted;
  std::vector<link_id> opened_links;         // one entry a call of opened()
  std::vector<bool> secured;                 // of who was accepted
  std::vector<ending> endings;
  std::vector<std::string> addresses;        // "address port"
  std::size_t received = 0;
  std::size_t sent_bytes = 0;
  std::size_t gathers = 0;
  std::size_t into_space = 0;
  int advances = 0;
  int wakes = 0;
  siokit::host_services services;

  ~echo_driver() {
    for (std::uint32_t i = 0; i < links_.end_index(); ++i)
      if (links_.alive(i)) links_[i].out.reset(pool_);
  }

  // --- commands, from outside a call or from a hook ---
  link_id dial(std::string host, std::uint16_t port) {
    link_id id{};
    link* const l = links_.add(id);
    l->host = std::move(host);
    l->port = port;
    l->opening = true;
    say(id, wants_open);
    return id;
  }
  void secure(link_id id, std::string host) {
    link* const l = links_.find(id);
    if (l == nullptr) return;
    l->host = std::move(host);
    l->opening = true;
    say(id, wants_secure);
  }
  void write(link_id id, std::string_view text) {
    link* const l = links_.find(id);
    if (l == nullptr) return;
    while (!text.empty()) {
      const auto part = text.substr(0, 60'000);
      auto frame = siokit::frame::copy(pool_, siokit::frame_kind::raw, siokit::as_bytes(part));
      if (!l->out.push(pool_, std::move(frame), siokit::wire::payload)) faults.push_back("no memory");
      text.remove_prefix(part.size());
    }
    say(id, wants_write);
  }
  void close(link_id id) { say(id, wants_close); }
  void abort(link_id id) { say(id, wants_abort); }
  void stop_reading(link_id id) {
    if (link* const l = links_.find(id)) l->reading = false;
  }
  void read_again(link_id id) {
    link* const l = links_.find(id);
    if (l == nullptr || l->reading) return;
    l->reading = true;
    say(id, wants_to_read);
  }
  void close_all() {
    for (std::uint32_t i = 0; i < links_.end_index(); ++i)
      if (links_.alive(i)) close(links_.id_of(i));
  }
  void set_deadline(time_point when) {
    const bool earlier = when < due;
    due = when;
    if (earlier && !inside_ && queue_.empty()) wake();
  }
  static constexpr std::size_t bytes_per_link() { return sizeof(link) + 8; }
  std::size_t alive() const { return links_.size(); }
  std::size_t unsent(link_id id) {
    link* const l = links_.find(id);
    return l == nullptr ? 0 : l->out.size();
  }

  // --- the contract ---
  void bind(const siokit::host_services& s) override { services = s; }

  link_id accept(const siokit::link_info& info, time_point) override {
    const entry in{*this};
    std::array<std::byte, 16> random{};
    if (!services.entropy(services.ctx, random)) return {};
    maybe_throw(call::accept);
    if (!welcome) return {};
    link_id id{};
    links_.add(id);
    if (!keeps_list) return id;
    addresses.push_back(std::string{info.address} + " " + std::to_string(info.port));
    accepted.push_back(id);
    secured.push_back(info.secure);
    return id;
  }
  void opened(link_id id, time_point) override {
    const entry in{*this};
    link* const l = links_.find(id);
    if (l == nullptr) return faults.push_back("opened() of a link that is gone");
    if (!l->opening) faults.push_back("opened() of a link that is open");
    l->opening = false;
    opened_links.push_back(id);
    if (on_opened) on_opened(id);
    maybe_throw(call::opened);
  }

  void receive(link_id id, std::span<std::byte> in, time_point) override {
    const entry here{*this};
    link* const l = links_.find(id);
    if (l == nullptr) return;
    if (!l->reading) faults.push_back("receive() while reading is not wanted");
    if (l->ended) faults.push_back("receive() after closed()");
    if (l->opening) faults.push_back("receive() before opened()");
    if (in.empty()) faults.push_back("receive() of nothing");
    received += in.size();
    if (in.data() == space_.data()) into_space += in.size();
    const std::string text{siokit::as_text(in)};
    if (echo) write(id, text);
    if (on_bytes) on_bytes(id, text);
    for (std::byte& b : in) b = std::byte{0xdd};  // lent: nobody may look at it afterwards
    maybe_throw(call::receive);
  }
  void sent(link_id id, std::size_t n, time_point) override {
    const entry in{*this};
    link* const l = links_.find(id);
    if (l == nullptr) return;
    if (n > l->shown) faults.push_back("sent() of more than was shown");
    if (n == 0) faults.push_back("sent() of nothing");
    l->shown = 0;
    sent_bytes += n;
    l->out.sent(pool_, n);
    maybe_throw(call::sent);
  }
  void closed(link_id id, siokit::link_end how, int os_error, time_point) override {
    const entry in{*this};
    link* const l = links_.find(id);
    if (l == nullptr) return;
    const bool first_end = how == siokit::link_end::eof && !l->ended && !l->closing;
    if (!first_end || !answer_end) {
      if (!l->ended) endings.push_back({id, how, os_error});
      l->out.reset(pool_);
      links_.remove(id);
    } else {
      endings.push_back({id, how, os_error});
      l->ended = true;
      write(id, "bye");
      close(id);
    }
    if (on_closed) on_closed(id);
    maybe_throw(call::closed);
  }
  void advance(time_point now) override {
    const entry in{*this};
    ++advances;
    if (now < due) return;
    due = siokit::never;
    if (on_due) on_due();
    maybe_throw(call::advance);
  }

  bool next(siokit::action& a) override {
    const entry in{*this};
    while (!queue_.empty()) {
      const link_id id = queue_.front();
      link* const l = links_.find(id);
      if (l == nullptr || l->wants == 0) {
        queue_.pop_front();
        continue;
      }
      a = {};
      a.link = id;
      using kind = siokit::action::kind;
      if ((l->wants & (wants_open | wants_secure)) != 0) {
        a.what = (l->wants & wants_open) != 0 ? kind::open : kind::secure;
        l->wants &= ~(wants_open | wants_secure);
        shown_host_ = l->host;
        a.host = shown_host_;
        a.port = l->port;
      }
      else if ((l->wants & wants_abort) != 0) a.what = kind::abort, l->wants = 0;
      else if ((l->wants & wants_write) != 0) a.what = kind::write, l->wants &= ~wants_write;
      else if ((l->wants & wants_to_read) != 0) a.what = kind::read, l->wants &= ~wants_to_read;
      else a.what = kind::close, l->wants = 0;
      return true;
    }
    return false;
  }
  bool gather(link_id id, siokit::batch& out) override {
    const entry in{*this};
    ++gathers;
    link* const l = links_.find(id);
    if (l == nullptr || l->out.empty()) return false;
    if (!out.empty()) faults.push_back("gather() into a batch that is not empty");
    l->out.show(out);
    l->shown = out.bytes();
    return true;
  }
  bool wants_read(link_id id) const override {
    const link* const l = links_.find(id);
    return l != nullptr && l->reading && !l->closing;
  }
  std::span<std::byte> space(link_id) override {
    space_.resize(room);
    return space_;
  }
  time_point deadline() const override { return due; }
  siokit::deadline_reason why() const override { return siokit::timer::none; }

 private:
  struct entry {
    explicit entry(echo_driver& d) : d_(d) {
      if (std::exchange(d_.inside_, true)) d_.faults.push_back("the driver was re-entered");
      for (char& c : d_.shown_host_) c = '!';  // an action's host is valid until the next call
    }
    ~entry() { d_.inside_ = false; }
    echo_driver& d_;
  };

  // The edge: once, when the first action becomes pending outside a call.
  void say(link_id id, unsigned what) {
    link* const l = links_.find(id);
    if (l == nullptr) return;
    const bool first = queue_.empty();
    if (l->wants == 0) queue_.push_back(id);
    l->wants |= what;
    if ((what & wants_close) != 0) l->closing = true;
    if (first && !inside_) wake();
  }
  void wake() {
    ++wakes;
    if (services.wake != nullptr) services.wake(services.ctx);
  }
  void maybe_throw([[maybe_unused]] call from) {
#if defined(__cpp_exceptions)
    if (throw_from != from) return;
    throw_from = call::none;
    throw std::runtime_error("from a handler");
#endif
  }

  siokit::pool pool_;
  siokit::slot_map<link, link_id> links_{pool_};
  std::deque<link_id> queue_;
  std::vector<std::byte> space_;
  mutable std::string shown_host_;
  bool inside_ = false;
};
