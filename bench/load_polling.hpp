// The modes over polling: echo with one GET parked and one POST on its way for each client, and the start that a default
// client makes (polling, then the upgrade).
#pragma once

#include <algorithm>

#include "load_tools.hpp"

namespace bench {

inline std::string poll_request(std::string_view sid) {
  std::string out = "GET /socket.io/?EIO=4&transport=polling";
  if (!sid.empty()) out.append("&sid=").append(sid);
  return out + " HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n";
}
inline std::string post_request(std::string_view sid, std::string_view body) {
  return "POST /socket.io/?EIO=4&transport=polling&sid=" + std::string(sid) +
         " HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// Whole responses off one connection, with a Content-Length or in chunks.
class responses {
 public:
  void add(std::string_view bytes) { in_.append(bytes); }
  /// Takes one off; false when it is not whole.
  bool take(std::string& body) {
    const std::size_t head = in_.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    if (in_.compare(9, 3, "200") != 0) refuse("the server answers " + in_.substr(0, head));
    const std::size_t start = head + 4;
    if (const std::size_t length = field(head, "content-length:"); length != std::string::npos) {
      const std::size_t size = std::strtoul(in_.c_str() + length, nullptr, 10);
      if (in_.size() < start + size) return false;
      body.assign(in_, start, size);
      in_.erase(0, start + size);
      return true;
    }
    return take_chunks(start, body);
  }

 private:
  std::size_t field(std::size_t head, std::string_view name) const {
    for (std::size_t line = in_.find("\r\n"); line < head; line = in_.find("\r\n", line + 2))
      if (strncasecmp(in_.c_str() + line + 2, name.data(), name.size()) == 0) return line + 2 + name.size();
    return std::string::npos;
  }
  bool take_chunks(std::size_t at, std::string& body) {
    body.clear();
    for (;;) {
      const std::size_t line = in_.find("\r\n", at);
      if (line == std::string::npos) return false;
      const std::size_t size = std::strtoul(in_.c_str() + at, nullptr, 16);
      if (in_.size() < line + 2 + size + 2) return false;
      body.append(in_, line + 2, size);
      at = line + 2 + size + 2;
      if (size != 0) continue;
      in_.erase(0, at);
      return true;
    }
  }
  std::string in_;
};

inline std::string sid_in(std::string_view open) {
  const std::size_t at = open.find("\"sid\":\"");
  if (at == std::string_view::npos) refuse("no sid in " + std::string(open));
  return std::string(open.substr(at + 7, open.find('"', at + 7) - at - 7));
}

/// Clients that poll on one connection and post on another.
class pollers {
 public:
  explicit pollers(const flags& given) : port_(port_of(given)) {
    all_.resize(given.count("--connections", 1));
    for (std::size_t i = 0; i < all_.size(); ++i) open(i);
  }
  std::size_t size() const { return all_.size(); }
  void prepare(std::string_view body) {
    for (client& c : all_) c.post = post_request(c.sid, body);
  }
  void post(std::size_t i) { put(all_[i].post_fd, all_[i].post); }
  /// Tells the body of each poll that was answered, after the next poll was sent.
  template <class Answered>
  void turn(int timeout, Answered&& answered) {
    poller_.wait(timeout);
    for (const epoll_event& ready : poller_) {
      const auto i = static_cast<std::size_t>(ready.data.u64 / 2);
      client& c = all_[i];
      const bool posted = ready.data.u64 % 2 != 0;
      responses& in = posted ? c.posted : c.polled;
      const ssize_t n = recv(posted ? c.post_fd : c.poll_fd, buffer_, sizeof buffer_, 0);
      if (n < 0 && errno == EAGAIN) continue;
      if (n <= 0) refuse("the server ended a connection");
      in.add({buffer_, static_cast<std::size_t>(n)});
      for (std::string& body = body_; in.take(body);) {
        if (posted) continue;
        put(c.poll_fd, c.poll);
        if (body != "2") answered(i, std::string_view(body));
        else put(c.post_fd, post_request(c.sid, "3"));
      }
    }
  }

 private:
  struct client {
    int poll_fd = -1;
    int post_fd = -1;
    std::string sid, poll, post;
    responses polled, posted;
  };
  void open(std::size_t i) {
    client& c = all_[i];
    c.poll_fd = connect_now(port_);
    c.post_fd = connect_now(port_);
    put(c.poll_fd, poll_request({}));
    c.sid = sid_in(wait(c.poll_fd, c.polled));
    c.poll = poll_request(c.sid);
    put(c.post_fd, post_request(c.sid, "40"));
    wait(c.post_fd, c.posted);
    put(c.poll_fd, c.poll);
    if (wait(c.poll_fd, c.polled).find("40{") != 0) refuse("the namespace was not joined");
    put(c.poll_fd, c.poll);
    poller_.add(c.poll_fd, EPOLLIN, i * 2);
    poller_.add(c.post_fd, EPOLLIN, i * 2 + 1);
  }
  std::string wait(int fd, responses& in) {
    std::string body;
    while (!in.take(body)) {
      pollfd until{fd, POLLIN, 0};
      if (poll(&until, 1, 20'000) != 1) refuse("no answer to a poll");
      const ssize_t n = recv(fd, buffer_, sizeof buffer_, 0);
      if (n <= 0) refuse("the server ended a connection");
      in.add({buffer_, static_cast<std::size_t>(n)});
    }
    return body;
  }

  std::uint16_t port_;
  std::vector<client> all_;
  poller poller_;
  std::string body_;
  char buffer_[1 << 18];
};

inline void polling(const flags& given) {
  const echo_text text(given);
  static pollers all(given);
  const std::size_t depth = given.count("--depth", 1);
  std::string body;
  for (std::size_t i = 0; i < depth; ++i) body.append(i == 0 ? "" : "\x1e").append(text.request);
  all.prepare(body);
  const int timeout = given.text("--wait", "spin") == "spin" ? 0 : 100;
  std::vector<std::size_t> waiting(all.size(), depth);
  meter m(given);
  for (std::size_t i = 0; i < all.size(); ++i) all.post(i);
  while (m.running()) {
    all.turn(timeout, [&](std::size_t i, std::string_view in) {
      // Acknowledgements of one size with a separator between them.
      const std::size_t messages = (in.size() + 1) / (text.reply.size() + 1);
      const bool whole = messages != 0 && in.size() + 1 == messages * (text.reply.size() + 1);
      if (!whole || in.substr(0, text.reply.size()) != text.reply) refuse("unexpected body: " + std::string(in));
      m.count(messages);
      waiting[i] -= std::min(waiting[i], messages);
      if (waiting[i] != 0) return;
      waiting[i] = depth;
      all.post(i);
    });
  }
  m.print("polling", given, all.size(), depth, text.size);
}

/// What socket.io-client does by default, step by step: the open packet by a GET; then the join by a POST while the next GET
/// and the WebSocket are on their way; the probe; the upgrade once no poll is open. Several clients at once.
class upgraders {
 public:
  explicit upgraders(const flags& given) : port_(port_of(given)), all_(given.count("--connections", 16)) {
    for (std::size_t i = 0; i < all_.size(); ++i) begin(i);
  }
  template <class Done>
  void turn(int timeout, Done&& done) {
    poller_.wait(timeout);
    for (const epoll_event& ready : poller_) {
      const auto i = static_cast<std::size_t>(ready.data.u64 >> 16);
      // A socket of a client that has ended meanwhile.
      if ((ready.data.u64 >> 2 & 0x3fff) != all_[i].generation % 0x4000) continue;
      if (receive(i, ready.data.u64 & 3)) {
        done();
        end(i);
        begin(i);
      }
    }
  }

 private:
  enum which : std::uint64_t { get, post, socket };
  struct client {
    int fd[3] = {-1, -1, -1};
    std::uint64_t generation = 0;
    std::string sid;
    responses polled, posted;
    std::string in;
    bool joined = false, polling = false, probed = false, upgraded = false, asked = false;
  };

  void dial(std::size_t i, which w) {
    client& c = all_[i];
    c.fd[w] = connect_now(port_);
    poller_.add(c.fd[w], EPOLLIN, i << 16 | (c.generation % 0x4000) << 2 | w);
  }
  void begin(std::size_t i) {
    client& c = all_[i];
    const std::uint64_t next = c.generation + 1;
    c = client{};
    c.generation = next;
    dial(i, get);
    put(c.fd[get], poll_request({}));
  }
  void end(std::size_t i) {
    for (const int fd : all_[i].fd)
      if (fd >= 0) close(fd);
  }
  void poll_again(client& c) {
    c.polling = true;
    put(c.fd[get], poll_request(c.sid));
  }
  bool receive(std::size_t i, std::uint64_t w) {
    client& c = all_[i];
    const ssize_t n = recv(c.fd[w], buffer_, sizeof buffer_, 0);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) refuse("the server ended a connection");
    const std::string_view bytes(buffer_, static_cast<std::size_t>(n));
    if (w == socket) take_message(c, bytes);
    (w == get ? c.polled : c.posted).add(w == socket ? std::string_view{} : bytes);
    for (std::string body; w == get && c.polled.take(body);) take_poll(i, body);
    for (std::string body; w == post && c.posted.take(body);) {}
    if (c.probed && !c.polling && !c.upgraded) {
      static const std::string upgrade = client_frame("5");
      put(c.fd[socket], upgrade);
      c.upgraded = true;
      // An echo over the WebSocket tells that the server has switched.
      static const std::string ask = client_frame("4210[\"echo\",1]");
      put(c.fd[socket], ask);
    }
    return c.asked;
  }
  void take_poll(std::size_t i, std::string_view body) {
    client& c = all_[i];
    c.polling = false;
    if (c.sid.empty()) {
      c.sid = sid_in(body);
      dial(i, socket);
      put(c.fd[socket], upgrade_request(c.sid));
      dial(i, post);
      put(c.fd[post], post_request(c.sid, "40"));
    } else if (body.find("40{") == 0) {
      c.joined = true;
    }
    if (!c.probed || !c.joined) poll_again(c);
  }
  void take_message(client& c, std::string_view bytes) {
    c.in.append(bytes);
    if (const std::size_t head = c.in.find("\r\n\r\n"); c.in[0] == 'H' && head != std::string::npos) {
      c.in.erase(0, head + 4);
      static const std::string probe = client_frame("2probe");
      put(c.fd[socket], probe);
    }
    if (c.in.find("3probe") != std::string::npos) c.probed = true;
    if (c.in.find("4310[") != std::string::npos) c.asked = true;
    if (c.probed && !c.upgraded) c.in.clear();
  }

  std::uint16_t port_;
  std::vector<client> all_;
  poller poller_;
  char buffer_[1 << 16];
};

inline void upgrade(const flags& given) {
  static upgraders all(given);
  meter m(given);
  const int timeout = given.text("--wait", "spin") == "spin" ? 0 : 100;
  while (m.running()) all.turn(timeout, [&] { m.count(1); });
  m.print("upgrade", given, given.count("--connections", 16), 1, 0);
}

}  // namespace bench
