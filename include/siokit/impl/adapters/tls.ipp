// Bodies of adapters/tls.hpp.
#pragma once

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <cerrno>

SIOKIT_NAMESPACE_BEGIN

// --- PEM -------------------------------------------------------------------------------------------------------------

template <auto Free>
struct tls_free {
  template <class T>
  void operator()(T* x) const noexcept {
    Free(x);
  }
};
using tls_bio = std::unique_ptr<BIO, tls_free<BIO_free>>;
using tls_certificate = std::unique_ptr<X509, tls_free<X509_free>>;
using tls_key = std::unique_ptr<EVP_PKEY, tls_free<EVP_PKEY_free>>;
using tls_context = std::unique_ptr<SSL_CTX, tls_free<SSL_CTX_free>>;

// "what: why (path)" from OpenSSL's queue.
inline std::string tls_fault(std::string_view what, const std::string& pem) {
  const char* const why = ERR_reason_error_string(ERR_peek_error());
  const unsigned long code = ERR_peek_error();
  std::string out{what};
  out += ": ";
  if (ERR_GET_LIB(code) == ERR_LIB_SYS) out += std::generic_category().message(ERR_GET_REASON(code));
  else out += why != nullptr ? why : "unusable";
  if (!pem.starts_with("-----BEGIN") && pem.find('\n') == std::string::npos) out += " (" + pem + ")";
  return out;
}

inline tls_bio open_pem(const std::string& pem) {
  ERR_clear_error();
  const bool text = pem.find("-----BEGIN") != std::string::npos;
  return tls_bio{text ? BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())) : BIO_new_file(pem.c_str(), "r")};
}

// Instead of OpenSSL's own, which asks at the terminal.
inline int tls_password(char* into, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(into, text.data(), text.size());
  return static_cast<int>(text.size());
}

// What trust() and identify() return is empty, or what is wrong.
inline std::string trust(SSL_CTX* context, const std::string& roots, bool name_them) {
  const tls_bio in = open_pem(roots);
  std::string no_password;
  int n = 0;
  while (in) {
    const tls_certificate one{PEM_read_bio_X509(in.get(), nullptr, tls_password, &no_password)};
    if (!one) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1) return tls_fault("roots", roots);
    if (name_them) SSL_CTX_add_client_CA(context, one.get());
    ++n;
  }
  return n != 0 ? std::string{} : tls_fault("roots", roots);
}

template <class Options>
std::string identify(SSL_CTX* context, const Options& options) {
  const tls_bio certificates = open_pem(options.certificate);
  auto* const password = const_cast<std::string*>(&options.key_password);
  const auto next = [&] {
    BIO* const in = certificates.get();
    return tls_certificate{in != nullptr ? PEM_read_bio_X509(in, nullptr, tls_password, password) : nullptr};
  };
  const tls_certificate own = next();
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return tls_fault("certificate", options.certificate);
  for (tls_certificate above = next(); above; above = next())
    if (SSL_CTX_add0_chain_cert(context, above.get()) == 1) static_cast<void>(above.release());
  const tls_bio in = open_pem(options.key);
  const tls_key key{in ? PEM_read_bio_PrivateKey(in.get(), nullptr, tls_password, password) : nullptr};
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return tls_fault("key", options.key);
  return {};
}

// --- contexts --------------------------------------------------------------------------------------------------------

inline constexpr unsigned char tls_http[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

inline tls_context new_context(const SSL_METHOD* role) {
  ERR_clear_error();
  tls_context made{SSL_CTX_new(role)};
  if (!made) return made;
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A write may go on with a copy of its bytes. A read takes what is there, also if it is several records, but returns
  // when they carry no data: a peer that sends tickets or key updates without end does not keep the loop.
  SSL_CTX_set_mode(made.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_clear_mode(made.get(), SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(made.get(), 1);
  SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
  return made;
}

// RFC 7301: a client that names protocols, but not ours, is told so.
inline int choose_http(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                              unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, tls_http, sizeof(tls_http), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

inline std::string tls_security::load(const tls_client_options& options) {
  tls_context made = new_context(TLS_client_method());
  std::string fault = made ? "" : tls_fault("OpenSSL", "\n");
  if (fault.empty() && !options.insecure_accept_any_certificate) {
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    if (options.roots.empty()) SSL_CTX_set_default_verify_paths(made.get());
    else fault = trust(made.get(), options.roots, false);
  }
  if (fault.empty() && !options.certificate.empty()) fault = identify(made.get(), options);
  if (fault.empty()) SSL_CTX_set_alpn_protos(made.get(), tls_http, sizeof(tls_http));
  return replace(made.release(), std::move(fault), {options.on_failure, options.ctx}, true);
}

inline std::string tls_security::load(const tls_server_options& options) {
  tls_context made = new_context(TLS_server_method());
  std::string fault = made ? identify(made.get(), options) : tls_fault("OpenSSL", "\n");
  if (fault.empty() && !options.client_roots.empty()) {
    // Without tickets: who must show a certificate shows it every time.
    SSL_CTX_set_options(made.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(made.get(), 0);
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    fault = trust(made.get(), options.client_roots, true);
  }
  if (fault.empty()) SSL_CTX_set_alpn_select_cb(made.get(), choose_http, nullptr);
  return replace(made.release(), std::move(fault), {options.on_failure, options.ctx}, false);
}

inline std::string tls_security::replace(SSL_CTX* made, std::string fault, const tls_log& log, bool client) {
  const std::lock_guard lock(mutex_);
  if (!fault.empty()) {
    SSL_CTX_free(made);
    if (context_ == nullptr) fault_ = fault;
    return fault;
  }
  SSL_CTX_free(std::exchange(context_, made));
  fault_.clear();
  log_ = log;
  client_ = client;
  return {};
}

inline int tls_security::error() const {
  const std::lock_guard lock(mutex_);
  return context_ == nullptr ? EINVAL : 0;
}

inline std::string tls_security::why() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

// --- streams ---------------------------------------------------------------------------------------------------------

// Whom the other end must be: a name (RFC 9525: in the subjectAltName, without partial wildcards) or an IP address.
inline bool expect(SSL* ssl, std::string_view peer) {
  const std::string host{peer.ends_with('.') ? peer.substr(0, peer.size() - 1) : peer};  // the root is no part of it
  if (host.empty() || host.find('\0') != std::string::npos) return false;
  X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1) return true;
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return X509_VERIFY_PARAM_set1_host(verify, host.data(), host.size()) == 1 &&
         SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

inline std::unique_ptr<secure_stream> tls_security::start(native_socket socket, std::string_view peer,
                                                                 int& error) {
  const std::lock_guard lock(mutex_);
  ERR_clear_error();
  SSL* const ssl = context_ != nullptr ? SSL_new(context_) : nullptr;
  if (ssl == nullptr) {
    error = context_ != nullptr ? ENOMEM : EINVAL;
    return nullptr;
  }
  auto made = std::make_unique<tls_stream>(ssl, socket, peer, log_);
  if (client_) SSL_set_connect_state(ssl);
  else SSL_set_accept_state(ssl);
  if (!client_ || expect(ssl, peer) || SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE) return made;
  error = -X509_V_ERR_HOSTNAME_MISMATCH;
  return nullptr;
}

// --- the faces -------------------------------------------------------------------------------------------------------

inline tls_client::tls_client(const tls_client_options& options)
    : secure_client{std::make_shared<tls_security>()} {
  reload(options);
}

inline std::string tls_client::reload(const tls_client_options& options) {
  return static_cast<tls_security*>(how.get())->load(options);
}

inline std::string tls_client::error() const { return static_cast<const tls_security*>(how.get())->why(); }

inline tls_server::tls_server(const tls_server_options& options)
    : secure_server{std::make_shared<tls_security>()} {
  reload(options);
}

inline std::string tls_server::reload(const tls_server_options& options) {
  return static_cast<tls_security*>(how.get())->load(options);
}

inline std::string tls_server::error() const { return static_cast<const tls_security*>(how.get())->why(); }

SIOKIT_NAMESPACE_END
