// One link of a uv_host: what happens on it from accept, or from uv_dial.hpp, to close. Links are libuv's streams.
// The pump, the timer and listening are in uv_loop.hpp.
//
//   link ──close, or end of input, and all is sent──> parting ──end of input, or a second──> gone
//     └──────────────abort, error───────────────────────────────────────────────────────────┘
//
// A callback of a handle that is being closed does nothing but free its request.
#pragma once

#include <vector>

#include <siokit/adapters/peer_table.hpp>
#include <siokit/adapters/posix_net.hpp>
#include <siokit/adapters/uv_lifetime.hpp>

SIOKIT_NAMESPACE_BEGIN

class uv_links : public uv_state {
 public:
  /// Gives the driver input, then does what it asks for. Every callback of libuv is one. When a handler throws, the pump
  /// that it prevented comes in the next turn of the loop.
  template <class F>
  void turn(F&& input) noexcept {
    if (driver_ == nullptr) return;
    const std::shared_ptr<uv_state> self = shared_from_this();
    guard(
        [&] {
          thread_.enter();
          const scope_exit out{[&] { thread_.leave(); }};
          scope_exit thrown{[&] { pump_later(); }};
          input();
          pump();
          thrown.cancel();
        },
        host_lives_);
  }
  /// Links that are open, those that are being dialed or closed included.
  std::size_t connections() const noexcept { return connections_; }

 protected:
  struct peer;
  struct sending;

  uv_links(uv_loop_t*, driver&, const host_options&);
  ~uv_links();

  /// Every pending action of the driver, then its deadline.
  virtual void pump() = 0;

  /// A peer with a handle; for TCP one that has a socket. Null, and errno, when it cannot be.
  peer* make(int family, link_id, int& error);
  void admit(posix::accepted&, bool local);
  /// What make() has made is connected.
  void become_link(peer&);
  peer* find(link_id) const noexcept;
  /// Reading is welcome again.
  void read(peer&);
  void write(peer&);
  void shut(peer&);
  void drop(peer&);
  void drop_all();
  void end(peer&, link_end, int error);
  void remove(peer&) noexcept;
  void remove_all() noexcept;
  /// Goes on with those whose driver call may have thrown.
  void settle_all();
  /// Ends those whose time to close is over.
  void expire_links();
  time_point closing_deadline() const noexcept;

  static int as_errno(int status) noexcept { return -status; }  // libuv negates errno; its own codes are below -3000
  static time_point now() { return std::chrono::steady_clock::now(); }

  driver* driver_;  // null once the host is gone
  bool host_lives_ = true;
  host_options options_;
  one_thread thread_;
  std::size_t connections_ = 0;

 private:
  static void on_room(uv_handle_t*, std::size_t, uv_buf_t*) noexcept;
  static void on_read(uv_stream_t*, ssize_t, const uv_buf_t*);
  static void on_sent(uv_write_t*, int status);
  static void on_closed(uv_handle_t*);

  peer* place(uv_handle_type, link_id);
  peer* find_token(std::uint64_t) const noexcept;
  void take(peer&, ssize_t, const uv_buf_t&);
  void decline(peer&);
  void hear_end(peer&);
  void settle(peer&);
  void be_patient(peer&);
  void part(peer&);
  static bool half_close(peer&);
  void unlink(peer&) noexcept;
  sending* spare();
  void recycle(sending*) noexcept;

  std::vector<peer*> peers_;         // by place; null where there is none
  std::vector<std::uint32_t> free_;  // places
  std::vector<peer*> by_link_;       // by the index of a link: the low 32 bits of its id
  std::vector<peer*> lost_;          // closed by somebody else
  std::vector<std::uint64_t> unsettled_;
  read_buffer buffer_;
  std::vector<sending*> spare_;
  posix::waiting_line closing_;
  posix::waiting_line parting_;
  std::uint32_t serial_ = 0;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/uv_links.ipp>
