// What the load generator and the limit server share: sockets, WebSocket frames that are built once and sent many times,
// a walk over frame boundaries, and reading what a process has cost. Linux only.
// Nothing here uses siokit: the yardstick must not bend with what it measures.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

[[noreturn]] inline void die(const char* what) {
  if (errno != 0) std::perror(what);
  else std::fprintf(stderr, "%s\n", what);
  std::_Exit(1);
}
[[noreturn]] inline void refuse(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::_Exit(1);
}

/// Arguments of the form --name value.
class flags {
 public:
  flags(int argc, char** argv) : argc_(argc), argv_(argv) {
    if (argc % 2 == 0) refuse("arguments come in pairs: --name value");
  }
  std::string_view text(std::string_view name, std::string_view otherwise) const {
    for (int i = 1; i + 1 < argc_; i += 2)
      if (argv_[i] == name) return argv_[i + 1];
    return otherwise;
  }
  double number(std::string_view name, double otherwise) const {
    const std::string_view given = text(name, {});
    return given.empty() ? otherwise : std::strtod(given.data(), nullptr);
  }
  std::size_t count(std::string_view name, std::size_t otherwise) const {
    return static_cast<std::size_t>(number(name, static_cast<double>(otherwise)));
  }

 private:
  int argc_;
  char** argv_;
};

inline void pin(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) die("sched_setaffinity");
}

/// As many files as wanted; more than the hard limit only where the process may raise it.
inline void raise_file_limit(rlim_t wanted) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const rlimit more{std::max(wanted, files.rlim_cur), std::max(wanted, files.rlim_max)};
  if (setrlimit(RLIMIT_NOFILE, &more) == 0) return;
  if (files.rlim_max < wanted) refuse("needs " + std::to_string(wanted) + " file descriptors: ulimit -n");
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

// ---- time ------------------------------------------------------------------------------------------------------------

inline std::int64_t nanoseconds(clockid_t clock) {
  timespec t{};
  if (clock_gettime(clock, &t) != 0) die("clock_gettime");
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
inline std::int64_t now() { return nanoseconds(CLOCK_MONOTONIC); }
inline std::int64_t own_cpu() { return nanoseconds(CLOCK_PROCESS_CPUTIME_ID); }
/// CPU time of another process, all its threads, user and system; 0 for process 0.
inline std::int64_t cpu_of(pid_t pid) {
  if (pid == 0) return 0;
  clockid_t clock{};
  if (clock_getcpuclockid(pid, &clock) != 0) die("no such process");
  return nanoseconds(clock);
}
/// Bytes that are in memory for this process alone (shared pages count by their share).
inline double resident(pid_t pid) {
  std::FILE* const f = std::fopen(("/proc/" + std::to_string(pid) + "/smaps_rollup").c_str(), "r");
  if (f == nullptr) die("smaps_rollup");
  char line[256];
  long kilobytes = 0;
  while (std::fgets(line, sizeof line, f) != nullptr)
    if (std::sscanf(line, "Pss: %ld kB", &kilobytes) == 1) break;
  std::fclose(f);
  return static_cast<double>(kilobytes) * 1024;
}

// ---- frames ----------------------------------------------------------------------------------------------------------

inline std::string frame_head(std::size_t size, unsigned char mask_bit) {
  std::string out("\x81");
  const auto byte = [&](std::size_t x) { out += static_cast<char>(x & 0xff); };
  if (size < 126) {
    byte(size | mask_bit);
  } else if (size < 65536) {
    byte(126u | mask_bit);
    byte(size >> 8), byte(size);
  } else {
    byte(127u | mask_bit);
    for (int shift = 56; shift >= 0; shift -= 8) byte(std::uint64_t{size} >> shift);
  }
  return out;
}
inline std::string server_frame(std::string_view text) { return frame_head(text.size(), 0).append(text); }
/// Masked with a key that is no zero, as a client's is.
inline std::string client_frame(std::string_view text) {
  static constexpr char key[] = {'\x37', '\x21', '\x5a', '\x7d'};
  std::string out = frame_head(text.size(), 0x80);
  out.append(key, sizeof key);
  for (std::size_t i = 0; i < text.size(); ++i) out += static_cast<char>(text[i] ^ key[i % 4]);
  return out;
}

/// The argument of an event, `size` bytes of JSON: a string, or ("json") an array of small objects.
inline std::string argument(std::size_t size, std::string_view shape) {
  std::string out;
  if (shape == "json") {
    out = "[";
    for (int i = 0; out.size() + 100 < size; ++i)
      out += "{\"id\":" + std::to_string(1000 + i) + ",\"name\":\"user number " + std::to_string(i) +
             "\",\"score\":" + std::to_string(i * 7 % 100) + ".5,\"tags\":[\"a\",\"b\",null,true]},";
    out += '"';
    out.append(size - out.size() - 2, 'x');
    return out + "\"]";
  }
  out.assign(size, 'x');
  if (size >= 2) out.front() = out.back() = '"';
  return out;
}

/// Walks a stream of WebSocket frames of which any part may come at once; keeps nothing but the head of a cut frame.
class frame_walk {
 public:
  /// Calls message(text, size) for each frame once it is complete. `text` is its first two characters (of a shorter one, what
  /// there is), masked when the frames are.
  template <bool Masked, class Message>
  void feed(const char* at, std::size_t n, Message&& message) {
    while (n != 0) {
      if (skip_ != 0) {
        const std::size_t step = std::min<std::uint64_t>(skip_, n);
        skip_ -= step, at += step, n -= step;
        if (skip_ == 0) message(kept_, size_);
        continue;
      }
      if (have_ == 0 && n >= sizeof head_) {  // the usual case reads the head where it lies
        const std::size_t used = open<Masked>(at, sizeof head_);
        at += used, n -= used;
      } else {
        head_[have_++] = *at++, --n;
        if (open<Masked>(head_, have_) == 0) continue;
        have_ = 0;
      }
      if (skip_ == 0) message(kept_, size_);
    }
  }
  bool between_frames() const { return have_ == 0 && skip_ == 0; }

 private:
  // Reads the head and the start of the payload; 0 when they are not all there, else the bytes they take.
  template <bool Masked>
  std::size_t open(const char* at, std::size_t n) {
    if (n < 2) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    std::uint64_t size = byte(1) & 0x7fu;
    std::size_t head = 2;
    if (size >= 126) {
      const std::size_t digits = size == 126 ? 2 : 8;
      if (n < 2 + digits) return 0;
      size = 0;
      for (; head < 2 + digits; ++head) size = size << 8 | byte(head);
    }
    if (Masked) head += 4;
    const std::size_t start = std::min<std::uint64_t>(size, sizeof kept_);
    if (n < head + start) return 0;
    for (std::size_t i = 0; i < sizeof kept_; ++i) kept_[i] = i < start ? at[head + i] : '\0';
    size_ = size;
    skip_ = size - start;
    return head + start;
  }

  std::uint64_t skip_ = 0;  // payload of the current frame that is yet to come
  std::uint64_t size_ = 0;
  char head_[16];
  char kept_[2];
  unsigned char have_ = 0;
};

/// Output that repeats: any number of equal-sized messages out of one block that holds many, one send for all that is due.
class repeater {
 public:
  struct block {
    std::string bytes;
    std::size_t each = 0;
    /// Large enough for one send of `most` messages, at most a few of the large ones.
    void fill(std::string_view one, std::size_t most) {
      each = one.size();
      const std::size_t copies = std::clamp<std::size_t>((std::size_t{1} << 21) / each, 2, most + 1);
      bytes.clear();
      for (std::size_t i = 0; i < copies; ++i) bytes.append(one);
    }
  };
  void owe(const block& from, std::size_t messages) { owed_ += messages * from.each; }
  bool idle() const { return owed_ == 0; }
  /// Sends what is owed; false when the socket is full and the rest must wait for it.
  bool flush(int fd, const block& from) {
    while (owed_ != 0) {
      const std::size_t n = std::min<std::uint64_t>(owed_, from.bytes.size() - phase_);
      const ssize_t sent = ::send(fd, from.bytes.data() + phase_, n, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return false;
      if (sent < 0) return owed_ = 0, true;  // the end is seen by the next receive
      owed_ -= static_cast<std::uint64_t>(sent);
      phase_ = (phase_ + static_cast<std::uint32_t>(sent)) % static_cast<std::uint32_t>(from.each);
      if (static_cast<std::size_t>(sent) < n) return false;
    }
    return true;
  }

 private:
  std::uint64_t owed_ = 0;
  std::uint32_t phase_ = 0;  // how far into a message the stream is
};

// ---- sockets ---------------------------------------------------------------------------------------------------------

inline sockaddr_in loopback(std::uint16_t port, unsigned last = 1) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last);
  return to;
}

class poller {
 public:
  poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}
  void add(int fd, std::uint32_t what, std::uint64_t tag) { control(EPOLL_CTL_ADD, fd, what, tag); }
  void change(int fd, std::uint32_t what, std::uint64_t tag) { control(EPOLL_CTL_MOD, fd, what, tag); }
  /// What is ready, after at most `timeout` milliseconds.
  const epoll_event* begin() const { return ready_; }
  const epoll_event* end() const { return ready_ + count_; }
  void wait(int timeout) {
    const int n = epoll_wait(fd_, ready_, capacity, timeout);
    if (n < 0 && errno != EINTR) die("epoll_wait");
    count_ = std::max(n, 0);
  }

 private:
  void control(int operation, int fd, std::uint32_t what, std::uint64_t tag) {
    epoll_event e{};
    e.events = what;
    e.data.u64 = tag;
    if (epoll_ctl(fd_, operation, fd, &e) != 0) die("epoll_ctl");
  }
  static constexpr int capacity = 1024;
  int fd_;
  int count_ = 0;
  epoll_event ready_[capacity];
};

}  // namespace bench
