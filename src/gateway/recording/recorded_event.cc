#include "gateway/recording/recorded_event.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/json/writer.h"
#include "net/text.h"
#include "wire/event_stream.h"

namespace bedplate::gateway {
namespace {

namespace event_stream = wire::event_stream;

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kData = "data: ";
constexpr std::string_view kName = "event: ";

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

// A server-sent event. A frame begins with its length, which is never so large.
bool IsServerSent(std::string_view bytes) {
  return bytes.starts_with(kData) || bytes.starts_with(kName);
}

std::string ServerSent(std::string_view name, std::string_view data) {
  std::string text;
  if (!name.empty()) text.append(kName).append(name).append(1, '\n');
  return text.append(kData).append(data).append("\n\n");
}

std::string WriteServerSent(std::string_view bytes) {
  std::string_view rest = bytes;
  std::string_view name;
  if (rest.starts_with(kName)) {
    name = rest.substr(kName.size(), rest.find('\n') - kName.size());
    rest.remove_prefix(std::min(rest.size(), kName.size() + name.size() + 1));
  }
  if (rest.starts_with(kData) && rest.ends_with("\n\n")) {
    const std::string_view data = rest.substr(kData.size(), rest.size() - kData.size() - 2);
    const bool trimmed = net::TrimBlanks(data).size() == data.size();
    if (trimmed && !data.contains('\n') && IsJson(data) && ServerSent(name, data) == bytes) {
      std::string text = "{";
      if (!name.empty()) {
        text += "\"event\": ";
        json::AppendQuoted(text, name);
        text += ", ";
      }
      return text + "\"data\": " + std::string(data) + "}";
    }
  }
  std::string text = "{\"text\": ";
  json::AppendQuoted(text, bytes);
  return text + "}";
}

std::string ShortForm(std::string_view kind, std::string_view type, std::string_view member,
                      std::string_view json) {
  std::string text = "{\"" + std::string(kind) + "\": ";
  json::AppendQuoted(text, type);
  return text + ", \"" + std::string(member) + "\": " + std::string(json) + "}";
}

}  // namespace

std::string WriteEvent(std::string_view bytes) {
  if (IsServerSent(bytes)) return WriteServerSent(bytes);
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
  std::string data;
  std::string text;
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
      } else if (key == "data") {
        reader.Peek();
        data = reader.Raw();
      } else if (key == "text") {
        reader.String(text);
      } else if (key == "frame") {
        if (!AppendFromBase64(whole, reader.String())) reader.Fail("Expected base64");
      } else {
        reader.Fail("Unknown member of an event");
      }
    }
  }
  if (reader.failed()) return Fail(Fault::kValidation, reader.error());
  if (!data.empty()) return ServerSent(type, data);
  if (!text.empty()) {
    if (IsServerSent(text) && text.ends_with("\n\n")) return text;
    return Fail(Fault::kValidation, "A text that is no server-sent event");
  }
  if (!whole.empty()) {
    const auto size = event_stream::FrameBytes(whole);
    if (size && *size == whole.size()) return whole;
    return Fail(Fault::kValidation, "A frame that is none");
  }
  if (type.empty() || payload.empty()) {
    return Fail(Fault::kValidation, "Expected an event or exception, with payload, bytes or data");
  }
  return FrameOf(exception, type, payload);
}

bool IsEvent(std::string_view bytes) {
  if (IsServerSent(bytes)) {
    return !bytes.starts_with("event: error\n") && !bytes.starts_with(R"(data: {"error":)");
  }
  event_stream::FrameDecoder decoder;
  decoder.Push(bytes);
  event_stream::Frame frame;
  return decoder.Next(frame).value_or(false) && frame.Text(":message-type") == "event";
}

}  // namespace bedplate::gateway
