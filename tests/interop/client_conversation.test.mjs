// The client under test talks to each kind of server (PEERS in client_tools.mjs), over each transport.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connected, endProgram, Manager, MODES, PEERS, serve } from "./client_tools.mjs";

const bytes = (size, seed = 7) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed) & 255));
const JSONS = [0, -1, 1.5, -1e-9, 9007199254740991, -9007199254740991, 1e300, "", "plain", "é€😀", "\u2028\u2029\u0000\u001f\u007f\"\\/\b\f\n\r\t",
               null, true, false, [], {}, [[1, [2, [3]]], { a: { b: [null] } }], { "": "empty key", "é😀": 1, b: 2, a: 1 }];

after(endProgram);

for (const [peer, { command, protocol, python }] of Object.entries(PEERS)) describe(peer, () => {
  const three = protocol === 3;
  const test4 = three ? () => {} : test;   // for what came with protocol 4 or its clients
  let url, server;
  before(async () => { server = await serve(undefined, command); ({ url } = server); });
  after(() => server.stop());

  for (const [mode, transports] of Object.entries(MODES)) describe(mode, () => {
    const options = { ...transports, protocol };
    const connect = (t, nsp, socketOptions) => connected(t, url, options, nsp, socketOptions);
    const manager = (t, more) => new Manager(t, url, { ...options, ...more });

    test("connects, leaves, and comes back with another id", async (t) => {
      const socket = await connect(t);
      const { id, recovered } = socket.connects.all[0];
      assert.ok(typeof id === "string" && id.length > 0);
      assert.equal(recovered, false);
      if (mode === "upgrade") await socket.manager.transport("websocket");
      else assert.equal(await socket.manager.transports.next(), mode);
      socket.disconnect();
      assert.equal(await socket.disconnects.next(), "io client disconnect");
      const state = await socket.state();
      assert.deepEqual([state.connected, state.id], [false, null]);
      await socket.manager.next("close");
      await socket.connected();
      assert.notEqual(socket.connects.all[1].id, id);
      assert.equal(await socket.ask("echo-ack", "again"), "again");
    });

    test("values come back as an event and as an ack", async (t) => {
      const socket = await connect(t);
      const echo = socket.on("echo");
      for (const value of JSONS) {
        socket.emit("echo", "before", value);
        assert.deepEqual((await echo.next()).args, ["before", value]);
        assert.deepEqual(await socket.ask("echo-ack", value), value);
      }
      socket.emit("echo");
      assert.deepEqual((await echo.next()).args, []);
    });

    test("binary comes back in its place, as an event and as an ack", async (t) => {
      const socket = await connect(t);
      const echo = socket.on("echo");
      for (const args of [[bytes(4)], [bytes(0)], [bytes(1)], [bytes(256)], ["before", bytes(3), "after"], [{ a: [{ b: bytes(5), c: 1 }, bytes(2)] }],
                          [[...Array(10).keys()].map((k) => bytes(k * 13, k))]]) {
        socket.emit("echo", ...args);
        assert.deepEqual((await echo.next()).args, args);
        assert.deepEqual(await socket.askAll("echo-ack", ...args), args);
      }
    });

    test("binary that the server makes", async (t) => {
      const socket = await connect(t);
      const binary = socket.on("binary");
      socket.emit("binary", 1000, 3);
      assert.deepEqual((await binary.next()).args, [{ first: Buffer.alloc(1000, 0), rest: [Buffer.alloc(1000, 1), Buffer.alloc(1000, 2)] }, "end"]);
    });

    test("event names: unicode, empty, numbers, `message`, `toString`", async (t) => {
      const socket = await connect(t, "/any");
      const any = socket.on("any");
      for (const name of ["événement 😀", "", "42", "message", "toString", "with\u2028separator", "quote\"\\"]) {
        socket.emit(name, 1);
        assert.deepEqual((await any.next()).args, [name]);
      }
    });

    test("acks: none, one and several arguments, and many at once", async (t) => {
      const socket = await connect(t);
      assert.equal(await socket.ask("join", "acks"), true);
      assert.deepEqual(await socket.askAll("echo-ack", 1, "two", [3]), [1, "two", [3]]);
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => socket.ask("echo-ack", n)));
      assert.deepEqual(answers, [...Array(50).keys()]);
    });

    test("the server asks, the client answers, also with binary and also under strange names", async (t) => {
      const socket = await connect(t);
      const asked = socket.on("asked");
      for (const [name, payload, ...answer] of [["question", "text", "yes"], ["événement 😀", { a: [1] }, 1, [2]], ["42", null, null], ["toString", 7, bytes(40), { b: [bytes(3)] }]]) {
        const question = socket.on(name);
        socket.emit("ask", 0, name, payload);
        const heard = await question.next();
        assert.deepEqual(heard.args, [payload]);
        socket.answer(heard, ...answer);
        assert.deepEqual((await asked.next()).args, [true, ...answer]);
      }
    });

    test4("an ack that does not come in time", async (t) => {
      const socket = await connect(t);
      assert.deepEqual(await socket.outcome({ timeout: 30 }, "never"), { error: "operation has timed out" });
      assert.deepEqual(await socket.outcome({ timeout: 15000 }, "echo-ack", 1), { args: [1] });
    });

    test("said before the connection: arrives once, in order; and 300 each way across the upgrade", async (t) => {
      const socket = manager(t).socket();
      const echo = socket.on("echo"), number = socket.on("number");
      for (let i = 0; i < 100; i++) socket.emit("echo", i, i % 10 ? "text" : bytes(i));
      await socket.connected();
      socket.emit("burst", 300);
      for (let i = 100; i < 300; i++) socket.emit("echo", i, "text");
      assert.deepEqual((await echo.count(300)).map(({ args }) => args[0]), [...Array(300).keys()]);
      assert.deepEqual((await number.count(300)).map(({ args }) => args[0]), [...Array(300).keys()]);
      assert.deepEqual([await socket.ask("echo-ack", "end"), echo.all.length, number.all.length], ["end", 300, 300]);
    });

    test("1 MB of text and of binary, both ways", async (t) => {
      const socket = await connect(t);
      // python-engineio's driver for aiohttp reads only the beginning of a POST that does not come in one piece.
      const size = python && mode !== "websocket" ? 40_000 : 1_000_000;
      const text = "0123456789".repeat(size / 10), blob = bytes(size), big = socket.on("big");
      assert.equal(await socket.ask("echo-ack", text), text);
      assert.ok(blob.equals(await socket.ask("echo-ack", blob)));
      socket.emit("big", 1_000_000);
      assert.equal((await big.next()).args[0].length, 1_000_000);
      assert.equal(await socket.ask("echo-ack", "still here"), "still here");
    });

    test("several namespaces on one connection, each with its own events; leaving one leaves the others", async (t) => {
      const shared = manager(t);
      const [main, quiet, any] = ["/", "/quiet", "/any"].map((nsp) => shared.socket(nsp));
      await Promise.all([main, quiet, any].map((socket) => socket.connected()));
      assert.equal(new Set([main, quiet, any].map(({ id }) => id)).size, 3);
      assert.equal(await quiet.ask("where"), "/quiet");
      const mainEcho = main.on("echo"), quietEcho = quiet.on("echo");
      quiet.emit("echo", "for quiet");
      main.emit("echo", "for main", bytes(9));
      assert.deepEqual((await quietEcho.next()).args, ["for quiet"]);
      assert.deepEqual((await mainEcho.next()).args, ["for main", bytes(9)]);
      quiet.disconnect();
      assert.equal(await quiet.disconnects.next(), "io client disconnect");
      assert.equal(await main.ask("echo-ack", "on"), "on");
      await quiet.connected();
      assert.equal(await quiet.ask("where"), "/quiet");
      assert.deepEqual([mainEcho.all.length, quietEcho.all.length, main.disconnects.all.length], [1, 1, 0]);
    });

    test("an unknown namespace is refused, and the connection goes on", async (t) => {
      const shared = manager(t);
      const [main, none] = [shared.socket(), shared.socket("/no-such")];
      await main.connected();
      none.connect();
      const { message } = await none.refusals.next();
      if (!python) assert.match(message, /Invalid namespace/);   // python-socketio sends a string where others send {message}
      assert.equal(await main.ask("echo-ack", 1), 1);
      assert.equal(none.connects.all.length, 0);
    });

    test4("a refusal has a message and data, ends the trying, and better credentials help", async (t) => {
      const shared = manager(t, { reconnection: true, reconnectionDelay: 5 });
      const [main, door] = [shared.socket(), shared.socket("/auth")];
      await main.connected();
      door.connect();
      const first = await door.refusals.next();
      assert.deepEqual([first.message, first.data, first.active], ["no token", undefined, false]);
      door.auth({ token: "wrong" }).connect();
      const second = await door.refusals.next();
      assert.deepEqual([second.message, second.data, second.active], ["not authorized", { code: 401, detail: ["wrong", "token"] }, false]);
      assert.equal(await main.ask("echo-ack", "meanwhile"), "meanwhile");
      assert.equal(door.refusals.all.length, 2);
      door.auth({ token: "secret", user: "zoë", more: [1, null] }).connect();
      await door.connects.next();
      assert.equal(await door.ask("whoami"), "zoë");
    });

    test4("auth as a value, and as a function that is asked at each connect", async (t) => {
      const value = manager(t).socket("/auth", { auth: { token: "secret", user: "value", more: [1, null] } });
      const welcome = value.on("welcome");
      await value.connected();
      assert.deepEqual((await welcome.next()).args, ["value", { token: "secret", user: "value", more: [1, null] }]);
      const each = manager(t).socket("/auth", { auth: { $each: [{ token: "secret", user: "one" }, { token: "secret", user: "two" }] } });
      await each.connected();
      assert.equal(await each.ask("whoami"), "one");
      each.disconnect();
      await each.connected();
      assert.equal(await each.ask("whoami"), "two");
    });

    test("the server ends it: one namespace, then all", async (t) => {
      const shared = manager(t, { reconnection: true, reconnectionDelay: 5 });
      const [main, quiet] = [shared.socket(), shared.socket("/quiet")];
      await Promise.all([main.connected(), quiet.connected()]);
      quiet.emit("kick", false);
      assert.equal(await quiet.disconnects.next(), "io server disconnect");
      assert.equal(await main.ask("echo-ack", 1), 1);
      if (!three) assert.equal((await quiet.state()).active, false);
      await quiet.connected();
      main.emit("kick", true);
      for (const socket of [main, quiet])
        assert.match(await socket.disconnects.next(), /^(io server disconnect|transport close|transport error)$/);
    });

    test("rooms: to the others, to all, after leaving, and binary", async (t) => {
      const room = `room ${mode}`;
      const [one, two] = [await connect(t), await connect(t)];
      const heard = [one.on("heard"), two.on("heard")];
      for (const socket of [one, two]) assert.equal(await socket.ask("join", room), true);
      await one.ask("to", room, "for two");
      await one.ask("in", room, "for both");
      await two.ask("leave", room);
      await two.ask("in-binary", room, bytes(70));
      for (const socket of [one, two]) await socket.ask("echo-ack", "fence");
      assert.deepEqual(heard.map((box) => box.all.map(({ args }) => args[0])), [["for both", bytes(70)], ["for two", "for both"]]);
    });

    test("headers, query and cookie reach the server", async (t) => {
      const more = { query: { who: "me & you = é" }, extraHeaders: { "X-Interop": "yes", Cookie: "session=abc" } };
      // The npm client of protocol 3 keeps the Cookie of its polling requests to itself.
      if (three) delete more.extraHeaders.Cookie;
      const socket = manager(t, more).socket("/", three ? {} : { auth: { some: ["auth"] } });
      await socket.connected();
      const { header, query, cookie, auth } = await socket.ask("handshake");
      assert.deepEqual([header, query, cookie], ["yes", "me & you = é", three ? null : "abc"]);
      if (!three) assert.deepEqual(auth, { some: ["auth"] });
    });

    test4("listeners: once, off, catch-all of both directions", async (t) => {
      const socket = await connect(t);
      const any = socket.onAny(), outgoing = socket.onAnyOutgoing(), once = socket.on("echo", true);
      for (const text of ["first", "second"]) socket.emit("echo", text);
      assert.deepEqual(await any.count(2), [["echo", "first"], ["echo", "second"]]);
      assert.deepEqual(once.all.map(({ args }) => args), [["first"]]);
      const later = socket.on("echo");
      socket.emit("echo", "third");
      await later.next();
      socket.off("echo");
      socket.emit("echo", "fourth");
      await any.count(4);
      assert.equal(later.all.length, 1);
      await socket.ask("echo-ack", "x");
      assert.deepEqual(outgoing.all, [["echo", "first"], ["echo", "second"], ["echo", "third"], ["echo", "fourth"], ["echo-ack", "x"]]);
    });

    test("the heartbeat goes on", async (t) => {
      const socket = await connect(t);
      await socket.manager.said.until(({ what }) => what === "ping");
      assert.equal(await socket.ask("echo-ack", "beat"), "beat");
    });
  });
});
