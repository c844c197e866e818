// Bodies of adapters/resolver.hpp.
#pragma once

#include <mutex>
#if defined(_WIN32)
#include <thread>
#else
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#endif

SIOKIT_NAMESPACE_BEGIN

// --- names -----------------------------------------------------------------------------------------------------------

inline resolved look_up(const std::string& name, std::uint16_t port, int flags) {
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
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    socket_address at;
    if (a->ai_addrlen > sizeof(at.storage)) continue;
    std::memcpy(&at.storage, a->ai_addr, a->ai_addrlen);
    at.size = static_cast<socklen_t>(a->ai_addrlen);
    out.addresses.push_back(at);
  }
  ::freeaddrinfo(found);
  return out;
}

// The next of the other family comes forward, so that one family that leads nowhere costs one attempt, not all.
inline void alternate_families(address_list& all) {
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

// A question, and the answer to it.
struct resolver::lookup {
  link_id who{};
  std::string name;
  std::uint16_t port = 0;
  resolved found;
  lookup* next = nullptr;
};

// Lookups in the order they came.
class resolver::waiting {
 public:
  waiting() noexcept = default;
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;
  ~waiting() { clear(); }

  bool empty() const noexcept { return first_ == nullptr; }
  void add(lookup&& one) {
    *end_ = new lookup(std::move(one));
    end_ = &(*end_)->next;
  }
  lookup take() noexcept {
    lookup one = std::move(*first_);
    drop(first_);
    one.next = nullptr;
    return one;
  }
  void remove(link_id who) noexcept {
    for (lookup** at = &first_; *at != nullptr;)
      if ((*at)->who == who) drop(*at);
      else at = &(*at)->next;
  }
  void clear() noexcept {
    while (!empty()) drop(first_);
  }

 private:
  void drop(lookup*& at) noexcept {
    delete std::exchange(at, at->next);
    if (at == nullptr) end_ = &at;
  }

  lookup* first_ = nullptr;
  lookup** end_ = &first_;
};

// Of the resolver and of each thread.
struct resolver::mailbox {
  // With the mutex held, so that close() returns only when no wake() is under way.
  void post(lookup&& one) {
    if (wake == nullptr) return;
    replies.add(std::move(one));
    wake(ctx);
  }
  void work() {
    std::unique_lock lock(mutex);
    while (!questions.empty()) {
      lookup one = questions.take();
      lock.unlock();
      one.found = resolve(one.name, one.port);
      lock.lock();
      post(std::move(one));
    }
    --threads;
    if (leave(lock)) delete this;
  }
  // Whether nobody is left; the mutex is free then.
  bool leave(std::unique_lock<std::mutex>& lock) {
    const bool last = abandoned && threads == 0;
    lock.unlock();
    return last;
  }

  std::mutex mutex;
  waiting questions;
  waiting replies;
  int threads = 0;
  bool abandoned = false;  // the resolver is gone
  resolved (*resolve)(const std::string&, std::uint16_t) = nullptr;
  void (*wake)(void*) = nullptr;  // null: closed
  void* ctx = nullptr;
};

// False when the system has no thread for us.
inline bool resolver::start(mailbox* box) {
#if defined(_WIN32)
  std::thread([box] { box->work(); }).detach();
  return true;
#else
  // pthread_create reports by value what std::thread throws. Signals are the program's: no thread of ours takes one.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = ::pthread_create(
      &thread, nullptr,
      [](void* from) -> void* {
        static_cast<mailbox*>(from)->work();
        return nullptr;
      },
      box);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error == 0) ::pthread_detach(thread);
  return error == 0;
#endif
}

// --- the loop's side -------------------------------------------------------------------------------------------------

inline resolver::resolver(const host_options& options, void (*wake)(void*), void* ctx)
    : box_(new mailbox) {
  box_->resolve = options.resolve != nullptr ? options.resolve : resolve_name;
  box_->wake = wake;
  box_->ctx = ctx;
}

inline void resolver::ask(link_id who, std::string_view host, std::uint16_t port) {
  lookup one{who, std::string{host}, port, {}};
  const bool literal = resolve_literal(one.name, port, one.found);
  const std::lock_guard lock(box_->mutex);
  if (literal) return box_->post(std::move(one));
  box_->questions.add(std::move(one));
  if (box_->threads == most_threads) return;
  if (start(box_)) {
    ++box_->threads;
  } else if (box_->threads == 0) {
    one = box_->questions.take();  // there is no other
    one.found.error = EAI_AGAIN;
    box_->post(std::move(one));
  }
}

inline bool resolver::answer(link_id& who, resolved& found) {
  const std::lock_guard lock(box_->mutex);
  if (box_->replies.empty()) return false;
  lookup one = box_->replies.take();
  who = one.who;
  found = std::move(one.found);
  return true;
}

inline void resolver::forget(link_id who) {
  const std::lock_guard lock(box_->mutex);
  box_->questions.remove(who);
}

inline resolver::~resolver() {
  close();
  std::unique_lock lock(box_->mutex);
  box_->abandoned = true;
  if (box_->leave(lock)) delete box_;
}

inline void resolver::close() noexcept {
  const std::lock_guard lock(box_->mutex);
  box_->wake = nullptr;
  box_->questions.clear();
  box_->replies.clear();
}

SIOKIT_NAMESPACE_END
