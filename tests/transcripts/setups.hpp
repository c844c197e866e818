// The servers transcripts talk to, by name, and what a transcript can make them do on their own (`do ...`):
//
//   conformance   the server both official suites expect: /socket.io/ and, echoing, /engine.io/
//   echo          Engine.IO alone, echoing, on /engine.io/, with the library's defaults
//   events        Socket.IO with handlers for everything that transcripts need; the list is at program::listen()
//
// Whatever a handler sees is noted in `events`, as a line of text that `!` lines are compared with.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <siokit/server.hpp>

namespace transcripts {

struct settings {
  std::map<std::string, std::string> options;
  std::map<std::string, std::string> limits;
  siokit::memory memory;
};

/// A server, from the side of the tests.
class setup {
 public:
  virtual ~setup() = default;
  virtual siokit::driver& driver() = 0;
  /// Does what a `do` line says. False: it knows no such thing.
  virtual bool command(std::string_view what) = 0;

  std::vector<std::string> events;
};

/// Why make_setup() gave null.
inline std::string& setup_mistake() {
  static std::string text;
  return text;
}

inline long long number(std::string_view text) {
  long long n = 0;
  for (const char c : text)
    if (c >= '0' && c <= '9') n = n * 10 + (c - '0');
  return n;
}

inline std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// "ping_interval" and its like. False: there is no such option.
inline bool set_option(siokit::server_options& o, const std::string& name, const std::string& value) {
  const siokit::milliseconds ms(number(value));
  if (name == "ping_interval") o.ping_interval = ms;
  else if (name == "ping_timeout") o.ping_timeout = ms;
  else if (name == "upgrade_timeout") o.upgrade_timeout = ms;
  else if (name == "connect_timeout") o.connect_timeout = ms;
  else if (name == "max_payload") o.max_payload = static_cast<std::size_t>(number(value));
  else if (name == "polling") o.polling = value == "yes";
  else if (name == "websocket") o.websocket = value == "yes";
  else if (name == "allow_upgrades") o.allow_upgrades = value == "yes";
  else if (name == "add_trailing_slash") o.add_trailing_slash = value == "yes";
  else if (name == "path") o.path = value;
  else if (name == "cors") o.cors.origins = words(value);
  else if (name == "credentials") o.cors.credentials = value == "yes";
  else if (name == "cookie") o.cookie.name = value;
  else return false;
  return true;
}

inline bool set_limit(siokit::limits& l, const std::string& name, const std::string& value) {
  const auto n = static_cast<std::size_t>(number(value));
  const siokit::milliseconds ms(number(value));
#define SIOKIT_TEST_SIZE(member) \
  if (name == #member) return l.member = n, true;
#define SIOKIT_TEST_TIME(member) \
  if (name == #member) return l.member = ms, true;
  SIOKIT_TEST_SIZE(request_line)
  SIOKIT_TEST_SIZE(request_head)
  SIOKIT_TEST_SIZE(headers)
  SIOKIT_TEST_SIZE(chunk_line)
  SIOKIT_TEST_SIZE(chunk_extensions)
  SIOKIT_TEST_SIZE(trailers)
  SIOKIT_TEST_SIZE(http_body)
  SIOKIT_TEST_SIZE(pipelined)
  SIOKIT_TEST_TIME(request_head_time)
  SIOKIT_TEST_TIME(request_body_time)
  SIOKIT_TEST_TIME(keep_alive)
  SIOKIT_TEST_SIZE(fragments)
  SIOKIT_TEST_TIME(ws_close_time)
  SIOKIT_TEST_SIZE(payload_packets)
  SIOKIT_TEST_SIZE(probes)
  SIOKIT_TEST_SIZE(sessions)
  SIOKIT_TEST_SIZE(pending_sessions)
  SIOKIT_TEST_TIME(poll_close_time)
  SIOKIT_TEST_TIME(answer_timeout)
  SIOKIT_TEST_TIME(stall)
  SIOKIT_TEST_SIZE(high_water)
  SIOKIT_TEST_SIZE(low_water)
  SIOKIT_TEST_SIZE(max_queued)
  SIOKIT_TEST_SIZE(max_queued_total)
  SIOKIT_TEST_TIME(no_progress)
  SIOKIT_TEST_SIZE(attachments)
  SIOKIT_TEST_SIZE(attachment_bytes)
  SIOKIT_TEST_TIME(attachment_time)
  SIOKIT_TEST_SIZE(json_depth)
  SIOKIT_TEST_SIZE(json_nodes)
  SIOKIT_TEST_SIZE(auth)
  SIOKIT_TEST_SIZE(nsp_name)
  SIOKIT_TEST_SIZE(event_name)
  SIOKIT_TEST_SIZE(nsps_per_session)
  SIOKIT_TEST_SIZE(refused_connects)
  SIOKIT_TEST_SIZE(waiting_packets)
  SIOKIT_TEST_TIME(middleware_timeout)
  SIOKIT_TEST_SIZE(pending_acks)
  SIOKIT_TEST_SIZE(rooms_per_socket)
  SIOKIT_TEST_SIZE(cached_blocks)
#undef SIOKIT_TEST_SIZE
#undef SIOKIT_TEST_TIME
  return false;
}

/// False, with the reason in setup_mistake(), when a name is unknown or the options cannot work.
inline bool apply(const settings& from, siokit::server_options& to) {
  for (const auto& [name, value] : from.options)
    if (!set_option(to, name, value)) return setup_mistake() = "no option is called " + name, false;
  for (const auto& [name, value] : from.limits)
    if (!set_limit(to.limits, name, value)) return setup_mistake() = "no limit is called " + name, false;
  to.memory = from.memory;
  if (siokit::eio::check(to) != siokit::errc::none) return setup_mistake() = "the options do not go together", false;
  return true;
}

/// The arguments of an event as JSON; binary ones as <3>, their size.
inline std::string show(std::string_view name, const siokit::arguments& args) {
  std::string out = "[" + (name.empty() ? std::string() : siokit::value(name).to_json());
  if (name.data() != nullptr && name.empty()) out += "\"\"";
  bool first = name.data() == nullptr;
  for (const siokit::value_view v : args) {
    if (!std::exchange(first, false)) out += ",";
    siokit::bytes_view binary;
    if (v.kind() == siokit::value_kind::binary && v.as_binary(binary) == siokit::errc::none)
      out += "<" + std::to_string(binary.size()) + ">";
    else
      out += v.json();
  }
  return out + "]";
}

inline std::string show_rooms(const siokit::socket& s) {
  std::string out;
  s.each_room([&](std::string_view room) {
    out += (out.empty() ? "" : " ") + std::string(room == s.id().view() ? "own" : room);
  });
  return "(" + out + ")";
}

inline std::string quoted(std::string_view text) { return siokit::value(text).to_json(); }

/// Notes what happens on an Engine.IO path, and echoes.
inline void echo_on(siokit::engine_path& path, std::vector<std::string>& events,
    std::vector<siokit::engine_session>* sessions) {
  path.on_open = [&events, sessions](siokit::engine_session s) {
    events.push_back("open");
    if (sessions != nullptr) sessions->push_back(s);
  };
  path.on_message = [&events](siokit::engine_session s, siokit::message_kind kind, siokit::bytes_view data) {
    if (kind == siokit::message_kind::binary) {
      events.push_back("binary " + std::to_string(data.size()));
      (void)s.send(data);
    } else {
      events.push_back("text " + quoted(siokit::as_text(data)));
      (void)s.send(siokit::as_text(data));
    }
  };
  path.on_close = [&events](siokit::engine_session, siokit::close_reason why) {
    events.push_back("closed " + quoted(siokit::text(why)));
  };
}

class conformance final : public setup {
 public:
  static void defaults(siokit::server_options& o) {
    o.ping_interval = siokit::milliseconds(300);
    o.ping_timeout = siokit::milliseconds(200);
    o.connect_timeout = siokit::milliseconds(1000);
    o.cors.origins = {"*"};
  }
  explicit conformance(const siokit::server_options& o) : io_(o) {
    const auto hello = [](siokit::socket& s) { (void)s.emit("auth", s.handshake().auth()); };
    io_.on_connect(hello);
    io_.on("message", [](siokit::socket& s, const siokit::arguments& args) { (void)s.emit("message-back", args); });
    io_.on("message-with-ack", [](const siokit::arguments& args, siokit::ack<siokit::arguments> reply) {
      reply(args);
    });
    io_.of("/custom").on_connect(hello);
    io_.on_disconnect([this](siokit::socket&, siokit::close_reason why) {
      events.push_back("closed " + quoted(siokit::text(why)));
    });
    echo_on(io_.engine("/engine.io", o), events, nullptr);
  }
  siokit::driver& driver() override { return io_.driver(); }
  bool command(std::string_view) override { return false; }

 private:
  siokit::server io_;
};

/// do close, do shutdown, do send TEXT: to every session.
class echo final : public setup {
 public:
  static void defaults(siokit::server_options&) {}
  explicit echo(const siokit::server_options& o) : io_(o) {
    echo_on(io_.engine("/engine.io", o), events, &sessions_);
  }
  siokit::driver& driver() override { return io_.driver(); }
  bool command(std::string_view what) override {
    if (what == "shutdown") return io_.close(), true;
    for (const siokit::engine_session& s : sessions_) {
      if (what == "close") s.close();
      else if (what.substr(0, 5) == "send ") (void)s.send(what.substr(5));
      else return false;
    }
    return true;
  }

 private:
  siokit::server io_;
  std::vector<siokit::engine_session> sessions_;
};

class program final : public setup {
 public:
  static void defaults(siokit::server_options&) {}
  explicit program(const siokit::server_options& o) : io_(o) {
    listen(io_, "");
    listen(io_.of("/adm"), " /adm");
    siokit::nsp& children =
        io_.of([](std::string_view name, siokit::value_view) { return name.substr(0, 5) == "/dyn-"; });
    listen(children, " /dyn");
    verbs_["late_handler"] = [this, &children](std::string_view) {
      children.on("x", [this] { events.push_back("late \"x\""); });
    };
    guard();
  }
  siokit::driver& driver() override { return io_.driver(); }

  bool command(std::string_view what) override {
    const std::size_t space = std::min(what.find(' '), what.size());
    const std::string_view name = what.substr(0, space);
    const std::string_view rest = space < what.size() ? what.substr(space + 1) : std::string_view{};
    const auto found = verbs_.find(name);
    if (found == verbs_.end()) return false;
    found->second(rest);
    return true;
  }

 private:
  using verb = siokit::function<void(std::string_view)>;

  /// What every namespace does: it notes what happens. An event nobody listens to is only noted; these do something:
  ///   hello, a      acknowledged with "ok"           later       kept, and acknowledged by `do ack`
  ///   join, leave   the socket and a room            back        sends its arguments back as "back"
  ///   leave_me      server-side disconnect           close_me    the same for the whole session
  void listen(siokit::nsp& n, std::string suffix) {
    const auto note = [this, suffix](const std::string& text) { events.push_back(text + suffix); };
    n.on_connect([note](siokit::socket&) { note("connect"); });
    n.on_disconnecting([note](siokit::socket& s, siokit::close_reason why) {
      note("disconnecting " + quoted(siokit::text(why)) + " " + show_rooms(s));
    });
    n.on_disconnect([note](siokit::socket& s, siokit::close_reason why) {
      note("disconnect " + quoted(siokit::text(why)) + " " + show_rooms(s));
    });
    n.on_any([this, suffix](siokit::socket&, std::string_view name, const siokit::arguments& args) {
      events.push_back("event" + suffix + " " + show(name, args));
    });
    n.on("hello", [] { return std::string("ok"); });
    n.on("a", [] { return std::string("ok"); });
    n.on("later", [this](siokit::ack<std::string> reply) { later_ = reply; });
    n.on("join", [](siokit::socket& s, std::string_view room) { (void)s.join(room); });
    n.on("leave", [](siokit::socket& s, std::string_view room) { s.leave(room); });
    n.on("back", [](siokit::socket& s, const siokit::arguments& args) { (void)s.emit("back", args); });
    n.on("leave_me", [](siokit::socket& s) { s.disconnect(); });
    n.on("close_me", [](siokit::socket& s) { s.disconnect(true); });
    n.on("typed", [this](int x) { events.push_back("typed " + std::to_string(x)); });
  }

  // /slow waits for `do next` or `do refuse`; /closed refuses; /early emits before it lets in; "/" has a packet guard.
  void guard() {
    listen(io_.of("/slow"), " /slow");
    io_.of("/slow").use([this](siokit::socket&, siokit::next_fn next) { waiting_.push_back(next); });
    listen(io_.of("/closed"), " /closed");
    io_.of("/closed").use([](siokit::socket&, siokit::next_fn next) {
      next(siokit::refusal{"not you", siokit::obj("code", 7)});
    });
    listen(io_.of("/early"), " /early");
    io_.of("/early").use([](siokit::socket& s, siokit::next_fn next) {
      (void)s.emit("early", 1);
      next();
    });
    listen(io_.of("/guarded"), " /guarded");
    io_.of("/guarded").on_connect([](siokit::socket& s) {
      s.use([](siokit::socket&, std::string_view event, const siokit::arguments&, siokit::next_fn next) {
        if (event == "bad") return next(siokit::refusal{"no"});
        next();
      });
    });
    io_.on_error([this](siokit::socket&, std::string_view event, siokit::errc e, std::string_view where) {
      events.push_back("error " + quoted(event) + " " + quoted(siokit::text(e)) +
                       (where.empty() ? "" : " " + std::string(where)));
    });
  }

  void note_ack(siokit::result<siokit::arguments> got) {
    events.push_back(got ? "ack " + show({}, *got) : "ack error " + quoted(siokit::text(got.error())));
  }
  auto each() {
    return siokit::on_each_ack<siokit::value>(
        [this](const siokit::socket_id&, siokit::result<siokit::value> got) {
          events.push_back(got ? "each " + got->to_json() : "each error " + quoted(siokit::text(got.error())));
        },
        [this](std::size_t missing) { events.push_back("missing " + std::to_string(missing)); });
  }
  void emit_binary(std::size_t count) {
    std::vector<siokit::bytes> parts(count, siokit::bytes{std::byte{1}, std::byte{2}});
    io_.each_socket([&](siokit::socket& s) {
      const siokit::delivery d = s.emit("parts", parts);
      if (d == siokit::delivery::refused) events.push_back("refused");
    });
  }
  void volatile_pair() {
    io_.each_socket([](siokit::socket& s) {
      (void)s.emit("first");
      (void)s.volatile_().emit("second");
      (void)s.volatile_().emit("third");
    });
  }

  siokit::server io_;
  siokit::ack<std::string> later_;
  std::vector<siokit::next_fn> waiting_;
  std::map<std::string, verb, std::less<>> verbs_ = make_verbs();

  std::map<std::string, verb, std::less<>> make_verbs() {
    std::map<std::string, verb, std::less<>> v;
    v["emit"] = [this](std::string_view name) { io_.emit(name, 1); };
    v["emit_volatile"] = [this](std::string_view name) { io_.volatile_().emit(name, 1); };
    v["volatile_pair"] = [this](std::string_view) { volatile_pair(); };
    v["to"] = [this](std::string_view room) { io_.to(room).emit("room", room); };
    v["to_none"] = [this](std::string_view) { io_.to(std::vector<std::string_view>{}).emit("room", "none"); };
    v["except"] = [this](std::string_view room) { io_.except(room).emit("room", room); };
    v["parts"] = [this](std::string_view n) { emit_binary(static_cast<std::size_t>(number(n))); };
    v["two_of_each"] = [this](std::string_view) {
      const siokit::bytes one{std::byte{1}};
      io_.emit("text", 1);
      io_.emit("binary", one);
      io_.emit("text", 2);
    };
    v["ask"] = [this](std::string_view name) {
      io_.each_socket([&](siokit::socket& s) {
        (void)s.emit(name, siokit::on_ack([this](siokit::result<siokit::arguments> got) { note_ack(got); }));
      });
    };
    v["ask_for"] = [this](std::string_view ms) {
      io_.each_socket([&](siokit::socket& s) {
        (void)s.timeout(siokit::milliseconds(number(ms)))
            .emit("question", siokit::on_ack([this](siokit::result<siokit::arguments> got) { note_ack(got); }));
      });
    };
    v["ask_all"] = [this](std::string_view) { io_.emit("question", each()); };
    v["ask_all_for"] = [this](std::string_view ms) {
      io_.timeout(siokit::milliseconds(number(ms))).emit("question", each());
    };
    v["ask_all_volatile"] = [this](std::string_view ms) {
      io_.volatile_().timeout(siokit::milliseconds(number(ms))).emit("question", each());
    };
    v["ack"] = [this](std::string_view text) { later_(std::string(text)); };
    v["next"] = [this](std::string_view) {
      for (const siokit::next_fn& n : std::exchange(waiting_, {})) n();
    };
    v["refuse"] = [this](std::string_view why) {
      for (const siokit::next_fn& n : std::exchange(waiting_, {})) n(siokit::refusal{std::string(why)});
    };
    v["disconnect"] = [this](std::string_view) { io_.disconnect_sockets(); };
    v["disconnect_all"] = [this](std::string_view) { io_.disconnect_sockets(true); };
    v["shutdown"] = [this](std::string_view) { io_.close(); };
    return v;
  }
};

template <class Setup>
std::unique_ptr<setup> make(const settings& from) {
  siokit::server_options o;
  Setup::defaults(o);
  if (!apply(from, o)) return nullptr;
  return std::make_unique<Setup>(o);
}

/// Null, with the reason in setup_mistake(), when there is no such set-up or its settings cannot work.
inline std::unique_ptr<setup> make_setup(const std::string& name, const settings& from) {
  setup_mistake().clear();
  if (name == "conformance") return make<conformance>(from);
  if (name == "echo") return make<echo>(from);
  if (name == "events") return make<program>(from);
  setup_mistake() = "there is no such set-up";
  return nullptr;
}

}  // namespace transcripts
