// What lws_host.hpp, which includes this, does when lws calls back: a request came, a body, a message; something can be
// written. Each of these tells siokit, and has it done what it asks for (pump()).
#pragma once

#include <libwebsockets.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <siokit/http/response_writer.hpp>

#include "lws_host.hpp"
#include "lws_strings.hpp"

namespace example {

inline int lws_host::callback(lws* wsi, lws_callback_reasons reason, void*, void* in, size_t size) {
  lws_context* const context = wsi == nullptr ? nullptr : lws_get_context(wsi);
  auto* const self = context == nullptr ? nullptr : static_cast<lws_host*>(lws_context_user(context));
  return self == nullptr ? 0 : self->on(wsi, reason, in, size);
}

// Not zero: lws closes the connection.
inline int lws_host::on(lws* wsi, lws_callback_reasons reason, void* in, size_t size) {
  const std::string_view bytes(static_cast<const char*>(in), in == nullptr ? 0 : size);
  link* const l = find(wsi);
  switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: pump(); return 0;
    case LWS_CALLBACK_HTTP: return request(wsi, false);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirm_upgrade(wsi);
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_WSI_DESTROY: gone(wsi, false); return 0;
    default: break;
  }
  if (l == nullptr) return 0;
  switch (reason) {
    case LWS_CALLBACK_HTTP_BODY: return body(*l, bytes);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return body_complete(*l);
    case LWS_CALLBACK_HTTP_WRITEABLE: return write_response(*l);
    case LWS_CALLBACK_ADD_HEADERS: {
      auto* const args = static_cast<lws_process_html_args*>(in);
      auto** const p = reinterpret_cast<unsigned char**>(&args->p);
      return l->accepted && !add_lines(wsi, l->fields, p, *p + args->max_len) ? 1 : 0;
    }
    case LWS_CALLBACK_ESTABLISHED: return established(*l);
    case LWS_CALLBACK_RECEIVE: return receive(*l, bytes);
    case LWS_CALLBACK_SERVER_WRITEABLE: return write_message(*l);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: gone(wsi, true); return 0;
    default: return 0;
  }
}

inline lws_host::link* lws_host::find(lws* wsi) {
  const auto found = links_.find(wsi);
  return found == links_.end() ? nullptr : &found->second;
}

inline lws_host::link* lws_host::find(siokit::link_id id) {
  const auto found = ids_.find(id);
  return found == ids_.end() ? nullptr : find(found->second);
}

// A connection becomes a link with its first request: before it, lws keeps the timeouts.
inline lws_host::link* lws_host::open(lws* wsi) {
  if (link* const l = find(wsi)) return l;
  char address[64] = "";
  lws_get_peer_simple(wsi, address, sizeof address);
  std::string_view from = address;
  if (from.substr(0, 7) == "::ffff:") from.remove_prefix(7);
  const siokit::link_id id = closing_ ? siokit::link_id{} : io_.accept({from, 0, false}, now());
  if (id == siokit::link_id{}) return nullptr;
  ids_.emplace(id, wsi);
  link& l = links_[wsi];
  l.wsi = wsi;
  l.id = id;
  return &l;
}

inline void lws_host::gone(lws* wsi, bool orderly) {
  const auto found = links_.find(wsi);
  if (found == links_.end()) return;
  const siokit::link_id id = found->second.id;
  if (orderly && found->second.at != state::leaving) io_.ended(id, siokit::errc::none, now());
  links_.erase(found);
  ids_.erase(id);
  io_.closed(id, now());
  pump();
}

// ---- HTTP ------------------------------------------------------------------------------------------------------------

inline int lws_host::request(lws* wsi, bool upgrade) {
  static constexpr std::string_view methods[] = {"GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "HEAD"};
  char* path = nullptr;
  int size = 0;
  const int method = lws_http_get_uri_and_method(wsi, &path, &size);
  link* const l = open(wsi);
  if (l == nullptr || method < 0 || static_cast<std::size_t>(method) >= std::size(methods)) return -1;
  const std::string length = header_of(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  l->at = state::judged;
  l->head_method = method == LWSHUMETH_HEAD;
  l->has_body = !length.empty() && length != "0";
  l->complete = !l->has_body;
  l->in.clear();
  lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);  // a poll may wait; siokit knows for how long
  if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
    answer(*l, 501, {}, {}, true);
    io_.ended(l->id, siokit::errc::http_bad_transfer_encoding, now());
    pump();
    return 0;
  }
  if (l->has_body)
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, static_cast<int>(limits_.request_body_time.count() / 1000));
  else if (!upgrade)
    lws_rx_flow_control(wsi, 0);  // the next request waits until this one is answered
  const siokit::link_id id = l->id;
  io_.request(id, {methods[method], target_of(wsi, path, size), lines_of(wsi, pass_on_), upgrade, l->has_body}, now());
  pump();
  return 0;
}

// Returns 0: lws upgrades; 1: a response was written; -1: the connection ends.
inline int lws_host::confirm_upgrade(lws* wsi) {
  const bool sound = header_of(wsi, WSI_TOKEN_VERSION) == "13" && header_of(wsi, WSI_TOKEN_KEY).size() == 24 &&
                     lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
  if (sound) {
    if (request(wsi, true) != 0) return -1;
  } else if (link* const l = open(wsi)) {
    const bool version = header_of(wsi, WSI_TOKEN_VERSION) != "13";
    answer(*l, version ? 426 : 400, version ? "Sec-WebSocket-Version: 13\r\n" : "", {}, true);
    io_.ended(l->id, version ? siokit::errc::ws_bad_version : siokit::errc::ws_bad_key, now());
    pump();
  }
  link* const l = find(wsi);
  if (l == nullptr) return -1;
  if (l->at != state::answering) {
    l->at = state::upgrading;
    return 0;
  }
  return write_response(*l) == 0 ? 1 : -1;
}

inline int lws_host::body(link& l, std::string_view part) {
  if (l.at == state::answering) return 0;  // refused: the rest is thrown away
  l.in += part;
  if (l.in.size() <= (l.at == state::body ? l.limit : limits_.http_body)) return 0;
  answer(l, 413, {}, {}, true);
  io_.ended(l.id, siokit::errc::http_body_too_large, now());
  pump();
  return 0;
}

inline int lws_host::body_complete(link& l) {
  if (l.complete || l.at == state::answering) return 0;  // lws tells of empty bodies, too
  l.complete = true;
  lws_rx_flow_control(l.wsi, 0);
  if (l.at == state::body) pass_body(l);  // else nobody asked for it yet
  return 0;
}

inline void lws_host::pass_body(link& l) {
  l.at = state::judged;
  io_.body(l.id, std::as_writable_bytes(std::span(l.in)), now());
  pump();
}

inline void lws_host::respond(link& l, siokit::message_action& a) {
  std::string text;
  l.weight = a.body.total_weight();
  while (!a.body.empty()) {
    siokit::batch views;
    a.body.show(views);
    for (const siokit::bytes_view v : views.views()) text += siokit::as_text(v);
    a.body.sent(io_.blocks(), views.bytes());
  }
  const bool unread = l.has_body && !l.complete;
  answer(l, a.status, a.fields ? siokit::as_text(a.fields.payload()) : std::string_view{}, text, a.last || unread || closing_);
}

// Head and body in one write, when lws says that it is time: it keeps what the socket does not take.
inline void lws_host::answer(link& l, std::uint16_t status, std::string_view lines, std::string_view body, bool last) {
  l.at = state::answering;
  l.last = last;
  lws_rx_flow_control(l.wsi, 1);  // while it is held back lws does not write either
  l.out.assign(LWS_PRE, '\0');
  l.out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(siokit::http::reason(status)).append("\r\n");
  l.out.append(lines).append(last ? "Connection: close\r\n" : "");
  const bool sized = status != 204 && status != 304;
  if (sized) l.out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  l.out.append("\r\n").append(sized && !l.head_method ? body : std::string_view{});
  lws_callback_on_writable(l.wsi);
}

inline int lws_host::write_response(link& l) {
  if (l.at != state::answering) return 0;
  lws* const wsi = l.wsi;
  if (!l.out.empty()) {
    std::string out = std::exchange(l.out, {});
    auto* const text = reinterpret_cast<unsigned char*>(out.data()) + LWS_PRE;
    if (lws_write(wsi, text, out.size() - LWS_PRE, LWS_WRITE_HTTP_HEADERS) < 0) return -1;
  }
  if (lws_partial_buffered(wsi)) {  // it is answered when all has left: until then a close waits for it
    lws_callback_on_writable(wsi);
    return 0;
  }
  const siokit::link_id id = l.id;
  const bool last = l.last || closing_;
  const bool upgrade = lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) > 0;  // then lws completes the transaction
  l.at = state::idle;
  io_.sent(id, std::exchange(l.weight, 0), now());
  pump();
  if (last && !upgrade) return -1;  // lws sends what it has kept, half-closes, and waits a while
  return upgrade || lws_http_transaction_completed(wsi) == 0 ? 0 : -1;
}

// ---- WebSocket -------------------------------------------------------------------------------------------------------

inline int lws_host::established(link& l) {
  l.established = true;
  l.in.clear();
  if (l.accepted) {
    l.at = state::websocket;
    io_.upgraded(l.id, now());
    pump();
  } else {
    lws_rx_flow_control(l.wsi, 0);  // until somebody decides
  }
  return 0;
}

inline int lws_host::receive(link& l, std::string_view part) {
  lws* const wsi = l.wsi;
  const bool whole_message = lws_remaining_packet_payload(wsi) == 0 && lws_is_final_fragment(wsi);
  if (l.discarding && whole_message) {
    l.discarding = false;
    lws_callback_on_writable(wsi);
  }
  if (l.at != state::websocket) return 0;
  l.in += part;
  if (l.in.size() > l.limit || lws_remaining_packet_payload(wsi) > l.limit - l.in.size()) {
    // Our Close goes once the rest was read: closing over unread input would reset the connection, and lose it.
    l.at = state::leaving;
    l.close_code = LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE;
    l.discarding = !whole_message;
    l.messages.clear();
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, static_cast<int>(limits_.ws_close_time.count() / 1000));
    lws_callback_on_writable(wsi);
    io_.ended(l.id, siokit::errc::ws_message_too_big, now());
    pump();
    return 0;
  }
  if (!whole_message) return 0;
  const siokit::link_id id = l.id;
  std::string whole = std::exchange(l.in, {});
  io_.message(id, lws_frame_is_binary(wsi) ? siokit::message_kind::binary : siokit::message_kind::text,
              std::as_writable_bytes(std::span(whole)), now());
  pump();
  if (find(wsi) != nullptr && !io_.wants_read(id)) lws_rx_flow_control(wsi, 0);  // an action `read` undoes it
  return 0;
}

// lws takes one message for each of these calls.
inline int lws_host::write_message(link& l) {
  if (l.at != state::websocket && l.at != state::leaving) return 0;
  if (!l.messages.empty()) {
    const siokit::frame next = std::move(l.messages.front());
    l.messages.pop_front();
    std::vector<unsigned char> bytes(LWS_PRE + next.size());
    if (next.size() != 0) std::memcpy(bytes.data() + LWS_PRE, next.payload().data(), next.size());
    const auto kind = next.kind() == siokit::frame_kind::text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
    if (lws_write(l.wsi, bytes.data() + LWS_PRE, next.size(), kind) < 0) return -1;
    lws_callback_on_writable(l.wsi);  // while l is certain to be there: pump() may end it
    io_.sent(l.id, siokit::out_queue::weight(next), now());
    pump();
    return 0;
  }
  if (l.at != state::leaving || l.discarding) return 0;
  // lws does not send a Close without a code.
  lws_close_reason(l.wsi, static_cast<lws_close_status>(l.close_code == 1005 ? 1000 : l.close_code), nullptr, 0);
  return -1;
}

}  // namespace example
