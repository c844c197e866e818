// examples/chat.cpp with npm socket.io: the same page, taken out of that file, and the same events. It proves the page and
// chat_page.test.mjs before any C++ runs.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Server } from "socket.io";

const port = Number(process.argv[process.argv.indexOf("--port") + 1] || 0);
const source = readFileSync(new URL("../../examples/chat.cpp", import.meta.url), "utf8");
const page = [...source.matchAll(/R"html\(([^]*?)\)html"/g)].map(([, part]) => part).join("").replace("@CLIENT@", "/socket.io.min.js");
const client = readFileSync(new URL("node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url));

const http = createServer((req, res) => {
  if (req.url === "/") return res.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  if (req.url === "/socket.io.min.js") return res.writeHead(200, { "content-type": "text/javascript; charset=utf-8" }).end(client);
  if (!req.url.startsWith("/socket.io/")) res.writeHead(404).end("Nothing here.\n");
});
const io = new Server(http, { serveClient: false });

const ids = new Map(), rooms = new Map();   // name -> socket id; room -> names
const key = (room) => `chat:${room}`;
const tellRooms = () => io.emit("rooms", [...rooms].sort().map(([name, people]) => [name, people.length]));

function leave(socket) {
  const { name, room } = socket.data;
  if (!room) return;
  const people = rooms.get(room).filter((other) => other !== name);
  if (people.length) rooms.set(room, people); else rooms.delete(room);
  socket.leave(key(room));
  io.to(key(room)).emit("notice", `${name} left`);
  io.to(key(room)).emit("people", people);
  socket.data.room = "";
  tellRooms();
}

io.on("connection", (socket) => {
  const me = Object.assign(socket.data, { name: "", room: "" });
  tellRooms();
  socket.on("hello", (name, ack) => {
    if (me.name === name && name) return ack("");
    if (me.room) return ack("You already have a name.");
    if (!name || Buffer.byteLength(name) > 64) return ack("A name has 1 to 64 bytes.");
    if (ids.has(name)) return ack("Somebody has that name already.");
    ids.delete(me.name);
    ids.set(me.name = name, socket.id);
    ack("");
  });
  socket.on("enter", (room, ack) => {
    if (!me.name) return ack("Say who you are first.");
    if (!room || Buffer.byteLength(room) > 64) return ack("A room's name has 1 to 64 bytes.");
    if (me.room === room) return ack("");
    leave(socket);
    me.room = room;
    rooms.set(room, [...rooms.get(room) ?? [], me.name]);
    socket.join(key(room));
    socket.to(key(room)).emit("notice", `${me.name} came in`);
    io.to(key(room)).emit("people", rooms.get(room));
    tellRooms();
    ack("");
  });
  socket.on("say", (text) => { if (me.room && text && text.length <= 8000) io.to(key(me.room)).emit("said", me.name, text); });
  socket.on("typing", (on) => { if (me.room) socket.to(key(me.room)).emit("typing", me.name, on); });
  socket.on("whisper", (to, text, ack) => {
    if (!me.name || !text || text.length > 8000) return ack("That cannot be sent.");
    if (!ids.has(to)) return ack(`${to} is not here any more.`);
    io.to(ids.get(to)).emit("whispered", me.name, text);
    ack("");
  });
  socket.on("disconnect", () => { leave(socket); ids.delete(me.name); });
});

http.listen(port, "127.0.0.1", () =>
  console.log(`listening ${process.pid} ${http.address().port}\nopen http://localhost:${http.address().port}`));
