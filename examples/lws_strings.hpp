// What lws_host.hpp says and hears in the words of the message contract: targets, and header lines each ended by CRLF.
// lws keeps neither as it came: it takes requests apart while it reads them.
#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>
#include <vector>

namespace example {

/// lws decoded what it read: what could be mistaken is escaped again.
inline void append_escaped(std::string& to, std::string_view text, std::string_view escape) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && escape.find(c) == escape.npos) {
      to += c;
    } else {
      constexpr char digits[] = "0123456789ABCDEF";
      to.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
}

inline std::string target_of(lws* wsi, const char* path, int size) {
  std::string target;
  append_escaped(target, {path, static_cast<std::size_t>(size)}, "%?#");
  std::vector<char> part(static_cast<std::size_t>(lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS)) + 2);
  for (int i = 0;; ++i) {
    const int n = lws_hdr_copy_fragment(wsi, part.data(), static_cast<int>(part.size()), WSI_TOKEN_HTTP_URI_ARGS, i);
    if (n < 0 || (n == 0 && i > 0)) return target;
    if (n == 0) continue;
    target += i == 0 ? '?' : '&';
    append_escaped(target, {part.data(), static_cast<std::size_t>(n)}, "%&#+");
  }
}

/// The header lines that lws kept, and those it was asked for by name.
inline std::string lines_of(lws* wsi, const std::vector<std::string>& pass_on) {
  std::string lines;
  std::vector<char> value;
  for (int i = 0; i < WSI_TOKEN_COUNT; ++i) {
    const auto token = static_cast<lws_token_indexes>(i);
    const auto* const name = reinterpret_cast<const char*>(lws_token_to_string(token));
    const int size = lws_hdr_total_length(wsi, token);
    if (size <= 0 || name == nullptr || name[0] == ':' || std::string_view(name).substr(0, 4) == "uri ") continue;
    if (name[0] == '\0' || name[std::string_view(name).size() - 1] != ':') continue;  // a method, not a field
    value.resize(static_cast<std::size_t>(size) + 1);
    if (lws_hdr_copy(wsi, value.data(), size + 1, token) >= 0) lines.append(name).append(" ").append(value.data()).append("\r\n");
  }
  for (const std::string& name : pass_on) {
    const int size = lws_hdr_custom_length(wsi, name.data(), static_cast<int>(name.size()));
    if (size < 0) continue;
    value.resize(static_cast<std::size_t>(size) + 1);
    if (lws_hdr_custom_copy(wsi, value.data(), size + 1, name.data(), static_cast<int>(name.size())) >= 0)
      lines.append(name).append(" ").append(value.data()).append("\r\n");
  }
  return lines;
}

/// Header lines into lws's buffer. False when it is too small.
inline bool add_lines(lws* wsi, std::string_view lines, unsigned char** p, unsigned char* end) {
  while (!lines.empty()) {
    const std::size_t colon = lines.find(": "), eol = lines.find("\r\n");
    const std::string name(lines.substr(0, colon + 1));
    const std::string_view value = lines.substr(colon + 2, eol - colon - 2);
    if (lws_add_http_header_by_name(wsi, reinterpret_cast<const unsigned char*>(name.c_str()),
                                    reinterpret_cast<const unsigned char*>(value.data()), static_cast<int>(value.size()), p, end))
      return false;
    lines.remove_prefix(eol + 2);
  }
  return true;
}

inline std::string header_of(lws* wsi, lws_token_indexes token) {
  std::vector<char> value(static_cast<std::size_t>(lws_hdr_total_length(wsi, token)) + 1);
  const int n = lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), token);
  return n <= 0 ? std::string() : std::string(value.data(), static_cast<std::size_t>(n));
}

}  // namespace example
