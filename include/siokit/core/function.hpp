// A move-only callable for registered handlers: std::function without RTTI, exceptions or copies. Targets up to four
// words live inside; larger ones on the ordinary heap, since registrations are the user's own doing.
// Not for what is called once and at once: that is a template parameter.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

template <class Signature>
class function;

template <class R, class... A>
class function<R(A...)> {
 public:
  function() noexcept = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, function> && std::is_invocable_r_v<R, std::decay_t<F>&, A...>)
  function(F&& f) {  // NOLINT: implicit on purpose
    using target = std::decay_t<F>;
    if constexpr (sizeof(target) <= sizeof(store_) && alignof(target) <= alignof(void*) &&
                  std::is_nothrow_move_constructible_v<target>) {
      ::new (static_cast<void*>(store_)) target(std::forward<F>(f));
      vtable_ = &inside<target>;
    } else {
      ::new (static_cast<void*>(store_)) target*(new target(std::forward<F>(f)));
      vtable_ = &outside<target>;
    }
  }
  function(function&& other) noexcept { take(other); }
  function& operator=(function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~function() { reset(); }

  explicit operator bool() const noexcept { return vtable_ != nullptr; }
  R operator()(A... a) const { return vtable_->call(store_, std::forward<A>(a)...); }

 private:
  struct vtable {
    R (*call)(void*, A&&...);
    void (*move)(void* from, void* to) noexcept;  // leaves nothing to destroy
    void (*destroy)(void*) noexcept;
  };
  template <class F>
  static constexpr vtable inside{
      [](void* at, A&&... a) -> R { return (*std::launder(static_cast<F*>(at)))(std::forward<A>(a)...); },
      [](void* from, void* to) noexcept {
        F* f = std::launder(static_cast<F*>(from));
        ::new (to) F(std::move(*f));
        f->~F();
      },
      [](void* at) noexcept { std::launder(static_cast<F*>(at))->~F(); }};
  template <class F>
  static constexpr vtable outside{
      [](void* at, A&&... a) -> R { return (**static_cast<F**>(at))(std::forward<A>(a)...); },
      [](void* from, void* to) noexcept { ::new (to) F*(*static_cast<F**>(from)); },
      [](void* at) noexcept { delete *static_cast<F**>(at); }};

  void take(function& other) noexcept {
    vtable_ = std::exchange(other.vtable_, nullptr);
    if (vtable_ != nullptr) vtable_->move(other.store_, store_);
  }
  void reset() noexcept {
    if (vtable_ != nullptr) std::exchange(vtable_, nullptr)->destroy(store_);
  }

  alignas(void*) mutable unsigned char store_[4 * sizeof(void*)];
  const vtable* vtable_ = nullptr;
};

SIOKIT_NAMESPACE_END
