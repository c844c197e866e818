// RapidJSON's in-situ parsing writes into the text, which is lent.
// expect: no kParseInsituFlag
#include <siokit/interop/rapidjson.hpp>
#include <siokit/server.hpp>

int main() {
  siokit::server io;
#if defined(SIOKIT_EXPECT_FAIL)
  io.on("x", [](const siokit::rapidjson_parsed<rapidjson::kParseInsituFlag>&) {});
#else
  io.on("x", [](const siokit::rapidjson_parsed<rapidjson::kParseFullPrecisionFlag>&) {});
#endif
}
