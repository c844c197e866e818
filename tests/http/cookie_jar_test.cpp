// The cookies of a client: engine.io-client's rules where they are sound, RFC 6265 where they are not, bounded.
#include "catch.hpp"
#include "core/memory_loop.hpp"

#include <siokit/http/cookie_jar.hpp>

#include <limits>
#include <string>

using namespace siokit;
using namespace std::string_view_literals;

namespace {

constexpr std::int64_t now = 1'700'000'000'000;  // 2023-11-14 22:13:20

struct jar {
  pool p;
  limits limit;
  http::cookie_jar cookies{p};

  errc store(std::string_view line, std::int64_t at = now) { return cookies.store(line, at, limit); }
  std::string line(std::int64_t at = now) {
    frame_builder out(p);
    cookies.put(out, at);
    return std::string(out.written());
  }
};

// What one line leaves of a jar that has a=0 already.
std::string after(std::string_view line) {
  jar j;
  REQUIRE(j.store("a=0") == errc::none);
  if (const errc e = j.store(line); e != errc::none) return std::string(text(e));
  return j.line();
}

}  // namespace

TEST_CASE("cookie_jar: names, values, attributes") {
  struct row {
    std::string_view set;
    std::string_view line;
  };
  for (const row& r : {
           row{"a=b", "Cookie: a=b\r\n"},
           row{"io=x; Path=/; HttpOnly; SameSite=Lax", "Cookie: a=0; io=x\r\n"},
           row{" b = c ; Path=/", "Cookie: a=0; b=c\r\n"},
           row{"a=b;Path=/;Secure", "Cookie: a=b\r\n"},
           row{"a=", "Cookie: a=\r\n"},
           row{"a=b=c==", "Cookie: a=b=c==\r\n"},
           row{"a=\"b c\"", "Cookie: a=b c\r\n"},
           row{"a=\"", "Cookie: a=\"\r\n"},
           row{"a=\"\"", "Cookie: a=\r\n"},
           row{"a=\"b", "Cookie: a=\"b\r\n"},
           row{"A=b", "Cookie: a=0; A=b\r\n"},
           row{"a=b; Domain=other.example; Path=/x", "Cookie: a=b\r\n"},
           row{"a=b; Max-Age", "Cookie: a=b\r\n"},
           row{"a=b; Expires; x", "Cookie: a=b\r\n"},
           row{"a=b;;;", "Cookie: a=b\r\n"},
           row{"a=\xc3\xa4", "Cookie: a=\xc3\xa4\r\n"},
           row{"a", "malformed cookie"},
           row{"", "malformed cookie"},
           row{"=b", "malformed cookie"},
           row{" =b", "malformed cookie"},
           row{"; a=b", "malformed cookie"},
           row{"a=b\r\nX: y", "malformed cookie"},
           row{"a=b\nc", "malformed cookie"},
           row{"a\r=b", "malformed cookie"},
           row{"a=b\0"sv, "malformed cookie"},
           row{"a=\x7f", "malformed cookie"},
           row{"a=b\n; Max-Age=0", "malformed cookie"},
       }) {
    INFO(r.set);
    CHECK(after(r.set) == r.line);
  }
}

TEST_CASE("cookie_jar: Max-Age and Expires, readable or not") {  // client-021
  constexpr std::string_view gone = "";
  constexpr std::string_view kept = "Cookie: a=b\r\n";
  struct row {
    std::string_view attributes;
    std::string_view line;
  };
  for (const row& r : {
           row{"Max-Age=1", kept}, row{"max-age=0", gone}, row{"MAX-AGE=-1", gone}, row{"Max-Age=-", gone},
           row{"Max-Age=", gone}, row{"Max-Age=x", gone}, row{"Max-Age=5x", gone}, row{"Max-Age=+5", gone},
           row{"Max-Age= 5 ", kept}, row{"Max-Age=99999999999999999999999999", kept},
           row{"Max-Age=9223372036854775807", kept}, row{"Expires=garbage", gone}, row{"EXPIRES=", gone},
           row{"Expires=Tue, 14 Nov 2023 22:13:20 GMT", gone}, row{"Expires=Tue, 14 Nov 2023 22:13:21 GMT", kept},
           row{"expires=Thu, 01 Jan 1970 00:00:00 GMT", gone}, row{"Expires=Fri, 31-Dec-9999 23:59:59 GMT", kept},
           row{"Expires=Thu, 31 Nov 2033 00:00:00 GMT", gone},
           // Max-Age wins, whatever the order; of two of a kind the last does.
           row{"Max-Age=5; Expires=garbage", kept}, row{"Expires=garbage; Max-Age=5", kept},
           row{"Max-Age=0; Expires=Fri, 31-Dec-9999 23:59:59 GMT", gone}, row{"Max-Age=0; Max-Age=5", kept},
           row{"Expires=Fri, 31-Dec-9999 23:59:59 GMT; Expires=x", gone},
       }) {
    INFO(r.attributes);
    CHECK(after("a=b; " + std::string(r.attributes)) == r.line);
    CHECK(after("a=b;" + std::string(r.attributes)) == r.line);
  }
}

TEST_CASE("cookie_jar: a cookie ends when its time is reached") {
  jar j;
  CHECK(j.store("a=1; Max-Age=10") == errc::none);
  CHECK(j.store("b=2; Max-Age=20") == errc::none);
  CHECK(j.store("c=3") == errc::none);
  CHECK(j.line(now + 9'999) == "Cookie: a=1; b=2; c=3\r\n");
  CHECK(j.line(now + 10'000) == "Cookie: b=2; c=3\r\n");
  CHECK(j.line(now) == "Cookie: b=2; c=3\r\n");  // what was dropped stays so
  CHECK(j.line(now + 20'000) == "Cookie: c=3\r\n");
  CHECK(j.line(std::numeric_limits<std::int64_t>::max() - 1) == "Cookie: c=3\r\n");
  CHECK(j.cookies.size() == 1);
  CHECK(j.cookies.bytes() == 2);
  CHECK(j.store("d=4; Max-Age=5", std::numeric_limits<std::int64_t>::max() - 1) == errc::none);
  CHECK(j.store("c=; Max-Age=0") == errc::none);
  CHECK(j.store("d=; Max-Age=0") == errc::none);
  CHECK(j.line() == "");
  CHECK(j.cookies.bytes() == 0);
}

TEST_CASE("cookie_jar: a cookie is replaced where it stands") {
  jar j;
  for (const char* line : {"a=1", "b=2", "c=3", "a=longer; Max-Age=5"}) CHECK(j.store(line) == errc::none);
  CHECK(j.line() == "Cookie: a=longer; b=2; c=3\r\n");
  CHECK(j.cookies.bytes() == 7 + 2 + 2);
  CHECK(j.store("b=; Expires=x") == errc::none);
  CHECK(j.store("b=new") == errc::none);
  CHECK(j.line() == "Cookie: a=longer; c=3; b=new\r\n");
  CHECK(j.store("a=9") == errc::none);
  CHECK(j.line(now + 5'000) == "Cookie: a=9; c=3; b=new\r\n");  // it lasts now
  j.cookies.clear();
  CHECK(j.line() == "");
  CHECK(j.cookies.bytes() == 0);
}

TEST_CASE("cookie_jar: the Set-Cookie lines of a head") {
  jar j;
  CHECK(j.cookies.store_all("Set-Cookie: a=1\r\nX: y\r\nset-cookie: bad\r\nSET-COOKIE: b=2, c; Path=/\r\nCookie: no=no\r\n", now,
                            j.limit) == errc::none);
  CHECK(j.line() == "Cookie: a=1; b=2, c\r\n");
}

TEST_CASE("cookie_jar: the number of cookies, both sides") {
  CHECK(limits().cookies == 50);
  jar j;
  j.limit.cookies = 3;
  for (const char* line : {"a=1", "b=2; Max-Age=5", "c=3"}) CHECK(j.store(line) == errc::none);
  CHECK(j.line() == "Cookie: a=1; b=2; c=3\r\n");
  CHECK(j.store("c=4") == errc::none);
  CHECK(j.cookies.size() == 3);
  CHECK(j.store("d=4") == errc::none);
  CHECK(j.line() == "Cookie: b=2; c=4; d=4\r\n");
  CHECK(j.store("e=5", now + 5'000) == errc::none);  // what has expired goes first
  CHECK(j.line() == "Cookie: c=4; d=4; e=5\r\n");
  j.limit.cookies = 1;
  CHECK(j.store("d=5") == errc::none);
  CHECK(j.line() == "Cookie: d=5\r\n");
  j.limit.cookies = 0;
  CHECK(j.store("d=6") == errc::http_cookie_too_large);
  CHECK(j.line() == "Cookie: d=5\r\n");
  CHECK(j.store("d=; Max-Age=0") == errc::none);
  CHECK(j.line() == "");
}

TEST_CASE("cookie_jar: the bytes of cookies, both sides") {
  CHECK(limits().cookie_bytes == 8192);
  jar j;
  j.limit.cookie_bytes = 10;
  CHECK(j.store("a=234567890") == errc::none);
  CHECK(j.store("a=2345678901") == errc::http_cookie_too_large);
  CHECK(j.line() == "Cookie: a=234567890\r\n");
  CHECK(j.store("b=2345") == errc::none);
  CHECK(j.line() == "Cookie: b=2345\r\n");
  CHECK(j.store("c=2345") == errc::none);
  CHECK(j.line() == "Cookie: b=2345; c=2345\r\n");
  CHECK(j.cookies.bytes() == 10);
  CHECK(j.store("b=23456") == errc::none);  // the one that grew stays
  CHECK(j.line() == "Cookie: b=23456\r\n");
  CHECK(j.store("a=1") == errc::none);
  CHECK(j.store("c=1") == errc::none);
  CHECK(j.store("a=23456") == errc::none);
  CHECK(j.line() == "Cookie: a=23456; c=1\r\n");
}

TEST_CASE("cookie_jar: a hostile server changes nothing but the jar") {
  jar j;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = std::to_string(i * 7919 % 1009);
    const std::string value(static_cast<std::size_t>(i * 31 % 700), 'v');
    static_cast<void>(j.store(name + "=" + value + (i % 5 == 0 ? "; Max-Age=1" : ""), now + i * 100));
    REQUIRE(j.cookies.size() <= j.limit.cookies);
    REQUIRE(j.cookies.bytes() <= j.limit.cookie_bytes);
  }
  CHECK(j.cookies.size() > 10);
  CHECK(j.line(now + 200'000).size() < 9'000);
}

TEST_CASE("read_date: the forms of RFC 9110 and of cookies") {
  struct row {
    std::string_view text;
    std::int64_t ms;
  };
  // Expected values: new Date(text).getTime() of node.
  for (const row& r : {
           row{"Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777'000}, row{"Sunday, 06-Nov-94 08:49:37 GMT", 784'111'777'000},
           row{"Sun Nov  6 08:49:37 1994", 784'111'777'000}, row{"Sun, 06-Nov-1994 08:49:37 GMT", 784'111'777'000},
           row{"Thu, 01 Jan 1970 00:00:00 GMT", 0}, row{"Fri, 31 Dec 9999 23:59:59 GMT", 253'402'300'799'000},
           row{"Tue, 29 Feb 2000 12:00:00 GMT", 951'825'600'000}, row{"Wed, 1 Jan 2030 00:00:00 GMT", 1'893'456'000'000},
           row{"Mon, 01 Jan 1601 00:00:00 GMT", -11'644'473'600'000}, row{"6 november 94 8:49:37", 784'111'777'000},
           row{"1994 08:49:37 NOV 06", 784'111'777'000}, row{"01-Jan-69 00:00:00", 3'124'224'000'000},
           row{"01-Jan-70 00:00:00", 0},
       }) {
    INFO(r.text);
    CHECK(http::read_date(r.text) == r.ms);
  }
  for (const std::string_view text :
       {""sv, "garbage"sv, "0"sv, "Sun, 06 Nov 1994"sv, "06 Nov 08:49:37"sv, "Nov 1994 08:49:37"sv, "06 1994 08:49:37"sv,
        "Sun, 32 Jan 1994 00:00:00"sv, "Sun, 00 Jan 1994 00:00:00"sv, "Sun, 31 Apr 1994 00:00:00"sv, "29 Feb 1900 00:00:00"sv,
        "29 Feb 2023 00:00:00"sv, "01 Jan 1600 00:00:00"sv, "01 Jan 1994 24:00:00"sv, "01 Jan 1994 00:60:00"sv,
        "01 Jan 1994 00:00:60"sv, "01 Jan 1994 000:00:00"sv, "01 Jan 1994 00:00"sv, "01 Jan 1994 00:00:"sv,
        "01 Jan 1994 :00:00"sv, "01 Jan 19940 00:00:00"sv, "01 Foo 1994 00:00:00"sv, "2030-01-01T00:00:00Z"sv,
        "001 Jan 994 00:00:00"sv, "99999999999999999999 Jan 1994 00:00:00"sv})
    CHECK_FALSE(http::read_date(text).has_value());
}

TEST_CASE("cookie_jar: the n-th allocation fails") {
  const std::string large(500, 'x');
  core_tests::each_failure([&](pool& p) {
    http::cookie_jar cookies(p);
    const limits limit;
    std::size_t stored = 0;
    std::size_t bytes = 0;
    for (int i = 0; i < 20; ++i) {
      const errc e = cookies.store(std::to_string(i) + "=" + large, now, limit);
      if (e != errc::none) CHECK(e == errc::out_of_memory);
      else bytes += large.size() + (i < 10 ? 1 : 2);
      stored += e == errc::none ? 1 : 0;
    }
    if (stored < 16) CHECK((cookies.size() == stored && cookies.bytes() == bytes));
    CHECK(cookies.bytes() <= limit.cookie_bytes);
    if (cookies.store("5=new", now, limit) != errc::none) CHECK(cookies.size() <= 20);
    frame_builder out(p);
    cookies.put(out, now);
    CHECK((out.failed() || out.written().ends_with("\r\n") || cookies.size() == 0));
  });
}
