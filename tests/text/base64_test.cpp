#include "catch.hpp"

#include <siokit/text/base64.hpp>

#include "block.hpp"

namespace {

using namespace text_test;

std::string encode64(std::string_view in) {
  const exact block(in);
  std::string out(base64::encoded_size(in.size()), '?');
  CHECK(base64::encode(as_bytes(block), out.data()) == out.data() + out.size());
  return out;
}

// The bytes, or "<error>".
std::string decode64(std::string_view in) {
  const exact block(in);
  const std::size_t size = base64::decoded_size(block);
  const std::unique_ptr<std::byte[]> out(new std::byte[size]);
  if (base64::decode(block, out.get()) != errc::none) return "<error>";
  return std::string(as_text({out.get(), size}));
}

}  // namespace

TEST_CASE("base64: the vectors of RFC 4648 10") {
  const char* const rows[][2] = {{"", ""},           {"f", "Zg=="},         {"fo", "Zm8="},       {"foo", "Zm9v"},
                                 {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : rows) {
    CHECK(encode64(plain) == coded);
    CHECK(decode64(coded) == plain);
  }
}

TEST_CASE("base64: every byte at every place comes back") {
  std::string in;
  for (std::size_t n = 0; n < 70; ++n) {
    CHECK(decode64(encode64(in)) == in);
    in += static_cast<char>(n * 37 + 11);
  }
  for (unsigned c = 0; c < 256; ++c) {
    const std::string all(3, static_cast<char>(c));
    for (std::size_t n = 1; n <= 3; ++n) CHECK(decode64(encode64(all.substr(0, n))) == all.substr(0, n));
  }
}

TEST_CASE("base64: what no encoder writes is refused") {
  // eio-payload-013 and -014 are the first two.
  for (const char* text : {"!!!!", "A", "AA", "AAA", "AAAAA", "AAAAAA", "AAAAAAA", "Zg=", "Zg", "Zm8", "=", "==", "===",
      "====", "A===",
                           "Zg==Zg==", "Zm8=Zm9v", "Z=g=", "=Zg=", "Zg=a", "Zm9 ", "Zm9\n", "Zm9v\r\n", "Zm-_", "Zh==",
                           "Zm9=", "Zg==\x1e",
                           "Zm\x80v", "Zm9v====", "Zm9v=AAA"})
    CHECK(decode64(text) == "<error>");
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c ==
        '/';
    for (std::size_t i = 0; i < 4; ++i) {
      std::string text = "AAAA";
      text[i] = static_cast<char>(c);
      if (i == 3 && c == '=') continue;
      if ((decode64(text) != "<error>") != letter) FAIL(c << " at " << i);
    }
  }
}

TEST_CASE("base64: decoding in place") {
  std::string in;
  for (std::size_t n = 0; n < 100; ++n) {
    std::string coded = encode64(in);
    const std::size_t size = base64::decoded_size(coded);
    REQUIRE(base64::decode(coded, reinterpret_cast<std::byte*>(coded.data())) == errc::none);
    CHECK(std::string_view(coded).substr(0, size) == in);
    in += static_cast<char>(255 - n * 3);
  }
}

TEST_CASE("base64: ids have 20 characters of their own alphabet") {
  bytes in(15);
  for (unsigned round = 0; round < 300; ++round) {
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::byte>((round * 7 + i * 13) & 255);
    std::string out(base64::url_size(in.size()), '?');
    REQUIRE(base64::encode_url(in, out.data()) == out.data() + 20);
    for (const char c : out) {
      const bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c ==
          '_';
      if (!good) FAIL(out);
    }
  }
  for (std::size_t n = 0; n < 7; ++n) {
    std::string out(base64::url_size(n), '?');
    CHECK(base64::encode_url(bytes_view(in).first(n), out.data()) == out.data() + out.size());
  }
}
