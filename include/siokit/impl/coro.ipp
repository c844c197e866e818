// Bodies of coro.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

namespace sio {

inline awaiter<void> connect_wait::begin(client_socket& io) {
  auto* const made = new connect_wait(io, io.home_);
  const result_ref<void> self(made);
  if (io.connected())
    made->finish({});
  else if (!io.active())
    made->finish(errc::not_connected);
  else
    made->listen(self);
  return awaiter<void>(self);
}

inline void connect_wait::listen(const result_ref<void>& self) {
  connect_ = io_.on_connect([to = result_bearer<void>(self)] { to({}); });
  error_ = io_.on_connect_error([to = result_bearer<void>(self), this](const connect_error& e) {
    last_ = e.cause;
    if (!io_.active() || !home_.options().reconnection) to(e.cause);
  });
  failed_ = home_.on_reconnect_failed.add([to = result_bearer<void>(self), this] { to(last_); });
}

// Not when the client is being destroyed: a listener that goes without having been called abandons.
inline void connect_wait::withdraw() noexcept {
  io_.off_lifecycle(connect_);
  io_.off_lifecycle(error_);
  home_.on_reconnect_failed.remove(failed_);
}

}  // namespace sio

SIOKIT_NAMESPACE_END
