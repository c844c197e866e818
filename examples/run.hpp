// How every example listens. run(io, argc, argv) understands --port N (3000; 0 for any) and --adapter poll|epoll|asio|uv
// (epoll), prints "listening PID PORT" once it accepts, and ends in good order on SIGINT and SIGTERM.
// A program of your own needs three lines of this: a host, listen(), run().
#pragma once

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <siokit/adapters/epoll.hpp>
#include <siokit/adapters/poll.hpp>
#include <siokit/server.hpp>

// Asio needs exceptions; where there is no Asio, --adapter asio is refused.
#if defined(SIOKIT_EXAMPLE_ASIO) || (__has_include(<asio.hpp>) && defined(__cpp_exceptions))
#define SIOKIT_EXAMPLE_HAS_ASIO
#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <siokit/adapters/asio.hpp>
#endif

// libuv is linked, so that having its header is not enough: define this, and link it.
#if defined(SIOKIT_EXAMPLE_UV)
#include <siokit/adapters/uv.hpp>
#endif

namespace example {

inline constexpr std::chrono::seconds drain{2};  // what slow clients get when the program is asked to end

/// Prints the line that tools/serve promises; false, with a message, when the port could not be had.
inline bool announce(const siokit::listening& at) {
  if (!at) {
    std::fprintf(stderr, "cannot listen: %s\n", std::strerror(at.error));
    return false;
  }
  std::printf("listening %ld %u\n", static_cast<long>(::getpid()), static_cast<unsigned>(at.port));
  std::fflush(stdout);
  return true;
}

/// What a signal stops. posix_loop::stop() may be called from a signal handler.
inline std::atomic<siokit::posix_loop*> stopped_by_signals{nullptr};
extern "C" inline void stop_on_signal(int) {
  if (siokit::posix_loop* const host = stopped_by_signals.load()) host->stop();
}

template <class Host>
int run_on(siokit::server& io, std::uint16_t port) {
  Host host{io.driver()};
  if (!announce(host.listen(port))) return 1;
  stopped_by_signals.store(&host);
  for (const int s : {SIGINT, SIGTERM}) std::signal(s, stop_on_signal);
  host.run();
  for (const int s : {SIGINT, SIGTERM}) std::signal(s, SIG_DFL);  // a second one ends it at once
  stopped_by_signals.store(nullptr);
  io.close();
  host.close(drain);
  host.run();
  return 0;
}

#if defined(SIOKIT_EXAMPLE_HAS_ASIO)
inline int run_on_asio(siokit::server& io, std::uint16_t port) {
  asio::io_context ctx;
  siokit::asio_host host{ctx.get_executor(), io.driver()};
  asio::signal_set signals{ctx, SIGINT, SIGTERM};
  if (!announce(host.listen(port))) return 1;
  signals.async_wait(asio::bind_executor(host.get_executor(), [&](const auto& error, int) {
    if (error) return;
    io.close();
    host.close(drain);
  }));
  ctx.run();
  return 0;
}
#endif

#if defined(SIOKIT_EXAMPLE_UV)
inline int run_on_uv(siokit::server& io, std::uint16_t port) {
  uv_loop_t* const loop = uv_default_loop();
  {
    siokit::uv_host host{loop, io.driver()};
    if (!announce(host.listen(port))) return 1;
    const auto end = [&] {
      io.close();
      host.close(drain);
    };
    uv_signal_t signals[2];
    for (uv_signal_t& s : signals) {
      uv_signal_init(loop, &s);
      uv_unref(reinterpret_cast<uv_handle_t*>(&s));
      s.data = const_cast<void*>(static_cast<const void*>(&end));
      const auto caught = [](uv_signal_t* mine, int) { (*static_cast<decltype(end)*>(mine->data))(); };
      uv_signal_start(&s, caught, &s == signals ? SIGINT : SIGTERM);
    }
    host.run();
    for (uv_signal_t& s : signals) uv_close(reinterpret_cast<uv_handle_t*>(&s), nullptr);
    uv_run(loop, UV_RUN_NOWAIT);
  }
  uv_run(loop, UV_RUN_DEFAULT);
  return uv_loop_close(loop) == 0 ? 0 : 1;
}
#endif

}  // namespace example

/// Serves until a signal. The program's exit status: 0, 1 when it cannot listen, 2 for arguments it does not know.
inline int run(siokit::server& io, int argc, char** argv) {
  std::uint16_t port = 3000;
  std::string_view adapter = "epoll";
  bool understood = argc % 2 == 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    const auto number = std::from_chars(value.data(), value.data() + value.size(), port);
    if (name == "--adapter") adapter = value;
    else if (name != "--port" || number.ec != std::errc{} || *number.ptr != 0) understood = false;
  }
  if (understood && adapter == "epoll") return example::run_on<siokit::epoll_host>(io, port);
  if (understood && adapter == "poll") return example::run_on<siokit::poll_host>(io, port);
#if defined(SIOKIT_EXAMPLE_HAS_ASIO)
  if (understood && adapter == "asio") return example::run_on_asio(io, port);
#endif
#if defined(SIOKIT_EXAMPLE_UV)
  if (understood && adapter == "uv") return example::run_on_uv(io, port);
#endif
  const bool missing = understood && (adapter == "asio" || adapter == "uv");
  std::fprintf(stderr, "usage: %s [--port N] [--adapter poll|epoll|asio|uv]%s\n", argv[0],
               missing ? " (this program was built without that one)" : "");
  return 2;
}
