// A block of header lines, "Name: value" CRLF each, as request_parser, response_parser and message_driver hand it out:
// how to look something up in it. The lines are known to be valid; head_scanner.hpp is what made sure.
// Nothing is copied: values are views into the block.
#pragma once

#include <siokit/http/grammar.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace http {

/// One header line. The value has no white space around it.
struct field {
  std::string_view name;
  std::string_view value;
};

/// Takes the first line off a block of valid lines; nothing when it is empty.
std::optional<field> next_field(std::string_view& fields) noexcept;
/// The value of the first line with this name, in any case.
std::optional<std::string_view> find(std::string_view fields, std::string_view name) noexcept;
/// How many lines have this name.
std::size_t count(std::string_view fields, std::string_view name) noexcept;
/// Whether the comma-separated lists of all lines with this name have an element, in any case.
bool contains(std::string_view fields, std::string_view name, std::string_view element) noexcept;
/// The value of the first cookie with this name, without the quotes around it (RFC 6265 4.2). Not decoded.
std::optional<std::string_view> cookie(std::string_view fields, std::string_view name) noexcept;

/// One line, taken apart.
field split_line(std::string_view line) noexcept;

}  // namespace http

SIOKIT_NAMESPACE_END

#include <siokit/impl/http/fields.ipp>
