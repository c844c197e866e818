// Bodies of interop/rapidjson.hpp.
#pragma once

#include <rapidjson/memorystream.h>

#include <siokit/text/repeated.hpp>

SIOKIT_NAMESPACE_BEGIN

template <class Handler>
class rapidjson_walker {
 public:
  explicit rapidjson_walker(Handler& out) : out_(out) {}

  errc walk(value_view v) {
    switch (v.kind()) {
      case value_kind::null: return told(out_.Null());
      case value_kind::number: return number(v);
      case value_kind::array: return array(v);
      case value_kind::object: return object(v);
      case value_kind::binary: return errc::unexpected_binary;
      case value_kind::boolean: {
        bool x = false;
        const errc e = v.as_bool(x);
        return e == errc::none ? told(out_.Bool(x)) : e;
      }
      case value_kind::string: break;
    }
    const std::string_view text = decoded(v);
    return told(out_.String(text.data(), size(text.size()), true));
  }

 private:
  static errc told(bool went_on) noexcept { return went_on ? errc::none : errc::bad_value; }
  static RAPIDJSON_NAMESPACE::SizeType size(std::size_t n) noexcept {
    return static_cast<RAPIDJSON_NAMESPACE::SizeType>(n);
  }
  /// Lives until the next one.
  std::string_view decoded(value_view text) {
    std::string_view raw;
    bool escaped = false;
    static_cast<void>(text.as_raw_string(raw, escaped));
    if (!escaped) return raw;
    decoded_.resize(raw.size());
    return {decoded_.data(), static_cast<std::size_t>(json::unescape(raw, decoded_.data()) - decoded_.data())};
  }
  /// The narrowest call that fits, as RapidJSON's reader makes it.
  errc number(value_view v) {
    const std::string_view digits = v.json();
    std::int64_t i = 0;
    std::uint64_t u = 0;
    double d = 0;
    if (digits != "-0" && digits.find_first_of(".eE") == std::string_view::npos) {
      if (v.as_uint64(u) == errc::none)
        return told(std::in_range<unsigned>(u) ? out_.Uint(static_cast<unsigned>(u)) : out_.Uint64(u));
      if (v.as_int64(i) == errc::none)
        return told(std::in_range<int>(i) ? out_.Int(static_cast<int>(i)) : out_.Int64(i));
    }
    const errc e = v.as_double(d);
    return e == errc::none ? told(out_.Double(d)) : e;
  }
  errc array(value_view v) {
    if (!out_.StartArray()) return errc::bad_value;
    std::size_t n = 0;
    for (const value_view element : v.elements()) {
      const errc e = walk(element);
      if (e != errc::none) return v.failed_at(e, element, n);
      ++n;
    }
    return told(out_.EndArray(size(n)));
  }
  errc object(value_view v) {
    if (!out_.StartObject()) return errc::bad_value;
    std::size_t n = 0;
    for (const auto [name, inner] : v.members()) {
      const std::string_view key = decoded(name);
      if (!out_.Key(key.data(), size(key.size()), true)) return errc::bad_value;
      const errc e = walk(inner);
      if (e != errc::none) return v.failed_at(e, inner, decoded(name));
      ++n;
    }
    return told(out_.EndObject(size(n)));
  }

  Handler& out_;
  std::string decoded_;
};

template <class Handler>
inline errc rapidjson_walk(value_view v, Handler& handler) {
  return rapidjson_walker<Handler>(handler).walk(v);
}

template <unsigned Flags, class Handler>
inline errc rapidjson_parse(value_view v, Handler& handler) {
  namespace rj = RAPIDJSON_NAMESPACE;
  static_assert((Flags & rj::kParseInsituFlag) == 0, "the text of a message is not ours to change: no kParseInsituFlag");
  if (v.context() != nullptr && !v.context()->attachments.empty()) {
    rj::BaseReaderHandler<> nothing;  // the walk finds binary
    const errc e = rapidjson_walk(v, nothing);
    if (e != errc::none) return e;
  }
  const std::string_view text = v.json();
  rj::MemoryStream stream(text.data(), text.size());
  rj::Reader reader;
  switch (reader.template Parse<Flags>(stream, handler).Code()) {
    case rj::kParseErrorNone: return errc::none;
    case rj::kParseErrorTermination: return errc::bad_value;
    case rj::kParseErrorNumberTooBig: return errc::out_of_range;
    case rj::kParseErrorStringUnicodeSurrogateInvalid: return errc::json_bad_escape;
    default: return errc::json_unexpected_char;
  }
}

/// Leaves of the members with one name the first place and the last value, in all objects of a document.
template <class Value>
inline void rapidjson_drop_repeated(Value& v) {
  if (v.IsArray()) {
    for (auto* x = v.Begin(); x != v.End(); ++x) rapidjson_drop_repeated(*x);
    return;
  }
  if (!v.IsObject()) return;
  // By position: in C++20 the iterators of RapidJSON 1.1.0 do not compare without a warning.
  const auto member = v.MemberBegin();
  auto n = static_cast<std::size_t>(v.MemberCount());
  const auto at = [&](std::size_t i) -> auto& { return *(member + static_cast<std::ptrdiff_t>(i)); };
  std::vector<bool> repeated;
  for_each_repeated(
      n, [&](std::size_t i) { return std::string_view(at(i).name.GetString(), at(i).name.GetStringLength()); },
      [&](std::size_t first, std::size_t later) {
        repeated.resize(n);
        repeated[later] = true;
        at(first).value = std::move(at(later).value);
      });
  if (!repeated.empty()) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (repeated[i]) continue;
      if (kept != i) {
        at(kept).name = std::move(at(i).name);
        at(kept).value = std::move(at(i).value);
      }
      ++kept;
    }
    v.EraseMember(member + static_cast<std::ptrdiff_t>(kept), v.MemberEnd());
    n = kept;
  }
  for (std::size_t i = 0; i < n; ++i) rapidjson_drop_repeated(at(i).value);
}

template <class Encoding, class Allocator>
  requires std::same_as<typename Encoding::Ch, char>
inline void codec<RAPIDJSON_NAMESPACE::GenericValue<Encoding, Allocator>>::write(value_writer& w, const value_type& in) {
  rapidjson_writer out(w);
  static_cast<void>(in.Accept(out));  // false when the writer failed, which it says itself
}

template <class Encoding, class Allocator, class StackAllocator>
  requires std::same_as<typename Encoding::Ch, char>
inline errc codec<RAPIDJSON_NAMESPACE::GenericDocument<Encoding, Allocator, StackAllocator>>::read(value_view v,
                                                                                            document& out) {
  errc e = errc::none;
  const auto fill = [&](document& handler) {
    e = rapidjson_walk(v, handler);
    return e == errc::none;
  };
  out.Populate(fill);
  if (e == errc::none) rapidjson_drop_repeated(out);
  return e;
}

template <unsigned Flags, class Document>
inline errc codec<rapidjson_parsed<Flags, Document>>::read(value_view v, rapidjson_parsed<Flags, Document>& out) {
  errc e = errc::none;
  const auto fill = [&](Document& handler) {
    e = rapidjson_parse<Flags>(v, handler);
    return e == errc::none;
  };
  out.document.Populate(fill);
  return e;
}

template <bool Const, class Value>
inline void codec<RAPIDJSON_NAMESPACE::GenericArray<Const, Value>>::write(
    value_writer& w, const RAPIDJSON_NAMESPACE::GenericArray<Const, Value>& in) {
  w.begin_array();
  for (auto x = in.Begin(); x != in.End(); ++x) encode(w, *x);
  w.end_array();
}

template <bool Const, class Value>
inline void codec<RAPIDJSON_NAMESPACE::GenericObject<Const, Value>>::write(
    value_writer& w, const RAPIDJSON_NAMESPACE::GenericObject<Const, Value>& in) {
  w.begin_object();
  auto member = in.MemberBegin();
  for (std::size_t left = in.MemberCount(); left != 0; --left, ++member) {
    w.key({member->name.GetString(), member->name.GetStringLength()});
    encode(w, member->value);
  }
  w.end_object();
}

SIOKIT_NAMESPACE_END
