#include "runtime/converse.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/json/writer.h"
#include "models/protocol/chat_request.h"
#include "runtime/conversation_rules.h"
#include "runtime/count_tokens.h"
#include "runtime/prompt.h"
#include "runtime/response_fields.h"

namespace bedplate::runtime {
namespace {

// Documents below this are turned into text where they are; above it the work would be felt by
// the other connections of the reactor.
constexpr size_t kInlineDocumentBytesMax = 64 << 10;

StopReason ToStopReason(const models::ChatFinish& finish, const models::ChatUsage& usage,
                        std::optional<int> tokens_max, const models::ServerFacts& facts) {
  switch (finish.reason) {
    case models::FinishReason::kStopSequence:
      return StopReason::kStopSequence;
    case models::FinishReason::kContentFilter:
      return StopReason::kContentFiltered;
    case models::FinishReason::kLength: {
      if (tokens_max && usage.completion_tokens >= *tokens_max) return StopReason::kMaxTokens;
      const bool full = facts.context_tokens > 0 &&
                        usage.prompt_tokens + usage.completion_tokens >= facts.context_tokens;
      return full ? StopReason::kContextWindowExceeded : StopReason::kMaxTokens;
    }
    case models::FinishReason::kStop:
    case models::FinishReason::kToolCalls:
      break;
  }
  return StopReason::kEndTurn;
}

// The field that Bedrock's documentation asks for by "/stop_sequence". OpenAI's body has no such
// member at its top, so it is added to what can be asked for.
std::string StopSequenceField(const models::ChatFinish& finish) {
  std::string field;
  json::Writer writer(field);
  writer.BeginObject();
  if (finish.reason == models::FinishReason::kStopSequence) {
    writer.Key("stop_sequence");
    writer.String(finish.stop_sequence);
  }
  writer.EndObject();
  return field;
}

// The engine's own prefix cache is no cache checkpoint of the caller's: its tokens count as input.
TokenUsage ToUsage(const models::ChatUsage& usage) {
  return {.input_tokens = usage.prompt_tokens, .output_tokens = usage.completion_tokens};
}

int64_t MillisecondsSince(MonotonicTime started, const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.Monotonic() - started).count();
}

Result<void> CheckChatModel(const models::Model& model) {
  if (!model.facts.MakesEmbeddings()) return {};
  return Fail(
      Fault::kValidation,
      fmt::format("This action doesn't support the model that you provided. Try again with a "
                  "supported text or chat model. {} makes embeddings.",
                  model.facts.id));
}

}  // namespace

AnswerStream::AnswerStream(models::EventSource events, const Clock& clock, MonotonicTime started,
                           std::optional<int> tokens_max,
                           std::vector<std::string> response_field_paths)
    : events_(std::move(events)),
      clock_(&clock),
      started_(started),
      tokens_max_(tokens_max),
      response_field_paths_(std::move(response_field_paths)) {}

net::Task<AnswerStream::Piece> AnswerStream::Next() {
  for (;;) {
    if (auto piece = TryNext()) co_return std::move(*piece);
    if (auto piece = Take(co_await events_.Next())) co_return std::move(*piece);
  }
}

std::optional<AnswerStream::Piece> AnswerStream::TryNext() {
  for (;;) {
    auto data = events_.TryNext();
    if (!data) return std::nullopt;
    if (auto piece = Take(std::move(*data))) return piece;
  }
}

// What one event of the model's makes of the answer: a piece, its end, or (nothing) neither.
std::optional<AnswerStream::Piece> AnswerStream::Take(models::EventSource::Data data) {
  if (!data) {
    // The stream of Converse has no time-out of its own. spec: bedrock-runtime#ConverseStreamOutput
    data.error().fault = Fault::kModelStreamError;
    return std::unexpected(std::move(data.error()));
  }
  if (!*data) {
    if (auto complete = Complete(); !complete) return std::unexpected(complete.error());
    return Piece(std::nullopt);
  }
  if (auto read = chunk_reader_.Read(**data, chunk_); !read) {
    read.error().fault = Fault::kModelStreamError;
    return std::unexpected(std::move(read.error()));
  }
  if (chunk_.error) {
    return Fail(Fault::kModelStreamError,
                "The model returned the following errors: " + *chunk_.error);
  }
  if (!response_field_paths_.empty() && (chunk_.finish || chunk_.usage)) kept_.emplace_back(**data);
  if (chunk_.finish) finish_ = chunk_.finish;
  if (chunk_.usage) usage_ = chunk_.usage;
  if (chunk_.text.empty()) return std::nullopt;
  return Piece(std::string_view(chunk_.text));
}

Result<void> AnswerStream::Complete() {
  if (!finish_ || !usage_) {
    return Fail(Fault::kModelStreamError,
                "The model's server ended the response early or without its usage. Retry your "
                "request.");
  }
  outcome_.stop_reason = ToStopReason(*finish_, *usage_, tokens_max_, events_.facts());
  outcome_.usage = ToUsage(*usage_);
  outcome_.latency_ms = MillisecondsSince(started_, *clock_);
  if (!response_field_paths_.empty()) {
    std::vector<std::string_view> answers(kept_.begin(), kept_.end());
    const std::string extra = StopSequenceField(*finish_);
    answers.push_back(extra);
    outcome_.additional_response_fields = SelectFields(response_field_paths_, answers);
  }
  return {};
}

net::Task<Result<models::ChatRequest>> Converser::Prepare(const models::Model& model,
                                                          Conversation conversation) {
  if (auto ok = CheckChatModel(model); !ok) co_return std::unexpected(std::move(ok.error()));
  if (auto ok = CheckConversation(conversation, model.facts); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = CheckFieldPaths(conversation.response_field_paths); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (DocumentBytes(conversation) <= kInlineDocumentBytesMax) {
    co_return BuildPrompt(std::move(conversation));
  }
  co_return co_await pool_.Run([&] { return BuildPrompt(std::move(conversation)); });
}

net::Task<Result<Answer>> Converser::Converse(models::ModelPtr model, Conversation conversation) {
  const MonotonicTime started = clock_.Monotonic();
  const std::vector<std::string> paths = conversation.response_field_paths;
  auto request = co_await Prepare(*model, std::move(conversation));
  if (!request) co_return std::unexpected(std::move(request.error()));
  auto reply = co_await client_.Post(
      *model, models::Route::kChat,
      models::WriteChatRequest(*request, models::UpstreamName(*model), false));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto answer = models::ReadChatAnswer(reply->body);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  Answer result{.text = std::move(answer->text)};
  result.outcome.stop_reason =
      ToStopReason(answer->finish, answer->usage, request->tokens_max, reply->facts);
  result.outcome.usage = ToUsage(answer->usage);
  if (!paths.empty()) {
    const std::string extra = StopSequenceField(answer->finish);
    const std::array<std::string_view, 2> answers = {reply->body, extra};
    result.outcome.additional_response_fields = SelectFields(paths, answers);
  }
  result.outcome.latency_ms = MillisecondsSince(started, clock_);
  co_return result;
}

net::Task<Result<AnswerStream>> Converser::ConverseStream(models::ModelPtr model,
                                                          Conversation conversation) {
  const MonotonicTime started = clock_.Monotonic();
  std::vector<std::string> paths = conversation.response_field_paths;
  auto request = co_await Prepare(*model, std::move(conversation));
  if (!request) co_return std::unexpected(std::move(request.error()));
  auto events = co_await client_.Open(
      *model, models::WriteChatRequest(*request, models::UpstreamName(*model), true));
  if (!events) co_return std::unexpected(std::move(events.error()));
  co_return AnswerStream(std::move(*events), clock_, started, request->tokens_max,
                         std::move(paths));
}

net::Task<Result<int64_t>> Converser::CountTokens(models::ModelPtr model,
                                                  Conversation conversation) {
  auto request = co_await Prepare(*model, std::move(conversation));
  if (!request) co_return std::unexpected(std::move(request.error()));
  co_return co_await AskTokenCount(
      client_, *model, models::WriteTokenizeRequest(*request, models::UpstreamName(*model)));
}

}  // namespace bedplate::runtime
