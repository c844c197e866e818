// The writer: what each piece looks like, what is refused, attachments and copies, and memory that runs out.
#include "catch.hpp"

#include <cmath>

#include "block.hpp"

namespace {

using namespace text_test;

const std::string bad = "<" + std::string(text(errc::bad_value)) + ">";

}  // namespace

TEST_CASE("value_writer: scalars are written as JSON.stringify does") {
  CHECK(written([](value_writer& w) { w.null(); }) == "null");
  CHECK(written([](value_writer& w) { w.boolean(true); }) == "true");
  CHECK(written([](value_writer& w) { w.boolean(false); }) == "false");
  CHECK(written([](value_writer& w) { w.integer(-12); }) == "-12");
  CHECK(written([](value_writer& w) { w.unsigned_integer(~std::uint64_t{0}); }) == "18446744073709551615");
  CHECK(written([](value_writer& w) { w.number(1.0); }) == "1");
  CHECK(written([](value_writer& w) { w.number(0.1); }) == "0.1");
  CHECK(written([](value_writer& w) { w.number(0.1f); }) == "0.1");
  CHECK(written([](value_writer& w) { w.number(std::nan("")); }) == "null");
  CHECK(written([](value_writer& w) { w.number(HUGE_VAL); }) == "null");
  CHECK(written([](value_writer& w) { w.number(-HUGE_VALF); }) == "null");
}

TEST_CASE("value_writer: strings") {
  const std::pair<std::string_view, const char*> rows[] = {
      {"", R"("")"},
      {"abc", R"("abc")"},
      {"a\"b\\c/d", R"("a\"b\\c/d")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {std::string_view("\0\x01\x1e\x1f\x7f", 5), "\"\\u0000\\u0001\\u001e\\u001f\x7f\""},
      {"\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80\""},
      {"\xff", "\"\xef\xbf\xbd\""},
      {"a\xe2\x82" "b", "\"a\xef\xbf\xbd" "b\""},
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xc3\xa4\xff\xc3\xb6", "\"\xc3\xa4\xef\xbf\xbd\xc3\xb6\""}};
  for (const auto& [in, out] : rows) {
    const exact block(in);
    CHECK(written([&](value_writer& w) { w.string(block); }) == out);
    CHECK(written([&](value_writer& w) {
            w.begin_object();
            w.key(block);
            w.null();
            w.end_object();
          }) == "{" + std::string(out) + ":null}");
  }
}

TEST_CASE("value_writer: strings of all lengths with something at each place come back") {
  for (std::size_t n = 0; n < 70; ++n)
    for (std::size_t i = 0; i < n; i += n > 40 ? 5 : 1)
      for (const char* odd : {"\"", "\\", "\x1e", "\xc3\xa4", "\xf0\x9f\x98\x80", "x"}) {
        std::string s(n, 'a');
        s.replace(i, 1, odd);
        const exact block(s);
        const std::string json = written([&](value_writer& w) { w.string(block); });
        message m(json);
        std::string_view back;
        if (m.error != errc::none || m.root().as_string(back) != errc::none || back != s) FAIL(json);
        if (json.find('\x1e') != std::string::npos) FAIL("a separator got through");
      }
  SUCCEED();
}

TEST_CASE("value_writer: arrays and objects, and the commas between") {
  CHECK(written([](value_writer& w) {
          w.begin_array();
          w.end_array();
        }) == "[]");
  CHECK(written([](value_writer& w) {
          w.begin_object();
          w.key("a");
          w.begin_array();
          w.integer(1);
          w.begin_object();
          w.end_object();
          w.begin_array();
          w.end_array();
          w.string("x");
          w.end_array();
          w.key("b");
          w.boolean(true);
          w.key("c");
          w.raw(" [1, 2] ");
          w.end_object();
        }) == "{\"a\":[1,{},[],\"x\"],\"b\":true,\"c\": [1, 2] }");
}

TEST_CASE("value_writer: commas stand between values of every kind, and nowhere else") {
  const bytes_view attachments[] = {as_bytes("b")};
  message m(R"({"_placeholder":true,"num":0})");
  m.context.attachments = attachments;
  using piece = void (*)(value_writer&, value_view);
  struct kind {
    piece write;
    const char* json;
  };
  const kind kinds[] = {
      {[](value_writer& w, value_view) { w.null(); }, "null"},
      {[](value_writer& w, value_view) { w.boolean(true); }, "true"},
      {[](value_writer& w, value_view) { w.integer(-1); }, "-1"},
      {[](value_writer& w, value_view) { w.number(0.5); }, "0.5"},
      {[](value_writer& w, value_view) { w.string("s"); }, "\"s\""},
      {[](value_writer& w, value_view) { w.string("a string, of more than a step"); }, "\"a string, of more than a step\""},
      {[](value_writer& w, value_view) { w.string("\n"); }, "\"\\n\""},
      {[](value_writer& w, value_view) { w.raw(" 1 "); }, " 1 "},
      {[](value_writer& w, value_view) { w.raw("[1,2]"); }, "[1,2]"},
      {[](value_writer& w, value_view) { w.binary(as_bytes("b")); }, R"({"type":"Buffer","data":[98]})"},
      {[](value_writer& w, value_view v) { w.copy(v); }, R"({"type":"Buffer","data":[98]})"},
      {[](value_writer& w, value_view) { w.copy(value_view("[ 1 ]", nullptr)); }, "[ 1 ]"},
      {[](value_writer& w, value_view) { w.begin_array(), w.end_array(); }, "[]"},
      {[](value_writer& w, value_view) { w.begin_object(), w.end_object(); }, "{}"},
      {[](value_writer& w, value_view) { w.begin_array(), w.string(","), w.end_array(); }, "[\",\"]"},
      {[](value_writer& w, value_view) { w.begin_object(), w.key(","), w.string(","), w.end_object(); }, "{\",\":\",\"}"}};
  for (const kind& a : kinds) {
    CHECK(written([&](value_writer& w) { a.write(w, m.root()); }) == a.json);
    for (const kind& b : kinds) {
      const std::string first = a.json, second = b.json;
      const auto both = [&](value_writer& w) {
        w.begin_array();
        a.write(w, m.root());
        b.write(w, m.root());
        w.end_array();
      };
      CHECK(written(both) == "[" + first + "," + second + "]");
      CHECK(written([&](value_writer& w) {
              w.begin_object();
              w.key("k");
              both(w);
              w.key("l");
              a.write(w, m.root());
              w.key("m");
              b.write(w, m.root());
              w.end_object();
            }) == "{\"k\":[" + first + "," + second + "],\"l\":" + first + ",\"m\":" + second + "}");
      CHECK(written([&](value_writer& w) {
              a.write(w, m.root());
              b.write(w, m.root());
            }) == bad);
    }
  }
}

TEST_CASE("value_writer: values of every length around the end of a block") {
  for (std::size_t n = 0; n < 300; ++n) {
    const std::string s(n, 'x');
    CHECK(written([&](value_writer& w) {
            w.begin_array();
            w.raw(n == 0 ? "0" : "\"" + s + "\"");
            w.string("short");
            w.begin_array();
            w.end_array();
            w.begin_object();
            w.key("key");
            w.integer(7);
            w.end_object();
            w.end_array();
          }) == "[" + (n == 0 ? "0" : "\"" + s + "\"") + ",\"short\",[],{\"key\":7}]");
  }
}

TEST_CASE("value_writer: a value of every kind as the last thing that fits into a block, or the first that does not") {
  const bytes b = make_bytes("b");
  const bytes_view attachments[] = {b};
  const std::string ours = R"({"_placeholder":true,"num":0})", tail(90, 't');
  message m("[" + ours + ",\"" + tail + "\"]");
  m.context.attachments = attachments;
  const std::string fifteen = "fifteen letters";
  const auto behind = [&](std::size_t n, auto&& last, const std::string& text) {
    pool p;
    attachment_sink sink(p);
    const std::string s(n, 'x');
    const std::string out = written(
        [&](value_writer& w) {
          w.begin_array();
          w.string(s);
          last(w);
        },
        &sink);
    if (out != "[\"" + s + "\"," + text) FAIL(n << ": " << out);
  };
  for (std::size_t n = 0; n < 300; ++n) {
    const auto ended = [](auto&& last) {
      return [&last](value_writer& w) {
        last(w);
        w.end_array();
      };
    };
    behind(n, ended([&](value_writer& w) { w.string(fifteen); }), "\"" + fifteen + "\"]");
    behind(n, ended([&](value_writer& w) { w.string("\n"); }), R"("\n"])");
    behind(n, ended([&](value_writer& w) { w.string(fifteen + "\n"); }), "\"" + fifteen + R"(\n"])");
    behind(n, ended([&](value_writer& w) { w.string("\xff"); }), "\"\xef\xbf\xbd\"]");
    behind(n, ended([&](value_writer& w) { w.integer(-1); }), "-1]");
    behind(n, ended([&](value_writer& w) { w.number(0.5); }), "0.5]");
    behind(n, ended([&](value_writer& w) { w.null(); }), "null]");
    behind(n, ended([&](value_writer& w) { w.binary(b); }), ours + "]");
    behind(n, ended([&](value_writer& w) { w.copy(m.root()); }), "[" + ours + ",\"" + tail + "\"]]");
    behind(n, ended([&](value_writer& w) { w.copy(m.root().element(0)); }), ours + "]");
    behind(n, ended([&](value_writer& w) {
             w.begin_object();
             w.key(fifteen);
             w.string(fifteen);
             w.end_object();
           }), "{\"" + fifteen + "\":\"" + fifteen + "\"}]");
  }
  SUCCEED();
}

TEST_CASE("value_writer: what is not due takes no attachment along") {
  pool p;
  attachment_sink sink(p);
  CHECK(written([](value_writer& w) {
          w.null();
          w.binary(make_bytes("b"));
        }, &sink) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_object();
          w.binary(make_bytes("b"));
        }, &sink) == bad);
  CHECK(sink.size() == 0);
}

TEST_CASE("value_writer: pieces that make no value are refused and nothing follows") {
  CHECK(written([](value_writer& w) {
          w.integer(1);
          w.integer(2);
        }) == bad);
  CHECK(written([](value_writer& w) { w.key("a"); }) == bad);
  CHECK(written([](value_writer& w) { w.end_array(); }) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_array();
          w.end_object();
        }) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_object();
          w.end_array();
        }) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_array();
          w.key("a");
        }) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_object();
          w.integer(1);
        }) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_object();
          w.key("a");
          w.key("b");
        }) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_object();
          w.key("a");
          w.end_object();
        }) == bad);
  CHECK(written([](value_writer& w) {
          w.begin_object();
          w.key("a");
          w.end_array();
        }) == bad);
  CHECK(written([](value_writer& w) { w.fail(errc::unknown_name); }) ==
      "<" + std::string(text(errc::unknown_name)) + ">");
  CHECK(written([](value_writer&) {}) == "<incomplete>");
  CHECK(written([](value_writer& w) { w.begin_array(); }) == "<incomplete>[");
  pool p;
  frame_builder out(p);
  value_writer w(out);
  w.begin_array();
  w.end_object();
  const std::string before(out.written());
  w.integer(1);
  w.string("x");
  w.begin_array();
  w.end_array();
  w.binary({});
  w.raw("1");
  w.copy(value_view());
  w.null();
  CHECK(out.written() == before);
  CHECK(w.error() == errc::bad_value);
  CHECK_FALSE(w.complete());
}

TEST_CASE("value_writer: depth, both sides") {
  for (const bool object : {false, true}) {
    const auto nest = [&](value_writer& w, std::uint32_t n) {
      for (std::uint32_t i = 0; i < n; ++i) {
        if (object) {
          w.begin_object();
          w.key("k");
        } else {
          w.begin_array();
        }
      }
      w.null();
      for (std::uint32_t i = 0; i < n; ++i) object ? w.end_object() : w.end_array();
    };
    CHECK(check(written([&](value_writer& w) { nest(w, json::max_depth); }), {json::max_depth, 1000}) == errc::none);
    CHECK(written([&](value_writer& w) { nest(w, json::max_depth + 1); }) ==
        "<" + std::string(text(errc::json_too_deep)) + ">");
  }
}

TEST_CASE("value_writer: raw JSON is checked") {
  CHECK(written([](value_writer& w) { w.raw("{\"a\":[1,2,{}]}"); }) == "{\"a\":[1,2,{}]}");
  for (const char* text : {"", "[", "1 2", "\"\x1e\"", "\x1e", "[1]\x1e", "{a:1}", "\"\xff\"", "nul", "[1],[2]"})
    CHECK(written([&](value_writer& w) { w.raw(exact(text)); }) == bad);
  CHECK(written([](value_writer& w) { w.raw({}); }) == bad);
}

TEST_CASE("value_writer: binary without a sink looks as in node's JSON") {
  CHECK(encoded(make_bytes("")) == R"({"type":"Buffer","data":[]})");
  CHECK(encoded(make_bytes("\x01\xff")) == R"({"type":"Buffer","data":[1,255]})");
}

TEST_CASE("value_writer: binary becomes attachments, numbered as it is written") {
  pool p;
  attachment_sink sink(p);
  CHECK(encoded(std::vector<bytes>{make_bytes("a"), make_bytes(""), make_bytes("ccc")}, &sink) ==
        R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}])");
  REQUIRE(sink.size() == 3);
  CHECK(as_text(sink.frames()[0].payload()) == "a");
  CHECK(sink.frames()[1].size() == 0);
  CHECK(sink.frames()[2].kind() == frame_kind::binary);
  const frame taken = sink.take(2);
  CHECK(as_text(taken.payload()) == "ccc");
}

TEST_CASE("value_writer: the limit of attachments, both sides, and beyond the inline room") {
  for (const std::uint32_t limit : {0u, 1u, 10u, 11u, 50u})
    for (const std::uint32_t n : {limit, limit + 1}) {
      pool p;
      attachment_sink sink(p, limit);
      const std::string out = encoded(std::vector<bytes>(n, make_bytes("x")), &sink);
      if (n <= limit)
        CHECK(check(out) == errc::none);
      else
        CHECK(out == "<" + std::string(text(errc::sio_too_many_attachments)) + ">");
      CHECK(sink.size() == limit);
      for (const frame& f : sink.frames()) CHECK(as_text(f.payload()) == "x");
    }
  pool p;
  attachment_sink sink(p);
  CHECK(encoded(std::vector<bytes>(10), &sink).starts_with("["));
  CHECK(encoded(bytes(), &sink) == "<" + std::string(text(errc::sio_too_many_attachments)) + ">");
}

TEST_CASE("value_writer: a placeholder that is not ours is an error in a packet with attachments only") {
  const char* const forged = R"({"_placeholder":true,"num":0})";
  const auto raw = [&](value_writer& w) { w.raw(forged); };
  const auto keyed = [](value_writer& w) {
    w.begin_object();
    w.key("_placeholder");
    w.boolean(true);
    w.end_object();
  };
  const auto copied = [&](value_writer& w) { w.copy(value_view(forged, nullptr)); };
  const auto escaped = [](value_writer& w) { w.raw(R"({"x":[{"_pl\u0061ceholder":true}]})"); };
  const auto by_parts = [](value_writer& w) {
    w.begin_object();
    w.key("_placeholder");
    w.raw(" true");
    w.end_object();
  };
  const auto not_true = [](value_writer& w) {
    w.begin_object();
    w.key("_placeholder");
    w.begin_array();
    w.boolean(true);
    w.end_array();
    w.key("_placeholder");
    w.boolean(false);
    w.key("x");
    w.boolean(true);
    w.end_object();
  };
  const auto behind_it = [](value_writer& w) {
    w.begin_object();
    w.key("_placeholder");
    w.boolean(false);
    w.end_object();
    w.boolean(true);
  };
  const auto harmless = [](value_writer& w) { w.raw(R"({"_placeholder":false,"x\n":1,"y":"_placeholder"})"); };
  const auto packet = [](auto&& inner, bool with_binary) {
    pool p;
    attachment_sink sink(p);
    return written(
        [&](value_writer& w) {
          w.begin_array();
          inner(w);
          if (with_binary) w.binary({});
          w.end_array();
        },
        &sink);
  };
  CHECK(packet(raw, false) == "[" + std::string(forged) + "]");
  CHECK(packet(keyed, false) == R"([{"_placeholder":true}])");
  CHECK(packet(copied, false) == "[" + std::string(forged) + "]");
  CHECK(packet(raw, true) == bad);
  CHECK(packet(keyed, true) == bad);
  CHECK(packet(copied, true) == bad);
  CHECK(packet(escaped, true) == bad);
  CHECK(packet(by_parts, true) == bad);
  CHECK(packet(not_true, true) != bad);
  CHECK(packet(behind_it, true) != bad);
  CHECK(packet(harmless, true) != bad);
}

TEST_CASE("value_writer: copies keep their bytes, and their attachments get new numbers") {
  const bytes a = make_bytes("aa");
  const bytes b = make_bytes("b");
  const bytes_view attachments[] = {a, b};
  message m(R"(["ev", {"x":{"_placeholder":true,"num":1}, "y":"\u0061"}, {"num":0,"_placeholder":true}, [1.0, 2e0], )"
            R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]])");
  m.context.attachments = attachments;
  pool p;
  attachment_sink sink(p);
  const std::string out = written(
      [&](value_writer& w) {
        w.begin_array();
        w.binary(make_bytes("own"));
        for (const value_view v : m.root().elements()) w.copy(v);
        w.end_array();
      },
      &sink);
  CHECK(out == R"([{"_placeholder":true,"num":0},"ev",{"x":{"_placeholder":true,"num":1}, "y":"\u0061"},)"
               R"({"_placeholder":true,"num":2},[1.0, 2e0],)"
               R"([{"_placeholder":true,"num":3},{"_placeholder":true,"num":4}]])");
  REQUIRE(sink.size() == 5);
  const char* const expected[] = {"own", "b", "aa", "aa", "b"};
  for (std::size_t i = 0; i < 5; ++i) CHECK(as_text(sink.frames()[i].payload()) == expected[i]);
  // Without a sink they are numbers.
  CHECK(written([&](value_writer& w) { w.copy(m.root().element(1)); }) ==
        R"({"x":{"type":"Buffer","data":[98]}, "y":"\u0061"})");
  CHECK(written([&](value_writer& w) { w.copy(value_view()); }) == "null");
}

TEST_CASE("value_writer: a copy of what has no attachment for its placeholder is an error") {
  const bytes_view attachments[1] = {};
  for (const char* text : {R"([{"_placeholder":true,"num":1}])", R"([{"_placeholder":true,"num":0,"x":1}])"}) {
    message m(text);
    m.context.attachments = attachments;
    pool p;
    attachment_sink sink(p);
    CHECK(written([&](value_writer& w) { w.copy(m.root()); }, &sink) == bad);
  }
}

TEST_CASE("value_writer: the n-th allocation fails") {
  bool done = false;
  for (std::size_t n = 0; !done; ++n) {
    failing_memory hooks;
    {
      hooks.left = n;
      pool p(hooks.hooks());
      frame_builder out(p);
      attachment_sink sink(p, 100);
      value_writer w(out, &sink);
      w.begin_array();
      for (int i = 0; i < 30; ++i) {
        w.string(std::string(100, 'x'));
        w.string(std::string(100, '\n'));
        w.binary(make_bytes(std::string(300, 'b')));
        w.number(i + 0.5);
        w.raw("[1,2]");
      }
      w.end_array();
      done = w.error() == errc::none;
      if (!done) CHECK(w.error() == errc::out_of_memory);
      CHECK(w.complete() == done);
      if (done) CHECK(check(out.written()) == errc::none);
    }
    CHECK(hooks.live == 0);
    REQUIRE(n < 1000);
  }
}
