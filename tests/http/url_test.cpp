// URLs: what the reference's parser makes of them where it does not guess, and what is refused where it does.
#include "catch.hpp"
#include "core/memory_loop.hpp"
#include "http/wire.hpp"

#include <siokit/http/url.hpp>

#include <string>

using namespace siokit;
using namespace std::string_view_literals;

namespace {

// The parts with '|' between them, or the error.
std::string parts(std::string_view text) {
  wire_test::block exact(text);
  http::url_view url;
  if (const errc e = http::split_url(as_text(exact.bytes()), url); e != errc::none) return std::string(siokit::text(e));
  const auto s = [](std::string_view v) { return std::string(v); };
  return s(url.secure ? "secure|" : "plain|") + (url.has_scheme ? "" : "no scheme|") + s(url.user_info) + "|" + s(url.host) +
         "|" + std::to_string(url.port) + "|" + s(url.path) + "|" + s(url.query);
}

std::string host_line(std::string_view text) {
  http::url_view url;
  REQUIRE(http::split_url(text, url) == errc::none);
  pool p;
  frame_builder out(p);
  http::put_host(out, url);
  return std::string(out.written());
}

constexpr const char* refused = "the URL cannot be used";

}  // namespace

TEST_CASE("url: taken apart as socket.io-client 4.8.4 does") {
  struct row {
    std::string_view text;
    std::string_view parts;
  };
  for (const row& r : {
           row{"http://localhost:3000", "plain||localhost|3000|/|"},
           row{"https://example.com", "secure||example.com|443|/|"},
           row{"ws://a", "plain||a|80|/|"},
           row{"wss://a:8443/chat?token=x%20y&b=c#frag", "secure||a|8443|/chat|token=x%20y&b=c"},
           row{"http://user:pa%40ss@host:81/p", "plain|user:pa%40ss|host|81|/p|"},
           row{"http://[::1]:3000/admin", "plain||::1|3000|/admin|"},
           row{"https://[2001:db8::1]", "secure||2001:db8::1|443|/|"},
           row{"https://[::ffff:1.2.3.4]:444", "secure||::ffff:1.2.3.4|444|/|"},
           row{"http://127.0.0.1:65535", "plain||127.0.0.1|65535|/|"},
           row{"http://a:1", "plain||a|1|/|"},
           row{"http://a:00001", "plain||a|1|/|"},
           row{"http://a?x=1", "plain||a|80|/|x=1"},
           row{"http://a#b", "plain||a|80|/|"},
           row{"http://a?#b", "plain||a|80|/|"},
           row{"http://a#b?c=d/e", "plain||a|80|/|"},
           row{"http://a/b/c.d/e?f=g?h", "plain||a|80|/b/c.d/e|f=g?h"},
           row{"http://a//b", "plain||a|80|//b|"},
           row{"http://a/..%2f/x", "plain||a|80|/..%2f/x|"},
           row{"http://a/b@c:d", "plain||a|80|/b@c:d|"},
           row{"http://a?b@c://d", "plain||a|80|/|b@c://d"},
           row{"http://a/\xc3\xb6?\xc3\xa4=1", "plain||a|80|/\xc3\xb6|\xc3\xa4=1"},
           row{"http://under_score.a-b~c", "plain||under_score.a-b~c|80|/|"},
           row{"http://@a", "plain||a|80|/|"},
           row{"http://a:b:c@d", "plain|a:b:c|d|80|/|"},
       }) {
    INFO(r.text);
    CHECK(parts(r.text) == r.parts);
  }
}

TEST_CASE("url: without a scheme, and schemes in any case") {
  CHECK(parts("localhost") == "plain|no scheme||localhost|80|/|");
  CHECK(parts("localhost:3000") == "plain|no scheme||localhost|3000|/|");
  CHECK(parts("localhost:3000/x?y") == "plain|no scheme||localhost|3000|/x|y");
  CHECK(parts("//host") == "plain|no scheme||host|80|/|");
  CHECK(parts("//host:1/x") == "plain|no scheme||host|1|/x|");
  CHECK(parts("[::1]:3000") == "plain|no scheme||::1|3000|/|");
  CHECK(parts("//[::1]") == "plain|no scheme||::1|80|/|");
  CHECK(parts("u:p@h") == "plain|no scheme|u:p|h|80|/|");
  CHECK(parts("a?b=http://c") == "plain|no scheme||a|80|/|b=http://c");
  CHECK(parts("HTTP://A") == "plain||A|80|/|");
  CHECK(parts("hTTps://a") == "secure||a|443|/|");
  CHECK(parts("WSS://a") == "secure||a|443|/|");
}

TEST_CASE("url: what is refused") {
  for (const std::string_view text :
       {""sv, "http://"sv, "//"sv, "/"sv, "/chat"sv, "?"sv, "#"sv, ":"sv, ":80"sv, "http://:80"sv, "http:///x"sv, "http://?x"sv,
        "http://#"sv, "http://u@"sv, "http://u@:1"sv, "ftp://a"sv, "file:///x"sv, "httpx://a"sv, "://a"sv, "http+unix://a"sv,
        "http:/a"sv, "http:a"sv, "http:"sv, "javascript:alert(1)"sv,
        // ports
        "http://a:"sv, "http://a:/"sv, "http://a:0"sv, "http://a:00000"sv, "http://a:65536"sv, "http://a:99999"sv,
        "http://a:000080"sv, "http://a:8o"sv, "http://a:-1"sv, "http://a:+1"sv, "http://a:80:80"sv, "http://a: 80"sv,
        "http://a:1e3"sv, "http://[::1]:"sv, "http://[::1]:0"sv, "http://[::1]:65536"sv,
        // hosts
        "http://a b"sv, "http://a%41"sv, "http://a,b"sv, "http://a\\@b"sv, "http://a\\b"sv, "http://a;b"sv, "http://a'b"sv,
        "http://\xc3\xa4"sv, "http://\xef\xbc\x8e"sv, "http://::1"sv, "http://1::2:80"sv, "http://[]"sv, "http://[1234]"sv,
        "http://[::1"sv, "http://::1]"sv, "http://[::1]x"sv, "http://[::g]"sv, "http://[::1%25eth0]"sv, "http://[[::1]]"sv,
        "http://a[::1]"sv, "http://[::1]:80:80"sv,
        // user information
        "http://u@v@w/"sv, "http://a%zz@b"sv, "http://a%4@b"sv, "http://[@b"sv, "http://a\\:b@c"sv, "http://\xc3\xa4@b"sv,
        // bytes that nobody writes into a URL
        " http://a"sv, "http://a "sv, "http://a/ b"sv, "http://a/\tb"sv, "http://a/\r\nX: y"sv, "http://a?\n"sv, "http://a#\n"sv,
        "http://a/\0"sv, "http://a/\x7f"sv, "http://a/\xff"sv, "http://a?\xc3"sv, "http://a/\xed\xa0\x80"sv, "http://a\n.b"sv}) {
    INFO(text);
    CHECK(parts(text) == refused);
  }
}

TEST_CASE("url: a refusal leaves the result as it was") {
  http::url_view url;
  REQUIRE(http::split_url("wss://a:1/b?c", url) == errc::none);
  CHECK(http::split_url("http://b:0", url) == errc::bad_url);
  CHECK(http::split_url("http://b/ ", url) == errc::bad_url);
  CHECK((url.secure && url.host == "a" && url.port == 1 && url.path == "/b" && url.query == "c"));
}

TEST_CASE("url: 8000 bytes, both sides") {
  http::url_view url;
  std::string text = "http://a/";
  text.resize(http::longest_url, 'x');
  CHECK(http::longest_url == 8000);
  CHECK(http::split_url(text, url) == errc::none);
  CHECK(url.path.size() == 8000 - 8);
  CHECK(http::split_url(text + "x", url) == errc::bad_url);
}

TEST_CASE("url: the Host line") {
  CHECK(host_line("http://a") == "a");
  CHECK(host_line("http://a:80") == "a");
  CHECK(host_line("http://a:443") == "a:443");
  CHECK(host_line("https://a:443/x") == "a");
  CHECK(host_line("wss://a:80") == "a:80");
  CHECK(host_line("ws://u:p@a:3000") == "a:3000");
  CHECK(host_line("[::1]") == "[::1]");
  CHECK(host_line("https://[::1]:3000") == "[::1]:3000");
}

TEST_CASE("url: what is written into Host is a host, and reads back") {
  for (const std::string_view text : {"http://a:1", "https://a", "http://[::1]:5", "wss://[1::2]", "1.2.3.4:65535"}) {
    const std::string host = host_line(text);
    CHECK(http::is_host(host));
    http::url_view before;
    http::url_view after;
    REQUIRE(http::split_url(text, before) == errc::none);
    const std::string again = (before.secure ? "https://" : "http://") + host;
    REQUIRE(http::split_url(again, after) == errc::none);
    CHECK((after.host == before.host && after.port == before.port));
  }
}

TEST_CASE("url: the n-th allocation fails") {
  core_tests::each_failure([](pool& p) {
    http::url_view url;
    REQUIRE(http::split_url("http://[::1]:3000", url) == errc::none);
    frame_builder out(p);
    http::put_host(out, url);
    const frame made = out.finish(frame_kind::raw);
    CHECK(static_cast<bool>(made) == !out.failed());
    if (made) CHECK(as_text(made.payload()) == "[::1]:3000");
  });
}
