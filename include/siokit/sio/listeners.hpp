// Who listens to what: handlers by event name, in the order they were registered, and catch-all handlers.
// The rules of docs/reentrancy.md: what is registered or removed while an event is handled counts from the next event on,
// and a handler that runs is never destroyed under its own feet. Registrations live on the ordinary heap.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <siokit/sio/handler.hpp>

SIOKIT_NAMESPACE_BEGIN

/// What on() and its like return, for off(). Never 0.
enum class listener_id : std::uint64_t {};

namespace sio {

/// A list of callables that may change while it is walked.
template <class Call>
class callables {
 public:
  listener_id add(Call call, bool once = false) {
    items_.push_back(std::make_unique<item>(item{std::move(call), next_id(), once}));
    return items_.back()->id;
  }
  bool remove(listener_id id) {
    for (auto& i : items_)
      if (i->id == id && !i->removed) return drop(*i);
    return false;
  }
  void clear() {
    mark_all();
    sweep_idle();
  }
  /// clear() in two steps: removed at once, destroyed later. Destroying runs code of others, which may register anew.
  void mark_all() noexcept {
    for (auto& i : items_) {
      if (std::exchange(i->removed, true)) continue;
      ++dropped_;
    }
  }
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
    explicit held(callables* list) noexcept : list_(list == nullptr || list->items_.empty() ? nullptr : list) {
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
    /// Calls visit(call) for each, until it answers false.
    template <class Visit>
    void walk(Visit&& visit) const {
      for (std::size_t i = 0; i < size_; ++i) {
        item& it = *list_->items_[i];
        if (it.once) {
          if (std::exchange(it.called, true)) continue;
          list_->drop(it);
        }
        if (!visit(it.call)) return;
      }
    }

   private:
    callables* list_;
    std::size_t size_ = 0;
  };
  /// The same for a list that is walked at once.
  template <class Visit>
  void walk(Visit&& visit) {
    held(this).walk(visit);
  }

 private:
  struct item {
    Call call;
    listener_id id;
    bool once = false;
    bool removed = false;
    bool called = false;
  };
  static listener_id next_id() noexcept {
    // A small processor has no atomic operation on more. There ids begin anew after four billion, and 0 is still none.
    static std::atomic<std::size_t> last{0};
    std::size_t id = ++last;
    while (id == 0) id = ++last;
    return static_cast<listener_id>(id);
  }
  bool drop(item& it) {
    if (it.removed) return false;
    it.removed = true;
    ++dropped_;
    if (live_ == 0) sweep();
    return true;
  }
  void sweep() {
    if (dropped_ == 0) return;
    std::vector<std::unique_ptr<item>> gone, left;  // destroyed last, when nothing here is looked at any more
    for (auto& i : items_) (i->removed ? gone : left).push_back(std::move(i));
    items_.swap(left);
    dropped_ = 0;
  }

  std::vector<std::unique_ptr<item>> items_;
  std::size_t dropped_ = 0;
  std::size_t live_ = 0;  // who holds it
};

/// Asserts that a name is for on(): those of the library have a method of their own.
void check_event_name(std::string_view event) noexcept;

/// The listeners of a namespace or of one socket. CatchAll is what hears every event.
template <class CatchAll>
class listener_table {
 public:
  listener_id add(std::string_view event, event_handler call, bool once);
  bool remove(std::string_view event, listener_id id);
  void remove_all(std::string_view event);
  void clear();
  bool has(std::string_view event) const;
  /// The listeners of an event, or null when there are none. Stays where it is while it is held.
  callables<event_handler>* find(std::string_view event) const {
    const auto at = place(event);
    return at.second ? &(*at.first)->list : nullptr;
  }

  using catch_all = CatchAll;
  callables<catch_all> any;
  callables<catch_all> any_outgoing;

 private:
  struct named {
    std::string name;
    callables<event_handler> list;
  };
  void forget_idle();
  /// Where the event stands, or should, and which of the two.
  auto place(std::string_view event) const {
    auto first = events_.begin();
    for (auto count = events_.end() - first; count != 0;) {
      const auto middle = first + count / 2;
      const std::string_view name = (*middle)->name;
      const int order = name.size() != event.size() ? (name.size() < event.size() ? -1 : 1) : name.compare(event);
      if (order == 0) return std::pair(middle, true);
      if (order < 0) first = middle + 1;
      count = order < 0 ? count - count / 2 - 1 : count / 2;
    }
    return std::pair(first, false);
  }

  std::vector<std::unique_ptr<named>> events_;  // by length, then by name: a program has few, and looks them up often
  std::size_t forget_at_ = 16;
};

using socket_listeners = listener_table<function<void(socket&, std::string_view event, const arguments&)>>;

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/listeners.ipp>
