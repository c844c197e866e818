// The interop server's application: what README.md promises, and the twin of reference_server.mjs, in the same order.
// It knows no event loop: server.cpp runs it on the adapters, server_beast.cpp and server_lws.cpp below others' HTTP.
#pragma once

#include <siokit/server.hpp>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace interop {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using siokit::arr;
using siokit::obj;

// obj() leaves out an empty optional, as JSON.stringify leaves out undefined; the contract wants null.
template <class T>
siokit::value or_null(const std::optional<T>& x) {
  return x ? siokit::value{*x} : siokit::value{};
}

inline siokit::server_options settings() {
  siokit::server_options o;
  o.ping_interval = 500ms;
  o.ping_timeout = 4s;
  o.max_payload = 1'500'000;
  o.connect_timeout = 3s;
  o.cookie.name = "io-interop";
  o.cors.origins = {"http://allowed.example", "http://also.example:8080"};
  o.cors.methods = "GET,POST";
  o.cors.allowed_headers = "x-interop";
  o.cors.credentials = true;
  o.cors.max_age = 600;
  return o;
}

inline void engine_echo(siokit::server& io) {
  siokit::eio::options o;
  o.path = "/engine.io";
  o.ping_interval = 500ms;
  o.ping_timeout = 4s;
  o.max_payload = 1'500'000;
  io.engine(o).on_message = [](siokit::engine_session from, siokit::message_kind kind, siokit::bytes_view data) {
    if (kind == siokit::message_kind::text)
      from.send(siokit::as_text(data));
    else
      from.send(data);
  };
}

// ---- other routes on the same port ----
inline void routes(siokit::server& io) {
  const auto parked = std::make_shared<std::vector<siokit::http::reply>>();
  io.on_http([&io, parked](const siokit::http::request& request, const siokit::http::reply& reply) {
    if (request.path() == "/hello" && request.method() == "GET") {
      reply.send(200, "text/plain; charset=utf-8", "hello\n");
    } else if (request.path() == "/announce" && request.method() == "POST") {
      io.emit("announced", request.text());
      reply.send(202, "text/plain", "");
    } else if (request.path() == "/later" && request.method() == "GET") {
      parked->push_back(reply);
      io.emit("later-waits");
    } else {
      reply.send(404, "text/plain", "");
    }
  });
  io.on("answer-later", [parked](std::string_view text) {
    for (const auto& reply : *parked) reply.send(200, "text/plain; charset=utf-8", text);
    const auto answered = static_cast<int>(parked->size());
    parked->clear();
    return answered;
  });
}

// ---- / ----
inline void conversation(siokit::server& io) {
  io.on_connect([](siokit::socket& s) {
    s.use([](siokit::socket& from, std::string_view event, const siokit::arguments&, siokit::next_fn next) {
      if (event != "forbidden") return next();
      from.emit("refused", event);
      next(siokit::refusal{"forbidden"});
    });
  });
  io.on("forbidden", [](siokit::socket& s) { s.emit("refused", "it got through"); });
  io.on("echo", [](siokit::socket& s, const siokit::arguments& all) { s.emit("echo", all); });
  io.on("echo-ack", [](const siokit::arguments& all) { return all; });
  io.on("add", [](int a, int b) { return a + b; });
  io.on("typed", [](std::int64_t whole, double real, bool flag, const std::string& text, const std::vector<int>& list,
                    const std::map<std::string, double>& map, siokit::bytes_view blob,
                    const std::optional<std::string>& maybe) -> siokit::value {
    return obj("whole", whole, "real", real, "flag", flag, "text", text, "list", list, "map", map, "blob", blob, "maybe", or_null(maybe));
  });
  io.on("values", [](siokit::socket& s) {
    s.emit("values",
           obj("zero", 0, "one", 1, "minus", -1, "int32", 2147483647, "safe", 9007199254740991, "unsafe", -9007199254740991, "tenth", 0.1,
               "big", std::numeric_limits<double>::max(), "small", std::numeric_limits<double>::denorm_min(), "nan",
               std::numeric_limits<double>::quiet_NaN(), "infinite", std::numeric_limits<double>::infinity(), "yes", true, "no", false,
               "nothing", nullptr, "empty", "", "text", "plain", "latin", "\u00e9", "euro", "\u20ac", "emoji", "\U0001f600", "separators",
               "\u2028\u2029", "controls", "\0\1\x1e\x1f\b\f\n\r\t\"\\/\x7f"sv, "list", arr(), "object", obj(), "nested",
               arr(arr(1, arr(2, arr(3))), obj("a", obj("b", obj("c", nullptr)))), "blob", siokit::as_bytes("\0\1\2\xfd\xfe\xff"sv), "blobs",
               arr(siokit::as_bytes("ab"), siokit::bytes{})));
  });
  io.on("binary", [](siokit::socket& s, std::size_t size, std::size_t count) {
    std::vector<siokit::bytes> parts;
    for (std::size_t k = 0; k < count; ++k) parts.emplace_back(size, static_cast<std::byte>(k));
    const siokit::bytes first = parts.front();
    parts.erase(parts.begin());
    s.emit("binary", obj("first", first, "rest", parts), "end");
  });
  io.on("big", [](siokit::socket& s, std::size_t size) { s.emit("big", std::string(size, 'x')); });
  io.on("burst", [](siokit::socket& s, int count) {
    for (int i = 0; i < count; ++i) s.emit("number", i);
  });
  io.on("tick", [](siokit::socket& s, int n) { s.volatile_().emit("tock", n); });
}

inline void acknowledgements(siokit::server& io) {
  using held = std::optional<siokit::ack<siokit::value>>;
  io.on("hold", [](siokit::socket& s, siokit::ack<siokit::value> reply) { s.data<held>() = reply; });
  io.on("release", [](siokit::socket& s, const siokit::value& answer) {
    if (const held& reply = s.data<held>()) (*reply)(answer);
  });
  io.on("never", [](siokit::socket&) {});
  io.on("ask", [&io](siokit::socket& s, int ms, std::string_view event, siokit::value_view payload) {
    const siokit::sender to = ms > 0 ? s.timeout(siokit::milliseconds{ms}) : siokit::sender{s};
    to.emit(event, payload, siokit::on_ack([&io, id = s.id(), who = s.ref()](siokit::result<siokit::arguments> answer) {
      if (!answer && answer.error() == siokit::errc::ack_disconnected)
        io.to("watchers").emit("ack-failed", id);
      else if (who && answer)
        who->emit("asked", true, *answer);
      else if (who)
        who->emit("asked", false);
    }));
  });
}

inline void rooms(siokit::server& io) {
  using siokit::socket;
  using text = std::string_view;
  io.on("join", [](socket& s, text room) { return s.join(room) == siokit::errc::none; });
  io.on("leave", [](socket& s, text room) { return s.leave(room), true; });
  io.on("to", [](socket& s, text room, text what) { return s.to(room).emit("heard", what), true; });
  io.on("to-both", [](socket& s, text a, text b, text what) { return s.to(a).to(b).emit("heard", what), true; });
  io.on("to-except", [](socket& s, text room, text not_in, text what) { return s.to(room).except(not_in).emit("heard", what), true; });
  io.on("broadcast", [](socket& s, text what) { return s.broadcast().emit("heard", what), true; });
  io.on("everyone", [&io](siokit::value_view what) { return io.emit("heard", what), true; });
  io.on("everyone-local", [&io](text what) { return io.local().emit("heard", what), true; });
  io.on("everyone-except", [&io](text room, text what) { return io.except(room).emit("heard", what), true; });
  io.on("in", [&io](text room, siokit::value_view what) { return io.in(room).emit("heard", what), true; });
  io.on("in-binary", [&io](text room, siokit::bytes_view what) { return io.in(room).emit("heard", what), true; });
  io.on("vote", [&io](socket& s, text room, int ms) {
    const auto answers = std::make_shared<std::vector<int>>();
    io.in(room).timeout(siokit::milliseconds{ms}).emit("ballot", siokit::on_each_ack<int>(
        [answers](siokit::socket_id, siokit::result<int> answer) { if (answer) answers->push_back(*answer); },
        [answers, who = s.ref()](std::size_t missing) {
          std::sort(answers->begin(), answers->end());
          if (who) who->emit("counted", *answers, missing);
        }));
  });
}

inline void leaving(siokit::server& io) {
  io.on("kick", [](siokit::socket& s, bool close) { s.disconnect(close); });
  io.on_disconnecting([&io](siokit::socket& s, siokit::close_reason why) { io.to("watchers").emit("going", s.id(), siokit::text(why)); });
  io.on_disconnect([&io](siokit::socket& s, siokit::close_reason why) {
    io.to("watchers").emit("gone", s.id(), siokit::text(why));
    std::printf("gone %s %s\n", std::string{s.id().view()}.c_str(), std::string{siokit::text(why)}.c_str());
    std::fflush(stdout);
  });
  io.on("shutdown", [&io](siokit::socket&) { io.close(); });
  io.on("handshake", [](siokit::socket& s) -> siokit::value {
    const auto& h = s.handshake();
    return obj("header", or_null(h.header("x-interop")), "query", or_null(h.query("who")), "cookie", or_null(h.cookie("session")), "auth", h.auth(), "address",
               h.address(), "url", h.url(), "secure", h.secure(), "xdomain", h.cross_origin());
  });
}

// ---- /auth: a middleware that refuses with data ----
inline void auth(siokit::server& io) {
  struct member {
    std::string user = "nobody";
  };
  siokit::nsp& of = io.of("/auth");
  of.use([](siokit::socket& s, siokit::next_fn next) {
    const siokit::value_view given = s.handshake().auth();
    const siokit::value_view token = given.find("token");
    if (!token.exists()) return next(siokit::refusal{"no token"});
    if (!token.equals("secret")) return next(siokit::refusal{"not authorized", obj("code", 401, "detail", arr("wrong", "token"))});
    if (const siokit::value_view user = given.find("user"); user.exists()) (void)user.read(s.data<member>().user);
    next();
  });
  of.use([](siokit::socket& s, siokit::next_fn next) {
    if (s.data<member>().user == "banned") return next(siokit::refusal{"banned", "for life"});
    next();
  });
  of.on_connect([](siokit::socket& s) { s.emit("welcome", s.data<member>().user, s.handshake().auth()); });
  of.on("whoami", [](siokit::socket& s) { return s.data<member>().user; });
}

// ---- /gate: a middleware that answers later ----
inline void gate(siokit::server& io) {
  const auto waiting = std::make_shared<std::vector<siokit::next_fn>>();
  siokit::nsp& of = io.of("/gate");
  of.use([&io, waiting](siokit::socket&, siokit::next_fn next) {
    waiting->push_back(next);
    io.emit("gate-waits", waiting->size());
  });
  of.on_connect([](siokit::socket& s) { s.emit("inside"); });
  io.on("gate", [waiting](bool open) {
    for (const siokit::next_fn& next : *waiting) {
      if (open)
        next();
      else
        next(siokit::refusal{"gate closed", obj("why", "asked to")});
    }
    const auto answered = static_cast<int>(waiting->size());
    waiting->clear();
    return answered;
  });
}

// ---- /any: catch-all listeners, listeners of one socket ----
inline void any(siokit::server& io) {
  using siokit::arguments;
  using siokit::socket;
  using sent = std::vector<std::string>;
  siokit::nsp& of = io.of("/any");
  of.on_any_outgoing([](socket& s, std::string_view event, const arguments&) { s.data<sent>().emplace_back(event); });
  of.on_any([](socket& s, std::string_view event, const arguments&) {
    if (event != "sent") s.emit("any", event);
  });
  of.on_unhandled([](socket& s, std::string_view event, const arguments&) { s.emit("unhandled", event); });
  of.on_connect([](socket& s) {
    s.on("hello", [](socket& from, std::string_view text) { from.emit("hello", text); });
    s.on("loud", [](socket& from, siokit::value_view text) { from.emit("loud", text); });
    s.on("mute", [](socket& from) { from.off("loud"); });
    s.once("once", [](socket& from) { from.emit("only-once"); });
  });
  of.on("sent", [](socket& s) { return s.data<sent>(); });
}

// ---- /quiet: multiplexing; says its own name ----
inline void quiet(siokit::server& io) {
  siokit::nsp& of = io.of("/quiet");
  of.on("echo", [](siokit::socket& s, const siokit::arguments& all) { s.emit("echo", all); });
  of.on("where", [] { return "/quiet"; });
  of.on("kick", [](siokit::socket& s, bool close) { s.disconnect(close); });
  of.on("join", [](siokit::socket& s, std::string_view room) { return s.join(room) == siokit::errc::none; });
  of.on("to", [](siokit::socket& s, std::string_view room, std::string_view what) { return s.to(room).emit("heard", what), true; });
}

// ---- all of it ----
inline void application(siokit::server& io) {
  io.on_error(siokit::to_stderr);
  io.allow_request([](const siokit::http::request& request, siokit::admission decide) {
    if (request.query("deny") == "1") return decide.refuse("denied by the server");
    decide.allow("x-interop-initial: 1\r\n");
  });
  engine_echo(io);
  routes(io);
  conversation(io);
  acknowledgements(io);
  rooms(io);
  leaving(io);
  auth(io);
  gate(io);
  any(io);
  quiet(io);
}

}  // namespace interop
