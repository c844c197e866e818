// Echo at a fixed rate, open loop: requests leave when they are due, however long answers take. The time of one counts from
// when it was due, not from when it could be sent, so that a stall shows in all that it delayed.
#pragma once

#include "load_tools.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace bench {

/// Times in nanoseconds, to 1 part in 64.
class histogram {
 public:
  void add(std::int64_t t) {
    ++counts_[bucket(static_cast<std::uint64_t>(std::max<std::int64_t>(t, 1)))];
    ++total_;
    largest_ = std::max(largest_, t);
  }
  double at(double part) const {
    std::uint64_t left = static_cast<std::uint64_t>(part * static_cast<double>(total_));
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > left) return value(i);
      left -= counts_[i];
    }
    return static_cast<double>(largest_);
  }
  double largest() const { return static_cast<double>(largest_); }

 private:
  static std::size_t bucket(std::uint64_t t) {
    const auto top = static_cast<std::size_t>(63 - __builtin_clzll(t));
    return top < 6 ? t : (top - 5) * 64 + ((t >> (top - 6)) & 63);
  }
  static double value(std::size_t i) {
    return i < 64 ? static_cast<double>(i) : static_cast<double>((64 + i % 64) << (i / 64 - 1));
  }
  std::array<std::uint64_t, 64 * 60> counts_{};
  std::uint64_t total_ = 0;
  std::int64_t largest_ = 0;
};

inline void latency(const flags& given) {
  const echo_text text(given);
  websockets all(given);
  repeater::block block;
  block.fill(client_frame(text.request), 64);
  all.check(text.request, text.reply);
  all.expect("43", text.reply.size());
  const double rate = given.number("--rate", 10'000);
  const double gap = 1e9 / rate;
  std::vector<std::deque<std::int64_t>> due(all.size());
  std::vector<std::size_t> batch(all.size());
  histogram times;
  meter m(given);
  const std::int64_t start = now();
  std::size_t sent = 0;
  while (m.running()) {
    const std::int64_t t = now();
    const std::size_t first = sent;
    for (; start + static_cast<std::int64_t>(static_cast<double>(sent) * gap) <= t; ++sent) {
      due[sent % all.size()].push_back(start + static_cast<std::int64_t>(static_cast<double>(sent) * gap));
      ++batch[sent % all.size()];
    }
    for (std::size_t i = first; i < sent && i < first + all.size(); ++i)
      if (const std::size_t n = std::exchange(batch[i % all.size()], 0); n != 0) all.send(i % all.size(), block, n);
    all.turn(block, [&](std::size_t i, std::size_t messages) {
      const std::int64_t got = now();
      for (std::size_t k = 0; k < messages; ++k) {
        if (m.measuring()) times.add(got - due[i].front());
        due[i].pop_front();
      }
      m.count(messages);
    });
  }
  // What is still without an answer has waited at least until now.
  const std::int64_t end = now();
  for (const auto& waiting : due)
    for (const std::int64_t t : waiting) times.add(end - t);
  char more[256];
  std::snprintf(more, sizeof more, ",\"asked\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f", rate,
                times.at(0.5) / 1e3, times.at(0.99) / 1e3, times.at(0.999) / 1e3, times.largest() / 1e3);
  m.print("latency", given, all.size(), 1, text.size, more);
}

}  // namespace bench
