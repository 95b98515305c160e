// Mistral's chat completion, of Mistral Large (24.07), Pixtral and later models. Answers say why
// they stopped under both names, `stop_reason` of the documentation and `finish_reason` of
// Mistral's own API; a stream's chunks are messages, not deltas, and have whole calls.
// spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "models/formats/chat_choices.h"
#include "models/formats/families.h"
#include "models/formats/gathered_calls.h"
#include "models/formats/message_list.h"
#include "models/formats/openai_messages.h"
#include "models/formats/settings.h"
#include "models/formats/stop_reason.h"

namespace bedplate::models {
namespace {

constexpr double kPenaltyMax = 2;

class MistralChunks final : public NativeChunks {
 public:
  explicit MistralChunks(std::string_view model_id) : head_(model_id) {}

  Result<void> Add(const ChatChunk& chunk, std::string_view,
                   std::vector<std::string>& out) override {
    events_.clear();
    if (auto added = blocks_.Add(chunk, events_); !added) return added;
    Take(out);
    return {};
  }

  Result<void> End(const ChatFinish& finish, const InvocationMetrics& metrics,
                   std::vector<std::string>& out) override {
    const auto reason = OpenAiStopReason(finish, blocks_.any_call());
    if (!reason) return std::unexpected(MalformedCall());
    events_.clear();
    blocks_.End(events_);
    Take(out);
    json::Writer writer(out.emplace_back());
    WriteMessage(writer, {.tool_calls = calls_.calls()}, reason);
    WriteChoiceUsage(writer, metrics.input_tokens, metrics.output_tokens);
    WriteMetrics(writer, metrics);
    writer.EndObject();
    return {};
  }

 private:
  void WriteMessage(json::Writer& writer, const ChatAnswer& piece,
                    std::optional<std::string_view> reason) const {
    writer.BeginObject();
    BeginChoice(writer, head_, "chat.completion.chunk");
    WriteChoiceMessage(writer, piece);
    writer.Key("stop_reason");
    reason ? writer.String(*reason) : writer.Null();
    EndChoice(writer);
  }

  void Take(std::vector<std::string>& out) {
    for (const BlockEvent& event : events_) {
      calls_.Add(event);
      if (event.kind != BlockEvent::Kind::kDelta || event.block == BlockKind::kToolCall) continue;
      ChatAnswer piece;
      if (event.block == BlockKind::kText) {
        piece.text = event.text;
      } else {
        piece.reasoning.push_back({.text = std::string(event.text)});
      }
      json::Writer writer(out.emplace_back());
      WriteMessage(writer, piece, std::nullopt);
      writer.EndObject();
    }
  }

  ChoicesHead head_;
  ContentBlocks blocks_{kChoiceCallPrefix};
  std::vector<BlockEvent> events_;
  GatheredCalls calls_;
};

constexpr std::string_view kReasonKeys[] = {"stop_reason", "finish_reason"};

class MistralChat final : public ChoicesChat {
 public:
  MistralChat(ChatRequest request, std::string_view model_id)
      : ChoicesChat(std::move(request), model_id, kReasonKeys) {}

  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<MistralChunks>(model_id());
  }
};

}  // namespace

Result<NativeChatPtr> ReadMistralChat(std::string_view body_text, const NativeCall& call) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  ReadMessageList(body, request.turns, ReadOpenAiMessage);
  ReadOpenAiTools(body, request);
  ReadOpenAiToolChoice(body, request);
  ReadOpenAiResponseFormat(body, request);
  request.tokens_max = body.Integer("max_tokens", 1, std::numeric_limits<int>::max());
  request.temperature = body.Number("temperature", 0, 1);
  request.top_p = body.Number("top_p", 0, 1);
  request.stop_sequences = ReadTextOrTexts(body, "stop");
  PassNumber(body, "presence_penalty", -kPenaltyMax, kPenaltyMax, request, "presence_penalty");
  PassNumber(body, "frequency_penalty", -kPenaltyMax, kPenaltyMax, request, "frequency_penalty");
  PassSeed(body, "random_seed", request);
  if (const auto parallel = body.Boolean("parallel_tool_calls")) {
    request.extra_members.emplace_back("parallel_tool_calls", *parallel ? "true" : "false");
  }
  TakeOnly(body, "n", 1);
  TakeOnly(body, "safe_prompt", false);
  TakeStream(body, call);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<MistralChat>(std::move(request), call.model_id);
}

// The first Mistral Large takes both of Mistral's bodies.
Result<NativeChatPtr> ReadMistralLarge(std::string_view body, const NativeCall& call) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  return root->Find("messages") != nullptr ? ReadMistralChat(body, call)
                                           : ReadMistralPrompt(body, call);
}

}  // namespace bedplate::models
