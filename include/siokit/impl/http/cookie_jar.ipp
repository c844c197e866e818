// Bodies of http/cookie_jar.hpp.
#pragma once

#include <array>
#include <chrono>
#include <limits>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace http {

// RFC 6265 5.1.1: what stands between the words of a date.
SIOKIT_INLINE bool is_date_delimiter(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return u == 0x09 || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) || (u >= 0x5b && u <= 0x60) ||
         (u >= 0x7b && u <= 0x7e);
}

/// Takes the next word off a date; empty when there is none left.
SIOKIT_INLINE std::string_view next_date_word(std::string_view& text) noexcept {
  while (!text.empty() && is_date_delimiter(text.front())) text.remove_prefix(1);
  std::size_t n = 0;
  while (n < text.size() && !is_date_delimiter(text[n])) ++n;
  const std::string_view word = text.substr(0, n);
  text.remove_prefix(n);
  return word;
}

/// Takes `least` to `most` digits, behind which no other stands, off a word; -1 when it does not begin so.
SIOKIT_INLINE int take_digits(std::string_view& word, std::size_t least, std::size_t most) noexcept {
  std::size_t n = 0;
  int number = 0;
  for (; n < word.size() && digit(word[n]); ++n) {
    if (n == most) return -1;
    number = number * 10 + (word[n] - '0');
  }
  if (n < least) return -1;
  word.remove_prefix(n);
  return number;
}

/// The seconds since midnight that a word HH:MM:SS stands for; -1 when it is none.
SIOKIT_INLINE int read_clock(std::string_view word) noexcept {
  int seconds = 0;
  for (int part = 0; part < 3; ++part) {
    if (part != 0 && !word.starts_with(':')) return -1;
    if (part != 0) word.remove_prefix(1);
    const int number = take_digits(word, 1, 2);
    if (number < 0 || number > (part == 0 ? 23 : 59)) return -1;
    seconds = seconds * 60 + number;
  }
  return seconds;
}

/// 1 to 12, or -1.
SIOKIT_INLINE int read_month(std::string_view word) noexcept {
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (int i = 0; i < 12; ++i)
    if (same(word.substr(0, 3), names.substr(static_cast<std::size_t>(i) * 3, 3))) return i + 1;
  return -1;
}

SIOKIT_INLINE std::optional<std::int64_t> read_date(std::string_view text) noexcept {
  int clock = -1;
  int day = -1;
  int month = -1;
  int year = -1;
  for (std::string_view word = next_date_word(text); !word.empty(); word = next_date_word(text)) {
    if (clock < 0 && (clock = read_clock(word)) >= 0) continue;
    std::string_view rest = word;
    if (day < 0 && (day = take_digits(rest, 1, 2)) >= 0) continue;
    if (month < 0 && (month = read_month(word)) >= 0) continue;
    if (year < 0) year = take_digits(rest, 2, 4);
  }
  if (clock < 0 || day < 0 || month < 0 || year < 0) return std::nullopt;
  if (year < 100) year += year < 70 ? 2000 : 1900;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1601) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86'400 + clock) * 1000;
}

/// A cookie as a Set-Cookie line has it.
struct set_cookie_view {
  std::string_view name;
  std::string_view value;
  std::int64_t ends = (std::numeric_limits<std::int64_t>::max)();  // unix ms
};

/// When a cookie ends that has this Max-Age.
SIOKIT_INLINE std::int64_t end_of_age(std::string_view max_age, std::int64_t unix_ms) noexcept {
  std::uint64_t seconds = 0;
  // differs from JS: parseInt() takes "5x" for 5. What is not a number ends at once, as in JS.
  if (read_length(max_age, seconds) != errc::none) return unix_ms;
  constexpr std::uint64_t longest = 400ull * 366 * 86'400;  // 400 years
  const std::int64_t age = static_cast<std::int64_t>(seconds < longest ? seconds : longest) * 1000;
  constexpr std::int64_t never_ends = (std::numeric_limits<std::int64_t>::max)();
  return unix_ms > never_ends - age ? never_ends : unix_ms + age;
}

// RFC 6265 5.2
SIOKIT_INLINE set_cookie_view split_set_cookie(std::string_view text, std::int64_t unix_ms) noexcept {
  set_cookie_view out;
  const std::string_view pair = text.substr(0, text.find(';'));
  text.remove_prefix(pair.size());
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return out;
  out.name = trim(pair.substr(0, equals));
  out.value = trim(pair.substr(equals + 1));
  // As the reference does; to RFC 6265 the quotes are part of the value.
  if (out.value.size() >= 2 && out.value.front() == '"' && out.value.back() == '"')
    out.value = out.value.substr(1, out.value.size() - 2);
  bool aged = false;  // RFC 6265 5.3: Max-Age wins. differs from JS: the last of the two does.
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view attribute = text.substr(0, text.find(';'));
    text.remove_prefix(attribute.size());
    const std::size_t mark = attribute.find('=');
    if (mark == std::string_view::npos) continue;
    const std::string_view name = trim(attribute.substr(0, mark));
    const std::string_view value = trim(attribute.substr(mark + 1));
    if (same(name, "Max-Age")) {
      out.ends = end_of_age(value, unix_ms);
      aged = true;
    } else if (same(name, "Expires") && !aged) {
      // A date that cannot be read must not make of a deletion a cookie that stays.
      out.ends = read_date(value).value_or(unix_ms);
    }
  }
  return out;
}

SIOKIT_INLINE std::size_t cookie_jar::find(std::string_view name) const noexcept {
  std::size_t i = 0;
  while (i < cookies_.size() && cookies_[i].name() != name) ++i;
  return i;
}

SIOKIT_INLINE void cookie_jar::remove(std::size_t i) noexcept {
  bytes_ -= cookies_[i].size();
  cookies_.erase(i);
}

SIOKIT_INLINE void cookie_jar::expire(std::int64_t unix_ms) noexcept {
  for (std::size_t i = 0; i < cookies_.size();) {
    if (cookies_[i].ends <= unix_ms) remove(i);
    else ++i;
  }
}

SIOKIT_INLINE void cookie_jar::clear() noexcept {
  cookies_.reset(pool_);
  bytes_ = 0;
}

SIOKIT_INLINE errc cookie_jar::store(std::string_view set_cookie, std::int64_t unix_ms, const limits& limit) noexcept {
  const set_cookie_view cookie = split_set_cookie(set_cookie, unix_ms);
  const bool sound = is_field_value(cookie.name) && is_field_value(cookie.value);
  if (cookie.name.empty() || !sound) return errc::http_bad_cookie;
  expire(unix_ms);
  std::size_t at = find(cookie.name);
  if (cookie.ends <= unix_ms) {
    if (at != cookies_.size()) remove(at);
    return errc::none;
  }
  const std::size_t size = cookie.name.size() + cookie.value.size();
  if (limit.cookies == 0 || size > limit.cookie_bytes) return errc::http_cookie_too_large;
  frame_builder text(pool_);
  text.put(cookie.name);
  text.put('=');
  text.put(cookie.value);
  entry made{text.finish(frame_kind::raw), cookie.ends, static_cast<std::uint32_t>(cookie.name.size())};
  if (!made.text) return errc::out_of_memory;
  if (at != cookies_.size()) {
    bytes_ -= cookies_[at].size();
    cookies_[at] = std::move(made);
  } else if (!cookies_.push(pool_, std::move(made))) {
    return errc::out_of_memory;
  }
  bytes_ += size;
  while (cookies_.size() > limit.cookies || bytes_ > limit.cookie_bytes) {
    // The one that was just stored fits, so there is another.
    remove(at == 0 ? 1 : 0);
    if (at != 0) --at;
  }
  return errc::none;
}

SIOKIT_INLINE errc cookie_jar::store_all(std::string_view fields, std::int64_t unix_ms, const limits& limit) noexcept {
  while (const auto line = next_field(fields)) {
    if (!same(line->name, "Set-Cookie")) continue;
    if (store(line->value, unix_ms, limit) == errc::out_of_memory) return errc::out_of_memory;
  }
  return errc::none;
}

SIOKIT_INLINE void cookie_jar::put(frame_builder& out, std::int64_t unix_ms) noexcept {
  expire(unix_ms);
  if (cookies_.empty()) return;
  std::string_view before = "Cookie: ";
  for (const entry& cookie : cookies_) {
    out.put(before);
    out.put(cookie.pair());
    before = "; ";
  }
  out.put("\r\n");
}

}  // namespace http

SIOKIT_NAMESPACE_END
#endif
