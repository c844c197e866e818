// What the client under test does when connections end, do not come about, or come back: reasons, attempts, buffers,
// acknowledgements, retries, and connection state recovery.
import assert from "node:assert/strict";
import net from "node:net";
import { after, describe, test } from "node:test";
import { start } from "./client_peer_v4.mjs";
import { connected, endProgram, freePort, holds, Line, Manager, MODES, PEERS, serve, SOON } from "./client_tools.mjs";
import { within } from "./peers.mjs";

after(endProgram);

async function peerOf(t, options) {
  const peer = await start(options);
  t.after(() => peer.stop());
  return peer;
}
const LOST = /^transport (close|error)$/;

/** Until the server will notice a cut: the client's poll is parked there, or its WebSocket is open. */
const seen = (peer, { id, nsp }) => holds("the server to see the client", () => peer.io.of(nsp).sockets.get(id)?.conn.transport.writable);
const left = (peer, { id, nsp }) => within(new Promise((resolve) => peer.io.of(nsp).sockets.get(id).on("disconnect", resolve)), "the server to notice");

/** A server in this process, and a line to it that can be cut. */
async function behindLine(t, options) {
  const peer = await peerOf(t, options);
  return { peer, line: await Line.start(t, peer.port) };
}

for (const [mode, transports] of Object.entries(MODES)) describe(`a lost connection, ${mode}`, () => {
  const settled = async (socket) => { await socket.reached(); if (mode === "upgrade") await socket.manager.transport("websocket"); };

  test("a cut: all sockets of the connection hear of it, and come back with new ids", async (t) => {
    const { line } = await behindLine(t);
    const shared = new Manager(t, line.url, { ...transports, ...SOON });
    const sockets = ["/", "/quiet"].map((nsp) => shared.socket(nsp).connect());
    await Promise.all(sockets.map((socket) => socket.reached()));
    if (mode === "upgrade") await shared.transport("websocket");
    for (const reason of await line.cutFor(...sockets)) assert.match(reason, LOST);
    for (const socket of sockets) {
      const [first, second] = await socket.connects.count(2);
      assert.notEqual(second.id, first.id);
      assert.equal(second.recovered, false);
    }
    assert.equal(await sockets[1].ask("where"), "/quiet");
    assert.match((await shared.next("close")).reason, LOST);
    assert.ok((await shared.next("reconnect")).n >= 1);
    const kinds = shared.kinds().filter((what) => !/error|ping/.test(what));
    assert.deepEqual(kinds.filter((what, i) => what !== kinds[i - 1]), ["open", "close", "reconnect_attempt", "open", "reconnect"]);
  });

  test("a server that stops and comes back: attempts meanwhile, and what was said meanwhile arrives", async (t) => {
    const first = await start();
    const socket = new Manager(t, first.url, { ...transports, ...SOON }).socket().connect();
    const echo = socket.on("echo");
    await settled(socket);
    await first.stop();
    assert.match(await socket.disconnects.next(), LOST);
    socket.emit("echo", "one", Buffer.from("1"));
    const two = socket.ask("echo-ack", "two");
    await socket.manager.next("reconnect_error");
    assert.equal((await socket.manager.next("reconnect_attempt")).n >= 1, true);
    const second = await start({ port: first.port });
    t.after(() => second.stop());
    assert.equal((await socket.connects.count(2)).length, 2);
    assert.equal(await two, "two");
    assert.deepEqual(echo.all.map(({ args }) => args), [["one", Buffer.from("1")]]);
  });

  test("without reconnection it stays lost, until connect() is called", async (t) => {
    const { line } = await behindLine(t);
    const socket = await connected(t, line.url, transports);
    assert.match((await line.cutFor(socket))[0], LOST);
    const state = await socket.state();
    assert.deepEqual([state.connected, state.active, state.id], [false, true, null]);
    await socket.connected();
    assert.equal(socket.manager.kinds().includes("reconnect_attempt"), false);
  });

  test("acknowledgements that are waited for with a timeout fail at once; what is emitted waits", async (t) => {
    const { peer, line } = await behindLine(t);
    const heard = [];
    peer.io.of("/any").on("connection", (socket) => socket.onAny((...args) => heard.push(args)));
    const socket = new Manager(t, line.url, { ...transports, ...SOON }).socket("/any").connect();
    await settled(socket);
    const pending = socket.outcome({ timeout: 60_000 }, "nobody answers");
    await holds("the question to arrive", () => heard.length === 1);
    line.cut();
    assert.match(await socket.disconnects.next(), LOST);
    assert.deepEqual(await pending, { error: "socket has been disconnected" });
    assert.deepEqual(await socket.outcome({ timeout: 20 }, "impatient"), { error: "operation has timed out" });
    socket.emit("patient", 3);
    line.mend();
    await socket.connects.count(2);
    socket.emit("after", 4);
    await holds("what was said to arrive", () => heard.length >= 3);
    assert.deepEqual(heard.map(([event]) => event), ["nobody answers", "patient", "after"]);
  });

  test("the server closes everything: a lost transport, not a DISCONNECT", async (t) => {
    const peer = await peerOf(t);
    const socket = await connected(t, peer.url, transports);
    if (mode === "upgrade") await socket.manager.transport("websocket");
    peer.io.close();
    assert.match(await socket.disconnects.next(), LOST);
    assert.equal((await socket.state()).active, true);
  });

  test("recovery: same id, rooms and the events that were missed, in order; then a fresh session when the time is over", async (t) => {
    const { peer, line } = await behindLine(t, { connectionStateRecovery: { maxDisconnectionDuration: 10_000 } });
    const socket = new Manager(t, line.url, { ...transports, ...SOON, reconnectionDelay: 100, reconnectionDelayMax: 100 }).socket().connect();
    const heard = socket.on("heard");
    await settled(socket);
    await socket.ask("join", "room");
    peer.io.to("room").emit("heard", "before");
    await heard.next();
    await seen(peer, socket);
    await Promise.all([left(peer, socket), line.cutFor(socket)]);
    const missed = Array.from({ length: 5 }, (_, i) => [`missed ${i}`, i]);
    for (const args of missed) peer.io.to("room").emit("heard", ...args);
    peer.io.of("/").except("room").emit("heard", "not for this one");
    const [before, again] = await socket.connects.count(2);
    assert.deepEqual([again.id, again.recovered], [before.id, true]);
    assert.deepEqual((await heard.count(6)).slice(1).map(({ args }) => args.slice(0, 2)), missed);
    const place = (match) => socket.manager.story.findIndex(match);
    assert.ok(place((line_) => line_.args?.[0] === "missed 4") < place((line_) => line_.on === "connect" && line_.recovered), "missed events come before `connect`");
    peer.io.to("room").emit("heard", "live");
    assert.equal((await heard.count(7))[6].args[0], "live");

    // The adapter forgets: what the client offers is worth nothing, and that is no error.
    if (mode === "upgrade") await socket.manager.transport("websocket");
    await seen(peer, socket);
    await Promise.all([left(peer, socket), line.cutFor(socket)]);
    peer.io.of("/").adapter.sessions.clear();
    const fresh = (await socket.connects.count(3))[2];
    assert.equal(fresh.recovered, false);
    assert.notEqual(fresh.id, before.id);
    assert.equal(await socket.ask("echo-ack", "on"), "on");
    assert.equal(heard.all.length, 7);
  });

  test("retries: strict order across a restart, each at least once, one at a time", async (t) => {
    const heard = [];
    let answering = false;
    const listen = (peer) => peer.io.of("/work").on("connection", (socket) => socket.on("job", (n, ack) => { heard.push(n); if (answering || n === 0) ack(n * 10); }));
    const first = await start();
    listen(first);
    const socket = new Manager(t, first.url, { ...transports, ...SOON }).socket("/work", { retries: 50, ackTimeout: 300 });
    const outcomes = [0, 1, 2, 3].map((n) => socket.outcome({}, "job", n));
    await socket.connected();
    assert.deepEqual(await outcomes[0], { args: [0] });
    await holds("the second to arrive", () => heard.includes(1));
    assert.deepEqual(heard, [0, 1]);
    answering = true;
    await first.stop();
    await socket.disconnects.next();
    outcomes.push(socket.outcome({}, "job", 4));
    const second = await start({ port: first.port });
    t.after(() => second.stop());
    listen(second);
    assert.deepEqual(await Promise.all(outcomes), [0, 1, 2, 3, 4].map((n) => ({ args: [n * 10] })));
    assert.deepEqual(heard.filter((n, i) => n !== heard[i - 1]), [0, 1, 2, 3, 4]);
    assert.ok(heard.filter((n) => n === 1).length >= 2);
  });
});

describe("restarts of other servers", () => {
  for (const [name, { command, protocol }] of Object.entries(PEERS)) for (const [mode, transports] of Object.entries(MODES)) {
    test(`${name}, ${mode}: killed, and started again`, async (t) => {
      const first = await serve(t, command);
      const shared = new Manager(t, first.url, { ...transports, ...SOON, protocol });
      const sockets = ["/", "/quiet"].map((nsp) => shared.socket(nsp).connect());
      await Promise.all(sockets.map((socket) => socket.reached()));
      await first.stop("SIGKILL");
      for (const socket of sockets) assert.match(await socket.disconnects.next(), LOST);
      await serve(t, command, first.port);
      await Promise.all(sockets.map((socket) => socket.connects.count(2)));
      assert.equal(await sockets[0].ask("echo-ack", 1), 1);
      assert.equal(await sockets[1].ask("where"), "/quiet");
    });
  }
});

describe("connections that do not come about", () => {
  test("reconnectionAttempts: the order of what is told, and then silence", async (t) => {
    const socket = new Manager(t, `http://127.0.0.1:${await freePort()}`, { ...SOON, reconnectionAttempts: 2 }).socket().connect();
    await socket.manager.next("reconnect_failed");
    await socket.manager.next("reconnect_error");
    assert.deepEqual(socket.manager.kinds(), [
      "error", "reconnect_attempt", "error", "reconnect_error", "reconnect_attempt", "error", "reconnect_failed", "reconnect_error",
    ]);
    assert.deepEqual(socket.manager.said.all.filter(({ what }) => what === "reconnect_attempt").map(({ n }) => n), [1, 2]);
    assert.equal(socket.refusals.all.length, 3);
    assert.ok(socket.refusals.all.every(({ active }) => active === true));
    const state = await socket.state();
    assert.deepEqual([state.connected, state.active], [false, true]);
    const story = socket.manager.story.map(({ on, what }) => what ?? on);
    assert.ok(story.lastIndexOf("connect_error") < story.indexOf("reconnect_failed"));
  });

  test("after reconnect_failed, connect() begins anew", async (t) => {
    const port = await freePort();
    const socket = new Manager(t, `http://127.0.0.1:${port}`, { ...SOON, reconnectionAttempts: 1 }).socket().connect();
    await socket.manager.next("reconnect_failed");
    await peerOf(t, { port });
    socket.connect();
    await socket.connects.next();
    assert.equal(await socket.ask("echo-ack", 1), 1);
  });

  test("a server that appears later is found", async (t) => {
    const port = await freePort();
    const socket = new Manager(t, `http://127.0.0.1:${port}`, SOON).socket().connect();
    const answer = socket.ask("echo-ack", "said early");
    await socket.manager.next("reconnect_error");
    await peerOf(t, { port });
    await socket.connects.next();
    assert.equal(await answer, "said early");
    const { n } = await socket.manager.next("reconnect");
    assert.ok(n >= 1);
  });

  for (const [mode, transports] of Object.entries(MODES)) {
    test(`a server that takes the connection and says nothing, ${mode}: timeout, and then attempts`, async (t) => {
      const links = new Set();
      const server = net.createServer((link) => { links.add(link); link.on("error", () => {}).on("close", () => links.delete(link)).on("data", () => {}); });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      t.after(() => { for (const link of links) link.destroy(); server.close(); });
      const socket = new Manager(t, `http://127.0.0.1:${server.address().port}`,
        { ...transports, ...SOON, timeout: 60, reconnectionAttempts: 1 }).socket().connect();
      assert.equal((await socket.refusals.next()).message, "timeout");
      assert.equal((await socket.refusals.next()).message, "timeout");
      await socket.manager.next("reconnect_failed");
      // A poll that was never answered is left to itself: by npm for ever, by siokit for some seconds.
      if (mode === "websocket") await holds("the links to be closed", () => links.size === 0);
    });
  }

  // Delays are compared with each other: managers of one program, which start together, and the order in which they come
  // to an attempt.
  const racing = async (t, contestants, attempt) => {
    const port = await freePort(), order = [];
    await Promise.all(Object.entries(contestants).map(async ([name, options]) => {
      const manager = new Manager(t, `http://127.0.0.1:${port}`, { reconnection: true, randomizationFactor: 0, ...options });
      manager.socket().connect();
      for (let i = 0; i < attempt; i++) await manager.next("reconnect_attempt");
      order.push(name);
      manager.close();
    }));
    return order;
  };

  test("the delays grow from reconnectionDelay to reconnectionDelayMax", async (t) => {
    assert.deepEqual(await racing(t, {
      unbounded: { reconnectionDelay: 60, reconnectionDelayMax: 10_000 },   // 60, 120, 240, 480: 900 ms
      bounded: { reconnectionDelay: 60, reconnectionDelayMax: 120 },        // 60, 120, 120, 120: 420 ms
      constant: { reconnectionDelay: 60, reconnectionDelayMax: 60 },        // 240 ms
    }, 4), ["constant", "bounded", "unbounded"]);
  });

  test("after a success the attempts begin anew", async (t) => {
    const port = await freePort();
    const socket = new Manager(t, `http://127.0.0.1:${port}`, SOON).socket().connect();
    await socket.manager.said.until(({ what, n }) => what === "reconnect_attempt" && n === 2);
    const peer = await start({ port });
    await socket.connects.next();
    await peer.stop();
    await socket.disconnects.next();
    await socket.manager.next("reconnect");
    assert.equal((await socket.manager.next("reconnect_attempt")).n, 1);
  });

  test("with randomizationFactor the delays differ", async (t) => {
    const random = { reconnectionDelay: 150, reconnectionDelayMax: 1000, randomizationFactor: 1 };   // up to 300 ms
    const contestants = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`random ${i}`, random]));
    const order = await racing(t, { ...contestants, fixed: { ...random, randomizationFactor: 0 } }, 1);
    assert.ok(order[0] !== "fixed" && order.at(-1) !== "fixed", `${order}`);   // by chance once in 2^23 runs
  });

  test("disconnect() while attempts are made ends them; closing the manager does as well", async (t) => {
    const port = await freePort();
    const sockets = [0, 1].map(() => new Manager(t, `http://127.0.0.1:${port}`, SOON).socket().connect());
    for (const socket of sockets) await socket.manager.next("reconnect_error");
    sockets[0].disconnect();
    sockets[1].manager.close();
    assert.equal((await sockets[0].state()).active, false);
    await sockets[1].state();
    const before = sockets.map(({ manager }) => manager.kinds().length);
    // A third one lives through several more attempts meanwhile.
    const clock = new Manager(t, `http://127.0.0.1:${port}`, { ...SOON, reconnectionAttempts: 6 });
    clock.socket().connect();
    await clock.next("reconnect_failed");
    sockets.forEach(({ manager }, i) => assert.deepEqual(manager.kinds().slice(before[i]).filter((what) => what !== "close"), []));
  });

  test("disconnect() before the connection is there", async (t) => {
    const peer = await peerOf(t);
    const socket = new Manager(t, peer.url).socket().connect();
    socket.disconnect();
    assert.equal((await socket.state()).active, false);
    const other = await connected(t, peer.url);
    await other.ask("echo-ack", 1);
    assert.deepEqual([socket.connects.all, socket.disconnects.all], [[], []]);
    await socket.connected();
    assert.equal(await socket.ask("echo-ack", 2), 2);
  });

  // A poll is left to itself, and with it the session that it may begin: that is the ping timeout's, as with npm.
  test("disconnect() before the server has answered: a WebSocket goes at once", async (t) => {
    const { line } = await behindLine(t);
    line.silent = true;
    const socket = new Manager(t, line.url, MODES.websocket).socket().connect();
    await holds("a connection", () => line.pairs.size === 1);
    socket.disconnect();
    await holds("no connection", () => line.pairs.size === 0);
    line.silent = false;
    await socket.connected();
    assert.equal(await socket.ask("echo-ack", 1), 1);
  });
});

describe("what a socket keeps", () => {
  test("a refusal of the last socket ends the connection; of another one it does not", async (t) => {
    const peer = await peerOf(t);
    const shared = new Manager(t, peer.url, SOON);
    const [main, door] = [shared.socket(), shared.socket("/auth")];
    door.connect();
    assert.equal((await door.refusals.next()).active, false);
    await holds("the session to end", () => peer.sessions === 0);
    await main.connected();
    door.connect();
    await door.refusals.next();
    assert.equal(await main.ask("echo-ack", 1), 1);
    main.disconnect();
    await holds("the session to end", () => peer.sessions === 0);
    assert.equal(shared.kinds().includes("reconnect_attempt"), false);
  });

  test("a DISCONNECT by the server is final until connect()", async (t) => {
    const peer = await peerOf(t);
    const socket = await connected(t, peer.url, SOON);
    socket.emit("kick", false);
    assert.equal(await socket.disconnects.next(), "io server disconnect");
    assert.equal((await socket.state()).active, false);
    await holds("the session to end", () => peer.sessions === 0);
    await socket.connected();
    assert.equal(await socket.ask("echo-ack", 1), 1);
  });

  test("volatile: dropped before connect(), arrives while connected", async (t) => {
    const peer = await peerOf(t);
    const socket = new Manager(t, peer.url, MODES.websocket).socket();
    const echo = socket.on("echo");
    socket.emitWith({ volatile: true }, "echo", 0);
    socket.emit("echo", 1);
    await socket.connected();
    await socket.ask("echo-ack", "quiet now");
    socket.emitWith({ volatile: true }, "echo", 2);
    assert.deepEqual((await echo.count(2)).map(({ args }) => args[0]), [1, 2]);
  });

  test("ackTimeout of the socket counts for every ack, and a timeout given counts more", async (t) => {
    const peer = await peerOf(t);
    const socket = await connected(t, peer.url, {}, "/", { ackTimeout: 40 });
    assert.deepEqual(await socket.outcome({}, "never"), { error: "operation has timed out" });
    const answers = [];
    peer.io.of("/").sockets.get(socket.id).on("late", (ack) => setTimeout(ack, 120, "late"));
    answers.push(await socket.outcome({ timeout: 20_000 }, "late"), await socket.outcome({ timeout: 60_000 }, "echo-ack", 1));
    assert.deepEqual(answers, [{ args: ["late"] }, { args: [1] }]);
  });

  test("an ack that comes after its timeout is ignored", async (t) => {
    const peer = await peerOf(t);
    const socket = await connected(t, peer.url);
    let late;
    peer.io.of("/").sockets.get(socket.id).on("slow", (ack) => { late = ack; });
    assert.deepEqual(await socket.outcome({ timeout: 30 }, "slow"), { error: "operation has timed out" });
    await holds("the question", () => late);
    late("too late");
    assert.equal(await socket.ask("echo-ack", "next"), "next");
  });

  test("retries: at most 1 + retries times, then the error, then the next one", async (t) => {
    const peer = await peerOf(t);
    const heard = [];
    peer.io.of("/work").on("connection", (socket) => socket.on("job", (n, ack) => { heard.push(n); if (n === 2) ack("done"); }));
    const socket = await connected(t, peer.url, {}, "/work", { retries: 2, ackTimeout: 100 });
    const [one, two] = await Promise.all([1, 2].map((n) => socket.outcome({}, "job", n)));
    assert.deepEqual([one, two], [{ error: "operation has timed out" }, { args: ["done"] }]);
    assert.deepEqual(heard.slice(0, 4), [1, 1, 1, 2]);   // an answer that came late may have been asked for again
    assert.ok(heard.slice(4).every((n) => n === 2), `${heard}`);
  });

  test("an answer of the client after a reconnect harms nobody", async (t) => {
    const { peer, line } = await behindLine(t);
    const socket = new Manager(t, line.url, SOON).socket().connect();
    const question = socket.on("question"), asked = socket.on("asked");
    await socket.reached();
    socket.emit("ask", 0, "question", "?");
    const heard = await question.next();
    await seen(peer, socket);
    await Promise.all([left(peer, socket), line.cutFor(socket)]);
    await socket.connects.count(2);
    socket.answer(heard, "too late");
    assert.equal(await socket.ask("echo-ack", 1), 1);
    assert.deepEqual([asked.all, peer.io.of("/").sockets.size], [[], 1]);
  });
});
