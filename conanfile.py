# Conan 2: `conan create .` makes the package, header-only unless the option `compiled` is set. CMake finds it as
# siokit::siokit, pkg-config as siokit; each with_NAME adds siokit::NAME (siokit-NAME) and requires that library.
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class SiokitConan(ConanFile):
    name = "siokit"
    description = "Header-only, sans-IO Socket.IO for C++20"
    license = "MIT"
    topics = ("socket.io", "engine.io", "websocket", "header-only", "sans-io")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "with_asio": [True, False],
        "with_libuv": [True, False],
        "with_openssl": [True, False],
        "with_rapidjson": [True, False],
        "with_nlohmann": [True, False],
        "compiled": [True, False],
    }
    default_options = {name: False for name in options}
    exports_sources = "include/*", "src/*", "cmake/*", "CMakeLists.txt", "LICENSE"
    no_copy_source = True
    test_package_folder = "packaging/conan/test_package"

    # Option -> (what is required, flags of our component)
    _libraries = {
        "asio": ("asio/[>=1.22 <2]", ["ASIO_STANDALONE"]),
        "libuv": ("libuv/[>=1.40 <2]", []),
        "openssl": ("openssl/[>=1.1.1 <4]", []),
        "rapidjson": ("rapidjson/[>=cci.20200410]", []),
        "nlohmann": ("nlohmann_json/[>=3.9 <4]", []),
    }

    @property
    def _with(self):
        return [name for name in self._libraries if self.options.get_safe(f"with_{name}")]

    def set_version(self):
        config = load(self, os.path.join(self.recipe_folder, "include", "siokit", "core", "config.hpp"))
        self.version = ".".join(re.search(rf"SIOKIT_VERSION_{part} (\d+)", config)[1] for part in ("MAJOR", "MINOR", "PATCH"))

    def configure(self):
        if self.options.compiled:
            self.package_type = "static-library"

    def layout(self):
        cmake_layout(self, src_folder=".")

    def requirements(self):
        for name in self._with:
            self.requires(self._libraries[name][0], transitive_headers=True)

    def package_id(self):
        if not self.info.options.compiled:
            self.info.clear()

    def validate(self):
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 20)

    def generate(self):
        if self.options.compiled:
            toolchain = CMakeToolchain(self)
            toolchain.cache_variables.update(
                SIOKIT_COMPILED=True, SIOKIT_BUILD_TESTS=False, SIOKIT_BUILD_EXAMPLES=False, SIOKIT_INSTALL=False)
            toolchain.generate()

    def build(self):
        if self.options.compiled:
            cmake = CMake(self)
            cmake.configure()
            cmake.build()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        copy(self, "*", src=os.path.join(self.source_folder, "include"), dst=os.path.join(self.package_folder, "include"))
        if self.options.compiled:
            for pattern in ("*.a", "*.lib"):
                copy(self, pattern, src=self.build_folder, dst=os.path.join(self.package_folder, "lib"), keep_path=False)

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "siokit")
        core = self._part("siokit", "siokit", [])
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]
        elif self.settings.os == "Windows":
            core.system_libs = ["ws2_32"]
        for name in self._with:
            requirement, defines = self._libraries[name]
            library = requirement.split("/")[0]
            self._part(name, f"siokit-{name}", ["siokit", f"{library}::{library}"]).defines = defines
        if self.options.compiled:
            compiled = self._part("compiled", "siokit-compiled", ["siokit"])
            compiled.libs = ["siokit"]
            compiled.libdirs = ["lib"]
            compiled.defines = ["SIOKIT_COMPILED"]

    def _part(self, name, pkg_config_name, requires):
        part = self.cpp_info.components[name]
        part.set_property("cmake_target_name", f"siokit::{name}")
        part.set_property("pkg_config_name", pkg_config_name)
        part.bindirs = []
        part.libdirs = []
        part.requires = requires
        return part
