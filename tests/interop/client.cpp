// The client under test (contract: README.md) with siokit, the twin of reference_client.mjs.
// Run by tests/interop/run: interop_client --adapter poll|epoll|asio|uv. One JSON command on each line of stdin, one JSON line
// for each thing that happens on stdout; ends with stdin. Each manager has a loop and a thread of its own.
#include <siokit/adapters/epoll.hpp>
#include <siokit/adapters/poll.hpp>
#if defined(SIOKIT_INTEROP_UV)
#include <siokit/adapters/uv.hpp>
#endif
#include <siokit/client.hpp>

#if defined(SIOKIT_INTEROP_ASIO)
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#if defined(SIOKIT_INTEROP_TLS)
#include <siokit/adapters/asio_tls.hpp>
#else
#include <siokit/adapters/asio.hpp>
#endif
#endif

#include <cstdio>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

using siokit::milliseconds;
using siokit::value;

/// Several arguments of an event or an acknowledgement, as many as there are.
struct spread {
  value list;
};
template <>
struct siokit::codec<spread> {
  static void write(siokit::value_writer& w, const spread& in) {
    for (const value& each : in.list.elements()) siokit::codec<value>::write(w, each);
  }
};

namespace {

// ---- binary inside JSON, as {"$bin": base64} ----
value unpack(const value& in) {
  if (in.is_array()) {
    value out = value::array();
    for (const value& each : in.elements()) out.push_back(unpack(each));
    return out;
  }
  if (!in.is_object()) return in;
  if (in.size() == 1 && in["$bin"].is_string()) {
    const auto text = in["$bin"].get_or(std::string{});
    siokit::bytes blob(siokit::base64::decoded_size(text));
    return siokit::base64::decode(text, blob.data()) == siokit::errc::none ? value(std::move(blob)) : value{};
  }
  value out = value::object();
  for (const auto& [key, each] : in.members()) out.insert_or_assign(key, unpack(each));
  return out;
}

value pack(const value& in) {
  if (in.is_array()) {
    value out = value::array();
    for (const value& each : in.elements()) out.push_back(pack(each));
    return out;
  }
  if (in.is_binary()) {
    const auto blob = in.get_or(siokit::bytes{});
    std::string text(siokit::base64::encoded_size(blob.size()), '\0');
    siokit::base64::encode(blob, text.data());
    return siokit::obj("$bin", text);
  }
  if (!in.is_object()) return in;
  value out = value::object();
  for (const auto& [key, each] : in.members()) out.insert_or_assign(key, pack(each));
  return out;
}

value packed(const siokit::arguments& args) {
  value all = value::array();
  for (const siokit::value_view v : args) {
    value one;
    if (siokit::decode(v, one) == siokit::errc::none) all.push_back(pack(one));
  }
  return all;
}

/// A line of output, whole, from any thread.
template <class... A>
void say(A&&... names_and_values) {
  static std::mutex one_at_a_time;
  const std::string line = value(siokit::obj(std::forward<A>(names_and_values)...)).to_json() + '\n';
  const std::lock_guard hold(one_at_a_time);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

/// Why there is no acknowledgement, in the words of the reference, which the tests know.
std::string words(siokit::errc e) {
  if (e == siokit::errc::ack_timeout) return "operation has timed out";
  if (e == siokit::errc::ack_disconnected) return "socket has been disconnected";
  return std::string(text(e));
}

// ---- loops: one for each manager, on a thread of its own ----
struct loop {
  virtual ~loop() = default;
  virtual void post(siokit::function<void()> f) = 0;
  virtual void run() = 0;
  /// On its thread: run() returns once nothing is left.
  virtual void close() = 0;
};
constexpr milliseconds drain{300};

template <class Host>
struct posix final : loop {
  explicit posix(siokit::client& io) : host(io.driver()) {}
  void post(siokit::function<void()> f) override { host.post(std::move(f)); }
  void run() override { host.run(); }
  void close() override { host.close(drain); }
  Host host;
};

#if defined(SIOKIT_INTEROP_ASIO)
struct on_asio final : loop {
#if defined(SIOKIT_INTEROP_TLS)
  on_asio(siokit::client& io, const siokit::tls_client_options& tls) : host(ctx.get_executor(), io.driver(), siokit::tls_client{tls}) {}
#else
  explicit on_asio(siokit::client& io) : host(ctx.get_executor(), io.driver()) {}
#endif
  void post(siokit::function<void()> f) override { host.post(std::move(f)); }
  void run() override { ctx.run(); }
  void close() override {
    host.close(drain);
    work.reset();
  }
  asio::io_context ctx{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{ctx.get_executor()};
#if defined(SIOKIT_INTEROP_TLS)
  siokit::asio_tls_host host;
#else
  siokit::asio_host host;
#endif
};
#endif

#if defined(SIOKIT_INTEROP_UV)
// A loop that lives as long as it is posted to: a post does not keep libuv's loop at work, a timer far away does.
struct on_uv final : loop {
  explicit on_uv(siokit::client& io) {
    uv_loop_init(&ctx);
    uv_timer_init(&ctx, &work);
    uv_timer_start(&work, [](uv_timer_t*) {}, 1'000'000'000, 1'000'000'000);
    host.emplace(&ctx, io.driver());
  }
  ~on_uv() override {
    host.reset();
    uv_run(&ctx, UV_RUN_DEFAULT);
    uv_loop_close(&ctx);
  }
  void post(siokit::function<void()> f) override { host->post(std::move(f)); }
  void run() override { host->run(); }
  void close() override {
    host->close(drain);
    uv_close(reinterpret_cast<uv_handle_t*>(&work), nullptr);
  }
  uv_loop_t ctx;
  uv_timer_t work;
  std::optional<siokit::uv_host> host;
};
#endif

std::string adapter = "epoll";

// ---- options ----
std::vector<std::pair<std::string, std::string>> pairs(const value& in) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [key, each] : in.members()) all.emplace_back(key, each.is_string() ? each.get_or(std::string{}) : each.to_json());
  return all;
}

void read_socket_options(const value& in, siokit::client_socket_options& o) {
  if (in["auth"].is_object() && !in["auth"].contains("$each")) o.auth = in["auth"];
  o.retries = in["retries"].get_or(o.retries);
  o.ack_timeout = milliseconds(in["ackTimeout"].get_or(std::int64_t{0}));
}

siokit::client_options read_options(const value& in) {
  siokit::client_options o;
  const auto flag = [&](std::string_view name, bool& to) { to = in[name].get_or(to); };
  const auto length = [&](std::string_view name, milliseconds& to) { to = milliseconds(in[name].get_or(static_cast<std::int64_t>(to.count()))); };
  o.auto_connect = false;
  if (in["transports"].is_array()) {
    o.transports.clear();
    for (const value& name : in["transports"].elements())
      o.transports.push_back(name.get_or(std::string{}) == "polling" ? siokit::eio::transport::polling : siokit::eio::transport::websocket);
  }
  flag("reconnection", o.reconnection);
  flag("upgrade", o.upgrade);
  flag("rememberUpgrade", o.remember_upgrade);
  flag("tryAllTransports", o.try_all_transports);
  flag("forceBase64", o.force_base64);
  flag("withCredentials", o.with_credentials);
  if (in.contains("timestampRequests")) o.timestamp_requests = in["timestampRequests"].get_or(true);
  o.timestamp_param = in["timestampParam"].get_or(o.timestamp_param);
  o.path = in["path"].get_or(o.path);
  o.protocol = in["protocol"].get_or(o.protocol);
  o.reconnection_attempts = in["reconnectionAttempts"].get_or(o.reconnection_attempts);
  length("reconnectionDelay", o.reconnection_delay);
  length("reconnectionDelayMax", o.reconnection_delay_max);
  length("timeout", o.timeout);
  o.randomization_factor = in["randomizationFactor"].get_or(o.randomization_factor);
  o.query = pairs(in["query"]);
  o.extra_headers = pairs(in["extraHeaders"]);
  if (in["proxy"].is_string()) {
    const auto text = in["proxy"].get_or(std::string{});
    siokit::http::url_view at;
    if (siokit::http::split_url(text, at) == siokit::errc::none) o.proxy = {std::string(at.host), at.port, std::string(at.user_info)};
  }
  return o;
}

// ---- a manager: a client, made when its first socket is used, and then left to its thread ----
class manager {
 public:
  manager(std::int64_t m, const value& command) : m_(m), url_(command["url"].get_or(std::string{})), options_(command["options"]) {}
  ~manager() {
    if (thread_.joinable()) thread_.join();
  }

  /// A socket that is to be. That of "/" must be told before anything else is asked for: its options are the client's.
  void declare(std::int64_t s, const value& command) {
    if (!io_) {
      declared_.emplace_back(s, command);
      return;
    }
    post([this, s, command] { make(s, command); });
  }
  template <class F>
  void post(F f) {
    if (!io_) build();
    loop_->post(std::move(f));
  }
  void forget() {
    if (!io_) return;
    loop_->post([this] {
      io_->close();
      loop_->close();
    });
  }
  void close() { post([this] { io_->close(); }); }

  siokit::client_socket& socket(std::int64_t s) { return *sockets_.at(s); }
  void carry_out(const std::string& what, const value& command);

 private:
  void build();
  void make(std::int64_t s, const value& command);
  void make_loop();
  void listen();
  void listen(std::int64_t s, siokit::client_socket& socket);
  void give_auth(siokit::client_socket& socket, const value& auth);
  void emit(siokit::client_socket& socket, const value& command);
  void on(std::int64_t s, siokit::client_socket& socket, const value& command);
  void tell_state(siokit::client_socket& socket, const value& command);
  void tell_transport() { say("on", "transport", "m", m_, "name", transport()); }
  std::string transport() const {
    if (io_->session_id().empty()) return "";
    return io_->transport() == siokit::eio::transport::polling ? "polling" : "websocket";
  }

  std::int64_t m_;
  std::string url_;
  value options_;
  std::vector<std::pair<std::int64_t, value>> declared_;
  std::unique_ptr<siokit::client> io_;
  std::unique_ptr<loop> loop_;
  std::map<std::int64_t, siokit::client_socket*> sockets_;
  std::map<std::int64_t, siokit::ack<spread>> answers_;
  std::int64_t answer_count_ = 0;
  std::thread thread_;
};

void manager::build() {
  siokit::client_options o = read_options(options_);
  for (const auto& [s, command] : declared_)
    if (command["nsp"].get_or(std::string{}) == "/") read_socket_options(command, o);
  io_ = std::make_unique<siokit::client>(url_, o);
  listen();
  for (const auto& [s, command] : declared_) make(s, command);
  make_loop();
  thread_ = std::thread([this] { loop_->run(); });
}

void manager::make_loop() {
#if defined(SIOKIT_INTEROP_ASIO)
  if (adapter == "asio") {
#if defined(SIOKIT_INTEROP_TLS)
    siokit::tls_client_options tls;
    tls.roots = options_["ca"].get_or(std::string{});
    tls.certificate = options_["cert"].get_or(std::string{});
    tls.key = options_["key"].get_or(std::string{});
    tls.insecure_accept_any_certificate = !options_["rejectUnauthorized"].get_or(true);
    loop_ = std::make_unique<on_asio>(*io_, tls);
#else
    loop_ = std::make_unique<on_asio>(*io_);
#endif
    return;
  }
#endif
#if defined(SIOKIT_INTEROP_UV)
  if (adapter == "uv") {
    loop_ = std::make_unique<on_uv>(*io_);
    return;
  }
#endif
  if (adapter == "poll") loop_ = std::make_unique<posix<siokit::poll_host>>(*io_);
  else loop_ = std::make_unique<posix<siokit::epoll_host>>(*io_);
}

void manager::listen() {
  io_->on_open([this] {
    say("on", "manager", "m", m_, "what", "open");
    tell_transport();
  });
  io_->on_upgrade([this] { tell_transport(); });
  io_->on_close([this](siokit::close_reason why) { say("on", "manager", "m", m_, "what", "close", "reason", text(why)); });
  io_->on_open_error([this](const siokit::connect_error& e) { say("on", "manager", "m", m_, "what", "error", "message", e.message); });
  io_->on_ping([this] { say("on", "manager", "m", m_, "what", "ping"); });
  io_->on_reconnect_attempt([this](std::uint32_t n) { say("on", "manager", "m", m_, "what", "reconnect_attempt", "n", n); });
  io_->on_reconnect([this](std::uint32_t n) { say("on", "manager", "m", m_, "what", "reconnect", "n", n); });
  io_->on_reconnect_error([this](const siokit::connect_error& e) {
    say("on", "manager", "m", m_, "what", "reconnect_error", "message", e.message);
  });
  io_->on_reconnect_failed([this] { say("on", "manager", "m", m_, "what", "reconnect_failed"); });
}

void manager::make(std::int64_t s, const value& command) {
  const auto nsp = command["nsp"].get_or(std::string{"/"});
  siokit::client_socket_options o;
  read_socket_options(command, o);
  siokit::client_socket& socket = nsp == "/" ? *io_ : io_->of(nsp, o);
  sockets_[s] = &socket;
  if (command["auth"].contains("$each")) give_auth(socket, command["auth"]);
  listen(s, socket);
}

void manager::listen(std::int64_t s, siokit::client_socket& socket) {
  socket.on_connect([s, &socket] {
    say("on", "connect", "s", s, "nsp", socket.name(), "id", socket.id(), "recovered", socket.recovered());
  });
  socket.on_disconnect([s](siokit::close_reason why) { say("on", "disconnect", "s", s, "reason", text(why)); });
  socket.on_connect_error([s, &socket](const siokit::connect_error& e) {
    value data;
    if (e.data.exists() && siokit::decode(e.data, data) == siokit::errc::none)
      say("on", "connect_error", "s", s, "message", e.message, "active", socket.active(), "data", pack(data));
    else
      say("on", "connect_error", "s", s, "message", e.message, "active", socket.active());
  });
}

/// A value for each CONNECT, the last one for ever; or one for all of them.
void manager::give_auth(siokit::client_socket& socket, const value& auth) {
  if (!auth.contains("$each")) return socket.auth(auth);
  std::deque<value> all;
  for (const value& each : auth["$each"].elements()) all.push_back(each);
  socket.auth([all](siokit::auth_reply reply) mutable {
    reply(all.front());
    if (all.size() > 1) all.pop_front();
  });
}

void manager::on(std::int64_t s, siokit::client_socket& socket, const value& command) {
  const auto event = command["event"].get_or(std::string{});
  const auto heard = [this, s, event](const siokit::arguments& args, siokit::ack<spread> reply) {
    const std::int64_t answer = m_ * 1'000'000 + ++answer_count_;
    answers_.emplace(answer, reply);
    say("on", "event", "s", s, "event", event, "args", packed(args), "answer", answer);
  };
  if (command["once"].get_or(false)) socket.once(event, heard);
  else socket.on(event, heard);
}

void manager::emit(siokit::client_socket& socket, const value& command) {
  const auto event = command["event"].get_or(std::string{});
  const spread args{unpack(command["args"])};
  siokit::client_sender to(socket);
  if (command.contains("timeout")) to = to.timeout(milliseconds(command["timeout"].get_or(std::int64_t{0})));
  if (command["volatile"].get_or(false)) to = to.volatile_();
  if (command.contains("ack")) {
    const auto ack = command["ack"].get_or(std::int64_t{0});
    to.emit(event, args, siokit::on_ack([ack](siokit::result<siokit::arguments> answer) {
      if (answer) say("on", "ack", "ack", ack, "args", packed(*answer));
      else say("on", "ack", "ack", ack, "error", words(answer.error()));
    }));
  } else if (to.emit(event, args) == siokit::delivery::refused) {
    say("on", "failed", "command", "emit", "message", "refused");
  }
}

void manager::tell_state(siokit::client_socket& socket, const value& command) {
  const auto or_null = [](std::string_view text) { return text.empty() ? value{} : value{text}; };
  say("on", "state", "state", command["state"], "connected", socket.connected(), "active", socket.active(), "id", or_null(socket.id()),
      "recovered", socket.recovered(), "transport", or_null(transport()));
}

void manager::carry_out(const std::string& what, const value& command) {
  if (what == "answer") {
    const auto found = answers_.find(command["answer"].get_or(std::int64_t{0}));
    if (found != answers_.end()) found->second(spread{unpack(command["args"])});
    return;
  }
  const auto s = command["s"].get_or(std::int64_t{0});
  siokit::client_socket& to = socket(s);
  const auto event = command["event"].get_or(std::string{});
  const auto caught = [s](const char* on) {
    return [s, on](std::string_view name, const siokit::arguments& args) {
      say("on", on, "s", s, "event", name, "args", packed(args));
    };
  };
  if (what == "connect") to.connect();
  else if (what == "disconnect") to.disconnect();
  else if (what == "auth") give_auth(to, command["auth"]);
  else if (what == "on") on(s, to, command);
  else if (what == "off") to.off(event);
  else if (what == "on_any") to.on_any(caught("any"));
  else if (what == "on_any_outgoing") to.on_any_outgoing(caught("outgoing"));
  else if (what == "emit") emit(to, command);
  else if (what == "state") tell_state(to, command);
  else say("on", "failed", "command", what, "message", "no such command");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--adapter") adapter = argv[2];
  std::map<std::int64_t, std::shared_ptr<manager>> managers, of_socket;
  std::vector<std::shared_ptr<manager>> forgotten;
  for (std::string line; std::getline(std::cin, line);) {
    const auto parsed = value::parse(line);
    if (!parsed) {
      say("on", "failed", "command", "", "message", text(parsed.error()));
      continue;
    }
    const value& command = *parsed;
    const auto what = command["do"].get_or(std::string{});
    const auto m = command["m"].get_or(std::int64_t{0}), s = command["s"].get_or(std::int64_t{0});
    if (what == "open") {
      managers[m] = std::make_shared<manager>(m, command);
    } else if (what == "socket") {
      of_socket[s] = managers.at(m);
      of_socket[s]->declare(s, command);
    } else if (what == "close") {
      managers.at(m)->close();
    } else if (what == "forget") {
      managers.at(m)->forget();
      forgotten.push_back(managers.at(m));
      managers.erase(m);
      std::erase_if(of_socket, [&](const auto& each) { return each.second == forgotten.back(); });
    } else {
      const auto to = what == "answer" ? managers.at(command["answer"].get_or(std::int64_t{0}) / 1'000'000) : of_socket.at(s);
      to->post([to, what, command] { to->carry_out(what, command); });
    }
    // Threads that have ended give their memory back; at most their last 300 ms are waited for.
    if (forgotten.size() > 32) forgotten.erase(forgotten.begin(), forgotten.begin() + 16);
  }
  for (const auto& [m, each] : managers) each->forget();
  return 0;
}
