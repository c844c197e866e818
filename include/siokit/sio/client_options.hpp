// What shapes a client: reconnection, times, and what each of its sockets is made with. The names and defaults are those of
// the reference's Manager and Socket; lengths are milliseconds. Where the server is comes from the URL.
// Options of the transport below (headers, query, proxy, ...) are the base class.
#pragma once

#include <siokit/core/limits.hpp>
#include <siokit/core/memory.hpp>
#include <siokit/eio/dial_options.hpp>
#include <siokit/text/value.hpp>

SIOKIT_NAMESPACE_BEGIN

/// What one socket is made with.
struct client_socket_options {
  /// Sent with each CONNECT: an object, or null for nothing. client_socket::auth() takes a function instead.
  value auth{};
  /// How often an event is sent again that was not acknowledged; 0: never. With it, events go one after the other, each
  /// once the one before is acknowledged, and may reach the server more than once.
  std::uint32_t retries = 0;
  /// How long an acknowledgement is awaited when emit() does not say; 0: as long as the connection lasts.
  milliseconds ack_timeout{0};
};

/// Set members by name: options.reconnection = false; options.query = {{"token", "abc"}};
struct client_options : eio::dial_options, client_socket_options {
  client_options() { path = "/socket.io"; }
  /// Connects without being asked to. False: connect() does.
  bool auto_connect = true;
  bool reconnection = true;
  /// Attempts before it gives up.
  std::uint32_t reconnection_attempts = 0xffffffff;
  /// The first delay, which doubles with each attempt, the longest, and which share of it luck adds or takes.
  milliseconds reconnection_delay{1'000};
  milliseconds reconnection_delay_max{5'000};
  double randomization_factor = 0.5;
  /// From dialing to the open session; 0: no limit.
  milliseconds timeout{20'000};
  /// From a CONNECT to its answer, then the session is given up; 0: no limit, as in the reference. Its server's
  /// connectTimeout.
  milliseconds join_timeout{45'000};
  siokit::limits limits;
  siokit::memory memory;
};

SIOKIT_NAMESPACE_END
