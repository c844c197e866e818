# Each part of an installed siokit by find_package and COMPONENTS, for the libraries that this machine has. What was installed
# may be moved afterwards, as a packager's staged tree is.
cmake -S "$siokit" -B siokit_build -DSIOKIT_BUILD_TESTS=OFF -DSIOKIT_BUILD_EXAMPLES=OFF
cmake --install siokit_build --prefix "$prefix"
mv "$prefix" moved
cmake -S "$consumers/components" -B build -DCMAKE_PREFIX_PATH="$PWD/moved"
cmake --build build

# By pkg-config, each part as well, and the library of the compiled mode.
cmake -S "$siokit" -B compiled_build -DSIOKIT_COMPILED=ON -DSIOKIT_BUILD_TESTS=OFF -DSIOKIT_BUILD_EXAMPLES=OFF
cmake --build compiled_build
cmake --install compiled_build --prefix "$PWD/built"
mv built compiled
libraries=$(echo "$PWD"/compiled/lib*/pkgconfig "$PWD"/compiled/lib*/*/pkgconfig | tr ' ' :)
export PKG_CONFIG_PATH=$PWD/compiled/share/pkgconfig:$libraries
while read -r part header; do
  echo "#include <$header>" | g++ -std=c++20 -fsyntax-only -x c++ - 2>/dev/null || { echo "not here: $part"; continue; }
  flags=$(pkg-config --cflags --libs "siokit-$part")
  g++ -std=c++20 "-DTEST_${part^^}" "$siokit/packaging/conan/test_package/main.cpp" $flags -o "by_pkg_config_$part"
  "./by_pkg_config_$part"
done <<'PARTS'
asio asio.hpp
libuv uv.h
openssl openssl/ssl.h
rapidjson rapidjson/document.h
nlohmann nlohmann/json.hpp
compiled string
PARTS
