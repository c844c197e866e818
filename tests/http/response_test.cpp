// Responses: what write_head() writes, response_parser reads, and nothing else gets through either.
#include "catch.hpp"
#include "link.hpp"

using namespace siokit;
using namespace wire_test;

namespace {

std::string written(const http::response_head& head) {
  pool p;
  frame_builder out(p);
  http::write_head(out, head);
  return std::string(out.written());
}

// A client's link: one response, then its body.
std::string run_response(const std::vector<std::string_view>& pieces) {
  pool p;
  in_buffer in;
  http::response_parser parser;
  http::body_reader body;
  http::response_view head;
  std::string log;
  bool in_body = false;
  const auto pull = [&] {
    if (!in_body) {
      const http::step got = parser.next(as_text(in.unread()), {}, head);
      if (got == http::step::failed) log = "! " + std::string(text(parser.error()));
      if (got == http::step::failed) return;
      if (got == http::step::more) return;
      log = std::to_string(head.status) + (head.keep_alive ? "" : " close") + (head.upgrade ? " upgrade" : "");
      in.consume(head.size);
      if (body.start(head.body, head.length, 1000) != errc::none) {
        log += " ! " + std::string(text(body.error()));
        return;
      }
      in_body = true;
    }
    const http::step got = body.next(in, {}, 1000);
    if (got == http::step::failed) log += " ! " + std::string(text(body.error()));
    if (got == http::step::done) log += " = " + std::string(as_text(body.body(in)));
  };
  for (const auto piece : pieces) {
    block lent(piece);
    if (log.find('!') != std::string::npos || log.find('=') != std::string::npos || !in.feed(p, lent.bytes())) break;
    pull();
    if (!in.keep(p)) break;
  }
  if (in_body && log.find_first_of("!=") == std::string::npos)
    log += body.ended() == http::step::done ? " = " + std::string(as_text(body.body(in))) : " ! cut";
  in.reset(p);
  return log;
}

}  // namespace

TEST_CASE("write_head: what Node writes, without a clock") {
  CHECK(written({.fields = "Content-Type: text/plain; charset=UTF-8\r\n", .length = 97, .idle = milliseconds(5000)}) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: 97\r\nConnection: keep-alive\r\n"
        "Keep-Alive: timeout=5\r\n\r\n");
  CHECK(written({.status = 400, .length = 0, .keep_alive = false, .idle = milliseconds(5000)}) ==
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  CHECK(written({.status = 204, .length = 7}) == "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
  CHECK(written({.status = 304, .length = 7}) == "HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n\r\n");
  CHECK(written({.status = 101}) == "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  CHECK(written({.status = 426, .keep_alive = false}) ==
        "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: upgrade, close\r\n\r\n");
  CHECK(written({.status = 299}) == "HTTP/1.1 299 unknown\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("write_head: which responses have a body") {
  CHECK(http::has_body("GET", 200));
  CHECK(http::has_body("POST", 413));
  CHECK_FALSE(http::has_body("HEAD", 200));
  CHECK_FALSE(http::has_body("GET", 204));
  CHECK_FALSE(http::has_body("GET", 304));
  CHECK_FALSE(http::has_body("GET", 101));
}

TEST_CASE("put_field: nobody breaks a line") {
  pool p;
  frame_builder out(p);
  CHECK(http::put_field(out, "X-A", "b c\t\xc3\xa4"));
  CHECK(http::put_field(out, "X", ""));
  using namespace std::string_view_literals;
  for (const std::string_view value : {"a\r\nX: y"sv, "a\n"sv, "\r"sv, "a\0b"sv, "\x7f"sv, "\x1b"sv})
    CHECK_FALSE(http::put_field(out, "X", value));
  for (const std::string_view name : {""sv, "a b"sv, "a:"sv, "a\r\n"sv, "\xc3\xa4"sv, "a\0"sv})
    CHECK_FALSE(http::put_field(out, name, "x"));
  for (const std::string_view name : {"content-length"sv, "Transfer-Encoding"sv, "CONNECTION"sv, "keep-alive"sv})
    CHECK_FALSE(http::put_field(out, name, "1"));
  CHECK(out.written() == "X-A: b c\t\xc3\xa4\r\nX: \r\n");
}

TEST_CASE("status: every error of a request has one") {
  CHECK(http::status(errc::http_bad_header) == 400);
  CHECK(http::status(errc::http_bad_chunk) == 400);
  CHECK(http::status(errc::http_head_timeout) == 408);
  CHECK(http::status(errc::http_body_too_large) == 413);
  CHECK(http::status(errc::http_target_too_long) == 414);
  CHECK(http::status(errc::http_bad_expect) == 417);
  CHECK(http::status(errc::ws_bad_version) == 426);
  CHECK(http::status(errc::http_head_too_large) == 431);
  CHECK(http::status(errc::http_bad_version) == 505);
  CHECK(http::status(errc::out_of_memory) == 500);
  for (const int code : {100, 101, 200, 204, 400, 403, 404, 405, 408, 413, 414, 417, 426, 431, 500, 501, 503, 505})
    CHECK(http::reason(static_cast<std::uint16_t>(code)) != "unknown");
}

TEST_CASE("response_parser: rows") {
  struct row {
    const char* text;
    const char* log;
  };
  constexpr const char* line = "! malformed status line";
  constexpr const char* transfer = "! unsupported or conflicting Transfer-Encoding";
  const row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 = hi"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", "200 ! cut"},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 = "},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 = "},
      {"HTTP/1.0 404 Not\tFound \xe4\r\nContent-Length: 1\r\n\r\nx", "404 close = x"},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", "200 = x"},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "200 close = x"},
      {"HTTP/1.1 200 OK\r\n\r\nall of it", "200 close = all of it"},
      {"HTTP/1.1 204 No\r\n\r\n", "204 = "},
      {"HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", "304 = "},
      {"HTTP/1.1 100 Continue\r\n\r\n", "100 = "},
      {"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n", "101 upgrade = "},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200 = hi"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", transfer},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", transfer},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", transfer},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", transfer},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n", transfer},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 0\r\n\r\n", "200 = "},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "! malformed or repeated Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "200 ! body too large"},  // client-006
      {"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "! malformed header line"},
      {"HTTP/1.1 200 OK\nX: y\r\n\r\n", line},
      {"HTTP/1.1 200 OK\rX", line},
      {"HTTP/1.1 600 OK\r\n", line},
      {"HTTP/1.1 099 OK\r\n", line},
      {"HTTP/1.1 20 OK\r\n", line},
      {"HTTP/1.1 2000 OK\r\n", line},
      {"HTTP/1.1  200 OK\r\n", line},
      {"HTTP/2.0 200 OK\r\n", line},
      {"HTTP/1.2 200 OK\r\n", "! unsupported HTTP version"},
      {"http/1.1 200 OK\r\n", line},
      {"\r\nHTTP/1.1 200 OK\r\n", line},
      {"0{\"sid\"", line},
  };
  for (const row& r : rows) {
    INFO(r.text);
    std::string whole;
    CHECK(differing_cut(r.text, run_response, whole) == "");
    CHECK(whole == r.log);
  }
  CHECK(sizeof(http::response_parser) <= 16);
}

TEST_CASE("response_parser: limits, both sides") {
  limits limit;
  limit.request_line = 15;
  limit.request_head = 40;
  limit.headers = 1;
  const auto failure = [&](std::string_view text) {
    http::response_parser parser;
    http::response_view head;
    return parser.next(text, limit, head) == http::step::failed ? parser.error() : errc::none;
  };
  CHECK(failure("HTTP/1.1 200 OK\r\n\r\n") == errc::none);
  CHECK(failure("HTTP/1.1 200 O\r\n\r\n") == errc::none);
  CHECK(failure("HTTP/1.1 200 OK!") == errc::http_head_too_large);
  CHECK(failure("HTTP/1.1 200 OK\r\nA: 456789012345678\r\n\r\n") == errc::none);        // 39 bytes
  CHECK(failure("HTTP/1.1 200 OK\r\nA: 4567890123456789\r\n\r\n") == errc::none);       // 40 bytes
  CHECK(failure("HTTP/1.1 200 OK\r\nA: 45678901234567890\r\n\r\n") == errc::http_head_too_large);
  CHECK(failure("HTTP/1.1 200 OK\r\nA: 4\r\nB") == errc::http_too_many_headers);
}

TEST_CASE("http: a response that is written is read again") {
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{101, 200, 204, 400, 404, 413, 426, 503})
    for (const std::size_t length : {std::size_t{0}, std::size_t{3}}) {
      const bool body = http::has_body("GET", status);
      std::string text = 
          written({.status = status, .fields = "X: y\r\n", .length = length, .keep_alive = status < 400});
      if (body) text += std::string("abc").substr(0, length);
      std::string whole;
      CHECK(differing_cut(text, run_response, whole) == "");
      const std::string flags = std::string(status < 400 ? "" : " close") + (status == 101 ? " upgrade" : "");
      CHECK(whole == std::to_string(status) + flags + " = " + (body ? std::string("abc").substr(0, length) : ""));
    }
}

TEST_CASE("write_head: the n-th allocation fails") {
  for (std::size_t n = 0;; ++n) {
    failing memory_ends;
    pool p(memory_ends.hooks());
    memory_ends.left = n;
    frame_builder out(p);
    http::write_head(out, {.fields = std::string(1000, 'x') + ": y\r\n"});
    const frame made = out.finish(frame_kind::raw);
    CHECK(static_cast<bool>(made) == !out.failed());
    if (made) {
      CHECK(n > 0);
      break;
    }
  }
}
