// Bodies: lengths, chunks cut out in place, limits on both sides, and that the work is linear.
#include "catch.hpp"
#include "link.hpp"

using namespace siokit;
using namespace wire_test;

namespace {

struct outcome {
  std::string log;
  std::size_t most_kept = 0;
};

outcome chunked(std::string_view body, const limits& limit = {}, std::size_t largest = 1'000'000,
                std::size_t piece = 0) {
  http_link link(limit, largest);
  const std::string text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
  for (std::size_t i = 0; i < text.size(); i += piece == 0 ? text.size() : piece)
    link.feed(std::string_view(text).substr(i, piece == 0 ? text.size() : piece));
  REQUIRE(link.log.substr(0, 7) == "POST /\n");
  return {link.log.substr(7), link.most_kept};
}

}  // namespace

TEST_CASE("body_reader: chunks become one piece") {
  struct row {
    const char* body;
    const char* log;
  };
  constexpr const char* bad = "! malformed chunk 400\n";
  const row rows[] = {
      {"0\r\n\r\n", ""},
      {"1\r\na\r\n0\r\n\r\n", "= 1 a\n"},
      {"1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n00\r\n\r\n", "= 6 abcdef\n"},
      {"A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "= 20 0123456789abcdefghij\n"},
      {"0000000000000001\r\na\r\n0\r\n\r\n", "= 1 a\n"},
      {"00000000000000001\r\na\r\n0\r\n\r\n", bad},
      {"1;a\r\nx\r\n0;b=c;d=\"e;\\\"\x80\"\r\n\r\n", "= 1 x\n"},
      {"0\r\nA: b\r\nC: d\r\n\r\n", ""},
      {"1\r\nx\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.0\r\n\r\n", "= 1 x\nGET / close 1.0\n"},
      {"0\r\nA: b\r\n c\r\n\r\n", "! malformed header line 400\n"},
      {"0\r\n\rX", "! malformed header line 400\n"},
      {"0\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
      {" 1\r\nx\r\n0\r\n\r\n", bad},
      {"-1\r\nx\r\n0\r\n\r\n", bad},
      {"1\r\nxx\r\n0\r\n\r\n", bad},
      {"1\r\nx\r\r0\r\n\r\n", bad},
      {"1\r\nx\n0\r\n\r\n", bad},
      {"1\r\r\nx\r\n0\r\n\r\n", bad},
      {"1;a b\r\nx\r\n0\r\n\r\n", bad},
      {"1;a=\r\nx\r\n0\r\n\r\n", bad},
      {"1;a=\"b\"c\r\nx\r\n0\r\n\r\n", bad},
      {"1;a=\"\\\r\"\r\nx\r\n0\r\n\r\n", bad},
      {"1;a=\"\n\"\r\nx\r\n0\r\n\r\n", bad},
      {"1;=b\r\nx\r\n0\r\n\r\n", bad},
      {"1;a;\r\nx\r\n0\r\n\r\n", bad},
      {"1;;a\r\nx\r\n0\r\n\r\n", bad},
      {"FFFFFFFF\r\n", "! body too large 413\n"},
      {"100000000\r\n", bad},
      {"0FFFFFFF;a\r\n", "! body too large 413\n"},
  };
  for (const row& r : rows) {
    INFO(r.body);
    const std::string input = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(r.body);
    std::string whole;
    CHECK(differing_cut(input, run_http, whole) == "");
    CHECK(whole == "POST /\n" + std::string(r.log));
  }
}

TEST_CASE("body_reader: limits, both sides") {
  limits limit;
  limit.chunk_line = 10;
  limit.chunk_extensions = 12;
  limit.trailers = 20;
  limit.headers = 2;
  CHECK(chunked("1;23456789\r\nx\r\n0\r\n\r\n", limit).log == "= 1 x\n");
  CHECK(chunked("1;23456789a", limit).log == "! chunk-size line too long 400\n");
  CHECK(chunked("1;23456\r\nx\r\n1;23456\r\ny\r\n0\r\n\r\n", limit).log == "= 2 xy\n");
  CHECK(chunked("1;23456\r\nx\r\n1;234567", limit).log == "! chunk framing too large 413\n");
  CHECK(chunked("0\r\nA: b\r\nC: 3456789\r\n\r\n", limit).log.empty());  // 20 bytes with the empty line
  CHECK(chunked("0\r\nA: b\r\nC: 34567890\r\n\r\n", limit).log == "! header section too large 431\n");
  CHECK(chunked("0\r\nA: \r\nB: \r\n\r\n", limit).log.empty());
  CHECK(chunked("0\r\nA: \r\nB: \r\nC", limit).log == "! too many header lines 431\n");
  CHECK(chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", {}, 5).log == "= 5 abcde\n");
  CHECK(chunked("3\r\nabc\r\n3\r", {}, 5).log == "! body too large 413\n");
  CHECK(chunked("3\r", {}, 2).log == "! body too large 413\n");
}

TEST_CASE("body_reader: Content-Length is judged before a byte is read") {
  http::body_reader reader;
  CHECK(reader.start(http::framing::length, 5, 5) == errc::none);
  CHECK(reader.wanted() == 5);
  CHECK(reader.start(http::framing::length, 6, 5) == errc::http_body_too_large);
  CHECK(reader.start(http::framing::length, ~std::uint64_t{0}, ~std::size_t{0}) == errc::http_body_too_large);
  CHECK(reader.start(http::framing::none, 0, 0) == errc::none);
  in_buffer in;
  CHECK(reader.next(in, {}, 0) == http::step::done);
  CHECK(reader.next(in, {}, 0) == http::step::done);
  CHECK(reader.size() == 0);
  CHECK(sizeof(reader) <= 28);
}

TEST_CASE("body_reader: until the link ends") {
  pool p;
  in_buffer in;
  http::body_reader reader;
  REQUIRE(reader.start(http::framing::until_close, 0, 4) == errc::none);
  block first("ab");
  REQUIRE(in.feed(p, first.bytes()));
  CHECK(reader.next(in, {}, 4) == http::step::more);
  REQUIRE(in.keep(p));
  block second("cd");
  REQUIRE(in.feed(p, second.bytes()));
  CHECK(reader.next(in, {}, 4) == http::step::more);
  CHECK(reader.ended() == http::step::done);
  CHECK(reader.next(in, {}, 4) == http::step::done);
  CHECK(as_text(reader.body(in)) == "abcd");
  REQUIRE(reader.start(http::framing::until_close, 0, 3) == errc::none);
  CHECK(reader.next(in, {}, 3) == http::step::failed);
  CHECK(reader.error() == errc::http_body_too_large);
  CHECK(reader.ended() == http::step::failed);
  REQUIRE(reader.start(http::framing::length, 9, 9) == errc::none);
  CHECK(reader.next(in, {}, 9) == http::step::more);
  CHECK(reader.ended() == http::step::failed);
  CHECK(reader.error() == errc::http_body_cut);
  in.reset(p);
}

TEST_CASE("body_reader: one byte a chunk is linear, and holds less than twice the body") {
  // 300 kB of body in 1.8 MB of framing: moving the body up for every chunk would be 45 GB of copying.
  constexpr std::size_t n = 300'000;
  std::string body;
  for (std::size_t i = 0; i < n; ++i) {
    body += "1\r\n";
    body += static_cast<char>('a' + i % 26);
    body += "\r\n";
  }
  body += "0\r\n\r\n";
  for (const std::size_t piece : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    const outcome got = chunked(body, {}, n, piece);
    CHECK(got.log == "= 300000 abcdefghijklmnopqrstuvwxyzabcdefghijklmn\n");
    CHECK(got.most_kept <= 2 * n + 2000);
  }
}

TEST_CASE("body_reader: what it wants is what is still to come") {
  pool p;
  in_buffer in;
  http::body_reader reader;
  REQUIRE(reader.start(http::framing::chunked, 0, 100) == errc::none);
  block text("a\r\nabc");
  REQUIRE(in.feed(p, text.bytes()));
  CHECK(reader.next(in, {}, 100) == http::step::more);
  CHECK(reader.wanted() == 7);
  CHECK(reader.size() == 3);
  REQUIRE(in.keep(p));
  const mutable_bytes room = in.space(p, reader.wanted());
  REQUIRE(room.size() >= 7);
  std::memcpy(room.data(), "defghij", 7);
  REQUIRE(in.feed(p, room.first(7)));
  CHECK(reader.next(in, {}, 100) == http::step::more);
  CHECK(reader.wanted() == 0);
  block end("\r\n0\r\n\r\n");
  REQUIRE(in.feed(p, end.bytes()));
  CHECK(reader.next(in, {}, 100) == http::step::done);
  CHECK(as_text(reader.body(in)) == "abcdefghij");
  in.consume(reader.size());
  CHECK(in.size() == 0);
  in.reset(p);
}
