// Bodies of adapters/host.hpp.
#pragma once

#if defined(_WIN32)
#include <random>
#else
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#if defined(__linux__)
#include <sys/random.h>
#endif
#endif

SIOKIT_NAMESPACE_BEGIN

#if defined(_WIN32)
// The standard leaves it open, but on Windows every standard library's random_device is the system's generator.
inline bool system_entropy(void*, std::span<std::byte> out) {
  std::random_device source;
  for (std::byte& b : out) b = static_cast<std::byte>(source() & 0xff);
  return true;
}
#else
inline bool system_entropy(void*, std::span<std::byte> out) {
#if defined(__linux__)
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno != EINTR) break;  // ENOSYS in an old sandbox: the device still works
    if (n > 0) out = out.subspan(static_cast<std::size_t>(n));
  }
  if (out.empty()) return true;
#endif
  const int device = ::open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (device < 0) return false;
  while (!out.empty()) {
    const ssize_t n = ::read(device, out.data(), out.size());
    if (n == 0 || (n < 0 && errno != EINTR)) break;
    if (n > 0) out = out.subspan(static_cast<std::size_t>(n));
  }
  ::close(device);
  return out.empty();
}
#endif

inline std::int64_t system_unix_ms(void*) {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(since_1970).count();
}

inline host_services system_services(void (*wake)(void*), void* ctx) noexcept {
  host_services services;
  services.wake = wake;
  services.entropy = system_entropy;
  services.unix_ms = system_unix_ms;
  services.ctx = ctx;
  return services;
}

SIOKIT_NAMESPACE_END
