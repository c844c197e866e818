"""The contract of examples/bench.cpp on python-socketio (ASGI, uvicorn, uvloop): python server.py PORT"""
import os
import socket
import sys

import socketio
import uvicorn

io = socketio.AsyncServer(async_mode="asgi")


@io.event
async def connect(sid, environ, auth):
    await io.enter_room(sid, "all")


@io.event
async def echo(sid, x):
    return x


@io.event
async def bcast(sid, x):
    await io.emit("msg", x, room="all")


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
listener.listen(4096)
print("listening", os.getpid(), listener.getsockname()[1], flush=True)
config = uvicorn.Config(socketio.ASGIApp(io), log_level="error", access_log=False, loop="uvloop", http="httptools")
uvicorn.Server(config).run(sockets=[listener])
