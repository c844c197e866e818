// Test bytes: the notation of hostile.jsonl, exact-size heap blocks, and the ways to cut an input.
// Every input runs whole, byte by byte and at two-way splits, and must leave the same log.
#pragma once

#include <siokit/core/in_buffer.hpp>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wire_test {

/// hostile.jsonl 4: \xHH, \\ and \{N|body\}.
inline std::string decode(std::string_view s, std::size_t& i) {
  std::string out;
  while (i < s.size()) {
    if (s[i] != '\\') {
      out += s[i++];
      continue;
    }
    const char e = s[i + 1];
    i += 2;
    if (e == '\\') out += '\\';
    if (e == 'x') {
      out += static_cast<char>(std::strtoul(std::string(s.substr(i, 2)).c_str(), nullptr, 16));
      i += 2;
    }
    if (e == '{') {
      const std::size_t bar = s.find('|', i);
      const std::size_t n = std::strtoul(std::string(s.substr(i, bar - i)).c_str(), nullptr, 10);
      i = bar + 1;
      const std::string body = decode(s, i);
      for (std::size_t k = 0; k < n; ++k) out += body;
    }
    if (e == '}') break;
  }
  return out;
}
inline std::string decode(std::string_view s) {
  std::size_t i = 0;
  return decode(s, i);
}

/// A heap block of exactly these bytes, so that a sanitizer sees a read one past the end.
struct block {
  explicit block(std::string_view text) : size(text.size()), data(new std::byte[text.size()]) {
    if (size != 0) std::memcpy(data.get(), text.data(), size);
  }
  siokit::mutable_bytes bytes() { return {data.get(), size}; }
  std::size_t size;
  std::unique_ptr<std::byte[]> data;
};

/// What a machine under test makes of an input that arrives in these pieces.
using runner = std::function<std::string(const std::vector<std::string_view>&)>;

/// Runs an input whole, byte by byte, in threes, and at every two-way split (long inputs: every split near their ends
/// and some between), and says which cut gave another log than the whole; empty when none did.
inline std::string differing_cut(std::string_view input, const runner& run, std::string& whole) {
  whole = run({input});
  for (const std::size_t n : {std::size_t{1}, std::size_t{3}}) {
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < input.size(); i += n) pieces.push_back(input.substr(i, n));
    const std::string log = run(pieces);
    if (log != whole) return "in pieces of " + std::to_string(n) + ": " + log;
  }
  const std::size_t step = input.size() > 20000 ? input.size() / 16 : 37;
  for (std::size_t i = 1; i < input.size(); i += i < 300 || i + 300 > input.size() ? 1 : step) {
    const std::string log = run({input.substr(0, i), input.substr(i)});
    if (log != whole) return "split at " + std::to_string(i) + ": " + log;
  }
  return {};
}

/// A pool whose n-th allocation fails, counted from when it is armed.
struct failing {
  std::size_t left = ~std::size_t{0};
  siokit::memory hooks() {
    siokit::memory m;
    m.ctx = this;
    m.alloc = [](void* ctx, std::size_t n) -> void* {
      auto& self = *static_cast<failing*>(ctx);
      if (self.left == 0) return nullptr;
      --self.left;
      return std::malloc(n);
    };
    return m;
  }
};

}  // namespace wire_test
