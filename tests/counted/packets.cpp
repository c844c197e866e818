// Decoding and encoding of the packets of bench/packets.hpp, one by one: run under callgrind by `run`, which counts what is
// inside of counted() and compares it with a budget. The case is the argument; 100 operations are counted, after a first
// one that may allocate.
#include "../../bench/packets.hpp"

#include <cstdio>

namespace {

int operations = 0;
volatile std::size_t kept = 0;

template <class F>
[[gnu::noinline]] void counted(F& once) {
  for (int i = 0; i < 100; ++i) once();
  asm volatile("" ::: "memory");
}
template <class F>
int measure(F once) {
  once();
  counted(once);
  return ++operations;
}

using reading = std::size_t (packets::reader::*)(std::string_view);
int decode(reading read, void (*make)(packets::made&)) {
  const std::string text = packets::text_of(make);
  packets::reader in;
  return measure([&] { kept = (in.*read)(text); });
}
int decode_binary() {
  const std::string text = packets::text_of(packets::encode_binary);
  packets::reader in;
  return measure([&] { kept = in.binary(text, siokit::as_bytes(packets::attachment)); });
}
int decode_payload() {
  std::string body = packets::payload_of_16();
  packets::reader in;
  return measure([&] { kept = in.payload(std::as_writable_bytes(std::span(body))); });
}
int encode(void (*make)(packets::made&)) {
  return measure([&] {
    packets::made out;
    make(out);
    kept = out.frames().size();
  });
}

int run(std::string_view name) {
  using packets::reader;
  if (name == "decode_small") return decode(&reader::small, packets::encode_small);
  if (name == "decode_1k") return decode(&reader::table, packets::encode_1k);
  if (name == "decode_ack") return decode(&reader::ack, packets::encode_ack);
  if (name == "decode_binary") return decode_binary();
  if (name == "decode_payload") return decode_payload();
  if (name == "encode_small") return encode(packets::encode_small);
  if (name == "encode_binary") return encode(packets::encode_binary);
  if (name == "encode_1k") return encode(packets::encode_1k);
  if (name == "encode_ack") return encode(packets::encode_ack);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && run(argv[1]) == 1) return 0;
  std::fprintf(stderr, "usage: packets CASE\n");
  return 2;
}
