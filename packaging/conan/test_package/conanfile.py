# `conan create` runs this against the package it made: a program for each part of it that was asked for.
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class TestPackage(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        options = self.dependencies["siokit"].options
        parts = [name for name in ("asio", "libuv", "openssl", "rapidjson", "nlohmann") if options.get_safe(f"with_{name}")]
        if options.compiled:
            parts.append("compiled")
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False  # would write into this folder
        toolchain.cache_variables["parts"] = ";".join(parts)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            self.run(os.path.join(self.cpp.build.bindir, "test_package"), env="conanrun")
