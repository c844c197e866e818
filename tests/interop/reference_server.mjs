// The interop server (contract: README.md) with npm socket.io: the judge of the tests, and the twin of server.cpp.
import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import { Server } from "socket.io";

const port = Number(process.argv[process.argv.indexOf("--port") + 1] || 0);

const limits = { pingInterval: 500, pingTimeout: 4000, maxHttpBufferSize: 1_500_000 };
const cookie = { name: "io-interop", path: "/", httpOnly: true, sameSite: "lax" };
const cors = {
  origin: ["http://allowed.example", "http://also.example:8080"],
  methods: ["GET", "POST"], allowedHeaders: ["x-interop"], credentials: true, maxAge: 600,
};

const http = createServer();
const io = new Server(http, {
  ...limits, cookie, cors, connectTimeout: 3000, serveClient: false, destroyUpgrade: false,
  allowRequest: (req, answer) =>
    new URL(req.url, "http://x").searchParams.get("deny") === "1" ? answer("denied by the server", false) : answer(null, true),
});
io.engine.on("initial_headers", (headers) => { headers["x-interop-initial"] = "1"; });
const engine = new Engine(limits);
engine.attach(http, { path: "/engine.io", destroyUpgrade: false });
engine.on("connection", (session) => session.on("message", (data) => session.send(data)));

// ---- other routes on the same port ----
let parked = [];
http.on("request", (req, res) => {
  const url = new URL(req.url, "http://x");
  if (url.pathname.startsWith("/socket.io/") || url.pathname.startsWith("/engine.io/")) return;
  if (url.pathname === "/hello" && req.method === "GET") {
    res.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end("hello\n");
  } else if (url.pathname === "/announce" && req.method === "POST") {
    const body = [];
    req.on("data", (part) => body.push(part)).on("end", () => {
      io.emit("announced", Buffer.concat(body).toString());
      res.writeHead(202).end();
    });
  } else if (url.pathname === "/later" && req.method === "GET") {
    parked.push(res);
    io.emit("later-waits");
  } else {
    res.writeHead(404).end();
  }
});

// ---- / ----
const main = io.of("/");
const held = new Map();   // socket id -> ack function of its last "hold"
const gates = [];         // next functions of CONNECTs to /gate that wait

main.on("connection", (socket) => {
  socket.use(([event], next) => {
    if (event !== "forbidden") return next();
    socket.emit("refused", event);
    next(new Error("forbidden"));
  });
  socket.on("error", () => {});
  socket.on("forbidden", () => socket.emit("refused", "it got through"));

  // conversation
  socket.on("echo", (...args) => socket.emit("echo", ...args));
  socket.on("echo-ack", (...args) => args.pop()(...args));
  socket.on("add", (a, b, ack) => ack(a + b));
  socket.on("typed", (whole, real, flag, text, list, map, blob, maybe, ack) => {
    if (typeof maybe === "function") [maybe, ack] = [undefined, maybe];
    ack({ whole, real, flag, text, list, map, blob, maybe: maybe ?? null });
  });
  socket.on("values", () => socket.emit("values", VALUES()));
  socket.on("binary", (size, count) => {
    const parts = Array.from({ length: count }, (_, k) => Buffer.alloc(size, k));
    socket.emit("binary", { first: parts[0], rest: parts.slice(1) }, "end");
  });
  socket.on("big", (size) => socket.emit("big", "x".repeat(size)));
  socket.on("burst", (count) => { for (let i = 0; i < count; i++) socket.emit("number", i); });
  socket.on("tick", (n) => socket.volatile.emit("tock", n));

  // acks
  socket.on("hold", (ack) => held.set(socket.id, ack));
  socket.on("release", (value) => held.get(socket.id)?.(value));
  socket.on("never", (ack) => void ack);
  socket.on("ask", (ms, event, payload) => {
    const done = (error, ...args) => socket.emit("asked", !error, ...(error ? [] : args));
    if (ms > 0) socket.timeout(ms).emit(event, payload, done);
    else socket.emit(event, payload, (...args) => done(null, ...args));
  });

  // rooms
  socket.on("join", (room, ack) => { socket.join(room); ack(true); });
  socket.on("leave", (room, ack) => { socket.leave(room); ack(true); });
  socket.on("to", (room, text, ack) => { socket.to(room).emit("heard", text); ack(true); });
  socket.on("to-both", (a, b, text, ack) => { socket.to(a).to(b).emit("heard", text); ack(true); });
  socket.on("to-except", (room, except, text, ack) => { socket.to(room).except(except).emit("heard", text); ack(true); });
  socket.on("broadcast", (text, ack) => { socket.broadcast.emit("heard", text); ack(true); });
  socket.on("everyone", (text, ack) => { io.emit("heard", text); ack(true); });
  socket.on("everyone-local", (text, ack) => { io.local.emit("heard", text); ack(true); });
  socket.on("everyone-except", (room, text, ack) => { io.except(room).emit("heard", text); ack(true); });
  socket.on("in", (room, text, ack) => { io.in(room).emit("heard", text); ack(true); });
  socket.on("in-binary", (room, blob, ack) => { io.in(room).emit("heard", blob); ack(true); });
  socket.on("vote", (room, ms) => {
    const size = main.adapter.rooms.get(room)?.size ?? 0;
    io.in(room).timeout(ms).emit("ballot", (_error, answers) =>
      socket.emit("counted", [...answers].sort((a, b) => a - b), size - answers.length));
  });

  // leaving; "watchers" is a room like any other
  socket.on("kick", (close) => socket.disconnect(close));
  socket.on("disconnecting", (reason) => io.to("watchers").emit("going", socket.id, reason));
  socket.on("disconnect", (reason) => {
    held.delete(socket.id);
    io.to("watchers").emit("gone", socket.id, reason);
    console.log(`gone ${socket.id} ${reason}`);
  });
  socket.on("shutdown", () => io.close());

  // the door of /gate, and the parked /later requests
  socket.on("gate", (open, ack) => {
    const waiting = gates.splice(0);
    for (const next of waiting) next(open ? undefined : refusal("gate closed", { why: "asked to" }));
    ack(waiting.length);
  });
  socket.on("answer-later", (text, ack) => {
    const waiting = parked;
    parked = [];
    for (const res of waiting) res.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(text);
    ack(waiting.length);
  });

  socket.on("handshake", (ack) => {
    const { headers, query, auth, address, url, secure, xdomain } = socket.handshake;
    const session = /(?:^|; )session=([^;]*)/.exec(headers.cookie ?? "")?.[1];
    ack({ header: headers["x-interop"] ?? null, query: query.who ?? null, cookie: session ?? null,
          auth, address, url, secure, xdomain });
  });
});

// ---- /auth: a middleware that refuses with data ----
const refusal = (message, data) => Object.assign(new Error(message), { data });
io.of("/auth").use((socket, next) => {
  if (socket.handshake.auth.token === "secret") { socket.data.user = socket.handshake.auth.user ?? "nobody"; return next(); }
  if (socket.handshake.auth.token === undefined) return next(refusal("no token"));
  next(refusal("not authorized", { code: 401, detail: ["wrong", "token"] }));
}).use((socket, next) => {
  if (socket.data.user !== "banned") return next();
  next(refusal("banned", "for life"));
}).on("connection", (socket) => {
  socket.emit("welcome", socket.data.user, socket.handshake.auth);
  socket.on("whoami", (ack) => ack(socket.data.user));
});

// ---- /gate: a middleware that answers later ----
io.of("/gate").use((_socket, next) => { gates.push(next); main.emit("gate-waits", gates.length); })
  .on("connection", (socket) => socket.emit("inside"));

// ---- /any: catch-all listeners, listeners of one socket ----
io.of("/any").on("connection", (socket) => {
  const sent = [];
  socket.onAnyOutgoing((event) => sent.push(event));
  socket.onAny((event) => {
    if (event === "sent") return;
    socket.emit("any", event);
    if (socket.listeners(event).length === 0 && !["mute", "once"].includes(event)) socket.emit("unhandled", event);
  });
  socket.on("hello", (text) => socket.emit("hello", text));
  socket.on("loud", (text) => socket.emit("loud", text));
  socket.on("mute", () => socket.removeAllListeners("loud"));
  socket.once("once", () => socket.emit("only-once"));
  socket.on("sent", (ack) => ack(sent));
});

// ---- /quiet: multiplexing; says its own name ----
io.of("/quiet").on("connection", (socket) => {
  socket.on("echo", (...args) => socket.emit("echo", ...args));
  socket.on("where", (ack) => ack("/quiet"));
  socket.on("kick", (close) => socket.disconnect(close));
  socket.on("to", (room, text, ack) => { socket.to(room).emit("heard", text); ack(true); });
  socket.on("join", (room, ack) => { socket.join(room); ack(true); });
});

function VALUES() {
  return {
    zero: 0, one: 1, minus: -1, int32: 2147483647, safe: 9007199254740991, unsafe: -9007199254740991,
    tenth: 0.1, big: 1.7976931348623157e308, small: 5e-324, nan: NaN, infinite: Infinity,
    yes: true, no: false, nothing: null, empty: "", text: "plain", latin: "é", euro: "€", emoji: "😀", separators: "\u2028\u2029",
    controls: "\u0000\u0001\u001e\u001f\b\f\n\r\t\"\\/\u007f", list: [], object: {}, nested: [[1, [2, [3]]], { a: { b: { c: null } } }],
    blob: Buffer.from([0, 1, 2, 253, 254, 255]), blobs: [Buffer.from("ab"), Buffer.alloc(0)],
  };
}

http.listen(port, "127.0.0.1", () => console.log(`listening ${process.pid} ${http.address().port}`));
