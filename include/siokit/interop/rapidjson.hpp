// RapidJSON with siokit: include it, and rapidjson::Document is a parameter of handlers, Document, Value, arrays and
// objects of them are arguments and replies, and RapidJSON's SAX handlers read what was received.
//   io.on("order", [](const rapidjson::Document& order) { use(order["id"].GetInt()); });
// The text is checked by siokit first, depth and size included, and read by siokit: a document is filled through
// RapidJSON's SAX interface. Where its own parser is wanted, with its flags, that is rapidjson_parsed.
// For RapidJSON 1.1.0 and later; with char as the unit of text. Not a JSON library of its own.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/reader.h>

#include <siokit/text/value.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Tells a SAX handler of RapidJSON what the value holds, members as they were sent. Binary, which RapidJSON has no form
/// for, is errc::unexpected_binary, noted in the path; bad_value when the handler returns false.
template <class Handler>
errc rapidjson_walk(value_view v, Handler& handler);

/// Has RapidJSON's own parser read the text of the value, with its flags and rules (how to round, numbers as strings),
/// into a SAX handler. Half a surrogate pair is errc::json_bad_escape here, as RapidJSON has it, and 1e999 out_of_range.
template <unsigned Flags = RAPIDJSON_NAMESPACE::kParseDefaultFlags, class Handler>
errc rapidjson_parse(value_view v, Handler& handler);

/// A parameter for documents that RapidJSON's own parser makes:
///   io.on("pay", [](const siokit::rapidjson_parsed<rapidjson::kParseNumbersAsStringsFlag>& in) { in.document["sum"]; });
template <unsigned Flags = RAPIDJSON_NAMESPACE::kParseDefaultFlags, class Document = RAPIDJSON_NAMESPACE::Document>
struct rapidjson_parsed {
  Document document;
};

/// A SAX handler of RapidJSON that writes into a value_writer: value.Accept(handler), reader.Parse(stream, handler).
/// Returns false, which ends the source, once the writer has failed.
class rapidjson_writer {
 public:
  using Ch = char;
  explicit rapidjson_writer(value_writer& out) noexcept : out_(out) {}

  bool Null() noexcept { return out_.null(), good(); }
  bool Bool(bool x) noexcept { return out_.boolean(x), good(); }
  bool Int(int x) noexcept { return out_.integer(x), good(); }
  bool Uint(unsigned x) noexcept { return out_.unsigned_integer(x), good(); }
  bool Int64(std::int64_t x) noexcept { return out_.integer(x), good(); }
  bool Uint64(std::uint64_t x) noexcept { return out_.unsigned_integer(x), good(); }
  bool Double(double x) noexcept { return out_.number(x), good(); }
  bool RawNumber(const char* x, RAPIDJSON_NAMESPACE::SizeType size, bool) noexcept {
    return out_.raw({x, size}), good();
  }
  bool String(const char* x, RAPIDJSON_NAMESPACE::SizeType size, bool) noexcept { return out_.string({x, size}), good(); }
  bool Key(const char* x, RAPIDJSON_NAMESPACE::SizeType size, bool) noexcept { return out_.key({x, size}), good(); }
  bool StartObject() noexcept { return out_.begin_object(), good(); }
  bool EndObject(RAPIDJSON_NAMESPACE::SizeType) noexcept { return out_.end_object(), good(); }
  bool StartArray() noexcept { return out_.begin_array(), good(); }
  bool EndArray(RAPIDJSON_NAMESPACE::SizeType) noexcept { return out_.end_array(), good(); }

 private:
  bool good() const noexcept { return out_.error() == errc::none; }
  value_writer& out_;
};

/// Sent as it stands, numbers exactly. A Value alone cannot be received: it has no memory of its own.
template <class Encoding, class Allocator>
  requires std::same_as<typename Encoding::Ch, char>
struct codec<RAPIDJSON_NAMESPACE::GenericValue<Encoding, Allocator>> {
  using value_type = RAPIDJSON_NAMESPACE::GenericValue<Encoding, Allocator>;
  static errc read(value_view, value_type&) {
    static_assert(std::is_void_v<Allocator>,
                  "a rapidjson::Value has no memory of its own to be received into: take a rapidjson::Document");
    return errc::bad_value;
  }
  static void write(value_writer& w, const value_type& in);
};

/// Owns all it holds. Of several members with one name the last one counts, as everywhere in siokit.
template <class Encoding, class Allocator, class StackAllocator>
  requires std::same_as<typename Encoding::Ch, char>
struct codec<RAPIDJSON_NAMESPACE::GenericDocument<Encoding, Allocator, StackAllocator>> {
  using document = RAPIDJSON_NAMESPACE::GenericDocument<Encoding, Allocator, StackAllocator>;
  static errc read(value_view v, document& out);
  static void write(value_writer& w, const document& in) {
    codec<RAPIDJSON_NAMESPACE::GenericValue<Encoding, Allocator>>::write(w, in);
  }
};

template <unsigned Flags, class Document>
struct codec<rapidjson_parsed<Flags, Document>> {
  static errc read(value_view v, rapidjson_parsed<Flags, Document>& out);
};

/// What GetArray() and GetObject() give.
template <bool Const, class Value>
struct codec<RAPIDJSON_NAMESPACE::GenericArray<Const, Value>> {
  static void write(value_writer& w, const RAPIDJSON_NAMESPACE::GenericArray<Const, Value>& in);
};
template <bool Const, class Value>
struct codec<RAPIDJSON_NAMESPACE::GenericObject<Const, Value>> {
  static void write(value_writer& w, const RAPIDJSON_NAMESPACE::GenericObject<Const, Value>& in);
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/interop/rapidjson.ipp>
