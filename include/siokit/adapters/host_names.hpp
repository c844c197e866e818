// A driver may outlive its host and still call wake(). What it was given is therefore a number, and the host's state is
// found here, or not any more.
// For hosts whose wake() has something to do: Asio's and libuv's.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// The living hosts of one kind. Thread-safe.
template <class State>
class host_names {
 public:
  /// Never destroyed: a driver may be a static object.
  static host_names& all() {
    static host_names* const one = new host_names;
    return *one;
  }
  void* add(std::weak_ptr<State> host) {
    const std::lock_guard lock(mutex_);
    void* const name = reinterpret_cast<void*>(++last_);
    hosts_.emplace(name, std::move(host));
    return name;
  }
  void remove(void* name) noexcept {
    const std::lock_guard lock(mutex_);
    hosts_.erase(name);
  }
  std::shared_ptr<State> find(void* name) {
    const std::lock_guard lock(mutex_);
    const auto found = hosts_.find(name);
    return found == hosts_.end() ? nullptr : found->second.lock();
  }

 private:
  std::mutex mutex_;
  std::uintptr_t last_ = 0;
  std::unordered_map<void*, std::weak_ptr<State>> hosts_;
};

SIOKIT_NAMESPACE_END
