// What a Qt program does with both, after both: Qt's words keep their meaning, and siokit's emit has a second name.
#pragma once

#if !defined(emit) || !defined(slots) || !defined(signals) || !defined(foreach)
#error "a macro of Qt is gone"
#endif

class window : public QObject {
 public:
  explicit window(siokit::server& io) : io_(io) {
    io_.on("text", [this](siokit::socket& s, std::string_view text) {
      (void)s.emit_event("seen", text);
      s.to("lobby").emit_event("said", text);
      emit changed(1);
    });
  }
  void send(siokit::client& c) {
    (void)c.emit_event("hello", 1);
    io_.emit_event("n", 2);
    emit changed(2);
  }

 public slots:
  void change() {}

 signals:
  void changed(int) {}

 private:
  siokit::server& io_;
};
