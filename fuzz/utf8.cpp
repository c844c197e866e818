// UTF-8: both widths, the checker in two pieces at every place of a short input, and repair, against the plain
// definition.
#include <siokit/text/utf8.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

// By decoding the numbers (RFC 3629 3).
bool plainly_valid(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
    const unsigned c = byte(i);
    const std::size_t n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 0;
    if (n == 0 || i + n > s.size()) return false;
    std::uint32_t x = n == 1 ? c : c & (0x7fu >> n);
    for (std::size_t k = 1; k < n; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
      x = x << 6 | (byte(i + k) & 0x3f);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (x < least[n] || x > 0x10ffff || (x >= 0xd800 && x < 0xe000)) return false;
    i += n;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<char[]> block(new char[size]);
  if (size != 0) std::memcpy(block.get(), data, size);
  const std::string_view text(block.get(), size);
  const bool good = plainly_valid(text);
  require(utf8::valid<scan::native>(text) == good && utf8::valid<scan::portable>(text) == good);
  for (std::size_t cut = 0; cut <= size; cut += size < 100 ? 1 : size / 50) {
    utf8::checker checker;
    const bool fed = checker.feed(text.substr(0, cut)) && checker.feed(text.substr(cut));
    require((fed && checker.complete()) == good);
  }
  std::string repaired(utf8::repaired_size(text), '?');
  require(utf8::repair(text, repaired.data()) == repaired.data() + repaired.size());
  require(plainly_valid(repaired) && (!good || repaired == text));
  return 0;
}
