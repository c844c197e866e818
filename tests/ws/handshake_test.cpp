// The opening handshake, each side alone and both against each other.
#include "catch.hpp"
#include "hostile_rows.hpp"
#include "link.hpp"

using namespace siokit;
using namespace wire_test;

namespace {

constexpr std::string_view sample = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 1.3

errc asked(const std::string& first, const std::string& lines) {
  http::request_parser parser;
  http::request_view head;
  const std::string text = first + "\r\nHost: a\r\n" + lines + "\r\n";
  if (parser.next(text, {}, head) != http::step::done) return parser.error();
  return ws::check_request(head);
}

const std::string good =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string without(std::string_view name) {
  std::string out;
  std::string_view rest = good;
  while (const auto line = http::next_field(rest))
    if (line->name != name) out += std::string(line->name) + ": " + std::string(line->value) + "\r\n";
  return out;
}

errc answered(const std::string& lines, const char* first = "HTTP/1.1 101 Switching Protocols") {
  http::response_parser parser;
  http::response_view head;
  const std::string text = std::string(first) + "\r\n" + lines + "\r\n";
  REQUIRE(parser.next(text, {}, head) == http::step::done);
  return ws::check_response(head, sample);
}

}  // namespace

TEST_CASE("ws handshake: the accept key of RFC 6455 1.3") {
  const ws::accept_text accept = ws::accept_for(sample);
  CHECK(std::string_view(accept.data(), accept.size()) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("ws handshake: requests") {
  const std::string get = "GET / HTTP/1.1";
  CHECK(asked(get, good) == errc::none);
  CHECK(asked(get, without("Connection") + "connection: keep-alive, UPGRADE\r\n") == errc::none);
  CHECK(asked(get, without("Upgrade") + "upgrade: h2c, WebSocket\r\n") == errc::none);
  CHECK(asked(get, good + "Content-Length: 0\r\n") == errc::none);
  CHECK(asked(get, good + "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n") == errc::none);
  CHECK(asked("POST / HTTP/1.1", good) == errc::ws_bad_upgrade);
  CHECK(asked("HEAD / HTTP/1.1", good) == errc::ws_bad_upgrade);
  CHECK(asked("GET / HTTP/1.0", good) == errc::ws_bad_upgrade);
  CHECK(asked(get, without("Connection")) == errc::ws_bad_upgrade);
  CHECK(asked(get, without("Upgrade")) == errc::ws_bad_upgrade);
  CHECK(asked(get, without("Upgrade") + "Upgrade: websockets\r\n") == errc::ws_bad_upgrade);
  CHECK(asked(get, good + "Content-Length: 4\r\n") == errc::ws_bad_upgrade);
  CHECK(asked(get, good + "Transfer-Encoding: chunked\r\n") == errc::ws_bad_upgrade);
  for (const char* const version : {"12", "8", "0xd", "013", "13, 8", "", "13 13"}) {
    INFO(version);
    const std::string line = "Sec-WebSocket-Version: " + std::string(version) + "\r\n";
    CHECK(asked(get, without("Sec-WebSocket-Version") + line) == errc::ws_bad_version);
  }
  CHECK(asked(get, without("Sec-WebSocket-Version")) == errc::ws_bad_version);
  CHECK(asked(get, without("Sec-WebSocket-Key")) == errc::ws_bad_key);
  for (const char* const key : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==x",
                                "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZWE=", "dGhlIHNhbXBsZSBub25jZWFh",
                                "dGhl-HNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25j ZQ=="}) {
    INFO(key);
    CHECK(asked(get, without("Sec-WebSocket-Key") + "Sec-WebSocket-Key: " + key + "\r\n") == errc::ws_bad_key);
  }
  CHECK(asked(get, good + "Sec-WebSocket-Protocol: a b\r\n") == errc::ws_bad_upgrade);
  CHECK(asked(get, good + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b, a\r\n") == errc::ws_bad_upgrade);
  std::string many = "p0";
  for (std::size_t i = 1; i < ws::most_protocols; ++i) many += ", p" + std::to_string(i);
  CHECK(asked(get, good + "Sec-WebSocket-Protocol: " + many + "\r\n") == errc::none);
  CHECK(asked(get, good + "Sec-WebSocket-Protocol: " + many + ", more\r\n") == errc::ws_bad_upgrade);
}

TEST_CASE("ws handshake: responses") {
  const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const std::string upgrade = "Upgrade: WebSocket\r\nConnection: upgrade\r\n";
  CHECK(answered(upgrade + accept) == errc::none);
  CHECK(answered(upgrade + accept + "X: y\r\n") == errc::none);
  CHECK(answered(upgrade + accept, "HTTP/1.1 200 OK") == errc::ws_bad_upgrade);
  CHECK(answered("Upgrade: websocket\r\n" + accept) == errc::ws_bad_upgrade);
  CHECK(answered("Connection: Upgrade\r\n" + accept) == errc::ws_bad_upgrade);
  CHECK(answered("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n" + accept) == errc::ws_bad_upgrade);
  CHECK(answered(upgrade + "Upgrade: h2c\r\n" + accept) == errc::ws_bad_upgrade);
  CHECK(answered(upgrade) == errc::ws_bad_accept);
  CHECK(answered(upgrade + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") == errc::ws_bad_accept);
  CHECK(answered(upgrade + accept + accept) == errc::ws_bad_accept);
  // client-002, client-003
  CHECK(answered(upgrade + accept + "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=100\r\n") ==
        errc::ws_bad_extension);
  CHECK(answered(upgrade + accept + "Sec-WebSocket-Protocol: evil\r\n") == errc::ws_bad_extension);
}

TEST_CASE("ws handshake: what one side writes, the other accepts") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::array<std::byte, 16> random;
    for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::byte>(seed * 77 + i * 13);
    const ws::key_text key = ws::make_key(random);
    const std::string_view key_view(key.data(), key.size());
    pool p;
    frame_builder request(p);
    ws::write_request(request, "a:3000", "/socket.io/?EIO=4&transport=websocket", key_view, "Cookie: a=b\r\n");
    http::request_parser server;
    http::request_view asked_for;
    REQUIRE(server.next(request.written(), {}, asked_for) == http::step::done);
    CHECK(asked_for.size == request.written().size());
    CHECK(asked_for.upgrade);
    CHECK(http::cookie(asked_for.fields, "a") == "b");
    REQUIRE(ws::check_request(asked_for) == errc::none);
    frame_builder response(p);
    ws::write_accept(response, *http::find(asked_for.fields, "Sec-WebSocket-Key"), "Set-Cookie: c=d\r\n");
    http::response_parser client;
    http::response_view granted;
    REQUIRE(client.next(response.written(), {}, granted) == http::step::done);
    CHECK(granted.upgrade);
    CHECK(granted.size == response.written().size());
    CHECK(ws::check_response(granted, key_view) == errc::none);
  }
}

TEST_CASE("ws handshake: the 101 is byte for byte what the reference's ws writes") {
  pool p;
  frame_builder out(p);
  ws::write_accept(out, sample);
  CHECK(out.written() ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST_CASE("ws handshake: the rows of the hostile-input catalogue hold however they are cut") {
  for (const hostile_row& row : ws_rows) {
    if (std::string_view(row.id).substr(0, 12) != "ws-handshake") continue;
    INFO(row.id);
    std::string whole;
    CHECK(differing_cut(decode(row.input), run_server, whole) == "");
    CHECK(whole == row.log);
  }
}
