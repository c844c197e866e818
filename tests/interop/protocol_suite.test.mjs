// Every case of the two official protocol suites (Engine.IO v4: 25, Socket.IO v5: 32), written anew, against a server with
// the `conformance` configuration (README.md). Where the originals wait a fixed time, these wait for what must happen.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { http, patiently, Polling, URL_, Wire, within } from "./peers.mjs";

const PING_INTERVAL = 300, PING_TIMEOUT = 200, MAX_PAYLOAD = 1_000_000;
const POLLING = "EIO=4&transport=polling", WEBSOCKET = "EIO=4&transport=websocket";

function checkOpen(packet, upgrades) {
  assert.equal(packet[0], "0");
  const { sid, ...rest } = JSON.parse(packet.slice(1));
  assert.equal(typeof sid, "string");
  assert.ok(sid.length > 0);
  assert.deepEqual(rest, { upgrades, pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT, maxPayload: MAX_PAYLOAD });
}

/** A WebSocket session whose `open` packet was read. */
async function wireSession(t, path) {
  const wire = new Wire(t, `${path}?${WEBSOCKET}`);
  assert.equal((await wire.next())[0], "0");
  return wire;
}

async function refused(t, target) {
  const wire = new Wire(t, target);
  const { code } = await wire.close();
  assert.notEqual(code, 1000);
  assert.equal(wire.messages.all.length, 0);
}

/** True as soon as the server has forgotten the session, found out without disturbing it (a POST of a noop). */
const forgotten = (polling) => patiently("the session to end", async () => (await polling.post("6")).status === 400 || undefined);

/** The cases both suites have, for one path. */
function engineCases(path) {
  describe("handshake", () => {
    describe("polling", () => {
      test("opens a session", async () => {
        const { status, body } = await http(`${path}?${POLLING}`);
        assert.equal(status, 200);
        checkOpen(body, ["websocket"]);
      });

      test("refuses a missing or unknown EIO", async () => {
        for (const query of ["transport=polling", "EIO=abc&transport=polling"]) assert.equal((await http(`${path}?${query}`)).status, 400);
      });

      test("refuses a missing or unknown transport", async () => {
        for (const query of ["EIO=4", "EIO=4&transport=abc"]) assert.equal((await http(`${path}?${query}`)).status, 400);
      });

      test("refuses methods other than GET", async () => {
        for (const method of ["POST", "PUT"]) assert.equal((await http(`${path}?${POLLING}`, { method })).status, 400);
      });
    });

    describe("websocket", () => {
      test("opens a session", async (t) => {
        const wire = new Wire(t, `${path}?${WEBSOCKET}`);
        checkOpen(await wire.next(), []);
      });

      test("refuses a missing or unknown EIO", async (t) => {
        for (const query of ["transport=websocket", "EIO=abc&transport=websocket"]) await refused(t, `${path}?${query}`);
      });

      test("refuses a missing or unknown transport", async (t) => {
        for (const query of ["EIO=4", "EIO=4&transport=abc"]) await refused(t, `${path}?${query}`);
      });
    });
  });

  describe("heartbeat", () => {
    test("polling: pings that are answered follow each other", async () => {
      const polling = await Polling.start(path);
      if (path === "/socket.io/") await polling.post("40");   // so that the connect timeout does not come in between
      for (let i = 0; i < 3; i++) {
        assert.equal(await polling.until((packet) => packet === "2"), "2");
        assert.equal((await polling.post("3")).status, 200);
      }
    });

    test("polling: without a pong the session ends", async () => {
      const polling = await Polling.start(path);
      assert.deepEqual((({ status, body }) => [status, body])(await polling.get()), [200, "2"]);
      await polling.get();                                    // ends with the session
      assert.equal((await polling.get()).status, 400);
    });

    test("websocket: pings that are answered follow each other", async (t) => {
      const wire = await wireSession(t, path);
      for (let i = 0; i < 3; i++) {
        assert.equal(await wire.next(), "2");
        wire.send("3");
      }
    });

    test("websocket: without a pong the session ends", async (t) => {
      await (await wireSession(t, path)).close();
    });
  });

  describe("close", () => {
    test("polling: a close packet ends the session and frees the poll with a noop", async () => {
      const polling = await Polling.start(path);
      // A poll that came too late would find the session gone: ask again then.
      const [waiting] = await Promise.all([polling.get(), polling.post("1")]);
      if (waiting.status === 200) assert.equal(waiting.body, "6");
      else assert.equal(waiting.status, 400);
      assert.equal((await polling.get()).status, 400);
    });

    test("websocket: after a close packet the connection ends", async (t) => {
      const wire = await wireSession(t, path);
      wire.send("1");
      await wire.close();
    });
  });

  describe("upgrade", () => {
    const candidate = async (t, polling) => {
      const wire = new Wire(t, `${path}?${WEBSOCKET}&sid=${polling.sid}`);
      await wire.open();
      return wire;
    };
    // Something only an upgraded transport answers: the upgrade is over when it came.
    const settled = async (wire) => {
      wire.send(path === "/engine.io/" ? "4hello" : "40");
      assert.match(await wire.message(), path === "/engine.io/" ? /^4hello$/ : /^40\{"sid"/);
    };

    test("polling to websocket", async (t) => {
      const polling = await Polling.start(path);
      const wire = await candidate(t, polling);
      wire.send("2probe");
      assert.equal(await wire.next(), "3probe");
      assert.equal(await polling.until((packet) => packet !== "2", { pong: true }), "6");
      wire.send("5");
      await settled(wire);
    });

    test("after it, polling requests are refused", async (t) => {
      const polling = await Polling.start(path);
      const wire = await candidate(t, polling);
      wire.send("2probe");
      wire.send("5");
      assert.equal(await wire.next(), "3probe");
      await settled(wire);
      assert.equal((await polling.get()).status, 400);
      assert.equal((await polling.post("4x")).status, 400);
    });

    test("after it, another WebSocket of the session is closed", async (t) => {
      const polling = await Polling.start(path);
      const wire = await candidate(t, polling);
      wire.send("2probe");
      wire.send("5");
      assert.equal(await wire.next(), "3probe");
      await settled(wire);
      await new Wire(t, `${path}?${WEBSOCKET}&sid=${polling.sid}`).close();
      if (path === "/engine.io/") await settled(wire);
    });
  });
}

describe("Engine.IO v4", () => {
  const path = "/engine.io/";
  engineCases(path);

  describe("messages, polling", () => {
    for (const [name, body] of [["one text packet", "4hello"], ["several text packets", "4test1\x1e4test2\x1e4test3"], ["text and binary", "4hello\x1ebAQIDBA=="]])
      test(`${name}: sent and received`, async () => {
        const polling = await Polling.start(path);
        const post = await polling.post(body);
        assert.deepEqual([post.status, post.body], [200, "ok"]);
        const get = await polling.get();
        assert.deepEqual([get.status, get.body], [200, body]);
      });

    test("an invalid packet ends the session", async () => {
      const polling = await Polling.start(path);
      assert.ok([200, 400].includes((await polling.post("abc")).status));
      await forgotten(polling);
      assert.equal((await polling.get()).status, 400);
    });

    test("two polls at once end the session", async () => {
      const polling = await Polling.start(path);
      const answers = await Promise.all([polling.get(), polling.get("&t=burst")]);
      const [first, second] = answers.sort((a, b) => a.status - b.status);
      assert.deepEqual([first.status, first.body], [200, "1"]);
      assert.ok([400, 500].includes(second.status));
      assert.equal((await polling.get()).status, 400);
    });

    test("a poll that is given up ends the session", async () => {
      const polling = await Polling.start(path);
      const { hostname, port } = new URL(URL_);
      const tcp = connect(Number(port), hostname);
      await within(new Promise((resolve) => tcp.write(`GET ${polling.url()} HTTP/1.1\r\nHost: x\r\n\r\n`, resolve)), "the request to leave");
      tcp.destroy();
      await forgotten(polling);                               // http.test.mjs checks that this, and no timeout, was the reason
      assert.equal((await polling.get()).status, 400);
    });
  });

  describe("messages, websocket", () => {
    test("text: sent and received", async (t) => {
      const wire = await wireSession(t, path);
      wire.send("4hello");
      assert.equal(await wire.next(), "4hello");
    });

    test("binary: sent and received", async (t) => {
      const wire = await wireSession(t, path);
      wire.send(Uint8Array.from([1, 2, 3, 4]));
      assert.deepEqual(await wire.next(), Buffer.from([1, 2, 3, 4]));
    });

    test("an invalid packet ends the session", async (t) => {
      const wire = await wireSession(t, path);
      wire.send("abc");
      await wire.close();
    });
  });
});

describe("Socket.IO v5", () => {
  const path = "/socket.io/";
  engineCases(path);

  /** A connection to `/` whose CONNECT reply and `auth` event were read. */
  async function joined(t) {
    const wire = await wireSession(t, path);
    wire.send("40");
    assert.match(await wire.message(), /^40\{"sid":"[^"]+"\}$/);
    assert.equal(await wire.message(), '42["auth",{}]');
    return wire;
  }
  const sidOnly = (packet, prefix) => {
    assert.ok(packet.startsWith(prefix), packet);
    const answer = JSON.parse(packet.slice(prefix.length));
    assert.deepEqual(Object.keys(answer), ["sid"]);
    assert.equal(typeof answer.sid, "string");
  };

  describe("connect", () => {
    for (const [name, nsp, payload] of [
      ["the main namespace", "", ""], ["the main namespace, with a payload", "", '{"token":"123"}'],
      ["a custom namespace", "/custom,", ""], ["a custom namespace, with a payload", "/custom,", '{"token":"abc"}'],
    ]) test(name, async (t) => {
      const wire = await wireSession(t, path);
      wire.send(`40${nsp}${payload}`);
      sidOnly(await wire.message(), `40${nsp}`);
      assert.equal(await wire.message(), `42${nsp}["auth",${payload || "{}"}]`);
    });

    test("an unknown namespace is refused", async (t) => {
      const wire = await wireSession(t, path);
      wire.send("40/random");
      assert.equal(await wire.message(), '44/random,{"message":"Invalid namespace"}');
    });

    test("an invalid first packet ends the connection", async (t) => {
      const wire = await wireSession(t, path);
      wire.send("4abc");
      await wire.close();
    });

    test("without a CONNECT the connection ends", async (t) => {
      const wire = await wireSession(t, path);
      const end = wire.closed.then(() => true);
      for (let over = false; !over;) over = await Promise.race([end, wire.message().then(() => false, () => true)]);
      await wire.close();
    });
  });

  describe("disconnect", () => {
    test("from the main namespace: nothing but the heartbeat follows", async (t) => {
      const wire = await joined(t);
      wire.send("41");
      assert.equal(await wire.next(), "2");
    });

    test("from a custom namespace: the main one goes on", async (t) => {
      const wire = await joined(t);
      wire.send("40/custom");
      sidOnly(await wire.message(), "40/custom,");
      assert.equal(await wire.message(), '42/custom,["auth",{}]');
      wire.send("41/custom");
      wire.send('42["message","message to main namespace"]');
      assert.equal(await wire.message(), '42["message-back","message to main namespace"]');
    });
  });

  describe("messages", () => {
    const holes = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
    const blobs = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];

    test("plain text", async (t) => {
      const wire = await joined(t);
      wire.send('42["message",1,"2",{"3":[true]}]');
      assert.equal(await wire.message(), '42["message-back",1,"2",{"3":[true]}]');
    });

    test("with attachments", async (t) => {
      const wire = await joined(t);
      for (const part of [`452-["message",${holes}]`, ...blobs]) wire.send(part);
      for (const part of [`452-["message-back",${holes}]`, ...blobs]) assert.deepEqual(await wire.message(), part);
    });

    test("plain text with an ack", async (t) => {
      const wire = await joined(t);
      wire.send('42456["message-with-ack",1,"2",{"3":[false]}]');
      assert.equal(await wire.message(), '43456[1,"2",{"3":[false]}]');
    });

    test("with attachments and an ack", async (t) => {
      const wire = await joined(t);
      for (const part of [`452-789["message-with-ack",${holes}]`, ...blobs]) wire.send(part);
      for (const part of [`462-789[${holes}]`, ...blobs]) assert.deepEqual(await wire.message(), part);
    });

    for (const [name, packet] of [
      ["an unknown packet type", "4abc"], ["an invalid payload", "42{}"], ["an invalid ack id", '42abc["message-with-ack",1,"2",{"3":[false]}]'],
    ]) test(`${name} ends the connection`, async (t) => {
      const wire = await joined(t);
      wire.send(packet);
      await wire.close();
    });
  });
});
