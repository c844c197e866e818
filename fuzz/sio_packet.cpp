// A Socket.IO packet: its text, then its attachments, with 0x1e between them. What is accepted is written again as the
// library writes it, which must be accepted, mean the same, and be written as the same bytes from then on.
#include <siokit/sio/assembler.hpp>
#include <siokit/sio/emit.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

struct message {
  std::string text;
  std::vector<std::string> attachments;
  bool operator==(const message&) const = default;
};

// What a message says, without a view into it.
struct meaning {
  bool ack = false;
  bool has_id = false;
  std::uint64_t id = 0;
  std::string nsp;
  std::string name;
  std::vector<value> args;
};

bool inside(std::string_view what, std::string_view of) {
  return what.empty() || (what.data() >= of.data() && what.data() + what.size() <= of.data() + of.size());
}

siokit::limits small() {
  siokit::limits l;
  l.json_depth = 32;
  l.json_nodes = 300;
  l.auth = 100;
  l.nsp_name = 40;
  l.event_name = 60;
  l.attachment_bytes = 300;
  return l;
}

// Every look at the arguments that codecs take.
meaning read(const sio::packet& p, std::span<const bytes_view> attachments, pool& from) {
  arena scratch(from);
  value_context context{attachments, &scratch};
  meaning m;
  m.ack = p.type == sio::packet_type::ack || p.type == sio::packet_type::binary_ack;
  m.has_id = p.has_id;
  m.id = p.id;
  m.nsp = p.nsp;
  const value_view whole(p.payload, &context);
  if (!m.ack) {
    std::string_view name = p.name;
    if (p.escaped) require(whole.element(0).as_string(name) == errc::none);
    m.name = name;
  }
  const arguments args(whole, m.ack ? 0 : 1);
  for (const value_view v : args) {
    value owned;
    if (v.read(owned) == errc::none) m.args.push_back(std::move(owned));
    (void)v.find("a").size();
  }
  return m;
}

std::optional<message> written(const sio::packet& p, std::span<const bytes_view> attachments, const meaning& m, pool& from) {
  arena scratch(from);
  value_context context{attachments, &scratch};
  const arguments args = sio::arguments_of(p, attachments, context);
  sio::encoded frames;
  const auto acknowledgement = [&] {
    sio::event_writer out({from, {}}, m.nsp, m.id);
    out.add(args);
    return out.finish(frames);
  };
  const std::uint64_t id = m.has_id ? m.id : sio::no_ack_id;
  const errc e = m.ack ? acknowledgement() : sio::encode_event({from, m.nsp, m.name, id}, frames, args);
  // One attachment that is named twice is sent twice; and more than those of a packet cannot be sent.
  if (e == errc::sio_too_many_attachments) return {};
  require(e == errc::none);
  message made;
  made.text = as_text(frames.frames()[0].payload());
  require(made.text.front() == '4');  // the Engine.IO message
  made.text.erase(0, 1);
  for (const frame& f : frames.frames().subspan(1)) made.attachments.emplace_back(as_text(f.payload()));
  return made;
}

// Decodes a message and writes it again; nothing when it is refused, is neither event nor ack, or cannot be written.
std::optional<message> again(const message& in, const siokit::limits& limit, meaning& m, pool& from, errc& e) {
  const auto block = std::make_unique<char[]>(in.text.size());
  if (!in.text.empty()) std::memcpy(block.get(), in.text.data(), in.text.size());
  const std::string_view text(block.get(), in.text.size());
  sio::packet p;
  e = sio::decode(text, limit, p);
  if (e != errc::none) return {};
  require((p.nsp == "/" || inside(p.nsp, text)) && inside(p.payload, text) && inside(p.name, text));
  require(p.attachments <= limit.attachments && p.id <= sio::max_ack_id && !p.nsp.empty());
  if (p.type == sio::packet_type::connect || p.type == sio::packet_type::disconnect) return {};
  if (p.attachments == 0) {
    m = read(p, {}, from);
    return written(p, {}, m, from);
  }
  sio::assembler parts(from);
  e = parts.begin(text, p);
  if (e != errc::none) return {};
  for (const std::string& a : in.attachments) {
    if (parts.complete()) break;
    const auto lent = std::make_unique<std::byte[]>(a.size());
    if (!a.empty()) std::memcpy(lent.get(), a.data(), a.size());
    e = parts.add({lent.get(), a.size()}, limit);
    if (e != errc::none) return {};
  }
  if (!parts.complete()) return {};
  require(parts.attachments().size() == p.attachments && parts.bytes() <= limit.attachment_bytes);
  for (std::size_t i = 0; i < p.attachments; ++i) require(as_text(parts.attachments()[i]) == in.attachments[i]);
  m = read(parts.whole(), parts.attachments(), from);
  return written(parts.whole(), parts.attachments(), m, from);
}

message split(std::string_view in) {
  message out;
  std::size_t end = in.find('\x1e');
  out.text = in.substr(0, end);
  while (end != std::string_view::npos) {
    in.remove_prefix(end + 1);
    end = in.find('\x1e');
    out.attachments.emplace_back(in.substr(0, end));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pool from;
  {
    meaning first;
    meaning second;
    errc e = errc::none;
    const auto made = again(split({reinterpret_cast<const char*>(data), size}), small(), first, from, e);
    if (!made) return 0;
    // What the writer makes may be longer than what came (a number as name gets quotes, attachments may be repeated).
    const auto same = again(*made, {}, second, from, e);
    require(e == errc::none && same && *same == *made);
    require(first.ack == second.ack && first.has_id == second.has_id && first.id == second.id);
    require(first.nsp == second.nsp && first.name == second.name && first.args == second.args);
  }
  require(from.live() == 0);
  return 0;
}
