# Makes siokit::module: the C++20 module siokit, modules/siokit.cppm, for `import siokit;`. Not installed: a module's compiled
# form belongs to one compiler and one set of flags, so a program adds siokit's source tree to its own build.
if(CMAKE_VERSION VERSION_LESS 3.28)
  message(FATAL_ERROR "SIOKIT_MODULE needs CMake 3.28 or later")
endif()
add_library(siokit_module STATIC)
add_library(siokit::module ALIAS siokit_module)
target_sources(siokit_module PUBLIC FILE_SET CXX_MODULES BASE_DIRS "${PROJECT_SOURCE_DIR}/modules"
                                    FILES "${PROJECT_SOURCE_DIR}/modules/siokit.cppm")
target_link_libraries(siokit_module PUBLIC siokit)
set_target_properties(siokit_module PROPERTIES CXX_SCAN_FOR_MODULES ON)
