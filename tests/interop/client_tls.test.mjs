// TLS: whom the client under test trusts, and whom it does not. The authorities and certificates are made here, by openssl(1).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { start } from "./client_peer_v4.mjs";
import { connected, connectProxy, endProgram, Manager, MODES, SOON } from "./client_tools.mjs";

const folder = mkdtempSync(join(tmpdir(), "siokit-tls-"));
const file = (name) => join(folder, name);
after(async () => { await endProgram(); rmSync(folder, { recursive: true }); });

const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function authority(name) {
  openssl("req", "-x509", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`, "-days", "2",
    "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign");
}

/** A certificate of `by`; `names` in the syntax of subjectAltName. */
function certificate(name, by, names, { expired = false } = {}) {
  writeFileSync(file(`${name}.cnf`), [
    "[ca]", "default_ca = us", "[us]", `database = ${name}.db`, "new_certs_dir = .", "default_md = sha256", "policy = any", "rand_serial = yes",
    "unique_subject = no", "[any]", "commonName = supplied", "[ext]", "basicConstraints = CA:FALSE", `subjectAltName = ${names}`,
    "keyUsage = digitalSignature", "extendedKeyUsage = serverAuth, clientAuth", "[req]", "distinguished_name = dn", "[dn]", "",
  ].join("\n"));
  writeFileSync(file(`${name}.db`), "");
  openssl("req", "-new", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`, "-config", `${name}.cnf`);
  const [from, to] = expired ? ["20200101000000Z", "20200201000000Z"] : ["20200101000000Z", "20991231235959Z"];
  openssl("ca", "-batch", "-notext", "-config", `${name}.cnf`, "-extensions", "ext", "-cert", `${by}.pem`, "-keyfile", `${by}.key`,
    "-startdate", from, "-enddate", to, "-in", `${name}.csr`, "-out", `${name}.pem`);
}

authority("root");
authority("stranger");
certificate("good", "root", "DNS:localhost,IP:127.0.0.1");
certificate("named", "root", "DNS:localhost");
certificate("elsewhere", "root", "DNS:other.example,DNS:*.localhost.example");
certificate("wildcard", "root", "DNS:*.localhost");
certificate("old", "root", "DNS:localhost,IP:127.0.0.1", { expired: true });
certificate("foreign", "stranger", "DNS:localhost,IP:127.0.0.1");
certificate("alice", "root", "DNS:alice.example");
certificate("mallory", "stranger", "DNS:mallory.example");

async function serve(t, name, more = {}) {
  const peer = await start({ tls: { key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`)), ...more } });
  peer.http.on("tlsClientError", () => {});
  t.after(() => peer.stop());
  return peer;
}
const TRUST = { ca: file("root.pem") };

async function refused(t, url, options) {
  const socket = new Manager(t, url, options).socket().connect();
  const { message, active } = await socket.refusals.next();
  assert.ok(message.length > 0);
  assert.equal(active, true);
}

for (const [mode, transports] of Object.entries(MODES)) describe(`TLS, ${mode}`, () => {
  const options = { ...transports, ...TRUST };

  test("a certificate of a trusted authority, by name and by address, with binary and 1 MB", async (t) => {
    const peer = await serve(t, "good");
    for (const url of [peer.url, `https://localhost:${peer.port}`, `wss://localhost:${peer.port}`]) {
      const socket = await connected(t, url, options);
      if (mode === "upgrade") await socket.manager.transport("websocket");
      const blob = Buffer.alloc(500_000, 5);
      assert.ok((await socket.ask("echo-ack", blob)).equals(blob));
      const big = socket.on("big");
      socket.emit("big", 1_000_000);
      assert.equal((await big.next()).args[0].length, 1_000_000);
    }
  });

  test("another name than the certificate's is refused", async (t) => {
    const named = await serve(t, "named");
    await connected(t, `https://localhost:${named.port}`, options);
    const before = named.requests.length;
    await refused(t, named.url, options);
    for (const name of ["elsewhere", "wildcard"]) {
      const peer = await serve(t, name);
      await refused(t, `https://localhost:${peer.port}`, options);
      assert.equal(peer.requests.length, 0);
    }
    assert.ok(named.requests.slice(before).every(({ url }) => url.includes("sid=")));
  });

  for (const [what, name, more] of [
    ["an expired certificate", "old"], ["a certificate of an unknown authority", "foreign"],
  ]) test(`${what} is refused, again and again, and nothing is said to it`, async (t) => {
    const peer = await serve(t, name);
    const socket = new Manager(t, peer.url, { ...options, ...SOON, reconnectionAttempts: 1, ...more }).socket().connect();
    await socket.manager.next("reconnect_failed");
    assert.deepEqual([socket.refusals.all.length, socket.connects.all.length, peer.requests.length], [2, 0, 0]);
  });

  test("without a ca, that of this test is unknown", async (t) => {
    const peer = await serve(t, "good");
    await refused(t, peer.url, transports);
    assert.equal(peer.requests.length, 0);
  });

  test("rejectUnauthorized: false takes all of them", async (t) => {
    for (const name of ["elsewhere", "old", "foreign"]) {
      const peer = await serve(t, name);
      const socket = await connected(t, peer.url, { ...transports, rejectUnauthorized: false });
      if (mode === "upgrade") await socket.manager.transport("websocket");
      assert.equal(await socket.ask("echo-ack", name), name);
    }
  });

  test("a certificate of the client: wanted, given, and one of a stranger", async (t) => {
    const peer = await serve(t, "good", { requestCert: true, rejectUnauthorized: true, ca: readFileSync(file("root.pem")) });
    const seen = [];
    for (const event of ["request", "upgrade"]) peer.http.on(event, ({ socket }) => seen.push(socket.getPeerCertificate?.().subject?.CN));
    const socket = await connected(t, peer.url, { ...options, cert: file("alice.pem"), key: file("alice.key") });
    if (mode === "upgrade") await socket.manager.transport("websocket");
    assert.equal(await socket.ask("echo-ack", 1), 1);
    assert.deepEqual([...new Set(seen)], ["alice"]);
    socket.disconnect();
    await refused(t, peer.url, options);
    await refused(t, peer.url, { ...options, cert: file("mallory.pem"), key: file("mallory.key") });
    assert.deepEqual([...new Set(seen)], ["alice"]);
  });

  test("through an HTTP proxy: TLS begins behind CONNECT, and the name is the server's", async (t) => {
    const peer = await serve(t, "named"), proxy = await connectProxy(t, "me:secret");
    const socket = await connected(t, `https://localhost:${peer.port}`, { ...options, proxy: proxy.url("me:secret") });
    if (mode === "upgrade") await socket.manager.transport("websocket");
    assert.equal(await socket.ask("echo-ack", 1), 1);
    assert.ok(proxy.tunnels.every(({ host, port }) => host === "localhost" && port === String(peer.port)));
    await refused(t, peer.url, { ...options, proxy: proxy.url("me:secret") });
  });
});

test("a plain server where TLS is expected, and TLS where none is", async (t) => {
  const plain = await start(), secure = await serve(t, "good");
  t.after(() => plain.stop());
  for (const transports of [MODES.polling, MODES.websocket]) {
    await refused(t, plain.url.replace("http", "https"), { ...transports, ...TRUST });
    await refused(t, secure.url.replace("https", "http"), transports);
  }
});
