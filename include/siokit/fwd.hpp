// The names of what programs hold by reference or pointer, without what they are: for headers that mention siokit and need
// none of it. Including this costs next to nothing.
// Not for types that are passed by value (delivery, result, options): include the door they belong to.
#pragma once

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

class driver;
class message_driver;
struct host_services;

class server;
class nsp;
class socket;
class socket_ref;
class client;
class client_socket;
struct server_options;
struct client_options;
struct limits;

class value;
class value_view;
class value_writer;
class arguments;
class frame;
class batch;

template <class... A>
class ack;
template <class T>
class result;
template <class Signature>
class function;

SIOKIT_NAMESPACE_END
