// Server-sent events: an incremental parser with bounds, and a writer.
// spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace bedplate::net {

// One event; the views are valid until the parser's next call.
struct SseEvent {
  std::string_view name;  // of the event field; empty means "message"
  std::string_view data;  // data lines joined with line feeds
  std::string_view id;    // last id seen on the stream
};

class SseParser {
 public:
  explicit SseParser(size_t event_bytes_max = 1 << 20) : event_bytes_max_(event_bytes_max) {}

  // Gives the parser the next bytes of the stream, in any fragmentation; `bytes` must stay until
  // Next returned nothing.
  void Feed(std::string_view bytes);
  // The next whole event; nothing when more bytes are needed. kModelError when an event is longer
  // than the bound (the parser stays failed).
  Result<std::optional<SseEvent>> Next();
  // True when the stream may end here: no event is half-way.
  bool AtBoundary() const;

 private:
  bool TakeLine(std::string_view& line);
  void Field(std::string_view line);

  size_t event_bytes_max_;
  std::string_view fed_;
  std::string partial_;      // a line whose end has not come
  std::string line_;         // the last line completed from partial_
  std::string data_joined_;  // data of an event in more than one piece
  std::string name_;
  std::string id_;
  std::string_view data_;
  size_t data_lines_ = 0;
  bool data_borrowed_ = false;   // data_ points into fed_
  bool dispatched_ = false;      // the event collected last has been handed out
  bool skip_line_feed_ = false;  // the last line ended with a carriage return at the end of fed_
  bool start_ = true;            // a byte order mark may come
  bool failed_ = false;
};

// Reads events off a response body.
class SseReader {
 public:
  explicit SseReader(BodyReader& body, size_t event_bytes_max = 1 << 20)
      : body_(body), parser_(event_bytes_max) {}
  // Nothing at the end of the stream. kUnavailable when the stream was cut (see BodyReader).
  Task<Result<std::optional<SseEvent>>> Next();

 private:
  BodyReader& body_;
  SseParser parser_;
};

// Appends one event to `out`. Line breaks in data become several data lines; name has none.
void AppendSseEvent(std::string& out, std::string_view data, std::string_view name = {});

}  // namespace bedplate::net
