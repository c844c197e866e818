# Each part of an installed siokit by find_package and COMPONENTS, for the libraries that this machine has.
cmake -S "$siokit" -B siokit_build -DSIOKIT_BUILD_TESTS=OFF -DSIOKIT_BUILD_EXAMPLES=OFF
cmake --install siokit_build --prefix "$prefix"
cmake -S "$consumers/components" -B build -DCMAKE_PREFIX_PATH="$prefix"
cmake --build build
