// HTTP by hand: what the interop server answers, to the byte where clients or browsers depend on it.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { ask, connected, http, inbox, onlySiokit, Polling, URL_, Wire, within } from "./peers.mjs";

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
const json = ({ status, body }) => [status, JSON.parse(body)];

describe("refusals", () => {
  for (const [name, path, options, status, code, message] of [
    ["unknown transport", "/socket.io/?EIO=4&transport=carrier-pigeon", {}, 400, 0, "Transport unknown"],
    ["a name every object has, as transport", "/socket.io/?EIO=4&transport=constructor", {}, 400, 0, "Transport unknown"],
    ["no transport", "/socket.io/?EIO=4", {}, 400, 0, "Transport unknown"],
    ["unknown session", "/socket.io/?EIO=4&transport=polling&sid=nobody", {}, 400, 1, "Session ID unknown"],
    ["a name every object has, as session", "/socket.io/?EIO=4&transport=polling&sid=__proto__", {}, 400, 1, "Session ID unknown"],
    ["POST as handshake", HANDSHAKE, { method: "POST" }, 400, 2, "Bad handshake method"],
    ["websocket without an upgrade", "/socket.io/?EIO=4&transport=websocket", {}, 400, 3, "Bad request"],
    ["allow_request says no", `${HANDSHAKE}&deny=1`, {}, 403, 4, "denied by the server"],
    ["protocol 3", "/socket.io/?EIO=3&transport=polling", {}, 400, 5, "Unsupported protocol version"],
    ["no protocol", "/socket.io/?transport=polling", {}, 400, 5, "Unsupported protocol version"],
  ]) test(name, async () => {
    const answer = await http(path, options);
    assert.deepEqual(json(answer), [status, { code, message }]);
    assert.match(answer.headers.get("content-type"), /^application\/json/);
  });

  test("a session of one path is unknown on the other", async () => {
    const { sid } = await Polling.start("/engine.io/");
    assert.deepEqual(json(await http(`${HANDSHAKE}&sid=${sid}`)), [400, { code: 1, message: "Session ID unknown" }]);
  });

  test("an upgrade of an unknown session", async (t) => {
    const wire = new Wire(t, "/socket.io/?EIO=4&transport=websocket&sid=nobody");
    await wire.close();
    assert.match(wire.error.message, /400/);
  });

  test("an upgrade that allow_request refuses", async (t) => {
    const wire = new Wire(t, "/socket.io/?EIO=4&transport=websocket&deny=1");
    await wire.close();
    assert.match(wire.error.message, /40[03]/);
  });

  test("a body over the limit is 413 and the session lives", async () => {
    const polling = await Polling.start("/engine.io/");
    assert.equal((await polling.post("4" + "x".repeat(1_500_000))).status, 413);
    assert.deepEqual((({ status, body }) => [status, body])(await polling.post("4after")), [200, "ok"]);
    assert.equal(await polling.until((packet) => packet.startsWith("4")), "4after");
  });

  test("a body of exactly the limit is taken", async () => {
    const polling = await Polling.start("/engine.io/");
    const text = "4" + "x".repeat(1_499_999);
    assert.equal((await polling.post(text)).status, 200);
    assert.ok(await polling.until((packet) => packet.startsWith("4")) === text);
  });

  test("octet-stream is not protocol 4: 400, and the session ends", async () => {
    const polling = await Polling.start("/engine.io/");
    assert.equal((await polling.post("4x", { "content-type": "application/octet-stream" })).status, 400);
    assert.equal((await polling.get()).status, 400);
  });
});

describe("answers", () => {
  test("the handshake's headers", async () => {
    const { status, headers, body } = await http(HANDSHAKE);
    assert.equal(status, 200);
    assert.match(headers.get("content-type"), /^text\/plain; charset=utf-8$/i);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-interop-initial"), "1");
    assert.equal(headers.get("content-length"), String(Buffer.byteLength(body)));
    const { sid, ...rest } = JSON.parse(body.slice(1));
    assert.deepEqual(rest, { upgrades: ["websocket"], pingInterval: 500, pingTimeout: 4000, maxPayload: 1_500_000 });
    assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
    assert.equal(headers.get("set-cookie"), `io-interop=${sid}; Path=/; HttpOnly; SameSite=Lax`);
  });

  test("cookie and initial headers only on the first response", async () => {
    const polling = await Polling.start();
    await polling.post("40");
    const { headers, body } = await polling.get();
    assert.match(body, /^40\{"sid":"[^"]+"\}/);
    assert.equal(headers.get("set-cookie"), null);
    assert.equal(headers.get("x-interop-initial"), null);
  });

  test("session ids differ", async () => {
    const sids = (await Promise.all(Array.from({ length: 20 }, () => Polling.start()))).map(({ sid }) => sid);
    assert.equal(new Set(sids).size, 20);
  });

  test("a POST is answered ok", async () => {
    const polling = await Polling.start();
    const { status, headers, body } = await polling.post("40");
    assert.deepEqual([status, body], [200, "ok"]);
    assert.match(headers.get("content-type"), /^text\/html/);
  });

  test("what waits leaves in one response, in order, joined with 0x1e", async () => {
    const polling = await Polling.start("/engine.io/");
    await polling.post("4a\x1e4b");
    await polling.post("4c");
    await polling.post("bAQID\x1e4d");
    assert.equal((await polling.get()).body, "4a\x1e4b\x1e4c\x1ebAQID\x1e4d");
  });

  test("a poll that waits gets the next event", async () => {
    const polling = await Polling.start();
    await polling.post("40");
    await polling.until((packet) => packet.startsWith("40"));
    const waiting = polling.until((packet) => packet.startsWith("42"), { pong: true });
    await polling.post('42["echo",1]');
    assert.equal(await waiting, '42["echo",1]');
  });

  test("a volatile event is dropped while no poll waits", async () => {
    const polling = await Polling.start();
    await polling.post("40");
    await polling.until((packet) => packet.startsWith("40"));
    await polling.post('42["tick",1]');
    await polling.post('42["echo",2]');
    const { body } = await polling.get();
    assert.deepEqual(body.split("\x1e").filter((packet) => packet !== "2"), ['42["echo",2]']);
  });

  test("a broken packet ends the session", async () => {
    for (const body of ["", "x", "4a\x1e", "9", "4a\x1e\x1e4b"]) {
      const polling = await Polling.start("/engine.io/");
      const { status } = await polling.post(body);
      assert.ok([200, 400].includes(status), `${JSON.stringify(body)}: ${status}`);
      await polling.get();
      assert.deepEqual(json(await polling.get()), [400, { code: 1, message: "Session ID unknown" }], JSON.stringify(body));
    }
  });

  test("keep-alive: many requests on one connection, also pipelined", async (t) => {
    const { hostname, port } = new URL(URL_);
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    const chunks = inbox(socket, "data");
    let text = "";
    for (let i = 0; i < 3; i++) socket.write("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    for (let i = 0; i < 3; i++) socket.write(`GET ${HANDSHAKE} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.write("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const ended = new Promise((resolve) => socket.once("end", resolve));
    socket.on("data", (data) => { text += data; });
    await within(ended, "the last of seven answers");
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), Array(7).fill("HTTP/1.1 200"));
    assert.equal(text.match(/hello\n/g).length, 4);
    assert.equal(new Set(text.match(/"sid":"[^"]+"/g)).size, 3);
    assert.ok(chunks.all.length > 0);
  });
});

describe("CORS", () => {
  const from = (origin, method = "GET", headers = {}) => http(HANDSHAKE, { method, headers: { origin, ...headers } });
  const cors = ({ headers }) => Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));

  test("an allowed origin is named, with credentials", async () => {
    for (const origin of ["http://allowed.example", "http://also.example:8080"]) {
      const answer = await from(origin);
      assert.equal(answer.status, 200);
      assert.deepEqual(cors(answer), { "access-control-allow-origin": origin, "access-control-allow-credentials": "true" });
      assert.match(answer.headers.get("vary"), /Origin/);
    }
  });

  test("another origin is never named", async () => {
    for (const origin of ["http://evil.example", "http://allowed.example.evil.example", "http://allowed.example:81", "https://allowed.example", "null"]) {
      const answer = await from(origin);
      assert.equal(answer.headers.get("access-control-allow-origin"), null, origin);
      assert.match(answer.headers.get("vary"), /Origin/);
    }
  });

  test("preflight", async () => {
    const answer = await from("http://allowed.example", "OPTIONS",
      { "access-control-request-method": "POST", "access-control-request-headers": "x-interop" });
    assert.deepEqual([answer.status, answer.body], [204, ""]);
    assert.deepEqual(cors(answer), {
      "access-control-allow-origin": "http://allowed.example", "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET,POST", "access-control-allow-headers": "x-interop", "access-control-max-age": "600",
    });
  });

  test("preflight from another origin", async () => {
    const answer = await from("http://evil.example", "OPTIONS", { "access-control-request-method": "POST" });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
  });

  test("refusals carry the headers too", async () => {
    const answer = await http("/socket.io/?EIO=4&transport=polling&sid=nobody", { headers: { origin: "http://allowed.example" } });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("access-control-allow-origin"), "http://allowed.example");
  });

  test("polls and POSTs of a session carry the headers", async () => {
    const origin = { origin: "http://allowed.example" };
    const polling = await Polling.start();
    const post = await polling.post("40", origin);
    assert.equal(post.headers.get("access-control-allow-origin"), "http://allowed.example");
    const get = await http(polling.url(), { headers: origin });
    assert.equal(get.headers.get("access-control-allow-origin"), "http://allowed.example");
  });

  test("a WebSocket from an allowed origin, and one without Origin", async (t) => {
    for (const options of [{ origin: "http://allowed.example" }, {}])
      assert.match(await new Wire(t, "/socket.io/?EIO=4&transport=websocket", options).next(), /^0\{/);
  });

  test("a WebSocket from another origin is refused", onlySiokit("npm's cors only labels responses"), async (t) => {
    const wire = new Wire(t, "/socket.io/?EIO=4&transport=websocket", { origin: "http://evil.example" });
    await wire.close();
    assert.match(wire.error.message, /40[03]/);
  });

  test("a WebSocket from the server's own origin is accepted", async (t) => {
    assert.match(await new Wire(t, "/socket.io/?EIO=4&transport=websocket", { origin: URL_ }).next(), /^0\{/);
  });
});

describe("other routes on the port", () => {
  test("a page", async () => {
    const { status, headers, body } = await http("/hello");
    assert.deepEqual([status, headers.get("content-type"), body], [200, "text/plain; charset=utf-8", "hello\n"]);
  });

  test("404 for the rest", async () => {
    for (const path of ["/", "/nothing", "/socket.iox/", "/hello/deeper"]) assert.equal((await http(path)).status, 404, path);
  });

  test("a REST route that emits", async (t) => {
    const socket = await connected(t);
    const announced = inbox(socket, "announced");
    const text = "from REST 😀 ".repeat(100);
    assert.equal((await http("/announce", { method: "POST", body: text })).status, 202);
    assert.deepEqual(await announced.next(), [text]);
  });

  test("a route that answers later", async (t) => {
    const socket = await connected(t);
    const waits = inbox(socket, "later-waits");
    const answer = http("/later");
    await waits.next();
    assert.equal(await ask(socket, "answer-later", "at last 😀"), 1);
    const { status, body } = await answer;
    assert.deepEqual([status, body], [200, "at last 😀"]);
  });
});

describe("sessions that end", () => {
  test("no CONNECT within the connect timeout: closed", async (t) => {
    const wire = new Wire(t, "/socket.io/?EIO=4&transport=websocket");
    assert.match(await wire.next(), /^0\{/);
    while (await Promise.race([wire.next(), wire.closed.then(() => null)]).catch(() => null)) wire.send("3");
    await wire.close();
  });

  test("no pong: ping timeout, on websocket and on polling", async (t) => {
    const watcher = await connected(t);
    await ask(watcher, "join", "watchers");
    const gone = inbox(watcher, "gone");
    const wire = new Wire(t, "/socket.io/?EIO=4&transport=websocket");
    await wire.next();
    wire.send("40");
    const polling = await Polling.start();
    await polling.post("40");
    const ids = [
      JSON.parse((await wire.next()).slice(2)).sid,
      JSON.parse((await polling.until((packet) => packet.startsWith("40"))).slice(2)).sid,
    ];
    const reasons = {};
    while (Object.keys(reasons).length < 2) {
      const [who, reason] = await gone.next();
      if (ids.includes(who)) reasons[who] = reason;
    }
    assert.deepEqual(Object.values(reasons), ["ping timeout", "ping timeout"]);
    assert.equal((await polling.get()).status, 400);
    await wire.close();
  });

  test("a poll that the client gives up ends the session", async (t) => {
    const watcher = await connected(t);
    await ask(watcher, "join", "watchers");
    const gone = inbox(watcher, "gone");
    const polling = await Polling.start();
    await polling.post("40");
    const id = JSON.parse((await polling.until((packet) => packet.startsWith("40"))).slice(2)).sid;
    const { hostname, port } = new URL(URL_);
    const socket = connect(Number(port), hostname);
    await within(new Promise((resolve) => socket.write(`GET ${polling.url()} HTTP/1.1\r\nHost: x\r\n\r\n`, resolve)), "the request to leave");
    socket.destroy();
    const [, reason] = await gone.until((who) => who === id);
    assert.ok(["transport error", "transport close"].includes(reason), reason);
  });
});
