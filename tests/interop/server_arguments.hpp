// What tests/interop/run expects of a server program that has one host: its arguments, and its first line.
#pragma once

#include <siokit/adapters/host.hpp>

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace interop {

/// --port N --adapter NAME; -1, with a message, for anything else.
inline int wanted_port(int argc, char** argv, std::string_view adapter) {
  std::uint16_t port = 3000;
  bool understood = argc % 2 == 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i], given = argv[i + 1];
    const char* const end = given.data() + given.size();
    understood &= name == "--port" ? std::from_chars(given.data(), end, port).ptr == end : name == "--adapter" && given == adapter;
  }
  if (understood) return port;
  std::fprintf(stderr, "usage: %s [--port N] [--adapter %s]\n", argv[0], adapter.data());
  return -1;
}

inline bool announce(const siokit::listening& at) {
  if (!at) {
    std::fprintf(stderr, "cannot listen: %s\n", std::strerror(at.error));
    return false;
  }
  std::printf("listening %ld %u\n", static_cast<long>(::getpid()), static_cast<unsigned>(at.port));
  return std::fflush(stdout) == 0;
}

}  // namespace interop
