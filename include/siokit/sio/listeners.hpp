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
    if (live_ == 0) sweep();
  }
  bool empty() const noexcept { return size() == 0; }
  /// Empty, and held by nobody.
  bool idle() const noexcept { return items_.empty() && live_ == 0; }
  std::size_t size() const noexcept { return items_.size() - dropped_; }

  /// Holds a list, or none, as it is now: what comes later does not count, and what goes is there until the end.
  class held {
   public:
    explicit held(listener_list* list) noexcept : list_(list == nullptr || list->items_.empty() ? nullptr : list) {
      if (list_ == nullptr) return;
      ++list_->live_;
      size_ = list_->items_.size();
    }
    ~held() {
      if (list_ != nullptr && --list_->live_ == 0) list_->sweep();
    }
    held(const held&) = delete;
    held& operator=(const held&) = delete;

    bool empty() const noexcept { return size_ == 0; }

   protected:
    std::size_t size() const noexcept { return size_; }
    /// Listener i, to be called now, or null when it was called and is for once.
    listener* take(std::size_t i) const;

   private:
    listener_list* list_;
    std::size_t size_ = 0;
  };

 protected:
  /// Owns what is given.
  listener_id add(listener* made, bool once);
  listener& at(std::size_t i) const noexcept { return items_[i]; }

 private:
  bool drop(listener& it);
  void sweep();

  owned_list<listener> items_;
  std::size_t dropped_ = 0;
  std::size_t live_ = 0;  // who holds it
};

/// Listeners that are called as a Call is.
template <class Call>
class callables : public listener_list {
 public:
  listener_id add(Call call, bool once = false) {
    return listener_list::add(new item(std::move(call)), once);
  }

  /// The callable that was added as the i-th, in a list from which none is removed.
  Call& operator[](std::size_t i) const noexcept { return static_cast<item&>(at(i)).call; }

  class held : public listener_list::held {
   public:
    explicit held(callables* list) noexcept : listener_list::held(list) {}
    /// Calls visit(call) for each.
    template <class Visit>
    void walk(Visit&& visit) const {
      for (std::size_t i = 0; i < size(); ++i)
        if (listener* const next = take(i)) visit(static_cast<item*>(next)->call);
    }
    /// Calls each with these arguments.
    template <class... A>
    void tell(A&... a) const {
      for (std::size_t i = 0; i < size(); ++i)
        if (listener* const next = take(i)) static_cast<item*>(next)->call(a...);
    }
  };
  /// The same for a list that is walked at once.
  template <class... A>
  void tell(A&... a) {
    held(this).tell(a...);
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

using socket_listeners = listener_table<function<void(socket&, std::string_view event, const arguments&)>>;

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/listeners.ipp>
