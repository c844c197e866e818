// Calls into the package, and includes the header of each library that it was made for.
#include <siokit/server.hpp>

#ifdef TEST_ASIO
#include <siokit/adapters/asio.hpp>
#endif
#ifdef TEST_LIBUV
#include <siokit/adapters/uv.hpp>
#endif
#ifdef TEST_OPENSSL
#include <siokit/adapters/tls.hpp>
#endif
#ifdef TEST_RAPIDJSON
#include <siokit/interop/rapidjson.hpp>
#endif
#ifdef TEST_NLOHMANN
#include <siokit/interop/nlohmann.hpp>
#endif
#if defined(TEST_COMPILED) && !defined(SIOKIT_COMPILED)
#error "siokit::compiled does not say so"
#endif

int main() {
  siokit::server io;
  io.on("add", [](int a, int b) { return a + b; });
}
