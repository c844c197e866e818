// Instantiates what a program does: handlers, emits, acknowledgements, a client.
#include <siokit/client.hpp>
#include <siokit/server.hpp>

#include <chrono>
#include <string_view>

int main() {
  siokit::server io;
  io.on_connect([](siokit::socket& s) { s.join("lobby"); });
  io.on("say", [](siokit::socket& s, std::string_view text) { s.to("lobby").emit("said", s.id(), text); });
  io.on("add", [](int a, int b) { return a + b; });
  siokit::client peer{"http://localhost:3000"};
  peer.timeout(std::chrono::seconds(5)).emit("add", 2, 3, siokit::on_ack([](const siokit::result<int>& sum) {
    return sum ? 0 : 1;
  }));
}
