// Anthropic's Text Completions API as Bedrock had it for Claude 2 and Claude Instant.
// spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-text-completion.html
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/completion.h"
#include "models/formats/families.h"
#include "models/formats/members.h"
#include "models/formats/prompt_turns.h"

namespace bedplate::models {
namespace {

constexpr PromptTemplate kTemplate{.user = "\n\nHuman:", .assistant = "\n\nAssistant:"};
constexpr std::string_view kVersion = "bedrock-2023-05-31";
constexpr int kTopKMax = 500;

// A natural end is a stop sequence built into the model, which has no text.
std::optional<std::string_view> CompletionReason(const ChatFinish& finish) {
  switch (finish.reason) {
    case FinishReason::kLength:
      return "max_tokens";
    case FinishReason::kContentFilter:
      return "refusal";
    case FinishReason::kMalformedToolCall:
      return std::nullopt;
    case FinishReason::kStop:
    case FinishReason::kStopSequence:
    case FinishReason::kToolCalls:
      break;
  }
  return "stop_sequence";
}

// `finish` is null while the answer goes on.
void WriteMembers(json::Writer& writer, std::string_view completion, std::string_view reason,
                  const ChatFinish* finish) {
  writer.Key("type");
  writer.String("completion");
  writer.Key("completion");
  writer.String(completion);
  writer.Key("stop_reason");
  finish != nullptr ? writer.String(reason) : writer.Null();
  writer.Key("stop");
  const bool named = finish != nullptr && finish->reason == FinishReason::kStopSequence;
  named ? writer.String(finish->stop_sequence) : writer.Null();
}

struct ClaudeText : PlainText {
  static std::optional<std::string_view> StopReason(const ChatFinish& finish) {
    return CompletionReason(finish);
  }
  static void WriteAnswer(json::Writer& writer, const ChatAnswer& answer, std::string_view reason) {
    WriteMembers(writer, answer.text, reason, &answer.finish);
  }
  static void WriteChunk(json::Writer& writer, std::string_view text, const CompletionEnd* end,
                         const std::optional<ChatUsage>&) {
    WriteMembers(writer, text, end != nullptr ? end->reason : "",
                 end != nullptr ? &end->finish : nullptr);
  }
};

Error WrongPrompt() {
  return Error{.fault = Fault::kValidation,
               .message =
                   "Invalid prompt: prompt must start with \"\n\nHuman:\" turn after an "
                   "optional system prompt, turns must alternate, prompt must end with "
                   "\"\n\nAssistant:\" turn"};
}

}  // namespace

Result<NativeChatPtr> ReadAnthropicText(std::string_view body_text, const NativeCall&) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* prompt = body.NeedText("prompt");
  request.tokens_max = body.NeedInteger("max_tokens_to_sample", 1, std::numeric_limits<int>::max());
  request.temperature = body.Number("temperature", 0, 1);
  request.top_p = body.Number("top_p", 0, 1);
  if (const auto top_k = body.Integer("top_k", 0, kTopKMax)) {
    request.extra_members.emplace_back("top_k", fmt::to_string(*top_k));
  }
  request.stop_sequences = body.Texts("stop_sequences");
  const std::string* version = body.Text("anthropic_version");
  if (version != nullptr && *version != kVersion) body.NotInEnum("anthropic_version", *version);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  auto turns = SplitTurns(*prompt, kTemplate);
  if (!turns) return std::unexpected(WrongPrompt());
  request.turns = std::move(*turns);
  // Built into those models.
  request.stop_sequences.emplace_back(kTemplate.user);
  return std::make_unique<Completion<ClaudeText>>(std::move(request));
}

}  // namespace bedplate::models
