#include "models/protocol/messages_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/json/reader.h"
#include "base/json/value.h"
#include "base/json/writer.h"
#include "models/cache_points.h"
#include "models/citations/citation_json.h"
#include "models/protocol/chat_turns.h"

namespace bedplate::models {
namespace {

using json::Value;
using json::Writer;

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

void WritePoint(Writer& writer, std::optional<CacheTtl> point) {
  if (point) WriteCacheControl(writer, *point);
}

void WriteText(Writer& writer, std::string_view text, std::optional<CacheTtl> point) {
  writer.BeginObject();
  writer.Key("type");
  writer.String("text");
  writer.Key("text");
  writer.String(text);
  WritePoint(writer, point);
  writer.EndObject();
}

void WriteMarkedText(Writer& writer, const ChatTurn& turn) {
  for (const MarkedText& piece : CutAtCachePoints(turn.text, turn)) {
    WriteText(writer, piece.text, piece.point);
  }
}

void WriteImage(Writer& writer, const ChatImage& image, std::optional<CacheTtl> point) {
  // Nothing in base64 needs an escape.
  std::string data = "\"";
  AppendBase64(data, image.bytes);
  data += '"';
  writer.BeginObject();
  writer.Key("type");
  writer.String("image");
  writer.Key("source");
  writer.BeginObject();
  writer.Key("type");
  writer.String("base64");
  writer.Key("media_type");
  writer.String(image.media_type);
  writer.Key("data");
  writer.Raw(data);
  writer.EndObject();
  WritePoint(writer, point);
  writer.EndObject();
}

void WriteSource(Writer& writer, const ChatSource& source, std::optional<CacheTtl> point) {
  writer.BeginObject();
  WriteSourceMembers(writer, source);
  WritePoint(writer, point);
  writer.EndObject();
}

void WriteCitedText(Writer& writer, const ChatCitedText& cited, std::optional<CacheTtl> point) {
  writer.BeginObject();
  writer.Key("type");
  writer.String("text");
  writer.Key("text");
  writer.String(cited.text);
  writer.Key("citations");
  WriteCitations(writer, cited.citations);
  WritePoint(writer, point);
  writer.EndObject();
}

void WriteParts(Writer& writer, const ChatTurn& turn) {
  for (size_t i = 0; i < turn.parts.size(); ++i) {
    const auto point = std::ranges::find(turn.cache_points, i + 1, &ChatCachePoint::at);
    const auto ttl = point == turn.cache_points.end() ? std::nullopt : std::optional(point->ttl);
    if (const auto* image = std::get_if<ChatImage>(&turn.parts[i])) {
      WriteImage(writer, *image, ttl);
    } else if (const auto* source = std::get_if<ChatSource>(&turn.parts[i])) {
      WriteSource(writer, *source, ttl);
    } else if (const auto* cited = std::get_if<ChatCitedText>(&turn.parts[i])) {
      WriteCitedText(writer, *cited, ttl);
    } else {
      WriteText(writer, std::get<std::string>(turn.parts[i]), ttl);
    }
  }
}

// Cache points stand within a result of several blocks, else behind the whole.
void WriteResult(Writer& writer, const ChatTurn& turn) {
  writer.BeginObject();
  writer.Key("type");
  writer.String("tool_result");
  writer.Key("tool_use_id");
  writer.String(turn.tool_call_id);
  writer.Key("content");
  if (turn.parts.empty()) {
    writer.String(turn.text);
  } else {
    writer.BeginArray();
    WriteParts(writer, turn);
    writer.EndArray();
  }
  if (turn.tool_failed) {
    writer.Key("is_error");
    writer.Boolean(true);
  }
  if (turn.parts.empty() && !turn.cache_points.empty()) {
    WritePoint(writer, turn.cache_points.back().ttl);
  }
  writer.EndObject();
}

Result<void> WriteCall(Writer& writer, const ChatToolCall& call) {
  const std::string_view arguments =
      call.arguments.empty() ? "{}" : std::string_view(call.arguments);
  json::Reader reader(arguments);
  const bool object = reader.Peek() == json::Kind::kObject;
  reader.Skip();
  if (!reader.Finish() || !object) {
    return Refuse(fmt::format("The arguments of tool call {} are no JSON object.", call.id));
  }
  writer.BeginObject();
  writer.Key("type");
  writer.String("tool_use");
  writer.Key("id");
  writer.String(call.id);
  writer.Key("name");
  writer.String(call.name);
  writer.Key("input");
  writer.Raw(arguments);
  writer.EndObject();
  return {};
}

// The blocks of one turn. Anthropic refuses a text of nothing, so one is left out beside others.
Result<void> WriteBlocks(Writer& writer, const ChatTurn& turn) {
  if (turn.role == ChatRole::kTool) {
    WriteResult(writer, turn);
    return {};
  }
  for (const ChatReasoning& reasoning : turn.reasoning) WriteThinkingBlock(writer, reasoning);
  WriteParts(writer, turn);
  const bool alone = turn.parts.empty() && turn.tool_calls.empty() && turn.reasoning.empty();
  if (alone && turn.text.empty()) WriteText(writer, turn.text, std::nullopt);
  if (turn.parts.empty()) WriteMarkedText(writer, turn);
  for (const ChatToolCall& call : turn.tool_calls) {
    if (auto ok = WriteCall(writer, call); !ok) return ok;
  }
  return {};
}

std::string SystemOf(const std::vector<ChatTurn>& turns) {
  std::string system;
  for (const ChatTurn& turn : turns) {
    if (turn.role != ChatRole::kSystem) continue;
    if (!system.empty()) system += '\n';
    system += turn.text;
  }
  return system;
}

// As one text, or as blocks where there are cache points.
void WriteSystem(Writer& writer, const std::vector<ChatTurn>& turns) {
  const bool marked = std::ranges::any_of(turns, [](const ChatTurn& turn) {
    return turn.role == ChatRole::kSystem && !turn.cache_points.empty();
  });
  const std::string system = SystemOf(turns);
  if (system.empty()) return;
  writer.Key("system");
  if (!marked) {
    writer.String(system);
    return;
  }
  writer.BeginArray();
  for (const ChatTurn& turn : turns) {
    if (turn.role == ChatRole::kSystem) WriteMarkedText(writer, turn);
  }
  writer.EndArray();
}

Result<void> WriteConversation(Writer& writer, const std::vector<ChatTurn>& turns) {
  WriteSystem(writer, turns);
  writer.Key("messages");
  writer.BeginArray();
  std::string_view open;  // whose message is being written
  const auto close = [&] {
    if (open.empty()) return;
    writer.EndArray();
    writer.EndObject();
  };
  for (const ChatTurn& turn : turns) {
    if (turn.role == ChatRole::kSystem) continue;
    const std::string_view side = turn.role == ChatRole::kAssistant ? "assistant" : "user";
    if (side != open) {
      close();
      open = side;
      writer.BeginObject();
      writer.Key("role");
      writer.String(side);
      writer.Key("content");
      writer.BeginArray();
    }
    if (auto ok = WriteBlocks(writer, turn); !ok) return ok;
  }
  close();
  writer.EndArray();
  return {};
}

void WriteTools(Writer& writer, const std::vector<ChatTool>& tools) {
  if (tools.empty()) return;
  writer.Key("tools");
  writer.BeginArray();
  for (const ChatTool& tool : tools) {
    writer.BeginObject();
    writer.Key("name");
    writer.String(tool.name);
    if (!tool.description.empty()) {
      writer.Key("description");
      writer.String(tool.description);
    }
    writer.Key("input_schema");
    writer.Raw(tool.schema);
    if (tool.strict) {
      writer.Key("strict");
      writer.Boolean(true);
    }
    WritePoint(writer, tool.cache_point);
    writer.EndObject();
  }
  writer.EndArray();
}

void WriteToolChoice(Writer& writer, const ChatToolChoice& choice, bool one_call_at_most) {
  using enum ChatToolChoice::Kind;
  if (choice.kind == kUnset && !one_call_at_most) return;
  writer.Key("tool_choice");
  writer.BeginObject();
  writer.Key("type");
  switch (choice.kind) {
    case kUnset:
    case kAuto:
      writer.String("auto");
      break;
    case kAny:
      writer.String("any");
      break;
    case kNone:
      writer.String("none");
      break;
    case kNamed:
      writer.String("tool");
      writer.Key("name");
      writer.String(choice.name);
      break;
  }
  if (one_call_at_most && choice.kind != kNone) {
    writer.Key("disable_parallel_tool_use");
    writer.Boolean(true);
  }
  writer.EndObject();
}

// The members of a request that are no conversation, by their place in Anthropic's protocol.
struct Further {
  bool one_call_at_most = false;
  std::string betas{};
  std::string effort{};  // raw JSON, as the next; empty for none
  std::string user{};
  std::vector<std::pair<std::string_view, std::string_view>> as_they_are{};
};

Result<Further> SortMembers(const ChatRequest& request) {
  Further further;
  if (request.thinking && request.thinking->words == ChatThinking::Words::kAnthropic) {
    further.as_they_are.emplace_back("thinking", request.thinking->object);
  }
  for (const auto& [name, value] : request.extra_members) {
    if (name == "parallel_tool_calls") {
      further.one_call_at_most = value == "false";
    } else if (name == "reasoning_effort") {
      further.effort = value;
    } else if (name == "user") {
      further.user = value;
    } else if (name == "anthropic_beta") {
      const auto betas = Value::Parse(value);
      if (!betas || betas->AsArray() == nullptr) return Refuse("anthropic_beta is no array.");
      for (const Value& beta : *betas->AsArray()) {
        if (beta.AsString() == nullptr) return Refuse("anthropic_beta has an element of no text.");
        further.betas += (further.betas.empty() ? "" : ",") + *beta.AsString();
      }
    } else if (name != "anthropic_version") {  // a header of ours, with a value of its own
      further.as_they_are.emplace_back(name, value);
    }
  }
  const bool written = request.output_schema || !further.effort.empty();
  for (const auto& [name, value] : further.as_they_are) {
    if (!written || name != "output_config") continue;
    return Refuse(fmt::format(
        "output_config conflicts with {}: both say how the answer is to be. Send one of them.",
        further.effort.empty() ? "response_format" : "reasoning_effort"));
  }
  return further;
}

void WriteOutputConfig(Writer& writer, const ChatRequest& request, const Further& further) {
  if (!request.output_schema && further.effort.empty()) return;
  writer.Key("output_config");
  writer.BeginObject();
  if (!further.effort.empty()) {
    writer.Key("effort");
    writer.Raw(further.effort);
  }
  if (request.output_schema) {
    writer.Key("format");
    writer.BeginObject();
    writer.Key("type");
    writer.String("json_schema");
    writer.Key("schema");
    writer.Raw(request.output_schema->schema);
    writer.EndObject();
  }
  writer.EndObject();
}

void WriteSampling(Writer& writer, const ChatRequest& request) {
  writer.Key("max_tokens");
  writer.Integer(request.tokens_max.value_or(kTokensMaxUnsaid));
  if (request.temperature) {
    writer.Key("temperature");
    writer.Float(*request.temperature);
  }
  if (request.top_p) {
    writer.Key("top_p");
    writer.Float(*request.top_p);
  }
  if (!request.stop_sequences.empty()) {
    writer.Key("stop_sequences");
    writer.BeginArray();
    for (const std::string& stop : request.stop_sequences) writer.String(stop);
    writer.EndArray();
  }
}

// Anthropic's own words say only whether capacity that was paid for ahead may be used. Nothing is
// slower and cheaper there but batches. A caller who knows the words may use them.
// spec: https://docs.anthropic.com/en/api/service-tiers
Result<std::string_view> ToServiceTier(std::string_view tier) {
  if (tier == "auto" || tier == "priority") return "auto";
  if (tier == "default" || tier == "standard_only") return "standard_only";
  return Refuse(fmt::format(
      "This model doesn't support the {} service tier that you provided. Use default or priority "
      "and try again.",
      tier));
}

// What both requests have.
Result<void> WritePrompt(Writer& writer, const ChatRequest& request, std::string_view model_name,
                         const Further& further) {
  writer.Key("model");
  writer.String(model_name);
  if (auto ok = WriteConversation(writer, request.turns); !ok) return ok;
  WriteTools(writer, request.tools);
  WriteToolChoice(writer, request.tool_choice, further.one_call_at_most);
  WriteOutputConfig(writer, request, further);
  return {};
}

// Which of the members that go as they are the count takes.
bool ShapesThePrompt(std::string_view name) {
  return name == "thinking" || name == "context_management" || name == "mcp_servers";
}

}  // namespace

Result<MessagesRequest> WriteMessagesRequest(const ChatRequest& request,
                                             std::string_view model_name, bool stream) {
  auto further = SortMembers(request);
  if (!further) return std::unexpected(std::move(further.error()));
  MessagesRequest written{.betas = std::move(further->betas)};
  Writer writer(written.body);
  writer.BeginObject();
  if (auto ok = WritePrompt(writer, request, model_name, *further); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  WriteSampling(writer, request);
  if (!request.service_tier.empty()) {
    const auto tier = ToServiceTier(request.service_tier);
    if (!tier) return std::unexpected(tier.error());
    writer.Key("service_tier");
    writer.String(*tier);
  }
  if (!further->user.empty()) {
    writer.Key("metadata");
    writer.BeginObject();
    writer.Key("user_id");
    writer.Raw(further->user);
    writer.EndObject();
  }
  for (const auto& [name, value] : further->as_they_are) {
    writer.Key(name);
    writer.Raw(value);
  }
  writer.Key("stream");
  writer.Boolean(stream);
  writer.EndObject();
  return written;
}

Result<MessagesRequest> WriteMessagesCount(const ChatRequest& request,
                                           std::string_view model_name) {
  auto further = SortMembers(request);
  if (!further) return std::unexpected(std::move(further.error()));
  MessagesRequest written{.betas = std::move(further->betas)};
  Writer writer(written.body);
  writer.BeginObject();
  if (auto ok = WritePrompt(writer, request, model_name, *further); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  for (const auto& [name, value] : further->as_they_are) {
    if (!ShapesThePrompt(name)) continue;
    writer.Key(name);
    writer.Raw(value);
  }
  writer.EndObject();
  return written;
}

}  // namespace bedplate::models
