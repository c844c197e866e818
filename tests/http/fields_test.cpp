// Looking things up in header lines, targets and queries.
#include "catch.hpp"

#include <siokit/http/request.hpp>

#include <string>

using namespace siokit;

namespace {

constexpr std::string_view sample =
    "Host: a\r\nX-One:  spaces \t\r\nx-two:\r\nAccept: a, b\r\naccept: ,c , D\r\n"
    "Cookie: a=1; b=\"two\"; c; d=e=f; a=9\r\nCOOKIE: late= x ;=nameless\r\n";

}  // namespace

TEST_CASE("fields: find, count, contains") {
  CHECK(http::find(sample, "host") == "a");
  CHECK(http::find(sample, "X-ONE") == "spaces");
  CHECK(http::find(sample, "X-Two") == "");
  CHECK_FALSE(http::find(sample, "X").has_value());
  CHECK_FALSE(http::find("", "X").has_value());
  CHECK(http::count(sample, "Accept") == 2);
  CHECK(http::count(sample, "None") == 0);
  CHECK(http::contains(sample, "ACCEPT", "d"));
  CHECK(http::contains(sample, "accept", "A"));
  CHECK_FALSE(http::contains(sample, "accept", ""));
  CHECK_FALSE(http::contains(sample, "accept", "a, b"));
}

TEST_CASE("fields: iteration sees every line once, in order") {
  std::string names;
  std::string_view rest = sample;
  while (const auto line = http::next_field(rest)) names += std::string(line->name) + "|";
  CHECK(names == "Host|X-One|x-two|Accept|accept|Cookie|COOKIE|");
}

TEST_CASE("fields: cookies") {
  CHECK(http::cookie(sample, "a") == "1");
  CHECK(http::cookie(sample, "b") == "two");
  CHECK(http::cookie(sample, "d") == "e=f");
  CHECK(http::cookie(sample, "late") == "x");
  CHECK_FALSE(http::cookie(sample, "c").has_value());
  CHECK_FALSE(http::cookie(sample, "A").has_value());
  CHECK(http::cookie("Cookie: a=\"\r\n", "a") == "\"");
  CHECK(http::cookie("Cookie: a=\"\"\r\n", "a") == "");
  CHECK_FALSE(http::cookie("Cookie:\r\n", "a").has_value());
}

TEST_CASE("target: taken apart") {
  struct row {
    const char* target;
    const char* authority;
    const char* path;
    const char* query;
  };
  for (const row& r : {row{"/", "", "/", ""}, row{"/a/b?c=d?e", "", "/a/b", "c=d?e"}, row{"/?", "", "/", ""},
                       row{"*", "", "*", ""}, row{"http://a", "a", "/", ""}, row{"http://a?x", "a", "/", "x"},
                       row{"https://a:1/b?c", "a:1", "/b", "c"}, row{"//:99999?EIO=4", "", "//:99999", "EIO=4"},
                       row{"/x?u=http://b/c", "", "/x", "u=http://b/c"}, row{"", "", "/", ""},
                       row{"a:1", "", "a:1", ""}}) {
    INFO(r.target);
    const http::target_view got = http::split_target(r.target);
    CHECK(got.authority == r.authority);
    CHECK(got.path == r.path);
    CHECK(got.query == r.query);
  }
}

TEST_CASE("target: parameters") {
  using kind = http::query_match::kind;
  struct row {
    const char* query;
    kind what;
    const char* value;
  };
  for (const row& r : {row{"", kind::none, ""}, row{"EIO=4", kind::one, "4"}, row{"a=b&EIO=4&c", kind::one, "4"},
                       row{"EIO", kind::one, ""}, row{"EIO=", kind::one, ""}, row{"EIO=4&EIO=4", kind::repeated, "4"},
                       row{"EIO=4&%45IO=3", kind::repeated, "4"}, row{"%45%49O=4", kind::one, "4"},
                       row{"eio=4", kind::none, ""}, row{"EIO=4=5", kind::one, "4=5"}, row{"&&EIO=4&&", kind::one, "4"},
                       row{"EIO%00=4", kind::none, ""}, row{"=EIO", kind::none, ""}, row{"EIO[]=4", kind::none, ""},
                       row{"a=EIO=4", kind::none, ""}, row{"%45%4=4", kind::none, ""}}) {
    INFO(r.query);
    const http::query_match got = http::find_parameter(r.query, "EIO");
    CHECK(got.what == r.what);
    CHECK(got.value == r.value);
  }
}

TEST_CASE("target: decoding never fails") {
  struct row {
    std::string_view text;
    std::string_view plain;
  };
  using namespace std::string_view_literals;
  for (const row& r : {row{"abc", "abc"}, row{"%61%62+c", "ab c"}, row{"%2B", "+"}, row{"%", "%"}, row{"%6", "%6"},
                       row{"%zz%", "%zz%"}, row{"%%61", "%a"}, row{"%0d%0A", "\r\n"}, row{"%00"sv, "\0"sv},
                       row{"%c1%b0olling", "\xc1\xb0olling"}, row{"%e2%82%AC", "\xe2\x82\xac"}, row{"", ""}}) {
    INFO(r.text);
    char room[32];
    CHECK(http::decode(r.text, room) == r.plain);
    CHECK(http::decodes_to(r.text, r.plain));
    CHECK_FALSE(http::decodes_to(r.text, std::string(r.plain) + "x"));
    if (!r.plain.empty()) {
      CHECK_FALSE(http::decodes_to(r.text, r.plain.substr(1)));
      CHECK(http::decode(r.text, std::span<char>(room, 1)) == r.plain.substr(0, 1));
    }
    CHECK(http::is_encoded(r.text) == (r.text.find_first_of("%+") != std::string_view::npos));
  }
}

TEST_CASE("request: what a handler of other routes sees") {
  pool p;
  arena scratch(p);
  const http::request r("POST", "/a/b?q=x+y%21&plain=1&q=2", sample, as_bytes("body"), "::1", scratch);
  CHECK(r.method() == "POST");
  CHECK(r.target() == "/a/b?q=x+y%21&plain=1&q=2");
  CHECK(r.path() == "/a/b");
  CHECK(r.query() == "q=x+y%21&plain=1&q=2");
  CHECK(r.query("q") == "x y!");
  CHECK(r.query("plain") == "1");
  CHECK_FALSE(r.query("none").has_value());
  CHECK(r.header("host") == "a");
  CHECK(r.cookie("b") == "two");
  CHECK(r.text() == "body");
  CHECK(r.body().size() == 4);
  CHECK(r.address() == "::1");
  CHECK(r.fields() == sample);
}

TEST_CASE("request: no memory to decode in") {
  memory none;
  none.alloc = [](void*, std::size_t) -> void* { return nullptr; };
  pool p(none);
  arena scratch(p);
  const http::request r("GET", "/?q=%20&r=1", "", {}, "", scratch);
  CHECK_FALSE(r.query("q").has_value());
  CHECK(r.query("r") == "1");
}

TEST_CASE("grammar: both widths find the same control characters") {
  for (int c = 0; c < 256; ++c)
    for (std::size_t at = 0; at < 40; ++at) {
      std::string text(40, '\xe9');
      text[at] = static_cast<char>(c);
      if (at > 3) text[at - 3] = '~';
      const char* const begin = text.data();
      const char* const end = begin + text.size();
      const bool control = c < 0x20 || c == 0x7f;
      REQUIRE(scan::native::find<http::control_char>(begin, end) == (control ? begin + at : end));
      REQUIRE(scan::portable::find<http::control_char>(begin, end) == (control ? begin + at : end));
    }
}

TEST_CASE("grammar: characters of tokens, and lists") {
  std::string members;
  for (int c = 0; c < 256; ++c)
    if (http::token_chars.has(static_cast<char>(c))) members += static_cast<char>(c);
  CHECK(members == "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  CHECK(http::same("Content-LENGTH", "content-length"));
  CHECK_FALSE(http::same("a", "ab"));
  CHECK_FALSE(http::same("@", "`"));
  CHECK_FALSE(http::same("[", "{"));
  CHECK(http::list_has("a, b ,\tc", "C"));
  CHECK_FALSE(http::list_has(", ,", ""));
  std::uint64_t n = 0;
  CHECK(http::read_length("0018446744073709551615", n) == errc::none);
  CHECK(n == ~std::uint64_t{0});
  CHECK(http::read_length("18446744073709551614", n) == errc::none);
  CHECK(n == ~std::uint64_t{0} - 1);
  CHECK(http::read_length("99999999999999999999999", n) == errc::none);
  CHECK(n == ~std::uint64_t{0});
  CHECK(http::read_length("", n) == errc::http_bad_length);
  CHECK(http::read_length("1 ", n) == errc::http_bad_length);
}
