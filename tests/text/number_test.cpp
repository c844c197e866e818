// Numbers at the ends of exact-size blocks: exact integers, doubles against strtod, and shortest forms that read back.
#include "catch.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "block.hpp"

namespace {

using namespace text_test;

/// Reads the number that the block begins with; where it ends is looked for again.
template <class T>
errc read(const exact& block, T& x) {
  const std::string_view s = block;
  const std::size_t size = s.find_first_not_of("+-.eE0123456789");
  errc e = errc::none;
  const char* const behind = number::read(s.data(), s.data() + s.size(), x, e);
  CHECK((behind == nullptr) == (e != errc::none));
  if (behind != nullptr) CHECK(static_cast<std::size_t>(behind - s.data()) == (size < s.size() ? size : s.size()));
  return e;
}

std::string as_int64(const exact& block) {
  std::int64_t x = 0;
  const errc e = read(block, x);
  return e == errc::none ? std::to_string(x) : std::string(text(e));
}

std::string as_uint64(const exact& block) {
  std::uint64_t x = 0;
  const errc e = read(block, x);
  return e == errc::none ? std::to_string(x) : std::string(text(e));
}

errc as_double(std::string_view s, double& x) { return read(exact(s), x); }

template <class T>
std::string shown(T x) {
  char buffer[number::room];
  return std::string(buffer, number::write(buffer, x));
}

// Not std::bit_cast, which the libc++ of Emscripten 3.1.6 does not have.
double double_of(std::uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace

TEST_CASE("number: integers") {
  const std::string range(text(errc::out_of_range));
  const std::string integer(text(errc::expected_integer));
  struct row {
    std::string text, as_signed, as_unsigned;
  };
  const row rows[] = {
      {"0", "0", "0"},
      {"-0", "0", "0"},
      {"7", "7", "7"},
      {"-7", "-7", range},
      {"1.0", "1", "1"},
      {"-1.0", "-1", range},
      {"1e3", "1000", "1000"},
      {"1E+3", "1000", "1000"},
      {"1.5e1", "15", "15"},
      {"1.50e1", "15", "15"},
      {"1200e-2", "12", "12"},
      {"0e999999999999999999999999", "0", "0"},
      {"0.0e-999999999999999999999999", "0", "0"},
      {"1.5", integer, integer},
      {"15e-1", integer, integer},
      {"1e-1", integer, integer},
      {"1e-999999999999999999999999", integer, integer},
      {"0.1e1", "1", "1"},
      {"0.001e3", "1", "1"},
      {"9007199254740993", "9007199254740993", "9007199254740993"},
      {"999999999999999999", "999999999999999999", "999999999999999999"},
      {"9223372036854775807", "9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", range, "9223372036854775808"},
      {"-9223372036854775808", "-9223372036854775808", range},
      {"-9223372036854775809", range, range},
      {"-9223372036854775808.0", "-9223372036854775808", range},
      {"922337203685477580.7e1", "9223372036854775807", "9223372036854775807"},
      {"18446744073709551615", range, "18446744073709551615"},
      {"18446744073709551616", range, range},
      {"1e19", range, "10000000000000000000"},
      {"1e20", range, range},
      {"1e400", range, range},
      {"1e999999999999999999999999", range, range},
      {repeat("9", 5000), range, range},
      {"0." + repeat("0", 5000) + "1e5001", "1", "1"},
  };
  for (const row& r : rows) {
    INFO(r.text);
    REQUIRE(check(exact(r.text)) == errc::none);
    CHECK(as_int64(exact(r.text)) == r.as_signed);
    CHECK(as_uint64(exact(r.text)) == r.as_unsigned);
    for (const char* tail : {",", "]", "}", " ", ",5"}) {
      CHECK(as_int64(exact(r.text + tail)) == r.as_signed);
      CHECK(as_uint64(exact(r.text + tail)) == r.as_unsigned);
    }
  }
}

TEST_CASE("number: what is refused changes nothing") {
  std::uint64_t x = 7;
  CHECK(read(exact("-1.5"), x) == errc::expected_integer);
  CHECK(read(exact("-15"), x) == errc::out_of_range);
  CHECK(x == 7);
  std::int64_t y = 7;
  CHECK(read(exact("9223372036854775808"), y) == errc::out_of_range);
  CHECK(y == 7);
}

TEST_CASE("number: digits that an exponent takes away again") {
  CHECK(as_int64(exact("1" + repeat("0", 5000) + "e-5000")) == "1");
  CHECK(as_int64(exact("1" + repeat("0", 5000) + "e-4990")) == "10000000000");
  CHECK(as_int64(exact("1" + repeat("0", 5000) + "e-5001")) == text(errc::expected_integer));
}

TEST_CASE("number: doubles are those of strtod") {
  for (const char* s : {"0", "-0", "1", "-1", "0.1", "1.1", "1e22", "1e23", "123456789012345", "1234567890123456",
      "9007199254740993",
                        "12345678901234567890", "1.7976931348623157e308", "4.9e-324", "5e-324",
                        "2.2250738585072014e-308", "0.3e-5",
                        "3.14159265358979323846264338327950288", "1e-400", "-1e-400", "0.1e-2147483648",
                        "1e-9999999999999999999999",
                        "128.74836467836484838364836483643636483648e-336", "6.02e23", "100", "1e0", "1E5", "-12.5",
                        "0e5", "0.0e999",
                        "123456789012345678", "0.000000000000000000000000000000000000001"}) {
    INFO(s);
    double x = 7;
    REQUIRE(as_double(s, x) == errc::none);
    const double expected = std::strtod(s, nullptr);
    CHECK(x == expected);
    CHECK(std::signbit(x) == std::signbit(expected));
  }
}

TEST_CASE("number: doubles that are too large are errors") {
  for (const std::string& s : {std::string("1e400"), std::string("-1e400"), std::string("1.8e308"),
      std::string("1e99999999999999999999"),
                               repeat("9", 400), repeat("9", 100000), "0.001e" + repeat("9", 30)}) {
    double x = 7;
    CHECK(as_double(s, x) == errc::out_of_range);
    CHECK(x == 7);
  }
  double x = 0;
  CHECK(as_double(repeat("9", 300), x) == errc::none);
  CHECK(as_double("0." + repeat("0", 100000) + "1", x) == errc::none);
  CHECK(x == 0);
  CHECK(as_double("0." + repeat("0", 100000) + "1e100001", x) == errc::none);
  CHECK(x == 1);
}

#if SIOKIT_BODIES
TEST_CASE("number: what stands in for a standard library without doubles in <charconv> gives the same") {
  const std::string many(900, '3');
  const std::vector<std::string> all{
      "0.1", "-2.5e-8", "123456789012345678901234567890", "0." + many, many + "e-900", "1" + std::string(900, '0') + "1e-901",
      "9007199254740993.0000000001", "9007199254740993." + std::string(800, '0'), "9007199254740993." + std::string(800, '0') + "1",
      "4.9e-324", "2.4e-324", "1e-99999999999999999999", "1e99999999999999999999", "-1e400", "-0.0", "0e5",
      "1.7976931348623157e308", "1.7976931348623159e308"};
  for (const std::string& s : all) {
    CAPTURE(s);
    const char* behind = nullptr;
    const double a = number::nearest<double>(s.data(), s.data() + s.size(), behind);
    CHECK(behind == s.data() + s.size());
    const double b = number::nearest_by_strtod(s.data(), s.data() + s.size());
    CHECK(a == b);
    CHECK(std::signbit(a) == std::signbit(b));
  }
}
#endif

TEST_CASE("number: printf gives the digits of std::to_chars") {
  const auto same = []<class T>(T x, std::chars_format form) {
    char by_printf[64];
    [[maybe_unused]] char by_library[64];
    const std::string mine(by_printf, number::write_by_printf(by_printf, x, form));
    if constexpr (requires { std::to_chars(by_library, by_library + 64, x, form); })
      CHECK(mine == std::string(by_library, std::to_chars(by_library, by_library + 64, x, form).ptr));
  };
  for (const double x : {0.0, -0.0, 1.0, 0.1, -0.25, 123.456, 1e-6, 0.000123, 1e20, 5e-5, 1.0 / 3}) {
    same(x, std::chars_format::fixed);
    same(x, std::chars_format::scientific);
    same(static_cast<float>(x), std::chars_format::scientific);
  }
  for (const double x : {1e21, 1.5e-7, 1.7976931348623157e308, -4.9e-324, 2.2250738585072014e-308})
    same(x, std::chars_format::scientific);
  // Where std::to_chars writes exact digits, both write what JavaScript does.
  for (const double x : {9007199254740994.0, -9223372036854775808.0, 590295810358705651712.0, 999999999999999868928.0}) {
    char padded[number::room], by_printf[number::room];
    CHECK(std::string(padded, number::write_padded(padded, x)) ==
          std::string(by_printf, number::write_by_printf(by_printf, x, std::chars_format::fixed)));
  }
}

TEST_CASE("number: written integers") {
  std::uint64_t x = 1;
  for (int i = 0; i < 20; ++i, x *= 10)
    for (const std::uint64_t y : {x - 1, x, x + 1, x * 7}) {
      CHECK(shown(y) == std::to_string(y));
      CHECK(shown(static_cast<std::int64_t>(y)) == std::to_string(static_cast<std::int64_t>(y)));
      CHECK(shown(-static_cast<std::int64_t>(y >> 1)) == std::to_string(-static_cast<std::int64_t>(y >> 1)));
    }
  CHECK(shown(~std::uint64_t{0}) == "18446744073709551615");
  CHECK(shown(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("number: written doubles look as in JavaScript and read back") {
  const std::pair<double, const char*> rows[] = {{0.0, "0"},
                                                 {-0.0, "-0"},
                                                 {1.0, "1"},
                                                 {-1.0, "-1"},
                                                 {100000.0, "100000"},
                                                 {0.1, "0.1"},
                                                 {1.1, "1.1"},
                                                 {-2.5, "-2.5"},
                                                 {0.000001, "0.000001"},
                                                 {1e20, "100000000000000000000"},
                                                 {1e21, "1e+21"},
                                                 {1e100, "1e+100"},
                                                 {9007199254740992.0, "9007199254740992"},
                                                 // Beyond 2^53 shortest digits and zeros, not the exact digits.
                                                 {9007199254740994.0, "9007199254740994"},
                                                 {-9007199254740996.0, "-9007199254740996"},
                                                 {1152921504606846976.0, "1152921504606847000"},
                                                 {-9223372036854775808.0, "-9223372036854776000"},
                                                 {18446744073709551616.0, "18446744073709552000"},
                                                 {123456789012345680000.0, "123456789012345680000"},
                                                 {-1652964536273316900.0, "-1652964536273316900"},
                                                 {590295810358705651712.0, "590295810358705700000"},
                                                 {30000000000000000.0, "30000000000000000"},
                                                 {999999999999999868928.0, "999999999999999900000"},
                                                 {123456789.125, "123456789.125"},
                                                 {5e-324, "5e-324"},
                                                 {1.7976931348623157e308, "1.7976931348623157e+308"}};
  for (const auto& [x, expected] : rows) CHECK(shown(x) == expected);
  CHECK(shown(0.1f) == "0.1");
  CHECK(shown(16777216.0f) == "16777216");
  CHECK(shown(3.4028235e38f) == "3.4028235e+38");
  std::uint64_t seed = 7;
  for (int round = 0; round < 200000; ++round) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const double x = double_of(seed ^ (seed >> 29));
    if (!std::isfinite(x)) continue;
    const std::string s = shown(x);
    double back = 0;
    if (s.size() > number::room || check(s) != errc::none || as_double(s, back) != errc::none || back != x) FAIL(s);
    const float y = float_of(static_cast<std::uint32_t>(seed >> 32));
    if (!std::isfinite(y)) continue;
    const std::string t = shown(y);
    if (t.size() > number::room || check(t) != errc::none || as_double(t, back) != errc::none ||
        static_cast<float>(back) != y) FAIL(t);
  }
}

TEST_CASE("number: few digits behind the point, the short way and the long one") {
  std::uint64_t seed = 11;
  for (int round = 0; round < 200000; ++round) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const auto digits = static_cast<std::int64_t>(seed >> (14 + round % 49));
    const double scale = std::pow(10.0, round % 9);
    const double x = (round % 2 == 0 ? 1 : -1) * static_cast<double>(digits) / scale;
    char longer[number::room];
    const std::string expected(longer, number::write_shortest(longer, x));
    if (shown(x) != expected && std::abs(x) < 9e15) FAIL(shown(x) << " is not " << expected);
    double back = 0;
    if (as_double(shown(x), back) != errc::none || back != x) FAIL(shown(x));
    const std::string text = std::to_string(digits) + "." + std::to_string(seed & 0xffff);
    if (as_double(text, back) != errc::none || back != std::strtod(text.c_str(), nullptr)) FAIL(text);
    const auto y = static_cast<float>(x);
    const std::string shortest(longer, number::write_shortest(longer, y));
    if (shown(y) != shortest && shown(y).size() > shortest.size() && std::abs(y) < 1e7f)
        FAIL(shown(y) << " is not " << shortest);
    if (as_double(shown(y), back) != errc::none || static_cast<float>(back) != y) FAIL(shown(y));
  }
}
