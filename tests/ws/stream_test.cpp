// Messages out of frames: the catalogue, the rules, the limits, and both roles against each other.
#include "catch.hpp"
#include "hostile_rows.hpp"
#include "link.hpp"

#include <random>

using namespace siokit;
using namespace wire_test;

namespace {

std::string frame_text(ws::opcode what, std::string_view payload, bool fin = true, const ws::mask_key* key = nullptr) {
  ws::header head{.what = what, .fin = fin, .masked = key != nullptr, .length = payload.size()};
  if (key != nullptr) head.key = *key;
  std::array<std::byte, ws::longest_header> start;
  const std::size_t n = ws::encode(head, start);
  std::string out(as_text(bytes_view(start).first(n)));
  std::string body(payload);
  if (key != nullptr) ws::apply_mask({reinterpret_cast<std::byte*>(body.data()), body.size()}, *key);
  return out + body;
}

ws::mask_key random_key(std::mt19937& random) {
  ws::mask_key key;
  for (std::byte& b : key) b = static_cast<std::byte>(random() & 0xff);
  return key;
}

// Gives every masked frame of an input another key; bytes behind the last whole frame stay.
std::string remasked(std::string input, std::mt19937& random) {
  for (std::size_t at = 0; at < input.size();) {
    ws::header head;
    if (!ws::decode(as_bytes(std::string_view(input).substr(at)), head)) break;
    if (head.length > input.size() - at - head.size) break;
    if (head.masked) {
      const ws::mask_key key = random_key(random);
      auto* const payload = reinterpret_cast<std::byte*>(input.data()) + at + head.size;
      std::memcpy(payload - 4, key.data(), 4);
      ws::apply_mask({payload, static_cast<std::size_t>(head.length)}, head.key);
      ws::apply_mask({payload, static_cast<std::size_t>(head.length)}, key);
    }
    at += head.size + static_cast<std::size_t>(head.length);
  }
  return input;
}

std::string run_client(const std::vector<std::string_view>& pieces) {
  ws_link link(ws::role::client);
  for (const auto piece : pieces) link.feed(piece);
  return link.log;
}

std::string run_keeping(const std::vector<std::string_view>& pieces) {
  ws_link link(ws::role::server);
  link.keep_at_each_event = true;
  for (const auto piece : pieces) link.feed(piece);
  return link.log;
}

}  // namespace

TEST_CASE("ws stream: costs a link 32 bytes, and no buffer at rest") {
  CHECK(sizeof(ws::stream) <= 32);
  ws_link link(ws::role::client);
  link.feed(frame_text(ws::opcode::text, "hello"));
  CHECK(link.at_rest());
  for (const char c : frame_text(ws::opcode::text, "hello")) link.feed(std::string_view(&c, 1));
  CHECK(link.at_rest());
  CHECK(link.log == "text hello\ntext hello\n");
}

TEST_CASE("ws stream: the rows of the hostile-input catalogue hold however they are cut and masked") {
  std::mt19937 random(1);
  for (const hostile_row& row : ws_rows) {
    if (std::string_view(row.id).substr(0, 8) != "ws-frame") continue;
    INFO(row.id);
    const std::string input = decode(row.input);
    std::string whole;
    CHECK(differing_cut(input, run_frames, whole) == "");
    CHECK(whole == row.log);
    CHECK(differing_cut(input, run_keeping, whole) == "");
    CHECK(whole == row.log);
    for (int i = 0; i < 3; ++i) {
      CHECK(differing_cut(remasked(input, random), run_frames, whole) == "");
      CHECK(whole == row.log);
    }
  }
}

TEST_CASE("ws stream: a flood of pings holds nothing") {  // ws-frame-028, as far as reading goes
  const std::string payload(125, 'x');
  const ws::mask_key zero{};
  ws_link link(ws::role::server);
  link.feed(frame_text(ws::opcode::text, "a", false, &zero));
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    link.feed(frame_text(ws::opcode::ping, payload, true, &zero));
    expected += "ping " + show(as_bytes(payload)) + "\n";
  }
  link.feed(frame_text(ws::opcode::continuation, "b", true, &zero));
  CHECK(link.log == expected + "text ab\n");
  CHECK(link.most_kept < 400);
}

TEST_CASE("ws stream: a broken rule is told at the byte that breaks it") {
  for (const char* const begun :
       {R"(\x91)", R"(\xa1)", R"(\xc1)", R"(\x83)", R"(\x8b)", R"(\x09)", R"(\x80)", R"(\x81\x00)", R"(\x89\xfe)",
        R"(\x01\x80\x00\x00\x00\x00\x81)", R"(\x81\xfe\x00\x7d\x00\x00\x00\x00)", R"(\x81\x82\x00\x00\x00\x00\xff)",
        R"(\x81\x84\x00\x00\x00\x00\xe0\x80)", R"(\x01\x81\x00\x00\x00\x00\xc3\x80\x81\x00\x00\x00\x00a)"}) {
    INFO(begun);
    const std::string input = decode(begun);
    ws_link before(ws::role::server);
    before.feed(std::string_view(input).substr(0, input.size() - 1));
    CHECK(before.log == "");
    ws_link after(ws::role::server);
    after.feed(input);
    CHECK(after.log.substr(0, 1) == "!");
  }
}

TEST_CASE("ws stream: a client takes no masked frames, a server no others") {
  const ws::mask_key key{std::byte{1}};
  CHECK(run_client({frame_text(ws::opcode::text, "a")}) == "text a\n");
  CHECK(run_client({frame_text(ws::opcode::text, "a", true, &key)}) == "! server frame with mask 1002\n");
  CHECK(run_frames({frame_text(ws::opcode::text, "a")}) == "! client frame without mask 1002\n");
  CHECK(run_frames({frame_text(ws::opcode::text, "a", true, &key)}) == "text a\n");
}

TEST_CASE("ws stream: text is checked over its fragments, binary is not") {
  const auto fragments = [](ws::opcode what, std::string_view a, std::string_view b) {
    return frame_text(what, a, false) + frame_text(ws::opcode::ping, "") + frame_text(ws::opcode::continuation, b);
  };
  CHECK(run_client({fragments(ws::opcode::text, "\xf0\x9f", "\x98\x80")}) == "ping \ntext \\xf0\\x9f\\x98\\x80\n");
  CHECK(run_client({fragments(ws::opcode::text, "\xf0\x9f", "\x98")}) == "ping \n! text message is not UTF-8 1007\n");
  CHECK(run_client({fragments(ws::opcode::text, "\xf0\x9f", "a")}) == "ping \n! text message is not UTF-8 1007\n");
  CHECK(run_client({fragments(ws::opcode::text, "\xed\xa0", "")}) == "! text message is not UTF-8 1007\n");
  CHECK(run_client({fragments(ws::opcode::binary, "\xf0\x9f", "a")}) == "ping \nbinary \\xf0\\x9fa\n");
  // The next message begins afresh.
  CHECK(run_client({frame_text(ws::opcode::binary, "\xf0"), frame_text(ws::opcode::text, "a")}) ==
        "binary \\xf0\ntext a\n");
}

TEST_CASE("ws stream: a short message that lies whole in the buffer is read as one that comes byte by byte") {
  const ws::mask_key key = ws::mask_key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
  struct row {
    std::string input, log;  // as a server's client sends it
  };
  const auto frame = [&](ws::opcode what, std::string_view payload, bool fin = true) {
    return frame_text(what, payload, fin, &key);
  };
  const auto text = ws::opcode::text, binary = ws::opcode::binary, more = ws::opcode::continuation;
  const std::string longest(125, 'x'), longer(126, 'x'), shown = std::string(60, 'x') + "... ";
  const row rows[] = {
      {frame(text, ""), "text \n"},
      {frame(text, "a") + frame(binary, "b") + frame(text, "c"), "text a\nbinary b\ntext c\n"},
      {frame(text, longest), "text " + shown + "125\n"},
      {frame(text, longer), "text " + shown + "126\n"},
      {frame(text, "\xc3\xa4 and more than sixteen bytes"), "text \\xc3\\xa4 and more than sixteen bytes\n"},
      {frame(text, "more than sixteen bytes, \xc3"), "! text message is not UTF-8 1007\n"},
      {frame(binary, "\xc3"), "binary \\xc3\n"},
      {frame(text, "a", false) + frame(text, "b"), "! new message inside a fragmented one 1002\n"},
      {frame(text, "", false) + frame(text, "b"), "! new message inside a fragmented one 1002\n"},
      {frame(text, "a", false) + frame(more, "b"), "text ab\n"},
      {frame(text, "a", false) + frame(ws::opcode::ping, "p") + frame(more, "b"), "ping p\ntext ab\n"},
      {frame(more, "a"), "! continuation without a start 1002\n"},
      {frame_text(text, "a"), "! client frame without mask 1002\n"},
      {"\xc1" + frame(text, "a").substr(1), "! reserved bits set 1002\n"},
      {frame(text, std::string(201, 'x')), "! message too big 1009\n"},
      {frame(text, "a") + frame(text, "bc").substr(0, 7), "text a\n"},
  };
  const auto run = [](std::size_t largest, const std::vector<std::string_view>& pieces) {
    ws_link link(ws::role::server, {}, largest);
    for (const auto piece : pieces) link.feed(piece);
    return link.log;
  };
  for (const row& r : rows) {
    INFO(r.log);
    std::string whole;
    CHECK(differing_cut(r.input, [&](const auto& pieces) { return run(200, pieces); }, whole) == "");
    CHECK(whole == r.log);
  }
  std::string whole;
  CHECK(differing_cut(frame(text, "12345"), [&](const auto& pieces) { return run(4, pieces); }, whole) == "");
  CHECK(whole == "! message too big 1009\n");
  CHECK(run_client({frame_text(text, "\xc3\xa4") + frame_text(binary, "b")}) == "text \\xc3\\xa4\nbinary b\n");
  CHECK(run_client({frame_text(text, "\xc3")}) == "! text message is not UTF-8 1007\n");
  CHECK(run_client({frame(text, "a")}) == "! server frame with mask 1002\n");
}

TEST_CASE("ws stream: limits, both sides") {
  limits limit;
  limit.fragments = 3;
  const auto run = [&](const std::string& input, std::size_t largest) {
    ws_link link(ws::role::client, limit, largest);
    link.feed(input);
    return link.log;
  };
  const auto more = frame_text(ws::opcode::continuation, "b", false);
  const auto last = frame_text(ws::opcode::continuation, "c");
  const auto first = frame_text(ws::opcode::text, "a", false);
  const auto three = frame_text(ws::opcode::text, "123", false);
  CHECK(run(first + more + last, 9) == "text abc\n");
  CHECK(run(first + more + more + last, 9) == "! too many fragments in one message 1008\n");
  CHECK(run(frame_text(ws::opcode::text, "", false) + frame_text(ws::opcode::continuation, "", false) +
                frame_text(ws::opcode::continuation, "", false) + frame_text(ws::opcode::continuation, ""), 9) ==
        "! too many fragments in one message 1008\n");
  CHECK(run(first + more + last + first + last, 9) == "text abc\ntext ac\n");
  CHECK(run(frame_text(ws::opcode::text, "12345"), 5) == "text 12345\n");
  CHECK(run(frame_text(ws::opcode::text, "123456").substr(0, 2), 5) == "! message too big 1009\n");
  CHECK(run(three + frame_text(ws::opcode::continuation, "45"), 5) == "text 12345\n");
  CHECK(run(three + frame_text(ws::opcode::continuation, "456").substr(0, 2), 5) ==
        "! message too big 1009\n");
  CHECK(run(frame_text(ws::opcode::ping, "123456"), 5) == "ping 123456\n");  // control frames are no messages
  CHECK(run(decode(R"(\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff)"), ~std::size_t{0}) == "! message too big 1009\n");
}

TEST_CASE("ws stream: nothing follows a Close") {
  const std::string input =
      frame_text(ws::opcode::close, "\x03\xe8" "bye") + frame_text(ws::opcode::text, "late") + "\xff\xff";
  std::string whole;
  CHECK(differing_cut(input, run_client, whole) == "");
  CHECK(whole == "closing 1000 bye\n");
  // Nor a failure; the unfinished message is dropped.
  CHECK(run_client({frame_text(ws::opcode::text, "a", false) + frame_text(ws::opcode::close, "") +
                    frame_text(ws::opcode::continuation, "b")}) == "closing 1005 \n");
}

TEST_CASE("ws stream: wanted() is what the frame in progress still brings") {
  pool p;
  in_buffer in;
  ws::stream stream(ws::role::client);
  CHECK(stream.wanted() == 0);
  block lent(frame_text(ws::opcode::binary, std::string(1000, 'x')).substr(0, 104));
  REQUIRE(in.feed(p, lent.bytes()));
  CHECK(stream.next(in, {}, 1000).what == ws::event::kind::more);
  CHECK(stream.wanted() == 900);
  REQUIRE(in.keep(p));
  const mutable_bytes room = in.space(p, stream.wanted());
  REQUIRE(room.size() >= 900);
  std::memset(room.data(), 'x', 900);
  REQUIRE(in.feed(p, room.first(900)));
  const ws::event got = stream.next(in, {}, 1000);
  CHECK(got.what == ws::event::kind::binary);
  CHECK(as_text(got.data) == std::string(1000, 'x'));
  CHECK(stream.wanted() == 0);
  CHECK(stream.next(in, {}, 1000).what == ws::event::kind::more);
  CHECK(in.size() == 0);
  CHECK_FALSE(stream.ended());
  in.reset(p);
}

TEST_CASE("ws stream: fragments are joined in linear time, in little memory") {
  limits limit;
  limit.fragments = 500'000;
  std::string input = frame_text(ws::opcode::binary, "a", false);
  for (int i = 0; i < 300'000; ++i) input += frame_text(ws::opcode::continuation, "b", false);
  input += frame_text(ws::opcode::continuation, "c");
  for (const std::size_t piece : {input.size(), std::size_t{1}, std::size_t{1000}}) {
    ws_link link(ws::role::client, limit);
    for (std::size_t i = 0; i < input.size(); i += piece) link.feed(std::string_view(input).substr(i, piece));
    CHECK(link.log == "binary a" + std::string(59, 'b') + "... 300002\n");
    CHECK(link.most_kept <= 2 * 300'002 + 1000);
  }
}

TEST_CASE("ws stream: what one role sends, the other receives") {
  std::mt19937 random(7);
  for (const ws::role receiver : {ws::role::server, ws::role::client}) {
    pool p;
    std::string input;
    std::string expected;
    for (const std::size_t n : {0u, 1u, 5u, 125u, 126u, 127u, 1000u, 65535u, 65536u, 70000u})
      for (const ws::opcode what : {ws::opcode::text, ws::opcode::binary, ws::opcode::ping, ws::opcode::pong}) {
        if (ws::is_control(what) && n > 125) continue;
        std::string payload(n, ' ');
        const bool binary = what == ws::opcode::binary;
        for (char& c : payload) c = static_cast<char>(binary ? random() & 0xff : 'a' + random() % 26);
        const ws::mask_key key = random_key(random);
        const frame made = ws::whole_frame(p, what, as_bytes(payload), receiver == ws::role::server ? &key : nullptr);
        input += as_text(made.as(wire::ws4));
        const char* const name = what == ws::opcode::text ? "text " : what == ws::opcode::ping ? "ping " : "pong ";
        expected += (binary ? "binary " : name) + show(as_bytes(payload)) + "\n";
      }
    const ws::mask_key key = random_key(random);
    input += as_text(ws::close_frame(p, 1001, "bye", receiver == ws::role::server ? &key : nullptr).as(wire::ws4));
    expected += "closing 1001 bye\n";
    std::string whole;
    CHECK(differing_cut(input, receiver == ws::role::server ? run_frames : run_client, whole) == "");
    CHECK(whole == expected);
  }
}

TEST_CASE("ws stream: what a server's shared frames send, a client receives") {
  for (const std::size_t n : {0u, 125u, 126u, 65535u, 65536u}) {
    pool p;
    const std::string payload(n, 'x');
    const frame text = frame::copy(p, frame_kind::text, as_bytes(payload));
    const frame binary = frame::copy(p, frame_kind::binary, as_bytes(payload));
    const std::string input = std::string(as_text(text.as(wire::ws4))) + std::string(as_text(binary.as(wire::ws4)));
    CHECK(run_client({input}) == "text " + show(as_bytes(payload)) + "\nbinary " + show(as_bytes(payload)) + "\n");
  }
}

TEST_CASE("ws stream: random fragments, masks and cuts") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::string input;
    std::string expected;
    for (int message = 0; message < 5; ++message) {
      const bool text = random() % 2 != 0;
      std::string whole;
      for (std::size_t left = random() % 400; left != 0; --left) whole += text ? "\xe2\x82\xac" : "\xff";
      std::size_t at = 0;
      for (bool first = true, last = false; !last; first = false) {
        const std::size_t n = random() % 100;
        last = at + n >= whole.size();
        const ws::mask_key key = random_key(random);
        const ws::opcode what = !first ? ws::opcode::continuation : text ? ws::opcode::text : ws::opcode::binary;
        input += frame_text(what, std::string_view(whole).substr(at, n), last, &key);
        at += n;
        if (!last && random() % 4 == 0) {
          input += frame_text(ws::opcode::ping, std::string_view("pong").substr(0, random() % 5), true, &key);
          expected += "ping " + show(as_bytes(std::string_view(input).substr(input.size()))) + "\n";
        }
      }
      expected += (text ? "text " : "binary ") + show(as_bytes(whole)) + "\n";
    }
    std::string log = run_frames({input});
    // The pings' payloads are not what is looked at here.
    std::string shown;
    for (std::size_t i = 0; i < log.size();) {
      const std::size_t end = log.find('\n', i);
      shown += log.substr(i, 5) == "ping " ? "ping \n" : log.substr(i, end + 1 - i);
      i = end + 1;
    }
    CHECK(shown == expected);
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < input.size();) {
      const std::size_t n = 1 + random() % 50;
      pieces.push_back(std::string_view(input).substr(i, n));
      i += n;
    }
    CHECK(run_frames(pieces) == log);
    CHECK(run_keeping(pieces) == log);
  }
}

TEST_CASE("ws stream: memory ends between two pieces") {
  const std::string input = frame_text(ws::opcode::text, std::string(500, 'x'));
  for (std::size_t n = 0;; ++n) {
    failing memory_ends;
    pool p(memory_ends.hooks());
    memory_ends.left = n;
    in_buffer in;
    ws::stream stream(ws::role::client);
    bool failed = false;
    bool came = false;
    for (std::size_t i = 0; i < input.size() && !failed; i += 50) {
      block lent(std::string_view(input).substr(i, 50));
      failed = !in.feed(p, lent.bytes());
      if (!failed && stream.next(in, {}, 1000).what == ws::event::kind::text) {
        came = true;
        CHECK(stream.next(in, {}, 1000).what == ws::event::kind::more);
      }
      if (!failed) failed = !in.keep(p);
    }
    in.reset(p);
    CHECK(came == !failed);
    if (came) break;
    REQUIRE(n < 50);
  }
}
