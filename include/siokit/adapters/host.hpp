// What every host has in common: how it is told to listen, its limits, and the randomness and wall clock that a driver
// asks for. No sockets: those of poll and epoll are in posix_net.hpp, Asio brings its own.
// A host is one thread's; only its post() and stop() may be called from others.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <siokit/driver.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Where to accept links.
struct listen_options {
  /// Empty: every address of the machine, IPv6 and IPv4. Else an IPv4 or IPv6 literal, or "unix:/path".
  std::string_view address;
  /// 0 lets the system choose; `listening` tells which.
  std::uint16_t port = 0;
  /// Connections the kernel holds until they are accepted; it applies a limit of its own (net.core.somaxconn).
  int backlog = 1024;
  /// Several hosts, one a thread, may listen on one port and share its connections (SO_REUSEPORT).
  bool reuse_port = false;
  /// Unsent bytes that the kernel takes for one link (TCP_NOTSENT_LOWAT; 0 leaves it alone). Few, so that what a peer does
  /// not read shows where limits and progress are measured, not in a send buffer of 4 MiB; enough for several sends.
  int unsent = 128 * 1024;
  /// Permissions of a Unix socket; 0 leaves them to the umask.
  unsigned mode = 0;
};

/// What became of a listen(): the port, or an error of the operating system (errno).
struct listening {
  int error = 0;
  std::uint16_t port = 0;

  explicit operator bool() const noexcept { return error == 0; }
};

struct resolved;  // resolver.hpp

/// Limits of one host, each with its precedent.
struct host_options {
  /// Links at once; a connection above them is accepted and closed, as Node's server.maxConnections does.
  std::size_t max_connections = 1'000'000;
  /// Bytes of the buffer that all links of the host are read into, and so of one read. Node and libuv read 64 KiB.
  std::size_t read_buffer = 64 * 1024;
  /// Sends for one link before the others get their turn; one send is up to 64 frames.
  unsigned sends_per_turn = 16;
  /// After a `close` action, and everything sent, the peer's input is discarded for so long. The contract's 1 s.
  milliseconds discard_time{1'000};
  /// A closing link whose peer takes nothing for so long is dropped. nginx's lingering_time.
  milliseconds close_time{30'000};
  /// Without descriptors (EMFILE) accepting stops for this long, doubled up to a second. nginx pauses 500 ms.
  milliseconds accept_pause{100};
  /// Dialing: how long to look a name up, and then to try the last of its addresses. undici's (Node's fetch) 10 s.
  milliseconds connect_time{10'000};
  /// Dialing: how long to try an address before the next one is tried beside it. RFC 8305 5, Connection Attempt Delay.
  milliseconds attempt_delay{250};
  /// asio_host: a TLS handshake that takes longer is given up. undici's connect timeout includes it.
  milliseconds tls_handshake_time{10'000};
  /// Looks a name up, for as long as it takes, on a thread that may outlive the host. At most 16 addresses count. Null:
  /// resolve_name().
  resolved (*resolve)(const std::string& name, std::uint16_t port) = nullptr;
  /// epoll_host: how long to look for events before it sleeps. Costs a processor, saves a wake-up.
  std::chrono::microseconds busy_poll{0};
};

/// What links are read into. It begins with a cache line: the kernel copies to such faster.
class read_buffer {
 public:
  explicit read_buffer(std::size_t size) : lines_((size + sizeof(line) - 1) / sizeof(line)), size_(size) {}
  operator std::span<std::byte>() noexcept { return std::as_writable_bytes(std::span(lines_)).first(size_); }

 private:
  struct alignas(64) line {
    std::byte bytes[64];
  };
  std::vector<line> lines_;
  std::size_t size_;
};

/// Randomness and the wall clock of the operating system, and the host's own wake.
host_services system_services(void (*wake)(void*), void* ctx) noexcept;

/// Which thread is inside a host. A host has no lock: it asserts that none is needed.
class one_thread {
 public:
  /// Nobody is inside, or this thread is.
  void check() const {
    const std::thread::id inside = inside_.load(std::memory_order_relaxed);
    SIOKIT_ASSERT(inside == std::thread::id{} || inside == std::this_thread::get_id(),
                  "a host is one thread's; only post() and stop() may be called from another");
  }
  void enter() {
    check();
    SIOKIT_ASSERT(inside_.load(std::memory_order_relaxed) == std::thread::id{}, "a turn was started inside a turn");
    inside_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  void leave() noexcept { inside_.store(std::thread::id{}, std::memory_order_relaxed); }

 private:
  std::atomic<std::thread::id> inside_{};
};

/// Does something when a scope is left, also by an exception that a user's handler threw.
template <class F>
class scope_exit {
 public:
  explicit scope_exit(F f) : f_(std::move(f)) {}
  scope_exit(const scope_exit&) = delete;
  scope_exit& operator=(const scope_exit&) = delete;
  ~scope_exit() {
    if (armed_) f_();
  }
  void cancel() noexcept { armed_ = false; }

 private:
  F f_;
  bool armed_ = true;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/host.ipp>
