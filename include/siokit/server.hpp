// The server side of siokit: one include for a program that serves.
// Adapters are not in it: include the one you use, siokit/adapters/epoll.hpp for example.
// What it can do is in sio/server.hpp, sio/nsp.hpp and sio/socket.hpp.
#pragma once

#include <siokit/sio/server.hpp>
