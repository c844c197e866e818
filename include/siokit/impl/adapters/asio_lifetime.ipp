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

// Never destroyed: a driver may be a static object.
inline asio_hosts& asio_hosts::all() {
  static asio_hosts* const one = new asio_hosts;
  return *one;
}

inline void* asio_hosts::add(std::weak_ptr<asio_state> host) {
  const std::lock_guard lock(mutex_);
  void* const name = reinterpret_cast<void*>(++last_);
  hosts_.emplace(name, std::move(host));
  return name;
}

inline void asio_hosts::remove(void* name) noexcept {
  const std::lock_guard lock(mutex_);
  hosts_.erase(name);
}

inline std::shared_ptr<asio_state> asio_hosts::find(void* name) {
  const std::lock_guard lock(mutex_);
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? nullptr : found->second.lock();
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
