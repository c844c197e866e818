include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/siokit")  # share/: nothing here depends on the architecture

install(DIRECTORY include/siokit DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
install(TARGETS siokit EXPORT siokit_targets)
install(EXPORT siokit_targets FILE siokitTargets.cmake NAMESPACE siokit:: DESTINATION "${package_dir}")

configure_package_config_file(cmake/siokitConfig.cmake.in siokitConfig.cmake INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(siokitConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/siokitConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/siokitConfigVersion.cmake"
              cmake/siokit_asio.cmake cmake/siokit_openssl.cmake
        DESTINATION "${package_dir}")

configure_file(cmake/siokit.pc.in siokit.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/siokit.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/siokit")
