// Reads transcripts and runs them against a server in the simulator. The format is described in README.md.
// A mistake in a file and a difference from what it expects both come back as a text: file, line, expected, got.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <siokit/sim.hpp>

#include "transcripts/peer_wire.hpp"
#include "transcripts/setups.hpp"

namespace transcripts {

struct line {
  int number = 0;
  char what = 0;     // > < @ ! s(ilent) d(o)
  std::string link;  // > <, and s when it names one
  std::string text;
};

struct transcript {
  std::string path;
  std::string title;
  std::string server = "conformance";
  settings options;
  std::map<std::string, std::string> values;
  std::vector<line> lines;
  bool large = false;
  bool checks_events = false;
  std::string mistake;  // of the file itself
};

/// One way of running.
struct mode {
  siokit::sim::pieces in = siokit::sim::pieces::whole;
  siokit::sim::pieces out = siokit::sim::pieces::whole;
  bool random_keys = false;
  bool erratic = false;
  std::uint64_t seed = 1;
  std::string name() const {
    constexpr const char* words[] = {"whole", "byte by byte", "in random cuts"};
    return std::string("input ") + words[static_cast<int>(in)] + ", output " + words[static_cast<int>(out)] +
        ", seed " +
           std::to_string(seed);
  }
};

inline std::string_view trim(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

/// Takes a word off the front.
inline std::string_view take_word(std::string_view& s) {
  s = trim(s);
  const std::size_t end = std::min(s.find(' '), s.size());
  const std::string_view word = s.substr(0, end);
  s = trim(s.substr(end));
  return word;
}

inline bool link_name(std::string_view s) {
  for (const char c : s)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
  return true;
}

inline transcript parse(std::istream& in, std::string path) {
  transcript t;
  t.path = std::move(path);
  int number = 0;
  for (std::string raw; std::getline(in, raw);) {
    ++number;
    std::string_view text = trim(raw);
    if (text.empty()) continue;
    if (text.front() == '#') {
      if (t.title.empty()) t.title = trim(text.substr(1));
      continue;
    }
    const std::size_t arrow = std::min(text.find_first_of("<>"), text.find(' '));
    if (arrow < text.size() && text[arrow] != ' ' && link_name(text.substr(0, arrow))) {
      const std::string link(arrow == 0 ? "a" : text.substr(0, arrow));
      t.lines.push_back({number, text[arrow], link, std::string(trim(text.substr(arrow + 1)))});
      continue;
    }
    const std::string_view whole = text;
    const std::string_view word = take_word(text);
    if (word == "@" || word == "!" || word == "do") {
      t.checks_events |= word == "!";
      t.lines.push_back({number, word[0], "", std::string(text)});
    } else if (word == "silent") {
      t.lines.push_back({number, 's', std::string(text), ""});
    } else if (word == "server") {
      t.server = text;
    } else if (word == "option" || word == "limit") {
      const std::string name(take_word(text));
      (word == "option" ? t.options.options : t.options.limits)[name] = text;
    } else if (word == "set") {
      const std::string name(take_word(text));
      t.values[name] = text;
    } else if (word == "large") {
      t.large = true;
    } else if (t.mistake.empty()) {
      t.mistake = t.path + ":" + std::to_string(number) + ": what is this? " + std::string(whole);
    }
  }
  return t;
}

/// Matches text against a pattern with * and $names; what $names took is added to `values` when all of it matches.
inline bool matches(std::string_view pattern, std::string_view text, std::map<std::string, std::string>& values) {
  const auto named = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  std::size_t p = 0, t = 0;
  while (p < pattern.size()) {
    if (pattern[p] == '*') {
      for (std::size_t from = t; from <= text.size(); ++from)
        if (matches(pattern.substr(p + 1), text.substr(from), values)) return true;
      return false;
    }
    if (pattern[p] == '$') {
      std::size_t end = p + 1;
      while (end < pattern.size() && named(pattern[end]) && pattern[end] != '-') ++end;
      const std::string name(pattern.substr(p + 1, end - p - 1));
      if (const auto known = values.find(name); known != values.end()) {
        if (text.substr(t, known->second.size()) != known->second) return false;
        t += known->second.size();
      } else {
        std::size_t stop = t;
        while (stop < text.size() && named(text[stop])) ++stop;
        if (stop == t) return false;
        auto guess = values;
        guess[name] = text.substr(t, stop - t);
        if (!matches(pattern.substr(end), text.substr(stop), guess)) return false;
        values = std::move(guess);
        return true;
      }
      p = end;
      continue;
    }
    // An escape in the pattern stands for one byte.
    std::size_t next = p + 1;
    if (pattern[p] == '\\' && p + 1 < pattern.size()) next = pattern[p + 1] == 'x' ? p + 4 : p + 2;
    const std::string literal = peer_wire::unescape(pattern.substr(p, next - p));
    if (text.substr(t, literal.size()) != literal) return false;
    t += literal.size();
    p = next;
  }
  return t == text.size();
}

inline std::vector<std::string_view> split_bars(std::string_view s) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t bar = s.find(" |");
    if (bar == std::string_view::npos) break;
    out.push_back(trim(s.substr(0, bar)));
    s.remove_prefix(std::min(bar + 2, s.size()));
  }
  if (!trim(s).empty()) out.push_back(trim(s));
  return out;
}

/// One run of one transcript.
class run {
 public:
  run(const transcript& t, const mode& m)
      : t_(t), mode_(m), net_(m.seed), values_(t.values), setup_(make_setup(t.server, t.options)) {}

  /// Empty when all was as expected.
  std::string operator()() {
    if (!t_.mistake.empty()) return t_.mistake;
    if (setup_ == nullptr) return t_.path + ": no server set-up takes this: " + t_.server + " " + setup_mistake();
    net_.on_failure([this](const std::string& what) { if (error_.empty()) error_ = what; });
    siokit::sim::host_options how;
    how.writes = mode_.out;
    how.erratic = mode_.erratic;
    siokit::sim::host host(net_, setup_->driver(), how);
    host_ = &host;
    for (const line& l : t_.lines) {
      now_ = &l;
      perform(l);
      if (!error_.empty()) break;
    }
    if (error_.empty()) finish();
    if (error_.empty()) return {};
    return t_.path + ":" + std::to_string(now_->number) + ": " + error_ + "\n  run with " + mode_.name() + ", " +
        net_.where() +
           (host.report().empty() ? "" : "\n  " + host.report());
  }

 private:
  struct link {
    siokit::sim::peer peer;
    std::string held;   // to be sent with the next line
    std::string unread;
    bool head_only = false;
  };

  link& get(const std::string& name) {
    link& l = links_[name];
    if (!l.peer) {
      siokit::sim::link_options how;
      how.in.pieces = mode_.in;
      l.peer = host_->connect(how);
      net_.settle();
    }
    return l;
  }
  void expect_failed(const std::string& expected, std::string_view got) {
    error_ = "\n  expected " + expected + "\n  got      " + (got.empty() ? "nothing" : peer_wire::escape(got));
  }

  /// $names replaced, escapes resolved.
  std::string resolve(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        out += text[i++];
        out += text[i];
        continue;
      }
      if (text[i] != '$') {
        out += text[i];
        continue;
      }
      std::size_t end = i + 1;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
      const std::string name(text.substr(i + 1, end - i - 1));
      const auto found = values_.find(name);
      if (found == values_.end()) {
        if (error_.empty()) error_ = "nobody set $" + name;
        return {};
      }
      out += found->second;
      i = end - 1;
    }
    return peer_wire::unescape(out);
  }

  void perform(const line& l) {
    switch (l.what) {
      case '>': return send(l);
      case '<': return expect(l);
      case '@': return pass(l.text);
      case '!': return expect_event(l.text);
      case 'd':
        if (!setup_->command(l.text)) error_ = "the server set-up has no command for: " + l.text;
        return net_.settle();
      default: return silent(l.link);
    }
  }

  void send(const line& l) {
    std::string_view text = l.text;
    const bool hold = text.ends_with(" \\");
    if (hold) text = trim(text.substr(0, text.size() - 2));
    link& to = get(l.link);
    if (text == "open") return net_.settle();
    if (to.peer.ended() || to.peer.was_reset()) {
      error_ = "link " + l.link + " has ended: the server closed it";
      return;
    }
    if (text == "end" || text == "reset" || text == "vanish" || text == "pause" || text == "resume") {
      to.peer.send(std::exchange(to.held, {}));
      if (text == "end") to.peer.finish();
      if (text == "reset") to.peer.reset();
      if (text == "vanish") to.peer.half_open();
      if (text == "pause") to.peer.pause();
      if (text == "resume") to.peer.resume();
      return net_.settle();
    }
    std::string_view rest = text;
    const std::string_view word = take_word(rest);
    if (word == "ws")
      to.held += frame(rest);
    else if (word == "raw")
      to.held += resolve(rest);
    else
      to.held += request(text, to);
    if (hold) return;
    to.peer.send(std::exchange(to.held, {}));
    net_.settle();
  }
  std::string request(std::string_view text, link& to) {
    const std::size_t bars = text.find(" ||");
    std::string body;
    bool framed = bars == std::string_view::npos;
    if (!framed) {
      body = resolve(trim(text.substr(bars + 3)));
      text = text.substr(0, bars);
    }
    to.head_only = text.starts_with("HEAD ");
    std::string out;
    for (const std::string_view part : split_bars(text)) {
      if (part == "$ws_headers") {
        out += peer_wire::ws_headers;
        continue;
      }
      framed |= part.starts_with("Content-Length:") || part.starts_with("Transfer-Encoding:");
      out += resolve(part) + "\r\n";
    }
    if (!framed) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out + "\r\n" + body;
  }
  std::string frame(std::string_view text) {
    const std::uint32_t key = mode_.random_keys ? static_cast<std::uint32_t>(net_.random()) : 0;
    std::string_view rest = text;
    const std::string_view word = take_word(rest);
    using namespace peer_wire;
    if (word == "bin") return ws_frame(binary, hex(rest), key);
    if (word == "ping") return ws_frame(ping, resolve(rest), key);
    if (word == "pong") return ws_frame(pong, resolve(rest), key);
    if (word == "first") return ws_frame(peer_wire::text, resolve(rest), key, false);
    if (word == "more") return ws_frame(more, resolve(rest), key, false);
    if (word == "last") return ws_frame(more, resolve(rest), key);
    if (word == "close") return ws_frame(peer_wire::close, close_payload(rest), key);
    return ws_frame(peer_wire::text, resolve(text), key);
  }
  std::string close_payload(std::string_view rest) {
    if (rest.empty()) return {};
    unsigned code = 0;
    for (const char c : take_word(rest)) code = code * 10 + static_cast<unsigned>(c - '0');
    return std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + resolve(rest);
  }
  static std::string hex(std::string_view text) {
    std::string escaped;
    for (std::string_view word = take_word(text); !word.empty(); word = take_word(text))
      escaped += "\\x" + std::string(word);
    return peer_wire::unescape(escaped);
  }

  void expect(const line& l) {
    link& from = get(l.link);
    net_.settle();
    from.unread += from.peer.take();
    std::string_view rest = l.text;
    const std::string_view word = take_word(rest);
    if (l.text == "end" || l.text == "reset") return expect_end(from, l.text == "reset");
    if (word == "raw") {
      const std::string wanted = resolve(rest);
      if (!std::string_view(from.unread).starts_with(wanted)) return expect_failed(l.text, from.unread);
      from.unread.erase(0, wanted.size());
    } else if (word == "ws") {
      expect_frame(from, rest);
    } else {
      expect_response(from, l.text);
    }
  }
  void expect_end(link& from, bool reset) {
    // The peer of a closed link ends its side, as a client does.
    if (!from.unread.empty()) return expect_failed(reset ? "a reset" : "the end", from.unread);
    if (reset ? !from.peer.was_reset() : !from.peer.ended())
      return expect_failed(reset ? "a reset" : "the end", from.peer.was_reset() ? "a reset" : from.peer.ended() ?
          "the end" : "");
    if (!reset) from.peer.finish();
    net_.settle();
  }
  void expect_frame(link& from, std::string_view wanted) {
    const std::string all = from.unread;
    peer_wire::frame got;
    if (!peer_wire::take_frame(from.unread, got)) return expect_failed("ws " + std::string(wanted), all);
    std::string shown;
    using namespace peer_wire;
    if (got.op == binary) {
      shown = "bin";
      for (const char c : got.payload) {
        char two[4];
        std::snprintf(two, sizeof two, " %02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        shown += two;
      }
    } else if (got.op == peer_wire::close) {
      shown = got.payload.size() < 2 ? "close" : "close " + std::to_string(got.code()) + (got.payload.size() > 2 ?
          " " : "") + got.payload.substr(2);
    } else if (got.op == ping || got.op == pong) {
      shown = std::string(got.op == ping ? "ping" : "pong") + (got.payload.empty() ? "" : " ") + got.payload;
    } else {
      shown = got.payload;
    }
    if (!got.fin || got.masked || got.reserved != 0 || got.op == more)
      return expect_failed("a whole, unmasked frame", all);
    if (!matches(wanted, shown, values_)) expect_failed("ws " + std::string(wanted), "ws " + shown);
  }
  void expect_response(link& from, std::string_view wanted) {
    const std::string all = from.unread;
    peer_wire::response got;
    if (!peer_wire::take_response(from.unread, got, from.head_only)) return expect_failed(std::string(wanted), all);
    std::string_view body;
    if (const std::size_t bars = wanted.find(" ||"); bars != std::string_view::npos) {
      body = trim(wanted.substr(bars + 3));
      wanted = wanted.substr(0, bars);
    }
    const auto parts = split_bars(wanted);
    bool good = !parts.empty() && matches(parts[0], got.line, values_);
    bool only = false;
    std::size_t listed = 0;
    for (std::size_t i = 1; good && i < parts.size(); ++i) {
      if (parts[i] == "only") {
        only = true;
      } else if (parts[i].front() == '!') {
        good = !got.header(parts[i].substr(1));
      } else {
        ++listed;
        good = false;
        for (const std::string& h : got.headers) good = good || matches(parts[i], h, values_);
      }
      if (!good) return expect_failed("a response with " + std::string(parts[i]), all);
    }
    if (only) good = good && listed == got.headers.size();
    if (!good || !matches(body, got.body, values_)) expect_failed(now_->text, all);
  }

  void pass(std::string_view text) {
    long long n = 0;
    std::size_t i = text.starts_with("+") ? 1 : 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') n = n * 10 + (text[i++] - '0');
    const std::string_view unit = trim(text.substr(i));
    const long long ms = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
    if (ms == 0) error_ = "how long is this? " + std::string(text);
    net_.run_for(siokit::milliseconds(n * ms));
  }

  void expect_event(std::string_view wanted) {
    net_.settle();
    auto& seen = setup_->events;
    if (wanted == "...") {
      skipping_ = true;
      return;
    }
    while (!seen.empty()) {
      const std::string got = seen.front();
      if (matches(wanted, got, values_)) {
        seen.erase(seen.begin());
        skipping_ = false;
        return;
      }
      if (!skipping_) return expect_failed("! " + std::string(wanted), "! " + got);
      seen.erase(seen.begin());
    }
    expect_failed("! " + std::string(wanted), "");
  }

  void silent(const std::string& which) {
    net_.settle();
    for (auto& [name, l] : links_) {
      if (!which.empty() && which != name) continue;
      l.unread += l.peer.take();
      if (!l.unread.empty()) return expect_failed("silence on link " + name, l.unread);
      if (which.empty()) continue;
      if (l.peer.ended() || l.peer.was_reset())
        return expect_failed("an open link " + name, l.peer.ended() ? "the end" : "a reset");
    }
  }
  void finish() {
    net_.settle();
    for (auto& [name, l] : links_) {
      l.unread += l.peer.take();
      if (!l.unread.empty()) return expect_failed("nothing more on link " + name, l.unread);
    }
    if (t_.checks_events && !skipping_ && !setup_->events.empty())
      expect_failed("no more events", "! " + setup_->events.front());
  }

  const transcript& t_;
  mode mode_;
  siokit::sim::network net_;
  std::map<std::string, std::string> values_;
  std::unique_ptr<setup> setup_;
  siokit::sim::host* host_ = nullptr;
  std::map<std::string, link> links_;
  const line* now_ = nullptr;
  bool skipping_ = false;
  std::string error_;
};

/// All ways a transcript is run in.
inline std::vector<mode> modes(const transcript& t, unsigned seeds) {
  using siokit::sim::pieces;
  std::vector<mode> out = {{}, {pieces::whole, pieces::one, true, false, 1}};
  if (!t.large) {
    out.push_back({pieces::one, pieces::whole, false, false, 1});
    out.push_back({pieces::one, pieces::one, true, false, 1});
  }
  for (unsigned i = 0; i < seeds; ++i) out.push_back({pieces::random, pieces::random, true, i % 2 == 1, i + 1});
  return out;
}

inline transcript load(const std::filesystem::path& file, const std::filesystem::path& base) {
  std::ifstream in(file, std::ios::binary);
  return parse(in, std::filesystem::relative(file, base).string());
}

}  // namespace transcripts
