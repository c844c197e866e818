# needs: conan
# The recipe's options, and its test_package with all of them. Conan Center is not asked: see conanfile.py.
mkdir system
cp "$consumers/conan/conanfile.py" system
options=(-s compiler.cppstd=20 -o "siokit/*:compiled=True")
while read -r option name version header; do
  echo "#include <$header>" | g++ -std=c++20 -fsyntax-only -x c++ - 2>/dev/null || { echo "not here: $name"; continue; }
  conan export-pkg system -s compiler.cppstd=20 --name "$name" --version "$version" -tf=
  options+=(-o "siokit/*:with_$option=True")
done <<'LIBRARIES'
asio asio 1.30.2 asio.hpp
libuv libuv 1.48.0 uv.h
openssl openssl 3.2.0 openssl/ssl.h
rapidjson rapidjson cci.20230929 rapidjson/document.h
nlohmann nlohmann_json 3.11.3 nlohmann/json.hpp
LIBRARIES
conan create "$siokit" --build=missing "${options[@]}"
