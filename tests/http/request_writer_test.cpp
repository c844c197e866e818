// Requests of a client: what is written is what request_parser reads, and nothing from users breaks a head.
#include "catch.hpp"
#include "core/memory_loop.hpp"

#include <siokit/http/request_parser.hpp>
#include <siokit/http/request_writer.hpp>

#include <string>

using namespace siokit;
using namespace std::string_view_literals;

namespace {

template <class F>
std::string written(F&& f) {
  pool p;
  frame_builder out(p);
  f(out);
  return std::string(out.written());
}

std::string component(std::string_view text) {
  return written([&](frame_builder& out) { http::put_component(out, text); });
}

std::string connect(std::string_view host, std::uint16_t port, std::string_view user_info) {
  return written([&](frame_builder& out) { http::write_connect(out, host, port, user_info); });
}

}  // namespace

TEST_CASE("write_request: whole heads") {
  const auto head = [](const http::request_head& h) { return written([&](frame_builder& out) { http::write_request(out, h); }); };
  CHECK(head({.host = "a:1", .target = "/socket.io/?EIO=4"}) == "GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: a:1\r\n\r\n");
  CHECK(head({.method = "POST", .host = "a", .target = "/", .fields = "X: y\r\n", .length = 0}) ==
        "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\nContent-Length: 0\r\n\r\n");
  CHECK(head({.method = "POST", .host = "a", .target = "/", .length = 1'000'000, .keep_alive = false}) ==
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n");
}

TEST_CASE("write_request: request_parser reads the same") {
  for (const std::string_view method : {"GET", "POST", "OPTIONS"})
    for (const bool keep : {true, false})
      for (const std::size_t length : {std::size_t{0}, std::size_t{7}}) {
        const http::request_head head{.method = method, .host = "[::1]:3000", .target = "/a?b=%20", .fields = "X-A: b\r\n",
                                      .length = length, .keep_alive = keep};
        const std::string text = written([&](frame_builder& out) { http::write_request(out, head); });
        http::request_parser parser;
        http::request_view got;
        REQUIRE(parser.next(text, {}, got) == http::step::done);
        CHECK(got.method == method);
        CHECK(got.target == "/a?b=%20");
        CHECK(http::find(got.fields, "host") == "[::1]:3000");
        CHECK(http::find(got.fields, "x-a") == "b");
        CHECK(got.keep_alive == keep);
        CHECK(got.body == (length == 0 ? http::framing::none : http::framing::length));
        CHECK(got.length == length);
        CHECK(got.size == text.size());
      }
}

TEST_CASE("write_connect: with and without a user") {
  CHECK(connect("example.com", 443, "") == "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
  CHECK(connect("::1", 80, "") == "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
  const std::string before = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nProxy-Authorization: Basic ";
  // Expected values: Buffer.from(text).toString("base64").
  CHECK(connect("a", 1, "Aladdin:open%20sesame") == before + "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");  // RFC 7617 2
  CHECK(connect("a", 1, "test:123%C2%A3") == before + "dGVzdDoxMjPCow==\r\n\r\n");                     // RFC 7617 2.1
  CHECK(connect("a", 1, "a:b+c%40") == before + "YTpiK2NA\r\n\r\n");
  CHECK(connect("a", 1, "user") == before + "dXNlcjo=\r\n\r\n");
  CHECK(connect("a", 1, "us") == before + "dXM6\r\n\r\n");
  CHECK(connect("a", 1, ":") == before + "Og==\r\n\r\n");
  CHECK(connect("a", 1, "%0d%0aX: y") == before + "DQpYOiB5\r\n\r\n");  // no line of its own
  CHECK(connect("a", 1, "%:%4:%zz") == before + "JTolNDoleno=\r\n\r\n");
}

TEST_CASE("is_target: what can stand in a request line") {
  for (const std::string_view good : {"/"sv, "/socket.io/"sv, "/a?b=c&d=%20"sv, "//x"sv, "/a?b?c/d:@!$'()*+,;="sv})
    CHECK(http::is_target(good));
  for (const std::string_view bad : {""sv, "a"sv, "*"sv, "?a"sv, "http://a/"sv, "/ "sv, "/a b"sv, "/a\r\n"sv, "/\t"sv, "/#"sv,
                                     "/\xc3\xa4"sv, "/\x7f"sv, "/\0"sv, "/a\x1f"sv})
    CHECK_FALSE(http::is_target(bad));
}

TEST_CASE("put_request_field: nobody breaks a head") {
  pool p;
  frame_builder out(p);
  CHECK(http::put_request_field(out, "Authorization", "Bearer x"));
  CHECK(http::put_request_field(out, "Cookie", "a=b"));
  CHECK(http::put_request_field(out, "Sec-WebSocke", ""));
  for (const std::string_view name :
       {"host"sv, "UPGRADE"sv, "Expect"sv, "te"sv, "Trailer"sv, "Content-Length"sv, "transfer-encoding"sv, "Connection"sv,
        "Keep-Alive"sv, "Sec-WebSocket-Key"sv, "sec-websocket-extensions"sv, "SEC-WEBSOCKET-"sv})
    CHECK_FALSE(http::put_request_field(out, name, "1"));
  for (const std::string_view name : {""sv, "a b"sv, "a:"sv, "a\r\n"sv, "\xc3\xa4"sv, "a\0"sv})
    CHECK_FALSE(http::put_request_field(out, name, "1"));
  for (const std::string_view value : {"a\r\nX: y"sv, "a\n"sv, "\r"sv, "a\0b"sv, "\x7f"sv})
    CHECK_FALSE(http::put_request_field(out, "X", value));
  CHECK(out.written() == "Authorization: Bearer x\r\nCookie: a=b\r\nSec-WebSocke: \r\n");
}

TEST_CASE("put_component: encodeURIComponent") {
  std::string ascii;
  for (char c = 0; c < 0x7f; ++c) ascii += c;
  ascii += '\x7f';
  // node: encodeURIComponent of U+0000 to U+007F.
  CHECK(component(ascii) ==
        "%00%01%02%03%04%05%06%07%08%09%0A%0B%0C%0D%0E%0F%10%11%12%13%14%15%16%17%18%19%1A%1B%1C%1D%1E%1F%20!%22%23%24%25%26'"
        "()*%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B"
        "%7C%7D~%7F");
  CHECK(component("\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xf0\x9d\x95\x8a\xf4\x8f\xbf\xbf") ==
        "%C3%A4%C3%B6%C3%BC%20%E2%82%AC%F0%9D%95%8A%F4%8F%BF%BF");
  CHECK(component("") == "");
  CHECK(component("a\xff" "b") == "a%EF%BF%BDb");
  CHECK(component("\xe2\x82") == "%EF%BF%BD");
  CHECK(component("\xed\xa0\x80") == "%EF%BF%BD%EF%BF%BD%EF%BF%BD");
}

TEST_CASE("put_component: decodes to what it was, and may stand in a target") {
  for (const std::string_view text : {"a b+c&d=e#f%20"sv, "\r\n\0"sv, "\xe2\x82\xac"sv, "'()*!~"sv, "/?:@"sv}) {
    const std::string coded = component(text);
    CHECK(http::decodes_to(coded, text));
    CHECK(http::is_target("/?" + coded));
  }
}

TEST_CASE("request_writer: the n-th allocation fails") {
  const std::string large(600, 'x');
  core_tests::each_failure([&](pool& p) {
    frame_builder out(p);
    http::write_request(out, {.host = "a", .target = "/", .fields = "A: " + large + "\r\n", .length = 5});
    http::write_connect(out, "a", 1, large);
    http::put_component(out, large + " \xff");
    const frame made = out.finish(frame_kind::raw);
    CHECK(static_cast<bool>(made) == !out.failed());
    if (made) CHECK(as_text(made.payload()).ends_with("x%20%EF%BF%BD"));
  });
}
