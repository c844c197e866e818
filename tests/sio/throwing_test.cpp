// Handlers that throw (design (b)8): the exception leaves through the driver call, nothing that was lent is lost, the socket
// stays connected, and the server goes on. Handlers of every kind throw in reentrancy_test.cpp; here is what is behind them.
#include <algorithm>

#include "sio/host.hpp"

#if defined(__cpp_exceptions)

using namespace rules;
using siokit::socket;

namespace {

struct oops : std::exception {};

/// Throws when a number it counts down gets to zero.
struct fuse {
  int left = -1;
  void burn() {
    if (left >= 0 && left-- == 0) throw oops();
  }
};

template <class F>
bool throws(F&& f) {
  try {
    f();
  } catch (const oops&) {
    return true;
  }
  return false;
}

/// Settles, counting what is thrown on the way.
int settle(host& h) {
  int n = 0;
  for (int i = 0; i < 200; ++i) {
    if (throws([&] { h.settle(); }))
      ++n;
    else
      return n;
  }
  FAIL("it throws for ever");
  return n;
}

struct counting {
  siokit::server io;
  host h{io};
  std::string order;
  std::vector<std::string> bad;  // arguments whose handler throws
  counting() {
    io.on("n", [this](socket&, std::string_view what) {
      order += what;
      if (std::find(bad.begin(), bad.end(), what) != bad.end()) throw oops();
      return 1;
    });
  }
};

}  // namespace

TEST_CASE("events behind one whose handler throws are delivered, in order", "[rules]") {
  for (const bool polling : {false, true})
    for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{{"a"}, {"b"}, {"d"}, {"a", "b", "c", "d"}, {"c", "d"}}) {
      INFO((polling ? "polling" : "websocket") << ", " << bad.size() << " throw");
      counting w;
      w.bad = bad;
      client c(w.h);
      if (polling) {
        c.poll_open();
        c.send("0");
        c.get();
      } else {
        joined(c);
      }
      (void)c.packets();
      int caught = throws([&] { c.send_all({"21[\"n\",\"a\"]", "22[\"n\",\"b\"]", "23[\"n\",\"c\"]", "24[\"n\",\"d\"]"}); }) ? 1 : 0;
      caught += settle(w.h);
      CHECK(w.order == "abcd");
      CHECK(caught == static_cast<int>(bad.size()));
      c.send("25[\"n\",\"e\"]");
      CHECK(w.order == "abcde");
      if (polling) {
        c.take_post();
        CHECK(c.posted == 200);
        c.get();
      }
      const std::string got = c.packets();
      CHECK(got.find("35[1]") != std::string::npos);
      CHECK((got.find("34[1]") != std::string::npos) == (std::find(bad.begin(), bad.end(), "d") == bad.end()));
      CHECK(w.io.size() == 1);
    }
}

TEST_CASE("what arrives while an earlier read waits comes behind it, also when both throw", "[rules]") {
  counting w;
  w.bad = {"a", "b", "d"};
  client a(w.h), b(w.h);
  joined(a);
  joined(b);
  CHECK(throws([&] { a.send_all({"2[\"n\",\"a\"]", "2[\"n\",\"b\"]", "2[\"n\",\"c\"]"}); }));
  // The host is rude and does not turn: it reads on.
  CHECK(throws([&] { b.send_all({"2[\"n\",\"d\"]", "2[\"n\",\"e\"]"}); }));
  settle(w.h);
  std::string sorted = w.order;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == "abcde");
  CHECK(w.order.find('a') < w.order.find('b'));
  CHECK(w.order.find('b') < w.order.find('c'));
  CHECK(w.order.find('d') < w.order.find('e'));
}

TEST_CASE("a message that was cut is whole after an exception", "[rules]") {
  counting w;
  w.bad = {"a"};
  client c(w.h);
  joined(c);
  const std::string two = client::frame_of("2[\"n\",\"a\"]") + client::frame_of("2[\"n\",\"bb\"]");
  for (std::size_t cut = 1; cut < two.size(); ++cut) {
    w.order.clear();
    int caught = throws([&] { w.h.receive(c.link, two.substr(0, cut)); }) ? 1 : 0;
    caught += settle(w.h);
    caught += throws([&] { w.h.receive(c.link, two.substr(cut)); }) ? 1 : 0;
    caught += settle(w.h);
    CHECK(w.order == "abb");
    CHECK(caught == 1);
  }
}

TEST_CASE("a polling body whose handler throws goes on although its link is told closed in between", "[rules]") {
  counting w;
  w.bad = {"a"};
  client c(w.h);
  c.poll_open();
  c.send("0");
  CHECK(throws([&] { c.send_all({"2[\"n\",\"a\"]", "2[\"n\",\"b\"]", "2[\"n\",\"c\"]"}); }));
  w.h.closed(c.post_link);
  settle(w.h);
  CHECK(w.order == "abc");
}

TEST_CASE("attachments survive a handler that throws before they are complete", "[rules]") {
  siokit::server io;
  host h(io);
  int blobs = 0, bad = 0;
  io.on("bad", [&] {
    ++bad;
    throw oops();
  });
  io.on("blob", [&](siokit::bytes_view a, siokit::bytes_view b) {
    CHECK(siokit::as_text(a) == "first");
    CHECK(siokit::as_text(b) == "second");
    ++blobs;
    if (blobs == 1) throw oops();
  });
  client c(h);
  joined(c);
  for (int i = 0; i < 2; ++i) {
    const std::string all = client::frame_of("2[\"bad\"]") +
                            client::frame_of("52-[\"blob\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]") +
                            peer_wire::ws_frame(peer_wire::binary, "first", 9) + client::frame_of("").substr(0, 0) +
                            peer_wire::ws_frame(peer_wire::binary, "second", 9) + client::frame_of("2[\"bad\"]");
    const bool first = throws([&] { h.receive(c.link, all); });
    CHECK(first);
    settle(h);
  }
  CHECK(blobs == 2);
  CHECK(bad == 4);
  CHECK(io.size() == 1);
}

TEST_CASE("connects, disconnects and acknowledgements behind a throw are not lost", "[rules]") {
  siokit::server io;
  host h(io);
  std::string order;
  fuse f;
  const auto mark = [&](char c) {
    order += c;
    f.burn();
  };
  io.use([&](socket&, siokit::next_fn next) {
    next();
    mark('u');
  });
  io.on_connect([&](socket& s) {
    s.use([&](socket&, std::string_view, const siokit::arguments&, siokit::next_fn next) {
      next();
      mark('p');
    });
    (void)s.emit("q", siokit::on_ack([&](siokit::result<int> r) {
      (void)r;
      mark('k');
    }));
    mark('c');
  });
  io.on("e", [&] { mark('e'); });
  io.on_disconnecting([&](socket&, siokit::close_reason) { mark('g'); });
  io.on_disconnect([&](socket&, siokit::close_reason) { mark('d'); });
  const std::string whole = "ucpepegdk";  // an ack that did not come fails after the handlers were told
  for (int n = 0; n < static_cast<int>(whole.size()); ++n) {
    INFO("handler call " << n << " throws");
    order.clear();
    f.left = -1;
    client c(h);
    c.websocket();
    f.left = n;
    int caught = throws([&] {
      h.receive(c.link, client::frame_of("0") + client::frame_of("2[\"e\"]") + client::frame_of("2[\"e\"]") + client::frame_of("1"));
    }) ? 1 : 0;
    caught += settle(h);
    CHECK(caught == 1);
    // A packet whose middleware throws is not handled; everything else is.
    std::string wanted = whole;
    if (whole[static_cast<std::size_t>(n)] == 'p') wanted.erase(wanted.begin() + n + 1);
    CHECK(order == wanted);
    CHECK(io.size() == 0);
    h.closed(c.link);
    settle(h);
    CHECK(io.session_count() == 0);
  }
}

TEST_CASE("a connect middleware that throws leaves its answer open, and the limit ends it", "[rules]") {
  siokit::server_options o;
  o.limits.middleware_timeout = 5s;
  siokit::server io(o);
  host h(io);
  siokit::next_fn kept;
  io.use([&](socket&, siokit::next_fn next) {
    kept = next;
    throw oops();
  });
  client a(h), b(h);
  a.websocket();
  CHECK(throws([&] { a.join(); }));
  settle(h);
  kept();
  settle(h);
  CHECK(a.packets().substr(0, 2) == "0{");
  b.websocket();
  CHECK(throws([&] { b.join(); }));
  h.run_for(6s);
  CHECK(b.packets().substr(0, 2) == "4{");
}

TEST_CASE("the link goes its way when a handler throws on its end", "[rules]") {
  siokit::server io;
  host h(io);
  fuse f;
  int told = 0;
  io.on_disconnect([&](socket&, siokit::close_reason) {
    ++told;
    f.burn();
  });
  const auto begin = [&](client& c) {
    f.left = -1;
    joined(c);
    f.left = 0;
  };
  SECTION("reset") {
    client c(h);
    begin(c);
    CHECK(throws([&] { c.drop(); }));
  }
  SECTION("end of input, told twice as hosts do") {
    client c(h);
    begin(c);
    CHECK(throws([&] { h.closed(c.link, siokit::link_end::eof); }));
    h.closed(c.link, siokit::link_end::eof);
  }
  SECTION("a close frame") {
    client c(h);
    begin(c);
    CHECK(throws([&] { h.receive(c.link, peer_wire::ws_frame(peer_wire::close, std::string("\x03\xe8", 2), 5)); }));
    settle(h);
    c.read();
    CHECK(c.close_code == 1000);
    CHECK(h[c.link].closing);
  }
  SECTION("a broken rule") {
    client c(h);
    begin(c);
    CHECK(throws([&] { h.receive(c.link, peer_wire::ws_frame(3, "x", 5)); }));
    settle(h);
    c.read();
    CHECK(c.close_code == 1002);
    CHECK(h[c.link].closing);
  }
  SECTION("a protocol violation") {
    client c(h);
    begin(c);
    CHECK(throws([&] { c.send("9"); }));
    settle(h);
    CHECK(h[c.link].closing == false);  // waits for the peer's Close
    h.run_for(6s);
    CHECK(h[c.link].closing);
  }
  SECTION("ping timeout") {
    client c(h);
    begin(c);
    bool thrown = false;
    for (int i = 0; i < 100 && !thrown; ++i) {
      h.now = std::max(h.now, h.driver().deadline());
      thrown = throws([&] { h.advance(); });
    }
    CHECK(thrown);
  }
  SECTION("a refused body on a polling session") {
    client c(h);
    c.poll_open();
    c.send("0");
    f.left = 0;
    CHECK(throws([&] { h.receive(c.post_link, request("POST", c.target(), "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n") + "zz\r\n"); }));
    settle(h);
    CHECK(h[c.post_link].closing);
    CHECK(h[c.post_link].out.find("400") != std::string::npos);
  }
  SECTION("io.close() outside of a call") {
    client c(h);
    begin(c);
    io.close();
    CHECK(settle(h) == 1);
  }
  settle(h);
  h.run_for(3min);
  CHECK(told == 1);
  CHECK(io.size() == 0);
  CHECK(io.session_count() == 0);
  CHECK(io.link_count() == 0);
}

TEST_CASE("allow_request and on_http that throw: the answer may still come, or the limit ends it", "[rules]") {
  siokit::server_options o;
  o.limits.answer_timeout = 5s;
  siokit::server io(o);
  host h(io);
  siokit::admission entry;
  siokit::http::reply reply;
  int requests = 0;
  io.allow_request([&](const siokit::http::request&, siokit::admission a) {
    entry = a;
    throw oops();
  });
  io.on_http([&](const siokit::http::request& r, siokit::http::reply a) {
    if (r.path() == "/pipelined") return ++requests, a.send(200, "text/plain", "second");
    reply = a;
    throw oops();
  });
  const link_id one = h.accept(), two = h.accept(), three = h.accept(), four = h.accept();
  CHECK(throws([&] { h.receive(one, request("GET", "/socket.io/?EIO=4&transport=polling")); }));
  settle(h);
  entry.allow();
  settle(h);
  CHECK(h[one].out.find("200 OK") != std::string::npos);
  CHECK(throws([&] { h.receive(two, request("GET", "/socket.io/?EIO=4&transport=websocket", peer_wire::ws_headers)); }));
  h.run_for(6s);
  CHECK(h[two].out.find("503") != std::string::npos);
  CHECK(throws([&] { h.receive(three, request("GET", "/page") + request("GET", "/pipelined")); }));
  settle(h);
  CHECK(requests == 0);
  reply.send(200, "text/plain", "first");
  settle(h);
  CHECK(requests == 1);
  CHECK(h[three].out.find("first") < h[three].out.find("second"));
  CHECK(h[three].out.find("second") != std::string::npos);
  CHECK(throws([&] { h.receive(four, request("GET", "/page")); }));
  h.run_for(6s);
  CHECK(h[four].out.find("503") != std::string::npos);
}

TEST_CASE("an upgrade whose other handlers throw is finished", "[rules]") {
  counting w;
  w.bad = {"a"};
  client c(w.h);
  c.poll_open();
  c.send("0");
  c.get();
  (void)c.packets();
  const link_id ws = w.h.accept();
  w.h.receive(ws, request("GET", "/socket.io/?EIO=4&transport=websocket&sid=" + c.sid, peer_wire::ws_headers));
  w.h.receive(ws, peer_wire::ws_frame(peer_wire::text, "2probe", 1));
  const bool thrown = throws([&] {
    w.h.receive(ws, peer_wire::ws_frame(peer_wire::text, "5", 1) + client::frame_of("2[\"n\",\"a\"]") + client::frame_of("21[\"n\",\"b\"]"));
  });
  CHECK(thrown);
  settle(w.h);
  CHECK(w.order == "ab");
  CHECK(w.h[ws].out.find("431[1]") != std::string::npos);
}

TEST_CASE("a broadcast's acknowledgements are counted also when a handler throws", "[rules]") {
  siokit::server io;
  host h(io);
  client a(h), b(h);
  joined(a);
  joined(b);
  int each = 0, done = 0;
  std::size_t missing = 99;
  io.emit("q", siokit::on_each_ack<int>(
                   [&](siokit::socket_id, siokit::result<int>) {
                     ++each;
                     throw oops();
                   },
                   [&](std::size_t n) {
                     ++done;
                     missing = n;
                     throw oops();
                   }));
  settle(h);
  CHECK(throws([&] { a.send("30[1]"); }));
  CHECK(throws([&] { b.send("30[1]"); }));
  settle(h);
  CHECK(each == 2);
  CHECK(done == 1);
  CHECK(missing == 0);
  CHECK(io.size() == 2);
}

#endif
