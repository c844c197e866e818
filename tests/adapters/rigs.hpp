// One host, one echo driver and the test on one thread: turn() is one turn of the loop, until() turns until something
// holds. What is a turn differs, everything else is the same for all adapters. rigs_asio.hpp and rigs_uv.hpp have their own.
#pragma once

#include <siokit/adapters/epoll.hpp>
#include <siokit/adapters/poll.hpp>

#include "adapters/client.hpp"
#include "adapters/echo_driver.hpp"
#include "catch.hpp"

template <class Host>
struct posix_rig {
  static constexpr std::size_t bytes_at_rest = 64;  // of the host, for a connection
  static constexpr bool nested_turns_are_caught = true;
  echo_driver io;
  Host host;

  explicit posix_rig(const siokit::host_options& options = {}) : host(io, options) {}
  /// At most a few milliseconds.
  void turn() { host.step(siokit::milliseconds{5}); }
  /// Until the host has nothing left to do.
  void run() { host.run(); }
};
using epoll_rig = posix_rig<siokit::epoll_host>;
using poll_rig = posix_rig<siokit::poll_host>;

/// Whether `holds` became true within ten seconds of turns.
template <class Rig, class F>
bool until(Rig& rig, F&& holds) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    rig.turn();
  }
  return true;
}

/// Turns for a while, for what must not happen.
template <class Rig>
void turns(Rig& rig, int n = 5) {
  while (n-- > 0) rig.turn();
}

/// Whether turns wait for something to happen, as they must when nothing does.
template <class Rig>
bool sleeps(Rig& rig) {
  turns(rig, 3);
  const auto start = std::chrono::steady_clock::now();
  turns(rig, 10);
  return std::chrono::steady_clock::now() - start > std::chrono::milliseconds{40};
}

/// A connection that the host has accepted, and its link.
struct pair_of_ends {
  client c;
  siokit::link_id link{};
};
template <class Rig>
pair_of_ends connect(Rig& rig, std::uint16_t port, int receive_buffer = 0) {
  const std::size_t before = rig.io.accepted.size();
  pair_of_ends p{client::tcp(port, "127.0.0.1", receive_buffer)};
  REQUIRE(p.c);
  REQUIRE(until(rig, [&] { return rig.io.accepted.size() > before; }));
  p.link = rig.io.accepted.back();
  return p;
}

/// Sends all of it, taking turns.
template <class Rig>
void send_all(Rig& rig, client& c, std::string_view text) {
  REQUIRE(until(rig, [&] {
    text.remove_prefix(c.send(text));
    return text.empty();
  }));
}

/// Receives n bytes, or all until the end.
template <class Rig>
std::string receive(Rig& rig, client& c, std::size_t n = std::string::npos) {
  std::string got;
  CHECK(until(rig, [&] {
    got += c.receive(n - got.size() < 1 << 16 ? n - got.size() : 1 << 16);
    return c.ended() || got.size() >= n;
  }));
  return got;
}

/// n bytes that differ from each other everywhere.
inline std::string pattern(std::size_t n) {
  std::string out(n, '\0');
  std::uint32_t x = 1;
  for (char& c : out) {
    x = x * 1664525u + 1013904223u;
    c = static_cast<char>(x >> 24);
  }
  return out;
}
