// sio::encode_event and event_writer: what an event and an acknowledgement are on the wire, and why they cannot be.
#include <siokit/sio/emit.hpp>

#include <string>
#include <vector>

#include "core/memory_loop.hpp"

namespace {

using namespace siokit;

constexpr std::uint64_t none = sio::no_ack_id;

/// Opens an array and leaves it to others to end it.
struct unfinished {};
/// Ends an array that it did not begin.
struct greedy {};

}  // namespace

template <>
struct siokit::codec<unfinished> {
  static void write(value_writer& w, unfinished) { w.begin_array(); }
};
template <>
struct siokit::codec<greedy> {
  static void write(value_writer& w, greedy) { w.end_array(); }
};

namespace {

std::string shown(const sio::encoded& made) {
  std::string out;
  for (const frame& f : made.frames()) out.append(out.empty() ? "" : "|").append(as_text(f.payload()));
  return out;
}

template <class... A>
std::string event_text(pool& p, std::string_view nsp, std::string_view name, std::uint64_t id, const A&... a) {
  sio::encoded out;
  const errc e = sio::encode_event({p, nsp, name, id}, out, a...);
  return e == errc::none ? shown(out) : "<" + std::string(text(e)) + ">" + shown(out);
}

template <class... A>
std::string ack_text(pool& p, std::string_view nsp, const A&... a) {
  sio::encoded out;
  sio::event_writer w({p, {}}, nsp, 7);
  (w.add(a), ...);
  const errc e = w.finish(out);
  return e == errc::none ? shown(out) : "<" + std::string(text(e)) + ">" + shown(out);
}

std::string failed(errc e) { return "<" + std::string(text(e)) + ">"; }

}  // namespace

TEST_CASE("encode: events, with and without namespace, id and arguments", "[sio]") {
  pool p;
  CHECK(event_text(p, "/", "a", none) == R"(42["a"])");
  CHECK(event_text(p, "/", "", none) == R"(42[""])");
  CHECK(event_text(p, "/", "a", 12) == R"(4212["a"])");
  CHECK(event_text(p, "/x", "a", none, 1) == R"(42/x,["a",1])");
  CHECK(event_text(p, "/x", "a", 12, std::string("b"), std::vector<int>{}, std::vector<int>{1, 2}) ==
        R"(42/x,12["a","b",[],[1,2]])");
  const std::string nsp = "/" + std::string(500, 'n');
  CHECK(event_text(p, nsp, "a", 12) == "42" + nsp + R"(,12["a"])");
  for (const std::size_t n : {15u, 16u, 17u, 200u, 300u, 5000u}) {
    const std::string name(n, 'e');
    CHECK(event_text(p, "/", name, none, name) == "42[\"" + name + "\",\"" + name + "\"]");
    CHECK(event_text(p, nsp, name, 12, 1, 2) == "42" + nsp + ",12[\"" + name + "\",1,2]");
  }
  CHECK(event_text(p, "/", "a\"b", none, 1) == R"(42["a\"b",1])");
  CHECK(event_text(p, "/", "\n", 12) == R"(4212["\n"])");
  CHECK(event_text(p, "/", std::string(30, '\n'), none, "x").starts_with(R"(42["\n\n)"));
}

TEST_CASE("encode: acknowledgements, with and without arguments", "[sio]") {
  pool p;
  CHECK(ack_text(p, "/") == "437[]");
  CHECK(ack_text(p, "/x") == "43/x,7[]");
  CHECK(ack_text(p, "/", 1) == "437[1]");
  CHECK(ack_text(p, "/", std::vector<int>{}, "x") == R"(437[[],"x"])");
}

TEST_CASE("encode: attachments follow, and commas stand around their placeholders", "[sio]") {
  pool p;
  const bytes b(1, std::byte{'b'});
  const std::string first = R"({"_placeholder":true,"num":0})", second = R"({"_placeholder":true,"num":1})";
  CHECK(event_text(p, "/", "a", none, b) == "451-[\"a\"," + first + "]|b");
  CHECK(event_text(p, "/x", "a", 12, std::vector<bytes>{b, b}, 1) == "452-/x,12[\"a\",[" + first + "," + second + "],1]|b|b");
  CHECK(ack_text(p, "/", b) == "461-7[" + first + "]|b");
}

TEST_CASE("encode: names that are reserved, and codecs that do not end what they began", "[sio]") {
  pool p;
  for (const char* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})
    CHECK(event_text(p, "/", name, none, 1) == failed(errc::reserved_event));
  CHECK(event_text(p, "/", "message", none, unfinished{}) == failed(errc::bad_value));
  CHECK(event_text(p, "/", "message", none, unfinished{}, 1) == failed(errc::bad_value));
  CHECK(event_text(p, "/", "message", none, greedy{}) == failed(errc::bad_value));
  CHECK(event_text(p, "/", "message", none, 1, greedy{}, 2) == failed(errc::bad_value));
  CHECK(ack_text(p, "/", unfinished{}) == failed(errc::bad_value));
  CHECK(ack_text(p, "/", greedy{}) == failed(errc::bad_value));
}

TEST_CASE("encode: a short name behind a namespace of every length, with the largest id", "[sio]") {
  pool p;
  const std::string name = "fifteen letters";
  for (std::size_t n = 1; n < 600; ++n) {
    const std::string nsp = "/" + std::string(n, 'n');
    const std::string head = nsp + ",9007199254740991[";
    if (event_text(p, nsp, name, sio::max_ack_id) != "42" + head + "\"" + name + "\"]") FAIL(n);
    if (ack_text(p, nsp, 1) != "43" + nsp + ",7[1]") FAIL(n);
  }
  SUCCEED();
}

TEST_CASE("encode: what came with a message goes on, unless it could be taken for an attachment of ours", "[sio]") {
  pool p;
  const bytes b(1, std::byte{'b'});
  const bytes_view attachments[] = {b};
  arena scratch(p);
  value_context context{attachments, &scratch};
  const value_view mine(R"({"_placeholder":true,"num":0})", &context), forged(mine.json(), nullptr);
  CHECK(event_text(p, "/", "a", none, mine) == R"(451-["a",{"_placeholder":true,"num":0}]|b)");
  CHECK(event_text(p, "/", "a", none, forged) == R"(42["a",{"_placeholder":true,"num":0}])");
  CHECK(event_text(p, "/", "a", none, forged, b) == failed(errc::bad_value));
  CHECK(ack_text(p, "/", b, forged) == failed(errc::bad_value));
}

TEST_CASE("encode: an acknowledgement behind another frame moves out for its attachments, and to be taken", "[sio]") {
  pool p;
  for (const bool binary : {false, true}) {
    const frame first = frame::copy(p, frame_kind::text, as_bytes(std::string_view("first")));
    sio::event_writer w({p, first, 100}, "/", 7);
    CHECK(w.is_behind());
    binary ? w.add(bytes(1, std::byte{'b'})) : w.add(1);
    sio::encoded out;
    REQUIRE(w.finish(out) == errc::none);
    CHECK(shown(out) == (binary ? R"(461-7[{"_placeholder":true,"num":0}]|b)" : "437[1]"));
    CHECK(as_text(first.payload()) == "first");
  }
}

TEST_CASE("encode: the n-th allocation fails", "[sio]") {
  const auto each = [](auto&& encode, const std::string& expected) {
    bool whole = false;
    core_tests::each_failure([&](pool& p) {
      const std::string out = encode(p);
      whole = out == expected;
      if (!whole) CHECK(out.starts_with(failed(errc::out_of_memory)));
    });
    CHECK(whole);
  };
  const std::string nsp = "/" + std::string(300, 'n'), name(40, 'e'), text(1000, 't');
  each([&](pool& p) { return event_text(p, "/", "a", none, 1); }, R"(42["a",1])");
  each([&](pool& p) { return event_text(p, nsp, name, 12, text, 1, text); },
       "42" + nsp + ",12[\"" + name + "\",\"" + text + "\",1,\"" + text + "\"]");
  each([](pool& p) { return ack_text(p, "/"); }, "437[]");
  each([&](pool& p) { return ack_text(p, nsp, text); }, "43" + nsp + ",7[\"" + text + "\"]");
  const auto placeholder = [](int i) { return R"({"_placeholder":true,"num":)" + std::to_string(i) + "}"; };
  std::string five, six;
  for (int i = 0; i < 6; ++i) (i < 5 ? five : six) += (i % 5 == 0 ? "" : ",") + placeholder(i);
  const std::vector<bytes> parts(6, bytes(1, std::byte{'b'}));
  each([&](pool& p) { return ack_text(p, "/", parts); }, "466-7[[" + five + "," + six + "]]|b|b|b|b|b|b");
  each([&](pool& p) { return event_text(p, nsp, name, 12, text, parts); },
       "456-" + nsp + ",12[\"" + name + "\",\"" + text + "\",[" + five + "," + six + "]]|b|b|b|b|b|b");
}
