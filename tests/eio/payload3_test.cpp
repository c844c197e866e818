// Polling bodies of protocol 3: what the reference writes is read, what it would guess at is refused, in both forms.
#include "catch.hpp"
#include "core/memory_loop.hpp"
#include "http/wire.hpp"

#include <siokit/eio/payload3.hpp>

#include <string>

using namespace siokit;
using namespace std::string_view_literals;

namespace {

// The packets of a body as "type:data", binary ones with a 'b' before, and the error that ended it.
std::string packets(std::string_view body, bool binary = false) {
  wire_test::block exact(body);
  mutable_bytes rest = exact.bytes();
  std::string log;
  for (bool last = false; !last;) {
    eio::packet p;
    const mutable_bytes now = rest;
    if (const errc e = eio::take_packet3(now, binary, p, rest, last); e != errc::none) return log + "! " + std::string(text(e));
    CHECK(last == rest.empty());
    log += (p.binary ? "b" : "") + std::string(1, static_cast<char>(p.type)) + ":" + std::string(as_text(p.data)) + " ";
  }
  return log;
}

frame text_frame(pool& p, std::string_view text) { return frame::copy(p, frame_kind::text, as_bytes(text)); }
frame binary_frame(pool& p, std::string_view bytes) { return frame::copy(p, frame_kind::binary, as_bytes(bytes)); }

constexpr const char* bad_length = "! malformed or wrong packet length";
constexpr const char* bad_type = "! unknown Engine.IO packet type";
constexpr const char* empty = "! empty Engine.IO packet";
constexpr const char* bad_base64 = "! invalid base64";
constexpr const char* bad_utf8 = "! invalid UTF-8";

}  // namespace

TEST_CASE("payload3: text form") {
  struct row {
    std::string_view body;
    std::string log;
  };
  const row rows[] = {
      {"7:42[\"a\"]7:42[\"b\"]", "4:2[\"a\"] 4:2[\"b\"] "},                    // eio-payload_v3-002
      {":42[\"a\"]", bad_length},                                              // -006
      {"07:42[\"a\"]", bad_length},                                            // -007
      {"+7:42[\"a\"]", bad_length},                                            // -008
      {"-7:42[\"a\"]", bad_length},                                            // -009
      {"7.0:42[\"a\"]", bad_length},                                           // -010
      {"0x7:42[\"a\"]", bad_length},                                           // -011
      {"7e0:42[\"a\"]", bad_length},                                           // -012
      {"1e400:42[\"a\"]", bad_length},                                         // -014
      {"NaN:42[\"a\"]", bad_length},                                           // -016
      {"8:42[\"\xf0\x9d\x95\x8a\"]", "4:2[\"\xf0\x9d\x95\x8a\"] "},             // -021
      {"6:42[\"\xf0\x9d\x95\x8a\"]", "4:2[\"\xf0\x9d\x95\x8a ! malformed or wrong packet length"},
      {"5:42[\"\xf0\x9d\x95\x8a\"]", bad_length},                              // half of a pair
      {"10:b4AQIDBA==", "b4:\1\2\3\4 "},                                       // -023
      {"", empty},                                                             // -030
      {"6:2probe", "2:probe "},                                                // -031
      {"5:4a\xf0\x9d\x95\x8a\xe2\x82\xac" "6:2probe10:b4AQIDBA==", "4:a\xf0\x9d\x95\x8a\xe2\x82\xac 2:probe b4:\1\2\3\4 "},
      {"0:", "6: "},
      {"1:6", "6: "},
      {"1:4", "4: "},
      {"2:b4", "b4: "},
      {"0:0:", empty},
      {"0:1:6", empty},
      {"1:60:", "6: 6: "},
      {"00:", bad_length},
      {"1:", bad_length},
      {"7", bad_length},
      {"7:42[\"a\"", bad_length},
      {"7:42[\"a\"]x", "4:2[\"a\"] ! malformed or wrong packet length"},
      {"7:42[\"a\"]7", "4:2[\"a\"] ! malformed or wrong packet length"},
      {"7:42[\"a\"]7:", "4:2[\"a\"] ! malformed or wrong packet length"},
      {" 1:6", bad_length},
      {"1 :6", bad_length},
      {"\xef\xbc\x91:6", bad_length},  // a digit of another script
      {"1:7", bad_type},
      {"1:/", bad_type},
      {"1:b", bad_type},
      {"2:b2", bad_type},
      {"6:bAQID=", bad_type},
      {"4:b4AQ", bad_base64},
      {"6:b4AQ==", "b4:\1 "},
      {"6:b4AR==", bad_base64},  // bits left over
      {"6:b4A===", bad_base64},
      {"2:4\xf0\x9d\x95\x8a\xff", bad_length},  // half of a pair comes before what follows it
      {"2:4\xff", bad_utf8},
      {"2:4\xc3", bad_utf8},
      {"3:4\xed\xa0\x80", bad_utf8},
      {"2:4\xc3\xa4", "4:\xc3\xa4 "},
      {"3:4\xc3\xa4", bad_length},  // bytes where characters are meant
      {"99999999999999999999999999999999999999:4", bad_length},
      {"18446744073709551617:4", bad_length},
      {"4a", bad_length},
  };
  for (const row& r : rows) {
    INFO(r.body);
    CHECK(packets(r.body) == r.log);
  }
}

TEST_CASE("payload3: octet-stream form") {
  struct row {
    std::string_view body;
    std::string log;
  };
  const row rows[] = {
      {"\x00\x07\xff" "42[\"a\"]"sv, "4:2[\"a\"] "},                            // eio-payload_v3-024
      {"\x01\x05\xff\x04\x01\x02"sv, bad_length},                              // -025
      {"\x00\xfe\xff" "42[\"a\"]"sv, bad_length},                               // -027
      {"\x01\x00\xff"sv, empty},                                               // -029
      // engine.io 6 writes this for a text with an astral character and four bytes.
      {"\x00\x09\xff\x34\x61\xf0\x9d\x95\x8a\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04"sv,
       "4:a\xf0\x9d\x95\x8a\xe2\x82\xac b4:\1\2\3\4 "},
      {"\x01\x01\xff\x04"sv, "b4: "},
      {"\x01\x02\xff\x04\xff"sv, "b4:\xff "},
      {"\x01\x02\xff\x34\x01"sv, bad_type},  // the digit where its value is meant
      {"\x01\x02\xff\x02\x01"sv, bad_type},
      {"\x02\x01\xff\x04"sv, bad_type},
      {"\x30\x01\xff\x04"sv, bad_type},
      {"\x00\x00\xff"sv, empty},
      {"\x00\x01\xff\x37"sv, bad_type},
      {"\x00\x01\xff\x36"sv, "6: "},
      {"\x00\x0a\xff\x36"sv, bad_length},
      {"\x00\x00\x01\xff\x36"sv, bad_length},
      {"\x00\x31\xff\x36"sv, bad_length},
      {"\x00\xff\x36"sv, bad_length},
      {"\x00\x01"sv, bad_length},
      {"\x00\x01\xff"sv, bad_length},
      {"\x00"sv, bad_length},
      {"\x00\x01\xff\x36\x00"sv, "6: ! malformed or wrong packet length"},
      {"\x00\x01\xff\x36\x05"sv, "6: ! unknown Engine.IO packet type"},
      {"\x00\x02\xff\x34\xff"sv, bad_utf8},
      {"\x00\x06\xff" "b4AQ=="sv, "b4:\1 "},
      {""sv, empty},
  };
  for (const row& r : rows) {
    INFO(r.body);
    CHECK(packets(r.body, true) == r.log);
  }
  const std::string digits(391, '\x09');
  CHECK(packets('\0' + digits + "\xff" "42[\"a\"]", true) == bad_length);  // -028
}

TEST_CASE("payload3: what is written") {
  pool p;
  frame_builder out(p);
  eio::put_packet3(out, text_frame(p, "4a\xf0\x9d\x95\x8a\xe2\x82\xac"));
  eio::put_packet3(out, text_frame(p, "2probe"));
  eio::put_packet3(out, binary_frame(p, "\1\2\3\4"));
  // engine.io 6, encodePayload() of the same three.
  CHECK(out.written() == "5:4a\xf0\x9d\x95\x8a\xe2\x82\xac" "6:2probe10:b4AQIDBA==");
  out.truncate(0);
  eio::put_packet3(out, binary_frame(p, ""));
  eio::put_packet3(out, text_frame(p, "6"));
  CHECK(out.written() == "2:b41:6");
}

TEST_CASE("payload3: utf16_size") {
  CHECK(eio::utf16_size("") == 0);
  CHECK(eio::utf16_size("abc") == 3);
  CHECK(eio::utf16_size("\xc3\xa4") == 1);
  CHECK(eio::utf16_size("\xe2\x82\xac") == 1);
  CHECK(eio::utf16_size("\xf0\x9d\x95\x8a") == 2);
  CHECK(eio::utf16_size("\xf4\x8f\xbf\xbf" "a\xef\xbf\xbf") == 4);
}

TEST_CASE("payload3: round trips of every length around the powers of ten and two") {
  constexpr std::string_view letters[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9d\x95\x8a"};
  pool p;
  for (const unsigned n : {0u, 1u, 2u, 3u, 8u, 9u, 10u, 11u, 16u, 17u, 98u, 99u, 100u, 127u, 128u, 997u, 998u, 1000u})
    for (std::size_t kind = 0; kind < 5; ++kind) {
      std::string data;
      for (std::size_t i = 0; i < n; ++i) data += letters[kind == 4 ? i * i % 4 : kind];
      frame_builder out(p);
      eio::put_packet3(out, text_frame(p, "4" + data));
      eio::put_packet3(out, binary_frame(p, data));
      eio::put_packet3(out, text_frame(p, "2" + data));
      INFO(n << " of kind " << kind);
      CHECK(packets(out.written()) == "4:" + data + " b4:" + data + " 2:" + data + " ");
    }
}

TEST_CASE("payload3: every cut of a good body is an error or fewer packets, never more") {
  constexpr std::string_view text = "5:4a\xf0\x9d\x95\x8a\xe2\x82\xac" "6:2probe10:b4AQIDBA==";
  for (std::size_t n = 0; n < text.size(); ++n) {
    const std::string log = packets(text.substr(0, n));
    const bool between = n == 11 || n == 19;
    CHECK((log.find('!') == std::string::npos) == between);
  }
  constexpr std::string_view bytes = "\x00\x09\xff\x34\x61\xf0\x9d\x95\x8a\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04"sv;
  for (std::size_t n = 0; n < bytes.size(); ++n)
    CHECK((packets(bytes.substr(0, n), true).find('!') == std::string::npos) == (n == 12));
}

TEST_CASE("payload3: a million packets take a million steps") {  // eio-payload_v3-020
  std::string body;
  for (int i = 0; i < 1'000'000; ++i) body += i % 2 == 0 ? "1:6" : "3:4\xc3\xa4\xc3\xa4";
  mutable_bytes rest(reinterpret_cast<std::byte*>(body.data()), body.size());
  std::size_t n = 0;
  for (bool last = false; !last; ++n) {
    eio::packet p;
    REQUIRE(eio::take_packet3(rest, false, p, rest, last) == errc::none);
  }
  CHECK(n == 1'000'000);
}

TEST_CASE("payload3: the n-th allocation fails") {
  const std::string large(700, 'x');
  core_tests::each_failure([&](pool& p) {
    const frame text = text_frame(p, "4" + large);
    const frame bytes = binary_frame(p, large);
    if (!text || !bytes) return;
    frame_builder out(p);
    eio::put_packet3(out, text);
    eio::put_packet3(out, bytes);
    const frame made = out.finish(frame_kind::raw);
    CHECK(static_cast<bool>(made) == !out.failed());
    if (made) CHECK(packets(as_text(made.payload())) == "4:" + large + " b4:" + large + " ");
  });
}
