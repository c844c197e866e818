// System calls that are counted, and made to fail: this file stands between the adapters and libc. What is counted is
// the design's promise (one recv and one send a message, no epoll_ctl); what fails is whatever may fail anywhere.
// Not under TSan, which wants to see these calls itself.
#if !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIOKIT_TEST_WATCHED_BY_TSAN
#endif
#endif
#if !defined(SIOKIT_TEST_WATCHED_BY_TSAN)

#include <dlfcn.h>

#include <random>

#include "adapters/rigs.hpp"

namespace {

struct {
  int wait = 0, change = 0, receive = 0, send = 0, accept = 0;
  int refused = 0;  // calls that reported EAGAIN
} calls;

// 0: nothing fails. Else one call in so many fails with EINTR or EAGAIN, or moves only a part.
unsigned failing = 0;
std::minstd_rand luck;
bool unlucky() { return failing != 0 && luck() % failing == 0; }

template <class F>
F* real(F*, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}
template <class R>
R failed(int error) {
  errno = error;
  return -1;
}
template <class R>
R counted(R result) {
  if (result < 0 && errno == EAGAIN) ++calls.refused;
  return result;
}

}  // namespace

extern "C" {
ssize_t recv(int fd, void* into, size_t size, int flags) {
  static auto* const next = real(&recv, "recv");
  ++calls.receive;
  if (unlucky()) return failed<ssize_t>(luck() % 2 == 0 ? EINTR : EAGAIN);
  if (unlucky() && size > 1) size = 1 + luck() % (size - 1);
  return counted(next(fd, into, size, flags));
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const next = real(&sendmsg, "sendmsg");
  ++calls.send;
  if (unlucky()) return failed<ssize_t>(luck() % 2 == 0 ? EINTR : EAGAIN);
  if (!unlucky()) return counted(next(fd, message, flags));
  iovec first = message->msg_iov[0];  // a short write
  if (first.iov_len > 1) first.iov_len = 1 + luck() % (first.iov_len - 1);
  msghdr part{};
  part.msg_iov = &first;
  part.msg_iovlen = 1;
  return next(fd, &part, flags);
}
ssize_t send(int fd, const void* from, size_t size, int flags) {
  static auto* const next = real(&send, "send");
  ++calls.send;
  if (unlucky()) return failed<ssize_t>(luck() % 2 == 0 ? EINTR : EAGAIN);
  if (unlucky() && size > 1) size = 1 + luck() % (size - 1);  // a short write
  return counted(next(fd, from, size, flags));
}
int accept4(int fd, sockaddr* peer, socklen_t* size, int flags) {
  static auto* const next = real(&accept4, "accept4");
  ++calls.accept;
  if (unlucky()) return failed<int>(luck() % 2 == 0 ? EINTR : ECONNABORTED);
  return next(fd, peer, size, flags);
}
int epoll_wait(int fd, epoll_event* events, int n, int ms) {
  static auto* const next = real(&epoll_wait, "epoll_wait");
  ++calls.wait;
  if (unlucky()) return failed<int>(EINTR);
  return next(fd, events, n, ms);
}
int epoll_ctl(int fd, int what, int which, epoll_event* event) noexcept {
  static auto* const next = reinterpret_cast<int (*)(int, int, int, epoll_event*)>(::dlsym(RTLD_NEXT, "epoll_ctl"));
  ++calls.change;
  return next(fd, what, which, event);
}
int poll(pollfd* fds, nfds_t n, int ms) {
  static auto* const next = real(&poll, "poll");
  ++calls.wait;
  if (unlucky()) return failed<int>(EINTR);
  return next(fds, n, ms);
}
}

TEMPLATE_TEST_CASE("a message costs one recv, one send and its turn one wait", "[adapters]", poll_rig, epoll_rig) {
  TestType rig;
  const auto port = rig.host.listen(0).port;
  std::vector<pair_of_ends> ends;
  for (int i = 0; i < 5; ++i) ends.push_back(connect(rig, port));
  turns(rig, 2);
  constexpr int rounds = 100;
  calls = {};
  for (int i = 0; i < rounds; ++i) {
    for (auto& e : ends) e.c.send("hello");
    rig.host.step(std::chrono::milliseconds{1000});
  }
  CHECK(calls.wait == rounds);
  CHECK(calls.receive == 5 * rounds);
  CHECK(calls.send == 5 * rounds);
  CHECK(calls.change == 0);
  CHECK(calls.refused == 0);
  CHECK(rig.io.sent_bytes == 5 * 5 * rounds);
}

TEMPLATE_TEST_CASE("no send is made only to hear that the kernel is full", "[adapters]", poll_rig, epoll_rig) {
  TestType rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port, 65536);
  const std::string all = pattern(16 << 20);
  calls = {};
  rig.io.write(link, all);
  CHECK((receive(rig, c, all.size()) == all));
  CHECK(calls.refused == 0);
  CHECK(calls.receive == 0);
}

TEST_CASE("a link whose driver reads now and then costs no epoll_ctl as long as its peer waits too", "[adapters]") {
  epoll_rig rig;
  auto [c, link] = connect(rig, rig.host.listen(0).port);
  turns(rig, 2);
  calls = {};
  for (int i = 0; i < 10; ++i) {
    rig.io.stop_reading(link);
    turns(rig, 1);
    rig.io.read_again(link);
    send_all(rig, c, "poll");
    CHECK(receive(rig, c, 4) == "poll");
  }
  CHECK(calls.change == 0);
}

TEMPLATE_TEST_CASE("whatever call fails, the bytes are those of the ideal run", "[adapters]", poll_rig, epoll_rig) {
  const auto seed = GENERATE(range(1u, 9u));
  INFO("seed " << seed);
  luck.seed(seed);
  failing = 0;
  const siokit::scope_exit restore{[] { failing = 0; }};
  TestType rig;
  const auto port = rig.host.listen(0).port;
  const std::string all = pattern(200'000);
  failing = 2 + seed % 5;
  std::vector<pair_of_ends> ends;
  for (int i = 0; i < 3; ++i) ends.push_back(connect(rig, port, 8192));
  std::vector<std::string> got(ends.size());
  std::vector<std::size_t> sent(ends.size());
  CHECK(until(rig, [&] {
    bool done = true;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (sent[i] < all.size()) sent[i] += ends[i].c.send(std::string_view{all}.substr(sent[i], 1 + luck() % 20'000));
      got[i] += ends[i].c.receive();
      done &= got[i].size() >= all.size();
    }
    return done;
  }));
  for (std::size_t i = 0; i < ends.size(); ++i) {
    CHECK((got[i] == all));
    rig.io.write(ends[i].link, all);
    rig.io.close(ends[i].link);
    CHECK((receive(rig, ends[i].c) == all));
    CHECK(ends[i].c.error() == 0);
    ends[i].c.close();
  }
  CHECK(until(rig, [&] { return rig.host.connections() == 0; }));
  CHECK(rig.io.endings.size() == ends.size());
  CHECK(rig.io.faults.empty());
}

#endif
#endif
