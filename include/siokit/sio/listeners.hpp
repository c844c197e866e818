// Who listens to what: handlers by event name, in the order they were registered, and catch-all handlers.
// The rules of docs/reentrancy.md: what is registered or removed while an event is handled counts from the next event on,
// and a handler that runs is never destroyed under its own feet. Registrations live on the ordinary heap.
// What does not depend on the type of a handler stands in classes that are no templates, so that a program compiles it once.
#pragma once

#include <string>

#include <siokit/core/owned_list.hpp>
#include <siokit/sio/handler.hpp>

SIOKIT_NAMESPACE_BEGIN

/// What on() and its like return, for off(). Never 0.
enum class listener_id : std::uint64_t {};

namespace sio {

/// A callable that is registered, but for the callable.
struct listener {
  virtual ~listener() = default;
  listener_id id{};
  bool once = false;
  bool removed = false;
  bool called = false;
};

/// A list of listeners that may change while it is walked.
class listener_list {
 public:
  bool remove(listener_id id);
  void clear() {
    mark_all();
    sweep_idle();
  }
  /// clear() in two steps: removed at once, destroyed later. Destroying runs code of others, which may register anew.
  void mark_all() noexcept;
  void sweep_idle() {
    if (live_ == 0 && dropped_ != 0) sweep();
  }
  bool empty() const noexcept { return size() == 0; }
  /// Empty, and held by nobody.
  bool idle() const noexcept { return items_.empty() && live_ == 0; }
  std::size_t size() const noexcept { return items_.size() - dropped_; }

 protected:
  /// Owns what is given.
  listener_id add(listener* made, bool once);
  listener& at(std::size_t i) const noexcept { return items_[i]; }

 private:
  friend class held_lists;
  bool drop(listener& it);
  /// Listener i, to be called now, or null when it was called and is for once.
  listener* take(std::size_t i);
  void sweep();

  owned_list<listener> items_;
  std::size_t dropped_ = 0;
  std::size_t live_ = 0;  // who holds it
};

/// Lists that are held as they are now: what comes later does not count, and what goes is there until the end.
class held_lists {
 public:
  static constexpr std::size_t most = 4;  // catch-all and by name, of the namespace and of the socket

  held_lists() noexcept {}
  SIOKIT_ALWAYS_INLINE ~held_lists() {
    while (size_ != 0) {
      listener_list& list = *lists_[--size_].list;
      --list.live_;
      list.sweep_idle();
    }
  }
  held_lists(const held_lists&) = delete;
  held_lists& operator=(const held_lists&) = delete;

  /// Holds one more, unless nobody is in it.
  void add(listener_list& list) noexcept {
    if (list.items_.empty()) return;
    ++list.live_;
    lists_[size_++] = {&list, list.items_.size()};
  }
  /// How many there are in which somebody is.
  std::size_t size() const noexcept { return size_; }
  /// Calls visit(place of the list, listener) for each.
  template <class Visit>
  void walk(Visit&& visit) const {
    for (std::size_t k = 0; k < size_; ++k)
      for (std::size_t i = 0; i < lists_[k].size; ++i)
        if (listener* const next = lists_[k].list->take(i)) visit(k, *next);
  }

 private:
  struct held {
    listener_list* list;
    std::size_t size;
  };
  union {
    held lists_[most];  // of which the first size_ count
  };
  std::size_t size_ = 0;
};

/// Listeners that are called as a Call is.
template <class Call>
class callables : public listener_list {
 public:
  listener_id add(Call call, bool once = false) {
    return listener_list::add(new item(std::move(call)), once);
  }

  /// The callable that was added as the i-th, in a list from which none is removed.
  Call& operator[](std::size_t i) const noexcept { return of(at(i)); }

  /// The callable of a listener of such a list.
  static Call& of(listener& one) noexcept { return static_cast<item&>(one).call; }

  /// Calls each with these arguments.
  template <class... A>
  void tell(A&... a) {
    held_lists all;
    all.add(*this);
    all.walk([&](std::size_t, listener& one) { of(one)(a...); });
  }

 private:
  struct item final : listener {
    explicit item(Call&& what) : call(std::move(what)) {}
    Call call;
  };
};

/// Asserts that a name is for on(): those of the library have a method of their own.
void check_event_name(std::string_view event) noexcept;

/// Listeners by the name of their event.
class named_listeners {
 public:
  listener_id add(std::string_view event, event_handler call, bool once);
  bool remove(std::string_view event, listener_id id);
  void remove_all(std::string_view event);
  void clear();
  bool has(std::string_view event) const noexcept;
  /// The listeners of an event, or null when there are none. Stays where it is while it is held.
  callables<event_handler>* find(std::string_view event) const noexcept;

 private:
  struct named {
    std::string name;
    callables<event_handler> list;
  };
  void forget_idle();
  /// Where the event stands, or should.
  struct position {
    std::size_t at;
    bool taken;
  };
  position place(std::string_view event) const noexcept;

  owned_list<named> events_;  // by length, then by name: a program has few, and looks them up often
  std::size_t forget_at_ = 16;
};

/// The listeners of a namespace or of one socket. CatchAll is what hears every event.
template <class CatchAll>
class listener_table : public named_listeners {
 public:
  using catch_all = CatchAll;
  callables<catch_all> any;
  callables<catch_all> any_outgoing;
};

/// Who hears one event, in the order in which they are told: catch-all listeners, then those of its name, or else those for
/// what nobody handles. They are as they are when it is made: on() and off() count from the next event on.
template <class CatchAll>
class audience {
 public:
  /// `own`: what the socket has besides, or null.
  audience(listener_table<CatchAll>& all, listener_table<CatchAll>* own, callables<CatchAll>& unhandled,
           std::string_view event) noexcept {
    held_.add(all.any);
    if (own != nullptr) held_.add(own->any);
    first_ = held_.size();
    if (auto* const named = all.find(event)) held_.add(*named);
    if (auto* const named = own == nullptr ? nullptr : own->find(event)) held_.add(*named);
    handlers_ = held_.size() - first_;
    if (handlers_ == 0) held_.add(unhandled);
  }
  /// Calls run(handler) for those of its name, and the others with these arguments.
  template <class Run, class... A>
  void tell(Run&& run, A&... a) const {
    held_.walk([&](std::size_t list, listener& one) {
      list - first_ < handlers_ ? run(callables<event_handler>::of(one)) : callables<CatchAll>::of(one)(a...);
    });
  }

 private:
  held_lists held_;
  std::size_t first_ = 0;     // the first list of its name
  std::size_t handlers_ = 0;  // how many of those there are
};

using socket_listeners = listener_table<function<void(socket&, std::string_view event, const arguments&)>>;

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/listeners.ipp>
