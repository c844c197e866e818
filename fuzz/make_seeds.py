#!/usr/bin/env python3
"""Writes the seeds that are made from what the tests already say: the transcripts of tests/transcripts and the payloads in
them, and conversations with the handlers of server.cpp. The same input gives the same files.

  fuzz/make_seeds.py           writes fuzz/seeds/<target>/made_*, and removes those that are no longer made
  fuzz/make_seeds.py --check   fails if that would change anything

Seeds of other names are somebody's own and stay.
"""
import argparse
import pathlib
import re
import sys

here = pathlib.Path(__file__).resolve().parent
WS_HEADERS = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Version: 13\r\n")
LARGEST = 3000  # bytes of one seed


# ---- programs for server.cpp: one byte and its operands per step ----

BYTES, HOLD, FRAME, SID, CLOSE, SLOW, REPEAT, LARGE = range(8)
PROGRAM = 3
(MS, SECONDS, DEADLINE, EMIT, ALL, ROOM, ASK, ASK_ALL, DISCONNECT, ANSWER, SHUTDOWN, BINARY, BIG, ROOMS, FAIL,
 ENGINE) = range(16)


class Program:
    def __init__(self, choice=0):
        self.out = bytearray([choice, 1])

    def link(self, link, what, *operands):
        self.out += bytes([what * 4 + link, *operands])

    def program(self, what, *operands):
        self.out += bytes([what * 4 + PROGRAM, *operands])

    def hold(self, link, data):
        for i in range(0, len(data), 255):
            piece = data[i:i + 255]
            self.link(link, HOLD, len(piece), *piece)

    def send(self, link):
        self.link(link, BYTES, 0)

    def frame(self, link, first, payload):
        if len(payload) < 256:
            return self.link(link, FRAME, first, len(payload), *payload)
        key = b"\1\2\3\4"
        self.hold(link, bytes([first, 0xfe]) + len(payload).to_bytes(2, "big") + key +
                  bytes(b ^ key[i % 4] for i, b in enumerate(payload)))
        self.send(link)

    def wait(self, ms):
        while ms > 0:
            if ms > 2550:
                part = min(ms // 1000, 255)
                self.program(SECONDS, part)
                ms -= part * 1000
            else:
                self.program(MS, min(-(-ms // 10), 255))
                ms = 0


def unescape(text):
    """As peer_wire::unescape."""
    def read(i, inside):
        out = bytearray()
        while i < len(text):
            if text[i] != "\\" or i + 1 == len(text):
                out += text[i].encode()
                i += 1
                continue
            c, i = text[i + 1], i + 2
            if c == "x":
                out.append(int(text[i:i + 2], 16))
                i += 2
            elif c == "{":
                bar = text.index("|", i)
                body, after = read(bar + 1, True)
                out += body * min(int(text[i:bar]), LARGEST // max(len(body), 1) + 1)
                i = after
            elif c == "}" and inside:
                return out, i
            else:
                out += {"r": b"\r", "n": b"\n"}.get(c, c.encode())
        return out, i
    return bytes(read(0, False)[0])


class Transcript:
    """One transcript, as a program, and the payloads that were in it."""

    def __init__(self, path):
        self.values, self.links, self.sids = {}, [], []
        self.program, self.texts, self.binaries, self.bodies, self.requests = Program(), [], [], [], []
        for line in path.read_text().splitlines():
            self.line(line.strip())

    def line(self, line):
        word, _, rest = line.partition(" ")
        if not line or line.startswith("#") or word in ("server", "option", "limit", "large", "silent", "!"):
            return
        if word == "set":
            name, _, value = rest.strip().partition(" ")
            self.values[name] = value.strip()
        elif word == "@":
            amount = re.match(r"\+?(\d+)\s*(ms|s|m|h)", rest.strip())
            self.program.wait(int(amount[1]) * {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}[amount[2]])
        elif word == "do":
            known = {"emit": ALL, "to": ROOM, "except": ROOM, "ask": ASK, "ask_all": ASK_ALL, "shutdown": SHUTDOWN}
            self.program.program(known.get(rest.split()[0], EMIT), 5)
        elif match := re.match(r"([a-z0-9]*)([<>])\s*(.*)", line):
            if match[2] == ">":
                self.send(match[1] or "a", match[3])
            elif opened := re.search(r'(?:^ws |\|\| )0\{"sid":"\$(\w+)"', match[3]):
                self.sids.append(opened[1])

    def send(self, name, text):
        if name not in self.links:
            self.links.append(name)
        link = self.links.index(name) % 3
        hold = text.endswith(" \\")
        text = text.removesuffix(" \\").strip()
        word, _, rest = text.partition(" ")
        if text in ("end", "reset"):
            return self.program.link(link, CLOSE, int(text == "reset"))
        if text in ("pause", "resume"):
            return self.program.link(link, SLOW)
        if text in ("open", "vanish"):
            return self.program.send(link)
        if word == "ws":
            first, payload = self.frame(rest)
            return self.program.frame(link, first, payload)
        self.put(link, rest if word == "raw" else self.request(text))
        if not hold:
            self.program.send(link)

    def frame(self, text):
        word, _, rest = text.partition(" ")
        if word == "bin":
            payload = bytes(int(x, 16) for x in rest.split())
            self.binaries.append(payload)
            return 0x82, payload
        if word == "close":
            code, _, reason = rest.partition(" ")
            return 0x88, (int(code).to_bytes(2, "big") + self.resolve(reason) if code else b"")
        firsts = {"ping": 0x89, "pong": 0x8a, "first": 0x01, "more": 0x00, "last": 0x80}
        if word in firsts:
            return firsts[word], self.resolve(rest)
        payload = self.resolve(text)
        self.texts.append(payload)
        return 0x81, payload

    def request(self, text):
        head, bars, body = text.partition(" ||")
        parts = [part.strip() for part in head.split(" |")]
        lines = [WS_HEADERS.removesuffix("\r\n").replace("\r\n", "\\r\\n") if part == "$ws_headers" else part for part in parts]
        if bars:
            self.bodies.append(self.resolve(body.strip()))
            if not re.search(r"Content-Length:|Transfer-Encoding:", head):
                lines.append(f"Content-Length: {len(self.bodies[-1])}")
        self.requests.append(self.resolve("\\r\\n".join(lines) + "\\r\\n\\r\\n"))
        return "\\r\\n".join(lines) + "\\r\\n\\r\\n" + body.strip()

    def expand(self, text):
        for _ in range(3):
            text = re.sub(r"(?<!\\)\$(\w+)", lambda m: self.values.get(m[1], m[0]), text)
        return text

    def resolve(self, text):
        return unescape(re.sub(r"(?<!\\)\$(\w+)", "x" * 20, self.expand(text)))

    def put(self, link, text):
        """With the sids that the server will have chosen by then."""
        for piece in re.split(r"(?<!\\)(\$\w+)", self.expand(text)):
            if piece.startswith("$") and piece[1:] in self.sids:
                self.program.link(link, SID, len(self.sids) - 1 - self.sids.index(piece[1:]))
            else:
                self.program.hold(link, self.resolve(piece))


# ---- conversations with the handlers of server.cpp ----

def websocket(p, link, path="/socket.io/", fields=""):
    p.hold(link, f"GET {path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n{fields}{WS_HEADERS}\r\n".encode())
    p.send(link)


def polling(p, link, fields=""):
    p.hold(link, f"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
    p.send(link)


def poll(p, link):
    p.hold(link, b"GET /socket.io/?EIO=4&transport=polling&sid=")
    p.link(link, SID, 0)
    p.hold(link, b" HTTP/1.1\r\nHost: x\r\n\r\n")
    p.send(link)


def post(p, link, body):
    p.hold(link, b"POST /socket.io/?EIO=4&transport=polling&sid=")
    p.link(link, SID, 0)
    p.hold(link, f" HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    p.send(link)


EVENTS = ['40', '40/a,{"t":1}', '40/d1,', '42["echo",1,"a\\u0000b"]', '420["echo",{"a":[1,2.5,null]}]', '42["message",true]',
          '42["slow",1]', '42["after",2]', '42["join","r"]', '42["leave","r"]', '421["later",1]', '42["ask"]', '430["a"]',
          '431[7]', '42["own",{"k":"v","n":[1e3]}]', '42["no"]', '42["off"]', '42["throw"]', '42["all","x"]',
          '451-["all","x",{"_placeholder":true,"num":0}]', '42["all",5]', '42/a,["echo"]', '41/a,', '42["bye",false]', '40',
          '42["bye",true]']


def events(p, send):
    for text in EVENTS:
        send(text.encode())
        p.program(ANSWER, 8)
        if text.startswith("45"):
            p.frame(0, 0x82, b"\1\2\3")


def conversations():
    for choice in (0, 0x80, 0x60, 0xff):
        p = Program(choice)
        websocket(p, 0)
        websocket(p, 1)
        p.frame(1, 0x81, b"40")
        events(p, lambda text: p.frame(0, 0x81, text))
        yield f"events_{choice:02x}", p
        p = Program(choice)
        polling(p, 0)
        post(p, 1, b"\x1e".join(t.encode() for t in EVENTS[:9]))
        poll(p, 0)
        for what in range(3, 8):
            p.program(what, 9)
            poll(p, 0)
        post(p, 1, b'451-["all","x",{"_placeholder":true,"num":0}]\x1ebAQID')
        poll(p, 0)
        p.program(SHUTDOWN)
        yield f"polling_{choice:02x}", p
    p = Program(0x40)
    websocket(p, 0, fields="X-Slow: 1\r\nX-Later: 1\r\nOrigin: http://a\r\nCookie: a=b\r\n")
    p.program(ANSWER, 10)
    p.frame(0, 0x81, b'40{"token":"x"}')
    p.frame(0, 0x81, b'42["echo"]')
    p.program(ANSWER, 8)
    p.hold(1, b"GET /page?later=1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
    p.send(1)
    p.program(ANSWER, 11)
    yield "answers_later", p
    p = Program(0x80)
    websocket(p, 0)
    p.frame(0, 0x81, b"40")
    p.link(0, SLOW)
    for what in (BIG, BIG, ALL, BINARY, ASK, ASK_ALL, BIG):
        p.program(what, 0, 60)
    p.link(0, SLOW)
    p.program(DEADLINE)
    p.program(DISCONNECT, 0, 1)
    yield "slow_reader", p
    p = Program(0)
    websocket(p, 0, "/engine.io/")
    p.frame(0, 0x81, b"4hello")
    p.frame(0, 0x82, b"\0\1\2")
    p.program(ENGINE, 0, 1)
    p.link(0, LARGE, 0x81, 100, ord("x"))
    p.link(0, LARGE, 0x81, 250, ord("x"))
    yield "engine", p
    for n in (1, 3, 6, 10, 20, 40):
        p = Program(0x20)
        p.program(FAIL, n)
        websocket(p, 0)
        p.frame(0, 0x81, b"40")
        p.program(FAIL, n)
        p.frame(0, 0x81, b'421["echo",{"_x":"y"}]')
        p.program(FAIL, n)
        polling(p, 1)
        post(p, 2, b"440\x1e42[\"ask\"]")
        poll(p, 1)
        yield f"no_memory_{n:02}", p


# ---- everything ----

def made():
    """name of the target -> name of the seed -> bytes"""
    seeds = {"server": {}, "eio_payload": {}, "sio_packet": {}, "http_target": {}, "client_parts": {}}
    for path in sorted((here.parent / "tests" / "transcripts").rglob("*.txt")):
        t = Transcript(path)
        name = f"{path.parent.name}_{path.stem}"
        seeds["server"][name] = bytes(t.program.out)
        for i, body in enumerate(t.bodies):
            seeds["eio_payload"][f"{name}_{i}"] = body
        packets = [text for text in t.texts if text.startswith(b"4")]
        for body in t.bodies:
            packets += [packet for packet in body.split(b"\x1e") if packet.startswith(b"4")]
        for i, text in enumerate(packets):
            attached = t.binaries[:10] if text[1:2] in (b"5", b"6") else []
            seeds["sio_packet"][f"{name}_{i}"] = b"\x1e".join([text[1:], *attached])
        for i, head in enumerate(t.requests):
            line, _, fields = head.partition(b"\r\n")
            target = line.split(b" ")[1] if line.count(b" ") > 1 else line
            value = fields.split(b": ")[-1].strip()
            seeds["http_target"][f"{name}_{i}"] = target + b"\ntransport\n" + value
    for name, p in conversations():
        seeds["server"][name] = bytes(p.out)
    for i, text in enumerate(EVENTS):
        seeds["sio_packet"][f"event_{i:02}"] = text[1:].encode() + (b"\x1e\1\2" if text[1] == "5" else b"")
    more = {
        "http_target": [b"/p?a=1&b=%41+%zz%4&&a=2\na\na=b; c=\"d\";a", b"http://x:80?q\nq\n\"q\"=1;q=\"\"", b"*\n\n12345",
                        b"http://[::1]:3000/x?%61=%\na\na, b,,A", b"/?io=%e2%82%ac\nio\nio=abc; io=\"x\""],
        "eio_payload": [b"4a\x1ebAQID\x1e2probe\x1e6\x1e1\x1e5\x1eb\x1e4", b"bAQ==", b"bAQI=\x1e4", b"4\x1e", b"\x1e4"],
        # The first byte says what it is for: a URL, Set-Cookie lines, a text body of protocol 3, an octet-stream one.
        "client_parts": [b"\0https://user:p%40ss@example.com:8443/chat?token=x%20y&b=c#f", b"\0[::1]:3000", b"\0//a/\xc3\xb6",
                         b"\0ws://a?b", b"\1a=b; Path=/; Max-Age=5\nb=\"c\"; Expires=Sun, 06 Nov 1994 08:49:37 GMT\na=; max-age=0",
                         b"\1io=x;Expires=Sunday, 06-Nov-94 08:49:37 GMT\nio=y; Expires=Sun Nov  6 08:49:37 2094",
                         b"\0025:4a\xf0\x9d\x95\x8a\xe2\x82\xac6:2probe10:b4AQIDBA==", b"\0020:", b"\00207:42[1]",
                         b"\3\0\7\xff42[\"a\"]\1\5\xff\4\1\2\3\4", b"\3\0\6\xffb4AQ==", b"\3\1\5\xff\4\1\2"],
        "sio_packet": [b'52-/a,7["x",{"_placeholder":true,"num":1},[{"num":0,"_placeholder":true}]]\x1eab\x1ec',
                       b'61-0[{"_placeholder":true,"num":0}]\x1e', b'2["\\u0061\\ud83d\\ude00"," \xe2\x82\xac"]', b"2[1.5e3,-0]",
                       b'0/a?b=c,{"a":{}}', b"1/a,", b"39007199254740991[]"],
    }
    for target, texts in more.items():
        for i, text in enumerate(texts):
            seeds[target][f"own_{i}"] = text
    return seeds


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--check", action="store_true")
    check = arguments.parse_args().check
    stale = []
    for target, all_of_it in made().items():
        folder = here / "seeds" / target
        wanted, seen = {}, set()
        for name, data in all_of_it.items():
            if len(data) <= LARGEST and data not in seen:
                seen.add(data)
                wanted["made_" + name] = data
        for old in sorted(folder.glob("made_*")):
            if old.name not in wanted:
                stale.append(old)
                if not check:
                    old.unlink()
        for name, data in wanted.items():
            path = folder / name
            if not path.exists() or path.read_bytes() != data:
                stale.append(path)
                if not check:
                    folder.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
        print(f"{target}: {len(wanted)} seeds, {sum(map(len, wanted.values()))} bytes")
    if check and stale:
        print("run fuzz/make_seeds.py: stale are", *[path.relative_to(here) for path in stale[:10]])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
