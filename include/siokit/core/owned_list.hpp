// Objects on the ordinary heap that a list owns, in an order: what a program registers, not what peers make (that is
// slot_map, of the user's memory). Objects stay where they are while the list changes.
// All that does not depend on their type is in one class, so that each further type costs a program little to compile: a
// vector of unique_ptr is a hundred functions.
#pragma once

#include <cstddef>
#include <utility>

#include <siokit/core/config.hpp>

SIOKIT_NAMESPACE_BEGIN

/// The pointers of an owned_list.
class pointer_list {
 public:
  pointer_list() = default;
  pointer_list(const pointer_list&) = delete;
  pointer_list& operator=(const pointer_list&) = delete;
  ~pointer_list() { delete[] all_; }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

 protected:
  void insert(std::size_t i, void* made);
  void* remove(std::size_t i) noexcept;
  void swap(pointer_list& other) noexcept;

  void** all_ = nullptr;

 private:
  void make_room();

  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

template <class T>
class owned_list : public pointer_list {
 public:
  ~owned_list() {
    for (std::size_t i = 0; i < size(); ++i) delete pointer(i);
  }

  /// What is in place i: null after take().
  T* pointer(std::size_t i) const noexcept { return static_cast<T*>(all_[i]); }
  T& operator[](std::size_t i) const noexcept { return *pointer(i); }
  /// Puts an object, which the list owns from here on, before the one at i, or behind all.
  T& insert(std::size_t i, T* made) {
    pointer_list::insert(i, made);
    return *made;
  }
  T& push(T* made) { return insert(size(), made); }
  /// Takes the object out, which is the caller's from here on; its place is empty.
  T* take(std::size_t i) noexcept { return static_cast<T*>(std::exchange(all_[i], nullptr)); }
  /// Ends the object; those behind it move up.
  void erase(std::size_t i) noexcept { delete static_cast<T*>(remove(i)); }
  void swap(owned_list& other) noexcept { pointer_list::swap(other); }
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/core/owned_list.ipp>
