// The packets that the micro-benchmarks and tests/counted decode and encode: their bytes, what a program reads out of them,
// and both operations with siokit. Decoding is what the server does with a message before a handler has its arguments: header,
// one check of the JSON, arguments read, strings lent. Encoding is what emit() does: arguments to a frame ready to send.
#pragma once

#include <siokit/eio/payload.hpp>
#include <siokit/sio/assembler.hpp>
#include <siokit/sio/emit.hpp>
#include <siokit/text/describe.hpp>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace packets {

struct row {
  int id = 0;
  std::string_view name;
  double score = 0;
  bool active = false;
};
SIOKIT_FIELDS(row, id, name, score, active)

/// A row whose members are written in another order, beginning with member number `first`.
struct turned_row {
  const row& in;
  std::size_t first;
};

}  // namespace packets

template <>
struct siokit::codec<packets::turned_row> {
  static void write(value_writer& w, const packets::turned_row& row) {
    w.begin_object();
    for (std::size_t i = 0; i < 4; ++i) {
      switch ((row.first + i) % 4) {
        case 0: w.key("id"), encode(w, row.in.id); break;
        case 1: w.key("name"), encode(w, row.in.name); break;
        case 2: w.key("score"), encode(w, row.in.score); break;
        default: w.key("active"), encode(w, row.in.active); break;
      }
    }
    w.end_object();
  }
};

namespace packets {

/// A small event is a name and a short text.
inline constexpr std::string_view small_text = "hello, world";

/// Rows whose JSON is about this long. Their names live as long as the program.
inline std::vector<row> rows(std::size_t bytes) {
  static std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (int i = 0; i < 2000; ++i) out.push_back("user number " + std::to_string(i));
    return out;
  }();
  std::vector<row> out;
  for (std::size_t i = 0; i * 68 < bytes; ++i)
    out.push_back({static_cast<int>(1000 + i), names[i % names.size()], static_cast<double>(i * 7 % 100) + 0.5, i % 2 == 0});
  return out;
}
inline const std::vector<row> rows_1k = rows(1024), rows_100k = rows(100 * 1024);
/// The same, each in an order that has nothing to do with that of the row before.
inline std::vector<turned_row> turned(const std::vector<row>& rows) {
  std::vector<turned_row> out;
  std::uint32_t luck = 1;
  for (const row& r : rows) out.push_back({r, (luck = luck * 1664525 + 1013904223) >> 30});
  return out;
}
inline const std::string attachment(1024, '\x5a');

inline siokit::pool frames;

// ---- encoding --------------------------------------------------------------------------------------------------------

/// Everything an emit makes: the frame of the text, then those of attachments.
using made = siokit::sio::encoded;

template <class... A>
inline void encode(made& out, std::string_view event, const A&... a) {
  if (siokit::sio::encode_event({frames, "/", event}, out, a...) != siokit::errc::none) std::abort();
}
inline void encode_small(made& out) { encode(out, "message", small_text); }
inline void encode_1k(made& out) { encode(out, "rows", rows_1k); }
inline void encode_100k(made& out) { encode(out, "rows", rows_100k); }
inline void encode_any_order(made& out) { encode(out, "rows", turned(rows_100k)); }
inline void encode_binary(made& out) { encode(out, "file", siokit::as_bytes(attachment)); }
inline void encode_ack(made& out) {
  siokit::sio::event_writer w({frames, {}}, "/", 17);
  w.add(std::string_view("ok"));
  w.add(42);
  if (w.finish(out) != siokit::errc::none) std::abort();
}

/// The text of a packet: a Socket.IO packet without the digit of Engine.IO.
template <class Encode>
inline std::string text_of(Encode&& encode_one) {
  made out;
  encode_one(out);
  return std::string(siokit::as_text(out.frames()[0].payload()).substr(1));
}
inline std::string payload_of_16() {
  std::string out;
  for (int i = 0; i < 16; ++i) out.append(i == 0 ? "4" : "\x1e" "4").append(text_of(encode_small));
  return out;
}

// ---- decoding --------------------------------------------------------------------------------------------------------

class reader {
 public:
  reader() { context_.scratch = &scratch_; }

  /// Each returns something that depends on all that was read, so that nothing is left out.
  std::size_t small(std::string_view text) {
    std::string_view out;
    check(take(text)[0].read(out));
    return out.size();
  }
  std::size_t table(std::string_view text) {
    std::size_t sum = 0;
    for (const siokit::value_view v : take(text)[0].elements()) {
      row r;
      check(v.read(r));
      sum += static_cast<std::size_t>(r.id) + r.name.size() + static_cast<std::size_t>(r.score) + (r.active ? 1 : 0);
    }
    return sum;
  }
  std::size_t ack(std::string_view text) {
    siokit::sio::packet p;
    check(siokit::sio::decode(text, limits_, p));
    const siokit::arguments args = siokit::sio::arguments_of(p, {}, context_);
    siokit::sio::argument_cursor at(args);
    std::string_view word;
    int number = 0;
    check(siokit::sio::read_argument(at, word));
    check(siokit::sio::read_argument(at, number));
    return word.size() + static_cast<std::size_t>(number) + p.id;
  }
  std::size_t binary(std::string_view text, siokit::bytes_view bytes) {
    siokit::sio::packet p;
    check(siokit::sio::decode(text, limits_, p));
    siokit::sio::assembler whole(frames);
    check(whole.begin(text, p));
    check(whole.add(bytes, limits_));
    siokit::bytes_view out;
    check(siokit::sio::arguments_of(whole.whole(), whole.attachments(), context_)[0].as_binary(out));
    return out.size();
  }
  std::size_t payload(std::span<std::byte> body) {
    std::size_t sum = 0;
    for (bool last = false; !last;) {
      siokit::eio::packet p;
      siokit::mutable_bytes rest;
      check(siokit::eio::take_packet(body, p, rest, last));
      sum += small(siokit::as_text(p.data));
      body = rest;
    }
    return sum;
  }

 private:
  static void check(siokit::errc e) {
    if (e != siokit::errc::none) std::abort();
  }
  siokit::arguments take(std::string_view text) {
    siokit::sio::packet p;
    check(siokit::sio::decode(text, limits_, p));
    return siokit::sio::arguments_of(p, {}, context_);
  }

  siokit::limits limits_;
  siokit::arena scratch_{frames};
  siokit::value_context context_;
};

}  // namespace packets
