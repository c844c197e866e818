// siocat: a Socket.IO client for the command line. Prints what comes, one JSON line an event; sends what is typed.
//
//   tools/siocat http://localhost:3000                      each line of input: event arg arg...
//   tools/siocat https://example.org/chat --auth '{"token":"abc"}' --ack 5
//   tools/siocat localhost:3000 --emit add 2 3              sends one event; 0 when it was acknowledged
//
// An argument is JSON; a word that is no JSON stands for itself. What happens to the connection is told on standard error.
// Exit status: 0; 1 not acknowledged (--emit); 2 wrong usage; 3 refused by the server.
#include <siokit/adapters/asio_tls.hpp>
#include <siokit/client.hpp>

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using std::chrono::milliseconds;

struct settings {
  std::string url;
  std::optional<std::string> nsp;
  siokit::client_options client;
  siokit::tls_client_options tls;
  std::optional<milliseconds> ack;     // --ack: how long an acknowledgement is awaited
  std::vector<std::string> emit;       // --emit: an event and its arguments, or one line
};

[[noreturn]] void usage(const char* why = nullptr) {
  if (why != nullptr) std::fprintf(stderr, "siocat: %s\n", why);
  std::fputs(
      "usage: siocat URL [option...] [--emit EVENT ARG...]\n"
      "  --namespace N       joins N instead of the URL's path\n"
      "  --auth JSON         an object, sent when joining\n"
      "  --transport T       polling or websocket; else polling, then an upgrade\n"
      "  --protocol 3|4      3 for servers of Socket.IO 2\n"
      "  --path P            /socket.io unless the server has another\n"
      "  --query NAME=VALUE  and --header 'Name: value', as often as needed\n"
      "  --proxy URL         an HTTP proxy: http://user:password@host:3128\n"
      "  --insecure          does not verify the server's certificate\n"
      "  --ca FILE           trusts this root as well; --cert FILE --key FILE is who we are\n"
      "  --ack SECONDS       asks for acknowledgements, waits that long and prints them\n"
      "  --no-reconnect      gives up when the connection is lost\n"
      "  --emit EVENT ARG... sends one event, waits for its acknowledgement (10 s, or --ack) and ends\n",
      stderr);
  std::exit(2);
}

milliseconds seconds(const char* text) {
  char* end = nullptr;
  const double s = std::strtod(text, &end);
  if (end == text || *end != 0 || !(s > 0) || s > 1e6) usage("--ack wants a number of seconds");
  return milliseconds(static_cast<std::int64_t>(s * 1000));
}

void take_proxy(settings& all, const char* url) {
  siokit::http::url_view at;
  if (siokit::http::split_url(url, at) != siokit::errc::none) usage("--proxy wants a URL");
  all.client.proxy = {std::string(at.host), at.port, std::string(at.user_info)};
}

settings read_arguments(int argc, char** argv) {
  settings all;
  all.tls.on_failure = [](void*, std::string_view peer, std::string_view why) {
    std::fprintf(stderr, "siocat: %.*s: %.*s\n", static_cast<int>(peer.size()), peer.data(), static_cast<int>(why.size()), why.data());
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto next = [&] {
      if (i + 1 >= argc) usage((std::string(name) + " wants a value").c_str());
      return argv[++i];
    };
    const auto pair = [&](char between, std::vector<std::pair<std::string, std::string>>& to) {
      const std::string text = next();
      const std::size_t at = text.find(between);
      if (at == std::string::npos) usage((std::string(name) + " wants NAME" + between + "VALUE").c_str());
      const std::size_t value = text.find_first_not_of(' ', at + 1);
      to.emplace_back(text.substr(0, at), value == std::string::npos ? "" : text.substr(value));
    };
    if (name == "--namespace") all.nsp = next();
    else if (name == "--auth") {
      const auto auth = siokit::value::parse(next());
      if (!auth || !auth->is_object()) usage("--auth wants a JSON object");
      all.client.auth = *auth;
    } else if (name == "--transport") {
      const std::string_view t = next();
      if (t != "polling" && t != "websocket") usage("--transport is polling or websocket");
      all.client.transports = {t == "polling" ? siokit::eio::transport::polling : siokit::eio::transport::websocket};
    } else if (name == "--protocol") {
      const std::string_view p = next();
      if (p != "3" && p != "4") usage("--protocol is 3 or 4");
      all.client.protocol = p == "3" ? 3 : 4;
    } else if (name == "--path") all.client.path = next();
    else if (name == "--query") pair('=', all.client.query);
    else if (name == "--header") pair(':', all.client.extra_headers);
    else if (name == "--proxy") take_proxy(all, next());
    else if (name == "--insecure") all.tls.insecure_accept_any_certificate = true;
    else if (name == "--ca") all.tls.roots = next();
    else if (name == "--cert") all.tls.certificate = next();
    else if (name == "--key") all.tls.key = next();
    else if (name == "--ack") all.ack = seconds(next());
    else if (name == "--no-reconnect") all.client.reconnection = false;
    else if (name == "--emit") {
      all.emit = {next()};
      while (i + 1 < argc && std::string_view(argv[i + 1]).substr(0, 2) != "--") all.emit.emplace_back(argv[++i]);
    } else if (name.substr(0, 2) == "--" || !all.url.empty()) usage(("what is " + std::string(name) + "?").c_str());
    else all.url = name;
  }
  if (all.url.empty()) usage();
  return all;
}

/// The next word of a line: a JSON value, white space inside its strings and brackets included.
std::string_view next_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return line = {};
  bool quoted = false;
  int depth = 0;
  std::size_t at = begin;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quoted && c == '\\') ++at;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{')) ++depth;
    else if (!quoted && (c == ']' || c == '}')) --depth;
    else if (!quoted && depth <= 0 && (c == ' ' || c == '\t')) break;
  }
  at = at < line.size() ? at : line.size();
  const std::string_view word = line.substr(begin, at - begin);
  line.remove_prefix(at);
  return word;
}

siokit::value value_of(std::string_view word) {
  auto parsed = siokit::value::parse(word);
  return parsed ? *parsed : siokit::value(word);
}

std::string text_of(const siokit::arguments& args) {
  siokit::value all = siokit::value::array();
  for (const siokit::value_view v : args) {
    siokit::value one;
    if (siokit::decode(v, one) == siokit::errc::none) all.push_back(std::move(one));
  }
  return all.to_json();
}

class cat {
 public:
  cat(asio::io_context& ctx, settings all)
      : all_(std::move(all)), io_(all_.url, with_delayed_start(all_)), socket_(all_.nsp ? io_.of(*all_.nsp, all_.client) : io_),
        host_(ctx.get_executor(), io_.driver(), siokit::tls_client{all_.tls}), signals_(ctx, SIGINT, SIGTERM) {
    listen();
    signals_.async_wait(asio::bind_executor(host_.get_executor(), [this](const auto& error, int) {
      if (!error) end(0);
    }));
    host_.post([this] {
      socket_.connect();
      if (all_.emit.size() == 1) send_line(all_.emit[0]);
      if (all_.emit.size() > 1) send_words({all_.emit.begin(), all_.emit.end()});
    });
    if (all_.emit.empty()) std::thread([this] { read_input(); }).detach();
  }

  int status() const { return status_; }

 private:
  // The namespace to join may be another than the URL's.
  static siokit::client_options with_delayed_start(const settings& all) {
    siokit::client_options o = all.client;
    o.auto_connect = false;
    return o;
  }
  static void say(const std::string& text) { std::fprintf(stderr, "siocat: %s\n", text.c_str()); }
  static void print(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  void listen() {
    socket_.on_any([](std::string_view event, const siokit::arguments& args) {
      print("{\"event\":" + siokit::value(event).to_json() + ",\"args\":" + text_of(args) + "}");
    });
    socket_.on_connect([this] { say("connected as " + std::string(socket_.id()) + (socket_.recovered() ? ", recovered" : "")); });
    socket_.on_disconnect([this](siokit::close_reason why) {
      say("disconnected: " + std::string(text(why)));
      if (!socket_.active() && !ending_) end(3);
    });
    socket_.on_connect_error([this](const siokit::connect_error& e) {
      say("cannot connect: " + std::string(e.message) + (e.status != 0 ? " (" + std::to_string(e.status) + ")" : "") +
          (e.data.exists() ? " " + std::string(e.data.json()) : ""));
      if (!socket_.active() || !all_.client.reconnection) end(3);
    });
    io_.on_reconnect_attempt([](std::uint32_t n) { say("reconnecting, attempt " + std::to_string(n)); });
    io_.on_reconnect([](std::uint32_t n) { say("reconnected after " + std::to_string(n) + (n == 1 ? " attempt" : " attempts")); });
  }

  void read_input() {
    bool any = false;
    for (std::string line; std::getline(std::cin, line);) {
      any = true;
      host_.post([this, line] { send_line(line); });
    }
    // The end of what was typed ends the program, once all is sent; with no input at all it goes on listening.
    if (any) host_.post([this] {
      no_more_ = true;
      end_when_done();
    });
  }

  void send_line(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::string_view next = next_word(line); !next.empty(); next = next_word(line)) words.push_back(next);
    if (!words.empty()) send_words(words);
  }

  void send_words(const std::vector<std::string_view>& words) {
    const siokit::value name = value_of(words[0]);
    siokit::value args = siokit::value::array();
    for (std::size_t i = 1; i < words.size(); ++i) args.push_back(value_of(words[i]));
    const std::string event = name.is_string() ? name.get_or(std::string{}) : name.to_json();
    const std::string json = args.to_json();
    const siokit::arguments all(siokit::value_view(json, nullptr), 0);
    ++waiting_;
    const auto answered = [this](siokit::result<siokit::arguments> reply) {
      --waiting_;
      print(reply ? "{\"ack\":" + text_of(*reply) + "}" : "{\"ack_error\":" + siokit::value(text(reply.error())).to_json() + "}");
      if (!all_.emit.empty()) return end(reply ? 0 : 1);
      end_when_done();
    };
    if (all_.ack || !all_.emit.empty())
      socket_.timeout(all_.ack.value_or(milliseconds(10'000))).emit(event, all, siokit::on_ack(answered));
    else if (--waiting_; socket_.emit(event, all) == siokit::delivery::refused)
      say("not sent: " + event);
  }

  void end_when_done() {
    if (!no_more_ || waiting_ != 0) return;
    if (socket_.connected()) return end(0);
    socket_.on_connect([this] { end(0); });  // behind what is kept until then
  }

  void end(int status) {
    if (std::exchange(ending_, true)) return;
    status_ = status;
    signals_.cancel();
    io_.close();
    host_.close(std::chrono::seconds(2));
  }

  settings all_;
  siokit::client io_;
  siokit::client_socket& socket_;
  siokit::asio_tls_host host_;
  asio::signal_set signals_;
  int waiting_ = 0;  // acknowledgements
  bool no_more_ = false;
  bool ending_ = false;
  int status_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  asio::io_context ctx;
  // Never destroyed: the thread that reads the input cannot be interrupted.
  cat* const one = new cat(ctx, read_arguments(argc, argv));
  ctx.run();
  std::fflush(stdout);
  std::_Exit(one->status());
}
