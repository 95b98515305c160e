#include "models/protocol/chat_request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/json/value.h"
#include "models/cache_points.h"
#include "models/citations/citation_json.h"
#include "models/protocol/chat_turns.h"

namespace bedplate::models {
namespace {

using json::Value;

std::unexpected<Error> Refuse(std::string_view place, std::string_view what) {
  return Fail(Fault::kValidation,
              fmt::format("The server that this model is bound to can't be asked this: {} {}.",
                          place, what));
}

// Empty when it is not there or null; `text` keeps its value then.
Result<void> ReadText(const Value& object, std::string_view key, std::string_view place,
                      std::string& text) {
  const Value* value = object.Find(key);
  if (value == nullptr || value->is_null()) return {};
  if (value->AsString() == nullptr) return Refuse(fmt::format("{}/{}", place, key), "is no string");
  text = *value->AsString();
  return {};
}

std::string TextOr(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr || value->AsString() == nullptr ? std::string() : *value->AsString();
}

// "data:image/png;base64,AAAA".
Result<ChatImage> ReadImage(const Value& part, const std::string& place) {
  const Value* holder = part.Find("image_url");
  const std::string url = holder == nullptr ? "" : TextOr(*holder, "url");
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kEncoding = ";base64,";
  const size_t comma = url.find(kEncoding);
  ChatImage image;
  if (!url.starts_with(kScheme) || comma == url.npos ||
      !AppendFromBase64(image.bytes, std::string_view(url).substr(comma + kEncoding.size()))) {
    return Refuse(place + "/image_url/url", "is no data URL with base64");
  }
  image.media_type = url.substr(kScheme.size(), comma - kScheme.size());
  return image;
}

// The cache point that a part or tool is marked with.
std::optional<CacheTtl> ReadCacheControl(const Value& holder) {
  const Value* mark = holder.Find("cache_control");
  if (mark == nullptr || !mark->is_object()) return std::nullopt;
  return TextOr(*mark, "ttl") == "1h" ? CacheTtl::kOneHour : CacheTtl::kFiveMinutes;
}

Result<ChatPart> ReadPart(const Value& part, const std::string& place) {
  const std::string type = TextOr(part, "type");
  if (type == "text" || type == "refusal") {
    ChatCitedText cited{.text = TextOr(part, type)};
    if (auto ok = ReadCitations(part.Find("citations"), cited.citations); !ok) {
      return Refuse(place + "/citations", ok.error());
    }
    if (cited.citations.empty()) return std::move(cited.text);
    return cited;
  }
  if (type == "image_url") {
    auto image = ReadImage(part, place);
    if (!image) return std::unexpected(std::move(image.error()));
    return std::move(*image);
  }
  if (type == "document" || type == "search_result") {
    auto source = ReadSource(part);
    if (!source) return Refuse(place, source.error());
    const Value* order = part.Find(kSourceOrder);
    if (order != nullptr && !order->ToInt64(source->order)) {
      return Refuse(fmt::format("{}/{}", place, kSourceOrder), "is no integer");
    }
    return std::move(*source);
  }
  return Refuse(place + "/type", fmt::format("is '{}', which it has no word for", type));
}

Result<void> ReadParts(const Value::Array& parts, const std::string& place, ChatTurn& turn) {
  for (size_t i = 0; i < parts.size(); ++i) {
    auto part = ReadPart(parts[i], fmt::format("{}/{}", place, i));
    if (!part) return std::unexpected(std::move(part.error()));
    turn.parts.push_back(std::move(*part));
    if (const auto ttl = ReadCacheControl(parts[i])) {
      turn.cache_points.push_back({.at = i + 1, .ttl = *ttl});
    }
  }
  return {};
}

Result<void> ReadContent(const Value& message, const std::string& place, ChatTurn& turn) {
  const Value* content = message.Find("content");
  if (content != nullptr && content->AsArray() != nullptr) {
    auto ok = ReadParts(*content->AsArray(), place + "/content", turn);
    // Texts alone become the turn's text, as in a turn that was never cut into parts.
    JoinTexts(turn);
    return ok;
  } else if (auto ok = ReadText(message, "content", place, turn.text); !ok) {
    return ok;
  }
  return {};
}

void ReadReasoning(const Value& message, ChatTurn& turn) {
  const Value* blocks = message.Find("thinking_blocks");
  if (blocks != nullptr && blocks->AsArray() != nullptr) {
    for (const Value& block : *blocks->AsArray()) {
      turn.reasoning.push_back({.text = TextOr(block, "thinking"),
                                .signature = TextOr(block, "signature"),
                                .redacted = TextOr(block, "data")});
    }
  } else if (std::string text = TextOr(message, "reasoning_content"); !text.empty()) {
    turn.reasoning.push_back({.text = std::move(text)});
  }
}

Result<void> ReadCalls(const Value& message, const std::string& place, ChatTurn& turn) {
  const Value* calls = message.Find("tool_calls");
  if (calls == nullptr || calls->is_null()) return {};
  if (calls->AsArray() == nullptr) return Refuse(place + "/tool_calls", "is no array");
  for (const Value& call : *calls->AsArray()) {
    const Value* function = call.Find("function");
    if (function == nullptr) return Refuse(place + "/tool_calls", "has a call of no function");
    turn.tool_calls.push_back({.id = TextOr(call, "id"),
                               .name = TextOr(*function, "name"),
                               .arguments = TextOr(*function, "arguments")});
  }
  return {};
}

// What WriteTurns put before the result of a tool that failed.
void ReadFailure(ChatTurn& turn) {
  if (!turn.parts.empty()) {
    const auto* first = std::get_if<std::string>(&turn.parts[0]);
    if (first == nullptr || *first != kToolFailed) return;
    turn.tool_failed = true;
    turn.parts.erase(turn.parts.begin());
    for (ChatCachePoint& point : turn.cache_points) point.at -= std::min<size_t>(point.at, 1);
  } else if (turn.text.starts_with(kToolFailed)) {
    turn.tool_failed = true;
    turn.text.erase(0, kToolFailed.size());
    for (ChatCachePoint& point : turn.cache_points) {
      point.at -= std::min(point.at, kToolFailed.size());
    }
  }
}

Result<ChatTurn> ReadTurn(const Value& message, const std::string& place) {
  ChatTurn turn;
  const std::string role = TextOr(message, "role");
  if (role == "system" || role == "developer") {
    turn.role = ChatRole::kSystem;
  } else if (role == "assistant") {
    turn.role = ChatRole::kAssistant;
  } else if (role == "tool") {
    turn.role = ChatRole::kTool;
  } else if (role != "user") {
    return Refuse(place + "/role", fmt::format("is '{}', which it has no word for", role));
  }
  Result<void> ok = ReadContent(message, place, turn);
  if (ok && turn.role == ChatRole::kAssistant) {
    ReadReasoning(message, turn);
    ok = ReadCalls(message, place, turn);
  } else if (ok && turn.role == ChatRole::kTool) {
    turn.tool_call_id = TextOr(message, "tool_call_id");
    ReadFailure(turn);
  }
  if (!ok) return std::unexpected(std::move(ok.error()));
  return turn;
}

Result<void> ReadTools(const Value& tools, ChatRequest& request) {
  if (tools.is_null()) return {};
  if (tools.AsArray() == nullptr) return Refuse("/tools", "is no array");
  for (size_t i = 0; i < tools.AsArray()->size(); ++i) {
    const Value& entry = (*tools.AsArray())[i];
    const Value* function = entry.Find("function");
    if (function == nullptr) return Refuse(fmt::format("/tools/{}", i), "is no function");
    ChatTool tool{.name = TextOr(*function, "name"),
                  .description = TextOr(*function, "description")};
    const Value* schema = function->Find("parameters");
    tool.schema = schema == nullptr ? R"({"type":"object","properties":{}})" : schema->ToJson();
    const Value* strict = function->Find("strict");
    tool.strict = strict != nullptr && strict->AsBoolean() != nullptr && *strict->AsBoolean();
    tool.cache_point = ReadCacheControl(entry);
    request.tools.push_back(std::move(tool));
  }
  return {};
}

Result<void> ReadToolChoice(const Value& choice, ChatRequest& request) {
  using enum ChatToolChoice::Kind;
  if (const std::string* word = choice.AsString()) {
    if (*word != "auto" && *word != "required" && *word != "none") {
      return Refuse("/tool_choice", fmt::format("is '{}', which it has no word for", *word));
    }
    request.tool_choice.kind = *word == "auto" ? kAuto : *word == "required" ? kAny : kNone;
  } else if (const Value* function = choice.Find("function")) {
    request.tool_choice = {.kind = kNamed, .name = TextOr(*function, "name")};
  } else if (!choice.is_null()) {
    return Refuse("/tool_choice", "is neither a word nor a function");
  }
  return {};
}

Result<void> ReadFormat(const Value& format, ChatRequest& request) {
  if (format.is_null() || TextOr(format, "type") == "text") return {};
  const Value* holder = format.Find("json_schema");
  const Value* schema = holder == nullptr ? nullptr : holder->Find("schema");
  if (schema == nullptr) return Refuse("/response_format", "is no JSON schema");
  request.output_schema = {.name = TextOr(*holder, "name"),
                           .description = TextOr(*holder, "description"),
                           .schema = schema->ToJson()};
  return {};
}

Result<void> ReadStops(const Value& stop, ChatRequest& request) {
  if (const std::string* one = stop.AsString()) request.stop_sequences.push_back(*one);
  if (const Value::Array* several = stop.AsArray()) {
    for (const Value& text : *several) {
      if (text.AsString() == nullptr) return Refuse("/stop", "has an element that is no string");
      request.stop_sequences.push_back(*text.AsString());
    }
  }
  return {};
}

Result<void> ReadNumber(std::string_view key, const Value& value, ChatRequest& request) {
  if (value.is_null()) return {};
  const std::string place = fmt::format("/{}", key);
  if (key == "temperature" || key == "top_p") {
    double number = 0;
    if (!value.ToDouble(number)) return Refuse(place, "is no number");
    (key == "top_p" ? request.top_p : request.temperature) = static_cast<float>(number);
    return {};
  }
  int64_t count = 0;
  if (!value.ToInt64(count) || count < 1 || count > std::numeric_limits<int>::max()) {
    return Refuse(place, fmt::format("is {}, no number of tokens", value.ToJson()));
  }
  request.tokens_max = static_cast<int>(count);
  return {};
}

// Whether a member only says what is so without it.
bool SaysNothing(std::string_view key, const Value& value) {
  if (key == "stream_options" || value.is_null()) return true;
  int64_t count = 0;
  return key == "n" && value.ToInt64(count) && count == 1;
}

Result<void> ReadMember(std::string_view key, const Value& value, ReadChat& read) {
  ChatRequest& request = read.request;
  if (key == "model") {
    if (value.AsString() != nullptr) read.model_name = *value.AsString();
  } else if (key == "stream") {
    read.stream = value.AsBoolean() != nullptr && *value.AsBoolean();
  } else if (key == "messages") {
    if (value.AsArray() == nullptr) return Refuse("/messages", "is no array");
    for (size_t i = 0; i < value.AsArray()->size(); ++i) {
      auto turn = ReadTurn((*value.AsArray())[i], fmt::format("/messages/{}", i));
      if (!turn) return std::unexpected(std::move(turn.error()));
      request.turns.push_back(std::move(*turn));
    }
  } else if (key == "tools") {
    return ReadTools(value, request);
  } else if (key == "tool_choice") {
    return ReadToolChoice(value, request);
  } else if (key == "response_format") {
    return ReadFormat(value, request);
  } else if (key == "stop") {
    return ReadStops(value, request);
  } else if (key == "service_tier") {
    if (value.is_null()) return {};
    if (value.AsString() == nullptr) return Refuse("/service_tier", "is no string");
    request.service_tier = *value.AsString();
  } else if (key == "temperature" || key == "top_p" || key == "max_tokens" ||
             key == "max_completion_tokens") {
    return ReadNumber(key, value, request);
  } else if (!SaysNothing(key, value)) {
    request.extra_members.emplace_back(key, value.ToJson());
  }
  return {};
}

}  // namespace

Result<ReadChat> ReadChatRequest(std::string_view body) {
  auto root = Value::Parse(body);
  if (!root) return std::unexpected(std::move(root.error()));
  if (!root->is_object()) return Refuse("the body", "is no object");
  ReadChat read;
  for (const auto& [key, value] : *root->AsObject()) {
    if (auto ok = ReadMember(key, value, read); !ok) return std::unexpected(std::move(ok.error()));
  }
  return read;
}

}  // namespace bedplate::models
