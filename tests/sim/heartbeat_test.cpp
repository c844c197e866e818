// A day of heartbeats in virtual time: nothing drifts, nothing is missed, nothing grows.
#include <siokit/server.hpp>

#include "catch.hpp"
#include "sim/client.hpp"
#include "sim/counting_memory.hpp"

using namespace std::chrono_literals;
using sim_client::way;

TEST_CASE("24 hours of heartbeats on every transport") {
  sim_client::counting_memory memory;
  siokit::server_options options;
  options.memory = memory.hooks();
  siokit::server io{options};
  std::size_t left = 0;
  io.on_disconnect([&](siokit::socket&, siokit::close_reason) { ++left; });
  siokit::sim::network net(24);
  siokit::sim::host host(net, io.driver());
  sim_client::client polling(net, host, way::polling), websocket(net, host, way::websocket), upgraded(net, host,
      way::upgrade);
  for (sim_client::client* c : {&polling, &websocket, &upgraded}) c->start();
  net.run_for(1h);
  const std::size_t after_an_hour = memory.live;
  net.run_for(23h);
  CHECK(upgraded.upgraded);
  for (sim_client::client* c : {&polling, &websocket, &upgraded}) {
    CHECK(c->connected);
    CHECK(c->pings == 24 * 3600 / 25);
  }
  CHECK(left == 0);
  CHECK(memory.live == after_an_hour);
}

TEST_CASE("the wall clock moves no timer") {
  siokit::server io;
  siokit::sim::network net(7);
  siokit::sim::host host(net, io.driver());
  sim_client::client c(net, host, way::websocket);
  c.start();
  const std::int64_t hour = 3'600'000;
  for (const std::int64_t when : {net.unix_ms() + hour, net.unix_ms() - hour, std::int64_t{0},
      std::int64_t{2'147'483'648'000}}) {
    net.set_unix_ms(when);
    const unsigned before = c.pings;
    net.run_for(100s);
    CHECK(c.pings == before + 4);
  }
  CHECK(c.connected);
}

TEST_CASE("a pause of ten minutes drops nobody, and makes no storm of pings") {
  siokit::server io;
  siokit::sim::network net(8);
  siokit::sim::host host(net, io.driver());
  sim_client::client websocket(net, host, way::websocket), polling(net, host, way::polling);
  websocket.start();
  polling.start();
  net.run_for(30s);  // a ping was answered
  net.run_for(20s);
  const unsigned before = websocket.pings + polling.pings;
  host.freeze(10min);
  net.run_for(10min);
  net.run_for(1s);
  CHECK(websocket.pings + polling.pings <= before + 2);
  net.run_for(2min);
  CHECK(websocket.connected);
  CHECK(polling.connected);
}

TEST_CASE("a half-open peer is gone after interval and timeout") {
  siokit::server io;
  std::vector<std::string> reasons;
  io.on_disconnect([&](siokit::socket&, siokit::close_reason why) { reasons.emplace_back(siokit::text(why)); });
  siokit::sim::network net(9);
  siokit::sim::host host(net, io.driver());
  sim_client::client websocket(net, host, way::websocket), polling(net, host, way::polling);
  websocket.start();
  polling.start();
  net.run_for(1s);
  websocket.vanish();
  polling.vanish();
  net.run_for(44s);
  CHECK(reasons.size() == 2);
  CHECK((reasons.empty() || reasons[0] == "ping timeout"));
  CHECK((reasons.size() < 2 || reasons[1] == "ping timeout"));
}
