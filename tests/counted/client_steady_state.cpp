// Counts allocations per event of a client in the steady state: none are allowed, on a WebSocket, for events both ways,
// acknowledgements both ways with a timeout, binary, and heartbeats. What the server of the test does is not counted as
// ours: it is a fixed text.
#include <siokit/client.hpp>

#include "counting_heap.hpp"

namespace {

/// A server's text frame.
std::size_t put(char* out, std::string_view text, unsigned char opcode = 0x81) {
  direct::expect(text.size() < 126, "a short frame");
  out[0] = static_cast<char>(opcode);
  out[1] = static_cast<char>(text.size());
  std::memcpy(out + 2, text.data(), text.size());
  return text.size() + 2;
}

/// The payload of a client's only frame.
std::string_view unmasked(std::string_view frame, char* out) {
  direct::expect(frame.size() >= 6 && static_cast<unsigned char>(frame[1]) >= 0x80, "a masked frame");
  const std::size_t n = static_cast<unsigned char>(frame[1]) & 0x7f;
  direct::expect(n < 126 && frame.size() == n + 6, "one short frame");
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<char>(frame[6 + i] ^ frame[2 + (i & 3)]);
  return {out, n};
}

}  // namespace

int main() {
  siokit::client_options options;
  options.memory.alloc = counted_alloc;
  options.transports = {siokit::eio::transport::websocket};
  static siokit::client io{"http://localhost:3000", options};
  std::size_t heard = 0;
  io.on("msg", [&](std::string_view text, int n) { heard += text.size() + static_cast<std::size_t>(n); });
  io.on("add", [](int a, int b) { return a + b; });
  io.on("blob", [&](siokit::bytes_view blob) { heard += blob.size(); });

  static direct::host host{io.driver()};
  std::string_view request;
  const siokit::link_id link = host.dial(request);
  const std::size_t at = request.find("Sec-WebSocket-Key: ");
  direct::expect(at != std::string_view::npos, "an upgrade request");
  const auto accept = siokit::ws::accept_for(request.substr(at + 19, 24));
  char in[512];
  char out[256];
  const int n = std::snprintf(in, sizeof in, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: %.28s\r\n\r\n", accept.data());
  host.exchange(link, {in, static_cast<std::size_t>(n)});
  const auto send = [&](std::string_view text, unsigned char opcode = 0x81) { return host.exchange(link, {in, put(in, text, opcode)}); };
  direct::expect(unmasked(send("0{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}"), out) == "40", "CONNECT");
  send("40{\"sid\":\"abc\"}");
  direct::expect(io.connected(), "connected");

  count("client: an event that comes", [&] { send("42[\"msg\",\"hello \\\"there\\\"\",3]"); });
  count("client: an event that is acknowledged", [&] {
    direct::expect(unmasked(send("4217[\"add\",2,3]"), out) == "4317[5]", "acknowledged");
  });
  std::size_t answers = 0;
  count("client: emit with acknowledgement and timeout", [&] {
    io.timeout(std::chrono::seconds(5)).emit("ask", "what", 7, siokit::on_ack([&](siokit::result<int> x) { answers += x ? 1 : 0; }));
    const std::string_view asked = unmasked(host.flush(link), out);
    const std::size_t end = asked.find('[');
    direct::expect(asked.substr(0, 2) == "42" && end != std::string_view::npos, "asked");
    char reply[64] = "43";
    std::memcpy(reply + 2, asked.data() + 2, end - 2);
    std::memcpy(reply + end, "[42]", 4);
    send({reply, end + 4});
  });
  direct::expect(answers == 1100, "every acknowledgement was heard");
  count("client: binary both ways", [&] {
    send("451-[\"blob\",{\"_placeholder\":true,\"num\":0}]");
    send("some bytes", 0x82);
    io.emit("blob", siokit::bytes_view(reinterpret_cast<const std::byte*>("abc"), 3));
    host.flush(link);
  });
  count("client: heartbeat", [&] { direct::expect(unmasked(send("2"), out) == "3", "pong"); });
  direct::expect(heard != 0, "heard");
  return 0;
}
