// Objects with one key more than once: the first place and the last value stay, as for JSON.parse. This finds them, for
// documents that keep their members in a list. Not for codecs of structs: fields() sees to it by itself.
// A peer can send a hundred thousand keys, so they are not compared each with each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Calls repeat(first, later) for each member whose key stands at `first` already, those of one key in their order.
/// key(i) is a std::string_view.
template <class Key, class Repeat>
void for_each_repeated(std::size_t n, Key key, Repeat repeat) {
  constexpr std::size_t few = 16;
  if (n <= few) {
    bool taken[few] = {};
    for (std::size_t first = 0; first < n; ++first) {
      if (taken[first]) continue;
      for (std::size_t later = first + 1; later < n; ++later)
        if (!taken[later] && key(first) == key(later)) taken[later] = true, repeat(first, later);
    }
    return;
  }
  std::vector<std::uint32_t> order(n);  // positions in the order of keys
  for (std::size_t i = 0; i < n; ++i) order[i] = static_cast<std::uint32_t>(i);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int c = key(a).compare(key(b));
    return c != 0 ? c < 0 : a < b;
  });
  std::uint32_t first = order[0];
  for (std::size_t i = 1; i < n; ++i) {
    if (key(order[i]) == key(first))
      repeat(first, order[i]);
    else
      first = order[i];
  }
}

SIOKIT_NAMESPACE_END
