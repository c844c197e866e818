// Prints the packets of the micro-benchmarks as one JSON object, for peers that are not C++.
#include "packets.hpp"

#include <cstdio>

int main() {
  siokit::frame_builder out(packets::frames);
  siokit::value_writer w(out);
  w.begin_object();
  const auto put = [&](std::string_view name, std::string_view text) {
    w.key(name);
    w.string(text);
  };
  put("small", packets::text_of(packets::encode_small));
  put("1k", packets::text_of(packets::encode_1k));
  put("100k", packets::text_of(packets::encode_100k));
  put("any_order", packets::text_of(packets::encode_any_order));
  put("ack", packets::text_of(packets::encode_ack));
  put("binary", packets::text_of(packets::encode_binary));
  put("attachment", packets::attachment);
  put("payload", packets::payload_of_16());
  w.end_object();
  const std::string_view text = out.written();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
