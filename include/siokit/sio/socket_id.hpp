// The id of a socket: 20 characters, unrelated to the session's sid. A value that can be kept, compared, hashed, printed
// and sent; it names a room that only this socket is in.
// To find the socket again later, keep a socket_ref instead.
#pragma once

#include <compare>

#include <siokit/text/codec.hpp>

SIOKIT_NAMESPACE_BEGIN

class socket_id {
 public:
  static constexpr std::size_t length = 20;

  socket_id() noexcept = default;
  std::string_view view() const noexcept { return {text_, length}; }
  operator std::string_view() const noexcept { return view(); }  // NOLINT: it is a text everywhere
  /// For whoever makes ids.
  char* data() noexcept { return text_; }

  friend bool operator==(const socket_id& a, const socket_id& b) noexcept { return a.view() == b.view(); }
  friend std::strong_ordering operator<=>(const socket_id& a, const socket_id& b) noexcept {
    return a.view().compare(b.view()) <=> 0;
  }

 private:
  char text_[length] = {};
};

template <>
struct codec<socket_id> {
  static void write(value_writer& w, const socket_id& in) { w.string(in.view()); }
};

SIOKIT_NAMESPACE_END

template <>
struct std::hash<siokit::socket_id> {
  std::size_t operator()(const siokit::socket_id& id) const noexcept { return std::hash<std::string_view>{}(id.view()); }
};
