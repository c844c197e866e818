// What the tests share: where the server is, how to wait, and how to connect each kind of peer.
// Waiting is always for an event or a condition; a deadline only says when to give up.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { io, Manager } from "socket.io-client";
import { WebSocket } from "ws";

export const URL_ = process.env.SIOKIT_URL;                       // http://127.0.0.1:PORT of the running server
export const WS_URL = URL_?.replace("http", "ws");
export const SERVER = process.env.SIOKIT_SERVER;                  // command line that starts one more of the same
export const REFERENCE = process.env.SIOKIT_REFERENCE === "1";    // the server is npm socket.io
export const DEADLINE = Number(process.env.SIOKIT_DEADLINE_MS ?? 20_000);

/** For cases in which siokit differs from npm on purpose (docs/differences.md). */
export const onlySiokit = (reason) => ({ skip: REFERENCE ? `differs on purpose: ${reason}` : false });

/** For cases that judge an HTTP and WebSocket stack which is not ours: it does otherwise, and its host cannot help it. */
export const HOST = /--adapter (\S+)/.exec(SERVER ?? "")?.[1];
export const notOn = (host, reason) => ({ skip: HOST === host ? `${host}: ${reason}` : false });

// ---- waiting ----
export function within(promise, what, ms = DEADLINE) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`gave up waiting for ${what}`)), ms).unref(); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Repeats `step`, which itself waits for something, until it returns a value. */
export async function patiently(what, step) {
  for (const end = Date.now() + DEADLINE; ;) {
    const value = await step();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
  }
}

/** The arguments of the next `event`. */
export const once = (emitter, event, ms) =>
  within(new Promise((resolve) => emitter.once(event, (...args) => resolve(args))), `"${event}"`, ms);

/** Everything `event` brings from now on: `all` is the list so far, `next()` the first one not yet taken, `count(n)` the first n. */
export function inbox(emitter, event) {
  const all = [];
  let taken = 0, wanted = [];
  emitter.on(event, (...args) => { all.push(args); wanted = wanted.filter((check) => !check()); });
  const reach = (n) => new Promise((resolve) => {
    const check = () => all.length >= n && (resolve(), true);
    if (!check()) wanted.push(check);
  });
  return {
    all,
    async next() { const n = ++taken; await within(reach(n), `"${event}" number ${n}`); return all[n - 1]; },
    async count(n) { await within(reach(n), `${n} times "${event}" (got ${all.length})`); return all.slice(0, n); },
    until(match) { return patiently(`a certain "${event}"`, async () => { const args = await this.next(); return match(...args) ? args : undefined; }); },
  };
}

// ---- socket.io-client ----
export const MODES = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: {},
};

/** A client that is not connected yet; closed when the test ends. */
export function client(t, options = {}, nsp = "/") {
  const socket = io((options.url ?? URL_) + nsp, { forceNew: true, reconnection: false, ...options });
  t.after(() => socket.io._close());
  return socket;
}

export async function connected(t, options = {}, nsp = "/") {
  const socket = client(t, options, nsp);
  await reached(socket);
  return socket;
}

export const reached = (socket) => within(new Promise((resolve, reject) => {
  socket.once("connect", resolve);
  socket.once("connect_error", reject);
}), "connect");

/** A manager whose sockets share one connection. */
export function manager(t, options = {}) {
  const shared = new Manager(URL_, { reconnection: false, ...options });
  t.after(() => shared._close());
  return shared;
}

export const ask = (socket, event, ...args) => socket.timeout(DEADLINE).emitWithAck(event, ...args);

/** After this, everything the server had queued for `socket` before has arrived. */
export const fence = (socket) => ask(socket, "echo-ack", "fence");

export const transportOf = (socket) => socket.io.engine.transport.name;

export async function upgraded(socket) {
  const engine = socket.io.engine;
  if (engine.transport.name !== "websocket") await once(engine, "upgrade");
}

// ---- HTTP long-polling by hand ----
export async function http(path, options) {
  const response = await within(fetch(URL_ + path, options), `${options?.method ?? "GET"} ${path}`);
  return { status: response.status, headers: response.headers, body: await within(response.text(), `the body of ${path}`) };
}

export class Polling {
  constructor(path, open) { this.path = path; this.open = open; this.sid = open.sid; }
  static async start(path = "/socket.io/", extra = "") {
    const { status, body } = await http(`${path}?EIO=4&transport=polling${extra}`);
    if (status !== 200 || body[0] !== "0") throw new Error(`handshake: ${status} ${body}`);
    return new Polling(path, JSON.parse(body.slice(1)));
  }
  url(extra = "") { return `${this.path}?EIO=4&transport=polling&sid=${this.sid}${extra}`; }
  get(extra) { return http(this.url(extra)); }
  post(body, headers) { return http(this.url(), { method: "POST", body, headers }); }
  /** GETs until a packet matches; answers pings on the way when asked to. */
  until(match, { pong = false } = {}) {
    return patiently("the packet", async () => {
      const { status, body } = await this.get();
      if (status !== 200) throw new Error(`GET: ${status} ${body}`);
      const packets = body.split("\x1e");
      if (pong && packets.includes("2")) await this.post("3");
      return packets.find(match);
    });
  }
}

// ---- a WebSocket that keeps what arrives until somebody asks ----
export class Wire {
  constructor(t, url, options = {}) {
    this.socket = new WebSocket(url.startsWith("ws") ? url : WS_URL + url, { perMessageDeflate: false, ...options });
    this.socket.binaryType = "nodebuffer";
    this.socket.on("error", (error) => { this.error = error; });
    this.messages = inbox(this.socket, "message");
    this.opened = new Promise((resolve) => this.socket.once("open", resolve));
    this.closed = new Promise((resolve) => this.socket.once("close", (code, reason) => resolve({ code, reason: String(reason) })));
    t.after(() => this.socket.terminate());
  }
  send(data) { this.socket.send(data); }
  /** The next message: a string, or a Buffer when it was binary. */
  async next() {
    const lost = this.closed.then(({ code }) => { throw new Error(`closed (${code}) while a message was expected`); });
    lost.catch(() => {});
    const [data, binary] = await Promise.race([this.messages.next(), lost]);
    return binary ? data : data.toString();
  }
  /** The next message that is not a ping; pings are answered. */
  message() {
    return patiently("a message", async () => {
      const data = await this.next();
      if (data !== "2") return data;
      this.send("3");
    });
  }
  close() { return within(this.closed, "the WebSocket to close"); }
  open() { return within(this.opened, "the WebSocket to open"); }
}

// ---- one more server, for tests that stop it ----
export class Server {
  static async start(port = 0, [command, ...args] = SERVER.split(" ")) {
    const process_ = spawn(command, [...args, "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
    const server = new Server();
    server.process = process_;
    server.exited = new Promise((resolve) => process_.once("exit", (code, signal) => resolve({ code, signal }))
      .once("error", (error) => resolve({ code: error.message })));
    server.said = inbox(createInterface({ input: process_.stdout }), "line");
    const [line] = await Promise.race([
      server.said.until((text) => text.startsWith("listening ")),
      server.exited.then(({ code, signal }) => { throw new Error(`the server ended (${code ?? signal}) before it listened`); }),
    ]);
    server.port = Number(line.split(" ")[2]);
    server.url = `http://127.0.0.1:${server.port}`;
    return server;
  }
  async stop(signal = "SIGTERM") {
    this.process.kill(signal);
    return within(this.exited, "the server to end");
  }
}
