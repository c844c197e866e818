// The contract of examples/bench.cpp on socket.io with Bun's engine: bun server.mjs PORT
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
io.on("connection", (socket) => {
  socket.join("all");
  socket.on("echo", (x, ack) => ack(x));
  socket.on("bcast", (x) => io.to("all").emit("msg", x));
});
const server = Bun.serve({ port: Number(process.argv[2] ?? 0), hostname: "127.0.0.1", ...engine.handler() });
console.log(`listening ${process.pid} ${server.port}`);
