// Bodies of adapters/tls_stream.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

SIOKIT_NAMESPACE_BEGIN

inline std::string tls_error_text(int error) {
  constexpr int first_alert = 1000;  // SSL_AD_REASON_OFFSET: what the peer said, with its number added
  if (error < 0) return std::string{"the peer's certificate is refused: "} + X509_verify_cert_error_string(-error);
  if (is_errno(error)) return std::generic_category().message(error);
  const auto code = static_cast<unsigned long>(error);
  const char* const known = ERR_reason_error_string(code);
  const std::string text = known != nullptr ? known : "OpenSSL error " + std::to_string(error);
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= first_alert ? "the peer refused: " + text : text;
}

// --- the socket, as OpenSSL sees it ----------------------------------------------------------------------------------

inline int tls_stream::from_wire(BIO* bio, char* into, int size) {
  auto& me = *static_cast<tls_stream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const posix::moved got =
      posix::read_some(static_cast<int>(me.socket_), {reinterpret_cast<std::byte*>(into), static_cast<std::size_t>(size)});
  if (got.again()) BIO_set_retry_read(bio);
  else me.wire_error_ = got.error;
  me.wire_ended_ = got.error == 0 && got.bytes == 0;
  return got.error != 0 ? -1 : static_cast<int>(got.bytes);
}

inline int tls_stream::to_wire(BIO* bio, const char* from, int size) {
  auto& me = *static_cast<tls_stream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const bytes_view view{reinterpret_cast<const std::byte*>(from), static_cast<std::size_t>(size)};
  const posix::moved sent = posix::write_some(static_cast<int>(me.socket_), {&view, 1});
  if (sent.again()) BIO_set_retry_write(bio);
  else me.wire_error_ = sent.error;
  return sent.error != 0 ? -1 : static_cast<int>(sent.bytes);
}

inline long tls_stream::control_wire(BIO* bio, int what, long, void*) {
  if (what == BIO_CTRL_EOF) return static_cast<tls_stream*>(BIO_get_data(bio))->wire_ended_ ? 1 : 0;
  return what == BIO_CTRL_FLUSH ? 1 : 0;
}

inline BIO_METHOD* tls_stream::wire() {
  static BIO_METHOD* const one = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "siokit");
    BIO_meth_set_read(made, from_wire);
    BIO_meth_set_write(made, to_wire);
    BIO_meth_set_ctrl(made, control_wire);
    return made;
  }();
  return one;
}

inline tls_stream::tls_stream(SSL* ssl, native_socket socket, std::string_view peer, const tls_log& log)
    : ssl_(ssl), socket_(socket), peer_(peer), log_(log) {
  BIO* const bio = BIO_new(wire());
  if (bio == nullptr) return;  // the handshake fails
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
}

// --- what came of it -------------------------------------------------------------------------------------------------

inline int tls_stream::reason() const {
  const unsigned long code = ERR_peek_error();
  const long verified = SSL_get_verify_result(ssl_);
  if (verified != X509_V_OK && SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE) return -static_cast<int>(verified);
  if (code == 0) return wire_error_ != 0 ? wire_error_ : ECONNRESET;
  return ERR_GET_LIB(code) == ERR_LIB_SYS ? ERR_GET_REASON(code) : static_cast<int>(code);
}

inline secured tls_stream::outcome(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return {secured::kind::wants_input, 0, 0};
    case SSL_ERROR_WANT_WRITE: return {secured::kind::wants_output, 0, 0};
    case SSL_ERROR_ZERO_RETURN: return {};
    default: break;
  }
  broken_ = true;
  return {secured::kind::failed, 0, reason()};
}

inline secured tls_stream::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    peer_ = {};
    // HTTP and WebSocket say themselves where they end; from here on an end without close_notify is nothing special.
#if defined(SSL_OP_IGNORE_UNEXPECTED_EOF)
    SSL_set_options(ssl_, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
    if (SSL_has_pending(ssl_) != 0) readable_ = when::now;
    return {};
  }
  secured out = outcome(result);
  if (out.what == secured::kind::done) out = {secured::kind::failed, 0, ECONNRESET};  // a close_notify before the end
  if (out.failed() && log_.failed != nullptr) log_.failed(log_.ctx, peer_, tls_error_text(out.error));
  return out;
}

// --- input -----------------------------------------------------------------------------------------------------------

inline secured tls_stream::got(int result, std::size_t n) {
  if (result == 1) {
    // Perhaps of a record that is not whole; the next read() will tell.
    readable_ = SSL_has_pending(ssl_) != 0 ? when::now : when::input;
    return {secured::kind::done, n, 0};
  }
  const secured out = outcome(result);
  readable_ = out.what == secured::kind::wants_output ? when::output : when::input;
  if (!out.failed() || !wire_ended_ || ERR_peek_error() != 0) return out;
  broken_ = false;  // OpenSSL 1.1.1 says so of that end, and can still write
  return {};
}

inline secured tls_stream::read(std::span<std::byte> into) {
  std::size_t n = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &n);
  return got(result, n);
}

inline secured tls_stream::peek() {
  std::size_t n = 0;
  std::byte one;
  ERR_clear_error();
  const int result = SSL_peek_ex(ssl_, &one, 1, &n);
  return got(result, n);
}

// --- output ----------------------------------------------------------------------------------------------------------

// As many bytes of the views as there is room for, from the offset on.
inline std::size_t collect(std::span<const bytes_view> views, std::size_t offset, std::span<std::byte> into) {
  std::size_t n = 0;
  for (const bytes_view view : views) {
    if (offset >= view.size()) {
      offset -= view.size();
      continue;
    }
    const std::size_t some = (std::min)(view.size() - offset, into.size() - n);
    std::memcpy(into.data() + n, view.data() + offset, some);
    n += some;
    offset = 0;
    if (n == into.size()) break;
  }
  return n;
}

// Small views share a record, and so a send.
inline secured tls_stream::write(std::span<const bytes_view> views) {
  std::array<std::byte, record> plain;
  secured out;
  while (const std::size_t n = collect(views, out.bytes, plain)) {
    std::size_t written = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, plain.data(), n, &written);
    half_sent_ = result != 1;
    out.bytes += written;
    if (result == 1) continue;
    if (out.bytes != 0) return out;  // the next call hears it again
    return outcome(result);
  }
  return out;
}

inline secured tls_stream::finish() {
  if (broken_ || half_sent_) return {};
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_);
  return result < 0 ? outcome(result) : secured{};
}

SIOKIT_NAMESPACE_END
