// TLS on OpenSSL 1.1.1 and later, for hosts that take it (asio_tls.hpp): whom to trust, and who to be. TLS 1.2 and
// later, HTTP/1.1 by ALPN. A client verifies certificate and name by default.
// Certificates and keys are given in PEM, as text or as the path of a file, which is not read again before reload().
// Link OpenSSL (siokit::openssl in CMake, -lssl -lcrypto elsewhere).
#pragma once

#include <openssl/ssl.h>

#include <mutex>
#include <string>

#include <siokit/adapters/tls_stream.hpp>

SIOKIT_NAMESPACE_BEGIN

struct tls_client_options {
  /// Whose signatures count. Empty: those the system trusts, as OpenSSL finds them (SSL_CERT_FILE, SSL_CERT_DIR).
  std::string roots{};
  /// The client's own certificate, followed by those that lead to its root, and its key. Empty: none.
  std::string certificate{};
  std::string key{};
  std::string key_password{};
  /// Talks to anybody: neither certificate nor name is verified, so that whoever is on the way can read and change all.
  bool insecure_accept_any_certificate = false;
  /// Hears why handshakes fail, on the loop's thread: with whom (the name that was dialed), and a sentence.
  void (*on_failure)(void* ctx, std::string_view peer, std::string_view why) = nullptr;
  void* ctx = nullptr;
};

struct tls_server_options {
  /// The server's certificate, followed by those that lead to its root, and its key.
  std::string certificate{};
  std::string key{};
  std::string key_password{};
  /// Whose signatures on a client's certificate count; without such a certificate no link is accepted. Empty: none is
  /// asked for.
  std::string client_roots{};
  /// Hears why handshakes fail, on the loop's thread: with whom (an address), and a sentence.
  void (*on_failure)(void* ctx, std::string_view peer, std::string_view why) = nullptr;
  void* ctx = nullptr;
};

/// What a host needs to dial https and wss. Copies are the same client. Thread-safe.
class tls_client : public secure_client {
 public:
  explicit tls_client(const tls_client_options& = {});
  /// Links that are secured from now on use these options. Empty; or why not, and the old ones stay.
  std::string reload(const tls_client_options&);
  /// Why it cannot work, or empty.
  std::string error() const;
  explicit operator bool() const { return error().empty(); }
};

/// What a listener needs to be https and wss. Copies are the same server. Thread-safe.
class tls_server : public secure_server {
 public:
  explicit tls_server(const tls_server_options&);
  /// Links that are accepted from now on use these options. Empty; or why not, and the old ones stay.
  std::string reload(const tls_server_options&);
  /// Why it cannot work, or empty.
  std::string error() const;
  explicit operator bool() const { return error().empty(); }
};

/// OpenSSL's context, and who hears of failures; replaced as a whole.
class tls_security final : public security {
 public:
  tls_security() = default;
  ~tls_security() override { SSL_CTX_free(context_); }

  std::unique_ptr<secure_stream> start(native_socket, std::string_view peer, int& error) override;
  int error() const override;

  std::string load(const tls_client_options&);
  std::string load(const tls_server_options&);
  std::string why() const;

 private:
  /// Takes the context over, unless there is a fault and an older context is good.
  std::string replace(SSL_CTX*, std::string fault, const tls_log&, bool client);

  mutable std::mutex mutex_;
  SSL_CTX* context_ = nullptr;
  std::string fault_ = "not loaded";
  tls_log log_;
  bool client_ = false;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/tls.ipp>
