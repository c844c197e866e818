// The second half of `run`: starts each server, runs the files that concern it, stops it, adds up.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Server } from "./peers.mjs";

const [work, target, ...only] = process.argv.slice(2);
const reference = target === "--reference";
const LIMIT = Number(process.env.SIOKIT_FILE_LIMIT_MS ?? 600_000);   // for one file of tests

const CONVERSATION = ["socket_io_client.test.mjs", "engine_io_client.test.mjs", "http.test.mjs", "websocket_frames.test.mjs",
                      "restart.test.mjs", "python_client.py"];
// The other way round: a client is judged, and these files bring their servers with them.
const CLIENTS = ["client_conversation.test.mjs", "client_transports.test.mjs", "client_reconnect.test.mjs", "client_wire.test.mjs"];
const SECURE = ["client_tls.test.mjs"];   // only adapters that know TLS
const program = (path, script) => (reference ? ["node", script] : [join(target, path)]);
// Hosts of messages are programs of their own (docs/embedding.md); there is no client below them.
const MESSAGE_HOSTS = ["beast", "lws"];
const serverProgram = (adapter) => `tests/interop/interop_server${MESSAGE_HOSTS.includes(adapter) ? `_${adapter}` : ""}`;
// Left out is only what the build was not asked for. A program that is missing otherwise is a failure like any other.
const ninja = reference ? "" : readFileSync(join(target, "build.ninja"), "utf8");
const configured = (path) => ninja.includes(`build ${path}:`);
const adapters = reference ? ["npm"] : process.env.SIOKIT_ADAPTERS?.split(" ") ??
  ["epoll", "asio", ...MESSAGE_HOSTS.filter((host) => configured(serverProgram(host)))];
const plan = [
  ...adapters.map((adapter) => ({
    name: `interop server, ${adapter}`, files: CONVERSATION,
    command: [...program(serverProgram(adapter), "reference_server.mjs"), ...(reference ? [] : ["--adapter", adapter])],
  })),
  ...adapters.filter((adapter) => !MESSAGE_HOSTS.includes(adapter)).map((adapter) => ({
    name: `interop client, ${adapter}`, files: [...CLIENTS, ...(reference || adapter === "asio" ? SECURE : [])],
    client: [...program("tests/interop/interop_client", "reference_client.mjs"), ...(reference ? [] : ["--adapter", adapter])],
  })),
  ...(!reference
    ? [{ name: "siocat", files: ["siocat.test.mjs"], client: [join(target, "examples/siocat")] }] : []),
  { name: "conformance", files: ["protocol_suite.test.mjs"], command: program("examples/conformance", "reference_conformance.mjs") },
  { name: "chat", files: ["chat_page.test.mjs"], command: program("examples/chat", "reference_chat.mjs") },
  ...(adapters.includes("asio")
    ? [{ name: "chat on Asio", files: ["chat_page.test.mjs"], command: [join(target, "examples/chat_asio")] }] : []),
  ...MESSAGE_HOSTS.filter((host) => adapters.includes(host)).map((host) => ({
    name: `chat, ${host}`, files: ["chat_page.test.mjs"], command: [join(target, `examples/chat_${host}`)],
  })),
  ...(!reference
    ? [{ name: "no adapter", files: ["raw_socket.test.mjs"], command: [join(target, "examples/raw_socket")] }] : []),
].map((each) => ({ ...each, files: each.files.filter((file) => !only.length || only.some((part) => file.includes(part))) }));

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];   // named once more at the end, where nobody has to look for them
const logs = join(work, "logs");
mkdirSync(logs, { recursive: true });

/** Runs a command to its end; its output, and whether it had to be stopped. */
function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT);
    child.stdout.on("data", (data) => { output += data; });
    child.on("close", (code, signal) => { clearTimeout(limit); resolve({ output, code, signal }); });
  });
}

async function runFile(file, env) {
  if (file.endsWith(".py")) {
    const { output, code } = await run(join(work, "venv/bin/python"), [file, env.SIOKIT_URL], env);
    const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [0, 0, 1];
    if (code !== 0) process.stdout.write(output.replace(/^ok .*\n/gm, ""));
    return { passed: Number(passed), failed: Number(failed), skipped: 0 };
  }
  const { output, code } = await run(process.execPath, ["--test", "--test-concurrency=1", "--test-reporter=./reporter.mjs", file], env);
  failures.push(...(output.match(/^ {2}FAILED .*/gm) ?? []).map((line) => `${line} (${file})`));
  const found = /^counts (.*)\n$/m.exec(output);
  process.stdout.write(output.replace(/^counts .*\n/m, ""));
  const count = found ? JSON.parse(found[1]) : { passed: 0, failed: 1, skipped: 0 };
  if (code !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

async function runFiles(files, env) {
  for (const file of files) {
    const started = Date.now();
    const count = await runFile(file, env);
    for (const key of Object.keys(total)) total[key] += count[key];
    console.log(`  ${file}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
}

for (const { name, files, command, client } of plan) {
  if (files.length === 0) continue;
  console.log(`== ${name}`);
  if (client) {
    const server = join(target, "tests/interop/interop_server");
    await runFiles(files, {
      SIOKIT_CLIENT: client.join(" "), SIOKIT_PYTHON: join(work, "venv/bin/python"),
      ...(!reference && existsSync(server) && { SIOKIT_INTEROP_SERVER: server }),
    });
    continue;
  }
  let server;
  try {
    server = await Server.start(0, command);
  } catch (error) {
    total.failed++;
    console.log(`  FAILED  ${command.join(" ")}: ${error.message}`);
    continue;
  }
  const log = createWriteStream(join(logs, `${name.replace(/\W+/g, "_")}.log`));
  server.process.stdout.pipe(log);
  let stopping = false;
  server.exited.then(({ code, signal }) => {
    if (stopping) return;
    total.failed++;
    console.log(`  FAILED  the server ended by itself (${code ?? signal})`);
  });
  const env = {
    SIOKIT_URL: server.url, SIOKIT_SERVER: command.join(" "), SIOKIT_REFERENCE: reference ? "1" : "0",
    SIOKIT_PICTURES: join(work, "pictures"),
  };
  await runFiles(files, env);
  stopping = true;
  if (server.process.exitCode === null && server.process.signalCode === null) await server.stop();
}
for (const line of failures) console.log(line);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed ? 1 : 0);
