// Bodies of text/value_writer.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

SIOKIT_NEVER_INLINE SIOKIT_INLINE void attachment_sink::release() noexcept {
  const std::size_t n = room();
  for (std::size_t i = 0; i < n; ++i) frames_[i].~frame();
  pool_.free(frames_, n * sizeof(frame));
}

/// Full; one more is to be added.
SIOKIT_INLINE bool attachment_sink::grow() noexcept {
  const std::size_t n = size_ == 0 ? 4 : size_ * 2;
  auto* const more = static_cast<frame*>(pool_.alloc(n * sizeof(frame)));
  if (more == nullptr) return false;
  for (std::size_t i = 0; i < n; ++i) ::new (static_cast<void*>(more + i)) frame(i < size_ ? std::move(frames_[i]) : frame{});
  if (frames_ != nullptr) release();
  frames_ = more;
  return true;
}

SIOKIT_INLINE errc attachment_sink::add(bytes_view in) noexcept {
  if (size_ >= limit_) return errc::sio_too_many_attachments;
  frame made = frame::copy(pool_, frame_kind::binary, in);
  if (!made || (size_ == room() && !grow())) return errc::out_of_memory;
  frames_[size_++] = std::move(made);
  return errc::none;
}

SIOKIT_INLINE void value_writer::fail(errc e) noexcept {
  if (error_ == errc::none) error_ = e;
  state_ = 0;
}

SIOKIT_INLINE char* value_writer::refuse() noexcept {
  fail(errc::bad_value);
  return nullptr;
}

SIOKIT_INLINE char* value_writer::no_room() noexcept {
  fail(errc::out_of_memory);
  return nullptr;
}

template <class Floating>
inline void value_writer::floating(Floating x) noexcept {
  if (!number::is_finite(static_cast<double>(x))) return null();
  digits(x);
}

SIOKIT_INLINE void value_writer::number(double x) noexcept { floating(x); }
SIOKIT_INLINE void value_writer::number(float x) noexcept { floating(x); }

SIOKIT_INLINE void value_writer::begin(char bracket, std::uint8_t due) noexcept {
  if (depth_ == deepest) fail(errc::json_too_deep);
  char* const at = piece(1, value_due);
  if (at == nullptr) return;
  *at = bracket;
  out_.commit(at + 1);
  outer_[depth_++] = after_;
  after_ = state_ = due;
  suspect_ = false;
}

/// Puts the closing bracket, in place of the last comma, and returns what is behind it.
SIOKIT_ALWAYS_INLINE char* value_writer::put_end(char bracket) noexcept {
  char* at = out_.end();
  if (at[-1] != ',') ++at;
  at[-1] = bracket;
  return at;
}

SIOKIT_INLINE void value_writer::end(char bracket, std::uint8_t due) noexcept {
  // An object may not end between a key and its value.
  if (after_ != due || state_ != due) return static_cast<void>(refuse());
  if (out_.reserve(2) == nullptr) return static_cast<void>(no_room());
  after_ = outer_[--depth_];
  suspect_ = false;
  done(put_end(bracket));
}

SIOKIT_ALWAYS_INLINE bool value_writer::end_all() noexcept {
  if (depth_ != 1 || state_ != value_due || after_ != value_due) {
    fail(errc::bad_value);
    return false;
  }
  out_.commit(put_end(']'));
  depth_ = state_ = after_ = 0;
  return true;
}

/// A string or a key is written up to its closing quote.
SIOKIT_ALWAYS_INLINE void value_writer::end_quoted(char* at, std::uint8_t due) noexcept {
  *at++ = '"';
  if (due != key_due) return done(at);
  *at = ':';
  out_.commit(at + 1);
  state_ = value_due;
}

SIOKIT_ALWAYS_INLINE char* value_writer::put_short(char* at, std::string_view text, char behind) noexcept {
  const std::size_t n = text.size();
  if (n >= std::size_t{scan::native::width}) return nullptr;
  *at = '"';
  if (!scan::native::copy_few<scan::not_plain>(text.data(), n, at + 1)) return nullptr;
  at[n + 1] = '"';
  at[n + 2] = behind;
  return at + n + 3;
}

/// Most strings and keys are short and plain, and there is room for them. Then nothing is called, and so no register saved.
SIOKIT_ALWAYS_INLINE void value_writer::quoted(std::string_view in, std::uint8_t due) noexcept {
  frame_builder& out = out_;
  if (state_ != due || !out.has_room(scan::native::width + around_short)) return quoted_slowly(in, due);
  char* const end = put_short(out.end(), in, due == key_due ? ':' : ',');
  if (end == nullptr) return quoted_slowly(in, due);
  out.commit(end);
  state_ = due == key_due ? value_due : after_;
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE void value_writer::quoted_slowly(std::string_view in, std::uint8_t due) noexcept {
  char* at = piece(in.size() + 2, due);
  if (at == nullptr) return;
  *at = '"';
  if (scan::native::copy_unless<scan::not_plain>(in.data(), in.size(), at + 1)) {
    at += in.size() + 1;
  } else {
    out_.commit(at + 1);
    at = hard_string(in);
    if (at == nullptr) return;
  }
  end_quoted(at, due);
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE void value_writer::string(std::string_view text) noexcept { quoted(text, value_due); }

SIOKIT_NEVER_INLINE SIOKIT_INLINE void value_writer::key(std::string_view name) noexcept {
  suspect_ = name == "_placeholder";
  quoted(name, key_due);
}

/// From behind the opening quote up to the closing one, for a string some of whose characters need attention.
SIOKIT_NEVER_INLINE SIOKIT_INLINE char* value_writer::hard_string(std::string_view in) noexcept {
  const char* at = in.data();
  const char* const end = at + in.size();
  // As JSON.stringify: a letter for five of the control characters, \u00xx for the others.
  constexpr std::string_view letters = "\b\f\n\r\t\"\\";
  constexpr std::string_view written = "bfnrt\"\\";
  constexpr std::string_view hex = "0123456789abcdef";
  while (at != end) {
    const auto c = static_cast<unsigned char>(*at);
    const char* stop = at;
    if (!scan::not_plain::byte(c)) {
      stop = scan::native::find<scan::not_plain>(at, end);
      out_.put(std::string_view(at, static_cast<std::size_t>(stop - at)));
    } else if (c >= 0x80) {
      std::size_t n = 0;
      while (stop != end && scan::not_ascii::byte(static_cast<unsigned char>(*stop)) && (n = utf8::sequence(stop, end)))
        stop += n;
      out_.put(stop != at ? std::string_view(at, static_cast<std::size_t>(stop - at)) : utf8::replacement);
      if (stop == at) stop += utf8::ill_formed(at, end);
    } else {
      const std::size_t letter = letters.find(*at);
      const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      const char shorter[] = {'\\', letter < written.size() ? written[letter] : ' '};
      out_.put(letter < written.size() ? std::string_view(shorter, 2) : std::string_view(escape, 6));
      ++stop;
    }
    at = stop;
  }
  char* const behind = out_.reserve(2);
  return behind == nullptr ? no_room() : behind;
}

SIOKIT_INLINE void value_writer::binary(bytes_view in) noexcept {
  if (sink_ != nullptr) {
    if (!is_due(value_due)) return static_cast<void>(refuse());
    char* const at = attach(in);
    return at == nullptr ? void() : done(at);
  }
  begin_object();
  key("type");
  string("Buffer");
  key("data");
  begin_array();
  for (const std::byte b : in) unsigned_integer(as_number(b));
  end_array();
  end_object();
}

/// An attachment and its placeholder. Returns where it ends, with room for a comma; null after an error.
SIOKIT_INLINE char* value_writer::attach(bytes_view in) noexcept {
  constexpr std::string_view head = json::placeholder_head;
  const std::size_t index = sink_->size();
  const errc e = sink_->add(in);
  if (e != errc::none) {
    fail(e);
    return nullptr;
  }
  char* const at = out_.reserve(head.size() + number::room);
  if (at == nullptr) return no_room();
  std::memcpy(at, head.data(), head.size());
  char* const end = number::write(at + head.size(), std::uint64_t{index});
  *end = '}';
  return end + 1;
}

SIOKIT_INLINE void value_writer::raw(std::string_view json) noexcept {
  json::shape shape;
  constexpr json::limits wide{json::max_depth, ~std::uint32_t{0}};
  if (json::check(json, wide, shape) != errc::none) return fail(errc::bad_value);
  if (shape.placeholders && json::has_placeholder(json)) foreign_ = true;
  text(json);
}

/// A value that is known to be valid.
SIOKIT_INLINE void value_writer::text(std::string_view json) noexcept {
  if (suspect_ && *json::skip_space(json.data()) == 't') foreign_ = true;
  char* const at = piece(json.size(), value_due);
  if (at == nullptr) return;
  std::memcpy(at, json.data(), json.size());
  done(at + json.size());
}

SIOKIT_INLINE void value_writer::copy(value_view v) noexcept {
  if (v.context() != nullptr && !v.context()->attachments.empty()) return copy_with_attachments(v);
  const std::string_view whole = v.json();
  const bool possible = sink_ != nullptr && (v.context() == nullptr || v.context()->placeholders);
  if (possible && json::has_placeholder(whole)) foreign_ = true;
  text(whole);
}

SIOKIT_INLINE void value_writer::copy_with_attachments(value_view v) noexcept {
  const std::string_view whole = v.json();
  const std::span<const bytes_view> attachments = v.context()->attachments;
  if (!is_due(value_due)) return static_cast<void>(refuse());
  const char* at = whole.data();
  const char* const end = at + whole.size();
  json::placeholder_walk walk(whole);
  while (walk.next()) {
    const std::string_view object = walk.text();
    if (walk.index() >= attachments.size()) return fail(errc::bad_value);
    out_.put(std::string_view(at, static_cast<std::size_t>(object.data() - at)));
    at = object.data() + object.size();
    if (sink_ != nullptr) {
      char* const behind = attach(attachments[walk.index()]);
      if (behind == nullptr) return;
      out_.commit(behind);
    } else {
      value_writer plain(out_);
      plain.binary(attachments[walk.index()]);
      if (plain.error() != errc::none) return fail(plain.error());
    }
  }
  if (walk.error() != errc::none) return fail(errc::bad_value);
  out_.put(std::string_view(at, static_cast<std::size_t>(end - at)));
  char* const behind = out_.reserve(1);
  behind == nullptr ? static_cast<void>(no_room()) : done(behind);
}

SIOKIT_NAMESPACE_END
#endif
