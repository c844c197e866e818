// npm socket.io-client against the interop server (README.md), over polling, websocket and an upgrade in between.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NodeWebSocket, NodeXHR } from "socket.io-client";
import { ask, client, connected, DEADLINE, fence, inbox, manager, MODES, once, onlySiokit, reached, transportOf, upgraded, within }
  from "./peers.mjs";

const JSON_VALUES = {
  "nothing": [],
  "null": [null],
  "booleans": [true, false],
  "small numbers": [0, 1, -1, 0.1, -0.5, 1e-7, 5e-324, 2.2250738585072014e-308],
  "large numbers": [2147483647, -2147483648, 4294967296, 9007199254740991, -9007199254740991, 1e21, 123456789012345680000, 1.7976931348623157e308],
  "strings": ["", " ", "plain", "a\"b\\c/d", "\b\f\n\r\t", "\u0000\u0001\u001e\u001f\u007f", "tab\tend"],
  "unicode": ["é", "ß", "€", "中文", "العربية", "\u2028\u2029", "\ufeff", "\uffff", "e\u0301"],
  "emoji": ["😀", "👩‍👩‍👧‍👦", "🇺🇦", "\u{10ffff}"],
  "arrays": [[], [[]], [1, [2, [3, []]]], new Array(1000).fill(7)],
  "objects": [{}, { "": "" }, { a: { b: { c: [{ d: null }] } } }, { "key with \"quotes\" and 😀": 1, "constructor": 2, "toString": 3 }],
  "mixed": [1, "two", [3, { four: true }], null, { five: { six: [] } }],
  "what looks like the protocol": ["2[\"a\"]", "451-", "{\"_placeholder\":true,\"num\":0}", "probe", ",", "/", "\x1e4"],
  "a placeholder without attachments": [{ _placeholder: true, num: 0 }],
};

const deep = (levels) => { let value = "bottom"; for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { down: value }; return value; };
const bytes = (size, seed = 0) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) & 255));

for (const [mode, options] of Object.entries(MODES)) describe(`socket.io-client, ${mode}`, () => {

  describe("events", () => {
    for (const [name, args] of Object.entries(JSON_VALUES)) {
      test(`${name}: come back as an event and as an ack`, async (t) => {
        const socket = await connected(t, options);
        const echo = inbox(socket, "echo");
        socket.emit("echo", ...args);
        assert.deepEqual(await echo.next(), args);
        assert.deepEqual(await ask(socket, "echo-ack", ...args), args[0]);
      });
    }

    test("a key called __proto__ stays an ordinary key", async (t) => {
      const socket = await connected(t, options);
      const back = await ask(socket, "echo-ack", JSON.parse('{"__proto__":{"polluted":true},"a":1}'));
      assert.deepEqual(Object.keys(back), ["__proto__", "a"]);
      assert.equal({}.polluted, undefined);
    });

    test("50 levels of nesting", async (t) => {
      const socket = await connected(t, options);
      assert.deepEqual(await ask(socket, "echo-ack", deep(50)), deep(50));
    });

    test("lone surrogates arrive as sent or as U+FFFD, and nothing beside them suffers", async (t) => {
      const socket = await connected(t, options);
      for (const text of ["\ud83d", "\ude00", "a\ud83db", "\ude00\ud83d", "😀\ud83d"]) {
        const [before, back, after] = [await ask(socket, "echo-ack", "x"), await ask(socket, "echo-ack", text), await ask(socket, "echo-ack", "y")];
        assert.deepEqual([before, after], ["x", "y"]);
        assert.ok(back === text || back === text.toWellFormed(), JSON.stringify(back));
      }
    });

    test("event names: unicode, empty, numbers, `error`, `connection`, `message`", async (t) => {
      const socket = await connected(t, options);
      const seen = [];
      socket.onAny((name, ...args) => seen.push([name, ...args]));
      const any = await connected(t, options, "/any");
      const names = inbox(any, "any");
      for (const name of ["événement 😀", "", "connection", "error", "message", "toString", "with\u2028separator"]) {
        any.emit(name, 1);
        assert.deepEqual(await names.next(), [name]);
      }
      assert.deepEqual(seen, []);
    });

    test("typed parameters and a typed answer", async (t) => {
      const socket = await connected(t, options);
      const text = "quote\" slash\\ \u2028 😀 \u0000 end";
      const blob = bytes(300);
      const map = { one: 1, "two 😀": 2.5, "": -3 };
      assert.deepEqual(await ask(socket, "typed", -42, 0.25, true, text, [1, 2, 3], map, blob, "here"),
        { whole: -42, real: 0.25, flag: true, text, list: [1, 2, 3], map, blob, maybe: "here" });
      assert.deepEqual(await ask(socket, "typed", 2147483647, -1e-9, false, "", [], {}, bytes(0)),
        { whole: 2147483647, real: -1e-9, flag: false, text: "", list: [], map: {}, blob: bytes(0), maybe: null });
    });

    test("values that the server makes", async (t) => {
      const socket = await connected(t, options);
      const values = inbox(socket, "values");
      socket.emit("values");
      assert.deepEqual((await values.next())[0], {
        zero: 0, one: 1, minus: -1, int32: 2147483647, safe: 9007199254740991, unsafe: -9007199254740991,
        tenth: 0.1, big: 1.7976931348623157e308, small: 5e-324, nan: null, infinite: null,
        yes: true, no: false, nothing: null, empty: "", text: "plain", latin: "é", euro: "€", emoji: "😀", separators: "\u2028\u2029",
        controls: "\u0000\u0001\u001e\u001f\b\f\n\r\t\"\\/\u007f", list: [], object: {}, nested: [[1, [2, [3]]], { a: { b: { c: null } } }],
        blob: Buffer.from([0, 1, 2, 253, 254, 255]), blobs: [Buffer.from("ab"), Buffer.alloc(0)],
      });
    });

    test("20 events sent at once stay in order, both ways", async (t) => {
      const socket = await connected(t, options);
      const echo = inbox(socket, "echo"), number = inbox(socket, "number");
      for (let i = 0; i < 20; i++) socket.emit("echo", i, i % 3 ? "text" : bytes(i));
      socket.emit("burst", 20);
      assert.deepEqual((await echo.count(20)).map(([i]) => i), [...Array(20).keys()]);
      assert.deepEqual((await number.count(20)).map(([i]) => i), [...Array(20).keys()]);
    });
  });

  describe("binary", () => {
    test("one attachment, alone and nested", async (t) => {
      const socket = await connected(t, options);
      const echo = inbox(socket, "echo");
      for (const args of [[bytes(4)], [{ a: [{ b: bytes(5) }] }], ["before", bytes(3), "after"], [bytes(0)], [bytes(1)]]) {
        socket.emit("echo", ...args);
        assert.deepEqual(await echo.next(), args);
        assert.deepEqual(await ask(socket, "echo-ack", ...args), args[0]);
      }
    });

    test("every byte value", async (t) => {
      const socket = await connected(t, options);
      assert.deepEqual(await ask(socket, "echo-ack", bytes(256)), bytes(256));
    });

    test("typed arrays and ArrayBuffers arrive as their bytes", async (t) => {
      const socket = await connected(t, options);
      const back = await ask(socket, "echo-ack", [Uint8Array.from([1, 2, 3]), Uint16Array.from([513]).buffer, Buffer.from("x")]);
      assert.deepEqual(back, [Buffer.from([1, 2, 3]), Buffer.from([1, 2]), Buffer.from("x")]);
    });

    test("ten attachments of different sizes keep their places", async (t) => {
      const socket = await connected(t, options);
      const parts = [0, 1, 2, 125, 126, 127, 4096, 65535, 65536, 70000].map((size, k) => bytes(size, k));
      const value = { list: parts.slice(0, 4), deep: { er: [parts[4], { x: parts[5] }] }, rest: parts.slice(6), plain: 1 };
      const echo = inbox(socket, "echo");
      socket.emit("echo", value, "tail");
      assert.deepEqual(await echo.next(), [value, "tail"]);
      assert.deepEqual(await ask(socket, "echo-ack", value), value);
    });

    test("binary that the server makes", async (t) => {
      const socket = await connected(t, options);
      const binary = inbox(socket, "binary");
      socket.emit("binary", 1000, 3);
      assert.deepEqual(await binary.next(), [{ first: Buffer.alloc(1000, 0), rest: [Buffer.alloc(1000, 1), Buffer.alloc(1000, 2)] }, "end"]);
      socket.emit("binary", 0, 1);
      assert.deepEqual(await binary.next(), [{ first: Buffer.alloc(0), rest: [] }, "end"]);
    });

    test("eleven attachments end the connection (the limit of parser 4.2.6)", async (t) => {
      const socket = await connected(t, options);
      socket.emit("echo", ...Array.from({ length: 11 }, () => bytes(1)));
      assert.equal((await once(socket, "disconnect"))[0], "transport close");
    });

    test("text and binary in turn keep their order", async (t) => {
      const socket = await connected(t, options);
      const echo = inbox(socket, "echo");
      const sent = Array.from({ length: 30 }, (_, i) => (i % 2 ? [i, bytes(i)] : [i, "text", { i }]));
      for (const args of sent) socket.emit("echo", ...args);
      assert.deepEqual(await echo.count(30), sent);
    });
  });

  describe("large payloads", () => {
    test("a string of 1,000,000 characters both ways", async (t) => {
      const socket = await connected(t, options);
      const text = "0123456789".repeat(100_000);
      assert.ok(await ask(socket, "echo-ack", text) === text);
    });

    test("1 MiB of binary both ways", async (t) => {
      const socket = await connected(t, options);
      const blob = bytes(1 << 20);
      assert.ok(blob.equals(await ask(socket, "echo-ack", blob)));
    });

    test("a packet just under the maximum payload", async (t) => {
      const socket = await connected(t, options);
      const text = "€".repeat(499_900) + "x".repeat(200);       // 1,499,900 bytes
      assert.ok(await ask(socket, "echo-ack", text) === text);
    });

    test("1 MB that the server makes", async (t) => {
      const socket = await connected(t, options);
      const big = inbox(socket, "big");
      socket.emit("big", 1_000_000);
      assert.equal((await big.next())[0].length, 1_000_000);
      const binary = inbox(socket, "binary");
      socket.emit("binary", 1_000_000, 2);
      const [{ first, rest }] = await binary.next();
      assert.deepEqual([first.length, rest[0].length, rest[0][999_999]], [1_000_000, 1_000_000, 1]);
    });

    test("more than the maximum payload ends the connection, and only that one", async (t) => {
      const other = await connected(t, options);
      const socket = await connected(t, options);
      if (mode === "upgrade") await upgraded(socket);
      socket.emit("echo", "x".repeat(1_600_000));
      const [reason] = await once(socket, "disconnect");
      assert.ok(["transport close", "transport error"].includes(reason), reason);
      assert.equal(await ask(other, "add", 1, 2), 3);
    });
  });

  describe("acks", () => {
    test("the handler's return value", async (t) => {
      const socket = await connected(t, options);
      assert.equal(await ask(socket, "add", 20, 22), 42);
      assert.deepEqual(await Promise.all([...Array(50).keys()].map((i) => ask(socket, "add", i, i))), [...Array(50).keys()].map((i) => 2 * i));
    });

    test("several arguments in one ack", async (t) => {
      const socket = await connected(t, options);
      const answer = await within(new Promise((resolve) => socket.emit("echo-ack", 1, "two", [3], bytes(4), (...args) => resolve(args))), "the ack");
      assert.deepEqual(answer, [1, "two", [3], bytes(4)]);
    });

    test("an ack without arguments", async (t) => {
      const socket = await connected(t, options);
      const answer = await within(new Promise((resolve) => socket.emit("echo-ack", (...args) => resolve(args))), "the ack");
      assert.deepEqual(answer, []);
    });

    test("a deferred ack, answered once", async (t) => {
      const socket = await connected(t, options);
      const answers = [];
      const first = new Promise((resolve) => socket.emit("hold", (value) => { answers.push(value); resolve(); }));
      await fence(socket);
      assert.deepEqual(answers, []);
      socket.emit("release", "now");
      socket.emit("release", "again");
      await within(first, "the deferred ack");
      await fence(socket);
      assert.deepEqual(answers, ["now"]);
    });

    test("an ack that never comes times out on the client", async (t) => {
      const socket = await connected(t, options);
      await assert.rejects(socket.timeout(100).emitWithAck("never"), /operation has timed out/);
      assert.equal(await ask(socket, "add", 1, 1), 2);
    });

    test("the server asks, the client answers", async (t) => {
      const socket = await connected(t, options);
      socket.on("question", (payload, answer) => answer("heard", payload));
      const asked = inbox(socket, "asked");
      for (const payload of ["text", { a: [1] }, bytes(10), null]) {
        socket.emit("ask", 0, "question", payload);
        assert.deepEqual(await asked.next(), [true, "heard", payload]);
      }
      socket.emit("ask", DEADLINE, "question", 1);
      assert.deepEqual(await asked.next(), [true, "heard", 1]);
    });

    test("the server asks, the client stays silent: timeout, and a late answer is ignored", async (t) => {
      const socket = await connected(t, options);
      const question = inbox(socket, "question"), asked = inbox(socket, "asked");
      socket.emit("ask", 50, "question", "?");
      const [, answer] = await question.next();
      assert.deepEqual(await asked.next(), [false]);
      answer("late");
      await fence(socket);
      assert.equal(asked.all.length, 1);
    });

    test("an ack with an unknown id is ignored", async (t) => {
      const socket = await connected(t, options);
      socket.packet({ type: 3, id: 987654, data: ["nobody asked"] });
      assert.equal(await ask(socket, "add", 1, 2), 3);
    });
  });

  describe("namespaces", () => {
    test("several on one connection, each with its own events and ids", async (t) => {
      const shared = manager(t, options);
      const [main, quiet, any] = ["/", "/quiet", "/any"].map((nsp) => shared.socket(nsp));
      await Promise.all([main, quiet, any].map(reached));
      assert.equal(new Set([main.id, quiet.id, any.id]).size, 3);
      const got = { main: inbox(main, "echo"), quiet: inbox(quiet, "echo"), any: inbox(any, "hello") };
      main.emit("echo", "m"); quiet.emit("echo", "q", bytes(3)); any.emit("hello", "a");
      assert.deepEqual(await Promise.all([got.main.next(), got.quiet.next(), got.any.next()]), [["m"], ["q", bytes(3)], ["a"]]);
      assert.equal(await ask(quiet, "where"), "/quiet");
      assert.equal(shared.engine.id, main.io.engine.id);
    });

    test("leaving one leaves the others alone; it can be joined again", async (t) => {
      const shared = manager(t, options);
      const [main, quiet] = ["/", "/quiet"].map((nsp) => shared.socket(nsp));
      await Promise.all([main, quiet].map(reached));
      const first = quiet.id;
      quiet.disconnect();
      assert.equal(await ask(main, "add", 1, 2), 3);
      quiet.connect();
      await once(quiet, "connect");
      assert.notEqual(quiet.id, first);
      assert.equal(await ask(quiet, "where"), "/quiet");
    });

    test("an unknown one is refused and the connection goes on", async (t) => {
      const shared = manager(t, options);
      const [main, unknown] = ["/", "/no-such"].map((nsp) => shared.socket(nsp));
      const [error] = await once(unknown, "connect_error");
      assert.equal(error.message, "Invalid namespace");
      assert.equal(error.data, undefined);
      if (!main.connected) await once(main, "connect");
      assert.equal(await ask(main, "add", 1, 2), 3);
    });

    test("rooms of two namespaces do not mix", async (t) => {
      const shared = manager(t, options), peers = manager(t, options);
      const [main, quiet, otherMain, otherQuiet] = [shared.socket("/"), shared.socket("/quiet"), peers.socket("/"), peers.socket("/quiet")];
      await Promise.all([main, quiet, otherMain, otherQuiet].map(reached));
      await Promise.all([main, quiet].map((socket) => ask(socket, "join", "same name")));
      const heard = [inbox(main, "heard"), inbox(quiet, "heard")];
      await ask(otherQuiet, "to", "same name", "quiet only");
      assert.deepEqual(await heard[1].next(), ["quiet only"]);
      await fence(main);
      assert.equal(heard[0].all.length, 0);
    });
  });

  describe("auth and middlewares", () => {
    test("the auth object reaches the server", async (t) => {
      const auth = { token: "secret", user: "zoë 😀", nested: { list: [1, null, true] } };
      const socket = client(t, { ...options, auth }, "/auth");
      const welcome = inbox(socket, "welcome");
      await reached(socket);
      assert.deepEqual(await welcome.next(), ["zoë 😀", auth]);
      assert.equal(await ask(socket, "whoami"), "zoë 😀");
    });

    test("auth given by a function", async (t) => {
      const socket = client(t, { ...options, auth: (give) => give({ token: "secret", user: "late" }) }, "/auth");
      const welcome = inbox(socket, "welcome");
      await reached(socket);
      assert.deepEqual(await welcome.next(), ["late", { token: "secret", user: "late" }]);
    });

    test("a refusal with data, without data, and from the second middleware", async (t) => {
      for (const [auth, message, data] of [
        [{ token: "wrong" }, "not authorized", { code: 401, detail: ["wrong", "token"] }],
        [undefined, "no token", undefined],
        [{ token: "secret", user: "banned" }, "banned", "for life"],
      ]) {
        const socket = client(t, { ...options, auth }, "/auth");
        const [error] = await once(socket, "connect_error");
        assert.equal(error.message, message);
        assert.deepEqual(error.data, data);
        assert.equal(socket.connected, false);
      }
    });

    test("after a refusal the same socket connects with better credentials", async (t) => {
      const main = manager(t, options);
      const keep = main.socket("/");
      const socket = main.socket("/auth", { auth: { token: "wrong" } });
      await once(socket, "connect_error");
      socket.auth = { token: "secret", user: "second try" };
      socket.connect();
      assert.deepEqual((await once(socket, "welcome"))[0], "second try");
      assert.equal(await ask(keep, "add", 1, 1), 2);
    });

    test("a middleware that answers later: let in", async (t) => {
      const guard = await connected(t, options);
      const waits = inbox(guard, "gate-waits");
      const socket = client(t, options, "/gate");
      const inside = inbox(socket, "inside"), errors = inbox(socket, "connect_error");
      await waits.next();
      assert.equal(socket.connected, false);
      assert.equal(await ask(guard, "gate", true), 1);
      await inside.next();
      assert.equal(socket.connected, true);
      assert.equal(errors.all.length, 0);
    });

    test("a middleware that answers later: refused, with data", async (t) => {
      const guard = await connected(t, options);
      const waits = inbox(guard, "gate-waits");
      const socket = client(t, options, "/gate");
      const errors = inbox(socket, "connect_error");
      await waits.next();
      assert.equal(await ask(guard, "gate", false), 1);
      const [error] = await errors.next();
      assert.equal(error.message, "gate closed");
      assert.deepEqual(error.data, { why: "asked to" });
    });

    test("a client that leaves while the middleware waits is forgotten", async (t) => {
      const guard = await connected(t, options);
      const waits = inbox(guard, "gate-waits");
      const shared = manager(t, options);
      const [main, gate] = ["/", "/gate"].map((nsp) => shared.socket(nsp));
      await waits.next();
      await ask(guard, "join", "watchers");
      const gone = inbox(guard, "gone");
      if (!main.connected) await once(main, "connect");
      const id = main.id;
      shared._close();
      await gone.until((who) => who === id);
      await ask(guard, "gate", true);
      assert.equal(gate.connected, false);
      assert.equal(await ask(guard, "add", 1, 1), 2);
    });

    test("a per-socket middleware stops one event and lets the rest pass", async (t) => {
      const socket = await connected(t, options);
      const refused = inbox(socket, "refused"), echo = inbox(socket, "echo");
      socket.emit("forbidden", 1);
      socket.emit("echo", 2);
      assert.deepEqual(await refused.next(), ["forbidden"]);
      assert.deepEqual(await echo.next(), [2]);
      await fence(socket);
      assert.equal(refused.all.length, 1);
    });
  });

  describe("rooms and broadcasts", () => {
    // a, b and c share a fresh room; d is outside.
    async function party(t) {
      const room = `room ${mode} ${Math.random()}`;
      const peers = await Promise.all([1, 2, 3, 4].map(() => connected(t, options)));
      await Promise.all(peers.slice(0, 3).map((socket) => ask(socket, "join", room)));
      const heard = peers.map((socket) => inbox(socket, "heard"));
      const hear = async (event, ...args) => {
        const before = heard.map(({ all }) => all.length);
        await ask(peers[0], event, ...args);
        await Promise.all(peers.map(fence));
        return heard.map(({ all }, i) => all.slice(before[i]).map(([text]) => text));
      };
      return { room, peers, hear };
    }

    test("to(room) reaches the others, in(room) reaches all of them", async (t) => {
      const { room, hear } = await party(t);
      assert.deepEqual(await hear("to", room, "x"), [[], ["x"], ["x"], []]);
      assert.deepEqual(await hear("in", room, "y"), [["y"], ["y"], ["y"], []]);
      assert.deepEqual(await hear("to", "nobody is here", "z"), [[], [], [], []]);
    });

    test("a socket in two rooms hears a message to both once", async (t) => {
      const { room, peers, hear } = await party(t);
      await ask(peers[1], "join", `${room} b`);
      await ask(peers[3], "join", `${room} b`);
      assert.deepEqual(await hear("to-both", room, `${room} b`, "x"), [[], ["x"], ["x"], ["x"]]);
    });

    test("except(room)", async (t) => {
      const { room, peers, hear } = await party(t);
      await ask(peers[1], "join", `${room} shy`);
      assert.deepEqual(await hear("to-except", room, `${room} shy`, "x"), [[], [], ["x"], []]);
      assert.deepEqual(await hear("everyone-except", room, "y"), [[], [], [], ["y"]]);
    });

    test("leave(room)", async (t) => {
      const { room, peers, hear } = await party(t);
      await ask(peers[2], "leave", room);
      assert.deepEqual(await hear("in", room, "x"), [["x"], ["x"], [], []]);
      await ask(peers[2], "join", room);
      assert.deepEqual(await hear("in", room, "y"), [["y"], ["y"], ["y"], []]);
    });

    test("broadcast and everyone, also local", async (t) => {
      const { hear } = await party(t);
      assert.deepEqual(await hear("broadcast", "x"), [[], ["x"], ["x"], ["x"]]);
      assert.deepEqual(await hear("everyone", "y"), [["y"], ["y"], ["y"], ["y"]]);
      assert.deepEqual(await hear("everyone-local", "z"), [["z"], ["z"], ["z"], ["z"]]);
    });

    test("every socket is a room of its own", async (t) => {
      const { peers, hear } = await party(t);
      assert.deepEqual(await hear("to", peers[3].id, "psst"), [[], [], [], ["psst"]]);
      assert.deepEqual(await hear("in", peers[0].id, "me"), [["me"], [], [], []]);
    });

    test("binary to a room", async (t) => {
      const { room, hear } = await party(t);
      assert.deepEqual(await hear("in-binary", room, bytes(1000)), [[bytes(1000)], [bytes(1000)], [bytes(1000)], []]);
    });

    test("who left is no longer a member", async (t) => {
      const { room, peers, hear } = await party(t);
      await ask(peers[3], "join", "watchers");
      const gone = inbox(peers[3], "gone");
      const id = peers[2].id;
      peers[2].disconnect();
      await gone.until((who) => who === id);
      peers.splice(2, 1);
      assert.deepEqual((await hear("in", room, "x"))[1], ["x"]);
    });

    test("a broadcast with acks gathers every answer", async (t) => {
      const { room, peers } = await party(t);
      peers.forEach((socket, i) => socket.on("ballot", (answer) => answer(i * 10)));
      const counted = inbox(peers[3], "counted");
      peers[3].emit("vote", room, DEADLINE);
      assert.deepEqual(await counted.next(), [[0, 10, 20], 0]);
      peers[3].emit("vote", `${room} empty`, DEADLINE);
      assert.deepEqual(await counted.next(), [[], 0]);
    });

    test("a broadcast with acks says how many did not answer in time", async (t) => {
      const { room, peers } = await party(t);
      peers[0].on("ballot", (answer) => answer(1));
      peers[1].on("ballot", (answer) => answer(2));
      const counted = inbox(peers[3], "counted");
      peers[3].emit("vote", room, 2000);
      assert.deepEqual(await counted.next(), [[1, 2], 1]);
    });
  });

  describe("volatile", () => {
    test("arrives when the connection is ready, in order and never twice", async (t) => {
      const socket = await connected(t, options);
      const tock = inbox(socket, "tock");
      for (let n = 0; tock.all.length < 3; n++) {
        assert.ok(n < 5000, "no volatile event came through");
        socket.emit("tick", n);
        await fence(socket);
      }
      const numbers = tock.all.map(([n]) => n);
      assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
    });
  });

  describe("catch-all and listeners of one socket", () => {
    test("on_any sees every event first; on_unhandled those without a listener", async (t) => {
      const socket = await connected(t, options, "/any");
      const seen = [];
      socket.onAny((event, ...args) => seen.push([event, ...args]));
      const unhandled = inbox(socket, "unhandled"), hello = inbox(socket, "hello");
      socket.emit("hello", "you");
      await hello.next();
      socket.emit("nobody listens", 1, bytes(2));
      await unhandled.next();
      const sent = await ask(socket, "sent");
      assert.deepEqual(seen, [["any", "hello"], ["hello", "you"], ["any", "nobody listens"], ["unhandled", "nobody listens"]]);
      assert.deepEqual(sent, ["any", "hello", "any", "unhandled"]);
    });

    test("once fires once, off stops a listener", async (t) => {
      const socket = await connected(t, options, "/any");
      const only = inbox(socket, "only-once"), loud = inbox(socket, "loud");
      socket.emit("once"); socket.emit("once");
      socket.emit("loud", 1); socket.emit("mute"); socket.emit("loud", 2);
      await ask(socket, "sent");
      assert.equal(only.all.length, 1);
      assert.deepEqual(loud.all, [[1]]);
    });
  });

  describe("leaving", () => {
    async function watcher(t) {
      const socket = await connected(t, MODES.websocket);
      await ask(socket, "join", "watchers");
      return { going: inbox(socket, "going"), gone: inbox(socket, "gone") };
    }

    test("the client disconnects: both sides say who did it", async (t) => {
      const { going, gone } = await watcher(t);
      const socket = await connected(t, options);
      const id = socket.id, end = inbox(socket, "disconnect");
      socket.disconnect();
      assert.equal((await end.next())[0], "io client disconnect");
      assert.equal((await going.until((who) => who === id))[1], "client namespace disconnect");
      assert.equal((await gone.until((who) => who === id))[1], "client namespace disconnect");
    });

    test("the server disconnects the namespace", async (t) => {
      const { gone } = await watcher(t);
      const shared = manager(t, options);
      const [main, quiet] = ["/", "/quiet"].map((nsp) => shared.socket(nsp));
      await Promise.all([main, quiet].map(reached));
      const id = main.id, end = inbox(main, "disconnect"), quietEnd = inbox(quiet, "disconnect");
      main.emit("kick", false);
      assert.equal((await end.next())[0], "io server disconnect");
      assert.equal((await gone.until((who) => who === id))[1], "server namespace disconnect");
      assert.equal(await ask(quiet, "where"), "/quiet");
      assert.equal(quietEnd.all.length, 0);
      main.connect();
      await once(main, "connect");
      assert.equal(await ask(main, "add", 1, 2), 3);
    });

    test("the server disconnects the whole connection", async (t) => {
      const { gone } = await watcher(t);
      const shared = manager(t, options);
      const [main, quiet] = ["/", "/quiet"].map((nsp) => shared.socket(nsp));
      await Promise.all([main, quiet].map(reached));
      const id = main.id, ends = [main, quiet].map((socket) => inbox(socket, "disconnect"));
      quiet.emit("kick", true);
      const reasons = await Promise.all(ends.map((end) => end.next()));
      for (const [reason] of reasons) assert.ok(["io server disconnect", "transport close"].includes(reason), reason);
      assert.equal((await gone.until((who) => who === id))[1], "server namespace disconnect");
    });

    test("the connection is cut: the server sees it at once", async (t) => {
      const { going, gone } = await watcher(t);
      const socket = await connected(t, options);
      if (mode === "upgrade") await upgraded(socket);
      const id = socket.id;
      socket.io.engine.close();
      const [, reason] = await gone.until((who) => who === id);
      assert.ok(["transport close", "transport error"].includes(reason), reason);
      assert.equal((await going.until((who) => who === id))[1], reason);
    });

    test("a packet that breaks the protocol ends the connection", async (t) => {
      const { gone } = await watcher(t);
      const socket = await connected(t, options);
      const id = socket.id;
      socket.io.engine.write("9[\"no such type\"]");
      await once(socket, "disconnect");
      const [, reason] = await gone.until((who) => who === id);
      assert.ok(["forced close", "forced server close", "parse error", "transport close"].includes(reason), reason);
    });
  });

  describe("handshake", () => {
    test("headers, query, cookies, auth and address", async (t) => {
      const socket = await connected(t, {
        ...options, auth: { a: [1, "ü"] }, query: { who: "zoë & co/+ %" },
        extraHeaders: { "X-Interop": "yes; really", cookie: "other=1; session=s%20e; last=2" },
      });
      const seen = await ask(socket, "handshake");
      assert.match(seen.url, /^\/socket\.io\/\?.*EIO=4/);
      assert.match(seen.address, /^(::ffff:)?127\.0\.0\.1$/);
      assert.deepEqual({ ...seen, url: 0, address: 0 }, {
        header: "yes; really", query: "zoë & co/+ %", cookie: "s%20e", auth: { a: [1, "ü"] }, url: 0, address: 0, secure: false, xdomain: false,
      });
    });

    test("none of them given", async (t) => {
      const socket = await connected(t, options);
      const seen = await ask(socket, "handshake");
      assert.deepEqual([seen.header, seen.query, seen.cookie, seen.auth], [null, null, null, {}]);
    });

    test("allow_request refuses", async (t) => {
      const socket = client(t, { ...options, query: { deny: "1" } });
      const [error] = await once(socket, "connect_error");
      assert.equal(error.message, mode === "websocket" ? "websocket error" : "xhr poll error");
    });
  });

  test("the heartbeat reaches the client", async (t) => {
    const socket = await connected(t, options);
    const ping = inbox(socket.io, "ping");
    await ping.count(3);
    assert.equal(socket.connected, true);
  });

  test("50 clients at once talk in five rooms", async (t) => {
    const start = `${mode} ${Math.random()}`;
    const peers = await Promise.all([...Array(50).keys()].map(() => connected(t, options)));
    await Promise.all(peers.map((socket, i) => ask(socket, "join", `${start} ${i % 5}`)));
    const heard = peers.map((socket) => inbox(socket, "heard"));
    await Promise.all(peers.map((socket, i) => ask(socket, "in", `${start} ${i % 5}`, i)));
    await Promise.all(peers.map(fence));
    heard.forEach(({ all }, i) =>
      assert.deepEqual(all.map(([n]) => n).sort((a, b) => a - b), [...Array(10).keys()].map((k) => k * 5 + (i % 5))));
  });
});

describe("socket.io-client, across the upgrade", () => {
  // The probe waits for `open()`, so that the test decides what happens before the upgrade.
  function heldUpgrade() {
    let open;
    const gate = new Promise((resolve) => { open = resolve; });
    class HeldWebSocket extends NodeWebSocket { doOpen() { gate.then(() => super.doOpen()); } }
    return { open, transports: [NodeXHR, HeldWebSocket] };
  }

  test("1,000 numbered events each way, begun before the upgrade, stay in order and complete", async (t) => {
    const { open, transports } = heldUpgrade();
    const socket = await connected(t, { transports });
    const upgrading = inbox(socket.io.engine, "upgrading"), upgrade = inbox(socket.io.engine, "upgrade");
    const echo = inbox(socket, "echo"), number = inbox(socket, "number");
    socket.io.engine.once("upgrading", () => { for (let i = 500; i < 750; i++) socket.emit("echo", i); });
    for (let i = 0; i < 250; i++) socket.emit("echo", i);
    socket.emit("burst", 500);
    await echo.count(1);
    assert.equal(transportOf(socket), "polling");
    open();
    for (let i = 250; i < 500; i++) socket.emit("echo", i);
    await upgrading.next();
    await upgrade.next();
    for (let i = 750; i < 1000; i++) socket.emit("echo", i);
    socket.emit("burst", 500);
    assert.deepEqual((await echo.count(1000)).map(([i]) => i), [...Array(1000).keys()]);
    assert.deepEqual((await number.count(1000)).map(([i]) => i), [...Array(500).keys(), ...Array(500).keys()]);
    await fence(socket);
    assert.deepEqual([echo.all.length, number.all.length, transportOf(socket)], [1000, 1000, "websocket"]);
  });

  test("a trickle of events with acks while the transport changes", async (t) => {
    const { open, transports } = heldUpgrade();
    const socket = await connected(t, { transports });
    let answered = 0, done = false;
    const change = upgraded(socket).then(() => { done = true; });
    for (; !done; answered++) {
      if (answered === 5) open();
      assert.equal(await ask(socket, "add", answered, 1), answered + 1);
    }
    await change;
    for (let i = 0; i < 100; i++) assert.equal(await ask(socket, "add", i, 1), i + 1);
    assert.equal(transportOf(socket), "websocket");
  });

  test("binary events across the upgrade keep their attachments", async (t) => {
    const { open, transports } = heldUpgrade();
    const socket = await connected(t, { transports });
    const echo = inbox(socket, "echo");
    const sent = Array.from({ length: 200 }, (_, i) => [i, bytes(i), { more: [bytes(3, i)] }]);
    for (const args of sent.slice(0, 50)) socket.emit("echo", ...args);
    open();
    for (const args of sent.slice(50, 100)) socket.emit("echo", ...args);
    await upgraded(socket);
    for (const args of sent.slice(100)) socket.emit("echo", ...args);
    assert.deepEqual(await echo.count(200), sent);
  });

  test("rememberUpgrade: the second connection starts on websocket", async (t) => {
    const socket = await connected(t, { rememberUpgrade: true, reconnection: true });
    await upgraded(socket);
    socket.disconnect().connect();
    await once(socket, "connect");
    assert.equal(transportOf(socket), "websocket");
  });

  test("transports in the other order: websocket first", async (t) => {
    const socket = await connected(t, { transports: ["websocket", "polling"] });
    assert.equal(transportOf(socket), "websocket");
    assert.equal(await ask(socket, "add", 1, 2), 3);
  });

  test("the heartbeat goes on after the upgrade", async (t) => {
    const socket = await connected(t);
    await upgraded(socket);
    await inbox(socket.io, "ping").count(3);
    assert.equal(socket.connected, true);
  });

  test("base64 on request: websocket without binary frames", async (t) => {
    const socket = await connected(t, { transports: ["websocket"], forceBase64: true });
    assert.deepEqual(await ask(socket, "echo-ack", bytes(1000)), bytes(1000));
  });

  test("pending acks of the server fail when the client leaves", onlySiokit("npm never calls them without a timeout"), async (t) => {
    const watcher = await connected(t);
    await ask(watcher, "join", "watchers");
    const dropped = inbox(watcher, "ack-failed");
    const socket = await connected(t);
    const question = inbox(socket, "question"), id = socket.id;
    socket.emit("ask", 0, "question", 1);
    await question.next();
    socket.disconnect();
    await dropped.until((who) => who === id);
  });
});
