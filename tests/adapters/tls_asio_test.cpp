// asio_host with TLS: who is trusted, what hostile peers cannot do, and that a secure link is a link like any other.
#include "adapters/rigs_asio.hpp"

#include <siokit/adapters/asio_tls.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include "adapters/certificates.hpp"

using std::chrono::steady_clock;
using namespace std::chrono_literals;
using siokit::link_end;
using siokit::tls_client;
using siokit::tls_server;

namespace {

const authority& ca() {
  static const authority one{"test authority"};
  return one;
}
const authority& strangers() {
  static const authority one{"nobody knows"};
  return one;
}
const identity& localhost() {
  static const identity one = ca().issue("DNS:localhost,DNS:*.example.org,IP:127.0.0.1,IP:::1");
  return one;
}
tls_server server_of(const identity& who) { return tls_server{{.certificate = who.certificate, .key = who.key}}; }
tls_client client_of(const authority& whom = ca()) { return tls_client{{.roots = whom.root}}; }

struct heard {
  std::vector<std::string> all;  // "peer: why"
  static void failed(void* me, std::string_view peer, std::string_view why) {
    static_cast<heard*>(me)->all.push_back(std::string{peer} + ": " + std::string{why});
  }
  bool anything_about(std::string_view text) const {
    return std::any_of(all.begin(), all.end(), [&](const std::string& s) { return s.find(text) != std::string::npos; });
  }
};

// A server that echoes and a client, on one thread.
struct tls_rigs {
  asio_rig server;
  asio_rig rig;
  std::uint16_t port = 0;
  std::string got;

  explicit tls_rigs(const tls_server& s = server_of(localhost()), const tls_client& c = client_of(),
                    const siokit::host_options& options = {})
      : server(options), rig(options) {
    port = server.host.listen({.address = "127.0.0.1"}, s).port;
    REQUIRE(port != 0);
    rig.host.dial_with(c);
    rig.io.echo = false;
    rig.io.on_bytes = [this](siokit::link_id, std::string_view in) { got += in; };
  }
  void turn() {
    server.turn();
    rig.turn();
  }
  siokit::link_id connect(std::uint16_t to = 0) {
    const std::size_t before = rig.io.opened_links.size();
    const siokit::link_id link = rig.io.dial("127.0.0.1", to != 0 ? to : port);
    REQUIRE(until(*this, [&] { return rig.io.opened_links.size() > before; }));
    return link;
  }
  siokit::link_id open(const std::string& name = "localhost") {
    const siokit::link_id link = connect();
    const std::size_t before = rig.io.opened_links.size();
    const std::size_t accepted = server.io.accepted.size();
    rig.io.secure(link, name);
    REQUIRE(until(*this, [&] { return rig.io.opened_links.size() > before && server.io.accepted.size() > accepted; }));
    return link;
  }
  // How the handshake ended that opened nothing.
  echo_driver::ending end_of(const std::string& name) {
    const siokit::link_id link = connect();
    rig.io.secure(link, name);
    REQUIRE(until(*this, [&] { return !rig.io.endings.empty(); }));
    CHECK(until(*this, [&] { return server.host.connections() == 0 && rig.host.connections() == 0; }));
    REQUIRE(rig.io.endings.size() == 1);
    CHECK(rig.io.endings[0].link == link);
    CHECK(rig.io.faults.empty());
    CHECK(server.io.faults.empty());
    return rig.io.endings[0];
  }
  bool received(std::string_view text) {
    return until(*this, [&] { return got.size() >= text.size(); }) && got == text;
  }
  // A peer of the test's own, greeted.
  tls_peer greet(int receive_buffer = 0) {
    tls_peer p{client::tcp(port, "127.0.0.1", receive_buffer)};
    const std::size_t before = server.io.accepted.size();
    REQUIRE(until(server, [&] { return p.handshake() && server.io.accepted.size() > before; }));
    return p;
  }
};

}  // namespace

// --- links -----------------------------------------------------------------------------------------------------------

TEST_CASE("a secure link is a link like any other", "[tls]") {
  siokit::host_options options;
  options.read_buffer = GENERATE(std::size_t{100}, std::size_t{64} * 1024);
  tls_rigs both{server_of(localhost()), client_of(), options};
  both.rig.io.room = GENERATE(std::size_t{0}, std::size_t{1000});
  const siokit::link_id link = both.open();
  REQUIRE(both.server.io.secured.size() == 1);
  CHECK(both.server.io.secured[0]);
  CHECK(both.server.io.addresses[0].starts_with("127.0.0.1 "));
  CHECK(both.rig.host.connections() == 1);
  both.rig.io.write(link, "hello");
  CHECK(both.received("hello"));

  both.got.clear();
  const std::string all = pattern(options.read_buffer == 100 ? 500'000 : 8 << 20);
  both.rig.io.write(link, all);
  REQUIRE(until(both, [&] { return both.got.size() == all.size(); }));
  CHECK((both.got == all));

  both.got.clear();
  for (int i = 0; i < 200; ++i) both.rig.io.write(link, "a frame ");
  CHECK(until(both, [&] { return both.got.size() == 1600; }));

  both.got.clear();
  both.rig.io.stop_reading(link);
  both.rig.io.write(link, "patience");
  turns(both, 10);
  CHECK(both.got.empty());
  both.rig.io.read_again(link);
  CHECK(both.received("patience"));

  both.rig.io.write(link, "bye");
  both.rig.io.close(link);
  CHECK(until(both, [&] { return both.rig.host.connections() == 0 && both.server.host.connections() == 0; }));
  REQUIRE(both.rig.io.endings.size() == 1);
  CHECK(both.rig.io.endings[0].how == link_end::eof);
  CHECK(both.server.io.endings[0].how == link_end::eof);
  CHECK(both.server.io.received == 5 + all.size() + 1600 + 8 + 3);
  CHECK(both.rig.io.faults.empty());
  CHECK(both.server.io.faults.empty());
}

TEST_CASE("close sends all, says the end, and lets the peer read it", "[tls]") {
  tls_rigs both;
  tls_peer p = both.greet(4096);
  both.server.io.echo = false;
  const std::string all = pattern(2 << 20);
  both.server.io.write(both.server.io.accepted[0], all);
  both.server.io.close(both.server.io.accepted[0]);
  turns(both.server, 3);
  CHECK(p.send("still talking") == 13);
  std::string got;
  CHECK(until(both.server, [&] { return got += p.receive_all(), p.heard_end() || p.failed(); }));
  CHECK((got == all));
  CHECK(p.heard_end());
  CHECK_FALSE(p.failed());
  CHECK(p.c.receive().empty());
  CHECK(p.c.error() == 0);  // an end, not a reset
  p.c.close();
  CHECK(until(both.server, [&] { return both.server.host.connections() == 0; }));
}

TEST_CASE("an end is an end, with or without close_notify, and what is pending still leaves", "[tls]") {
  tls_rigs both;
  tls_peer p = both.greet(65536);
  both.server.io.answer_end = true;
  both.server.io.echo = false;
  const std::string all = pattern(4 << 20);
  both.server.io.write(both.server.io.accepted[0], all);
  turns(both.server, 3);
  SECTION("close_notify") { p.say_end(); }
  SECTION("cut off") { p.c.half_close(); }
  SECTION("close_notify, then cut off") {
    p.say_end();
    p.c.half_close();
  }
  std::string got;
  CHECK(until(both.server, [&] { return got += p.receive_all(), got.size() >= all.size() + 3; }));
  CHECK((got == all + "bye"));
  p.c.close();
  CHECK(until(both.server, [&] { return both.server.host.connections() == 0; }));
  REQUIRE(both.server.io.endings.size() == 1);
  CHECK(both.server.io.endings[0].how == link_end::eof);
  CHECK(both.server.io.faults.empty());
}

TEST_CASE("a secure peer that does not read costs no turns and gets everything later", "[tls]") {
  tls_rigs both;
  tls_peer p = both.greet(65536);
  const std::string all = pattern(16 << 20);
  const siokit::link_id link = both.server.io.accepted[0];
  both.server.io.write(link, all);
  std::size_t before = 1;
  const std::size_t& sent = both.server.io.sent_bytes;
  REQUIRE(until(both.server, [&] { return std::exchange(before, sent) == sent; }));
  CHECK(both.server.io.sent_bytes < all.size());
  CHECK(sleeps(both.server));
  SECTION("it reads") {
    std::string got;
    CHECK(until(both.server, [&] { return got += p.receive_all(), got.size() >= all.size(); }));
    CHECK((got == all));
    CHECK(until(both.server, [&] { return both.server.io.sent_bytes == all.size(); }));
  }
  SECTION("it is dropped") { both.server.io.abort(link); }
  SECTION("it leaves") { p.c.reset(); }
  if (both.server.io.sent_bytes == all.size()) return;
  CHECK(until(both.server, [&] { return both.server.host.connections() == 0; }));
  CHECK(both.server.io.endings.size() == 1);
}

TEST_CASE("bytes that are not wanted wait, and an end behind none is heard", "[tls]") {
  tls_rigs both;
  tls_peer p = both.greet();
  const siokit::link_id link = both.server.io.accepted[0];
  both.server.io.stop_reading(link);
  SECTION("bytes") {
    CHECK(p.send("wait") == 4);
    CHECK(p.send("for it") == 6);
    CHECK(sleeps(both.server));
    CHECK(both.server.io.received == 0);
    both.server.io.read_again(link);
    std::string got;
    CHECK(until(both.server, [&] { return got += p.receive_all(), got == "waitfor it"; }));
  }
  SECTION("an end") {
    if (GENERATE(false, true)) p.say_end();
    else p.c.close();
    CHECK(until(both.server, [&] { return both.server.io.endings.size() == 1; }));
  }
  CHECK(both.server.io.faults.empty());
}

TEST_CASE("a flood of secure bytes does not starve the others", "[tls]") {
  tls_rigs both;
  both.server.io.echo = false;
  tls_peer flood = both.greet();
  tls_peer quiet = both.greet();
  const siokit::link_id patient = both.server.io.accepted[1];
  std::size_t flooded = 0;
  std::size_t before_quiet = 0;
  both.server.io.on_bytes = [&](siokit::link_id id, std::string_view in) {
    (id == patient ? before_quiet : flooded) += id == patient ? flooded + 1 : in.size();
  };
  const std::string lots(1 << 20, 'x');
  while (flood.send(lots) != 0) {
  }
  REQUIRE(quiet.send("me") == 2);
  REQUIRE(until(both.server, [&] { return before_quiet != 0; }));
  CHECK(before_quiet <= 4 * 65536);
}

TEST_CASE("key updates and tickets pass unnoticed", "[tls]") {
  tls_rigs both;
  tls_peer p = both.greet();
  std::string got;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(SSL_key_update(p.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(p.send("x") == 1);
    REQUIRE(until(both.server, [&] { return got += p.receive_all(), got.size() == static_cast<std::size_t>(i + 1); }));
  }
}

// --- whom to trust ---------------------------------------------------------------------------------------------------

TEST_CASE("a certificate that proves nothing is refused, and it is said why", "[tls]") {
  struct {
    identity who;
    const char* dialed;
    int error;
    const char* text;
  } const cases[] = {
      {ca().issue("DNS:localhost", -60), "localhost", X509_V_ERR_CERT_HAS_EXPIRED, "certificate has expired"},
      {localhost(), "other.example.com", X509_V_ERR_HOSTNAME_MISMATCH, "hostname mismatch"},
      {localhost(), "a.b.example.org", X509_V_ERR_HOSTNAME_MISMATCH, "hostname mismatch"},
      {localhost(), "example.org", X509_V_ERR_HOSTNAME_MISMATCH, "hostname mismatch"},
      {localhost(), "leaf", X509_V_ERR_HOSTNAME_MISMATCH, "hostname mismatch"},  // the CN does not count
      {localhost(), "127.0.0.2", X509_V_ERR_IP_ADDRESS_MISMATCH, "IP address mismatch"},
      {localhost(), "", X509_V_ERR_HOSTNAME_MISMATCH, "hostname mismatch"},
      {strangers().issue("DNS:localhost"), "localhost", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
       "unable to get local issuer certificate"}};
  for (const auto& c : cases) {
    INFO(c.dialed << ": " << c.text);
    heard client_heard;
    heard server_heard;
    tls_rigs both{tls_server{{.certificate = c.who.certificate,
                              .key = c.who.key,
                              .on_failure = heard::failed,
                              .ctx = &server_heard}},
                  tls_client{{.roots = ca().root, .on_failure = heard::failed, .ctx = &client_heard}}};
    const auto end = both.end_of(c.dialed);
    CHECK(end.how == link_end::tls);
    CHECK(end.os_error == -c.error);
    CHECK(siokit::tls_error_text(end.os_error) == "the peer's certificate is refused: " + std::string{c.text});
    CHECK(both.rig.io.opened_links.size() == 1);
    CHECK(both.server.io.accepted.empty());
    if (*c.dialed == '\0') continue;
    REQUIRE(client_heard.all.size() == 1);
    CHECK(client_heard.all[0] == c.dialed + std::string{": the peer's certificate is refused: "} + c.text);
    REQUIRE(server_heard.all.size() == 1);
    CHECK(server_heard.all[0].starts_with("127.0.0.1: the peer refused: "));
  }
}

TEST_CASE("a certificate that proves who it is is accepted", "[tls]") {
  tls_rigs both;
  for (const char* const name : {"localhost", "localhost.", "LocalHost", "chat.example.org", "127.0.0.1", "::1"}) {
    INFO(name);
    both.open(name);
  }
  CHECK(both.rig.host.connections() == 6);
}

TEST_CASE("without roots of its own a client trusts the system's, not ours", "[tls]") {
  tls_rigs both{server_of(localhost()), tls_client{}};
  const auto end = both.end_of("localhost");
  CHECK(end.how == link_end::tls);
  CHECK(end.os_error < 0);
}

TEST_CASE("an insecure client talks to anybody, when it is told to", "[tls]") {
  const identity who = GENERATE(0, 1) == 0 ? strangers().issue("DNS:elsewhere", -60) : localhost();
  tls_rigs both{server_of(who), tls_client{{.insecure_accept_any_certificate = true}}};
  both.rig.io.write(both.open(GENERATE("localhost", "")), "anyone");
  CHECK(both.received("anyone"));
}

TEST_CASE("a server may demand a certificate", "[tls]") {
  heard why;
  const tls_server demanding{{.certificate = localhost().certificate,
                              .key = localhost().key,
                              .client_roots = ca().root,
                              .on_failure = heard::failed,
                              .ctx = &why}};
  const auto client_with = [](const identity& who) {
    return tls_client{{.roots = ca().root, .certificate = who.certificate, .key = who.key}};
  };
  SECTION("it is shown") {
    tls_rigs both{demanding, client_with(ca().issue("DNS:client"))};
    both.rig.io.write(both.open(), "it is me");
    CHECK(both.received("it is me"));
    CHECK(why.all.empty());
    return;
  }
  tls_client c = client_of();
  const char* text = "peer did not return a certificate";
  SECTION("none is shown") {}
  SECTION("one from elsewhere is shown") {
    c = client_with(strangers().issue("DNS:client"));
    text = "unable to get local issuer certificate";
  }
  SECTION("one that has expired is shown") {
    c = client_with(ca().issue("DNS:client", -60));
    text = "certificate has expired";
  }
  tls_rigs both{demanding, c};
  // With TLS 1.3 the client's handshake is done before it hears that it is refused.
  const auto end = both.end_of("localhost");
  CHECK(end.how == link_end::tls);
  CHECK(siokit::tls_error_text(end.os_error).starts_with("the peer refused: "));
  CHECK(both.server.io.accepted.empty());
  CHECK(why.anything_about(text));
}

TEST_CASE("a certificate that was replaced is not shown any more", "[tls]") {
  tls_server tls = server_of(localhost());
  tls_rigs both{tls};
  const identity next = strangers().issue("DNS:localhost");
  REQUIRE(tls.reload({.certificate = next.certificate, .key = next.key}).empty());
  CHECK(both.end_of("localhost").os_error == -X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST_CASE("after a reload old links stay, and a bad one changes nothing", "[tls]") {
  tls_server tls = server_of(localhost());
  tls_client trust = client_of();
  tls_rigs both{tls, trust};
  const siokit::link_id old = both.open();
  const identity next = strangers().issue("DNS:localhost");
  CHECK(tls.reload({.certificate = next.certificate, .key = localhost().key}) == "key: key values mismatch");
  both.open();
  REQUIRE(tls.reload({.certificate = next.certificate, .key = next.key}).empty());
  REQUIRE(trust.reload({.roots = strangers().root}).empty());
  CHECK(trust.reload({.roots = "/no/such/file.pem"}) == "roots: No such file or directory (/no/such/file.pem)");
  CHECK(trust);
  both.open();
  both.rig.io.write(old, "still here");
  CHECK(both.received("still here"));
}

TEST_CASE("certificates and keys: text, files, chains, passwords, and what is wrong with them", "[tls]") {
  const std::string folder = "/tmp/siokit-tls-" + std::to_string(::getpid());
  ::mkdir(folder.c_str(), 0700);
  const auto file = [&](const char* name, const std::string& text) {
    std::ofstream{folder + "/" + name} << text;
    return folder + "/" + name;
  };
  const identity locked = ca().issue("DNS:localhost", 3600, "sesame");
  const std::string chain = file("chain.pem", locked.certificate + ca().root);
  const std::string key = file("key.pem", locked.key);
  const std::string empty = file("empty.pem", "");
  const tls_server good{{.certificate = chain, .key = key, .key_password = "sesame"}};
  CHECK(good.error().empty());
  {
    tls_rigs both{good, tls_client{{.roots = file("root.pem", ca().root)}}};
    both.open();
  }
  using o = siokit::tls_server_options;
  asio_rig rig;
  for (const auto& [options, text] : std::vector<std::pair<o, std::string>>{
           {{.certificate = chain, .key = key}, "key: "},
           {{.certificate = chain, .key = key, .key_password = "open"}, "key: "},
           {{.certificate = chain, .key = localhost().key}, "key: key values mismatch"},
           {{.certificate = folder + "/no", .key = key}, "certificate: No such file or directory (" + folder + "/no)"},
           {{.certificate = empty, .key = key}, "certificate: no start line (" + empty + ")"},
           {{.certificate = "", .key = ""}, "certificate: "},
           {{.certificate = localhost().certificate, .key = localhost().key, .client_roots = empty},
            "roots: no start line"}}) {
    const tls_server bad{options};
    INFO(bad.error());
    CHECK_FALSE(bad);
    CHECK(bad.error().starts_with(text));
    CHECK(rig.host.listen(0, bad).error == EINVAL);
  }
  const tls_client bad{{.roots = empty}};
  CHECK_FALSE(bad);
  tls_rigs both{server_of(localhost()), bad};
  CHECK(both.end_of("localhost").how == link_end::tls);
  for (const char* const name : {"/chain.pem", "/key.pem", "/empty.pem", "/root.pem"})
    ::unlink((folder + name).c_str());
  ::rmdir(folder.c_str());
}

// --- hostile peers ---------------------------------------------------------------------------------------------------

TEST_CASE("what is no handshake closes the connection cleanly", "[tls]") {
  heard why;
  tls_rigs both{tls_server{{.certificate = localhost().certificate,
                            .key = localhost().key,
                            .on_failure = heard::failed,
                            .ctx = &why}}};
  client c = client::tcp(both.port);
  SECTION("HTTP in the clear") { c.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"); }
  SECTION("random bytes") { c.send(pattern(100'000)); }
  SECTION("one byte, and the end") {
    c.send("\x16");
    c.half_close();
  }
  SECTION("nothing, and the end") { c.half_close(); }
  receive(both.server, c);
  CHECK(c.ended());
  CHECK(c.error() == 0);  // not reset
  c.close();
  CHECK(until(both.server, [&] { return both.server.host.connections() == 0; }));
  CHECK(both.server.io.accepted.empty());
  CHECK(both.server.io.endings.empty());
  REQUIRE(why.all.size() == 1);
  CHECK(why.all[0].starts_with("127.0.0.1: "));
}

TEST_CASE("a handshake that is cut off or changed anywhere opens nothing", "[tls]") {
  tls_rigs both;
  // The first flight of a client, recorded.
  const siokit::posix::listener ear = siokit::posix::open_listener({.address = "127.0.0.1"});
  tls_peer speaker{client::tcp(ear.result.port)};
  speaker.handshake();
  client recorder{siokit::posix::accept_from(ear.fd.get()).fd.release()};
  std::string hello;
  for (int i = 0; i < 1000 && hello.empty(); ++i) hello = recorder.receive();
  REQUIRE(hello.size() > 100);
  for (std::size_t n = 0; n <= hello.size(); n += n < 60 ? 1 : 23) {
    client c = client::tcp(both.port);
    c.send(std::string_view{hello}.substr(0, n));
    turns(both.server, 1);
    if (n % 2 == 0) c.reset();
    else c.half_close();
    turns(both.server, 1);
    c.close();
  }
  std::uint32_t random = 7;
  for (int i = 0; i < 300; ++i) {
    random = random * 1664525u + 1013904223u;
    std::string broken = hello;
    broken[(random >> 8) % broken.size()] ^= static_cast<char>(1 + (random >> 24) % 255);
    client c = client::tcp(both.port);
    c.send(broken);
    turns(both.server, 1);
  }
  CHECK(until(both.server, [&] { return both.server.host.connections() == 0; }));
  CHECK(both.server.io.accepted.empty());
}

TEST_CASE("a handshake has its time", "[tls]") {
  siokit::host_options options;
  options.tls_handshake_time = 50ms;
  tls_rigs both{server_of(localhost()), client_of(), options};
  SECTION("the server's") {
    client c = client::tcp(both.port);
    receive(both.server, c);
    CHECK(c.ended());
    CHECK(both.server.host.connections() == 0);
    CHECK(both.server.io.accepted.empty());
  }
  SECTION("the client's") {
    const auto silent = siokit::posix::open_listener({.address = "127.0.0.1"});
    both.rig.io.secure(both.connect(silent.result.port), "localhost");
    REQUIRE(until(both.rig, [&] { return both.rig.io.endings.size() == 1; }));
    CHECK(both.rig.io.endings[0].how == link_end::tls);
    CHECK(both.rig.io.endings[0].os_error == ETIMEDOUT);
    CHECK(siokit::tls_error_text(ETIMEDOUT) == "Connection timed out");
  }
  SECTION("an open link has all the time") {
    const siokit::link_id link = both.open();
    for (const auto stop = steady_clock::now() + 100ms; steady_clock::now() < stop;) both.turn();
    both.rig.io.write(link, "there");
    CHECK(both.received("there"));
  }
}

TEST_CASE("a client that dials a server in the clear hears so", "[tls]") {
  tls_rigs both;
  both.server.io.echo = true;
  const std::uint16_t plain = both.server.host.listen(0).port;
  both.rig.io.secure(both.connect(plain), "localhost");
  REQUIRE(until(both, [&] { return both.rig.io.endings.size() == 1; }));
  CHECK(both.rig.io.endings[0].how == link_end::tls);
  CHECK(both.rig.io.endings[0].os_error != 0);
}

TEST_CASE("old protocols and foreign ones are refused", "[tls]") {
  tls_rigs both;
  const auto result = [&](tls_peer&& p) {
    std::string protocol = "refused";
    REQUIRE(until(both.server, [&] {
      if (!p.handshake()) return p.failed();
      protocol = p.protocol();
      return true;
    }));
    return protocol;
  };
  CHECK(result(tls_peer{client::tcp(both.port), TLS1_1_VERSION}) == "refused");
  CHECK(result(tls_peer{client::tcp(both.port), TLS1_2_VERSION}) == "");
  CHECK(result(tls_peer{client::tcp(both.port), TLS1_3_VERSION, "\x02h2"}) == "refused");
  CHECK(result(tls_peer{client::tcp(both.port), TLS1_3_VERSION, "\x02h2\x08http/1.1"}) == "http/1.1");
}

TEST_CASE("bytes that are not TLS on an open link end it", "[tls]") {
  tls_rigs both;
  tls_peer p = both.greet();
  p.c.send(pattern(1000));
  CHECK(until(both.server, [&] { return both.server.io.endings.size() == 1; }));
  CHECK(both.server.io.endings[0].how == link_end::tls);
  CHECK(both.server.host.connections() == 0);
}

// --- no more wanted --------------------------------------------------------------------------------------------------

TEST_CASE("a link that is not wanted any more while it shakes hands is told so once", "[tls]") {
  tls_rigs both;
  const auto silent = siokit::posix::open_listener({.address = "127.0.0.1"});
  const siokit::link_id link = both.connect(silent.result.port);
  both.rig.io.secure(link, "localhost");
  if (GENERATE(false, true)) turns(both.rig);
  if (GENERATE(false, true)) both.rig.io.abort(link);
  else both.rig.io.close(link);
  REQUIRE(until(both.rig, [&] { return both.rig.io.endings.size() == 1; }));
  turns(both.rig);
  CHECK(both.rig.io.endings.size() == 1);
  CHECK(both.rig.io.endings[0].how == link_end::cancelled);
  CHECK(both.rig.io.opened_links.size() == 1);
  CHECK(both.rig.host.connections() == 0);
  CHECK(both.rig.io.faults.empty());
}

TEST_CASE("TLS inside of TLS is refused", "[tls]") {
  tls_rigs both;
  both.rig.io.secure(both.open(), "localhost");
  REQUIRE(until(both.rig, [&] { return both.rig.io.endings.size() == 1; }));
  CHECK(both.rig.io.endings[0].how == link_end::tls);
  CHECK(both.rig.io.endings[0].os_error == ENOTSUP);
}

TEST_CASE("a link that spoke in the clear is secured, as behind a proxy", "[tls]") {
  tls_rigs both;
  asio_rig proxy;
  const std::uint16_t port = proxy.host.listen(0).port;
  client behind = client::tcp(both.port);
  proxy.io.echo = false;
  bool connected = false;
  proxy.io.on_bytes = [&](siokit::link_id id, std::string_view in) {
    if (!std::exchange(connected, true)) proxy.io.write(id, "200");
    else CHECK(behind.send(in) == in.size());
  };
  const siokit::link_id link = both.connect(port);
  both.rig.io.write(link, "CONNECT");
  const auto pass_on = [&] {
    both.turn();
    proxy.turn();
    if (connected && !proxy.io.accepted.empty()) proxy.io.write(proxy.io.accepted[0], behind.receive());
  };
  struct {
    decltype(pass_on)& pass;
    void turn() { pass(); }
  } all{pass_on};
  REQUIRE(until(all, [&] { return both.got == "200"; }));
  both.got.clear();
  both.rig.io.secure(link, "localhost");
  REQUIRE(until(all, [&] { return both.rig.io.opened_links.size() == 2; }));
  both.rig.io.write(link, "through the tunnel");
  CHECK(until(all, [&] { return both.got == "through the tunnel"; }));
}

// --- errors, ends, threads -------------------------------------------------------------------------------------------

TEST_CASE("an exception leaves the turn of a secure link, and the host works on", "[tls]") {
  using call = echo_driver::call;
  tls_rigs both;
  int caught = 0;
  const auto until_caught = [&](asio_rig& in, asio_rig& other) {
    for (const auto stop = steady_clock::now() + 5s; caught == 0 && steady_clock::now() < stop;) {
      other.turn();
      try {
        in.turn();
      } catch (const std::runtime_error&) {
        ++caught;
      }
    }
    return caught == 1;
  };
  SECTION("opened") {
    const siokit::link_id link = both.connect();
    both.rig.io.throw_from = call::opened;
    both.rig.io.secure(link, "localhost");
    REQUIRE(until_caught(both.rig, both.server));
    both.rig.io.write(link, "even so");
    CHECK(both.received("even so"));
  }
  SECTION("accept: the connection is lost, the next one is not") {
    both.server.io.throw_from = call::accept;
    both.rig.io.secure(both.connect(), "localhost");
    REQUIRE(until_caught(both.server, both.rig));
    CHECK(both.server.host.connections() == 0);
    CHECK(both.server.io.alive() == 0);
    const std::size_t before = both.server.io.accepted.size();
    both.rig.io.secure(both.connect(), "localhost");
    CHECK(until(both, [&] { return both.server.io.accepted.size() > before; }));
  }
  SECTION("receive") {
    const siokit::link_id link = both.open();
    both.server.io.throw_from = call::receive;
    both.rig.io.write(link, pattern(40'000));
    REQUIRE(until_caught(both.server, both.rig));
    CHECK(both.received(pattern(40'000)));
  }
  SECTION("sent") {
    const siokit::link_id link = both.open();
    both.server.io.throw_from = call::sent;
    both.rig.io.write(link, pattern(400'000));
    REQUIRE(until_caught(both.server, both.rig));
    CHECK(both.received(pattern(400'000)));
  }
  CHECK(both.server.io.faults.empty());
}

TEST_CASE("with secure links in flight, host, driver and context die in every order", "[tls]") {
  enum { host, driver, context };
  std::array<int, 3> order{host, driver, context};
  const bool server_side = GENERATE(false, true);
  const auto silent = siokit::posix::open_listener({.address = "127.0.0.1"});
  do {
    std::vector<client> plain;
    std::vector<tls_peer> peers;
    echo_driver other_io;
    asio::io_context other;
    siokit::asio_host other_host{other.get_executor(), other_io};
    other_host.dial_with(client_of());
    other_io.on_bytes = [](siokit::link_id, std::string_view) {};
    auto io = std::make_optional<echo_driver>();
    auto ctx = std::make_optional<asio::io_context>();
    auto h = std::make_optional<siokit::asio_tls_host>(ctx->get_executor(), *io, client_of());
    auto tls = std::make_optional(server_of(localhost()));
    const auto listening = (server_side ? static_cast<siokit::asio_host&>(*h) : other_host).listen(0, *tls);
    REQUIRE(listening);
    tls.reset();
    const auto turns = [&](int n) {
      while (n-- > 0) {
        ctx->restart(), ctx->run_one_for(1ms), ctx->poll();
        other.restart(), other.run_one_for(1ms), other.poll();
      }
    };
    echo_driver& dials = server_side ? other_io : *io;
    echo_driver& accepts = server_side ? *io : other_io;
    for (int i = 0; i < 4; ++i) dials.dial("127.0.0.1", listening.port);
    for (int i = 0; i < 400 && dials.opened_links.size() != 4; ++i) turns(1);
    REQUIRE(dials.opened_links.size() == 4);
    for (int i = 0; i < 4; ++i) dials.secure(dials.opened_links[static_cast<std::size_t>(i)], "localhost");
    for (int i = 0; i < 400 && (dials.opened_links.size() != 8 || accepts.accepted.size() != 4); ++i) turns(1);
    REQUIRE(accepts.accepted.size() == 4);
    REQUIRE(dials.opened_links.size() == 8);
    const auto& mine = server_side ? io->accepted : io->opened_links;
    io->write(mine[4 - 4], pattern(16 << 20));  // a send under way
    io->stop_reading(mine[1]);
    io->close(mine[2]);
    if (server_side) plain.push_back(client::tcp(listening.port));  // a handshake under way
    else io->dial("127.0.0.1", silent.result.port);
    turns(3);
    if (!server_side && io->opened_links.size() == 9) io->secure(io->opened_links[8], "localhost");
    turns(2);
    for (const int next : order) {
      if (next == host) h.reset();
      if (next == driver) io.reset();
      if (next == context) ctx.reset();
      if (next == host && ctx) ctx->poll();
    }
    for (int i = 0; i < 20; ++i) other.restart(), other.run_one_for(1ms);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a handler may destroy the host of its secure link", "[tls]") {
  tls_rigs both;
  auto io = std::make_unique<echo_driver>();
  asio::io_context ctx;
  auto host = std::make_unique<siokit::asio_tls_host>(ctx.get_executor(), *io, client_of());
  const bool opened = GENERATE(false, true);
  io->on_opened = [&](siokit::link_id id) {
    if (io->opened_links.size() == 1) io->secure(id, "localhost");
    else if (opened) host.reset();
    else io->write(id, "echo");
  };
  io->on_bytes = [&](siokit::link_id, std::string_view) { host.reset(); };
  io->dial("127.0.0.1", both.port);
  for (const auto stop = steady_clock::now() + 5s; host && steady_clock::now() < stop;) {
    ctx.restart();
    ctx.run_one_for(1ms);
    both.server.turn();
  }
  CHECK_FALSE(host);
}

TEST_CASE("four threads run secure links, while certificates are replaced", "[tls]") {
  constexpr std::size_t size = 200'000;
  echo_driver io;
  asio::io_context ctx;
  tls_client trust = client_of();
  tls_server tls = server_of(localhost());
  siokit::asio_tls_host host{ctx.get_executor(), io, trust};
  const auto port = host.listen({.address = "127.0.0.1"}, tls).port;
  const std::string all = pattern(size);
  std::size_t echoed = 0;
  io.echo = false;
  io.on_opened = [&](siokit::link_id id) {
    if (std::count(io.opened_links.begin(), io.opened_links.end(), id) == 1) io.secure(id, "localhost");
    else io.write(id, all);
  };
  io.on_bytes = [&](siokit::link_id id, std::string_view in) {
    if (std::find(io.accepted.begin(), io.accepted.end(), id) != io.accepted.end()) return io.write(id, in);
    echoed += in.size();
    if (echoed == 8 * size) host.stop();
  };
  host.post([&] {
    for (int i = 0; i < 8; ++i) io.dial("127.0.0.1", port);
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { ctx.run(); });
  for (int i = 0; i < 50; ++i) {
    CHECK(tls.reload({.certificate = localhost().certificate, .key = localhost().key}).empty());
    CHECK(trust.reload({.roots = ca().root}).empty());
  }
  ctx.run();
  for (std::thread& t : threads) t.join();
  CHECK(echoed == 8 * size);
  CHECK(io.faults.empty());
}
