// Amazon Titan Text.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html
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

// The text begins with the first mark; a line break is put before it to find it so.
constexpr PromptTemplate kTemplate{.user = "\nUser:", .assistant = "\nBot:"};
constexpr int kTokensDefault = 512;

std::optional<std::string_view> CompletionReason(const ChatFinish& finish) {
  switch (finish.reason) {
    case FinishReason::kLength:
      return "LENGTH";
    case FinishReason::kStopSequence:
      return "STOP_CRITERIA_MET";
    case FinishReason::kContentFilter:
      return "CONTENT_FILTERED";
    case FinishReason::kMalformedToolCall:
      return std::nullopt;
    case FinishReason::kStop:
    case FinishReason::kToolCalls:
      break;
  }
  return "FINISHED";
}

struct Titan : PlainText {
  static std::optional<std::string_view> StopReason(const ChatFinish& finish) {
    return CompletionReason(finish);
  }

  static void WriteAnswer(json::Writer& writer, const ChatAnswer& answer, std::string_view reason) {
    writer.Key("inputTextTokenCount");
    writer.Integer(answer.usage.prompt_tokens);
    writer.Key("results");
    writer.BeginArray();
    writer.BeginObject();
    writer.Key("tokenCount");
    writer.Integer(answer.usage.completion_tokens);
    writer.Key("outputText");
    writer.String(answer.text);
    writer.Key("completionReason");
    writer.String(reason);
    writer.EndObject();
    writer.EndArray();
  }

  // Counts are the whole answer's, so they come with its end.
  static void WriteChunk(json::Writer& writer, std::string_view text, const CompletionEnd* end,
                         const std::optional<ChatUsage>&) {
    writer.Key("outputText");
    writer.String(text);
    writer.Key("index");
    writer.Integer(0);
    writer.Key("totalOutputTextTokenCount");
    end != nullptr ? writer.Integer(end->usage.completion_tokens) : writer.Null();
    writer.Key("completionReason");
    end != nullptr ? writer.String(end->reason) : writer.Null();
    writer.Key("inputTextTokenCount");
    end != nullptr ? writer.Integer(end->usage.prompt_tokens) : writer.Null();
  }
};

void ReadConfig(Members& body, ChatRequest& request) {
  request.tokens_max = kTokensDefault;
  const json::Value* object = body.Object("textGenerationConfig");
  if (object == nullptr) return;
  Members config(*object, "/textGenerationConfig", body.malformed());
  request.temperature = config.Number("temperature", 0, 1);
  request.top_p = config.Number("topP", 0, 1);
  if (config.Has("maxTokenCount")) {
    request.tokens_max = config.Integer("maxTokenCount", 0, std::numeric_limits<int>::max());
  }
  request.stop_sequences = config.Texts("stopSequences");
  config.Finish();
}

}  // namespace

Result<NativeChatPtr> ReadTitanText(std::string_view body_text, const NativeCall&) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* text = body.NeedText("inputText");
  if (text != nullptr && text->empty()) {
    malformed.Add("/inputText", "expected minLength: 1, actual: 0");
  }
  ReadConfig(body, request);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  auto turns = SplitTurns("\n" + *text, kTemplate);
  if (turns) {
    request.turns = std::move(*turns);
  } else {
    request.turns.push_back({.role = ChatRole::kUser, .text = *text});
  }
  return std::make_unique<Completion<Titan>>(std::move(request));
}

}  // namespace bedplate::models
