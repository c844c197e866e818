# Stands in for a library of Conan Center, which a build machine may not reach: it packages nothing, and its user gets the
# headers that the system has installed. Name and version come from the command line.
from conan import ConanFile

LINKED = {"openssl": ["ssl", "crypto"], "libuv": ["uv"]}


class SystemLibrary(ConanFile):
    def package_info(self):
        self.cpp_info.includedirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.bindirs = []
        self.cpp_info.system_libs = LINKED.get(self.name, [])
