# An overlay port: it builds the source tree it lies in. (A port in a registry would fetch a release here instead.)
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release)  # header-only

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DSIOKIT_BUILD_TESTS=OFF
        -DSIOKIT_BUILD_EXAMPLES=OFF
        -DSIOKIT_INSTALL_CMAKEDIR=share/siokit
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup()

# vcpkg asks pkg-config for each file that is left, and a part whose feature is off would want a library that is not there.
foreach(feature IN ITEMS asio libuv nlohmann openssl rapidjson)
  if(NOT feature IN_LIST FEATURES)
    file(REMOVE "${CURRENT_PACKAGES_DIR}/share/pkgconfig/siokit-${feature}.pc")
  endif()
endforeach()
vcpkg_fixup_pkgconfig()

# vcpkg keeps licences in share/PORT/copyright.
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/licenses")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
