// Times of decoding and encoding one packet with siokit. The same names in micro_limit.cpp and peers/npm/parser.mjs are the same
// work on the same bytes.
#include "packets.hpp"

#include <benchmark/benchmark.h>

namespace {

void decode(benchmark::State& state, std::size_t (packets::reader::*read)(std::string_view), void (*make)(packets::made&)) {
  const std::string text = packets::text_of(make);
  packets::reader in;
  for (auto _ : state) benchmark::DoNotOptimize((in.*read)(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
void decode_binary(benchmark::State& state) {
  const std::string text = packets::text_of(packets::encode_binary);
  packets::reader in;
  for (auto _ : state) benchmark::DoNotOptimize(in.binary(text, siokit::as_bytes(packets::attachment)));
}
void decode_payload(benchmark::State& state) {
  std::string body = packets::payload_of_16();
  packets::reader in;
  for (auto _ : state) benchmark::DoNotOptimize(in.payload(std::as_writable_bytes(std::span(body))));
}
void encode(benchmark::State& state, void (*make)(packets::made&)) {
  for (auto _ : state) {
    packets::made out;
    make(out);
    benchmark::DoNotOptimize(out);
  }
}

BENCHMARK_CAPTURE(decode, x, &packets::reader::small, packets::encode_small)->Name("siokit/decode_small");
BENCHMARK_CAPTURE(decode, x, &packets::reader::table, packets::encode_1k)->Name("siokit/decode_1k");
BENCHMARK_CAPTURE(decode, x, &packets::reader::table, packets::encode_100k)->Name("siokit/decode_100k");
BENCHMARK_CAPTURE(decode, x, &packets::reader::table, packets::encode_any_order)->Name("siokit/decode_any_order");
BENCHMARK_CAPTURE(decode, x, &packets::reader::ack, packets::encode_ack)->Name("siokit/decode_ack");
BENCHMARK(decode_binary)->Name("siokit/decode_binary");
BENCHMARK(decode_payload)->Name("siokit/decode_payload");
BENCHMARK_CAPTURE(encode, x, packets::encode_small)->Name("siokit/encode_small");
BENCHMARK_CAPTURE(encode, x, packets::encode_1k)->Name("siokit/encode_1k");
BENCHMARK_CAPTURE(encode, x, packets::encode_100k)->Name("siokit/encode_100k");
BENCHMARK_CAPTURE(encode, x, packets::encode_ack)->Name("siokit/encode_ack");
BENCHMARK_CAPTURE(encode, x, packets::encode_binary)->Name("siokit/encode_binary");

}  // namespace
