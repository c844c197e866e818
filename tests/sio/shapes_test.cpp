// Forms that programs write calls in, and visitors that change what they visit.
#include <array>
#include <map>

#include "sio/host.hpp"

using namespace rules;
using siokit::errc;
using siokit::socket;

namespace {

inline constexpr siokit::event<int(int, int)> add{"add"};
inline constexpr siokit::event<void(std::string_view)> say{"say"};

/// Clients 0 to n, and who of them got "e".
struct some {
  siokit::server io;
  host h{io};
  std::vector<std::unique_ptr<client>> all;
  explicit some(int n) {
    for (int i = 0; i < n; ++i) joined(*all.emplace_back(std::make_unique<client>(h)));
  }
  socket& operator[](std::size_t i) { return *io.find(all[i]->id); }
  template <class T>
  std::string got(T&& t) {
    t.emit("e");
    h.settle();
    std::string out;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string p = all[i]->packets();
      for (std::size_t at = p.find("2[\"e\"]"); at != std::string::npos; at = p.find("2[\"e\"]", at + 1)) out += std::to_string(i);
    }
    return out;
  }
};

}  // namespace

TEST_CASE("each_room: the visitor may join and leave, and sees each room at most once", "[sio]") {
  constexpr int rooms = 40;
  some all(2);
  socket& s = all[0];
  const auto name = [](int i) { return "room number " + std::to_string(i); };
  for (int i = 0; i < rooms; ++i) {
    s.join(name(i));
    if (i % 2 == 0) all[1].join(name(i));  // some live on, some end with their last member
  }
  std::map<std::string, int> seen;
  int visits = 0, made = 0;
  const auto visit = [&](auto&& change) {
    s.each_room([&](std::string_view room) {
      const std::string mine(room);
      ++seen[mine];
      ++visits;
      change(mine);
    });
  };
  const auto join_one = [&] {
    if (made < 500) s.join("new " + std::to_string(made++));
  };
  SECTION("joins") {
    visit([&](const std::string&) { join_one(); });
    for (int i = 0; i < rooms; ++i) CHECK(seen[name(i)] == 1);
    CHECK(seen[std::string(s.id().view())] == 1);
    CHECK(s.in_room("new 0"));
  }
  SECTION("leaves the one it is told of") {
    visit([&](const std::string& room) { s.leave(room); });
    CHECK(visits > 0);
  }
  SECTION("leaves the one it is told of by the name it was told") {
    s.each_room([&](std::string_view room) {
      ++seen[std::string(room)];
      s.leave(room);
    });
  }
  SECTION("leaves the others") {
    visit([&](const std::string& room) {
      for (int i = 0; i < rooms; ++i)
        if (name(i) != room) s.leave(name(i));
    });
  }
  SECTION("leaves those it has seen, and joins them again") {
    visit([&](const std::string& room) {
      s.leave(room);
      if (visits < 1000) s.join(room);
      join_one();
    });
    CHECK(visits < 1000);
  }
  SECTION("leaves all and joins others") {
    visit([&](const std::string&) {
      for (int i = 0; i < rooms; ++i) s.leave(name(i));
      for (int i = 0; i < 10; ++i) join_one();
    });
  }
  SECTION("disconnects, joins nothing") {
    visit([&](const std::string&) {
      s.disconnect();
      join_one();
    });
  }
  for (const auto& [room, times] : seen) {
    INFO(room);
    CHECK(times == 1);
  }
  all.h.settle();
  all.io.to(name(0)).emit("e");
  all.h.settle();
  CHECK(all.all[1]->packets() == "2[\"e\"]");
}

TEST_CASE("on_ack takes callables that are noexcept, mutable, or take the result by reference", "[sio]") {
  some all(1);
  socket& s = all[0];
  int sum = 0;
  (void)s.emit("q", siokit::on_ack([&sum](siokit::result<int> r) noexcept { sum += *r; }));
  (void)s.emit("q", siokit::on_ack([&sum, calls = 0](const siokit::result<int>& r) mutable { sum += *r * ++calls; }));
  (void)s.emit("q", siokit::on_ack([&sum, calls = 0](siokit::result<int> r) mutable noexcept { sum += *r * ++calls; }));
  (void)s.emit("q", siokit::on_ack([&sum](const siokit::result<int>& r) noexcept { sum += *r; }));
  (void)s.emit("q", siokit::on_ack([&sum, calls = 0](const siokit::result<int>& r) mutable noexcept { sum += *r * ++calls; }));
  (void)s.emit("unused", siokit::on_ack([](siokit::result<int>) noexcept {}));
  all.h.settle();
  for (int i = 0; i < 5; ++i) all.all[0]->send("3" + std::to_string(i) + "[" + std::to_string(1 << i) + "]");
  CHECK(sum == 31);
}

TEST_CASE("once() takes declared events", "[sio]") {
  some all(1);
  socket& s = all[0];
  int sum = 0, said = 0;
  const siokit::listener_id id = all.io.once(add, [&](int a, int b) { return sum += a + b; });
  CHECK(id != siokit::listener_id{});
  s.once(say, [&](std::string_view) { ++said; });
  all.io.of("/").once(say, [&](std::string_view) { ++said; });
  for (int i = 0; i < 2; ++i) {
    all.all[0]->send("2" + std::to_string(i) + "[\"add\",2,3]");
    all.all[0]->send("2[\"say\",\"x\"]");
  }
  CHECK(sum == 5);
  CHECK(said == 2);
  CHECK(all.all[0]->packets() == "30[5]");
}

TEST_CASE("to(), in() and except() take lists, on everything that has rooms", "[sio]") {
  some all(5);
  all[0].join("a");
  all[1].join("a");
  all[1].join("b");
  all[2].join("b");
  all[3].join("c");
  const std::vector<std::string> names{"a", "c"};
  const std::array<std::string_view, 2> views{"b", "c"};
  // A namespace.
  CHECK(all.got(all.io.to({"a", "b"})) == "012");
  CHECK(all.got(all.io.in({"a", "c"})) == "013");
  CHECK(all.got(all.io.except({"a", "b"})) == "34");
  CHECK(all.got(all.io.to({"a", "b", "c"})) == "0123");
  CHECK(all.got(all.io.to({"c"})) == "3");
  CHECK(all.got(all.io.to(names)) == "013");
  CHECK(all.got(all.io.in(names)) == "013");
  CHECK(all.got(all.io.in(views)) == "123");
  CHECK(all.got(all.io.except(names)) == "24");
  CHECK(all.got(all.io.except(std::vector<std::string>{})) == "01234");
  // A socket.
  CHECK(all.got(all[1].to({"a", "b"})) == "02");
  CHECK(all.got(all[1].in({"a", "c"})) == "03");
  CHECK(all.got(all[1].except({"a", "c"})) == "24");
  CHECK(all.got(all[1].to(names)) == "03");
  CHECK(all.got(all[1].in(views)) == "23");
  CHECK(all.got(all[1].except(views)) == "04");
  // A target.
  CHECK(all.got(all.io.to("c").to({"a", "b"})) == "0123");
  CHECK(all.got(all.io.to("c").in({"a", "b"})) == "0123");
  CHECK(all.got(all.io.to("a").except({"b", "c"})) == "0");
  CHECK(all.got(all.io.local().in(views)) == "123");
  CHECK(all.got(all.io.local().except(views)) == "04");
  const siokit::target kept = all.io.to({"a", "b"});
  CHECK(all.got(kept.except({"b", "c"})) == "0");
  CHECK(all.got(kept) == "012");
  CHECK(all.got(all.io.to(all[4].id())) == "4");
}
