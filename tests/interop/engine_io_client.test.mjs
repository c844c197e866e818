// npm engine.io-client against /engine.io/, which echoes each Engine.IO message (README.md).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Socket } from "engine.io-client";
import { inbox, once, URL_ } from "./peers.mjs";

const MODES = { polling: { transports: ["polling"] }, websocket: { transports: ["websocket"] }, upgrade: {} };
const bytes = (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i & 255));

async function open(t, options) {
  const socket = new Socket(URL_, { path: "/engine.io/", ...options });
  socket.binaryType = "nodebuffer";
  t.after(() => socket.close());
  socket.data = inbox(socket, "data");
  await once(socket, "open");
  return socket;
}

async function echoes(socket, sent) {
  for (const data of sent) socket.send(data);
  for (const data of sent) assert.deepEqual((await socket.data.next())[0], data);
}

for (const [mode, options] of Object.entries(MODES)) describe(`engine.io-client, ${mode}`, () => {
  test("text", async (t) => {
    await echoes(await open(t, options), ["hello", "é€😀", "\u2028", "b64?", "4", "probe", "2probe", "x".repeat(100_000)]);
  });

  test("binary of every size class", async (t) => {
    await echoes(await open(t, options), [1, 2, 3, 124, 125, 126, 127, 65535, 65536, 200_000].map(bytes));
  });

  test("text and binary in turn, 200 messages in one go", async (t) => {
    await echoes(await open(t, options), Array.from({ length: 200 }, (_, i) => (i % 2 ? bytes(i) : `text ${i}`)));
  });

  test("1 MB of text", async (t) => {
    await echoes(await open(t, options), ["0123456789".repeat(100_000)]);
  });

  test("1 MB of binary", async (t) => {
    await echoes(await open(t, options), [bytes(1_000_000)]);
  });

  test("the handshake", async (t) => {
    const socket = new Socket(URL_, { path: "/engine.io/", ...options });
    t.after(() => socket.close());
    const [handshake] = await once(socket, "handshake");
    assert.deepEqual(Object.keys(handshake), ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
    assert.deepEqual({ ...handshake, sid: typeof handshake.sid },
      { sid: "string", upgrades: mode === "websocket" ? [] : ["websocket"], pingInterval: 500, pingTimeout: 4000, maxPayload: 1_500_000 });
  });

  test("the heartbeat", async (t) => {
    const socket = await open(t, options);
    await inbox(socket, "ping").count(3);
    await echoes(socket, ["still here"]);
  });

  test("close", async (t) => {
    const socket = await open(t, options);
    const closed = once(socket, "close");
    socket.close();
    assert.equal((await closed)[0], "forced close");
  });
});

describe("engine.io-client, the upgrade", () => {
  test("messages before, during and after it stay in order", async (t) => {
    const socket = await open(t, {});
    const upgrade = once(socket, "upgrade");
    const send = (from, to) => { for (let i = from; i < to; i++) socket.send(i % 5 ? `${i}` : Buffer.from(`${i}`)); };
    send(0, 300);
    socket.once("upgrading", () => send(300, 600));
    await upgrade;
    send(600, 900);
    assert.deepEqual((await socket.data.count(900)).map(([data]) => Number(data)), [...Array(900).keys()]);
    assert.equal(socket.transport.name, "websocket");
  });

  test("upgrade: false stays on polling", async (t) => {
    const socket = await open(t, { upgrade: false });
    await echoes(socket, ["a", "b"]);
    await once(socket, "ping");
    assert.equal(socket.transport.name, "polling");
  });
});
