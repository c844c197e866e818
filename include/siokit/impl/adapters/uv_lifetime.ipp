// Bodies of adapters/uv_lifetime.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

inline void uv_state::hold() {
  if (handles_++ == 0) self_ = shared_from_this();
}

inline void uv_state::release() noexcept {
  if (--handles_ != 0) return;
  const std::shared_ptr<uv_state> last = std::move(self_);
}

inline void uv_state::released(uv_handle_t* h) { static_cast<uv_state*>(h->data)->release(); }

// States that libuv may still look at. Reachable, so that they are no leak; never freed.
inline bool uv_state::close_handle(uv_handle_t* h, uv_close_cb done) noexcept {
  if (!closing(h)) {
    uv_close(h, done);
    return true;
  }
  static auto* const kept = new std::vector<std::shared_ptr<uv_state>>;
  static auto* const mutex = new std::mutex;
  const std::lock_guard lock(*mutex);
  if (self_) kept->push_back(std::move(self_));
  return false;
}

inline void uv_state::rethrow() {
  if (thrown_.empty()) return;
  const std::exception_ptr first = thrown_.front();
  thrown_.erase(thrown_.begin());
  std::rethrow_exception(first);
}

SIOKIT_NAMESPACE_END
