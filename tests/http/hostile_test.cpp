// The hostile-input catalogue, HTTP layers. What the catalogue says of timers and of responses is not tested here.
#include "catch.hpp"
#include "hostile_rows.hpp"
#include "link.hpp"

using namespace wire_test;

TEST_CASE("http: the rows of the hostile-input catalogue hold however they are cut") {
  for (const hostile_row& row : http_rows) {
    INFO(row.id);
    std::string whole;
    const std::string input = decode(row.input);
    CHECK(differing_cut(input, run_http, whole) == "");
    CHECK(whole == row.log);
  }
}

TEST_CASE("http: a refused request is refused at its first wrong byte") {
  // Cut behind the byte that cannot stand there, nothing else is needed.
  const char* const begun[] = {
      "g", "GX", "GET\t", "GET x", "GET  ", "GET /\x80", "GET /#", "GET /\r", "GET *", "GET hx", "GET http:/x",
      "GET / h", "GET http:// ", "GET http://a@b ", "GET / HTTP/1x", "GET / HTTP/1.11", "GET / HTTP/2.0\r",
      "GET / HTTP/1.1\n", "GET / HTTP/1.1\rX", "\r\r", "\r\n\r", "GET / HTTP/1.1\r\n ", "GET / HTTP/1.1\r\nA ", "GET / HTTP/1.1\r\n:",
      "GET / HTTP/1.1\r\nA: b\n", "GET / HTTP/1.1\r\nA: b\rc", "GET / HTTP/1.1\r\nA: \x7f",
      "GET / HTTP/1.1\r\nA: b\r\n\rX",
      // What only the whole line tells:
      "GET / HTTP/1.1\r\nHost: a b\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n",
      "GET / HTTP/1.1\r\nExpect: tea\r\n", "GET / HTTP/1.1\r\nConnection: \"close\"\r\n"};
  for (const char* const text : begun) {
    INFO(text);
    const std::string_view all(text);
    http_link before;
    before.feed(all.substr(0, all.size() - 1));
    CHECK(before.log == "");
    http_link after;
    after.feed(all);
    CHECK(after.log.substr(0, 1) == "!");
  }
}

TEST_CASE("http: rules of which the catalogue shows one row each") {
  struct rule {
    const char* lines;  // of a GET / HTTP/1.1 with a Host
    const char* log;
  };
  constexpr const char* fine = "GET /\n";
  constexpr const char* length = "! malformed or repeated Content-Length 400\n";
  constexpr const char* transfer = "! unsupported or conflicting Transfer-Encoding 400\n";
  constexpr const char* header = "! malformed header line 400\n";
  constexpr const char* repeated = "! a header that must stand alone is repeated 400\n";
  const rule rules[] = {
      {"", fine},
      {"X:\r\n", fine},
      {"X: \t \r\n", fine},
      {"X: a\tb\r\n", fine},
      {"X: \xff\x80\r\n", fine},
      {"X-!#$%&'*+.^_`|~0: x\r\n", fine},
      {"Content-Length: 0\r\n", fine},
      {"Content-Length: 1\r\nContent-Length: 1\r\n", length},
      {"Content-Length: 1\r\ncontent-length: 2\r\n", length},
      {"Content-Length: 5,\r\n", length},
      {"Content-Length: 18446744073709551615\r\n", "GET /\n! body too large 413\n"},
      {"Content-Length: 18446744073709551616\r\n", "GET /\n! body too large 413\n"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", transfer},
      {"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", transfer},
      {"Transfer-Encoding: ,chunked\r\n", transfer},
      {"Transfer-Encoding: chunked,\r\n", transfer},
      {"Transfer-Encoding: gzip, chunked\r\n", transfer},
      {"Transfer-Encoding: \"chunked\"\r\n", transfer},
      {"Transfer-Encoding:\r\n", transfer},
      {"Transfer-Encoding: chunked\r\ntransfer-encoding: x\r\n", transfer},
      {" X: folded\r\n", header},
      {"X: a\r\n\tfolded\r\n", header},
      {": x\r\n", header},
      {"X\r\n", header},
      {"X : y\r\n", header},
      {"\x1fX: y\r\n", header},
      {"X: \x7f\r\n", header},
      {"Origin: a\r\norigin: a\r\n", repeated},
      {"Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: a\r\n", repeated},
      {"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n", repeated},
      {"Content-Type: a\r\nContent-Type: b\r\n", repeated},
      {"Authorization: a\r\nAuthorization: a\r\n", repeated},
      {"Cookie: a=b\r\nCookie: c=d\r\n", fine},
      {"Expect: 100-Continue\r\n", fine},
      {"Connection: close\r\n", "GET / close\n"},
      {"Connection:\tkeep-alive ,, Close\t\r\n", "GET / close\n"},
      {"Connection: closed\r\n", fine},
      {"Connection: a b\r\n", "! malformed Connection or Upgrade 400\n"},
      {"Connection: Upgrade\r\nUpgrade: h2c, WebSocket\r\n", "GET / upgrade\n"},
      {"Connection: keep-alive\r\nUpgrade: websocket\r\n", fine},
      {"Connection: Upgrade\r\nUpgrade: h2c\r\n", fine},
  };
  for (const rule& r : rules) {
    const std::string input = "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(r.lines) + "\r\n";
    INFO(r.lines);
    std::string whole;
    CHECK(differing_cut(input, run_http, whole) == "");
    CHECK(whole == r.log);
  }
}
