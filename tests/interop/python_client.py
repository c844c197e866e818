"""python-socketio against the interop server (README.md): the synchronous and the asynchronous client, each transport.

Usage: python_client.py URL. Prints one line for each case and ends with "N passed, N failed".
"""
import asyncio
import os
import queue
import sys
import traceback

import socketio
from engineio.payload import Payload

# By itself this client gives up on a poll that brings more than 16 packets, whoever the server is.
Payload.max_decode_packets = 1000

URL = sys.argv[1]
DEADLINE = float(os.environ.get("SIOKIT_DEADLINE_MS", 20000)) / 1000
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}
JSON = [0, -1, 1.5, 2**53 - 1, "", "é€😀", "\u2028\u0000\"\\/", None, True, False, [], {}, [[1, [2]], {"a": {"b": [None]}}]]


class Peer:
    """A connected synchronous client whose events of interest wait in queues."""

    def __init__(self, transports, namespace="/", auth=None, url=URL, headers=None, events=()):
        self.client = socketio.Client(reconnection=False)
        self.namespace = namespace
        self.events = {name: queue.Queue() for name in events}
        for name, box in self.events.items():
            self.client.on(name, lambda *args, box=box: box.put(args), namespace=namespace)
        self.client.connect(url, transports=transports, namespaces=[namespace], auth=auth, headers=headers or {},
                            wait=True, wait_timeout=DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.disconnect()

    def emit(self, event, *args):
        self.client.emit(event, args, namespace=self.namespace)

    def ask(self, event, *args):
        return self.client.call(event, args, namespace=self.namespace, timeout=DEADLINE)

    def next(self, event):
        return self.events[event].get(timeout=DEADLINE)


def events(transports):
    with Peer(transports, events=["echo"]) as peer:
        for value in JSON:
            peer.emit("echo", "before", value)
            assert peer.next("echo") == ("before", value), value
        for number in range(100):
            peer.emit("echo", number)
        assert [peer.next("echo") for _ in range(100)] == [(n,) for n in range(100)]


def acks(transports):
    with Peer(transports) as peer:
        assert peer.ask("add", 20, 22) == 42
        for value in JSON:
            assert peer.ask("echo-ack", value) == value, value
        assert peer.ask("echo-ack", 1, "two", [3]) == (1, "two", [3])
        try:
            peer.client.call("never", timeout=0.1)
            raise AssertionError("an ack came from nowhere")
        except socketio.exceptions.TimeoutError:
            pass


def acks_of_the_client(transports):
    with Peer(transports, events=["asked"]) as peer:
        peer.client.on("question", lambda payload: ("heard", payload))
        for payload in ["text", {"a": [1]}, b"\x00\xff"]:
            peer.emit("ask", int(DEADLINE * 1000), "question", payload)
            assert peer.next("asked") == (True, "heard", payload)


def binary(transports):
    blob = bytes(range(256)) * 16
    with Peer(transports, events=["echo", "binary"]) as peer:
        nested = {"a": [blob, {"b": b""}], "c": "text"}
        peer.emit("echo", blob, nested, 1)
        assert peer.next("echo") == (blob, nested, 1)
        assert peer.ask("echo-ack", [blob, b"x"]) == [blob, b"x"]
        peer.emit("binary", 1000, 3)
        assert peer.next("binary") == ({"first": b"\x00" * 1000, "rest": [b"\x01" * 1000, b"\x02" * 1000]}, "end")


def large(transports):
    with Peer(transports) as peer:
        text = "0123456789" * 100_000
        assert peer.ask("echo-ack", text) == text
        blob = os.urandom(1_000_000)
        assert peer.ask("echo-ack", blob) == blob


def namespaces(transports):
    client = socketio.Client(reconnection=False)
    client.connect(URL, transports=transports, namespaces=["/", "/quiet"], wait=True, wait_timeout=DEADLINE)
    try:
        assert client.call("where", namespace="/quiet", timeout=DEADLINE) == "/quiet"
        assert client.call("add", (1, 2), namespace="/", timeout=DEADLINE) == 3
        assert client.get_sid("/") != client.get_sid("/quiet")
    finally:
        client.disconnect()


def unknown_namespace(transports):
    client = socketio.Client(reconnection=False)
    refused = queue.Queue()
    client.on("connect_error", refused.put, namespace="/no-such")
    try:
        client.connect(URL, transports=transports, namespaces=["/no-such"], wait=True, wait_timeout=DEADLINE)
        raise AssertionError("connected to a namespace that does not exist")
    except socketio.exceptions.ConnectionError:
        pass
    assert refused.get(timeout=DEADLINE) == {"message": "Invalid namespace"}


def auth(transports):
    given = {"token": "secret", "user": "zoë", "more": [1, None]}
    with Peer(transports, "/auth", auth=given, events=["welcome"]) as peer:
        assert peer.next("welcome") == ("zoë", given)
        assert peer.ask("whoami") == "zoë"


def auth_refused(transports):
    client = socketio.Client(reconnection=False)
    refused = queue.Queue()
    client.on("connect_error", refused.put, namespace="/auth")
    try:
        client.connect(URL, transports=transports, namespaces=["/auth"], auth={"token": "wrong"}, wait=True, wait_timeout=DEADLINE)
        raise AssertionError("connected with a wrong token")
    except socketio.exceptions.ConnectionError:
        pass
    assert refused.get(timeout=DEADLINE) == {"message": "not authorized", "data": {"code": 401, "detail": ["wrong", "token"]}}


def handshake(transports):
    with Peer(transports, url=f"{URL}?who=me%20%26%20you", headers={"X-Interop": "yes", "Cookie": "session=abc"}) as peer:
        seen = peer.ask("handshake")
        assert (seen["header"], seen["query"], seen["cookie"]) == ("yes", "me & you", "abc"), seen


def rooms(transports):
    room = f"python {transports}"
    with Peer(transports, events=["heard"]) as one, Peer(transports, events=["heard"]) as two, Peer(transports, events=["heard"]) as three:
        for peer in (one, two):
            assert peer.ask("join", room) is True
        one.ask("to", room, "for two")
        one.ask("in", room, "for both")
        two.ask("leave", room)
        one.ask("in", room, "for one")
        three.ask("broadcast", "not for three")
        for peer in (one, two, three):
            peer.ask("echo-ack", "fence")
        heard = [[text for (text,) in list(peer.events["heard"].queue)] for peer in (one, two, three)]
        assert heard == [["for both", "for one", "not for three"], ["for two", "for both", "not for three"], []], heard


def kicked(transports):
    with Peer(transports, events=["disconnect"]) as peer:
        peer.emit("kick", False)
        assert peer.next("disconnect") == (socketio.Client.reason.SERVER_DISCONNECT,)


async def async_client(transports):
    client = socketio.AsyncClient(reconnection=False)
    echo = asyncio.Queue()
    client.on("echo", lambda *args: echo.put_nowait(args))
    client.on("question", lambda payload: ("heard", payload))
    asked = asyncio.Queue()
    client.on("asked", lambda *args: asked.put_nowait(args))
    await client.connect(URL, transports=transports, wait=True, wait_timeout=DEADLINE)
    try:
        for value in JSON + [b"\x00\x01", {"deep": [b"x" * 70000]}]:
            await client.emit("echo", (value, "end"))
            assert await asyncio.wait_for(echo.get(), DEADLINE) == (value, "end"), value
        assert await client.call("add", (40, 2), timeout=DEADLINE) == 42
        answers = await asyncio.gather(*(client.call("echo-ack", (n,), timeout=DEADLINE) for n in range(50)))
        assert answers == list(range(50))
        await client.emit("ask", (int(DEADLINE * 1000), "question", "?"))
        assert await asyncio.wait_for(asked.get(), DEADLINE) == (True, "heard", "?")
    finally:
        await client.disconnect()


def asynchronous(transports):
    asyncio.run(async_client(transports))


CASES = [events, acks, acks_of_the_client, binary, large, namespaces, unknown_namespace, auth, auth_refused, handshake, rooms, kicked, asynchronous]


def main():
    passed = failed = 0
    for name, transports in TRANSPORTS.items():
        for case in CASES:
            title = f"python-socketio, {name}: {case.__name__.replace('_', ' ')}"
            try:
                case(transports)
                passed += 1
                print(f"ok      {title}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {title}", flush=True)
                traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
