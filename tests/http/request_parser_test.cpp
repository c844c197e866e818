// Request heads: what is given out, what bounds them, and that each byte is looked at once.
#include "catch.hpp"
#include "link.hpp"

using namespace siokit;
using namespace wire_test;

namespace {

std::string first_line(std::string_view line) {
  http_link link;
  link.feed(std::string(line) + "\r\nHost: a\r\n\r\n");
  return link.log;
}

errc failure(std::string_view text, const limits& limit = {}) {
  http::request_parser parser;
  http::request_view head;
  return parser.next(text, limit, head) == http::step::failed ? parser.error() : errc::none;
}

}  // namespace

TEST_CASE("request_parser: gives out views into the bytes") {
  const std::string text =
      "\r\nPOST /p?q=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 012\r\nExpect: 100-continue\r\n\r\nhello";
  http::request_parser parser;
  http::request_view head;
  REQUIRE(parser.next(text, {}, head) == http::step::done);
  CHECK(head.method == "POST");
  CHECK(head.target == "/p?q=1");
  CHECK(head.target.data() == text.data() + 7);
  CHECK(head.fields == "Host: a\r\nContent-Length: 012\r\nExpect: 100-continue\r\n");
  CHECK(head.minor == 1);
  CHECK(head.keep_alive);
  CHECK(head.expect_continue);
  CHECK_FALSE(head.upgrade);
  CHECK(head.body == http::framing::length);
  CHECK(head.length == 12);
  CHECK(head.size == text.size() - 5);
  CHECK_FALSE(parser.begun());
  REQUIRE(parser.next("GET / HTTP/1.0\r\n\r\n", {}, head) == http::step::done);
  CHECK(head.fields.empty());
  CHECK(head.minor == 0);
  CHECK_FALSE(head.keep_alive);
  CHECK(head.body == http::framing::none);
}

TEST_CASE("request_parser: costs a link 16 bytes") { CHECK(sizeof(http::request_parser) <= 16); }

TEST_CASE("request_parser: tells an idle link from one that sends") {
  http::request_parser parser;
  http::request_view head;
  CHECK(parser.next("", {}, head) == http::step::more);
  CHECK_FALSE(parser.begun());
  CHECK(parser.next("\r", {}, head) == http::step::more);
  CHECK_FALSE(parser.begun());
  CHECK(parser.next("\r\n", {}, head) == http::step::more);
  CHECK_FALSE(parser.begun());
  CHECK(parser.next("\r\nG", {}, head) == http::step::more);
  CHECK(parser.begun());
}

TEST_CASE("request_parser: stays failed") {
  http::request_parser parser;
  http::request_view head;
  REQUIRE(parser.next("get", {}, head) == http::step::failed);
  CHECK(parser.next("GET / HTTP/1.0\r\n\r\n", {}, head) == http::step::failed);
  CHECK(parser.error() == errc::http_bad_method);
}

TEST_CASE("request_parser: request lines") {
  struct row {
    const char* line;
    const char* log;
  };
  constexpr const char* target = "! malformed request target 400\n";
  constexpr const char* method = "! malformed method 400\n";
  constexpr const char* line = "! malformed request line 400\n";
  constexpr const char* version = "! unsupported HTTP version 505\n";
  const row rows[] = {
      {"GET / HTTP/1.1", "GET /\n"},
      {"GET / HTTP/1.0", "GET / close 1.0\n"},
      {"M-SEARCH /?a={\"b\"|c^`}\\ HTTP/1.1", "M-SEARCH /?a={\"b\"|c^`}\\\n"},
      {"OPTIONS * HTTP/1.1", "OPTIONS *\n"},
      {"OPTIONS *x HTTP/1.1", target},
      {"OPTIONS ** HTTP/1.1", target},
      {"GET http://a HTTP/1.1", "GET http://a\n"},
      {"GET http://a?x HTTP/1.1", "GET http://a?x\n"},
      {"GET HTTPS://A/x HTTP/1.1", "GET HTTPS://A/x\n"},
      {"GET http://a:80/x HTTP/1.1", "! missing, repeated or malformed Host 400\n"},
      {"GET http://u@a/x HTTP/1.1", target},
      {"GET http:///x HTTP/1.1", target},
      {"GET http:// HTTP/1.1", target},
      {"GET ftp://a/ HTTP/1.1", target},
      {"GET a:443 HTTP/1.1", target},
      {"GET ? HTTP/1.1", target},
      {"GET /\x7f HTTP/1.1", target},
      {"GET /a\tb HTTP/1.1", target},
      {"GET / HTTP/1.1 ", line},
      {"GET /  HTTP/1.1", line},
      {"GET / http/1.1", line},
      {"GET / HTTP/0.9", version},
      {"GET / HTTP/3.0", version},
      {"GET / HTTP/11", line},
      {"GET / HTTP/1.", line},
      {"GET /", target},
      {"GET / ", line},
      {"GET", method},
      {"GETT / HTTP/1.1", method},
      {"GE / HTTP/1.1", method},
      {"Get / HTTP/1.1", method},
  };
  for (const row& r : rows) {
    INFO(r.line);
    CHECK(first_line(r.line) == r.log);
  }
  CHECK(failure(std::string_view("GET\0 / HTTP/1.1\r\n", 17)) == errc::http_bad_method);
  CHECK(failure(std::string_view("GET /\0 HTTP/1.1\r\n", 17)) == errc::http_bad_target);
}

TEST_CASE("request_parser: hosts") {
  for (const char* const host : {"a", "a.b-c_d~e", "127.0.0.1", "localhost:3000", "a:", "a:65535", "[::1]", "[::]:80",
                                 "[::ffff:1.2.3.4]", "%2Fvar%2Frun%2Fx.sock", "XN--A"}) {
    INFO(host);
    CHECK(http::is_host(host));
  }
  for (const char* const host :
       {"", ":80", "a:65536", "a:000080", "a:x", "a:-1", "a b", "a,b", "a/b", "a@b", "a?b", "a#b", "a\\b", "[", "[]",
        "[:]", "[:]x", "[::1", "[::1]x", "[::g]", "a%zz", "a%2", "\xc3\xa4", "a:80:80"}) {
    INFO(host);
    CHECK_FALSE(http::is_host(host));
  }
}

TEST_CASE("request_parser: limits, both sides") {
  limits limit;
  limit.request_line = 20;
  limit.request_head = 60;
  limit.headers = 2;
  CHECK(failure("GET /12345 HTTP/1.0\r\n\r\n", limit) == errc::none);
  CHECK(failure("GET /123456 HTTP/1.0\r\n\r\n", limit) == errc::none);                           // 20 bytes
  CHECK(failure("GET /1234567 HTTP/1.0\r\n\r\n", limit) == errc::http_target_too_long);          // 21
  CHECK(failure("GET / HTTP/1.0\r\nA: b\r\nC: d\r\n\r\n", limit) == errc::none);
  CHECK(failure("GET / HTTP/1.0\r\nA: b\r\nC: d\r\nE", limit) == errc::http_too_many_headers);
  const std::string head = "GET / HTTP/1.0\r\nA: ";
  const auto padded = [&](std::size_t size) { return head + std::string(size - head.size() - 4, 'x') + "\r\n\r\n"; };
  http::request_parser parser;
  http::request_view view;
  CHECK(parser.next(padded(60), limit, view) == http::step::done);
  CHECK(failure(padded(61), limit) == errc::http_head_too_large);
  CHECK(failure(padded(61).substr(0, 60), limit) == errc::none);
  CHECK(failure(padded(61).substr(0, 61), limit) == errc::http_head_too_large);
}

TEST_CASE("request_parser: the default limits") {
  CHECK(failure("GET /" + std::string(8192 - 14, 'a') + " HTTP/1.0\r\n\r\n") == errc::none);
  CHECK(failure("GET /" + std::string(8192 - 13, 'a') + " HTTP/1.0\r\n\r\n") == errc::http_target_too_long);
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "A: b\r\n";
  CHECK(failure("GET / HTTP/1.0\r\n" + lines + "\r\n") == errc::none);
  CHECK(failure("GET / HTTP/1.0\r\n" + lines + "A: b\r\n\r\n") == errc::http_too_many_headers);
}

TEST_CASE("request_parser: pipelined requests come one by one") {
  std::string input;
  std::string log;
  for (int i = 0; i < 50; ++i) {
    input += i % 2 != 0 ? "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                        : "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    log += i % 2 != 0 ? "POST /\n= 2 hi\n" : "GET /\n";
  }
  std::string whole;
  CHECK(differing_cut(input, run_http, whole) == "");
  CHECK(whole == log);
}

TEST_CASE("request_parser: the memory of a link is given back between requests") {
  pool p;
  in_buffer in;
  http::request_parser parser;
  http::request_view head;
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char c : text) {
    block lent(std::string_view(&c, 1));
    REQUIRE(in.feed(p, lent.bytes()));
    if (parser.next(as_text(in.unread()), {}, head) == http::step::done) in.consume(head.size);
    REQUIRE(in.keep(p));
  }
  CHECK(p.live() == 0);
}

TEST_CASE("request_parser: no memory for a head in pieces") {
  failing memory_ends;
  pool p(memory_ends.hooks());
  in_buffer in;
  block first("GET / HT");
  REQUIRE(in.feed(p, first.bytes()));
  memory_ends.left = 0;
  CHECK_FALSE(in.keep(p));
  CHECK(in.size() == 0);
}
