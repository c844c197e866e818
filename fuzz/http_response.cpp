// Responses as a client reads them, until the link ends. The first byte says into what pieces the rest is cut: the log
// must be the one of the whole.
#include <siokit/http/body_reader.hpp>
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

std::string run(const std::uint8_t* data, std::size_t size, std::size_t piece) {
  constexpr std::size_t largest = 5000;
  pool p;
  in_buffer in;
  http::response_parser parser;
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
      http::response_view head;
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
      require(head.size <= in.size() && head.status >= 100 && head.status < 600);
      log += std::to_string(head.status) + std::string(head.fields) + (head.keep_alive ? "k" : "-");
      log += std::to_string(static_cast<int>(ws::check_response(head, "dGhlIHNhbXBsZSBub25jZQ==")));
      in.consume(head.size);
      failed = body.start(head.body, head.length, largest) != errc::none;
      if (failed) break;
      in_body = true;
    }
    require(in.keep(p));
  }
  if (in_body && !failed && body.ended() == http::step::done) log += as_text(body.body(in));
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
