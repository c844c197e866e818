// A chat for browsers in one file: names, rooms, typing, private messages. The page is at the end of the file.
//
//   g++ -std=c++20 -I include examples/chat.cpp -o chat && ./chat --port 3000
//
// `chat(io)` is the whole application and knows no event loop; main() runs it on the epoll adapter (Linux), and
// chat_asio.cpp and chat_uv.cpp run the same function on Asio and libuv.
#include <siokit/adapters/host.hpp>
#include <siokit/server.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

extern const char* const chat_page;

namespace {

struct guest {                                 // what a socket remembers about its user
  std::string name, room;
};

struct party {
  std::map<std::string, std::string, std::less<>> ids;                  // name -> socket id
  std::map<std::string, std::vector<std::string>, std::less<>> rooms;   // room -> names, in order of arrival
};

std::string id_of(const siokit::socket& s) { return std::string{s.id().view()}; }

std::string room_key(std::string_view room) { return "chat:" + std::string{room}; }   // cannot collide with a socket's id

void tell_rooms(siokit::server& io, const party& all) {
  std::vector<std::tuple<std::string, int>> list;
  for (const auto& [name, people] : all.rooms) list.emplace_back(name, static_cast<int>(people.size()));
  io.emit("rooms", list);
}

void leave(siokit::server& io, party& all, siokit::socket& s) {
  auto& me = s.data<guest>();
  if (me.room.empty()) return;
  const auto room = all.rooms.find(me.room);
  std::erase(room->second, me.name);
  s.leave(room_key(me.room));
  io.to(room_key(me.room)).emit("notice", me.name + " left");
  io.to(room_key(me.room)).emit("people", room->second);
  if (room->second.empty()) all.rooms.erase(room);
  me.room.clear();
  tell_rooms(io, all);
}

std::string enter(siokit::server& io, party& all, siokit::socket& s, std::string_view room) {
  auto& me = s.data<guest>();
  if (me.name.empty()) return "Say who you are first.";
  if (room.empty() || room.size() > 64) return "A room's name has 1 to 64 bytes.";
  if (me.room == room) return "";
  if (s.join(room_key(room)) != siokit::errc::none) return "There is no room for you in that room.";
  leave(io, all, s);
  me.room = room;
  auto& people = all.rooms[me.room];
  people.push_back(me.name);
  s.to(room_key(room)).emit("notice", me.name + " came in");
  io.to(room_key(room)).emit("people", people);
  tell_rooms(io, all);
  return "";
}

// The socket.io client as a file, when npm has installed it; else the page loads it from the public CDN.
std::string client_script() {
  const char* given = std::getenv("SIOKIT_CLIENT_JS");
  for (const char* path : {given, "node_modules/socket.io-client/dist/socket.io.min.js",
                           "tests/interop/node_modules/socket.io-client/dist/socket.io.min.js"}) {
    if (path == nullptr) continue;
    if (std::ifstream file{path, std::ios::binary}) return {std::istreambuf_iterator<char>{file}, {}};
  }
  return {};
}

// --port N --adapter NAME; -1 when that cannot be.
int wanted_port(int argc, char** argv, std::string_view adapter) {
  int port = 3000;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i], given = i + 1 < argc ? argv[i + 1] : "";
    if (option == "--port" && !given.empty()) port = std::atoi(argv[i + 1]);
    else if (option != "--adapter" || given != adapter) port = -1;
    if (port < 0 || port > 65535) break;
  }
  if (port >= 0 && port <= 65535) return port;
  std::fprintf(stderr, "usage: %s [--port N] [--adapter %s]\n", argv[0], adapter.data());
  return -1;
}

bool announce(const siokit::listening& at) {
  if (!at) return std::fprintf(stderr, "cannot listen: error %d\n", at.error), false;
  std::printf("listening %d %d\nopen http://localhost:%d\n", static_cast<int>(getpid()), at.port, at.port);
  return std::fflush(stdout) == 0;
}

}  // namespace

// Answers of "hello", "enter" and "whisper" are what to show the user when it did not work, or "" when it did.
void chat(siokit::server& io) {
  const auto all = std::make_shared<party>();

  io.on_connect([&io, all](siokit::socket&) { tell_rooms(io, *all); });

  io.on("hello", [all](siokit::socket& s, std::string_view name) -> std::string {
    auto& me = s.data<guest>();
    if (me.name == name && !name.empty()) return "";
    if (!me.room.empty()) return "You already have a name.";
    if (name.empty() || name.size() > 64) return "A name has 1 to 64 bytes.";
    if (!all->ids.emplace(name, id_of(s)).second) return "Somebody has that name already.";
    all->ids.erase(me.name);
    me.name = name;
    return "";
  });

  io.on("enter", [&io, all](siokit::socket& s, std::string_view room) { return enter(io, *all, s, room); });

  io.on("say", [&io](siokit::socket& s, std::string_view text) {
    const auto& me = s.data<guest>();
    if (me.room.empty() || text.empty() || text.size() > 8000) return;
    io.to(room_key(me.room)).emit("said", me.name, text);
  });

  io.on("typing", [](siokit::socket& s, bool on) {
    const auto& me = s.data<guest>();
    if (!me.room.empty()) s.to(room_key(me.room)).emit("typing", me.name, on);
  });

  io.on("whisper", [&io, all](siokit::socket& s, std::string_view to, std::string_view text) -> std::string {
    const auto& me = s.data<guest>();
    const auto other = all->ids.find(to);
    if (me.name.empty() || text.empty() || text.size() > 8000) return "That cannot be sent.";
    if (other == all->ids.end()) return std::string{to} + " is not here any more.";
    io.to(other->second).emit("whispered", me.name, text);
    return "";
  });

  io.on_disconnect([&io, all](siokit::socket& s, siokit::close_reason) {
    leave(io, *all, s);
    all->ids.erase(s.data<guest>().name);
  });

  const auto client = std::make_shared<const std::string>(client_script());
  const auto page = std::make_shared<std::string>(chat_page);
  page->replace(page->find("@CLIENT@"), 8, client->empty() ? "https://cdn.socket.io/4.8.1/socket.io.min.js" : "/socket.io.min.js");
  io.on_http([client, page](const siokit::http::request& request, const siokit::http::reply& reply) {
    if (request.path() == "/") return reply.send(200, "text/html; charset=utf-8", *page);
    if (request.path() == "/socket.io.min.js" && !client->empty()) return reply.send(200, "text/javascript; charset=utf-8", *client);
    reply.send(404, "text/plain; charset=utf-8", "Nothing here.\n");
  });
}

#ifndef CHAT_NO_MAIN
#include <siokit/adapters/epoll.hpp>

int main(int argc, char** argv) {
  const int port = wanted_port(argc, argv, "epoll");
  if (port < 0) return 2;
  siokit::server io;
  io.on_error(siokit::to_stderr);
  chat(io);

  siokit::epoll_host host{io.driver()};
  if (!announce(host.listen(static_cast<std::uint16_t>(port)))) return 1;
  host.run();
}
#endif

// clang-format off
const char* const chat_page = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>siokit chat</title>
<link rel="icon" href="data:,">
<style>
  :root {
    color-scheme: light dark;
    --page: #f4f3ef; --card: #fffefb; --ink: #23211d; --soft: #6b665c; --line: #dedacf;
    --accent: #1f6f5c; --on-accent: #ffffff; --mine: #e3f0ea; --private: #f6e9d6; --bad: #a3341f;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #191816; --card: #22211e; --ink: #ece8df; --soft: #a39d90; --line: #3a3833;
      --accent: #6cc3a8; --on-accent: #10201b; --mine: #223630; --private: #3b3020; --bad: #ef8f78;
    }
  }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  html, body { height: 100%; margin: 0; }
  body { background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; display: flex; flex-direction: column; }
  header { display: flex; align-items: baseline; gap: .75rem; padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); }
  h1 { font-size: 1.1rem; margin: 0; letter-spacing: .01em; }
  h2 { font-size: .8rem; margin: 0 0 .4rem; color: var(--soft); font-weight: 600; text-transform: uppercase; letter-spacing: .06em; }
  #status { margin-left: auto; color: var(--soft); font-size: .875rem; }
  #status::before { content: ""; display: inline-block; width: .55rem; height: .55rem; border-radius: 50%; margin-right: .45rem; background: var(--bad); }
  #status[data-state="on"]::before { background: var(--accent); }
  input, button { font: inherit; color: inherit; border-radius: .5rem; border: 1px solid var(--line); padding: .5rem .75rem; }
  input { background: var(--card); width: 100%; min-width: 0; }
  button { background: var(--card); cursor: pointer; }
  button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .error { color: var(--bad); min-height: 1.5em; margin: 0; font-size: .9rem; }
  .card { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; }
  #join-form { width: min(24rem, calc(100% - 2rem)); margin: auto; padding: 1.5rem; display: grid; gap: .9rem; }
  #join-form p { margin: 0; color: var(--soft); }
  label { display: grid; gap: .25rem; font-weight: 600; font-size: .9rem; }
  label input { font-weight: 400; font-size: 1rem; }
  #chat { flex: 1; min-height: 0; display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 1rem; padding: 1rem 1.25rem 1.25rem; }
  aside { display: flex; flex-direction: column; gap: 1.25rem; overflow: auto; }
  aside ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .15rem; }
  aside li button { width: 100%; text-align: left; border-color: transparent; background: none; padding: .3rem .6rem; overflow: hidden; text-overflow: ellipsis; }
  aside li button:hover { background: var(--card); }
  aside li button[aria-current="true"] { background: var(--card); border-color: var(--line); font-weight: 600; }
  aside small { color: var(--soft); float: right; }
  #room-form { display: flex; gap: .4rem; margin-top: .5rem; }
  #conversation { display: flex; flex-direction: column; min-height: 0; }
  #room-title { padding: .7rem 1rem; border-bottom: 1px solid var(--line); font-weight: 600; }
  #log { flex: 1; overflow-y: auto; list-style: none; margin: 0; padding: 1rem; display: flex; flex-direction: column; gap: .5rem; }
  #log li { max-width: 44rem; padding: .45rem .8rem; border-radius: .7rem; background: var(--page); overflow-wrap: anywhere; white-space: pre-wrap; align-self: flex-start; }
  #log li.mine { align-self: flex-end; background: var(--mine); }
  #log li.private { background: var(--private); }
  #log li.notice { align-self: center; background: none; color: var(--soft); font-size: .875rem; padding: 0; }
  #log b { display: block; font-size: .8rem; color: var(--soft); font-weight: 600; }
  #typing { min-height: 1.5rem; padding: 0 1rem; color: var(--soft); font-size: .875rem; }
  #say-form { display: flex; gap: .5rem; padding: .5rem 1rem 1rem; align-items: center; }
  #to { flex: none; display: flex; align-items: center; gap: .35rem; background: var(--private); border-radius: .5rem; padding: .25rem .25rem .25rem .7rem; font-size: .9rem; }
  #to-clear { border: 0; background: none; padding: .1rem .5rem; }
  .out-of-sight { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @media (max-width: 42rem) {
    #chat { grid-template-columns: minmax(0, 1fr); grid-template-rows: auto minmax(0, 1fr); padding: .75rem; }
    aside { flex-direction: row; max-height: 9rem; }
    aside section { flex: 1; min-width: 0; }
  }
</style>
</head>
)html" R"html(<body>
<header>
  <h1>siokit chat</h1>
  <span id="who"></span>
  <span id="status" role="status" data-state="off">Connecting…</span>
</header>

<form id="join-form" class="card" autocomplete="off">
  <p>Pick a name and a room. Everybody with this page open can talk to you.</p>
  <label>Your name <input id="name" required maxlength="24" autofocus></label>
  <label>Room <input id="room" required maxlength="24" value="lobby"></label>
  <button id="join" class="main">Come in</button>
  <p id="join-error" class="error" role="alert"></p>
</form>

<main id="chat" hidden>
  <aside>
    <section aria-labelledby="rooms-title">
      <h2 id="rooms-title">Rooms</h2>
      <ul id="rooms"></ul>
      <form id="room-form" autocomplete="off">
        <label class="out-of-sight" for="new-room">Another room</label>
        <input id="new-room" maxlength="24" placeholder="Another room">
        <button id="open-room">Open</button>
      </form>
    </section>
    <section aria-labelledby="people-title">
      <h2 id="people-title">In this room</h2>
      <ul id="people"></ul>
    </section>
  </aside>
  <section id="conversation" class="card" aria-labelledby="room-title">
    <div id="room-title"></div>
    <ol id="log" role="log" aria-live="polite" aria-label="Messages" tabindex="0"></ol>
    <div id="typing" aria-live="polite"></div>
    <form id="say-form" autocomplete="off">
      <span id="to" hidden><span>Only to <strong id="to-name"></strong></span><button id="to-clear" type="button" aria-label="Write to everybody again">×</button></span>
      <label class="out-of-sight" for="text">Message</label>
      <input id="text" maxlength="2000" placeholder="Message">
      <button id="send" class="main">Send</button>
    </form>
  </section>
</main>
)html" R"html(
<script src="@CLIENT@"></script>
<script>
  const $ = (id) => document.getElementById(id);
  const socket = io();
  let me = "", room = "", recipient = "";

  // ---- the connection ----
  const status = (text, on) => { $("status").textContent = text; $("status").dataset.state = on ? "on" : "off"; };
  socket.on("connect", async () => {
    status("Connected", true);
    if (!me) return;
    const problem = await come(me, room);          // a lost connection came back: take the old seat again
    if (problem) stayOutside(problem);
  });
  socket.on("disconnect", () => status("Reconnecting…", false));
  socket.on("connect_error", () => status("No connection", false));

  // ---- coming in ----
  async function come(name, wanted) {
    const problem = await socket.emitWithAck("hello", name) || await socket.emitWithAck("enter", wanted);
    if (problem) return problem;
    [me, room] = [name, wanted];
    $("who").textContent = me;
    $("join-form").hidden = true;
    $("chat").hidden = false;
    show();
    $("text").focus();
    return "";
  }
  function stayOutside(problem) {
    me = "";
    $("join-error").textContent = problem;
    $("join-form").hidden = false;
    $("chat").hidden = true;
  }
  $("join-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    $("join-error").textContent = await come($("name").value.trim(), $("room").value.trim());
  });

  // ---- rooms and people ----
  let rooms = [], people = [];
  async function enter(wanted) {
    if (!wanted || wanted === room) return;
    const problem = await socket.emitWithAck("enter", wanted);
    if (problem) return note(problem);
    room = wanted;
    $("log").replaceChildren();
    writeTo("");
    typists.clear();
    show();
  }
  function show() {
    $("room-title").textContent = "# " + room;
    $("rooms").replaceChildren(...rooms.map(([name, count]) => {
      const button = entry(name, () => enter(name), name === room);
      button.firstChild.append(Object.assign(document.createElement("small"), { textContent: count }));
      return button;
    }));
    $("people").replaceChildren(...people.map((name) => name === me
      ? entry(name + " (you)", () => writeTo(""), false)
      : entry(name, () => writeTo(name), name === recipient)));
    const names = [...typists];
    $("typing").textContent = names.length === 0 ? "" : names.length === 1 ? `${names[0]} is typing…` : `${names.join(", ")} are typing…`;
  }
  function entry(text, click, current) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, onclick: click });
    button.setAttribute("aria-current", String(current));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
  socket.on("rooms", (list) => { rooms = list; show(); });
  socket.on("people", (names) => {
    people = names;
    for (const name of typists) if (!names.includes(name)) typists.delete(name);
    show();
  });
  $("room-form").addEventListener("submit", (event) => {
    event.preventDefault();
    enter($("new-room").value.trim());
    $("new-room").value = "";
  });

  // ---- messages ----
  function add(kind, who, text) {
    const item = document.createElement("li");
    item.className = kind;
    if (who) item.append(Object.assign(document.createElement("b"), { textContent: who }));
    item.append(Object.assign(document.createElement("span"), { textContent: text }));
    $("log").append(item);
    item.scrollIntoView({ block: "nearest" });
  }
  const note = (text) => add("notice", "", text);
  socket.on("said", (name, text) => { typists.delete(name); show(); add(name === me ? "mine" : "theirs", name, text); });
  socket.on("whispered", (name, text) => add("private theirs", name + ", only to you", text));
  socket.on("notice", note);
  function writeTo(name) {
    recipient = name === me ? "" : name;
    $("to").hidden = !recipient;
    $("to-name").textContent = recipient;
    show();
    $("text").focus();
  }
  $("to-clear").addEventListener("click", () => writeTo(""));
  $("say-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = $("text").value.trim();
    if (!text) return;
    $("text").value = "";
    typing(false);
    if (!recipient) return socket.emit("say", text);
    const to = recipient;
    const problem = await socket.emitWithAck("whisper", to, text);
    if (problem) note(problem); else add("private mine", "Only to " + to, text);
  });

  // ---- typing ----
  const typists = new Set();
  let told = false;
  function typing(on) {
    if (on !== told) socket.emit("typing", told = on);
  }
  $("text").addEventListener("input", () => typing($("text").value !== "" && !recipient));
  $("text").addEventListener("blur", () => typing(false));
  socket.on("typing", (name, on) => { on ? typists.add(name) : typists.delete(name); show(); });
</script>
</body>
</html>
)html";
