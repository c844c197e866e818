// What a header of a program may say after fwd.hpp.
#pragma once

int answers(siokit::server*, siokit::client*);
int pass_on(siokit::server*, siokit::client*);

struct mentions {
  siokit::nsp* room = nullptr;
  siokit::socket* peer = nullptr;
  siokit::client_socket* own = nullptr;
  void (*each)(siokit::socket&, const siokit::value&, const siokit::arguments&) = nullptr;
  void (*ack)(siokit::ack<int, bool>&, const siokit::result<int>&, siokit::function<void(int)>&) = nullptr;
  void (*host)(siokit::driver&, siokit::message_driver&, const siokit::host_services&, siokit::batch&) = nullptr;
  void (*made)(const siokit::server_options&, const siokit::client_options&, const siokit::limits&) = nullptr;
  void (*text)(siokit::value_view&, siokit::value_writer&, siokit::frame&, siokit::socket_ref&) = nullptr;
};
