// One handler for each backend, on a server and on a client: what arrives, what is answered, and that an argument which does
// not decode reaches on_error with the same words and the same path, whatever the JSON is made of.
#include <siokit/interop/nlohmann.hpp>
#include <siokit/interop/rapidjson.hpp>

#include "sio/host.hpp"
#include "sio/scripted_server.hpp"

using siokit::errc;

namespace {

/// A struct of the user's that holds a document of one backend, beside members of its own.
template <class Json>
struct person {
  std::string name;
  double age = 0;
  std::optional<std::string> mail;
  std::vector<double> scores;
  Json extra;
  SIOKIT_FRIEND_FIELDS_OR_DEFAULT(person, mail, extra, name, age, scores)
};
template <class Json>
struct message {
  person<Json> user;
  Json body;
  SIOKIT_FRIEND_FIELDS(message, user, body)
};

struct case_of {
  std::string_view argument, expected;
};
constexpr case_of cases[] = {
    {R"({"user":{"name":"a","age":"old"},"body":1})", "expected number at args[0].user.age"},
    {R"({"user":{"name":7},"body":1})", "expected string at args[0].user.name"},
    {R"({"user":{"name":"a","scores":[1,2,"3"]},"body":1})", "expected number at args[0].user.scores[2]"},
    {R"({"user":{"name":"a","mail":[]},"body":1})", "expected string at args[0].user.mail"},
    {R"({"user":[],"body":1})", "expected object at args[0].user"},
    {R"({"user":{}})", "missing field at args[0].body"},
    {R"({"user":{},"body":{"deep":[0,{"x":1e999}]}})", "number out of range at args[0].body.deep[1].x"},
    {R"({"user":{"extra":{"\u00e4":[1e999]}},"body":1})", "number out of range at args[0].user.extra.\xc3\xa4[0]"},
    {"[]", "expected object at args[0]"},
};

template <class Json>
std::vector<std::string> server_errors() {
  siokit::server io;
  rules::host h{io};
  rules::client c{h};
  std::vector<std::string> errors;
  io.on_error([&](siokit::socket&, std::string_view event, errc e, std::string_view where) {
    errors.push_back(std::string(event) + ": " + std::string(siokit::text(e)) + " at " + std::string(where));
  });
  int called = 0;
  io.on("send", [&](const message<Json>&) { ++called; });
  rules::joined(c);
  for (const case_of& x : cases) c.send("2[\"send\"," + std::string(x.argument) + "]");
  CHECK(called == 0);
  CHECK(io.size() == 1);
  c.send(R"(2["send",{"user":{"extra":{"a":[1]}},"body":[null]}])");
  CHECK(called == 1);
  return errors;
}

template <class Json>
std::vector<std::string> client_errors() {
  scripted::rig r;
  std::vector<std::string> errors;
  r.io->on_error([&](siokit::client_socket&, std::string_view event, errc e, std::string_view where) {
    errors.push_back(std::string(event) + ": " + std::string(siokit::text(e)) + " at " + std::string(where));
  });
  int called = 0;
  r.io->on("send", [&](const message<Json>&) { ++called; });
  r.run(siokit::milliseconds(1000));
  for (const case_of& x : cases) r.there.say("42[\"send\"," + std::string(x.argument) + "]");
  r.run(siokit::milliseconds(1000));
  CHECK(called == 0);
  r.there.say(R"(42["send",{"user":{"extra":{"a":[1]}},"body":[null]}])");
  r.run(siokit::milliseconds(1000));
  CHECK(called == 1);
  return errors;
}

template <class Json>
void echoes(std::string_view name, std::string_view missing = "missing argument") {
  CAPTURE(name);
  siokit::server io;
  rules::host h{io};
  rules::client c{h};
  io.on_error([](siokit::socket&, std::string_view, errc, std::string_view where) { FAIL(std::string(where)); });
  io.on("reference", [](const Json& x, siokit::ack<Json> done) { static_cast<void>(done(x)); });
  io.on("value", [](Json x) { return x; });
  io.on("two", [](std::optional<Json> a, siokit::result<Json> b) {
    return std::to_string(a.has_value()) + " " + std::string(siokit::text(b.error()));
  });
  io.on("later", [](Json x, siokit::ack<Json, int> done) { static_cast<void>(done(x, 1)); });
  io.on("many", [](siokit::socket& s, const std::vector<Json>& all) {
    static_cast<void>(s.emit("back", all, siokit::obj("n", all[0])));
  });
  rules::joined(c);
  const auto ask = [&](std::string_view packet) {
    c.send(packet);
    return c.packets();
  };
  CHECK(ask(R"(21["value",{"a":[1,-2,3.5,"x",null,true]}])") == R"(31[{"a":[1,-2,3.5,"x",null,true]}])");
  CHECK(ask(R"(22["reference",{}])") == "32[{}]");
  CHECK(ask(R"(23["two"])") == "33[\"0 " + std::string(missing) + "\"]");
  CHECK(ask(R"(24["two",1,[]])") == R"(34["1 no error"])");
  CHECK(ask(R"(25["later",["x"]])") == R"(35[["x"],1])");
  CHECK(ask(R"(2["many",[{"k":1},2]])") == R"(2["back",[{"k":1},2],{"n":{"k":1}}])");
}

std::string acknowledged(std::string_view answer) {
  scripted::rig r;
  std::string got;
  r.run(siokit::milliseconds(1000));
  static_cast<void>(r.io->emit("ask", siokit::on_ack([&](siokit::result<nlohmann::json> x) {
    got += x ? x->dump() : std::string(siokit::text(x.error()));
  })));
  static_cast<void>(r.io->emit("ask", siokit::on_ack([&](siokit::result<rapidjson::Document> x) {
    got += " " + (x ? std::to_string(x->IsObject()) : std::string(siokit::text(x.error())));
  })));
  r.run(siokit::milliseconds(1000));
  r.there.say("430[" + std::string(answer) + "]");
  r.there.say("431[" + std::string(answer) + "]");
  r.run(siokit::milliseconds(1000));
  return got;
}

}  // namespace

TEST_CASE("an error of decoding reaches on_error with one path on every backend", "[json_backends]") {
  std::vector<std::string> expected;
  for (const case_of& x : cases) expected.push_back("send: " + std::string(x.expected));
  CHECK(server_errors<siokit::value>() == expected);
  CHECK(server_errors<rapidjson::Document>() == expected);
  CHECK(server_errors<nlohmann::json>() == expected);
  CHECK(server_errors<nlohmann::ordered_json>() == expected);
  CHECK(client_errors<siokit::value>() == expected);
  CHECK(client_errors<rapidjson::Document>() == expected);
  CHECK(client_errors<nlohmann::json>() == expected);
  CHECK(client_errors<nlohmann::ordered_json>() == expected);
}

TEST_CASE("documents go in and out of handlers in every form", "[json_backends]") {
  echoes<siokit::value>("value", "no error");  // it is null when it is not there
  echoes<nlohmann::json>("nlohmann");
  echoes<nlohmann::ordered_json>("ordered");
}
TEST_CASE("a RapidJSON document, which cannot be copied, goes in and out too", "[json_backends]") {
  echoes<rapidjson::Document>("rapidjson");
}

TEST_CASE("acknowledgements are documents of every backend", "[json_backends]") {
  CHECK(acknowledged(R"({"b":[1]})") == R"({"b":[1]} 1)");
  CHECK(acknowledged("1e999") == "number out of range number out of range");
  CHECK(acknowledged("") == "missing argument missing argument");
}

TEST_CASE("an event too deep, too large or malformed never reaches a document", "[json_backends]") {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  for (const std::string& bad : {deep, std::string("{\"a\":}"), std::string("\"\xff\"")}) {
    siokit::server io;
    rules::host h{io};
    rules::client c{h};
    int called = 0;
    io.on("x", [&](const rapidjson::Document&, const nlohmann::json&) { ++called; });
    rules::joined(c);
    c.send("2[\"x\"," + bad + ",1]");
    CHECK(called == 0);
    CHECK(io.size() == 0);
  }
}
