#include "catch.hpp"

#include <siokit/text/base64.hpp>
#include <siokit/text/sha1.hpp>

#include "block.hpp"

namespace {

using namespace text_test;

std::string hex(std::string_view in) {
  const exact block(in);
  std::string out;
  for (const std::byte b : sha1(as_bytes(block))) {
    out += "0123456789abcdef"[as_number(b) >> 4];
    out += "0123456789abcdef"[as_number(b) & 15];
  }
  return out;
}

}  // namespace

TEST_CASE("sha1: the vectors of FIPS 180 and RFC 3174") {
  CHECK(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(hex(repeat("a", 1000000)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  CHECK(hex(repeat("0123456701234567012345670123456701234567012345670123456701234567", 10)) ==
        "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

TEST_CASE("sha1: lengths around a block") {
  // From coreutils' sha1sum.
  const std::pair<std::size_t, const char*> rows[] = {
      {54, "b05d71c64979cb95fa74a33cdb31a40d258ae02e"},
      {55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
      {56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
      {57, "f08f24908d682555111be7ff6f004e78283d989a"},
      {63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"},
      {64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
      {65, "11655326c708d70319be2610e8a57d9a5b959d3b"},
      {119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"},
      {120, "f34c1488385346a55709ba056ddd08280dd4c6d6"},
      {127, "89d95fa32ed44a7c610b7ee38517ddf57e0bb975"},
      {128, "ad5b3fdbcb526778c2839d2f151ea753995e26a0"},
  };
  for (const auto& [n, expected] : rows) CHECK(hex(std::string(n, 'a')) == expected);
}

TEST_CASE("sha1: the example of RFC 6455 1.3") {
  const std::array<std::byte,
      20> digest = sha1(as_bytes("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
  std::string out(base64::encoded_size(20), '?');
  base64::encode(digest, out.data());
  CHECK(out == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
