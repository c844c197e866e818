// What the tests of text/ share: texts in heap blocks without a byte to spare, the notation of the hostile-input
// catalogue, a pool whose n-th allocation fails, and one line for what a reader made of a text.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <siokit/text/value.hpp>

namespace text_test {

using namespace siokit;

/// A heap block of exactly these bytes, so that a sanitizer sees a read one past the end.
class exact {
 public:
  explicit exact(std::string_view text) : size_(text.size()), data_(new char[text.size()]) {
    if (size_ != 0) std::memcpy(data_.get(), text.data(), size_);
  }
  std::string_view view() const { return {data_.get(), size_}; }
  operator std::string_view() const { return view(); }  // NOLINT

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

/// \xHH, \\ and \{N|body\}, as robustness.md 4 says.
inline std::string decode_notation(std::string_view s, std::size_t& i) {
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
      const std::string body = decode_notation(s, i);
      for (std::size_t k = 0; k < n; ++k) out += body;
    }
    if (e == '}') break;
  }
  return out;
}
inline std::string decode_notation(std::string_view s) {
  std::size_t i = 0;
  return decode_notation(s, i);
}

inline std::string repeat(std::string_view body, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += body;
  return out;
}

/// Memory whose n-th allocation fails, and all after it; counts what is out.
struct failing_memory {
  std::size_t left = ~std::size_t{0};
  std::size_t live = 0;
  memory hooks() {
    memory m;
    m.ctx = this;
    m.alloc = [](void* ctx, std::size_t n) -> void* {
      auto& self = *static_cast<failing_memory*>(ctx);
      if (self.left == 0) return nullptr;
      --self.left;
      ++self.live;
      return std::malloc(n);
    };
    m.free = [](void* ctx, void* block, std::size_t) {
      --static_cast<failing_memory*>(ctx)->live;
      std::free(block);
    };
    return m;
  }
};

/// The errc of checking this text with the limits that are usual.
inline errc check(std::string_view text, const json::limits& limit = {}) {
  json::shape shape;
  return json::check(text, limit, shape);
}

/// What `write` writes, or the error in angle brackets.
template <class F>
std::string written(F&& write, attachment_sink* sink = nullptr) {
  pool p;
  frame_builder out(p);
  value_writer w(out, sink);
  write(w);
  if (w.error() != errc::none) return "<" + std::string(text(w.error())) + ">";
  if (!w.complete()) return "<incomplete>" + std::string(out.written());
  return std::string(out.written());
}

template <class T>
std::string encoded(const T& x, attachment_sink* sink = nullptr) {
  return written([&](value_writer& w) { encode(w, x); }, sink);
}

inline bytes make_bytes(std::string_view text) {
  const bytes_view view = as_bytes(text);
  return {view.begin(), view.end()};
}

/// A message with all it needs to be looked at. The text stands in a block of its own size.
struct message {
  explicit message(std::string_view text) : block(text) {
    context.scratch = &scratch;
    error = check(block);
  }
  value_view root() { return {block.view(), &context}; }
  /// Reads all of it as T.
  template <class T>
  errc read(T& out) {
    return error == errc::none ? decode(root(), out) : error;
  }
  /// The path and the error, as for a log.
  std::string path(errc e) { return std::string(context.path.text(root_position)) + ": " + std::string(text(e)); }
  template <class T>
  std::string complaint(T& out) {
    const value_view v = root();
    root_position = v.position();
    const errc e = decode(v, out);
    return e == errc::none ? "" : path(e);
  }

  exact block;
  pool memory;
  arena scratch{memory};
  value_context context;
  errc error = errc::none;
  const char* root_position = nullptr;
};

}  // namespace text_test
