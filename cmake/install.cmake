include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Headers alone depend on no architecture and belong into share/; a library does.
if(SIOKIT_COMPILED)
  set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/siokit")
  set(installed siokit siokit_compiled)
  set(arch_independent "")
else()
  set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/siokit")
  set(installed siokit)
  set(arch_independent ARCH_INDEPENDENT)
endif()

# Packagers with a rule of their own, vcpkg for one, say where the package's CMake files go.
if(SIOKIT_INSTALL_CMAKEDIR)
  set(package_dir "${SIOKIT_INSTALL_CMAKEDIR}")
endif()

install(DIRECTORY include/siokit DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
install(TARGETS ${installed} EXPORT siokit_targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT siokit_targets FILE siokitTargets.cmake NAMESPACE siokit:: DESTINATION "${package_dir}")

configure_package_config_file(cmake/siokitConfig.cmake.in siokitConfig.cmake INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(siokitConfigVersion.cmake COMPATIBILITY SameMinorVersion ${arch_independent})
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/siokitConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/siokitConfigVersion.cmake"
              cmake/siokit_asio.cmake cmake/siokit_uv.cmake cmake/siokit_openssl.cmake cmake/siokit_rapidjson.cmake
              cmake/siokit_nlohmann.cmake
        DESTINATION "${package_dir}")

# pkg-config: siokit, and siokit-NAME for each library it can be used with. They hold whether or not that library is here:
# pkg-config says what is missing when somebody asks. Their folders are relative, so that an installed tree may be moved, but for
# those that were given as absolute ones.
function(siokit_pkg_config name destination description requires cflags libs)
  set(prefix "${CMAKE_INSTALL_PREFIX}")
  if(NOT IS_ABSOLUTE "${destination}")
    string(REGEX REPLACE "[^/]+" ".." up "${destination}")
    set(prefix "\${pcfiledir}/${up}")
  endif()
  set(includedir "${CMAKE_INSTALL_INCLUDEDIR}")
  set(libdir "${CMAKE_INSTALL_LIBDIR}")
  foreach(dir includedir libdir)
    if(NOT IS_ABSOLUTE "${${dir}}")
      set(${dir} "\${prefix}/${${dir}}")
    endif()
  endforeach()
  configure_file(cmake/siokit.pc.in ${name}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" DESTINATION "${destination}")
endfunction()

set(pc_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
siokit_pkg_config(siokit "${pc_dir}" "${PROJECT_DESCRIPTION}" "" "-I\${includedir}" "")
siokit_pkg_config(siokit-asio "${pc_dir}" "siokit with standalone Asio" "siokit" "-DASIO_STANDALONE -pthread" "-pthread")
siokit_pkg_config(siokit-libuv "${pc_dir}" "siokit with libuv" "siokit libuv" "" "")
siokit_pkg_config(siokit-openssl "${pc_dir}" "siokit with TLS by OpenSSL" "siokit openssl" "" "")
siokit_pkg_config(siokit-rapidjson "${pc_dir}" "siokit with RapidJSON" "siokit RapidJSON" "" "")
siokit_pkg_config(siokit-nlohmann "${pc_dir}" "siokit with nlohmann/json" "siokit nlohmann_json" "" "")
if(SIOKIT_COMPILED)
  siokit_pkg_config(siokit-compiled "${CMAKE_INSTALL_LIBDIR}/pkgconfig" "siokit with its bodies in a library" "siokit"
                    "-DSIOKIT_COMPILED" "-L\${libdir} -lsiokit")
endif()

install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/siokit")
