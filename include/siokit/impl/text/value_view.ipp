// Bodies of text/value_view.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

inline constexpr bool begins_number(char c) noexcept { return c == '-' || json::is_digit(c); }

SIOKIT_ALWAYS_INLINE const char* value_view::take(bool& out, errc& e) const noexcept {
  if (*at_ == 't' || *at_ == 'f') {
    out = *at_ == 't';
    return at_ + (out ? 4 : 5);
  }
  e = errc::expected_boolean;
  return nullptr;
}

template <class T>
SIOKIT_ALWAYS_INLINE const char* value_view::take_number(T& out, errc otherwise, errc& e) const noexcept {
  if (begins_number(*at_)) [[likely]]
    return number::read(at_, end_, out, e);
  e = otherwise;
  return nullptr;
}

SIOKIT_ALWAYS_INLINE const char* value_view::take(std::int64_t& out, errc& e) const noexcept {
  return take_number(out, errc::expected_integer, e);
}
SIOKIT_ALWAYS_INLINE const char* value_view::take(std::uint64_t& out, errc& e) const noexcept {
  return take_number(out, errc::expected_integer, e);
}
SIOKIT_ALWAYS_INLINE const char* value_view::take(double& out, errc& e) const noexcept {
  return take_number(out, errc::expected_number, e);
}

SIOKIT_ALWAYS_INLINE const char* value_view::take_raw(std::string_view& out, bool& escaped, errc& e) const noexcept {
  if (*at_ != '"') {
    e = errc::expected_string;
    return nullptr;
  }
  escaped = false;
  const bool known = context_ != nullptr && context_->last_begin == at_ && !context_->escapes;
  const char* const quote = known ? context_->last_end - 1 : json::string_end(at_ + 1, end_, escaped);
  out = {at_ + 1, static_cast<std::size_t>(quote - at_ - 1)};
  return quote + 1;
}

SIOKIT_ALWAYS_INLINE const char* value_view::take(std::string_view& out, errc& e) const noexcept {
  bool escaped = false;
  const char* const end = take_raw(out, escaped, e);
  if (end == nullptr || !escaped) [[likely]]
    return end;
  e = lend_unescaped(out, out);
  return e == errc::none ? end : nullptr;
}

#if SIOKIT_BODIES

SIOKIT_INLINE std::string_view decode_path::text(const char* origin) const noexcept {
  if (origin_ == nullptr || origin != origin_) return {};
  return {text_ + begin_, room - begin_};
}

SIOKIT_INLINE void decode_path::prepare(const char* inner) noexcept {
  if (origin_ != nullptr && origin_ == inner) return;
  begin_ = room;
  full_ = false;
}

SIOKIT_INLINE void decode_path::put(std::string_view step) noexcept {
  constexpr std::string_view more = "...";
  if (full_) return;
  full_ = step.size() + more.size() > begin_;
  if (full_) step = more;
  begin_ -= step.size();
  std::memcpy(text_ + begin_, step.data(), step.size());
}

SIOKIT_INLINE void decode_path::prepend(const char* outer, const char* inner, std::size_t index) noexcept {
  prepare(inner);
  char step[number::room + 2] = "[";
  char* const end = number::write(step + 1, std::uint64_t{index});
  *end = ']';
  put({step, static_cast<std::size_t>(end + 1 - step)});
  origin_ = outer;
}

SIOKIT_INLINE void decode_path::prepend(const char* outer, const char* inner, std::string_view key) noexcept {
  prepare(inner);
  char step[1 + longest_key] = ".";
  std::size_t size = key.size() < longest_key ? key.size() : longest_key;
  // Not in the middle of a character.
  while (size < key.size() && size != 0 && (static_cast<unsigned char>(key[size]) & 0xc0) == 0x80) --size;
  for (std::size_t i = 0; i < size; ++i) step[1 + i] = static_cast<unsigned char>(key[i]) < ' ' ? '?' : key[i];
  put({step, 1 + size});
  origin_ = outer;
}

SIOKIT_INLINE value_view::value_view(std::string_view checked, value_context* context) noexcept : context_(context) {
  if (context != nullptr) {
    context->last_begin = nullptr;  // another message may have stood at the same address
    context->escapes = context->placeholders = true;
    context->path.clear();
  }
  const char* const end = checked.data() + checked.size();
  const char* const at = json::skip_space(checked.data(), end);
  if (at == end) return;  // of text that was not checked
  at_ = at;
  end_ = end;
}

SIOKIT_INLINE value_view::value_view(std::string_view checked, const json::shape& known, value_context& context) noexcept
    : context_(&context) {
  if (!checked.empty()) {
    at_ = json::skip_space(checked.data());
    end_ = checked.data() + checked.size();
  }
  context.path.clear();
  context.escapes = known.escapes;
  context.placeholders = known.placeholders;
  context.last_begin = known.elements == 0 ? nullptr : at_ + known.last;
  context.last_end = at_ + known.last_end;
}

SIOKIT_INLINE value_kind value_view::kind() const noexcept {
  switch (*at_) {
    case '"': return value_kind::string;
    case '[': return value_kind::array;
    case 't':
    case 'f': return value_kind::boolean;
    case 'n': return value_kind::null;
    case '{': return is_plain_object() ? value_kind::object : value_kind::binary;
    default: return value_kind::number;
  }
}

SIOKIT_INLINE bool value_view::is_attachment() const noexcept {
  bytes_view ignored;
  return attachment(ignored) == errc::none;
}

SIOKIT_INLINE std::string_view value_view::json() const noexcept {
  const char* const end = behind();
  note_end(end);
  return {at_, static_cast<std::size_t>(end - at_)};
}

template <class T>
inline errc value_view::as(T& out) const noexcept {
  errc e = errc::none;
  note_end(take(out, e));
  return e;
}
SIOKIT_INLINE errc value_view::as_bool(bool& out) const noexcept { return as(out); }
SIOKIT_INLINE errc value_view::as_int64(std::int64_t& out) const noexcept { return as(out); }
SIOKIT_INLINE errc value_view::as_uint64(std::uint64_t& out) const noexcept { return as(out); }
SIOKIT_INLINE errc value_view::as_double(double& out) const noexcept { return as(out); }
SIOKIT_INLINE errc value_view::as_string(std::string_view& out) const noexcept { return as(out); }

SIOKIT_INLINE errc value_view::as_raw_string(std::string_view& out, bool& escaped) const noexcept {
  errc e = errc::none;
  note_end(take_raw(out, escaped, e));
  return e;
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE errc value_view::lend_unescaped(std::string_view raw, std::string_view& out) const noexcept {
  arena* const scratch = context_ == nullptr ? nullptr : context_->scratch;
  char* const to = scratch == nullptr ? nullptr : scratch->array<char>(raw.size());
  if (to == nullptr) return errc::out_of_memory;
  out = {to, static_cast<std::size_t>(json::unescape(raw, to) - to)};
  return errc::none;
}

SIOKIT_INLINE bool value_view::equals(std::string_view text) const noexcept {
  std::string_view raw;
  bool escaped = false;
  if (as_raw_string(raw, escaped) != errc::none) return false;
  return escaped ? json::equals(raw, text) : raw == text;
}

SIOKIT_INLINE errc value_view::attachment(bytes_view& out) const noexcept {
  if (context_ == nullptr || context_->attachments.empty()) return errc::expected_binary;
  std::optional<std::uint32_t> index;
  const char* behind = nullptr;
  if (json::placeholder(at_, end_, index, behind) != errc::none || !index) return errc::expected_binary;
  note_end(behind);
  if (*index >= context_->attachments.size()) return errc::expected_binary;
  out = context_->attachments[*index];
  return errc::none;
}

SIOKIT_INLINE errc value_view::as_binary(bytes_view& out) const noexcept { return attachment(out); }

SIOKIT_INLINE element_range value_view::elements() const noexcept { return element_range(*this); }

SIOKIT_INLINE member_range value_view::members() const noexcept { return member_range(*this); }

SIOKIT_INLINE std::size_t value_view::size() const noexcept {
  std::size_t n = 0;
  for (element_iterator i(*this); i != std::default_sentinel; ++i) ++n;
  for (member_iterator i(*this); i != std::default_sentinel; ++i) ++n;
  return n;
}

SIOKIT_INLINE value_view value_view::element(std::size_t index) const noexcept {
  for (const value_view v : elements())
    if (index-- == 0) return v;
  return {};
}

SIOKIT_INLINE value_view value_view::find(std::string_view key) const noexcept {
  value_view found;
  for (member_iterator i(*this); i != std::default_sentinel; ++i)
    if (i.key_escaped() ? json::equals(i.raw_key(), key) : i.raw_key() == key) found = (*i).value;
  return found;
}

SIOKIT_INLINE errc value_view::failed_at(errc error, value_view inner, std::size_t index) const noexcept {
  if (context_ != nullptr) context_->path.prepend(at_, inner.at_, index);
  return error;
}

SIOKIT_INLINE errc value_view::failed_at(errc error, value_view inner, std::string_view key) const noexcept {
  if (context_ != nullptr) context_->path.prepend(at_, inner.at_, key);
  return error;
}

SIOKIT_INLINE element_iterator::element_iterator(const value_view& array) noexcept : whole_(array) {
  if (!array.is_array()) return;
  at_ = json::skip_space(array.at_ + 1);
  if (*at_ != ']') return;
  whole_.note_end(at_ + 1);
  at_ = nullptr;
}

SIOKIT_INLINE member_cursor::member_cursor(const value_view& object) noexcept : object_(object) {
  if (!object.is_object()) return;
  at_ = json::skip_space(object.at_ + 1);
  if (*at_ == '}') end(at_ + 1);
}

SIOKIT_INLINE void member_iterator::read_key() noexcept {
  if (at_.done()) return;
  escaped_ = false;
  const char* const key = at_.at_ + 1;
  const char* const close = json::string_end(key, at_.object_.end_, escaped_);
  key_ = {key, static_cast<std::size_t>(close - key)};
  value_ = json::skip_space(json::skip_space(close + 1) + 1);
}

#endif

SIOKIT_NAMESPACE_END
