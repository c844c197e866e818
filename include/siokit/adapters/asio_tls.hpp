// asio_host with TLS, for servers and for clients. Needs OpenSSL; asio.hpp alone does not.
//
//   siokit::asio_tls_host host{ctx.get_executor(), io.driver()};  // dials https and wss, and verifies who answers
//
//   siokit::tls_server tls{{.certificate = "chain.pem", .key = "key.pem"}};
//   host.listen(3443, tls);                                       // a plain asio_host can do this, too
//   tls.reload({.certificate = "chain.pem", .key = "key.pem"});   // later: for the links to come
#pragma once

#include <openssl/ssl.h>

#include <siokit/adapters/asio.hpp>
#include <siokit/adapters/tls.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

/// An asio_host that secures the links it dials.
class asio_tls_host : public asio_host {
 public:
  asio_tls_host(const net::any_io_executor& on, driver& io, const host_options& options = {})
      : asio_tls_host(on, io, tls_client{}, options) {}
  asio_tls_host(const net::any_io_executor& on, driver& io, const tls_client& tls, const host_options& options = {})
      : asio_host(on, io, options) {
    dial_with(tls);
  }
};

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
