// The contract of examples/bench.cpp on npm socket.io with ws: node server.mjs PORT
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => {
  socket.join("all");
  socket.on("echo", (x, ack) => ack(x));
  socket.on("bcast", (x) => io.to("all").emit("msg", x));
});
http.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`listening ${process.pid} ${http.address().port}`));
