// Bodies of eio/luck.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE bool luck::stock() noexcept {
  if (left_ != 0) return true;
  if (host_.entropy == nullptr || !host_.entropy(host_.ctx, store_)) return false;
  left_ = store_.size();
  return true;
}

SIOKIT_INLINE bool luck::take(std::span<std::byte> out) noexcept {
  while (!out.empty()) {
    if (!stock()) return false;
    const std::size_t n = out.size() < left_ ? out.size() : left_;
    left_ -= n;
    std::memcpy(out.data(), store_.data() + left_, n);
    std::memset(store_.data() + left_, 0, n);
    out = out.subspan(n);
  }
  return true;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
