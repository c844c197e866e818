// How the client under test reaches a server: transports, the upgrade and its failures, URLs, headers, cookies, limits,
// heartbeats, and an HTTP proxy. The server is npm socket.io in this process, so that it can be asked what it saw.
import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { after, describe, test } from "node:test";
import { WebSocketServer } from "ws";
import { start } from "./client_peer_v4.mjs";
import { start as startV2 } from "./client_peer_v2.mjs";
import {
  connected, connectProxy, endProgram, freePort, holds, Line, Manager, MODES, onlySiokitClient, ownProgram, SOON,
} from "./client_tools.mjs";
import { within } from "./peers.mjs";

after(endProgram);

async function serve(t, options) {
  const peer = await start(options);
  t.after(() => peer.stop());
  return peer;
}
const paths = ({ requests }) => requests.map(({ url }) => new URL(url, "http://x"));
const names = (peer) => [...new Set(paths(peer).map(({ searchParams }) => searchParams.get("transport")))];
/** A server of HTTP or TCP that is not Socket.IO's. */
async function other(t, server) {
  const links = new Set();
  server.on("connection", (link) => { links.add(link); link.on("error", () => {}).on("close", () => links.delete(link)); });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => { for (const link of links) link.destroy(); server.close(); });
  return `http://127.0.0.1:${server.address().port}`;
}

describe("which transport", () => {
  test("polling only: never asks for anything else", async (t) => {
    const peer = await serve(t);
    const socket = await connected(t, peer.url, MODES.polling);
    for (let i = 0; i < 5; i++) await socket.ask("echo-ack", i);
    assert.deepEqual(names(peer), ["polling"]);
    assert.equal((await socket.state()).transport, "polling");
    assert.ok(peer.requests.every(({ upgrade }) => !upgrade));
  });

  test("websocket only: one request, the upgrade", async (t) => {
    const peer = await serve(t);
    const socket = await connected(t, peer.url, MODES.websocket);
    await socket.ask("echo-ack", 1);
    assert.deepEqual([names(peer), peer.requests.length, peer.requests[0].upgrade], [["websocket"], 1, true]);
  });

  test("by default: polling, then an upgrade of the same session", async (t) => {
    const peer = await serve(t);
    const socket = await connected(t, peer.url);
    assert.deepEqual([await socket.manager.transports.next(), await socket.manager.transports.next()], ["polling", "websocket"]);
    assert.equal(await socket.ask("echo-ack", 1), 1);
    assert.equal((await socket.state()).transport, "websocket");
    const sids = new Set(paths(peer).map(({ searchParams }) => searchParams.get("sid")).filter(Boolean));
    assert.deepEqual([sids.size, peer.sessions, peer.requests.filter(({ upgrade }) => upgrade).length], [1, 1, 1]);
  });

  for (const [what, serverOptions, clientOptions] of [
    ["the server allows no upgrades", { allowUpgrades: false }, {}],
    ["the server has polling only", { transports: ["polling"] }, {}],
    ["the client is told not to upgrade", {}, { upgrade: false }],
  ]) test(`${what}: stays on polling`, async (t) => {
    const peer = await serve(t, serverOptions);
    const socket = await connected(t, peer.url, clientOptions);
    for (let i = 0; i < 10; i++) assert.equal(await socket.ask("echo-ack", i), i);
    assert.deepEqual([names(peer), socket.manager.transports.all], [["polling"], ["polling"]]);
  });

  test("the server has websocket only: refused, unless all transports are tried", async (t) => {
    const peer = await serve(t, { transports: ["websocket"] });
    const socket = new Manager(t, peer.url).socket().connect();
    await socket.refusals.next();
    assert.equal((await socket.state()).active, true);
    const trying = await connected(t, peer.url, { tryAllTransports: true });
    assert.equal((await trying.state()).transport, "websocket");
  });

  test("tryAllTransports, websocket first, where upgrades are refused: polling", async (t) => {
    const peer = await serve(t);
    const line = await Line.start(t, peer.port, { judge: () => "answer" });
    const socket = await connected(t, line.url, { transports: ["websocket", "polling"], tryAllTransports: true });
    assert.equal(await socket.ask("echo-ack", 1), 1);
    assert.equal((await socket.state()).transport, "polling");
  });

  test("websocket first where it works: no polling at all", async (t) => {
    const peer = await serve(t);
    const socket = await connected(t, peer.url, { transports: ["websocket", "polling"] });
    assert.equal(await socket.ask("echo-ack", 1), 1);
    assert.deepEqual(names(peer), ["websocket"]);
  });

  test("rememberUpgrade: after a websocket that worked, the next session begins with one", async (t) => {
    const peer = await serve(t), own = ownProgram(t);   // npm remembers for the whole process
    for (const rememberUpgrade of [false, true]) {
      const socket = new Manager(t, peer.url, { rememberUpgrade }, own).socket();
      await socket.connected();
      await socket.manager.transport("websocket");
      socket.disconnect();
      await socket.manager.next("close");
      const seen = socket.manager.transports.all.length;
      await socket.connected();
      assert.equal(socket.manager.transports.all[seen], rememberUpgrade ? "websocket" : "polling");
    }
  });

  test("three namespaces are one session, before and after the upgrade", async (t) => {
    const peer = await serve(t);
    const shared = new Manager(t, peer.url);
    const sockets = ["/", "/quiet", "/any"].map((nsp) => shared.socket(nsp));
    await Promise.all(sockets.map((socket) => socket.connected()));
    assert.equal(peer.sessions, 1);
    await shared.transport("websocket");
    assert.equal(await sockets[1].ask("where"), "/quiet");
    assert.equal(peer.sessions, 1);
    for (const socket of sockets) socket.disconnect();
    await holds("the session to end with its last socket", () => peer.sessions === 0);
  });
});

describe("an upgrade that fails", () => {
  for (const verdict of ["refuse", "answer", "hang"]) {
    test(`${verdict}: polling goes on without a stall, and can be left`, async (t) => {
      const peer = await serve(t);
      const line = await Line.start(t, peer.port, { judge: () => verdict });
      const socket = await connected(t, line.url);
      await holds("the upgrade to be tried", () => line.upgrades > 0);
      const echo = socket.on("echo");
      for (let i = 0; i < 20; i++) { socket.emit("echo", i); assert.equal(await socket.ask("echo-ack", i), i); }
      assert.deepEqual(echo.all.map(({ args }) => args[0]), [...Array(20).keys()]);
      assert.equal((await socket.state()).transport, "polling");
      assert.equal(socket.disconnects.all.length, 0);
      socket.disconnect();
      assert.equal(await socket.disconnects.next(), "io client disconnect");
      await holds("the session to end", () => peer.sessions === 0);
    });
  }

  test("websocket only, refused: connect_error, and again at each attempt", async (t) => {
    const peer = await serve(t);
    let refuse = true;
    const line = await Line.start(t, peer.port, { judge: () => (refuse ? "refuse" : "pass") });
    const socket = new Manager(t, line.url, { ...MODES.websocket, ...SOON }).socket().connect();
    await socket.refusals.next();
    await socket.refusals.next();
    refuse = false;
    await socket.connects.next();
    assert.equal(await socket.ask("echo-ack", 1), 1);
  });

  // By hand, because it needs the WebSocket to end between "3probe" and the end of the poll that the client waits for.
  test("the websocket dies after `3probe`: polling goes on", onlySiokitClient("npm stalls until the ping timeout"), async (t) => {
    const posts = [];
    let parked, welcomed = false;
    const probed = {};
    probed.promise = new Promise((resolve) => { probed.resolve = resolve; });
    const welcome = () => {
      if (welcomed || !parked || !posts.includes("40")) return;
      welcomed = true;
      parked.end('40{"sid":"A"}');
      parked = undefined;
    };
    const server = http.createServer((req, res) => {
      const { searchParams } = new URL(req.url, "http://x");
      if (req.method === "POST") {
        const parts = [];
        req.on("data", (part) => parts.push(part)).on("end", () => {
          posts.push(...Buffer.concat(parts).toString().split("\x1e"));
          res.end("ok");
          welcome();
        });
      } else if (!searchParams.has("sid")) {
        res.end(`0${JSON.stringify({ sid: "S", upgrades: ["websocket"], pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 1e6 })}`);
      } else {
        parked = res;
        welcome();
      }
    });
    // The end of the client's own half says that it has seen the end of the server's.
    server.on("upgrade", (req, socket) => {
      socket.on("close", probed.resolve);
      new WebSocketServer({ noServer: true }).handleUpgrade(req, socket, Buffer.alloc(0), (ws) =>
        ws.on("message", async () => {
          await holds("the poll to be parked", () => welcomed && parked);
          ws.send("3probe", () => socket.end());
        }));
    });
    const socket = new Manager(t, await other(t, server)).socket();
    socket.connect();
    await socket.connects.next();
    await within(probed.promise, "the probe");
    const waiting = parked;
    parked = undefined;
    waiting.end("6");
    await holds("another poll", () => parked);
    socket.emit("still", "here");
    await holds("the event", () => posts.includes('42["still","here"]'));
  });

  test("300 numbered events each way, while upgrades are refused at first and then allowed", async (t) => {
    const peer = await serve(t);
    for (const verdict of ["answer", "pass"]) {
      const line = await Line.start(t, peer.port, { judge: () => verdict });
      const socket = new Manager(t, line.url).socket();
      const echo = socket.on("echo"), number = socket.on("number");
      await socket.connected();
      socket.emit("burst", 300);
      for (let i = 0; i < 300; i++) socket.emit("echo", i);
      assert.deepEqual((await echo.count(300)).map(({ args }) => args[0]), [...Array(300).keys()]);
      assert.deepEqual((await number.count(300)).map(({ args }) => args[0]), [...Array(300).keys()]);
    }
  });
});

describe("what is sent along", () => {
  for (const [mode, transports] of Object.entries(MODES)) {
    test(`${mode}: query and headers on every request`, async (t) => {
      const peer = await serve(t);
      const socket = await connected(t, peer.url, { ...transports, query: { a: "1 &=+é", "b c": "2" }, extraHeaders: { "X-One": "first", Authorization: "Bearer t" } });
      if (mode === "upgrade") await socket.manager.transport("websocket");
      await socket.ask("echo-ack", 1);
      for (const { url, headers } of peer.requests) {
        const { searchParams } = new URL(url, "http://x");
        assert.deepEqual([searchParams.get("a"), searchParams.get("b c"), searchParams.get("EIO")], ["1 &=+é", "2", "4"]);
        assert.deepEqual([headers["x-one"], headers.authorization, headers.host], ["first", "Bearer t", `127.0.0.1:${peer.port}`]);
      }
    });

    test(`${mode}: cookies come back with withCredentials, and not without`, async (t) => {
      const peer = await serve(t, { cookie: { name: "io", path: "/", httpOnly: true } });
      peer.io.engine.on("initial_headers", (headers) => { headers["set-cookie"] = ["lb=node1; Path=/; HttpOnly", "gone=1; Max-Age=0", 'quoted="v 1"; Max-Age=60']; });
      for (const withCredentials of [true, false]) {
        peer.requests.length = 0;
        const socket = await connected(t, peer.url, { ...transports, withCredentials });
        if (mode === "upgrade") await socket.manager.transport("websocket");
        await socket.ask("echo-ack", 1);
        const [first, ...later] = peer.requests;
        assert.equal(first.headers.cookie, undefined);
        for (const { headers: { cookie } } of later) {
          if (!withCredentials) { assert.equal(cookie, undefined); continue; }
          assert.deepEqual(cookie.split("; ").filter((each) => !each.startsWith("io=")), ["lb=node1", "quoted=v 1"]);
        }
        socket.disconnect();
        await holds("the session to end", () => peer.sessions === 0);
      }
    });
  }

  test("the cookie jar lasts as long as one connection, and takes changes", async (t) => {
    const peer = await serve(t);
    let n = 0;
    peer.io.engine.on("headers", (headers) => { headers["set-cookie"] = [`n=${++n}`]; });
    const socket = await connected(t, peer.url, { ...MODES.polling, withCredentials: true });
    for (let i = 0; i < 4; i++) await socket.ask("echo-ack", i);
    const sent = peer.requests.map(({ headers }) => Number(/n=(\d+)/.exec(headers.cookie ?? "n=0")[1]));
    assert.equal(sent[0], 0);
    assert.ok(sent.every((value, i) => i === 0 || value >= sent[i - 1]) && sent.at(-1) >= 4, `${sent}`);
  });

  for (const [given, path] of [["/custom", "/custom/"], ["/deep/er/", "/deep/er/"]]) test(`path ${given}`, async (t) => {
    const peer = await serve(t, { path: given });
    for (const transports of Object.values(MODES)) {
      const socket = await connected(t, peer.url, { ...transports, path: given });
      assert.equal(await socket.ask("echo-ack", 1), 1);
    }
    assert.deepEqual([...new Set(paths(peer).map(({ pathname }) => pathname))], [path]);
  });

  test("forceBase64: no binary frame either way, and binary arrives", async (t) => {
    const peer = await serve(t);
    for (const transports of Object.values(MODES)) {
      const socket = await connected(t, peer.url, { ...transports, forceBase64: true });
      assert.ok((await socket.ask("echo-ack", Buffer.from([0, 1, 255]))).equals(Buffer.from([0, 1, 255])));
    }
    assert.ok(paths(peer).filter(({ searchParams }) => !searchParams.has("sid") || searchParams.get("transport") === "websocket")
      .every(({ searchParams }) => searchParams.get("b64") === "1"));
  });

  test("URLs: a query in the URL, ws://, localhost, and IPv6", async (t) => {
    const peer = await serve(t);
    for (const url of [`${peer.url}/?who=me`, `ws://127.0.0.1:${peer.port}?who=me`]) {
      peer.requests.length = 0;
      const socket = await connected(t, url);
      assert.equal((await socket.ask("handshake")).query, "me");
    }
    const named = await connected(t, `http://localhost:${peer.port}`);
    assert.equal(await named.ask("echo-ack", 1), 1);
    assert.equal(peer.requests.at(-1).headers.host, `localhost:${peer.port}`);
    const six = await start({ host: "::1" }).catch(() => undefined);   // not every machine has it
    if (!six) return;
    t.after(() => six.stop());
    const socket = await connected(t, six.url);
    assert.equal(await socket.ask("echo-ack", 6), 6);
  });
});

describe("limits", () => {
  test("many packets at once: no POST above the server's maxPayload, nothing lost, order kept", async (t) => {
    const peer = await serve(t, { maxHttpBufferSize: 200 });
    const sizes = [];
    peer.http.on("request", (req) => req.method === "POST" && sizes.push(Number(req.headers["content-length"])));
    const socket = new Manager(t, peer.url, MODES.polling).socket();
    const echo = socket.on("echo");
    // Binary of sizes that base64 does not pad: npm underestimates the others, and takes an empty one for NaN.
    for (let i = 0; i < 40; i++) socket.emit("echo", i, i % 5 ? "é".repeat(i) : Buffer.alloc(i / 5 * 3 + 3));
    await socket.connected();
    assert.deepEqual((await echo.count(40)).map(({ args }) => args[0]), [...Array(40).keys()]);
    assert.ok(Math.max(...sizes) <= 200, `${sizes}`);
    assert.equal(socket.disconnects.all.length, 0);
  });

  for (const mode of ["polling", "websocket"]) test(`one packet above the limit ends the connection, ${mode}, and the client comes back`, async (t) => {
    const peer = await serve(t, { maxHttpBufferSize: 2000 });
    const socket = await connected(t, peer.url, { ...MODES[mode], ...SOON });
    socket.emit("echo", "x".repeat(5000));
    assert.match(await socket.disconnects.next(), /^transport (error|close)$/);
    await socket.connects.count(2);
    assert.equal(await socket.ask("echo-ack", "small"), "small");
  });

  test("11 attachments and a broken packet end the connection as a parse error", async (t) => {
    const peer = await serve(t);
    for (const packet of ['9["no such type"]', '42["unfinished', "51-no json"]) {
      const socket = await connected(t, peer.url, MODES.websocket);
      for (const [, { conn }] of peer.io.of("/").sockets) conn.write(packet);
      assert.equal(await socket.disconnects.next(), "parse error", packet);
    }
  });
});

describe("heartbeats", () => {
  for (const [mode, transports] of Object.entries(MODES)) {
    test(`${mode}: the client answers pings, and hears them`, async (t) => {
      const peer = await serve(t, { pingInterval: 60, pingTimeout: 2000 });
      const socket = await connected(t, peer.url, transports);
      for (let i = 0; i < 5; i++) await socket.manager.next("ping");
      assert.equal(await socket.ask("echo-ack", 1), 1);
      assert.equal(socket.disconnects.all.length, 0);
    });

    test(`${mode}: a silent line ends as a ping timeout`, async (t) => {
      const peer = await serve(t, { pingInterval: 200, pingTimeout: 600 });
      const line = await Line.start(t, peer.port);
      const socket = await connected(t, line.url, transports);
      if (mode === "upgrade") await socket.manager.transport("websocket");
      line.hold();
      assert.equal(await socket.disconnects.next(), "ping timeout");
    });

    test(`${mode}: in protocol 3 the client pings`, async (t) => {
      const peer = await startV2({ pingInterval: 80, pingTimeout: 2000 });
      t.after(() => peer.stop());
      const heard = [];
      peer.io.engine.on("connection", (session) => session.on("packet", ({ type }) => heard.push(type)));
      const socket = await connected(t, peer.url, { ...transports, protocol: 3 });
      await holds("five pings", () => heard.filter((type) => type === "ping").length >= 5);
      assert.equal(await socket.ask("echo-ack", 1), 1);
      assert.equal(socket.disconnects.all.length, 0);
    });
  }
});

describe("servers that are none", () => {
  const cases = {
    "nobody listens": async () => `http://127.0.0.1:${await freePort()}`,
    "hangs up": (t) => other(t, net.createServer((link) => link.destroy())),
    "404": (t) => other(t, http.createServer((_req, res) => res.writeHead(404).end("no"))),
    "200, but no packet": (t) => other(t, http.createServer((_req, res) => res.end("<html>hello</html>"))),
    "not HTTP": (t) => other(t, net.createServer((link) => link.end("220 mail.example ESMTP\r\n"))),
  };
  for (const [what, make] of Object.entries(cases)) for (const mode of ["polling", "websocket"]) {
    if (what === "200, but no packet" && mode === "polling") continue;   // npm takes it for an open connection in which nothing is said
    test(`${what}, ${mode}: connect_error, and later attempts`, async (t) => {
      const socket = new Manager(t, await make(t), { ...MODES[mode], ...SOON, reconnectionAttempts: 2 }).socket().connect();
      assert.ok((await socket.refusals.next()).message.length > 0);
      assert.equal((await socket.state()).active, true);
      await socket.manager.next("reconnect_failed");
      assert.equal(socket.refusals.all.length, 3);
    });
  }
});

describe("through an HTTP proxy", () => {
  for (const [mode, transports] of Object.entries(MODES)) {
    test(`${mode}: CONNECT, and everything inside it`, async (t) => {
      const peer = await serve(t), proxy = await connectProxy(t);
      const socket = await connected(t, peer.url, { ...transports, proxy: proxy.url() });
      if (mode === "upgrade") await socket.manager.transport("websocket");
      assert.ok((await socket.ask("echo-ack", Buffer.alloc(100_000, 3))).equals(Buffer.alloc(100_000, 3)));
      for (const { host, port, given } of proxy.tunnels) assert.deepEqual([host, port, given], ["127.0.0.1", String(peer.port), undefined]);
      assert.ok(proxy.tunnels.every(({ fields }) => fields.includes(`host: 127.0.0.1:${peer.port}`)));
    });

    test(`${mode}: with a name and a password, and a wrong one`, async (t) => {
      const peer = await serve(t), proxy = await connectProxy(t, "me:p@ss:w");
      const socket = await connected(t, peer.url, { ...transports, proxy: proxy.url("me:p%40ss%3Aw") });
      assert.equal(await socket.ask("echo-ack", 1), 1);
      const before = peer.requests.length;
      const wrong = new Manager(t, peer.url, { ...transports, proxy: proxy.url("me:wrong") }).socket().connect();
      await wrong.refusals.next();
      const none = new Manager(t, peer.url, { ...transports, proxy: proxy.url() }).socket().connect();
      await none.refusals.next();
      socket.disconnect();
      assert.ok(peer.requests.slice(before).every(({ url }) => url.includes("sid=")), "only the first client got through");
    });
  }

  test("a proxy that is not there", async (t) => {
    const peer = await serve(t);
    const socket = new Manager(t, peer.url, { proxy: `http://127.0.0.1:${await freePort()}` }).socket().connect();
    await socket.refusals.next();
    assert.equal(peer.requests.length, 0);
  });
});
