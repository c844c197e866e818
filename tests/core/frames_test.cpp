// frame, frame_builder, batch, out_queue and in_buffer: who keeps bytes alive, and in which order they leave.
#include <algorithm>
#include <memory>
#include <string>

#include <siokit/core/in_buffer.hpp>
#include <siokit/core/out_queue.hpp>
#include <siokit/eio/payload.hpp>

#include "core/memory_loop.hpp"

using core_tests::each_failure;
using siokit::as_bytes;
using siokit::as_text;
using siokit::frame;
using siokit::frame_kind;
using siokit::out_queue;
using siokit::pool;
using siokit::wire;

namespace {
std::string text(siokit::bytes_view v) { return std::string(as_text(v)); }
frame make(pool& p, std::string_view s, frame_kind k = frame_kind::text) { return frame::copy(p, k, as_bytes(s)); }
std::string shown(out_queue& q) {
  siokit::batch b;
  q.show(b);
  std::string out;
  for (const auto v : b.views()) out += text(v);
  return out;
}
}  // namespace

TEST_CASE("frame: the WebSocket header of every length, the polling separator", "[core]") {
  pool p;
  for (const std::size_t n : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 70000u})
    for (const frame_kind k : {frame_kind::text, frame_kind::binary}) {
      const std::string payload(n, 'p');
      const frame f = make(p, payload, k);
      std::string header(1, static_cast<char>(k == frame_kind::text ? 0x81 : 0x82));
      if (n < 126) {
        header += static_cast<char>(n);
      } else if (n < 65536) {
        header += {static_cast<char>(126), static_cast<char>(n >> 8), static_cast<char>(n & 255)};
      } else {
        header += {static_cast<char>(127), 0, 0, 0, 0, 0, static_cast<char>(n >> 16), static_cast<char>(n >> 8 & 255), static_cast<char>(n & 255)};
      }
      CHECK((text(f.as(wire::ws4)) == header + payload));
      CHECK((text(f.as(wire::payload)) == payload));
      CHECK(f.size() == n);
      CHECK(f.kind() == k);
      if (k == frame_kind::text) {
        CHECK((text(f.as(wire::poll4)) == payload));
        CHECK((text(f.as(wire::poll4_more)) == payload + "\x1e"));
      }
    }
  const frame raw = make(p, "HTTP", frame_kind::raw);
  for (const wire w : {wire::payload, wire::ws4, wire::poll4, wire::poll4_more}) CHECK(text(raw.as(w)) == "HTTP");
}

TEST_CASE("frame: a binary one gets its polling form once, for all who share it", "[core]") {
  pool p;
  frame f = make(p, "bin", frame_kind::binary);
  const frame other = f;
  CHECK_FALSE(f.has(wire::poll4));
  CHECK(f.has(wire::ws4));
  REQUIRE(siokit::eio::prepare_for_polling(f, p) == siokit::errc::none);
  CHECK(text(other.as(wire::poll4_more)) == "bYmlu\x1e");
  const auto* const at = other.as(wire::poll4).data();
  REQUIRE(siokit::eio::prepare_for_polling(f, p) == siokit::errc::none);
  CHECK(f.as(wire::poll4).data() == at);
}

TEST_CASE("frames outlive their pool's owner, and share without copies", "[core]") {
  siokit::batch kept;
  {
    pool p;
    const frame f = make(p, "still here");
    const frame same = f;
    CHECK(same.payload().data() == f.payload().data());
    kept.add(f, f.payload());
  }
  CHECK(text(kept.views()[0]) == "still here");
  CHECK(kept.bytes() == 10);
  kept.clear();
  CHECK(kept.empty());
}

TEST_CASE("frame_builder: writes, reserves, truncates, and remembers a failure", "[core]") {
  pool p;
  siokit::frame_builder b(p);
  CHECK(b.written().empty());
  std::string model;
  for (int i = 0; i < 1000; ++i) {
    b.put(static_cast<char>('a' + i % 26));
    b.put(std::to_string(i));
    model += static_cast<char>('a' + i % 26) + std::to_string(i);
  }
  char* const at = b.reserve(3);
  REQUIRE(at != nullptr);
  std::memcpy(at, "xyz", 3);
  b.commit(at + 2);
  model += "xy";
  CHECK(b.written() == model);
  b.truncate(1'000'000);
  CHECK(b.written() == model);
  b.truncate(5);
  CHECK(b.written() == model.substr(0, 5));
  const frame f = b.finish(frame_kind::text);
  CHECK(text(f.payload()) == model.substr(0, 5));
  CHECK_FALSE(b.failed());
  b.put("more");
  b.put('!');
  CHECK_FALSE(b.insert(0, "more"));
  CHECK_FALSE(b.finish(frame_kind::raw));
  siokit::frame_builder done(p);
  done.put("kept");
  const frame kept = done.finish(frame_kind::text);
  CHECK_FALSE(done.replace(0, 'l'));
  done.truncate(1);
  done.put('l');
  done.put("ost");
  CHECK(text(kept.as(wire::poll4_more)) == "kept\x1e");
  CHECK(siokit::frame_builder(p).finish(frame_kind::raw).size() == 0);
  each_failure([](pool& q) {
    siokit::frame_builder c(q);
    for (int i = 0; i < 500; ++i) c.put("some text");
    const bool failed = c.failed();
    const frame made = c.finish(frame_kind::text);
    CHECK(static_cast<bool>(made) == !failed);
    if (made) CHECK(made.size() == 4500);
  });
}

TEST_CASE("out_queue: in order, in pieces of every size", "[core]") {
  pool p;
  for (std::size_t piece = 1; piece < 40; ++piece) {
    out_queue q;
    std::string wanted, got;
    std::size_t payload = 0, gone = 0;
    for (int i = 0; i < 9; ++i) {
      const frame f = make(p, std::string(static_cast<std::size_t>(i) * 3, static_cast<char>('a' + i)));
      REQUIRE(q.push(p, f, i % 2 == 0 ? wire::ws4 : wire::poll4_more));
      wanted += text(f.as(i % 2 == 0 ? wire::ws4 : wire::poll4_more));
      payload += out_queue::weight(f);
    }
    CHECK(q.size() == 9);
    CHECK(q.wire_bytes() == wanted.size());
    CHECK(q.total_weight() == payload);
    while (!q.empty()) {
      const std::string s = shown(q);
      CHECK(s == wanted.substr(got.size()));
      CHECK(shown(q) == s);  // showing again shows the same
      const std::size_t n = std::min(piece, s.size());
      got += s.substr(0, n);
      gone += q.sent(p, n);
    }
    CHECK(got == wanted);
    CHECK(gone == payload);
    CHECK(q.total_weight() == 0);
  }
  CHECK(p.live() == 0);
}

TEST_CASE("out_queue: an urgent frame overtakes what nobody has seen, and nothing else", "[core]") {
  pool p;
  out_queue q;
  const auto push = [&](std::string_view s) { REQUIRE(q.push(p, make(p, s), wire::payload)); };
  const auto urgent = [&](std::string_view s) { REQUIRE(q.push_urgent(p, make(p, s, frame_kind::raw))); };
  push("aaa");
  push("bbb");
  urgent("P");
  CHECK(shown(q) == "Paaabbb");
  urgent("Q");               // behind all that was shown
  push("ccc");
  CHECK(q.size() == 5);
  CHECK(shown(q) == "PaaabbbQccc");
  CHECK(q.sent(p, 2) == 0);
  push("ddd");
  urgent("R");
  urgent("S");               // replaces the one that nobody saw
  CHECK(shown(q) == "aabbbQcccSddd");
  CHECK(q.sent(p, 2) == 64);  // three bytes count for what their block costs
  CHECK(shown(q) == "bbbQcccSddd");
  CHECK(q.sent(p, 11) == 192);
  CHECK(q.empty());
  urgent("T");
  urgent("U");
  CHECK(shown(q) == "U");
  urgent("V");
  CHECK(shown(q) == "UV");
  q.reset(p);
}

TEST_CASE("out_queue: an urgent frame while one is half sent stays behind it", "[core]") {
  pool p;
  out_queue q;
  REQUIRE(q.push(p, make(p, "half"), wire::payload));
  CHECK(shown(q) == "half");
  (void)q.sent(p, 2);
  REQUIRE(q.push(p, make(p, "next"), wire::payload));
  REQUIRE(q.push_urgent(p, make(p, "!", frame_kind::raw)));
  CHECK(shown(q) == "lf!next");
  q.reset(p);
}

TEST_CASE("out_queue: more than a batch holds", "[core]") {
  pool p;
  out_queue q;
  std::string wanted, got;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(q.push(p, make(p, std::to_string(i)), wire::payload));
    wanted += std::to_string(i);
  }
  while (!q.empty()) {
    siokit::batch b;
    q.show(b);
    CHECK(b.size() <= siokit::batch::capacity);
    REQUIRE(q.push_urgent(p, make(p, "", frame_kind::raw)));
    for (const auto v : b.views()) got += text(v);
    (void)q.sent(p, b.bytes());
  }
  CHECK(got == wanted);
  q.reset(p);
}

TEST_CASE("out_queue: append, pop, reserve, and failures that change nothing", "[core]") {
  each_failure([](pool& p) {
    out_queue a, b;
    std::size_t n = 0;
    for (int i = 0; i < 20; ++i) {
      const frame f = make(p, "x");
      if (f && a.push(p, f, wire::payload)) ++n;
      if (f && b.push(p, f, wire::payload)) ++n;
    }
    const std::size_t before = a.size();
    if (a.append(p, b)) {
      CHECK(b.empty());
      CHECK(a.size() == n);
    } else {
      CHECK(a.size() == before);
      CHECK(a.size() + b.size() == n);
    }
    CHECK(a.total_weight() == a.size() * 64);
    if (const frame urgent = make(p, "u", frame_kind::raw); urgent && a.push_urgent(p, urgent)) {
      CHECK(text(a.front().payload()) == "u");
      (void)a.pop(p);
    }
    if (a.reserve(p, 50))
      for (int i = 0; i < 50; ++i)
        if (const frame f = make(p, "y")) CHECK(a.push(p, f, wire::payload));
    while (!a.empty()) (void)a.pop(p);
    CHECK(a.total_weight() == 0);
    a.reset(p);
    b.reset(p);
  });
}

namespace {
/// What the queue would send, without showing it to anybody.
std::string shown_alone(const out_queue& q) { return text(q.front().as(wire::ws4)); }
/// Writes a message of this text behind the last frame, or in one of its own when there is no room. True: behind.
bool push_text(out_queue& q, pool& p, std::string_view s, std::size_t likely) {
  siokit::frame_builder b(siokit::frame_room{p, q.room_behind(p, likely), likely});
  b.put(s);
  const frame behind = b.is_behind() ? b.in() : frame{};
  if (behind) return q.push_written(behind, b.finish_behind(frame_kind::text), out_queue::weight(s.size()));
  const frame alone = b.finish(frame_kind::text);
  REQUIRE((alone && q.push(p, alone, wire::ws4)));
  return false;
}
}  // namespace

TEST_CASE("out_queue: messages written behind the last frame, of every length, guessed well and badly", "[core]") {
  pool p;
  for (const std::size_t likely : {0u, 1u, 125u, 126u, 300u, 4096u, 4097u}) {
    out_queue q;
    std::string wanted;
    std::size_t weight = 0, behind = 0;
    for (std::size_t n = 0; n < 300; n += n < 120 || n > 130 ? 7 : 1) {
      const std::string s(n, static_cast<char>('a' + n % 26));
      behind += push_text(q, p, s, likely) ? 1 : 0;
      wanted += text(make(p, s).as(wire::ws4));
      weight += out_queue::weight(n);
      CHECK(q.total_weight() == weight);
    }
    CHECK((likely > 4096 ? behind == 0 : behind > 10));
    CHECK(q.wire_bytes() == wanted.size());
    CHECK((shown(q) == wanted));
    CHECK(q.sent(p, wanted.size()) == weight);
    CHECK(q.empty());
  }
  CHECK(p.live() == 0);
}

TEST_CASE("out_queue: what is written behind a frame never needs a longer header than there is room for", "[core]") {
  pool p;
  for (std::size_t spare = 0; spare < 12; ++spare) {
    out_queue q;
    siokit::frame_builder wide(p);  // with as much room behind it as a frame ever has
    wide.put(std::string(400'000, 'w'));
    for (int i = 0; i < 3000; ++i) wide.put("and more");
    REQUIRE(q.push(p, wide.finish(frame_kind::text), wire::ws4));
    std::string wanted = shown_alone(q);
    const std::size_t n = q.room_behind(p, 10).room().size() - spare;
    for (const std::string& s : {std::string(n, 's'), std::string("short"), std::string(300, 't')}) {
      (void)push_text(q, p, s, 10);
      wanted += text(make(p, s).as(wire::ws4));
    }
    CHECK((shown(q) == wanted));
    q.reset(p);
  }
}

TEST_CASE("out_queue: a message whose length was guessed badly fills a block to its last byte, and no further", "[core]") {
  pool p;
  for (const std::size_t likely : {10u, 130u})
    for (std::size_t spare = 0; spare < 12; ++spare) {
      out_queue q;
      REQUIRE(q.push(p, make(p, std::string(30, 'f')), wire::ws4));
      std::string wanted = shown_alone(q);
      const std::string s(q.room_behind(p, 10).room().size() - spare, 's');
      CHECK(push_text(q, p, s, likely) == (spare >= 4));
      wanted += text(make(p, s).as(wire::ws4));
      CHECK((shown(q) == wanted));
      q.reset(p);
    }
}

TEST_CASE("frame: one that is larger than what the pool keeps in lists goes back at once", "[core]") {
  core_tests::failing_memory m;
  {
    pool p(m.hooks());
    make(p, "small");
    const std::size_t before = m.live;
    for (const std::size_t n : {131'000u, 131'072u, 200'000u, 300'000u, 9'000'000u}) {
      CHECK(make(p, std::string(n, 'l')).size() == n);
      CHECK(p.live() == 0);
      if (n > 131'072) CHECK(m.live <= before + 131'072);
    }
  }
  CHECK(m.live == 0);
}

TEST_CASE("out_queue: no memory for a larger block, or for the message alone", "[core]") {
  each_failure([](pool& p) {
    out_queue q;
    std::string wanted;
    for (int i = 0; i < 12; ++i) {
      const std::string s(400, static_cast<char>('a' + i));
      siokit::frame_builder b(siokit::frame_room{p, q.room_behind(p, 450), 450});
      b.put(s);
      const frame behind = b.is_behind() ? b.in() : frame{};
      const frame alone = behind || b.failed() ? frame{} : b.finish(frame_kind::text);
      const bool pushed = behind ? q.push_written(behind, b.finish_behind(frame_kind::text), 400) : alone && q.push(p, alone, wire::ws4);
      if (pushed) wanted += "\x81\x7e\x01\x90" + s;
    }
    CHECK((shown(q) == wanted));
    q.reset(p);
  });
}

TEST_CASE("out_queue: nothing is written behind what others have, what was shown, or what is urgent", "[core]") {
  pool p;
  out_queue q;
  CHECK_FALSE(q.room_behind(p, 10));  // behind nothing
  const frame shared = make(p, "shared");
  REQUIRE(q.push(p, shared, wire::ws4));
  CHECK_FALSE(q.room_behind(p, 10));
  REQUIRE(q.push(p, make(p, "for a poll"), wire::poll4));
  CHECK_FALSE(q.room_behind(p, 10));
  REQUIRE(q.push(p, make(p, "alone"), wire::ws4));
  {
    const frame lent = q.room_behind(p, 10);
    CHECK(lent);
    CHECK_FALSE(q.room_behind(p, 10));  // it is lent already
  }
  CHECK(q.room_behind(p, 10));
  (void)shown(q);
  CHECK_FALSE(q.room_behind(p, 10));
  REQUIRE(q.push_urgent(p, make(p, "pong", frame_kind::raw)));
  CHECK_FALSE(q.room_behind(p, 10));
  q.reset(p);
}

TEST_CASE("out_queue: what was written behind a frame that has left is not sent", "[core]") {
  pool p;
  out_queue q;
  REQUIRE(q.push(p, make(p, "first"), wire::ws4));
  {
    siokit::frame_builder b(siokit::frame_room{p, q.room_behind(p, 10), 10});
    b.put("second");
    REQUIRE(q.push(p, make(p, "third"), wire::ws4));  // by whoever is asked for a part of the second
    CHECK(q.push_written(b.in(), b.finish_behind(frame_kind::text), 64));
  }
  CHECK(shown(q) == "\x81\x05" "first" "\x81\x06" "second" "\x81\x05" "third");
  siokit::frame_builder late(siokit::frame_room{p, {}, 10});
  CHECK_FALSE(late.is_behind());
  q.reset(p);
  REQUIRE(q.push(p, make(p, "first"), wire::ws4));
  siokit::frame_builder b(siokit::frame_room{p, q.room_behind(p, 10), 10});
  b.put("second");
  q.reset(p);
  CHECK_FALSE(q.push_written(b.in(), b.finish_behind(frame_kind::text), 64));
  CHECK(q.empty());
}

TEST_CASE("frame_builder: moves out from behind a frame when there is no more room, or when it must", "[core]") {
  each_failure([](pool& p) {
    out_queue q;
    const auto put_first = [&] {
      const frame copy = make(p, "first");
      return copy && q.push(p, copy, wire::ws4);
    };
    if (!put_first()) return q.reset(p);
    siokit::frame_builder b(siokit::frame_room{p, q.room_behind(p, 10), 10});
    std::string model;
    for (int i = 0; i < 500; ++i) {
      b.put(std::to_string(i));
      model += std::to_string(i);
    }
    if (!b.failed()) {
      CHECK(b.written() == model);
      CHECK_FALSE(b.is_behind());
      CHECK(b.insert(0, "<"));
      if (const frame made = b.finish(frame_kind::text)) CHECK(text(made.payload()) == "<" + model);
    }
    siokit::frame_builder c(siokit::frame_room{p, q.room_behind(p, 10), 10});
    c.put("abc");
    if (c.move_out() && !c.failed()) {
      CHECK_FALSE(c.is_behind());
      const frame made = c.finish(frame_kind::text);
      CHECK(text(made.as(wire::ws4)) == "\x81\x03" "abc");
    }
    CHECK(text(q.front().as(wire::ws4)) == "\x81\x05" "first");
    q.reset(p);
  });
}

TEST_CASE("in_buffer: lends, keeps, cuts, and reads into its own room", "[core]") {
  pool p;
  siokit::in_buffer in;
  const auto feed = [&](std::string_view s) {
    const auto block = std::make_unique<std::byte[]>(s.size());
    std::memcpy(block.get(), s.data(), s.size());
    REQUIRE(in.feed(p, {block.get(), s.size()}));
    const bool lent = in.unread().data() == block.get();
    REQUIRE(in.keep(p));
    return lent;
  };
  const auto unread = [&] { return text(in.unread()); };
  CHECK(feed("hello"));
  CHECK(unread() == "hello");
  CHECK_FALSE(feed(" world"));
  CHECK(unread() == "hello world");
  in.consume(6);
  CHECK(unread() == "world");
  in.cut(2, 2);
  CHECK(unread() == "wod");
  in.cut(0, 1);
  CHECK(unread() == "od");
  const auto room = in.space(p, 100'000);
  REQUIRE(room.size() >= 100);
  CHECK(room.size() < 20'000);  // grows with what arrived, not with what was announced
  std::memset(room.data(), 'z', 50);
  REQUIRE(in.feed(p, room.first(50)));
  CHECK(unread() == "od" + std::string(50, 'z'));
  CHECK(in.unread().data() + 2 == room.data());
  in.consume(52);
  CHECK(in.space(p, 10).empty());
  REQUIRE(in.keep(p));
  CHECK(p.live() == 0);  // at rest nothing is held
  in.reset(p);
  each_failure([](pool& q) {
    siokit::in_buffer b;
    std::string model;
    for (int i = 0; i < 50; ++i) {
      std::string s(static_cast<std::size_t>(i) * 7, static_cast<char>('a' + i % 26));
      if (b.feed(q, {reinterpret_cast<std::byte*>(s.data()), s.size()})) model += s;
      if (!b.keep(q)) model.clear();
      CHECK(as_text(b.unread()) == model);
      if (i % 10 == 9) {
        b.consume(model.size() / 2);
        model.erase(0, model.size() / 2);
      }
    }
    b.reset(q);
  });
}
