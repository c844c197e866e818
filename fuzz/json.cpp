// JSON: both widths of the validating pass agree; what passed is read, written and read again to the same value; views
// walk over it to its end; copies of it with attachments are valid JSON without a raw separator.
#include <siokit/text/value.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

// A block without a byte to spare.
struct block {
  explicit block(std::string_view in) : size(in.size()), data(new char[in.size()]) {
    if (size != 0) std::memcpy(data.get(), in.data(), size);
  }
  std::string_view view() const { return {data.get(), size}; }
  std::size_t size;
  std::unique_ptr<char[]> data;
};

// Every value inside, by kind; what is read must not disturb the walk.
std::size_t walk(value_view v, int depth) {
  std::size_t n = 1;
  std::string_view s;
  std::int64_t i = 0;
  double d = 0;
  bytes_view b;
  static_cast<void>(v.as_string(s));
  static_cast<void>(v.as_int64(i));
  static_cast<void>(v.as_double(d));
  static_cast<void>(v.as_binary(b));
  if (v.kind() == value_kind::string) require(utf8::valid(s));
  if (depth == 0) return n;
  for (const value_view e : v.elements()) n += walk(e, depth - 1);
  for (const auto [key, e] : v.members()) {
    require(key.kind() == value_kind::string);
    n += walk(e, depth - 1);
    if (key.as_string(s) == errc::none) require(v.find(s).exists());
  }
  return n;
}

void copy(value_view v) {
  pool p;
  frame_builder out(p);
  attachment_sink sink(p, 1000000);
  value_writer w(out, &sink);
  w.copy(v);
  if (w.error() != errc::none) return;
  require(out.written().find('\x1e') == std::string_view::npos);
  json::shape shape;
  require(json::check(out.written(), {json::max_depth, ~std::uint32_t{0}}, shape) == errc::none);
  std::vector<std::uint8_t> used(sink.size());
  if (sink.size() != 0) {
    require(json::count_placeholders(out.written(), used) == errc::none);
    for (const std::uint8_t n : used) require(n == 1);
  }
}

// A value and what was read of its text. The shortest digits of a double beyond 2^53, as JavaScript writes them, are another
// number when they are read as an integer, and the same one only as a double.
bool same(const value& a, const value& b) {
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  if (a.is_number()) return a == b || a.get_or(0.0) == b.get_or(1.0);
  for (std::size_t i = 0; i < a.elements().size(); ++i)
    if (!same(a.elements()[i], b.elements()[i])) return false;
  for (std::size_t i = 0; i < a.members().size(); ++i)
    if (a.members()[i].key != b.members()[i].key || !same(a.members()[i].value, b.members()[i].value)) return false;
  return a.is_array() || a.is_object() || a == b;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const block text({reinterpret_cast<const char*>(data), size});
  json::shape a;
  json::shape b;
  const errc e = json::check_with<scan::native>(text.view(), {}, a);
  require(e == json::check_with<scan::portable>(text.view(), {}, b) && a.offset == b.offset);
  require(a.offset <= size);
  if (e != errc::none) {
    pool p;
    frame_builder out(p);
    value_writer w(out);
    w.raw(text.view());
    require(w.error() == errc::bad_value || e == errc::json_too_deep || e == errc::json_too_many_nodes);
    return 0;
  }
  require(a.nodes == b.nodes && a.depth == b.depth && a.elements == b.elements && a.placeholders == b.placeholders);
  pool p;
  arena scratch(p);
  value_context context{{}, &scratch};
  const value_view root(text.view(), &context);
  require(walk(root, 200) == a.nodes);
  if (a.array) require(root.size() == a.elements);
  require(a.placeholders || !json::has_placeholder(text.view()));
  copy(root);
  const bytes_view attachments[] = {as_bytes("zero"), {}, as_bytes("two")};
  context.attachments = attachments;
  copy(root);
  context.attachments = {};
  value first;
  if (codec<value>::read(root, first) != errc::none) return 0;
  const std::string once = first.to_json();
  const result<value> second = value::parse(once);
  require(static_cast<bool>(second) && same(first, *second) && second->to_json() == once);
  return 0;
}
