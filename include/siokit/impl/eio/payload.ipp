// Bodies of eio/payload.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace eio {

SIOKIT_INLINE errc take_packet(mutable_bytes body, packet& out, mutable_bytes& rest, bool& last) noexcept {
  const std::string_view text = as_text(body);
  const std::size_t end = text.find(separator);
  last = end == std::string_view::npos;
  const mutable_bytes one = body.first(last ? body.size() : end);
  rest = last ? mutable_bytes{} : body.subspan(end + 1);
  return decode(one, out);
}

SIOKIT_INLINE errc prepare_for_polling(frame& what, pool& from) noexcept {
  if (what.has(wire::poll4)) return errc::none;
  const bytes_view in = what.payload();
  const std::size_t size = base64::encoded_size(in.size());
  frame_builder out(from, 1 + size);
  out.put('b');
  if (char* const at = out.reserve(size)) out.commit(base64::encode(in, at));
  frame made = out.finish(frame_kind::text);
  if (!made) return errc::out_of_memory;
  what.share_polling(std::move(made));
  return errc::none;
}

}  // namespace eio

SIOKIT_NAMESPACE_END
#endif
