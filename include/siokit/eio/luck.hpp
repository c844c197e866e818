// Unguessable bytes from the host, fetched in bulk: session ids, WebSocket keys and masks need few at a time.
// Not a generator: nothing is computed, and what was given out is wiped.
// Where the bytes come from is host_services::entropy (driver.hpp).
#pragma once

#include <array>
#include <cstring>

#include <siokit/driver.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace eio {

class luck {
 public:
  /// Forgets what came from another host.
  void bind(const host_services& host) noexcept {
    host_ = host;
    left_ = 0;
  }
  /// Whether there are some, now.
  bool stock() noexcept;
  /// Fills out. False when the host has none.
  bool take(std::span<std::byte> out) noexcept;

 private:
  host_services host_;
  std::array<std::byte, 240> store_{};
  std::size_t left_ = 0;
};

}  // namespace eio

SIOKIT_NAMESPACE_END

#include <siokit/impl/eio/luck.ipp>
