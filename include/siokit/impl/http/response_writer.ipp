// Bodies of http/response_writer.hpp.
#pragma once

#include <charconv>

SIOKIT_NAMESPACE_BEGIN

namespace http {

constexpr std::uint16_t status(errc e) noexcept {
  switch (e) {
    case errc::http_bad_request_line:
    case errc::http_bad_method:
    case errc::http_bad_target:
    case errc::http_bad_header:
    case errc::http_bad_host:
    case errc::http_bad_length:
    case errc::http_bad_transfer_encoding:
    case errc::http_bad_chunk:
    case errc::http_bad_connection:
    case errc::http_repeated_header:
    case errc::http_chunk_line_too_long:
    case errc::http_body_cut:
    case errc::ws_bad_upgrade:
    case errc::ws_bad_key: return 400;
    case errc::http_head_timeout:
    case errc::http_body_timeout: return 408;
    case errc::http_body_too_large:
    case errc::http_chunks_too_large: return 413;
    case errc::http_target_too_long: return 414;
    case errc::http_bad_expect: return 417;
    case errc::ws_bad_version: return 426;
    case errc::http_head_too_large:
    case errc::http_too_many_headers: return 431;
    case errc::http_bad_version: return 505;
    default: return 500;
  }
}

constexpr std::string_view reason(std::uint16_t status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Payload Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Entity";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "unknown";
  }
}

#if SIOKIT_BODIES
SIOKIT_INLINE void put_number(frame_builder& out, std::uint64_t number) noexcept {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.put(std::string_view(text, static_cast<std::size_t>(end - text)));
}

SIOKIT_INLINE void write_head(frame_builder& out, const response_head& head) noexcept {
  out.put("HTTP/1.1 ");
  put_number(out, head.status);
  out.put(' ');
  out.put(reason(head.status));
  out.put("\r\n");
  out.put(head.fields);
  if (head.status >= 200 && head.status != 204 && head.status != 304) {
    out.put("Content-Length: ");
    put_number(out, head.length);
    out.put("\r\n");
  }
  if (head.status >= 200) {
    // RFC 9110 15.5.22: a 426 has an Upgrade line, and that line needs its option.
    out.put(head.status == 426 ? "Connection: upgrade, " : "Connection: ");
    out.put(head.keep_alive ? "keep-alive\r\n" : "close\r\n");
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(head.idle).count();
  if (head.status >= 200 && head.keep_alive && seconds > 0) {
    out.put("Keep-Alive: timeout=");
    put_number(out, static_cast<std::uint64_t>(seconds));
    out.put("\r\n");
  }
  out.put("\r\n");
}

SIOKIT_INLINE bool valid_field(std::string_view name, std::string_view value) noexcept {
  return is_token(name) && is_field_value(value);
}

SIOKIT_INLINE bool is_reserved(std::string_view name) noexcept {
  return same(name, "Content-Length") || same(name, "Transfer-Encoding") || same(name, "Connection") ||
         same(name, "Keep-Alive");
}

SIOKIT_INLINE bool put_field(frame_builder& out, std::string_view name, std::string_view value) noexcept {
  if (!valid_field(name, value) || is_reserved(name)) return false;
  out.put(name);
  out.put(": ");
  out.put(value);
  out.put("\r\n");
  return true;
}
#endif

}  // namespace http

SIOKIT_NAMESPACE_END
