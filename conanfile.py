# Conan 2: `conan create .` makes a header-only package; CMake finds it as siokit::siokit, pkg-config as siokit.
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout


class SiokitConan(ConanFile):
    name = "siokit"
    description = "Header-only, sans-IO Socket.IO for C++20"
    license = "MIT"
    topics = ("socket.io", "engine.io", "websocket", "header-only", "sans-io")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True

    def set_version(self):
        config = load(self, os.path.join(self.recipe_folder, "include", "siokit", "core", "config.hpp"))
        self.version = ".".join(re.search(rf"SIOKIT_VERSION_{part} (\d+)", config)[1] for part in ("MAJOR", "MINOR", "PATCH"))

    def layout(self):
        basic_layout(self, src_folder=".")

    def package_id(self):
        self.info.clear()

    def validate(self):
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        copy(self, "*", src=os.path.join(self.source_folder, "include"), dst=os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "siokit")
        self.cpp_info.set_property("cmake_target_name", "siokit::siokit")
        self.cpp_info.set_property("pkg_config_name", "siokit")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
