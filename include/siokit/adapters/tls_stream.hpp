// One TLS connection on OpenSSL, either role, over a socket that does not block. Set up by tls.hpp.
// OpenSSL reads and writes the socket itself, through a BIO of ours that raises no SIGPIPE: no buffer of ours holds
// ciphertext. An idle stream keeps what OpenSSL keeps, without its buffers (SSL_MODE_RELEASE_BUFFERS).
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <string>

#include <siokit/adapters/posix_net.hpp>
#include <siokit/adapters/secure.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Who hears why handshakes fail.
struct tls_log {
  void (*failed)(void* ctx, std::string_view peer, std::string_view why) = nullptr;
  void* ctx = nullptr;
};

/// A sentence for an error of link_end::tls: whose fault it was and why.
std::string tls_error_text(int error);

class tls_stream final : public secure_stream {
 public:
  /// Takes the SSL object over.
  tls_stream(SSL*, native_socket, std::string_view peer, const tls_log&);
  ~tls_stream() override { SSL_free(ssl_); }

  secured handshake() override;
  secured read(std::span<std::byte> into) override;
  secured peek() override;
  when readable() const override { return readable_; }
  secured write(std::span<const bytes_view>) override;
  secured finish() override;

 private:
  static constexpr std::size_t record = 16 * 1024;  // RFC 8446 5.1: the most that one holds

  static BIO_METHOD* wire();
  static int from_wire(BIO*, char* into, int size);
  static int to_wire(BIO*, const char* from, int size);
  static long control_wire(BIO*, int what, long, void*);

  secured got(int result, std::size_t n);
  secured outcome(int result);
  int reason() const;

  SSL* ssl_;
  native_socket socket_;
  std::string peer_;  // until the handshake is done
  tls_log log_;
  int wire_error_ = 0;
  when readable_ = when::input;
  bool wire_ended_ = false;
  bool broken_ = false;    // nothing more may be said
  bool half_sent_ = false; // a record waits for the kernel, and for the same bytes
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/tls_stream.ipp>
