// Cohere's first Command models: text generation.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command.html
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/ids.h"
#include "base/json/writer.h"
#include "models/formats/cohere_finish.h"
#include "models/formats/completion.h"
#include "models/formats/families.h"
#include "models/formats/members.h"
#include "models/formats/settings.h"

namespace bedplate::models {
namespace {

constexpr int kTokensDefault = 20;
constexpr int kTokensMax = 4096;
constexpr double kTemperatureMax = 5;
constexpr int kTopKMax = 500;

struct Command : PlainText {
  std::string prompt{};

  static std::optional<std::string_view> StopReason(const ChatFinish& finish) {
    return CohereFinishReason(finish);
  }

  void WriteAnswer(json::Writer& writer, const ChatAnswer& answer, std::string_view reason) const {
    writer.Key("generations");
    writer.BeginArray();
    writer.BeginObject();
    writer.Key("finish_reason");
    writer.String(reason);
    writer.Key("id");
    writer.String(NewUuid());
    WriteLikelihoods(writer, answer.log_probabilities);
    writer.Key("text");
    writer.String(answer.text);
    writer.EndObject();
    writer.EndArray();
    writer.Key("id");
    writer.String(NewUuid());
    writer.Key("prompt");
    writer.String(prompt);
  }

  // Logarithms, by the name that Cohere gives them; nothing where none are told.
  static void WriteLikelihoods(json::Writer& writer,
                               const std::vector<ChatTokenLogProbability>& tokens) {
    if (tokens.empty()) return;
    double sum = 0;
    for (const ChatTokenLogProbability& token : tokens) sum += token.log_probability;
    writer.Key("likelihood");
    writer.Double(sum / static_cast<double>(tokens.size()));
    writer.Key("token_likelihoods");
    writer.BeginArray();
    for (const ChatTokenLogProbability& token : tokens) {
      writer.BeginObject();
      writer.Key("token");
      writer.String(token.token);
      writer.Key("likelihood");
      writer.Double(token.log_probability);
      writer.EndObject();
    }
    writer.EndArray();
  }

  static void WriteChunk(json::Writer& writer, std::string_view text, const CompletionEnd* end,
                         const std::optional<ChatUsage>&) {
    if (end == nullptr) {
      writer.Key("text");
      writer.String(text);
    }
    writer.Key("is_finished");
    writer.Boolean(end != nullptr);
    if (end == nullptr) return;
    writer.Key("finish_reason");
    writer.String(end->reason);
  }
};

// ALL wants those of the prompt's tokens too, which the protocol to the model's server does not
// carry.
void TakeLikelihoods(Members& body, const NativeCall& call, ChatRequest& request) {
  constexpr std::string_view kKey = "return_likelihoods";
  const json::Value* value = body.Any(kKey);
  if (value == nullptr || call.use == NativeUse::kStream || *value != json::Value("GENERATION")) {
    TakeOnly(body, kKey, "NONE");
  } else {
    AskLogProbabilities(request, 0);
  }
}

}  // namespace

Result<NativeChatPtr> ReadCohereCommand(std::string_view body_text, const NativeCall& call) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* prompt = body.NeedNonEmptyText("prompt");
  request.tokens_max = kTokensDefault;
  if (body.Has("max_tokens")) request.tokens_max = body.Integer("max_tokens", 1, kTokensMax);
  request.temperature = body.Number("temperature", 0, kTemperatureMax);
  request.top_p = body.Number("p", 0, 1);
  PassInteger(body, "k", 0, kTopKMax, request, "top_k");
  request.stop_sequences = body.Texts("stop_sequences");
  if (const json::Value* bias = body.Object("logit_bias")) {
    request.extra_members.emplace_back("logit_bias", bias->ToJson());
  }
  TakeStream(body, call);
  TakeOnly(body, "num_generations", 1);
  TakeLikelihoods(body, call, request);
  TakeOnly(body, "truncate", "NONE");
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  // There is no template: a prompt is what a user says.
  request.turns.push_back({.role = ChatRole::kUser, .text = *prompt});
  return std::make_unique<Completion<Command>>(std::move(request), Command{.prompt = *prompt});
}

}  // namespace bedplate::models
