// A look at one value inside a message that was checked: nothing is copied or decoded before it is asked for.
// Lives as long as the message and its context, which is until the handler returns; siokit::value (value.hpp) owns.
// Codecs see only this and value_writer, never JSON: a second wire format goes behind these two and changes no codec.
#pragma once

#include <concepts>
#include <iterator>
#include <span>
#include <string_view>

#include <siokit/core/arena.hpp>
#include <siokit/core/bytes.hpp>
#include <siokit/text/json.hpp>
#include <siokit/text/number.hpp>

SIOKIT_NAMESPACE_BEGIN

template <class T>
struct codec;
class element_range;
class member_range;

/// binary is a placeholder object whose attachment is there.
enum class value_kind : std::uint8_t { null, boolean, number, string, array, object, binary };

/// Where in a value decoding failed, as in `.user.tags[2]`. Nothing is recorded on success; on failure each codec puts
/// its step in front of what those inside it recorded. Keeps the innermost steps when there is no room for all.
class decode_path {
 public:
  decode_path() noexcept {}  // text_ stays as it is
  /// The steps from `origin` (value_view::position) to the value that failed; empty when it failed itself.
  std::string_view text(const char* origin) const noexcept;
  void clear() noexcept { origin_ = nullptr; }
  /// Puts a step in front. What was recorded for another value than `inner` is forgotten first.
  void prepend(const char* outer, const char* inner, std::size_t index) noexcept;
  void prepend(const char* outer, const char* inner, std::string_view key) noexcept;

 private:
  void prepare(const char* inner) noexcept;
  void put(std::string_view step) noexcept;

  static constexpr std::size_t room = 160;
  static constexpr std::size_t longest_key = 48;  // keys of a map come from the peer
  char text_[room];                               // filled from the end
  std::size_t begin_ = room;
  const char* origin_ = nullptr;  // of the outermost step; null when nothing is recorded
  bool full_ = false;             // outer steps were left out
};

/// What the views on one message share: its attachments, and memory for strings that must be decoded. Stays where it is
/// while there are views, and serves the next message after that.
struct value_context {
  std::span<const bytes_view> attachments{};
  arena* scratch = nullptr;  // without it, strings with escapes cannot be lent (errc::out_of_memory)
  decode_path path{};
  bool escapes = true;       // strings of the message may have escapes; false is sure
  bool placeholders = true;  // objects of it may be placeholders; false is sure
  // Where the value that was read last begins and ends, so that walking on from it need not look for its end again.
  const char* last_begin = nullptr;
  const char* last_end = nullptr;
};

/// Trivially copyable. The default one is the null of what is not there.
class value_view {
 public:
  value_view() noexcept = default;
  /// The value of a text that json::check() accepted; the text and the context, which may be null, must outlive the
  /// view.
  value_view(std::string_view checked, value_context* context) noexcept;
  /// The same for an array, with what check() found out: the end of its last element need not be looked for.
  value_view(std::string_view checked, const json::shape& known, value_context& context) noexcept;

  value_kind kind() const noexcept;
  bool is_null() const noexcept { return *at_ == 'n'; }
  bool is_array() const noexcept { return *at_ == '['; }
  bool is_object() const noexcept { return *at_ == '{' && is_plain_object(); }
  /// False for what find() and element() did not find.
  bool exists() const noexcept { return at_ != json::absent; }
  /// Its text as it was sent.
  std::string_view json() const noexcept;

  /// Decodes into any type that has a codec.
  template <class T>
  errc read(T& out) const {
    return codec<T>::read(*this, out);
  }
  errc as_bool(bool& out) const noexcept;
  /// 1.0 and 1e3 count as integers.
  errc as_int64(std::int64_t& out) const noexcept;
  errc as_uint64(std::uint64_t& out) const noexcept;
  errc as_double(double& out) const noexcept;
  /// Lent from the message, or from the scratch memory when it has escapes.
  errc as_string(std::string_view& out) const noexcept;
  errc as_binary(bytes_view& out) const noexcept;
  /// What stands between the quotes of a string, and whether escapes are among it. For those who decode it themselves.
  errc as_raw_string(std::string_view& out, bool& escaped) const noexcept;
  /// For codecs: as as_...(), but they return what stands behind the value, or null after they put the error into e. Nobody needs
  /// to look for the end of the value again, and it stays in a register.
  SIOKIT_ALWAYS_INLINE const char* take(bool& out, errc& e) const noexcept;
  SIOKIT_ALWAYS_INLINE const char* take(std::int64_t& out, errc& e) const noexcept;
  SIOKIT_ALWAYS_INLINE const char* take(std::uint64_t& out, errc& e) const noexcept;
  SIOKIT_ALWAYS_INLINE const char* take(double& out, errc& e) const noexcept;
  SIOKIT_ALWAYS_INLINE const char* take(std::string_view& out, errc& e) const noexcept;
  SIOKIT_ALWAYS_INLINE const char* take_raw(std::string_view& out, bool& escaped, errc& e) const noexcept;
  /// Keeps where the value ends, unless that is null, for whoever walks on from it.
  SIOKIT_ALWAYS_INLINE void note_end(const char* end) const noexcept {
    if (context_ == nullptr || end == nullptr) return;
    context_->last_begin = at_;
    context_->last_end = end;
  }
  /// What stands behind its last character; looked for, unless it was noted.
  SIOKIT_ALWAYS_INLINE const char* behind() const noexcept {
    return context_ != nullptr && context_->last_begin == at_ ? context_->last_end : json::skip(at_, end_);
  }
  /// Whether it is a string with this text; needs no memory.
  bool equals(std::string_view text) const noexcept;

  /// for (value_view v : a.elements()): the elements of an array, none for other kinds.
  element_range elements() const noexcept;
  /// for (auto [key, value] : o.members()): the members of an object as they were sent, none for other kinds. Of those
  /// with one key the last counts, as for JSON.parse; find() and the codecs see to it.
  member_range members() const noexcept;
  /// How many of these there are, by counting.
  std::size_t size() const noexcept;
  value_view element(std::size_t index) const noexcept;
  value_view find(std::string_view key) const noexcept;

  /// May be null.
  value_context* context() const noexcept { return context_; }
  /// Its first character, which identifies it within its message.
  const char* position() const noexcept { return at_; }
  /// Notes in the path that decoding failed inside an element or a member; returns the error.
  errc failed_at(errc error, value_view inner, std::size_t index) const noexcept;
  errc failed_at(errc error, value_view inner, std::string_view key) const noexcept;

 private:
  friend class element_iterator;
  friend class member_cursor;
  friend class member_iterator;
  value_view(const char* at, const char* end, value_context* context) noexcept
      : at_(at), end_(end), context_(context) {}
  /// Whether the { it begins with is that of an object, not of a placeholder.
  bool is_plain_object() const noexcept {
    return context_ == nullptr || context_->attachments.empty() || !is_attachment();
  }
  bool is_attachment() const noexcept;
  template <class T>
  SIOKIT_ALWAYS_INLINE const char* take_number(T& out, errc otherwise, errc& e) const noexcept;
  template <class T>
  errc as(T& out) const noexcept;
  errc lend_unescaped(std::string_view raw, std::string_view& out) const noexcept;
  errc attachment(bytes_view& out) const noexcept;

  const char* at_ = json::absent;
  const char* end_ = json::absent + 4;  // of the whole text: nothing behind it may be read
  value_context* context_ = nullptr;
};

/// One member of an object. The key is a view too: equals() compares it, read() decodes it.
struct member {
  value_view key;
  value_view value;
};

class element_iterator {
 public:
  using value_type = value_view;
  using difference_type = std::ptrdiff_t;
  element_iterator() noexcept = default;
  explicit element_iterator(const value_view& array) noexcept;
  /// At the element that begins so many bytes behind the bracket (json::shape), or at the end when that is 0.
  element_iterator(const value_view& array, std::size_t offset) noexcept
      : whole_(array), at_(offset == 0 ? nullptr : array.at_ + offset) {}
  value_view operator*() const noexcept { return {at_, whole_.end_, whole_.context_}; }
  element_iterator& operator++() noexcept {
    pass((**this).behind());
    return *this;
  }
  /// The same for who knows what stands behind the element.
  SIOKIT_ALWAYS_INLINE void pass(const char* at) noexcept {
    if (*at != ',') at = json::skip_space(at);
    if (*at == ',') {
      at_ = json::skip_space(at + 1);
    } else {
      whole_.note_end(at + 1);
      at_ = nullptr;
    }
  }
  void operator++(int) noexcept { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return at_ == nullptr; }

 private:
  value_view whole_;
  const char* at_ = nullptr;  // null at the end
};

/// In front of one member after the other. Who knows which key comes next takes its value without looking for the key's end.
class member_cursor {
 public:
  member_cursor() noexcept = default;
  explicit member_cursor(const value_view& object) noexcept;
  bool done() const noexcept { return at_ == object_.end_; }
  /// Whether the next member begins with exactly this, as in `"name":`. Its value is then to be passed.
  SIOKIT_ALWAYS_INLINE bool begins(std::string_view key, value_view& value) const noexcept {
    if (static_cast<std::size_t>(object_.end_ - at_) < key.size()) return false;
    if (std::memcmp(at_, key.data(), key.size()) != 0) return false;
    value = {json::skip_space(at_ + key.size()), object_.end_, object_.context_};
    return true;
  }
  /// Moves on from behind the next member's value.
  SIOKIT_ALWAYS_INLINE void pass(const char* at) noexcept {
    if (*at != ',') at = json::skip_space(at);
    if (*at == ',')
      at_ = json::skip_space(at + 1);
    else
      end(at + 1);
  }

 private:
  friend class member_iterator;
  void end(const char* behind) noexcept {
    object_.note_end(behind);
    at_ = object_.end_;
  }

  value_view object_;
  const char* at_ = object_.end_;  // the quote that begins the next key, or the end of the text behind the last member
};

class member_iterator {
 public:
  using value_type = member;
  using difference_type = std::ptrdiff_t;
  member_iterator() noexcept = default;
  explicit member_iterator(const value_view& object) noexcept : member_iterator(member_cursor(object)) {}
  /// From there on.
  explicit member_iterator(const member_cursor& at) noexcept : at_(at) { read_key(); }
  member operator*() const noexcept { return {part(at_.at_), part(value_)}; }
  /// What stands between the quotes of the key, and whether escapes are among it.
  std::string_view raw_key() const noexcept { return key_; }
  bool key_escaped() const noexcept { return escaped_; }
  member_iterator& operator++() noexcept {
    pass(part(value_).behind());
    return *this;
  }
  /// The same for who knows what stands behind the value.
  void pass(const char* at) noexcept {
    at_.pass(at);
    read_key();
  }
  void operator++(int) noexcept { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return at_.done(); }

 private:
  void read_key() noexcept;
  value_view part(const char* at) const noexcept { return {at, at_.object_.end_, at_.object_.context_}; }

  member_cursor at_;
  const char* value_ = nullptr;
  std::string_view key_;
  bool escaped_ = false;
};

class element_range {
 public:
  explicit element_range(const value_view& array) noexcept : begin_(array) {}
  element_iterator begin() const noexcept { return begin_; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  element_iterator begin_;
};

class member_range {
 public:
  explicit member_range(const value_view& object) noexcept : begin_(object) {}
  member_iterator begin() const noexcept { return begin_; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  member_iterator begin_;
};

SIOKIT_NAMESPACE_END

#include <siokit/impl/text/value_view.ipp>
