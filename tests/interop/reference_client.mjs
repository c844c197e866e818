// The client under test (contract: README.md) with npm socket.io-client: the judge of the tests, and the twin of client.cpp.
// One JSON command on each line of stdin, one JSON line for each thing that happens on stdout; ends with stdin.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import tls from "node:tls";
import { Manager } from "socket.io-client";

const { Manager: Manager3 } = createRequire(import.meta.url)("socket.io-client-2");

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

// ---- binary inside JSON ----
const isBinary = (x) => x instanceof ArrayBuffer || ArrayBuffer.isView(x);
const bytesOf = (x) => (x instanceof ArrayBuffer ? Buffer.from(x) : Buffer.from(x.buffer, x.byteOffset, x.byteLength));
/** Applies `leaf` wherever it answers something other than undefined. */
const walk = (x, leaf) => {
  const found = leaf(x);
  if (found !== undefined) return found;
  if (Array.isArray(x)) return x.map((each) => walk(each, leaf));
  if (x === null || typeof x !== "object") return x;
  return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, walk(value, leaf)]));
};
const pack = (x) => walk(x, (leaf) => (isBinary(leaf) ? { $bin: bytesOf(leaf).toString("base64") } : undefined));
const unpack = (x) => walk(x, (leaf) => (typeof leaf?.$bin === "string" ? Buffer.from(leaf.$bin, "base64") : undefined));

/** An agent that reaches every server through an HTTP proxy's CONNECT. */
function tunnel(proxy, secure) {
  const { hostname, port, username, password } = new URL(proxy);
  const headers = username ? { "proxy-authorization": `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}` } : {};
  const agent = new (secure ? https : http).Agent();
  agent.createConnection = (options, done) => {
    const target = `${options.host}:${options.port}`;
    http.request({ host: hostname, port, method: "CONNECT", path: target, headers: { host: target, ...headers }, agent: false })
      .on("connect", ({ statusCode }, socket) => {
        if (statusCode !== 200) { socket.destroy(); return done(new Error(`the proxy answered ${statusCode}`)); }
        done(null, secure ? tls.connect({ ...options, socket, servername: options.servername || options.host }) : socket);
      })
      .on("error", done).end();
  };
  return agent;
}

const managers = new Map(), sockets = new Map(), answers = new Map();
let answerCount = 0;

const DO = {
  open({ m, url, options: { protocol, proxy, ...options } }) {
    for (const name of ["ca", "cert", "key"]) if (options[name]) options[name] = readFileSync(options[name]);
    if (proxy) options.agent = tunnel(proxy, /^(https|wss):/.test(url));
    const three = protocol === 3;
    const manager = new (three ? Manager3 : Manager)(url, { ...options, autoConnect: false });
    managers.set(m, { manager, three });
    const tell = (what, more) => say({ on: "manager", m, what, ...more });
    manager.on("open", () => {
      tell("open");
      const { engine } = manager;
      const transport = () => say({ on: "transport", m, name: engine.transport.name });
      transport();
      engine.on("upgrade", transport);
    });
    manager.on("close", (reason) => tell("close", { reason }));
    manager.on(three ? "connect_error" : "error", (error) => tell("error", { message: error.message ?? String(error) }));
    if (three) manager.on("connect_timeout", () => tell("error", { message: "timeout" }));
    manager.on("ping", () => tell("ping"));
    manager.on("reconnect_attempt", (n) => tell("reconnect_attempt", { n }));
    manager.on("reconnect_error", (error) => tell("reconnect_error", { message: error.message ?? String(error) }));
    manager.on("reconnect", (n) => tell("reconnect", { n }));
    manager.on("reconnect_failed", () => tell("reconnect_failed"));
  },

  socket({ s, m, nsp, auth, ...options }) {
    const { manager, three } = managers.get(m);
    const socket = manager.socket(nsp, { ...options, auth: given(auth) });
    sockets.set(s, { socket, m, three, errorFirst: options.ackTimeout !== undefined });
    socket.on("connect", () => say({ on: "connect", s, nsp, id: socket.id, recovered: socket.recovered === true }));
    socket.on("disconnect", (reason) => say({ on: "disconnect", s, reason }));
    const refused = (error) => say({
      on: "connect_error", s, message: error.message ?? String(error), active: three ? undefined : socket.active,
      ...(error.data !== undefined && { data: pack(three && error instanceof Error ? undefined : error.data) }),
    });
    socket.on("connect_error", refused);
    if (three) { socket.on("error", refused); socket.on("connect_timeout", () => refused(new Error("timeout"))); }
  },

  auth({ s, auth }) { sockets.get(s).socket.auth = given(auth); },
  connect({ s }) { sockets.get(s).socket.connect(); },
  disconnect({ s }) { sockets.get(s).socket.disconnect(); },

  on({ s, event, once }) {
    const { socket } = sockets.get(s);
    socket[once ? "once" : "on"](event, (...args) => {
      const answer = typeof args.at(-1) === "function" ? args.pop() : undefined;
      const line = { on: "event", s, event, args: pack(args) };
      if (answer) answers.set(line.answer = ++answerCount, answer);
      say(line);
    });
  },
  off({ s, event }) { sockets.get(s).socket.off(event); },
  answer({ answer, args }) { answers.get(answer)(...unpack(args)); },
  on_any({ s }) { sockets.get(s).socket.onAny((...args) => say({ on: "any", s, ...caught(args) })); },
  on_any_outgoing({ s }) { sockets.get(s).socket.onAnyOutgoing((...args) => say({ on: "outgoing", s, ...caught(args) })); },

  emit({ s, event, args, ack, timeout, volatile }) {
    let { socket, errorFirst } = sockets.get(s);
    const all = unpack(args);
    if (timeout !== undefined) { socket = socket.timeout(timeout); errorFirst = true; }
    if (volatile) socket = socket.volatile;
    if (ack !== undefined) {
      const done = (error, ...values) => say({ on: "ack", ack, ...(error ? { error: error.message } : { args: pack(values) }) });
      all.push(errorFirst ? done : (...values) => done(null, ...values));
    }
    socket.emit(event, ...all);
  },

  state({ s, state }) {
    const { socket, m } = sockets.get(s);
    say({
      on: "state", state, connected: socket.connected, active: socket.active ?? null, id: socket.id ?? null,
      recovered: socket.recovered === true, transport: managers.get(m).manager.engine?.transport?.name ?? null,
    });
  },

  close({ m }) {
    const { manager, three } = managers.get(m);
    if (three) manager.close(); else manager._close();
  },

  /** The end of a manager: nobody will ask about it again. */
  forget({ m }) {
    DO.close({ m });
    managers.delete(m);
    for (const [s, socket] of sockets) if (socket.m === m) sockets.delete(s);
  },
};

const caught = ([event, ...args]) => ({ event: String(event), args: pack(args.filter((arg) => typeof arg !== "function")) });

/** `auth` as given, or a function that gives one value for each connect, the last one for ever. */
function given(auth) {
  if (!Array.isArray(auth?.$each)) return auth;
  const values = [...auth.$each];
  return (use) => use(values.length > 1 ? values.shift() : values[0]);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  try {
    DO[command.do](command);
  } catch (error) {
    say({ on: "failed", command: command.do, message: error.message });
  }
}).on("close", () => process.exit(0));
