// The server both official protocol suites expect (README.md, "conformance"), with npm socket.io.
import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import { Server } from "socket.io";

const port = Number(process.argv[process.argv.indexOf("--port") + 1] || 0);
const options = { pingInterval: 300, pingTimeout: 200, maxHttpBufferSize: 1_000_000, cors: { origin: "*" } };

const http = createServer();
const io = new Server(http, { ...options, connectTimeout: 1000, serveClient: false, destroyUpgrade: false });
io.on("connection", (socket) => {
  socket.emit("auth", socket.handshake.auth);
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("message-with-ack", (...args) => args.pop()(...args));
});
io.of("/custom").on("connection", (socket) => socket.emit("auth", socket.handshake.auth));

const engine = new Engine(options);
engine.attach(http, { path: "/engine.io", destroyUpgrade: false });
engine.on("connection", (session) => session.on("message", (data) => session.send(data)));

http.listen(port, "127.0.0.1", () => console.log(`listening ${process.pid} ${http.address().port}`));
