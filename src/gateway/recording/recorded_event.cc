#include "gateway/recording/recorded_event.h"

#include <utility>

#include "base/base64.h"
#include "base/json/writer.h"
#include "wire/event_stream.h"

namespace bedplate::gateway {
namespace {

namespace event_stream = wire::event_stream;

constexpr std::string_view kJsonType = "application/json";

// The frame that stands for a short form.
Result<std::string> FrameOf(bool exception, std::string_view type, std::string_view payload) {
  std::string frame;
  const auto made = exception ? event_stream::AppendException(frame, type, kJsonType, payload)
                              : event_stream::AppendEvent(frame, type, kJsonType, payload);
  if (!made) return std::unexpected(made.error());
  return frame;
}

// {"bytes":"…"}, as such an event is written.
std::string PayloadOfBytes(std::string_view bytes) {
  std::string payload = R"({"bytes":")";
  AppendBase64(payload, bytes);
  return payload + R"("})";
}

bool IsJson(std::string_view text) {
  json::Reader reader(text);
  reader.Skip();
  return reader.Finish();
}

// What `payload` holds when it is {"bytes": base64 of JSON}; empty when it is not.
std::string InnerJson(std::string_view payload) {
  std::string inner;
  json::Reader reader(payload);
  std::string_view key;
  bool only = true;
  if (reader.Peek() == json::Kind::kObject && reader.BeginObject()) {
    while (reader.NextKey(key)) {
      const bool bytes = key == "bytes" && reader.Peek() == json::Kind::kString;
      only = only && bytes && AppendFromBase64(inner, reader.String());
      if (!bytes) reader.Skip();
    }
  }
  return reader.Finish() && only && IsJson(inner) ? inner : std::string();
}

std::string ShortForm(std::string_view kind, std::string_view type, std::string_view member,
                      std::string_view json) {
  std::string text = "{\"" + std::string(kind) + "\": ";
  json::AppendQuoted(text, type);
  return text + ", \"" + std::string(member) + "\": " + std::string(json) + "}";
}

}  // namespace

std::string WriteEvent(std::string_view bytes) {
  event_stream::FrameDecoder decoder;
  decoder.Push(bytes);
  event_stream::Frame frame;
  if (decoder.Next(frame).value_or(false)) {
    const std::string_view exception_type = frame.Text(":exception-type");
    const bool exception = !exception_type.empty();
    const std::string_view type = exception ? exception_type : frame.Text(":event-type");
    const std::string_view kind = exception ? "exception" : "event";
    if (const std::string inner = InnerJson(frame.payload); !inner.empty()) {
      const auto same = FrameOf(exception, type, PayloadOfBytes(inner));
      if (same && *same == bytes) return ShortForm(kind, type, "bytes", inner);
    }
    if (IsJson(frame.payload)) {
      const auto same = FrameOf(exception, type, frame.payload);
      if (same && *same == bytes) return ShortForm(kind, type, "payload", frame.payload);
    }
  }
  std::string text = R"({"frame": ")";
  AppendBase64(text, bytes);
  return text + "\"}";
}

Result<std::string> ReadEvent(json::Reader& reader) {
  std::string type;
  std::string payload;
  std::string whole;
  bool exception = false;
  std::string_view key;
  if (reader.BeginObject()) {
    while (reader.NextKey(key)) {
      if (key == "event" || key == "exception") {
        exception = key == "exception";
        reader.String(type);
      } else if (key == "payload") {
        reader.Peek();  // skips white space
        payload = reader.Raw();
      } else if (key == "bytes") {
        reader.Peek();
        payload = PayloadOfBytes(reader.Raw());
      } else if (key == "frame") {
        if (!AppendFromBase64(whole, reader.String())) reader.Fail("Expected base64");
      } else {
        reader.Fail("Unknown member of an event");
      }
    }
  }
  if (reader.failed()) return Fail(Fault::kValidation, reader.error());
  if (!whole.empty()) {
    const auto size = event_stream::FrameBytes(whole);
    if (size && *size == whole.size()) return whole;
    return Fail(Fault::kValidation, "A frame that is none");
  }
  if (type.empty() || payload.empty()) {
    return Fail(Fault::kValidation, "Expected an event or exception, with payload or bytes");
  }
  return FrameOf(exception, type, payload);
}

bool IsEvent(std::string_view bytes) {
  event_stream::FrameDecoder decoder;
  decoder.Push(bytes);
  event_stream::Frame frame;
  return decoder.Next(frame).value_or(false) && frame.Text(":message-type") == "event";
}

}  // namespace bedplate::gateway
