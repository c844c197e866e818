// The C++20 module siokit: `import siokit;` instead of including <siokit/siokit.hpp>. It exports the names that programs use;
// what machines are made of (siokit::ws, siokit::json, ...) is reached by including its header.
// No macro is part of a module, and neither are the adapters, the interop headers and coro.hpp: include those before the
// import. Behind the CMake option SIOKIT_MODULE, since few compilers and only CMake 3.28 know what to do with it.
module;

#include <siokit/sim.hpp>
#include <siokit/siokit.hpp>

export module siokit;

export namespace siokit {
// Server and client.
using siokit::ack;
using siokit::ack_ref;
using siokit::admission;
using siokit::arguments;
using siokit::auth_reply;
using siokit::backoff;
using siokit::client;
using siokit::client_options;
using siokit::client_sender;
using siokit::client_socket;
using siokit::client_socket_options;
using siokit::close_reason;
using siokit::connect_error;
using siokit::cookie_options;
using siokit::cors_options;
using siokit::delivery;
using siokit::engine_path;
using siokit::engine_session;
using siokit::event;
using siokit::handshake;
using siokit::limits;
using siokit::listener_id;
using siokit::log_level;
using siokit::memory;
using siokit::next_fn;
using siokit::nsp;
using siokit::on_ack;
using siokit::on_each_ack;
using siokit::proxy_options;
using siokit::refusal;
using siokit::sender;
using siokit::server;
using siokit::server_options;
using siokit::socket;
using siokit::socket_id;
using siokit::socket_ref;
using siokit::target;
using siokit::to_stderr;

// Errors and small types.
using siokit::as_bytes;
using siokit::as_text;
using siokit::blame;
using siokit::bytes;
using siokit::bytes_view;
using siokit::errc;
using siokit::function;
using siokit::milliseconds;
using siokit::mutable_bytes;
using siokit::never;
using siokit::result;
using siokit::soft_errc;
using siokit::text;
using siokit::time_point;
using siokit::who;

// Values and codecs.
using siokit::arr;
using siokit::choice;
using siokit::codec;
using siokit::decodable;
using siokit::decode;
using siokit::encodable;
using siokit::encode;
using siokit::fields;
using siokit::member;
using siokit::obj;
using siokit::or_default;
using siokit::value;
using siokit::value_kind;
using siokit::value_member;
using siokit::value_view;
using siokit::value_writer;

// The contract with event loops.
using siokit::action;
using siokit::batch;
using siokit::driver;
using siokit::frame;
using siokit::host_services;
using siokit::link_end;
using siokit::link_id;
using siokit::link_info;
using siokit::message_action;
using siokit::message_driver;
using siokit::message_kind;
using siokit::request_head;
using siokit::wait_ms;
}  // namespace siokit

export namespace siokit::eio {
using siokit::eio::dial_options;
using siokit::eio::options;
using siokit::eio::transport;
}  // namespace siokit::eio

export namespace siokit::http {
using siokit::http::field;
using siokit::http::reply;
using siokit::http::request;
}  // namespace siokit::http

export namespace siokit::sim {
using siokit::sim::counters;
using siokit::sim::cut;
using siokit::sim::end;
using siokit::sim::flow;
using siokit::sim::host;
using siokit::sim::host_options;
using siokit::sim::link_options;
using siokit::sim::network;
using siokit::sim::peer;
using siokit::sim::pieces;
}  // namespace siokit::sim
