// Servers that this file starts (SIOKIT_SERVER), stops and starts again on the same port.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ask, client, inbox, MODES, reached, Server, upgraded, Wire } from "./peers.mjs";

async function server(t, port) {
  const started = await Server.start(port);
  t.after(() => started.stop("SIGKILL"));
  return started;
}
const returning = (url, options) => ({ ...options, url, reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 50, randomizationFactor: 0 });

for (const [mode, options] of Object.entries(MODES)) describe(`a restart, ${mode}`, () => {
  for (const signal of ["SIGTERM", "SIGKILL"]) {
    test(`${signal}: clients come back by themselves and talk on`, async (t) => {
      const first = await server(t);
      const sockets = ["/", "/quiet"].map((nsp) => client(t, returning(first.url, options), nsp));
      await Promise.all(sockets.map(reached));
      if (mode === "upgrade") await Promise.all(sockets.map(upgraded));
      const ids = sockets.map(({ id }) => id);
      const ends = sockets.map((socket) => inbox(socket, "disconnect")), again = sockets.map((socket) => inbox(socket, "connect"));

      await first.stop(signal);
      for (const end of ends) assert.match((await end.next())[0], /^transport (close|error)$/);
      sockets[0].emit("echo", "said while it was down");
      const echo = inbox(sockets[0], "echo");

      await server(t, first.port);
      for (const connect of again) await connect.next();
      assert.deepEqual(await echo.next(), ["said while it was down"]);
      sockets.forEach((socket, i) => assert.notEqual(socket.id, ids[i]));
      assert.equal(await ask(sockets[0], "add", 40, 2), 42);
      assert.equal(await ask(sockets[1], "where"), "/quiet");
    });
  }

  test("io.close(): clients see a lost transport, not a DISCONNECT; handlers see why", async (t) => {
    const first = await server(t);
    const socket = client(t, { ...options, url: first.url });
    await reached(socket);
    const id = socket.id, end = inbox(socket, "disconnect");
    socket.emit("shutdown");
    assert.match((await end.next())[0], /^transport (close|error)$/);
    const [line] = await first.said.until((text) => text.startsWith(`gone ${id} `));
    assert.equal(line, `gone ${id} server shutting down`);
  });
});

test("sessions of the stopped server are unknown to the new one", async (t) => {
  const first = await server(t);
  const body = await (await fetch(`${first.url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(body.slice(1));
  await first.stop();
  const second = await server(t, first.port);
  const answer = await fetch(`${second.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
  assert.deepEqual([answer.status, await answer.json()], [400, { code: 1, message: "Session ID unknown" }]);
  const wire = new Wire(t, `${second.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
  await wire.close();
  assert.match(wire.error.message, /400/);
});
