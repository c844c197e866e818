# SIOKIT_SINGLE_HEADER: siokit::siokit's headers are those of single_include. What the one file holds has no file of its own
# there, so a folder of forwards stands beside it: <siokit/core/vec.hpp> leads to <siokit/siokit.hpp>. That is for our tests
# and examples, which name the headers they use, and says nothing about what is installed.
# Sets single_header_folders.
set(forwards "${CMAKE_CURRENT_BINARY_DIR}/single_header_forwards")
set(single_header_folders "${PROJECT_SOURCE_DIR}/single_include" "${forwards}")

set(one_file "${PROJECT_SOURCE_DIR}/single_include/siokit/siokit.hpp")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${one_file}")
file(STRINGS "${one_file}" parts REGEX "^// ---- siokit/[a-z0-9_/]+\\.hpp$")
list(TRANSFORM parts REPLACE "^// ---- " "")
if(NOT "siokit/server.hpp" IN_LIST parts)
  message(FATAL_ERROR "${one_file} names no parts")
endif()
file(REMOVE_RECURSE "${forwards}")
foreach(part IN LISTS parts)
  if(NOT EXISTS "${PROJECT_SOURCE_DIR}/single_include/${part}")
    file(CONFIGURE OUTPUT "${forwards}/${part}" CONTENT "#pragma once\n#include <siokit/siokit.hpp>\n" @ONLY)
  endif()
endforeach()
