// Codecs and the writer. The first byte chooses a type: what it reads from the rest is written and read again to the
// same text. Or the rest is a program of calls to the writer: whatever they are, what it calls complete is valid JSON.
#include <siokit/text/value.hpp>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

namespace fuzz {

struct node {
  std::string name;
  std::optional<double> weight;
  std::vector<node> children;
};

}  // namespace fuzz

template <>
struct siokit::codec<fuzz::node> {
  static errc read(value_view v, fuzz::node& out) {
    return fields(v, "name", out.name, "weight", out.weight, "children", out.children);
  }
  static void write(value_writer& w, const fuzz::node& in) {
    fields(w, "name", in.name, "weight", in.weight, "children", in.children);
  }
};

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

const bytes_view attachments[] = {as_bytes("zero"), {}, as_bytes("two")};

void require_valid(std::string_view text) {
  json::shape shape;
  require(json::check(text, {json::max_depth, ~std::uint32_t{0}}, shape) == errc::none);
  require(text.find('\x1e') == std::string_view::npos);
}

template <class T>
std::string encoded(const T& x, attachment_sink& sink) {
  pool p;
  frame_builder out(p);
  value_writer w(out, &sink);
  encode(w, x);
  require(w.error() == errc::none && w.complete());
  require_valid(out.written());
  return std::string(out.written());
}

template <class T>
void through(std::string_view text) {
  pool p;
  arena scratch(p);
  value_context context{attachments, &scratch};
  T first{};
  const value_view root(text, &context);
  if (decode(root, first) != errc::none) {
    const std::string_view path = context.path.text(root.position());
    for (const char c : path) require(static_cast<unsigned char>(c) >= ' ');
    return;
  }
  attachment_sink sink(p, 1000000);
  const std::string once = encoded(first, sink);
  std::vector<bytes_view> binary;
  for (const frame& f : sink.frames()) binary.push_back(f.payload());
  value_context again{binary, &scratch};
  T second{};
  require(decode(value_view(once, &again), second) == errc::none);
  attachment_sink other(p, 1000000);
  require(encoded(second, other) == once && other.size() == sink.size());
}

// Calls by the bytes of the program; strings are what follows.
void write_anything(std::string_view program) {
  pool p;
  frame_builder out(p);
  attachment_sink sink(p);
  value_writer w(out, &sink);
  for (std::size_t i = 0; i < program.size(); ++i) {
    const auto op = static_cast<unsigned char>(program[i]);
    const std::string_view rest = program.substr(i + 1, op >> 4);
    switch (op & 15) {
      case 0: w.null(); break;
      case 1: w.boolean((op & 16) != 0); break;
      case 2: w.integer(-static_cast<std::int64_t>(op)); break;
      case 3: w.unsigned_integer(op); break;
      case 4: w.number(op / 3.0); break;
      case 5: w.string(rest); break;
      case 6: w.binary(as_bytes(rest)); break;
      case 7: w.raw(rest); break;
      case 8:
      case 9: w.begin_array(); break;
      case 10: w.end_array(); break;
      case 11: w.begin_object(); break;
      case 12:
      case 13: w.key(rest); break;
      case 14: w.end_object(); break;
      default: w.copy(value_view()); break;
    }
  }
  require(out.written().find('\x1e') == std::string_view::npos);
  if (w.complete()) require_valid(out.written());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::unique_ptr<char[]> block(new char[size - 1]);
  if (size != 1) std::memcpy(block.get(), data + 1, size - 1);
  const std::string_view text(block.get(), size - 1);
  if (data[0] % 10 == 0) {
    write_anything(text);
    return 0;
  }
  json::shape shape;
  if (json::check(text, {}, shape) != errc::none) return 0;
  std::uint8_t used[std::size(attachments)] = {};
  if (json::count_placeholders(text, used) != errc::none) return 0;  // no packet would get here
  switch (data[0] % 10) {
    case 1: through<std::vector<std::int64_t>>(text); break;
    case 2: through<std::vector<double>>(text); break;
    case 3: through<std::map<std::string, std::string>>(text); break;
    case 4: through<std::vector<std::variant<bool, float, std::string_view, bytes>>>(text); break;
    case 5: through<std::tuple<int, std::optional<std::string>, bytes_view>>(text); break;
    case 6: through<fuzz::node>(text); break;
    case 7: through<std::vector<value_view>>(text); break;
    case 8: through<value>(text); break;
    default: through<std::array<std::optional<std::pair<value, std::nullptr_t>>, 2>>(text); break;
  }
  return 0;
}
