// Objects with one key more than once: the first place and the last value stay, as for JSON.parse. This finds them, for
// documents that keep their members in a list. Not for codecs of structs: fields() sees to it by itself.
// A peer can send a hundred thousand keys, so they are not compared each with each.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// Sorts them (heap sort). Not std::sort: <algorithm> would be read by every program for this one call.
template <class Before>
void sort_positions(std::vector<std::uint32_t>& all, Before before) {
  const auto sink = [&](std::size_t at, std::size_t end) {
    for (std::size_t child = 2 * at + 1; child < end; at = child, child = 2 * at + 1) {
      if (child + 1 < end && before(all[child], all[child + 1])) ++child;
      if (!before(all[at], all[child])) return;
      std::swap(all[at], all[child]);
    }
  };
  for (std::size_t i = all.size() / 2; i-- != 0;) sink(i, all.size());
  for (std::size_t end = all.size(); end-- > 1;) {
    std::swap(all[0], all[end]);
    sink(0, end);
  }
}

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
  sort_positions(order, [&](std::uint32_t a, std::uint32_t b) {
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
