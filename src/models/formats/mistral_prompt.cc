// Mistral's text completion.
// spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/completion.h"
#include "models/formats/families.h"
#include "models/formats/members.h"
#include "models/formats/prompt_turns.h"
#include "models/formats/settings.h"
#include "models/formats/stop_reason.h"

namespace bedplate::models {
namespace {

constexpr int kTopKMax = 200;

struct MistralText : PlainText {
  static std::optional<std::string_view> StopReason(const ChatFinish& finish) {
    return OpenAiStopReason(finish);
  }
  static void WriteAnswer(json::Writer& writer, const ChatAnswer& answer, std::string_view reason) {
    WriteStoppedText(writer, "outputs", answer.text, reason);
  }
  static void WriteChunk(json::Writer& writer, std::string_view text, const CompletionEnd* end,
                         const std::optional<ChatUsage>&) {
    WriteStoppedText(writer, "outputs", text,
                     end == nullptr ? std::nullopt : std::optional(end->reason));
  }
};

}  // namespace

Result<NativeChatPtr> ReadMistralPrompt(std::string_view body_text, const NativeCall&) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* prompt = body.NeedNonEmptyText("prompt");
  // Without it the model's server decides: the documented default differs from model to model.
  request.tokens_max = body.Integer("max_tokens", 1, std::numeric_limits<int>::max());
  request.temperature = body.Number("temperature", 0, 1);
  request.top_p = body.Number("top_p", 0, 1);
  PassInteger(body, "top_k", 0, kTopKMax, request, "top_k");
  request.stop_sequences = body.Texts("stop");
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  request.turns = PromptTurns(*prompt, {&kInstructions, 1});
  return std::make_unique<Completion<MistralText>>(std::move(request));
}

}  // namespace bedplate::models
