// Bodies of sio/event.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE arguments arguments_of(const packet& p, std::span<const bytes_view> attachments, value_context& context) noexcept {
  context.attachments = attachments;
  const value_view all(p.payload, p.shape, context);
  return p.is_ack() ? arguments(all, 0) : arguments(element_iterator(all, p.shape.second));
}

SIOKIT_INLINE bool read_back(const encoded& packet, std::string_view nsp, value_context& context, std::string_view& name,
                             arguments& args) noexcept {
  const std::span<const frame> frames = packet.frames();
  const std::string_view text = as_text(frames[0].payload());
  auto* const views = context.scratch->array<bytes_view>(frames.size());
  const std::size_t header = nsp == "/" ? 0 : text.find(',');  // names may have brackets
  const std::size_t array = header == std::string_view::npos ? header : text.find('[', header);
  if (views == nullptr || array == std::string_view::npos) return false;
  for (std::size_t i = 1; i < frames.size(); ++i) ::new (static_cast<void*>(views + i - 1)) bytes_view(frames[i].payload());
  context.attachments = {views, frames.size() - 1};
  const value_view whole(text.substr(array), &context);
  if (whole.element(0).as_string(name) != errc::none) return false;
  args = arguments(whole, 1);
  return true;
}

SIOKIT_INLINE event_writer::event_writer(pool& from, std::string_view nsp, std::string_view event, bool has_id,
                                         std::uint64_t id, std::size_t size) noexcept
    : event_writer(from, from, packet_type::event, nsp, has_id, id, event.size() + size) {
  is_reserved(event) ? writer_.fail(errc::reserved_event) : writer_.string(event);
}

SIOKIT_INLINE event_writer::event_writer(frame_room where, std::string_view nsp, std::uint64_t id, std::size_t size) noexcept
    : event_writer(std::move(where), where.from, packet_type::ack, nsp, true, id, size) {}

SIOKIT_INLINE errc event_writer::close() noexcept {
  writer_.end_array();
  if (writer_.error() == errc::none && sink_.size() != 0 && !out_.move_out()) return errc::out_of_memory;
  return writer_.error();
}

SIOKIT_INLINE errc event_writer::take(encoded& to) noexcept {
  if (sink_.size() != 0) return take_binary(to);
  return to.add(out_.finish(frame_kind::text)) ? errc::none : errc::out_of_memory;
}

SIOKIT_NEVER_INLINE SIOKIT_INLINE errc event_writer::take_binary(encoded& to) noexcept {
  if (!add_attachment_count(out_, sink_.size())) return errc::out_of_memory;
  if (!to.add(out_.finish(frame_kind::text))) return errc::out_of_memory;
  for (std::size_t i = 0; i < sink_.size(); ++i)
    if (!to.add(sink_.take(i))) return errc::sio_too_many_attachments;
  return errc::none;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
