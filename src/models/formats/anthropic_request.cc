#include "models/formats/anthropic_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "models/formats/anthropic_content.h"
#include "models/formats/anthropic_sources.h"
#include "models/formats/cache_marks.h"
#include "models/formats/members.h"
#include "models/formats/message_list.h"
#include "models/formats/turn_builder.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kVersion = "bedrock-2023-05-31";
// Without sampling. spec: https://platform.claude.com/docs/en/api/versioning
constexpr std::string_view kVersionOf2026 = "2026-10-21";
constexpr int kTopKMax = 500;
constexpr int kThinkingTokensMin = 1'024;
constexpr size_t kToolNameCharactersMax = 128;

std::string Quoted(std::string_view text) {
  std::string json;
  json::AppendQuoted(json, text);
  return json;
}

// The version that the body is of. The API's own is a header; on Bedrock it is a member.
std::string_view ReadVersion(Members& body, const NativeCall& call) {
  if (call.api == NativeApi::kFacade && !body.Has("anthropic_version")) return call.api_version;
  const std::string* version = body.NeedText("anthropic_version");
  if (version == nullptr) return kVersion;
  if (*version == kVersionOf2026) return kVersionOf2026;
  if (*version != kVersion) body.NotInEnum("anthropic_version", *version);
  return kVersion;
}

void ReadMessages(Members& body, ChatRequest& request) {
  if (const json::Value* system = body.Any("system")) {
    AddSystem(ReadAnthropicSystem(*system, body.malformed()), request.turns);
  }
  ReadMessageList(body, request.turns, ReadAnthropicMessage);
}

bool IsToolName(std::string_view name) {
  return !name.empty() && name.size() <= kToolNameCharactersMax &&
         std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  c == '_' || c == '-';
         });
}

void ReadTool(Members& tool, ChatRequest& request) {
  const std::string* type = tool.Text("type");
  // Others are Anthropic's own ("bash_20241022"): their schemas are in Claude alone.
  if (type != nullptr && *type != "custom") return tool.NotInEnum("type", *type);
  ChatTool read;
  if (const std::string* name = tool.NeedText("name")) {
    read.name = *name;
    if (!IsToolName(*name)) {
      tool.malformed().Add(
          tool.PointerOf("name"),
          fmt::format("string [{}] does not match pattern ^[a-zA-Z0-9_-]{{1,128}}$", *name));
    }
  }
  if (const std::string* description = tool.Text("description")) read.description = *description;
  if (const json::Value* schema = tool.NeedObject("input_schema")) read.schema = schema->ToJson();
  read.strict = tool.Boolean("strict").value_or(false);
  read.cache_point = TakeCacheControl(tool);
  tool.Finish();
  request.tools.push_back(std::move(read));
}

void ReadToolChoice(Members& body, ChatRequest& request) {
  const json::Value* object = body.Object("tool_choice");
  if (object == nullptr) return;
  using enum ChatToolChoice::Kind;
  Members choice(*object, "/tool_choice", body.malformed());
  const std::string* type = choice.NeedText("type");
  if (type == nullptr) return;
  if (*type == "auto") {
    request.tool_choice.kind = kAuto;
  } else if (*type == "any") {
    request.tool_choice.kind = kAny;
  } else if (*type == "none") {
    request.tool_choice.kind = kNone;
  } else if (*type == "tool") {
    request.tool_choice.kind = kNamed;
    if (const std::string* name = choice.NeedText("name")) {
      request.tool_choice.name = *name;
      if (std::ranges::find(request.tools, *name, &ChatTool::name) == request.tools.end()) {
        choice.NotInEnum("name", *name);
      }
    }
  } else {
    return choice.NotInEnum("type", *type);
  }
  if (request.tools.empty()) body.malformed().MissingKey("", "tools");
  if (choice.Boolean("disable_parallel_tool_use").value_or(false)) {
    request.extra_members.emplace_back("parallel_tool_calls", "false");
  }
  choice.Finish();
}

void ReadTools(Members& body, ChatRequest& request) {
  if (const json::Value::Array* tools = body.Array("tools")) {
    for (size_t i = 0; i < tools->size(); ++i) {
      Members tool((*tools)[i], fmt::format("/tools/{}", i), body.malformed());
      ReadTool(tool, request);
    }
  }
  ReadToolChoice(body, request);
}

// Whether thoughts are to have their text.
bool ReadDisplay(Members& thinking) {
  const std::string* display = thinking.Text("display");
  if (display != nullptr && *display != "summarized" && *display != "omitted") {
    thinking.NotInEnum("display", *display);
  }
  return display == nullptr || *display != "omitted";
}

// A server of OpenAI's protocol gets the object as it stands: it has no word against thinking.
void SetWords(const json::Value& object, const NativeCall& call, ChatThinking& thinking) {
  using enum ChatThinking::Words;
  if (call.early_usage) {  // bedplate-engine alone can do that
    thinking.words = kEngine;
  } else if (thinking.on || call.takes_sources) {  // likewise a server of Anthropic's protocol
    thinking.words = kAnthropic;
    thinking.object = object.ToJson();
  }
}

void ReadThinking(Members& body, const NativeCall& call, ChatRequest& request) {
  const json::Value* object = body.Object("thinking");
  if (object == nullptr) return;
  Members thinking(*object, "/thinking", body.malformed());
  const std::string* type = thinking.NeedText("type");
  if (type == nullptr) return;
  if (*type == "enabled") {
    const auto budget =
        thinking.NeedInteger("budget_tokens", kThinkingTokensMin, std::numeric_limits<int>::max());
    if (budget && request.tokens_max && *budget >= *request.tokens_max) {
      body.malformed().Add(
          "/thinking/budget_tokens",
          fmt::format("{} is not less than max_tokens, {}", *budget, *request.tokens_max));
    }
  } else if (*type != "disabled" && *type != "adaptive") {
    return thinking.NotInEnum("type", *type);
  }
  ChatThinking read{.on = *type != "disabled"};
  if (read.on) read.shown = ReadDisplay(thinking);
  thinking.Finish();
  SetWords(*object, call, read);
  request.thinking = std::move(read);
}

void ReadOutputFormat(Members& holder, std::string_view key, ChatRequest& request) {
  const json::Value* object = holder.Object(key);
  if (object == nullptr) return;
  Members format(*object, holder.PointerOf(key), holder.malformed());
  const std::string* type = format.NeedText("type");
  if (type != nullptr && *type != "json_schema") return format.NotInEnum("type", *type);
  if (const json::Value* schema = format.NeedObject("schema")) {
    request.output_schema = {.schema = schema->ToJson()};
  }
  format.Finish();
}

void ReadOutputConfig(Members& body, ChatRequest& request) {
  ReadOutputFormat(body, "output_format", request);  // its name while it was a beta
  const json::Value* object = body.Object("output_config");
  if (object == nullptr) return;
  Members config(*object, "/output_config", body.malformed());
  ReadOutputFormat(config, "format", request);
  if (const std::string* effort = config.Text("effort")) {
    request.extra_members.emplace_back("reasoning_effort", Quoted(*effort));
  }
  config.Finish();
}

void ReadSampling(Members& body, ChatRequest& request) {
  request.temperature = body.Number("temperature", 0, 1);
  request.top_p = body.Number("top_p", 0, 1);
  if (const auto top_k = body.Integer("top_k", 0, kTopKMax)) {
    request.extra_members.emplace_back("top_k", fmt::to_string(*top_k));
  }
  request.stop_sequences = body.Texts("stop_sequences");
}

void ReadMetadata(Members& body, ChatRequest& request) {
  const json::Value* object = body.Object("metadata");
  if (object == nullptr) return;
  Members metadata(*object, "/metadata", body.malformed());
  if (const std::string* user = metadata.Text("user_id")) {
    request.extra_members.emplace_back("user", Quoted(*user));
  }
  metadata.Finish();
}

// Members that InvokeModel's body does not have.
void TakeFacadeMembers(Members& body, ChatRequest& request, std::optional<CacheTtl>& cache_point) {
  // Who finds the model has read both.
  body.NeedText("model");
  body.Boolean("stream");
  cache_point = TakeCacheControl(body);
  const std::string* tier = body.Text("service_tier");
  if (tier == nullptr) return;
  if (*tier != "auto" && *tier != "standard_only") return body.NotInEnum("service_tier", *tier);
  // "auto" is what is so without it.
  if (*tier == "standard_only") request.service_tier = "default";
}

void RefuseRedacted(const ChatRequest& request, MalformedInput& malformed) {
  for (const ChatTurn& turn : request.turns) {
    for (const ChatReasoning& block : turn.reasoning) {
      if (block.redacted.empty()) continue;
      malformed.Add("/messages", "redacted_thinking is not supported by this model");
      return;
    }
  }
}

const std::string* TextIn(const json::Value& block, std::string_view type, std::string_view key) {
  const json::Value* said = block.Find("type");
  if (said == nullptr || said->AsString() == nullptr || *said->AsString() != type) return nullptr;
  const json::Value* text = block.Find(key);
  return text == nullptr ? nullptr : text->AsString();
}

constexpr CallIds kCallIds{
    .of_call = [](const json::Value& block) { return TextIn(block, "tool_use", "id"); },
    .of_result =
        [](const json::Value& block) { return TextIn(block, "tool_result", "tool_use_id"); }};

// In the words of Anthropic's server.
Result<void> CheckCalls(const json::Value::Array& messages) {
  const auto unmatched = FindUnmatchedCall(messages, kCallIds);
  if (!unmatched) return {};
  if (unmatched->kind == UnmatchedCall::Kind::kUnanswered) {
    return Fail(Fault::kValidation,
                fmt::format("messages.{}: `tool_use` ids were found without `tool_result` blocks "
                            "immediately after: {}. Each `tool_use` block must have a "
                            "corresponding `tool_result` block in the next message.",
                            unmatched->call_message, unmatched->ids));
  }
  return Fail(Fault::kValidation,
              fmt::format("messages.{}.content.{}: unexpected `tool_use_id` found in `tool_result` "
                          "blocks: {}. Each `tool_result` block must have a corresponding "
                          "`tool_use` block in the previous message.",
                          unmatched->result_message, unmatched->block, unmatched->ids));
}

// Null counts as absent: Anthropic's client libraries write so what their models leave unset. But
// in what a tool is called with, and in schemas, it is a value.
void DropNullMembers(json::Value& value) {
  if (json::Value::Object* object = value.AsObject()) {
    std::erase_if(*object, [](const auto& member) { return member.second.is_null(); });
    for (auto& [key, member] : *object) {
      if (key != "input" && key != "input_schema" && key != "schema") DropNullMembers(member);
    }
  } else if (json::Value::Array* array = value.AsArray()) {
    for (json::Value& element : *array) DropNullMembers(element);
  }
}

}  // namespace

Result<ChatRequest> ReadAnthropicRequest(std::string_view body_text, const NativeCall& call) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  DropNullMembers(*root);
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string_view version = ReadVersion(body, call);
  std::optional<CacheTtl> cache_point;  // of the body itself: behind its last block
  if (call.api == NativeApi::kFacade) TakeFacadeMembers(body, request, cache_point);
  body.Texts("anthropic_beta");
  const bool countable = call.api == NativeApi::kFacade && call.use == NativeUse::kCountTokens;
  constexpr int kTokensMax = std::numeric_limits<int>::max();
  request.tokens_max = countable ? body.Integer("max_tokens", 1, kTokensMax)
                                 : body.NeedInteger("max_tokens", 1, kTokensMax);
  ReadMessages(body, request);
  if (cache_point && !request.turns.empty()) {
    TurnBuilder(request.turns, ChatRole::kUser).AddCachePoint(*cache_point);
  }
  if (version == kVersionOf2026) {
    request.stop_sequences = body.Texts("stop_sequences");  // the others are extraneous keys
  } else {
    ReadSampling(body, request);
  }
  ReadTools(body, request);
  ReadThinking(body, call, request);
  ReadOutputConfig(body, request);
  ReadMetadata(body, request);
  CheckCachePoints(request, "cache_control", malformed);
  if (!call.takes_redacted) RefuseRedacted(request, malformed);
  CheckAnthropicSources(request, call, malformed);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  if (auto ok = CheckCalls(*root->Find("messages")->AsArray()); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  return request;
}

}  // namespace bedplate::models
