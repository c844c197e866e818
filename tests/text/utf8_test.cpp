// UTF-8 against the plain definition: code points by their numbers, and all short sequences of bytes.
#include "catch.hpp"

#include <siokit/text/utf8.hpp>

#include "block.hpp"

namespace {

using namespace text_test;

// How many bytes of the text are good, by decoding the numbers (RFC 3629 3) and not by tables of ranges.
std::size_t good_prefix(std::string_view s) {
  std::size_t i = 0;
  while (i < s.size()) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
    const unsigned c = byte(i);
    const std::size_t n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 0;
    if (n == 0 || i + n > s.size()) return i;
    std::uint32_t x = n == 1 ? c : c & (0x7fu >> n);
    for (std::size_t k = 1; k < n; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return i;
      x = x << 6 | (byte(i + k) & 0x3f);
    }
    const std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (x < least[n] || x > 0x10ffff || (x >= 0xd800 && x < 0xe000)) return i;
    i += n;
  }
  return i;
}

bool feed_in_two(std::string_view s, std::size_t cut) {
  utf8::checker checker;
  return checker.feed(s.substr(0, cut)) && checker.feed(s.substr(cut)) && checker.complete();
}

bool feed_bytes(std::string_view s) {
  utf8::checker checker;
  for (std::size_t i = 0; i < s.size(); ++i)
    if (!checker.feed(s.substr(i, 1))) return false;
  return checker.complete();
}

void agree(const std::string& s) {
  const exact text(s);
  const bool good = good_prefix(s) == s.size();
  if (utf8::valid(text) != good || utf8::valid<scan::portable>(text) != good || feed_bytes(text) != good)
    FAIL("valid() is wrong for " << Catch::StringMaker<std::string>::convert(s));
  for (std::size_t i = 0; i <= s.size(); ++i)
    if (feed_in_two(text, i) != good) FAIL("checker is wrong at " << i);
  std::string repaired(utf8::repaired_size(text), '?');
  if (utf8::repair(text, repaired.data()) != repaired.data() + repaired.size()) FAIL("repaired_size() is wrong");
  if (good_prefix(repaired) != repaired.size() || (good && repaired != s)) FAIL("repair() is wrong");
}

std::string repaired(std::string_view s) {
  std::string out(utf8::repaired_size(s), '?');
  utf8::repair(s, out.data());
  return out;
}

}  // namespace

TEST_CASE("utf8: all sequences of up to three bytes that matter") {
  const unsigned heads[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
      0xec,
                            0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfe, 0xff};
  for (const unsigned a : heads)
    for (const unsigned b : heads)
      for (const unsigned c : heads) {
        const char bytes_of[] = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        for (std::size_t n = 1; n <= 3; ++n) agree(std::string(bytes_of, n));
        for (const unsigned d : {0x41u, 0x80u, 0xbfu, 0xc2u}) {
          agree(std::string(bytes_of, 3) + static_cast<char>(d));
          agree("0123456789abcde" + std::string(bytes_of, 3) + static_cast<char>(d));
        }
      }
  SUCCEED();
}

TEST_CASE("utf8: each code point is written, accepted, and cut at every byte") {
  for (std::uint32_t x = 0; x < 0x110000; x += x < 0x3000 ? 1 : 61) {
    if (x >= 0xd800 && x < 0xe000) continue;
    char buffer[4];
    const std::string s(buffer, utf8::put(x, buffer));
    if (!utf8::valid(s)) FAIL(x);
    for (std::size_t i = 1; i < s.size(); ++i)
      if (utf8::valid(s.substr(0, i))) FAIL(x);
  }
  char buffer[4];
  CHECK(std::string(buffer, utf8::put(0x10ffff, buffer)) == "\xf4\x8f\xbf\xbf");
}

TEST_CASE("utf8: text around the widths of a step") {
  for (std::size_t n = 0; n < 40; ++n)
    for (const char* tail : {"", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98",
        "\xed\xa0\x80",
                             "\xff", "\xc0\xaf"}) {
      agree(std::string(n, 'x') + tail);
      agree(std::string(n, 'x') + tail + std::string(17, 'y'));
    }
  SUCCEED();
}

TEST_CASE("utf8: the checker fails at the first byte that can never become valid") {
  struct row {
    const char* text;
    std::size_t fails_at;  // index of the byte that must fail, npos: never
  };
  constexpr std::size_t never_fails = ~std::size_t{0};
  const row rows[] = {{"\xce\xba\xe1\xbd\xb9", never_fails}, {"ab\xff", 2},          {"\xc0", 0},
                      {"\xe0\x9f", 1},                       {"\xed\xa0", 1},        {"\xf0\x8f", 1},
                      {"\xf4\x90", 1},                       {"\xf4\x8f\xbf", never_fails}, {"\xe2\x82\x28", 2},
                      {"\xf5", 0},                           {"a\x80", 1}};
  for (const row& r : rows) {
    INFO(r.text);
    const std::string_view text = r.text;
    utf8::checker checker;
    std::size_t failed = never_fails;
    for (std::size_t i = 0; i < text.size() && failed == never_fails; ++i)
      if (!checker.feed(text.substr(i, 1))) failed = i;
    CHECK(failed == r.fails_at);
    if (failed != never_fails) {
      CHECK_FALSE(checker.feed("a"));
      CHECK_FALSE(checker.complete());
    }
  }
}

TEST_CASE("utf8: each maximal ill-formed part becomes one U+FFFD") {
  const std::string r = "\xef\xbf\xbd";
  CHECK(repaired("") == "");
  CHECK(repaired("a\xff" "b") == "a" + r + "b");
  CHECK(repaired("\xe2\x82") == r);                     // a cut character is one
  CHECK(repaired("\xe2\x82" "a") == r + "a");
  CHECK(repaired("\xed\xa0\x80") == r + r + r);         // a surrogate is three
  CHECK(repaired("\xf0\x80\x80\x80") == r + r + r + r);  // overlong: none of the rest belongs to it
  CHECK(repaired("\xc0\xaf") == r + r);
  // Unicode 15 table 3-8.
  CHECK(repaired("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64") ==
      "a" + r + r + r + "b" + r + "c" + r + r + "d");
  CHECK(repaired("\xc3\xa4\xff\xc3\xb6 \xf0\x9f\x98\x80") == "\xc3\xa4" + r + "\xc3\xb6 \xf0\x9f\x98\x80");
}
