// Request heads and bodies of one link. The first byte says into what pieces the rest is cut: the log must be the one
// of the whole, and what was found in a head must be found again.
#include <siokit/http/body_reader.hpp>
#include <siokit/http/request_parser.hpp>
#include <siokit/ws/handshake.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string log_of(const http::request_view& head) {
  std::string log = std::string(head.method) + " " + std::string(head.target) + "\n" + std::string(head.fields);
  std::string_view rest = head.fields;
  std::size_t lines = 0;
  while (const auto line = http::next_field(rest)) {
    require(http::is_token(line->name) && http::is_field_value(line->value));
    require(http::find(head.fields, line->name).has_value() && http::count(head.fields, line->name) != 0);
    ++lines;
  }
  require(lines <= limits{}.headers);
  const http::target_view target = http::split_target(head.target);
  require(!target.path.empty());
  rest = target.query;
  while (const auto parameter = http::next_parameter(rest)) {
    char room[64];
    const std::string_view name = http::decode(parameter->name, room);
    const http::query_match again = http::find_parameter(target.query, name);
    require(name.size() == sizeof room || again.what != http::query_match::kind::none);
  }
  log += head.keep_alive ? "k" : "-";
  log += head.expect_continue ? "e" : "-";
  log += std::to_string(head.length) + " " + std::to_string(static_cast<int>(ws::check_request(head)));
  if (const auto found = http::cookie(head.fields, "a")) log += *found;
  return log + "\n";
}

std::string run(const std::uint8_t* data, std::size_t size, std::size_t piece) {
  constexpr std::size_t largest = 5000;
  pool p;
  in_buffer in;
  http::request_parser parser;
  http::body_reader body;
  std::string log;
  bool in_body = false;
  bool failed = false;
  for (std::size_t i = 0; i < size && !failed; i += piece) {
    const std::size_t n = size - i < piece ? size - i : piece;
    const auto lent = std::make_unique<std::byte[]>(n);
    std::memcpy(lent.get(), data + i, n);
    require(in.feed(p, {lent.get(), n}));
    for (;;) {
      http::request_view head;
      const http::step got = in_body ? body.next(in, {}, largest) : parser.next(as_text(in.unread()), {}, head);
      if (got == http::step::more) break;
      failed = got == http::step::failed;
      if (failed) {
        log += text(in_body ? body.error() : parser.error());
        break;
      }
      if (in_body) {
        require(body.size() <= largest);
        log += as_text(body.body(in));
        in.consume(body.size());
        in_body = false;
        continue;
      }
      require(head.size <= in.size());
      log += log_of(head);
      in.consume(head.size);
      failed = body.start(head.body, head.length, largest) != errc::none;
      if (failed) break;
      in_body = true;
    }
    require(in.keep(p));
  }
  in.reset(p);
  require(p.live() == 0);
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  require(run(data + 1, size - 1, size) == run(data + 1, size - 1, piece));
  return 0;
}
