# What only we need: warnings as errors, ccache, and which sources want which library.

if(top_level AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SIOKIT_CCACHE ccache)
  mark_as_advanced(SIOKIT_CCACHE)
  if(SIOKIT_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${SIOKIT_CCACHE}")
  endif()
endif()

# What our own programs link: the bodies compiled once, where that is built, so that sanitizer builds take half the time.
if(TARGET siokit_compiled)
  set(siokit_library siokit_compiled)
  if(NOT MSVC)
    target_compile_options(siokit_compiled PRIVATE $<$<CONFIG:Debug>:-O1>)  # the tests run most of their time in it
  endif()
else()
  set(siokit_library siokit)
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

function(siokit_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /WX /permissive-)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  endif()
endfunction()

# Sets `out` when the file is named for Asio (NAME_asio.cpp, asio_test.cpp), or includes it or our adapter for it.
function(siokit_needs_asio file out)
  file(STRINGS "${file}" hits REGEX "#[ \t]*include[ \t]*[<\"](siokit/adapters/asio|asio\\.hpp|asio/)")
  if(hits OR file MATCHES "(_asio|asio_test)\\.cpp$")
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()

# Sets `out` when the file is named for libuv (NAME_uv.cpp, uv_test.cpp), or includes it or our adapter for it.
function(siokit_needs_uv file out)
  file(STRINGS "${file}" hits REGEX "#[ \t]*include[ \t]*[<\"](siokit/adapters/uv|uv\\.h|adapters/rigs_uv)")
  if(hits OR file MATCHES "(_uv|uv_test)\\.cpp$")
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()

# Sets `out` when the file includes our TLS adapters, or tests that do.
function(siokit_needs_openssl file out)
  file(STRINGS "${file}" hits REGEX "#[ \t]*include[ \t]*[<\"](siokit/adapters/(asio_)?tls|openssl/)")
  if(hits)
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()

# The libraries below the hosts of messages in examples/ (docs/embedding.md): siokit_boost and siokit_lws, where there are any.
# Boost.Beast needs exceptions.
option(SIOKIT_BUILD_DOORS "Build the hosts on Boost.Beast and libwebsockets, which compile for long" ON)
find_path(SIOKIT_BOOST_INCLUDE_DIR boost/beast/websocket.hpp DOC "Folder of Boost's headers")
find_path(SIOKIT_LWS_INCLUDE_DIR libwebsockets.h DOC "Folder of libwebsockets.h")
find_library(SIOKIT_LWS_LIBRARY websockets DOC "libwebsockets")
mark_as_advanced(SIOKIT_BOOST_INCLUDE_DIR SIOKIT_LWS_INCLUDE_DIR SIOKIT_LWS_LIBRARY)
include(CheckCXXSourceCompiles)
check_cxx_source_compiles("int main() { try { throw 1; } catch (int) {} }" SIOKIT_HAVE_EXCEPTIONS)
if(SIOKIT_BUILD_DOORS AND SIOKIT_BOOST_INCLUDE_DIR AND SIOKIT_HAVE_EXCEPTIONS)
  add_library(siokit_boost INTERFACE)
  target_include_directories(siokit_boost SYSTEM INTERFACE "${SIOKIT_BOOST_INCLUDE_DIR}")
endif()
if(SIOKIT_BUILD_DOORS AND SIOKIT_LWS_INCLUDE_DIR AND SIOKIT_LWS_LIBRARY)
  add_library(siokit_lws INTERFACE)
  target_include_directories(siokit_lws SYSTEM INTERFACE "${SIOKIT_LWS_INCLUDE_DIR}")
  target_link_libraries(siokit_lws INTERFACE "${SIOKIT_LWS_LIBRARY}")
endif()

# Sets `out` when the file is named for Boost.Beast (NAME_beast.cpp), or includes Boost.
function(siokit_needs_boost file out)
  file(STRINGS "${file}" hits REGEX "#[ \t]*include[ \t]*[<\"]boost/")
  if(hits OR file MATCHES "_beast\\.cpp$")
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()

# Sets `out` when the file is named for libwebsockets (NAME_lws.cpp), or includes it.
function(siokit_needs_lws file out)
  file(STRINGS "${file}" hits REGEX "#[ \t]*include[ \t]*[<\"]libwebsockets\\.h")
  if(hits OR file MATCHES "_lws\\.cpp$")
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()

# Sets `out` when the file includes our header for RapidJSON or for nlohmann/json, or theirs. `library` is either name.
function(siokit_needs_json library file out)
  file(STRINGS "${file}" hits REGEX "#[ \t]*include[ \t]*[<\"](siokit/interop/)?${library}(/|\\.hpp)")
  if(hits)
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()
