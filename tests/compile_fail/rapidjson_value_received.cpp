// A Value allocates from the document it belongs to; received alone it belongs to none.
// expect: take a rapidjson::Document
#include <siokit/interop/rapidjson.hpp>
#include <siokit/server.hpp>

int main() {
  siokit::server io;
#if defined(SIOKIT_EXPECT_FAIL)
  io.on("x", [](const rapidjson::Value&) {});
#else
  io.on("x", [](const rapidjson::Document&) {});
#endif
}
