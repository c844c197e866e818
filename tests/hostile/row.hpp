// rows.jsonl: what a hostile client sends, and what must come of it. One JSON object a line, read with the library's
// own reader. `input` is bytes in the notation of transcripts; `check` says what is looked at:
//
//   state      fresh: a new link. polling, ws: a session on this transport, connected to "/". ws_open: a WebSocket
//              session that joined nothing. candidate: a polling session and a WebSocket for its upgrade.
//              {{SID}} and {{WSSID}} in the input are the sid of the session.
//   server     which set-up; absent: hostile
//   also       more input, behind the row's
//   packet     the input is a Socket.IO packet, to be wrapped into a text frame
//   responses  the statuses that come, in order, each with its alternatives; no further response may come
//   code       the code in the JSON body of the last response
//   head       the response answers a HEAD
//   absent     a header no response may have
//   close      whether the server ends the link; absent or null: either
//   session    alive, closed or any (also when absent)
//   ws_close   alternatives for the code of the Close frame; 1005: a frame without one
//   messages   the text messages that come back, * matches anything; none may come besides
//   pong       bytes of the one pong that comes back; pongs "any": whatever number comes
//   parked     what a poll that was parked before is answered
//   events     what the handlers see, nothing else; absent: nothing; "one": one event, whatever it is
//   phase, log, survives   rows for clients: see client_test.cpp
//   scenario   the row is a story; its code is in scenarios_test.cpp under the id
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <siokit/text/value.hpp>

namespace hostile {

struct row {
  siokit::value all;
  const siokit::value& check() const { return all["check"]; }
  std::string id() const { return all["id"].get_or<std::string>(""); }
  std::string input() const { return all["input"].get_or<std::string>(""); }
  std::string text(std::string_view name, std::string otherwise = "") const {
    return check()[name].get_or<std::string>(std::move(otherwise));
  }
  bool is(std::string_view name) const { return check()[name].get_or<bool>(false); }
  int number(std::string_view name, int otherwise) const { return check()[name].get_or<int>(otherwise); }
};

inline std::vector<row> read_rows(const std::string& path) {
  std::vector<row> out;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    auto parsed = siokit::value::parse(line);
    if (parsed) out.push_back({std::move(*parsed)});
  }
  return out;
}

}  // namespace hostile
