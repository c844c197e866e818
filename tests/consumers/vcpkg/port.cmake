# Runs a port's portfile.cmake without vcpkg:
#   cmake -DPORT_DIR=... -DWORK=... -DPREFIX=... -DFEATURES=core;... -P port.cmake
# The vcpkg_* functions it calls are stand-ins that do with CMake what vcpkg's do for a release build: the same options of
# the port, the general ones of vcpkg that a header-only project can notice, and refusal of anything else.
cmake_minimum_required(VERSION 3.20)

get_filename_component(PORT "${PORT_DIR}" NAME)
set(CURRENT_PACKAGES_DIR "${PREFIX}")
set(TARGET_TRIPLET x64-linux)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(status)
    message(FATAL_ERROR "failed: ${ARGV}")
  endif()
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vcpkg_cmake_configure: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT VCPKG_BUILD_TYPE STREQUAL "release")
    message(FATAL_ERROR "these stand-ins build a release only")
  endif()
  # As vcpkg does, an option that the project does not know is an error: CMake warns of it.
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${arg_SOURCE_PATH}" -B "${WORK}/rel" -G Ninja
            ${arg_OPTIONS}
            -DBUILD_SHARED_LIBS=OFF -DCMAKE_BUILD_TYPE=Release "-DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}"
            -DCMAKE_INSTALL_LIBDIR:STRING=lib -DCMAKE_INSTALL_BINDIR:STRING=bin
            -DCMAKE_EXPORT_NO_PACKAGE_REGISTRY=ON -DCMAKE_FIND_PACKAGE_NO_PACKAGE_REGISTRY=ON
            -DCMAKE_ERROR_ON_ABSOLUTE_INSTALL_DESTINATION=ON
    RESULT_VARIABLE status ERROR_VARIABLE said)
  if(status OR said MATCHES "SIOKIT_")
    message(FATAL_ERROR "configure: ${status}\n${said}")
  endif()
endfunction()

function(vcpkg_cmake_install)
  run("${CMAKE_COMMAND}" --build "${WORK}/rel" --target install)
endfunction()

# vcpkg's moves the package's files to share/PORT and makes them relocatable. Ours are both already, and have to be.
function(vcpkg_cmake_config_fixup)
  if(ARGN OR NOT EXISTS "${CURRENT_PACKAGES_DIR}/share/${PORT}/${PORT}Config.cmake")
    message(FATAL_ERROR "no package in share/${PORT}")
  endif()
  file(GLOB files "${CURRENT_PACKAGES_DIR}/share/${PORT}/*.cmake")
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(FIND "${text}" "${CURRENT_PACKAGES_DIR}" place)
    if(NOT place EQUAL -1)
      message(FATAL_ERROR "${file} names the folder it was installed to")
    endif()
  endforeach()
endfunction()

# vcpkg's has pkg-config check every file, among its own packages only. Ours are relocatable already. The libraries of the
# features are the system's here, so a folder with a file for each stands for them.
function(vcpkg_fixup_pkgconfig)
  if(ARGN)
    message(FATAL_ERROR "vcpkg_fixup_pkgconfig: ${ARGN}")
  endif()
  set(names_libuv libuv)
  set(names_nlohmann nlohmann_json)
  set(names_openssl openssl)
  set(names_rapidjson RapidJSON)
  file(REMOVE_RECURSE "${WORK}/pc")
  foreach(feature IN LISTS FEATURES)
    foreach(name IN LISTS names_${feature})
      file(WRITE "${WORK}/pc/${name}.pc" "Name: ${name}\nDescription: a stand-in\nVersion: 1\n")
    endforeach()
  endforeach()
  file(GLOB files "${CURRENT_PACKAGES_DIR}/share/pkgconfig/*.pc")
  if(NOT files)
    message(FATAL_ERROR "the port installs no .pc file")
  endif()
  set(ENV{PKG_CONFIG_PATH} "")
  set(ENV{PKG_CONFIG_LIBDIR} "${CURRENT_PACKAGES_DIR}/share/pkgconfig:${WORK}/pc")
  foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME_WLE)
    run(pkg-config --print-errors --exists "${name}")
  endforeach()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  file(READ "${arg_FILE_LIST}" text)
  file(WRITE "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright" "${text}")
endfunction()

include("${PORT_DIR}/portfile.cmake")

file(READ "${PORT_DIR}/vcpkg.json" manifest)
string(JSON version GET "${manifest}" version)
include("${CURRENT_PACKAGES_DIR}/share/${PORT}/${PORT}ConfigVersion.cmake")
if(NOT PACKAGE_VERSION STREQUAL version)
  message(FATAL_ERROR "vcpkg.json says ${version}, the package ${PACKAGE_VERSION}")
endif()

# What vcpkg's own checks after a build would complain about in a header-only port.
foreach(wanted include share/${PORT}/copyright share/${PORT}/usage)
  if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/${wanted}")
    message(FATAL_ERROR "the port installs no ${wanted}")
  endif()
endforeach()
foreach(unwanted lib debug bin share/licenses share/cmake)
  if(EXISTS "${CURRENT_PACKAGES_DIR}/${unwanted}")
    message(FATAL_ERROR "the port installs ${unwanted}")
  endif()
endforeach()
