// A ticket is a promise to answer later: next_fn, ack<...>, http::reply, socket_ref. It is trivially copyable, may be
// carried, copied and dropped on any thread, and is used on the loop's thread only. When it is late, was used before, or
// its server is gone, using it does nothing.
#pragma once

#include <atomic>
#include <cstdint>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

class home;
class switchboard;
class connector;

/// Where a ticket finds its server or client, or finds that it is gone. Beacons are never freed, only lit again by the next server,
/// so a ticket may outlive whatever it was for.
struct beacon {
  // Read by tickets of other servers that had this beacon before, perhaps while it is lit again on another thread.
  std::atomic<sio::home*> at = nullptr;
  std::atomic<std::uint32_t> generation = 0;
  beacon* next = nullptr;

  static beacon* light(sio::home* at);
  static void put_out(beacon* of) noexcept;

 private:
  // A lock for the moment in which a server is made or destroyed, which may happen on several threads at once.
  static std::atomic_flag& lock() noexcept {
    static std::atomic_flag flag = ATOMIC_FLAG_INIT;
    return flag;
  }
  static beacon*& unlit() noexcept {
    static beacon* list = nullptr;
    return list;
  }
};

enum class promise_id : std::uint64_t {};
enum class socket_handle : std::uint64_t {};
/// An acknowledgement that is awaited.
enum class ack_handle : std::uint64_t {};

/// The way back to a server or a client.
struct ticket {
  beacon* of = nullptr;
  std::uint32_t generation = 0;

  /// The server or client, or null when it is gone.
  sio::home* home() const noexcept {
    const bool same = of != nullptr && of->generation.load(std::memory_order_relaxed) == generation;
    return same ? of->at.load(std::memory_order_relaxed) : nullptr;
  }
};

}  // namespace sio

class socket;

/// A reference to a socket that may be kept: null once the socket is gone.
class socket_ref {
 public:
  socket_ref() noexcept = default;
  socket_ref(sio::ticket home, sio::socket_handle who) noexcept : home_(home), who_(who) {}
  /// The socket, while it is connected or its disconnect handlers run; else null.
  socket* get() const noexcept;
  explicit operator bool() const noexcept { return get() != nullptr; }
  socket* operator->() const noexcept { return get(); }
  socket& operator*() const noexcept { return *get(); }

 private:
  sio::ticket home_;
  sio::socket_handle who_{};
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/ticket.ipp>
