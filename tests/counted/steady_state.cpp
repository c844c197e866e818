// Counts allocations per event in the steady state: none are allowed, on either transport, with 40-character room names,
// strings with escapes, acknowledgements both ways, broadcasts and binary. Both the hooks that a server is given and the
// ordinary heap are counted. Not for sanitizer builds: there nothing is cached on purpose.
#include "counting_heap.hpp"

namespace {

constexpr std::string_view room = "a-room-whose-name-has-forty-characters-x";
static_assert(room.size() == 40);

std::string_view body_of(std::string_view response) {
  const std::size_t at = response.find("\r\n\r\n");
  return at == std::string_view::npos ? std::string_view{} : response.substr(at + 4);
}

}  // namespace

int main() {
  siokit::server_options options;
  options.memory.alloc = counted_alloc;
  siokit::server io{options};
  io.on_connect([](siokit::socket& s) { s.join(room); });
  io.on("echo", [](const siokit::arguments& all) { return all; });
  io.on("say", [](siokit::socket& s, std::string_view text, int n) { s.to(room).emit("said", s.id(), text, n); });
  io.on("all", [&](std::string_view text) { io.in(room).except("nobody is in this room of forty chars..").emit("msg", text); });
  io.on("blob", [](siokit::socket& s, siokit::bytes_view blob) { s.emit("blob", blob, siokit::obj("size", blob.size())); });
  std::size_t answers = 0;
  io.on("ask", [&](siokit::socket& s) {
    s.timeout(std::chrono::seconds(5)).emit("question", 42, siokit::on_ack([&](siokit::result<int> x) { answers += x ? 1 : 0; }));
  });
  io.on("later", [](siokit::socket& s, siokit::ack<int> reply) {
    s.data<siokit::ack<int>>() = reply;
    s.data<siokit::ack<int>>()(7);
  });

  static direct::host host{io.driver()};
  const siokit::link_id a = direct::websocket(host);
  for (int i = 0; i < 9; ++i) direct::websocket(host);

  char text[512];
  const auto send = [&](std::string_view packet) { return host.exchange(a, {text, direct::frame(text, packet)}); };
  count("websocket: event with acknowledgement", [&] {
    direct::expect(send("421[\"echo\",{\"a\":[1,2.5,true,null],\"b\":\"text\"}]").find("431[{") != std::string_view::npos, "echo");
  });
  count("websocket: escapes and a broadcast to a room", [&] { send("42[\"say\",\"a \\\"quoted\\\" \\u00e9 text\",3]"); });
  count("websocket: broadcast to a room but another", [&] { send("42[\"all\",\"hello\"]"); });
  count("websocket: binary both ways", [&] {
    char both[600];
    std::size_t n = direct::frame(both, "451-[\"blob\",{\"_placeholder\":true,\"num\":0}]");
    n += direct::frame(both + n, "some bytes", 0x82);
    direct::expect(host.exchange(a, {both, n}).find("451-[\"blob\"") != std::string_view::npos, "blob");
  });
  count("websocket: acknowledgement of a client, with timeout", [&] {
    const std::string_view question = send("42[\"ask\"]");
    const std::size_t from = question.find("42");
    const std::size_t to = question.find('[');
    direct::expect(from != std::string_view::npos && to != std::string_view::npos, "question");
    char reply[64] = "43";
    std::size_t n = 2;
    for (std::size_t i = from + 2; i < to; ++i) reply[n++] = question[i];
    std::memcpy(reply + n, "[42]", 4);
    send({reply, n + 4});
  });
  direct::expect(answers == 1100, "every acknowledgement was heard");
  count("websocket: deferred acknowledgement", [&] { direct::expect(send("425[\"later\"]").find("435[7]") != std::string_view::npos, "later"); });
  count("websocket: ping and pong", [&] {
    char ping[16];
    host.exchange(a, {ping, direct::frame(ping, "hi", 0x89)});
  });

  // Polling: one link for polls, one for posts.
  const siokit::link_id get = host.accept();
  const siokit::link_id post = host.accept();
  const std::string_view hello = body_of(host.exchange(get, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"));
  char sid[21] = {};
  std::memcpy(sid, hello.data() + hello.find("sid\":\"") + 6, 20);
  char head[256];
  char request[512];
  const auto poll = [&] {
    const int n = std::snprintf(head, sizeof head, "GET /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", sid);
    return host.exchange(get, {head, static_cast<std::size_t>(n)});
  };
  const auto write = [&](const char* packet) {
    const int n = std::snprintf(request, sizeof request,
                                "POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n"
                                "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n%s",
                                sid, std::strlen(packet), packet);
    return host.exchange(post, {request, static_cast<std::size_t>(n)});
  };
  write("40");
  poll();
  count("polling: event, acknowledgement, poll", [&] {
    direct::expect(body_of(write("421[\"echo\",\"hi\"]")) == "ok", "ok");
    direct::expect(body_of(poll()) == "431[\"hi\"]", "echo");
  });
  count("polling: parked poll answered by a broadcast", [&] {
    poll();
    write("42[\"all\",\"hello\"]");
  });
  count("polling: binary", [&] {
    write("451-[\"blob\",{\"_placeholder\":true,\"num\":0}]\x1e" "bc29tZSBieXRlcw==");
    direct::expect(body_of(poll()).find("bc29tZSBieXRlcw==") != std::string_view::npos, "blob");
  });
  return 0;
}
