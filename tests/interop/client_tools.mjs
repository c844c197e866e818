// What the tests of clients share: the client under test behind its line protocol (README.md), the servers it talks to,
// and what stands between them. As in peers.mjs, waiting is for an event, and a deadline only says when to give up.
import { spawn } from "node:child_process";
import net from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DEADLINE, Server, within } from "./peers.mjs";

export const CLIENT = (process.env.SIOKIT_CLIENT ?? "node reference_client.mjs").split(" ");
export const REFERENCE_CLIENT = CLIENT.join(" ").includes("reference_client");

/** For cases in which siokit differs from npm on purpose (docs/differences.md). */
export const onlySiokitClient = (reason) => ({ skip: REFERENCE_CLIENT ? `differs on purpose: ${reason}` : false });

export const MODES = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

/** Reconnects soon, and at a known pace. */
export const SOON = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 50, randomizationFactor: 0 };

// ---- binary inside JSON ----
const walk = (x, leaf) => {
  const found = leaf(x);
  if (found !== undefined) return found;
  if (Array.isArray(x)) return x.map((each) => walk(each, leaf));
  if (x === null || typeof x !== "object") return x;
  const copy = {};   // not Object.fromEntries: what is undefined has no place in JSON
  for (const [key, value] of Object.entries(x)) Object.defineProperty(copy, key, { value: walk(value, leaf), enumerable: true, configurable: true, writable: true });
  return copy;
};
const pack = (x) => walk(x, (leaf) => (Buffer.isBuffer(leaf) ? { $bin: leaf.toString("base64") } : undefined));
const unpack = (x) => walk(x, (leaf) => (typeof leaf?.$bin === "string" ? Buffer.from(leaf.$bin, "base64") : undefined));

/** What arrives, kept until somebody asks for it. Waiting ends at once when the program that fills it does. */
export class Box {
  constructor(name, ended) { this.name = name; this.ended = ended; this.all = []; this.taken = 0; this.waiting = new Set(); }
  push(item) { this.all.push(item); for (const check of [...this.waiting]) check(); }
  async reach(n) {
    if (this.all.length >= n) return;
    let check;
    const here = new Promise((resolve) => { check = () => this.all.length >= n && resolve(); this.waiting.add(check); });
    try {
      await within(Promise.race([here, this.ended]), `${this.name} number ${n} (got ${JSON.stringify(this.all.slice(-5))?.slice(0, 500)})`);
    } finally { this.waiting.delete(check); }
  }
  async next() { const n = ++this.taken; await this.reach(n); return this.all[n - 1]; }
  async count(n) { await this.reach(n); return this.all.slice(0, n); }
  async until(match) { for (;;) { const item = await this.next(); if (match(item)) return item; } }
}

/** The client under test: one program for as many managers and sockets as the tests of a file want. */
export class Program {
  constructor(command = CLIENT) {
    this.handles = new Map();   // "m1", "s1", "ack1", "state1" -> where its lines go
    this.process = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    this.running = true;
    this.ended = new Promise((_, reject) => this.process.once("close", (code, signal) => {
      this.running = false;
      reject(new Error(`the client under test ended (${code ?? signal})`));
    }));
    this.ended.catch(() => {});
    this.process.stdin.on("error", () => {});
    createInterface({ input: this.process.stdout }).on("line", (line) => this.hear(JSON.parse(line)));
  }
  tell(command) { this.process.stdin.write(`${JSON.stringify(command)}\n`); }
  hear(line) {
    if (line.on === "failed") this.failure?.(line);
    else if (line.on === "ack") this.handles.get(`ack${line.ack}`)?.(line);
    else if (line.on === "state") this.handles.get(`state${line.state}`)?.(line);
    else this.handles.get(line.s === undefined ? `m${line.m}` : `s${line.s}`)?.hear(line);
  }
  async end() {
    if (!this.running) return;
    this.process.stdin.end();
    await within(this.ended.catch(() => {}), "the client under test to end");
  }
}

let shared, count = 0;

/** The program that most tests share; a new one when the last has ended. */
export function program() {
  if (!shared?.running) shared = new Program();
  return shared;
}
process.on("exit", () => shared?.running && shared.process.kill());
/** For the `after` of a file. */
export const endProgram = () => shared?.end();

/** A manager whose sockets share one connection; nothing connects before a socket does. Closed when the test ends. */
export class Manager {
  constructor(t, url, options = {}, of = program()) {
    Object.assign(this, { program: of, options, m: ++count });
    this.said = new Box(`a line of manager ${this.m}`, of.ended);     // manager lines
    this.transports = new Box("a transport", of.ended);               // names
    this.story = [];                                                   // every line of it and of its sockets
    of.handles.set(`m${this.m}`, this);
    of.tell({ do: "open", m: this.m, url, options: { reconnection: false, ...options } });
    t.after(() => of.tell({ do: "forget", m: this.m }));
  }
  hear(line) {
    this.story.push(line);
    if (line.on === "transport") this.transports.push(line.name);
    else this.said.push(line);
  }
  socket(nsp = "/", options = {}) { return new Socket(this, nsp, options); }
  /** The manager's next line of this kind. */
  next(what) { return this.said.until((line) => line.what === what); }
  kinds() { return this.said.all.map(({ what }) => what); }
  transport(name) { return this.transports.until((each) => each === name); }
  close() { this.program.tell({ do: "close", m: this.m }); }
}

class Socket {
  constructor(manager, nsp, options) {
    Object.assign(this, { manager, program: manager.program, s: ++count, nsp, events: new Map() });
    for (const name of ["connects", "disconnects", "refusals", "any", "outgoing", "fate"])
      this[name] = new Box(`${name} of ${nsp}`, this.program.ended);
    this.program.handles.set(`s${this.s}`, this);
    this.tell("socket", { m: manager.m, nsp, ...options });
  }
  hear(line) {
    this.manager.story.push(line);
    const item = line.args ? { ...line, args: unpack(line.args) } : line;
    switch (line.on) {
      case "connect": this.id = line.id; this.connects.push(line); this.fate.push(line); break;
      case "disconnect": this.disconnects.push(line.reason); break;
      case "connect_error": this.refusals.push({ ...line, data: unpack(line.data) }); this.fate.push(line); break;
      case "event": this.events.get(line.event)?.push(item); break;
      case "any": this.any.push([item.event, ...item.args]); break;
      case "outgoing": this.outgoing.push([item.event, ...item.args]); break;
    }
  }
  tell(what, more) { this.program.tell({ do: what, s: this.s, ...more }); }
  connect() { this.tell("connect"); return this; }
  disconnect() { this.tell("disconnect"); return this; }
  auth(auth) { this.tell("auth", { auth }); return this; }
  /** Connects, and waits until it is. */
  async connected() { this.connect(); return this.reached(); }
  async reached() {
    const line = await this.fate.next();
    if (line.on !== "connect") throw new Error(`connect_error: ${line.message}`);
    return line;
  }
  /** Listens from now on: a box of {args, answer}, `answer` when an ack is wanted. */
  on(event, once = false) {
    const box = new Box(`the event ${JSON.stringify(event)}`, this.program.ended);
    this.events.set(event, box);
    this.tell("on", { event, once });
    return box;
  }
  off(event) { this.tell("off", { event }); }
  onAny() { this.tell("on_any"); return this.any; }
  onAnyOutgoing() { this.tell("on_any_outgoing"); return this.outgoing; }
  answer({ answer }, ...args) { this.program.tell({ do: "answer", answer, args: pack(args) }); }
  emit(event, ...args) { this.emitWith({}, event, ...args); }
  emitWith(flags, event, ...args) { this.tell("emit", { event, args: pack(args), ...flags }); }
  /** Emits with an acknowledgement: {args} or {error}. */
  async outcome(flags, event, ...args) {
    const ack = ++count;
    const done = new Promise((resolve) => this.program.handles.set(`ack${ack}`, resolve));
    this.emitWith({ ack, ...flags }, event, ...args);
    const line = await within(Promise.race([done, this.program.ended]), `the ack of "${event}"`);
    this.program.handles.delete(`ack${ack}`);
    return line.error === undefined ? { args: unpack(line.args) } : { error: line.error };
  }
  /** All arguments of the acknowledgement. */
  async askAll(event, ...args) {
    const { error, args: answer } = await this.outcome({}, event, ...args);
    if (error !== undefined) throw new Error(error);
    return answer;
  }
  async ask(event, ...args) { return (await this.askAll(event, ...args))[0]; }
  /** {connected, active, id, recovered, transport}; every command before has been carried out then. */
  async state() {
    const state = ++count;
    const done = new Promise((resolve) => this.program.handles.set(`state${state}`, resolve));
    this.tell("state", { state });
    const line = await within(Promise.race([done, this.program.ended]), "the state");
    this.program.handles.delete(`state${state}`);
    return line;
  }
}

/** A socket that is connected, on a manager of its own. */
export async function connected(t, url, options = {}, nsp = "/", socketOptions = {}) {
  const socket = new Manager(t, url, options).socket(nsp, socketOptions);
  await socket.connected();
  return socket;
}

/** A program of its own, for what is kept for a whole process. */
export function ownProgram(t, command) {
  const own = new Program(command);
  t.after(() => own.end());
  return own;
}

// ---- servers ----
const here = import.meta.dirname;
export const PYTHON = process.env.SIOKIT_PYTHON ?? join(here, "../../build/interop/venv/bin/python");
const options = (x) => ["--options", JSON.stringify(x)];
const fast = { pingInterval: 500, pingTimeout: 4000, maxHttpBufferSize: 1_500_000 };
const interop = process.env.SIOKIT_INTEROP_SERVER;
/** The servers that the conversation is held with: how each is started, and in which protocol it is spoken to. */
export const PEERS = {
  "socket.io 4": { command: [process.execPath, "client_peer_v4.mjs", ...options(fast)] },
  "python-socketio": { command: [PYTHON, "client_peer_python.py"], python: true },
  ...(interop && { siokit: { command: [...interop.split(" ")] } }),
  "socket.io 2": { command: [process.execPath, "client_peer_v2.mjs", ...options(fast)], protocol: 3 },
  "socket.io 4 in protocol 3": { command: [process.execPath, "client_peer_v4.mjs", ...options({ ...fast, allowEIO3: true })], protocol: 3 },
};

/** Starts a program that listens; stopped when the test or suite ends. */
export async function serve(t, command, port = 0) {
  const server = await Server.start(port, command);
  t?.after(() => server.process.exitCode === null && server.process.signalCode === null && server.stop("SIGKILL"));
  return server;
}

// ---- in between ----
const listen = (server) => new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));

/**
 * A TCP link that can be cut. `judge(bytes)` sees what each connection says first and, for WebSocket upgrades, decides:
 * "pass", "refuse" (closed at once), "answer" (a 400), or "hang" (taken, and never answered).
 */
export class Line {
  static async start(t, port, { judge = () => "pass" } = {}) {
    const line = new Line();
    Object.assign(line, { target: port, judge, pairs: new Set(), upgrades: 0, accepted: 0, held: false, closed: false });
    line.server = net.createServer((client) => line.accept(client));
    await listen(line.server);
    line.port = line.server.address().port;
    line.url = `http://127.0.0.1:${line.port}`;
    t.after(() => { line.cut(); line.server.close(); });
    return line;
  }
  accept(client) {
    this.accepted++;
    client.on("error", () => {});
    if (this.closed) return client.destroy();
    const pair = { client };
    this.pairs.add(pair);
    client.on("close", () => { this.pairs.delete(pair); pair.server?.destroy(); });
    if (this.silent) { client.on("data", () => {}); return; }
    pair.server = net.connect(this.target, "127.0.0.1");
    pair.server.on("error", () => {}).on("close", () => client.destroy());
    client.on("data", (data) => {
      if (!pair.upgrade && /^upgrade: *websocket/im.test(data.toString("latin1"))) {
        pair.upgrade = true;
        this.upgrades++;
        const verdict = this.judge(data.toString("latin1"));
        if (verdict === "refuse") return client.destroy();
        if (verdict === "answer") return client.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        if (verdict === "hang") pair.deaf = true;
      }
      if (!pair.deaf && !this.held) pair.server.write(data);
    });
    pair.server.on("data", (data) => { if (!pair.deaf && !this.held) client.write(data); });
  }
  /** Ends every connection at once, and takes no more until mend(). */
  cut() {
    this.closed = true;
    for (const { client } of [...this.pairs]) client.destroy();
  }
  mend() { this.closed = false; }
  /** Cuts until each of the sockets has heard of it; their reasons. A polling client may be between two requests. */
  async cutFor(...sockets) {
    this.cut();
    const reasons = await Promise.all(sockets.map((socket) => socket.disconnects.next()));
    this.mend();
    return reasons;
  }
  /** From now on nothing comes through, and nobody is told. */
  hold() { this.held = true; }
}

/** An HTTP proxy that knows CONNECT only, and perhaps wants a name and a password. */
export async function connectProxy(t, credentials) {
  const tunnels = [];
  const links = new Set();
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
  const server = net.createServer((client) => {
    links.add(client);
    client.on("error", () => {}).on("close", () => links.delete(client));
    let head = "";
    const onHead = (data) => {
      head += data.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      client.off("data", onHead);
      const [start, ...fields] = head.slice(0, end).split("\r\n");
      const [, host, port] = /^CONNECT (\S+):(\d+) HTTP\/1\.1$/.exec(start) ?? [];
      const given = fields.map((field) => /^proxy-authorization: *(.*)$/i.exec(field)?.[1]).find(Boolean);
      tunnels.push({ start, host, port, fields: fields.map((field) => field.toLowerCase()), given });
      if (!host) return client.end("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      if (given !== wanted)
        return client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      const target = net.connect(port, host.replace(/^\[|\]$/g, ""), () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        if (end + 4 < head.length) target.write(Buffer.from(head.slice(end + 4), "latin1"));
        client.pipe(target).pipe(client);
      });
      target.on("error", () => client.destroy()).on("close", () => client.destroy());
      client.on("close", () => target.destroy());
    };
    client.on("data", onHead);
  });
  await listen(server);
  t.after(() => { for (const link of links) link.destroy(); server.close(); });
  const port = server.address().port;
  return { port, tunnels, url: (userinfo) => `http://${userinfo ? `${userinfo}@` : ""}127.0.0.1:${port}` };
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = net.createServer();
  await listen(server);
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Repeats `check` until it holds: for what the test process sees in itself (a server's list of sessions). */
export async function holds(what, check) {
  for (const end = Date.now() + DEADLINE; !(await check());) {
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
