// A move-only callable for registered handlers: std::function without RTTI, exceptions or copies. Targets up to four
// words live inside; larger ones on the ordinary heap, since registrations are the user's own doing.
// Not for what is called once and at once: that is a template parameter.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// The part of a function that is the same for every signature: where the callable lies, how it moves and how it ends.
class function_base {
 public:
  explicit operator bool() const noexcept { return vtable_ != nullptr; }

 protected:
  struct vtable {
    void (*move)(void* from, void* to) noexcept;  // leaves nothing to destroy; null: its bytes are copied
    void (*destroy)(void*) noexcept;              // null: there is nothing to do
  };
  function_base() noexcept = default;
  function_base(function_base&& other) noexcept { take(other); }
  function_base& operator=(function_base&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~function_base() { reset(); }

  template <class F>
  static constexpr bool fits = sizeof(F) <= 4 * sizeof(void*) && alignof(F) <= alignof(void*) &&
                               std::is_nothrow_move_constructible_v<F>;
  template <class F>
  static constexpr vtable inside() {
    if constexpr (std::is_trivially_copyable_v<F>)
      return {nullptr, nullptr};
    else
      return {[](void* from, void* to) noexcept {
                F* const f = std::launder(static_cast<F*>(from));
                ::new (to) F(std::move(*f));
                f->~F();
              },
              [](void* at) noexcept { std::launder(static_cast<F*>(at))->~F(); }};
  }
  template <class F>
  static constexpr vtable outside() {
    return {nullptr, [](void* at) noexcept { delete *static_cast<F**>(at); }};
  }

  alignas(void*) mutable unsigned char store_[4 * sizeof(void*)]{};
  const vtable* vtable_ = nullptr;

 private:
  void take(function_base& other) noexcept {
    vtable_ = std::exchange(other.vtable_, nullptr);
    if (vtable_ == nullptr) return;
    if (vtable_->move != nullptr)
      vtable_->move(other.store_, store_);
    else
      std::memcpy(store_, other.store_, sizeof store_);
  }
  void reset() noexcept {
    const vtable* const gone = std::exchange(vtable_, nullptr);
    if (gone != nullptr && gone->destroy != nullptr) gone->destroy(store_);
  }
};

template <class Signature>
class function;

template <class R, class... A>
class function<R(A...)> : public function_base {
 public:
  function() noexcept = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, function> && std::is_invocable_r_v<R, std::decay_t<F>&, A...>)
  function(F&& f) {  // NOLINT: implicit on purpose
    using target = std::decay_t<F>;
    if constexpr (fits<target>) {
      ::new (static_cast<void*>(store_)) target(std::forward<F>(f));
      vtable_ = &called_inside<target>;
    } else {
      ::new (static_cast<void*>(store_)) target*(new target(std::forward<F>(f)));
      vtable_ = &called_outside<target>;
    }
  }

  R operator()(A... a) const { return static_cast<const called*>(vtable_)->call(store_, std::forward<A>(a)...); }

 private:
  struct called : vtable {
    R (*call)(void*, A&&...);
  };
  template <class F>
  static constexpr called called_inside{
      inside<F>(), [](void* at, A&&... a) -> R { return (*std::launder(static_cast<F*>(at)))(std::forward<A>(a)...); }};
  template <class F>
  static constexpr called called_outside{
      outside<F>(), [](void* at, A&&... a) -> R { return (**static_cast<F**>(at))(std::forward<A>(a)...); }};
};

SIOKIT_NAMESPACE_END
