// What stands between a link and its socket when the link is secure: a stream that encrypts, and what makes streams.
// Hosts know only this; no library is needed for it. The one there is, on OpenSSL, is tls.hpp.
// No call blocks: a stream says for what to wait before the same call may go on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <siokit/core/bytes.hpp>

SIOKIT_NAMESPACE_BEGIN

#if defined(_WIN32)
using native_socket = std::uintptr_t;
#else
using native_socket = int;
#endif

/// What came of a call.
struct secured {
  enum class kind : std::uint8_t { done, wants_input, wants_output, failed } what = kind::done;
  std::size_t bytes = 0;
  /// Why it failed: errno, or what tls_error_text() explains.
  int error = 0;

  bool waits() const noexcept { return what == kind::wants_input || what == kind::wants_output; }
  bool failed() const noexcept { return what == kind::failed; }
};

/// Whether an error of a stream is errno: the rest of the codes is the library's.
constexpr bool is_errno(int error) noexcept { return error > 0 && error < 0x10000; }

/// One connection. The socket does not block, is not the stream's, and lives longer.
class secure_stream {
 public:
  enum class when : std::uint8_t { now, input, output };

  secure_stream() = default;
  secure_stream(const secure_stream&) = delete;
  secure_stream& operator=(const secure_stream&) = delete;
  virtual ~secure_stream() = default;

  /// Until it is done nothing else may be called.
  virtual secured handshake() = 0;
  /// Reads some. Done with 0 bytes: the peer sends no more.
  virtual secured read(std::span<std::byte> into) = 0;
  /// Reads one byte without taking it.
  virtual secured peek() = 0;
  /// When read() may bring something: now, because the stream holds bytes that the socket does not have any more; or
  /// when the socket is ready.
  virtual when readable() const = 0;
  /// Writes some of it. After it had to wait, it wants the same bytes again, perhaps followed by more.
  virtual secured write(std::span<const bytes_view>) = 0;
  /// Tells the peer that nothing more comes. The last call.
  virtual secured finish() = 0;
};

/// Makes the streams of one role, client or server. Shared by all its links; thread-safe.
class security {
 public:
  virtual ~security() = default;
  /// A stream whose handshake has not begun; or null, and why. peer: a client verifies that the other end is who this
  /// says; for a server it is an address, to speak of it.
  virtual std::unique_ptr<secure_stream> start(native_socket, std::string_view peer, int& error) = 0;
  /// Why start() cannot work, or 0.
  virtual int error() const = 0;
};

/// How a host secures the links it dials. Empty: not at all.
struct secure_client {
  std::shared_ptr<security> how;
};
/// How a host secures the links of a listener. Empty: it cannot listen.
struct secure_server {
  std::shared_ptr<security> how;
};

SIOKIT_NAMESPACE_END
