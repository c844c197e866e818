// examples/raw_socket: a driver without an adapter serves npm clients on every transport, several at once.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ask, connected, inbox, MODES, transportOf, upgraded } from "./peers.mjs";

for (const [mode, options] of Object.entries(MODES)) describe(`raw_socket, ${mode}`, () => {

  test("an event comes back as an acknowledgement, binary with it", async (t) => {
    const socket = await connected(t, options);
    assert.deepEqual(await ask(socket, "echo", "ä", { a: [1, null] }), "ä");
    assert.deepEqual(await ask(socket, "echo", Buffer.from([0, 1, 255])), Buffer.from([0, 1, 255]));
  });

  test("what one says everybody hears, in order", async (t) => {
    const [a, b, c] = [await connected(t, options), await connected(t, options), await connected(t, options)];
    const heard = [a, b, c].map((socket) => inbox(socket, "said"));
    for (let i = 0; i < 20; i++) a.emit("say", `text ${i}`);
    for (const each of heard)
      assert.deepEqual(await each.count(20), Array.from({ length: 20 }, (_, i) => [a.id, `text ${i}`]));
  });

  test("900 kB there and back", async (t) => {
    const socket = await connected(t, options);
    const large = "x".repeat(900_000);
    assert.equal(await ask(socket, "echo", large), large);
  });

  test("a client that left leaves room for the next", async (t) => {
    for (let i = 0; i < 10; i++) {
      const socket = await connected(t, options);
      assert.equal(await ask(socket, "echo", i), i);
      socket.disconnect();
    }
  });
});

test("an upgrade in the middle of a conversation loses nothing", async (t) => {
  const socket = await connected(t, MODES.upgrade);
  const heard = inbox(socket, "said");
  for (let i = 0; i < 10; i++) socket.emit("say", String(i));
  await upgraded(socket);
  for (let i = 10; i < 20; i++) socket.emit("say", String(i));
  assert.deepEqual((await heard.count(20)).map(([, text]) => text), Array.from({ length: 20 }, (_, i) => String(i)));
  assert.equal(transportOf(socket), "websocket");
});
