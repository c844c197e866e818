// Bodies of adapters/asio_lifetime.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

inline void asio_farewell::add(asio_state* host) {
  const std::lock_guard lock(mutex_);
  hosts_.push_back(host);
}

inline void asio_farewell::remove(asio_state* host) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase(hosts_, host);
}

inline void asio_farewell::shutdown() noexcept {
  for (asio_state* const host : std::exchange(hosts_, {})) host->let_go(true);
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
