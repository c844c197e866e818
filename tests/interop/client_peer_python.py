"""The same with python-socketio on aiohttp: client_peer_python.py --port N [--options JSON], the options of AsyncServer."""
import argparse
import asyncio
import http.cookies
import json
import os
import urllib.parse

import socketio
from aiohttp import web
from engineio.payload import Payload

# By itself this server gives up on a POST that brings more than 16 packets, whoever the client is.
Payload.max_decode_packets = 1000

given = argparse.ArgumentParser()
given.add_argument("--port", type=int, default=0)
given.add_argument("--options", type=json.loads, default={})
given = given.parse_args()

io = socketio.AsyncServer(async_mode="aiohttp", max_http_buffer_size=1_500_000, namespaces=["/", "/auth", "/any", "/quiet"],
                          **{"ping_interval": 1, "ping_timeout": 4, **given.options})
seen = {}   # sid -> what the handshake brought


def headers(environ):
    cookies = http.cookies.SimpleCookie(environ.get("HTTP_COOKIE", ""))
    query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
    return {"header": environ.get("HTTP_X_INTEROP"), "query": query.get("who", [None])[0],
            "cookie": cookies["session"].value if "session" in cookies else None}


@io.on("connect")
async def connect(sid, environ, auth):
    seen[sid] = {**headers(environ), "auth": auth or {}}


@io.on("disconnect")
async def disconnect(sid, reason):
    seen.pop(sid, None)


@io.on("echo")
async def echo(sid, *args):
    await io.emit("echo", args, to=sid)


@io.on("echo-ack")
async def echo_ack(sid, *args):
    return args


@io.on("binary")
async def binary(sid, size, count):
    parts = [bytes([k]) * size for k in range(count)]
    await io.emit("binary", ({"first": parts[0], "rest": parts[1:]}, "end"), to=sid)


@io.on("big")
async def big(sid, size):
    await io.emit("big", "x" * size, to=sid)


@io.on("burst")
async def burst(sid, count):
    for i in range(count):
        await io.emit("number", i, to=sid)


async def forever():
    await asyncio.Event().wait()


@io.on("never")
async def never(sid):
    await forever()


@io.on("ask")
async def ask(sid, ms, event, payload):
    answer = asyncio.get_running_loop().create_future()
    await io.emit(event, (payload,), to=sid, callback=lambda *args: answer.set_result(args))
    try:
        await io.emit("asked", (True, *await asyncio.wait_for(answer, ms / 1000 if ms else None)), to=sid)
    except asyncio.TimeoutError:
        await io.emit("asked", False, to=sid)


@io.on("join")
async def join(sid, room):
    await io.enter_room(sid, room)
    return True


@io.on("leave")
async def leave(sid, room):
    await io.leave_room(sid, room)
    return True


@io.on("to")
async def to(sid, room, text):
    await io.emit("heard", text, room=room, skip_sid=sid)
    return True


@io.on("in")
@io.on("in-binary")
async def in_room(sid, room, what):
    await io.emit("heard", what, room=room)
    return True


async def kick_from(sid, close, namespace):
    session = io.manager.eio_sid_from_sid(sid, namespace)
    for each in ["/", "/quiet"] if close else [namespace]:
        await io.disconnect(io.manager.sid_from_eio_sid(session, each), each)


@io.on("kick")
async def kick(sid, close):
    await kick_from(sid, close, "/")


@io.on("handshake")
async def handshake(sid):
    return seen[sid]


@io.on("connect", namespace="/auth")
async def auth_connect(sid, environ, auth):
    token = (auth or {}).get("token")
    if token is None:
        raise socketio.exceptions.ConnectionRefusedError("no token")
    if token != "secret":
        raise socketio.exceptions.ConnectionRefusedError("not authorized", {"code": 401, "detail": ["wrong", "token"]})
    seen[sid] = auth.get("user", "nobody")
    # The CONNECT reply leaves after this handler: what is emitted now would overtake it.
    asyncio.get_running_loop().call_soon(lambda: io.start_background_task(io.emit, "welcome", (seen[sid], auth), to=sid, namespace="/auth"))


@io.on("whoami", namespace="/auth")
async def whoami(sid):
    return seen[sid]


@io.on("connect", namespace="/any")
async def any_connect(sid, environ, auth):
    pass


@io.on("*", namespace="/any")
async def any_event(event, sid, *args):
    if event != "disconnect":
        await io.emit("any", event, to=sid, namespace="/any")


@io.on("echo", namespace="/quiet")
async def quiet_echo(sid, *args):
    await io.emit("echo", args, to=sid, namespace="/quiet")


@io.on("where", namespace="/quiet")
async def where(sid):
    return "/quiet"


@io.on("kick", namespace="/quiet")
async def quiet_kick(sid, close):
    await kick_from(sid, close, "/quiet")


async def main():
    app = web.Application(client_max_size=2_000_000)
    io.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", given.port, reuse_address=True)
    await site.start()
    print(f"listening {os.getpid()} {site._server.sockets[0].getsockname()[1]}", flush=True)
    await forever()


asyncio.run(main())
