// The cookies a server gave a client, for as long as they last: what engine.io-client keeps under withCredentials.
// One server, so Domain and Path are not looked at; Expires and Max-Age are (RFC 6265 5.2). Bounded by
// limits::cookies and limits::cookie_bytes, since servers can be hostile too.
// Not for reading the Cookie line of a request: that is http::cookie() in fields.hpp.
#pragma once

#include <siokit/core/frame.hpp>
#include <siokit/core/limits.hpp>
#include <siokit/core/vec.hpp>
#include <siokit/http/fields.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

class cookie_jar {
 public:
  explicit cookie_jar(const pool& from) noexcept : pool_(from) {}
  cookie_jar(const cookie_jar&) = delete;
  cookie_jar& operator=(const cookie_jar&) = delete;
  ~cookie_jar() { cookies_.reset(pool_); }

  /// Takes the value of one Set-Cookie line at the time `unix_ms`. A cookie of the same name is replaced where it
  /// stands; one whose end is not in the future (Max-Age of 0 or less, Expires past, either unreadable) is removed.
  /// Where it does not fit, expired cookies go, then the oldest. http_bad_cookie for a line without a name or with
  /// control characters, http_cookie_too_large for one that no jar with these limits holds, out_of_memory; the jar is
  /// as it was then.
  errc store(std::string_view set_cookie, std::int64_t unix_ms, const limits& limit) noexcept;
  /// Takes all Set-Cookie lines of a block of header lines. Only out_of_memory is reported; bad cookies are left out.
  errc store_all(std::string_view fields, std::int64_t unix_ms, const limits& limit) noexcept;
  /// Drops what has expired, then writes "Cookie: a=b; c=d" CRLF with the rest, oldest first, or nothing when none is
  /// left.
  void put(frame_builder& out, std::int64_t unix_ms) noexcept;
  /// Forgets all of them.
  void clear() noexcept;

  std::size_t size() const noexcept { return cookies_.size(); }
  /// Bytes of all names and values.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct entry {
    frame text;  // name '=' value
    std::int64_t ends = 0;
    std::uint32_t name_size = 0;

    std::string_view pair() const noexcept { return as_text(text.payload()); }
    std::string_view name() const noexcept { return pair().substr(0, name_size); }
    std::size_t size() const noexcept { return text.size() - 1; }
  };
  std::size_t find(std::string_view name) const noexcept;
  void remove(std::size_t i) noexcept;
  void expire(std::int64_t unix_ms) noexcept;

  pool pool_;
  vec<entry> cookies_;
  std::size_t bytes_ = 0;
};

/// A date of HTTP or of a cookie as milliseconds since 1970: the three forms of RFC 9110 5.6.7, "Wdy, DD-Mon-YYYY
/// HH:MM:SS GMT", and whatever else RFC 6265 5.1.1 reads. The day of the week and the zone are not looked at: it is
/// always GMT.
std::optional<std::int64_t> read_date(std::string_view text) noexcept;

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/cookie_jar.ipp>
