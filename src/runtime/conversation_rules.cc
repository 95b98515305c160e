#include "runtime/conversation_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "models/cache_points.h"
#include "runtime/citation_rules.h"
#include "runtime/message_rules.h"
#include "runtime/outcome.h"
#include "runtime/tool_rules.h"
namespace bedplate::runtime {
namespace {

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

// The last turn may be the assistant's: the model goes on in the middle of it. A server that cannot
// do that says so itself, as Bedrock's models do.
Result<void> CheckTurns(const std::vector<Message>& messages) {
  if (messages.empty() || messages.front().role != Role::kUser) {
    return Refuse(
        "A conversation must start with a user message. Try again with a conversation that starts "
        "with a user message.");
  }
  for (size_t i = 1; i < messages.size(); ++i) {
    if (messages[i].role == messages[i - 1].role) {
      return Refuse(
          "A conversation must alternate between user and assistant roles. Make sure the "
          "conversation alternates between user and assistant roles and try again.");
    }
  }
  return {};
}

// Members that Converse writes itself or whose answers it could not hand back.
constexpr std::array<std::string_view, 12> kReservedFields = {
    "model", "messages",  "prompt",      "stream",        "stream_options",        "n",
    "tools", "functions", "tool_choice", "function_call", "max_completion_tokens", "best_of"};

bool IsTaken(std::string_view field, const Conversation& conversation) {
  const InferenceSettings& settings = conversation.settings;
  if (std::ranges::find(kReservedFields, field) != kReservedFields.end()) return true;
  if (field == "max_tokens") return settings.tokens_max.has_value();
  if (field == "temperature") return settings.temperature.has_value();
  if (field == "top_p") return settings.top_p.has_value();
  if (field == "response_format") return conversation.output_schema.has_value();
  if (field == "reasoning_effort") return !conversation.effort.empty();
  // What Anthropic's protocol calls them; WriteMessagesRequest writes these.
  if (field == "output_config") {
    return conversation.output_schema.has_value() || !conversation.effort.empty();
  }
  if (field == "stop_sequences") return !settings.stop_sequences.empty();
  if (field == "system") return !conversation.system.empty();
  if (field == "service_tier") return !conversation.service_tier.empty();
  if (field == "stop") return !settings.stop_sequences.empty();
  return false;
}

size_t CountCachePoints(const Conversation& conversation) {
  size_t count = 0;
  for (const models::ChatTool& tool : conversation.tools) count += tool.cache_point ? 1 : 0;
  for (const SystemBlock& block : conversation.system) {
    count += std::holds_alternative<CachePointBlock>(block) ? 1 : 0;
  }
  for (const Message& message : conversation.messages) {
    for (const ContentBlock& block : message.content) {
      count += std::holds_alternative<CachePointBlock>(block) ? 1 : 0;
    }
  }
  return count;
}

Result<void> CheckCachePoints(const Conversation& conversation) {
  const size_t count = CountCachePoints(conversation);
  if (count <= models::kCachePointsMax) return {};
  return Refuse(
      fmt::format("A request can have at most {} cachePoint blocks, and there are {}. Remove some "
                  "and try again.",
                  models::kCachePointsMax, count));
}

}  // namespace

bool HasCachePoints(const Conversation& conversation) { return CountCachePoints(conversation) > 0; }

Result<void> CheckConversation(const Conversation& conversation, const models::ModelFacts& model) {
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    if (conversation.messages[i].role == Role::kSystem) {
      return Refuse(
          fmt::format("This model doesn't support the system role at messages.{}.role. "
                      "Put the text into the system field and try again.",
                      i));
    }
    if (auto ok = CheckMessage(conversation.messages[i], i, model); !ok) return ok;
  }
  if (auto ok = CheckTurns(conversation.messages); !ok) return ok;
  if (auto ok = CheckTools(conversation); !ok) return ok;
  if (conversation.output_schema) {
    if (auto ok = CheckOutputSchema(*conversation.output_schema); !ok) return ok;
  }
  for (size_t i = 0; i < conversation.system.size(); ++i) {
    const auto* text = std::get_if<std::string>(&conversation.system[i]);
    if (text != nullptr && IsBlank(*text)) {
      return Refuse(
          fmt::format("The text field in the SystemContentBlock object at system.{} is "
                      "blank. Add text to the text field, and try again.",
                      i));
    }
  }
  if (auto ok = CheckCachePoints(conversation); !ok) return ok;
  if (auto ok = CheckCitations(conversation); !ok) return ok;
  const auto& settings = conversation.settings;
  if (settings.tokens_max && model.context_tokens > 0 &&
      *settings.tokens_max > model.context_tokens) {
    return Refuse(
        fmt::format("The maximum tokens you requested exceeds the model limit of {0}. "
                    "Try again with a maximum tokens value that is lower than {0}.",
                    model.context_tokens));
  }
  for (const auto& [name, value] : conversation.additional_fields) {
    if (IsTaken(name, conversation)) {
      return Refuse(fmt::format("The additional field {} conflicts with an existing field.", name));
    }
  }
  return {};
}

}  // namespace bedplate::runtime
