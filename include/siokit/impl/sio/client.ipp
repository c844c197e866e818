// Bodies of sio/client.hpp.
#pragma once

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace sio {

SIOKIT_INLINE client_options options_for(std::string_view url, client_options o, std::string& nsp, errc& error) {
  http::url_view at;
  error = http::split_url(url, at);
  if (error != errc::none) return o;
  o.host = at.host;
  o.port = at.port;
  o.secure = at.secure;
  nsp = at.path;
  const auto decoded = [](std::string_view text) {
    std::string out(text.size(), '\0');
    out.resize(http::decode(text, {out.data(), out.size()}).size());
    return out;
  };
  std::string_view query = at.query;
  while (const auto p = http::next_parameter(query)) o.query.emplace_back(decoded(p->name), decoded(p->value));
  return o;
}

}  // namespace sio

SIOKIT_NAMESPACE_END
#endif
