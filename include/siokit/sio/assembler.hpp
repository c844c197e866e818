// A binary packet whose attachments come one by one: keeps its text and them until it is whole (sio5: binary events).
// One per connection, made when the first binary packet comes and given back with the last attachment. A packet without
// attachments never comes here.
#pragma once

#include <siokit/core/timers.hpp>
#include <siokit/sio/packet.hpp>

SIOKIT_NAMESPACE_BEGIN

namespace sio {

class assembler {
 public:
  explicit assembler(const pool& from) noexcept : pool_(from) {}
  assembler(const assembler&) = delete;
  assembler& operator=(const assembler&) = delete;
  ~assembler();

  /// Begins with a packet that was decoded from this text. Its placeholders are checked here: each in range, all used. Views
  /// of the packet that point elsewhere are dropped.
  errc begin(std::string_view text, const packet& p) noexcept;
  /// Adds an attachment. sio_attachments_too_large above limits.attachment_bytes.
  errc add(bytes_view in, const limits&) noexcept;
  bool complete() const noexcept { return size_ == wanted_; }

  /// The packet, whose views point into what is kept here; once complete().
  const packet& whole() const noexcept { return packet_; }
  std::span<const bytes_view> attachments() const noexcept { return {views_, size_}; }
  std::size_t bytes() const noexcept { return bytes_; }

  timer_node timer;

 private:
  static errc check_placeholders(const packet&) noexcept;
  std::size_t block_size() const noexcept { return wanted_ * sizeof(bytes_view) + text_size_; }

  pool pool_;
  packet packet_;
  bytes_view* views_ = nullptr;  // and behind them, in one block, the text
  std::size_t text_size_ = 0;
  std::size_t size_ = 0;
  std::size_t wanted_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace sio

SIOKIT_NAMESPACE_END

#include <siokit/impl/sio/assembler.ipp>
