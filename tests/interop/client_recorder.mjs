// A Socket.IO server that understands nothing: it writes down what a client puts on the wire, and answers by a script, so
// that two clients can be compared byte by byte. Sids are SID1, SID2, ...
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const HEADERS = ["host", "content-type", "cookie", "authorization", "x-own", "connection", "upgrade", "origin",
                 "sec-websocket-version", "sec-websocket-protocol"];
const SEPARATOR = "\x1e";

export class Recorder {
  /**
   * `answers`: what is sent when a packet comes, each as on the wire: text, or a Buffer for an attachment. "open" stands
   * for the session's beginning. `cookies` are set by the response that opens it.
   */
  static async start(t, { answers = {}, cookies = [], protocol = 4, maxPayload = 1e6, pingInterval = 25_000 } = {}) {
    const recorder = new Recorder();
    Object.assign(recorder, {
      answers, cookies, protocol, open: { pingInterval, pingTimeout: 20_000, ...(protocol === 4 && { maxPayload }) },
      requests: [], packets: [], frames: [], posts: [], sessions: new Map(), links: new Set(), opened: 0, left: false,
    });
    const server = createServer((req, res) => recorder.request(req, res));
    server.on("upgrade", (req, socket, head) => recorder.upgrade(req, socket, head));
    server.on("connection", (link) => { recorder.links.add(link); link.on("error", () => {}).on("close", () => recorder.links.delete(link)); });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    recorder.server = server;
    recorder.url = `http://127.0.0.1:${server.address().port}`;
    t.after(() => recorder.stop());
    return recorder;
  }

  /** What was seen: the kinds of requests, each once, a line each; the packets in order; the frames of WebSockets in order. */
  log() {
    const shape = ({ method, path, query, headers }) => [
      `${method} ${path}`, ...query.map(([key, value]) => `${key}=${value}`), ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ].join(" | ");
    return { shapes: [...new Set(this.requests.map(shape))].sort(), packets: [...this.packets], frames: [...this.frames] };
  }
  said(packet) { return this.packets.includes(packet); }
  /** Every connection is cut, and its session forgotten. */
  drop() {
    this.sessions.clear();
    for (const link of this.links) link.destroy();
  }
  async stop() { this.drop(); this.server.close(); }

  note(req) {
    const { pathname, searchParams } = new URL(req.url, "http://x");
    const query = [...searchParams].map(([key, value]) => [key, /^(t|stamp)$/.test(key) && /^[\w.-]{4,20}$/.test(value) ? "..." : value]);
    const upgrade = req.headers.upgrade !== undefined;
    const headers = {};
    for (const name of HEADERS) {
      if (req.headers[name] === undefined || (name === "connection" && !upgrade)) continue;
      const value = req.headers[name].replace(`:${this.server.address().port}`, ":PORT");
      headers[name] = /^(connection|upgrade)$/.test(name) ? value.toLowerCase() : value;
    }
    if (upgrade) headers["sec-websocket-key"] = Buffer.from(req.headers["sec-websocket-key"], "base64").length;
    this.requests.push({ method: req.method, path: pathname, query, headers });
    return searchParams;
  }

  begin(query) {
    const sid = `SID${++this.opened}`;
    const session = { sid, queue: [], base64: query.get("b64") === "1" };
    this.sessions.set(sid, session);
    const websocket = query.get("transport") === "websocket";
    session.queue.push(`0${JSON.stringify({ sid, upgrades: websocket ? [] : ["websocket"], ...this.open })}`);
    if (this.answers.open) session.queue.push(...this.answers.open);
    return session;
  }

  // ---- polling ----
  request(req, res) {
    const query = this.note(req);
    if (req.method === "POST") {
      const body = [];
      req.on("data", (part) => body.push(part)).on("end", () => this.post(req, res, query, Buffer.concat(body)));
      return;
    }
    const opens = !query.has("sid");
    const session = opens ? this.begin(query) : this.sessions.get(query.get("sid"));
    if (!session) return res.writeHead(400, { "content-type": "application/json" }).end('{"code":1,"message":"Session ID unknown"}');
    if (opens && this.cookies.length) res.setHeader("set-cookie", this.cookies);
    session.parked = res;
    if (session.probing) setTimeout(() => this.release(session), 5);
    this.flush(session);
  }
  post(req, res, query, body) {
    const session = this.sessions.get(query.get("sid"));
    if (!session) return res.writeHead(400, { "content-type": "application/json" }).end('{"code":1,"message":"Session ID unknown"}');
    this.posts.push(body.toString());
    const packets = this.protocol === 4 ? body.toString().split(SEPARATOR)
      : /octet-stream/.test(req.headers["content-type"]) ? binaryPayload(body) : textPayload(body.toString());
    res.writeHead(200, { "content-type": "text/html" }).end("ok");
    for (const packet of packets) this.hear(session, packet);
  }
  release(session) {
    if (!session.parked) return;
    session.queue.unshift("6");
    this.flush(session);
  }

  // ---- websocket ----
  upgrade(req, socket, head) {
    const query = this.note(req);
    const known = query.has("sid");
    const session = known ? this.sessions.get(query.get("sid")) : this.begin(query);
    if (!session) return socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    if (query.get("b64") === "1") session.base64 = true;
    const accept = createHash("sha1").update(`${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const cookies = known ? [] : this.cookies.map((cookie) => `Set-Cookie: ${cookie}\r\n`);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${cookies.join("")}\r\n`);
    const send = (packet) => socket.write(frame(packet, session.base64, this.protocol));
    let bytes = head;
    const read = () => {
      for (;;) {
        const found = parse(bytes);
        if (!found) return;
        bytes = bytes.subarray(found.size);
        const { opcode, masked, fin, payload } = found;
        if (opcode === 8) {
          this.frames.push({ opcode, masked });
          this.left = true;
          socket.end(Buffer.from([0x88, 0]));
          continue;
        }
        this.frames.push({ opcode, masked, fin, payload: opcode === 1 ? payload.toString() : payload.toString("hex") });
        if (opcode === 1 && payload.toString() === "2probe") { session.probing = true; send("3probe"); this.release(session); continue; }
        if (opcode === 1 && payload.toString() === "5") { session.probing = false; session.send = send; this.release(session); this.flush(session); continue; }
        if (opcode === 2) this.hear(session, this.protocol === 4 ? `b${payload.toString("base64")}` : `b${payload[0]}${payload.subarray(1).toString("base64")}`);
        else this.hear(session, payload.toString());
      }
    };
    socket.on("data", (data) => { bytes = Buffer.concat([bytes, data]); read(); });
    socket.on("end", () => { this.left = true; socket.end(); });
    if (!known) { session.send = send; this.flush(session); }
    read();
  }

  // ---- either ----
  hear(session, packet) {
    this.packets.push(packet);
    if (packet === "1") { this.left = true; this.sessions.delete(session.sid); session.queue.push("6"); }
    if (this.protocol === 3 && packet.startsWith("2")) session.queue.push(`3${packet.slice(1)}`);
    session.queue.push(...(this.answers[packet] ?? []));
    this.flush(session);
  }
  flush(session) {
    if (session.send) { for (const packet of session.queue.splice(0)) session.send(packet); return; }
    const { parked } = session;
    if (!parked || session.queue.length === 0) return;
    session.parked = undefined;
    const packets = session.queue.splice(0).map((packet) => (typeof packet === "string" ? packet : `b${this.protocol === 4 ? "" : "4"}${packet.toString("base64")}`));
    parked.writeHead(200, { "content-type": "text/plain; charset=UTF-8" })
      .end(this.protocol === 4 ? packets.join(SEPARATOR) : packets.map((packet) => `${packet.length}:${packet}`).join(""));
  }
}

/** The packets of a payload of protocol 3: lengths count UTF-16 units. */
function textPayload(body) {
  const packets = [];
  while (body) {
    const colon = body.indexOf(":"), length = Number(body.slice(0, colon));
    packets.push(body.slice(colon + 1, colon + 1 + length));
    body = body.slice(colon + 1 + length);
  }
  return packets;
}
function binaryPayload(body) {
  const packets = [];
  while (body.length) {
    const end = body.indexOf(255), length = Number([...body.subarray(1, end)].join(""));
    const data = body.subarray(end + 1, end + 1 + length);
    packets.push(body[0] === 0 ? data.toString() : `b${data[0]}${data.subarray(1).toString("base64")}`);
    body = body.subarray(end + 1 + length);
  }
  return packets;
}

/** A frame of the server for a packet. */
function frame(packet, base64, protocol) {
  const text = typeof packet === "string" || base64;
  const payload = typeof packet === "string" ? Buffer.from(packet)
    : base64 ? Buffer.from(`b${protocol === 4 ? "" : "4"}${packet.toString("base64")}`) : protocol === 4 ? packet : Buffer.concat([Buffer.from([4]), packet]);
  const head = payload.length < 126 ? Buffer.from([text ? 0x81 : 0x82, payload.length])
    : Buffer.from([text ? 0x81 : 0x82, 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, payload]);
}
/** The first whole frame of these bytes, unmasked. */
function parse(bytes) {
  if (bytes.length < 2) return undefined;
  const masked = bytes[1] >= 128;
  let length = bytes[1] & 127, at = 2;
  if (length === 126) { if (bytes.length < 4) return undefined; length = bytes.readUInt16BE(2); at = 4; }
  else if (length === 127) { if (bytes.length < 10) return undefined; length = Number(bytes.readBigUInt64BE(2)); at = 10; }
  const key = masked ? bytes.subarray(at, at + 4) : undefined;
  if (masked) at += 4;
  if (bytes.length < at + length) return undefined;
  const payload = Buffer.from(bytes.subarray(at, at + length));
  if (key) for (let i = 0; i < payload.length; i++) payload[i] ^= key[i & 3];
  return { opcode: bytes[0] & 15, fin: bytes[0] >= 128, masked, payload, size: at + length };
}
