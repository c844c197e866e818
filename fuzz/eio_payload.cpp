// A polling body, packet by packet as the engine takes it. Packets lie inside the body, one behind the other; written
// again as frames they are a body that reads the same, and the same bytes when all of it was valid.
#include <siokit/eio/payload.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

struct taken {
  eio::packet_type type;
  bool binary;
  std::string data;
  bool operator==(const taken&) const = default;
};

bool inside(bytes_view what, bytes_view of) {
  return what.empty() || (what.data() >= of.data() && what.data() + what.size() <= of.data() + of.size());
}

// The packets of a body up to the first that is none; `last` tells whether that was the end.
std::vector<taken> take_all(std::string_view text, bool& whole) {
  const auto block = std::make_unique<std::byte[]>(text.size());
  if (!text.empty()) std::memcpy(block.get(), text.data(), text.size());
  mutable_bytes body(block.get(), text.size());
  std::vector<taken> packets;
  for (whole = false; !whole;) {
    eio::packet p;
    mutable_bytes rest;
    bool last = false;
    if (eio::take_packet(body, p, rest, last) != errc::none) break;
    require(inside(p.data, body) && inside(rest, body));
    require(p.data.size() < body.size() && rest.size() < body.size());
    require(last ? rest.empty() : rest.data() > p.data.data());
    packets.push_back({p.type, p.binary, std::string(as_text(p.data))});
    body = rest;
    whole = last;
  }
  return packets;
}

std::string written(const std::vector<taken>& packets) {
  pool p;
  std::string body;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    frame_builder out(p);
    if (!packets[i].binary) out.put(static_cast<char>(packets[i].type));
    out.put(packets[i].data);
    frame made = out.finish(packets[i].binary ? frame_kind::binary : frame_kind::text);
    require(eio::prepare_for_polling(made, p) == errc::none);
    body += as_text(made.as(i + 1 == packets.size() ? wire::poll4 : wire::poll4_more));
  }
  require(p.live() == 0);
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  bool whole = false;
  const std::vector<taken> packets = take_all(body, whole);
  const std::string again = written(packets);
  require(!whole || again == body);
  if (packets.empty()) return 0;
  require(take_all(again, whole) == packets && whole);
  return 0;
}
