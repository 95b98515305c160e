// Writer Palmyra: messages, or a prompt, which is answered as OpenAI's older completions were.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-palmyra-x5.html
#include <memory>
#include <optional>
#include <utility>

#include "models/formats/chat_choices.h"
#include "models/formats/completion.h"
#include "models/formats/families.h"
#include "models/formats/message_list.h"
#include "models/formats/openai_messages.h"
#include "models/formats/prompt_turns.h"
#include "models/formats/settings.h"
#include "models/formats/stop_reason.h"

namespace bedplate::models {
namespace {

constexpr int kTokensDefault = 16;
constexpr int kTokensMax = 8192;
constexpr double kTemperatureMax = 2;
constexpr double kPenaltyMax = 2;

struct PalmyraText : PlainText {
  ChoicesHead head;

  static std::optional<std::string_view> StopReason(const ChatFinish& finish) {
    return OpenAiStopReason(finish);
  }

  void WriteAnswer(json::Writer& writer, const ChatAnswer& answer, std::string_view reason) const {
    WriteMembers(writer, answer.text, reason);
    WriteChoiceUsage(writer, answer.usage.prompt_tokens, answer.usage.completion_tokens);
  }

  void WriteChunk(json::Writer& writer, std::string_view text, const CompletionEnd* end,
                  const std::optional<ChatUsage>&) const {
    WriteMembers(writer, text, end == nullptr ? std::nullopt : std::optional(end->reason));
    if (end == nullptr) return;
    WriteChoiceUsage(writer, end->usage.prompt_tokens, end->usage.completion_tokens);
  }

 private:
  void WriteMembers(json::Writer& writer, std::string_view text,
                    std::optional<std::string_view> reason) const {
    BeginChoice(writer, head, "text_completion");
    writer.Key("text");
    writer.String(text);
    writer.Key("finish_reason");
    reason ? writer.String(*reason) : writer.Null();
    EndChoice(writer);
  }
};

void ReadSettings(Members& body, ChatRequest& request) {
  request.tokens_max = kTokensDefault;
  if (body.Has("max_tokens")) request.tokens_max = body.Integer("max_tokens", 1, kTokensMax);
  PassInteger(body, "min_tokens", 0, kTokensMax, request, "min_tokens");
  request.temperature = body.Number("temperature", 0, kTemperatureMax);
  request.top_p = body.Number("top_p", 0, 1);
  request.stop_sequences = ReadTextOrTexts(body, "stop");
  PassSeed(body, "seed", request);
  PassNumber(body, "presence_penalty", -kPenaltyMax, kPenaltyMax, request, "presence_penalty");
  PassNumber(body, "frequency_penalty", -kPenaltyMax, kPenaltyMax, request, "frequency_penalty");
  TakeOnly(body, "n", 1);
}

}  // namespace

Result<NativeChatPtr> ReadWriterPalmyra(std::string_view body_text, const NativeCall& call) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const bool is_prompt = body.Has("prompt");
  if (!is_prompt) {
    ReadMessageList(body, request.turns, ReadOpenAiMessage);
    ReadOpenAiTools(body, request);
    ReadOpenAiToolChoice(body, request);
    ReadOpenAiResponseFormat(body, request);
  } else if (const std::string* prompt = body.NeedNonEmptyText("prompt")) {
    // LangChain writes that template for this family.
    request.turns = PromptTurns(*prompt, {&kInstructions, 1});
  }
  ReadSettings(body, request);
  TakeStream(body, call);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  if (!is_prompt) return std::make_unique<ChoicesChat>(std::move(request), call.model_id);
  return std::make_unique<Completion<PalmyraText>>(std::move(request),
                                                   PalmyraText{.head = ChoicesHead(call.model_id)});
}

}  // namespace bedplate::models
