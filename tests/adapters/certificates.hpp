// Certificates for tests, made when they run: an authority, and what it issues. P-256, PEM text. Also a TLS peer that
// is driven by hand, to do what no host would.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <string>

#include "adapters/client.hpp"

template <class T, auto Free>
class owned {
 public:
  explicit owned(T* x = nullptr) : x_(x) {}
  owned(owned&& other) noexcept : x_(std::exchange(other.x_, nullptr)) {}
  ~owned() {
    if (x_ != nullptr) Free(x_);
  }
  operator T*() const { return x_; }

 private:
  T* x_;
};
using owned_key = owned<EVP_PKEY, EVP_PKEY_free>;
using owned_certificate = owned<X509, X509_free>;

template <class F>
std::string pem_text(F&& write) {
  const owned<BIO, BIO_free> out{BIO_new(BIO_s_mem())};
  write(out);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  return {text, static_cast<std::size_t>(size)};
}

struct identity {
  std::string certificate;
  std::string key;
};

class authority {
 public:
  explicit authority(const char* name) : key_(EVP_EC_gen("P-256")), certificate_(make(name, "", key_, -3600, 86'400)) {
    root = pem_text([&](BIO* out) { PEM_write_bio_X509(out, certificate_); });
  }
  /// names: as in openssl.cnf, "DNS:localhost,IP:127.0.0.1". Valid from an hour ago, for so many seconds from now.
  identity issue(const std::string& names, long valid = 3600, const char* password = nullptr) const {
    const owned_key key{EVP_EC_gen("P-256")};
    const owned_certificate made{make("leaf", names, key, -7200, valid)};
    return {pem_text([&](BIO* out) { PEM_write_bio_X509(out, made); }), pem_text([&](BIO* out) {
              PEM_write_bio_PrivateKey(out, key, password != nullptr ? EVP_aes_128_cbc() : nullptr, nullptr, 0, nullptr,
                                       const_cast<char*>(password));
            })};
  }

  std::string root;

 private:
  X509* make(const char* name, const std::string& names, EVP_PKEY* key, long from, long until) const {
    X509* const made = X509_new();
    X509_set_version(made, 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), from);
    X509_gmtime_adj(X509_getm_notAfter(made), until);
    X509_set_pubkey(made, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    const bool self_signed = names.empty();
    X509_set_issuer_name(made, X509_get_subject_name(self_signed ? made : certificate_));
    X509V3_CTX context;
    X509V3_set_ctx(&context, self_signed ? made : certificate_, made, nullptr, nullptr, 0);
    const auto extend = [&](int what, const char* value) {
      X509_EXTENSION* const e = X509V3_EXT_conf_nid(nullptr, &context, what, value);
      X509_add_ext(made, e, -1);
      X509_EXTENSION_free(e);
    };
    extend(NID_basic_constraints, self_signed ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!self_signed) extend(NID_subject_alt_name, names.c_str());
    X509_sign(made, key_, EVP_sha256());
    return made;
  }

  owned_key key_;
  owned_certificate certificate_;
};

/// OpenSSL's own sockets raise SIGPIPE. Ours must not, so it is ignored only for as long as a tls_peer writes.
struct no_sigpipe {
  void (*before)(int) = std::signal(SIGPIPE, SIG_IGN);
  ~no_sigpipe() { std::signal(SIGPIPE, before); }
};

/// A TLS client on a socket of the test. Every call does what can be done at once.
class tls_peer {
 public:
  explicit tls_peer(client&& to, int newest = TLS1_3_VERSION, std::string_view protocols = {}) : c(std::move(to)) {
    SSL_set_max_proto_version(ssl_, newest);
    SSL_set_min_proto_version(ssl_, TLS1_VERSION);
    SSL_set_security_level(ssl_, 0);
    SSL_set_fd(ssl_, c.fd());
    SSL_set_connect_state(ssl_);
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  }
  bool handshake() {
    const no_sigpipe quiet;
    return note(SSL_do_handshake(ssl_)) == 1;
  }
  std::size_t send(std::string_view text) {
    const no_sigpipe quiet;
    const int n = note(SSL_write(ssl_, text.data(), static_cast<int>(text.size())));
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  std::string receive() {
    const no_sigpipe quiet;
    std::string into(1 << 16, '\0');
    const int n = note(SSL_read(ssl_, into.data(), static_cast<int>(into.size())));
    into.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return into;
  }
  std::string receive_all() {
    std::string all;
    for (std::string more = receive(); !more.empty(); more = receive()) all += more;
    return all;
  }
  void say_end() {
    const no_sigpipe quiet;
    SSL_shutdown(ssl_);
  }
  bool heard_end() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  bool failed() const { return failed_; }
  SSL* ssl() const { return ssl_; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  client c;

 private:
  int note(int result) {
    const int why = SSL_get_error(ssl_, result);
    if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL) failed_ = true;
    ERR_clear_error();
    return result;
  }

  owned<SSL_CTX, SSL_CTX_free> context_{SSL_CTX_new(TLS_client_method())};
  owned<SSL, SSL_free> ssl_{SSL_new(context_)};
  bool failed_ = false;
};
