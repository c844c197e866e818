// Bodies of sio/assembler.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE assembler::~assembler() {
  for (std::size_t i = 0; i < size_; ++i)
    pool_.free(const_cast<std::byte*>(views_[i].data()), views_[i].size());
  pool_.free(views_, block_size());
}

// In a packet without attachments, what looks like a placeholder is plain data.
SIOKIT_INLINE errc assembler::check_placeholders(const packet& p) noexcept {
  if (p.attachments == 0) return errc::none;
  std::uint8_t used[256];
  if (p.attachments > sizeof used) return errc::sio_too_many_attachments;
  std::memset(used, 0, p.attachments);
  // Behind the name of an event.
  const char* const end = p.payload.data() + p.payload.size();
  const char* const first = json::skip_space(p.payload.data()) + (p.type == packet_type::binary_event ? p.shape.second : 0);
  const std::string_view arguments(first, static_cast<std::size_t>(end - first));
  if (json::count_placeholders(arguments, {used, p.attachments}) != errc::none) return errc::sio_bad_placeholder;
  for (std::uint32_t i = 0; i < p.attachments; ++i)
    if (used[i] == 0) return errc::sio_bad_placeholder;
  return errc::none;
}

SIOKIT_INLINE errc assembler::begin(std::string_view text, const packet& p) noexcept {
  if (const errc e = check_placeholders(p); e != errc::none) return e;
  wanted_ = p.attachments;
  text_size_ = text.size();
  views_ = static_cast<bytes_view*>(pool_.alloc(block_size()));
  if (views_ == nullptr) return errc::out_of_memory;
  char* const copy = reinterpret_cast<char*>(views_ + wanted_);
  std::memcpy(copy, text.data(), text.size());
  const auto moved = [&](std::string_view view) {
    const bool inside = view.data() >= text.data() && view.data() <= text.data() + text.size();
    return inside ? std::string_view(copy + (view.data() - text.data()), view.size()) : std::string_view{};
  };
  packet_ = p;
  packet_.nsp = p.nsp == "/" ? std::string_view("/") : moved(p.nsp);
  packet_.payload = moved(p.payload);
  packet_.name = moved(p.name);
  return errc::none;
}

SIOKIT_INLINE errc assembler::add(bytes_view in, const limits& limit) noexcept {
  bytes_ += in.size();
  if (bytes_ > limit.attachment_bytes) return errc::sio_attachments_too_large;
  auto* const copy = static_cast<std::byte*>(pool_.alloc(in.size()));
  if (copy == nullptr) return errc::out_of_memory;
  if (!in.empty()) std::memcpy(copy, in.data(), in.size());
  ::new (static_cast<void*>(views_ + size_)) bytes_view(copy, in.size());
  ++size_;
  return errc::none;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
