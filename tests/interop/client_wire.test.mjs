// What the client under test puts on the wire, next to what npm socket.io-client does: both run the same script against a
// server that records and gives scripted answers. With npm on both sides this only proves the recorder.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { Recorder } from "./client_recorder.mjs";
import { endProgram, holds, Manager, Program, program, SOON } from "./client_tools.mjs";
import { within } from "./peers.mjs";

let reference;   // one npm client for all comparisons
before(() => { reference = new Program([process.execPath, "reference_client.mjs"]); });
after(async () => { await endProgram(); await reference.end(); });

/** Runs `script(recorder, manager)` with one client; what the server saw. */
async function record(t, of, script, { answers, options, query = "", ...more }) {
  const recorder = await Recorder.start(t, { answers, protocol: options.protocol, ...more });
  const manager = new Manager(t, recorder.url + query, options, of);
  await within(script(recorder, manager), "the script");
  if (options.transports.length > 1) await holds("the upgrade to arrive", () => recorder.frames.some(({ payload }) => payload === "5"));
  const log = recorder.log();
  // In protocol 3 npm asks for base64 over polling because node's XMLHttpRequest knows no binary; a browser's does not ask.
  if (options.protocol === 3 && !options.forceBase64) log.shapes = [...new Set(log.shapes.map((shape) => shape.replace(" | b64=1", "")))].sort();
  manager.close();
  await recorder.stop();
  return log;
}

/** The same script with both clients; everything recorded must be equal. */
function compare(name, scenario, script) {
  test(name, async (t) => {
    const npm = await record(t, reference, script, scenario);
    const ours = await record(t, program(), script, scenario);
    for (const key of scenario.only ?? ["packets", "frames", "shapes"]) assert.deepEqual(ours[key], npm[key], key);
    scenario.check?.(npm);
  });
}

/** Waits for the upgrade, if there is to be one: what is sent when would be a matter of luck before. */
const settled = async (manager) => { if (manager.options.transports.length > 1) await manager.transport("websocket"); };

const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const bin = (...bytes) => Buffer.from(bytes);
const VALUES = [0, -1, 1.5, 1e21, 123456789012, 9007199254740991, true, null, "", "é€😀", "\u2028\u2029", "\u0000\u001f\u007f\b\f\n\r\t\"\\/", [], {}, { b: 1, a: [{ c: null }], "": 0, "é": "x" }];

// Two namespaces, auth, events and acknowledgements both ways, binary both ways, a heartbeat, leaving.
const ANSWERS = {
  '40{"token":"é","n":[1,null]}': ['40{"sid":"main-id"}'],
  "40/custom,": ['40/custom,{"sid":"custom-id"}', '42/custom,["hello",{"a":1}]', '42/custom,7["question","?"]', '451-/custom,8["blob?",{"_placeholder":true,"num":0}]', bin(1, 2, 3)],
  '420["echo-ack","ask",1]': ['430["answer",2]'],
  '42["fence"]': ["2", '42["end"]'],
};

async function conversation(recorder, manager) {
  const main = manager.socket("/", { auth: { token: "é", n: [1, null] } }), custom = manager.socket("/custom");
  const end = main.on("end"), question = custom.on("question"), blob = custom.on("blob?");
  await main.connected();
  await settled(manager);
  await custom.connected();
  assert.deepEqual([main.id, custom.id], ["main-id", "custom-id"]);
  custom.answer(await question.next(), "because", [1]);
  custom.answer(await blob.next(), { back: bin(9, 8) }, bin());
  assert.deepEqual(await main.askAll("echo-ack", "ask", 1), ["answer", 2]);
  main.emit("values", ...VALUES);
  main.emit("no arguments");
  main.emit("é \"name\"\u2028", { x: bin(0, 255), y: [bin(1), "z", bin()] });
  custom.emit("binary", bin(4, 5, 6), "after");
  main.emit("fence");
  await end.next();
  await holds("the pong", () => recorder.said("3"));
  custom.disconnect();
  await holds("the namespace to be left", () => recorder.said("41/custom,"));
  main.disconnect();
  await holds("the session to be left", () => recorder.left);
}

for (const [mode, transports] of Object.entries(TRANSPORTS)) describe(mode, () => {
  compare("a conversation: requests, packets and frames", { answers: ANSWERS, options: { transports } }, conversation);

  compare("query, headers, path and port", {
    answers: { 40: ['40{"sid":"A"}'] }, query: "/?fromurl=1%202",
    options: { transports, path: "/a/path", extraHeaders: { "X-Own": "value", Authorization: "Bearer x", Cookie: "own=1" } },
  }, simple);

  compare("query as an option, characters that are encoded", {
    answers: { 40: ['40{"sid":"A"}'] }, options: { transports, query: { "a b": "é&=+?/:@!$'()*,;~", empty: "", n: 1 } },
  }, simple);

  compare("cookies that the server sets", {
    answers: { 40: ['40{"sid":"A"}'] }, options: { transports, withCredentials: true },
    cookies: ["one=1; Path=/; HttpOnly; SameSite=Lax", 'two="quoted"; Max-Age=100', "gone=x; Max-Age=0", "old=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
  }, simple);

  compare("forceBase64", { answers: { 40: ['40{"sid":"A"}'] }, options: { transports, forceBase64: true } }, async (recorder, manager) => {
    const socket = manager.socket();
    await socket.connected();
    await settled(manager);
    socket.emit("binary", bin(1), [bin(2, 3)]);
    await holds("the attachments", () => recorder.said("bAgM="));
  });

  compare("timestampRequests and timestampParam", {
    answers: { 40: ['40{"sid":"A"}'] }, options: { transports, timestampRequests: true, timestampParam: "stamp" },
  }, simple);

  compare("no timestamps", { answers: { 40: ['40{"sid":"A"}'] }, options: { transports, timestampRequests: false } }, simple);

  compare("recovery: what CONNECT offers after a lost connection", {
    answers: { 40: ['40{"sid":"A","pid":"P"}', '42["e",1,"offset-1"]', '42["e",2,"offset-2"]'], '40{"pid":"P","offset":"offset-2"}': ['42["e",3,"offset-3"]', '40{"sid":"A","pid":"P"}'] },
    options: { transports, ...SOON }, only: ["packets"],
    check: ({ packets }) => assert.ok(packets.includes('40{"pid":"P","offset":"offset-2"}')),
  }, async (recorder, manager) => {
    const socket = manager.socket(), e = socket.on("e");
    await socket.connected();
    await e.count(2);
    await settled(manager);
    recorder.drop();
    const again = (await socket.connects.count(2))[1];
    assert.deepEqual([again.id, again.recovered], ["A", true]);
    assert.deepEqual((await e.count(3))[2].args.slice(0, 1), [3]);
  });

  // A refusal ends the session, and whether an upgrade was under way then is a matter of luck.
  if (mode !== "upgrade") compare("a refused namespace, and auth that is asked for again", {
    answers: { '40{"n":1}': ['44{"message":"no","data":{"why":[1]}}'], '40{"n":2}': ['40{"sid":"A"}'] }, options: { transports },
  }, async (recorder, manager) => {
    const socket = manager.socket("/", { auth: { $each: [{ n: 1 }, { n: 2 }] } });
    socket.connect();
    const { message, data, active } = await socket.refusals.next();
    assert.deepEqual([message, data, active], ["no", { why: [1] }, false]);
    await holds("the session to end", () => recorder.left);
    socket.connect();
    await socket.connects.next();
  });

  compare("a number as an event name, an empty name, and names a client cannot send", {
    answers: { 40: ['40{"sid":"A"}', '42[42,"number"]', '42["","empty"]', '42["connection",1]', '42["end"]'] }, options: { transports },
  }, async (_recorder, manager) => {
    const socket = manager.socket(), any = socket.onAny();
    const [number, empty] = [socket.on("42"), socket.on("")];
    await socket.connected();
    await settled(manager);
    assert.deepEqual(await any.count(4), [["42", "number"], ["", "empty"], ["connection", 1], ["end"]]);
    assert.deepEqual([number.all.length, empty.all.length], [1, 1]);
  });

  compare("the server ends a namespace, and then the session", {
    answers: { 40: ['40{"sid":"A"}'], "40/custom,": ['40/custom,{"sid":"C"}'], '42["bye"]': ["41/custom,", '42["left"]'] }, options: { transports },
  }, async (recorder, manager) => {
    const [main, custom] = [manager.socket(), manager.socket("/custom")];
    const left = main.on("left");
    await main.connected();
    await settled(manager);
    await custom.connected();
    main.emit("bye");
    assert.equal(await custom.disconnects.next(), "io server disconnect");
    await left.next();
    recorder.drop();
    assert.match(await main.disconnects.next(), /^transport (close|error)$/);
  });
});

async function simple(recorder, manager) {
  const socket = manager.socket();
  await socket.connected();
  await settled(manager);
  socket.emit("said");
  await holds("the event", () => recorder.said('42["said"]'));
}

test("maxPayload: what is sent in one POST", async (t) => {
  const recorder = await Recorder.start(t, { answers: { 40: ['40{"sid":"A"}'] }, maxPayload: 100 });
  const socket = new Manager(t, recorder.url, { transports: ["polling"] }).socket();
  await socket.connected();
  const events = Array.from({ length: 30 }, (_, i) => "é".repeat(i % 20));
  for (const text of events) socket.emit("e", text);
  socket.emit("more than fits", "x".repeat(150));
  socket.emit("end");
  await holds("the end", () => recorder.said('42["end"]'));
  assert.deepEqual(recorder.packets, ["40", ...events.map((text) => `42["e","${text}"]`), `42["more than fits","${"x".repeat(150)}"]`, '42["end"]']);
  const sizes = recorder.posts.map((body) => Buffer.byteLength(body));
  assert.deepEqual(sizes.filter((size) => size > 100), [Buffer.byteLength(`42["more than fits","${"x".repeat(150)}"]`)]);
  assert.ok(recorder.posts.length < 25, `${recorder.posts.length} POSTs`);
});

// ---- protocol 3 ----
for (const [mode, transports] of Object.entries(TRANSPORTS)) describe(`protocol 3, ${mode}`, () => {
  const options = { transports, protocol: 3 };
  const answers = {
    open: ["40"],   // the server lets into "/" unasked
    "40/custom,": ["40/custom,", '42/custom,["hello",{"a":1}]', '42/custom,7["question","?"]'],
    '420["echo-ack","ask",1]': ['430["answer",2]'],
    '42["fence"]': ['42["end"]'],
  };
  compare("a conversation", { answers, options }, async (recorder, manager) => {
    const main = manager.socket(), custom = manager.socket("/custom");
    const end = main.on("end"), question = custom.on("question");
    await main.connected();
    await settled(manager);
    await custom.connected();
    custom.answer(await question.next(), "because", [1]);
    assert.deepEqual(await main.askAll("echo-ack", "ask", 1), ["answer", 2]);
    main.emit("values", ...VALUES.filter((value) => value !== "é€😀"), "é€");
    main.emit("😀");
    main.emit("binary", { x: bin(0, 255), y: [bin(1), "z"] });
    main.emit("fence");
    await end.next();
    custom.disconnect();
    await holds("the namespace to be left", () => recorder.said("41/custom,"));
    main.disconnect();
    await holds("the session to be left", () => recorder.left);
  });

  compare("query and headers", { answers: { open: ["40"] }, options: { ...options, query: { who: "é &" }, extraHeaders: { "X-Own": "value" } } }, simple3);
  compare("forceBase64", { answers: { open: ["40"] }, options: { ...options, forceBase64: true } }, async (recorder, manager) => {
    const socket = manager.socket();
    await socket.connected();
    await settled(manager);
    socket.emit("binary", bin(1), [bin(2, 3)]);
    await holds("the attachments", () => recorder.said("b4AgM="));
  });
  compare("the client pings", { answers: { open: ["40"] }, options, pingInterval: 40, only: ["shapes"] }, async (recorder, manager) => {
    const socket = manager.socket();
    await socket.connected();
    await holds("two pings", () => recorder.packets.filter((packet) => packet === "2").length >= 2);
  });
});

async function simple3(recorder, manager) {
  const socket = manager.socket();
  await socket.connected();
  await settled(manager);
  socket.emit("said");
  await holds("the event", () => recorder.said('42["said"]'));
}

test("what an HTTP server that is not Socket.IO's sees: one GET each attempt", async (t) => {
  const seen = [];
  const server = createServer((req, res) => { seen.push(`${req.method} ${new URL(req.url, "http://x").pathname}`); res.writeHead(503).end(); });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const manager = new Manager(t, `http://127.0.0.1:${server.address().port}`, { ...SOON, reconnectionAttempts: 2 });
  manager.socket().connect();
  await manager.next("reconnect_failed");
  assert.deepEqual(seen, ["GET /socket.io/", "GET /socket.io/", "GET /socket.io/"]);
});
