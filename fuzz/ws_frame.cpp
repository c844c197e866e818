// Frames, as either role reads them. The first byte says which role, and into what pieces the rest is cut: the log must
// be the one of the whole. Messages that came are sent again, and must come out the same.
#include <siokit/ws/stream.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

using namespace siokit;
using kind = ws::event::kind;

constexpr std::size_t largest = 3000;

void require(bool condition) {
  if (!condition) std::abort();
}

// What the other role makes of a frame with this payload.
void send_again(ws::role role, const ws::event& came) {
  pool p;
  const ws::mask_key key{std::byte{1}, std::byte{0xf0}, std::byte{0x55}, std::byte{2}};
  const ws::opcode what = came.what == kind::text     ? ws::opcode::text
                          : came.what == kind::binary ? ws::opcode::binary
                          : came.what == kind::ping   ? ws::opcode::ping
                                                      : ws::opcode::pong;
  const frame made = ws::whole_frame(p, what, came.data, role == ws::role::server ? nullptr : &key);
  const bytes_view shown = made.as(wire::ws4);
  const auto lent = std::make_unique<std::byte[]>(shown.size());
  std::memcpy(lent.get(), shown.data(), shown.size());
  in_buffer in;
  require(in.feed(p, {lent.get(), shown.size()}));
  ws::stream other(role == ws::role::server ? ws::role::client : ws::role::server);
  const ws::event again = other.next(in, {}, largest);
  require(again.what == came.what && as_text(again.data) == as_text(came.data));
  require(other.next(in, {}, largest).what == kind::more && in.size() == 0);
}

std::string run(ws::role role, const std::uint8_t* data, std::size_t size, std::size_t piece) {
  pool p;
  in_buffer in;
  ws::stream stream(role);
  std::string log;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size; i += piece) {
    const std::size_t n = size - i < piece ? size - i : piece;
    const auto lent = std::make_unique<std::byte[]>(n);
    std::memcpy(lent.get(), data + i, n);
    require(in.feed(p, {lent.get(), n}));
    for (ws::event e; (e = stream.next(in, {}, largest)).what != kind::more;) {
      log += static_cast<char>('0' + static_cast<int>(e.what));
      log += std::to_string(e.code) + " " + std::string(text(e.error)) + std::string(as_text(e.data));
      if (e.what == kind::text) require(utf8::valid(as_text(e.data)));
      if (e.what < kind::closing) {
        require(e.data.size() <= largest);
        send_again(role, e);
      } else {
        require(stream.ended());
      }
      if (e.what == kind::failed) break;
      if ((i & 1) != 0) require(in.keep(p));  // as after a handler that threw
    }
    kept = in.size();
    require(kept <= 2 * largest + 200);
    require(in.keep(p));
    if (stream.ended()) break;
  }
  in.reset(p);
  require(p.live() == 0);
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ws::role role = (data[0] & 1) != 0 ? ws::role::server : ws::role::client;
  const std::size_t piece = 1 + data[0] / 2 % 64;
  require(run(role, data + 1, size - 1, size) == run(role, data + 1, size - 1, piece));
  return 0;
}
