// The byte door: every byte stream of a server, from accept to close. Parses HTTP and WebSocket, speaks message_driver to
// what is above, and driver to the host below. Knows nothing of sessions: those are the engine's.
// A host with HTTP and WebSocket of its own does without it.
//
//   accept ─▶ head ─▶ judged ─▶ body ─▶ answering ─▶ head ...        every refused input: ─▶ closing
//                       │ └──────────────▲
//                       └─▶ websocket ─▶ leaving (Close was sent) ─▶ closing
#pragma once

#include <exception>

#include <siokit/core/in_buffer.hpp>
#include <siokit/core/index_list.hpp>
#include <siokit/core/limits.hpp>
#include <siokit/core/slot_map.hpp>
#include <siokit/driver.hpp>
#include <siokit/http/body_reader.hpp>
#include <siokit/http/request_parser.hpp>
#include <siokit/ws/handshake.hpp>
#include <siokit/ws/stream.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

class links final : public driver {
 public:
  links(message_driver& up, const limits& l) noexcept
      : up_(up), limits_(l), pool_(up.blocks()), timers_(pool_), table_(pool_) {}
  links(const links&) = delete;
  links& operator=(const links&) = delete;
  ~links();

  // Inline from the first, so that who only includes this compiles none of it: a virtual function that is not is the key
  // function, with which compilers emit the whole class (Itanium C++ ABI 2.6.2).
  SIOKIT_INLINE void bind(const host_services&) override;
  SIOKIT_INLINE link_id accept(const link_info&, time_point now) override;
  SIOKIT_INLINE void opened(link_id, time_point now) override;
  SIOKIT_INLINE void receive(link_id, std::span<std::byte> in, time_point now) override;
  SIOKIT_INLINE void sent(link_id, std::size_t n, time_point now) override;
  SIOKIT_INLINE void closed(link_id, link_end, int os_error, time_point now) override;
  SIOKIT_INLINE void advance(time_point now) override;
  SIOKIT_INLINE bool next(action&) override;
  SIOKIT_INLINE bool gather(link_id, batch&) override;
  SIOKIT_INLINE bool wants_read(link_id) const override;
  SIOKIT_INLINE std::span<std::byte> space(link_id) override;
  SIOKIT_INLINE time_point deadline() const override;
  SIOKIT_INLINE deadline_reason why() const override;

  /// Links that the host has not reported closed.
  std::size_t size() const noexcept { return count_; }
  /// Bytes of payload that wait on one link, for tests of the accounting.
  std::size_t queued_bytes(link_id id) const noexcept {
    const link* const l = find(id);
    return l == nullptr ? 0 : l->out.total_weight();
  }

 private:
  enum class state : std::uint8_t {
    free,       // no link has this index
    head,       // between requests, or inside a head
    judged,     // a head was passed up; the answer is an action
    body,       // up wants the body
    answering,  // the body was passed up, or refused
    websocket,
    leaving,    // a WebSocket whose Close was sent; the peer's is awaited
    closing     // the host sends what is left and closes
  };
  enum flag : std::uint8_t {
    want_write = 1,
    want_close = 2,
    want_abort = 4,
    want_read = 8,
    blocked = 16,  // wants_read() was false when the host last heard of it
    waiting = 32,  // in waiting_
    silent = 64    // the peer sends no more
  };
  /// While a link speaks HTTP, or is leaving: a WebSocket at rest does without.
  struct request_state {
    timer_node timer;
    siokit::timer late_what = siokit::timer::none;  // to be started at the next call
    milliseconds late_length{0};
    http::request_parser parser;
    http::body_reader body;
    std::uint64_t length = 0;
    http::framing framing = http::framing::none;
    bool keep_alive = true;
    bool head_method = false;
    bool expects = false;
    bool upgrade = false;
    ws::key_text key{};
  };
  struct link {
    link_id id{};
    state at = state::free;
    mutable std::uint8_t flags = 0;
    list_hook actions;
    std::uint32_t largest = 0;  // bytes of a message or body
    in_buffer in;
    out_queue out;
    ws::stream stream{ws::role::server};
    request_state* request = nullptr;
  };
  struct call;  // what every call in begins and ends with
  struct passing_up;

  link* find(link_id) noexcept;
  const link* find(link_id id) const noexcept { return const_cast<links*>(this)->find(id); }
  auto hooks() noexcept {
    return [this](std::uint32_t i) -> list_hook& { return table_[i].actions; };
  }
  static std::uint32_t largest_of(std::size_t limit) noexcept {
    return static_cast<std::uint32_t>(limit < 0x7fffffff ? limit : 0x7fffffff);
  }
  static std::uint32_t index_of(const link& l) noexcept { return static_cast<std::uint32_t>(l.id); }
  void list(link&, std::uint8_t wanted) noexcept;
  void cut(link&) noexcept;
  void wait_for(link&, timer, milliseconds) noexcept;
  void stop_waiting(link&) noexcept;
  // input
  void read(link&);
  bool read_head(link&);
  bool read_body(link&);
  void read_messages(link&);
  void answer_close(link&, std::uint16_t code);
  void read_waiting();
  void empty_above(link_id);
  void start_late() noexcept;
  void pong(link&, mutable_bytes) noexcept;
  void await_request(link&) noexcept;
  void unblock(link&) noexcept;
  bool welcome(const link&) const noexcept;
  bool crowded(const link&) const noexcept;
  // what is above
  void settle();
  void apply(message_action&);
  void begin_body(link&, std::size_t limit);
  void respond(link&, message_action&);
  void upgrade(link&, message_action&);
  // ends
  void refuse(link&, errc);
  void fail(link&, errc);
  void leave(link&, std::uint16_t code) noexcept;
  void finish(link&) noexcept;
  void expire(link&, timer);
  void forget(link&) noexcept;
  void push(link&, frame) noexcept;

  message_driver& up_;
  const limits& limits_;
  pool pool_;
  timers timers_;
  side_table<link> table_;
  vec<link_id> waiting_;  // links with unread input that can be read now
  vec<link_id> late_;     // links whose timer waits for a `now`
  std::uint32_t end_index_ = 0;
  std::size_t count_ = 0;
  index_list actions_;  // links with something for the host to do
  time_point now_{};
  bool in_call_ = false;
  bool left_over_ = false;  // a handler threw: what is above has more to tell before it is given more
};

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/links.ipp>
