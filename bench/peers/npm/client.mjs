// bench/client.cpp with npm socket.io-client: node client.mjs PORT SECONDS
import { io } from "socket.io-client";

const socket = io(`http://127.0.0.1:${process.argv[2]}`, { transports: ["websocket"] });
let answered = 0;
const ask = () =>
  socket.emit("echo", "xxxxxxxxxxxxxxxxxx", (got) => {
    if (got.length !== 18) throw new Error("the answer is not what was sent");
    answered++;
    ask();
  });
socket.on("connect", () => {
  for (let i = 0; i < 16; i++) ask();
  setTimeout(() => {
    const before = answered, cpu = process.cpuUsage();
    setTimeout(() => {
      const { user, system } = process.cpuUsage(cpu), messages = answered - before;
      console.log(JSON.stringify({ mode: "client", messages, client_ns: ((user + system) * 1000) / messages }));
      process.exit(0);
    }, Number(process.argv[3]) * 1000);
  }, 1500);
});
