// Bodies of sio/event.hpp.
#pragma once

SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE errc event_writer::finish(encoded& to) noexcept {
  writer_.end_array();
  if (writer_.error() != errc::none) return writer_.error();
  if (!add_attachment_count(out_, sink_.size())) return errc::out_of_memory;
  if (!to.add(out_.finish(frame_kind::text))) return errc::out_of_memory;
  for (std::size_t i = 0; i < sink_.size(); ++i)
    if (!to.add(sink_.take(i))) return errc::sio_too_many_attachments;
  return errc::none;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
