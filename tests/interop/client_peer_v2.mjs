// The same for protocol 3, with npm socket.io 2: --port N [--options JSON].
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const Server = createRequire(import.meta.url)("socket.io-2");
const given = (name) => { const at = process.argv.indexOf(name); return at < 0 ? undefined : process.argv[at + 1]; };

function behave(io) {
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
    socket.on("ask", (ms, event, payload) => {   // without timeouts in this version: ms is ignored
      socket.emit(event, payload, (...args) => socket.emit("asked", true, ...args));
    });
    socket.on("join", (room, ack) => socket.join(room, () => ack(true)));
    socket.on("leave", (room, ack) => socket.leave(room, () => ack(true)));
    socket.on("to", (room, text, ack) => { socket.to(room).emit("heard", text); ack(true); });
    socket.on("in", (room, text, ack) => { io.in(room).emit("heard", text); ack(true); });
    socket.on("in-binary", (room, blob, ack) => { io.in(room).emit("heard", blob); ack(true); });
    socket.on("kick", (close) => socket.disconnect(close));
    socket.on("handshake", (ack) => {
      const { headers, query } = socket.handshake;
      const session = /(?:^|; )session=([^;]*)/.exec(headers.cookie ?? "")?.[1];
      ack({ header: headers["x-interop"] ?? null, query: query.who ?? null, cookie: session ?? null });
    });
  });
  io.of("/auth").use((socket, next) => {
    if (socket.handshake.query.token === "secret") return next();
    next(new Error("not authorized"));
  }).on("connection", (socket) => socket.emit("welcome"));
  io.of("/any").on("connection", (socket) => socket.use(([event], next) => { socket.emit("any", event); next(); }));
  io.of("/quiet").on("connection", (socket) => {
    socket.on("echo", (...args) => socket.emit("echo", ...args));
    socket.on("where", (ack) => ack("/quiet"));
    socket.on("kick", (close) => socket.disconnect(close));
  });
}

/** A server on 127.0.0.1 with the options of socket.io 2. */
export async function start({ port = 0, ...options } = {}) {
  const http = createServer();
  const links = new Set(), requests = [];
  http.on("connection", (link) => { links.add(link); link.on("close", () => links.delete(link)).on("error", () => {}); });
  const io = Server(http, { serveClient: false, ...options });
  // After the engine, which would call earlier listeners only for paths that are not its own.
  for (const event of ["request", "upgrade"])
    http.on(event, ({ method, url, headers }) => requests.push({ method, url, headers, upgrade: event === "upgrade" }));
  // A polling session whose client is gone would keep the process for 30 s.
  io.engine.on("connection", ({ transport }) => { transport.closeTimeout = 300; });
  behave(io);
  await new Promise((resolve, reject) => http.once("error", reject).listen(port, "127.0.0.1", resolve));
  const at = http.address().port;
  return {
    io, requests, port: at, url: `http://127.0.0.1:${at}`,
    get sessions() { return io.engine.clientsCount; },
    async stop() {
      for (const link of links) link.destroy();
      await new Promise((resolve) => { io.close(resolve); for (const link of links) link.destroy(); });
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { port } = await start({ port: Number(given("--port") ?? 0), ...JSON.parse(given("--options") ?? "{}") });
  console.log(`listening ${process.pid} ${port}`);
}
