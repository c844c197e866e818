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

SIOKIT_ALWAYS_INLINE event_writer::event_writer(const outgoing_event& event) noexcept
    : out_(event.head.from, event.head.nsp.size() + event.head.name.size() + event.arguments.likely_size + around),
      sink_(event.head.from),
      writer_(out_, &sink_, value_writer::inside_array{}) {
  const errc e = begin(event.head);
  if (e != errc::none) writer_.fail(e);
}

/// Writes what stands before the arguments.
SIOKIT_ALWAYS_INLINE errc event_writer::begin(const event_head& head) noexcept {
  static_assert(header_room + 1 + value_writer::around_short <= around, "the builder began with room for a short name");
  if (out_.failed()) return errc::out_of_memory;
  char* const at = write_header(out_.end(), packet_type::event, head.nsp, head.id);
  *at = '[';
  if (is_reserved(head.name)) return errc::reserved_event;
  char* const end = value_writer::put_short(at + 1, head.name, ',');
  out_.commit(end != nullptr ? end : at + 1);
  if (end == nullptr) writer_.string(head.name);
  return errc::none;
}

SIOKIT_INLINE event_writer::event_writer(frame_room where, std::string_view nsp, std::uint64_t id) noexcept
    : out_(std::move(where)), sink_(where.from), writer_(out_, &sink_, value_writer::inside_array{}) {
  put_header(out_, packet_type::ack, nsp, id);
  out_.failed() ? writer_.fail(errc::out_of_memory) : out_.put('[');  // header_room has some left for both brackets
}

SIOKIT_ALWAYS_INLINE errc event_writer::close() noexcept {
  if (!writer_.end_all()) return writer_.error();
  if (sink_.size() == 0) return errc::none;
  return out_.move_out() ? writer_.error() : errc::out_of_memory;
}

SIOKIT_ALWAYS_INLINE errc event_writer::take(encoded& to) noexcept {
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

SIOKIT_INLINE errc event_writer::finish(encoded& to) noexcept {
  const errc e = close();
  if (e != errc::none) return e;
  return out_.move_out() ? take(to) : errc::out_of_memory;
}

SIOKIT_INLINE errc encode_outgoing(const outgoing_event& event, encoded& to) {
  event_writer out(event);
  event.arguments.write(event.arguments.all, out);
  const errc e = out.close();
  return e == errc::none ? out.take(to) : e;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
