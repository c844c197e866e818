// A program of imports only: an acknowledged event from a client to a server, in virtual time.
import siokit;

int main() {
  siokit::sim::network net;
  siokit::server server;
  server.on("add", [](int a, int b) { return a + b; });
  siokit::sim::host serves(net, server.driver());
  serves.listen("localhost", 3000);

  siokit::client io{"http://localhost:3000"};
  siokit::sim::host dials(net, io.driver());
  int seen = 0;
  io.emit("add", 2, 3, siokit::on_ack([&](siokit::result<int> sum) { seen = sum ? *sum : -1; }));
  net.run_for(siokit::milliseconds(10000));
  return seen == 5 ? 0 : 1;
}
