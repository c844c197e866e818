// RFC 6455 frame by frame on a raw TCP socket, against /engine.io/, which echoes; and the upgrade probe by hand.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { connected, ask, HOST, notOn, onlySiokit, patiently, Polling, REFERENCE, URL_, Wire, within } from "./peers.mjs";

const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

function frame(opcode, payload = "", { fin = true, masked = true, rsv = 0, lengthBytes } = {}) {
  const data = Buffer.from(payload);
  const size = lengthBytes ?? (data.length < 126 ? 0 : data.length < 65536 ? 2 : 8);
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (size === 0 ? data.length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(data.length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(data.length), 2);
  if (!masked) return Buffer.concat([head, data]);
  const key = randomBytes(4);
  return Buffer.concat([head, key, data.map((byte, i) => byte ^ key[i & 3])]);
}
const closing = (code, reason = "") => frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));

/** A TCP connection after the WebSocket handshake; `next()` is the next frame, null at the end. Pings of Engine.IO are skipped. */
class Raw {
  constructor(t, url = URL_) {
    const { hostname, port } = new URL(url);
    this.tcp = connect({ port: Number(port), host: hostname, noDelay: true });
    this.tcp.on("error", () => {});
    t.after(() => this.tcp.destroy());
    this.buffer = Buffer.alloc(0);
    this.ended = false;
    this.changed = () => {};
    this.tcp.on("data", (data) => { this.buffer = Buffer.concat([this.buffer, data]); this.changed(); });
    for (const event of ["end", "close"]) this.tcp.on(event, () => { this.ended = true; this.changed(); });
  }
  write(...parts) { for (const part of parts) this.tcp.write(part); }
  async reach(test) {
    await within((async () => { while (!test() && !this.ended) await new Promise((resolve) => { this.changed = resolve; }); })(), "bytes");
    return Boolean(test());
  }
  async upgrade(path = "/engine.io/?EIO=4&transport=websocket", headers = {}) {
    const key = randomBytes(16).toString("base64");
    const all = { Host: "x", Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key, ...headers };
    this.write(`GET ${path} HTTP/1.1\r\n${Object.entries(all).filter(([, v]) => v !== undefined).map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`);
    assert.ok(await this.reach(() => this.buffer.indexOf("\r\n\r\n") >= 0), "an answer to the upgrade");
    const end = this.buffer.indexOf("\r\n\r\n") + 4;
    this.head = this.buffer.subarray(0, end).toString("latin1");
    this.buffer = this.buffer.subarray(end);
    this.accept = createHash("sha1").update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
    return this;
  }
  async open(path) {
    await this.upgrade(path);
    assert.match(this.head, /^HTTP\/1\.1 101 /);
    return this;
  }
  async frame() {
    const size = () => {
      if (this.buffer.length < 2) return Infinity;
      const short = this.buffer[1] & 127;
      if (short < 126) return 2 + short;
      if (this.buffer.length < (short === 126 ? 4 : 10)) return Infinity;
      return short === 126 ? 4 + this.buffer.readUInt16BE(2) : 10 + Number(this.buffer.readBigUInt64BE(2));
    };
    if (!await this.reach(() => this.buffer.length >= size())) return null;
    const all = this.buffer.subarray(0, size());
    this.buffer = this.buffer.subarray(all.length);
    assert.equal(all[1] & 0x80, 0, "a server never masks");
    assert.equal(all[0] & 0x70, 0, "no extension was agreed");
    const short = all[1] & 127;
    const data = all.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
    return { fin: Boolean(all[0] & 0x80), opcode: all[0] & 15, data };
  }
  next() {
    return patiently("a frame", async () => {
      const got = await this.frame();
      if (got?.opcode !== TEXT || String(got.data) !== "2") return got;
      this.write(frame(TEXT, "3"));
    });
  }
  async echoes(opcode, payload) {
    const { fin, opcode: back, data } = await this.next();
    assert.deepEqual([fin, back], [true, opcode]);
    assert.ok(data.equals(Buffer.from(payload)), `echo of ${payload.length} bytes`);
  }
  /** Nothing is delivered any more, and the TCP connection ends; the close code if there was a Close frame. */
  async failsWith(...codes) {
    let code;
    for (let got; (got = await this.frame());) {
      if (got.opcode === CLOSE) {
        code = got.data.length >= 2 ? got.data.readUInt16BE(0) : 1005;
        this.write(frame(CLOSE, got.data));
        continue;
      }
      assert.ok(got.opcode === TEXT && String(got.data) === "2", `frame ${got.opcode} "${got.data}" after a protocol error`);
    }
    // npm's engine closes the transport itself, with an empty Close frame. So does libwebsockets, but for the limit that its host keeps.
    const silent = REFERENCE || (HOST === "lws" && codes[0] !== 1009);
    assert.ok(codes.includes(code) || (silent && (code === 1005 || code === undefined)), `close code ${code}, wanted ${codes}`);
  }
}

const session = async (t) => {
  const raw = await new Raw(t).open();
  const { data } = await raw.next();
  assert.match(String(data), /^0\{"sid"/);
  return raw;
};

describe("handshake", () => {
  test("101 with the right key, and nothing that was not asked for", async (t) => {
    const raw = await new Raw(t).open();
    assert.match(raw.head, new RegExp(`\r\nSec-WebSocket-Accept: ${raw.accept.replace(/[+/]/g, "\\$&")}\r\n`, "i"));
    assert.match(raw.head, /\r\nUpgrade: websocket\r\n/i);
    assert.match(raw.head, /\r\nConnection: Upgrade\r\n/i);
    assert.doesNotMatch(raw.head, /Sec-WebSocket-(Extensions|Protocol)/i);
  });

  test("an offer of permessage-deflate may be ignored", async (t) => {
    const raw = await new Raw(t).upgrade(undefined, { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" });
    assert.match(raw.head, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(raw.head, /permessage-deflate/i);
  });

  test("Connection: keep-alive, Upgrade (as Firefox sends it)", async (t) => {
    const raw = await new Raw(t).upgrade(undefined, { Connection: "keep-alive, Upgrade" });
    assert.match(raw.head, /^HTTP\/1\.1 101 /);
  });

  test("no key, a short key, an unknown version: refused", async (t) => {
    for (const headers of [{ "Sec-WebSocket-Key": undefined }, { "Sec-WebSocket-Key": "c2hvcnQ=" }, { "Sec-WebSocket-Version": "12" }]) {
      const raw = await new Raw(t).upgrade(undefined, headers);
      assert.match(raw.head, /^HTTP\/1\.1 4\d\d /);
    }
  });

  test("frames right behind the request are not lost", onlySiokit("npm loses what comes before its 101"), async (t) => {
    const raw = new Raw(t);
    const path = "/engine.io/?EIO=4&transport=websocket";
    raw.write(Buffer.concat([
      Buffer.from(`GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`),
      frame(TEXT, "4early"),
    ]));
    assert.ok(await raw.reach(() => raw.buffer.indexOf("\r\n\r\n") >= 0));
    assert.match(String(raw.buffer), /s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
    raw.buffer = raw.buffer.subarray(raw.buffer.indexOf("\r\n\r\n") + 4);
    assert.match(String((await raw.next()).data), /^0\{/);
    await raw.echoes(TEXT, "4early");
  });
});

describe("data", () => {
  test("every length class, text and binary", async (t) => {
    const raw = await session(t);
    for (const size of [1, 2, 124, 125, 126, 127, 1000, 65534, 65535, 65536, 65537, 300_000]) {
      const text = "4" + "x".repeat(size - 1), binary = randomBytes(size);
      raw.write(frame(TEXT, text), frame(BINARY, binary));
      await raw.echoes(TEXT, text);
      await raw.echoes(BINARY, binary);
    }
  });

  test("byte by byte", async (t) => {
    const raw = await session(t);
    const drip = (...frames) => { for (const byte of Buffer.concat(frames)) raw.write(Buffer.from([byte])); };
    drip(frame(TEXT, "4drop by drop €"), frame(BINARY, "abc"), frame(TEXT, "4end"));
    await raw.echoes(TEXT, "4drop by drop €");
    await raw.echoes(BINARY, "abc");
    await raw.echoes(TEXT, "4end");
    drip(frame(PING, "p"));
    assert.equal((await raw.next()).opcode, PONG);
  });

  test("100 frames in one write", async (t) => {
    const raw = await session(t);
    raw.write(Buffer.concat(Array.from({ length: 100 }, (_, i) => frame(i % 2 ? BINARY : TEXT, i % 2 ? `${i}` : `4${i}`))));
    for (let i = 0; i < 100; i++) await raw.echoes(i % 2 ? BINARY : TEXT, i % 2 ? `${i}` : `4${i}`);
  });

  const pings = notOn("lws", "answers the first of several pings, and may drop the others");
  test("a message in fragments, cut inside a character, with pings in between", pings, async (t) => {
    const raw = await session(t);
    const text = Buffer.from("4fragmented € 😀 text");
    raw.write(frame(TEXT, text.subarray(0, 13), { fin: false }), frame(PING, "one"), frame(0, text.subarray(13, 17), { fin: false }),
      frame(PING, "two"), frame(0, "", { fin: false }), frame(0, text.subarray(17)));
    // Pings that came in one read may be answered by the pong of the last (RFC 6455 5.5.3).
    let pong = await raw.next();
    if (String(pong.data) === "one") pong = await raw.next();
    assert.deepEqual([pong.opcode, String(pong.data)], [PONG, "two"]);
    await raw.echoes(TEXT, text);
  });

  test("binary in fragments of one byte", async (t) => {
    const raw = await session(t);
    const data = randomBytes(300);
    data.forEach((byte, i) => raw.write(frame(i ? 0 : BINARY, Buffer.from([byte]), { fin: i === 299 })));
    await raw.echoes(BINARY, data);
  });

  test("a message of exactly the limit, in one frame and in fragments", async (t) => {
    const raw = await session(t);
    const text = "4" + "x".repeat(1_499_999);
    raw.write(frame(TEXT, text));
    await raw.echoes(TEXT, text);
    raw.write(frame(TEXT, text.slice(0, 700_000), { fin: false }), frame(0, text.slice(700_000)));
    await raw.echoes(TEXT, text);
  });
});

describe("control frames", () => {
  test("a ping is answered with its payload", async (t) => {
    const raw = await session(t);
    for (const payload of ["", "x", "y".repeat(125)]) {
      raw.write(frame(PING, payload));
      const { opcode, data } = await raw.next();
      assert.deepEqual([opcode, String(data)], [PONG, payload]);
    }
  });

  test("an unasked pong is ignored", async (t) => {
    const raw = await session(t);
    raw.write(frame(PONG, "unasked"), frame(TEXT, "4x"));
    await raw.echoes(TEXT, "4x");
  });

  test("a close is answered and the connection ends", async (t) => {
    for (const [sent, codes] of [[closing(1000, "bye"), [1000]], [closing(1001), [1001, 1000]], [closing(3000), [3000, 1000]], [closing(4999), [4999, 1000]], [frame(CLOSE), [1005, 1000]]]) {
      const raw = await session(t);
      raw.write(sent);
      await raw.failsWith(...codes);
    }
  });

  test("nothing is handled behind a close", async (t) => {
    const raw = await session(t);
    raw.write(Buffer.concat([closing(1000), frame(TEXT, "4too late")]));
    await raw.failsWith(1000);
  });
});

describe("what breaks RFC 6455 ends the connection, undelivered", () => {
  const half = Buffer.from("4€").subarray(0, 2);
  const LENIENT = { "an unmasked frame": "delivers it", "a length of 2^62": "tells of a frame with its first byte of payload" };
  for (const [name, codes, ...parts] of [
    ["an unmasked frame", [1002], frame(TEXT, "4x", { masked: false })],
    ["a reserved bit", [1002], frame(TEXT, "4x", { rsv: 4 })],
    ["a reserved data opcode", [1002], frame(3, "4x")],
    ["a reserved control opcode", [1002], frame(11, "")],
    ["a ping of 126 bytes", [1002], frame(PING, "x".repeat(126))],
    ["a ping in fragments", [1002], frame(PING, "x", { fin: false })],
    ["a continuation of nothing", [1002], frame(0, "4x")],
    ["a new message inside a fragmented one", [1002], frame(TEXT, "4x", { fin: false }), frame(TEXT, "4y")],
    ["a close of one byte", [1002], frame(CLOSE, "x")],
    ["close code 1005", [1002], closing(1005)],
    ["close code 999", [1002], closing(999)],
    ["a close reason that is not UTF-8", [1007, 1002], frame(CLOSE, Buffer.from([3, 232, 0xff]))],
    ["text that is not UTF-8", [1007], frame(TEXT, Buffer.from([0x34, 0xff]))],
    ["text that ends inside a character", [1007], frame(TEXT, half)],
    ["text with an encoded surrogate", [1007], frame(TEXT, Buffer.from([0x34, 0xed, 0xa0, 0x80]))],
    ["a frame over the limit", [1009], frame(TEXT, "4" + "x".repeat(1_500_000))],
    ["fragments over the limit", [1009], frame(TEXT, "4" + "x".repeat(999_999), { fin: false }), frame(0, "x".repeat(500_001))],
    ["a length with the top bit set", [1002, 1009], Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])],
    ["a length of 2^62", [1009, 1002], Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ]) test(name, LENIENT[name] ? notOn("lws", LENIENT[name]) : {}, async (t) => {
    const [raw, other] = [await session(t), await session(t)];
    raw.write(Buffer.concat(parts));
    await raw.failsWith(...codes);
    other.write(frame(TEXT, "4unharmed"));
    await other.echoes(TEXT, "4unharmed");
  });

  test("a length that is not minimal", HOST === "lws" ? notOn("lws", "accepts it") : onlySiokit("ws accepts it"), async (t) => {
    for (const lengthBytes of [2, 8]) {
      const raw = await session(t);
      raw.write(frame(TEXT, "4x", { lengthBytes }));
      await raw.failsWith(1002);
    }
  });

  test("a broken Engine.IO packet", async (t) => {
    for (const text of ["", "x", "7", "abc"]) {
      const raw = await session(t);
      raw.write(frame(TEXT, text));
      await raw.failsWith(1000, 1002, 1005, 1007, 1008);
    }
  });
});

describe("the upgrade by hand", () => {
  const probe = async (t, polling) => {
    const wire = new Wire(t, `${polling.path}?EIO=4&transport=websocket&sid=${polling.sid}`);
    await wire.open();
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    return wire;
  };

  test("probe, noop for the poll that waits, upgrade; what was queued comes first", async (t) => {
    const polling = await Polling.start("/engine.io/");
    const waiting = polling.until((packet) => packet !== "2", { pong: true });
    const wire = await probe(t, polling);
    assert.equal(await waiting, "6");
    await polling.post("4queued");
    wire.send("5");
    assert.equal(await wire.message(), "4queued");
    wire.send("4after");
    assert.equal(await wire.message(), "4after");
  });

  test("a poll that comes after the probe gets its noop too", async (t) => {
    const polling = await Polling.start("/engine.io/");
    await probe(t, polling);
    for (let i = 0; i < 2; i++) assert.equal(await polling.until((packet) => packet !== "2", { pong: true }), "6");
  });

  test("POSTs are taken until the upgrade, in order", async (t) => {
    const polling = await Polling.start("/engine.io/");
    const wire = await probe(t, polling);
    for (let i = 0; i < 5; i++) assert.equal((await polling.post(`4${i}`)).body, "ok");
    wire.send("5");
    for (let i = 0; i < 5; i++) assert.equal(await wire.message(), `4${i}`);
  });

  test("anything else than a probe closes the candidate, not the session", async (t) => {
    for (const sent of ["4x", "2", "3", "x", Buffer.from([1])]) {
      const polling = await Polling.start("/engine.io/");
      const wire = new Wire(t, `/engine.io/?EIO=4&transport=websocket&sid=${polling.sid}`);
      await wire.open();
      wire.send(sent);
      await wire.close();
      await polling.post("4alive");
      assert.equal(await polling.until((packet) => packet.startsWith("4")), "4alive", String(sent));
    }
  });

  test("a candidate that goes away leaves the session on polling; another one may come", async (t) => {
    const polling = await Polling.start("/engine.io/");
    const first = await probe(t, polling);
    first.socket.terminate();
    await first.close();
    await polling.post("4still polling");
    assert.equal(await polling.until((packet) => packet.startsWith("4"), { pong: true }), "4still polling");
    // The server learns of the lost candidate in its own time: a candidate that comes too early is closed.
    const second = await patiently("a second candidate to be accepted", async () => {
      const wire = new Wire(t, `/engine.io/?EIO=4&transport=websocket&sid=${polling.sid}`);
      const opened = await Promise.race([wire.opened.then(() => true), wire.closed.then(() => false)]);
      if (opened) wire.send("2probe");
      return opened && await wire.next().catch(() => null) === "3probe" ? wire : undefined;
    });
    second.send("5");
    second.send("4upgraded");
    assert.equal(await second.message(), "4upgraded");
  });

  test("a second candidate is closed, the first goes on", async (t) => {
    const polling = await Polling.start("/engine.io/");
    const first = await probe(t, polling);
    const second = new Wire(t, `/engine.io/?EIO=4&transport=websocket&sid=${polling.sid}`);
    await second.close();
    first.send("5");
    first.send("4x");
    assert.equal(await first.message(), "4x");
    const third = new Wire(t, `/engine.io/?EIO=4&transport=websocket&sid=${polling.sid}`);
    await third.close();
    first.send("4y");
    assert.equal(await first.message(), "4y");
  });

  test("after the upgrade, polling requests of the session are refused", async (t) => {
    const polling = await Polling.start("/engine.io/");
    const wire = await probe(t, polling);
    wire.send("5");
    wire.send("4x");
    await wire.message();
    for (const { status, body } of [await polling.get(), await polling.post("4y")])
      assert.deepEqual([status, JSON.parse(body)], [400, { code: 3, message: "Bad request" }]);
    wire.send("4z");
    assert.equal(await wire.message(), "4z");
  });

  test("the heartbeat is answered on the new transport", async (t) => {
    const polling = await Polling.start("/engine.io/");
    const wire = await probe(t, polling);
    wire.send("5");
    for (let pings = 0; pings < 3;) if (await wire.next() === "2") { pings++; wire.send("3"); }
    wire.send("4x");
    assert.equal(await wire.message(), "4x");
  });

  test("a session that never pongs after its upgrade ends", onlySiokit("npm's heartbeat can stop at an upgrade"), async (t) => {
    const polling = await Polling.start("/engine.io/");
    assert.equal(await polling.until((packet) => packet === "2"), "2");
    const wire = await probe(t, polling);
    wire.send("5");
    await wire.close();
  });
});

test("the connections that broke the rules did not disturb the server", async (t) => {
  assert.equal(await ask(await connected(t), "add", 1, 2), 3);
});
