// poll_host and epoll_host: dialing.
#include "adapters/rigs.hpp"

using posix_rigs = std::tuple<poll_rig, epoll_rig>;
#define RIGS posix_rigs
#include "adapters/dialing.hpp"

#include <optional>
#include <thread>

TEMPLATE_LIST_TEST_CASE("an answer wakes a loop that sleeps", "[adapters]", RIGS) {
  TestType rig{names::options()};
  const closed_port nobody;
  rig.io.on_closed = [&](siokit::link_id) { rig.host.stop(); };
  rig.io.dial("stuck", nobody.port());
  std::thread opens_gate([] {
    names::wait_for(1);
    names::release();
  });
  rig.host.run();
  opens_gate.join();
  REQUIRE(rig.io.endings.size() == 1);
  CHECK(rig.io.endings[0].how == link_end::refused);  // not given up after connect_time
}

TEMPLATE_LIST_TEST_CASE("dialing, host and driver die in either order", "[adapters]", RIGS) {
  const bool driver_first = GENERATE(false, true);
  const silence nobody;
  auto io = std::make_optional<echo_driver>();
  auto host = std::make_optional<decltype(TestType::host)>(*io, names::options());
  for (int i = 0; i < 6; ++i) io->dial("stuck", 1);
  io->dial("127.0.0.1", nobody.port());
  for (int i = 0; i < 5; ++i) host->step(1ms);
  names::wait_for(siokit::resolver::most_threads);
  if (driver_first) io.reset();
  host.reset();
  if (io) io->dial("127.0.0.1", 1);  // to nobody
  names::release();
}

TEST_CASE("literals lead to themselves, and names to every family in turn", "[adapters]") {
  const siokit::resolved four = siokit::resolve_name("127.0.0.1", 80);
  REQUIRE(four.addresses.size() == 1);
  CHECK(four.addresses[0].family() == AF_INET);
  const siokit::resolved six = siokit::resolve_name("::1", 80);
  REQUIRE(six.addresses.size() == 1);
  CHECK(six.addresses[0].family() == AF_INET6);
  CHECK(siokit::resolve_name("", 80).error != 0);

  const auto families = [](std::string_view text) {
    siokit::resolved all;
    for (const char c : text) {
      siokit::socket_address at;
      at.storage.ss_family = c == '6' ? AF_INET6 : AF_INET;
      all.addresses.push_back(at);
    }
    siokit::alternate_families(all.addresses);
    std::string out;
    for (const auto& at : all.addresses) out += at.family() == AF_INET6 ? '6' : '4';
    return out;
  };
  CHECK(families("") == "");
  CHECK(families("6") == "6");
  CHECK(families("666444") == "646464");
  CHECK(families("6664") == "6466");
  CHECK(families("4466") == "4646");
  CHECK(families("44444") == "44444");
}
