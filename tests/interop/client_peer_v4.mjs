// What the client tests talk to, with npm socket.io (contract: README.md). Imported, `start(options)` gives a server inside
// the test's process; run as a program it listens like the interop server: --port N [--options JSON].
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { pathToFileURL } from "node:url";
import { Server } from "socket.io";

const refusal = (message, data) => Object.assign(new Error(message), { data });

export function behave(io) {
  io.on("connection", (socket) => {
    socket.on("echo", (...args) => socket.emit("echo", ...args));
    socket.on("echo-ack", (...args) => args.pop()(...args));
    socket.on("binary", (size, count) => {
      const parts = Array.from({ length: count }, (_, k) => Buffer.alloc(size, k));
      socket.emit("binary", { first: parts[0], rest: parts.slice(1) }, "end");
    });
    socket.on("big", (size) => socket.emit("big", "x".repeat(size)));
    socket.on("burst", (count) => { for (let i = 0; i < count; i++) socket.emit("number", i); });
    socket.on("never", (ack) => void ack);
    socket.on("ask", (ms, event, payload) => {
      const done = (error, ...args) => socket.emit("asked", !error, ...(error ? [] : args));
      if (ms > 0) socket.timeout(ms).emit(event, payload, done);
      else socket.emit(event, payload, (...args) => done(null, ...args));
    });
    socket.on("join", (room, ack) => { socket.join(room); ack(true); });
    socket.on("leave", (room, ack) => { socket.leave(room); ack(true); });
    socket.on("to", (room, text, ack) => { socket.to(room).emit("heard", text); ack(true); });
    socket.on("in", (room, text, ack) => { io.in(room).emit("heard", text); ack(true); });
    socket.on("in-binary", (room, blob, ack) => { io.in(room).emit("heard", blob); ack(true); });
    socket.on("kick", (close) => socket.disconnect(close));
    socket.on("handshake", (ack) => {
      const { headers, query, auth } = socket.handshake;
      const session = /(?:^|; )session=([^;]*)/.exec(headers.cookie ?? "")?.[1];
      ack({ header: headers["x-interop"] ?? null, query: query.who ?? null, cookie: session ?? null, auth });
    });
  });
  io.of("/auth").use((socket, next) => {
    const { token, user } = socket.handshake.auth;
    if (token === undefined) return next(refusal("no token"));
    if (token !== "secret") return next(refusal("not authorized", { code: 401, detail: ["wrong", "token"] }));
    socket.data.user = user ?? "nobody";
    next();
  }).on("connection", (socket) => {
    socket.emit("welcome", socket.data.user, socket.handshake.auth);
    socket.on("whoami", (ack) => ack(socket.data.user));
  });
  io.of("/any").on("connection", (socket) => socket.onAny((event) => socket.emit("any", event)));
  io.of("/quiet").on("connection", (socket) => {
    socket.on("echo", (...args) => socket.emit("echo", ...args));
    socket.on("where", (ack) => ack("/quiet"));
    socket.on("kick", (close) => socket.disconnect(close));
  });
}

/** A server on 127.0.0.1. `tls` are the options of https; the others those of socket.io. */
export async function start({ port = 0, host = "127.0.0.1", tls, ...options } = {}) {
  const http = tls ? createSecureServer(tls) : createServer();
  const links = new Set();
  http.on("connection", (link) => { links.add(link); link.on("close", () => links.delete(link)).on("error", () => {}); });
  const requests = [];   // of every transport: {method, url, headers, upgrade}
  const io = new Server(http, { serveClient: false, ...options });
  // After the engine, which would call earlier listeners only for paths that are not its own.
  for (const event of ["request", "upgrade"])
    http.on(event, ({ method, url, headers }) => requests.push({ method, url, headers, upgrade: event === "upgrade" }));
  // A polling session whose client is gone would keep the process for 30 s.
  io.engine.on("connection", ({ transport }) => { transport.closeTimeout = 300; });
  behave(io);
  await new Promise((resolve, reject) => http.once("error", reject).listen(port, host, resolve));
  const at = http.address().port;
  return {
    io, http, requests, port: at, url: `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${at}`,
    /** How many engine sessions there are. */
    get sessions() { return io.engine.clientsCount; },
    /** Ends at once, as a killed process would: clients see their TCP connections go. */
    async stop() {
      for (const link of links) link.destroy();
      await new Promise((resolve) => { io.close(resolve); for (const link of links) link.destroy(); });
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const given = (name) => { const at = process.argv.indexOf(name); return at < 0 ? undefined : process.argv[at + 1]; };
  const { port } = await start({ port: Number(given("--port") ?? 0), ...JSON.parse(given("--options") ?? "{}") });
  console.log(`listening ${process.pid} ${port}`);
}
