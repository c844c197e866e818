# Makes siokit::rapidjson: siokit and RapidJSON's headers, for programs that include <siokit/interop/rapidjson.hpp>. Used by
# our own build and by the installed package, so that RapidJSON is looked for on the machine that compiles.
# Leaves siokit::rapidjson undefined when there is no RapidJSON. Its own package file, which defines a target in some
# versions, a variable in others and prints in most, is not asked: it has one header to find, and vcpkg and Conan put
# theirs on the search path.
if(NOT TARGET siokit::rapidjson)
  find_path(SIOKIT_RAPIDJSON_INCLUDE_DIR rapidjson/document.h DOC "Folder of RapidJSON's rapidjson/document.h")
  mark_as_advanced(SIOKIT_RAPIDJSON_INCLUDE_DIR)
  if(SIOKIT_RAPIDJSON_INCLUDE_DIR)
    add_library(siokit::rapidjson INTERFACE IMPORTED GLOBAL)
    target_link_libraries(siokit::rapidjson INTERFACE siokit::siokit)
    target_include_directories(siokit::rapidjson SYSTEM INTERFACE "${SIOKIT_RAPIDJSON_INCLUDE_DIR}")
  endif()
endif()
