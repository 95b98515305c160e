#include "models/formats/nova_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "models/formats/cache_marks.h"
#include "models/formats/members.h"
#include "models/formats/message_list.h"
#include "models/formats/nova_content.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kSchemaVersion = "messages-v1";
constexpr int kTopKMax = 128;
constexpr std::array<std::string_view, 3> kEfforts = {"low", "medium", "high"};

void ReadMessages(Members& body, ChatRequest& request) {
  if (const json::Value::Array* system = body.Array("system")) {
    AddSystem(ReadNovaSystem(*system, body.malformed()), request.turns);
  }
  ReadMessageList(body, request.turns, ReadNovaMessage);
}

// How much to think is Nova's effort, so of Anthropic's words the one that says no number.
void SetThinking(bool on, const NativeCall& call, ChatRequest& request) {
  using enum ChatThinking::Words;
  ChatThinking& thinking = request.thinking.emplace(ChatThinking{.on = on});
  if (call.early_usage) {  // bedplate-engine alone can do that
    thinking.words = kEngine;
  } else if (call.takes_sources) {  // likewise a server of Anthropic's protocol
    thinking.words = kAnthropic;
    thinking.object = on ? R"({"type":"adaptive"})" : R"({"type":"disabled"})";
  }
}

void ReadReasoningConfig(Members& holder, const NativeCall& call, ChatRequest& request) {
  const json::Value* object = holder.Object("reasoningConfig");
  if (object == nullptr) return;
  Members config(*object, holder.PointerOf("reasoningConfig"), holder.malformed());
  const std::string* type = config.NeedText("type");
  if (type != nullptr && *type != "enabled" && *type != "disabled") {
    config.NotInEnum("type", *type);
  }
  const bool on = type != nullptr && *type == "enabled";
  const std::string* effort =
      on ? config.NeedText("maxReasoningEffort") : config.Text("maxReasoningEffort");
  if (effort != nullptr && std::ranges::find(kEfforts, *effort) == kEfforts.end()) {
    config.NotInEnum("maxReasoningEffort", *effort);
  } else if (effort != nullptr && on) {
    request.extra_members.emplace_back("reasoning_effort", "\"" + *effort + "\"");
  }
  config.Finish();
  SetThinking(on, call, request);
}

// A setting that has two names: that of Nova's own schema and Converse's.
template <class Take>
auto Either(Members& members, std::string_view one, std::string_view other, Take take) {
  if (members.Has(one) && members.Has(other)) {
    members.malformed().Add(members.PointerOf(one),
                            fmt::format("only one of {} and {} can be set", one, other));
  }
  return take(members.Has(other) ? other : one);
}

void ReadInferenceConfig(Members& body, const NativeCall& call, ChatRequest& request) {
  const json::Value* object = body.Object("inferenceConfig");
  if (object == nullptr) return;
  Members config(*object, "/inferenceConfig", body.malformed());
  request.tokens_max = Either(config, "maxTokens", "max_new_tokens", [&](std::string_view key) {
    return config.Integer(key, 1, std::numeric_limits<int>::max());
  });
  request.temperature = config.Number("temperature", 0, 1);
  request.top_p = Either(config, "topP", "top_p",
                         [&](std::string_view key) { return config.Number(key, 0, 1); });
  const auto top_k = Either(config, "topK", "top_k",
                            [&](std::string_view key) { return config.Integer(key, 0, kTopKMax); });
  if (top_k) request.extra_members.emplace_back("top_k", fmt::to_string(*top_k));
  request.stop_sequences = config.Texts("stopSequences");
  ReadReasoningConfig(config, call, request);
  config.Finish();
}

void ReadTool(Members& tool, ChatRequest& request) {
  if (tool.Has("cachePoint")) {
    const auto ttl = TakeCachePoint(tool);
    if (ttl && request.tools.empty()) {
      tool.malformed().Add(tool.PointerOf("cachePoint"), "there is no tool before it");
    } else if (ttl) {
      request.tools.back().cache_point = ttl;
    }
    return tool.Finish();
  }
  const json::Value* object = tool.NeedObject("toolSpec");
  tool.Finish();
  if (object == nullptr) return;
  Members spec(*object, tool.PointerOf("toolSpec"), tool.malformed());
  ChatTool read;
  if (const std::string* name = spec.NeedText("name")) {
    read.name = *name;
    if (name->empty()) {
      spec.malformed().Add(spec.PointerOf("name"), "expected minLength: 1, actual: 0");
    }
  }
  if (const std::string* description = spec.Text("description")) read.description = *description;
  if (const json::Value* schema = spec.NeedObject("inputSchema")) {
    Members input(*schema, spec.PointerOf("inputSchema"), spec.malformed());
    if (const json::Value* json = input.NeedObject("json")) read.schema = json->ToJson();
    input.Finish();
  }
  read.strict = spec.Boolean("strict").value_or(false);
  spec.Finish();
  request.tools.push_back(std::move(read));
}

void ReadToolChoice(Members& config, ChatRequest& request) {
  const json::Value* object = config.Object("toolChoice");
  if (object == nullptr) return;
  using enum ChatToolChoice::Kind;
  Members choice(*object, config.PointerOf("toolChoice"), config.malformed());
  if (choice.Object("auto") != nullptr) {
    request.tool_choice.kind = kAuto;
  } else if (choice.Object("any") != nullptr) {
    request.tool_choice.kind = kAny;
  } else if (const json::Value* named = choice.NeedObject("tool")) {
    request.tool_choice.kind = kNamed;
    Members tool(*named, choice.PointerOf("tool"), config.malformed());
    if (const std::string* name = tool.NeedText("name")) {
      request.tool_choice.name = *name;
      if (std::ranges::find(request.tools, *name, &ChatTool::name) == request.tools.end()) {
        tool.NotInEnum("name", *name);
      }
    }
    tool.Finish();
  }
  choice.Finish();
}

void ReadToolConfig(Members& body, ChatRequest& request) {
  const json::Value* object = body.Object("toolConfig");
  if (object == nullptr) return;
  Members config(*object, "/toolConfig", body.malformed());
  if (const json::Value::Array* tools = config.NeedArray("tools")) {
    if (tools->empty()) {
      body.malformed().Add("/toolConfig/tools", "expected minimum item count: 1, found: 0");
    }
    for (size_t i = 0; i < tools->size(); ++i) {
      Members tool((*tools)[i], fmt::format("/toolConfig/tools/{}", i), body.malformed());
      ReadTool(tool, request);
    }
  }
  ReadToolChoice(config, request);
  config.Finish();
}

const std::string* IdIn(const json::Value& block, std::string_view kind) {
  const json::Value* holder = block.Find(kind);
  const json::Value* id = holder == nullptr ? nullptr : holder->Find("toolUseId");
  return id == nullptr ? nullptr : id->AsString();
}

constexpr CallIds kCallIds{
    .of_call = [](const json::Value& block) { return IdIn(block, "toolUse"); },
    .of_result = [](const json::Value& block) { return IdIn(block, "toolResult"); }};

// In Converse's words.
Result<void> CheckConversation(const json::Value::Array& messages) {
  const std::string& first = *messages[0].Find("role")->AsString();
  if (first != "user") {
    return Fail(Fault::kValidation,
                fmt::format("A conversation must start with a user message, but messages.0.role is "
                            "{}. Try again with a conversation that starts with a user message.",
                            first));
  }
  const auto unmatched = FindUnmatchedCall(messages, kCallIds);
  if (!unmatched) return {};
  if (unmatched->kind == UnmatchedCall::Kind::kUnanswered) {
    return Fail(
        Fault::kValidation,
        fmt::format("Expected toolResult blocks at messages.{}.content for the following Ids: {}",
                    unmatched->result_message, unmatched->ids));
  }
  return Fail(Fault::kValidation,
              fmt::format("The number of toolResult blocks at messages.{}.content exceeds the "
                          "number of toolUse blocks of previous turn: {} answers none.",
                          unmatched->result_message, unmatched->ids));
}

}  // namespace

Result<ChatRequest> ReadNovaRequest(std::string_view body_text, const NativeCall& call) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* version = body.Text("schemaVersion");
  if (version != nullptr && *version != kSchemaVersion) body.NotInEnum("schemaVersion", *version);
  ReadMessages(body, request);
  ReadInferenceConfig(body, call, request);
  ReadReasoningConfig(body, call, request);
  ReadToolConfig(body, request);
  CheckCachePoints(request, "cachePoint", malformed);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  if (auto ok = CheckConversation(*root->Find("messages")->AsArray()); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  return request;
}

}  // namespace bedplate::models
