// Version, the assertion hook, and the three words every other header needs.
// Nothing here changes a type, a layout or what goes over the wire.
// Not for options: those are limits (core/limits.hpp) and eio::options.
#pragma once

#define SIOKIT_VERSION_MAJOR 0
#define SIOKIT_VERSION_MINOR 1
#define SIOKIT_VERSION_PATCH 0

// Every name of siokit lives in a namespace that carries the version, so that two versions linked into one program
// stay two libraries.
#define SIOKIT_NAMESPACE_BEGIN \
  namespace siokit {           \
  inline namespace v0_1 {
#define SIOKIT_NAMESPACE_END \
  }                          \
  }

SIOKIT_NAMESPACE_BEGIN
/// Under the address sanitizer nothing is cached, so that a use after free shows.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool address_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif
#else
inline constexpr bool address_sanitizer = false;
#endif
SIOKIT_NAMESPACE_END

// Compiled mode, for large projects: SIOKIT_COMPILED is defined for all of them, and one file holds the bodies:
//   #define SIOKIT_SOURCE
//   #include <siokit/siokit.hpp>
//   #include <siokit/sim.hpp>    // where tests use it
// Otherwise the bodies in impl/*.ipp are inline functions. Those of adapters/ always are: few files include an adapter.
#ifdef SIOKIT_COMPILED
#define SIOKIT_INLINE
#else
#define SIOKIT_INLINE inline
#endif
#if defined(SIOKIT_SOURCE) || !defined(SIOKIT_COMPILED)
#define SIOKIT_BODIES 1
#else
#define SIOKIT_BODIES 0
#endif

// For the few small functions that the speed of everything hangs on: compilers see a loop and will not inline,
// or inline what is rare and keep its constants in registers. A body that is marked so is for other bodies: where they are compiled
// once, it has no symbol.
#if defined(_MSC_VER) && !defined(__clang__)
#define SIOKIT_ALWAYS_INLINE __forceinline
#define SIOKIT_NEVER_INLINE __declspec(noinline)
#else
#define SIOKIT_ALWAYS_INLINE inline __attribute__((always_inline))
#define SIOKIT_NEVER_INLINE __attribute__((noinline))
#endif

// Called when the caller broke a contract (re-entered the driver, used another thread). Define it before the first
// include to send the failure elsewhere; it must accept a condition and a string literal.
#ifndef SIOKIT_ASSERT
#include <cstdio>
#include <cstdlib>
SIOKIT_NAMESPACE_BEGIN
[[noreturn]] inline void assertion_failed(const char* sentence, const char* file, int line) noexcept {
  std::fprintf(stderr, "siokit: %s (%s:%d)\n", sentence, file, line);
  std::abort();
}
SIOKIT_NAMESPACE_END
#define SIOKIT_ASSERT(condition, sentence) \
  ((condition) ? void() : ::siokit::assertion_failed(sentence, __FILE__, __LINE__))
#endif
