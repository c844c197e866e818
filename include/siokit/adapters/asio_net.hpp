// Which Asio this is, and how to listen with it. Standalone Asio is preferred; without it, or with SIOKIT_BOOST_ASIO
// defined, it is Boost's. The two make distinct types, so that a program may hold both.
// TCP is listened to through Asio's own interface; Unix sockets, and what Asio has no name for, through posix_net.hpp.
#pragma once

#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
#include <asio/any_io_executor.hpp>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/error.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#else
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#endif

#include <string>

#include <siokit/adapters/host.hpp>
#include <siokit/adapters/secure.hpp>
#include <siokit/adapters/posix_net.hpp>

SIOKIT_NAMESPACE_BEGIN
#if !defined(SIOKIT_BOOST_ASIO) && __has_include(<asio.hpp>)
inline namespace over_asio {
namespace net = ::asio;
using net_error = std::error_code;
#else
inline namespace over_boost_asio {
namespace net = ::boost::asio;
using net_error = ::boost::system::error_code;
#endif

/// As errno, which all hosts tell: on Windows Asio has the codes of Winsock. Codes of other libraries stay what they are.
inline int as_errno(const net_error& e) noexcept { return posix::as_errno(e.value()); }

/// TCP and Unix sockets alike.
using asio_protocol = net::generic::stream_protocol;
using asio_socket = asio_protocol::socket;

/// A socket that listens, and what accepting on it needs.
struct asio_listener {
  explicit asio_listener(const net::any_io_executor& on) : acceptor(on), pause(on) {}

  /// Opens the acceptor, non-blocking.
  listening open(const listen_options&);
  void close() noexcept;

  net::basic_socket_acceptor<asio_protocol> acceptor;
  asio_protocol::endpoint from;  // of the connection being accepted
  net::steady_timer pause;       // without descriptors
  milliseconds pause_length{0};
  secure_server tls;             // empty: it listens in the clear
#if !defined(_WIN32)
  posix::socket_file file;
#endif

 private:
  listening open_tcp(const net::ip::tcp::endpoint&, const listen_options&);
};

/// The text and port of an address; IPv4 that came over IPv6 is written as IPv4.
std::string describe(const asio_protocol::endpoint&, std::uint16_t& port);

}  // namespace over_asio, or over_boost_asio
SIOKIT_NAMESPACE_END

#include <siokit/impl/adapters/asio_net.ipp>
