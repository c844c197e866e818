// Bodies of sio/assembler.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE assembler::~assembler() {
  for (std::size_t i = 0; i < size_; ++i)
    pool_.free(const_cast<std::byte*>(views_[i].data()), views_[i].size());
  pool_.free(views_, wanted_ * sizeof(bytes_view));
  pool_.free(text_, text_size_);
}

SIOKIT_INLINE char* assembler::copy(bytes_view in) noexcept {
  void* const at = pool_.alloc(in.size());
  if (at != nullptr && !in.empty()) std::memcpy(at, in.data(), in.size());
  return static_cast<char*>(at);
}

// In a packet without attachments, what looks like a placeholder is plain data.
SIOKIT_INLINE errc assembler::check_placeholders(const packet& p) noexcept {
  if (p.attachments == 0) return errc::none;
  std::uint8_t used[256]{};
  if (p.attachments > sizeof used) return errc::sio_too_many_attachments;
  if (json::count_placeholders(p.payload, {used, p.attachments}) != errc::none) return errc::sio_bad_placeholder;
  for (std::uint32_t i = 0; i < p.attachments; ++i)
    if (used[i] == 0) return errc::sio_bad_placeholder;
  return errc::none;
}

SIOKIT_INLINE errc assembler::begin(std::string_view text, const packet& p) noexcept {
  if (const errc e = check_placeholders(p); e != errc::none) return e;
  text_ = copy(as_bytes(text));
  if (text_ == nullptr) return errc::out_of_memory;
  text_size_ = text.size();
  views_ = static_cast<bytes_view*>(pool_.alloc(p.attachments * sizeof(bytes_view)));
  if (views_ == nullptr) return errc::out_of_memory;
  wanted_ = p.attachments;
  const auto moved = [&](std::string_view view) {
    const bool inside = view.data() >= text.data() && view.data() <= text.data() + text.size();
    return inside ? std::string_view(text_ + (view.data() - text.data()), view.size()) : std::string_view{};
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
  char* const at = copy(in);
  if (at == nullptr) return errc::out_of_memory;
  ::new (static_cast<void*>(views_ + size_)) bytes_view(reinterpret_cast<std::byte*>(at), in.size());
  ++size_;
  return errc::none;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
