// DeepSeek-R1's text completion. Its text holds what the model thought, as the model writes it:
// "<think>\n...\n</think>\n\n" before the answer. A prompt may end with the first mark itself.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-deepseek.html
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/completion.h"
#include "models/formats/families.h"
#include "models/formats/members.h"
#include "models/formats/prompt_turns.h"
#include "models/formats/stop_reason.h"

namespace bedplate::models {
namespace {

// DeepSeek's own, and the one that LangChain writes.
constexpr std::array kTemplates = {
    PromptTemplate{.user = "<｜User｜>",
                   .assistant = "<｜Assistant｜>",
                   .begin = "<｜begin▁of▁sentence｜>",
                   .end = "<｜end▁of▁sentence｜>"},
    PromptTemplate{.user = "<|User|>",
                   .assistant = "<|Assistant|>",
                   .system = "<|System|>",
                   .begin = "<|begin_of_sentence|>",
                   .end = "<|end_of_sentence|>"},
};
constexpr std::string_view kThink = "<think>";
constexpr int kTokensMax = 32'768;

class R1 {
 public:
  R1() = default;
  explicit R1(bool begun) : begun_(begun) {}

  static std::optional<std::string_view> StopReason(const ChatFinish& finish) {
    return OpenAiStopReason(finish);
  }

  std::string Text(const ChatChunk& chunk) { return Join(chunk.reasoning, chunk.text); }

  void WriteAnswer(json::Writer& writer, const ChatAnswer& answer, std::string_view reason) const {
    WriteStoppedText(writer, "choices", R1(*this).Join(answer.ReasoningText(), answer.text),
                     reason);
  }
  static void WriteChunk(json::Writer& writer, std::string_view text, const CompletionEnd* end,
                         const std::optional<ChatUsage>&) {
    WriteStoppedText(writer, "choices", text,
                     end == nullptr ? std::nullopt : std::optional(end->reason));
  }

 private:
  std::string Join(std::string_view reasoning, std::string_view answer) {
    std::string text;
    if (!reasoning.empty()) {
      if (!begun_) text += "<think>\n";
      begun_ = true;
      thinking_ = true;
      text += reasoning;
    }
    if (!answer.empty()) {
      if (thinking_) text += "\n</think>\n\n";
      begun_ = false;
      thinking_ = false;
      text += answer;
    }
    return text;
  }

  bool begun_ = false;     // the mark before the thoughts was written, by the caller or by us
  bool thinking_ = false;  // thoughts were written, and not yet the mark behind them
};

}  // namespace

Result<NativeChatPtr> ReadDeepSeekR1(std::string_view body_text, const NativeCall&) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* prompt = body.NeedNonEmptyText("prompt");
  request.tokens_max = body.Integer("max_tokens", 1, kTokensMax);
  request.temperature = body.Number("temperature", 0, 1);
  request.top_p = body.Number("top_p", 0, 1);
  request.stop_sequences = body.Texts("stop");
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  request.turns = PromptTurns(*prompt, kTemplates);
  // The model's own template writes the mark, so it is no answer that was begun.
  const ChatTurn& last = request.turns.back();
  const bool begun = last.role == ChatRole::kAssistant && last.text == kThink;
  if (begun) request.turns.pop_back();
  return std::make_unique<Completion<R1>>(std::move(request), R1(begun));
}

}  // namespace bedplate::models
