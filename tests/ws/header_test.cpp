// Frame headers, masking, and the frames that are made whole.
#include "catch.hpp"

#include <siokit/ws/header.hpp>

#include <string>
#include <vector>

#include "../http/wire.hpp"

using namespace siokit;

namespace {

constexpr ws::mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};

std::string text_of(const frame& f) { return std::string(as_text(f.as(wire::ws4))); }

}  // namespace

TEST_CASE("ws header: encode, then decode") {
  for (const std::uint64_t length : std::initializer_list<std::uint64_t>{
           0, 1, 125, 126, 65535, 65536, std::uint64_t{1} << 32, ~std::uint64_t{0} >> 1, ~std::uint64_t{0}})
    for (const ws::opcode what : {ws::opcode::continuation, ws::opcode::text, ws::opcode::binary, ws::opcode::pong})
      for (int flags = 0; flags < 32; ++flags) {
        ws::header in{.what = what, .fin = (flags & 1) != 0, .masked = (flags & 2) != 0,
                      .reserved = static_cast<std::uint8_t>(flags >> 2), .length = length};
        if (in.masked) in.key = key;
        std::array<std::byte, ws::longest_header> wire;
        const std::size_t n = ws::encode(in, wire);
        REQUIRE(n == 2u + (in.masked ? 4u : 0u) + (length < 126 ? 0u : length < 65536 ? 2u : 8u));
        for (std::size_t cut = 0; cut < n; ++cut) {
          ws::header none;
          CHECK_FALSE(ws::decode(bytes_view(wire).first(cut), none));
        }
        ws::header out;
        REQUIRE(ws::decode(bytes_view(wire).first(n), out));
        CHECK(out.what == in.what);
        CHECK(out.fin == in.fin);
        CHECK(out.masked == in.masked);
        CHECK(out.reserved == in.reserved);
        CHECK(out.key == in.key);
        CHECK(out.length == in.length);
        CHECK(out.size == n);
        CHECK(ws::is_minimal(out));
      }
}

TEST_CASE("ws header: lengths that are not minimal are decoded and told") {
  struct row {
    const char* wire;
    std::uint64_t length;
  };
  for (const row& r : {row{R"(\x82\x7e\x00\x7d)", 125}, row{R"(\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x05)", 5},
                       row{R"(\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff)", 65535},
                       row{R"(\x82\xff\x00\x00\x00\x00\x00\x00\x00\x7e\x01\x02\x03\x04)", 126}}) {
    const std::string bytes = wire_test::decode(r.wire);
    ws::header out;
    REQUIRE(ws::decode(as_bytes(bytes), out));
    CHECK(out.length == r.length);
    CHECK_FALSE(ws::is_minimal(out));
  }
}

TEST_CASE("ws mask: both forms, any alignment, any size, any offset") {
  std::vector<std::byte> plain(300);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::byte>(i * 131 + 7);
  for (std::size_t align = 0; align < 17; ++align)
    for (std::size_t n = 0; n <= 230; n += n < 70 ? 1 : 7) {  // wider steps are tried from 128 bytes on
      std::vector<std::byte> expected(plain.begin(), plain.begin() + 260);
      for (std::size_t i = 0; i < n; ++i) expected[align + i] ^= key[i % 4];
      std::vector<std::byte> fast(plain.begin(), plain.begin() + 260);
      ws::apply_mask(mutable_bytes(fast).subspan(align, n), key);
      REQUIRE(fast == expected);
      std::vector<std::byte> portable(plain.begin(), plain.begin() + 260);
      ws::apply_mask_portable(mutable_bytes(portable).subspan(align, n), key);
      REQUIRE(portable == expected);
      // In two pieces, the second with the key where the first left it.
      std::vector<std::byte> pieces(plain.begin(), plain.begin() + 260);
      const std::size_t cut = n / 3;
      ws::apply_mask(mutable_bytes(pieces).subspan(align, cut), key);
      ws::apply_mask(mutable_bytes(pieces).subspan(align + cut, n - cut), ws::rotated(key, cut));
      REQUIRE(pieces == expected);
    }
}

TEST_CASE("ws mask: tells whether the plain text is ASCII") {
  for (std::size_t n = 0; n <= 230; n += n < 70 ? 1 : 23) {
    const auto ascii = [&](std::size_t strange) {
      std::vector<std::byte> masked(n);
      for (std::size_t i = 0; i < n; ++i)
        masked[i] = static_cast<std::byte>(i == strange ? 0x80 : (i * 37) & 0x7f) ^ key[i % 4];
      std::vector<std::byte> same = masked;
      const bool fast = ws::apply_mask(masked, key);
      REQUIRE(ws::apply_mask_portable(same, key) == fast);
      return fast;
    };
    INFO(n);
    CHECK(ascii(n));  // none is
    for (std::size_t strange = 0; strange < n; ++strange)
      if (ascii(strange)) FAIL("byte " << strange << " is not ASCII");
  }
}

TEST_CASE("ws frames: as RFC 6455 5.7 shows them") {
  pool p;
  CHECK(text_of(ws::whole_frame(p, ws::opcode::text, as_bytes("Hello"))) == "\x81\x05Hello");
  CHECK(text_of(ws::whole_frame(p, ws::opcode::text, as_bytes("Hello"), &key)) ==
        wire_test::decode(R"(\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58)"));
  CHECK(text_of(ws::whole_frame(p, ws::opcode::ping, as_bytes("Hello"))) == "\x89\x05Hello");
  CHECK(text_of(ws::whole_frame(p, ws::opcode::pong, {})) == std::string("\x8a\x00", 2));
  const frame big = ws::whole_frame(p, ws::opcode::binary, as_bytes(std::string(65536, 'x')));
  CHECK(text_of(big).substr(0, 10) == wire_test::decode(R"(\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00)"));
  CHECK(big.kind() == frame_kind::raw);
  CHECK(big.size() == 65546);
}

TEST_CASE("ws frames: Close") {
  pool p;
  CHECK(text_of(ws::close_frame(p, 1000)) == wire_test::decode(R"(\x88\x02\x03\xe8)"));
  CHECK(text_of(ws::close_frame(p, 1001, "bye")) == wire_test::decode(R"(\x88\x05\x03\xe9bye)"));
  CHECK(text_of(ws::close_frame(p, ws::no_code, "never sent")) == std::string("\x88\x00", 2));
  CHECK(ws::close_frame(p, 1000, std::string(123, 'a')).size() == 127);
  CHECK(ws::close_frame(p, 1000, std::string(124, 'a')).size() == 127);
  CHECK(ws::close_frame(p, 1000, std::string(122, 'a') + "\xc3\xa4").size() == 126);  // not half a letter
  CHECK(text_of(ws::close_frame(p, 1000, {}, &key)) == wire_test::decode(R"(\x88\x82\x37\xfa\x21\x3d\x34\x12)"));
}

TEST_CASE("ws frames: no memory") {
  wire_test::failing memory_ends;
  pool p(memory_ends.hooks());
  memory_ends.left = 0;
  CHECK_FALSE(ws::whole_frame(p, ws::opcode::ping, {}));
  CHECK_FALSE(ws::close_frame(p, 1000));
}

TEST_CASE("ws close codes") {
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999})
    CHECK(ws::is_valid_close_code(static_cast<std::uint16_t>(code)));
  for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
    CHECK_FALSE(ws::is_valid_close_code(static_cast<std::uint16_t>(code)));
  CHECK(ws::close_code(errc::ws_unmasked) == 1002);
  CHECK(ws::close_code(errc::ws_bad_utf8) == 1007);
  CHECK(ws::close_code(errc::ws_too_many_fragments) == 1008);
  CHECK(ws::close_code(errc::ws_message_too_big) == 1009);
  CHECK(ws::close_code(errc::ws_length_not_minimal) == 1002);
}
