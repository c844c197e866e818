# Each part of an installed siokit by find_package and COMPONENTS, for the libraries that this machine has. What was installed
# may be moved afterwards, as a packager's staged tree is.
cmake -S "$siokit" -B siokit_build -DSIOKIT_BUILD_TESTS=OFF -DSIOKIT_BUILD_EXAMPLES=OFF
cmake --install siokit_build --prefix "$prefix"
mv "$prefix" moved
cmake -S "$consumers/components" -B build -DCMAKE_PREFIX_PATH="$PWD/moved"
cmake --build build
flags=$(PKG_CONFIG_PATH=$PWD/moved/share/pkgconfig pkg-config --cflags siokit)
g++ -std=c++20 -fsyntax-only $flags "$siokit/packaging/conan/test_package/main.cpp"
