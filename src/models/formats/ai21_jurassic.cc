// AI21 Jurassic-2. The answer's tokens and their log probabilities are told where the request has
// `topKReturn`, not otherwise: not every server can be asked for them. Those of the prompt's
// tokens, and where a token stands in the text, are left out: the protocol to the server does not
// carry them. spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jurassic2.html
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/ids.h"
#include "base/json/writer.h"
#include "models/formats/content_blocks.h"
#include "models/formats/families.h"
#include "models/formats/members.h"
#include "models/formats/settings.h"

namespace bedplate::models {
namespace {

constexpr int kTokensDefault = 200;
constexpr int kTokensMax = 8191;
constexpr int kTopTokensMax = 20;  // the protocol's; AI21 has 64

std::optional<std::string_view> FinishReasonText(const ChatFinish& finish) {
  switch (finish.reason) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kStopSequence:
      return "stop";
    case FinishReason::kContentFilter:
      return "content_filter";
    case FinishReason::kMalformedToolCall:
      return std::nullopt;
    case FinishReason::kStop:
    case FinishReason::kToolCalls:
      break;
  }
  return "endoftext";
}

void WriteTokenMembers(json::Writer& writer, const ChatTokenLogProbability& token,
                       bool indifferent) {
  writer.Key("token");
  writer.String(token.token);
  if (indifferent) {
    writer.Key("logprob");
    writer.Double(token.log_probability);
  }
  writer.Key("raw_logprob");
  writer.Double(token.log_probability);
}

// `indifferent`: the request's settings leave the probabilities as the model has them, so that
// `logprob`, which has the settings applied, is known too.
void WriteTokens(json::Writer& writer, const std::vector<ChatTokenLogProbability>& tokens,
                 bool indifferent) {
  writer.Key("tokens");
  writer.BeginArray();
  for (const ChatTokenLogProbability& token : tokens) {
    writer.BeginObject();
    writer.Key("generatedToken");
    writer.BeginObject();
    WriteTokenMembers(writer, token, indifferent);
    writer.EndObject();
    writer.Key("topTokens");
    if (token.top.empty()) {
      writer.Null();
    } else {
      writer.BeginArray();
      for (const ChatTokenLogProbability& other : token.top) {
        writer.BeginObject();
        WriteTokenMembers(writer, other, indifferent);
        writer.EndObject();
      }
      writer.EndArray();
    }
    writer.EndObject();
  }
  writer.EndArray();
}

void WriteFinish(json::Writer& writer, std::string_view reason, const ChatAnswer& answer) {
  writer.Key("finishReason");
  writer.BeginObject();
  writer.Key("reason");
  writer.String(reason);
  if (answer.finish.reason == FinishReason::kLength) {
    writer.Key("length");
    writer.Integer(answer.usage.completion_tokens);
  } else if (answer.finish.reason == FinishReason::kStopSequence) {
    writer.Key("sequence");
    writer.String(answer.finish.stop_sequence);
  }
  writer.EndObject();
}

class JurassicText final : public NeutralChat {
 public:
  JurassicText(ChatRequest request, std::string prompt)
      : NeutralChat(std::move(request)), prompt_(std::move(prompt)) {}

  Result<std::string> WriteAnswer(const ChatAnswer& answer, std::string_view) const override {
    const auto reason = FinishReasonText(answer.finish);
    if (!reason) return std::unexpected(MalformedCall());
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    writer.Key("id");
    writer.String(NewUuid());
    writer.Key("prompt");
    writer.BeginObject();
    writer.Key("text");
    writer.String(prompt_);
    writer.EndObject();
    writer.Key("completions");
    writer.BeginArray();
    writer.BeginObject();
    writer.Key("data");
    writer.BeginObject();
    writer.Key("text");
    writer.String(answer.text);
    if (!answer.log_probabilities.empty()) {
      const bool indifferent = request().temperature == 1.0F && request().top_p == 1.0F;
      WriteTokens(writer, answer.log_probabilities, indifferent);
    }
    writer.EndObject();
    WriteFinish(writer, *reason, answer);
    writer.EndObject();
    writer.EndArray();
    writer.EndObject();
    return body;
  }

  // Streams are refused before.
  std::unique_ptr<NativeChunks> StartChunks() const override { return nullptr; }

 private:
  std::string prompt_;
};

// They weigh the prompt's tokens too, and kinds of tokens apart; no server does that.
void TakeNoPenalty(Members& body, std::string_view key) {
  const json::Value* object = body.Object(key);
  if (object == nullptr) return;
  Members penalty(*object, body.PointerOf(key), body.malformed());
  TakeOnly(penalty, "scale", 0);
  for (const std::string_view kind :
       {"applyToWhitespaces", "applyToPunctuations", "applyToPunctuation", "applyToNumbers",
        "applyToStopwords", "applyToEmojis"}) {
    penalty.Boolean(kind);
  }
  penalty.Finish();
}

}  // namespace

Result<NativeChatPtr> ReadAi21Jurassic(std::string_view body_text, const NativeCall& call) {
  if (call.use == NativeUse::kStream) {
    return Fail(Fault::kValidation,
                "The model is not supported for streaming. Use InvokeModel and try again.");
  }
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* prompt = body.NeedNonEmptyText("prompt");
  request.tokens_max = kTokensDefault;
  if (body.Has("maxTokens")) request.tokens_max = body.Integer("maxTokens", 0, kTokensMax);
  request.temperature = body.Number("temperature", 0, 1);
  request.top_p = body.Number("topP", 0, 1);
  request.stop_sequences = body.Texts("stopSequences");
  for (const std::string_view key : {"countPenalty", "presencePenalty", "frequencyPenalty"}) {
    TakeNoPenalty(body, key);
  }
  TakeOnly(body, "minTokens", 0);
  TakeOnly(body, "numResults", 1);
  if (const auto count = body.Integer("topKReturn", 0, kTopTokensMax)) {
    AskLogProbabilities(request, *count);
  }
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  request.turns.push_back({.role = ChatRole::kUser, .text = *prompt});
  return std::make_unique<JurassicText>(std::move(request), *prompt);
}

}  // namespace bedplate::models
