# Makes siokit::openssl: siokit and OpenSSL, for programs that include <siokit/adapters/tls.hpp> or asio_tls.hpp. Used by
# our own build and by the installed package, so that OpenSSL is looked for on the machine that compiles.
# Leaves siokit::openssl undefined when there is no OpenSSL.
if(NOT TARGET siokit::openssl)
  find_package(OpenSSL 1.1.1 QUIET)
  if(TARGET OpenSSL::SSL)
    add_library(siokit::openssl INTERFACE IMPORTED GLOBAL)
    target_link_libraries(siokit::openssl INTERFACE siokit::siokit OpenSSL::SSL OpenSSL::Crypto)
  endif()
endif()
