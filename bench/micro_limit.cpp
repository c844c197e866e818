// What well-known JSON libraries need for the JSON of the same packets: RapidJSON and simdjson read it into their documents,
// and take the same values out; RapidJSON writes it from the same structs. Neither knows of packets.
#include "packets.hpp"

#include <benchmark/benchmark.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <simdjson.h>

namespace {

/// The JSON of a packet.
std::string json_of(void (*make)(packets::made&)) {
  const std::string text = packets::text_of(make);
  return text.substr(text.find('['));
}

// ---- RapidJSON -------------------------------------------------------------------------------------------------------

std::size_t read(const rapidjson::Value& v, bool table) {
  if (!table) return v.GetStringLength();
  std::size_t sum = 0;
  for (const auto& r : v.GetArray())
    sum += static_cast<std::size_t>(r["id"].GetInt()) + r["name"].GetStringLength() +
           static_cast<std::size_t>(r["score"].GetDouble()) + (r["active"].GetBool() ? 1 : 0);
  return sum;
}
void rapidjson_decode(benchmark::State& state, void (*make)(packets::made&), bool table) {
  const std::string json = json_of(make);
  for (auto _ : state) {
    rapidjson::Document d;
    d.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
    benchmark::DoNotOptimize(read(d[1], table));
  }
}
void rapidjson_ack(benchmark::State& state) {
  const std::string json = json_of(packets::encode_ack);
  for (auto _ : state) {
    rapidjson::Document d;
    d.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
    benchmark::DoNotOptimize(d[0].GetStringLength() + static_cast<std::size_t>(d[1].GetInt()));
  }
}

using writer = rapidjson::Writer<rapidjson::StringBuffer>;
void key(writer& w, std::string_view text) { w.Key(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
void string(writer& w, std::string_view text) { w.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
void put(writer& w, std::string_view text) { string(w, text); }
void put(writer& w, const std::vector<packets::row>& rows) {
  w.StartArray();
  for (const packets::row& r : rows) {
    w.StartObject();
    key(w, "id"), w.Int(r.id);
    key(w, "name"), string(w, r.name);
    key(w, "score"), w.Double(r.score);
    key(w, "active"), w.Bool(r.active);
    w.EndObject();
  }
  w.EndArray();
}
template <class T>
void rapidjson_encode(benchmark::State& state, std::string_view event, const T& what) {
  rapidjson::StringBuffer out;
  for (auto _ : state) {
    out.Clear();
    writer w(out);
    w.StartArray();
    string(w, event);
    put(w, what);
    w.EndArray();
    benchmark::DoNotOptimize(out.GetString());
  }
}
void rapidjson_encode_small(benchmark::State& s) { rapidjson_encode(s, "message", packets::small_text); }
void rapidjson_encode_1k(benchmark::State& s) { rapidjson_encode(s, "rows", packets::rows_1k); }
void rapidjson_encode_100k(benchmark::State& s) { rapidjson_encode(s, "rows", packets::rows_100k); }
void rapidjson_encode_ack(benchmark::State& state) {
  rapidjson::StringBuffer out;
  for (auto _ : state) {
    out.Clear();
    writer w(out);
    w.StartArray();
    string(w, "ok");
    w.Int(42);
    w.EndArray();
    benchmark::DoNotOptimize(out.GetString());
  }
}

// ---- simdjson --------------------------------------------------------------------------------------------------------

std::size_t read(simdjson::dom::element v, bool table) {
  if (!table) return std::string_view(v).size();
  std::size_t sum = 0;
  for (const simdjson::dom::element r : simdjson::dom::array(v))
    sum += static_cast<std::size_t>(std::int64_t(r["id"])) + std::string_view(r["name"]).size() +
           static_cast<std::size_t>(double(r["score"])) + (bool(r["active"]) ? 1 : 0);
  return sum;
}
void simdjson_decode(benchmark::State& state, void (*make)(packets::made&), bool table) {
  const simdjson::padded_string json(json_of(make));
  simdjson::dom::parser parser;
  for (auto _ : state) {
    simdjson::dom::element d = parser.parse(json);
    benchmark::DoNotOptimize(read(d.at(1), table));
  }
}
void simdjson_ack(benchmark::State& state) {
  const simdjson::padded_string json(json_of(packets::encode_ack));
  simdjson::dom::parser parser;
  for (auto _ : state) {
    simdjson::dom::element d = parser.parse(json);
    benchmark::DoNotOptimize(std::string_view(d.at(0)).size() + static_cast<std::size_t>(std::int64_t(d.at(1))));
  }
}

BENCHMARK_CAPTURE(rapidjson_decode, x, packets::encode_small, false)->Name("rapidjson/decode_small");
BENCHMARK_CAPTURE(rapidjson_decode, x, packets::encode_1k, true)->Name("rapidjson/decode_1k");
BENCHMARK_CAPTURE(rapidjson_decode, x, packets::encode_100k, true)->Name("rapidjson/decode_100k");
BENCHMARK_CAPTURE(rapidjson_decode, x, packets::encode_any_order, true)->Name("rapidjson/decode_any_order");
BENCHMARK(rapidjson_ack)->Name("rapidjson/decode_ack");
BENCHMARK(rapidjson_encode_small)->Name("rapidjson/encode_small");
BENCHMARK(rapidjson_encode_1k)->Name("rapidjson/encode_1k");
BENCHMARK(rapidjson_encode_100k)->Name("rapidjson/encode_100k");
BENCHMARK(rapidjson_encode_ack)->Name("rapidjson/encode_ack");
BENCHMARK_CAPTURE(simdjson_decode, x, packets::encode_small, false)->Name("simdjson/decode_small");
BENCHMARK_CAPTURE(simdjson_decode, x, packets::encode_1k, true)->Name("simdjson/decode_1k");
BENCHMARK_CAPTURE(simdjson_decode, x, packets::encode_100k, true)->Name("simdjson/decode_100k");
BENCHMARK_CAPTURE(simdjson_decode, x, packets::encode_any_order, true)->Name("simdjson/decode_any_order");
BENCHMARK(simdjson_ack)->Name("simdjson/decode_ack");

}  // namespace
