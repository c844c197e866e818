// Bodies of sio/adapter.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE void room_names::add(std::string_view name, bool except) {
  const auto head = static_cast<std::uint32_t>(name.size() << 1 | (except ? 1u : 0u));
  const std::size_t wanted = size_ + sizeof head + name.size();
  ++(except ? excluded_ : included_);
  if (more_.empty() && wanted <= room) {
    std::memcpy(text_ + size_, &head, sizeof head);
    if (!name.empty()) std::memcpy(text_ + size_ + sizeof head, name.data(), name.size());
  } else {
    if (more_.empty()) more_.assign(text_, size_);
    more_.append(reinterpret_cast<const char*>(&head), sizeof head);
    more_.append(name);
  }
  size_ = wanted;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
