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

# Sets `out` when the file includes our TLS adapters, or tests that do.
function(siokit_needs_openssl file out)
  file(STRINGS "${file}" hits REGEX "#[ \t]*include[ \t]*[<\"](siokit/adapters/(asio_)?tls|openssl/)")
  if(hits)
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()
