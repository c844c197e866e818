// The client side of siokit: one include for a program that joins a server.
// Adapters are not in it: include the one you use, siokit/adapters/epoll.hpp for example.
// What it can do is in sio/client.hpp and sio/client_socket.hpp, what shapes it in sio/client_options.hpp.
#pragma once

#include <siokit/sio/client.hpp>
