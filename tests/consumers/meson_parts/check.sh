# needs: meson
# The parts by Meson: installed, with the compiled mode, moved, and found again by pkg-config.
meson setup siokit_build "$siokit" --prefix "$prefix" --libdir lib -Dcompiled=true
meson install -C siokit_build
mv "$prefix" moved
cp "$consumers/meson_parts/meson.build" "$siokit/packaging/conan/test_package/main.cpp" .
meson setup build --pkg-config-path "$PWD/moved/share/pkgconfig:$PWD/moved/lib/pkgconfig"
meson compile -C build
./build/consumer

# What is switched off is not looked for.
meson setup off "$siokit" -Dasio=disabled -Dopenssl=disabled >off.log
if grep 'Has header "asio.hpp"\|openssl found: YES' off.log; then exit 1; fi
