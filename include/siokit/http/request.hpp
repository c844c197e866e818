// A request as io.on_http() shows it to the program: what was asked, by whom, with what body.
// Not the parser's request_view: this one has its body, and decodes what it is asked for.
// Every view is valid while the handler runs; make a std::string of what is kept.
#pragma once

#include <siokit/core/arena.hpp>
#include <siokit/http/fields.hpp>
#include <siokit/http/target.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

class request {
 public:
  /// Everything is lent; decoded parameters lie in the scratch arena.
  request(std::string_view method, std::string_view target, std::string_view fields, bytes_view body,
          std::string_view address, arena& scratch) noexcept
      : method_(method), target_(target), fields_(fields), body_(body), address_(address), scratch_(&scratch) {}

  /// "GET", "POST", ...
  std::string_view method() const noexcept { return method_; }
  /// As it was sent, path and query.
  std::string_view target() const noexcept { return target_; }
  /// As it was sent: not decoded, no dots resolved.
  std::string_view path() const noexcept { return split_target(target_).path; }
  /// As it was sent, without the '?'.
  std::string_view query() const noexcept { return split_target(target_).query; }
  /// The first parameter with this name, decoded. Nothing also when there is no memory to decode it in.
  std::optional<std::string_view> query(std::string_view name) const noexcept;
  /// The first header line with this name, in any case.
  std::optional<std::string_view> header(std::string_view name) const noexcept { return find(fields_, name); }
  /// All header lines, each ended by CRLF.
  std::string_view fields() const noexcept { return fields_; }
  /// The first cookie with this name, as it was sent.
  std::optional<std::string_view> cookie(std::string_view name) const noexcept { return http::cookie(fields_, name); }
  bytes_view body() const noexcept { return body_; }
  /// The body as text, without a check of its encoding.
  std::string_view text() const noexcept { return as_text(body_); }
  /// The peer, as the host gave it.
  std::string_view address() const noexcept { return address_; }

 private:
  std::string_view method_;
  std::string_view target_;
  std::string_view fields_;
  bytes_view body_;
  std::string_view address_;
  arena* scratch_;
};

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/request.ipp>
