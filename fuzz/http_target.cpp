// The parts of a request that are read after its head was judged: target, query, lists, cookies. Each in a block of its
// own, which inside of a head it is not. The first line is a target, the second a name, the rest a field value; a simple
// reading of the same rules must agree.
#include <siokit/http/fields.hpp>
#include <siokit/http/target.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

// A text in a block of exactly its size.
class block {
 public:
  explicit block(std::string_view text) : bytes_(std::make_unique<char[]>(text.size())), size_(text.size()) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

std::string plainly_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && http::hex(text[i + 1]) >= 0 && http::hex(text[i + 2]) >= 0) {
      out += static_cast<char>(http::hex(text[i + 1]) * 16 + http::hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// `text` between its separators.
std::vector<std::string> cut(std::string_view text, char separator) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == separator) out.emplace_back();
    else out.back() += c;
  }
  return out;
}

std::string decoded(std::string_view text) {
  const block exact(text);
  std::string out(text.size(), '\0');
  out.resize(http::decode(exact.view(), out).size());
  require(out == plainly_decoded(text) && http::decodes_to(exact.view(), out));
  require(out == text || http::is_encoded(exact.view()));
  // A room that is too small takes what fits.
  std::string half(out.size() / 2, '\0');
  require(http::decode(exact.view(), half) == std::string_view(out).substr(0, half.size()));
  return out;
}

void read_query(std::string_view query, std::string_view name) {
  const block exact(query);
  std::string_view rest = exact.view();
  std::size_t found = 0;
  std::string first;
  for (const std::string& pair : cut(query, '&')) {
    if (pair.empty()) continue;
    const auto next = http::next_parameter(rest);
    const std::size_t equals = pair.find('=');
    require(next && next->name == pair.substr(0, equals));
    require(next->value == (equals == std::string::npos ? "" : pair.substr(equals + 1)));
    if (decoded(next->name) == name && found++ == 0) first = next->value;
    (void)decoded(next->value);
  }
  require(!http::next_parameter(rest));
  using kind = http::query_match::kind;
  const http::query_match match = http::find_parameter(exact.view(), name);
  require(match.what == (found == 0 ? kind::none : found == 1 ? kind::one : kind::repeated));
  require(match.value == first);
}

void read_list(std::string_view text, std::string_view name) {
  const block exact(text);
  std::string_view rest = exact.view();
  bool has = false;
  for (const std::string& part : cut(text, ',')) {
    const std::string_view element = http::trim(part);
    if (element.empty()) continue;
    const auto next = http::next_element(rest);
    require(next && *next == element);
    has |= http::same(element, name);
  }
  require(!http::next_element(rest) && http::list_has(exact.view(), name) == has);
}

void read_fields(std::string_view value, std::string_view name) {
  // A line without its end, so that nothing is behind the value.
  const block exact("Cookie:" + std::string(value));
  require(http::find(exact.view(), "cookie") == http::trim(value) && http::count(exact.view(), "COOKIE") == 1);
  const auto found = http::cookie(exact.view(), name);
  for (const std::string& pair : cut(http::trim(value), ';')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || http::trim(std::string_view(pair).substr(0, equals)) != name) continue;
    std::string_view plain = http::trim(std::string_view(pair).substr(equals + 1));
    if (plain.size() > 1 && plain.front() == '"' && plain.back() == '"') plain = plain.substr(1, plain.size() - 2);
    require(found == plain);
    return;
  }
  require(!found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&rest] {
    const std::size_t end = rest.find('\n');
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return taken;
  };
  const block whole(line());
  const block name(line());
  const http::target_view target = http::split_target(whole.view());
  require(!target.path.empty());
  require(target.query.size() + target.authority.size() <= whole.view().size());
  const block authority(target.authority.empty() ? name.view() : target.authority);
  (void)http::is_host(authority.view());
  read_query(target.query, name.view());
  if (!http::is_field_value(rest)) return 0;
  read_list(rest, name.view());
  read_fields(rest, name.view());
  std::uint64_t number = 0;
  const block digits(rest);
  const bool is_number = !rest.empty() && rest.find_first_not_of("0123456789") == std::string_view::npos;
  require((http::read_length(digits.view(), number) == errc::none) == is_number);
  return 0;
}
