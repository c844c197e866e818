// siocat, the client on the command line (SIOKIT_CLIENT), against npm socket.io: what it prints, what it sends, and the
// status it ends with.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { start } from "./client_peer_v4.mjs";
import { inbox, within } from "./peers.mjs";

const SIOCAT = process.env.SIOKIT_CLIENT;

async function server(t, options) {
  const peer = await start(options);
  t.after(() => peer.stop());
  return peer;
}

/** A siocat that runs. */
function siocat(t, ...args) {
  const program = spawn(SIOCAT, args, { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => program.exitCode === null && program.kill());
  program.stdin.on("error", () => {});
  const out = createInterface({ input: program.stdout }), told = createInterface({ input: program.stderr });
  const lines = inbox(out, "line"), news = inbox(told, "line");
  return {
    program,
    line: async () => JSON.parse((await lines.next())[0]),
    /** The next line on standard error that matches. */
    async hears(pattern) { for (;;) { const [line] = await news.next(); if (pattern.test(line)) return line; } },
    type: (line) => program.stdin.write(`${line}\n`),
    end: () => program.stdin.end(),
    status: within(new Promise((resolve) => program.once("close", resolve)), "siocat to end"),
  };
}

test("prints events as JSON lines, and sends what is typed", async (t) => {
  const { url } = await server(t);
  const cat = siocat(t, url);
  await cat.hears(/connected as /);
  cat.type('echo "two words" {"a": [1, null]} 3.5 bare');
  assert.deepEqual(await cat.line(), { event: "echo", args: ["two words", { a: [1, null] }, 3.5, "bare"] });
  cat.end();
  assert.equal(await cat.status, 0);
});

test("--ack prints acknowledgements, and those that do not come; the end of the input waits for them", async (t) => {
  const { url } = await server(t);
  const cat = siocat(t, url, "--ack", "0.3");
  cat.type('echo-ack 1 "two"');
  cat.type("never");
  cat.end();
  assert.deepEqual(await cat.line(), { ack: [1, "two"] });
  assert.deepEqual(await cat.line(), { ack_error: "operation has timed out" });
  assert.equal(await cat.status, 0);
});

for (const transport of ["polling", "websocket"]) test(`--emit over ${transport}: the status says whether it was acknowledged`, async (t) => {
  const { url } = await server(t);
  const good = siocat(t, url, "--transport", transport, "--emit", "echo-ack", "2", "three four");
  assert.deepEqual(await good.line(), { ack: [2, "three four"] });
  assert.equal(await good.status, 0);
  assert.equal(await siocat(t, url, "--transport", transport, "--ack", "0.2", "--emit", "never").status, 1);
});

test("--namespace and --auth; a refusal is told and ends it with status 3", async (t) => {
  const { url } = await server(t);
  const good = siocat(t, url, "--namespace", "/auth", "--auth", '{"token":"secret","user":"ann"}');
  assert.deepEqual((await good.line()).args[0], "ann");
  const bad = siocat(t, `${url}/auth`, "--auth", '{"token":"wrong"}');
  assert.match(await bad.hears(/cannot connect/), /not authorized.*401/);
  assert.equal(await bad.status, 3);
});

test("a server that is restarted under it: told on standard error, and it talks on", async (t) => {
  const first = await server(t);
  const cat = siocat(t, first.url);
  await cat.hears(/connected as /);
  await first.stop();
  await cat.hears(/disconnected: transport (close|error)/);
  await server(t, { port: first.port });
  await cat.hears(/reconnected after/);
  cat.type("echo again");
  assert.deepEqual(await cat.line(), { event: "echo", args: ["again"] });
});

test("wrong usage is status 2", async (t) => {
  for (const args of [[], ["--transport", "pigeon", "x"], ["http://x", "--auth", "[1]"], ["http://x", "--what"]])
    assert.equal(await siocat(t, ...args).status, 2, args.join(" "));
});
