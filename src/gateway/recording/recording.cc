#include "gateway/recording/recording.h"

#include <fmt/format.h>

#include <optional>

#include "base/base64.h"
#include "base/json/reader.h"
#include "base/json/writer.h"
#include "gateway/recording/recorded_event.h"
#include "wire/event_stream.h"

namespace bedplate::gateway {
namespace {

using json::Reader;

constexpr int64_t kVersion = 1;
constexpr std::string_view kVersionKey = "bedplate_recording";

std::string Quoted(std::string_view text) {
  std::string quoted;
  json::AppendQuoted(quoted, text);
  return quoted;
}

std::string Base64Text(std::string_view bytes) {
  std::string text = "\"";
  AppendBase64(text, bytes);
  return text + '"';
}

// Values on lines of their own, so that a comparison of two versions shows what changed.
void AppendPretty(std::string& out, const json::Value& value, size_t depth) {
  const auto line = [&](size_t level) { out.append("\n").append(level * 2, ' '); };
  bool first = true;
  const auto separate = [&] {
    if (!std::exchange(first, false)) out += ',';
    line(depth + 1);
  };
  if (const auto* object = value.AsObject(); object != nullptr && !object->empty()) {
    out += '{';
    for (const auto& [name, member] : *object) {
      separate();
      out += Quoted(name) + ": ";
      AppendPretty(out, member, depth + 1);
    }
    line(depth);
    out += '}';
  } else if (const auto* array = value.AsArray(); array != nullptr && !array->empty()) {
    out += '[';
    for (const json::Value& element : *array) {
      separate();
      AppendPretty(out, element, depth + 1);
    }
    line(depth);
    out += ']';
  } else {
    out += value.ToJson();
  }
}

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string HeadersText(const Headers& headers) {
  std::string text = "{";
  for (const auto& [name, value] : headers) {
    text += (text.size() > 1 ? ", " : "") + Quoted(name) + ": " + Quoted(value);
  }
  return text + "}";
}

std::string RequestText(const RecordedRequest& request) {
  std::string text = "{\n";
  if (!request.headers.empty()) text += "    \"headers\": " + HeadersText(request.headers) + ",\n";
  if (request.body) {
    text += "    \"body\": ";
    AppendPretty(text, *request.body, 2);
  } else {
    text += "    \"body_base64\": " + Base64Text(request.bytes);
  }
  return text + "\n  }";
}

bool IsJson(std::string_view text) {
  Reader reader(text);
  reader.Skip();
  return reader.Finish();
}

std::string AnswerText(const RecordedAnswer& answer) {
  std::string text = fmt::format("    {{\n      \"status\": {},\n      \"headers\": {}",
                                 answer.status, HeadersText(answer.headers));
  if (answer.streamed) {
    text += ",\n      \"events\": [";
    for (size_t i = 0; i < answer.frames.size(); ++i) {
      text += (i == 0 ? "\n        " : ",\n        ") + WriteEvent(answer.frames[i]);
    }
    text += answer.frames.empty() ? "]" : "\n      ]";
  } else if (IsJson(answer.body)) {
    text += ",\n      \"body\": " + answer.body;
  } else {
    text += ",\n      \"body_base64\": " + Base64Text(answer.body);
  }
  return text + "\n    }";
}

void ReadBytes(Reader& reader, std::string& bytes) {
  if (!AppendFromBase64(bytes, reader.String())) reader.Fail("Expected base64");
}

void ReadHeaders(Reader& reader, Headers& headers) {
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    auto& [name, value] = headers.emplace_back(key, "");
    reader.String(value);
  }
}

void ReadInteger(Reader& reader, int64_t& value) {
  const std::string_view number = reader.Number();
  if (!reader.failed() && !json::ToInt64(number, value)) reader.Fail("Expected an integer");
}

void ReadRequest(Reader& reader, RecordedRequest& request) {
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "headers") {
      ReadHeaders(reader, request.headers);
    } else if (key == "body") {
      request.body = Canonical(json::Value::Read(reader));
    } else if (key == "body_base64") {
      ReadBytes(reader, request.bytes);
    } else {
      reader.Fail("Unknown member of a request");
    }
  }
}

void ReadEvents(Reader& reader, std::vector<std::string>& frames) {
  if (!reader.BeginArray()) return;
  while (reader.NextElement()) {
    if (auto frame = ReadEvent(reader)) {
      frames.push_back(std::move(*frame));
    } else if (!reader.failed()) {
      reader.Fail(frame.error().message);
    }
  }
}

void ReadAnswer(Reader& reader, RecordedAnswer& answer) {
  int64_t status = 0;
  bool any_content = false;
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    any_content |= key == "events" || key.starts_with("body");
    if (key == "status") {
      ReadInteger(reader, status);
    } else if (key == "headers") {
      ReadHeaders(reader, answer.headers);
    } else if (key == "body") {
      reader.Peek();  // skips white space
      answer.body = reader.Raw();
    } else if (key == "body_base64") {
      ReadBytes(reader, answer.body);
    } else if (key == "events") {
      answer.streamed = true;
      ReadEvents(reader, answer.frames);
    } else {
      reader.Fail("Unknown member of an answer");
    }
  }
  if (status < 200 || status > 599) reader.Fail("Expected a status from 200 to 599");
  if (!any_content) reader.Fail("Expected body, body_base64 or events");
  answer.status = static_cast<int>(status);
}

// What is missing of a file that could be read; empty for nothing.
std::string Missing(const Recording& recording, int64_t version) {
  if (version < 0) return fmt::format("it has no member {}", kVersionKey);
  if (version != kVersion) {
    return fmt::format("it is of version {}, and this program reads {}", version, kVersion);
  }
  if (recording.request.operation.empty()) return "it names no operation";
  if (!recording.request.HasSubject()) return "it names no model_id";
  if (recording.answers.empty()) return "it has no answers";
  return {};
}

}  // namespace

std::string WriteRecording(const Recording& recording) {
  const RecordedRequest& request = recording.request;
  const bool of_response = !request.response_id.empty();
  std::string text = fmt::format(
      "{{\n  \"{}\": {},\n  \"operation\": {},\n  \"{}\": {},\n  \"request\": {},\n"
      "  \"answers\": [",
      kVersionKey, kVersion, Quoted(request.operation), of_response ? "response_id" : "model_id",
      Quoted(of_response ? request.response_id : request.model_id), RequestText(request));
  for (size_t i = 0; i < recording.answers.size(); ++i) {
    text += (i == 0 ? "\n" : ",\n") + AnswerText(recording.answers[i]);
  }
  return text + "\n  ]\n}\n";
}

Result<Recording> ReadRecording(std::string_view text) {
  Recording recording;
  int64_t version = -1;
  Reader reader(text);
  std::string_view key;
  if (reader.BeginObject()) {
    while (reader.NextKey(key)) {
      if (key == kVersionKey) {
        ReadInteger(reader, version);
      } else if (key == "operation") {
        reader.String(recording.request.operation);
      } else if (key == "model_id") {
        reader.String(recording.request.model_id);
      } else if (key == "response_id") {
        reader.String(recording.request.response_id);
      } else if (key == "request") {
        ReadRequest(reader, recording.request);
      } else if (key == "answers" && reader.BeginArray()) {
        while (reader.NextElement()) ReadAnswer(reader, recording.answers.emplace_back());
      } else {
        reader.Skip();  // of a later version, or of other JSON
      }
    }
  }
  if (!reader.Finish()) return Fail(Fault::kValidation, reader.error());
  if (std::string missing = Missing(recording, version); !missing.empty()) {
    return Fail(Fault::kValidation, std::move(missing));
  }
  return recording;
}

Result<std::vector<std::string>> CutIntoFrames(std::string_view media_type,
                                               std::string_view bytes) {
  std::vector<std::string> frames;
  if (media_type == "text/event-stream") {
    constexpr std::string_view kEnd = "\n\n";
    while (!bytes.empty()) {
      const size_t end = bytes.find(kEnd);
      if (end == std::string_view::npos) {
        return Fail(Fault::kValidation, "The stream ends within an event");
      }
      frames.emplace_back(bytes.substr(0, end + kEnd.size()));
      bytes.remove_prefix(end + kEnd.size());
    }
    return frames;
  }
  while (!bytes.empty()) {
    const auto size = wire::event_stream::FrameBytes(bytes);
    if (!size) return std::unexpected(size.error());
    if (!*size) return Fail(Fault::kValidation, "The stream ends within a frame");
    frames.emplace_back(bytes.substr(0, **size));
    bytes.remove_prefix(**size);
  }
  return frames;
}

}  // namespace bedplate::gateway
