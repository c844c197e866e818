// The client's side of HTTP and WebSocket, as small as tests need it: frames are made with any mask key, responses and
// frames are taken off the front of what arrived. Written on its own, without the library's parsers, so that a mistake
// is not made twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peer_wire {

inline constexpr std::string_view ws_headers =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";  // RFC 6455 1.3

enum opcode : unsigned { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A masked frame.
inline std::string ws_frame(unsigned op, std::string_view payload, std::uint32_t key = 0, bool fin = true) {
  std::string out(1, static_cast<char>((fin ? 0x80u : 0u) | op));
  const std::size_t n = payload.size();
  const int length_bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;
  out += static_cast<char>(0x80u | (length_bytes == 0 ? n : length_bytes == 2 ? 126u : 127u));
  for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(static_cast<std::uint64_t>(n) >> (8 * i));
  char mask[4];
  for (int i = 0; i < 4; ++i) out += mask[i] = static_cast<char>(key >> (8 * (3 - i)));
  for (std::size_t i = 0; i < n; ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

struct frame {
  unsigned op = 0;
  bool fin = true;
  unsigned reserved = 0;
  bool masked = false;
  std::string payload;
  /// The code of a Close; 1005 when it has none.
  unsigned code() const {
    return payload.size() < 2 ? 1005u : static_cast<unsigned char>(payload[0]) * 256u +
        static_cast<unsigned char>(payload[1]);
  }
};

/// Takes one frame off the front. False when it is not complete.
inline bool take_frame(std::string& in, frame& out) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
  if (in.size() < 2) return false;
  std::size_t at = 2;
  std::uint64_t n = byte(1) & 0x7fu;
  const std::size_t length_bytes = n == 126 ? 2 : n == 127 ? 8 : 0;
  if (in.size() < at + length_bytes) return false;
  if (length_bytes != 0) n = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) n = n << 8 | byte(at++);
  out.masked = (byte(1) & 0x80u) != 0;
  if (out.masked) at += 4;
  if (in.size() < at || in.size() - at < n) return false;
  out.op = byte(0) & 0x0fu;
  out.fin = (byte(0) & 0x80u) != 0;
  out.reserved = byte(0) & 0x70u;
  out.payload = in.substr(at, static_cast<std::size_t>(n));
  in.erase(0, at + static_cast<std::size_t>(n));
  return true;
}

struct response {
  std::string line;
  int status = 0;
  std::vector<std::string> headers;
  std::string body;
  std::optional<std::string_view> header(std::string_view name) const {
    for (const std::string& h : headers) {
      if (h.size() <= name.size() || h[name.size()] != ':') continue;
      bool same = true;
      for (std::size_t i = 0; same && i < name.size(); ++i) same = (h[i] | 0x20) == (name[i] | 0x20);
      if (!same) continue;
      std::string_view v = std::string_view(h).substr(name.size() + 1);
      while (!v.empty() && v.front() == ' ') v.remove_prefix(1);
      return v;
    }
    return {};
  }
};

/// Takes one response off the front. False when it is not complete. `head_only`: it answers a HEAD.
inline bool take_response(std::string& in, response& out, bool head_only = false) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  out = {};
  std::size_t at = in.find("\r\n");
  out.line = in.substr(0, at);
  if (out.line.size() > 12) out.status = (out.line[9] - '0') * 100 + (out.line[10] - '0') * 10 + (out.line[11] - '0');
  while (at < head) {
    const std::size_t begin = at + 2;
    at = in.find("\r\n", begin);
    out.headers.push_back(in.substr(begin, at - begin));
  }
  std::size_t n = 0;
  const bool bodyless = head_only || out.status / 100 == 1 || out.status == 204 || out.status == 304;
  if (const auto length = out.header("content-length"); length && !bodyless)
    for (const char c : *length) n = n * 10 + static_cast<std::size_t>(c - '0');
  if (in.size() - head - 4 < n) return false;
  out.body = in.substr(head + 4, n);
  in.erase(0, head + 4 + n);
  return true;
}

/// Bytes as a test writes them: \xHH, \r, \n, \\, \$, \* and \{N|body\} for body repeated N times.
inline std::string unescape(std::string_view in, std::size_t& i, bool inside = false) {
  const auto hex = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string out;
  while (i < in.size()) {
    if (in[i] != '\\' || i + 1 == in.size()) {
      out += in[i++];
      continue;
    }
    const char c = in[i + 1];
    i += 2;
    if (c == 'x' && i + 2 <= in.size()) {
      out += static_cast<char>(hex(in[i]) * 16 + hex(in[i + 1]));
      i += 2;
    } else if (c == '{') {
      std::size_t n = 0;
      while (in[i] != '|') n = n * 10 + static_cast<std::size_t>(in[i++] - '0');
      ++i;
      const std::string body = unescape(in, i, true);
      for (; n != 0; --n) out += body;
    } else if (c == '}' && inside) {
      break;
    } else {
      out += c == 'r' ? '\r' : c == 'n' ? '\n' : c;
    }
  }
  return out;
}
inline std::string unescape(std::string_view in) {
  std::size_t i = 0;
  return unescape(in, i);
}

/// The same the other way, for messages; long texts are shortened.
inline std::string escape(std::string_view in, std::size_t longest = 400) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : in.substr(0, longest)) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\\')
      out += "\\\\";
    else if (u < 0x20 || u > 0x7e)
      out += {'\\', 'x', digits[u >> 4], digits[u & 15]};
    else
      out += c;
  }
  if (in.size() > longest) out += "... (" + std::to_string(in.size()) + " bytes)";
  return out;
}

}  // namespace peer_wire
