// What an event is to a program: its arguments, and declarations that both ends can share:
//   inline constexpr siokit::event<int(int, int)> add{"add"};     the return type is the acknowledgement
// A declaration is checked when compiling, in on() and in emit(); it costs nothing at run time.
#pragma once

#include <siokit/sio/packet.hpp>
#include <siokit/text/aggregate.hpp>
#include <siokit/text/value.hpp>

SIOKIT_NAMESPACE_BEGIN

/// All arguments of an event or an acknowledgement, undecoded. Lives until the handler returns. Given to emit() or to a
/// reply it stands for all of them: their bytes are copied, never encoded again.
class arguments {
 public:
  arguments() noexcept = default;
  /// The elements of an array from this one on.
  explicit arguments(element_iterator first) noexcept : first_(first) {}
  /// `array` without its first `skip` elements: the name of an event is not an argument.
  arguments(value_view array, std::size_t skip) noexcept : first_(array) {
    for (; skip != 0 && first_ != end(); --skip) ++first_;
  }

  std::size_t size() const noexcept {
    std::size_t n = 0;
    for (element_iterator at = first_; at != end(); ++at) ++n;
    return n;
  }
  bool empty() const noexcept { return first_ == end(); }
  /// One argument, or the null that does not exist().
  value_view operator[](std::size_t i) const noexcept {
    element_iterator at = first_;
    for (; at != end(); ++at)
      if (i-- == 0) return *at;
    return {};
  }
  element_iterator begin() const noexcept { return first_; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  element_iterator first_;
};

template <class Signature>
struct event;

namespace sio {

/// Takes arguments one by one, so that none is walked over twice, nor the last one at all.
class argument_cursor {
 public:
  explicit argument_cursor(const arguments& all) noexcept : at_(all.begin()) {}
  /// The next one, or the null that does not exist().
  value_view next() noexcept {
    if (taken_++ != 0 && at_ != std::default_sentinel) at_.pass(behind_ != nullptr ? behind_ : (*at_).behind());
    behind_ = nullptr;
    return at_ == std::default_sentinel ? value_view{} : *at_;
  }
  /// Tells what stands behind the one that next() gave, if that is known.
  void note_end(const char* behind) noexcept { behind_ = behind; }
  /// The place of the one that next() gave.
  std::size_t index() const noexcept { return taken_ - 1; }

 private:
  element_iterator at_;
  const char* behind_ = nullptr;
  std::size_t taken_ = 0;
};

/// The arguments of an event or an acknowledgement that came. Both live as long as the packet and the context, which starts
/// anew.
arguments arguments_of(const packet&, std::span<const bytes_view> attachments, value_context&) noexcept;

/// Reads an encoded event of this namespace back, for those who listen to what is sent. `name` and `args` live until the
/// scratch memory of the context is reset. False when there is no memory.
bool read_back(const encoded& packet, std::string_view nsp, value_context& context, std::string_view& name,
               arguments& args) noexcept;

}  // namespace sio

/// A declaration of an event with these arguments and this acknowledgement (void: none).
template <class R, class... A>
struct event<R(A...)> {
  using reply = R;
  std::string_view name;
};

namespace sio {

/// About how many characters a value takes on the wire, for those that know at once; 0 for others.
template <class T>
std::size_t likely_size(const T& x) noexcept {
  if constexpr (std::same_as<T, value_view>)
    return x.json().size();
  else if constexpr (std::same_as<T, std::string_view> || std::same_as<T, std::string>)
    return x.size();
  else
    return 0;
}

/// An event but for its arguments, and where its frames come from.
struct event_head {
  pool& from;
  std::string_view nsp;
  std::string_view name;
  std::uint64_t id = no_ack_id;  // of its acknowledgement
};

class event_writer;

/// The arguments of an event or acknowledgement, of whatever types: write(all, out) writes them.
struct outgoing_arguments {
  const void* all;
  void (*write)(const void* all, event_writer& out);
  std::size_t likely_size;  // about how many characters they take, as far as that is known
};

struct outgoing_event {
  event_head head;
  outgoing_arguments arguments;
};

/// Encodes an event, or tells why it cannot be: reserved_event for a name that only the library may emit.
errc encode_outgoing(const outgoing_event&, encoded& to);

/// Writes one event or acknowledgement into frames.
class event_writer {
 public:
  static constexpr std::size_t around = 64;  // bytes that are around the arguments, in most packets

  /// The acknowledgement of the event with this id. where.likely is the likely size of its arguments, and `around`.
  event_writer(frame_room where, std::string_view nsp, std::uint64_t id) noexcept;

  template <class T>
  void add(const T& argument) {
    if constexpr (std::same_as<T, arguments>)
      for (const value_view v : argument) writer_.copy(v);
    else
      encode(writer_, argument);
  }
  /// The frames, or why there are none.
  errc finish(encoded& to) noexcept;
  /// The same in two steps, for bodies, which alone see these. After the first, what lies behind another frame is all of the
  /// packet, and to be sent as it is; the second is for what does not.
  errc close() noexcept;
  errc take(encoded& to) noexcept;
  bool is_behind() const noexcept { return out_.is_behind(); }
  frame_builder& text() noexcept { return out_; }

 private:
  friend errc encode_outgoing(const outgoing_event&, encoded& to);
  explicit event_writer(const outgoing_event&) noexcept;
  errc begin(const event_head&) noexcept;
  errc take_binary(encoded& to) noexcept;

  frame_builder out_;
  attachment_sink sink_;
  value_writer writer_;
};

/// What write(out) writes. It refers to `write`.
template <class Write>
outgoing_arguments outgoing(const Write& write, std::size_t likely_size) noexcept {
  return {&write, [](const void* all, event_writer& out) { (*static_cast<const Write*>(all))(out); }, likely_size};
}

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/event.ipp>
