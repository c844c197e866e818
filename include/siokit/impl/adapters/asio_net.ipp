// Bodies of adapters/asio_net.hpp.
#pragma once

#include <cstring>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
#else
inline namespace over_boost_asio {
#endif

inline net::ip::tcp::endpoint as_tcp(const asio_protocol::endpoint& any) {
  net::ip::tcp::endpoint out;
  if (any.size() > out.capacity()) return out;
  std::memcpy(out.data(), any.data(), any.size());
  out.resize(any.size());
  return out;
}

inline listening asio_listener::open_tcp(const net::ip::tcp::endpoint& at, const listen_options& options) {
  net_error e;
  net_error ignored;
  acceptor.open(at.protocol(), e);
  if (e) return {as_errno(e), 0};
#if !defined(_WIN32)
  // On Windows the option means something else: that others may take the port.
  acceptor.set_option(net::socket_base::reuse_address(true), ignored);
#endif
  if (at.address().is_v6()) acceptor.set_option(net::ip::v6_only(!options.address.empty()), ignored);
#if !defined(_WIN32)
  posix::tune(acceptor.native_handle(), options);
#endif
  acceptor.bind(at, e);
  if (!e) acceptor.listen(options.backlog, e);
  const asio_protocol::endpoint bound = e ? asio_protocol::endpoint{} : acceptor.local_endpoint(e);
  if (!e) return {0, as_tcp(bound).port()};
  acceptor.close(ignored);
  return {as_errno(e), 0};
}

inline listening asio_listener::open(const listen_options& options) {
  if (options.address.starts_with("unix:")) {
#if !defined(_WIN32)
    posix::listener made = posix::open_listener(options);
    if (!made.result) return made.result;
    net_error e;
    acceptor.assign(asio_protocol(AF_UNIX, 0), made.fd.get(), e);
    if (e) return {as_errno(e), 0};
    made.fd.release();
    file = std::move(made.file);
    return made.result;
#else
    return {EAFNOSUPPORT, 0};
#endif
  }
  net_error e;
  const bool any = options.address.empty();
  const net::ip::address at =
      any ? net::ip::address_v6::any() : net::ip::make_address(std::string{options.address}, e);
  if (e) return {as_errno(e), 0};
  const listening made = open_tcp({at, options.port}, options);
  // A machine without IPv6 still has every IPv4 address.
  const bool no_ipv6 = made.error == EAFNOSUPPORT || made.error == EADDRNOTAVAIL;
  return any && no_ipv6 ? open_tcp({net::ip::address_v4::any(), options.port}, options) : made;
}

// Not left to the destructor: a cancelled accept holds this until the context runs.
inline void asio_listener::close() noexcept {
  net_error ignored;
  acceptor.close(ignored);
  pause.cancel();
#if !defined(_WIN32)
  file = posix::socket_file{};
#endif
}

inline std::string describe(const asio_protocol::endpoint& from, std::uint16_t& port) {
  const net::ip::tcp::endpoint peer = as_tcp(from);
  const bool four = peer.size() == from.size() && from.protocol().family() == net::ip::tcp::v4().family();
  const bool six = peer.size() == from.size() && from.protocol().family() == net::ip::tcp::v6().family();
  port = four || six ? peer.port() : std::uint16_t{0};
  if (six && peer.address().to_v6().is_v4_mapped())
    return net::ip::make_address_v4(net::ip::v4_mapped, peer.address().to_v6()).to_string();
  return four || six ? peer.address().to_string() : "unix";
}

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END
