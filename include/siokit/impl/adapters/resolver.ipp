// Bodies of adapters/resolver.hpp.
#pragma once

#include <deque>
#include <mutex>
#include <thread>
#if !defined(_WIN32)
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#endif

SIOKIT_NAMESPACE_BEGIN

// --- names -----------------------------------------------------------------------------------------------------------

inline resolved look_up(const std::string& name, std::uint16_t port, int flags) {
  constexpr std::size_t most = 16;
  resolved out;
  addrinfo hints{};
  hints.ai_flags = flags | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const bool no_name = name.empty() || name.find('\0') != std::string::npos;
  out.error = no_name ? EAI_NONAME : ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found);
#if defined(EAI_SYSTEM)
  if (out.error == EAI_SYSTEM) out.error = errno;
#endif
  if (out.error != 0) return out;
  for (const addrinfo* a = found; a != nullptr && out.addresses.size() < most; a = a->ai_next) {
    if (a->ai_addrlen > sizeof(sockaddr_storage)) continue;
    socket_address& at = out.addresses.emplace_back();
    std::memcpy(&at.storage, a->ai_addr, a->ai_addrlen);
    at.size = static_cast<socklen_t>(a->ai_addrlen);
  }
  ::freeaddrinfo(found);
  return out;
}

// The next of the other family comes forward, so that one family that leads nowhere costs one attempt, not all.
inline void alternate_families(std::vector<socket_address>& all) {
  for (std::size_t i = 1; i < all.size(); ++i) {
    std::size_t other = i;
    while (other < all.size() && all[other].family() == all[i - 1].family()) ++other;
    if (other == all.size()) return;
    for (; other > i; --other) std::swap(all[other], all[other - 1]);
  }
}

inline resolved resolve_name(const std::string& name, std::uint16_t port) {
  resolved out = look_up(name, port, 0);
  alternate_families(out.addresses);
  return out;
}

// What needs no lookup. False when it is a name.
inline bool resolve_literal(const std::string& host, std::uint16_t port, resolved& out) {
#if !defined(_WIN32)
  if (host.starts_with("unix:")) {
    socket_address at;
    out.error = unix_address(std::string_view{host}.substr(5), at);
    if (out.error == 0) out.addresses.push_back(at);
    return true;
  }
#endif
  out = look_up(host, port, AI_NUMERICHOST);
  return out.error == 0 || host.empty();
}

// --- threads ---------------------------------------------------------------------------------------------------------

// Held by the resolver and by each thread.
struct resolver::mailbox {
  struct question {
    link_id who;
    std::string name;
    std::uint16_t port;
  };
  struct reply {
    link_id who;
    resolved found;
  };

  // With the mutex held, so that close() returns only when no wake() is under way.
  void post(link_id who, resolved&& found) {
    if (wake == nullptr) return;
    replies.push_back({who, std::move(found)});
    wake(ctx);
  }
  void work() {
    std::unique_lock lock(mutex);
    while (!questions.empty()) {
      const question q = std::move(questions.front());
      questions.pop_front();
      lock.unlock();
      resolved found = resolve(q.name, q.port);
      lock.lock();
      post(q.who, std::move(found));
    }
    --threads;
  }

  std::mutex mutex;
  std::deque<question> questions;
  std::deque<reply> replies;
  int threads = 0;
  resolved (*resolve)(const std::string&, std::uint16_t) = nullptr;
  void (*wake)(void*) = nullptr;  // null: the resolver is gone
  void* ctx = nullptr;
};

// False when the system has no thread for us.
inline bool resolver::start(const std::shared_ptr<mailbox>& box) {
#if defined(_WIN32)
  std::thread([box] { box->work(); }).detach();
  return true;
#else
  // pthread_create reports by value what std::thread throws. Signals are the program's: no thread of ours takes one.
  auto* const held = new std::shared_ptr<mailbox>(box);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = ::pthread_create(
      &thread, nullptr,
      [](void* from) -> void* {
        const std::unique_ptr<std::shared_ptr<mailbox>> mine{static_cast<std::shared_ptr<mailbox>*>(from)};
        (*mine)->work();
        return nullptr;
      },
      held);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) delete held;
  if (error == 0) ::pthread_detach(thread);
  return error == 0;
#endif
}

// --- the loop's side -------------------------------------------------------------------------------------------------

inline resolver::resolver(const host_options& options, void (*wake)(void*), void* ctx)
    : box_(std::make_shared<mailbox>()) {
  box_->resolve = options.resolve != nullptr ? options.resolve : resolve_name;
  box_->wake = wake;
  box_->ctx = ctx;
}

inline void resolver::ask(link_id who, std::string_view host, std::uint16_t port) {
  std::string name{host};
  resolved at_once;
  const bool literal = resolve_literal(name, port, at_once);
  const std::lock_guard lock(box_->mutex);
  if (literal) return box_->post(who, std::move(at_once));
  box_->questions.push_back({who, std::move(name), port});
  if (box_->threads == most_threads) return;
  if (start(box_)) {
    ++box_->threads;
  } else if (box_->threads == 0) {
    box_->questions.clear();
    box_->post(who, {{}, EAI_AGAIN});
  }
}

inline bool resolver::answer(link_id& who, resolved& found) {
  const std::lock_guard lock(box_->mutex);
  if (box_->replies.empty()) return false;
  who = box_->replies.front().who;
  found = std::move(box_->replies.front().found);
  box_->replies.pop_front();
  return true;
}

inline void resolver::forget(link_id who) {
  const std::lock_guard lock(box_->mutex);
  std::erase_if(box_->questions, [&](const mailbox::question& q) { return q.who == who; });
}

inline void resolver::close() noexcept {
  const std::lock_guard lock(box_->mutex);
  box_->wake = nullptr;
  box_->questions.clear();
  box_->replies.clear();
}

SIOKIT_NAMESPACE_END
