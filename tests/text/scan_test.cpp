// Every set with all widths against the plain definition, at all lengths around 8, 16, 32 and 64, where wider steps begin, at
// some longer ones, and all places of the hit.
#include "catch.hpp"

#include <siokit/text/scan.hpp>

#include "block.hpp"

namespace {

using namespace text_test;

template <class Set>
const char* plainly(const char* at, const char* end) {
  while (at != end && !Set::byte(static_cast<unsigned char>(*at))) ++at;
  return at;
}

template <class Width, class Set>
void compare_find_or_last(std::string_view text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  if (end - begin < Width::width || Set::byte(static_cast<unsigned char>(text.back()))) return;
  // From every place on, also where less than a step is left.
  for (const char* at = begin; at != end; ++at) {
    const char* const wanted = plainly<Set>(at, end);
    if (Width::template find_or_last<Set>(at, end) != (wanted == end ? end - 1 : wanted)) FAIL("find_or_last");
  }
}

template <class Width, class Set>
void compare(std::string_view text) {
  compare_find_or_last<Width, Set>(text);
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* const first = plainly<Set>(begin, end);
  CHECK(Width::template find<Set>(begin, end) == first);
  if (first != end) CHECK(Width::template find_sure<Set>(begin, end) == first);
  const std::unique_ptr<char[]> copy(new char[text.size()]);
  CHECK(Width::template copy_unless<Set>(begin, text.size(), copy.get()) == (first == end));
  CHECK(std::string_view(copy.get(), text.size()) == text);
}

template <class Set>
void compare_all(unsigned char hit, unsigned char other) {
  const auto both = [](const std::string& text) {
    compare<scan::portable, Set>(exact(text));
    compare<scan::native, Set>(exact(text));
  };
  for (std::size_t n = 0; n < 300; n += n < 70 ? 1 : 23) {
    std::string text(n, static_cast<char>(other));
    both(text);
    for (std::size_t i = 0; i < n; i += n > 40 ? 3 : 1) {
      text[i] = static_cast<char>(hit);
      both(text);
      text[i] = static_cast<char>(other);
    }
  }
}

template <class Set>
void every_byte() {
  // Each byte among ones that are next to it in value, where borrows could leak into.
  for (unsigned c = 0; c < 256; ++c)
    for (const unsigned next : {c, c ^ 1u, (c + 1) & 255u, (c - 1) & 255u, 0u, 0x7fu, 0x80u, 0xffu}) {
      // In the first steps, and behind where wider ones begin.
      for (const std::size_t at : {std::size_t{3}, std::size_t{131}}) {
        std::string text(at + 60, 'a');
        for (std::size_t i = at; i < at + 27; ++i) text[i] = static_cast<char>(i % 2 == 0 ? c : next);
        const exact block(text);
        const char* const begin = block.view().data();
        const char* const end = begin + text.size();
        if (scan::portable::find<Set>(begin, end) != plainly<Set>(begin, end)) FAIL("portable " << c << ' ' << next);
        if (scan::native::find<Set>(begin, end) != plainly<Set>(begin, end)) FAIL("native " << c << ' ' << next);
      }
    }
}

}  // namespace

TEST_CASE("scan: what the sets are") {
  for (unsigned i = 0; i < 256; ++i) {
    const auto c = static_cast<unsigned char>(i);
    INFO(i);
    CHECK(scan::not_ascii::byte(c) == (c >= 0x80));
    CHECK(scan::not_plain::byte(c) == (c < 0x20 || c >= 0x80 || c == '"' || c == '\\'));
    CHECK(scan::string_stop::byte(c) == (c == '"' || c == '\\'));
    CHECK(scan::nesting::byte(c) == (c == '"' || c == '{' || c == '}' || c == '[' || c == ']'));
  }
}

TEST_CASE("scan: all widths find the first byte of a set") {
  compare_all<scan::not_ascii>(0x80, 'a');
  compare_all<scan::not_ascii>(0xff, 0x7f);
  compare_all<scan::not_plain>('"', 'a');
  compare_all<scan::not_plain>('\\', ' ');
  compare_all<scan::not_plain>(0x1f, '!');
  compare_all<scan::not_plain>(0x00, 0x7f);
  compare_all<scan::not_plain>(0xe4, '#');
  compare_all<scan::string_stop>('"', '!');
  compare_all<scan::string_stop>('\\', '[');
  compare_all<scan::nesting>('[', 'Z');
  compare_all<scan::nesting>('}', '|');
}

TEST_CASE("scan: all widths know every byte") {
  every_byte<scan::not_ascii>();
  every_byte<scan::not_plain>();
  every_byte<scan::string_stop>();
  every_byte<scan::nesting>();
  SUCCEED();
}
