# needs: clang++-19 clang-scan-deps-19
# siokit::module by CMake. Debian 12's is too old for modules; tools/setup put a newer one aside.
[ -x "$tools/cmake" ] || { echo "no $tools/cmake"; exit 77; }
"$tools/cmake" -S "$consumers/module" -B build -DCMAKE_CXX_COMPILER=clang++-19
"$tools/cmake" --build build
./build/consumer
