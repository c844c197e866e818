// The small parts of a client that read what others wrote: a URL, Set-Cookie lines, polling bodies of protocol 3. The
// first byte says which. What is read can be written, and reads the same then.
#include <siokit/eio/payload3.hpp>
#include <siokit/http/cookie_jar.hpp>
#include <siokit/http/request_writer.hpp>
#include <siokit/http/target.hpp>

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

// Bytes in a heap block of exactly their size.
struct exact {
  explicit exact(std::string_view text) : size(text.size()), data(new std::byte[text.size()]) {
    if (size != 0) std::memcpy(data.get(), text.data(), size);
  }
  mutable_bytes bytes() { return {data.get(), size}; }
  std::size_t size;
  std::unique_ptr<std::byte[]> data;
};

void url(std::string_view text) {
  http::url_view found;
  if (http::split_url(text, found) != errc::none) return;
  require(text.size() <= http::longest_url && !found.host.empty() && !found.path.empty() && found.port != 0);
  pool p;
  frame_builder host(p);
  http::put_host(host, found);
  require(http::is_host(host.written()));
  std::string again = (found.secure ? "wss://" : "http://") + std::string(host.written()) + std::string(found.path);
  if (!found.query.empty()) again += "?" + std::string(found.query);
  http::url_view twice;
  if (again.size() > http::longest_url) return;  // a scheme was added
  require(http::split_url(again, twice) == errc::none && twice.host == found.host && twice.port == found.port);
  require(twice.secure == found.secure && twice.path == found.path && twice.query == found.query);

  frame_builder coded(p);
  http::put_component(coded, found.path);
  require(http::decodes_to(coded.written(), found.path));
  require(http::is_target("/" + std::string(coded.written())));
  frame_builder connect(p);
  http::write_connect(connect, found.host, found.port, found.user_info);
  const std::string_view head = connect.written();
  require(head.starts_with("CONNECT ") && head.find("\r\n\r\n") == head.size() - 4);
}

// Set-Cookie lines with line feeds between them, a second apart.
void cookies(std::string_view text) {
  pool p;
  http::cookie_jar jar(p);
  limits limit;
  limit.cookies = 3;
  limit.cookie_bytes = 64;
  std::int64_t now = 1'700'000'000'000;
  for (; !text.empty(); now += 1000) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size());
    if (!text.empty()) text.remove_prefix(1);
    exact one(line);
    static_cast<void>(jar.store(as_text(one.bytes()), now, limit));
    require(jar.size() <= limit.cookies && jar.bytes() <= limit.cookie_bytes);
    static_cast<void>(http::read_date(line));
  }
  frame_builder out(p);
  jar.put(out, now);
  const std::string_view written = out.written();
  require(written.empty() == (jar.size() == 0));
  if (!written.empty()) require(written.starts_with("Cookie: ") && written.find_first_of("\r\n") == written.size() - 2);
}

struct taken {
  eio::packet_type type;
  bool binary;
  std::string data;
  bool operator==(const taken&) const = default;
};

// The packets of a body up to the first that is none; `whole` tells whether that was the end.
std::vector<taken> take_all(std::string_view text, bool binary, bool& whole) {
  exact block(text);
  mutable_bytes body = block.bytes();
  std::vector<taken> packets;
  for (whole = false; !whole;) {
    eio::packet p;
    mutable_bytes rest;
    bool last = false;
    if (eio::take_packet3(body, binary, p, rest, last) != errc::none) break;
    require(last == rest.empty() && rest.size() < body.size() && p.data.size() < body.size());
    require(last || rest.data() + rest.size() == body.data() + body.size());
    packets.push_back({p.type, p.binary, std::string(as_text(p.data))});
    body = rest;
    whole = last;
  }
  return packets;
}

void payload(std::string_view text, bool binary) {
  bool whole = false;
  const std::vector<taken> packets = take_all(text, binary, whole);
  pool p;
  frame_builder out(p);
  for (const taken& one : packets) {
    const std::string bytes = one.binary ? one.data : static_cast<char>(one.type) + one.data;
    eio::put_packet3(out, frame::copy(p, one.binary ? frame_kind::binary : frame_kind::text, as_bytes(bytes)));
  }
  const std::string again(out.written());
  if (whole && !binary && !text.ends_with("0:")) require(again == text);
  if (packets.empty()) return;
  require(take_all(again, false, whole) == packets && whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  exact block(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  const std::string_view text = as_text(block.bytes());
  switch (data[0] % 4) {
    case 0: url(text); break;
    case 1: cookies(text); break;
    case 2: payload(text, false); break;
    default: payload(text, true); break;
  }
  return 0;
}
